#!/usr/bin/env python3
"""Proves that a TLS session made by one worker process is resumed by another.
Usage: check.py HTTPS_ADDRESS STATS_ADDRESS"""

import json
import socket
import ssl
import sys


def split(address):
    host, _, port = address.rpartition(":")
    return host, int(port)


def stats(address):
    with socket.create_connection(split(address), 5) as connection:
        text = b""
        while piece := connection.recv(65536):
            text += piece
    return json.loads(text)


def visit(address, version, session=None):
    """One connection with a request: (whether it resumed, the newest session)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = context.maximum_version = version
    if session is not None:
        context = session[0]   # a session belongs to the context that made it
    with socket.create_connection(split(address), 5) as raw:
        with context.wrap_socket(raw, session=session and session[1]) as connection:
            connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
            assert connection.recv(100).startswith(b"HTTP/1.1 200"), "no page came"
            return connection.session_reused, (context, connection.session)


def served(before, after):
    """The process that took the one connection between two looks."""
    counts = {router["id"]: router["accepted"] for router in before["routers"]}
    grown = [router["pid"] for router in after["routers"]
             if router["accepted"] > counts[router["id"]]]
    assert len(grown) == 1, "somebody else connects as well"
    return grown[0]


def check(https, where, version):
    before = stats(where)
    resumed, session = visit(https, version)
    after = stats(where)
    assert not resumed
    maker = served(before, after)
    for _ in range(200):
        before = after
        resumed, _ = visit(https, version, session)
        after = stats(where)
        assert resumed, "a session was not resumed"
        if (resumer := served(before, after)) != maker:
            print(f"{version.name}: made by process {maker}, resumed by process {resumer}")
            return
    sys.exit("all connections went to one process; try again")


if __name__ == "__main__":
    for each in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        check(sys.argv[1], sys.argv[2], each)
    cache = stats(sys.argv[2])["cache"]
    print("counters: " + ", ".join(f"{name} {cache[name]}" for name in ("items", "hits", "miss")))
