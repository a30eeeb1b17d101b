"""A client that leaves without a word, or is torn away, loses no session."""

import ssl

import pytest

from harness.backends import downloads
from harness.clients import VERSIONS, TlsClient, connect, leave_with_reset
from harness.configurations import HTTPS, SESSION_CACHE

by_version = pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)


@by_version
@pytest.mark.parametrize("way", ["fin", "reset", "notify"])
def test_after_any_end_the_session_resumes(reprise, backend, version, way):
    node = reprise(SESSION_CACHE + HTTPS + "http-processes = 2\n", to=backend().address)
    client = TlsClient(version)
    session = client.session(node.address("https"), leave=way)
    for _ in range(6):
        assert client.get(node.address("https"), session=session, leave=way).resumed


@by_version
@pytest.mark.parametrize("way", ["fin", "reset"])
def test_an_attempt_that_is_broken_off_costs_no_session(reprise, backend, version, way):
    node = reprise(SESSION_CACHE + HTTPS, to=backend().address)
    client = TlsClient(version)
    session = client.session(node.address("https"))
    for _ in range(3):
        connection = connect(node.address("https"))
        connection.sendall(client_hello(client, session))
        connection.recv(100)   # the server has found the session and answered
        leave_with_reset(connection) if way == "reset" else connection.close()
    assert client.get(node.address("https"), session=session).resumed


@by_version
def test_a_download_that_is_broken_off_costs_no_session(reprise, backend, version):
    node = reprise(SESSION_CACHE + HTTPS, to=backend(downloads(50_000_000)).address)
    client = TlsClient(version)
    with client.connect(node.address("https")) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        connection.recv(10000)
        session = connection.session
        leave_with_reset(connection)
    with client.connect(node.address("https"), session) as connection:
        assert connection.session_reused


def client_hello(client, session=None):
    """The first bytes of a handshake that offers the session."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    connection = client.context.wrap_bio(incoming, outgoing, server_hostname="localhost",
                                         session=session)
    with pytest.raises(ssl.SSLWantReadError):
        connection.do_handshake()
    return outgoing.read()
