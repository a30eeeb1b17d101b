"""Nodes that announce themselves: their packets, and sockets that stand for routers and nodes."""

import socket
import subprocess
import time

from . import uwsgi_packet
from .addresses import free_address, split
from .waiting import wait_until

ANNOUNCE, LEAVE = 0, 1


def packet(key, address, command=ANNOUNCE, sign=None, unix=None, **fields):
    """`sign`: a function of the bytes that are to be signed."""
    values = {"modifier1": 0, "modifier2": 0, "cores": 1, "load": 0, "weight": 0, **fields}
    pairs = [("key", key), ("address", address), *((k, str(v)) for k, v in values.items())]
    if sign:
        pairs.append(("unix", str(unix or int(time.time()))))
        pairs.append(("sign", sign(uwsgi_packet.encode(pairs)[4:]).decode("latin-1")))
    return uwsgi_packet.encode(pairs, 224, command)


def send(server, data):
    """To "host:port" or the path of a unix socket."""
    family = socket.AF_INET if ":" in str(server) else socket.AF_UNIX
    with socket.socket(family, socket.SOCK_DGRAM) as sender:
        sender.sendto(data, split(server) if family == socket.AF_INET else str(server))


def signer(private_key, digest="sha256"):
    def sign(data):
        command = ["openssl", "dgst", f"-{digest}", "-sign", str(private_key)]
        return subprocess.run(command, input=data, capture_output=True, check=True).stdout

    return sign


def write_public_key(private_key, file):
    command = ["openssl", "pkey", "-in", str(private_key), "-pubout", "-out", str(file)]
    subprocess.run(command, check=True, capture_output=True)
    file.chmod(0o644)


def pools(node, name="stats"):
    """The addresses of each key's nodes, as the stats have them."""
    return {pool["key"]: [entry["name"] for entry in pool["nodes"]]
            for pool in node.stats(name)["subscriptions"]}


def wait_for_pools(node, expected, name="stats"):
    return wait_until(lambda: pools(node, name) == expected or None, what=f"{expected} in the stats")


class Listener:
    """A router's subscription server: `receive` gives command and fields."""

    def __init__(self):
        self.address = free_address()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(split(self.address))

    def receive(self, timeout=10):
        self.socket.settimeout(timeout)
        self.last = self.socket.recv(65536)
        return self.last[3], dict(uwsgi_packet.decode(self.last[4:]))

    def close(self):
        self.socket.close()
