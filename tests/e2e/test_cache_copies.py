"""A node that starts with the copy of a neighbour's cache, whoever and whatever the neighbour is."""

import os
import signal
import socket
import time

import pytest

from harness import cache_tcp, sync
from harness.addresses import HOST, free_address, free_port
from harness.clients import TLS_1_2, VERSIONS, TlsClient, get
from harness.real_uwsgi import RealUwsgi
from harness.tcp_nodes import silent

INI = """\
[uwsgi]
cache2 = name=ssl,items={items},keysize={keysize},blocksize=4096{keys}
ssl-sessions-use-cache = ssl
ssl-sessions-timeout = 300
https-session-context = foobar
{more}
https = {https},{crt},{key}{client_ca}
http = {http}
http-to = {to}
stats = {stats}
cache-tcp-server = {tcp}
"""
by_version = pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)


@pytest.fixture
def node(reprise, backend):
    to = backend().address

    def make(neighbours=(), **values):
        keys = f",sync={';'.join(neighbours)}" if neighbours else ""
        values = {"items": 1000, "keysize": 128, "more": "", "client_ca": "", "keys": keys,
                  "to": to, **values}
        return reprise(INI, **values)

    return make


def copy_of(node, cache="ssl"):
    return sync.of(node, cache)["copy"]


def wait_for_copy(node, state, timeout=10):
    node.wait_for_stats(lambda stats: stats["sync"][0]["copy"]["state"] == state, timeout,
                        f"the copy to be {state}")
    return copy_of(node)


@by_version
def test_a_started_node_resumes_its_neighbours_sessions_at_once(node, version):
    first = node()
    client = TlsClient(version)
    sessions = [client.session(first.address("https")) for _ in range(20)]
    second = node([first.address("tcp")])
    # Without a wait: connections are accepted when the copy is there.
    assert all(client.get(second.address("https"), session=session).resumed
               for session in sessions)
    copy = copy_of(second)
    assert (copy["state"], copy["taken"], copy["neighbour"]) == ("complete", 20,
                                                                 first.address("tcp"))
    assert "[uwsgi-cache] restored 20 items" in second.log
    served = first.stats()["cache_servers"]
    assert (served["copies"], served["items_sent"], served["malformed"]) == (1, 20, 0)


def test_another_size_is_no_obstacle(node):
    first = node()
    client = TlsClient(TLS_1_2)
    sessions = [client.session(first.address("https")) for _ in range(5)]
    second = node([first.address("tcp")], items=77, keysize=32)
    assert all(client.get(second.address("https"), session=session).resumed
               for session in sessions)


def test_a_copied_session_is_not_prolonged(node):
    first = node()
    client = TlsClient(TLS_1_2)
    made = time.time()
    session = client.session(first.address("https"))
    time.sleep(3)
    second = node([first.address("tcp")])
    wait_for_copy(second, "complete")
    answer = cache_tcp.ask(second.address("tcp"),
                           cache_tcp.described(cmd="get", key=session.id, cache="ssl"))
    expires = int(answer[answer.index(b"expires\x0a\x00") + 9:][:10])
    assert abs(expires - (made + 300)) <= 2


def test_the_next_neighbour_is_asked(node, tcp_node):
    first = node()
    cache_tcp.put(first.address("tcp"), b"key", b"value")
    garbage = tcp_node(lambda connection: connection.sendall(b"x" * 100_000))
    second = node([free_address(), garbage.address, first.address("tcp")])
    wait_for_copy(second, "complete")
    assert cache_tcp.get(second.address("tcp"), b"key") == b"value"
    assert second.log.count("[cache-sync] trying with the next sync node...") == 2
    assert copy_of(second)["attempts"] == 3


def test_cache_sync_is_for_the_default_cache(reprise, backend):
    ini = "[uwsgi]\ncache = 50\nhttp = {http}\nhttp-to = {to}\nstats = {stats}\n" \
          "cache-tcp-server = {tcp}\n"
    to = backend().address
    first = reprise(ini, to=to)
    assert cache_tcp.put(first.address("tcp"), b"key", b"value")
    second = reprise(ini + f"cache-sync = {free_address()}\ncache-sync = {first.address('tcp')}\n",
                     to=to)
    assert get(second.address("http")).status == 200   # when the copy is there
    assert cache_tcp.get(second.address("tcp"), b"key") == b"value"


