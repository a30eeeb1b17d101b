"""The PROXY protocol in front of TLS and HTTP, from listed addresses only; and what the application
is told about who its client is."""

import json
import re
import socket
import struct

import pytest

from harness.backends import echo
from harness.clients import TlsClient, connect, read_answer, receive_all, request_bytes
from harness.configurations import HTTP
from harness.waiting import wait_until

HERE = "http-proxy-protocol-from = 127.0.0.0/8,::1\n"
INI = "[uwsgi]\nstats = {stats}\nhttp-keepalive = true\n" + HTTP
SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"


def version_2(command, family, block):
    return SIGNATURE + struct.pack(">BBH", command, family, len(block)) + block


V4 = socket.inet_aton("192.0.2.7") + socket.inet_aton("192.0.2.8") + struct.pack(">HH", 4711, 443)
V6 = (socket.inet_pton(socket.AF_INET6, "2001:db8::7") + socket.inet_pton(socket.AF_INET6, "::1")
      + struct.pack(">HH", 4712, 443))
SPOKEN_FOR = [
    (b"PROXY TCP4 192.0.2.7 192.0.2.8 4711 443\r\n", ("192.0.2.7", "4711")),
    (b"PROXY TCP6 2001:db8::7 ::1 4712 443\r\n", ("2001:db8::7", "4712")),
    (version_2(0x21, 0x11, V4), ("192.0.2.7", "4711")),
    (version_2(0x21, 0x21, V6), ("2001:db8::7", "4712")),
    (version_2(0x21, 0x11, V4 + b"\x04\x00\x03abc"), ("192.0.2.7", "4711")),
]
FOR_ITSELF = [b"PROXY UNKNOWN\r\n", version_2(0x20, 0x00, b""), version_2(0x21, 0x31, b"x" * 216)]


def ask(connection, **options):
    connection.sendall(request_bytes(close=False, **options))
    return dict(read_answer(connection).json["vars"])


def refused(node):
    return sum(row["proxy_refused"] for row in node.stats()["routers"])


@pytest.mark.parametrize("header, client", SPOKEN_FOR)
def test_every_request_of_the_connection_has_the_client(reprise, backend, header, client):
    node = reprise(INI + HERE, to=backend(echo).address)
    with connect(node.address("http")) as connection:
        connection.sendall(header)
        for _ in range(2):
            names = ask(connection)
            assert (names["REMOTE_ADDR"], names["REMOTE_PORT"]) == client


@pytest.mark.parametrize("header", FOR_ITSELF)
def test_a_proxy_that_speaks_for_itself_is_the_client(reprise, backend, header):
    node = reprise(INI + HERE, to=backend(echo).address)
    with connect(node.address("http")) as connection:
        connection.sendall(header)
        assert ask(connection)["REMOTE_ADDR"] == "127.0.0.1"


@pytest.mark.parametrize("header, client", SPOKEN_FOR)
def test_it_comes_before_tls(reprise, backend, header, client):
    node = reprise("[uwsgi]\nhttps = {https},{crt},{key}\nhttp-to = {to}\n" + HERE,
                   to=backend(echo).address)
    with connect(node.address("https")) as plain:
        plain.sendall(header)
        with TlsClient().context.wrap_socket(plain, server_hostname="localhost") as connection:
            names = ask(connection)
    assert (names["REMOTE_ADDR"], names["HTTPS"]) == (client[0], "on")


@pytest.mark.parametrize("header", [SPOKEN_FOR[0][0], SPOKEN_FOR[3][0]])
def test_it_may_arrive_in_pieces(reprise, backend, header):
    node = reprise(INI + HERE + "no-defer-accept = true\n", to=backend(echo).address)
    with connect(node.address("http")) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in header + request_bytes():
            connection.sendall(bytes([byte]))
        assert read_answer(connection).status == 200


@pytest.mark.parametrize("header", [
    b"", b"PROXY TCP4 192.0.2.7 192.0.2.8 4711 443\n", b"PROXY TCP4 ::1 ::1 1 2\r\n",
    b"PROXY TCP4 192.0.2.7 192.0.2.8 99999 443\r\n", b"PROXY TCP4 1.2.3.4\r\n",
    b"PROXY " + b"x" * 200, version_2(0x11, 0x11, V4), version_2(0x21, 0x11, b"short"),
    version_2(0x22, 0x11, V4), version_2(0x21, 0x11, b"x" * 3000)])
def test_a_proxy_has_to_send_a_good_one(reprise, backend, header):
    server = backend(echo)
    node = reprise(INI + HERE, to=server.address)
    with connect(node.address("http")) as connection:
        connection.sendall(header + request_bytes())
        assert receive_all(connection) == b""
    wait_until(lambda: refused(node) == 1, 5, "the counter")
    assert server.requests == []


def test_half_a_header_does_not_stay(reprise, backend):
    node = reprise(INI + HERE + "http-headers-timeout = 1\n", to=backend(echo).address)
    with connect(node.address("http")) as connection:
        connection.sendall(b"PROXY TCP4 192.0.2.7")
        assert receive_all(connection) == b""
    with connect(node.address("http")) as connection:
        connection.sendall(b"PROXY TCP4 192.0.2.7")
        connection.shutdown(socket.SHUT_WR)
        assert receive_all(connection) == b""
    assert refused(node) == 2


def test_nobody_else_is_believed(reprise, backend):
    server = backend(echo)
    node = reprise(INI + "http-proxy-protocol-from = 192.0.2.0/24\n", to=server.address)
    with connect(node.address("http")) as connection:
        connection.sendall(SPOKEN_FOR[0][0] + request_bytes())
        assert receive_all(connection).startswith(b"HTTP/1.1 400 ")
    with connect(node.address("http")) as connection:
        assert ask(connection)["REMOTE_ADDR"] == "127.0.0.1"
    assert len(server.requests) == 1


