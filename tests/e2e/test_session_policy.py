"""No session crosses from a place that asks for no client certificate to one that does.

All places share one https-session-context, as a careless configuration might.
"""

import pytest

from harness.clients import VERSIONS, TlsClient

PLACES = """\
https-session-context = foobar
sni = plain.test {crt},{key}
sni = required.test {crt},{key},HIGH,!{ca}
sni-regexp = ^any[0-9]+\\.test$ {crt},{key},HIGH,!{ca}
sni-dir = {sni_dir}
https = {plain},{crt},{key}
https = {also_plain},{crt},{key}
https = {optional},{crt},{key},HIGH,{ca}
https = {required},{crt},{key},HIGH,!{ca}
https = {other_required},{crt},{key},HIGH,!{other_ca}
http-to = {to}
stats = {stats}
"""
CACHED = """\
[uwsgi]
cache = 1000
cache-blocksize = 4096
ssl-sessions-use-cache = true
""" + PLACES
STATELESS = "[uwsgi]\n" + PLACES

# (listener, server name)
PLAIN = [("plain", "localhost"), ("plain", "plain.test")]
OPTIONAL = ("optional", "localhost")
REQUIRED = [("required", "localhost"), ("plain", "required.test"), ("plain", "any1.test"),
            ("optional", "required.test")]
WELCOME = [OPTIONAL, ("plain", "dir.test")]   # sni-dir's .ca asks and does not demand

by_version = pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)
by_store = pytest.mark.parametrize("ini", [CACHED, STATELESS], ids=["cached", "stateless"])


@pytest.fixture
def places(reprise, backend, certs, tmp_path):
    def make(ini):
        for name, file in (("crt", certs.rsa.crt), ("key", certs.rsa.key), ("ca", certs.ca.crt)):
            (tmp_path / f"dir.test.{name}").write_bytes(file.read_bytes())
        return reprise(ini, to=backend().address, ca=certs.ca.crt, other_ca=certs.other_ca.crt,
                       sni_dir=tmp_path)

    return make


def session_at(node, client, place):
    return client.session(node.address(place[0]), sni=place[1])


def resumes_at(node, client, session, place):
    return client.get(node.address(place[0]), session=session, sni=place[1]).resumed


@by_version
@by_store
def test_a_session_without_a_certificate_opens_no_door(places, ini, version):
    node = places(ini)
    client = TlsClient(version)
    for origin in [*PLAIN, OPTIONAL]:
        session = session_at(node, client, origin)
        for target in REQUIRED:
            assert client.handshake_refused(node.address(target[0]), session, target[1]), \
                f"{origin} -> {target}"


@by_version
@by_store
def test_where_a_certificate_is_welcome_a_plain_session_starts_anew(places, ini, version):
    node = places(ini)
    client = TlsClient(version)
    for origin in PLAIN:
        for target in WELCOME:
            assert not resumes_at(node, client, session_at(node, client, origin), target)


@by_version
@by_store
def test_a_certificate_of_another_authority_opens_no_door(places, certs, ini, version):
    node = places(ini)
    stranger = TlsClient(version, certificate=certs.stranger)
    session = session_at(node, stranger, ("other_required", "localhost"))
    for target in [*REQUIRED, WELCOME[1]]:
        assert stranger.handshake_refused(node.address(target[0]), session, target[1]), target


@by_version
@by_store
def test_names_do_not_share_sessions(places, ini, version):
    node = places(ini)
    client = TlsClient(version)
    one, other = PLAIN
    assert not resumes_at(node, client, session_at(node, client, one), other)
    assert not resumes_at(node, client, session_at(node, client, other), one)


@by_version
@by_store
def test_equal_places_do_share_sessions(places, certs, ini, version):
    node = places(ini)
    client = TlsClient(version, certificate=certs.client)
    session = session_at(node, client, ("plain", "localhost"))
    assert resumes_at(node, client, session, ("also_plain", "localhost"))
    for place in [*PLAIN, *WELCOME, *REQUIRED]:
        session = session_at(node, client, place)
        assert resumes_at(node, client, session, place), place
