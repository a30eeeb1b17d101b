"""Nodes of a sealed cluster come to have the same sessions, whatever was lost between them."""

import signal

import pytest

from harness import processes
from harness.addresses import free_port
from harness.clients import TlsClient
from harness.relay import PUSH, kind_of, loses_pushes
from harness.waiting import wait_until
from test_pull import network  # noqa: F401
from test_sealed import (NODE, by_version, cluster, held, sealed, secret,  # noqa: F401
                         wait_for_members)

# Nothing comes but by healing.
ALONE = NODE + "ssl-sessions-pull = 0\n"


def make_sessions(node, version, count):
    clients = [TlsClient(version) for _ in range(count)]
    return [(client, client.session(node.address("https"))) for client in clients]


def all_resume(sessions, nodes):
    return all(client.get(node.address("https"), session=session).resumed
               for client, session in sessions for node in nodes)


def wait_until_all_have(nodes, count):
    def held_by_each():
        return [held(node) for node in nodes]

    wait_until(lambda: held_by_each() == [count] * len(nodes), 15, f"{count} sessions each")


@by_version
def test_lost_pushes_are_told_again(network, version):  # noqa: F811
    nodes, relay = network(3, lambda datagram: kind_of(datagram) == PUSH, ALONE)
    sessions = [each for node in nodes for each in make_sessions(node, version, 10)]
    wait_until_all_have(nodes, 30)
    facts = [sealed(node) for node in nodes]
    assert sum(each["lost"] for each in facts) == relay.lost > 0
    assert all_resume(sessions, nodes)
    assert all(each["repaired"] > 0 for each in facts)
    wait_until(lambda: all(member["missing"] == 0 for node in nodes
                           for member in sealed(node)["members"]), 10, "nothing to be missing")


@by_version
def test_what_cannot_be_told_again_is_found_by_comparing(network, version):  # noqa: F811
    nodes, relay = network(2, loses_pushes(100), ALONE)   # what is told again, too
    sessions = make_sessions(nodes[0], version, 20)
    wait_until(lambda: sealed(nodes[1])["given_up"] > 0, 15, "the node to give up asking")
    assert held(nodes[1]) == 0
    relay.loses = lambda datagram: False
    wait_until_all_have(nodes, 20)
    assert all_resume(sessions, nodes)
    # Some of it may have been told again after all.
    assert sealed(nodes[1])["gained"] == 20 and sealed(nodes[0])["given"] > 0


@by_version
def test_a_node_that_starts_takes_what_the_others_have(reprise, backend, secret, version):  # noqa: F811
    servers = [f"127.0.0.{number}:{free_port()}" for number in (1, 2)]
    to = backend().address

    def start(own, other):
        return reprise(ALONE, https=f"127.0.0.1:{free_port()}", to=to, secret=secret, server=own,
                       nodes=other)

    first = start(*servers)
    sessions = make_sessions(first, version, 60)
    second = start(*reversed(servers))
    wait_until_all_have([second], 60)
    assert all_resume(sessions, [second])
    wait_until(lambda: sealed(second)["filling"] == "over", 10, "the filling to end")
    assert sealed(second)["gained"] == sealed(first)["given"] == 60


@by_version
def test_a_node_that_stops_gives_what_only_it_has(network, version):  # noqa: F811
    nodes, _ = network(2, lambda datagram: kind_of(datagram) == PUSH, ALONE)
    sessions = make_sessions(nodes[0], version, 20)
    nodes[0].stop()
    wait_until_all_have(nodes[1:], 20)
    assert all_resume(sessions, nodes[1:])
    wait_until(lambda: not sealed(nodes[1])["members"], 5, "the node to be gone")


def test_a_reload_gives_nothing_away(cluster):  # noqa: F811
    nodes = cluster(2, ALONE)
    before = {member["name"] for member in sealed(nodes[1])["members"]}
    keeper = nodes[0].keeper_pid()
    nodes[0].signal(signal.SIGHUP)
    wait_until(lambda: not processes.is_running(keeper), 15, "the keeper of before to end")
    wait_until(lambda: {member["name"] for member in sealed(nodes[1])["members"]} - before, 15,
               "the next keeper")
    assert sealed(nodes[0])["given"] == 0


@pytest.mark.parametrize("rate", ["0", "1025", "some"])
def test_the_rate_has_bounds(run_reprise, tmp_path, rate):
    ini = tmp_path / "node.ini"
    ini.write_text(f"[uwsgi]\nhttp = 127.0.0.1:0\ncache-udp-repair-rate = {rate}\n")
    done = run_reprise("--check", ini)
    assert done.returncode == 2 and "cache-udp-repair-rate" in done.stdout + done.stderr
