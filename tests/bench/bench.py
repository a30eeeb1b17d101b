#!/usr/bin/env python3
"""Measures what Reprise and other TLS servers cost, and prints tables in Markdown.

Starts each server on loopback with the same certificate in front of the same backend, lets the same
client do the same work, and reads the CPU clocks of the server's processes around exactly that."""

import argparse
import json
import os
import platform
import signal
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from driver import certificates, syscalls, tables
from driver.figures import rotated
from driver.measure import Bench
from driver.results import Results
from driver.rows import MANY_WORKERS, ROWS
from driver.servers import LOTS_OF_FILES, Backend, Server, all_peers, find_program

ROOT = Path(__file__).resolve().parents[2]
WORKERS = 2
ROUNDS_OF_FRESH_SERVERS = 3  # of rows that need a new server each time


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--build", type=Path, default=ROOT / "build-bench",
                        help="where the programs are (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=10,
                        help="default 10, which resolve 10 %%; 24 resolve 5 %%")
    parser.add_argument("--rows", help="keys, separated by commas: "
                        + ", ".join(row.key for row in ROWS))
    parser.add_argument("--peers", help="names, separated by commas (default: all there are)")
    parser.add_argument("--scale", type=float, default=1.0,
                        help="operations in a phase, times this")
    parser.add_argument("--json", type=Path, metavar="FILE", help="writes all samples there")
    parser.add_argument("--no-strace", action="store_true", help="counts no system calls")
    arguments = parser.parse_args()
    arguments.rows = chosen(parser, "row", arguments.rows, {row.key: row for row in ROWS})
    arguments.peers = chosen(parser, "peer", arguments.peers,
                             {peer.name: peer for peer in all_peers(arguments.build)})
    if arguments.rounds < 1 or arguments.scale <= 0:
        parser.error("--rounds and --scale must be positive")
    return arguments


def chosen(parser, what, text, known):
    """The named ones in their own order; all if none are named."""
    names = text.split(",") if text else list(known)
    for name in names:
        if name not in known:
            parser.error(f"no such {what}: {name}")
    return [known[name] for name in known if name in names]


def installed(peers):
    found = []
    for peer in peers:
        if find_program(peer):
            found.append(peer)
        else:
            say(f"{peer.name} is not installed: left out")
    return found


def say(text):
    print(text, file=sys.stderr, flush=True)


def wants(peer, row):
    return not peer.only or row.key in peer.only


class Run:
    def __init__(self, arguments, directory):
        self.arguments = arguments
        self.directory = directory
        self.peers = installed(arguments.peers)
        self.bench = Bench(arguments.build, arguments.scale)
        self.results = Results(arguments.rows, [peer.name for peer in self.peers])
        self.count_calls = not arguments.no_strace and syscalls.available()
        self.backend = None
        self.started = 0

    def run(self):
        if not self.arguments.no_strace and not self.count_calls:
            say("strace is not installed: system calls are not counted")
        with open(self.directory / "backend.log", "w") as log, \
                Backend(self.arguments.build, log) as self.backend:
            for certificate in certificates.KEYS:
                rows = [row for row in self.arguments.rows
                        if row.kind == "cpu" and row.certificate == certificate]
                if rows:
                    self._with_all_servers(rows, certificate)
            for row in self.arguments.rows:
                if row.kind != "cpu":
                    self._with_fresh_servers(row)
        return self.results

    def _with_all_servers(self, rows, certificate):
        """All servers are up, so that a round asks one after the other for the same work."""
        with ExitStack() as stack:
            servers = {}
            for peer in self.peers:
                if any(wants(peer, row) for row in rows):
                    servers[peer.name] = stack.enter_context(
                        self._start(peer, certificate, WORKERS))
            for row in rows:
                names = [peer.name for peer in self.peers if wants(peer, row)]
                self._rounds(row, names, servers)

    def _rounds(self, row, names, servers):
        started = time.monotonic()
        for turn in range(self.arguments.rounds):
            for name in rotated(names, turn):
                self.results.add(row, name, self.bench.sample(row, servers[name]))
        if self.count_calls:
            for name in names:
                self.results.add_calls(row, name, self.bench.count_calls(row, servers[name]))
        costs = ", ".join(f"{name} {tables.cost(row, self.results.figure(row.key, name))}"
                          for name in names)
        say(f"{row.key}: {costs} ({time.monotonic() - started:.0f} s)")

    def _with_fresh_servers(self, row):
        workers = MANY_WORKERS if row.kind == "wake" else WORKERS
        names = [peer.name for peer in self.peers if wants(peer, row)]
        peers = {peer.name: peer for peer in self.peers}
        rounds = min(self.arguments.rounds, ROUNDS_OF_FRESH_SERVERS)
        for turn in range(rounds):
            for name in rotated(names, turn):
                with self._start(peers[name], row.certificate, workers) as server:
                    self.results.add(row, name, self.bench.sample(row, server))
                    if self.count_calls and row.traced and turn == rounds - 1:
                        self.results.add_calls(row, name, self.bench.count_calls(row, server))
        costs = ", ".join(f"{name} {tables.number(self.results.figure(row.key, name), 2)}"
                          for name in names)
        say(f"{row.key}: {costs}")

    def _start(self, peer, certificate, workers):
        self.started += 1
        crt, key = certificates.make(certificate, self.directory)
        return Server(peer, crt, key, workers, self.backend,
                      self.directory / f"{self.started}-{peer.name}")


def machine():
    cpu = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo")
                if line.startswith("model name")), "unknown CPU")
    return (f"{os.cpu_count()} CPUs ({cpu}), Linux {platform.release()}, "
            f"load average {os.getloadavg()[2]:.1f}")


def raise_file_limit():
    import resource
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = LOTS_OF_FILES if hard == resource.RLIM_INFINITY else min(hard, LOTS_OF_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


def main():
    arguments = parse_arguments()
    for number in (signal.SIGTERM, signal.SIGINT):  # so that everything is ended
        signal.signal(number, lambda caught, _: sys.exit(128 + caught))
    raise_file_limit()
    with tempfile.TemporaryDirectory(prefix="reprise-bench-") as directory:
        results = Run(arguments, Path(directory)).run()
    print(f"{machine()}; {arguments.rounds} rounds, scale {arguments.scale:g}\n")
    print(tables.report(results))
    if arguments.json:
        arguments.json.write_text(json.dumps(
            {"machine": machine(), "rounds": arguments.rounds, "scale": arguments.scale,
             **results.as_dict()}, indent=1))


if __name__ == "__main__":
    main()
