"""NOTIFY_SOCKET: systemd is told when the service is ready."""

import contextlib
import re
import signal
import socket
import time

import pytest

from harness.clients import can_connect, get
from harness.configurations import HTTP

INI = "[uwsgi]\n" + HTTP


@pytest.mark.parametrize("abstract", [False, True], ids=["path", "abstract"])
def test_ready_comes_when_it_is_bound(start, backend, tmp_path, abstract):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        name = f"reprise-{id(manager)}" if abstract else str(tmp_path / "notify")
        manager.bind("\0" + name if abstract else name)
        manager.settimeout(5)
        node = start(INI, to=backend().address,
                     environment={"NOTIFY_SOCKET": "@" + name if abstract else name})
        message = b""
        while b"READY=1" not in message:
            message = manager.recv(1000)
        assert b"STATUS=uWSGI is ready\n" in message
        assert can_connect(node.address("http"))
    node.wait_until_ready()


@pytest.fixture
def manager(tmp_path):
    """What systemd is to the service; `told(word)` waits for a message and gives all up to it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(5)

        def told(word):
            messages = []
            while not messages or word not in messages[-1].split("\n"):
                messages.append(listening.recv(1000).decode())
            return messages

        told.environment = {"NOTIFY_SOCKET": str(tmp_path / "notify")}
        told.socket = listening
        yield told


def test_a_reload_is_told_from_begin_to_end(reprise, backend, manager):
    node = reprise(INI, to=backend().address, environment=manager.environment)
    manager("READY=1")
    for _ in range(2):
        node.signal(signal.SIGHUP)
        before = time.monotonic_ns() // 1000
        (told,) = manager("RELOADING=1")
        at = int(re.fullmatch(r"RELOADING=1\nMONOTONIC_USEC=(\d+)\n", told)[1])
        assert before <= at <= time.monotonic_ns() // 1000
        assert "RELOADING=1" not in manager("READY=1")
    assert get(node.address("http")).status == 200


def test_a_reload_that_is_refused_leaves_the_service_ready(reprise, backend, manager):
    node = reprise(INI, to=backend().address, environment=manager.environment)
    manager("READY=1")
    node.write_ini("[uwsgi\n")
    node.signal(signal.SIGHUP)
    node.wait_for_log("reload.refused")
    manager.socket.setblocking(False)
    words = []
    with contextlib.suppress(BlockingIOError):
        while True:
            words += manager.socket.recv(1000).decode().split("\n")
    assert "RELOADING=1" not in words or words.index("READY=1") > words.index("RELOADING=1")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_end_is_told_and_term_is_one(reprise, backend, manager, number):
    node = reprise(INI, to=backend().address, environment=manager.environment)
    manager("READY=1")
    node.signal(number)
    manager("STOPPING=1")
    assert node.wait_for_end() == 0


def test_a_socket_that_is_not_there_does_no_harm(reprise, backend):
    node = reprise(INI, to=backend().address, environment={"NOTIFY_SOCKET": "/nonexistent/notify"})
    assert get(node.address("http")).status == 200
