"""The rawrouter in front of https routers: their sessions resume through it."""

import pytest

from harness import s_client
from harness.clients import VERSIONS, TlsClient
from harness.configurations import HTTPS, SESSION_CACHE

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
