"""wrk, curl and a browser, through the router to real uWSGI applications."""

import hashlib
import json
import re
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest

from harness import chromium
from harness.configurations import HTTPS, SESSION_CACHE
from harness.real_uwsgi import application_server
from harness.waiting import TIME_FACTOR, wait_until
from test_curl import curl

INI = SESSION_CACHE + HTTPS + "http = {http}\nhttp-processes = 2\nhttp-keepalive = 1\n"
SECONDS = 1


@pytest.fixture(scope="module")
def application(session_directory):
    server = application_server(session_directory)
    yield server
    server.close()


@pytest.fixture
def browser(session_directory, certs):
    one = chromium.Chromium(Path(tempfile.mkdtemp(dir=session_directory)), certs.rsa.crt)
    yield one
    one.close()


def requests_of(report):
    """How many there were, none of which failed."""
    assert "Non-2xx" not in report and "Socket errors" not in report, report
    return int(re.search(r"(\d+) requests in", report)[1])


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("header", ["Connection: keep-alive", "Connection: close"])
def test_every_answer_is_one(reprise, application, scheme, header):
    node = reprise(INI, to=application.address)
    done = subprocess.run(
        ["wrk", "-t1", "-c8", f"-d{SECONDS}s", "--timeout", f"{int(10 * TIME_FACTOR)}s",
         "-H", header, f"{scheme}://{node.address(scheme)}/"],
        capture_output=True, text=True, check=True)
    assert requests_of(done.stdout) > 0


def test_reloads_cost_no_request(reprise, application):
    node = reprise(INI, to=application.address)
    before = node.worker_pids()
    with subprocess.Popen(
            ["wrk", "-t1", "-c8", f"-d{3 * SECONDS}s", "--timeout", f"{int(10 * TIME_FACTOR)}s",
             "-H", "Connection: close", f"https://{node.address('https')}/"],
            stdout=subprocess.PIPE, text=True) as client:
        wait_until(lambda: node.stats()["routers"][0]["requests"] > 0, what="a request")
        node.signal(signal.SIGHUP)
        node.wait_for_new_workers(before)
        report = client.communicate()[0]
    assert requests_of(report) > 0


@pytest.mark.parametrize("header", ["X: 1", "Transfer-Encoding: chunked"])
def test_curl_sends_and_receives(reprise, application, tmp_path, header):
    node = reprise(INI, to=application.address)
    file = tmp_path / "file"
    file.write_bytes(bytes(range(256)) * 4000)
    url = f"https://{node.address('https')}"
    answer = json.loads(curl("--insecure", "-H", header, "--data-binary", f"@{file}", f"{url}/x?y=1"))
    assert answer["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert answer["environ"]["REQUEST_URI"] == "/x?y=1" and answer["environ"]["HTTPS"] == "on"
    assert curl("--insecure", f"{url}/download?2000000") == b"d" * 2000000


SAY = """new Promise((done, failed) => {
  const socket = new WebSocket("wss://%s/");
  socket.onopen = () => socket.send("hello");
  socket.onmessage = async message => done(await new Response(message.data).text());
  socket.onerror = () => failed("no websocket");
})"""


@pytest.mark.deadline(120)
@pytest.mark.skipif(not chromium.PROGRAM, reason="there is no chromium")
def test_a_browser_loads_pages_and_speaks_over_a_websocket(reprise, session_directory, browser):
    server = application_server(session_directory, app="websocket.py")
    try:
        node = reprise(INI + "http-websockets = true\n", to=server.address)
        assert browser.open(f"https://{node.address('https')}/") == "plain"
        assert browser.fetch("/again") == "plain"
        assert browser.evaluate(SAY % node.address("https")) == "echo hello"
    finally:
        server.close()
