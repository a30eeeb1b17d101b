"""What tells a node who its client is: PROXY headers and XCLIENT, to the byte."""

import socket
import struct
import time

import pytest

from harness.addresses import free_port, split
from harness.clients import connect, receive_all, receive_exactly
from harness.tcp_nodes import Recorder
from harness.waiting import wait_until

RAW = "[uwsgi]\nmaster = true\nrawrouter = {raw}\nrawrouter-to = {a}\nrawrouter-stats = {stats}\n"
SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"


def send_and_leave(connection, text=b"hello"):
    """The client's own address."""
    with connection:
        name = connection.getsockname()
        connection.sendall(text)
        connection.shutdown(socket.SHUT_WR)
        assert receive_all(connection) == b""
    return name


def test_no_header_unless_asked_for(reprise, tcp_node):
    got = Recorder()
    node = reprise(RAW, a=tcp_node(got).address)
    send_and_leave(connect(node.address("raw")))
    assert got.received == b"hello"


def test_version_1(reprise, tcp_node):
    got = Recorder()
    node = reprise(RAW + "rawrouter-proxy-protocol = 1\n", a=tcp_node(got).address)
    _, port = send_and_leave(connect(node.address("raw")))
    own = split(node.address("raw"))[1]
    assert got.received == b"PROXY TCP4 127.0.0.1 127.0.0.1 %d %d\r\nhello" % (port, own)


def test_version_2(reprise, tcp_node):
    got = Recorder()
    node = reprise(RAW + "rawrouter-proxy-protocol = 2\n", a=tcp_node(got).address)
    _, port = send_and_leave(connect(node.address("raw")))
    own = split(node.address("raw"))[1]
    addresses = struct.pack(">4B4BHH", 127, 0, 0, 1, 127, 0, 0, 1, port, own)
    assert got.received == SIGNATURE + b"\x21\x11\x00\x0c" + addresses + b"hello"


def test_the_header_does_not_wait_for_the_client(reprise, tcp_node):
    got = Recorder()
    node = reprise(RAW + "rawrouter-proxy-protocol = 1\n", a=tcp_node(got).address)
    with connect(node.address("raw")):
        wait_until(lambda: got.received.endswith(b"\r\n"), what="the header")


@pytest.mark.parametrize("version, header", [
    (1, b"PROXY TCP6 ::1 ::1 %d %d\r\n"),
    (2, SIGNATURE + b"\x21\x21\x00\x24" + (bytes(15) + b"\x01") * 2)])
def test_ipv6(reprise, tcp_node, version, header):
    got, own = Recorder(), free_port()
    reprise(RAW.replace("{raw}", f"[::1]:{own}") + f"rawrouter-proxy-protocol = {version}\n",
            a=tcp_node(got).address)
    port = send_and_leave(socket.create_connection(("::1", own)))[1]
    ports = header % (port, own) if version == 1 else header + struct.pack(">HH", port, own)
    assert got.received == ports + b"hello"


def test_an_ipv4_client_of_an_ipv6_listener(reprise, tcp_node):
    got, own = Recorder(), free_port()
    reprise(RAW.replace("{raw}", f"[::]:{own}") + "rawrouter-proxy-protocol = 1\n",
            a=tcp_node(got).address)
    _, port = send_and_leave(socket.create_connection(("127.0.0.1", own)))
    assert got.received == b"PROXY TCP4 127.0.0.1 127.0.0.1 %d %d\r\nhello" % (port, own)


@pytest.mark.parametrize("version, header", [
    (1, b"PROXY UNKNOWN\r\n"), (2, SIGNATURE + b"\x21\x00\x00\x00")])
def test_unix_clients_have_no_address(reprise, tcp_node, version, header):
    got = Recorder()
    node = reprise(RAW.replace("{raw}", "raw.sock") + f"rawrouter-proxy-protocol = {version}\n",
                   a=tcp_node(got).address)
    client = socket.socket(socket.AF_UNIX)
    client.connect(str(node.path("raw.sock")))
    send_and_leave(client)
    assert got.received == header + b"hello"


def test_other_versions_are_refused(refused):
    assert "rawrouter-proxy-protocol" in refused(RAW + "rawrouter-proxy-protocol = 3\n",
                                                 a="127.0.0.1:1").log


# XCLIENT.


