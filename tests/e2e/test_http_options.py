"""Options of uWSGI's HTTP router that choose nodes, change answers, or send clients elsewhere."""

import gzip
import http.client
import socket

import pytest

from harness.addresses import free_address
from harness.backends import Backend, answers, echo
from harness.clients import connect, get, read_answer, receive_all, request_bytes
from harness.configurations import HTTP

INI = "[uwsgi]\nstats = {stats}\n" + HTTP
KEEP = INI + "http-keepalive = true\n"


def without_length(exchange):
    """One answer in three pieces that lasts until the connection ends."""
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
    for piece in (b"one ", b"two ", b"x" * 100_000):
        exchange.send(piece)


def test_auto_chunked_keeps_the_connection(reprise, backend):
    node = reprise(KEEP + "http-auto-chunked = true\n", to=backend(without_length).address)
    with connect(node.address("http")) as connection:
        for _ in range(2):
            connection.sendall(request_bytes(close=False))
            answer = read_answer(connection)
            assert answer.headers["transfer-encoding"] == "chunked"
            assert answer.body == b"one two " + b"x" * 100_000


def test_without_it_the_connection_is_the_end(reprise, backend):
    node = reprise(KEEP, to=backend(without_length).address)
    with connect(node.address("http")) as connection:
        connection.sendall(request_bytes(close=False))
        answer = read_answer(connection)
    assert "transfer-encoding" not in answer.headers and answer.headers["connection"] == "close"


@pytest.mark.parametrize("method, status", [("HEAD", "200 OK"), ("GET", "204 No Content"),
                                            ("GET", "304 Not Modified")])
def test_what_has_no_body_gets_no_chunks(reprise, backend, method, status):
    text = f"HTTP/1.1 {status}\r\nX: y\r\n\r\n".encode()
    node = reprise(KEEP + "http-auto-chunked = true\n", to=backend(answers(text)).address)
    with connect(node.address("http")) as connection:
        connection.sendall(request_bytes(method=method))
        assert receive_all(connection) == text[:-2] + b"Connection: close\r\n\r\n"


def test_a_chunked_answer_that_is_cut_has_no_last_chunk(reprise, backend):
    def behaviour(exchange):
        exchange.send(b"HTTP/1.1 200 OK\r\nX: y\r\n\r\nhalf")
        exchange.socket.recv(1)   # until the client has it
        exchange.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    node = reprise(KEEP + "http-auto-chunked = true\nhttp-timeout = 1\n",
                   to=backend(behaviour).address)
    with connect(node.address("http")) as connection:
        connection.sendall(request_bytes(close=False))
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            read_answer(connection)


ZIPPED = (b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nuWSGI-Encoding: gzip\r\n\r\n"
          + b"again and " * 10_000)


@pytest.mark.parametrize("extra", ["", "http-keepalive = true\nhttp-auto-chunked = true\n"])
def test_auto_gzip(reprise, backend, extra):
    node = reprise(INI + "http-auto-gzip = true\n" + extra, to=backend(answers(ZIPPED)).address)
    answer = get(node.address("http"), headers=[("Accept-Encoding", "br, gzip")])
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert "uwsgi-encoding" not in answer.headers
    assert len(answer.body) < 5000 and gzip.decompress(answer.body) == b"again and " * 10_000


@pytest.mark.parametrize("accept", ["gzip;q=0", "br", "identity, gzip; q=0.0"])
def test_auto_gzip_is_for_those_who_take_it(reprise, backend, accept):
    node = reprise(INI + "http-auto-gzip = true\n", to=backend(answers(ZIPPED)).address)
    answer = get(node.address("http"), headers=[("Accept-Encoding", accept)])
    assert answer.body == b"again and " * 10_000


def test_auto_gzip_does_not_compress_twice(reprise, backend):
    text = ZIPPED.replace(b"\r\n\r\n", b"\r\nContent-Encoding: x\r\n\r\n", 1)
    node = reprise(INI + "http-auto-gzip = true\n", to=backend(answers(text)).address)
    answer = get(node.address("http"), headers=[("Accept-Encoding", "gzip")])
    assert answer.headers["content-encoding"] == "x" and answer.body == b"again and " * 10_000


@pytest.mark.parametrize("option, port", [("{plain}", ""), ("{plain},8443", ":8443")])
def test_to_https(reprise, option, port):
    node = reprise(f"[uwsgi]\nhttp-to-https = {option}\n")
    with connect(node.address("plain")) as connection:
        connection.sendall(request_bytes(path="/a%20b?c=d", host="shop.test:80", close=False))
        answer = read_answer(connection)
        assert connection.recv(1) == b""
    assert answer.status == 301
    assert answer.headers["location"] == f"https://shop.test{port}/a%20b?c=d"


def test_to_https_refuses_what_is_no_request(reprise):
    node = reprise("[uwsgi]\nhttp-to-https = {plain}\n")
    with connect(node.address("plain")) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
        assert receive_all(connection).startswith(b"HTTP/1.1 400 ")


def test_fallbacks_are_asked_when_a_node_is_down(reprise, backend):
    server = backend(echo)
    node = reprise(INI + "http-fallback = {dead}\nhttp-fallback = {live}\n", to=free_address(),
                   dead=free_address(), live=server.address)
    assert [get(node.address("http")).status for _ in range(3)] == [200] * 3


def test_fallbacks_take_no_turns(reprise, backend):
    server, other = backend(echo), backend(echo)
    node = reprise(INI + "http-fallback = {other}\n", to=server.address, other=other.address)
    assert [get(node.address("http")).status for _ in range(3)] == [200] * 3
    assert not other.requests


class UnixBackend(Backend):
    def __init__(self, path, behaviour=echo):
        import threading
        self.behaviour, self.requests, self.failures, self._connections = behaviour, [], [], set()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()


@pytest.mark.parametrize("option", ["http-use-base = ./sock-", "http-use-pattern = ./sock-%%s"])
def test_a_host_has_its_own_socket(reprise, option):
    node = reprise("[uwsgi]\nhttp = {http}\n" + option + "\n")
    server = UnixBackend(node.path("sock-a.test:81"))
    try:
        assert get(node.address("http"), host="A.test:81").status == 200
        assert len(server.requests) == 1
        assert get(node.address("http"), host="b.test").status == 502
        for host in ("..", ".a", "a..b", "%2e", "a'b"):
            assert get(node.address("http"), host=host).status == 503
    finally:
        server.close()


def test_server_name_as_http_host(reprise, backend):
    server = backend(echo)
    node = reprise(INI + "http-server-name-as-http-host = 1\n", to=server.address)
    get(node.address("http"), host="shop.test")
    names = [name for name, _ in server.requests[0].pairs]
    assert server.requests[0].vars["SERVER_NAME"] == "shop.test"
    assert names.index("SERVER_NAME") == names.index("HTTP_HOST") - 1


def test_quiet(reprise):
    node = reprise(INI + "http-quiet = 1\n", to=free_address())
    assert get(node.address("http")).status == 502
    assert "marking" in node.log and "unable to connect()" not in node.log
