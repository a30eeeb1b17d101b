"""Real servers of session stores, and a network that is slow between them and a node."""

import os
import re
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path
from urllib.parse import unquote

from .addresses import HOST, free_port, split
from .waiting import TIME_FACTOR, wait_until


class Server:
    """A server process; `address` is where it listens."""

    def __init__(self, command, directory, port=None):
        self.port = port or free_port()
        self.address = f"{HOST}:{self.port}"
        self.directory = Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.process = subprocess.Popen(
            [str(part) for part in command(self)], cwd=self.directory, stdin=subprocess.DEVNULL,
            stdout=(self.directory / "output.log").open("wb"), stderr=subprocess.STDOUT)
        wait_until(self.answers, 10, f"{command.__name__} at {self.address}")

    def answers(self):
        try:
            socket.create_connection(split(self.address), 1).close()
            return True
        except OSError:
            return False

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
        self.process.wait(10)


class Redis(Server):
    def __init__(self, directory, *options, port=None, tls=None):
        def redis_server(self):
            listens = (["--port", "0", "--tls-port", self.port, *tls] if tls
                       else ["--port", self.port])
            return ["redis-server", *listens, "--bind", HOST, "--save", "", "--appendonly", "no",
                    "--dir", self.directory, *options]

        self._login = ()
        super().__init__(redis_server, directory, port)

    def command(self, *words):
        """One command over a connection of its own."""
        with socket.create_connection(split(self.address), 5 * TIME_FACTOR) as connection:
            reader = connection.makefile("rb")
            for each in (*self._login, words):
                connection.sendall(_resp(each))
                answer = _read_resp(reader)
            return answer

    def log_in_with(self, *words):
        self._login = (("AUTH", *words),)

    def count(self):
        return self.command("DBSIZE")

    def stored(self):
        """How often something was, whether it is still there or not."""
        found = re.search(rb"cmdstat_set:calls=(\d+)", self.command("INFO", "commandstats"))
        return int(found[1]) if found else 0

    def names(self):
        return self.command("KEYS", "*")

    def clear(self):
        self.command("FLUSHALL")


class Memcached(Server):
    def __init__(self, directory, *options):
        def memcached(self):
            return ["memcached", "-l", HOST, "-p", self.port, "-U", "0", "-m", "16", "-t", "1",
                    *(["-u", "root"] if os.geteuid() == 0 else []), *options]

        super().__init__(memcached, directory)

    def command(self, line, end=b"END\r\n"):
        with socket.create_connection(split(self.address), 5 * TIME_FACTOR) as connection:
            connection.sendall(line + b"\r\n")
            answer = b""
            while not answer.endswith(end):
                piece = connection.recv(65536)
                assert piece, answer
                answer += piece
            return answer

    def stored(self):
        """As above. What is there is counted for a while after its end, so that says little."""
        return int(re.search(rb"STAT cmd_set (\d+)", self.command(b"stats"))[1])

    def names(self):
        """What is there, as far as its crawler tells now: it may be busy with another round."""
        listed = self.command(b"lru_crawler metadump all", (b"END\r\n", b"crawler request\r\n"))
        return [unquote(name.decode()) for name in re.findall(rb"key=(\S+)", listed)]


class RedisCluster:
    """Three masters and as many replicas."""

    def __init__(self, directory, masters=3, replicas=1):
        self.servers = [Redis(Path(directory) / str(number), "--cluster-enabled", "yes",
                              "--cluster-node-timeout", "1000",
                              "--cluster-config-file", "nodes.conf", port=_cluster_port())
                        for number in range(masters * (1 + replicas))]
        subprocess.run(["redis-cli", "--cluster", "create", *(s.address for s in self.servers),
                        "--cluster-replicas", str(replicas), "--cluster-yes"],
                       check=True, capture_output=True, timeout=60 * TIME_FACTOR)
        wait_until(lambda: all(b"cluster_state:ok" in server.command("CLUSTER", "INFO")
                               for server in self.servers), 20, "the cluster")
        wait_until(lambda: sum(b"master_link_status:up" in server.command("INFO", "replication")
                               for server in self.servers) == masters * replicas, 20,
                   "replicas that could take over")

    @property
    def url(self):
        addresses = ",".join(server.address for server in self.running()[:3])
        return f"redis://{addresses}?cluster=1"

    def running(self):
        return [server for server in self.servers if server.process.poll() is None]

    def masters(self):
        return [server for server in self.running() if b"role:master" in
                server.command("INFO", "replication")]

    def count(self):
        return sum(server.count() for server in self.masters())

    def close(self):
        for server in self.servers:
            server.close()


class SlowNetwork:
    """Passes connections on to a server, each byte so many milliseconds later, both ways together."""

    def __init__(self, server, milliseconds):
        self._server = server
        self.seconds = milliseconds / 1000
        self._listener = socket.create_server((HOST, 0))
        self.address = f"{HOST}:{self._listener.getsockname()[1]}"
        self._connections = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                near, _ = self._listener.accept()
                far = socket.create_connection(split(self._server))
            except OSError:
                return
            self._connections += [near, far]
            for source, target in ((near, far), (far, near)):
                source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self._pass_on, args=(source, target), daemon=True).start()

    def _pass_on(self, source, target):
        pieces, there = [], threading.Condition()

        def deliver():
            while True:
                with there:
                    there.wait_for(lambda: pieces)
                    due, data = pieces.pop(0)
                time.sleep(max(0.0, due - time.monotonic()))
                try:
                    if not data:
                        target.shutdown(socket.SHUT_WR)
                        return
                    target.sendall(data)
                except OSError:
                    return

        threading.Thread(target=deliver, daemon=True).start()
        data = b"-"
        while data:
            try:
                data = source.recv(65536)
            except OSError:
                data = b""
            with there:
                pieces.append((time.monotonic() + self.seconds / 2, data))
                there.notify()

    def close(self):
        for one in (self._listener, *self._connections):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            one.close()


def _cluster_port():
    """One whose cluster bus, 10,000 above, is free too."""
    while True:
        port = free_port()
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port + 10000))
                return port
            except OSError:
                continue


def _resp(words):
    words = [word if isinstance(word, bytes) else str(word).encode() for word in words]
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word)
                                              for word in words)


def _read_resp(reader):
    line = reader.readline().rstrip(b"\r\n")
    kind, rest = line[:1], line[1:]
    if kind == b"$":
        return None if rest == b"-1" else reader.read(int(rest) + 2)[:-2]
    if kind == b"*":
        return [_read_resp(reader) for _ in range(int(rest))]
    if kind == b":":
        return int(rest)
    assert kind == b"+", line
    return rest
