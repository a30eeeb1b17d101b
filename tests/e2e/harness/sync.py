"""Changes of caches on the wire, and what the stats say of them."""

import socket
import struct

from .addresses import HOST, split

SET, ERASE = 10, 11


def set_packet(key, value, expires=0):
    digits = str(expires).encode()
    body = b"".join(struct.pack("<H", len(field)) + field for field in (key, value, digits))
    return struct.pack("<BHB", 111, len(body), SET) + body


def erase_packet(key, padding=2):
    body = struct.pack("<H", len(key)) + key + bytes(padding)
    return struct.pack("<BHB", 111, len(body), ERASE) + body


def read_packet(packet):
    """(key, value, expiry) of a set, (key,) of an erase."""
    modifier, size, command = struct.unpack_from("<BHB", packet)
    assert modifier == 111 and size == len(packet) - 4
    fields, at = [], 4
    for _ in range(3 if command == SET else 1):
        length = struct.unpack_from("<H", packet, at)[0]
        fields.append(packet[at + 2:at + 2 + length])
        at += 2 + length
    if command == ERASE:
        return (fields[0],)
    return fields[0], fields[1], int(fields[2])


def is_announce(packet):
    return packet.startswith(b"\xe0")


class Ear:
    """A node made of a socket: `address` for configurations, `heard()` what came of changes; what
    nodes announce, lest it is a repeater, is left out."""

    def __init__(self, host=HOST):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.socket.bind((host, 0))
        self.address = "%s:%d" % self.socket.getsockname()

    def next(self, timeout=5):
        self.socket.settimeout(timeout)
        while is_announce(packet := self.socket.recv(65536)):
            pass
        return packet

    def heard(self):
        self.socket.setblocking(False)
        packets = []
        try:
            while True:
                packets.append(self.socket.recv(65536))
        except BlockingIOError:
            return [packet for packet in packets if not is_announce(packet)]

    def close(self):
        self.socket.close()


def send(address, *packets, source=None):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        if source:
            sender.bind((source, 0))
        for packet in packets:
            sender.sendto(packet, split(address))


def outside_address():
    """An address of this host that is not loopback; None if it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("198.51.100.1", 9))   # sends nothing
        except OSError:
            return None
        return probe.getsockname()[0]


# A session in DER has its creation in [1], four bytes until 2038.
def made_at(der):
    return int.from_bytes(_time_field(der), "big")


def made_earlier(der, seconds):
    old = _time_field(der)
    new = (int.from_bytes(old, "big") - seconds).to_bytes(4, "big")
    return der.replace(b"\xa1\x06\x02\x04" + old, b"\xa1\x06\x02\x04" + new)


def _time_field(der):
    at = der.index(b"\xa1\x06\x02\x04")
    return der[at + 4:at + 8]


def of(node, cache=None):
    """The stats' entry of a cache, or of the only one that has peers."""
    entries = [each for each in node.stats()["sync"] if cache in (None, each["cache"])]
    assert len(entries) == 1
    return entries[0]


def wait_for_applied(node, count, timeout=10):
    node.wait_for_stats(lambda stats: stats["sync"][0]["applied"] >= count, timeout,
                        f"{count} changes to be applied")


def wait_for_received(node, count, timeout=10):
    node.wait_for_stats(lambda stats: stats["sync"][0]["received"] >= count, timeout,
                        f"{count} packets to be received")
