#!/usr/bin/env python3
"""Measures what it costs to have sessions in a store, Redis, a cluster of it or memcached, and prints
tables in Markdown: a look-up, writes, beside nghttpx, handshakes that wait, and a store in trouble."""

import argparse
import signal
import subprocess
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

from bench import ROOT, WORKERS, machine, raise_file_limit, say
from nodes import Run

sys.path.insert(0, str(ROOT / "tests" / "e2e"))  # its servers of stores

from driver import storing, suspending, troubling  # noqa: E402
from driver.servers import Backend, find_program  # noqa: E402

PARTS = {"look-up": storing.look_ups, "writes": storing.writes,
         "nghttpx": storing.beside_nghttpx, "suspended": suspending.measure,
         "trouble": troubling.measure}
WITH_CLIENT = ("writes", "nghttpx")  # that the benchmark's own programs are needed for
QUICK_SCALE = 0.02


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--build", type=Path, default=ROOT / "build-bench",
                        help="where the programs are (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--parts", default=",".join(PARTS),
                        help="separated by commas (default: %(default)s)")
    parser.add_argument("--scale", type=float, default=1.0,
                        help="operations in a phase, times this")
    parser.add_argument("--quick", action="store_true",
                        help="a look at all parts: one round of little")
    arguments = parser.parse_args()
    arguments.parts = arguments.parts.split(",")
    for name in arguments.parts:
        if name not in PARTS:
            parser.error(f"no such part: {name}")
    if arguments.quick:
        arguments.rounds, arguments.scale = 1, QUICK_SCALE
    if arguments.rounds < 1 or arguments.scale <= 0:
        parser.error("--rounds and --scale must be positive")
    arguments.no_strace = True
    return arguments


class StoreRun(Run):
    """With a secret, and places for the servers of stores."""

    workers = WORKERS

    def __init__(self, arguments, directory, backend):
        super().__init__(arguments, directory, backend)
        self.secret = directory / "secret"
        subprocess.run([self.build / "reprise", "genkey", self.secret], check=True)

    def place(self, name):
        return self._directory / "stores" / name


def backend_of(arguments, log):
    """Nobody behind handshakes alone."""
    if any(part in WITH_CLIENT for part in arguments.parts):
        return Backend(arguments.build, log)
    return nullcontext(SimpleNamespace(http=1, uwsgi=1))


def main():
    arguments = parse_arguments()
    for caught in (signal.SIGTERM, signal.SIGINT):  # so that everything is ended
        signal.signal(caught, lambda which, _: sys.exit(128 + which))
    raise_file_limit()
    print(f"{machine()}; {arguments.rounds} rounds, scale {arguments.scale:g}")
    if "nghttpx" in arguments.parts and not find_program(storing.nghttpx_storing()):
        say("nghttpx is not installed (nghttp2-proxy): left out")
        arguments.parts.remove("nghttpx")
    failed = False
    with tempfile.TemporaryDirectory(prefix="reprise-bench-") as name:
        directory = Path(name)
        with open(directory / "backend.log", "w") as log, backend_of(arguments, log) as backend:
            run = StoreRun(arguments, directory, backend)
            for part in arguments.parts:
                try:
                    print("\n" + PARTS[part](run), flush=True)
                except (RuntimeError, OSError, AssertionError) as error:
                    failed = True
                    say(f"{part}: {error}")
    sys.exit(failed)


if __name__ == "__main__":
    main()
