#!/usr/bin/env python3
"""Proves with `openssl s_client` that a router process resumes a TLS session that another one
made, and that the application's page comes through both. Usage: check.py HTTPS_ADDRESS STATS_ADDRESS"""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile

VERSIONS = {"TLS 1.2": "-tls1_2", "TLS 1.3": "-tls1_3"}
# Of the page of werkzeug.testapp, from its beginning to its end.
PAGE = ("<h1>WSGI Information</h1>", "<th>UWSGI_ROUTER", '<ul class="path">')


def stats(address):
    host, _, port = address.rpartition(":")
    with socket.create_connection((host, int(port)), 5) as connection:
        text = b""
        while piece := connection.recv(65536):
            text += piece
    return json.loads(text)


def visit(address, *arguments):
    """One request for the whole page; True if its connection resumed a session."""
    done = subprocess.run(["openssl", "s_client", "-connect", address, "-ign_eof", *arguments],
                          input=b"GET / HTTP/1.0\r\n\r\n", stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=20)
    output = done.stdout.decode(errors="replace")
    if "HTTP/1.0 200 OK" not in output or not all(part in output for part in PAGE):
        sys.exit(f"no page came:\n{output}")
    return "\nReused, " in output


class Workers:
    """Tells by the `accepted` counters which process took the connections since the last look."""

    def __init__(self, address):
        self.address = address
        self.counts = self._read()

    def that_served(self):
        before, self.counts = self.counts, self._read()
        grown = [pid for pid, count in self.counts.items() if count > before.get(pid, 0)]
        if len(grown) != 1:
            sys.exit(f"one process should have accepted one connection, not {grown}")
        return grown[0]

    def _read(self):
        return {row["pid"]: row["accepted"] for row in stats(self.address)["routers"]}


def check(https, workers, name, option):
    with tempfile.NamedTemporaryFile() as session:
        if visit(https, option, "-sess_out", session.name):
            sys.exit(f"{name}: the first connection resumed, but what?")
        maker = workers.that_served()
        # While it stands still, another one has to take the client that comes back.
        os.kill(maker, signal.SIGSTOP)
        try:
            resumed = visit(https, option, "-sess_in", session.name)
        finally:
            os.kill(maker, signal.SIGCONT)
        resumer = workers.that_served()
    if not resumed or resumer == maker:
        sys.exit(f"{name}: made by process {maker}, not resumed by process {resumer}")
    print(f"{name}: session made by process {maker}, resumed by process {resumer}")


def main(https, where):
    workers = Workers(where)
    for name, option in VERSIONS.items():
        check(https, workers, name, option)
    document = stats(where)
    served = sum(worker["requests"] for worker in document["workers"])
    print(f"application: {served} requests served by {len(document['workers'])} processes")
    cache = document["cache"]
    print("cache:", ", ".join(f"{name} {cache[name]}" for name in ("items", "hits", "miss")))


if __name__ == "__main__":
    main(*sys.argv[1:])
