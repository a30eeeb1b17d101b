"""bench_tlsload, whose phases the driver steps through."""

import json
import select
import subprocess

from .addresses import HOST
from .processes import Tree

LIMIT = 300.0  # seconds for one phase


class Client:
    """`with Client(...) as client`: the warm-up is over when the block begins."""

    def __init__(self, build, port, arguments):
        words = [build / "bench_tlsload", "--target", f"{HOST}:{port}"]
        for name, value in arguments.items():
            words += [f"--{name}", value]
        self.tree = Tree(words, subprocess.PIPE, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                         text=True)

    def __enter__(self):
        try:
            ready = self._line()
        except BaseException:
            self.tree.end()
            raise
        self.sessions = ready["sessions"]
        self.warm_up = ready["ready"]
        return self

    def __exit__(self, *_):
        self.tree.end()

    def measured_phase(self):
        """Lets it run, and returns what it says of it. Connections that are open stay so."""
        self._go_on()
        return self._line()

    def _go_on(self):
        try:
            self.tree.root.stdin.write("\n")
            self.tree.root.stdin.flush()
        except BrokenPipeError:
            raise RuntimeError(self._complaint()) from None

    def _line(self):
        ready, _, _ = select.select([self.tree.root.stdout], [], [], LIMIT)
        if not ready:
            raise RuntimeError("the client has not finished in time")
        text = self.tree.root.stdout.readline()
        if not text:
            raise RuntimeError(self._complaint())
        return json.loads(text)

    def _complaint(self):
        return self.tree.root.stderr.read().strip() or "the client ended without a word"
