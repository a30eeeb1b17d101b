"""sni, sni-dir, sni-regexp: which certificate a name gets."""

import ssl

import pytest

from harness import s_client
from harness.clients import TLS_1_2, TLS_1_3, TlsClient

INI = """\
[uwsgi]
cache = 100
cache-blocksize = 4096
ssl-sessions-use-cache = true
sni = a.test {a_crt},{a_key}
https = {https},{crt},{key}
sni-regexp = ^b[0-9]*\\.test$ {b_crt},{b_key}
sni-dir = {sni_dir}
http-to = {to}
stats = {stats}
"""


@pytest.fixture
def sni_dir(tmp_path, certs):
    inside = tmp_path / "names"
    inside.mkdir()
    for directory, name in ((inside, "dir.test"), (tmp_path, "outside")):
        (directory / f"{name}.crt").write_bytes(certs.p256.crt.read_bytes())
        (directory / f"{name}.key").write_bytes(certs.p256.key.read_bytes())
    (inside / "broken.test.crt").write_text("no certificate")
    (inside / "broken.test.key").write_text("no key")
    return inside


@pytest.fixture
def node(reprise, backend, certs, sni_dir):
    return reprise(INI, to=backend().address, a_crt=certs.a_test.crt, a_key=certs.a_test.key,
                   b_crt=certs.b_test.crt, b_key=certs.b_test.key, sni_dir=sni_dir)


def certificate_for(node, name, version=None):
    return ssl.DER_cert_to_PEM_cert(
        TlsClient(version).get(node.address("https"), sni=name).server_certificate)


@pytest.mark.parametrize("version", [TLS_1_2, TLS_1_3], ids=lambda version: version.name)
@pytest.mark.parametrize("name, expected", [
    ("a.test", "a_test"), ("A.Test", "a_test"), ("b.test", "b_test"), ("b77.test", "b_test"),
    ("dir.test", "p256"), ("unknown.test", "rsa"), (None, "rsa"), ("xb.test", "rsa"),
    ("broken.test", "rsa")])
def test_a_name_gets_its_certificate(node, certs, name, expected, version):
    wanted = ssl.PEM_cert_to_DER_cert(getattr(certs, expected).pem())
    assert certificate_for(node, name, version) == ssl.DER_cert_to_PEM_cert(wanted)


@pytest.mark.parametrize("name", ["a.test", "b1.test", "dir.test", "unknown.test"])
def test_sessions_of_a_name_resume(node, name):
    for version in (TLS_1_2, TLS_1_3):
        client = TlsClient(version)
        session = client.session(node.address("https"), sni=name)
        for _ in range(3):
            assert client.get(node.address("https"), session=session, sni=name).resumed


@pytest.mark.parametrize("name", ["../outside", "x/../../outside", "..", "names/dir.test"])
def test_a_name_leads_to_no_other_directory(node, certs, name):
    outcome = s_client.run(node.address("https"), "-tls1_2", "-servername", name)
    # Either the default certificate or no connection, never that of the file outside.
    assert "id-ecPublicKey" not in outcome.output
    assert "Peer signature type: ECDSA" not in outcome.output
    assert TlsClient().get(node.address("https")).status == 200


@pytest.mark.parametrize("entry", ["sni-regexp = ^secret\\.test$ {crt},{key},HIGH,!{ca}",
                                   "sni = secret.test {crt},{key},HIGH,!{ca}"])
def test_a_name_that_demands_a_certificate_demands_it_at_once(reprise, backend, certs, entry):
    node = reprise("[uwsgi]\nhttps = {https},{crt},{key}\nhttp-to = {to}\n" + entry + "\n",
                   to=backend().address, ca=certs.ca.crt)
    for _ in range(2):
        assert TlsClient().handshake_refused(node.address("https"), sni="secret.test")
    with_it = TlsClient(certificate=certs.client).get(node.address("https"), sni="secret.test")
    assert dict(with_it.json["vars"])["HTTPS_DN"].endswith("/CN=client one")


def test_sni_dir_demands_a_certificate_at_the_first_connection(reprise, backend, certs, tmp_path):
    for suffix, file in (("crt", certs.rsa.crt), ("key", certs.rsa.key), ("ca", certs.ca.crt)):
        (tmp_path / f"dir.test.{suffix}").write_bytes(file.read_bytes())
    node = reprise("[uwsgi]\nhttps = {https},{crt},{key}\nsni-dir = {dir}\nhttp-to = {to}\n",
                   to=backend().address, dir=tmp_path)
    without = TlsClient()
    assert without.handshake_refused(node.address("https"), sni="dir.test") or \
        "HTTPS_DN" not in dict(without.get(node.address("https"), sni="dir.test").json["vars"])
    with_it = TlsClient(certificate=certs.client).get(node.address("https"), sni="dir.test")
    assert "HTTPS_DN" in dict(with_it.json["vars"]), "no certificate was asked for"


@pytest.mark.parametrize("entry", ["sni-regexp = ^secret\\.test$ {crt},{key},HIGH,!{ca}",
                                   "sni = secret.test {crt},{key},HIGH,!{ca}"])
def test_a_host_that_demands_a_certificate_is_not_reached_under_another_name(reprise, backend,
                                                                             certs, entry):
    server = backend()
    node = reprise("[uwsgi]\nhttps = {https},{crt},{key}\nhttp-to = {to}\n" + entry + "\n",
                   to=server.address, ca=certs.ca.crt)
    for host in ("secret.test", "SECRET.test:8443", "secret.test."):
        for sni in ("open.test", None):
            assert TlsClient().get(node.address("https"), sni=sni, host=host).status == 421
    assert not server.requests
    assert TlsClient().get(node.address("https"), sni="open.test", host="open.test").status == 200
    with_it = TlsClient(certificate=certs.client)
    assert with_it.get(node.address("https"), sni="secret.test", host="secret.test").status == 200


def test_a_directory_of_names_that_is_none_is_warned_about(reprise, backend):
    node = reprise("[uwsgi]\nhttps = {https},{crt},{key}\nhttp-to = {to}\n"
                   "sni-dir = /nonexistent\n", to=backend().address)
    assert "sni-dir /nonexistent" in node.log
