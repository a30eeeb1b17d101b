"""`reprise cache`: what operators see of a cache, from its store and from a node's stats."""

import json
import socket
import threading

import pytest

from harness.clients import TLS_1_2, TlsClient

INI = """\
[uwsgi]
cache2 = name=ssl,items=100,keysize=64,blocksize=4096,store={store}
cache2 = name=other,items=50
add-cache-item = ssl greeting=hello
ssl-sessions-use-cache = ssl
https = {https},{crt},{key}
http-to = {to}
stats = {stats}
"""


@pytest.fixture
def node(reprise, backend, session_directory):
    node = reprise(INI, to=backend().address, store="ssl.store")
    client = TlsClient(TLS_1_2)
    for _ in range(4):
        session = client.session(node.address("https"))
    client.get(node.address("https"), session=session)
    node.session = session
    return node


def test_a_store_in_use_as_json(node, run_reprise):
    answer = run_reprise("cache", node.path("ssl.store"), "--json", "--keys")
    assert answer.returncode == 0, answer.stderr
    told = json.loads(answer.stdout)
    assert told["items"] == 5 and told["max_items"] == 100 and told["expired"] == 0
    assert told["blocksize"] == 4096 and told["keysize"] == 64
    assert told["oldest_age"] >= told["newest_age"] and told["hits"] == 1
    assert told["value_bytes"] == sum(item["value_size"] for item in told["keys"])
    by_key = {item["key"]: item for item in told["keys"]}
    assert by_key["greeting"]["value_size"] == 5
    assert f"{bytes(node.session.id)[:4].hex()}... (32 bytes)" in by_key
    assert bytes(node.session.id)[:5].hex() not in answer.stdout, "no more of it"


def test_a_store_of_a_node_that_is_gone_as_text(node, run_reprise):
    node.stop()
    answer = run_reprise("cache", node.path("ssl.store"), "--keys")
    assert answer.returncode == 0, answer.stderr
    lines = answer.stdout.splitlines()
    assert ["items", "5"] in [line.split() for line in lines]
    assert [line.split()[:2] for line in lines if line.startswith("greeting")] == [
        ["greeting", "5"]]


def test_a_stats_address(node, run_reprise):
    answer = run_reprise("cache", node.address("stats"), "--json")
    assert answer.returncode == 0, answer.stderr
    ssl, other = json.loads(answer.stdout)["caches"]
    assert ssl["name"] == "ssl" and ssl["items"] == 5 and ssl["max_items"] == 100
    assert ssl["hits"] == 1 and ssl["miss"] == 0 and ssl["hit_ratio"] == "1.000"
    assert ssl["used_bytes"] > 5 * 64 and ssl["longest_hold_us"] < 1_000_000
    assert other["name"] == "other" and other["items"] == 0 and other["hit_ratio"] == "-"
    text = run_reprise("cache", node.address("stats")).stdout.splitlines()
    assert text[0].split()[:3] == ["name", "max_items", "items"]
    assert text[1].split()[:3] == ["ssl", "100", "5"]


def test_a_stats_server_that_speaks_http(reprise, run_reprise):
    node = reprise("[uwsgi]\ncache = 10\nstats-http = true\nstats = {stats}\nhttp = {http}\n"
                   "http-to = 127.0.0.1:1\n")
    answer = run_reprise("cache", node.address("stats"), "--json")
    assert json.loads(answer.stdout)["caches"][0]["max_items"] == 10


def test_mistakes(run_reprise, session_directory):
    nothing = run_reprise("cache")
    assert nothing.returncode == 2 and "usage: reprise cache" in nothing.stderr
    assert run_reprise("cache", "--what").returncode == 2
    assert run_reprise("cache", "127.0.0.1:1").returncode == 1
    text = session_directory / "text"
    text.write_text("no store at all")
    answer = run_reprise("cache", text)
    assert answer.returncode == 1 and "it is no cache store of this program" in answer.stderr


@pytest.mark.parametrize("reply", [
    b"", b"not json", b"[]", b'{"caches":7}', b'{"caches":[1,{"name":3,"items":"x"},{"items":-5}]}',
    b"[" * 100000, b'{"caches":[{"hits":99999999999999999999999}]}', b"HTTP/1.0 200 OK\r\n",
    b'{"caches":[{"name":"\xff\xfe\\u0000"}]}', b'{"cache_details":[],"caches":[{}]}',
])
def test_whatever_a_stats_server_sends_is_survived(run_reprise, reply):
    server = socket.create_server(("127.0.0.1", 0))

    def serve():
        with server.accept()[0] as connection:
            connection.sendall(reply)

    thread = threading.Thread(target=serve)
    thread.start()
    answer = run_reprise("cache", f"127.0.0.1:{server.getsockname()[1]}")
    thread.join()
    server.close()
    assert answer.returncode in (0, 1)
