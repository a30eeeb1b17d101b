"""System calls of a tree, counted by strace."""

import shutil
import signal
import subprocess
import time
from pathlib import Path

ATTACH_LIMIT = 10.0


def available():
    return shutil.which("strace") is not None


def parse_summary(text):
    """The table of `strace -c`: calls by name."""
    calls = {}
    for line in text.splitlines():
        words = line.split()
        # % time, seconds, usecs/call, calls, [errors,] syscall
        if len(words) in (5, 6) and words[3].isdigit() and words[-1] != "total":
            calls[words[-1]] = calls.get(words[-1], 0) + int(words[3])
    return calls


class Counting:
    """Attached to all threads of the tree from construction to `stop`."""

    def __init__(self, tree, directory):
        self._file = directory / "strace"
        threads = tree.threads()
        pids = sorted({pid for pid, _ in threads})
        command = ["strace", "-f", "-q", "-c", "-o", str(self._file)]
        for pid in pids:
            command += ["-p", str(pid)]
        self._strace = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                        text=True, start_new_session=True)
        deadline = time.monotonic() + ATTACH_LIMIT
        while not all(self._traced(*thread) for thread in threads):
            if self._strace.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError("strace could not attach: " + self._strace.stderr.read())
            time.sleep(0.01)

    def stop(self):
        """Detaches; returns the calls by name."""
        if self._strace.poll() is None:
            self._strace.send_signal(signal.SIGINT)
            try:
                self._strace.wait(10)
            except subprocess.TimeoutExpired:
                self._strace.kill()
                self._strace.wait()
        return parse_summary(self._file.read_text()) if self._file.exists() else {}

    def _traced(self, pid, thread):
        try:
            text = Path(f"/proc/{pid}/task/{thread}/status").read_text()
        except OSError:
            return True  # ended
        return f"TracerPid:\t{self._strace.pid}\n" in text
