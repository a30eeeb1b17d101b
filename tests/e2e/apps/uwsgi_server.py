#!/usr/bin/env python3
"""Small servers of the uwsgi protocol, with nothing but the standard library: each request is
answered with a page that shows who answers and the request's variables.
Usage: backend.py HOST:PORT..."""

import socketserver
import struct
import sys
import threading


def receive(connection, size):
    data = b""
    while len(data) < size:
        piece = connection.recv(size - len(data))
        if not piece:
            raise ConnectionError("ended within a packet")
        data += piece
    return data


def variables(connection):
    """The packet: modifier, size, modifier, then names and values, each after its length."""
    _, size, _ = struct.unpack("<BHB", receive(connection, 4))
    block, texts, at = receive(connection, size), [], 0
    while at < size:
        length = struct.unpack_from("<H", block, at)[0]
        texts.append(block[at + 2:at + 2 + length].decode("latin-1"))
        at += 2 + length
    return dict(zip(texts[::2], texts[1::2]))


def read_away(connection, size):
    while size > 0:
        piece = connection.recv(min(size, 65536))
        if not piece:
            return
        size -= len(piece)


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        try:
            found = variables(self.request)
        except ConnectionError:
            return
        read_away(self.request, int(found.get("CONTENT_LENGTH") or 0))
        host, port = self.server.server_address
        page = f"Hello from the backend {host}:{port}. It was told:\n\n"
        page += "".join(f"{name} = {value}\n" for name, value in sorted(found.items()))
        body = page.encode()
        self.request.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n"
                             b"Content-Length: %d\r\n\r\n" % len(body) + body)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128


def main(addresses):
    servers = []
    for address in addresses:
        host, _, port = address.rpartition(":")
        servers.append(Server((host, int(port)), Handler))
    for server in servers[1:]:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    print("backends listen on", *addresses, flush=True)
    servers[0].serve_forever()


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        pass
