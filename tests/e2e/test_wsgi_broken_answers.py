"""An answer of our own workers that breaks off must not look whole, wherever it has no length."""

import ssl

import pytest

from harness.clients import TlsClient, connect, receive_all, request_bytes
from test_wsgi import BASIC, ask

ROUTED = BASIC + "http = {http}\nhttps = {https},{crt},{key}\n"


@pytest.fixture
def node(reprise):
    return reprise(ROUTED)


@pytest.mark.parametrize("path", ["/raise_later_without_length", "/exc_info_too_late",
                                  "/crash_in_the_middle"])
@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_the_connection_ends_without_a_clean_end(node, path, version):
    request = f"GET {path} HTTP/{version}\r\nHost: a\r\n\r\n".encode()
    with connect(node.address("http")) as plain:
        plain.sendall(request)
        with pytest.raises(ConnectionResetError):
            while plain.recv(65536):
                pass
    with TlsClient().connect(node.address("https")) as tls:
        tls.sendall(request)
        with pytest.raises((ssl.SSLEOFError, ConnectionResetError)):
            while tls.recv(65536):
                pass


@pytest.mark.parametrize("path, body", [
    ("/pieces", b"onetwo" + b"x" * 100000 + b"end"),
    ("/empty", b""),
    ("/file", None),
    ("/memory", b"m" * 100000),
    ("/writes_without_length", b"abcdef"),
])
@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_a_whole_one_ends_in_order_as_it_was_written(node, path, body, version):
    direct = f"GET {path} HTTP/{version}\r\nHost: a\r\n\r\n".encode()
    with connect(node.address("http")) as connection:
        connection.sendall(direct)
        answer = receive_all(connection)
        assert connection.recv(1) == b""
    head, _, received = answer.partition(b"\r\n\r\n")
    assert b"transfer-encoding" not in head.lower() and b"content-length" not in head.lower()
    if body is None:
        with open(__file__.replace("test_wsgi_broken_answers.py", "apps/python/basic.py"),
                  "rb") as file:
            body = file.read()[3:]
    assert received == body
    with TlsClient().connect(node.address("https")) as tls:
        tls.sendall(direct)
        assert receive_all(tls).endswith(body)   # a missing close_notify would raise


def test_chunks_to_the_client_if_it_was_asked_for(reprise):
    node = reprise(ROUTED + "http-auto-chunked = true\nhttp-keepalive = true\n")
    with connect(node.address("http")) as connection:
        connection.sendall(request_bytes(path="/writes_without_length", close=False))
        connection.sendall(request_bytes(path="/head"))
        answer = receive_all(connection)
    assert b"Transfer-Encoding: chunked" in answer
    assert b"def\r\n0\r\n\r\nHTTP/1.1 200 OK" in answer


def test_an_application_with_framing_of_its_own(node):
    status, fields, body = ask(node.address("http"), "/own_chunks")
    assert fields["transfer-encoding"] == "chunked"
    assert body == b"3\r\nabc\r\n0\r\n\r\n"
