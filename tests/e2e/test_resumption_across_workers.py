"""Any worker resumes what any worker made."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness import s_client, tls_counts
from harness.clients import TLS_1_2, TLS_1_3, VERSIONS, TlsClient
from harness.configurations import HTTPS, SESSION_CACHE

EIGHT_WORKERS = SESSION_CACHE + HTTPS + "http-processes = 8\n"
TWO_WORKERS = SESSION_CACHE + HTTPS + "http-processes = 2\n"
by_version = pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)


def accepted(stats):
    """Connections by worker pid."""
    return {row["pid"]: row["accepted"] for row in stats["routers"]}


@by_version
def test_a_hundred_of_a_hundred_resume_over_eight_workers(reprise, backend, version):
    node = reprise(EIGHT_WORKERS, to=backend().address)
    client = TlsClient(version)
    sessions = [client.session(node.address("https")) for _ in range(10)]

    def comes_back(number):
        return client.get(node.address("https"), session=sessions[number % 10]).resumed

    with ThreadPoolExecutor(8) as clients:
        assert sum(clients.map(comes_back, range(100))) == 100
    stats = node.stats()
    assert tls_counts.resumed(stats) == 100
    assert sum(count > 0 for count in accepted(stats).values()) > 1, "one worker did everything"


@by_version
def test_the_other_worker_resumes_while_the_first_is_stopped(reprise, backend, version):
    node = reprise(TWO_WORKERS, to=backend().address)
    client = TlsClient(version)
    session = client.session(node.address("https"))
    maker = max(accepted(node.stats()).items(), key=lambda row: row[1])[0]
    os.kill(maker, signal.SIGSTOP)
    try:
        assert client.get(node.address("https"), session=session).resumed
    finally:
        os.kill(maker, signal.SIGCONT)
    assert min(accepted(node.stats()).values()) == 1


@by_version
@pytest.mark.parametrize("certificate", ["rsa", "p256"])
def test_a_client_at_its_quickest_finds_its_session(reprise, backend, certs, version, certificate):
    """The session is in the cache before the client can know of it."""
    pair = getattr(certs, certificate)
    node = reprise(TWO_WORKERS, to=backend().address, crt=pair.crt, key=pair.key)
    client = TlsClient(version)
    for _ in range(50):
        if version == TLS_1_2:
            with client.connect(node.address("https")) as connection:
                session = connection.session   # not a byte after the handshake
        else:
            session = client.session(node.address("https"), leave="fin")
        with client.connect(node.address("https"), session) as connection:
            assert connection.session_reused


def test_a_tls_1_2_client_keeps_its_id_and_costs_no_item(reprise, backend):
    node = reprise(TWO_WORKERS, to=backend().address)
    client = TlsClient(TLS_1_2)
    session = client.session(node.address("https"))
    assert session.id and not session.has_ticket
    for _ in range(5):
        answer = client.get(node.address("https"), session=session)
        assert answer.resumed and answer.session.id == session.id
    assert node.stats()["cache"]["items"] == 1


def test_each_renewed_tls_1_3_ticket_resumes_too(reprise, backend):
    node = reprise(TWO_WORKERS, to=backend().address)
    client = TlsClient(TLS_1_3)
    session = client.session(node.address("https"))
    for _ in range(10):
        answer = client.get(node.address("https"), session=session)
        assert answer.resumed
        session = answer.session


def test_openssl_s_client_says_reused(reprise, backend, tmp_path):
    node = reprise(EIGHT_WORKERS, to=backend().address)
    for version in ("-tls1_2", "-tls1_3"):
        file = tmp_path / f"session{version}.pem"
        first = s_client.get(node.address("https"), version, "-sess_out", file)
        again = s_client.get(node.address("https"), version, "-sess_in", file)
        assert (first.reused, again.reused) == (False, True)
        assert "HTTP/1.1 200 OK" in again.output


def test_openssl_s_client_reconnects_by_id(reprise, backend):
    node = reprise(EIGHT_WORKERS, to=backend().address)
    outcome = s_client.run(node.address("https"), "-tls1_2", "-reconnect")
    assert outcome.output.count("Reused, TLSv1.2") == 5


def test_sessions_of_two_certificate_kinds_stand_in_one_named_cache(reprise, backend, certs):
    node = reprise("""\
[uwsgi]
cache2 = name=ssl,items=100,keysize=128,blocksize=4096
ssl-sessions-use-cache = ssl
https = {one},{crt},{key}
https = {two},{crt2},{key2}
http-to = {to}
stats = {stats}
""", to=backend().address, crt2=certs.p256.crt, key2=certs.p256.key)
    client = TlsClient(TLS_1_2)
    for name in ("one", "two"):
        session = client.session(node.address(name))
        assert client.get(node.address(name), session=session).resumed
    assert node.stats()["caches"][0]["items"] == 2
