"""The repeater's packets, as a node sends them, and sockets that lie about where they are."""

import socket
import struct

from .addresses import split

SUBSCRIBE, COOKIE, LEAVE = 1, 2, 3
NOTHING = bytes(16)


def clear(operation, cookie=NOTHING):
    packet = b"\xc5\x9e\x01\x0f" + bytes([operation]) + cookie
    return packet.ljust(24 if operation == COOKIE else 64, b"\0")


def sealed(sender, body, to=b"\0\0\0\0", kind=0):
    """What a repeater takes for a sealed datagram."""
    return (b"\xc5\x9e\x01" + bytes([kind]) + b"keyi" + to[:4] + sender.ljust(12, b" ")
            + bytes(8) + body + bytes(60))


def join(ear, repeater):
    """Makes a sync.Ear a member by its cookie, which is returned."""
    ear.socket.sendto(clear(SUBSCRIBE), split(repeater))
    answer = ear.next()
    assert len(answer) == 24 and answer[:5] == b"\xc5\x9e\x01\x0f\x02"
    cookie = answer[5:21]
    ear.socket.sendto(clear(SUBSCRIBE, cookie), split(repeater))
    return cookie


def spoof(source, to, *packets):
    """Sends packets as if `source` had."""
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        for packet in packets:
            raw.sendto(_ip(split(source), split(to), packet), (split(to)[0], 0))


def _ip(source, to, payload):
    udp = struct.pack("!HHHH", source[1], to[1], 8 + len(payload), 0) + payload
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, socket.IPPROTO_UDP, 0,
                       socket.inet_aton(source[0]), socket.inet_aton(to[0]))
    return head + udp


class Stats:
    """Of a node's only gateway."""

    def __init__(self, node):
        self._node = node

    def gateway(self):
        return self._node.stats("repeater_stats")["udprepeater"][0]

    def member(self, address):
        found = [each for each in self.gateway()["members"] if each["address"] == address]
        return found[0] if found else None

    def kinds(self):
        return {each["address"]: each["kind"] for each in self.gateway()["members"]}

    def rejected(self, reason):
        return self.gateway()["rejected"][reason]
