"""Bodies of any size, both ways, unchanged and with bounded memory."""

import hashlib
import socket
import threading
import time

import pytest

from harness import pattern, processes
from harness.backends import answers, answers_early, chunked, downloads, echo, silent
from harness.clients import TlsClient, connect, get, read_answer, receive_all, request_bytes
from harness.configurations import HTTP, HTTPS, SESSION_CACHE

MIB = 1024 * 1024
BOTH = SESSION_CACHE + HTTPS + "http = {http}\n"


@pytest.fixture
def open_to(reprise, backend):
    """A connection to a node in front of this behaviour: open_to("https", behaviour)."""

    def make(listener, behaviour, extra=""):
        make.node = reprise(BOTH + extra, to=backend(behaviour).address)
        if listener == "http":
            return connect(make.node.address("http"))
        return TlsClient().connect(make.node.address("https"))

    return make


def upload_head(length):
    return b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % length


on_both = pytest.mark.parametrize("listener", ["http", "https"])


@on_both
def test_a_long_download_arrives_whole(open_to, listener):
    with open_to(listener, downloads(100 * MIB)) as connection:
        connection.sendall(request_bytes())
        answer = read_answer(connection)
    assert len(answer.body) == 100 * MIB
    assert hashlib.sha256(answer.body).hexdigest() == pattern.checksum(100 * MIB)


@on_both
def test_a_long_upload_arrives_whole(open_to, listener):
    with open_to(listener, echo) as connection:
        connection.sendall(upload_head(100 * MIB))
        for piece in pattern.blocks(100 * MIB):
            connection.sendall(piece)
        got = read_answer(connection).json
    assert (got["length"], got["sha256"]) == (100 * MIB, pattern.checksum(100 * MIB))


def test_real_uwsgi_gets_and_gives_long_bodies(reprise, real_backends):
    node = reprise(BOTH, to=real_backends[0].address)
    assert len(TlsClient().get(node.address("https"), path="/download?20000000").body) == 20_000_000
    body = b"".join(pattern.blocks(5 * MIB))
    got = TlsClient().get(node.address("https"), method="POST", body=body).json
    assert (got["length"], got["sha256"]) == (5 * MIB, pattern.checksum(5 * MIB))


@on_both
def test_a_client_that_does_not_read_costs_no_memory(open_to, listener):
    with open_to(listener, downloads(200 * MIB)) as connection:
        worker = open_to.node.worker_pids()[1]
        before = processes.resident_kib(worker)
        connection.sendall(request_bytes())
        time.sleep(1)
        assert processes.resident_kib(worker) - before < 2048
        connection.recv(1)


@on_both
def test_a_backend_that_does_not_read_costs_no_memory(open_to, listener):
    hold = threading.Event()
    with open_to(listener, lambda exchange: hold.wait(5)) as connection:
        worker = open_to.node.worker_pids()[1]
        before = processes.resident_kib(worker)
        connection.sendall(upload_head(200 * MIB))
        connection.settimeout(0.7)
        with pytest.raises((TimeoutError, socket.timeout)):
            for piece in pattern.blocks(200 * MIB):
                connection.sendall(piece)
        assert processes.resident_kib(worker) - before < 2048
    hold.set()


def test_a_slow_reader_gets_everything(open_to):
    with open_to("https", downloads(3 * MIB)) as connection:
        connection.sendall(request_bytes())
        digest, received = hashlib.sha256(), 0
        while piece := connection.recv(16384):
            received += len(piece)
            digest.update(piece)
            time.sleep(0.002)
    assert received > 3 * MIB


@on_both
def test_an_answer_before_the_body_is_delivered(open_to, listener):
    with open_to(listener, answers_early) as connection:
        connection.sendall(upload_head(MIB) + b"x" * 1000)
        answer = read_answer(connection)
    assert (answer.status, answer.body) == (413, b"too much")


def test_a_chunked_answer_is_relayed(open_to):
    with open_to("https", chunked(b"one", b"two" * 10000, b"3")) as connection:
        connection.sendall(request_bytes())
        assert read_answer(connection).body == b"one" + b"two" * 10000 + b"3"


def test_an_answer_that_ends_with_the_connection(open_to):
    with open_to("https", answers(b"HTTP/1.1 200 OK\r\nX-A: b\r\n\r\nuntil the end")) as connection:
        connection.sendall(request_bytes())
        answer = read_answer(connection)   # an error if there is no close_notify
    assert (answer.headers["x-a"], answer.body) == ("b", b"until the end")


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_answers_without_a_body(open_to, status):
    head = f"HTTP/1.1 {status}\r\nX-A: b\r\n\r\n".encode()
    with open_to("http", answers(head)) as connection:
        connection.sendall(request_bytes())
        assert receive_all(connection).startswith(head[:-2])


def test_a_head_request_ends_though_a_length_is_announced(open_to):
    with open_to("http", answers(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")) as connection:
        connection.sendall(request_bytes("HEAD"))
        answer = read_answer(connection, "HEAD")
    assert (answer.status, answer.headers["content-length"]) == (200, "1000")


def test_a_client_that_goes_away_releases_its_backend(reprise, backend):
    gone = threading.Event()

    def behaviour(exchange):
        silent(exchange)
        gone.set()

    node = reprise("[uwsgi]\n" + HTTP, to=backend(behaviour).address)
    with connect(node.address("http")) as connection:
        connection.sendall(request_bytes())
        time.sleep(0.1)
    assert gone.wait(5)


def test_an_interrupted_upload_is_not_taken_for_a_whole_one(reprise, backend):
    server = backend(echo)
    node = reprise("[uwsgi]\n" + HTTP, to=server.address)
    with connect(node.address("http")) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf")
    with connect(node.address("http")) as connection:
        connection.sendall(request_bytes())
        assert read_answer(connection).status == 200
    assert [type(problem) for problem in server.failures] == [ConnectionError]


def test_a_response_in_many_small_pieces(reprise, backend):
    def drip(exchange):
        for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello":
            exchange.send(bytes([byte]))
            time.sleep(0.002)

    node = reprise("[uwsgi]\n" + HTTP, to=backend(drip).address)
    assert get(node.address("http")).body == b"hello"
