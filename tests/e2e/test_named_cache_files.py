"""The document's two files with a named cache, byte for byte, on one host of their own."""

import shutil
from pathlib import Path

import pytest

from harness.clients import VERSIONS
from harness.hosts import Network, NotPermitted
from harness.waiting import wait_until

EXAMPLES = Path(__file__).parents[2] / "examples" / "named-cache"
PORTS = {"first": (8443, 5001), "second": (8444, 5002)}


@pytest.fixture
def host():
    try:
        network = Network({"host": "192.168.173.1"})
    except NotPermitted as reason:
        pytest.skip(str(reason))
    yield network["host"]
    network.close()


@pytest.fixture
def nodes(host, reprise, certs):
    pytest.importorskip("werkzeug")

    def bring_certificate():   # to where the program starts
        shutil.copy(certs.rsa.crt, "foobar.crt")
        shutil.copy(certs.rsa.key, "foobar.key")

    return [reprise((EXAMPLES / f"{name}.ini").read_text(), host=host, preexec=bring_certificate,
                    stats=f"127.0.0.1:{stats}", https=f"127.0.0.1:{https}")
            for name, (https, stats) in PORTS.items()]


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)
def test_a_session_made_on_one_resumes_on_the_other(host, nodes, version):
    for maker, other in (nodes, reversed(nodes)):
        before = other.stats()["caches"][0]["items"]
        made = host.get(maker.address("https"), version)
        assert made["status"] == 200 and "<h1>WSGI Information</h1>" in made["body"]
        assert not made["resumed"]
        wait_until(lambda: other.stats()["caches"][0]["items"] > before, 5, "the session")
        again = host.get(other.address("https"), version, made["session"])
        assert again["status"] == 200 and again["resumed"]
        assert "<h1>WSGI Information</h1>" in again["body"]
