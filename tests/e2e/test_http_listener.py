"""The plain http listener and strict reading of requests."""

import socket

import pytest

from harness.backends import echo
from harness.clients import TlsClient, connect, get, receive_all, request_bytes
from harness.configurations import HTTP, HTTPS
from harness.waiting import wait_until

INI = "[uwsgi]\nno-defer-accept = true\nhttp-headers-timeout = 2\n" + HTTP


@pytest.fixture
def node(reprise, backend):
    return reprise(INI, to=backend().address)


def status_of(node, data):
    """The status of the answer to these bytes, and that the connection ends."""
    with connect(node.address("http")) as connection:
        connection.sendall(data)
        answer = receive_all(connection)
    return int(answer.split()[1]) if answer.startswith(b"HTTP/1.1 ") else answer


def test_serves_plain_http(node):
    got = dict(get(node.address("http"), path="/x?y").json["vars"])
    assert got["REQUEST_URI"] == "/x?y" and "HTTPS" not in got


def test_http_and_https_side_by_side(reprise, backend):
    node = reprise("[uwsgi]\nhttp = {one}\nhttp = {two}\n" + HTTPS, to=backend().address)
    assert get(node.address("one")).status == get(node.address("two")).status == 200
    assert TlsClient().get(node.address("https")).status == 200


def test_the_backends_take_turns(reprise, backend):
    servers = [backend() for _ in range(3)]
    node = reprise("[uwsgi]\nhttp = {http}\n"
                   + "".join(f"http-to = {server.address}\n" for server in servers))
    for _ in range(9):
        get(node.address("http"))
    assert [len(server.requests) for server in servers] == [3, 3, 3]


@pytest.mark.parametrize("request_text", [
    b"\x00\x01\x02\x03\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n folded\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nX: \x00\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\nGET /",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"0\r\n\r\n",
])
def test_a_malformed_request_gets_400_and_no_backend(reprise, backend, request_text):
    server = backend()
    node = reprise(INI, to=server.address)
    assert status_of(node, request_text) == 400
    assert server.requests == []


def test_a_head_that_is_too_long_gets_431(node):
    long = request_bytes(headers=[(f"X-{i}", "v" * 1000) for i in range(100)])
    assert status_of(node, long) in (400, 431)


def test_a_head_just_below_64_kib_is_served(node):
    assert status_of(node, request_bytes(headers=[("X", "v" * 60000)])) == 200


def test_a_chunked_body_is_never_lost(reprise, backend):
    """uWSGI drops it by default; either the backend gets it, or the client is told."""
    server = backend(echo)
    node = reprise(INI, to=server.address)
    status = status_of(node, b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                             b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
    assert status in (200, 411, 501)
    if status == 200:
        assert server.requests[0].vars["CONTENT_LENGTH"] == "5"


def test_half_a_head_is_ended_in_time(node):
    assert status_of(node, b"GET / HTTP/1.1\r\nHost:") in (408, b"")


def test_silence_is_ended_in_time(node):
    with connect(node.address("http")) as connection:
        connection.settimeout(6)
        assert receive_all(connection)[:12] in (b"", b"HTTP/1.1 408")


def test_a_byte_now_and_then_does_not_hold_a_head_open(node):
    with connect(node.address("http")) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nX: ")

        def ended():
            try:
                connection.sendall(b"y")
                connection.settimeout(0.3)
                return connection.recv(1000)[:12] in (b"", b"HTTP/1.1 408")
            except TimeoutError:
                return False
            except ConnectionError:
                return True

        wait_until(ended, 6, "the end of the slow request")


def test_half_closing_clients_get_their_answer(node):
    with connect(node.address("http")) as connection:
        connection.sendall(request_bytes())
        connection.shutdown(socket.SHUT_WR)
        assert receive_all(connection).startswith(b"HTTP/1.1 200 OK")

