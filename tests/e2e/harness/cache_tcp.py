"""Commands on caches over TCP, and dumps in uWSGI's form."""

import socket
import struct

from .addresses import split
from .clients import connect, receive_all

GET, SET, ERASE, DUMP, DUMP_FOLLOWS, DESCRIBED, COPY = 0, 1, 2, 6, 7, 17, 112


def packet(modifier2, body=b""):
    return struct.pack("<BHB", 111, len(body), modifier2) + body


def described(value=b"", **variables):
    """`described(cmd="set", key=b"k", value=b"v")`"""
    if value:
        variables["size"] = len(value)
    body = b""
    for name, text in variables.items():
        text = text if isinstance(text, bytes) else str(text).encode()
        for each in (name.encode(), text):
            body += struct.pack("<H", len(each)) + each
    return packet(DESCRIBED, body) + value


def ask(address, request, source=None):
    """The whole answer."""
    if source is None:
        with connect(address) as connection:
            connection.sendall(request)
            return receive_all(connection)
    with socket.create_connection(split(address), 10, (source, 0)) as connection:
        connection.sendall(request)
        return receive_all(connection)


def value_of(answer):
    """What a described answer brings; None if it is a refusal."""
    if not answer:
        return None
    modifier, size, modifier2 = struct.unpack_from("<BHB", answer)
    assert (modifier, modifier2) == (111, DESCRIBED) and b"status\x02\x00ok" in answer
    return answer[4 + size:]


def get(address, key, cache="", source=None):
    return value_of(ask(address, described(cmd="get", key=key, cache=cache), source))


def put(address, key, value, cache="", expires=0):
    return value_of(ask(address, described(cmd="update", key=key, cache=cache, expires=expires,
                                           value=value))) is not None


def dump(items, keysize, blocksize, records, claimed_items=None):
    """A dump with what `records` has, {number: (key, value, expires)}; uWSGI's own order of bytes.
    `claimed_items`: what its head says instead."""
    head = b""
    for name, number in ((b"items", claimed_items or items), (b"blocksize", blocksize)):
        for each in (name, str(number).encode()):
            head += struct.pack("<H", len(each)) + each
    body, values = b"", b""
    for number in range(items):
        key, value, expires = records.get(number, (b"", b"", 0))
        words = (0, len(key), djb33x(key) if key else 0, len(value), number, expires, 0, 0, 0, 0, 0)
        body += struct.pack("<11Q", *words) + key.ljust(keysize, b"\0")
        values += value.ljust(blocksize, b"\0")
    return packet(DUMP_FOLLOWS, head) + body + values


def djb33x(key):
    number = 5381
    for byte in key:
        signed = byte - 256 if byte > 127 else byte
        number = (number * 33 ^ signed) & 0xffffffff
    return number
