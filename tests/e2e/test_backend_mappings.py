"""Which backend a request goes to: http-use-cache and http-use-socket."""

from pathlib import Path

import pytest

from harness.addresses import free_address
from harness.backends import answers
from harness.clients import get

APPS = Path(__file__).parent / "apps" / "python"

CACHE = """\
[uwsgi]
stats = {stats}
http = {http}
cache2 = name=other,items=10
cache2 = name=hosts,items=100,blocksize=1024
"""


def named(name):
    return answers(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(name), name))


def ask(node, host):
    answer = get(node.address("http"), host=host, path="/writes")
    return answer.status if answer.status != 200 else answer.body


def items(values):
    return "".join(f"add-cache-item = hosts {host}={value}\n" for host, value in values.items())


def test_a_cache_has_each_hosts_node(reprise, backend):
    one, two = backend(named(b"one")), backend(named(b"two"))
    node = reprise(CACHE + "http-use-cache = hosts\nhttp-to = {two}\n" + items({
        "one.example": one.address, "two.example:8080": two.address + ",9"}), two=two.address)
    assert ask(node, "one.example") == b"one"
    assert ask(node, "One.Example") == b"one"
    assert ask(node, "two.example:8080") == b"two"
    assert ask(node, "two.example") == 503, "nobody else is asked"
    assert [r.modifiers for r in one.requests + two.requests] == [(0, 0), (0, 0), (9, 0)]


def test_several_nodes_of_a_host_take_turns(reprise, backend):
    one, two = backend(named(b"one")), backend(named(b"two"))
    node = reprise(CACHE + "http-use-cache = hosts\n"
                   + items({"app": f"{one.address}|{two.address},3"}))
    assert [ask(node, "app") for _ in range(4)] == [b"one", b"two"] * 2
    assert {r.modifiers for r in one.requests} == {(0, 0)}
    assert {r.modifiers for r in two.requests} == {(3, 0)}


def test_the_next_one_and_then_the_fallbacks(reprise, backend):
    live, last = backend(named(b"live")), backend(named(b"last"))
    node = reprise(CACHE + "http-use-cache = hosts\nhttp-fallback = {last}\n" + items({
        "app": f"{free_address()}|{live.address}", "down": free_address()}), last=last.address)
    assert [ask(node, "app") for _ in range(4)] == [b"live"] * 4
    assert ask(node, "down") == b"last"


@pytest.mark.parametrize("value", ["=0", "localhost:80", "127.0.0.1:1,900", "x" * 1020])
def test_what_is_no_node_is_503(reprise, value):
    node = reprise(CACHE + "http-use-cache = hosts\n" + items({"app": value}))
    assert ask(node, "app") == 503


def test_bare_it_is_the_first_cache(reprise, backend):
    node = reprise(CACHE + "http-use-cache\nadd-cache-item = other app={to}\n",
                   to=backend(named(b"one")).address)
    assert ask(node, "app") == b"one"


@pytest.mark.parametrize("lines, words", [
    ("http-use-cache = none", 'there is no cache "none"'),
    ("http-use-socket", "there is no socket 0"),
    (f"pythonpath = {APPS}\nmodule = basic\nsocket = @a\nhttp-use-socket = 1",
     "there is no socket 1"),
    (f"pythonpath = {APPS}\nmodule = basic\nhttp-socket = @a\nhttp-use-socket",
     "there is no socket 0"),
])
def test_what_is_not_there_stops_the_start(refused, lines, words):
    node = refused(CACHE + lines + "\n")
    assert words in node.log
    assert f"node.ini:{(CACHE + lines).count(chr(10)) + 1}:" in node.log


def test_a_socket_by_its_number(reprise, backend):
    node = reprise(f"[uwsgi]\npythonpath = {APPS}\nmodule = basic\nhttp = {{http}}\n"
                   "socket = {first}\nsocket = {second}\nhttp-use-socket = 1\nhttp-to = {to}\n",
                   first=free_address(), second="second.sock", to=backend().address)
    assert ask(node, "app") == b"abcdef"
