"""Without ssl-sessions-use-cache: tickets under keys that every worker of the node has."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from harness import tls_counts
from harness.clients import TLS_1_2, VERSIONS, TlsClient
from harness.configurations import HTTPS, NO_CACHE

by_version = pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)


@by_version
def test_every_worker_resumes(reprise, backend, version):
    node = reprise(NO_CACHE + HTTPS + "http-processes = 4\n", to=backend().address)
    client = TlsClient(version)
    session = client.session(node.address("https"))
    assert session.has_ticket and session.ticket_lifetime_hint == 300

    def comes_back(_):
        return client.get(node.address("https"), session=session).resumed

    with ThreadPoolExecutor(4) as clients:
        assert all(clients.map(comes_back, range(40)))
    stats = node.stats()
    assert tls_counts.resumed(stats) == 40
    assert "cache" not in stats and "caches" not in stats


def test_a_tls_1_2_client_without_tickets_never_resumes(reprise, backend):
    node = reprise(NO_CACHE + HTTPS, to=backend().address)
    client = TlsClient(TLS_1_2, tickets=False)
    session = client.get(node.address("https")).session
    assert not client.get(node.address("https"), session=session).resumed


@by_version
def test_another_node_makes_nothing_of_the_ticket(reprise, backend, version):
    to = backend().address
    one, other = reprise(NO_CACHE + HTTPS, to=to), reprise(NO_CACHE + HTTPS, to=to)
    client = TlsClient(version)
    session = client.session(one.address("https"))
    answer = client.get(other.address("https"), session=session)
    assert answer.status == 200 and not answer.resumed
