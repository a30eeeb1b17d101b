"""Commands on caches over TCP: who may send them where, and uWSGI's own client."""

import os
import signal
import socket
import threading
import time

import pytest

from harness import cache_tcp, sync
from harness.addresses import free_address, free_port, split
from harness.clients import TLS_1_2, TlsClient, get
from harness.real_uwsgi import cache_node

INI = """\
[uwsgi]
cache2 = name=one,items=100,keysize=32,blocksize=4096
cache2 = name=two,items=100,keysize=32,blocksize=4096
http = {http}
http-to = {to}
stats = {stats}
"""
SERVED = INI + "cache-tcp-server = {tcp}\n"


@pytest.fixture
def node(reprise, backend):
    to = backend().address
    return lambda ini=SERVED, **values: reprise(ini, to=to, **values)


def test_every_command(node):
    address = node().address("tcp")

    def ask(value=b"", **variables):
        return cache_tcp.ask(address, cache_tcp.described(value, **variables))

    ok = b"\x6f\x0c\x00\x11\x06\x00status\x02\x00ok"
    assert ask(cmd="set", key="k", cache="two", value=b"value", expires=100) == ok
    assert ask(cmd="set", key="k", cache="two", value=b"other") == b""
    assert cache_tcp.get(address, b"k", "two") == b"value"
    assert ask(cmd="update", key="k", cache="two", value=b"other") == ok
    assert cache_tcp.get(address, b"k", "two") == b"other"
    assert cache_tcp.get(address, b"k", "one") is None
    assert ask(cmd="exists", key="k", cache="two") == ok
    assert ask(cmd="del", key="k", cache="two") == ok
    assert ask(cmd="exists", key="k", cache="two") == b""
    cache_tcp.put(address, b"first", b"1")
    assert cache_tcp.ask(address, cache_tcp.packet(cache_tcp.GET, b"first")) == b"\x6f\1\0\0" b"1"
    assert ask(cmd="clear", cache="one") == ok
    assert cache_tcp.get(address, b"first") is None


def test_the_stats_count_them(node):
    one = node()
    cache_tcp.put(one.address("tcp"), b"k", b"v")
    cache_tcp.put(one.address("tcp"), b"k" * 33, b"v")
    cache_tcp.ask(one.address("tcp"), b"GET / HTTP/1.0\r\n\r\n")
    served = one.stats()["cache_servers"]
    assert served["addresses"] == [one.address("tcp")]
    assert (served["connections"], served["commands"], served["malformed"]) == (3, 2, 1)
    peers = sync.of(one, "one")["peers"]
    assert [(peer["address"], peer["received"], peer["applied"]) for peer in peers] \
        == [("127.0.0.1", 2, 1)]
    assert sync.of(one, "one")["rejected"]["too_large"] == 1


def test_what_is_set_is_told_to_the_peers(node):
    ear = sync.Ear()
    one = node("[uwsgi]\ncache = 10\ncache-udp-node = {ear}\nhttp = {http}\nhttp-to = {to}\n"
               "stats = {stats}\ncache-tcp-server = {tcp}\n", ear=ear.address)
    cache_tcp.put(one.address("tcp"), b"k", b"v")
    assert sync.read_packet(ear.next()) == (b"k", b"v", 0)
    ear.close()


TOLD = ("[uwsgi]\ncache = 10\ncache-udp-node = {near}\ncache-udp-node = {far}\nhttp = {http}\n"
        "http-to = {to}\nstats = {stats}\ncache-tcp-server = {tcp}\n")
OUTSIDE = sync.outside_address()
needs_outside = pytest.mark.skipif(OUTSIDE is None, reason="this host has loopback alone")


@needs_outside
def test_what_came_from_another_host_is_not_told_over_loopback(node):
    """Where it would be believed as this host's own."""
    near, far = sync.Ear(), sync.Ear(OUTSIDE)
    server = f"{OUTSIDE}:{free_port()}"
    one = node(TOLD, near=near.address, far=far.address, tcp=server)
    request = cache_tcp.described(b"v", cmd="set", key="k")
    assert cache_tcp.ask(server, request, source=OUTSIDE)
    assert sync.read_packet(far.next()) == (b"k", b"v", 0)
    assert cache_tcp.ask(server, cache_tcp.described(cmd="del", key="k"), source=OUTSIDE)
    near.next()   # the delete, which is no danger
    assert near.heard() == []
    assert one.stats()["caches"][0]["items"] == 0
    near.close()
    far.close()


@needs_outside
def test_a_session_with_a_certificate_is_not_told_to_other_hosts(reprise, backend, certs):
    near, far = sync.Ear(), sync.Ear(OUTSIDE)
    tls = ("ssl-sessions-use-cache = true\nhttps-session-context = same\n"
           "https = {https},{crt},{key},HIGH,{ca}\n")
    maker = reprise("[uwsgi]\ncache = 100\n" + tls + "http-to = {to}\nstats = {stats}\n"
                    "cache-tcp-server = {tcp}\n", to=backend().address, ca=certs.ca.crt)
    client = TlsClient(TLS_1_2, certificate=certs.client)
    session = client.session(maker.address("https"))
    der = cache_tcp.get(maker.address("tcp"), session.id)
    one = reprise(TOLD.replace("http = {http}\n", tls), to=backend().address, near=near.address,
                  far=far.address, ca=certs.ca.crt)
    assert cache_tcp.ask(one.address("tcp"), cache_tcp.described(der, cmd="set", key=session.id))
    assert sync.read_packet(near.next())[1] == der
    cache_tcp.ask(one.address("tcp"), cache_tcp.described(cmd="del", key=session.id))
    assert sync.read_packet(far.next())[0] == session.id
    assert far.heard() == []
    near.close()
    far.close()


