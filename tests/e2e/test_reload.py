"""HUP: the same master with a new program and a new configuration; nothing that runs is lost."""

import signal
import socket
import subprocess
import threading
import time

import pytest

from harness import processes
from harness.addresses import free_address
from harness.backends import Gate, answers, downloads, echo
from harness.clients import (TLS_1_2, VERSIONS, TlsClient, can_connect, connect, get, read_answer,
                             request_bytes)
from harness.configurations import HTTP, HTTPS, NO_CACHE, SESSION_CACHE
from harness.waiting import wait_until

INI = SESSION_CACHE + HTTPS + "http = {http}\nhttp-processes = 2\n"


def reload(node):
    """HUP, and wait for workers of the new configuration."""
    before = node.worker_pids()
    node.signal(signal.SIGHUP)
    node.wait_for_new_workers(before)


def test_the_master_stays_and_the_workers_change(reprise, backend):
    node = reprise(INI, to=backend().address)
    before = node.worker_pids()
    reload(node)
    assert node.process.poll() is None
    assert f"gracefully (RE)spawned uWSGI master process (pid: {node.pid})" in node.log
    wait_until(lambda: not any(map(processes.is_running, before.values())), 5, "the old to end")
    assert node.stats()["pid"] == node.pid
    assert get(node.address("http")).status == 200


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)
def test_sessions_stay(reprise, backend, version):
    node = reprise(INI, to=backend().address)
    client = TlsClient(version)
    sessions = [client.session(node.address("https")) for _ in range(10)]
    for _ in range(2):
        reload(node)
        for session in sessions:
            assert client.get(node.address("https"), session=session).resumed
    cache = node.stats()["cache"]
    assert cache["hits"] == 20, "the counters go on too"


def test_sessions_go_with_a_cache_of_another_size(reprise, backend):
    node = reprise(INI, to=backend().address)
    client = TlsClient(TLS_1_2)
    session = client.session(node.address("https"))
    old = node.worker_pids().values()
    node.write_ini(INI.replace("cache = 2000", "cache = 3000"))
    reload(node)
    wait_until(lambda: not any(map(processes.is_running, old)), 5, "the old workers to end")
    assert not client.get(node.address("https"), session=session).resumed
    assert node.stats()["caches"][0]["max_items"] == 3000


def test_a_running_download_is_not_dropped(reprise, backend):
    gate = Gate()
    node = reprise(INI, to=backend(gate).address)
    with TlsClient().connect(node.address("https")) as connection:
        connection.sendall(request_bytes())
        assert gate.reached.wait(5)
        reload(node)
        gate.open.set()
        assert read_answer(connection).body == gate.first + gate.second


def test_a_long_download_goes_on_through_a_reload(reprise, backend):
    size = 30_000_000
    node = reprise(INI, to=backend(downloads(size)).address)
    with TlsClient().connect(node.address("https")) as connection:
        connection.sendall(request_bytes())
        connection.recv(1000)
        reload(node)
        rest = 0
        while piece := connection.recv(65536):
            rest += len(piece)
    assert rest > size - 1000


def test_no_connection_is_refused_or_reset(reprise, backend):
    """Listeners are handed over, their queues with them."""
    node = reprise(NO_CACHE + HTTP + "http-processes = 2\n", to=backend(echo).address)
    problems, done, stop = [], [], threading.Event()

    def keep_asking():
        while not stop.is_set():
            try:
                done.append(get(node.address("http")).status)
            except Exception as problem:   # whatever it is: the test says it
                problems.append(problem)

    clients = [threading.Thread(target=keep_asking) for _ in range(3)]
    for client in clients:
        client.start()
    for _ in range(2):
        reload(node)
    stop.set()
    for client in clients:
        client.join()
    assert not problems and set(done) == {200}


