"""Free addresses on loopback."""

import random
import socket

HOST = "127.0.0.1"
_given = set()


def free_port():
    """A port that the system lets us bind now, outside the range of outgoing connections."""
    while True:
        port = random.randrange(15000, 32000)
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
