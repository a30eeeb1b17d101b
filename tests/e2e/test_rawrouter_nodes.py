"""Nodes of the rawrouter that can not be reached: left alone, replaced, or none left at all."""

import resource
import socket
import time

import pytest

from harness.addresses import free_address, split
from harness.clients import connect, receive_all
from harness.tcp_nodes import says
from harness.waiting import wait_until

RAW = "[uwsgi]\nmaster = true\nrawrouter = {raw}\nrawrouter-stats = {stats}\n"


def receive(node):
    with connect(node.address("raw")) as connection:
        return receive_all(connection)


def worker(node):
    return node.stats()["workers"][0]


@pytest.fixture
def full_queue():
    """The address of a node that answers no connection: its queue is full."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = "127.0.0.1:%d" % listener.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(split(address))
        time.sleep(0.1)
        yield address
        for one in waiting:
            one.close()


def test_another_node_within_the_same_connection(reprise, tcp_node):
    dead = free_address()
    node = reprise(RAW + "rawrouter-to = {dead}\nrawrouter-to = {a}\n", dead=dead,
                   a=tcp_node().address)
    assert [receive(node) for _ in range(3)] == [b"ok"] * 3
    assert f'[uwsgi-rawrouter] unable to connect() to node "{dead}" (0 retries): ' \
           "Connection refused" in node.log
    assert f"[uwsgi-rawrouter] {node.address('raw')} => marking {dead} as failed" in node.log
    first, second = node.stats()["static_nodes"]
    assert (first["hits"], second["hits"], second["grace"]) == (0, 3, 0)
    assert time.time() - first["grace"] < 10
    assert node.stats()["nodes"][0]["failed"] == 1, "tried once, then left alone"


def test_a_dead_node_is_left_alone_for_the_grace_time(reprise, tcp_node):
    late = free_address()
    node = reprise(RAW + "rawrouter-gracetime = 2\nrawrouter-to = {late}\nrawrouter-to = {a}\n",
                   late=late, a=tcp_node(says(b"a")).address)
    assert receive(node) == b"a"
    begin = time.monotonic()
    tcp_node(says(b"late"), address=late)
    while (received := receive(node)) == b"a":
        assert time.monotonic() - begin < 6
        time.sleep(0.1)
    assert received == b"late"
    assert time.monotonic() - begin > 1.5
    assert node.stats()["static_nodes"][0]["grace"] == 0


@pytest.mark.parametrize("nodes", ["rawrouter-to = {dead}\n", "rawrouter-to = missing.sock\n",
                                   "rawrouter-to = {dead}\nrawrouter-to = missing.sock\n"],
                         ids=["tcp", "unix", "both"])
def test_without_a_usable_node_the_process_stays(reprise, nodes):
    node = reprise(RAW + nodes, dead=free_address())
    pid = node.worker_pids("rawrouter")[1]
    assert [receive(node) for _ in range(20)] == [b""] * 20
    assert node.worker_pids("rawrouter")[1] == pid
    counters = worker(node)
    assert counters["connect_failed"] == 1, "and then nobody was left to try"
    assert counters["no_node"] == 19
    assert 1 <= node.log.count("rawrouter.closed") <= 5, "about once a second"


def test_a_usable_node_again_after_none(reprise, tcp_node):
    late = free_address()
    node = reprise(RAW + "rawrouter-gracetime = 1\nrawrouter-to = {late}\n", late=late)
    assert receive(node) == b""
    tcp_node(address=late)
    wait_until(lambda: receive(node) == b"ok", what="the node to be tried again")


def test_a_node_that_does_not_answer(reprise, tcp_node, full_queue):
    node = reprise(RAW + "rawrouter-connect-timeout = 1\nrawrouter-to = {hangs}\n"
                   "rawrouter-to = {a}\n", hangs=full_queue, a=tcp_node().address)
    begin = time.monotonic()
    assert receive(node) == b"ok"
    assert 0.9 < time.monotonic() - begin < 4
    assert f'unable to connect() to node "{full_queue}" (0 retries): timeout' in node.log
    assert receive(node) == b"ok"


def test_as_many_nodes_as_retries_allow(reprise, tcp_node):
    dead = {f"dead{number}": free_address() for number in range(3)}
    lines = "".join(f"rawrouter-to = {{{name}}}\n" for name in dead)
    node = reprise(RAW + "rawrouter-max-retries = 1\n" + lines + "rawrouter-to = {a}\n", **dead,
                   a=tcp_node().address)
    assert receive(node) == b"", "two tried, both dead"
    assert receive(node) == b"ok", "the third dead, the fourth alive"
    assert [entry["failed"] for entry in node.stats()["nodes"]] == [1, 1, 1, 0]


def test_fallbacks_in_their_order(reprise, tcp_node):
    b = tcp_node(says(b"b"))
    node = reprise(RAW + "rawrouter-to = {dead}\nrawrouter-to = {a}\nrawrouter-fallback = {dead2}\n"
                   "rawrouter-fallback = {b}\n", dead=free_address(), dead2=free_address(),
                   a=tcp_node(says(b"a")).address, b=b.address)
    assert receive(node) == b"b", "not the next node"
    assert receive(node) == b"a", "whose turn it is"
    first, second = node.stats()["fallbacks"]
    assert (first["failed"], second["connections"]) == (1, 1)


def test_fallbacks_when_no_node_is_left(reprise, tcp_node):
    node = reprise(RAW + "rawrouter-to = {dead}\nrawrouter-fallback = {b}\n", dead=free_address(),
                   b=tcp_node(says(b"b")).address)
    assert [receive(node) for _ in range(5)] == [b"b"] * 5


def test_quiet(reprise):
    node = reprise(RAW + "rawrouter-quiet = true\nrawrouter-to = {dead}\n", dead=free_address())
    assert receive(node) == b""
    wait_until(lambda: worker(node)["connect_failed"] == 1, what="it to be counted")
    assert "unable to connect" not in node.log
    assert "as failed" in node.log


def test_out_of_descriptors_no_node_is_blamed(reprise, tcp_node):
    a = tcp_node(lambda connection: connection.recv(1))
    node = reprise(RAW + "rawrouter-to = {a}\n", a=a.address, preexec=low_limit(48))
    crowd = []
    try:
        crowd = [connect(node.address("raw")) for _ in range(60)]
        wait_until(lambda: worker(node)["accept_failed"] + worker(node)["connect_failed"] > 0,
                   what="the worker to be full")
    finally:
        for connection in crowd:
            connection.close()
    wait_until(lambda: node.stats()["active_sessions"] == 0, 10, "all to be closed")
    assert node.stats()["nodes"][0]["failed"] == 0
    seen = a.connections
    with connect(node.address("raw")):
        wait_until(lambda: a.connections > seen, what="the node's connection")


def low_limit(number):
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (number, number))


def test_names_that_do_not_resolve_are_refused(refused):
    node = refused(RAW + "rawrouter-to = no.such.host.invalid:25\n")
    assert "no.such.host.invalid" in node.log and "rawrouter-to" in node.log
