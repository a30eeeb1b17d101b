"""The addresses of servers and nodes: names, IPv6, mistakes, and what becomes of them at reload."""

import signal
import socket

import pytest

from harness import sync
from harness.addresses import free_port

INI = """\
[uwsgi]
cache = 100
http = {http}
http-to = {to}
stats = {stats}
cache-udp-server = {server}
"""


def line_of(node, text):
    return next(n for n, line in enumerate(node.ini.splitlines(), 1) if text in line)


def store_one(node, address, family=socket.AF_INET):
    with socket.socket(family, socket.SOCK_DGRAM) as sender:
        sender.sendto(sync.set_packet(b"key", b"value"), address)
    node.wait_for_stats(lambda stats: stats["caches"][0]["items"] == 1)


def test_ipv6(reprise, backend):
    port = free_port()
    node = reprise(INI, to=backend().address, server=f"[::1]:{port}")
    store_one(node, ("::1", port), socket.AF_INET6)
    assert sync.of(node)["peers"][0]["address"] == "::1"


def test_a_host_name(reprise, backend):
    port = free_port()
    node = reprise(INI, to=backend().address, server=f"localhost:{port}")
    store_one(node, ("127.0.0.1", port))


def test_any_address(reprise, backend):
    port = free_port()
    node = reprise(INI, to=backend().address, server=f":{port}")
    store_one(node, ("127.0.0.2", port))


def test_broadcast(reprise, backend):
    port = free_port()
    node = reprise(INI + "cache-udp-node = {server}\n", to=backend().address,
                   server=f"255.255.255.255:{port}")
    assert f"running on 255.255.255.255:{port} ***" in node.log


@pytest.mark.parametrize("option, value, words", [
    ("cache-udp-server", "no.such.host.invalid:7171", "no.such.host.invalid"),
    ("cache-udp-node", "no.such.host.invalid:7171", "no.such.host.invalid"),
    ("cache-udp-server", "7171", "[cache-udp-server] invalid udp address: 7171"),
    ("cache-udp-node", "192.168.173.2", "[cache-udp-node] invalid udp address: 192.168.173.2"),
    ("cache-udp-node", "127.0.0.1:70000", "[cache-udp-node] invalid udp address: 127.0.0.1:70000"),
    ("cache-udp-server", "203.0.113.77:7171", "[cache-udp-server] cannot bind to 203.0.113.77"),
    ("cache2", "name=a,items=9,udp=/run/a.sock", "invalid udp address: /run/a.sock"),
])
def test_mistakes_name_their_place(refused, option, value, words):
    node = refused(INI.replace("cache-udp-server = {server}", f"{option} = {value}"),
                   to="127.0.0.1:1")
    assert words in node.log
    assert f"node.ini:{line_of(node, value)}" in node.log


def test_an_address_in_use_is_an_error(reprise, refused, backend):
    first = reprise(INI, to=backend().address)
    second = refused(INI, to="127.0.0.1:1", server=first.address("server"))
    assert f"[cache-udp-server] cannot bind to {first.address('server')}" in second.log
    assert "Address already in use" in second.log
    assert f"node.ini:{line_of(second, 'cache-udp-server')}" in second.log


def test_a_reload_loses_no_packet(reprise, backend):
    node = reprise(INI, to=backend().address)
    before = node.worker_pids()
    node.signal(signal.SIGHUP)
    for number in range(300):
        sync.send(node.address("server"), sync.set_packet(b"%d" % number, b"value"))
        if len(set(node.worker_pids().values()) - set(before.values())) > 0:
            break
    node.wait_for_new_workers(before)
    sync.send(node.address("server"), sync.set_packet(b"last", b"value"))
    wanted = min(99, number + 2)
    node.wait_for_stats(lambda stats: stats["caches"][0]["items"] >= wanted)


def test_a_reload_may_change_the_peers(reprise, backend):
    ear = sync.Ear()
    node = reprise(INI, to=backend().address)
    before = node.worker_pids()
    node.write_ini(INI.replace("{server}", "{new}") + f"cache-udp-node = {ear.address}\n"
                   "add-cache-item = k=v\n")
    node.signal(signal.SIGHUP)
    node.wait_for_new_workers(before)
    assert sync.read_packet(ear.next()) == (b"k", b"v", 0)
    sync.send(node.address("new"), sync.set_packet(b"key", b"value"))
    node.wait_for_stats(lambda stats: stats["caches"][0]["items"] == 2)
    ear.close()


def test_a_broken_change_of_the_peers_keeps_the_old_ones(reprise, backend):
    node = reprise(INI, to=backend().address)
    node.write_ini(INI.replace("{server}", "203.0.113.77:7171"))
    node.signal(signal.SIGHUP)
    node.wait_for_log("reload.refused")
    sync.send(node.address("server"), sync.set_packet(b"key", b"value"))
    node.wait_for_stats(lambda stats: stats["caches"][0]["items"] == 1)
