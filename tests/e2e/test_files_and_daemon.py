"""pidfile, logto, daemonize, vacuum."""

import re
import signal
import socket

import pytest

from harness import processes
from harness.clients import can_connect, get
from harness.configurations import HTTP
from harness.waiting import wait_until

INI = "[uwsgi]\n" + HTTP


def test_the_pidfile_holds_the_masters_pid(reprise, backend):
    node = reprise(INI + "pidfile = node.pid\n", to=backend().address)
    assert node.path("node.pid").read_text() == f"{node.pid}\n"
    assert "writing pidfile to node.pid" in node.log


def test_the_pidfile_is_not_written_when_the_address_is_in_use(refused):
    with socket.create_server(("127.0.0.1", 0)) as holder:
        node = refused("[uwsgi]\nhttp = {taken}\nhttp-to = 127.0.0.1:1\npidfile = node.pid\n",
                       taken="127.0.0.1:%d" % holder.getsockname()[1])
    assert not node.path("node.pid").exists()


def test_a_pidfile_that_cannot_be_written_is_fatal(refused):
    node = refused(INI + "pidfile = /nonexistent/node.pid\n", to="127.0.0.1:1")
    assert "/nonexistent/node.pid" in node.log


def test_the_pidfile_stays_unless_vacuum(reprise, backend):
    to = backend().address
    kept = reprise(INI + "pidfile = node.pid\n", to=to)
    removed = reprise(INI + "pidfile = node.pid\nvacuum = true\n", to=to)
    for node in (kept, removed):
        assert node.stop() == 0
    assert kept.path("node.pid").exists()
    assert not removed.path("node.pid").exists()
    assert "VACUUM: pidfile removed." in removed.log


def test_vacuum_removes_unix_sockets(reprise, backend):
    node = reprise("[uwsgi]\nhttp = front.sock\nhttp-to = {to}\nvacuum = true\n",
                   to=backend().address)
    assert node.path("front.sock").is_socket()
    assert node.stop() == 0
    assert not node.path("front.sock").exists()
    assert "VACUUM: unix socket front.sock removed." in node.log


def test_vacuum_leaves_a_socket_that_has_been_replaced(reprise, backend):
    node = reprise("[uwsgi]\nhttp = front.sock\nhttp-to = {to}\nvacuum = true\n",
                   to=backend().address)
    node.path("front.sock").unlink()
    with socket.socket(socket.AF_UNIX) as another:
        another.bind(str(node.path("front.sock")))
        assert node.stop() == 0
        assert node.path("front.sock").exists()


def test_logto_takes_the_log(reprise, backend):
    node = reprise(INI + "logto = node.log\n", to=backend().address)
    log = node.path("node.log").read_text()
    assert "spawned uWSGI http 1 (pid: " in log
    assert (node.path("node.log").stat().st_mode & 0o777) == 0o640
    node.stop()
    assert node.path("node.log").read_text().rstrip().endswith("goodbye to uWSGI.")


def test_logto_appends(reprise, backend):
    node = reprise(INI + "logto = node.log\n", to=backend().address)
    node.stop()
    first = node.path("node.log").read_text()
    again = reprise(INI + f"logto = {node.path('node.log')}\n", to=node.address("to"))
    assert again.path(str(node.path("node.log"))).read_text().startswith(first)


def test_log_date_begins_each_line(reprise, backend):
    node = reprise(INI + "log-date = true\n", to=backend().address)
    line = next(line for line in node.log.splitlines() if "spawned uWSGI http 1" in line)
    assert re.match(r"\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4} - ", line)


DAEMON = INI + "daemonize = daemon.log\npidfile = node.pid\n"


def adopted(node):
    """After the parent's success: the daemon, whose pid the file tells."""
    node.adopt_daemon(int(node.path("node.pid").read_text()))
    return node


def test_daemonize_returns_when_it_is_bound(start, backend):
    node = start(DAEMON, to=backend().address)
    assert node.wait_for_end() == 0
    assert can_connect(node.address("http")), "the parent was to wait until the address is bound"
    adopted(node)
    assert node.pid != node.process.pid
    node.wait_for_log("spawned uWSGI http 1")
    assert get(node.address("http")).status == 200
    assert "spawned uWSGI master process" in node.path("daemon.log").read_text()


def test_a_daemon_has_a_session_of_its_own_and_no_terminal(start, backend):
    node = start(DAEMON, to=backend().address)
    node.wait_for_end()
    adopted(node)
    session, terminal = processes.session_and_terminal_of(node.pid)
    assert session != node.process.pid and terminal == 0


def test_a_daemon_stops(start, backend, run_reprise):
    node = start(DAEMON, to=backend().address)
    node.wait_for_end()
    adopted(node)
    node.wait_for_log("spawned uWSGI http 1")
    assert run_reprise("--stop", node.path("node.pid")).returncode == 0
    wait_until(lambda: not processes.marked_with(node.mark), 5, "the daemon to end")


def test_a_daemon_reloads(start, backend, run_reprise):
    """It is a daemon already: it stays the same process, and so does its log."""
    node = start(DAEMON, to=backend().address)
    node.wait_for_end()
    adopted(node)
    node.wait_for_log("spawned uWSGI http 1")
    before = node.worker_pids()
    assert run_reprise("--reload", node.path("node.pid")).returncode == 0
    node.wait_for_new_workers(before)
    assert node.path("node.pid").read_text() == f"{node.pid}\n"
    assert "(RE)spawned uWSGI master process" in node.path("daemon.log").read_text()
    assert get(node.address("http")).status == 200


def test_a_daemons_log_is_the_daemons_file(start, backend):
    """daemonize goes before logto, as in uWSGI."""
    node = start(DAEMON + "logto = other.log\n", to=backend().address)
    assert node.wait_for_end() == 0
    adopted(node)
    wait_until(lambda: "spawned uWSGI http 1" in node.path("daemon.log").read_text())
    assert not node.path("other.log").exists()
    assert (node.path("daemon.log").stat().st_mode & 0o777) == 0o640


def test_a_daemons_log_stays_its_file_at_a_reload(start, backend):
    node = start(DAEMON + "logto = other.log\n", to=backend().address)
    node.wait_for_end()
    adopted(node)
    wait_until(lambda: "spawned uWSGI http 1" in node.path("daemon.log").read_text())
    node.signal(signal.SIGHUP)
    wait_until(lambda: any("(RE)spawned uWSGI master" in file.read_text()
                           for file in node.directory.glob("*.log")), what="the reload")
    assert "(RE)spawned uWSGI master" in node.path("daemon.log").read_text()
    assert not node.path("other.log").exists()


def test_a_daemons_pidfile_goes_with_vacuum(start, backend):
    node = start(DAEMON + "vacuum = true\nhttp = front.sock\n", to=backend().address)
    node.wait_for_end()
    adopted(node)
    node.wait_for_log("spawned uWSGI http 1")
    node.signal(signal.SIGINT)
    wait_until(lambda: not processes.marked_with(node.mark), 5, "the daemon to end")
    assert not node.path("node.pid").exists() and not node.path("front.sock").exists()
    assert node.log.rstrip().endswith("goodbye to uWSGI.")


@pytest.mark.parametrize("broken", ["https = {https},/nonexistent,{key}\n", "http = {taken}\n",
                                    "cache2 = name=x\n"])
def test_daemonize_returns_1_when_it_cannot_start(refused, broken):
    with socket.create_server(("127.0.0.1", 0)) as holder:
        node = refused(DAEMON + broken, to="127.0.0.1:1",
                       taken="127.0.0.1:%d" % holder.getsockname()[1])
    assert not can_connect(node.address("http"))
