"""A browser comes back to another node than the one that it came from, and does not notice."""

import json
import tempfile
from pathlib import Path

import pytest

from harness import chromium, sync, tls_counts
from harness.addresses import free_address
from harness.clients import TLS_1_2, VERSIONS
from harness.waiting import wait_until

pytestmark = pytest.mark.skipif(not chromium.PROGRAM, reason="there is no chromium")

NODE = """\
[uwsgi]
cache = 1000
cache-blocksize = 4096
ssl-sessions-use-cache = true
https-session-context = foobar
ssl-option = {ssl_option}
https = {https},{crt},{key}
http-to = {to}
stats = {stats}
cache-udp-server = {server}
cache-udp-node = {node}
"""
BALANCER = "[uwsgi]\nrawrouter = {front}\nrawrouter-to = %s\n"
NO_TLS_1_3 = 0x20000000   # SSL_OP_NO_TLSv1_3


@pytest.fixture
def browser(session_directory, certs):
    directory = Path(tempfile.mkdtemp(dir=session_directory))
    one = chromium.Chromium(directory, certs.rsa.crt)
    yield one
    one.close()


@pytest.mark.deadline(120)
@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)
def test_it_resumes_on_another_node(reprise, backend, browser, version):
    servers = [free_address(), free_address()]
    options = {"to": backend().address, "ssl_option": NO_TLS_1_3 if version == TLS_1_2 else 0}
    first, second = (reprise(NODE, server=here, node=there, **options)
                     for here, there in (servers, reversed(servers)))
    balancer = reprise(BALANCER % first.address("https"))

    page = json.loads(browser.open(f"https://{balancer.address('front')}/page"))
    assert ["PATH_INFO", "/page"] in page["vars"]
    assert tls_counts.full(first.stats()) >= 1
    wait_until(lambda: sync.of(second)["applied"] == first.tls()["sessions_stored"], 10,
               "all sessions to be on the second node")

    balancer.write_ini(BALANCER % second.address("https"))
    balancer.reload()
    name = version.name.replace("TLSv", "tls_")

    def arrived():
        # The first may still go over a connection that was opened in advance.
        assert ["PATH_INFO", "/next"] in json.loads(browser.fetch("/next"))["vars"]
        return tls_counts.ended(second.stats())

    wait_until(arrived, 10, "the browser to come to the second node", interval=0)
    assert tls_counts.resumed(second.stats(), name) >= 1
    assert sync.of(second)["hits"]["made_elsewhere"] >= 1
