"""The rawrouter: connections passed through to nodes, in turn."""

import hashlib
import os
import resource
import signal
import socket
import threading
import time

import pytest

from harness import pattern, processes
from harness.addresses import free_port
from harness.clients import connect, get, leave_with_reset, receive_all
from harness.configurations import HTTP
from harness.tcp_nodes import answers_the_whole, echoes, resets_after, says, silent
from harness.waiting import wait_until

RAW = "[uwsgi]\nmaster = true\nrawrouter = {raw}\nrawrouter-stats = {stats}\n"
ONE = RAW + "rawrouter-to = {a}\n"


def receive(address):
    with connect(address) as connection:
        return receive_all(connection)


def worker(node):
    return node.stats()["workers"][0]


def test_an_ini_with_nothing_else_starts(reprise, tcp_node):
    node = reprise(ONE + "rawrouter-processes = 2\n", a=tcp_node().address)
    assert f"uWSGI rawrouter bound on {node.address('raw')} fd " in node.log
    for number in 1, 2:
        assert f"spawned uWSGI rawrouter {number} (pid: " in node.log
    assert f"*** rawrouter stats server enabled on {node.address('stats')} fd: " in node.log
    assert "http" not in node.log
    assert receive(node.address("raw")) == b"ok"


def test_beside_the_http_router(reprise, backend, tcp_node):
    node = reprise(RAW + HTTP + "rawrouter-to = {a}\n", to=backend().address, a=tcp_node().address)
    assert receive(node.address("raw")) == b"ok"
    assert get(node.address("http")).status == 200


def test_nodes_in_turn(reprise, tcp_node):
    node = reprise(RAW + "rawrouter-to = {a}\nrawrouter-to = {b}\nrawrouter-to = {c}\n",
                   **{name: tcp_node(says(name.encode())).address for name in "abc"})
    assert b"".join(receive(node.address("raw")) for _ in range(7)) == b"abcabca"
    assert [entry["hits"] for entry in node.stats()["static_nodes"]] == [3, 2, 2]


def test_the_node_is_connected_before_the_client_speaks(reprise, tcp_node):
    a = tcp_node(silent)
    node = reprise(ONE, a=a.address)
    with connect(node.address("raw")):
        wait_until(lambda: a.connections == 1, what="the node's connection")
        wait_until(lambda: node.stats()["nodes"][0]["active"] == 1, what="it in the stats")
        assert node.stats()["active_sessions"] == 1
    wait_until(lambda: node.stats()["nodes"][0]["active"] == 0, what="it gone from the stats")


@pytest.mark.deadline(60)
def test_64_mib_both_ways_at_once(reprise, tcp_node):
    length = 64 << 20
    sums = []

    def exchange(connection):
        sender = threading.Thread(target=send_pattern, args=(connection, length))
        sender.start()
        sums.append(received_sum(connection))
        sender.join()

    node = reprise(ONE, a=tcp_node(exchange).address)
    with connect(node.address("raw"), timeout=60) as connection:
        sender = threading.Thread(target=send_pattern, args=(connection, length))
        sender.start()
        assert received_sum(connection) == pattern.checksum(length)
        sender.join()
    assert sums == [pattern.checksum(length)]
    wait_until(lambda: node.stats()["active_sessions"] == 0, what="the end")
    assert (worker(node)["bytes_in"], worker(node)["bytes_out"]) == (length, length)


def send_pattern(connection, length):
    for piece in pattern.blocks(length):
        connection.sendall(piece)
    connection.shutdown(socket.SHUT_WR)


def received_sum(connection):
    digest = hashlib.sha256()
    while piece := connection.recv(1 << 20):
        digest.update(piece)
    return digest.hexdigest()


def test_half_close_by_the_client(reprise, tcp_node):
    node = reprise(ONE, a=tcp_node(answers_the_whole(lambda got: b"got " + got)).address)
    with connect(node.address("raw")) as connection:
        connection.sendall(b"all")
        connection.shutdown(socket.SHUT_WR)
        assert receive_all(connection) == b"got all"


def test_half_close_by_the_node(reprise, tcp_node):
    rest = []

    def ends_first(connection):
        connection.sendall(b"hello")
        connection.shutdown(socket.SHUT_WR)
        rest.append(receive_all(connection))

    node = reprise(ONE, a=tcp_node(ends_first).address)
    with connect(node.address("raw")) as connection:
        assert receive_all(connection) == b"hello"
        time.sleep(0.2)
        connection.sendall(b"still here")
    wait_until(lambda: rest == [b"still here"], what="the node to have the rest")


def test_what_came_before_a_reset_is_delivered(reprise, tcp_node):
    node = reprise(ONE, a=tcp_node(resets_after(b"abc")).address)
    with connect(node.address("raw")) as connection:
        assert connection.recv(3) == b"abc"
        connection.sendall(b"x")
        assert receive_all(connection) == b""
    wait_until(lambda: worker(node)["node_failed"] == 1, what="it to be counted")


