"""INT, QUIT, TERM, USR1 and --stop."""

import os
import signal
import socket
import subprocess

import pytest

from harness import processes
from harness.backends import Gate
from harness.clients import connect, get, read_answer, receive_all, request_bytes
from harness.configurations import HTTP, NO_CACHE
from harness.node import BINARY
from harness.waiting import wait_until

INI = NO_CACHE + HTTP + "http-processes = 2\n"


NAMESPACE = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]


def has_namespaces():
    return subprocess.run([*NAMESPACE, "true"], capture_output=True).returncode == 0


def is_gone(node):
    return processes.marked_with(node.mark) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGQUIT], ids=lambda number: number.name)
def test_stops_with_status_0(reprise, backend, number):
    node = reprise(INI, to=backend().address)
    node.signal(number)
    assert node.wait_for_end() == 0
    assert is_gone(node)
    assert "SIGINT/SIGTERM received...killing workers..." in node.log
    assert node.log.rstrip().endswith("goodbye to uWSGI.")


def under_way(node, gate):
    """A client whose request has reached the backend."""
    connection = connect(node.address("http"))
    connection.sendall(request_bytes())
    assert gate.reached.wait(5)
    return connection


def test_a_stop_lets_requests_end(reprise, backend):
    gate = Gate()
    node = reprise(INI + "http-drain-timeout = 60\n", to=backend(gate).address)
    with under_way(node, gate) as connection:
        node.signal(signal.SIGINT)
        wait_until(lambda: "killing workers" in node.log)
        gate.open.set()
        assert receive_all(connection).endswith(gate.second)
    assert node.wait_for_end() == 0
    assert is_gone(node)


@pytest.mark.parametrize("seconds", ["0", "1"])
def test_a_stop_waits_no_longer_than_it_may(reprise, backend, seconds):
    gate = Gate()
    node = reprise(INI + f"http-drain-timeout = {seconds}\n", to=backend(gate).address)
    with under_way(node, gate) as connection:
        node.signal(signal.SIGINT)
        assert node.wait_for_end() == 0
        assert not receive_all(connection).endswith(gate.second)
    gate.open.set()


def test_a_second_order_stops_at_once_though_requests_are_running(reprise, backend):
    gate = Gate()
    node = reprise(INI + "http-drain-timeout = 60\n", to=backend(gate).address)
    with under_way(node, gate):
        node.signal(signal.SIGINT)
        wait_until(lambda: "killing workers" in node.log)
        node.signal(signal.SIGINT)
        assert node.wait_for_end() == 0
    gate.open.set()


def test_a_stop_ends_who_asks_for_nothing(reprise, backend):
    node = reprise(INI + "http-drain-timeout = 60\nhttp-keepalive = 1\n", to=backend().address)
    with connect(node.address("http")) as kept, connect(node.address("http")):
        kept.sendall(request_bytes(close=False))
        assert read_answer(kept).status == 200
        node.signal(signal.SIGINT)
        assert node.wait_for_end() == 0


def test_a_worker_that_is_interrupted_finishes_its_requests(reprise, backend):
    """A terminal tells all processes."""
    gate = Gate()
    node = reprise(INI, to=backend(gate).address)
    with under_way(node, gate) as connection:
        for pid in node.worker_pids().values():
            os.kill(pid, signal.SIGINT)
        wait_until(lambda: "respawned uWSGI http" in node.log)
        gate.open.set()
        assert receive_all(connection).endswith(gate.second)


def test_the_time_to_finish_is_for_a_reload_too(reprise, backend):
    gate = Gate()
    node = reprise(INI + "http-drain-timeout = 1\n", to=backend(gate).address)
    with under_way(node, gate) as connection:
        before = node.worker_pids()
        node.signal(signal.SIGHUP)
        node.wait_for_new_workers(before)
        assert not receive_all(connection).endswith(gate.second)
    gate.open.set()
    assert get(node.address("http")).status == 200


def test_term_is_a_brutal_reload(reprise, backend):
    gate = Gate()
    node = reprise(INI, to=backend(gate).address)
    before = node.worker_pids()
    with connect(node.address("http")) as connection:
        connection.sendall(request_bytes())
        assert gate.reached.wait(5)
        node.signal(signal.SIGTERM)
        node.wait_for_new_workers(before)
        assert not receive_all(connection).endswith(gate.second), "brutal means that it is cut"
    gate.open.set()
    assert node.process.poll() is None
    assert get(node.address("http")).status == 200


def test_term_stops_with_die_on_term(reprise, backend):
    node = reprise(INI + "die-on-term = true\n", to=backend().address)
    node.signal(signal.SIGTERM)
    assert node.wait_for_end() == 0
    assert is_gone(node)