def test_a_unix_socket(node, session_directory):
    path = session_directory / "cache.sock"
    node(INI + "cache-tcp-server = {path}\n", path=path)
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        client.sendall(cache_tcp.described(cmd="set", key="k", value=b"v"))
        assert client.recv(100).endswith(b"ok")


def test_a_socket_with_uwsgis_plugin(node):
    one = node(INI + "plugins = cache\nsocket = {tcp}\n")
    assert cache_tcp.put(one.address("tcp"), b"k", b"v")
    assert "can read the sessions" not in one.log


def test_a_socket_without_it_is_not_bound(node):
    one = node(INI + "socket = {tcp}\n")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(split(one.address("tcp")))
    assert "the option \"socket\" has no effect" in one.log


def test_addresses_that_others_reach_are_warned_of(node):
    port = split(free_address())[1]
    one = node(INI + f"cache-tcp-server = 0.0.0.0:{port}\n")
    one.wait_for_log(f"*** WARNING: who reaches 0.0.0.0:{port} can read the sessions")


def test_mistakes_name_their_place(refused):
    for value in ("host:x", "203.0.113.77:7172"):
        node = refused(INI + f"cache-tcp-server = {value}\n", to="127.0.0.1:1")
        assert "node.ini:7" in node.log


def test_a_reload_hands_the_address_over(node):
    one = node()
    cache_tcp.put(one.address("tcp"), b"k", b"v")
    stop, failures = threading.Event(), []

    def client():
        while not stop.is_set():
            try:
                if cache_tcp.get(one.address("tcp"), b"k") != b"v":
                    failures.append("lost")
            except ConnectionResetError:
                pass    # by the end of the old keeper, in the middle of an answer
            except OSError as failure:
                failures.append(failure)

    thread = threading.Thread(target=client)
    thread.start()
    one.reload()
    time.sleep(0.5)
    stop.set()
    thread.join()
    assert [each for each in failures if isinstance(each, OSError)] == []
    assert cache_tcp.get(one.address("tcp"), b"k") == b"v"


def test_slow_and_silent_clients_hold_up_nobody(node):
    one = node()
    address = one.address("tcp")
    silent = [socket.create_connection(split(address)) for _ in range(100)]
    for connection in silent[::2]:
        connection.sendall(b"\x6f\xff")
    began = time.monotonic()
    assert cache_tcp.put(address, b"k", b"v")
    assert get(one.address("http")).status == 200
    assert time.monotonic() - began < 3
    one.wait_for_stats(lambda stats: stats["cache_servers"]["active"] == 0, 15)
    assert one.stats()["cache_servers"]["cut"] >= 100
    for connection in silent:
        connection.close()


def test_a_session_that_is_set_over_tcp_resumes(reprise, backend):
    """Where sessions are made by hand they are still sessions."""
    ini = """[uwsgi]
cache = 100
cache-blocksize = 4096
ssl-sessions-use-cache = true
https-session-context = foobar
https = {https},{crt},{key}
http-to = {to}
stats = {stats}
cache-tcp-server = {tcp}
"""
    to = backend().address
    maker, other = reprise(ini, to=to), reprise(ini, to=to)
    client = TlsClient(TLS_1_2)
    session = client.session(maker.address("https"))
    der = cache_tcp.get(maker.address("tcp"), session.id)
    assert cache_tcp.put(other.address("tcp"), session.id, der, expires=300)
    assert client.get(other.address("https"), session=session).resumed


def test_uwsgis_own_client(node, session_directory):
    """An application of Debian's uWSGI that uses the cache of this node by its name and address."""
    one = node()
    uwsgi = cache_node(session_directory, server=free_address(), node=free_address())
    cache = f"two@{one.address('tcp')}"

    def ask(operation, *words):
        return get(uwsgi.address, "/".join(["", operation, b"key".hex(), *words]) + "?" + cache)

    try:
        assert ask("get").status == 404
        assert ask("set", b"value".hex(), "100").status == 200
        assert ask("set", b"other".hex(), "100").status == 404
        assert ask("get").body == b"value"
        assert cache_tcp.get(one.address("tcp"), b"key", "two") == b"value"
        assert ask("exists").status == 200
        assert ask("del").status == 200
        assert ask("exists").status == 404
    finally:
        uwsgi.close()


def test_a_killed_keeper_serves_again(node):
    one = node()
    cache_tcp.put(one.address("tcp"), b"k", b"v")
    os.kill(one.keeper_pid(), signal.SIGKILL)
    one.wait_for_log("keeper.respawned")
    assert cache_tcp.get(one.address("tcp"), b"k") == b"v"
