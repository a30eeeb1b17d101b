"""shared-socket and =N, fd://N, and sockets that systemd passes."""

import os
import re
import signal
import socket
import sys
from pathlib import Path

import pytest

from harness import processes
from harness.addresses import HOST, free_address
from harness.clients import TlsClient, get
from test_listener_sockets import as_the_kernel_keeps_it
from test_wsgi import BASIC, ask_uwsgi

TO = "http-to = {to}\n"


def deferred(node, fd):
    with processes.socket_of(node.pid, fd) as listener:
        return listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT)


def test_numbers_stand_for_addresses(reprise, backend):
    node = reprise("[uwsgi]\nstats = {stats}\nshared-socket = {one}\nshared-socket = {two}\n"
                   "https = =1,{crt},{key}\nhttp = =0\n" + TO, to=backend().address)
    assert get(node.address("one")).status == 200
    assert TlsClient().get(node.address("two")).status == 200
    assert f"uwsgi shared socket 0 bound to TCP address {node.address('one')} fd " in node.log


@pytest.mark.parametrize("option, seconds", [("shared-socket", 4), ("undeferred-shared-socket", 0)])
def test_silent_connections(reprise, backend, option, seconds):
    node = reprise(f"[uwsgi]\nstats = {{stats}}\n{option} = {{one}}\nhttp = =0\n" + TO,
                   to=backend().address)
    bound = re.search(r"uwsgi shared socket 0 bound to TCP address \S+ fd (\d+)", node.log)
    assert deferred(node, int(bound[1])) == as_the_kernel_keeps_it(seconds)


def test_connections_stay_in_the_queue_over_a_reload(reprise, backend):
    ini = "[uwsgi]\nstats = {stats}\nshared-socket = {one}\nhttp = =0\n" + TO
    node = reprise(ini, to=backend().address)
    node.reload()
    assert get(node.address("one")).status == 200


@pytest.mark.parametrize("lines, words", [
    ("http = =0\n", "unable to use shared socket 0"),
    ("shared-socket = {a}\nhttp = =1\n", "unable to use shared socket 1"),
    ("shared-socket = {a}\nhttp = =0\nrawrouter = =0\n", "the shared socket 0 has a listener"),
    ("shared-socket = =0\nhttp = =0\n", "a shared socket needs an address of its own"),
    ("http = fd://77\n", "no listening socket was passed under this number")])
def test_what_is_not_there(refused, lines, words):
    node = refused("[uwsgi]\nhttp-to = 127.0.0.1:1\n" + lines, cannot_tell="fd://" in lines)
    assert words in node.log and "node.ini:" in node.log


def test_an_unused_one_is_told(reprise, backend):
    node = reprise("[uwsgi]\nshared-socket = {one}\nhttp = {http}\n" + TO, to=backend().address)
    assert f"nothing listens at shared socket 0 ({node.address('one')})" in node.log


# Descriptors from outside.

PASS_SOCKETS = Path(__file__).parent / "harness" / "pass_sockets.py"


def passing(*addresses):
    return {"wrapper": [sys.executable, str(PASS_SOCKETS), *addresses, "--"]}


def passing_as_systemd(*addresses):
    return passing("--systemd", *addresses)


def test_a_descriptor_by_its_number(reprise, backend):
    first, second = free_address(), free_address()
    node = reprise("[uwsgi]\nstats = {stats}\nhttp = fd://4\nhttps = fd://3,{crt},{key}\n" + TO,
                   to=backend().address, **passing(first, second))
    for _ in range(2):
        assert get(second).status == 200
        assert TlsClient().get(first).status == 200
        node.reload()


def test_a_descriptor_that_is_the_programs_own_is_none(refused):
    """Numbers are looked at before anything is opened."""
    node = refused("[uwsgi]\nhttp = {http}\nhttp-to = 127.0.0.1:1\nrawrouter = fd://5\n"
                   "rawrouter-to = 127.0.0.1:1\n", cannot_tell=True)
    assert "no listening socket was passed under this number" in node.log


def test_systemd_sockets_are_matched_by_address(reprise, backend, tmp_path):
    address, path = free_address(), str(tmp_path / "web.sock")
    node = reprise("[uwsgi]\nstats = {stats}\nhttp = " + address + f"\nrawrouter = {path}\n"
                   "rawrouter-to = {to}\nvacuum = true\n" + TO, to=backend().address,
                   **passing_as_systemd(path, address))
    assert "- SystemD socket activation detected -" in node.log
    inode = os.stat(path).st_ino
    for _ in range(2):
        assert get(address).status == 200
        node.reload()
    assert node.stop() == 0
    assert os.stat(path).st_ino == inode, "the socket is systemd's"


def test_a_port_of_systemd_is_open_to_both_families(reprise, backend):
    port = free_address().rpartition(":")[2]
    node = reprise(f"[uwsgi]\nstats = {{stats}}\nhttp = :{port}\n" + TO, to=backend().address,
                   **passing_as_systemd(f"[::]:{port}"))
    assert get(f"{HOST}:{port}").status == 200
    assert "socket activation" in node.log


def test_what_is_not_matched_is_the_applications(reprise):
    address = free_address()
    node = reprise(BASIC, **passing_as_systemd(address))
    variables = {"REQUEST_METHOD": "GET", "PATH_INFO": "/pid", "SERVER_NAME": "s", "SERVER_PORT": "1"}
    for turn in range(2):
        assert ask_uwsgi(address, variables.items())[0].endswith("200 OK")
        if turn == 0:
            node.signal(signal.SIGHUP)
            node.wait_for_log("gracefully (RE)spawned uWSGI master process")


def test_without_applications_it_is_told(reprise, backend):
    address = free_address()
    node = reprise("[uwsgi]\nhttp = {http}\n" + TO, to=backend().address,
                   **passing_as_systemd(address))
    assert f"nothing listens at {address}, which systemd passed: write http = fd://3" in node.log


def test_sockets_for_another_process_are_left_alone(reprise, backend):
    node = reprise("[uwsgi]\nhttp = {http}\n" + TO, to=backend().address,
                   environment={"LISTEN_PID": "1", "LISTEN_FDS": "1"})
    assert "socket activation" not in node.log


def test_a_fallback_has_the_sockets_of_systemd_too(start, backend, tmp_path):
    address = free_address()
    fallback = tmp_path / "fallback.ini"
    fallback.write_text(f"[uwsgi]\nhttp = fd://3\nhttp-to = {backend().address}\n")
    node = start(f"[uwsgi]\nfallback-config = {fallback}\nhttp = {address}\n"
                 "http-to = 127.0.0.1:1\nstats = 192.0.2.1:1\n", **passing_as_systemd(address))
    node.wait_for_log("- SystemD socket activation detected -", count=2)
    node.wait_for_log("spawned uWSGI http 1")
    assert get(address).status == 200