def test_quit_is_a_brutal_reload_with_die_on_term(reprise, backend):
    node = reprise(INI + "die-on-term = true\n", to=backend().address)
    before = node.worker_pids()
    node.signal(signal.SIGQUIT)
    node.wait_for_new_workers(before)
    assert get(node.address("http")).status == 200


def test_term_stops_under_systemd(reprise, backend, tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        node = reprise(INI, to=backend().address,
                       environment={"NOTIFY_SOCKET": str(tmp_path / "notify")})
        node.signal(signal.SIGTERM)
        assert node.wait_for_end() == 0


def test_term_stops_as_pid_1(start, backend):
    """In a container nothing else would end it."""
    if not has_namespaces():
        pytest.skip("no process namespaces here")
    node = start(INI, to=backend().address, wrapper=NAMESPACE)
    node.wait_for_log("spawned uWSGI http 2")
    wait_until(lambda: processes.children_of(node.process.pid), what="pid 1 of the namespace")
    os.kill(processes.children_of(node.process.pid)[0], signal.SIGTERM)
    assert node.wait_for_end() == 0


def test_usr1_prints_the_configuration(reprise, backend):
    node = reprise(INI, to=backend().address)
    node.signal(signal.SIGUSR1)
    node.wait_for_log(";end of configuration")
    printed = node.log[node.log.index(";uWSGI instance configuration"):]
    for line in node.ini.splitlines():
        assert line in printed
    assert get(node.address("http")).status == 200


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGPIPE,
                                    signal.SIGWINCH], ids=lambda number: number.name)
def test_workers_do_not_mind(reprise, backend, number):
    node = reprise(INI, to=backend().address)
    before = node.worker_pids()
    for pid in before.values():
        os.kill(pid, number)
    assert all(get(node.address("http")).status == 200 for _ in range(10))
    assert node.worker_pids() == before and all(map(processes.is_running, before.values()))


def test_stop_by_pidfile(reprise, backend, run_reprise):
    node = reprise(INI + "pidfile = node.pid\n", to=backend().address)
    done = run_reprise("--stop", node.path("node.pid"))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert node.wait_for_end() == 0


def test_reload_by_pidfile(reprise, backend, run_reprise):
    node = reprise(INI + "pidfile = node.pid\n", to=backend().address)
    before = node.worker_pids()
    assert run_reprise("--reload", node.path("node.pid")).returncode == 0
    node.wait_for_new_workers(before)
    assert node.process.poll() is None


def test_stop_of_a_missing_file(run_reprise):
    done = run_reprise("--stop", "/nonexistent.pid")
    assert done.returncode == 1
    assert 'open("/nonexistent.pid"): No such file or directory' in done.stdout + done.stderr


def test_stop_of_one_that_is_gone(run_reprise, tmp_path, reprise, backend):
    node = reprise(INI, to=backend().address)
    node.stop()
    (tmp_path / "old.pid").write_text(f"{node.pid}\n")
    done = run_reprise("--stop", tmp_path / "old.pid")
    assert done.returncode == 255
    assert "No such process" in done.stdout + done.stderr


@pytest.mark.parametrize("text", ["0\n", "\n", "abc\n", "-1\n"])
def test_stop_signals_nobody_by_a_bad_file(tmp_path, text):
    """uWSGI would signal its own process group. In a namespace: -1 would mean everybody."""
    if not has_namespaces():
        pytest.skip("no process namespaces here")
    (tmp_path / "bad.pid").write_text(text)
    done = subprocess.run([*NAMESPACE, BINARY, "--stop", tmp_path / "bad.pid"],
                          start_new_session=True, capture_output=True, timeout=10)
    assert done.returncode in (1, 255), done


def test_a_second_interrupt_does_no_harm(reprise, backend):
    node = reprise(INI, to=backend().address)
    node.signal(signal.SIGINT)
    try:
        node.signal(signal.SIGINT)
    except ProcessLookupError:
        pass
    assert node.wait_for_end() == 0


def test_a_connection_is_refused_after_the_end(reprise, backend):
    node = reprise(INI, to=backend().address)
    node.stop()
    with pytest.raises(ConnectionRefusedError):
        connect(node.address("http"))


def test_a_signal_that_comes_early_is_not_lost_where_shells_ignore_it():
    """What a shell runs in the background has SIGINT ignored."""
    with subprocess.Popen([BINARY, "--ini", "-"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL,
                          preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN)) as node:
        wait_until(lambda: not processes.ignores(node.pid, signal.SIGINT))
        node.send_signal(signal.SIGINT)   # it waits for its configuration
        assert node.wait(10) == -signal.SIGINT
