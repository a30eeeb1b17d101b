"""Backends that are asked in HTTP/1.1: what they get, and which of their connections serve again."""

import re
import socket

import pytest

from harness import corpus
from harness.clients import TlsClient, connect, read_answer, receive_all, request_bytes
from harness.configurations import HTTP, HTTPS, SESSION_CACHE
from harness.http_backends import HttpBackend, ok, sends
from harness.node import Node
from harness.waiting import wait_until

CASES = corpus.load()
SPOKEN = "http-backend-http = true\nhttp-keepalive = true\n"
KEEP = SPOKEN + "http-backend-keepalive = 4\n"
PLAIN = "[uwsgi]\nstats = {stats}\n" + SPOKEN + HTTP
KEPT = "[uwsgi]\nstats = {stats}\n" + KEEP + HTTP
CORPUS = KEPT + "http-timeout = 4\nhttp-headers-timeout = 1\n"
FIELD = re.compile(r"[!#$%&'*+.^`|~0-9A-Za-z-]+: [^\r\n\0]*")


@pytest.fixture
def http_backend():
    made = []

    def make(behaviour=ok):
        made.append(HttpBackend(behaviour))
        return made[-1]

    yield make
    for one in made:
        one.close()


def counters(node):
    rows = [row["backends"] for row in node.stats()["routers"]]
    return {name: sum(row[name] for row in rows) for name in rows[0]}


def wait_for_counters(node, **expected):
    """What came of a connection is counted a moment after its client has the answer."""
    wait_until(lambda: expected.items() <= counters(node).items(), 10, f"{expected}")


def ask(connection, method="GET", path="/", **options):
    connection.sendall(request_bytes(method, path, close=False, **options))
    return read_answer(connection, method)


# What they get.


@pytest.fixture(scope="module")
def edge(session_directory):
    backend = HttpBackend(ok)
    node = Node(session_directory / "http-corpus", CORPUS, to=backend.address)
    node.wait_until_ready()
    yield node, backend
    wrong = node.end()
    backend.close()
    assert not wrong, "; ".join(wrong)


def told(variables, body):
    """Of one request in the table, what an HTTP backend sees of it too."""
    known = dict(variables)
    return [known["REQUEST_METHOD"], known["REQUEST_URI"], known.get("HTTP_HOST"), body]


def seen(request):
    target, method = corpus.short(request.target), corpus.short(request.method)
    host = corpus.short(request.fields["host"])
    return [method, target, host, corpus.short(request.body.decode("latin-1"))]


def check_form(request):
    """Nothing that two readers could read in two ways."""
    lines = request.head.removesuffix(b"\r\n\r\n").decode("latin-1").split("\r\n")
    assert re.fullmatch(r"[!-~]+ (/[!-~\x80-\xff]*|\*) HTTP/1\.[01]", lines[0])
    names = [line.split(":")[0].lower() for line in lines[1:]]
    assert all(FIELD.fullmatch(line) for line in lines[1:])
    assert names.count("host") == 1 and len(set(names)) == len(names)
    assert not {"transfer-encoding", "expect", "te", "trailer", "keep-alive", "proxy-connection",
                "proxy"} & set(names)
    assert request.fields.get("content-length", "0") == str(len(request.body))
    assert "connection" not in names or request.fields["connection"] == "Upgrade"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_request_of_the_corpus(edge, case):
    """Refused, or one unambiguous request, as by packets: over connections that are kept."""
    node, backend = edge
    backend.requests.clear()
    answers = corpus.play(node.address("http"), case)
    for request in backend.requests:
        check_form(request)
    wanted = [told(*request) for request in case.backend]
    got = [seen(request) for request in backend.requests]
    if case.name == "004-head":   # the table's backend sends a body, which ends the connection
        assert answers.pop() == 200 and got.pop()[1] == "/canary"
    assert answers == case.answers
    hosts = [[host for *_, host, _ in requests] for requests in (wanted, got)]
    assert [[m, t, b] for m, t, _, b in got] == [[m, t, b] for m, t, _, b in wanted]
    assert all(of_ours == theirs for theirs, of_ours in zip(*hosts) if theirs is not None)
    assert not backend.failures


