"""sni-dir: NAME.crt, NAME.key and NAME.ca, read when a client asks for NAME, and again after a
renewal."""

import ssl

import pytest

from harness import s_client
from harness.clients import TLS_1_2, VERSIONS, TlsClient
from harness.configurations import HTTPS, SESSION_CACHE
from harness.waiting import wait_until

by_version = pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)


@pytest.fixture
def names(tmp_path):
    directory = tmp_path / "names"
    directory.mkdir()
    return directory


@pytest.fixture
def node(reprise, backend, names):
    def make(extra=""):
        return reprise(SESSION_CACHE + "sni-dir = {names}\n" + extra + HTTPS,
                       to=backend().address, names=names)

    return make


def put(directory, name, pair, ca=None):
    """As renewal programs do: each file takes the place of the old one at once."""
    files = {"crt": pair.crt, "key": pair.key, **({"ca": ca.crt} if ca else {})}
    for suffix, source in files.items():
        fresh = directory / f"{name}.{suffix}.new"
        fresh.write_bytes(source.read_bytes())
        fresh.rename(directory / f"{name}.{suffix}")


def served(node, name="dir.test"):
    return TlsClient().get(node.address("https"), sni=name).server_certificate


def der(pair):
    return ssl.PEM_cert_to_DER_cert(pair.pem())


def dn(answer):
    return dict(answer.json["vars"]).get("HTTPS_DN")


def test_files_are_read_when_a_client_asks_for_the_name(node, names, certs):
    node = node()
    assert served(node) == der(certs.rsa)
    put(names, "dir.test", certs.a_test)
    assert "added SSL context" not in node.log
    assert served(node) == served(node, "Dir.TEST") == der(certs.a_test)
    assert served(node, "another.test") == der(certs.rsa)
    assert node.log.count("added SSL context for dir.test") == 1


def test_a_certificate_without_its_key_is_none(node, names, certs):
    put(names, "dir.test", certs.a_test)
    (names / "dir.test.key").unlink()
    assert served(node()) == der(certs.rsa)


def test_a_renewal_is_served_and_its_sessions_stay(node, names, certs):
    put(names, "dir.test", certs.a_test)
    node = node()
    client = TlsClient(TLS_1_2)
    first = client.get(node.address("https"), sni="dir.test")
    assert first.server_certificate == der(certs.a_test)
    put(names, "dir.test", certs.b_test)
    wait_until(lambda: served(node) == der(certs.b_test), what="the renewed certificate")
    assert client.get(node.address("https"), session=first.session, sni="dir.test").resumed


def test_half_a_renewal_keeps_the_old_certificate(node, names, certs):
    put(names, "dir.test", certs.a_test)
    node = node()
    assert served(node) == der(certs.a_test)
    (names / "dir.test.crt").write_bytes(certs.b_test.crt.read_bytes())

    def refused():
        assert served(node) == der(certs.a_test)
        return 'DANGER unable to initialize context for "dir.test"' in node.log

    wait_until(refused, what="the look at the files that do not match")
    assert served(node) == der(certs.a_test)
    (names / "dir.test.key").write_bytes(certs.b_test.key.read_bytes())
    wait_until(lambda: served(node) == der(certs.b_test), what="the whole renewal")


def test_removed_files_give_the_default_certificate(node, names, certs):
    put(names, "dir.test", certs.a_test)
    node = node()
    assert served(node) == der(certs.a_test)
    for file in names.iterdir():
        file.unlink()
    wait_until(lambda: served(node) == der(certs.rsa), what="the default certificate")
    assert "destroyed SSL context for dir.test" in node.log
    put(names, "dir.test", certs.b_test)
    wait_until(lambda: served(node) == der(certs.b_test), what="the files that came back")


@by_version
def test_a_ca_asks_for_a_certificate_at_the_first_connection(node, names, certs, version):
    put(names, "dir.test", certs.a_test, certs.ca)
    node = node()
    client = TlsClient(version, certificate=certs.client)
    first = client.get(node.address("https"), sni="dir.test")
    assert dn(first) and dn(first).endswith("CN=client one")
    assert dn(client.get(node.address("https"))) is None, "the default name asks for none"


@by_version
def test_a_ca_makes_a_certificate_optional_but_not_any(node, names, certs, version):
    put(names, "dir.test", certs.a_test, certs.ca)
    node = node()
    stranger = TlsClient(version, certificate=certs.stranger)
    assert stranger.handshake_refused(node.address("https"), sni="dir.test")
    answer = TlsClient(version).get(node.address("https"), sni="dir.test")
    assert answer.status == 200 and dn(answer) is None


@by_version
def test_a_ca_that_comes_later_counts_and_takes_no_session_from_before(node, names, certs, version):
    put(names, "dir.test", certs.a_test)
    node = node()
    client = TlsClient(version, certificate=certs.client)
    before = client.get(node.address("https"), sni="dir.test")
    assert dn(before) is None
    put(names, "dir.test", certs.a_test, certs.ca)
    wait_until(lambda: dn(client.get(node.address("https"), sni="dir.test")), what="the new rule")
    again = client.get(node.address("https"), session=before.session, sni="dir.test")
    assert not again.resumed and dn(again)


@pytest.mark.parametrize("name", ["../outside", "inner/inside", "./dir.test", ".hidden", "a..b"])
def test_a_name_is_no_path(node, names, tmp_path, certs, name):
    """There are files for each of these, which a path made of the name would find."""
    (names / "inner").mkdir()
    for place in (tmp_path / "outside", names / "inner/inside", names / ".hidden", names / "a..b",
                  names / "dir.test"):
        put(place.parent, place.name, certs.a_test)
    node = node()
    asked = s_client.get(node.address("https"), "-servername", name)
    assert "subject=CN = localhost" in asked.output and "HTTP/1.1 200 OK" in asked.output
    asked = s_client.get(node.address("https"), "-servername", "dir.test")
    assert "subject=CN = a.test" in asked.output


def test_ciphers_for_the_directory_are_its_own(node, names, certs):
    put(names, "dir.test", certs.rsa)
    node = node("sni-dir-ciphers = ECDHE-RSA-AES256-GCM-SHA384\n")

    def cipher(name, *offered):
        client = TlsClient(TLS_1_2, ciphers=":".join(offered))
        with client.connect(node.address("https"), sni=name) as connection:
            return connection.cipher()[0]

    both = "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384"
    assert cipher("dir.test", *both) == both[1]
    assert cipher("localhost", both[0]) == both[0]
    assert TlsClient(TLS_1_2, ciphers=both[0]).handshake_refused(node.address("https"),
                                                                 sni="dir.test")


def test_ciphers_that_do_not_exist_leave_the_default_certificate(node, names, certs):
    put(names, "dir.test", certs.a_test)
    node = node("sni-dir-ciphers = NO-SUCH-CIPHER\n")
    assert served(node) == der(certs.rsa)
    assert "unable to set requested ciphers (NO-SUCH-CIPHER)" in node.log
