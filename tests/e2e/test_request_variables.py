"""The packet that a backend gets, against packets recorded from uWSGI's own router (vectors/)."""

import json
import socket
import ssl
import time
from pathlib import Path

import pytest

from harness.addresses import free_port
from harness.backends import echo
from harness.clients import TlsClient, connect, get, receive_all
from harness.configurations import HTTP
from harness.node import port_of

VECTORS = sorted(Path(__file__).parent.glob("vectors/*.json"))
HOST_IN_VECTORS = "router.test"


def ini_of(vector):
    """The recorded command line as a file, with addresses and certificates of here."""
    lines, options = ["[uwsgi]"], vector["options"]
    for at, option in enumerate(options):
        if not option.startswith("--"):
            continue
        value = options[at + 1] if at + 1 < len(options) else "true"
        value = "true" if value.startswith("--") else value
        if option == "--http-to":
            value = "{to}"
        elif option == "--http":
            value = {"/": "l.sock", "[": "[::1]:{port}"}.get(value[0], "{listen}")
        elif option == "--https":
            ca = ",HIGH,{ca}" if "ca.crt" in value else ""
            value = "{listen},{crt},{key}" + ca
        lines.append(f"{option[2:]} = {value}")
    return "\n".join(lines) + "\n"


def open_connection(node, vector, certs):
    client = vector["client"]
    if "l.sock" in node.ini:
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(5)
        connection.connect(str(node.path("l.sock")))
        return connection
    if "[::1]" in node.ini:
        return socket.create_connection(("::1", int(node.address("port"))), 5)
    if not client["tls"]:
        return connect(node.address("listen"))
    pair = certs.client if client["client_certificate"] else None
    return TlsClient(certificate=pair).connect(node.address("listen"), sni=client["sni"])


def expected_variables(vector, node, connection, certs):
    """The recorded ones, in their order, with what depends on the machine replaced."""
    tcp = connection.family != socket.AF_UNIX
    here = {"SERVER_NAME": socket.gethostname(),
            "SERVER_PORT": str(connection.getpeername()[1]) if tcp else "",
            "REMOTE_PORT": str(connection.getsockname()[1]) if tcp else "0"}
    if vector["client"]["client_certificate"]:
        pem = certs.client.pem()
        here["HTTPS_CLIENT_CERTIFICATE"] = ssl.PEM_cert_to_DER_cert(pem).decode("latin-1")
        here["HTTPS_CC"] = pem
    return [(name, here.get(name, value)) for name, value in vector["backend"]["vars"]]


@pytest.mark.parametrize("file", VECTORS, ids=lambda file: file.stem)
def test_is_the_recorded_one(reprise, backend, certs, file):
    vector = json.loads(file.read_text())
    recorder = Recorder()
    server = backend(recorder)
    node = reprise(ini_of(vector), to=server.address, ca=certs.ca.crt, port=free_port())
    with open_connection(node, vector, certs) as connection:
        for part in vector["client"]["sent"]:
            if isinstance(part, str):
                connection.sendall(bytes.fromhex(part))
            else:
                time.sleep(part)
        answer = receive_all(connection)
        assert answer.endswith(b"\r\n\r\nok")
        expected = expected_variables(vector, node, connection, certs)
    exchange = server.requests[0]
    assert exchange.pairs == expected
    assert list(exchange.modifiers) == vector["backend"]["modifiers"]
    assert recorder.body == bytes.fromhex(vector["backend"]["body_hex"])


class Recorder:
    def __call__(self, exchange):
        self.body = b"".join(exchange.body_pieces())
        exchange.reply(b"ok")


def variables(reprise, backend, **request):
    server = backend(echo)
    node = reprise("[uwsgi]\n" + HTTP, to=server.address)
    return dict(get(node.address("http"), **request).json["vars"]), node


def test_a_name_that_only_looks_like_another_reaches_nobody(reprise, backend):
    """X_Forwarded_For would become the variable of X-Forwarded-For; Proxy would be HTTP_PROXY."""
    got, _ = variables(reprise, backend, headers=[
        ("X_Forwarded_For", "1.2.3.4"), ("Proxy", "http://evil"), ("X-One", "1")])
    assert got["HTTP_X_ONE"] == "1"
    assert "HTTP_X_FORWARDED_FOR" not in got and "HTTP_PROXY" not in got


def test_repeated_headers_are_joined_and_cookies_as_cookies(reprise, backend):
    got, _ = variables(reprise, backend, headers=[
        ("X-A", "1"), ("Cookie", "a=1"), ("x-a", "2"), ("Cookie", "b=2")])
    assert got["HTTP_X_A"] == "1, 2"
    assert got["HTTP_COOKIE"] == "a=1; b=2"


def test_the_ports_are_real(reprise, backend):
    """uWSGI swaps the bytes of REMOTE_PORT."""
    got, node = variables(reprise, backend)
    assert int(got["SERVER_PORT"]) == port_of(node.address("http"))
    assert int(got["REMOTE_PORT"]) >= 32768


@pytest.mark.parametrize("target, path", [
    ("/a/../b", "/b"), ("/a/./b", "/a/b"), ("/../../x", "/x"), ("/a%2Fb", "/a/b"), ("/%41", "/A"),
    ("/a//b", "/a//b")])
def test_the_path_is_decoded_as_uwsgi_does(reprise, backend, target, path):
    got, _ = variables(reprise, backend, path=target)
    assert (got["REQUEST_URI"], got["PATH_INFO"]) == (target, path)