def test_all_dead_is_a_cold_start_with_a_warning(node):
    dead = [free_address(), "no.such.host.invalid:4040"]
    one = node(dead)
    assert get(one.address("http")).status == 200
    assert wait_for_copy(one, "failed")["attempts"] == 2
    assert "*** WARNING: no neighbour gave a whole copy of cache \"ssl\"" in one.log
    client = TlsClient(TLS_1_2)
    session = client.session(one.address("https"))
    assert client.get(one.address("https"), session=session).resumed


def test_a_neighbour_that_stalls_holds_serving_up_for_a_while_only(node, tcp_node):
    stalled = tcp_node(silent)
    began = time.monotonic()
    one = node([stalled.address], more="cache-sync-timeout = 1")
    assert get(one.address("http")).status == 200
    assert 0.9 < time.monotonic() - began < 5
    assert "serving begins before the copies" in one.log
    assert wait_for_copy(one, "failed")["taken"] == 0


def test_a_killed_keeper_begins_again(node, tcp_node):
    stalled = tcp_node(silent)
    one = node([stalled.address], more="cache-sync-timeout = 1")
    os.kill(one.keeper_pid(), signal.SIGKILL)
    one.wait_for_log("keeper.respawned")
    assert get(one.address("http")).status == 200
    assert wait_for_copy(one, "failed")["attempts"] == 2


@pytest.mark.parametrize("claimed", ["99999999999999999999", "4294967295", "-1", "0"])
def test_a_neighbour_that_claims_absurd_counts(node, tcp_node, claimed):
    bad = cache_tcp.dump(5, 32, 64, {3: (b"k", b"v", 0)}, claimed_items=claimed)

    def behaviour(connection):
        request = connection.recv(100)
        if request[3] == cache_tcp.DUMP:
            connection.sendall(bad)

    one = node([tcp_node(behaviour).address], more="cache-sync-timeout = 9")
    assert get(one.address("http")).status == 200
    assert wait_for_copy(one, "failed")["taken"] == 0
    assert one.process.poll() is None


def test_a_reload_keeps_the_cache_and_asks_nobody(node):
    first = node()
    cache_tcp.put(first.address("tcp"), b"key", b"value")
    second = node([first.address("tcp")])
    wait_for_copy(second, "complete")
    second.reload()
    assert cache_tcp.get(second.address("tcp"), b"key") == b"value"
    assert first.stats()["cache_servers"]["copies"] == 1
    assert copy_of(second)["state"] == "none"


# Debian's uWSGI.

@pytest.fixture
def uwsgi(session_directory):
    made = []

    def start(*arguments):
        address = f"{HOST}:{free_port()}"
        made.append(RealUwsgi(session_directory, ["--plugins", "cache", "--master", "--socket",
                                                  address, *arguments], address))
        return made[-1]

    yield start
    for one in made:
        one.close()


def test_we_take_a_uwsgis_cache(node, uwsgi):
    """And what it has are sessions, which resume here."""
    maker = node()
    client = TlsClient(TLS_1_2)
    session = client.session(maker.address("https"))
    der = cache_tcp.get(maker.address("tcp"), session.id)
    theirs = uwsgi("--cache2", "name=ssl,items=500,keysize=50,blocksize=4096")
    for key, value in [(session.id, der), (b"k" * 50, b"v" * 4096), (b"short", b"1")]:
        assert cache_tcp.put(theirs.address, key, value, "ssl", expires=300)
    one = node([theirs.address])
    assert client.get(one.address("https"), session=session).resumed
    assert cache_tcp.get(one.address("tcp"), b"k" * 50) == b"v" * 4096
    copy = copy_of(one)
    assert copy["state"] == "complete" and copy["taken"] == 3
    assert not any(copy["rejected"].values())


def test_a_uwsgi_takes_ours(node, uwsgi):
    one = node()
    client = TlsClient(TLS_1_2)
    sessions = [client.session(one.address("https")) for _ in range(200)]
    ders = {session.id: cache_tcp.get(one.address("tcp"), session.id) for session in sessions}
    # It wants the same sizes.
    theirs = uwsgi("--cache2", "name=ssl,items=1000,keysize=128,blocksize=4096,sync="
                   + one.address("tcp"))
    assert "[uwsgi-cache] restored 200 items" in theirs.log
    assert {key: cache_tcp.get(theirs.address, key, "ssl") for key in ders} == ders
    # Its table and its list of free places are whole: it goes on to set and erase.
    for number in range(300):
        assert cache_tcp.put(theirs.address, b"new%d" % number, b"v%d" % number, "ssl")
    assert cache_tcp.get(theirs.address, b"new299", "ssl") == b"v299"
    assert {key: cache_tcp.get(theirs.address, key, "ssl") for key in ders} == ders
    assert one.stats()["cache_servers"]["dumps"] == 1


