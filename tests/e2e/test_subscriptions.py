"""Nodes that announce themselves to the HTTP router and to the raw router."""

import json
import os
import signal
import socket
import tempfile
import time
from pathlib import Path

import pytest

from harness import stats_layout, subscriptions
from harness.addresses import free_address
from harness.backends import answers
from harness.clients import connect, get, receive_all
from harness.subscriptions import LEAVE, packet, pools, send, wait_for_pools
from harness.tcp_nodes import says
from harness.waiting import wait_until

HTTP = ("[uwsgi]\nmaster = true\nhttp = {http}\nhttp-subscription-server = {server}\n"
        "http-stats = {stats}\n")


def ask(node, host):
    return get(node.address("http"), host=host)


def says_its_name(name):
    return answers(f"HTTP/1.1 200 OK\r\nContent-Length: {len(name)}\r\n\r\n{name}".encode())


def announce(node, key, address, **fields):
    send(node.address("server"), packet(key, address, **fields))
    wait_until(lambda: address in pools(node).get(key, []), what=f"{address} in the stats")


def rejected(node):
    return {reason: count for reason, count in node.stats()["announces"]["rejected"].items()
            if count}


def ref_of(node):
    return node.stats()["subscriptions"][0]["nodes"][0]["ref"]


def test_hosts_are_keys(reprise, backend):
    node = reprise(HTTP + "http-processes = 4\n")
    one, two = backend(says_its_name("one")), backend()
    assert ask(node, "one.test").status == 503
    announce(node, "one.test", one.address)
    announce(node, "two.test:8080", two.address, modifier1=5, modifier2=7)
    assert {ask(node, "one.test").body for _ in range(12)} == {b"one"}, "every worker knows"
    assert json.loads(ask(node, "TWO.test:8080").body)["modifiers"] == [5, 7]
    assert ask(node, "two.test").status == 503, "another port is another key"
    assert "[uwsgi-subscription for pid" in node.log
    assert f"one.test => new node: {one.address}" in node.log
    send(node.address("server"), packet("one.test", one.address, LEAVE))
    wait_for_pools(node, {"two.test:8080": [two.address]})
    assert ask(node, "one.test").status == 503


def test_the_stats_are_uwsgis(reprise, backend):
    node = reprise(HTTP)
    one = backend(says_its_name("one"))
    announce(node, "app.example", one.address, cores=2, load=1, weight=3)
    assert ask(node, "app.example").status == 200
    text = node.stats_text().decode()
    assert text == stats_layout.layout(stats_layout.parse(text))
    document = json.loads(text)
    assert list(document) == ["version", "pid", "uid", "gid", "cwd", "active_sessions", "http",
                              "subscriptions", "cheap", "announces"]
    assert document["http"] == [node.address("http"), node.address("server")]
    assert document["pid"] == node.worker_pids()[1]
    (pool,) = document["subscriptions"]
    (entry,) = pool.pop("nodes")
    assert pool == {"key": "app.example", "hash": 46858, "hits": 1, "sni_enabled": 0}
    assert abs(entry.pop("last_check") - time.time()) < 60
    wait_until(lambda: ref_of(node) == 0, what="the end of the exchange")
    entry.pop("ref")
    assert entry.pop("tx") > 20 and entry.pop("rx") > 100
    assert entry == {"name": one.address, "modifier1": 0, "modifier2": 0, "pid": 0, "uid": 0,
                     "gid": 0, "requests": 1, "last_requests": 1, "cores": 2, "load": 1,
                     "weight": 3, "wrr": 0, "failcnt": 0, "death_mark": 0}


def test_static_nodes_have_stats_too(reprise, backend):
    dead = free_address()
    node = reprise("[uwsgi]\nhttp = {http}\nhttp-stats = {stats}\nhttp-to = {dead}\nhttp-to = {a}\n",
                   dead=dead, a=backend().address)
    assert [ask(node, "x").status for _ in range(2)] == [200, 200]
    first, second = node.stats()["static_nodes"]
    assert (first["name"], first["hits"], second["hits"]) == (dead, 0, 2)
    assert abs(first["grace"] - time.time()) < 60 and second["grace"] == 0


def test_weights(reprise, backend):
    node = reprise(HTTP + "http-processes = 2\n")
    nodes = {name: backend(says_its_name(name)) for name in "abc"}
    for weight, (name, one) in enumerate(nodes.items(), 1):
        announce(node, "k", one.address, weight=weight)
    order = "".join(ask(node, "k").body.decode() for _ in range(12))
    assert order == "cabbcccabbcc", "one turn for both workers"


