"""The rawrouter: nodes, lines, stats and bytes as Debian's has them, where it does not crash."""

import re
import socket
import time

import pytest

from harness import stats_layout
from harness.addresses import free_address
from harness.clients import connect, receive_all, receive_exactly
from harness.tcp_nodes import Recorder, echoes, says
from harness.waiting import wait_until

RAW = "[uwsgi]\nmaster = true\nrawrouter = {raw}\n"
LIFE = re.compile(r"^(\*\*\* Starting uWSGI|\[uWSGI\] getting INI|uWSGI rawrouter bound|"
                  r"\*\*\* Operational MODE|\*\*\* rawrouter stats|spawned uWSGI|SIGINT/SIGTERM|"
                  r"gateway |goodbye|\[uwsgi-rawrouter\])")


@pytest.fixture
def both_raw(both):
    def make(ini, **values):
        return both(RAW + ini, plugin="rawrouter", **values)

    return make


def receive(node):
    with connect(node.address("raw")) as connection:
        return receive_all(connection)


def lines(node):
    """Those of its life, without what differs between any two runs."""
    found = [line for line in node.log.splitlines() if LIFE.match(line)]
    names = {node.address(name): name for name in node._values}
    for address, name in names.items():
        found = [line.replace(address, name) for line in found]
    return [re.sub(r"uWSGI 2\S+ \(64bit\) on \[.*\]|pid: \d+|fd:? \d+", "N", line)
            for line in found]


def test_nodes_have_their_turns_alike(both_raw, tcp_node):
    nodes = both_raw("".join(f"rawrouter-to = {{{name}}}\n" for name in "abc"),
                     **{name: tcp_node(says(name.encode())).address for name in "abc"})
    assert [b"".join(receive(node) for _ in range(7)) for node in nodes] == [b"abcabca"] * 2


def test_a_dead_node_is_told_and_shown_alike(both_raw, tcp_node):
    nodes = both_raw("rawrouter-to = {dead}\nrawrouter-to = {a}\nrawrouter-stats = {stats}\n",
                     dead=free_address(), a=tcp_node().address)
    documents = []
    for node in nodes:
        assert [receive(node) for _ in range(3)] == [b"ok"] * 3
        wait_until(lambda: node.stats()["active_sessions"] == 0, what="the last one's end")
        document = stats_layout.parse(node.stats_text())
        assert abs(document["static_nodes"][0]["grace"] - time.time()) < 10
        assert document["pid"] == node.worker_pids("rawrouter")[1]
        for name in "nodes", "fallbacks", "workers":
            document.pop(name, None)
        document["static_nodes"][0]["grace"] = 0
        document.update(version="", pid=0, cwd="", rawrouter=len(document["rawrouter"]))
        documents.append(document)
    theirs, ours = documents
    assert list(ours) == list(theirs) and ours == theirs
    failed = [[line for line in lines(node) if "uwsgi-rawrouter" in line] for node in nodes]
    assert len(failed[0]) == 2 and failed[0] == failed[1]


@pytest.mark.parametrize("more", ["", "rawrouter-quiet = true\n"], ids=["loud", "quiet"])
def test_fallbacks_are_told_alike(both_raw, tcp_node, more):
    nodes = both_raw(more + "rawrouter-to = {dead}\nrawrouter-fallback = {dead2}\n"
                     "rawrouter-fallback = {a}\n", dead=free_address(), dead2=free_address(),
                     a=tcp_node().address)
    told = []
    for node in nodes:
        assert receive(node) == b"ok"
        told.append([line for line in lines(node) if "uwsgi-rawrouter" in line])
    theirs, ours = told
    # The second of two failures in one connection may come too soon for another line of ours.
    assert ours == [line for line in theirs if line in ours] and ours[0] == theirs[0]


def test_a_life_is_told_in_the_same_lines(both_raw, tcp_node):
    nodes = both_raw("rawrouter-to = {a}\n", a=tcp_node().address)
    for node in nodes:
        assert receive(node) == b"ok"
        assert node.stop() == 0
    theirs, ours = map(lines, nodes)
    assert ours == theirs


def test_bytes_pass_alike(both_raw, tcp_node):
    data = bytes(range(256)) * 4096
    for node in both_raw("rawrouter-to = {a}\n", a=tcp_node(echoes).address):
        with connect(node.address("raw")) as connection:
            for begin in range(0, len(data), 65536):
                connection.sendall(data[begin:begin + 65536])
                assert receive_exactly(connection, 65536) == data[begin:begin + 65536]


def test_xclient_is_said_alike(both_raw, tcp_node):
    recorders = []
    for index in range(2):
        got = Recorder(greeting=b"220 one\r\n220 two\r\n")
        node = both_raw("rawrouter-to = {a}\nrawrouter-xclient = true\n",
                        a=tcp_node(got).address)[index]
        with connect(node.address("raw")) as connection:
            assert receive_exactly(connection, 9) == b"220 two\r\n"
            connection.sendall(b"EHLO\r\n")
            connection.shutdown(socket.SHUT_WR)
            receive_all(connection)
        assert got.ended.wait(5)
        recorders.append(bytes(got.received))
    assert recorders == [b"XCLIENT ADDR=127.0.0.1\r\nEHLO\r\n"] * 2


def test_idle_connections_end_alike(both_raw, tcp_node):
    for node in both_raw("rawrouter-to = {a}\nrawrouter-timeout = 1\n",
                         a=tcp_node(echoes).address):
        begin = time.monotonic()
        with connect(node.address("raw")) as connection:
            connection.sendall(b"x")
            assert receive_all(connection) == b"x"
        assert 0.8 < time.monotonic() - begin < 3.5


def test_bad_numbers_end_alike(both):
    theirs, ours = both(RAW + "rawrouter-timeout = -1\n", plugin="rawrouter", ready=False)
    assert theirs.wait_for_end() == ours.wait_for_end() == 1
    words = 'invalid value for option "rawrouter-timeout": must be > 0'
    assert words in theirs.log and words in ours.log
