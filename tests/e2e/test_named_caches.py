"""The document's two nodes with a cache "ssl", whose key sizes differ."""

import pytest

from harness import sync
from harness.addresses import free_address
from harness.clients import TLS_1_3, VERSIONS, TlsClient

FIRST = """\
[uwsgi]
; spawn the master process (it will run the cache sweeper thread)
master = true
; store up to 20k sessions
cache2 = name=ssl,items=20000,keysize=128,blocksize=4096,node={second},udp={first}
; force the SSL subsystem to use the uWSGI cache as session storage
ssl-sessions-use-cache = ssl
; set sessions timeout (in seconds)
ssl-sessions-timeout = 300
; set the session context string
https-session-context = foobar
; spawn an HTTPS router
https = {https},{crt},{key}
; spawn 8 processes for the HTTPS router (all sharing the same session cache)
http-processes = 8
http-to = {to}
; add stats
stats = {stats}
"""
SECOND = FIRST.replace(",keysize=128,blocksize=4096,node={second},udp={first}",
                       ",blocksize=4096,node={first},udp={second}")


@pytest.fixture
def nodes(reprise, backend):
    values = {"first": free_address(), "second": free_address(), "to": backend().address}
    return [reprise(FIRST, **values), reprise(SECOND, **values)]


@pytest.mark.deadline(120)
@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)
def test_sessions_resume_in_both_directions(nodes, version):
    # The maker hears of each ticket that TLS 1.3 renews.
    renewed = 100 if version == TLS_1_3 else 0
    for maker, other, heard_before in ((*nodes, 0), (*reversed(nodes), renewed)):
        clients = [TlsClient(version) for _ in range(100)]
        sync.wait_for_applied(other, heard_before)
        sessions = [client.session(maker.address("https")) for client in clients]
        sync.wait_for_applied(other, heard_before + 100)
        assert all(client.get(other.address("https"), session=session).resumed
                   for client, session in zip(clients, sessions))
    for node in nodes:
        assert node.stats()["cache"]["hits"] == 100
        assert node.stats()["cache"]["miss"] == 0


def test_the_lines_name_the_cache(nodes):
    first = nodes[0]
    assert f'added udp node {first.address("second")} for cache "ssl"' in first.log
    assert f'*** udp server for cache "ssl" running on {first.address("first")} ***' in first.log


def test_caches_do_not_hear_what_is_for_others(reprise, backend):
    node = reprise("[uwsgi]\ncache2 = name=a,items=10,udp={a}\ncache2 = name=b,items=10,udp={b}\n"
                   "http = {http}\nhttp-to = {to}\nstats = {stats}\n", to=backend().address)
    sync.send(node.address("b"), sync.set_packet(b"key", b"value"))
    node.wait_for_stats(lambda stats: stats["caches"][1]["items"] == 1)
    assert node.stats()["caches"][0]["items"] == 0
    assert [each["cache"] for each in node.stats()["sync"]] == ["a", "b"]


def test_several_servers_and_nodes_with_semicolons(reprise, backend):
    ears = [sync.Ear() for _ in range(2)]
    node = reprise(f"[uwsgi]\ncache2 = name=a,items=10,udp={{one}};{{two}},"
                   f"nodes={ears[0].address};{ears[1].address}\nadd-cache-item = k=v\n"
                   "http = {http}\nhttp-to = {to}\nstats = {stats}\n", to=backend().address)
    for ear in ears:
        assert sync.read_packet(ear.next()) == (b"k", b"v", 0)
        ear.close()
    for name in ("one", "two"):
        sync.send(node.address(name), sync.set_packet(name.encode(), b"value"))
    node.wait_for_stats(lambda stats: stats["caches"][0]["items"] == 3)
