"""Files in the application's place: static-map and its relatives."""

import email.utils
import json
import os

import pytest

from harness.clients import connect
from test_wsgi import DIRECT, ask, ask_uwsgi

DATE = 1_700_000_000   # of the files: Tue, 14 Nov 2023 22:13:20 GMT
SHOWN = "Tue, 14 Nov 2023 22:13:20 GMT"


@pytest.fixture
def files(tmp_path):
    """Beside the served directory is one whose name begins with its name."""
    for name, text in {"st/a.txt": "text", "st/page.html": "<p>page", "st/unknown.zzz9": "?",
                       "st/sub/index.html": "index", "st/src.php": "source", "st/large": "x" * 3000000,
                       "st-evil/secret.txt": "secret", "secret.txt": "secret",
                       "linked/there.txt": "linked"}.items():
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True, parents=True)
        file.write_text(text)
        os.utime(file, (DATE, DATE))
    (tmp_path / "st/inside.txt").symlink_to("a.txt")
    (tmp_path / "st/outside.txt").symlink_to("../secret.txt")
    (tmp_path / "st/out").symlink_to("../linked")
    os.mkfifo(tmp_path / "st/fifo")
    return tmp_path


@pytest.fixture
def node(reprise, files):
    return reprise(DIRECT + "static-map = /st={files}/st\n", files=files)


def from_application(answer):
    return answer[2].startswith(b"{") and "REQUEST_METHOD" in json.loads(answer[2])


def test_a_file(node):
    status, fields, body = ask(node.address("direct"), "/st/a.txt")
    assert (status, body) == ("HTTP/1.1 200 OK", b"text")
    assert fields == {"content-type": "text/plain", "content-length": "4", "last-modified": SHOWN,
                      "connection": "close"}
    assert "[uwsgi-static] added mapping for /st => " in node.log
    core = node.stats()["workers"][0]["cores"][0]
    assert (core["requests"], core["static_requests"]) == (1, 1)
    assert "via sendfile()" in node.wait_for_log("GET /st/a.txt => generated 4 bytes").string


@pytest.mark.parametrize("path, body", [
    ("/st/page.html", b"<p>page"), ("/st/%61.txt", b"text"), ("/st//a.txt", b"text"),
    ("/st/sub/../a.txt", b"text"), ("/st/inside.txt", b"text"), ("/st/unknown.zzz9", b"?"),
    ("/st/large", b"x" * 3000000), ("/st/a.txt?query", b"text"),
], ids=lambda value: value if isinstance(value, str) else "")
def test_what_is_a_file(node, path, body):
    status, _, received = ask(node.address("direct"), path)
    assert status == "HTTP/1.1 200 OK" and received == body


@pytest.mark.parametrize("path", [
    "/st", "/st/", "/st/sub", "/st/none.txt", "/stuff", "/a.txt", "/st/../secret.txt",
    "/st/%2e%2e/secret.txt", "/st/..%2fsecret.txt", "/st/sub/..%2f..%2fsecret.txt",
    "/st/outside.txt", "/st/out/there.txt", "/st/..%2fst-evil/secret.txt", "/st-evil/secret.txt",
    "/st/fifo", "/st/a.txt/", "/st/a.txt/more",
    "/st/" + "n" * 5000,
], ids=lambda path: path[:40])
def test_what_is_for_the_application(node, path):
    assert from_application(ask(node.address("direct"), path))


def test_the_same_over_packets(reprise, files):
    node = reprise(DIRECT + "socket = {uwsgi}\nstatic-map = /st={files}/st\n", files=files)

    def variables(path):
        return [("REQUEST_METHOD", "GET"), ("PATH_INFO", path), ("REQUEST_URI", path),
                ("SERVER_PROTOCOL", "HTTP/1.1"), ("QUERY_STRING", "")]

    assert ask_uwsgi(node.address("uwsgi"), variables("/st/a.txt"))[2] == b"text"
    for path in ("/st/../secret.txt", "/st/../st-evil/secret.txt", "/st/a.txt\0"):
        assert from_application(ask_uwsgi(node.address("uwsgi"), variables(path)))


@pytest.mark.parametrize("method", ["POST", "PUT", "OPTIONS", "get"])
def test_other_methods_are_for_the_application(node, method):
    assert from_application(ask(node.address("direct"), "/st/a.txt", method=method))


def test_a_head_has_no_body(node):
    status, fields, body = ask(node.address("direct"), "/st/a.txt", method="HEAD")
    assert status == "HTTP/1.1 200 OK" and fields["content-length"] == "4" and body == b""


@pytest.mark.parametrize("since, status", [
    (DATE - 1, 200), (DATE, 304), (DATE + 1, 304), ("Tue, 14 Nov 2023", 200), ("never", 200)])
def test_if_modified_since(node, since, status):
    if isinstance(since, int):
        since = email.utils.formatdate(since, usegmt=True)
    line, fields, body = ask(node.address("direct"), "/st/a.txt",
                             headers=[("If-Modified-Since", since)])
    assert line.split()[1] == str(status)
    assert body == (b"text" if status == 200 else b"")
    assert status == 200 or "content-length" not in fields


@pytest.mark.parametrize("options, path, body", [
    ("static-map2 = /st={files}\n", "/st/a.txt", b"text"),
    ("check-static = {files}/st\n", "/a.txt", b"text"),
    ("check-static = {files}/st\n", "/../secret.txt", None),
    ("static-map = /file={files}/st/a.txt\n", "/file", b"text"),
    ("static-map = /st={files}/st\nstatic-index = index.html\n", "/st/sub/", b"index"),
    ("static-map = /st={files}/st\nstatic-index = index.html\n", "/st/sub", b"index"),
    ("static-map = /st={files}/st\nstatic-index = ../../secret.txt\n", "/st/sub/", None),
    ("static-map = /st={files}/st\nstatic-safe = {files}/linked\n", "/st/out/there.txt", b"linked"),
    ("static-map = /st={files}/st\nstatic-skip-ext = .php\n", "/st/src.php", None),
    ("static-map = /st={files}/st\nstatic-index = src.php\nstatic-skip-ext = .php\n", "/st/", None),
    ("static-map = /st={files}/nowhere\n", "/st/a.txt", None),
])
def test_the_other_options(reprise, files, options, path, body):
    node = reprise(DIRECT + options, files=files)
    answer = ask(node.address("direct"), path)
    assert from_application(answer) if body is None else answer[2] == body


def test_without_any_application_through_the_router(reprise, files):
    node = reprise("[uwsgi]\ncheck-static = {files}/st\nhttp = {http}\nstats = {stats}\n",
                   files=files)
    assert ask(node.address("http"), "/a.txt")[2] == b"text"
    assert ask(node.address("http"), "/none")[0].split()[1] == "500"


def test_a_mapping_that_is_none(refused):
    node = refused(DIRECT + "static-map = /st\n")
    assert "invalid document root in static map, syntax mountpoint=docroot" in node.log


def test_a_reader_that_stops_costs_its_connection_alone(reprise, files):
    (files / "st/huge").touch()
    os.truncate(files / "st/huge", 1 << 28)   # more than sockets hold
    node = reprise(DIRECT + "static-map = /st={files}/st\nsocket-timeout = 1\n", files=files)
    with connect(node.address("direct")) as connection:
        connection.sendall(b"GET /st/huge HTTP/1.1\r\nHost: a\r\n\r\n")
        node.wait_for_stats(
            lambda stats: stats["workers"][0]["cores"][0]["write_errors"] == 1, timeout=10)
    assert ask(node.address("direct"), "/st/a.txt")[2] == b"text"
