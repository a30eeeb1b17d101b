"""Every handshake ends in one count; misses and failures have a reason."""

import ssl
import time

import pytest

from harness import s_client, tls_counts
from harness.clients import TLS_1_2, TLS_1_3, VERSIONS, TlsClient, connect, get
from harness.configurations import HTTPS, SESSION_CACHE

by_version = pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)
NAMES = {TLS_1_2: "tls_1_2", TLS_1_3: "tls_1_3"}


@by_version
def test_full_and_resumed_by_version(reprise, backend, version):
    node = reprise(SESSION_CACHE + HTTPS, to=backend().address)
    client = TlsClient(version)
    session = client.session(node.address("https"))
    for _ in range(3):
        client.get(node.address("https"), session=session)
    stats = node.stats()
    assert tls_counts.full(stats, NAMES[version]) == 1
    assert tls_counts.resumed(stats, NAMES[version]) == 3
    assert tls_counts.ended(stats) == 4
    assert tls_counts.missed(stats) == tls_counts.failed(stats) == 0


@by_version
def test_a_session_of_elsewhere_is_unknown(reprise, backend, version):
    to = backend().address
    node, other = reprise(SESSION_CACHE + HTTPS, to=to), reprise(SESSION_CACHE + HTTPS, to=to)
    client = TlsClient(version)
    client.get(node.address("https"), session=client.session(other.address("https")))
    stats = node.stats()
    assert tls_counts.missed(stats, "unknown") == tls_counts.missed(stats) == 1
    assert tls_counts.full(stats) == 1


@by_version
def test_an_old_session_is_expired(reprise, backend, version):
    # No sweeper: the item is still there, which is the difference to one that is unknown.
    node = reprise(SESSION_CACHE.replace("= 300", "= 1\ncache-no-expire = true") + HTTPS,
                   to=backend().address)
    client = TlsClient(version)
    session = client.session(node.address("https"))
    time.sleep(2.1)
    assert not client.get(node.address("https"), session=session).resumed
    stats = node.stats()
    # A client may know by itself that its TLS 1.3 ticket is too old, and then offers none.
    if version == TLS_1_2:
        assert tls_counts.missed(stats, "expired") == tls_counts.missed(stats) == 1


@by_version
def test_a_session_of_another_context(reprise, backend, version):
    node = reprise(SESSION_CACHE + HTTPS + "https-session-context = other\n"
                   "https = {other},{crt},{key}\n", to=backend().address)
    client = TlsClient(version)
    session = client.session(node.address("https"))
    assert not client.get(node.address("other"), session=session).resumed
    stats = node.stats()
    assert tls_counts.missed(stats, "other_context") == tls_counts.missed(stats) == 1


def test_new_clients_miss_nothing(reprise, backend):
    """A TLS 1.3 client sends a random legacy session id, which is no offer of a session."""
    node = reprise(SESSION_CACHE + HTTPS, to=backend().address)
    for version in (None, TLS_1_2, TLS_1_3):
        TlsClient(version).session(node.address("https"))
    stats = node.stats()
    assert tls_counts.missed(stats) == 0 and stats["cache"]["miss"] == 0
    assert tls_counts.full(stats) == 3


def failure_counted(node, reason):
    """Waits for one failed handshake and checks that it was counted once, under its reason."""
    stats = node.wait_for_stats(lambda stats: tls_counts.failed(stats) > 0, 8, "a failed handshake")
    assert tls_counts.failed(stats, reason) == 1, stats["tls"]["failed"]
    assert tls_counts.ended(stats) == 1


@pytest.fixture
def node(reprise, backend):
    return reprise(SESSION_CACHE + HTTPS, to=backend().address)


def test_plain_http_is_counted(node):
    get(node.address("https"))
    failure_counted(node, "plain_http")


def test_garbage_is_counted(node):
    with connect(node.address("https")) as connection:
        connection.sendall(b"\x00\x01\x02 this is no TLS at all" * 4)
    failure_counted(node, "not_tls")


def test_a_client_that_goes_away_is_counted(node):
    with connect(node.address("https")) as connection:
        connection.sendall(b"\x16\x03\x01\x02\x00\x01")
    failure_counted(node, "closed")


def test_an_old_version_is_counted(node):
    s_client.run(node.address("https"), "-tls1", "-cipher", "ALL@SECLEVEL=0")
    failure_counted(node, "version")


def test_no_common_cipher_is_counted(node):
    assert TlsClient(TLS_1_2, ciphers="ECDHE-ECDSA-AES128-GCM-SHA256").handshake_refused(
        node.address("https"))
    failure_counted(node, "cipher")


def test_a_clients_alert_is_counted(node):
    client = TlsClient()
    client.context.verify_mode = ssl.CERT_REQUIRED   # and no authority is known to it
    assert client.handshake_refused(node.address("https"))
    failure_counted(node, "alert")


@by_version
def test_a_missing_certificate_is_counted(reprise, backend, certs, version):
    node = reprise(SESSION_CACHE + "https = {https},{crt},{key},HIGH,!{ca}\nhttp-to = {to}\n",
                   to=backend().address, ca=certs.ca.crt)
    assert TlsClient(version).handshake_refused(node.address("https"))
    failure_counted(node, "certificate")
