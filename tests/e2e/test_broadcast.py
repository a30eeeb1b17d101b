"""Nodes that tell everybody on their network: 255.255.255.255, or the network's own last address."""

import pytest

from harness import sync
from harness.clients import TLS_1_2
from harness.hosts import Network, NotPermitted
from harness.waiting import wait_until

NODES = {"one": "192.168.175.1", "two": "192.168.175.2", "three": "192.168.175.3"}
INI = """\
[uwsgi]
cache = 1000
cache-blocksize = 4096
ssl-sessions-use-cache = true
https-session-context = foobar
https = {https},{crt},{key}
http-to = 127.0.0.1:9
no-defer-accept = true
stats = {stats}
cache-udp-server = {server}
cache-udp-node = {node}
"""


@pytest.fixture(scope="module")
def network():
    try:
        made = Network({**NODES, "client": "192.168.175.100"})
    except NotPermitted as reason:
        pytest.skip(str(reason))
    for name in NODES:
        made[name].run("ip", "route", "add", "default", "dev", "eth0")
    yield made
    made.close()


@pytest.mark.deadline(60)
@pytest.mark.parametrize("server, node", [
    ("255.255.255.255:7171", "255.255.255.255:7171"),
    (":7171", "255.255.255.255:7171"),
    (":7171", "192.168.175.255:7171"),
    ("192.168.175.255:7171", "192.168.175.255:7171"),
], ids=["limited", "limited, to any address", "directed, to any address", "directed"])
def test_a_session_made_on_one_resumes_on_all(network, reprise, server, node):
    nodes = [reprise(INI, host=network[name], https=f"{address}:8443", server=server, node=node,
                     stats="127.0.0.1:5001")
             for name, address in NODES.items()]
    client, maker = network["client"], nodes[0]
    session = client.get(maker.address("https"), TLS_1_2)["session"]
    for other in nodes[1:]:
        sync.wait_for_applied(other, 1)
        assert client.get(other.address("https"), TLS_1_2, session)["resumed"]
    # It hears itself too.
    maker.wait_for_stats(lambda stats: stats["sync"][0]["rejected"]["own"] == 1)
    entry = sync.of(maker)
    assert (entry["sent"], entry["failed"], entry["applied"]) == (1, 0, 0)
    for other in nodes[1:]:
        wait_until(lambda: sync.of(other)["received"] == 1, 5, "one packet")
        assert sync.of(other)["sent"] == 0
