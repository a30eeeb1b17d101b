#!/usr/bin/env python3
"""Writes vectors.json: the sealed formats of src/cluster/SEALED.md, made from its text with another
library than the program's. Needs python3-cryptography."""

import hashlib
import hmac
import json
import struct
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

SECRETS = [bytes(range(32)), bytes(range(100, 132))]
NAME = bytes(range(1, 13))
OTHER_NAME = bytes(range(21, 33))


def extract(secret):
    return hmac.new(b"reprise cluster 1", secret, hashlib.sha256).digest()


def expand(key, label, size):
    out, block, number = b"", b"", 1
    while len(out) < size:
        block = hmac.new(key, block + label + bytes([number]), hashlib.sha256).digest()
        out, number = out + block, number + 1
    return out[:size]


def derive(secret, cache, cipher):
    label = b"cache" if cipher == "aes256" else b"cache-chacha20"
    root = expand(extract(secret), label + b"\0" + cache, 32)
    packet = expand(root, b"packet", 32)
    return {"key_id": expand(root, b"key id", 4), "packet": packet,
            "ids": expand(root, b"session id", 64),
            "sender": expand(packet, b"sender" + NAME, 64)}


def number(value, size):
    return value.to_bytes(size, "little")


def message(kind, body):
    return bytes([kind]) + number(len(body), 2) + body


def plaintext(node, time, push, *messages):
    return number(node, 2) + number(time, 6) + number(push, 6) + b"".join(messages)


def seal(keys, cipher, kind, to, counter, text):
    header = (b"\xc5\x9e\x01" + bytes([kind]) + keys["key_id"] + to + NAME + number(counter, 8))
    assert len(header) == 32
    nonce = hmac.new(keys["sender"][32:], header + text, hashlib.sha256).digest()[:12]
    aead = (AESGCM if cipher == "aes256" else ChaCha20Poly1305)(keys["sender"][:32])
    return header + nonce + aead.encrypt(nonce, text, header)


def block(key, data):
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    return encryptor.update(data) + encryptor.finalize()


def session_id(keys, node, clock, random):
    text = b"\x10" + number(node, 2) + number(clock, 3) + random
    tag = block(keys["ids"][32:], text)
    mask = block(keys["ids"][:32], tag)
    return tag + bytes(a ^ b for a, b in zip(text, mask))


def messages():
    session = bytes(range(200, 232))
    der = b"\x30\x81" + bytes(range(100))
    token = bytes(range(16))
    return {
        "session": message(1, number(299000, 4) + bytes([15]) + session + der),
        "session_whole": message(1, number(299000, 4) + bytes([255]) + session + der),
        "erase_session": message(2, number(300000, 4) + session),
        "item": message(3, number(0xFFFFFFFF, 4) + number(3, 2) + b"key" + b"value"),
        "erase_item": message(4, b"key"),
        "ask": message(16, bytes(range(8)) + session),
        "answer": message(17, bytes(range(8)) + number(1000, 4) + bytes([15]) + session + der),
        "not_here": message(18, bytes(range(8)) + bytes([3])),
        "hello": message(32, bytes([1]) + number(777, 2) + number(123456, 4)
                         + number(1700000000, 8) + number(42, 6) + number(1000, 8)
                         + bytes([2]) + b"\x01\x02\x03\x04\x05\x06\x07\x08"
                         + bytes([3]) + b"0.1" + bytes([1]) + token
                         + bytes([3]) + number(0x1122334455667788, 8)),
        "challenge": message(33, token + number(9, 8)),
        "proof": message(34, token + OTHER_NAME + number(10, 8) + number(42, 6)),
        "next_name": message(35, OTHER_NAME),
        "lost": message(36, number(7, 6) + number(3, 2) + number(12, 6) + number(1, 2)),
        "settled": message(37, number(7, 6) + bytes([0])),
        "settled_gone": message(37, number(8, 6) + bytes([1])),
        "digest": message(38, bytes([255]) + b"".join(number(i, 8) for i in range(128))),
        "digest_bucket": message(38, bytes([5]) + b"".join(number(i, 8) for i in range(128))),
        "listing": message(39, number(3, 2) + number(3 << 50, 8) + number((4 << 50) - 1, 8)
                           + number(3 << 50, 8) + number((3 << 50) + 9, 8)),
        "wanted": message(40, number(3 << 50, 8)),
        "fill": message(41, number(0, 8) + bytes([32])),
        "fill_end": message(42, number(1700000000 << 32 | 5, 8)),
        "erased": message(43, number(3 << 50, 8) + number(4 << 50, 8)),
        "gone": message(44, b""),
    }


