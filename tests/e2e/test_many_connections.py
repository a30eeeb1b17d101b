"""Ten thousand idle connections, and more clients than descriptors."""

import resource
import time

import pytest

from harness import processes
from harness.clients import TLS_1_2, TlsClient, connect, get, receive_all, request_bytes
from harness.configurations import HTTP, HTTPS, SESSION_CACHE
from harness.waiting import TIME_FACTOR, wait_until

IDLE = 10_000
TLS = 1000   # of them


@pytest.fixture
def many_descriptors():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < IDLE + 500:
        pytest.skip(f"the limit of descriptors is {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, IDLE + 500), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def open_sessions(node):
    return sum(row["active_sessions"] for row in node.stats()["routers"])


@pytest.mark.deadline(150)
def test_ten_thousand_idle_connections(reprise, backend, certs, many_descriptors):
    # No limit ends the first of them while a slow machine makes the last.
    node = reprise(SESSION_CACHE + HTTPS + "http = {http}\nhttp-processes = 2\nlisten = 1000\n"
                   "no-defer-accept = true\nhttp-timeout = 600\nhttp-headers-timeout = 600\n",
                   to=backend().address, crt=certs.p256.crt, key=certs.p256.key)
    client = TlsClient(TLS_1_2)
    session = client.session(node.address("https"))
    idle = []

    def more(count, open_one):
        """How many KiB each of them takes."""
        before = sum(map(processes.resident_kib, node.worker_pids().values()))
        idle.extend(open_one() for _ in range(count))
        wait_until(lambda: open_sessions(node) >= len(idle), 30, "all to be open")
        after = sum(map(processes.resident_kib, node.worker_pids().values()))
        return (after - before) / count

    try:
        assert more(TLS, lambda: client.connect(node.address("https"), session)) < 32
        assert more(IDLE - TLS, lambda: connect(node.address("http"))) < 16
        begin = time.monotonic()
        assert TlsClient().get(node.address("https")).status == 200
        assert time.monotonic() - begin < 5 * TIME_FACTOR
        for one in (idle[TLS // 2], idle[-1]):   # any of them still works
            one.sendall(request_bytes())
            assert one.recv(100).startswith(b"HTTP/1.1 200 OK")
    finally:
        for connection in idle:
            connection.close()
    wait_until(lambda: open_sessions(node) < 5, 10, "all to be closed")


def low_limit(number):
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (number, number))


def test_out_of_descriptors(reprise, backend):
    """New clients wait or are turned away; nothing spins, and all is well when there is room."""
    node = reprise("[uwsgi]\nno-defer-accept = true\nstats = {stats}\n" + HTTP,
                   to=backend().address, preexec=low_limit(64))
    worker = node.worker_pids()[1]
    crowd = []
    try:
        crowd = [connect(node.address("http")) for _ in range(100)]
        wait_until(lambda: processes.descriptors(worker) >= 60, what="the worker to be full")
        wait_until(lambda: node.stats()["routers"][0]["accept_failed"] > 0, 5, "a failed accept")
        used, begin = processes.cpu_seconds(worker), time.monotonic()
        time.sleep(1)
        assert processes.cpu_seconds(worker) - used < 0.3 * (time.monotonic() - begin), "it spins"
        assert node.log.count("Too many open files") <= 10, "at most once a second"
    finally:
        for connection in crowd:
            connection.close()
    assert get(node.address("http")).status == 200
    assert node.worker_pids()[1] == worker


def test_out_of_descriptors_with_requests_under_way(reprise, backend):
    """A request for which no connection to a backend can be opened gets an answer all the same."""
    node = reprise("[uwsgi]\nno-defer-accept = true\n" + HTTP, to=backend().address,
                   preexec=low_limit(64))
    worker = node.worker_pids()[1]
    room = 64 - processes.descriptors(worker)
    crowd = [connect(node.address("http")) for _ in range(room)]
    try:
        wait_until(lambda: processes.descriptors(worker) >= 64 - 2, what="the worker to be full")
        crowd[0].sendall(request_bytes())
        answer = receive_all(crowd[0])
        assert answer.split()[1:2] in ([b"200"], [b"502"], [b"503"])
    finally:
        for connection in crowd:
            connection.close()
    assert get(node.address("http")).status == 200
