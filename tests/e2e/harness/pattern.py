"""Long bodies that need no memory: the same bytes over and over, with their checksum."""

import hashlib

BLOCK = bytes((i * 7 + i // 251) % 256 for i in range(65521))  # a prime, so that nothing aligns


def blocks(length):
    while length > 0:
        piece = BLOCK[:length]
        length -= len(piece)
        yield piece


def checksum(length):
    digest = hashlib.sha256()
    for piece in blocks(length):
        digest.update(piece)
    return digest.hexdigest()