@pytest.mark.deadline(150)
def test_none_of_ten_thousand_requests_fails(reprise, backend):
    node = reprise(NO_CACHE + HTTP + "http-processes = 2\n",
                   to=backend(answers(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")).address)
    problems, numbers = [], iter(range(10_000))

    def keep_asking():
        for _ in numbers:
            try:
                assert get(node.address("http")).body == b"ok"
            except Exception as problem:   # whatever it is: the test says it
                problems.append(problem)

    clients = [threading.Thread(target=keep_asking) for _ in range(4)]
    for client in clients:
        client.start()
    reloads = 0
    while any(client.is_alive() for client in clients):
        reload(node)
        reloads += 1
        time.sleep(1)
    assert not problems and reloads >= 2


def test_the_stats_port_stays(reprise, backend):
    node = reprise(NO_CACHE + HTTP, to=backend().address)
    refusals, stop = [], threading.Event()

    def keep_asking():
        while not stop.is_set():
            try:
                node.stats_text()
            except OSError as problem:
                refusals.append(problem)

    client = threading.Thread(target=keep_asking)
    client.start()
    reload(node)
    stop.set()
    client.join()
    assert not refusals


def test_the_new_configuration_holds(reprise, backend):
    one, two = backend(), backend()
    node = reprise(NO_CACHE + HTTP, to=one.address, two=two.address)
    node.write_ini(NO_CACHE + "http = {http}\nhttp = {another}\nhttp-to = {two}\n"
                   "http-processes = 3\n")
    old = set(node.worker_pids().values())
    reload(node)
    # Until then they accept too.
    wait_until(lambda: not any(map(processes.is_running, old)), 5, "the old workers to end")
    assert get(node.address("http")).status == get(node.address("another")).status == 200
    assert (len(one.requests), len(two.requests)) == (0, 2)
    assert len(node.stats()["routers"]) == 3


def test_an_address_that_is_configured_no_more_is_closed(reprise, backend):
    node = reprise(NO_CACHE + HTTP + "http = {gone}\n", to=backend().address)
    node.write_ini(NO_CACHE + HTTP)
    old = set(node.worker_pids().values())
    reload(node)
    wait_until(lambda: not any(map(processes.is_running, old)), 5, "the old workers to end")
    # The old keeper has it open too, and ends last.
    wait_until(lambda: not can_connect(node.address("gone")), 5, "the address to be closed")


def test_a_renewed_certificate_is_served_and_sessions_stay(reprise, backend, certs, tmp_path):
    for name in ("crt", "key"):
        (tmp_path / name).write_bytes(getattr(certs.a_test, name).read_bytes())
    node = reprise(INI, to=backend().address, crt=tmp_path / "crt", key=tmp_path / "key")
    client = TlsClient(TLS_1_2)
    first = client.get(node.address("https"))
    for name in ("crt", "key"):
        (tmp_path / name).write_bytes(getattr(certs.b_test, name).read_bytes())
    reload(node)
    assert client.get(node.address("https"), session=first.session).resumed
    assert client.get(node.address("https")).server_certificate != first.server_certificate


@pytest.mark.parametrize("broken, reason", [
    ("[uwsgi\nhttp = {http}\n", "node.ini:1"),
    (NO_CACHE + HTTP + "https = {https},/nonexistent.crt,{key}\n",
     "unable to assign certificate /nonexistent.crt"),
    (NO_CACHE + HTTP + "https = {https},{crt},{other_key}\n", "unable to assign key"),
    (NO_CACHE + HTTP + "cache2 = name=x\n",
     "you have to specify the maximum number of cache items"),
    (NO_CACHE + HTTP + "strict = true\nhttp-proceses = 2\n", "http-proceses"),
    (NO_CACHE + HTTP + "http-to = no.such.host.invalid:3031\n", "no.such.host.invalid"),
    (NO_CACHE + HTTP + "logto = /nonexistent/log\n", 'open("/nonexistent/log")'),
    (NO_CACHE + HTTP + "pidfile = /nonexistent/pid\n", 'open("/nonexistent/pid")'),
    (NO_CACHE + HTTP + "uid = nosuchuser\n", "user nosuchuser not found."),
], ids=["syntax", "certificate", "key", "cache", "typo", "backend", "log", "pidfile", "user"])
def test_a_broken_file_changes_nothing_and_is_said(reprise, backend, certs, broken, reason):
    node = reprise(NO_CACHE + HTTP, to=backend().address, other_key=certs.p256.key)
    before = node.worker_pids()
    node.write_ini(broken)
    seen = node.log.count(reason)
    node.signal(signal.SIGHUP)
    node.wait_for_log(reason, count=seen + 1)
    assert get(node.address("http")).status == 200
    assert node.worker_pids() == before and all(map(processes.is_running, before.values()))
    # And it is no dead end: the mended file is taken.
    node.write_ini(NO_CACHE + HTTP)
    reload(node)
    assert get(node.address("http")).status == 200


def test_a_missing_file_changes_nothing(reprise, backend):
    node = reprise(NO_CACHE + HTTP, to=backend().address)
    node.ini_file.unlink()
    node.signal(signal.SIGHUP)
    node.wait_for_log("No such file or directory")
    assert get(node.address("http")).status == 200
    assert node.process.poll() is None


def test_a_new_address_in_use_changes_nothing(reprise, backend):
    with socket.create_server(("127.0.0.1", 0)) as holder:
        node = reprise(NO_CACHE + HTTP, to=backend().address,
                       taken="127.0.0.1:%d" % holder.getsockname()[1])
        node.write_ini(NO_CACHE + HTTP + "http = {taken}\n")
        node.signal(signal.SIGHUP)
        node.wait_for_log("Address already in use")
        assert node.process.poll() is None
        assert get(node.address("http")).status == 200


def test_a_refused_reload_leaves_no_sockets_and_takes_none(reprise, backend):
    node = reprise(NO_CACHE + HTTP, to=backend().address)
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(node.path("other.sock")))
        other.listen()
        node.write_ini(NO_CACHE + HTTP + "http = new.sock\nhttp = other.sock\n")
        node.signal(signal.SIGHUP)
        node.wait_for_log("reload.refused")
        assert not node.path("new.sock").exists()
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(node.path("other.sock")))


def test_a_mended_file_is_taken_while_the_broken_one_is_still_read(reprise, backend):
    node = reprise(NO_CACHE + HTTP, to=backend().address)
    before = node.worker_pids()
    node.write_ini("[uwsgi]\nnonsense\n" * 20000 + "[uwsgi\n")
    node.signal(signal.SIGHUP)
    time.sleep(0.01)
    node.write_ini(NO_CACHE + HTTP)
    node.signal(signal.SIGHUP)
    node.wait_for_new_workers(before)
    assert get(node.address("http")).status == 200


def test_a_queue_of_another_length_holds_after_a_reload(reprise, backend):
    node = reprise(NO_CACHE + HTTP + "listen = 10\n", to=backend().address)
    node.write_ini(NO_CACHE + HTTP + "listen = 77\n")
    reload(node)
    port = node.address("http").rpartition(":")[2]
    listening = subprocess.run(["ss", "-Hltn", f"sport = :{port}"], capture_output=True, text=True)
    assert listening.stdout.split()[2] == "77"


def test_an_address_may_be_written_otherwise(reprise, backend):
    node = reprise("[uwsgi]\nhttp = {any}\nhttp-to = {to}\n", to=backend().address,
                   any=f":{free_address().rpartition(':')[2]}")
    port = node.address("any")
    before = node.worker_pids()
    node.write_ini(f"[uwsgi]\nhttp = 0.0.0.0{port}\nhttp-to = {{to}}\n")
    node.signal(signal.SIGHUP)
    node.wait_for_new_workers(before)
    assert get("127.0.0.1" + port).status == 200


def test_a_pidfile_may_come_with_a_reload(reprise, backend):
    node = reprise(NO_CACHE + HTTP, to=backend().address)
    node.write_ini(NO_CACHE + HTTP + "pidfile = new.pid\n")
    reload(node)
    assert node.path("new.pid").read_text() == f"{node.pid}\n"


def test_an_interrupt_during_a_reload_stops(reprise, backend):
    gate = Gate()
    node = reprise(INI, to=backend(gate).address)
    with connect(node.address("http")) as connection:
        connection.sendall(request_bytes())
        assert gate.reached.wait(5)
        node.signal(signal.SIGHUP)
        node.signal(signal.SIGINT)
        assert node.wait_for_end() == 0
    gate.open.set()


def test_many_reloads_leak_nothing(reprise, backend):
    node = reprise(INI, to=backend().address)
    reload(node)
    before = processes.descriptors(node.pid)
    for _ in range(5):
        reload(node)
    assert processes.descriptors(node.pid) <= before
    # master, keeper and two workers; the old ones have nothing to finish
    wait_until(lambda: len(processes.marked_with(node.mark)) == 4, 5, "the old ones to end")


def test_old_workers_that_do_not_finish_are_ended(reprise, backend):
    gate = Gate()
    node = reprise(NO_CACHE + HTTP + "worker-reload-mercy = 1\n", to=backend(gate).address)
    old = node.worker_pids()[1]
    with connect(node.address("http")) as connection:
        connection.sendall(request_bytes())
        assert gate.reached.wait(5)
        reload(node)
        wait_until(lambda: not processes.is_running(old), 6, "the old worker's end")
    gate.open.set()
