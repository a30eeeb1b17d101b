"""wrk, through the router to a real uWSGI application: every answer is one, also during reloads."""

import re
import signal
import subprocess

import pytest

from harness.configurations import HTTPS, SESSION_CACHE
from harness.real_uwsgi import application_server
from harness.waiting import TIME_FACTOR, wait_until

INI = SESSION_CACHE + HTTPS + "http = {http}\nhttp-processes = 2\nhttp-keepalive = 1\n"
SECONDS = 1


@pytest.fixture(scope="module")
def application(session_directory):
    server = application_server(session_directory)
    yield server
    server.close()


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
