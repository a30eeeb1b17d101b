"""`ssl-sessions-openssl10`: sessions that uWSGI on OpenSSL 1.0 made resume here, and ours are such
that it can. What it sent is replayed from recordings; the client has the same session."""

import json
from pathlib import Path

import pytest

from harness import s_client, session_der, sync
from harness.clients import TLS_1_2, VERSIONS, TlsClient

RECORDINGS = Path(__file__).parents[1] / "unit" / "sync" / "vectors" / "tls_sessions.json"
CASES = [case for case in json.loads(RECORDINGS.read_text())["cases"] if case["datagrams"]]
WITHOUT_CERTIFICATE = [case for case in CASES if not case["client_cert"]]
WITH_CERTIFICATE = [case for case in CASES if case["client_cert"]]

INI = """\
[uwsgi]
cache = 1000
cache-blocksize = 4096
ssl-sessions-use-cache = true
ssl-sessions-timeout = 300
https-session-context = {context}
{option}
https = {https},{crt},{key}
http-to = {to}
stats = {stats}
cache-udp-server = {server}
cache-udp-node = {node}
"""
ON = "ssl-sessions-openssl10 = true"

by_version = pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)


def name_of(case):
    return f"{case['case']}, {case['step']}"


class Recorded:
    def __init__(self, case):
        self.packet = bytes.fromhex(case["datagrams"][0])
        _, self.der, _ = sync.read_packet(self.packet)
        self.context = field(self.der, session_der.CONTEXT, session_der.OCTET_STRING).decode()

    def offer(self, node, directory):
        file = directory / "session.pem"
        file.write_text(session_der.pem_of_client(self.der))
        return s_client.get(node.address("https"), "-tls1_2", "-sess_in", file)


def field(der, tag, kind):
    return session_der.inner(dict(session_der.fields(der)[5:])[tag], kind)


def as_openssl_1_0_writes_it(der):
    """The same facts in the fields that OpenSSL 1.0 has, in its order."""
    known = (session_der.TIME, session_der.TIMEOUT, session_der.CONTEXT, session_der.SERVER_NAME)
    first, others = session_der.fields(der)[:5], dict(session_der.fields(der)[5:])
    assert tuple(tag for tag, _ in first) == session_der.FIRST
    return session_der.build([*first, *((tag, others[tag]) for tag in known if tag in others)])


@pytest.fixture
def ear():
    one = sync.Ear()
    yield one
    one.close()


@pytest.fixture
def node(reprise, backend, ear):
    """Tells its sessions to `ear`."""
    to = backend().address

    def make(option=ON, context="foobar"):
        return reprise(INI, option=option, context=context, to=to, node=ear.address)

    return make


@pytest.mark.parametrize("case", WITHOUT_CERTIFICATE, ids=name_of)
def test_every_recorded_session_resumes(node, tmp_path, case):
    recorded = Recorded(case)
    node = node(context=recorded.context)
    sync.send(node.address("server"), recorded.packet)
    sync.wait_for_applied(node, 1)
    for _ in range(2):
        outcome = recorded.offer(node, tmp_path)
        assert outcome.reused and "200 OK" in outcome.output
        assert f"Cipher    : {case['cipher']}" in outcome.output
    tls = node.tls()
    assert tls["resumed"]["tls_1_2"] == 2 and sum(tls["full"].values()) == 0
    assert sync.of(node)["hits"] == {"made_here": 0, "made_elsewhere": 2}
    assert sync.of(node)["sent"] == 0


def test_the_same_without_the_option_is_a_full_handshake(node, tmp_path):
    recorded = Recorded(WITHOUT_CERTIFICATE[0])
    node = node(option="")
    sync.send(node.address("server"), recorded.packet)
    sync.wait_for_applied(node, 1)
    outcome = recorded.offer(node, tmp_path)
    assert not outcome.reused and "200 OK" in outcome.output
    assert node.tls()["missed"]["other_context"] == 1


@pytest.mark.parametrize("case", WITH_CERTIFICATE, ids=name_of)
def test_who_a_client_was_elsewhere_is_not_taken_over(node, tmp_path, case):
    """Here nobody asks for certificates, but the context does not say so."""
    recorded = Recorded(case)
    node = node(context=recorded.context)
    sync.send(node.address("server"), recorded.packet)
    sync.wait_for_applied(node, 1)
    outcome = recorded.offer(node, tmp_path)
    assert not outcome.reused and "200 OK" in outcome.output
    assert "HTTPS_DN" not in outcome.output
    assert node.tls()["missed"]["other_context"] == 1


@pytest.mark.parametrize("sni", ["localhost", None])
def test_what_we_send_is_what_openssl_1_0_would_write(node, ear, sni):
    session = TlsClient(TLS_1_2).session(node().address("https"), sni=sni)
    key, der, expires = sync.read_packet(ear.next())
    assert der == as_openssl_1_0_writes_it(der)
    structure, version, cipher, identity, secret = (each for _, each in session_der.fields(der)[:5])
    assert (structure, version) == (b"\x01", b"\x03\x03")
    assert len(cipher) == 2 and len(secret) == 48
    assert identity == key == session.id
    assert field(der, session_der.CONTEXT, session_der.OCTET_STRING) == b"foobar"
    made = int.from_bytes(field(der, session_der.TIME, session_der.INTEGER), "big")
    timeout = int.from_bytes(field(der, session_der.TIMEOUT, session_der.INTEGER), "big")
    assert (made + timeout, timeout) == (expires, 300)
    # A name may be in it ([6]), but need not be.
    assert len(der) == len(Recorded(CASES[0]).der)


def test_there_is_no_extended_master_secret(node):
    """OpenSSL 1.0 has none, so a session with one would not be its own."""
    outcomes = [s_client.get(node(option).address("https"), "-tls1_2") for option in (ON, "")]
    said = ["Extended master secret: yes" in outcome.output for outcome in outcomes]
    assert said == [False, True]


@by_version
def test_nodes_with_the_option_share_with_each_other(node, ear, version):
    maker, other = node(), node()
    client = TlsClient(version)
    session = client.session(maker.address("https"))
    assert client.get(maker.address("https"), session=session).resumed
    sync.send(other.address("server"), ear.next())
    sync.wait_for_applied(other, 1)
    assert client.get(other.address("https"), session=session).resumed


def test_a_client_ca_is_refused_with_its_place(refused, certs):
    ini = INI.replace("{crt},{key}", "{crt},{key},HIGH,{ca}")
    node = refused(ini, option=ON, context="foobar", to="127.0.0.1:1", ca=certs.ca.crt)
    assert "ssl-sessions-openssl10 cannot go with client certificates" in node.log
    assert "node.ini:8:1" in node.log and "no client CA expected here" in node.log