def test_a_silent_node_leaves(reprise, backend):
    node = reprise(HTTP + "subscription-tolerance = 1\n")
    one = backend(says_its_name("one"))
    announce(node, "k", one.address)
    assert ask(node, "k").body == b"one"
    wait_for_pools(node, {})
    assert f"k => marking {one.address} as failed (no announce received in " in node.log
    assert node.stats()["announces"]["silent"] == 1
    assert ask(node, "k").status == 503
    announce(node, "k", one.address)
    assert ask(node, "k").body == b"one"


def test_a_dead_node_is_marked_until_it_announces_itself(reprise, backend):
    node = reprise(HTTP)
    dead, one = free_address(), backend(says_its_name("one"))
    announce(node, "k", dead)
    announce(node, "k", one.address)
    announce(node, "k", "/nowhere/app.sock")
    assert [ask(node, "k").body for _ in range(6)] == [b"one"] * 6
    assert "[uwsgi-http] unable to connect() to node " in node.log
    assert f"[uwsgi-http] k => marking {dead} as failed" in node.log
    wait_for_pools(node, {"k": [one.address]})
    announce(node, "k", dead)
    assert len(pools(node)["k"]) == 2


def test_the_fallback_key_and_wider_names(reprise, backend):
    node = reprise(HTTP + "http-subscription-fallback-key = rest\nsubscription-dotsplit = true\n")
    rest, wide = backend(says_its_name("rest")), backend(says_its_name("wide"))
    announce(node, "rest", rest.address)
    announce(node, ".example.com", wide.address)
    assert ask(node, "unknown.test").body == b"rest"
    assert ask(node, "a.b.example.com").body == b"wide"
    assert ask(node, "example.com").body == b"rest"


def test_what_is_refused_is_counted(reprise):
    node = reprise(HTTP)
    longest = "k" * 255
    send(node.address("server"), packet("k" * 256, "127.0.0.1:1"))
    send(node.address("server"), packet("k" * 3000, "127.0.0.1:1"))
    send(node.address("server"), b"\xe0nonsense")
    send(node.address("server"), packet("k", "some.where.test:80"))
    for name in ("[face]:80", "[dead.beef]:80", "[a.bad.cafe]:80"):   # names, to a resolver
        send(node.address("server"), packet("k", name))
    announce(node, longest, "127.0.0.1:1")
    assert rejected(node) == {"long_key": 2, "malformed": 1, "bad_address": 4}
    assert "subscription.rejected" in node.log


def test_signed_announces(reprise, backend, certs):
    with tempfile.TemporaryDirectory() as name:
        keys = Path(name)
        keys.chmod(0o755)
        subscriptions.write_public_key(certs.rsa.key, keys / "app.test_80.pem")
        node = reprise(HTTP + "subscriptions-sign-check = SHA256:{keys}\n", keys=keys)
        sign = subscriptions.signer(certs.rsa.key)
        one = backend(says_its_name("one"))
        now = int(time.time())
        first = packet("app.test:80", one.address, sign=sign, unix=now)
        leave = packet("app.test:80", one.address, LEAVE, sign=sign, unix=now + 1)
        send(node.address("server"), packet("app.test:80", one.address))
        send(node.address("server"), first)
        wait_for_pools(node, {"app.test:80": [one.address]})
        assert ask(node, "app.test:80").body == b"one"
        send(node.address("server"), packet("app.test:80", one.address, LEAVE))
        send(node.address("server"), first)
        send(node.address("server"), leave)
        wait_for_pools(node, {})
        send(node.address("server"), first)
        send(node.address("server"), packet("other.test", one.address, sign=sign))
        wait_until(lambda: rejected(node) == {"not_signed": 2, "stale": 2, "bad_signature": 1},
                   what="the replay to be refused")
        assert pools(node) == {}
        assert "invalid (sniffed ?) packet sent for slot: app.test:80" in node.log
        node.reload()
        send(node.address("server"), first)
        wait_until(lambda: rejected(node)["stale"] == 3, what="the replay after a reload")
        assert pools(node) == {}


def only_keeper(node):
    try:
        return node.keeper_pid()
    except AssertionError:   # there are two generations
        return None


