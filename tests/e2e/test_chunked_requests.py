"""Chunked request bodies: decoded for uwsgi backends, whose packets tell the length first."""

import socket

import pytest

from harness.backends import echo
from harness.clients import TlsClient, connect, read_answer, receive_all
from harness.configurations import HTTP
from harness.waiting import wait_until

INI = "[uwsgi]\nstats = {stats}\nhttp-keepalive = true\n" + HTTP


def head(*fields):
    lines = ["POST / HTTP/1.1", "Host: a.test", "Transfer-Encoding: chunked", *fields]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def chunks(*pieces):
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def recording(backend):
    def behaviour(exchange):
        exchange.body = b"".join(exchange.body_pieces())
        exchange.reply(b"ok")
    return backend(behaviour)


def limits(node):
    return {name: sum(row["limits"][name] for row in node.stats()["routers"])
            for name in node.stats()["routers"][0]["limits"]}


def answers(node, status):
    return sum(row["answers"][str(status)] for row in node.stats()["routers"])


def test_the_backend_gets_the_data_with_its_length(reprise, backend):
    server = recording(backend)
    node = reprise(INI, to=server.address)
    with connect(node.address("http")) as connection:
        connection.sendall(head("Trailer: X-T") + b"5;a=b\r\nhello\r\n6\r\n world\r\n0\r\nX-T: 1\r\n\r\n")
        assert read_answer(connection).body == b"ok"
    request = server.requests[0]
    assert request.body == b"hello world"
    assert request.vars["CONTENT_LENGTH"] == "11"
    assert "HTTP_TRANSFER_ENCODING" not in request.vars and "HTTP_X_T" not in request.vars


@pytest.mark.parametrize("size", [0, 1, 16384, 16385, 3_000_000])
def test_any_size_arrives_whole(reprise, backend, size):
    server = recording(backend)
    node = reprise(INI, to=server.address)
    body = bytes(i % 251 for i in range(size))
    pieces = [body[i:i + 7777] for i in range(0, size, 7777)]
    with connect(node.address("http")) as connection:
        connection.sendall(head() + chunks(*pieces))
        assert read_answer(connection).body == b"ok"
    assert server.requests[0].body == body


def test_byte_by_byte_and_over_tls(reprise, backend):
    server = recording(backend)
    node = reprise("[uwsgi]\nhttps = {https},{crt},{key}\nhttp-to = {to}\n", to=server.address)
    with TlsClient(no_delay=True).connect(node.address("https")) as connection:
        for byte in head("Connection: close") + chunks(b"abc", b"defg"):
            connection.sendall(bytes([byte]))
        assert read_answer(connection).body == b"ok"
    assert server.requests[0].body == b"abcdefg"


def test_the_next_request_follows_right_behind(reprise, backend):
    server = recording(backend)
    node = reprise(INI, to=server.address)
    with connect(node.address("http")) as connection:
        connection.sendall((head() + chunks(b"one")) + (head() + chunks(b"two"))
                           + b"GET /last HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n")
        assert receive_all(connection).count(b"HTTP/1.1 200") == 3
    assert [request.body for request in server.requests] == [b"one", b"two", b""]


def test_who_waits_is_told_to_go_on(reprise, backend):
    server = recording(backend)
    node = reprise(INI, to=server.address)
    with connect(node.address("http")) as connection:
        connection.sendall(head("Expect: 100-continue"))
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(chunks(b"now"))
        assert read_answer(connection).status == 200
    assert server.requests[0].body == b"now"


@pytest.mark.parametrize("body", [b"5 \r\nhello\r\n0\r\n\r\n", b"0x5\r\nhello\r\n0\r\n\r\n",
                                  b"5\nhello\r\n0\r\n\r\n", b"5\r\nhelloX0\r\n\r\n",
                                  b"11111111111111111\r\n", b"-1\r\n\r\n", b"\r\n"])
def test_broken_framing_is_400_and_reaches_nobody(reprise, backend, body):
    server = recording(backend)
    node = reprise(INI, to=server.address)
    with connect(node.address("http")) as connection:
        connection.sendall(head() + body)
        assert receive_all(connection).startswith(b"HTTP/1.1 400 ")
    assert server.requests == []
    assert answers(node, 400) == 1


def test_too_long_is_413(reprise, backend):
    server = recording(backend)
    node = reprise(INI + "http-max-chunked-body = 1000\n", to=server.address)
    with connect(node.address("http")) as connection:
        connection.sendall(head() + chunks(b"x" * 1000))
        assert read_answer(connection).status == 200
        connection.sendall(head() + chunks(b"x" * 600, b"x" * 401))
        assert read_answer(connection).status == 413
    assert limits(node)["body"] == 1 and answers(node, 413) == 1


def test_one_that_never_ends_is_408(reprise, backend):
    server = recording(backend)
    node = reprise(INI + "http-timeout = 1\n", to=server.address)
    with connect(node.address("http")) as connection:
        connection.sendall(head() + b"5\r\nhel")
        assert receive_all(connection).startswith(b"HTTP/1.1 408 ")
    assert server.requests == []


def test_a_client_that_leaves_reaches_nobody(reprise, backend):
    server = recording(backend)
    node = reprise(INI, to=server.address)
    with connect(node.address("http")) as connection:
        connection.sendall(head() + b"5\r\nhel")
    wait_until(lambda: sum(row["client_closed"] for row in node.stats()["routers"]) == 1, 5,
               "the counter")
    assert server.requests == []


def test_chunked_input_passes_the_framing_on(reprise, backend):
    got = []

    def behaviour(exchange):
        data = b""
        while not data.endswith(b"0\r\n\r\n"):
            data += exchange.socket.recv(65536)
        got.append(data)
        exchange.reply(b"ok")

    server = backend(behaviour)
    node = reprise(INI + "http-chunked-input = true\n", to=server.address)
    with connect(node.address("http")) as connection:
        connection.sendall(head() + b"3\r\nabc\r\n")
        connection.sendall(b"2\r\nde\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n")
        answer = receive_all(connection)
    assert answer.count(b"HTTP/1.1 200") == 1
    assert got == [b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"]
    assert server.requests[0].vars["HTTP_TRANSFER_ENCODING"] == "chunked"
    assert "CONTENT_LENGTH" not in server.requests[0].vars


def test_chunked_input_with_broken_framing_is_400(reprise, backend):
    def behaviour(exchange):
        exchange.wait_for_close()

    node = reprise(INI + "http-chunked-input = true\n", to=backend(behaviour).address)
    with connect(node.address("http")) as connection:
        connection.sendall(head() + b"3\r\nabc\r\n")
        connection.sendall(b"zz\r\n")
        assert receive_all(connection).startswith(b"HTTP/1.1 400 ")


def test_raw_body_lasts_until_the_client_ends(reprise, backend):
    got = []

    def behaviour(exchange):
        data = b""
        while piece := exchange.socket.recv(65536):
            data += piece
        got.append(data)
        exchange.send(b"HTTP/1.1 200 OK\r\n\r\n" + data.upper())

    node = reprise(INI + "http-raw-body = true\n", to=backend(behaviour).address)
    with connect(node.address("http")) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: a\r\n\r\nany")
        connection.sendall(b"thing")
        connection.shutdown(socket.SHUT_WR)
        assert receive_all(connection).endswith(b"\r\n\r\nANYTHING")
    assert got == [b"anything"]


def test_raw_body_leaves_lengths_alone(reprise, backend):
    node = reprise(INI + "http-raw-body = true\n", to=backend(echo).address)
    with connect(node.address("http")) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\n")
        assert read_answer(connection).json["length"] == 3
