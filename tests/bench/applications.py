#!/usr/bin/env python3
"""Measures the CPU time that a request to a Python application costs, in Reprise and in uWSGI: a few
bytes, and a file of 1 MiB by wsgi.file_wrapper. Both speak the uwsgi protocol to one client over a unix
socket, take turns, and run the same number of workers. Prints a table in Markdown."""

import argparse
import os
import signal
import socket
import statistics
import struct
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APP = """
def application(environ, start_response):
    if environ["PATH_INFO"] == "/file":
        start_response("200 OK", [("Content-Length", "1048576")])
        return environ["wsgi.file_wrapper"](open("data", "rb"))
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "2")])
    return [b"ok"]
"""
INI = """[uwsgi]
master = true
socket = {socket}
wsgi-file = app.py
processes = {workers}
disable-logging = true
"""
VARIABLES = [("REQUEST_METHOD", "GET"), ("QUERY_STRING", ""), ("CONTENT_TYPE", ""),
             ("CONTENT_LENGTH", ""), ("REQUEST_SCHEME", "http"), ("SERVER_PROTOCOL", "HTTP/1.1"),
             ("REMOTE_ADDR", "127.0.0.1"), ("REMOTE_PORT", "5555"), ("SERVER_PORT", "80"),
             ("SERVER_NAME", "localhost"), ("HTTP_HOST", "localhost"),
             ("HTTP_USER_AGENT", "Mozilla/5.0 (X11; Linux x86_64)"), ("HTTP_ACCEPT", "*/*"),
             ("HTTP_ACCEPT_ENCODING", "gzip, deflate, br"), ("DOCUMENT_ROOT", "/var/www")]


def packet(path):
    pairs = VARIABLES + [("REQUEST_URI", path), ("PATH_INFO", path)]
    block = b"".join(struct.pack("<H", len(part)) + part.encode() for pair in pairs for part in pair)
    return struct.pack("<BHB", 0, len(block), 0) + block


class Server:
    def __init__(self, name, command, directory, workers):
        self.name = name
        self.directory = Path(directory) / name
        self.directory.mkdir()
        self.socket = str(self.directory / "socket")
        (self.directory / "app.py").write_text(APP)
        (self.directory / "data").write_bytes(os.urandom(1 << 20))
        (self.directory / "bench.ini").write_text(INI.format(socket=self.socket, workers=workers))
        with open(self.directory / "log", "wb") as log:
            self.process = subprocess.Popen([*command, "--ini", "bench.ini"], cwd=self.directory,
                                            stdout=log, stderr=log, start_new_session=True)
        for _ in range(100):
            time.sleep(0.1)
            try:
                self.ask(packet("/"))
                return
            except OSError:
                pass
        raise RuntimeError((self.directory / "log").read_text())

    def ask(self, request):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(self.socket)
            connection.sendall(request)
            size = 0
            while piece := connection.recv(1 << 20):
                size += len(piece)
        return size

    def cpu(self):
        """Nanoseconds of all its processes."""
        pids = subprocess.run(["ps", "-o", "pid=", "-s", str(self.process.pid)],
                              capture_output=True, text=True, check=True).stdout.split()
        total = 0
        for pid in pids:
            for task in Path(f"/proc/{pid}/task").iterdir():
                total += int((task / "schedstat").read_text().split()[0])
        return total

    def measure(self, path, count):
        request = packet(path)
        before = self.cpu()
        for _ in range(count):
            self.ask(request)
        return (self.cpu() - before) / count / 1000

    def close(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(10)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--reprise", type=os.path.abspath,
                        default=str(ROOT / "build-bench" / "reprise"))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--requests", type=int, default=2000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        servers = [Server("Reprise", [arguments.reprise], directory, arguments.workers),
                   Server("uWSGI", ["uwsgi", "--plugin", "python3"], directory, arguments.workers)]
        print("| µs of CPU a request | " + " | ".join(server.name for server in servers) + " |")
        print("|---|" + "---|" * len(servers))
        for title, path, count in (("a few bytes", "/", arguments.requests),
                                   ("a file of 1 MiB", "/file", arguments.requests // 10)):
            results = {server.name: [] for server in servers}
            for _ in range(arguments.rounds):
                for server in servers:
                    results[server.name].append(server.measure(path, count))
            cells = [f"{statistics.median(values):.1f} ({min(values):.1f} to {max(values):.1f})"
                     for values in results.values()]
            print(f"| {title} | " + " | ".join(cells) + " |")
        for server in servers:
            server.close()


if __name__ == "__main__":
    main()
