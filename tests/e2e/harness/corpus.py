"""Raw requests and what becomes of each: at the router's client, and at the backend."""

import hashlib
import json
import socket
import time
from dataclasses import dataclass
from pathlib import Path

from .clients import connect

TESTS = Path(__file__).resolve().parents[2]
REQUESTS = TESTS / "unit" / "protocol" / "data" / "corpus"
TABLE = TESTS / "e2e" / "golden" / "corpus.json"
# A whole request behind each: it finds what the one before has left.
CANARY = b"GET /canary HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n"
# Variables that say nothing of the request.
OF_THE_CONNECTION = {"SERVER_NAME", "SERVER_PORT", "REMOTE_ADDR", "REMOTE_PORT", "UWSGI_ROUTER",
                     "SCRIPT_NAME"}


@dataclass
class Case:
    name: str            # of the file, without .req
    unsafe: bool         # uWSGI's router was led astray by it
    parts: list          # how it arrives: a size, a pause, a size; empty: at once
    answers: list        # status of each answer that the client gets, the canary's included
    backend: list        # [variables, body] of each request that the backend gets
    uwsgi: str           # what uWSGI's router did
    reason: str          # why it is not the same here; empty: it is

    @property
    def request(self):
        return (REQUESTS / f"{self.name}.req").read_bytes()


def load():
    return [Case(**row) for row in json.loads(TABLE.read_text())]


def short(text):
    """Long values stand in the table by their length and a checksum."""
    if len(text) <= 200:
        return text
    digest = hashlib.sha256(text.encode("latin-1")).hexdigest()[:16]
    return f"{len(text)} bytes, sha256 {digest}..."


def seen_by(backend):
    """What reached a recording backend, as in the table."""
    return [[[[name, short(value)] for name, value in exchange.pairs
              if name not in OF_THE_CONNECTION], short(exchange.body.decode("latin-1"))]
            for exchange in backend.requests]


def play(address, case):
    """Sends it and the canary; the status of each answer."""
    with connect(address) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            if case.parts:
                first, pause, _ = case.parts
                connection.sendall(case.request[:first])
                time.sleep(pause)
                connection.sendall(case.request[first:])
            else:
                connection.sendall(case.request)
            connection.sendall(CANARY)
        except ConnectionError:
            pass   # refused before all of it was sent
        return statuses(receive_what_comes(connection))


def receive_what_comes(connection):
    data = bytearray()
    try:
        while piece := connection.recv(65536):
            data += piece
    except ConnectionError:
        pass
    return bytes(data)


def statuses(text):
    """Of answers that have no bodies but their Content-Length's."""
    found = []
    while text:
        head, _, rest = text.partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        assert lines[0].startswith(b"HTTP/1."), text[:80]
        status = int(lines[0].split()[1])
        fields = dict(line.lower().split(b": ", 1) for line in lines[1:])
        length = int(fields.get(b"content-length", 0))
        bodiless = status < 200 or fields.get(b"x-method") == b"head"
        text = rest if bodiless else rest[length:]
        found.append(status)
    return found


def record(exchange):
    """A backend's behaviour: remembers the body, answers `ok`."""
    exchange.body = b"".join(exchange.body_pieces())
    method = exchange.vars["REQUEST_METHOD"].lower()
    exchange.reply(b"ok", headers=[f"X-Method: {method}"])
