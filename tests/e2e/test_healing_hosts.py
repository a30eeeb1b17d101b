"""Eight hosts and two repeaters on a network that loses a twentieth of all datagrams: repeaters and
nodes come and go, and every client resumes on every node."""

import os
import signal
import time

import pytest

from harness.hosts import Network, NotPermitted
from harness.waiting import TIME_FACTOR, wait_until
from test_sealed import held, sealed, secret  # noqa: F401

REPEATERS = {f"repeater{number}": f"192.168.175.{100 + number}" for number in (1, 2)}
NODES = {f"node{number}": f"192.168.175.{number}" for number in range(1, 9)}
ADDRESSES = {**REPEATERS, **NODES, "client": "192.168.175.200"}
REPEATER = """\
[uwsgi]
udprepeater = {address}
stats = 127.0.0.1:5001
"""
NODE = """\
[uwsgi]
cache2 = name=ssl,items=20000,blocksize=4096,udp={host_address}:7171,nodes={nodes},secret={secret}
ssl-sessions-use-cache = ssl
ssl-sessions-timeout = 300
ssl-sessions-pull = 1000
https-session-context = foobar
https = {https},{crt},{key}
https = {near},{crt},{key}
http-to = 127.0.0.1:9
stats = {stats}
"""
LONG = "REPRISE_TORTURE_SECONDS" in os.environ
SESSIONS = 100 if LONG else 32 if TIME_FACTOR == 1 else 8
LOST = 5   # of a hundred
APART = 30 if LONG else 5   # seconds
TLS = ("TLSv1_2", "TLSv1_3")


class Version:
    def __init__(self, name):
        self.name = name


VERSIONS = [Version(name) for name in TLS]


@pytest.fixture
def network():
    try:
        made = Network(ADDRESSES)
    except NotPermitted as reason:
        pytest.skip(str(reason))
    try:
        for name in (*REPEATERS, *NODES):
            made[name].lose(LOST)
        yield made
    except NotPermitted as reason:
        pytest.skip(str(reason))
    finally:
        made.close()


@pytest.fixture
def hosts(network, reprise, secret):  # noqa: F811
    class Hosts:
        client = network["client"]
        repeaters = [reprise(REPEATER, host=network[name], address=f"{address}:7000",
                             stats="127.0.0.1:5001")
                     for name, address in REPEATERS.items()]

        @staticmethod
        def start(name):
            address = NODES[name]
            return reprise(NODE, host=network[name], host_address=address,
                           https=f"{address}:8443", near="127.0.0.1:8443", stats="127.0.0.1:5001",
                           secret=secret,
                           nodes=";".join(f"{each}:7000" for each in REPEATERS.values()))

    return Hosts


def get(host, node, version, session=None, address="https"):
    answer = host.get(node.address(address), version, session)
    assert answer["status"] in (502, 503)   # nobody is behind them
    return answer


def make_sessions(host, nodes):
    """(version, session), made on all in turn."""
    versions = [VERSIONS[number // len(nodes) % 2] for number in range(SESSIONS)]
    return [(version, get(host, nodes[number % len(nodes)], version)["session"])
            for number, version in enumerate(versions)]


def all_resume(host, sessions, nodes):
    """Every client on every node."""
    for node in nodes:
        resumed = sum(get(host, node, version, session)["resumed"] for version, session in sessions)
        why = {reason: count for reason, count in node.tls()["missed"].items() if count}
        assert resumed == len(sessions), (node.address("https"), why)


def wait_for_members(nodes):
    def known():
        return [len(sealed(node)["members"]) for node in nodes]

    wait_until(lambda: known() == [len(nodes) - 1] * len(nodes), 20, "all to know each other")


def wait_until_alike(nodes):
    wait_until(lambda: len({held(node) for node in nodes}) == 1, 12, "all to have the same")


@pytest.mark.deadline(300 if LONG else 120)
def test_whoever_comes_and_goes_all_resume_everywhere(network, hosts):
    names = list(NODES)
    nodes = [hosts.start(name) for name in names[:7]]
    wait_for_members(nodes)
    made = make_sessions(hosts.client, nodes)
    all_resume(hosts.client, made, nodes)
    # A repeater is killed.
    os.kill(hosts.repeaters[0].pid, signal.SIGKILL)
    hosts.repeaters[0].wait_for_end()
    made = make_sessions(hosts.client, nodes)
    all_resume(hosts.client, made, nodes)
    # A node is added.
    nodes.append(hosts.start(names[7]))
    wait_for_members(nodes)
    all_resume(hosts.client, made, nodes)
    made = make_sessions(hosts.client, nodes)
    # A node is removed, which gives what only it has to others.
    gone = nodes.pop(0)
    gone.stop()
    all_resume(hosts.client, made, nodes)
    wait_until_alike(nodes)
    # A node is cut off for a while: on either side what was made there resumes.
    network.unplug(names[7])
    alone = nodes.pop()
    here = make_sessions(network[names[7]], [Near(alone)])
    there = make_sessions(hosts.client, nodes)
    all_resume(hosts.client, there, nodes)
    all_resume(network[names[7]], here, [Near(alone)])
    pause(APART)
    network.plug_in(names[7])
    nodes.append(alone)
    wait_for_members(nodes)
    wait_until_alike(nodes)
    all_resume(hosts.client, there, nodes)
    all_resume(network[names[7]], here, nodes[:1] + [Near(alone)])
    assert sum(sealed(node)["repaired"] for node in nodes) > 0, "nothing was lost at all"


class Near:
    """A node as its own host reaches it, whatever becomes of the network."""

    def __init__(self, node):
        self._node = node
        self.tls = node.tls

    def address(self, _):
        return self._node.address("near")


def pause(seconds):
    """Time in which nothing is to be waited for: being apart."""
    time.sleep(seconds)
