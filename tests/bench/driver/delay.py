"""How soon a session of one node resumes on another."""

import socket
import ssl
import time
from dataclasses import dataclass

from .addresses import HOST
from .nodes import free_udp_address, reprise_with
from .tables import number, table

VERSIONS = {"TLS 1.2": ssl.TLSVersion.TLSv1_2, "TLS 1.3": ssl.TLSVersion.TLSv1_3}
TARGET_MS = 1.0
ATTEMPTS = 20  # before a session is given up
TIMEOUT = 10


@dataclass
class Arrival:
    """Of a session on the other node, in milliseconds since the client had it."""

    offered_ms: float  # the attempt that resumed began; None: it never resumed
    answered_ms: float  # its ServerHello was there: the session had been found
    attempts: int


def measure(run):
    """Markdown. A client makes a session on one node and offers it to the other at once, on a
    connection that it has already, and again until it resumes. The session came between the
    beginning of the last attempt but one and the ServerHello of the last: the bound that counts is
    that answer, which has a flight in each direction, the server's work and the client's own in
    it. So the same question is put to the node that made the session too, in turn: what the other
    takes longer is the delay."""
    here, there = free_udp_address(), free_udp_address()
    count = max(20, round(1000 * run.bench.scale))
    with run.start(reprise_with(run.build, "first", [there], here)) as first, \
            run.start(reprise_with(run.build, "second", [here], there)) as second:
        lines = []
        for name, version in VERSIONS.items():
            lines.append(line(name, version, first, second, count))
    return report(lines)


def report(lines):
    return table(["from the session to the answer that resumes it", "where it was made: p50 ms",
                  "p99 ms", "elsewhere: p50 ms", "p99 ms", "question p99 ms",
                  "at the first attempt", "never", "target"], lines)


def quantile(sorted_values, fraction):
    return sorted_values[min(len(sorted_values) - 1, int(fraction * len(sorted_values)))]


def line(name, version, first, second, count):
    pairs = [(_arrival(version, first.port, first.port),
              _arrival(version, first.port, second.port)) for _ in range(count)]
    return _line(name, *zip(*pairs))


def _line(name, own, other):
    here, there = (sorted(each.answered_ms for each in arrivals if each.answered_ms is not None)
                   for arrivals in (own, other))
    if not here or not there:
        raise RuntimeError(f"{name}: no session resumed")
    begun = sorted(each.offered_ms for each in other if each.offered_ms is not None)
    first = sum(each.attempts == 1 for each in other) / len(other)
    delay = quantile(there, 0.99) - quantile(here, 0.99)
    return [name, *(number(quantile(times, fraction), 2) for times in (here, there)
                    for fraction in (0.5, 0.99)),
            number(quantile(begun, 0.99), 2), number(first, 3), str(len(other) - len(there)),
            f"p99 < {TARGET_MS:g} ms more: " + ("met" if delay < TARGET_MS else "NOT met")]


def _arrival(version, first, second):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = context.maximum_version = version
    waiting = connect(second)
    with context.wrap_socket(connect(first), server_hostname="localhost") as maker:
        if version == ssl.TLSVersion.TLSv1_3:
            take_ticket(maker)
        session, made = maker.session, time.perf_counter()
        for attempt in range(1, ATTEMPTS + 1):
            with waiting:
                offered = time.perf_counter()
                answered = _resume(context, session, waiting)
            if answered is not None:
                return Arrival((offered - made) * 1000, (answered - made) * 1000, attempt)
            waiting = connect(second)
    waiting.close()
    return Arrival(None, None, ATTEMPTS)


def _resume(context, session, connection):
    """When the server's first flight was there; None if the handshake was a full one."""
    received, sent = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(received, sent, server_hostname="localhost", session=session)
    answered = None
    while True:
        try:
            tls.do_handshake()
            connection.sendall(sent.read())
            return answered if tls.session_reused else None
        except ssl.SSLWantReadError:
            connection.sendall(sent.read())
        data = connection.recv(65536)
        answered = answered or time.perf_counter()
        if not data:
            raise RuntimeError("the other node ended a handshake")
        received.write(data)


def connect(port):
    connection = socket.create_connection((HOST, port), TIMEOUT)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def take_ticket(connection):
    """A read processes what has come, and there is nothing for it to return."""
    connection.settimeout(0)
    deadline = time.monotonic() + TIMEOUT
    while not connection.session or not connection.session.has_ticket:
        try:
            connection.recv(1)
        except ssl.SSLWantReadError:
            pass
        if time.monotonic() > deadline:
            raise RuntimeError("the first node gave no ticket")