def record(key, cipher, count, text):
    aead = (AESGCM if cipher == "aes256" else ChaCha20Poly1305)(key)
    length = number(len(text) + 16, 3)
    return length + aead.encrypt(number(count, 12), text, length)


def copy(cipher):
    """A copy of three sessions, in two records and an end."""
    keys = derive(SECRETS[0], b"ssl", cipher)
    client, server = bytes(range(50, 82)), bytes(range(150, 182))
    stream = expand(keys["packet"], b"stream" + client + server, 64)
    sessions = [message(1, number(299000 - i, 4) + bytes([15]) + bytes(range(i, i + 32))
                        + b"\x30\x81" + bytes(100 + i)) for i in range(3)]
    texts = [number(2, 4) + sessions[0] + sessions[1], number(7, 4) + sessions[2],
             number(8, 4) + message(48, b"")]
    return {"cipher": cipher, "client": client.hex(), "server": server.hex(),
            "request": (b"\x6f" + number(36, 2) + b"\x26" + keys["key_id"] + client).hex(),
            "to_server": stream[:32].hex(), "to_client": stream[32:].hex(),
            "first": record(stream[:32], cipher, 0, b"ssl").hex(),
            "plaintexts": [text.hex() for text in texts],
            "records": [record(stream[32:], cipher, i, text).hex()
                        for i, text in enumerate(texts)]}


def main():
    said = messages()
    document = {"secrets": [s.hex() for s in SECRETS], "name": NAME.hex(), "keys": [],
                "messages": {name: text.hex() for name, text in said.items()}, "datagrams": [],
                "ids": []}
    for cipher in ("aes256", "chacha20"):
        for secret in SECRETS:
            for cache in (b"default", b"ssl"):
                keys = derive(secret, cache, cipher)
                document["keys"].append({"secret": secret.hex(), "cache": cache.decode(),
                                         "cipher": cipher,
                                         **{name: key.hex() for name, key in keys.items()}})
    batch = b"".join(said["session"] for _ in range(8))
    texts = {
        "push": (0, bytes(4), plaintext(7, 12345, 1, said["session"])),
        "batch": (0, bytes(4), plaintext(7, 12345, 2, batch)),
        "ask": (1, OTHER_NAME[:4], plaintext(7, 12345, 0, said["ask"])),
        "control": (2, bytes(4), plaintext(7, 12345, 0, said["hello"])),
        "bulk": (3, OTHER_NAME[:4], plaintext(7, 12345, 0, said["session"], said["item"])),
        "empty": (2, bytes(4), b""),
        "large": (0, bytes(4), plaintext(7, 12345, 3, message(3, struct.pack("<IH", 5000, 3)
                                                              + b"key" + bytes(4000)))),
    }
    for cipher in ("aes256", "chacha20"):
        keys = derive(SECRETS[0], b"ssl", cipher)
        for counter, (name, (kind, to, text)) in enumerate(texts.items(), 1):
            document["datagrams"].append({
                "name": name, "cipher": cipher, "kind": kind, "to": to.hex(), "counter": counter,
                "plaintext": text.hex(),
                "datagram": seal(keys, cipher, kind, to, counter, text).hex()})
    for secret in SECRETS:
        keys = derive(secret, b"ssl", "aes256")
        for node, clock, random in ((1, 0, bytes(10)), (65535, 0xFFFFFF, b"\xff" * 10),
                                    (4660, 0x123456, bytes(range(10)))):
            document["ids"].append({"secret": secret.hex(), "node": node, "clock": clock,
                                    "random": random.hex(),
                                    "id": session_id(keys, node, clock, random).hex()})
    document["copies"] = [copy("aes256"), copy("chacha20")]
    path = Path(__file__).with_name("vectors.json")
    path.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
