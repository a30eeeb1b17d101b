"""Five thousand idle connections, and more clients than descriptors."""

import resource
import time

import pytest

from harness import processes
from harness.clients import TLS_1_2, TlsClient, connect, get, receive_all, request_bytes
from harness.configurations import HTTP, HTTPS, SESSION_CACHE
from harness.waiting import wait_until

IDLE = 5000


@pytest.fixture
def many_descriptors():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < IDLE + 500:
        pytest.skip(f"the limit of descriptors is {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, IDLE + 500), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.deadline(150)
def test_five_thousand_idle_connections(reprise, backend, certs, many_descriptors):
    # No limit ends the first of them while a slow machine makes the last.
    node = reprise(SESSION_CACHE + HTTPS + "http-processes = 2\nlisten = 1000\n"
                   "http-timeout = 600\nhttp-headers-timeout = 600\n",
                   to=backend().address, crt=certs.p256.crt, key=certs.p256.key)
    client = TlsClient(TLS_1_2)
    session = client.session(node.address("https"))
    before = sum(map(processes.resident_kib, node.worker_pids().values()))
    idle = []
    try:
        for _ in range(IDLE):
            idle.append(client.connect(node.address("https"), session))
        wait_until(lambda: sum(row["active_sessions"] for row in node.stats()["routers"]) >= IDLE,
                   30, "all to be open")
        grown = sum(map(processes.resident_kib, node.worker_pids().values())) - before
        assert grown / IDLE < 32, "KiB for each idle connection"
        begin = time.monotonic()
        assert TlsClient().get(node.address("https")).status == 200
        assert time.monotonic() - begin < 5, "they hold up others"
        # And any of them still works.
        idle[IDLE // 2].sendall(request_bytes())
        assert idle[IDLE // 2].recv(100).startswith(b"HTTP/1.1 200 OK")
    finally:
        for connection in idle:
            connection.close()
    wait_until(lambda: sum(row["active_sessions"] for row in node.stats()["routers"]) < 5, 10,
               "all to be closed")


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
