"""The stats document: uWSGI's fields in uWSGI's order and layout, then ours."""

import json
import os
import socket
from pathlib import Path

import pytest

from harness import stats_layout
from harness.clients import connect, receive_all
from harness.configurations import HTTP, HTTPS

GOLDEN = Path(__file__).parent / "golden"
OURS = ["cache", "cache_details", "sync", "tls", "routers"]
CACHE_FIELDS = ["name", "hash", "hashsize", "keysize", "max_items", "blocks", "blocksize", "items",
                "hits", "miss", "full", "last_modified_at"]
SETUP_1 = """\
[uwsgi]
master = true
cache = 20000
cache-blocksize = 4096
ssl-sessions-use-cache = true
""" + HTTPS + "http-processes = 8\nstats = {stats}\n"
NO_CACHE = "[uwsgi]\n" + HTTP + "stats = {stats}\n"


def without_ours(text):
    document = stats_layout.parse(text)
    return stats_layout.layout({k: v for k, v in document.items() if k not in OURS})


def golden(name, node):
    """A recorded document with the pid, directory and user of this node."""
    document = stats_layout.parse((GOLDEN / name).read_text())
    document.update(version="2.0.21-reprise", pid=node.pid, uid=os.getuid(), gid=os.getgid(),
                    cwd=str(node.directory))
    return stats_layout.layout(document)


@pytest.mark.parametrize("ini, name", [(SETUP_1, "stats-setup-1.json"),
                                       (NO_CACHE, "stats-no-cache.json")])
def test_is_uwsgis_byte_for_byte(reprise, backend, ini, name):
    node = reprise(ini, to=backend().address)
    assert without_ours(node.stats_text().decode()) == golden(name, node)


@pytest.mark.parametrize("name", ["stats-setup-1.json", "stats-no-cache.json"])
def test_the_check_prints_as_uwsgi_does(name):
    text = (GOLDEN / name).read_text()
    assert stats_layout.layout(stats_layout.parse(text)) == text


@pytest.mark.parametrize("ini", [SETUP_1, NO_CACHE])
def test_ours_are_printed_the_same_way(reprise, backend, ini):
    text = reprise(ini, to=backend().address).stats_text().decode()
    assert text == stats_layout.layout(stats_layout.parse(text))


def test_cache_stands_beside_caches_and_tls_after_it(reprise, backend):
    document = stats_layout.parse(reprise(SETUP_1, to=backend().address).stats_text())
    names = list(document)
    assert names.index("cache") == names.index("caches") + 1
    assert names[names.index("cache"):names.index("routers")] == ["cache", "cache_details", "tls"]
    assert list(document["cache"]) == ["max_items", "blocksize", "items", "hits", "miss", "full"]
    assert list(document["caches"][0]) == CACHE_FIELDS
    assert len(document["routers"]) == 8


def test_cache_is_the_one_of_the_sessions(reprise, backend):
    node = reprise("[uwsgi]\ncache = 10\ncache2 = name=ssl,items=77,blocksize=8192\n"
                   "ssl-sessions-use-cache = ssl\n" + HTTPS + "stats = {stats}\n",
                   to=backend().address)
    stats = node.stats()
    assert [cache["name"] for cache in stats["caches"]] == ["default", "ssl"]
    assert (stats["cache"]["max_items"], stats["cache"]["blocksize"]) == (77, 8192)


def test_every_cache_has_its_fields_and_its_lock(reprise, backend):
    node = reprise("[uwsgi]\ncache = 10\ncache2 = name=a,items=20,blocksize=100,keysize=50,"
                   "hash=murmur2,hashsize=1024,blocks=30\n" + NO_CACHE.removeprefix("[uwsgi]\n"),
                   to=backend().address)
    stats = node.stats()
    assert [list(cache.values())[:7] for cache in stats["caches"]] == [
        ["default", "djb33x", 65536, 2048, 10, 10, 65536], ["a", "murmur2", 1024, 50, 20, 30, 100]]
    locks = [next(iter(lock)) for lock in stats["locks"]]
    assert locks[-2:] == ["cache_default", "cache_a"]


def test_a_strange_cache_name_leaves_it_valid(reprise, backend):
    node = reprise('[uwsgi]\ncache2 = name=a"b\\\\c\x07\xfc,items=5,blocksize=10\n'
                   + NO_CACHE.removeprefix("[uwsgi]\n"), to=backend().address)
    assert node.stats()["caches"][0]["name"].startswith('a"b')


@pytest.mark.parametrize("option", ["stats-min", "stats-minified"])
def test_minified(reprise, backend, option):
    node = reprise(SETUP_1 + f"{option} = true\n", to=backend().address)
    text = node.stats_text().decode()
    assert text == stats_layout.minified(stats_layout.parse(text))


def test_over_http(reprise, backend):
    node = reprise(NO_CACHE + "stats-http = true\n", to=backend().address)
    with connect(node.address("stats")) as connection:
        connection.sendall(b"GET /any/where HTTP/1.1\r\nHost: x\r\n\r\n")
        head, _, body = receive_all(connection).partition(b"\r\n\r\n")
    assert head == (b"HTTP/1.0 200 OK\r\nConnection: close\r\nAccess-Control-Allow-Origin: *\r\n"
                    b"Content-Type: application/json")
    assert json.loads(body)["version"] == "2.0.21-reprise"


def test_a_plain_client_may_send_something(reprise, backend):
    """uwsgitop and curl do; the document comes whole all the same."""
    node = reprise(SETUP_1, to=backend().address)
    for _ in range(5):
        with connect(node.address("stats")) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert json.loads(receive_all(connection))["pid"] == node.pid


def test_on_a_unix_socket(reprise, backend):
    node = reprise("[uwsgi]\n" + HTTP + "stats = st.sock\nstats-server = {tcp}\n",
                   to=backend().address)
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(node.path("st.sock")))
        assert json.loads(receive_all(connection))["pid"] == node.pid
    assert node.stats("tcp")["pid"] == node.pid


def test_uwsgitop_finds_what_it_reads(reprise, backend):
    """Its top-level fields; with no application there are no workers to show."""
    stats = reprise(SETUP_1, to=backend().address).stats()
    for name in ("version", "listen_queue", "cwd", "uid", "gid", "pid"):
        assert name in stats
    assert stats["workers"] == stats["sockets"] == []
