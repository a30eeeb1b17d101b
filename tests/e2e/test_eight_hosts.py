"""Setup 2 between hosts, with the document's own addresses: three https routers, three uwsgi
servers, the rawrouter in front, and a client."""

import re
import shutil
import sys
from collections import Counter
from pathlib import Path

import pytest

from harness import sync, tls_counts
from harness.clients import TLS_1_2, VERSIONS
from harness.hosts import Network, NotPermitted
from harness.waiting import TIME_FACTOR, wait_until

EXAMPLES = Path(__file__).parents[2] / "examples"
ROUTERS = {"router1": "192.168.173.1", "router2": "192.168.173.2", "router3": "192.168.173.3"}
BACKENDS = {"backend1": "192.168.173.10", "backend2": "192.168.173.11",
            "backend3": "192.168.173.12"}
ADDRESSES = {**ROUTERS, **BACKENDS, "balancer": "192.168.173.99", "client": "192.168.173.100"}
STATS = "127.0.0.1:5001"   # on each router

GROUP = "225.1.1.1:7171"
HAPROXY_PORT = 8443
HAPROXY = f"""\
defaults
  mode tcp
  timeout connect 5s
  timeout client 30s
  timeout server 30s
listen tls
  bind 192.168.173.99:{HAPROXY_PORT}
  balance roundrobin
""" + "".join(f"  server {name} {address}:8443\n" for name, address in ROUTERS.items())

SESSIONS = 100 if TIME_FACTOR == 1 else 20   # a sanitizer build is slow

by_version = pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)
needs_haproxy = pytest.mark.skipif(not shutil.which("haproxy"), reason="there is no haproxy")


@pytest.fixture(scope="module")
def hosts():
    try:
        network = Network(ADDRESSES)
    except NotPermitted as reason:
        pytest.skip(str(reason))
    try:
        backends = [network[name] for name in BACKENDS]
        for host in backends:
            host.start(sys.executable, Path(__file__).parent / "apps" / "uwsgi_server.py",
                       f"{host.address}:3031")
        for host in backends:
            host.wait_for_port(3031)
        yield network
    finally:
        network.close()


@pytest.fixture
def start_routers(hosts, reprise):
    """Starts the three nodes: `start_routers(group=…)` for a group instead of the lists."""

    def make(group=None):
        nodes = []
        for number, name in enumerate(ROUTERS, 1):
            ini = document(number)
            nodes.append(reprise(with_group(ini, group) if group else ini, host=hosts[name],
                                 stats=STATS, https=f"{ROUTERS[name]}:8443"))
        return nodes

    return make


@pytest.fixture
def routers(start_routers):
    return start_routers()


@pytest.fixture
def rawrouter(hosts, routers, reprise):
    """In front of the three; its address."""
    reprise((EXAMPLES / "rawrouter" / "rawrouter.ini").read_text(), host=hosts["balancer"])
    return "192.168.173.99:443"


@pytest.fixture
def haproxy(hosts, routers, tmp_path):
    """The same by HAProxy, on another port of the same host."""
    file = tmp_path / "haproxy.cfg"
    file.write_text(HAPROXY)
    program = hosts["balancer"].start("haproxy", "-db", "-f", file)
    try:
        hosts["balancer"].wait_for_port(HAPROXY_PORT)
        yield f"192.168.173.99:{HAPROXY_PORT}"
    finally:
        program.kill()
        program.wait(5)


def document(number):
    """The document's file of a node. What differs: it prints the first node's https address in
    all three, and the names of the certificate's files are no paths."""
    ini = (EXAMPLES / "setup2" / f"node{number}.ini").read_text()
    printed = "https = 192.168.173.1:8443,foobar.crt,foobar.key"
    assert ini.count(printed) == 1
    return ini.replace(printed, "https = {https},{crt},{key}")


def with_group(ini, group):
    """The document's note: one group as the server and as the node."""
    ini, servers = re.subn(r"(?m)^cache-udp-server = .*$", f"cache-udp-server = {group}", ini)
    ini, lists = re.subn(r"(?m)(^cache-udp-node = .*\n)+", f"cache-udp-node = {group}\n", ini)
    assert (servers, lists) == (1, 1)
    return ini


def wait_for_items(nodes, count):
    """Until that many sessions are on each of the nodes."""
    for node in nodes:
        wait_until(lambda: node.stats()["cache"]["items"] >= count, 10,
                   f"{count} items on {node.address('https')}", interval=0.005)


