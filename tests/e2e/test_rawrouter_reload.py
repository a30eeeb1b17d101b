"""HUP on a node with a rawrouter: listeners stay, connections go on to their end."""

import signal
import threading

import pytest

from harness import processes
from harness.clients import connect, receive_all
from harness.tcp_nodes import echoes, says
from harness.waiting import wait_until

RAW = "[uwsgi]\nmaster = true\nrawrouter = {raw}\nrawrouter-stats = {stats}\nrawrouter-to = {a}\n"


def reload(node):
    before = node.worker_pids("rawrouter")
    node.signal(signal.SIGHUP)
    node.wait_for_new_workers(before)


def reload_to_the_end(node):
    """… and until nobody accepts by the old one any more."""
    old = node.worker_pids("rawrouter").values()
    reload(node)
    wait_until(lambda: not any(map(processes.is_running, old)), what="the old workers to end")


def receive(address):
    with connect(address) as connection:
        return receive_all(connection)


def test_connections_go_on_and_the_old_workers_end_with_them(reprise, tcp_node):
    node = reprise(RAW, a=tcp_node(echoes).address)
    old = node.worker_pids("rawrouter")[1]
    with connect(node.address("raw")) as connection:
        connection.sendall(b"before")
        assert connection.recv(10) == b"before"
        reload(node)
        connection.sendall(b"after")
        assert connection.recv(10) == b"after"
        assert processes.is_running(old)
    wait_until(lambda: not processes.is_running(old), what="the old worker to end")
    node.wait_for_log("gateway \"uWSGI rawrouter 1\" has been buried")   # said a moment later


def test_old_connections_have_the_mercy_of_a_reload(reprise, tcp_node):
    node = reprise(RAW + "worker-reload-mercy = 1\n", a=tcp_node(echoes).address)
    old = node.worker_pids("rawrouter")[1]
    with connect(node.address("raw")) as connection:
        connection.sendall(b"x")
        assert connection.recv(1) == b"x"
        reload(node)
        assert receive_all(connection) == b""
    wait_until(lambda: not processes.is_running(old), what="the old worker to end")


def test_no_connection_is_refused_or_cut(reprise, tcp_node):
    node = reprise(RAW + "rawrouter-processes = 2\n", a=tcp_node().address)
    problems, done, stop = [], [], threading.Event()

    def keep_asking():
        while not stop.is_set():
            try:
                done.append(receive(node.address("raw")))
                node.stats()
            except Exception as problem:   # whatever it is: the test says it
                problems.append(problem)

    clients = [threading.Thread(target=keep_asking) for _ in range(3)]
    for client in clients:
        client.start()
    for _ in range(2):
        reload(node)
    stop.set()
    for client in clients:
        client.join()
    assert not problems and set(done) == {b"ok"}


def test_the_new_configuration_holds(reprise, tcp_node):
    node = reprise(RAW, a=tcp_node(says(b"a")).address, b=tcp_node(says(b"b")).address)
    node.write_ini(RAW.replace("{a}", "{b}") + "rawrouter = {more}\nrawrouter-processes = 3\n")
    reload_to_the_end(node)
    assert receive(node.address("raw")) == receive(node.address("more")) == b"b"
    assert len(node.stats()["workers"]) == 3


def test_an_address_that_is_configured_no_more_is_closed(reprise, tcp_node):
    node = reprise(RAW + "rawrouter = {gone}\n", a=tcp_node().address)
    node.write_ini(RAW)
    reload_to_the_end(node)

    def is_closed():
        try:
            connect(node.address("gone")).close()
        except ConnectionRefusedError:
            return True

    wait_until(is_closed, 10, "the last process that has it to end")


@pytest.mark.parametrize("broken", ["rawrouter-to = no.such.host.invalid:1\n",
                                    "rawrouter = 192.0.2.1:1\n", "rawrouter-timeout = -1\n"])
def test_a_broken_file_changes_nothing(reprise, tcp_node, broken):
    node = reprise(RAW, a=tcp_node().address)
    before = node.worker_pids("rawrouter")
    node.write_ini(RAW + broken)
    node.signal(signal.SIGHUP)
    node.wait_for_log("reload.refused")
    assert receive(node.address("raw")) == b"ok"
    assert node.worker_pids("rawrouter") == before


def test_many_reloads_leak_nothing(reprise, tcp_node):
    node = reprise(RAW, a=tcp_node().address)
    reload(node)
    before = processes.descriptors(node.pid)
    for _ in range(4):
        reload(node)
    assert processes.descriptors(node.pid) <= before
    wait_until(lambda: len(processes.marked_with(node.mark)) == 3, 5, "the old ones to end")
