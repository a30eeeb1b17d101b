"""Whatever dies is started again, and the others go on; when the master dies, all do."""

import os
import re
import signal
import ssl
import threading

import pytest

from harness import processes
from harness.backends import Gate
from harness.clients import TLS_1_2, VERSIONS, TlsClient, connect, get, read_answer, request_bytes
from harness.configurations import HTTP, HTTPS, NO_CACHE, SESSION_CACHE
from harness.waiting import wait_until

INI = SESSION_CACHE + HTTPS + "http-processes = 2\n"


def kill_and_wait(node, number, how=signal.SIGKILL):
    """Kills one worker and waits for its successor."""
    old = node.worker_pids()[number]
    os.kill(old, how)
    wait_until(lambda: node.worker_pids()[number] != old, 10, "the new worker")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM, signal.SIGINT],
                         ids=lambda how: how.name)
def test_a_killed_worker_is_respawned_and_sessions_stay(reprise, backend, how):
    node = reprise(INI, to=backend().address)
    client = TlsClient(TLS_1_2)
    session = client.session(node.address("https"))
    for number in (1, 2):
        kill_and_wait(node, number, how)
        assert client.get(node.address("https"), session=session).resumed
    assert re.search(r"^respawned uWSGI http 1 \(pid: \d+\)$", node.log, re.M)


def test_the_others_serve_in_the_meantime(reprise, backend):
    node = reprise(INI, to=backend().address)
    os.kill(node.worker_pids()[1], signal.SIGKILL)
    client = TlsClient()
    assert all(client.get(node.address("https")).status == 200 for _ in range(5))


def test_a_running_request_of_another_worker_goes_on(reprise, backend):
    gate = Gate()
    node = reprise(NO_CACHE + HTTP + "http-processes = 2\n", to=backend(gate).address)
    with connect(node.address("http")) as connection:
        connection.sendall(request_bytes())
        assert gate.reached.wait(5)
        busy = {row["pid"] for row in node.stats()["routers"] if row["active_sessions"]}
        idle = next(n for n, pid in node.worker_pids().items() if pid not in busy)
        kill_and_wait(node, idle)
        gate.open.set()
        assert read_answer(connection).status == 200


def test_a_worker_killed_in_mid_handshake(reprise, backend):
    node = reprise(INI, to=backend().address)
    client = TlsClient(TLS_1_2)
    session = client.session(node.address("https"))
    halves = []
    for _ in range(6):
        connection = connect(node.address("https"))
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        with pytest.raises(ssl.SSLWantReadError):
            client.context.wrap_bio(incoming, outgoing, session=session).do_handshake()
        connection.sendall(outgoing.read())
        connection.recv(10)
        halves.append(connection)
    for number in (1, 2):
        kill_and_wait(node, number)
    assert client.get(node.address("https"), session=session).resumed
    for connection in halves:
        connection.close()


def test_workers_killed_at_any_moment_wedge_nobody(reprise, backend, certs):
    """Also inside a write to the cache: killed while new sessions pour in."""
    node = reprise(SESSION_CACHE + HTTPS + "http-processes = 4\n", to=backend().address,
                   crt=certs.p256.crt, key=certs.p256.key)
    stop = threading.Event()

    def handshakes():
        client = TlsClient(TLS_1_2)
        while not stop.is_set():
            try:
                client.connect(node.address("https")).close()
            except OSError:
                pass

    clients = [threading.Thread(target=handshakes) for _ in range(3)]
    for client in clients:
        client.start()
    try:
        for number in (1, 2, 3, 4) * 2:
            kill_and_wait(node, number)
    finally:
        stop.set()
        for client in clients:
            client.join()
    client = TlsClient(TLS_1_2)
    for _ in range(20):
        session = client.session(node.address("https"))
        assert client.get(node.address("https"), session=session).resumed


def test_a_killed_keeper_is_replaced_and_the_cache_keeps_its_items(reprise, backend):
    node = reprise(INI, to=backend().address)
    client = TlsClient(TLS_1_2)
    sessions = [client.session(node.address("https")) for _ in range(5)]
    keeper = node.keeper_pid()
    os.kill(keeper, signal.SIGKILL)
    # Workers need no keeper.
    assert client.get(node.address("https"), session=sessions[0]).resumed
    wait_until(lambda: any(pid not in (keeper, *node.worker_pids().values())
                           for pid in processes.children_of(node.pid)), 10, "a new keeper")
    assert node.stats()["cache"]["items"] == 5
    assert all(client.get(node.address("https"), session=s).resumed for s in sessions)


def test_children_end_when_the_master_is_killed(reprise, backend):
    node = reprise(INI, to=backend().address)
    node.signal(signal.SIGKILL)
    node.wait_for_end()
    wait_until(lambda: not processes.marked_with(node.mark), 5, "the children to end")


def test_children_end_with_their_master_after_dropping_privileges(reprise, backend):
    if os.geteuid() != 0:
        pytest.skip("needs root to drop privileges")
    node = reprise(INI + "uid = nobody\ngid = nogroup\n", to=backend().address)
    node.signal(signal.SIGKILL)
    node.wait_for_end()
    wait_until(lambda: not processes.marked_with(node.mark), 5, "the children to end")


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)
def test_a_worker_that_dies_again_and_again_does_not_stop_the_others(reprise, backend, version):
    node = reprise(INI, to=backend().address)
    client = TlsClient(version)
    for _ in range(4):
        kill_and_wait(node, 1)
        assert client.get(node.address("https")).status == 200
    assert processes.is_running(node.pid) and processes.is_running(node.worker_pids()[2])


def test_the_rows_of_the_stats_tell_the_respawns(reprise, backend):
    node = reprise(NO_CACHE + HTTP, to=backend().address)
    kill_and_wait(node, 1)
    get(node.address("http"))
    row = node.stats()["routers"][0]
    assert row["pid"] == node.worker_pids()[1] and row["respawns"] >= 1