def test_nodes_stay_over_a_reload_and_deaths(reprise, backend):
    node = reprise(HTTP + "http-processes = 2\n")
    one = backend(says_its_name("one"))
    announce(node, "k", one.address)
    node.reload()
    assert {ask(node, "k").body for _ in range(8)} == {b"one"}
    keeper = wait_until(lambda: only_keeper(node), 10, "the former processes to end")
    processes_before = node.worker_pids()
    os.kill(keeper, signal.SIGKILL)
    os.kill(processes_before[1], signal.SIGKILL)
    node.wait_for_log("keeper.respawned")
    wait_until(lambda: node.worker_pids()[1] != processes_before[1], what="another worker")
    assert {ask(node, "k").body for _ in range(8)} == {b"one"}
    announce(node, "l", one.address)
    assert ask(node, "l").body == b"one"


def test_what_a_killed_worker_had_under_way_is_forgotten(reprise, backend):
    node = reprise(HTTP)
    slow = backend(lambda exchange: exchange.wait_for_close())
    announce(node, "k", slow.address)
    with connect(node.address("http")) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: k\r\n\r\n")
        wait_until(lambda: ref_of(node) == 1, what="a ref")
        send(node.address("server"), packet("k", slow.address, LEAVE))
        wait_until(lambda: node.stats()["subscriptions"][0]["nodes"][0]["death_mark"] == 1,
                   what="a mark")
        os.kill(node.worker_pids()[1], signal.SIGKILL)
        wait_for_pools(node, {})


def test_a_unix_socket_tells_who_announces(reprise, backend):
    node = reprise("[uwsgi]\nhttp = {http}\nhttp-subscription-server = sub.sock\n"
                   "http-stats = {stats}\nsubscriptions-use-credentials = true\n")
    one = backend(says_its_name("one"))
    send(node.path("sub.sock"), packet("k", one.address))
    wait_for_pools(node, {"k": [one.address]})
    entry = node.stats()["subscriptions"][0]["nodes"][0]
    assert (entry["pid"], entry["uid"]) == (os.getpid(), os.getuid())
    assert ask(node, "k").body == b"one"


@pytest.mark.parametrize("asks", [False, True])
def test_descriptors_that_come_along_are_not_kept(reprise, asks):
    lines = "subscriptions-use-credentials = true\n" if asks else ""
    node = reprise("[uwsgi]\nhttp = {http}\nhttp-subscription-server = sub.sock\n"
                   "http-stats = {stats}\n" + lines)
    keeper = node.keeper_pid()
    before = len(os.listdir(f"/proc/{keeper}/fd"))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.connect(str(node.path("sub.sock")))
        for number in range(20):
            socket.send_fds(sender, [packet("k", f"127.0.0.1:{number + 1}")], [1, 1, 1, 1])
    wait_until(lambda: len(pools(node).get("k", [])) == 20, what="the announces")
    assert len(os.listdir(f"/proc/{keeper}/fd")) <= before + 2   # the stats' client


def test_who_announces_may_ask_for_an_answer(reprise, tmp_path):
    node = reprise(HTTP)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        path = tmp_path / "n.sock"
        listener.bind(str(path))
        path.chmod(0o777)
        listener.settimeout(5)
        announce(node, "k", "127.0.0.1:1", notify=str(path))
        assert listener.recv(500) == b"[subscription ack] k => new node: 127.0.0.1:1"


def test_the_raw_routers_key_is_its_listener(reprise, tcp_node):
    node = reprise("[uwsgi]\nrawrouter = {raw}\nrawrouter-subscription-server = {server}\n"
                   "rawrouter-stats = {stats}\n")

    def receive():
        with connect(node.address("raw")) as connection:
            return receive_all(connection)

    assert receive() == b""
    announce(node, node.address("raw"), tcp_node(says(b"one")).address)
    assert receive() == b"one"
    document = node.stats()
    assert document["rawrouter"] == [node.address("raw"), node.address("server")]
    entry = document["subscriptions"][0]["nodes"][0]
    assert (entry["requests"], entry["tx"]) == (1, 3)


@pytest.mark.parametrize("options, warned", [("", True), ("subscriptions-from = 10.0.0.0/8\n", False)])
def test_an_open_server_is_warned_of(reprise, options, warned):
    node = reprise(HTTP.replace("{server}", "0.0.0.0:{port}") + options,
                   port=free_address().split(":")[1])
    assert ("can announce itself for any host" in node.log) == warned


def test_only_from_listed_addresses(reprise):
    node = reprise(HTTP + "subscriptions-from = 10.0.0.0/8,unix\n")
    send(node.address("server"), packet("k", "127.0.0.1:1"))
    wait_until(lambda: rejected(node) == {"unlisted": 1}, what="the refusal")
    assert pools(node) == {}
