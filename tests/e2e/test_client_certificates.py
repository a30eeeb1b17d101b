"""Client certificates: asked for, demanded, refused, and shown to the backend."""

import ssl

import pytest

from harness.certificates import CLIENT_SUBJECT
from harness.clients import VERSIONS, TlsClient

INI = """\
[uwsgi]
cache = 1000
cache-blocksize = 4096
ssl-sessions-use-cache = true
http-processes = 2
{before}
https = {optional},{crt},{key},HIGH,{ca}
https = {required},{crt},{key},HIGH,!{ca}
http-to = {to}
stats = {stats}
"""
NAMES = ["HTTPS", "HTTPS_CLIENT_CERTIFICATE", "HTTPS_DN", "HTTPS_CC"]

by_version = pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)


@pytest.fixture
def node(reprise, backend, certs):
    def make(before="", **options):
        return reprise(INI, to=backend().address, ca=certs.ca.crt, before=before, **options)

    return make


def tls_variables(answer):
    return {name: value for name, value in answer.json["vars"] if name in NAMES}


def expected(certs, pem=False):
    der = ssl.PEM_cert_to_DER_cert(certs.client.pem()).decode("latin-1")
    cc = {"HTTPS_CC": certs.client.pem()} if pem else {}
    return {"HTTPS": "on", "HTTPS_CLIENT_CERTIFICATE": der, "HTTPS_DN": CLIENT_SUBJECT, **cc}


@by_version
@pytest.mark.parametrize("listener", ["optional", "required"])
def test_the_backend_sees_the_certificate_on_full_and_resumed(node, certs, version, listener):
    node = node()
    client = TlsClient(version, certificate=certs.client)
    first = client.get(node.address(listener))
    assert not first.resumed and tls_variables(first) == expected(certs)
    for _ in range(8):   # by either worker
        again = client.get(node.address(listener), session=first.session)
        assert again.resumed and tls_variables(again) == expected(certs)


@by_version
def test_https_export_cert_adds_the_pem(node, certs, version):
    node = node("https-export-cert = true")
    client = TlsClient(version, certificate=certs.client)
    first = client.get(node.address("required"))
    assert tls_variables(first) == expected(certs, pem=True)
    again = client.get(node.address("required"), session=first.session)
    assert again.resumed and tls_variables(again) == expected(certs, pem=True)


@by_version
def test_without_a_certificate(node, version):
    node = node()
    client = TlsClient(version)
    assert tls_variables(client.get(node.address("optional"))) == {"HTTPS": "on"}
    assert client.handshake_refused(node.address("required"))


@by_version
@pytest.mark.parametrize("listener", ["optional", "required"])
def test_a_stranger_is_refused(node, certs, version, listener):
    node = node()
    client = TlsClient(version, certificate=certs.stranger)
    assert client.handshake_refused(node.address(listener))


def test_ssl_verbose_says_why(node, certs):
    node = node("ssl-verbose = true")
    TlsClient(certificate=certs.stranger).handshake_refused(node.address("required"))
    node.wait_for_log("[uwsgi-ssl] client certificate verify error: num=")
    assert "/CN=stranger" in node.log


@pytest.mark.parametrize("depth, accepts_1, accepts_2", [(None, True, False), (0, False, False),
                                                         (2, True, True)])
def test_the_depth_counts_intermediates(node, certs, depth, accepts_1, accepts_2):
    node = node("" if depth is None else f"ssl-verify-depth = {depth}")
    one, two = (TlsClient(certificate=pair) for pair in (certs.depth_1, certs.depth_2))
    assert one.handshake_refused(node.address("required")) is not accepts_1
    assert two.handshake_refused(node.address("required")) is not accepts_2


def test_a_client_cannot_make_the_variables_up(node):
    answer = TlsClient().get(node().address("optional"), headers=[
        ("HTTPS-DN", "/CN=admin"), ("Https", "off"), ("HTTPS-CLIENT-CERTIFICATE", "x")])
    assert tls_variables(answer) == {"HTTPS": "on"}


@by_version
def test_a_session_larger_than_a_block_is_counted_and_said(reprise, backend, certs, version):
    node = reprise(INI, to=backend().address, ca=certs.ca.crt, before="ssl-verbose = true")
    client = TlsClient(version, certificate=certs.large_client())
    first = client.get(node.address("optional"))
    assert not client.get(node.address("optional"), session=first.session).resumed
    tls = node.tls()
    assert (tls["sessions_stored"], tls["sessions_refused"]) == (0, 2)
    assert "[uwsgi-ssl] unable to store session of size " in node.log
