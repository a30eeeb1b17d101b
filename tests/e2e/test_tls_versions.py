"""Options that switch versions of TLS and suites on and off, and names that mean the same."""

import subprocess

import pytest

from harness import s_client
from harness.clients import TLS_1_2, TLS_1_3, TlsClient
from harness.configurations import HTTPS, SESSION_CACHE

NO_TLS_1_2 = 134217728   # SSL_OP_NO_TLSv1_2
NO_TLS_1_3 = 536870912   # SSL_OP_NO_TLSv1_3
ANY_CIPHER = "ALL:@SECLEVEL=0"


def taken(node, listener="https", sni="localhost"):
    """The versions of TLS that this listener takes."""
    return [version for version in (TLS_1_2, TLS_1_3)
            if not TlsClient(version).handshake_refused(node.address(listener), sni=sni)]


@pytest.mark.parametrize("options, left", [
    ([NO_TLS_1_3], [TLS_1_2]), ([NO_TLS_1_2], [TLS_1_3]), ([NO_TLS_1_2, NO_TLS_1_3], [])])
def test_ssl_option_switches_versions_off(reprise, backend, options, left):
    node = reprise("[uwsgi]\n" + "".join(f"ssl-option = {option}\n" for option in options) + HTTPS,
                   to=backend().address)
    assert taken(node) == left


def test_ssl_option_is_for_what_stands_below_it(reprise, backend, certs):
    node = reprise("[uwsgi]\nhttps = {above},{crt},{key}\nsni = a.test {a_crt},{a_key}\n"
                   f"ssl-option = {NO_TLS_1_3}\nsni = b.test {{b_crt}},{{b_key}}\n" + HTTPS,
                   to=backend().address, a_crt=certs.a_test.crt, a_key=certs.a_test.key,
                   b_crt=certs.b_test.crt, b_key=certs.b_test.key)
    assert taken(node, "above") == [TLS_1_2, TLS_1_3]
    assert taken(node) == [TLS_1_2]
    for listener in ("above", "https"):
        assert taken(node, listener, "a.test") == [TLS_1_2, TLS_1_3]
        assert taken(node, listener, "b.test") == [TLS_1_2]


@pytest.mark.parametrize("version", ["-tls1", "-tls1_1"])
@pytest.mark.parametrize("switched, answered", [("true", True), ("false", False)])
def test_ssl_enable_tlsv1_brings_the_old_versions(reprise, backend, version, switched, answered):
    node = reprise(f"[uwsgi]\nssl-enable-tlsv1 = {switched}\n"
                   f"https = {{https}},{{crt}},{{key}},{ANY_CIPHER}\nhttp-to = {{to}}\n",
                   to=backend().address)
    outcome = s_client.get(node.address("https"), version, "-cipher", ANY_CIPHER)
    assert ("HTTP/1.1 200 OK" in outcome.output) is answered
    assert ("alert protocol version" in outcome.output) is not answered


@pytest.mark.parametrize("option", ["ssl-enable3", "ssl-enable-sslv3"])
def test_ssl_3_may_be_asked_for(reprise, backend, option):
    """OpenSSL has it no more: the option is known, and changes nothing for the others."""
    node = reprise(f"[uwsgi]\nstrict = true\n{option} = true\n" + HTTPS, to=backend().address)
    assert "node.ini:" not in node.log, "not a warning"
    assert taken(node) == [TLS_1_2, TLS_1_3]


def test_both_spellings_of_the_session_options(reprise, backend):
    node = reprise("[uwsgi]\nstrict = true\ncache = 100\ncache-blocksize = 4096\n"
                   "ssl-session-use-cache = true\nssl-session-timeout = 77\n" + HTTPS
                   + "stats = {stats}\n", to=backend().address)
    assert "node.ini:" not in node.log, "not a warning"
    session = TlsClient(TLS_1_3).session(node.address("https"))
    assert session.ticket_lifetime_hint == 77
    assert node.stats()["cache"]["items"] == 1


@pytest.mark.parametrize("with_parameters", [True, False])
def test_dh_parameters_in_the_certificate_bring_dhe(reprise, backend, certs, tmp_path,
                                                    with_parameters):
    text = certs.rsa.pem()
    if with_parameters:
        text += subprocess.run(["openssl", "genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt",
                                "group:ffdhe2048"], check=True, capture_output=True,
                               text=True).stdout
    (tmp_path / "server.crt").write_text(text)
    node = reprise(SESSION_CACHE + HTTPS, to=backend().address, crt=tmp_path / "server.crt")
    client = TlsClient(TLS_1_2, ciphers="DHE-RSA-AES256-GCM-SHA384")
    assert client.handshake_refused(node.address("https")) is not with_parameters
    assert TlsClient(TLS_1_2).get(node.address("https")).server_certificate
