"""The uwsgi packet: a 4-byte header, then length-prefixed names and values."""

import struct


def decode(block):
    """The pairs of a packet's block, in order, as latin-1 text."""
    pairs, at = [], 0
    while at < len(block):
        name, at = _item(block, at)
        value, at = _item(block, at)
        pairs.append((name.decode("latin-1"), value.decode("latin-1")))
    return pairs


def encode(pairs, modifier1=0, modifier2=0):
    block = b"".join(_packed(name) + _packed(value) for name, value in pairs)
    return struct.pack("<BHB", modifier1, len(block), modifier2) + block


def _item(block, at):
    (length,) = struct.unpack_from("<H", block, at)
    item = block[at + 2 : at + 2 + length]
    if len(item) != length:
        raise ValueError("an item runs over the end of the packet")
    return item, at + 2 + length


def _packed(text):
    data = text.encode("latin-1")
    return struct.pack("<H", len(data)) + data
