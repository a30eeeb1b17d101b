"""The router's own answers and the limits behind them: each has an option and a counter."""

import time

import pytest

from harness.backends import answers, echo, silent
from harness.clients import connect, get, read_answer, receive_all, request_bytes
from harness.configurations import HTTP
from harness.waiting import wait_until

INI = "[uwsgi]\nstats = {stats}\nhttp-keepalive = true\n" + HTTP


def limit(node, name):
    return sum(row["limits"][name] for row in node.stats()["routers"])


def answered(node):
    """How often each status was ours, without those that were not."""
    totals = {}
    for row in node.stats()["routers"]:
        for status, count in row["answers"].items():
            totals[int(status)] = totals.get(int(status), 0) + count
    return {status: count for status, count in totals.items() if count}


def send(node, data):
    with connect(node.address("http")) as connection:
        connection.sendall(data)
        return receive_all(connection)


def test_each_answer_is_counted_by_its_status(reprise, backend):
    node = reprise(INI, to=backend().address)
    for data in [b"GET / HTTP/1.1\r\n\r\n", request_bytes(headers=[("Expect", "wonders")]),
                 b"GET / HTTP/3.0\r\nHost: a\r\n\r\n", b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
                 b"GET /" + b"a" * 70000 + b" HTTP/1.1\r\n\r\n"]:
        text = send(node, data)
        head, _, body = text.partition(b"\r\n\r\n")
        assert body == head.split(b" ", 1)[1].split(b"\r\n")[0] + b"\n"
    assert answered(node) == {400: 1, 414: 1, 417: 1, 501: 1, 505: 1}


def test_503_when_nobody_is_left_to_ask(reprise):
    node = reprise("[uwsgi]\nstats = {stats}\nhttp = {http}\n")
    assert get(node.address("http")).status == 503
    assert answered(node) == {503: 1}
    assert "no http-to: every request will be answered with 503" in node.log


@pytest.mark.parametrize("data", [b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n",
                                  b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"])
def test_bare_close_says_nothing(reprise, data):
    node = reprise("[uwsgi]\nstats = {stats}\nhttp = {http}\nhttp-bare-close = true\n")
    assert send(node, data) == b""
    assert sum(answered(node).values()) == 1


def test_head_bytes(reprise, backend):
    node = reprise(INI + "http-max-head = 1000\n", to=backend().address)
    assert send(node, request_bytes(headers=[("X", "v" * 1000)])).startswith(b"HTTP/1.1 431")
    assert send(node, request_bytes(path="/" + "p" * 1000)).startswith(b"HTTP/1.1 414")
    assert get(node.address("http"), headers=[("X", "v" * 800)]).status == 200
    assert limit(node, "head_bytes") == 2


def test_head_fields(reprise, backend):
    node = reprise(INI + "http-max-headers = 10\n", to=backend().address)
    assert get(node.address("http"), headers=[("X", "1")] * 8).status == 200
    assert get(node.address("http"), headers=[("X", "1")] * 9).status == 431
    assert limit(node, "head_fields") == 1


def test_head_time_is_for_the_whole_head(reprise, backend):
    node = reprise(INI + "http-headers-timeout = 1\n", to=backend().address)
    with connect(node.address("http")) as connection:
        began = time.monotonic()
        connection.sendall(b"GET / HTTP/1.1\r\n")
        try:
            while time.monotonic() - began < 6:
                connection.sendall(b"X: y\r\n")
                time.sleep(0.1)
        except ConnectionError:
            pass
        assert time.monotonic() - began < 5
    assert limit(node, "head_time") == 1 and answered(node) == {408: 1}


def test_body_bytes(reprise, backend):
    node = reprise(INI + "http-max-body = 1000\n", to=backend().address)
    assert get(node.address("http"), method="POST", body=b"b" * 1000).status == 200
    assert get(node.address("http"), method="POST", body=b"b" * 1001).status == 413
    assert limit(node, "body") == 1


def test_a_body_announced_by_expect(reprise, backend):
    node = reprise(INI + "http-manage-expect = 1000\n", to=backend().address)
    head = b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n"
    assert send(node, head % 1001).startswith(b"HTTP/1.1 413 ")
    with connect(node.address("http")) as connection:
        connection.sendall(head % 1000)
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert get(node.address("http"), method="POST", body=b"b" * 2000).status == 200


def test_body_time_is_for_the_whole_body(reprise, backend):
    node = reprise(INI + "http-body-timeout = 1\n", to=backend(silent).address)
    with connect(node.address("http")) as connection:
        began = time.monotonic()
        connection.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n")
        connection.settimeout(0.1)
        data = b""
        while not data and time.monotonic() - began < 6:
            connection.sendall(b"x")
            try:
                data = connection.recv(65536)
            except TimeoutError:
                pass
        assert data.startswith(b"HTTP/1.1 408 ")
        assert time.monotonic() - began < 5
    assert limit(node, "body_time") == 1


def test_connections_of_one_address(reprise, backend):
    node = reprise(INI + "http-max-connections = 2\nno-defer-accept = true\n",
                   to=backend().address)
    first, second = connect(node.address("http")), connect(node.address("http"))
    for connection in (first, second):
        connection.sendall(request_bytes(close=False))
        assert read_answer(connection).status == 200
    assert send(node, b"") == b""
    assert limit(node, "connections") == 1
    first.close()
    wait_until(lambda: send(node, request_bytes()).startswith(b"HTTP/1.1 200"), 5, "room again")
    second.close()


def test_requests_of_one_connection(reprise, backend):
    node = reprise(INI + "http-max-requests = 2\n", to=backend().address)
    with connect(node.address("http")) as connection:
        connection.sendall(request_bytes(close=False) * 3)
        assert receive_all(connection).count(b"HTTP/1.1 200") == 2
    assert limit(node, "requests") == 1


def test_response_head_bytes(reprise, backend):
    answer = b"HTTP/1.1 200 OK\r\nX: " + b"v" * 2000 + b"\r\nContent-Length: 0\r\n\r\n"
    node = reprise(INI + "http-max-response-head = 1000\n", to=backend(answers(answer)).address)
    assert get(node.address("http")).status == 502
    assert limit(node, "response_head") == 1


def test_fields_that_could_forge_others_are_dropped_and_counted(reprise, backend):
    server = backend(echo)
    node = reprise(INI, to=server.address)
    get(node.address("http"), headers=[("X_Forwarded_For", "1.2.3.4"), ("Proxy", "http://evil"),
                                       ("Content_Length", "9"), ("X-Good", "1"),
                                       ("Upgrade", "h2c")])
    names = server.requests[0].vars
    assert not {"HTTP_X_FORWARDED_FOR", "HTTP_PROXY", "HTTP_UPGRADE"} & names.keys()
    assert names["HTTP_X_GOOD"] == "1"
    assert sum(row["fields_dropped"] for row in node.stats()["routers"]) == 4


@pytest.mark.parametrize("line", ["http-max-head = 100", "http-max-head = 70000",
                                  "http-forwarded = maybe", "http-access-log-format = xml",
                                  "http-proxy-protocol-from = here", "http-to-https = {x},port",
                                  "http-use-pattern = /run/no-place.sock",
                                  "http-enable-proxy-protocol = true"])
def test_bad_values_stop_the_start(refused, line):
    node = refused("[uwsgi]\nhttp = {http}\nhttp-to = {to}\n" + line + "\n")
    assert "node.ini:4" in node.log
