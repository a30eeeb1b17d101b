"""Orders by files: master-fifo, touch-reload, and the pid files that scripts read."""

import os
import stat

import pytest

from harness import processes
from harness.backends import Gate
from harness.clients import connect, get, read_answer, request_bytes
from harness.configurations import HTTP, NO_CACHE
from harness.waiting import wait_until

INI = NO_CACHE + HTTP + "http-processes = 2\n"


def order(fifo, letters):
    fd = os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
    os.write(fd, letters)
    os.close(fd)


@pytest.fixture
def fifo(tmp_path):
    return tmp_path / "orders"


def test_a_fifo_reloads_and_stops(reprise, backend, fifo):
    node = reprise(INI + f"master-fifo = {fifo}\nvacuum = true\n", to=backend().address)
    assert stat.S_IMODE(fifo.stat().st_mode) == 0o600
    for letter in (b"r\n", b"R"):
        before = node.worker_pids()
        order(fifo, letter)
        node.wait_for_new_workers(before)
        # A brutal reload may cut what an old worker has accepted.
        wait_until(lambda: not any(map(processes.is_running, before.values())), 10, "their end")
        assert get(node.address("http")).status == 200
    order(fifo, b"Q")
    assert node.wait_for_end() == 0
    assert not fifo.exists()


def test_a_graceful_stop_lets_requests_end(reprise, backend, fifo):
    gate = Gate()
    node = reprise(INI + f"master-fifo = {fifo}\n", to=backend(gate).address)
    with connect(node.address("http")) as connection:
        connection.sendall(request_bytes())
        assert gate.reached.wait(5)
        order(fifo, b"q")
        wait_until(lambda: "graceful shutdown triggered..." in node.log)
        gate.open.set()
        assert read_answer(connection).body.endswith(gate.second)
    assert node.wait_for_end() == 0


def test_an_impatient_second_order_ends_a_graceful_stop(reprise, backend, fifo):
    gate = Gate()
    node = reprise(INI + f"master-fifo = {fifo}\n", to=backend(gate).address)
    with connect(node.address("http")) as connection:
        connection.sendall(request_bytes())
        assert gate.reached.wait(5)
        order(fifo, b"qQ")
        assert node.wait_for_end(5) == 0
    gate.open.set()


def test_other_letters(reprise, backend, fifo, tmp_path):
    second, pidfile = tmp_path / "second", tmp_path / "pid"
    node = reprise(INI + f"master-fifo = {fifo}\nmaster-fifo = {second}\npidfile = {pidfile}\n",
                   to=backend().address)
    pidfile.unlink()
    order(fifo, b"P1")
    wait_until(lambda: f"active master fifo is now {second}" in node.log)
    assert int(pidfile.read_text()) == node.pid
    order(second, b"s!")
    wait_until(lambda: "'!' orders nothing here" in node.log)
    assert '"version":' in node.log


def test_a_file_in_the_fifos_place_stops_the_start(refused, fifo):
    fifo.write_text("precious")
    node = refused(f"[uwsgi]\nhttp = {{http}}\nhttp-to = 127.0.0.1:1\nmaster-fifo = {fifo}\n")
    assert "is no fifo" in node.log and "node.ini:4:1" in node.log
    assert fifo.read_text() == "precious"


def test_a_touched_file_reloads(reprise, backend, tmp_path):
    there, later = tmp_path / "there", tmp_path / "later"
    there.write_text("")
    node = reprise(INI + f"touch-reload = {there}\ntouch-reload = {later}\n", to=backend().address)
    for file in (there, later):
        before = node.worker_pids()
        file.write_text("")
        os.utime(file, (1, 1))
        node.wait_for_new_workers(before)
        assert f"*** {file} has been touched... grace them all !!! ***" in node.log


def test_every_pid_file_is_written_and_removed(reprise, backend, tmp_path):
    names = ["pidfile", "pidfile2", "safe-pidfile", "safe-pidfile2"]
    lines = "".join(f"{name} = {tmp_path / name}\n" for name in names)
    node = reprise(INI + lines + "vacuum = true\n", to=backend().address)
    for name in names:
        assert (tmp_path / name).read_text() == f"{node.pid}\n"
    assert node.stop() == 0
    for name in names:
        assert not (tmp_path / name).exists()
        assert f"VACUUM: {name.replace('-', ' ')} removed." in node.log
