"""Floods that a node has to bear: bounded in rate, in number and in time, each a process of its own."""

import multiprocessing
import os
import socket
import struct
import time
from collections import deque

from .addresses import HOST

STEP = 0.002  # seconds between two bursts
OPEN = 64  # connections of a flood of ClientHellos
LINGER_RESET = struct.pack("ii", 1, 0)
HEADER = 44  # of a sealed datagram, nonce included


def client_hello(session_id):
    """TLS 1.2, as a client sends it that offers this session."""
    def vector(size, body):
        return len(body).to_bytes(size, "big") + body

    def extension(number, body):
        return struct.pack(">H", number) + vector(2, body)

    extensions = (extension(0, vector(2, b"\0" + vector(2, b"localhost")))
                  + extension(10, vector(2, struct.pack(">2H", 23, 24)))
                  + extension(11, vector(1, b"\0"))
                  + extension(13, vector(2, struct.pack(">3H", 0x0403, 0x0804, 0x0401)))
                  + extension(23, b""))
    body = (b"\3\3" + os.urandom(32) + vector(1, session_id)
            + vector(2, struct.pack(">4H", 0xC02B, 0xC02C, 0xC02F, 0xC030)) + b"\1\0"
            + vector(2, extensions))
    return b"\x16\3\1" + vector(2, b"\1" + vector(3, body))


class Hellos:
    """ClientHellos that offer ids out of a list, or made-up ones."""

    def __init__(self, address, ids=None):
        self._address, self._ids, self._sent = address, ids, 0
        self._open = deque()

    def send(self, count):
        for _ in range(count):
            session_id = self._ids[self._sent % len(self._ids)] if self._ids else os.urandom(32)
            self._sent += 1
            end = socket.socket()
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_RESET)
            end.settimeout(1)
            end.connect(self._address)
            end.sendall(client_hello(session_id))
            self._open.append(end)
            if len(self._open) > OPEN:
                self._open.popleft().close()


class Datagrams:
    """Made of what a member said: its like at random, made up under its key by an unknown name, and
    recordings with a bit flipped."""

    def __init__(self, address, recorded):
        self._address, self._recorded, self._sent = address, recorded, 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def send(self, count):
        for _ in range(count):
            self._sent += 1
            self._socket.sendto(self._next(), self._address)

    def _next(self):
        said = self._recorded[self._sent % len(self._recorded)]
        kind = self._sent % 3
        if kind == 0:
            return os.urandom(len(said))
        if kind == 1:  # another sender, a counter and a nonce
            return said[:8] + bytes(4) + os.urandom(HEADER - 12) + said[HEADER:]
        at = HEADER + self._sent % (len(said) - HEADER)
        return said[:at] + bytes([said[at] ^ 1 << self._sent % 8]) + said[at + 1:]


def _run(flood, rate, seconds, sent):
    begun, done = time.monotonic(), 0
    while (passed := time.monotonic() - begun) < seconds:
        due = min(int(rate * passed), int(rate * seconds))
        # What was missed while somebody else had the processor is left out, not made up for.
        burst = min(due - done, max(1, int(rate * STEP * 5)))
        if burst > 0:
            flood.send(burst)
            sent.value += burst
        done = due
        time.sleep(STEP)


class Running:
    """A flood under way, to be used by `with`; it ends by itself after so many seconds."""

    def __init__(self, flood, rate, seconds):
        self._sent = multiprocessing.Value("L", 0)
        self._process = multiprocessing.Process(target=_run, daemon=True,
                                                args=(flood, rate, seconds, self._sent))

    def __enter__(self):
        self._process.start()
        return self

    def __exit__(self, *_):
        self._process.join(5)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()

    @property
    def sent(self):
        return self._sent.value


def _swallow(listener):
    while True:
        connection, _ = listener.accept()
        connection.close()


class Nowhere:
    """Where a flood ends that is to cost the flooding program and the kernel alone."""

    def __enter__(self):
        self._listener = socket.create_server((HOST, 0), backlog=1024)
        self._heard = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._heard.bind((HOST, 0))
        self.tcp, self.udp = self._listener.getsockname(), self._heard.getsockname()
        self._process = multiprocessing.Process(target=_swallow, args=(self._listener,), daemon=True)
        self._process.start()
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.join()
        self._listener.close()
        self._heard.close()
