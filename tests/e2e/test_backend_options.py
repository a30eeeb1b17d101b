"""http-connect-timeout, http-modifier1, http-modifier2, http-var: what backends get, and when."""

import contextlib
import socket
import time

import pytest

from harness.backends import echo
from harness.clients import get
from harness.configurations import HTTP
from harness.waiting import TIME_FACTOR, wait_until

INI = "[uwsgi]\n" + HTTP


@pytest.fixture
def unreachable():
    """An address whose queue is full: who connects hears nothing."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        address = listener.getsockname()

        def one_more_waits():
            client = stack.enter_context(socket.socket())
            client.settimeout(0.2)
            try:
                client.connect(address)
            except TimeoutError:
                return True
            return False

        wait_until(one_more_waits, what="the queue to be full")
        yield "%s:%d" % address


def timed(node):
    begin = time.monotonic()
    return get(node.address("http")).status, time.monotonic() - begin


@pytest.mark.parametrize("seconds", [1, 2])
def test_connecting_ends_in_time(reprise, unreachable, seconds):
    node = reprise(INI + f"http-connect-timeout = {seconds}\n", to=unreachable)
    status, took = timed(node)
    assert status == 504 and seconds - 0.2 < took < seconds + 0.9 * TIME_FACTOR
    assert f'unable to connect() to node "{unreachable}"' in node.log


def test_another_backend_takes_over_then(reprise, backend, unreachable):
    live = backend()
    node = reprise(INI + "http-to = {live}\nhttp-connect-timeout = 1\n", to=unreachable,
                   live=live.address)
    answers = [timed(node) for _ in range(4)]
    assert [status for status, _ in answers] == [200] * 4 and len(live.requests) == 4
    assert sum(took > 0.9 for _, took in answers) == 1, "one request waits, for the others"


def test_a_slow_answer_is_not_a_slow_connection(reprise, backend):
    def slow(exchange):
        time.sleep(2)
        exchange.reply(b"late")

    node = reprise(INI + "http-connect-timeout = 1\n", to=backend(slow).address)
    assert get(node.address("http")).body == b"late"


@pytest.mark.parametrize("lines, modifiers", [
    ("", (0, 0)), ("http-modifier1 = 5", (5, 0)), ("http-modifier2 = 17", (0, 17)),
    ("http-modifier1 = 255\nhttp-modifier2 = 254", (255, 254))])
def test_modifiers_are_in_the_packet(reprise, backend, lines, modifiers):
    server = backend()
    node = reprise(INI + lines + "\n", to=server.address)
    assert get(node.address("http")).status == 200
    assert server.requests[0].modifiers == modifiers


@pytest.mark.parametrize("option", ["http-modifier1", "http-modifier2"])
def test_a_modifier_is_a_byte(refused, option):
    node = refused(INI + f"{option} = 256\n", to="127.0.0.1:1")
    assert f'invalid value for option "{option}"' in node.log and "node.ini:4" in node.log


def test_variables_come_last_and_in_order(reprise, backend):
    node = reprise(INI + "http-var = NODE=one\nhttp-var = EQUATION=a=b, c=d\nhttp-var = EMPTY=\n",
                   to=backend(echo).address)
    for _ in range(2):
        got = get(node.address("http"), headers=[("Node", "x")]).json["vars"]
        assert got[-3:] == [["NODE", "one"], ["EQUATION", "a=b, c=d"], ["EMPTY", ""]]
        assert ["HTTP_NODE", "x"] in got


def test_a_variable_without_a_value_is_pointed_out(reprise, backend):
    node = reprise(INI + "http-var = NOTHING\n", to=backend(echo).address)
    assert "node.ini:4:1: http-var without '=' has no effect" in node.log
    assert "NOTHING" not in dict(get(node.address("http")).json["vars"])
