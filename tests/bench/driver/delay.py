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
    resumed_ms: float  # and was over
    attempts: int


def measure(run):
    """Markdown. A client makes a session on one node and offers it to the other at once, on a
    connection that it has already, and again until it resumes. The session came between the
    beginning of the last attempt but one and the end of the last: the bound that counts is the
    end, which has a handshake in it."""
    here, there = free_udp_address(), free_udp_address()
    count = max(20, round(1000 * run.bench.scale))
    with run.start(reprise_with(run.build, "first", [there], here)) as first, \
            run.start(reprise_with(run.build, "second", [here], there)) as second:
        lines = [_line(name, [_arrival(version, first.port, second.port) for _ in range(count)])
                 for name, version in VERSIONS.items()]
    return table(["from the session to its resumption elsewhere", "p50 ms", "p99 ms",
                  "p99 ms of its beginning", "at the first attempt", "never", "target"], lines)


def quantile(sorted_values, fraction):
    return sorted_values[min(len(sorted_values) - 1, int(fraction * len(sorted_values)))]


def _line(name, arrivals):
    delays = sorted(each.resumed_ms for each in arrivals if each.resumed_ms is not None)
    begun = sorted(each.offered_ms for each in arrivals if each.offered_ms is not None)
    if not delays:
        raise RuntimeError(f"{name}: no session resumed on the other node")
    p99 = quantile(delays, 0.99)
    first = sum(each.attempts == 1 for each in arrivals) / len(arrivals)
    return [name, number(quantile(delays, 0.5), 2), number(p99, 2),
            number(quantile(begun, 0.99), 2), number(first, 3), str(len(arrivals) - len(delays)),
            f"p99 < {TARGET_MS:g} ms: " + ("met" if p99 < TARGET_MS else "NOT met")]


def _arrival(version, first, second):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = context.maximum_version = version
    waiting = _connect(second)
    with context.wrap_socket(_connect(first), server_hostname="localhost") as maker:
        if version == ssl.TLSVersion.TLSv1_3:
            _take_ticket(maker)
        session, made = maker.session, time.perf_counter()
        for attempt in range(1, ATTEMPTS + 1):
            offered = time.perf_counter()
            with context.wrap_socket(waiting, server_hostname="localhost",
                                     session=session) as connection:
                if connection.session_reused:
                    done = time.perf_counter()
                    return Arrival((offered - made) * 1000, (done - made) * 1000, attempt)
            waiting = _connect(second)
    waiting.close()
    return Arrival(None, None, ATTEMPTS)


def _connect(port):
    connection = socket.create_connection((HOST, port), TIMEOUT)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _take_ticket(connection):
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
