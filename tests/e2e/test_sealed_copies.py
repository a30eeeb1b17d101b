"""A node of a sealed cluster that starts with the copy of another one's cache."""

import os
import socket
import struct
import time

import pytest

from harness import cache_tcp, sync
from harness.addresses import free_address, free_port, split
from harness.clients import VERSIONS, TlsClient, connect, receive_all
from harness.tcp_nodes import TcpNode

INI = """\
[uwsgi]
cache2 = name=ssl,items=2000,blocksize=4096,udp={udp}{keys}{seal}
ssl-sessions-use-cache = ssl
ssl-sessions-timeout = 300
ssl-sessions-pull = 0
https-session-context = foobar
https = {https},{crt},{key}
http-to = {to}
stats = {stats}
cache-tcp-server = {tcp}
"""


@pytest.fixture
def secret(run_reprise, tmp_path):
    path = tmp_path / "cluster.secret"
    assert run_reprise("genkey", path).returncode == 0
    return path


@pytest.fixture
def node(reprise, backend, secret):
    to = backend().address

    def make(neighbours=(), secret=secret, **values):
        keys = f",sync={';'.join(neighbours)}" if neighbours else ""
        seal = f",secret={secret}" if secret else ""
        return reprise(INI, udp=f"127.0.0.1:{free_port()}", keys=keys, seal=seal, to=to,
                       tcp=values.pop("tcp", None) or free_address(), **values)

    return make


def copy_of(node):
    return sync.of(node)["copy"]


def wait_for_copy(node, state):
    node.wait_for_stats(lambda stats: stats["sync"][0]["copy"]["state"] == state, 15,
                        f"the copy to be {state}")
    return copy_of(node)


def served(node):
    return node.stats()["cache_servers"]


def sessions_of(node, count):
    client = TlsClient(VERSIONS[-1])
    return client, [client.session(node.address("https")) for _ in range(count)]


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)
def test_a_node_fills_from_another(node, version):
    first = node()
    client = TlsClient(version)
    sessions = [client.session(first.address("https")) for _ in range(20)]
    second = node([first.address("tcp")])
    copy = wait_for_copy(second, "complete")
    assert copy["taken"] >= 20 and not any(copy["rejected"].values())
    assert served(first)["copies"] == 1 and served(first)["items_sent"] >= 20
    for session in sessions:
        assert client.get(second.address("https"), session=session).resumed


def test_another_secret_gets_nothing(node, run_reprise, tmp_path):
    first = node()
    sessions_of(first, 2)
    other = tmp_path / "other.secret"
    assert run_reprise("genkey", other).returncode == 0
    second = node([first.address("tcp")], secret=other)
    assert wait_for_copy(second, "failed")["taken"] == 0
    second.wait_for_log("cluster.no-copy")
    assert served(first)["other_key"] == 1 and served(first)["items_sent"] == 0


def test_every_secret_of_the_file_is_tried(node, run_reprise, tmp_path, secret):
    first = node()
    sessions_of(first, 5)
    both = tmp_path / "both.secret"
    assert run_reprise("genkey", both).returncode == 0
    with both.open("a") as file:
        file.write(secret.read_text())
    second = node([first.address("tcp")], secret=both)
    assert wait_for_copy(second, "complete")["taken"] >= 5
    assert served(first)["other_key"] == 1


def test_a_plain_client_gets_nothing(node):
    first = node()
    sessions_of(first, 2)
    for request in (cache_tcp.packet(cache_tcp.COPY, b"ssl"), cache_tcp.packet(cache_tcp.DUMP, b"ssl"),
                    cache_tcp.described(cmd="get", key=b"k" * 32, cache="ssl"),
                    cache_tcp.packet(0x26, os.urandom(36)), cache_tcp.packet(0x26, b"short")):
        assert cache_tcp.ask(first.address("tcp"), request) == b""
    plain = node([first.address("tcp")], secret=None)
    assert wait_for_copy(plain, "failed")["taken"] == 0
    assert served(first)["items_sent"] == 0


def test_nothing_but_a_nonce_before_the_secret_is_proved(node, relayed):
    first = node()
    sessions_of(first, 2)
    relay = relayed(first)
    second = node([relay.address])
    wait_for_copy(second, "complete")
    request, answer = relay.sent[0]
    # The request and the answer again: the nonce is another one, so the answer proves nothing.
    with connect(first.address("tcp")) as connection:
        connection.sendall(request)
        nonce = connection.recv(4096)
        assert len(nonce) == 32
        connection.sendall(answer)
        connection.shutdown(socket.SHUT_WR)
        assert receive_all(connection) == b""
    assert served(first)["forged"] == 1 and served(first)["copies"] == 1


class Recorder:
    """Between a client and a server, and how many bytes of the server's it lets through."""

    def __init__(self, target, most=None):
        self.target, self.most, self.sent = target, most, []
        self.node = TcpNode(self.serve)
        self.address = self.node.address

    def serve(self, client):
        with socket.create_connection(split(self.target), 10) as server:
            request = client.recv(4096)
            server.sendall(request)
            client.sendall(server.recv(32))
            answer = client.recv(4096)
            self.sent.append((request, answer))
            server.sendall(answer)
            passed = 0
            while piece := server.recv(4096):
                if self.most is not None and passed + len(piece) > self.most:
                    client.sendall(piece[:self.most - passed])
                    return
                client.sendall(piece)
                passed += len(piece)


@pytest.fixture
def relayed():
    made = []

    def make(node, most=None):
        made.append(Recorder(node.address("tcp"), most))
        return made[-1]

    yield make
    for each in made:
        each.node.close()


def test_a_stream_that_is_cut_is_no_whole_copy(node, relayed):
    first = node()
    client, sessions = sessions_of(first, 200)
    relay = relayed(first, most=20_000)
    second = node([relay.address])
    copy = wait_for_copy(second, "in_part")
    assert 0 < copy["taken"] < 200
    second.wait_for_log("is no copy, or not a whole one")
    resumed = sum(client.get(second.address("https"), session=session).resumed
                  for session in sessions[::10])
    assert 0 < resumed < 20


def test_those_who_prove_nothing_hold_up_nobody(node):
    first = node()
    sessions_of(first, 3)
    header = struct.pack("<BHB", 111, 36, 0x26)
    silent = [connect(first.address("tcp")) for _ in range(20)]
    try:
        for connection in silent:
            connection.sendall(header + os.urandom(20))
        begun = time.monotonic()
        second = node([first.address("tcp")])
        assert wait_for_copy(second, "complete")["taken"] >= 3
        assert time.monotonic() - begun < 10
    finally:
        for connection in silent:
            connection.close()
