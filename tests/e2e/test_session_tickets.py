"""ssl-sessions-tickets: how many tickets a full TLS 1.3 handshake gives, and one each renewal."""

import pytest

from harness import s_client
from harness.clients import TLS_1_3, TlsClient
from harness.configurations import HTTPS, SESSION_CACHE


@pytest.mark.parametrize("option, tickets", [("", 1), ("ssl-sessions-tickets = 3\n", 3)])
def test_a_full_handshake_gives_as_many_tickets(reprise, backend, tmp_path, option, tickets):
    node = reprise(SESSION_CACHE + option + HTTPS, to=backend().address)
    outcome = s_client.get(node.address("https"), "-tls1_3", "-sess_out", tmp_path / "session")
    assert outcome.output.count("Post-Handshake New Session Ticket arrived") == tickets
    assert node.stats()["cache"]["items"] == tickets


def test_a_resumption_gives_one_renewal(reprise, backend):
    node = reprise(SESSION_CACHE + "ssl-sessions-tickets = 4\n" + HTTPS, to=backend().address)
    client = TlsClient(TLS_1_3)
    session = client.session(node.address("https"))
    assert node.stats()["cache"]["items"] == 4
    assert client.get(node.address("https"), session=session).resumed
    assert node.stats()["cache"]["items"] == 5


def test_no_tickets_no_resumption_in_tls_1_3(reprise, backend):
    node = reprise(SESSION_CACHE + "ssl-sessions-tickets = 0\n" + HTTPS, to=backend().address)
    answer = TlsClient(TLS_1_3).get(node.address("https"))
    assert answer.status == 200
    assert node.stats()["cache"]["items"] == 0


def test_tickets_carry_the_timeout_as_their_lifetime(reprise, backend):
    node = reprise(SESSION_CACHE + HTTPS, to=backend().address)
    assert TlsClient(TLS_1_3).session(node.address("https")).ticket_lifetime_hint == 300