def test_a_second_header_on_a_kept_connection_is_400(reprise, backend):
    node = reprise(INI + HERE, to=backend(echo).address)
    with connect(node.address("http")) as connection:
        connection.sendall(SPOKEN_FOR[0][0])
        ask(connection)
        connection.sendall(SPOKEN_FOR[1][0] + request_bytes())
        assert receive_all(connection).startswith(b"HTTP/1.1 400 ")


def test_uwsgis_option_wants_the_list(reprise, backend):
    node = reprise(INI + "http-enable-proxy-protocol = true\n" + HERE, to=backend(echo).address)
    with connect(node.address("http")) as connection:
        connection.sendall(SPOKEN_FOR[0][0])
        assert ask(connection)["REMOTE_ADDR"] == "192.0.2.7"


# What the application is told.

SENT = [("X-Forwarded-For", "203.0.113.9"), ("X-Forwarded-Proto", "https"),
        ("Forwarded", "for=203.0.113.9")]
NAMES = ["HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_FORWARDED"]
OURS = ["127.0.0.1", "http", 'for=127.0.0.1;proto=http;host="localhost"']


def told(reprise, backend, how, sent):
    options = "".join(f"{name} = {how}\n" for name in
                      ["http-x-forwarded-for", "http-x-forwarded-proto", "http-forwarded"])
    node = reprise(INI + options, to=backend(echo).address)
    with connect(node.address("http")) as connection:
        names = ask(connection, headers=sent)
    return [names.get(name) for name in NAMES]


def test_forwarding_is_left_alone_by_default(reprise, backend):
    assert told(reprise, backend, "off", SENT) == [value for _, value in SENT]
    assert told(reprise, backend, "off", []) == [None] * 3


def test_forwarding_replaced(reprise, backend):
    assert told(reprise, backend, "replace", SENT) == OURS
    assert told(reprise, backend, "replace", []) == OURS


def test_forwarding_added(reprise, backend):
    assert told(reprise, backend, "add", []) == OURS
    assert told(reprise, backend, "add", SENT) == [
        "203.0.113.9, 127.0.0.1", "https", "for=203.0.113.9, " + OURS[2]]


def test_the_other_field_for_the_scheme_goes_with_it(reprise, backend):
    node = reprise(INI + "http-x-forwarded-proto = replace\n", to=backend(echo).address)
    with connect(node.address("http")) as connection:
        assert "HTTP_X_FORWARDED_SSL" not in ask(connection, headers=[("X-Forwarded-Ssl", "on")])


def test_a_scheme_that_is_none_is_not_passed_on(reprise, backend):
    assert told(reprise, backend, "add", [("X-Forwarded-Proto", "gopher")])[1] == "http"


# The log of requests.

@pytest.fixture
def logged(reprise, backend):
    def run(extra, **values):
        node = reprise(INI + HERE + extra, to=backend(echo).address, **values)
        with connect(node.address("http")) as connection:
            connection.sendall(SPOKEN_FOR[0][0])
            ask(connection, path='/a?b="c"', headers=[("User-Agent", 'x"y\\z'), ("Referer", "http://r")])
        return node
    return run


def test_uwsgis_line(logged):
    node = logged("http-access-log = requests.log\n")
    line = wait_until(lambda: node.path("requests.log").read_text(), 5, "the line")
    pattern = (r"^\[pid: \d+\|app: -1\|req: -1/1\] 192\.0\.2\.7 \(\) \{\d+ vars in \d+ bytes\} "
               r"\[\w{3} \w{3} +\d+ [\d:]{8} \d{4}\] GET /a\?b=\"c\" => generated \d+ bytes in \d+ "
               r"msecs \(HTTP/1\.1 200\) 2 headers in \d+ bytes \(0 switches on core 0\)\n$")
    assert re.match(pattern, line), line


def test_json(logged):
    node = logged("http-access-log = requests.log\nhttp-access-log-format = json\n")
    line = wait_until(lambda: node.path("requests.log").read_text(), 5, "the line")
    entry = json.loads(line)
    assert (entry["addr"], entry["method"], entry["uri"], entry["status"]) == (
        "192.0.2.7", "GET", '/a?b="c"', 200)
    assert (entry["uagent"], entry["referer"], entry["host"]) == ('x"y\\z', "http://r", "localhost")


def test_standard_output(logged):
    node = logged("http-access-log = stdout\n")
    node.wait_for_log("192.0.2.7 () {")


def test_syslog(logged, session_directory):
    path = session_directory / "syslog.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(str(path))
        server.settimeout(5)
        logged(f"http-access-log = syslog:{path}\n")
        message = server.recv(4096).decode()
    assert message.startswith("<182>") and " uwsgi[" in message and "GET /a" in message
    assert not message.endswith("\n")


def test_refusals_are_logged_too(reprise, backend):
    node = reprise(INI + "http-access-log = requests.log\n", to=backend(echo).address)
    with connect(node.address("http")) as connection:
        connection.sendall(b"GET /x HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
        receive_all(connection)
    wait_until(lambda: "(HTTP/1.1 400)" in node.path("requests.log").read_text(), 5, "the line")


def test_it_is_off_by_default(reprise, backend):
    node = reprise(INI, to=backend(echo).address)
    with connect(node.address("http")) as connection:
        ask(connection)
    assert "generated" not in node.log


def test_a_file_that_can_not_be_opened_stops_the_start(refused):
    node = refused(INI + "http-access-log = /nowhere/at/all.log\n", to="127.0.0.1:1")
    assert "/nowhere/at/all.log" in node.log and "node.ini:6" in node.log
