"""Backends that are down, silent, rubbish or dying: the client is told, and the others go on."""

import http.client
import socket
import ssl
import threading

import pytest

from harness.addresses import free_address
from harness.backends import answers, closes, dies_in_body, echo, resets, silent
from harness.clients import TlsClient, connect, get, read_answer, request_bytes
from harness.configurations import HTTP, HTTPS, SESSION_CACHE
from harness.waiting import wait_until

PLAIN = "[uwsgi]\nstats = {stats}\n" + HTTP


def routers(node, counter):
    return sum(row[counter] for row in node.stats()["routers"])


def test_down_is_502(reprise):
    nobody = free_address()
    node = reprise(PLAIN, to=nobody)
    assert get(node.address("http")).status == 502
    assert f'[uwsgi-http] unable to connect() to node "{nobody}"' in node.log
    assert "Connection refused" in node.log
    assert routers(node, "upstream_failed") == 1


def test_down_is_502_for_a_missing_unix_socket(reprise):
    node = reprise(PLAIN, to="nothing-here.sock")
    assert get(node.address("http")).status == 502


def test_the_others_take_over_from_one_that_is_down(reprise, backend):
    live = backend()
    node = reprise(PLAIN + "http-to = {dead}\nhttp-to = {also_dead}\n", to=live.address,
                   dead=free_address(), also_dead=free_address())
    assert [get(node.address("http")).status for _ in range(12)] == [200] * 12
    assert len(live.requests) == 12


def test_a_body_is_not_lost_by_taking_over(reprise, backend):
    node = reprise("[uwsgi]\nhttp = {http}\nhttp-to = {dead}\nhttp-to = {to}\n",
                   to=backend(echo).address, dead=free_address())
    assert get(node.address("http"), method="POST", body=b"b" * 100_000).json["length"] == 100_000


def test_it_is_tried_again_after_the_grace_time(reprise, backend):
    # The first address is free now and gets its server later.
    late = free_address()
    node = reprise(PLAIN + "http-gracetime = 1\n", to=late)
    assert get(node.address("http")).status == 502
    host, _, port = late.rpartition(":")
    with socket.create_server((host, int(port))) as server:
        def serve():
            asked = False
            while not asked:   # the router may look first, without a request
                connection, _ = server.accept()
                with connection:
                    asked = connection.recv(65536)
                    if asked:
                        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        threading.Thread(target=serve, daemon=True).start()
        wait_until(lambda: get(node.address("http")).status == 200, 5, "the node to be tried again",
                   interval=0.2)


def test_no_request_finds_out_that_a_node_is_back(reprise, backend):
    live = backend()
    dead = free_address()
    node = reprise(PLAIN + "http-to = {dead}\nhttp-gracetime = 1\n", to=live.address, dead=dead)
    assert [get(node.address("http")).status for _ in range(2)] == [200, 200]   # it is marked
    host, _, port = dead.rpartition(":")
    with socket.create_server((host, int(port))) as server:
        server.settimeout(15)
        probe, _ = server.accept()
        with probe:
            assert probe.recv(1) == b""   # somebody looked, without a request

        def is_back():
            with connect(node.address("http")) as client:
                client.sendall(request_bytes())
                server.settimeout(0.2)
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    return read_answer(client).status != 200   # the other one answered
                with connection:
                    assert connection.recv(65536)
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                    return read_answer(client).status == 200

        wait_until(is_back, 5, "the node to take its turns again", interval=0.05)


def test_silence_is_504(reprise, backend):
    node = reprise(PLAIN + "http-timeout = 1\n", to=backend(silent).address)
    assert get(node.address("http")).status == 504
    assert routers(node, "upstream_timed_out") == 1


def test_silence_is_504_over_tls_and_on_kept_connections(reprise, backend):
    node = reprise(SESSION_CACHE + HTTPS + "http-timeout = 1\nhttp-keepalive = 1\n",
                   to=backend(silent).address)
    with TlsClient().connect(node.address("https")) as connection:
        connection.sendall(request_bytes(close=False))
        assert read_answer(connection).status == 504


