"""Groups, certificates, versions and ciphers that a client can have."""

import pytest

from harness import s_client
from harness.clients import TLS_1_2, TlsClient
from harness.configurations import HTTPS, SESSION_CACHE


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
@pytest.mark.parametrize("group, named", [("X25519", "X25519"), ("P-256", "prime256v1")])
@pytest.mark.parametrize("certificate", ["rsa", "p256"])
def test_groups_and_certificates(reprise, backend, certs, version, group, named, certificate):
    pair = getattr(certs, certificate)
    node = reprise(SESSION_CACHE + HTTPS, to=backend().address, crt=pair.crt, key=pair.key)
    # In TLS 1.2 the curve of the certificate has to be among the groups too.
    groups = f"{group}:P-256" if certificate == "p256" and group != "P-256" else group
    outcome = s_client.get(node.address("https"), version, "-groups", groups)
    assert "HTTP/1.1 200 OK" in outcome.output
    assert f"Server Temp Key: {'ECDH, ' if group == 'P-256' else ''}{named}" in outcome.output


def test_a_default_client_gets_its_first_choice_without_another_round(reprise, backend):
    node = reprise(SESSION_CACHE + HTTPS, to=backend().address)
    outcome = s_client.get(node.address("https"), "-tls1_3", "-msg")
    assert "Server Temp Key: X25519" in outcome.output
    assert outcome.output.count("Handshake [length") and outcome.output.count(", ClientHello") == 1


def test_a_session_resumes_through_a_hello_retry_request(reprise, backend, tmp_path):
    node = reprise(SESSION_CACHE + HTTPS, to=backend().address)
    arguments = ("-tls1_3", "-groups", "X448:P-256", "-msg")
    first = s_client.get(node.address("https"), *arguments, "-sess_out", tmp_path / "session")
    assert first.output.count(", ClientHello") == 2, "this client was meant to be asked again"
    again = s_client.get(node.address("https"), *arguments, "-sess_in", tmp_path / "session")
    assert again.reused and "HTTP/1.1 200 OK" in again.output


def test_the_configured_ciphers_are_the_ones(reprise, backend):
    node = reprise("[uwsgi]\nhttps = {https},{crt},{key},ECDHE-RSA-AES256-GCM-SHA384\n"
                   "http-to = {to}\n", to=backend().address)
    with TlsClient(TLS_1_2).connect(node.address("https")) as connection:
        assert connection.cipher()[0] == "ECDHE-RSA-AES256-GCM-SHA384"
    assert TlsClient(TLS_1_2, ciphers="ECDHE-RSA-AES128-GCM-SHA256").handshake_refused(
        node.address("https"))


def test_https2_is_https_with_names(reprise, backend, certs):
    node = reprise("[uwsgi]\nhttps2 = addr={https},crt={crt},key={key},ciphers=HIGH\\,!aNULL,"
                   "clientca=!{ca}\nhttp-to = {to}\n", to=backend().address, ca=certs.ca.crt)
    assert TlsClient().handshake_refused(node.address("https"))
    assert TlsClient(certificate=certs.client).get(node.address("https")).status == 200


def test_tls_1_0_is_refused(reprise, backend):
    node = reprise(SESSION_CACHE + HTTPS, to=backend().address)
    outcome = s_client.run(node.address("https"), "-tls1", "-cipher", "ALL@SECLEVEL=0")
    assert "alert protocol version" in outcome.output


def test_renegotiation_is_refused(reprise, backend):
    node = reprise(SESSION_CACHE + HTTPS, to=backend().address)
    outcome = s_client.run(node.address("https"), "-tls1_2", send=b"R\n")
    assert "no renegotiation" in outcome.output


def test_inline_pem_works_with_a_temporary_directory(reprise, backend, certs, tmp_path):
    """The options' text is the certificate; nothing has to be written for it."""
    node = reprise("[uwsgi]\nssl-tmp-dir = {tmp}\nhttps = {https},@({crt}),@({key})\n"
                   "http-to = {to}\n", to=backend().address, tmp=tmp_path)
    assert TlsClient().get(node.address("https")).status == 200
