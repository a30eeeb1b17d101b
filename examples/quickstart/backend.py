#!/usr/bin/env python3
"""A small server of the uwsgi protocol, with nothing but the standard library: each request is
answered with a page that shows its variables. Usage: backend.py HOST:PORT"""

import socketserver
import struct
import sys


def receive(connection, size):
    data = b""
    while len(data) < size:
        piece = connection.recv(size - len(data))
        if not piece:
            raise ConnectionError("ended within a packet")
        data += piece
    return data


def variables(connection):
    """The packet: modifier, length, modifier, then names and values with their lengths."""
    _, size, _ = struct.unpack("<BHB", receive(connection, 4))
    block, found, at = receive(connection, size), [], 0
    while at < size:
        pair = []
        for _ in range(2):
            length = struct.unpack_from("<H", block, at)[0]
            pair.append(block[at + 2:at + 2 + length].decode("latin-1"))
            at += 2 + length
        found.append(tuple(pair))
    return found


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        pairs = variables(self.request)
        names = dict(pairs)
        left = int(names.get("CONTENT_LENGTH") or 0)
        while left > 0:
            left -= len(self.request.recv(min(left, 65536))) or left
        page = f"Hello from behind Reprise, {names.get('REMOTE_ADDR', '?')}.\n\n"
        page += "".join(f"{name} = {value}\n" for name, value in pairs)
        body = page.encode()
        self.request.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n"
                             b"Content-Length: %d\r\n\r\n" % len(body) + body)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128


if __name__ == "__main__":
    host, _, port = sys.argv[1].rpartition(":")
    with Server((host, int(port)), Handler) as server:
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            pass
