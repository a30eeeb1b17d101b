"""A cluster in the middle of a migration: Debian's uWSGI tells us its changes, and takes ours."""

import pytest

from harness import sync
from harness.addresses import free_address
from harness.clients import TLS_1_2, TlsClient, get
from harness.real_uwsgi import cache_node
from harness.waiting import wait_until

INI = """\
[uwsgi]
cache = 100
cache-blocksize = 4096
ssl-sessions-use-cache = true
https-session-context = foobar
https = {https},{crt},{key}
http-to = {to}
stats = {stats}
cache-udp-server = {server}
cache-udp-node = {node}
"""


class Uwsgi:
    def __init__(self, process):
        self.process = process

    def ask(self, operation, key, *words):
        path = "/".join(["", operation, key.hex(), *words])
        return get(self.process.address, path)

    def write(self, operation, key, value, seconds=0):
        assert self.ask(operation, key, value.hex(), str(seconds)).status == 200

    def value(self, key):
        answer = self.ask("get", key)
        return answer.body if answer.status == 200 else None


@pytest.fixture
def pair(reprise, backend, session_directory):
    node = reprise(INI, to=backend().address, node=free_address())
    process = cache_node(session_directory, server=node.address("node"),
                         node=node.address("server"))
    wait_until(lambda: "running on" in process.log, what="uWSGI's UDP server")
    yield node, Uwsgi(process)
    process.close()


def test_we_take_what_uwsgi_sends(pair):
    node, uwsgi = pair
    uwsgi.write("set", b"one", b"1")
    uwsgi.write("set", b"two", b"2", 300)
    uwsgi.write("update", b"one", b"11", 2)
    sync.wait_for_applied(node, 3)
    assert node.stats()["cache"]["items"] == 2
    # Its expiry counts here too: uWSGI itself would keep it.
    node.wait_for_stats(lambda stats: stats["cache"]["items"] == 1, 10)


def test_we_take_its_deletes_which_other_uwsgis_do_not(pair):
    node, uwsgi = pair
    uwsgi.write("set", b"key", b"value")
    sync.wait_for_applied(node, 1)
    assert uwsgi.ask("del", b"key").status == 200
    node.wait_for_stats(lambda stats: stats["cache"]["items"] == 0)
    assert not any(sync.of(node)["rejected"].values())


def test_uwsgi_takes_what_we_send(pair):
    node, uwsgi = pair
    session = TlsClient(TLS_1_2).session(node.address("https"))
    der = wait_until(lambda: uwsgi.value(session.id), what="the session in uWSGI's cache")
    assert der[:1] == b"\x30" and session.id in der
    assert sync.of(node)["sent"] == 1


def test_uwsgi_honours_our_form_of_a_delete(pair):
    _, uwsgi = pair
    uwsgi.write("set", b"key", b"value")
    sync.send(uwsgi_server(pair), sync.erase_packet(b"key"))
    wait_until(lambda: uwsgi.value(b"key") is None, what="uWSGI to delete")


def test_a_session_goes_through_uwsgis_cache_and_back(pair):
    """What it stores and tells again is still a session."""
    node, uwsgi = pair
    client = TlsClient(TLS_1_2)
    session = client.session(node.address("https"))
    der = wait_until(lambda: uwsgi.value(session.id), what="the session in uWSGI's cache")
    sync.send(node.address("server"), sync.erase_packet(session.id))
    node.wait_for_stats(lambda stats: stats["cache"]["items"] == 0)
    uwsgi.write("update", session.id, der, 300)
    sync.wait_for_applied(node, 2)
    assert client.get(node.address("https"), session=session).resumed
    assert sync.of(node)["hits"]["made_elsewhere"] == 1


def uwsgi_server(pair):
    return pair[0].address("node")
