"""auto-procname and the procname options: what ps and pgrep show."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from harness.configurations import HTTP
from harness.waiting import wait_until

INI = "[uwsgi]\n" + HTTP + "http-processes = 2\n"


def command_line(pid):
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def wait_for_titles(node, *wanted):
    """Of the master and its two workers. (Children set theirs after the log tells of them.)"""
    def titles():
        pids = (node.pid, node.worker_pids()[1], node.worker_pids()[2])
        return [command_line(pid).rstrip(b"\0").decode() for pid in pids]

    wait_until(lambda: titles() == list(wanted), what=f"the titles {wanted}")


@pytest.mark.parametrize("options, master, first", [
    ("auto-procname = true", "uWSGI master", "uWSGI http 1"),
    ("procname-master = boss", "boss", "uWSGI http 1"),
    ("procname-prefix = pfx-", "pfx-uWSGI master", "pfx-uWSGI http 1"),
    ("procname-prefix-spaced = pfx", "pfx uWSGI master", "pfx uWSGI http 1"),
    ("procname-append = -x", "uWSGI master-x", "uWSGI http 1-x"),
    ("procname-prefix = pfx-\nprocname-master = boss", "pfx-boss", "pfx-uWSGI http 1")])
def test_titles_say_what_a_process_is(reprise, backend, options, master, first):
    node = reprise(INI + options + "\n", to=backend().address)
    wait_for_titles(node, master, first, first.replace("1", "2"))


def test_procname_is_the_title_of_all(reprise, backend):
    node = reprise(INI + "procname = router\n", to=backend().address)
    wait_for_titles(node, "router", "router", "router")


def test_without_an_option_the_command_line_stays(reprise, backend):
    node = reprise(INI, to=backend().address)
    for pid in (node.pid, *node.worker_pids().values()):
        assert command_line(pid).endswith(b"\0--ini\0node.ini\0")


def test_a_title_is_the_whole_command_line(reprise, backend):
    """As with uWSGI: nothing of the old one, and no padding behind it."""
    node = reprise(INI + "auto-procname = true\n", to=backend().address)
    wait_for_titles(node, "uWSGI master", "uWSGI http 1", "uWSGI http 2")
    assert command_line(node.pid) == b"uWSGI master\0"
    assert command_line(node.worker_pids()[1]) == b"uWSGI http 1\0"


def test_pgrep_finds_a_process_by_its_title(reprise, backend):
    node = reprise(INI + "procname-prefix = shop-\n", to=backend().address)
    wait_for_titles(node, "shop-uWSGI master", "shop-uWSGI http 1", "shop-uWSGI http 2")
    found = subprocess.run(["pgrep", "--parent", str(node.pid), "-f", "^shop-uWSGI http 2$"],
                           capture_output=True, text=True).stdout
    assert [int(pid) for pid in found.split()] == [node.worker_pids()[2]]


def test_a_title_longer_than_the_command_line_is_not_cut(reprise, backend):
    long = "a-rather-long-name-for-the-front-of-the-shop-"
    node = reprise(INI + f"procname-prefix = {long}\n", to=backend().address,
                   arguments=["node.ini"])
    wait_for_titles(node, *(long + role for role in ("uWSGI master", "uWSGI http 1",
                                                     "uWSGI http 2")))


def test_a_reload_and_a_restart_give_titles_too(reprise, backend):
    node = reprise(INI + "auto-procname = true\n", to=backend().address)
    before = node.worker_pids()
    os.kill(before[1], signal.SIGKILL)
    node.wait_for_log("respawned uWSGI http 1")
    wait_for_titles(node, "uWSGI master", "uWSGI http 1", "uWSGI http 2")
    node.reload()
    wait_for_titles(node, "uWSGI master", "uWSGI http 1", "uWSGI http 2")