def get(client, address, version, session=None):
    answer = client.get(address, version, session)
    assert answer["status"] == 200
    return answer


def every_session_resumes_on_both_others(client, nodes, version):
    """Returns how many sessions each node made."""
    made, backends = [], Counter()
    for number in range(SESSIONS):
        maker = nodes[number % len(nodes)]
        answer = get(client, maker.address("https"), version)
        assert not answer["resumed"]
        backends[re.search(r"from the backend ([\d.]+):3031", answer["body"])[1]] += 1
        made.append((maker, answer["session"]))
    assert set(backends) == set(BACKENDS.values())
    wait_for_items(nodes, SESSIONS)
    before = {node: node.stats()["cache"] for node in nodes}
    assert [cache["hits"] for cache in before.values()] == [0, 0, 0]
    resumed = Counter(get(client, node.address("https"), version, session)["resumed"]
                      for maker, session in made for node in nodes if node is not maker)
    assert resumed == {True: 2 * SESSIONS}
    own = Counter(maker for maker, _ in made)
    for node in nodes:
        after, entry = node.stats()["cache"], sync.of(node)
        assert after["hits"] == SESSIONS - own[node]
        assert after["miss"] == before[node]["miss"] == 0
        assert entry["hits"] == {"made_here": 0, "made_elsewhere": SESSIONS - own[node]}
    # TLS 1.3 renews its ticket at each resumption, which the other nodes are told too.
    wait_for_items(nodes, SESSIONS if version == TLS_1_2 else 3 * SESSIONS)
    for entry in map(sync.of, nodes):
        assert entry["refused"] == entry["failed"] == entry["too_large"] == entry["dropped"] == 0
    return [own[node] for node in nodes]


def every_next_connection_resumes(client, address, nodes, version):
    first = get(client, address, version)
    assert not first["resumed"]
    session, items = first["session"], 1
    for _ in range(SESSIONS):
        wait_for_items(nodes, items)
        answer = get(client, address, version, session)
        assert answer["resumed"]
        session = answer["session"]
        items += version != TLS_1_2   # its ticket is renewed
    wait_for_items(nodes, items)
    stats = [node.stats() for node in nodes]
    assert sum(each["cache"]["hits"] for each in stats) == SESSIONS
    assert [each["cache"]["miss"] for each in stats] == [0, 0, 0]
    # In turn, so each node resumed about a third of them.
    assert sum(map(tls_counts.resumed, stats)) == SESSIONS
    assert min(map(tls_counts.resumed, stats)) >= SESSIONS // 4


@pytest.mark.deadline(60)
@by_version
def test_a_session_made_on_each_node_resumes_on_both_others(hosts, routers, version):
    own = every_session_resumes_on_both_others(hosts["client"], routers, version)
    for node, made in zip(routers, own):
        entry = sync.of(node)
        sent = made if version == TLS_1_2 else SESSIONS
        assert [each["sent"] for each in entry["nodes"]] == [sent, sent]
        heard = {peer["address"] for peer in entry["peers"] if peer["received"]}
        assert heard == {each for each in ROUTERS.values()
                         if f"{each}:8443" != node.address("https")}
        assert not any(entry["rejected"].values())


@pytest.mark.deadline(60)
@by_version
def test_the_same_with_a_multicast_group(hosts, start_routers, version):
    nodes = start_routers(group=GROUP)
    own = every_session_resumes_on_both_others(hosts["client"], nodes, version)
    for node, made in zip(nodes, own):
        sent = made if version == TLS_1_2 else SESSIONS
        # The group gives a node its own packets back.
        node.wait_for_stats(lambda stats: stats["sync"][0]["rejected"]["own"] == sent)
        entry = sync.of(node)
        assert [(each["address"], each["sent"]) for each in entry["nodes"]] == [(GROUP, sent)]
        assert sum(entry["rejected"].values()) == sent


@pytest.mark.deadline(60)
@by_version
def test_through_the_rawrouter_every_next_connection_resumes(hosts, routers, rawrouter, version):
    every_next_connection_resumes(hosts["client"], rawrouter, routers, version)


@needs_haproxy
@pytest.mark.deadline(60)
@by_version
def test_through_haproxy_every_next_connection_resumes(hosts, routers, haproxy, version):
    every_next_connection_resumes(hosts["client"], haproxy, routers, version)
