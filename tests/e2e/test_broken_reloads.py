"""Whatever orders a reload: a broken file changes nothing, and the next good one is taken."""

import signal
import socket

import pytest

from harness import processes
from harness.clients import get
from harness.configurations import HTTP, NO_CACHE
from harness.waiting import wait_until
from test_orders import order

INI = NO_CACHE + HTTP + "pidfile = node.pid\nmaster-fifo = orders\ntouch-reload = touched\n"
BROKEN = {
    "no ini": "[uwsgi\n",
    "an address that is taken": INI + "http = {stats}\n",
    "a certificate that is not there": INI + "https = {https},/nonexistent.crt,/nonexistent.key\n",
    "a user that is not there": INI + "uid = nobodyatall\n",
    "a fifo that cannot be made": INI + "master-fifo = /nonexistent/orders\n",
    "a pid file that is a directory": INI + "pidfile2 = /tmp\n",
    "a group that is not there": INI + "gid = 0\nadd-gid = nosuchgroup\n",
}


def by_signal(node, _run):
    node.signal(signal.SIGHUP)


def by_fifo(node, _run):
    order(node.path("orders"), b"r")


def by_brutal_fifo(node, _run):
    order(node.path("orders"), b"R")


def by_touch(node, _run):
    with open(node.path("touched"), "a", encoding="utf-8") as file:
        file.write("x")


def by_command(node, run):
    done = run("--reload", node.path("node.pid"))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("reload", [by_signal, by_fifo, by_brutal_fifo, by_touch, by_command])
def test_every_way_refuses_a_broken_file(reprise, backend, run_reprise, reload):
    node = reprise(INI, to=backend().address)
    before = node.worker_pids()
    node.write_ini(BROKEN["no ini"])
    reload(node, run_reprise)
    node.wait_for_log("reload.refused")
    assert get(node.address("http")).status == 200
    assert node.worker_pids() == before
    node.write_ini(INI)
    reload(node, run_reprise)
    node.wait_for_new_workers(before)
    # A brutal reload may cut what the old ones have taken.
    wait_until(lambda: not any(map(processes.is_running, before.values())), what="the old to end")
    assert get(node.address("http")).status == 200


@pytest.mark.parametrize("what", BROKEN)
def test_every_kind_of_broken_file_is_refused(reprise, backend, what):
    node = reprise(INI, to=backend().address)
    before = node.worker_pids()
    node.write_ini(BROKEN[what])
    node.signal(signal.SIGHUP)
    node.wait_for_log("reload.refused")
    assert get(node.address("http")).status == 200
    assert node.worker_pids() == before


def test_a_refused_reload_leaves_subscription_sockets_alone(reprise, backend):
    node = reprise(INI, to=backend().address)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as dead:
        dead.bind(str(node.path("left.sock")))
    before = node.path("left.sock").stat().st_ino
    node.write_ini(INI + "http-subscription-server = left.sock\n"
                   "http-subscription-server = new.sock\n"
                   "subscribe-to = 127.0.0.1:1=127.0.0.1:2:k,0,SHA1:/nonexistent\n")
    node.signal(signal.SIGHUP)
    node.wait_for_log("reload.refused")
    assert not node.path("new.sock").exists()
    assert node.path("left.sock").stat().st_ino == before
    node.write_ini(INI + "http-subscription-server = left.sock\n"
                   "http-subscription-server = new.sock\n")
    node.reload()
    assert node.path("new.sock").is_socket()
