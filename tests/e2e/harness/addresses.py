"""Free addresses on loopback."""

import os
import random
import socket

HOST = "127.0.0.1"
FIRST, END = 15000, 32000   # outside the range of outgoing connections
_given = set()


def ports_of(worker, workers):
    """The ports of one of the processes that run tests side by side: nobody else's, because a port
    is free for a moment between its choice and its use."""
    share = (END - FIRST) // workers
    return range(FIRST + worker * share, FIRST + (worker + 1) * share)


_PORTS = ports_of(int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]),
                  int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))


def free_port():
    """A port that the system lets us bind now, and that this run has not had before."""
    while True:
        port = random.choice(_PORTS)
        if port in _given:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
        _given.add(port)
        return port


def free_address():
    return f"{HOST}:{free_port()}"


def split(address):
    """"host:port" as what socket.connect() takes; without a host it is this one."""
    host, _, port = address.rpartition(":")
    return host or "127.0.0.1", int(port)
