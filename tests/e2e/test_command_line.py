"""The command line by itself."""

import json

import pytest

from harness.addresses import free_address
from harness.clients import get, can_connect
from harness.configurations import HTTP, NO_CACHE
from harness.waiting import wait_until


def test_version(run_reprise):
    done = run_reprise("--version")
    assert (done.returncode, done.stdout.strip()) == (0, "2.0.21-reprise")


def test_help_names_the_documents_options(run_reprise):
    done = run_reprise("--help")
    assert done.returncode == 0
    for option in ("--ini", "--https", "--http-to", "--http-processes", "--cache",
                   "--cache-blocksize", "--ssl-sessions-use-cache", "--ssl-sessions-timeout",
                   "--ssl-sessions-tickets", "--https-session-context", "--stats"):
        assert option in done.stdout


def test_options_work_without_a_file(start, backend):
    address = free_address()
    node = start("", arguments=["--http", address, f"--http-to={backend().address}", "-M"])
    node.wait_for_log("spawned uWSGI http 1")
    wait_until(lambda: can_connect(address), what="the listener")
    assert get(address).status == 200


def test_stop_and_reload_by_a_pid_file(reprise, backend, run_reprise):
    node = reprise(NO_CACHE + HTTP + "pidfile = node.pid\n", to=backend().address)
    before = node.worker_pids()
    assert run_reprise("--reload", node.path("node.pid")).returncode == 0
    node.wait_for_new_workers(before)
    done = run_reprise("--stop", node.path("node.pid"))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert node.wait_for_end() == 0


@pytest.mark.parametrize("option", ["--stop", "--reload", "--pause", "--suspend", "--resume"])
@pytest.mark.parametrize("content, status, words", [
    (None, 1, "No such file or directory"), ("0\n", 1, "does not hold the pid"),
    ("x\n", 1, "does not hold the pid"), ("-1\n", 1, "does not hold the pid"),
    ("4194303\n", 255, "signal_pidfile()/kill(): No such process")])
def test_a_pid_file_of_nobody(run_reprise, tmp_path, option, content, status, words):
    file = tmp_path / "pid"
    if content is not None:
        file.write_text(content)
    done = run_reprise(option, file)
    assert done.returncode == status
    assert words in done.stderr


def test_connect_and_read_prints_what_is_sent(reprise, backend, run_reprise):
    node = reprise(NO_CACHE + HTTP, to=backend().address)
    done = run_reprise("--connect-and-read", node.address("stats"))
    assert (done.returncode, done.stdout) == (0, "")
    assert json.loads(done.stderr)["pid"] == node.pid


def test_connect_and_read_where_nobody_listens(run_reprise):
    done = run_reprise("--connect-and-read", free_address())
    assert done.returncode == 1 and "Connection refused" in done.stderr
