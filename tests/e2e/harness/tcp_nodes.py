"""TCP servers made of a thread and a script, for what passes bytes through without looking."""

import socket
import threading

from .addresses import HOST
from .clients import leave_with_reset
from .waiting import TIME_FACTOR

TIMEOUT = 30 * TIME_FACTOR


class TcpNode:
    """Listens on a free port of its own; `peers` are the clients' addresses, in order."""

    def __init__(self, behaviour, backlog=2048, address=None):
        self.behaviour = behaviour
        self.peers = []
        self._connections = set()
        if address and "/" in address:
            self._listener = socket.socket(socket.AF_UNIX)
            self._listener.bind(address)
            self._listener.listen(backlog)
            self.address = address
        else:
            host, _, port = (address or f"{HOST}:0").rpartition(":")
            self._listener = socket.create_server((host, int(port)), backlog=backlog)
            self.address = f"{HOST}:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def connections(self):
        """How many came so far."""
        return len(self.peers)

    def close(self):
        for one in (self._listener, *list(self._connections)):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            one.close()

    def _accept(self):
        while True:
            try:
                connection, peer = self._listener.accept()
            except OSError:
                return
            self.peers.append(peer)
            self._connections.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        connection.settimeout(TIMEOUT)
        try:
            self.behaviour(connection)
        except OSError:
            pass
        finally:
            self._connections.discard(connection)
            connection.close()


# Behaviours.


def says(text):
    """Tells its name and ends."""
    return lambda connection: connection.sendall(text)


def echoes(connection):
    """Every piece, until the client has ended; then it ends too."""
    while piece := connection.recv(65536):
        connection.sendall(piece)


def answers_the_whole(answer):
    """Reads to the client's end, then answers by what it read: `answer(bytes)`."""

    def behaviour(connection):
        received = bytearray()
        while piece := connection.recv(65536):
            received += piece
        connection.sendall(answer(bytes(received)))

    return behaviour


def silent(connection):
    while connection.recv(65536):
        pass


def resets_after(text):
    def behaviour(connection):
        connection.sendall(text)
        connection.recv(1)
        leave_with_reset(connection)

    return behaviour


class Recorder:
    """A behaviour that keeps what comes and says nothing, unless there is a `greeting`."""

    def __init__(self, greeting=b""):
        self.greeting = greeting
        self.received = bytearray()
        self.ended = threading.Event()

    def __call__(self, connection):
        connection.sendall(self.greeting)
        while piece := connection.recv(65536):
            self.received += piece
        self.ended.set()
