#!/usr/bin/env python3
"""Measures what handshakes suffer while a node is flooded, and prints a table in Markdown.

A steady client shakes hands, in full and resumed, while a flood of bounded rate goes to the node, and
again while the same flood goes nowhere: what differs is the server's part."""

import argparse
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from bench import ROOT, WORKERS, machine, raise_file_limit, say
from driver import certificates
from driver.addresses import HOST
from driver.delay import connect, quantile, take_ticket
from driver.flooding import Datagrams, Hellos, Nowhere, Running
from driver.nodes import free_udp_address, reprise_with
from driver.servers import Backend, Server
from driver.tables import number, table

MEETING = 3  # seconds until nodes know each other
PAUSE = 0.005  # between two handshakes of the steady client
TARGET = 1.5
ABSENT = 400  # sessions whose home is gone
HELLOS_EACH_SECOND = 200
DATAGRAMS_EACH_SECOND = 10_000


@dataclass
class Times:
    full: list = field(default_factory=list)
    resumed: list = field(default_factory=list)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--build", type=Path, default=ROOT / "build-bench",
                        help="where the programs are (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=3.0, help="of a flood, in a round")
    arguments = parser.parse_args()
    if arguments.rounds < 1 or not 0.1 <= arguments.seconds <= 60:
        parser.error("--rounds must be positive, --seconds from 0.1 to 60")
    return arguments


def context_of(version):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = context.maximum_version = version
    return context


def handshake(context, port, session=None):
    """Milliseconds from the connection's beginning on."""
    begun = time.perf_counter()
    with context.wrap_socket(connect(port), server_hostname="localhost", session=session) as tls:
        took = time.perf_counter() - begun
        if session is not None and not tls.session_reused:
            raise RuntimeError("a session did not resume")
    return took * 1000


def shake_hands(port, seconds, times):
    context = context_of(ssl.TLSVersion.TLSv1_3)
    with context.wrap_socket(connect(port), server_hostname="localhost") as maker:
        take_ticket(maker)
        session = maker.session
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        times.full.append(handshake(context, port))
        time.sleep(PAUSE)
        times.resumed.append(handshake(context, port, session))
        time.sleep(PAUSE)


def absent_ids(start, build, secret):
    """Ids that a member made which is gone."""
    context = context_of(ssl.TLSVersion.TLSv1_2)
    ids = []
    with start(reprise_with(build, "gone", [], free_udp_address(), secret)) as gone:
        for _ in range(ABSENT):
            with context.wrap_socket(connect(gone.port), server_hostname="localhost") as tls:
                ids.append(tls.session.id)
    return ids


def listen_to(ear, count):
    ear.settimeout(10)
    return [ear.recv(65536) for _ in range(count)]


def address_of(text):
    host, port = text.rsplit(":", 1)
    return host, int(port)


def compare(kind, make, rate, target, nowhere, port, arguments):
    """A line of the table; `make(address)` is the flood."""
    calm, flooded, sent = Times(), Times(), 0
    for turn in range(arguments.rounds):
        for address, times in [(nowhere, calm), (target, flooded)][::1 if turn % 2 else -1]:
            with Running(make(address), rate, arguments.seconds + 0.3) as flood:
                time.sleep(0.2)
                shake_hands(port, arguments.seconds, times)
            if times is flooded:
                sent += flood.sent
    lines = []
    for name in ("full", "resumed"):
        without, with_flood = (sorted(getattr(times, name)) for times in (calm, flooded))
        ratio = quantile(with_flood, 0.99) / quantile(without, 0.99)
        lines.append([f"{kind}, {name}", number(sent / (arguments.rounds * arguments.seconds), 0),
                      *(number(quantile(times, fraction), 2) for times in (without, with_flood)
                        for fraction in (0.5, 0.99)),
                      number(ratio, 2), "met" if ratio <= TARGET else "NOT met"])
    return lines


def measure(arguments, directory, backend):
    started = 0

    def start(peer):
        nonlocal started
        started += 1
        crt, key = certificates.make("p256", directory)
        return Server(peer, crt, key, WORKERS, backend, directory / f"{started}-{peer.name}")

    secret = directory / "secret"
    subprocess.run([arguments.build / "reprise", "genkey", secret], check=True)
    here, there = free_udp_address(), free_udp_address()
    ids = absent_ids(start, arguments.build, secret)
    lines = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear, Nowhere() as nowhere:
        ear.bind((HOST, 0))
        listener = "%s:%d" % ear.getsockname()
        with start(reprise_with(arguments.build, "first", [there], here, secret)) as first, \
                start(reprise_with(arguments.build, "second", [here, listener], there,
                                   secret)) as second:
            time.sleep(MEETING)
            recorded = listen_to(ear, 2)
            for kind, make, rate, target, sink in (
                    ("forged ids", Hellos, HELLOS_EACH_SECOND, (HOST, first.port), nowhere.tcp),
                    ("forged datagrams", lambda to: Datagrams(to, recorded),
                     DATAGRAMS_EACH_SECOND, address_of(here), nowhere.udp),
                    ("pulls of another node", lambda to: Hellos(to, ids), HELLOS_EACH_SECOND,
                     (HOST, second.port), nowhere.tcp)):
                lines += compare(kind, make, rate, target, sink, first.port, arguments)
    return table(["flood, and handshakes", "each second", "without: p50 ms", "p99 ms",
                  "with: p50 ms", "p99 ms", "p99 ratio", f"at most {TARGET:g}"], lines)


def main():
    arguments = parse_arguments()
    for caught in (signal.SIGTERM, signal.SIGINT):  # so that everything is ended
        signal.signal(caught, lambda which, _: sys.exit(128 + which))
    raise_file_limit()
    print(f"{machine()}; {arguments.rounds} rounds of {arguments.seconds:g} s")
    with tempfile.TemporaryDirectory(prefix="reprise-bench-") as name:
        directory = Path(name)
        with open(directory / "backend.log", "w") as log, \
                Backend(arguments.build, log) as backend:
            try:
                print("\n" + measure(arguments, directory, backend), flush=True)
            except (RuntimeError, OSError) as error:
                say(str(error))
                sys.exit(1)


if __name__ == "__main__":
    main()