FROM_CLIENT = [("Connection", "X-Secret, keep-alive"), ("X-Secret", "1"), ("Keep-Alive", "5"),
               ("TE", "trailers"), ("Trailer", "X"), ("Proxy-Connection", "keep-alive"),
               ("Upgrade", "h2c"), ("X_Real", "evil"), ("Proxy", "evil"), ("Cookie", "a=1"),
               ("Cookie", "b=2"), ("X-Twice", "1"), ("X-Twice", "2"),
               ("X-Forwarded-For", "192.0.2.1"), ("Forwarded", "for=192.0.2.1")]


def test_fields_of_the_connection_stay_here(reprise, http_backend):
    server = http_backend()
    ini = KEPT + ("http-x-forwarded-for = add\nhttp-x-forwarded-proto = replace\n"
                  "http-forwarded = replace\n")
    node = reprise(ini, to=server.address)
    with connect(node.address("http")) as client:
        assert ask(client, path="/a?b", host="a.test:1", headers=FROM_CLIENT).status == 200
    assert server.requests[0].target == "/a?b"
    assert server.requests[0].pairs == [
        ("Host", "a.test:1"), ("Cookie", "a=1; b=2"), ("X-Twice", "1, 2"),
        ("X-Forwarded-For", "192.0.2.1, 127.0.0.1"), ("X-Forwarded-Proto", "http"),
        ("Forwarded", 'for=127.0.0.1;proto=http;host="a.test:1"')]
    assert sum(row["fields_dropped"] for row in node.stats()["routers"]) == 3


def test_too_many_names_in_connection_are_refused(reprise, http_backend):
    node = reprise(KEPT, to=http_backend().address)
    names = ", ".join(f"X-{number}" for number in range(33))
    with connect(node.address("http")) as client:
        assert ask(client, headers=[("Connection", names)]).status == 400


def test_an_old_client_has_a_request_of_its_own(reprise, http_backend):
    server = http_backend()
    node = reprise(KEPT, to=server.address)
    for _ in range(2):
        with connect(node.address("http")) as client:
            client.sendall(b"GET /old HTTP/1.0\r\n\r\n")
            assert receive_all(client).endswith(b"/old")
    assert [request.version for request in server.requests] == ["HTTP/1.0"] * 2
    assert all(request.fields["host"] for request in server.requests)
    assert server.accepted == 2


def test_expectations_are_met_here(reprise, http_backend):
    server = http_backend()
    node = reprise(KEPT, to=server.address)
    with connect(node.address("http")) as client:
        client.sendall(b"PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                       b"Content-Length: 3\r\n\r\n")
        assert client.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"abc")
        assert read_answer(client).status == 200
    assert server.requests[0].body == b"abc" and "expect" not in server.requests[0].fields


CHUNKS = (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
          b"3;ext=\"1\"\r\nabc\r\n", b"00002\r\nde\r\n0\r\nX-Trailer: evil\r\n\r\n")


@pytest.mark.parametrize("input_too", [False, True])
@pytest.mark.parametrize("together", [False, True])
def test_chunks_are_made_anew(reprise, http_backend, input_too, together):
    """Decoded, or with chunks of ours, so neither extensions nor trailers reach the backend."""
    server = http_backend()
    node = reprise(KEPT + ("http-chunked-input = true\n" if input_too else ""), to=server.address)
    with connect(node.address("http")) as client:
        client.sendall(b"".join(CHUNKS) if together else CHUNKS[0])
        if not together:
            if input_too:
                wait_until(lambda: server.accepted == 1, 5, "the request to go on")
            client.sendall(CHUNKS[1])
        assert read_answer(client).status == 200
    assert server.requests[0].body == b"abcde"
    assert ("transfer-encoding" in server.requests[0].fields) == input_too
    assert ("content-length" in server.requests[0].fields) != input_too


def test_broken_chunks_end_the_backends_connection(reprise, http_backend):
    server = http_backend()
    node = reprise(KEPT + "http-chunked-input = true\n", to=server.address)
    with connect(node.address("http")) as client:
        client.sendall(CHUNKS[0] + b"3\r\nabcd\r\n0\r\n\r\n")
        assert read_answer(client).status == 400
    wait_until(lambda: server.failures, 5, "the backend to see it")
    assert not server.requests and counters(node)["kept"] == 0


