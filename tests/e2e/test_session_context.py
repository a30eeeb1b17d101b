"""https-session-context: of any length, and what it decides."""

import pytest

from harness.clients import VERSIONS, TlsClient

INI = """\
[uwsgi]
cache = 1000
cache-blocksize = 4096
ssl-sessions-use-cache = true
{context_1}
https = {one},{crt},{key},HIGH,{ca}
{context_2}
https = {two},{crt},{key},HIGH,{ca}
http-to = {to}
stats = {stats}
"""

by_version = pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)


def resumes(reprise, backend, certs, version, first, second):
    """Whether a session of the first listener resumes (on itself, on the second)."""
    node = reprise(INI, to=backend().address, ca=certs.ca.crt,
                   context_1=f"https-session-context = {first}" if first else "",
                   context_2=f"https-session-context = {second}" if second else "")
    client = TlsClient(version, certificate=certs.client)
    session = client.session(node.address("one"))
    return tuple(client.get(node.address(name), session=session).resumed for name in ("one", "two"))


@by_version
@pytest.mark.parametrize("length", [1, 32, 33, 1000])
def test_any_length_works_with_client_certificates(reprise, backend, certs, version, length):
    text = "c" * length
    assert resumes(reprise, backend, certs, version, text, text) == (True, True)


@by_version
def test_long_contexts_count_to_their_last_letter(reprise, backend, certs, version):
    long = "c" * 100
    assert resumes(reprise, backend, certs, version, long + "1", long + "2") == (True, False)


@by_version
def test_by_default_it_is_the_address(reprise, backend, certs, version):
    assert resumes(reprise, backend, certs, version, None, None) == (True, False)