@pytest.mark.parametrize("behaviour", [
    closes,
    resets,
    answers(b"\x00\x01\x02 rubbish \xff\xfe" * 20),
    answers(b"HTTP/1.1 200 OK\r\nX: half"),
    answers(b"HTTP/9.9 abc nonsense\r\n\r\n"),
    answers(b"SSH-2.0-OpenSSH_9.2\r\n"),
    answers(b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 500_000 + b"\r\n\r\n"),
], ids=["closes", "resets", "binary", "half a head", "bad status", "ssh", "endless head"])
@pytest.mark.parametrize("extra", ["", "http-keepalive = 1\n"], ids=["one", "kept"])
def test_rubbish_is_502(reprise, backend, behaviour, extra):
    node = reprise(PLAIN + extra, to=backend(behaviour).address)
    answer = get(node.address("http"))
    assert answer.status == 502
    assert routers(node, "upstream_failed") == 1


def test_an_error_answer_can_be_read(reprise):
    node = reprise(PLAIN, to=free_address())
    answer = get(node.address("http"))
    assert answer.body and answer.headers["content-type"].startswith("text/")
    assert int(answer.headers["content-length"]) == len(answer.body)


def test_an_error_on_a_kept_connection_leaves_it_in_order(reprise, backend):
    node = reprise(PLAIN + "http-keepalive = 1\n", to=backend(closes).address)
    with connect(node.address("http")) as connection:
        connection.sendall(request_bytes(close=False))
        assert read_answer(connection).status == 502
        try:
            connection.sendall(request_bytes(close=False))
            assert read_answer(connection).status == 502
        except (ConnectionError, http.client.RemoteDisconnected):
            pass   # closing after an error is in order too


@pytest.mark.parametrize("extra", ["", "http-keepalive = 1\n"], ids=["one", "kept"])
def test_dying_in_the_body_is_seen_by_the_client(reprise, backend, extra):
    node = reprise(PLAIN + extra, to=backend(dies_in_body(1000, 400)).address)
    with connect(node.address("http")) as connection:
        connection.sendall(request_bytes())
        with pytest.raises(http.client.IncompleteRead) as cut:
            read_answer(connection)
    assert len(cut.value.partial) == 400
    assert routers(node, "truncated") == 1


def test_a_torn_answer_does_not_end_like_a_whole_one(reprise, backend):
    """No length was announced, so close_notify would say that this was all."""
    reached = threading.Event()

    def behaviour(exchange):
        exchange.send(b"HTTP/1.1 200 OK\r\n\r\nthe first half")
        reached.wait(5)
        resets(exchange)

    node = reprise(SESSION_CACHE + HTTPS, to=backend(behaviour).address)
    with TlsClient().connect(node.address("https")) as connection:
        connection.sendall(request_bytes())
        data = b""
        while not data.endswith(b"the first half"):
            data += connection.recv(1000)
        reached.set()
        with pytest.raises((ssl.SSLEOFError, ConnectionResetError)):
            if connection.recv(1000) == b"":
                pytest.fail("a regular close_notify for half an answer")


def test_a_hanging_backend_holds_up_nobody_else(reprise, backend):
    hanging, live = backend(silent), backend()
    node = reprise(PLAIN + "http-to = {live}\nhttp-timeout = 20\n", to=hanging.address,
                   live=live.address)
    waiting = connect(node.address("http"))
    waiting.sendall(request_bytes())
    wait_until(lambda: hanging.requests, what="the hanging request")
    assert get(node.address("http")).status == 200
    waiting.close()


def test_garbage_in_the_head_of_one_answer_leaves_the_worker_well(reprise, backend):
    node = reprise(PLAIN, to=backend(answers(b"\xff" * 100)).address)
    pid = node.worker_pids()[1]
    for _ in range(20):
        assert get(node.address("http")).status == 502
    assert node.worker_pids()[1] == pid