def mail_server(*greetings):
    """Sends one greeting at once and one after each line that it gets."""
    lines = []

    def behaviour(connection):
        reader = connection.makefile("rb")
        for greeting in greetings:
            connection.sendall(greeting)
            if line := reader.readline():
                lines.append(line)

    behaviour.lines = lines
    return behaviour


XCLIENT = RAW + "rawrouter-xclient = true\n"


def test_xclient(reprise, tcp_node):
    server = mail_server(b"220 banner one\r\n", b"220 banner two\r\n", b"250 hello\r\n")
    node = reprise(XCLIENT, a=tcp_node(server).address)
    with connect(node.address("raw")) as connection:
        assert connection.recv(100) == b"220 banner two\r\n"
        connection.sendall(b"EHLO me\r\n")
        assert connection.recv(100) == b"250 hello\r\n"
    assert server.lines[:2] == [b"XCLIENT ADDR=127.0.0.1\r\n", b"EHLO me\r\n"]


def test_an_eager_client_comes_after_xclient(reprise, tcp_node):
    server = mail_server(b"220 one\r\n", b"220 two\r\n", b"250\r\n")

    def behaviour(connection):
        time.sleep(0.3)
        server(connection)

    node = reprise(XCLIENT, a=tcp_node(behaviour).address)
    with connect(node.address("raw")) as connection:
        connection.sendall(b"EHLO eager\r\n")
        expected = b"220 two\r\n250\r\n"
        assert receive_exactly(connection, len(expected)) == expected
    assert server.lines[:2] == [b"XCLIENT ADDR=127.0.0.1\r\n", b"EHLO eager\r\n"]


def test_what_comes_behind_the_banner_is_the_clients(reprise, tcp_node):
    node = reprise(XCLIENT, a=tcp_node(mail_server(b"220 one\r\nEXTRA\r\n")).address)
    with connect(node.address("raw")) as connection:
        assert receive_all(connection) == b"EXTRA\r\n"


def test_a_banner_in_pieces(reprise, tcp_node):
    lines = []

    def behaviour(connection):
        for piece in (b"22", b"0 one\r", b"\n"):
            connection.sendall(piece)
            time.sleep(0.05)
        lines.append(connection.recv(100))

    node = reprise(XCLIENT, a=tcp_node(behaviour).address)
    with connect(node.address("raw")) as connection:
        assert receive_all(connection) == b""
    assert lines == [b"XCLIENT ADDR=127.0.0.1\r\n"]


@pytest.mark.parametrize("banner", [b"220 one\rtwo\r\n", b"x" * 100_000, b"220 without an end"],
                         ids=["CR alone", "too long", "ended"])
def test_what_is_no_banner_ends_the_connection(reprise, tcp_node, banner):
    node = reprise(XCLIENT, a=tcp_node(lambda connection: connection.sendall(banner)).address)
    with connect(node.address("raw")) as connection:
        assert receive_all(connection) == b""
    wait_until(lambda: node.stats()["workers"][0]["greeting_failed"] == 1, what="it to be counted")


def test_a_node_without_a_banner_is_timed_out(reprise, tcp_node):
    node = reprise(XCLIENT + "rawrouter-timeout = 1\n", a=tcp_node(Recorder()).address)
    with connect(node.address("raw")) as connection:
        assert receive_all(connection) == b""
    assert node.stats()["workers"][0]["greeting_failed"] == 1


def test_ipv6_clients_see_the_banner_as_it_is(reprise, tcp_node):
    own = free_port()
    reprise(XCLIENT.replace("{raw}", f"[::1]:{own}"),
            a=tcp_node(mail_server(b"220 banner one\r\n")).address)
    with socket.create_connection(("::1", own), 10) as connection:
        assert connection.recv(100) == b"220 banner one\r\n"


def test_a_proxy_header_comes_before_xclient(reprise, tcp_node):
    got = Recorder(greeting=b"220 one\r\n")
    node = reprise(XCLIENT + "rawrouter-proxy-protocol = 1\n", a=tcp_node(got).address)
    connection = connect(node.address("raw"))
    port, own = connection.getsockname()[1], split(node.address("raw"))[1]
    send_and_leave(connection, b"EHLO\r\n")
    assert got.received == (b"PROXY TCP4 127.0.0.1 127.0.0.1 %d %d\r\n"
                            b"XCLIENT ADDR=127.0.0.1\r\nEHLO\r\n" % (port, own))
