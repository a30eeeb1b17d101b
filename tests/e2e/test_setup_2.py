"""Setup 2 as the document prints it: three nodes that tell each other each new session."""

import pytest

from harness import sync
from harness.addresses import free_port
from harness.clients import TLS_1_2, TLS_1_3, VERSIONS, TlsClient

# The document's text, the UDP options last; only what stands in braces differs.
SETUP_2 = """\
[uwsgi]
; spawn the master process (it will run the cache sweeper thread)
master = true
; store up to 20k sessions
cache = 20000
; 4k per object is enough for SSL sessions
cache-blocksize = 4096
; force the SSL subsystem to use the uWSGI cache as session storage
ssl-sessions-use-cache = true
; set SSL session timeout (in seconds)
ssl-sessions-timeout = 300
; set the session context string (see later)
https-session-context = foobar
; spawn an HTTPS router
https = {https},{crt},{key}
; spawn 8 processes for the HTTPS router (all sharing the same session cache)
http-processes = 8
; add a bunch of uwsgi nodes to relay traffic to
http-to = {to}
; add stats
stats = {stats}

; spawn the cache-udp-server
cache-udp-server = {server}
; propagate updates to the other nodes
cache-udp-node = {other}
cache-udp-node = {third}
"""

SESSIONS = 100

by_version = pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)


@pytest.fixture
def setup_2(reprise, backend):
    hosts = ["127.0.0.1", "127.0.0.2", "127.0.0.3"]
    port = free_port()
    servers = [f"{host}:{port}" for host in hosts]
    to = backend().address
    nodes = []
    for number, host in enumerate(hosts):
        other, third = (each for each in servers if each != servers[number])
        nodes.append(reprise(SETUP_2, https=f"{host}:{free_port()}", to=to,
                             server=servers[number], other=other, third=third))
    return nodes


@pytest.mark.deadline(180)
@by_version
def test_a_session_made_on_each_node_resumes_on_all_others(setup_2, version):
    sessions = []   # (client, session, the node that made it)
    for maker in setup_2:
        for _ in range(SESSIONS):
            client = TlsClient(version)
            sessions.append((client, client.session(maker.address("https")), maker))
    for node in setup_2:
        sync.wait_for_applied(node, 2 * SESSIONS)
    for client, session, maker in sessions:
        for node in setup_2:
            if node is not maker:
                assert client.get(node.address("https"), session=session).resumed
    for node in setup_2:
        cache, entry = node.stats()["cache"], sync.of(node)
        assert cache["hits"] == 2 * SESSIONS
        # Each first visit of a TLS 1.3 client offers nothing; none of 1.2 does either.
        assert cache["miss"] == 0
        assert entry["hits"] == {"made_here": 0, "made_elsewhere": 2 * SESSIONS}
        # TLS 1.3 renews its ticket at each resumption, which the other nodes are told too.
        made = SESSIONS if version == TLS_1_2 else 3 * SESSIONS
        assert [each["sent"] for each in entry["nodes"]] == [made, made]
        assert entry["refused"] == entry["failed"] == entry["too_large"] == 0
        assert entry["dropped"] == 0
        assert not any(entry["rejected"].values())


def test_says_what_uwsgi_says(setup_2):
    node = setup_2[0]
    for name in ("other", "third"):
        assert f'added udp node {node.address(name)} for cache "default"' in node.log
    assert 'udp server thread enabled for cache "default"' in node.log
    assert (f'*** udp server for cache "default" running on {node.address("server")} ***'
            in node.log)
    warnings = [line for line in node.log.splitlines() if "warning" in line.lower()]
    assert not [line for line in warnings if "running uWSGI as root" not in line]


def test_a_chain_of_resumptions_over_all_nodes(setup_2):
    """Each renewed ticket goes to the next node."""
    client = TlsClient(TLS_1_3)
    session = client.session(setup_2[0].address("https"))
    for step in range(1, 10):
        node = setup_2[step % 3]
        made_here = len(range(step % 3, step, 3))
        sync.wait_for_applied(node, step - made_here)
        answer = client.get(node.address("https"), session=session)
        assert answer.resumed
        session = answer.session
    assert [sync.of(node)["hits"]["made_elsewhere"] for node in setup_2] == [3, 3, 3]


def test_a_node_that_is_away_costs_nothing_and_comes_back(setup_2, reprise):
    one, two, three = setup_2
    three.stop()
    client = TlsClient(TLS_1_2)
    missed = client.session(one.address("https"))
    sync.wait_for_applied(two, 1)
    assert client.get(two.address("https"), session=missed).resumed
    assert [each["sent"] for each in sync.of(one)["nodes"]] == [1, 1]
    names = ("https", "stats", "server", "other", "third", "to")
    three = reprise(SETUP_2, **{name: three.address(name) for name in names})
    assert not client.get(three.address("https"), session=missed).resumed
    later = client.session(one.address("https"))
    sync.wait_for_applied(three, 1)
    assert client.get(three.address("https"), session=later).resumed


def test_the_age_of_a_peers_last_packet(setup_2):
    one, two, _ = setup_2
    assert all("last_packet_ms" not in peer for peer in sync.of(two)["peers"])
    TlsClient().session(one.address("https"))
    sync.wait_for_applied(two, 1)
    ages = [peer["last_packet_ms"] for peer in sync.of(two)["peers"] if peer["received"]]
    assert len(ages) == 1 and ages[0] < 10000
