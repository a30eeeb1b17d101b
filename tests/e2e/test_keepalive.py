"""Connections that stay open between requests, and those that must not."""

import pytest

from harness.backends import answers, chunked, dies_in_body, echo
from harness.clients import TlsClient, connect, read_answer, receive_all, request_bytes
from harness.configurations import HTTPS, SESSION_CACHE

BOTH = SESSION_CACHE + HTTPS + "http = {http}\n"
KEEPALIVE = BOTH + "http-keepalive = 1\n"


def open_connection(node, listener):
    if listener == "http":
        return connect(node.address("http"))
    return TlsClient().connect(node.address("https"))


@pytest.fixture
def kept(reprise, backend):
    """A connection to a node that keeps it."""

    def make(behaviour=echo, listener="http", extra=""):
        make.node = reprise(KEEPALIVE + extra, to=backend(behaviour).address)
        return open_connection(make.node, listener)

    return make


def exchange(connection, method="GET", **options):
    connection.sendall(request_bytes(method, close=False, **options))
    return read_answer(connection, method)


def is_closed(connection):
    return receive_all(connection) == b""


@pytest.mark.parametrize("listener", ["http", "https"])
def test_many_requests_on_one_connection(kept, listener):
    with kept(listener=listener) as connection:
        for number in range(20):
            got = exchange(connection, path=f"/{number}").json
            assert dict(got["vars"])["REQUEST_URI"] == f"/{number}"


def test_posts_on_one_connection(kept):
    with kept() as connection:
        for length in (1, 100_000, 0, 5):
            assert exchange(connection, "POST", body=b"b" * length).json["length"] == length


def test_chunked_answers_on_one_connection(kept):
    with kept(chunked(b"a" * 1000, b"b")) as connection:
        for _ in range(3):
            assert exchange(connection).body == b"a" * 1000 + b"b"


@pytest.mark.parametrize("head", [b"HTTP/1.1 204 No Content\r\n\r\n",
                                  b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n"])
def test_answers_without_a_body_on_one_connection(kept, head):
    with kept(answers(head)) as connection:
        for _ in range(3):
            assert exchange(connection).body == b""


def test_head_requests_on_one_connection(kept):
    with kept(answers(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")) as connection:
        for _ in range(3):
            assert exchange(connection, "HEAD").status == 200


def test_pipelined_requests_are_answered_in_order(kept):
    with kept() as connection:
        connection.sendall(b"".join(request_bytes(path=f"/{i}", close=i == 2) for i in range(3)))
        data = receive_all(connection)
    assert [data.find(b'"REQUEST_URI", "/%d"' % i) for i in range(3)] == sorted(
        data.find(b'"REQUEST_URI", "/%d"' % i) for i in range(3))
    assert data.count(b"HTTP/1.1 200 OK") == 3


@pytest.mark.parametrize("listener", ["http", "https"])
def test_a_client_that_asks_for_the_end_gets_it(kept, listener):
    with kept(listener=listener) as connection:
        connection.sendall(request_bytes(close=True))
        assert read_answer(connection).status == 200
        assert is_closed(connection)


def test_http_1_0_is_not_kept(kept):
    with kept() as connection:
        connection.sendall(b"GET / HTTP/1.0\r\nHost: x\r\n\r\n")
        assert read_answer(connection).status == 200
        assert is_closed(connection)


def test_without_the_option_a_connection_serves_one_request(reprise, backend):
    node = reprise(BOTH, to=backend().address)
    for listener in ("http", "https"):
        with open_connection(node, listener) as connection:
            assert exchange(connection).status == 200
            assert is_closed(connection)


def test_an_answer_without_a_length_ends_the_connection(kept):
    with kept(answers(b"HTTP/1.1 200 OK\r\n\r\nto the end")) as connection:
        connection.sendall(request_bytes(close=False))
        assert receive_all(connection).endswith(b"to the end")


def test_a_short_answer_is_never_followed_by_another(kept):
    """uWSGI keeps the connection, and the next answer lands in this one's body."""
    with kept(dies_in_body(10, 4)) as connection:
        connection.sendall(request_bytes(close=False) * 2)
        data = receive_all(connection)
    assert data.endswith(b"\r\n\r\nxxxx")
    assert data.count(b"HTTP/1.1") == 1


def test_a_long_answer_is_never_taken_for_the_next(kept):
    """What a backend sends beyond its Content-Length must not reach the client as an answer."""
    good = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    evil = good + b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"
    with kept(answers(evil)) as connection:
        connection.sendall(request_bytes(close=False))
        connection.settimeout(1)
        try:
            data = connection.recv(65536)
            data += connection.recv(65536)
        except TimeoutError:
            pass
    assert b"evil" not in data


def test_an_idle_connection_is_closed_in_time(kept):
    with kept(extra="http-keepalive = 2\n") as connection:
        assert exchange(connection).status == 200
        connection.settimeout(6)
        assert is_closed(connection)


def test_expect_is_forgotten_with_its_request(kept):
    with kept(extra="http-manage-expect = true\n") as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
                           b"Expect: 100-continue\r\n\r\nab")
        first = read_answer(connection)
        assert first.json["length"] == 2
        connection.sendall(request_bytes())
        assert not receive_all(connection).startswith(b"HTTP/1.1 100")
