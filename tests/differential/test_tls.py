"""What a TLS client sees of both routers, where they are meant to agree."""

import pytest

from harness.clients import TLS_1_2, TLS_1_3, VERSIONS, TlsClient

INI = """\
[uwsgi]
master = true
sni = a.test {a_crt},{a_key}
sni-regexp = ^b[0-9]+\\.test$ {b_crt},{b_key}
https = {https},{crt},{key},{ciphers},{ca}
http-to = {to}
"""


@pytest.fixture
def pair(both, backend, certs):
    def make(ciphers="HIGH", demand=""):
        return both(INI.replace("{ca}", demand + "{ca}"), to=backend().address, ciphers=ciphers,
                    ca=certs.ca.crt, a_crt=certs.a_test.crt, a_key=certs.a_test.key,
                    b_crt=certs.b_test.crt, b_key=certs.b_test.key)

    return make


def alike(nodes, look):
    theirs, ours = map(look, nodes)
    assert ours == theirs
    return ours


@pytest.mark.parametrize("name", ["a.test", "b7.test", "c.test", None])
def test_names_get_the_same_certificate(pair, name):
    alike(pair(), lambda node: TlsClient().get(node.address("https"), sni=name).server_certificate)


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)
def test_tickets_live_as_long_and_resume(pair, version):
    def look(node):
        client = TlsClient(version)
        session = client.session(node.address("https"))
        return (session.has_ticket, session.ticket_lifetime_hint,
                client.get(node.address("https"), session=session).resumed)

    assert alike(pair(), look) == (True, 300, True)


@pytest.mark.parametrize("ciphers", [
    "HIGH", "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256"])
def test_the_same_cipher_is_chosen(pair, ciphers):
    def look(node):
        with TlsClient(TLS_1_2).connect(node.address("https")) as connection:
            return connection.cipher()

    alike(pair(ciphers), look)


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)
@pytest.mark.parametrize("demand", ["", "!"], ids=["optional", "demanded"])
@pytest.mark.parametrize("who", ["nobody", "client", "stranger", "depth_1", "depth_2"])
def test_the_same_clients_are_let_in(pair, certs, version, demand, who):
    certificate = None if who == "nobody" else getattr(certs, who)
    alike(pair(demand=demand), lambda node: TlsClient(version, certificate=certificate)
          .handshake_refused(node.address("https")))


def test_no_early_data_and_no_alpn(pair):
    def look(node):
        client = TlsClient(TLS_1_3)
        client.context.set_alpn_protocols(["h2", "http/1.1"])
        with client.connect(node.address("https")) as connection:
            return connection.selected_alpn_protocol()

    assert alike(pair(), look) is None
