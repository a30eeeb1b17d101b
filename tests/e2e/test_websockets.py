"""Websockets through the router: a client library in front, a real uWSGI application behind."""

import asyncio
import ssl

import pytest
import websockets

from harness.backends import answers, echo
from harness.clients import connect, get, read_answer, receive_all, request_bytes
from harness.configurations import HTTP
from harness.real_uwsgi import application_server

UPGRADE = [("Upgrade", "websocket"), ("Connection", "keep-alive, Upgrade"),
           ("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Key", "x3JJHMbDL1EzLkh9GBhXDw==")]
INI = ("[uwsgi]\nstats = {stats}\nhttps = {https},{crt},{key}\nhttp-keepalive = true\n"
       "http-websockets = true\n" + HTTP)
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"


@pytest.fixture(scope="module")
def application(session_directory):
    server = application_server(session_directory, app="websocket.py")
    yield server
    server.close()


def talk(url, messages, tls=None):
    async def run():
        async with websockets.connect(url, ssl=tls, max_size=None) as connection:
            for message in messages:
                await connection.send(message)
                got = await connection.recv()
                assert got == "echo " + message if isinstance(message, str) else True
    asyncio.run(asyncio.wait_for(run(), 20))


def no_check():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


@pytest.mark.parametrize("scheme", ["ws", "wss"])
def test_messages_come_back(reprise, application, scheme):
    node = reprise(INI, to=application.address)
    listener = node.address("http" if scheme == "ws" else "https")
    messages = ["short", "", "x" * 100_000] + [f"message {i}" for i in range(50)]
    talk(f"{scheme}://{listener}/", messages, no_check() if scheme == "wss" else None)
    assert get(node.address("http")).body == b"plain"


def test_what_follows_the_upgrade_is_in_the_tunnel(reprise, backend):
    """Not a request, whatever it looks like."""
    def behaviour(exchange):
        exchange.send(SWITCH)
        data = exchange.socket.recv(65536)
        exchange.send(b"<" + data + b">")

    server = backend(behaviour)
    node = reprise(INI, to=server.address)
    with connect(node.address("http")) as connection:
        connection.sendall(request_bytes(headers=UPGRADE, close=False)
                           + b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n")
        text = receive_all(connection)
    assert text == SWITCH + b"<GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n>"
    assert len(server.requests) == 1


def test_without_a_101_it_is_an_answer_and_the_end(reprise, backend):
    node = reprise(INI, to=backend(answers(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno"))
                   .address)
    with connect(node.address("http")) as connection:
        connection.sendall(request_bytes(headers=UPGRADE, close=False))
        answer = read_answer(connection)
        assert (answer.status, answer.body) == (403, b"no")
        assert connection.recv(1) == b""


def test_a_101_that_nobody_asked_for_is_502(reprise, backend):
    node = reprise(INI, to=backend(answers(SWITCH)).address)
    assert get(node.address("http")).status == 502
    for missing in range(4):
        fields = UPGRADE[:missing] + UPGRADE[missing + 1:]
        assert get(node.address("http"), headers=fields, close=False).status == 502


def test_without_the_option_there_are_none(reprise, backend):
    node = reprise(INI.replace("http-websockets = true\n", ""), to=backend(answers(SWITCH)).address)
    assert get(node.address("http"), headers=UPGRADE, close=False).status == 502


def test_a_plain_request_before_leaves_nothing(reprise, backend):
    """uWSGI counts upgrade fields over all requests of a connection."""
    server = backend(echo)
    node = reprise(INI, to=server.address)
    with connect(node.address("http")) as connection:
        for fields in (UPGRADE[:1], UPGRADE[1:2], UPGRADE[2:], []):
            connection.sendall(request_bytes(headers=fields, close=False))
            assert read_answer(connection).status == 200
    assert len(server.requests) == 4


def test_silence_ends_a_tunnel_in_time(reprise, backend):
    def behaviour(exchange):
        exchange.send(SWITCH)
        exchange.wait_for_close()

    node = reprise(INI + "http-timeout = 1\n", to=backend(behaviour).address)
    with connect(node.address("http")) as connection:
        connection.sendall(request_bytes(headers=UPGRADE, close=False))
        assert receive_all(connection) == SWITCH
    assert sum(row["truncated"] for row in node.stats()["routers"]) == 0