def test_a_client_that_resets_is_counted(reprise, tcp_node):
    node = reprise(ONE, a=tcp_node(echoes).address)
    connection = connect(node.address("raw"))
    connection.sendall(b"x")
    assert connection.recv(1) == b"x"
    leave_with_reset(connection)
    wait_until(lambda: worker(node)["client_failed"] == 1, what="it to be counted")
    assert receive_all_after(node, b"again") == b"again"


def receive_all_after(node, text):
    with connect(node.address("raw")) as connection:
        connection.sendall(text)
        connection.shutdown(socket.SHUT_WR)
        return receive_all(connection)


def test_idle_connections_end(reprise, tcp_node):
    node = reprise(ONE + "rawrouter-timeout = 1\n", a=tcp_node(echoes).address)
    with connect(node.address("raw")) as connection:
        begin = time.monotonic()
        for _ in range(3):
            time.sleep(0.5)
            connection.sendall(b"y")
            assert connection.recv(1) == b"y"
        assert connection.recv(1) == b""
        assert 2.3 < time.monotonic() - begin < 5
    wait_until(lambda: worker(node)["timed_out"] == 1, what="it to be counted")


def test_a_slow_reader_costs_bounded_memory(reprise, tcp_node):
    """A node that takes nothing, and clients that send all they can."""
    node = reprise(ONE + "rawrouter-timeout = 20\n", a=tcp_node(lambda c: time.sleep(8)).address)
    before = processes.resident_kib(node.worker_pids("rawrouter")[1])
    clients = [connect(node.address("raw")) for _ in range(10)]
    try:
        for connection in clients:
            connection.settimeout(0.3)
            with pytest.raises(TimeoutError):
                while True:
                    connection.send(bytes(100_000))
        assert processes.resident_kib(node.worker_pids("rawrouter")[1]) - before < 4000
    finally:
        for connection in clients:
            connection.close()


def test_unix_sockets_at_both_ends(reprise, tcp_node, session_directory):
    path = f"{session_directory}/node-{free_port()}.sock"
    a = tcp_node(echoes, address=path)
    node = reprise("[uwsgi]\nrawrouter = raw.sock\nrawrouter-to = {a}\n", a=path)
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(str(node.path("raw.sock")))
        sender = threading.Thread(target=send_pattern, args=(connection, 5_000_000))
        sender.start()
        assert received_sum(connection) == pattern.checksum(5_000_000)
        sender.join()
    assert a.connections == 1


def test_ipv6(reprise, tcp_node):
    port = free_port()
    node = reprise(f"[uwsgi]\nrawrouter = [::1]:{port}\nrawrouter-to = {{a}}\n",
                   a=tcp_node().address)
    with socket.create_connection(("::1", port)) as connection:
        assert receive_all(connection) == b"ok"
    assert node.process.poll() is None


@pytest.mark.deadline(60)
def test_two_thousand_connections(reprise, tcp_node, many_descriptors):
    node = reprise(ONE + "rawrouter-processes = 2\nlisten = 1000\n", a=tcp_node(echoes).address)
    before = sum(map(processes.resident_kib, node.worker_pids("rawrouter").values()))
    clients = []
    try:
        for _ in range(2000):
            clients.append(connect(node.address("raw")))
        wait_until(lambda: node.stats()["active_sessions"] == 2000, what="all to be open")
        grown = sum(map(processes.resident_kib, node.worker_pids("rawrouter").values())) - before
        assert grown / 2000 < 8, "KiB for each idle connection"
        for number, connection in enumerate(clients):
            connection.sendall(b"%d" % number)
        for number, connection in enumerate(clients):
            assert connection.recv(10) == b"%d" % number
    finally:
        for connection in clients:
            connection.close()
    wait_until(lambda: node.stats()["active_sessions"] == 0, 10, "all to be closed")


@pytest.fixture
def many_descriptors():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 5000:
        pytest.skip(f"the limit of descriptors is {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 5000), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_worker_that_dies_comes_back(reprise, tcp_node):
    a = tcp_node(silent)
    node = reprise(ONE, a=a.address)
    with connect(node.address("raw")):
        wait_until(lambda: node.stats()["active_sessions"] == 1, what="the session")
        os.kill(node.worker_pids("rawrouter")[1], signal.SIGKILL)
        node.wait_for_log("respawned uWSGI rawrouter 1 (pid: ")
    wait_until(lambda: node.stats()["active_sessions"] == 0, what="no session")
    assert node.stats()["nodes"][0]["active"] == 0
    assert worker(node)["respawns"] == 1
    with connect(node.address("raw")):
        wait_until(lambda: a.connections == 2, what="the next client's node")


def test_without_any_listener_it_does_not_start(refused):
    node = refused("[uwsgi]\nrawrouter-to = {a}\n")
    assert "nothing to serve" in node.log


def test_without_any_node_there_is_a_warning(reprise):
    node = reprise(RAW)
    assert "no rawrouter-to: every connection to the rawrouter will be closed" in node.log
    assert receive(node.address("raw")) == b""
    assert worker(node)["no_node"] == 1
    assert "static_nodes" not in node.stats()