# Which connections serve again.


@pytest.mark.parametrize("listener", ["http", "https"])
def test_one_connection_for_many_clients(reprise, http_backend, listener):
    server = http_backend()
    node = reprise(SESSION_CACHE + HTTPS + "http = {http}\n" + KEEP, to=server.address)
    for number in range(5):
        address = node.address(listener)
        plain = listener == "http"
        with (connect(address) if plain else TlsClient().connect(address)) as client:
            for path in (f"/{number}", "/again"):
                assert ask(client, path=path).body == path.encode()
    assert server.accepted == 1
    wait_for_counters(node, opened=1, kept=10, reused=9, stale=0, repeated=0)


def test_without_the_option_each_request_has_its_own(reprise, http_backend):
    server = http_backend()
    node = reprise(PLAIN, to=server.address)
    with connect(node.address("http")) as client:
        for _ in range(3):
            assert ask(client).status == 200
    assert server.accepted == 3
    assert [request.fields["connection"] for request in server.requests] == ["close"] * 3


@pytest.mark.parametrize("answer", [
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    b"HTTP/1.1 204 No Content\r\n\r\n",
    b"HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n",
    b"HTTP/1.1 103 Early Hints\r\nConnection: x\r\nX: 1\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\n"
    b"Keep-Alive: timeout=5\r\nUpgrade: h2c\r\n\r\n"])
def test_whole_answers_leave_a_connection(reprise, http_backend, answer):
    server = http_backend(sends(answer))
    node = reprise(KEPT, to=server.address)
    with connect(node.address("http")) as client:
        for _ in range(3):
            client.sendall(request_bytes(close=False))
            got = read_answer(client)
            assert not {"connection", "keep-alive", "x-hop", "upgrade"} & set(got.headers)
    assert server.accepted == 1 and counters(node)["reused"] == 2


def test_no_answer_to_head_with_a_length_leaves_a_connection(reprise, http_backend):
    """Too many backends send the body all the same, some a moment later."""
    server = http_backend()
    node = reprise(KEPT, to=server.address)
    with connect(node.address("http")) as client:
        assert ask(client, "HEAD", "/abc").headers["content-length"] == "4"
        assert ask(client, path="/abc").body == b"/abc"
    assert server.accepted == 2
    wait_for_counters(node, opened=2, kept=1, reused=0, stale=0, repeated=0)


