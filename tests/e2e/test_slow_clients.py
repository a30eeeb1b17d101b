"""Clients that send a byte now and then: they are ended in time, cost little, and slow nobody down."""

import time

import pytest

from harness import processes
from harness.backends import echo
from harness.clients import connect, get
from harness.configurations import HTTP
from harness.waiting import TIME_FACTOR, wait_until

SLOW = 200
INI = ("[uwsgi]\nstats = {stats}\nno-defer-accept = true\nlisten = 1024\nhttp-headers-timeout = 3\n"
       "http-body-timeout = 3\n" + HTTP)
HEAD = b"GET / HTTP/1.1\r\nHost: a.test\r\nX: "
COUNTED = b"POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1000000\r\n\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n"


@pytest.mark.deadline(60)
@pytest.mark.parametrize("begin, limit", [(HEAD, "head_time"), (COUNTED, "body_time"),
                                          (CHUNKED, "body_time")])
def test_slow_loris(reprise, backend, begin, limit):
    node = reprise(INI, to=backend(echo).address)
    get(node.address("http"))
    worker = node.worker_pids()[1]
    before = processes.resident_kib(worker)
    crowd = [connect(node.address("http")) for _ in range(SLOW)]
    for one in crowd:
        one.sendall(begin)
    began = time.monotonic()
    slowest = 0
    while crowd and time.monotonic() - began < 30 * TIME_FACTOR:
        crowd = [one for one in crowd if sends(one)]
        asked = time.monotonic()
        assert get(node.address("http")).status == 200
        slowest = max(slowest, time.monotonic() - asked)
        if time.monotonic() - began < 2:
            grown = processes.resident_kib(worker) - before
            assert grown < SLOW * 32, f"{grown} KiB more for {SLOW} slow clients"
        time.sleep(0.2)
    assert not crowd, f"{len(crowd)} slow clients are still there"
    assert slowest < 2 * TIME_FACTOR
    wait_until(lambda: sum(row["limits"][limit] for row in node.stats()["routers"]) == SLOW, 5,
               "the counter")


def sends(connection):
    """One byte more. False if the router has ended the connection."""
    try:
        connection.sendall(b"x")
        connection.setblocking(False)
        try:
            connection.recv(1)
            return False   # an answer, or the end
        except BlockingIOError:
            return True
        finally:
            connection.setblocking(True)
    except OSError:
        return False
