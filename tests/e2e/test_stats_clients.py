"""Silent and slow clients of the stats port hold up nobody."""

import json
import socket
import time

from harness.clients import TlsClient, connect, get, receive_all
from harness.configurations import HTTP, HTTPS, SESSION_CACHE

INI = "[uwsgi]\n" + HTTP + "stats = {stats}\n"


def prompt(node, action):
    begin = time.monotonic()
    result = action()
    assert time.monotonic() - begin < 1, "somebody was held up"
    return result


def test_silent_clients_of_stats_http(reprise, backend):
    node = reprise(INI + "stats-http = true\n", to=backend().address)
    silent = [connect(node.address("stats")) for _ in range(150)]

    def ask():
        with connect(node.address("stats")) as connection:
            connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
            return receive_all(connection)

    assert prompt(node, ask).startswith(b"HTTP/1.0 200 OK")
    assert prompt(node, lambda: get(node.address("http"))).status == 200
    # And they are not kept for ever.
    silent[0].settimeout(8)
    assert receive_all(silent[0]) == b""
    for connection in silent:
        connection.close()


def test_clients_that_do_not_read(reprise, backend):
    # Sixty caches make the document longer than what fits into a small socket buffer.
    caches = "".join(f"cache2 = name=cache-{i},items=2,blocksize=10\n" for i in range(60))
    node = reprise("[uwsgi]\n" + caches + HTTP + "stats = {stats}\n", to=backend().address)
    slow = []
    host, _, port = node.address("stats").rpartition(":")
    for _ in range(10):
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        connection.connect((host, int(port)))
        slow.append(connection)
    assert len(prompt(node, node.stats)["caches"]) == 60
    assert prompt(node, lambda: get(node.address("http"))).status == 200
    for connection in slow:
        connection.close()


def test_a_crowd_of_clients(reprise, backend):
    node = reprise(SESSION_CACHE + HTTPS, to=backend().address)
    crowd = [connect(node.address("stats")) for _ in range(300)]
    whole = 0
    for connection in crowd:
        text = receive_all(connection)
        whole += bool(text) and json.loads(text)["pid"] == node.pid
        connection.close()
    assert whole == 300, "the bound is on those that wait, not on those that ask"
    assert node.stats()["pid"] == node.pid
    assert TlsClient().get(node.address("https")).status == 200


def test_clients_that_leave_at_once(reprise, backend):
    node = reprise(INI, to=backend().address)
    for _ in range(100):
        connect(node.address("stats")).close()
    assert node.stats()["pid"] == node.pid
