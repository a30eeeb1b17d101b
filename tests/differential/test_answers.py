"""What a client receives: the backend's answer, byte for byte, from both routers."""

import pytest

from harness.backends import answers
from harness.clients import connect, receive_all, request_bytes

INI = "[uwsgi]\nmaster = true\nhttp = {http}\nhttp-to = {to}\n"
ANSWERS = {
    "length": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: b\r\n\r\nok",
    "until close": b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nto the end",
    "chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "no content": b"HTTP/1.1 204 No Content\r\n\r\n",
    "redirect": b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n",
    "error": b"HTTP/1.1 500 Internal Server Error\r\nConnection: close\r\n"
             b"Content-Type: text/plain\r\n\r\nInternal Server Error",
    "cookies": b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n"
               b"Content-Length: 0\r\n\r\n",
    "own reason": b"HTTP/1.1 299 All is well\r\nContent-Length: 0\r\n\r\n",
}


@pytest.mark.parametrize("name", ANSWERS)
def test_is_relayed_alike(both, backend, name):
    nodes = both(INI, to=backend(answers(ANSWERS[name])).address)
    received = []
    for node in nodes:
        with connect(node.address("http")) as connection:
            connection.sendall(request_bytes())
            received.append(meaning(receive_all(connection)))
    theirs, ours = received
    assert ours == theirs


def meaning(answer):
    """Status line, headers and body. We say that the connection closes, uWSGI does not."""
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if line.lower() != b"connection: close"]
    return lines, body
