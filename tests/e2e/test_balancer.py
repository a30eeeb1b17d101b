"""HAProxy in TCP mode before one node: TLS ends at Reprise, and its workers share the sessions."""

import re
import shutil
import subprocess

import pytest

from harness import s_client, tls_counts
from harness.addresses import free_address
from harness.clients import VERSIONS, TlsClient, can_connect
from harness.configurations import HTTPS, SESSION_CACHE
from harness.waiting import wait_until

FOUR_WORKERS = SESSION_CACHE + HTTPS + "http-processes = 4\n"
HAPROXY = """\
defaults
    mode tcp
    timeout connect 5s
    timeout client 30s
    timeout server 30s
listen tls
    bind {front}
    server node {node}
"""
pytestmark = pytest.mark.skipif(not shutil.which("haproxy"), reason="needs haproxy")


@pytest.fixture
def balanced(reprise, backend, tmp_path):
    """A node, and the address of the balancer before it."""
    node = reprise(FOUR_WORKERS, to=backend().address)
    front = free_address()
    file = tmp_path / "haproxy.cfg"
    file.write_text(HAPROXY.format(front=front, node=node.address("https")))
    process = subprocess.Popen(["haproxy", "-db", "-q", "-f", str(file)])
    try:
        wait_until(lambda: can_connect(front), what="the balancer")
        yield node, front
    finally:
        process.terminate()
        process.wait(5)


def test_reconnections_resume_5_of_5(balanced):
    node, front = balanced
    outcome = s_client.run(front, "-tls1_2", "-no_ticket", "-reconnect")
    assert len(re.findall(r"^New, ", outcome.output, re.M)) == 1
    assert len(re.findall(r"^Reused, ", outcome.output, re.M)) == 5
    assert tls_counts.resumed(node.stats(), "tls_1_2") == 5


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)
def test_every_worker_resumes_behind_it(balanced, version):
    node, front = balanced
    client = TlsClient(version)
    session = client.session(front)
    for _ in range(40):
        assert client.get(front, session=session).resumed
    assert tls_counts.resumed(node.stats()) == 40
    workers = [row["accepted"] for row in node.stats()["routers"]]
    assert sum(count > 0 for count in workers) > 1, f"one worker did everything: {workers}"


def test_the_balancers_checks_harm_nothing(balanced):
    """A health check connects and leaves, with a reset or without."""
    node, front = balanced
    for _ in range(20):
        assert can_connect(front)
    assert TlsClient().get(front).status == 200
    assert len(node.worker_pids()) == 4