@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_no_body_where_none_belongs_leaves_a_connection(reprise, http_backend, method):
    """A backend that does not read it would take it for a request."""
    server = http_backend()
    node = reprise(KEPT, to=server.address)
    with connect(node.address("http")) as client:
        assert ask(client, method, body=b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n").status == 200
        assert ask(client, method).status == 200
    assert server.accepted == 2
    wait_for_counters(node, opened=2, kept=1)


def test_answers_to_head_that_announce_nothing_leave_a_connection(reprise, http_backend):
    server = http_backend(sends(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
    node = reprise(KEPT, to=server.address)
    with connect(node.address("http")) as client:
        for _ in range(3):
            assert ask(client, "HEAD", "/abc").status == 200
    assert server.accepted == 1


@pytest.mark.parametrize("answer", [
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok, and more",
    b"HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nno",
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
    b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok",
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nKeep-Alive: max=9, timeout=1\r\n\r\nok",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n"])
def test_others_do_not(reprise, http_backend, answer):
    server = http_backend(sends(answer))
    node = reprise(KEPT, to=server.address)
    for _ in range(2):
        with connect(node.address("http")) as client:
            client.sendall(request_bytes(close=False))
            client.settimeout(5)
            assert client.recv(100).startswith(b"HTTP/1.")
    assert counters(node)["kept"] == 0
    wait_until(lambda: server.accepted == 2, 5, "each to have its own")


def test_the_clients_connection_outlives_the_backends(reprise, http_backend):
    server = http_backend(sends(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n"
                                b"\r\nok", last=True))
    node = reprise(KEPT, to=server.address)
    with connect(node.address("http")) as client:
        assert [ask(client).body for _ in range(3)] == [b"ok"] * 3
    assert server.accepted == 3


def test_what_comes_unasked_is_nobodys_answer(reprise, http_backend):
    """As Apache says 408 when it lets an idle connection go."""
    server = http_backend()
    node = reprise(KEPT, to=server.address)
    with connect(node.address("http")) as client:
        assert ask(client, path="/one").body == b"/one"
        wait_until(lambda: counters(node)["kept"] == 1, 5, "the connection to be kept")
        server.requests[0].send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong")
        assert ask(client, path="/two").body == b"/two"
    wait_until(lambda: counters(node)["stale"] == 1, 5, "it to be found")
    assert server.accepted == 2


def test_a_closed_one_is_not_used(reprise, http_backend):
    server = http_backend()
    node = reprise(KEPT, to=server.address)
    with connect(node.address("http")) as client:
        assert ask(client, "POST", body=b"1").status == 200
        wait_until(lambda: counters(node)["kept"] == 1, 5, "the connection to be kept")
        server.hang_up()
        wait_until(lambda: not server.open, 5, "it to be closed")
        assert ask(client, "POST", body=b"2").status == 200
    assert server.accepted == 2 and counters(node)["repeated"] == 0


def test_idle_ones_go_in_time(reprise, http_backend):
    server = http_backend()
    node = reprise(KEPT + "http-backend-idle = 1\n", to=server.address)
    with connect(node.address("http")) as client:
        assert ask(client).status == 200
        wait_until(lambda: not server.open, 10, "the connection to go")
        assert ask(client).status == 200
    assert counters(node)["stale"] == 0


def leaves_the_second(request):
    """Answers a connection's first request, and closes at the next of the first connection."""
    before = [each for each in request.server.requests if each.connection == request.connection]
    if request.connection == 0 and len(before) > 1:
        if request.server.resets:
            request.reset()
        request.last = True
    else:
        ok(request)


@pytest.fixture
def leaving(http_backend):
    """A backend that lets a kept connection go just when it is asked again."""

    def make(resets=False):
        server = http_backend(None)

        def behaviour(request):
            request.server = server
            leaves_the_second(request)

        server.resets = resets
        server.behaviour = behaviour
        return server

    return make


def chunked_put(connection):
    connection.sendall(b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                       b"7\r\nchunked\r\n0\r\n\r\n")
    return read_answer(connection)


@pytest.mark.parametrize("resets", [False, True])
@pytest.mark.parametrize("again, body", [
    (ask, b""), (lambda c: ask(c, "PUT", body=b"b" * 1000), b"b" * 1000), (chunked_put, b"chunked")],
    ids=["get", "put", "chunked"])
def test_what_may_be_asked_twice_is(reprise, leaving, again, body, resets):
    server = leaving(resets)
    node = reprise(KEPT, to=server.address)
    with connect(node.address("http")) as client:
        assert ask(client).status == 200
        assert again(client).status == 200
    assert [request.connection for request in server.requests] == [0, 0, 1]
    assert [request.body for request in server.requests[1:]] == [body, body]
    got = counters(node)
    assert (got["repeated"], got["stale"], got["opened"]) == (1, 1, 2)


@pytest.mark.parametrize("method, body", [("POST", b"b"), ("POST", b""), ("PUT", b"b" * 100_000)])
def test_what_may_not_is_502(reprise, leaving, method, body):
    server = leaving()
    node = reprise(KEPT, to=server.address)
    with connect(node.address("http")) as client:
        assert ask(client).status == 200
        assert ask(client, method, body=body).status == 502
    assert len(server.requests) == 2 and counters(node)["repeated"] == 0


def test_half_an_answer_is_no_reason_to_ask_twice(reprise, http_backend):
    def behaviour(request):
        if request is server.requests[0]:
            return ok(request)
        request.send(b"HTTP/1.1 200 O")
        request.last = True

    server = http_backend(behaviour)
    node = reprise(KEPT, to=server.address)
    with connect(node.address("http")) as client:
        assert ask(client).status == 200
        assert ask(client).status == 502
    assert len(server.requests) == 2


def test_a_backend_that_always_leaves_is_asked_twice(reprise, http_backend):
    def behaviour(request):
        if request is server.requests[0]:
            return ok(request)
        request.last = True

    server = http_backend(behaviour)
    node = reprise(KEPT, to=server.address)
    with connect(node.address("http")) as client:
        assert ask(client).status == 200
        assert ask(client).status == 502
    assert len(server.requests) == 3


def test_a_body_on_its_way_keeps_the_connection_for_itself(reprise):
    """An answer that comes before the body has gone on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        node = reprise(KEPT, to=f"127.0.0.1:{listener.getsockname()[1]}")
        with connect(node.address("http")) as client:
            client.sendall(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n123")
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                assert read_answer(client).status == 200
                connection.settimeout(10)
                assert connection.recv(65536) == b""   # ended, not kept
        assert counters(node)["kept"] == 0


def test_an_upgrade_becomes_a_tunnel(reprise, http_backend):
    def behaviour(request):
        if "upgrade" not in request.fields:
            return ok(request)
        request.send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                     b"Connection: Upgrade\r\n\r\n")
        request.send(b"<" + request.socket.recv(65536) + b">")
        request.last = True

    server = http_backend(behaviour)
    node = reprise(KEPT + "http-websockets = true\n", to=server.address)
    with connect(node.address("http")) as client:
        assert ask(client).status == 200
        client.sendall(request_bytes(close=False, headers=[
            ("Upgrade", "websocket"), ("Connection", "keep-alive, Upgrade"),
            ("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Key", "x3JJHMbDL1EzLkh9GBhXDw==")]))
        head = client.recv(4096)
        assert head.startswith(b"HTTP/1.1 101") and b"Connection: Upgrade" in head
        client.sendall(b"hello")
        assert receive_all(client) == b"<hello>"
    fields = server.requests[1].fields
    assert fields["connection"] == "Upgrade" and fields["sec-websocket-version"] == "13"
    assert server.requests[1].connection == 1   # one that nobody used before
    assert counters(node)["kept"] == 1   # the first request's alone


def test_nothing_follows_an_upgrade_that_is_refused(reprise, http_backend):
    """What stands behind it would be a request that nobody has looked at."""
    server = http_backend()
    node = reprise(KEPT + "http-websockets = true\n", to=server.address)
    with connect(node.address("http")) as client:
        upgrade = request_bytes(close=False, headers=[
            ("Upgrade", "websocket"), ("Connection", "Upgrade"),
            ("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Key", "x3JJHMbDL1EzLkh9GBhXDw==")])
        client.sendall(upgrade + b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n")
        assert read_answer(client).status == 200
        assert receive_all(client) == b""
    assert [request.target for request in server.requests] == ["/"]
    assert counters(node)["kept"] == 0


def test_another_node_takes_over(reprise, http_backend):
    one, two = http_backend(), http_backend()
    node = reprise(KEPT + "http-to = {two}\n", to=one.address, two=two.address)
    with connect(node.address("http")) as client:
        assert [ask(client).status for _ in range(4)] == [200] * 4
        assert (one.accepted, two.accepted) == (1, 1)
        one.close()
        wait_until(lambda: not one.open, 5, "its connections to end")
        assert [ask(client).status for _ in range(4)] == [200] * 4
    assert len(two.requests) == 6


def test_a_reload_takes_no_request_with_it(reprise, http_backend):
    server = http_backend()
    node = reprise(KEPT, to=server.address)
    with connect(node.address("http")) as client:
        assert ask(client).status == 200
    node.reload()
    wait_until(lambda: not server.open, 10, "the old workers' connections to end")
    with connect(node.address("http")) as client:
        assert ask(client).status == 200


@pytest.mark.parametrize("lines, words", [
    ("http-backend-keepalive = 4\n", "http-backend-keepalive needs http-backend-http"),
    ("http-backend-http = true\nhttp-raw-body = true\n", "leave http-raw-body out"),
    ("http-backend-http = true\nhttp-backend-idle = 0\n", "http-backend-idle")])
def test_what_makes_no_sense_stops_the_start(refused, lines, words):
    node = refused("[uwsgi]\nhttp = {http}\nhttp-to = 127.0.0.1:1\n" + lines)
    assert words in node.log
