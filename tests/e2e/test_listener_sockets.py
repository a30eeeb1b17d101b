"""listen, no-defer-accept, socket-timeout, reuse-port, freebind: what the listeners are like."""

import re
import socket
import subprocess

import pytest

from harness import processes
from harness.clients import connect, get
from harness.configurations import HTTP
from harness.node import port_of
from harness.waiting import wait_until

INI = "[uwsgi]\nstats = {stats}\n" + HTTP


def queue_length(node, name="http"):
    lines = subprocess.run(["ss", "-ltnH", f"sport = :{port_of(node.address(name))}"], check=True,
                           capture_output=True, text=True).stdout.splitlines()
    return [int(line.split()[2]) for line in lines]


def socket_option(node, level, option):
    """Of the listener, as the master holds it."""
    fd = re.findall(rf"http bound on {re.escape(node.address('http'))} fd (\d+)", node.log)[-1]
    with processes.socket_of(node.pid, int(fd)) as listener:
        return listener.getsockopt(level, option)


def as_the_kernel_keeps_it(seconds):
    with socket.socket() as one:
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, seconds)
        return one.getsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT)


def accepted(node):
    return sum(row["accepted"] for row in node.stats()["routers"])


@pytest.mark.parametrize("line, length", [("", 100), ("listen = 77", 77), ("listen = 300", 300)])
def test_listen_is_the_length_of_the_queue(reprise, backend, line, length):
    node = reprise(INI + line + "\n", to=backend().address)
    assert queue_length(node) == [length]


def test_a_reload_takes_a_new_length(reprise, backend):
    node = reprise(INI + "listen = 77\n", to=backend().address)
    node.write_ini(INI + "listen = 88\n")
    node.reload()
    assert queue_length(node) == [88]


@pytest.mark.parametrize("line, seconds", [
    ("", 4), ("socket-timeout = 1", 1), ("socket-timeout = 20", 20), ("no-defer-accept = true", 0),
    ("no-defer-accept = false", 4), ("no-defer-accept = true\nsocket-timeout = 20", 0)])
def test_silent_connections_are_held_back_so_long(reprise, backend, line, seconds):
    node = reprise(INI + line + "\n", to=backend().address)
    assert socket_option(node, socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT) == (
        as_the_kernel_keeps_it(seconds))
    assert get(node.address("http")).status == 200


def test_a_reload_switches_defer_accept(reprise, backend):
    node = reprise(INI, to=backend().address)
    node.write_ini(INI + "no-defer-accept = true\n")
    node.reload()
    assert socket_option(node, socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT) == 0


def test_without_defer_accept_a_silent_connection_is_seen_at_once(reprise, backend):
    node = reprise(INI + "no-defer-accept = true\n", to=backend().address)
    with connect(node.address("http")):
        wait_until(lambda: accepted(node) == 1, 1, "the silent connection")


def test_with_defer_accept_one_that_speaks_is_served_before_one_that_is_silent(reprise, backend):
    node = reprise(INI, to=backend().address)
    with connect(node.address("http")):
        assert get(node.address("http")).status == 200
        assert accepted(node) == 1


def test_reuse_port_lets_two_nodes_share_an_address(reprise, backend):
    one, two = backend(), backend()
    first = reprise(INI + "reuse-port = true\n", to=one.address)
    second = reprise(INI + "reuse-port = true\n", to=two.address, http=first.address("http"))
    assert socket_option(second, socket.SOL_SOCKET, socket.SO_REUSEPORT) == 1
    wait_until(lambda: get(first.address("http")).status == 200 and one.requests and two.requests,
               what="requests at both")
    assert first.stop() == 0
    assert get(second.address("http")).status == 200


def test_without_reuse_port_they_cannot(reprise, refused, backend):
    first = reprise(INI, to=backend().address)
    second = refused(INI + "reuse-port = true\n", to="127.0.0.1:1", http=first.address("http"))
    assert "Address already in use" in second.log


def test_freebind_takes_an_address_that_is_not_here_yet(reprise, refused):
    elsewhere = "http = 192.0.2.77:18080\nhttp-to = 127.0.0.1:1\n"
    node = reprise("[uwsgi]\nfreebind = true\n" + elsewhere)
    assert "http bound on 192.0.2.77:18080" in node.log
    assert "Cannot assign requested address" in refused("[uwsgi]\n" + elsewhere).log
