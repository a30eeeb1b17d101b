"""Reprise as one of several nodes: its configurations, and what stands for the others."""

import signal
import socket
import struct

from .addresses import HOST, free_port
from .servers import Peer

BUFFER = 16 << 20  # of a socket that nobody reads while packets come
SO_RCVBUFFORCE = 33
SESSION_SIZE = 132  # bytes of the DER of a TLS 1.2 session


class Sinks:
    """Nodes that keep what they are told until it is counted."""

    def __init__(self, count):
        self._sockets = [self._bound() for _ in range(count)]
        self.addresses = ["%s:%d" % each.getsockname() for each in self._sockets]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for each in self._sockets:
            each.close()

    def heard(self):
        """How many packets have come since the last time, for each."""
        return [self._drain(each) for each in self._sockets]

    @staticmethod
    def _bound():
        sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            sink.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER)
        except PermissionError:
            sink.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        sink.bind((HOST, 0))
        sink.setblocking(False)
        return sink

    @staticmethod
    def _drain(sink):
        count = 0
        try:
            while True:
                sink.recv(65536)
                count += 1
        except BlockingIOError:
            return count


def reprise_with(build, name, nodes=(), server=None, secret=None):
    """Setup 2: Setup 1 with these nodes, sealed if there is a secret."""
    lines = [f"cache-udp-node = {node}" for node in nodes]
    lines += [f"cache-udp-server = {server}"] if server else []
    lines += [f"cache-udp-secret = {secret}"] if secret else []

    def command(program, place):
        return [program, "--ini", place.write("reprise.ini", f"""\
[uwsgi]
master = true
cache = 100000
cache-blocksize = 4096
ssl-sessions-use-cache = true
ssl-sessions-timeout = 300
https-session-context = bench
https = {HOST}:{place.port},{place.crt},{place.key}
http-processes = {place.workers}
http-to = {HOST}:{place.uwsgi_backend}
""" + "\n".join([*lines, ""]))]

    return Peer(name, str(build / "reprise"), command, signal.SIGINT)


def free_udp_address():
    return f"{HOST}:{free_port()}"


def set_packet(key, value, expires):
    """A change as a node tells it (src/sync/FORMAT.md)."""
    digits = str(expires).encode()
    body = b"".join(struct.pack("<H", len(part)) + part for part in (key, value, digits))
    return struct.pack("<BHB", 111, len(body), 10) + body
