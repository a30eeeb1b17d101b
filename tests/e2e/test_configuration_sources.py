"""Configurations that come from elsewhere: http://, exec://, fd://."""

import contextlib
import socket
import threading

import pytest

from harness.addresses import HOST, free_address
from harness.clients import get

LONGEST = 16 << 20


@contextlib.contextmanager
def serving(answer):
    """A server that answers with these bytes, whatever it is asked; gives its address."""
    asked = []

    def serve(listener):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection:
                    asked.append(connection.recv(65536).decode())
                    connection.sendall(answer)

    with socket.create_server((HOST, 0)) as listener:
        threading.Thread(target=serve, args=[listener], daemon=True).start()
        serving.asked = asked
        yield f"{HOST}:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)


def ok(text, head=b""):
    return b"HTTP/1.0 200 OK\r\n" + head + b"\r\n" + text.encode()


@contextlib.contextmanager
def configured(text):
    with serving(ok(text)) as address:
        yield f"http://{address}/node.ini"


def test_a_node_starts_and_reloads_with_it(start, backend):
    address = free_address()
    with configured(f"[uwsgi]\nhttp = {address}\nhttp-to = {backend().address}\n") as url:
        node = start("", arguments=["--ini", url])
        node.wait_until_ready()
        assert get(address).status == 200
        assert f"[uWSGI] getting INI configuration from {url}" in node.log
        assert "unsealed" not in node.log, "it comes from this host"
        node.reload()
        assert get(address).status == 200
    host = url.split("/")[2]
    assert serving.asked[0].startswith("GET /node.ini HTTP/1.0\r\n")
    assert f"\r\nHost: {host}\r\n" in serving.asked[0]


def test_a_section_of_it_and_one_file_in_another(run_reprise):
    with configured("[uwsgi]\na = 1\n[other]\nb = from there\n") as url:
        done = run_reprise("--ini", f"{url}:other", "--get", "b", "--get", "a")
        assert done.stdout == "from there\n"
    with configured("here it stands") as url:
        done = run_reprise("--set", f"c=@({url})", "--get", "c")
        assert done.stdout == "here it stands\n"


@pytest.mark.parametrize("answer, words", [
    (b"HTTP/1.0 404 Not Found\r\n\r\n[uwsgi]\n", "Not usable HTTP response: 404"),
    (b"HTTP/1.1 301 Moved\r\nLocation: http://x/\r\n\r\n", "Not usable HTTP response: 301"),
    (ok("[uwsgi]\n", b"Content-Length: 100\r\n"), "8 bytes of 100 came"),
    (ok("[uwsgi]\n", b"Transfer-Encoding: chunked\r\n"), "a coded HTTP response"),
    (b"SSH-2.0-x\r\n\r\n", "not an HTTP response"), (b"", "not an HTTP response"),
    (ok("#" * (LONGEST + 1)), f"more than {LONGEST} bytes"),
    (b"HTTP/1.0 200 OK\r\n" + b"x: y\r\n" * (4 << 20), "more than")],
    ids=["missing", "moved", "short", "coded", "other", "nothing", "large", "large head"])
def test_what_is_no_configuration(run_reprise, answer, words):
    with serving(answer) as address:
        done = run_reprise("--ini", f"http://{address}/node.ini")
    assert done.returncode == 1
    assert words in done.stderr


@pytest.mark.parametrize("url, words", [
    ("http://127.0.0.1", "invalid http url"), ("http:///x", "invalid http url"),
    ("http://127.0.0.1:1/x", "uwsgi_scheme_http()/connect(): "),
    ("data://0", "this kind of source is not supported"),
    ("section://x", "this kind of source is not supported")])
def test_sources_that_are_none(run_reprise, url, words):
    done = run_reprise("--ini", url)
    assert done.returncode == 1 and words in done.stderr
