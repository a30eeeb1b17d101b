"""The same requests through Debian's nginx (uwsgi_pass) and through us to one backend: what the
backend sees is the same, as far as both tell it."""

import shutil
import subprocess

import pytest

from harness import corpus
from harness.addresses import HOST, free_port
from harness.backends import Backend
from harness.clients import can_connect, connect, read_answer
from harness.node import Node
from harness.waiting import wait_until

pytestmark = pytest.mark.skipif(shutil.which("nginx") is None, reason="no nginx")

CONFIGURATION = """\
daemon off;
master_process off;
error_log {directory}/error.log;
pid {directory}/nginx.pid;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {directory}/body;
    uwsgi_temp_path {directory}/uwsgi;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    scgi_temp_path {directory}/scgi;
    server {{
        listen {address};
        location / {{
{parameters}
            uwsgi_pass {backend};
        }}
    }}
}}
"""
PARAMETERS = {"REQUEST_METHOD": "$request_method", "QUERY_STRING": "$query_string",
              "CONTENT_TYPE": "$content_type", "CONTENT_LENGTH": "$content_length",
              "REQUEST_URI": "$request_uri", "PATH_INFO": "$document_uri",
              "SERVER_PROTOCOL": "$server_protocol", "REMOTE_ADDR": "$remote_addr"}
# nginx has these by another rule, or alone.
NOT_COMPARED = {"SERVER_NAME", "SERVER_PORT", "REMOTE_PORT", "UWSGI_ROUTER", "SCRIPT_NAME",
                "HTTP_CONNECTION", "HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH"}

REQUESTS = {
    "get": b"GET /a/b?c=d&e HTTP/1.1\r\nHost: a.test\r\n\r\n",
    "host with a port": b"GET / HTTP/1.1\r\nHost: a.test:8080\r\n\r\n",
    "http 1.0": b"GET / HTTP/1.0\r\nHost: a.test\r\n\r\n",
    "escapes": b"GET /a%20b%2fc/%c3%a4?q=%20 HTTP/1.1\r\nHost: a.test\r\n\r\n",
    "dots": b"GET /a/./b/../c HTTP/1.1\r\nHost: a.test\r\n\r\n",
    "escaped dots": b"GET /a/%2e%2e/b HTTP/1.1\r\nHost: a.test\r\n\r\n",
    "post": b"POST /p HTTP/1.1\r\nHost: a.test\r\nContent-Type: text/x\r\nContent-Length: 5\r\n\r\nhello",
    "post of nothing": b"POST /p HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\n\r\n",
    "chunked": b"POST /p HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n"
               b"5;x=y\r\nhello\r\n6\r\n world\r\n0\r\nT: 1\r\n\r\n",
    "cookies": b"GET / HTTP/1.1\r\nHost: a.test\r\nCookie: a=b\r\nCookie: c=d\r\n\r\n",
    "underscores": b"GET / HTTP/1.1\r\nHost: a.test\r\nX_Forwarded_For: 1.2.3.4\r\nX-A: b\r\n\r\n",
    "blanks": b"GET / HTTP/1.1\r\nHost: a.test\r\nX:   b  c  \r\n\r\n",
    "method": b"PROPFIND / HTTP/1.1\r\nHost: a.test\r\nDepth: 1\r\n\r\n",
    "forwarded": b"GET / HTTP/1.1\r\nHost: a.test\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n",
    "long": b"GET /" + b"x" * 3000 + b" HTTP/1.1\r\nHost: a.test\r\nX: " + b"y" * 3000 + b"\r\n\r\n",
}
REFUSED = {
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "length and chunks": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n"
                         b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "bad length": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\na",
    "bad chunk": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxx\r\n",
    "bad escape": b"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n",
    "nul": b"GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n",
    "unknown coding": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: x\r\n\r\n",
}


class Nginx:
    def __init__(self, directory, backend):
        directory.mkdir()
        self.address = f"{HOST}:{free_port()}"
        file = directory / "nginx.conf"
        parameters = "\n".join(f"uwsgi_param {name} {value};" for name, value in PARAMETERS.items())
        file.write_text(CONFIGURATION.format(directory=directory, address=self.address,
                                             backend=backend, parameters=parameters))
        self.process = subprocess.Popen(["nginx", "-p", directory, "-c", file],
                                        stderr=subprocess.DEVNULL)
        wait_until(lambda: can_connect(self.address), what="nginx to listen")

    def close(self):
        self.process.terminate()
        self.process.wait(10)


@pytest.fixture(scope="module")
def both(session_directory):
    backend = Backend(corpus.record)
    nginx = Nginx(session_directory / "nginx", backend.address)
    node = Node(session_directory / "beside-nginx", "[uwsgi]\nhttp = {http}\nhttp-to = {to}\n",
                to=backend.address)
    node.wait_until_ready()
    yield backend, nginx.address, node.address("http")
    nginx.close()
    wrong = node.end()
    backend.close()
    assert not wrong, "; ".join(wrong)


def seen(backend, address, request):
    backend.requests.clear()
    with connect(address) as connection:
        connection.sendall(request)
        status = read_answer(connection).status
    assert len(backend.requests) == (status == 200)
    if not backend.requests:
        return status, None
    exchange = backend.requests[0]
    variables = {}
    for name, value in exchange.pairs:
        if name in NOT_COMPARED or value == "":
            continue
        # nginx repeats a variable for each field.
        mark = "; " if name == "HTTP_COOKIE" else ", "
        variables[name] = variables[name] + mark + value if name in variables else value
    return status, (variables, exchange.body)


@pytest.mark.parametrize("name", REQUESTS)
def test_the_backend_sees_the_same(both, name):
    backend, nginx, ours = both
    theirs = seen(backend, nginx, REQUESTS[name])
    assert theirs[0] == 200
    if name == "chunked":
        # nginx leaves the field in, though the body has been decoded.
        theirs[1][0].pop("HTTP_TRANSFER_ENCODING", None)
    if name == "http 1.0":
        # nginx says what it speaks itself.
        theirs[1][0]["SERVER_PROTOCOL"] = "HTTP/1.0"
    assert seen(backend, ours, REQUESTS[name]) == theirs


@pytest.mark.parametrize("name", REFUSED)
def test_both_refuse(both, name):
    backend, nginx, ours = both
    assert 400 <= seen(backend, nginx, REFUSED[name])[0] < 600
    assert 400 <= seen(backend, ours, REFUSED[name])[0] < 600
