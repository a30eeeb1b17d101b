"""A uwsgi server made of a thread and a script: what it does with a request is a function."""

import hashlib
import json
import socket
import struct
import threading

from . import pattern, uwsgi_packet
from .addresses import HOST

TIMEOUT = 30


class Exchange:
    """One request as the backend received it, and the way to answer it."""

    def __init__(self, connection, modifiers, pairs):
        self.socket = connection
        self.modifiers = modifiers
        self.pairs = pairs
        self.vars = dict(pairs)
        self.body_length = int(self.vars.get("CONTENT_LENGTH") or 0)

    def body_pieces(self):
        left = self.body_length
        while left:
            piece = self.socket.recv(min(left, 65536))
            if not piece:
                raise ConnectionError("the request's body ended early")
            left -= len(piece)
            yield piece

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode("latin-1"))

    def reply(self, body=b"", status="200 OK", headers=()):
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
        self.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)

    def wait_for_close(self):
        """Blocks until the router has closed its side."""
        self.socket.settimeout(TIMEOUT)
        try:
            while self.socket.recv(65536):
                pass
        except OSError:
            pass


class Backend:
    """Listens on a free port of its own; `requests` is what came, in order."""

    def __init__(self, behaviour):
        self.behaviour = behaviour
        self.requests = []
        self.failures = []
        self._connections = set()
        self._listener = socket.create_server((HOST, 0), backlog=512)
        self.address = f"{HOST}:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        """Ends the listener and every connection, so that no script waits on."""
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()
        for connection in list(self._connections):
            _reset(connection)

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        connection.settimeout(TIMEOUT)
        try:
            head = _receive(connection, 4)
            modifier1, size, modifier2 = struct.unpack("<BHB", head)
            pairs = uwsgi_packet.decode(_receive(connection, size))
            exchange = Exchange(connection, (modifier1, modifier2), pairs)
            self.requests.append(exchange)
            self.behaviour(exchange)
        except (OSError, ValueError) as problem:
            self.failures.append(problem)
        finally:
            self._connections.discard(connection)
            connection.close()


def _receive(connection, length):
    data = bytearray()
    while len(data) < length:
        piece = connection.recv(length - len(data))
        if not piece:
            raise ConnectionError("the packet ended early")
        data += piece
    return bytes(data)


def _reset(connection):
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


# Behaviours.


def echo(exchange):
    """The variables in order, the modifiers and the body's checksum as JSON."""
    digest, length = hashlib.sha256(), 0
    for piece in exchange.body_pieces():
        digest.update(piece)
        length += len(piece)
    answer = {"vars": exchange.pairs, "modifiers": exchange.modifiers,
              "length": length, "sha256": digest.hexdigest()}
    exchange.reply(json.dumps(answer).encode(), headers=["Content-Type: application/json"])


def silent(exchange):
    exchange.wait_for_close()


def answers(data):
    """Sends these bytes whatever is asked, reads the body, closes."""

    def behaviour(exchange):
        for _ in exchange.body_pieces():
            pass
        exchange.send(data)

    return behaviour


def closes(_exchange):
    """Not a byte of an answer."""


def resets(exchange):
    exchange.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def dies_in_body(announced, sent):
    def behaviour(exchange):
        exchange.send(f"HTTP/1.1 200 OK\r\nContent-Length: {announced}\r\n\r\n")
        exchange.send(b"x" * sent)

    return behaviour


def downloads(length):
    """A long answer of the pattern."""

    def behaviour(exchange):
        exchange.send(f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n")
        for piece in pattern.blocks(length):
            exchange.send(piece)

    return behaviour


def chunked(*chunks):
    def behaviour(exchange):
        exchange.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for chunk in chunks:
            exchange.send(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
        exchange.send("0\r\n\r\n")

    return behaviour


def answers_early(exchange):
    """Refuses before it has read any of the body."""
    exchange.reply(b"too much", status="413 Content Too Large")
    exchange.socket.shutdown(socket.SHUT_WR)
    exchange.wait_for_close()


class Gate:
    """A behaviour that sends the first half, and the second when the test says so."""

    def __init__(self, first=b"first half, ", second=b"second half"):
        self.first, self.second = first, second
        self.reached = threading.Event()
        self.open = threading.Event()

    def __call__(self, exchange):
        length = len(self.first) + len(self.second)
        exchange.send(f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n")
        exchange.send(self.first)
        self.reached.set()
        self.open.wait(TIMEOUT)
        exchange.send(self.second)