def test_a_chain_through_a_uwsgi(node, uwsgi):
    """Ours, copied by a uWSGI, copied from there."""
    first = node()
    client = TlsClient(TLS_1_2)
    session = client.session(first.address("https"))
    theirs = uwsgi("--cache2", "name=ssl,items=1000,keysize=128,blocksize=4096,sync="
                   + first.address("tcp"))
    last = node([theirs.address])
    assert client.get(last.address("https"), session=session).resumed


def test_a_uwsgi_without_the_cache_plugin_is_no_neighbour(node, session_directory):
    address = f"{HOST}:{free_port()}"
    theirs = RealUwsgi(session_directory, ["--master", "--socket", address], address)
    one = node([address])
    assert get(one.address("http")).status == 200
    wait_for_copy(one, "failed")
    theirs.close()


# Who the client is.

OUTSIDE = sync.outside_address()
needs_outside = pytest.mark.skipif(OUTSIDE is None, reason="this host has loopback alone")


def outside():
    with socket.socket() as probe:
        probe.bind((OUTSIDE, 0))
        return "%s:%d" % probe.getsockname()


@needs_outside
@pytest.mark.parametrize("rule", ["", "!"], ids=["optional", "required"])
def test_sessions_with_client_certificates_stay_on_their_host(node, certs, rule):
    client_ca = f",HIGH,{rule}{certs.ca.crt}"
    first = node(client_ca=client_ca, tcp=outside())
    client = TlsClient(TLS_1_2, certificate=certs.client)
    session = client.session(first.address("https"))
    second = node([first.address("tcp")], client_ca=client_ca)
    assert not client.get(second.address("https"), session=session).resumed
    assert copy_of(second)["state"] == "complete" and copy_of(second)["taken"] == 0
    assert first.stats()["cache_servers"]["withheld"] == 1
    assert cache_tcp.get(first.address("tcp"), session.id, source=OUTSIDE) is None
    assert "can read the sessions of all caches" in first.log


@needs_outside
def test_nor_are_they_taken_from_another_host(node, certs, tcp_node):
    client_ca = f",HIGH,{certs.ca.crt}"
    maker = node(client_ca=client_ca)
    client = TlsClient(TLS_1_2, certificate=certs.client)
    session = client.session(maker.address("https"))
    der = cache_tcp.get(maker.address("tcp"), session.id)
    dump = cache_tcp.dump(5, 128, 4096, {2: (session.id, der, int(time.time()) + 300)})

    def behaviour(connection):
        if connection.recv(100)[3] == cache_tcp.DUMP:
            connection.sendall(dump)

    thief = tcp_node(behaviour, address=outside())
    port = thief.address.rpartition(":")[2]
    victim = node([f"{OUTSIDE}:{port}"], client_ca=client_ca, tcp=outside())
    assert not client.get(victim.address("https"), session=session).resumed
    assert copy_of(victim)["rejected"]["untrusted"] == 1
    # Neither by a command.
    cache_tcp.ask(victim.address("tcp"),
                  cache_tcp.described(cmd="update", key=session.id, value=der), source=OUTSIDE)
    assert sync.of(victim)["rejected"]["untrusted"] == 1
    assert not client.get(victim.address("https"), session=session).resumed


@needs_outside
def test_the_option_lets_them_go(node, certs):
    options = {"client_ca": f",HIGH,{certs.ca.crt}",
               "more": "ssl-sessions-share-client-certs = true"}
    first = node(tcp=outside(), **options)
    client = TlsClient(TLS_1_2, certificate=certs.client)
    session = client.session(first.address("https"))
    second = node([first.address("tcp")], **options)
    assert client.get(second.address("https"), session=session).resumed


def test_nor_are_they_copied_on_one_host(node, certs):
    """A copy does not tell where its items came from: the neighbour may have them from anywhere."""
    client_ca = f",HIGH,!{certs.ca.crt}"
    first = node(client_ca=client_ca)
    client = TlsClient(TLS_1_2, certificate=certs.client)
    session = client.session(first.address("https"))
    second = node([first.address("tcp")], client_ca=client_ca)
    assert not client.get(second.address("https"), session=session).resumed
    assert copy_of(second)["state"] == "complete" and copy_of(second)["taken"] == 0
