"""Nonsense, silence and slowness on the TLS port: said, bounded, and nobody else's trouble."""

import os
import random
import ssl
import time

import pytest

from harness import processes
from harness.clients import TlsClient, connect, get, receive_all
from harness.configurations import HTTPS, SESSION_CACHE
from harness.waiting import TIME_FACTOR, wait_until

INI = SESSION_CACHE + "http-headers-timeout = 2\n" + HTTPS


@pytest.fixture
def node(reprise, backend):
    node = reprise(INI, to=backend().address)
    pids = node.worker_pids()
    yield node
    # Whatever came in: the same worker serves on.
    assert TlsClient().get(node.address("https")).status == 200
    assert node.worker_pids() == pids


def hello():
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        TlsClient().context.wrap_bio(incoming, outgoing, server_hostname="localhost").do_handshake()
    return outgoing.read()


def test_plain_http_gets_a_readable_400(node):
    answer = get(node.address("https"))
    assert answer.status == 400
    assert b"HTTPS" in answer.body.upper()
    assert answer.headers["connection"] == "close"
    assert int(answer.headers["content-length"]) == len(answer.body)


@pytest.mark.parametrize("method", ["POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"])
def test_plain_http_of_any_method(node, method):
    with connect(node.address("https")) as connection:
        connection.sendall(f"{method} / HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert receive_all(connection).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("garbage", [
    b"\x00" * 1000, b"\xff" * 1000, b"\x16\x03\x01" + b"\xff" * 1000, b"SSH-2.0-OpenSSH_9.2\r\n",
    b"\x80\x2e\x01\x00\x02" + b"\x00" * 100, b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n",
    b"\x15\x03\x01\x00\x02\x02\x28", b"\x17\x03\x03\x00\x20" + b"a" * 32,
    b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00"])
def test_garbage_is_ended(node, garbage):
    with connect(node.address("https")) as connection:
        connection.sendall(garbage)
        answer = receive_all(connection)
    assert len(answer) < 300 and not answer.startswith(b"HTTP/1.1 2")


def test_random_bytes_and_broken_hellos(node):
    dice = random.Random(20)
    whole = hello()
    for _ in range(200):
        data = bytearray(whole)
        for _ in range(dice.randrange(1, 8)):
            data[dice.randrange(5, len(data))] = dice.randrange(256)
        with connect(node.address("https")) as connection:
            connection.settimeout(0.02)
            try:
                connection.sendall(bytes(data))
                connection.recv(1000)
            except OSError:
                pass


def test_garbage_in_the_middle_of_a_connection(node):
    client = TlsClient()
    with client.connect(node.address("https")) as connection:
        raw = connection.fileno()
        os.write(raw, b"\x17\x03\x03\x00\x20" + b"x" * 32)
        with pytest.raises((ssl.SSLError, ConnectionError)):
            if connection.recv(100) == b"":
                raise ConnectionError("ended")


def test_half_a_hello_is_ended_in_time(node):
    with connect(node.address("https")) as connection:
        connection.sendall(hello()[:50])
        begin = time.monotonic()
        connection.settimeout(8)
        receive_all(connection)
        assert 1 < time.monotonic() - begin < 6 * TIME_FACTOR


def test_silence_is_ended_in_time(node):
    with connect(node.address("https")) as connection:
        connection.settimeout(8)
        assert receive_all(connection) == b""


def test_a_byte_now_and_then_does_not_hold_a_handshake_open(node):
    data = iter(hello())
    with connect(node.address("https")) as connection:
        connection.settimeout(0.3)

        def ended():
            try:
                connection.sendall(bytes([next(data)]))
                return connection.recv(100) == b""
            except TimeoutError:
                return False
            except ConnectionError:
                return True

        wait_until(ended, 8, "the end of the slow handshake")


def test_a_hello_in_single_bytes_is_no_crime(node):
    """As long as it is quick."""
    with connect(node.address("https")) as connection:
        for byte in hello():
            connection.sendall(bytes([byte]))
        assert connection.recv(5)[:1] == b"\x16"


def test_a_byte_a_second_within_tls(node):
    with TlsClient().connect(node.address("https")) as connection:
        connection.settimeout(0.3)

        def ended():
            try:
                connection.sendall(b"G")
                return connection.recv(100)[:12] in (b"", b"HTTP/1.1 408")
            except TimeoutError:
                return False
            except (ConnectionError, ssl.SSLError):
                return True

        wait_until(ended, 8, "the end of the slow request")


def test_malformed_requests_within_tls_get_400(node):
    with TlsClient().connect(node.address("https")) as connection:
        connection.sendall(b"\x00\x01\x02 rubbish\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 400 ")


def test_handshakes_that_are_left_cost_nothing_for_good(node):
    worker = node.worker_pids()[1]
    before = processes.descriptors(worker)
    for _ in range(100):
        with connect(node.address("https")) as connection:
            connection.sendall(hello()[:60])
    wait_until(lambda: processes.descriptors(worker) <= before, 5, "the descriptors to be closed")
