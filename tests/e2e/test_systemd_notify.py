"""NOTIFY_SOCKET: systemd is told when the service is ready."""

import socket

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


def test_a_socket_that_is_not_there_does_no_harm(reprise, backend):
    node = reprise(INI, to=backend().address, environment={"NOTIFY_SOCKET": "/nonexistent/notify"})
    assert get(node.address("http")).status == 200
