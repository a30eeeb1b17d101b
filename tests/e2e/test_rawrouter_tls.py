"""The rawrouter in front of https routers: their sessions resume through it."""

from pathlib import Path

import pytest

from harness import s_client
from harness.clients import VERSIONS, TlsClient
from harness.configurations import HTTPS, SESSION_CACHE

DOCUMENT = Path(__file__).parents[2] / "examples" / "rawrouter" / "rawrouter.ini"
ADDRESSES = {"192.168.173.99:443": "{raw}", "192.168.173.1:8443": "{one}",
             "192.168.173.2:8443": "{two}", "192.168.173.3:8443": "{three}"}
RAW = "[uwsgi]\nmaster = true\nrawrouter = {raw}\nrawrouter-to = {to}\n"
TIMES = 50


@pytest.fixture
def front(reprise, backend):
    """A rawrouter with two workers, before one https node with two workers: (front, https)."""
    https = reprise(SESSION_CACHE + HTTPS + "http-processes = 2\n", to=backend().address)
    return reprise(RAW + "rawrouter-processes = 2\n", to=https.address("https")), https


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)
def test_sessions_resume(front, version):
    raw, https = front
    client = TlsClient(version)
    session = client.session(raw.address("raw"))
    for _ in range(TIMES):
        answer = client.get(raw.address("raw"), session=session)
        assert answer.status == 200 and answer.resumed
        session = answer.session
    cache = https.stats()["cache"]
    assert (cache["hits"], cache["miss"]) == (TIMES, 0)


def test_sessions_of_s_client_resume(front, tmp_path):
    raw, _ = front
    session = tmp_path / "session.pem"
    first = s_client.get(raw.address("raw"), "-sess_out", session)
    assert not first.reused
    assert s_client.get(raw.address("raw"), "-sess_in", session).reused


def test_the_documents_file_before_three_nodes(reprise, backend):
    """As it is printed, with addresses of this machine."""
    nodes = {name: reprise(SESSION_CACHE + HTTPS, to=backend().address)
             for name in ("one", "two", "three")}
    ini = DOCUMENT.read_text()
    for written, name in ADDRESSES.items():
        ini = ini.replace(written, name)
    node = reprise(ini, **{name: https.address("https") for name, https in nodes.items()})
    warnings = [line for line in node.log.splitlines() if "warning" in line.lower()]
    assert not [line for line in warnings if "running uWSGI as root" not in line]
    for _ in range(6):
        assert TlsClient().get(node.address("raw")).status == 200
    assert [sum(https.tls()["full"].values()) for https in nodes.values()] == [2, 2, 2]
