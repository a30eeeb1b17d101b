"""Nodes that lose each other for a while: each goes on alone, what was lost costs full handshakes, and
when they are back the next sessions resume."""

import pytest

from harness import sync, tls_counts
from harness.clients import VERSIONS
from harness.hosts import Network, NotPermitted
from harness.waiting import wait_until

NODES = {"one": "192.168.174.1", "two": "192.168.174.2"}
ADDRESSES = {**NODES, "client": "192.168.174.100"}
INI = """\
[uwsgi]
cache = 1000
cache-blocksize = 4096
ssl-sessions-use-cache = true
ssl-sessions-timeout = 300
https-session-context = foobar
https = {https},{crt},{key}
https = {near},{crt},{key}
http-processes = 2
http-to = 127.0.0.1:9
no-defer-accept = true
stats = {stats}
cache-udp-server = {server}
cache-udp-node = {node}
"""
SESSIONS = 10   # of each kind

by_version = pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)


@pytest.fixture
def network():
    try:
        made = Network(ADDRESSES)
    except NotPermitted as reason:
        pytest.skip(str(reason))
    yield made
    made.close()


@pytest.fixture
def nodes(network, reprise):
    def make(name, other):
        address = NODES[name]
        return reprise(INI, host=network[name], https=f"{address}:8443", near="127.0.0.1:8443", stats="127.0.0.1:5001",
                       server=f"{address}:7171", node=f"{NODES[other]}:7171")

    return [make("one", "two"), make("two", "one")]


def get(host, node, version, session=None, address="https"):
    answer = host.get(node.address(address), version, session)
    assert answer["status"] in (502, 503)   # nobody is behind them
    return answer


def make_sessions(host, node, version, address="https"):
    answers = [get(host, node, version, address=address) for _ in range(SESSIONS)]
    assert not any(answer["resumed"] for answer in answers)
    return [answer["session"] for answer in answers]


def resumed(host, node, version, sessions):
    return sum(get(host, node, version, session)["resumed"] for session in sessions)


def told(node):
    """What the node did with its changes, told or not."""
    entry = sync.of(node)
    return entry["sent"] + entry["refused"] + entry["failed"]


def all_resume_both_ways(client, nodes, version):
    for maker, other in (nodes, reversed(nodes)):
        before = sync.of(other)["applied"]
        sessions = make_sessions(client, maker, version)
        sync.wait_for_applied(other, before + SESSIONS)
        assert resumed(client, other, version, sessions) == SESSIONS


@pytest.mark.deadline(60)
@by_version
def test_nodes_that_do_not_hear_each_other(network, nodes, version):
    """Clients reach both all the time."""
    client, (one, two) = network["client"], nodes
    pids = [node.worker_pids() for node in nodes]
    known = make_sessions(client, one, version)
    sync.wait_for_applied(two, SESSIONS)
    network.separate("one", "two")
    lost = {node: make_sessions(client, node, version) for node in nodes}
    applied = [sync.of(node)["applied"] for node in nodes]
    assert applied == [0, SESSIONS]   # of those before alone
    assert told(one) == 2 * SESSIONS and told(two) == SESSIONS
    for maker, other in (nodes, reversed(nodes)):
        assert resumed(client, maker, version, lost[maker]) == SESSIONS
        before = tls_counts.missed(other.stats(), "unknown")
        assert resumed(client, other, version, lost[maker]) == 0
        assert tls_counts.missed(other.stats(), "unknown") == before + SESSIONS
    assert resumed(client, two, version, known) == SESSIONS
    network.join("one", "two")
    all_resume_both_ways(client, nodes, version)
    # Nothing is sent again.
    assert resumed(client, two, version, lost[one]) == 0
    assert [node.worker_pids() for node in nodes] == pids


@pytest.mark.deadline(60)
@by_version
def test_a_node_without_a_link(network, nodes, version):
    """It serves who is near; the other does not wait for it."""
    client, (one, two) = network["client"], nodes
    known = make_sessions(client, two, version)
    sync.wait_for_applied(one, SESSIONS)
    network.unplug("two")
    assert not client.can_connect(two.address("https"))
    lost = make_sessions(client, one, version)
    near = make_sessions(network["two"], two, version, address="near")
    assert resumed(network["two"], two, version, near) == SESSIONS
    assert resumed(client, one, version, known) == SESSIONS
    assert sync.of(two)["applied"] == 0 and told(one) >= SESSIONS
    network.plug_in("two")
    wait_until(lambda: client.can_connect(two.address("https")), 10, "the link to work again")
    assert resumed(client, two, version, lost) == 0
    all_resume_both_ways(client, nodes, version)
