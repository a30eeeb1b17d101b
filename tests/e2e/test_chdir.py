"""chdir: sockets are in the new directory, files of the configuration and logs in the old one."""

import os
import signal

import pytest

from harness import processes
from harness.clients import TlsClient
from harness.waiting import wait_until

# From the node's directory the certificates are a neighbour's.
INI = """\
[uwsgi]
chdir = {elsewhere}
pidfile = node.pid
logto = node.log
vacuum = true
http = front.sock
https = {https},../certificates/rsa.crt,../certificates/rsa.key
http-to = {to}
stats = {stats}
"""


@pytest.fixture
def elsewhere(tmp_path):
    directory = tmp_path / "elsewhere"
    directory.mkdir()
    return directory


@pytest.fixture
def node(reprise, backend, elsewhere):
    return reprise(INI, to=backend().address, elsewhere=elsewhere)


def in_place(node, elsewhere):
    everybody = (node.pid, node.keeper_pid(), *node.worker_pids().values())
    assert {os.readlink(f"/proc/{pid}/cwd") for pid in everybody} == {str(elsewhere)}
    assert (elsewhere / "front.sock").is_socket()
    assert node.path("node.pid").read_text() == f"{node.pid}\n"
    assert node.stats()["cwd"] == str(elsewhere)
    assert TlsClient().get(node.address("https")).status == 200
    return True


def test_sockets_are_there_and_files_are_here(node, elsewhere):
    assert in_place(node, elsewhere)
    assert os.listdir(elsewhere) == ["front.sock"]
    assert node.path("node.log").stat().st_size > 0


def test_the_log_says_so(node, elsewhere):
    assert f"chdir() to {elsewhere}\n" in node.log


def test_a_reload_finds_its_files_again(node, elsewhere):
    for _ in range(2):
        old = processes.children_of(node.pid)
        node.reload()
        wait_until(lambda: not any(map(processes.is_running, old)), what="the end of the old")
    assert in_place(node, elsewhere)


def test_a_reload_may_change_the_directory(node, elsewhere, tmp_path):
    another = tmp_path / "another"
    another.mkdir()
    node.write_ini(INI.replace("{elsewhere}", str(another)))
    node.reload()
    everybody = (node.pid, *node.worker_pids().values())
    assert {os.readlink(f"/proc/{pid}/cwd") for pid in everybody} == {str(another)}


def test_the_end_removes_both_files(node, elsewhere):
    node.reload()
    assert node.stop() == 0
    assert os.listdir(elsewhere) == [] and not node.path("node.pid").exists()


def test_a_relative_one_begins_at_the_start_directory_at_every_reload(reprise, backend):
    node = reprise(INI, to=backend().address, elsewhere="..")
    node.reload()
    node.reload()
    assert os.readlink(f"/proc/{node.pid}/cwd") == str(node.directory.parent)


def test_a_directory_that_is_not_there_is_fatal(refused):
    node = refused("[uwsgi]\nchdir = /nonexistent/place\nhttp = {http}\nhttp-to = 127.0.0.1:1\n")
    assert "/nonexistent/place: No such file or directory" in node.log


def test_a_reload_into_a_directory_that_is_not_there_changes_nothing(node, elsewhere):
    node.write_ini(INI.replace("{elsewhere}", "/nonexistent/place"))
    node.signal(signal.SIGHUP)
    node.wait_for_log("reload.refused")
    assert "/nonexistent/place: No such file or directory" in node.log
    assert in_place(node, elsewhere)


def test_a_fifo_is_looked_at_where_it_will_be(node, elsewhere):
    """Not in the start directory, where something else has its name."""
    node.path("orders").write_text("no fifo\n")
    node.write_ini(INI + "master-fifo = orders\n")
    node.reload()
    wait_until(lambda: (elsewhere / "orders").is_fifo(), what="the fifo")
    (elsewhere / "orders.txt").write_text("no fifo\n")
    node.path("orders.txt").unlink(missing_ok=True)
    node.write_ini(INI + "master-fifo = orders.txt\n")
    node.signal(signal.SIGHUP)
    node.wait_for_log("reload.refused")
    node.wait_for_log("orders.txt is there, and is no fifo")
    assert in_place(node, elsewhere)
