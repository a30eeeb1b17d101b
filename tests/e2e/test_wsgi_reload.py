"""A reload of applications: the old ones answer until the new ones have loaded."""

import os
import signal
import threading

import pytest

from harness.clients import connect, receive_all
from harness.waiting import wait_until
from test_wsgi import ask
from test_wsgi_workers import worker_pids

NODE = ("[uwsgi]\npythonpath = {path}\nmodule = served\nhttp = {http}\nhttp-socket = {direct}\n"
        "stats = {stats}\n")
TEXT = "def application(e, s):\n    s('200 OK', [])\n    return [b'%s']\n"
# Waits for the test's word.
GATE = """
import os, time
while not os.path.exists({gate!r}):
    time.sleep(0.02)
"""


@pytest.fixture
def module(session_directory, tmp_path):
    file = tmp_path / "served.py"
    file.write_text(TEXT % "first")
    return file


def both(node):
    return {ask(node.address(name))[2] for name in ("http", "direct")}


@pytest.mark.parametrize("options", ["", "lazy-apps = true\n", "processes = 2\nneed-app = true\n"])
def test_no_gap_while_the_new_ones_load(reprise, module, tmp_path, options):
    node = reprise(NODE + options, path=module.parent)
    assert both(node) == {b"first"}
    gate = tmp_path / "gate"
    module.write_text(GATE.format(gate=str(gate)) + TEXT % "second")
    node.reload()
    assert both(node) == {b"first"}
    gate.write_text("")
    wait_until(lambda: both(node) == {b"second"}, 10, "the new application")


@pytest.mark.parametrize("options", ["", "lazy-apps = true\n", "need-app = true\n"])
@pytest.mark.parametrize("broken", ["raise ValueError('broken')", "import os; os._exit(1)"],
                         ids=["raises", "exits"])
def test_a_broken_one_never_takes_over(reprise, module, options, broken):
    node = reprise(NODE + options, path=module.parent)
    assert both(node) == {b"first"}, "loaded before it is broken"
    before = worker_pids(node)[1]
    module.write_text(broken)
    node.reload()
    if "raise" in broken:
        node.wait_for_log("those of before the reload go on serving")
    node.wait_for_log("applications.respawned" if not options.startswith("lazy") else
                      "DAMN ! worker 1")
    assert both(node) == {b"first"}
    # Once more, from a generation without applications of its own.
    node.reload()
    assert both(node) == {b"first"}
    module.write_text(TEXT % "mended")
    wait_until(lambda: both(node) == {b"mended"}, 15, "the mended application")
    wait_until(lambda: worker_pids(node)[1] != before, 5, "a new worker")
    assert node.stop() == 0


def test_a_stop_ends_the_former_ones_too(reprise, module):
    node = reprise(NODE, path=module.parent)
    assert both(node) == {b"first"}, "loaded before it is broken"
    module.write_text("raise ValueError('broken')")
    node.reload()
    node.wait_for_log("those of before the reload go on serving")
    assert node.stop() == 0


def test_without_the_former_ones_it_serves_without(reprise, module):
    """As at a first start: there is nothing left to save."""
    node = reprise(NODE, path=module.parent)
    old = worker_pids(node)[1]
    parent = os.stat(f"/proc/{old}") and int(open(f"/proc/{old}/stat").read().split()[3])
    module.write_text("raise ValueError('broken')")
    node.reload()
    node.wait_for_log("those of before the reload go on serving")
    os.kill(parent, signal.SIGKILL)
    wait_until(lambda: ask(node.address("direct"))[0].split()[1:2] == ["500"], 15, "a 500")


def test_no_request_is_lost(reprise, module):
    node = reprise(NODE + "processes = 2\n", path=module.parent)
    over, failed = threading.Event(), []

    def keep_asking():
        while not over.is_set():
            status = ask(node.address("direct"))[0]
            if status != "HTTP/1.1 200 OK":
                failed.append(status)

    asker = threading.Thread(target=keep_asking)
    asker.start()
    try:
        for text in ("second", "third"):
            module.write_text(TEXT % text)
            node.reload()
            wait_until(lambda: ask(node.address("direct"))[2] == text.encode(), 10, text)
    finally:
        over.set()
        asker.join()
    assert not failed


def test_threads_of_a_loading_application_leave_signals_alone(reprise, module):
    """They might take what is meant for the host."""
    module.write_text("import threading, time\n"
                      "for _ in range(8):\n"
                      "    threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()\n"
                      + TEXT % "with threads")
    node = reprise(NODE + "worker-reload-mercy = 20\n", path=module.parent)
    before = worker_pids(node)[1]
    parent = int(open(f"/proc/{before}/stat").read().split()[3])
    with connect(node.address("direct")) as connection:   # a request that has begun
        connection.sendall(b"GET / HTTP/1.1\r\n")
        wait_until(lambda: node.stats()["workers"][0]["pid"] == before, 5, "the worker")
        os.kill(parent, signal.SIGQUIT)
        connection.sendall(b"Host: a\r\n\r\n")
        assert receive_all(connection).endswith(b"with threads")
    wait_until(lambda: worker_pids(node)[1] != before, 10, "another parent's worker")
    node.wait_for_log("worker 1 buried after")
