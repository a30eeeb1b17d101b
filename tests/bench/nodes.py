#!/usr/bin/env python3
"""Measures what it costs to be one of several nodes, and prints tables in Markdown: telling sessions,
taking them, how soon they resume elsewhere, and the balancer in front."""

import argparse
import signal
import sys
import tempfile
from pathlib import Path

from bench import ROOT, WORKERS, machine, raise_file_limit, say
from driver import (balancing, certificates, delay, joining, publishing, pulling, receiving,
                    syscalls)
from driver.measure import Bench
from driver.servers import Backend, Server

PARTS = {"publish": publishing, "receive": receiving, "delay": delay, "pull": pulling,
         "join": joining, "balance": balancing}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--build", type=Path, default=ROOT / "build-bench",
                        help="where the programs are (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--parts", default=",".join(PARTS),
                        help="separated by commas (default: %(default)s)")
    parser.add_argument("--scale", type=float, default=1.0,
                        help="operations in a phase, times this")
    parser.add_argument("--no-strace", action="store_true", help="counts no system calls")
    arguments = parser.parse_args()
    arguments.parts = arguments.parts.split(",")
    for name in arguments.parts:
        if name not in PARTS:
            parser.error(f"no such part: {name}")
    if arguments.rounds < 1 or arguments.scale <= 0:
        parser.error("--rounds and --scale must be positive")
    return arguments


class Run:
    """What the parts measure with."""

    def __init__(self, arguments, directory, backend):
        self.build = arguments.build
        self.rounds = arguments.rounds
        self.bench = Bench(arguments.build, arguments.scale)
        self.count_calls = not arguments.no_strace and syscalls.available()
        self._directory = directory
        self._backend = backend
        self._started = 0

    def start(self, peer, backend=None):
        """A server, to be used by `with`; `backend` is what stands behind it."""
        self._started += 1
        crt, key = certificates.make("p256", self._directory)
        return Server(peer, crt, key, WORKERS, backend or self._backend,
                      self._directory / f"{self._started}-{peer.name}")


def main():
    arguments = parse_arguments()
    for number in (signal.SIGTERM, signal.SIGINT):  # so that everything is ended
        signal.signal(number, lambda caught, _: sys.exit(128 + caught))
    raise_file_limit()
    print(f"{machine()}; {arguments.rounds} rounds, scale {arguments.scale:g}")
    failed = False
    with tempfile.TemporaryDirectory(prefix="reprise-bench-") as name:
        directory = Path(name)
        with open(directory / "backend.log", "w") as log, \
                Backend(arguments.build, log) as backend:
            run = Run(arguments, directory, backend)
            for part in arguments.parts:
                try:
                    print("\n" + PARTS[part].measure(run), flush=True)
                except (RuntimeError, OSError) as error:
                    failed = True
                    say(f"{part}: {error}")
    sys.exit(failed)


if __name__ == "__main__":
    main()
