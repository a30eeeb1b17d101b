"""The network between nodes, as a process that may lose what it carries."""

import random
import selectors
import socket
import threading

PUSH, BULK = 0, 3


def kind_of(datagram):
    """Of a sealed datagram: push 0, ask 1, control 2, bulk 3."""
    return datagram[3] if datagram[:2] == b"\xc5\x9e" else None


class Relay:
    """Between each two of some nodes' addresses: a node knows another by the address that the relay
    has for it, and only by that. `loses(datagram)` says what does not arrive."""

    def __init__(self, addresses, loses=lambda datagram: False):
        self.loses, self.carried, self.lost = loses, [], 0
        self._ways, self._sockets = {}, {}
        self._selector = selectors.DefaultSelector()
        self._stop, self._stopped = socket.socketpair()
        self._selector.register(self._stopped, selectors.EVENT_READ)
        for one in addresses:
            for other in addresses:
                if one != other:
                    self._open(one, other)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _open(self, one, other):
        """Where `one` sends what is for `other`."""
        end = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 21)
        end.bind(("127.0.0.1", 0))
        end.setblocking(False)
        self._sockets[one, other] = end
        self._selector.register(end, selectors.EVENT_READ, (one, other))

    def address(self, one, other):
        return "%s:%d" % self._sockets[one, other].getsockname()

    def _run(self):
        while True:
            for key, _ in self._selector.select():
                if key.data is None:
                    return
                self._carry(key.fileobj, *key.data)

    def _carry(self, end, one, other):
        host, port = other.rsplit(":", 1)
        while True:
            try:
                datagram = end.recv(65536)
            except BlockingIOError:
                return
            if self.loses(datagram):
                self.lost += 1
                continue
            self.carried.append(datagram)
            self._sockets[other, one].sendto(datagram, (host, int(port)))

    def close(self):
        self._stop.send(b".")
        self._thread.join()
        for end in (*self._sockets.values(), self._stop, self._stopped):
            end.close()


def loses_pushes(percent, seed=1):
    chance = random.Random(seed)
    return lambda datagram: (kind_of(datagram) in (PUSH, BULK)
                             and chance.random() * 100 < percent)
