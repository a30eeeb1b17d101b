"""TSTP, the fifo's p and --pause: nothing is accepted until it is ordered again."""

import os
import signal

import pytest

from harness.clients import connect, get, read_answer, request_bytes
from harness.configurations import HTTP, NO_CACHE
from harness.waiting import wait_until
from test_orders import order
from test_wsgi import BASIC, ask
from test_wsgi_reload import NODE, module  # noqa: F401  (a fixture)
from test_wsgi_workers import worker_pids

INI = NO_CACHE + HTTP + "http-processes = 2\npidfile = node.pid\n"
PAUSE = "*** PAUSE (press start to resume, if you do not have a joypad send SIGTSTP) ***"
RESUME = "*** (SIGTSTP received) resuming workers ***"


def accepted(node):
    return sum(row["accepted"] for row in node.stats()["routers"])


def ask_in_vain(address):
    """A request that nobody takes; until there is one, they are answered."""
    def unanswered():
        connection = connect(address)
        connection.sendall(request_bytes())
        connection.settimeout(0.5)
        try:
            connection.recv(1)
            connection.close()
        except TimeoutError:
            return connection
    return wait_until(unanswered, what="a request that is not answered")


@pytest.fixture(params=["signal", "fifo", "command"])
def toggle(request, tmp_path, run_reprise):
    def by(node):
        if request.param == "signal":
            node.signal(signal.SIGTSTP)
        elif request.param == "fifo":
            order(tmp_path / "orders", b"p")
        else:
            assert run_reprise("--pause", node.path("node.pid")).returncode == 0
    return by


def test_routers_accept_nothing_until_they_are_told_again(reprise, backend, tmp_path, toggle):
    node = reprise(INI + f"master-fifo = {tmp_path / 'orders'}\n", to=backend().address)
    toggle(node)
    node.wait_for_log(PAUSE)
    with ask_in_vain(node.address("http")) as waiting:
        before = accepted(node)
        # Neither does a worker that takes another's place.
        victim = node.worker_pids()[1]
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda: node.worker_pids()[1] != victim)
        with ask_in_vain(node.address("http")) as another:
            assert accepted(node) <= before, "what waits has been accepted"
            toggle(node)
            node.wait_for_log(RESUME)
            for connection in (waiting, another):
                connection.settimeout(10)
                assert read_answer(connection).status == 200
    assert get(node.address("http")).status == 200


def test_what_was_accepted_goes_on(reprise, backend):
    node = reprise(INI + "http-keepalive = 1\n", to=backend().address)
    with connect(node.address("http")) as kept:
        kept.sendall(request_bytes(close=False))
        assert read_answer(kept).status == 200
        node.signal(signal.SIGTSTP)
        with ask_in_vain(node.address("http")):
            kept.sendall(request_bytes(close=False))
            assert read_answer(kept).status == 200


def test_workers_of_applications_accept_nothing_either(reprise):
    node = reprise(BASIC + "http-socket = {direct}\nprocesses = 2\nthreads = 2\n")
    pids = worker_pids(node)
    node.signal(signal.SIGTSTP)
    for worker in pids:
        node.wait_for_log(f"*** worker {worker} suspended ***")
    with ask_in_vain(node.address("direct")) as waiting:
        served = sum(each["requests"] for each in node.stats()["workers"])
        ask_in_vain(node.address("direct")).close()
        assert sum(each["requests"] for each in node.stats()["workers"]) == served
        node.signal(signal.SIGTSTP)
        for worker in pids:
            node.wait_for_log(f"*** worker {worker} resumed ***")
        waiting.settimeout(10)
        assert read_answer(waiting).status == 200
    assert worker_pids(node) == pids
    assert ask(node.address("direct"))[0] == "HTTP/1.1 200 OK"


def test_a_paused_node_stops(reprise, backend):
    node = reprise(INI, to=backend().address)
    node.signal(signal.SIGTSTP)
    node.wait_for_log(PAUSE)
    assert node.stop() == 0


def test_a_reload_ends_the_pause(reprise, backend):
    node = reprise(INI, to=backend().address)
    node.signal(signal.SIGTSTP)
    node.wait_for_log(PAUSE)
    node.reload()
    assert get(node.address("http")).status == 200


@pytest.fixture
def former(reprise, module):  # noqa: F811
    """Applications of before a reload, which serve because the new ones do not load."""
    node = reprise(NODE, path=module.parent)
    assert ask(node.address("direct"))[2] == b"first", "loaded before it is broken"
    module.write_text("raise ValueError('broken')")
    return node


def test_applications_that_still_serve_after_a_reload_pause_too(former):
    former.reload()
    former.wait_for_log("those of before the reload go on serving")
    former.signal(signal.SIGTSTP)
    former.wait_for_log("*** worker 1 suspended ***")
    with ask_in_vain(former.address("direct")) as waiting:
        former.signal(signal.SIGTSTP)
        waiting.settimeout(10)
        assert read_answer(waiting).status == 200


def test_a_reload_ends_their_pause(former):
    former.signal(signal.SIGTSTP)
    former.wait_for_log("*** worker 1 suspended ***")
    former.reload()
    former.wait_for_log("*** worker 1 resumed ***")
    assert ask(former.address("direct"))[2] == b"first"
