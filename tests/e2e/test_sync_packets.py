"""What arrives at the UDP port: rubbish, floods, clocks that are off, and forged sessions."""

import os
import random
import signal
import threading
import time

import pytest

from harness import s_client, sync
from harness.clients import TLS_1_2, VERSIONS, TlsClient, get

INI = """\
[uwsgi]
cache = 20000
cache-blocksize = 4096
ssl-sessions-use-cache = true
ssl-sessions-timeout = 300
https-session-context = foobar
{before}
https = {https},{crt},{key}{client_ca}
http = {http}
http-to = {to}
stats = {stats}
cache-udp-server = {server}
cache-udp-node = {node}
"""
by_version = pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)


@pytest.fixture
def ear():
    one = sync.Ear()
    yield one
    one.close()


@pytest.fixture
def node(reprise, backend, ear):
    """Tells its sessions to `ear`."""
    to = backend().address

    def make(before="", client_ca="", **options):
        options = {"to": to, "node": ear.address, **options}
        return reprise(INI, before=before, client_ca=client_ca, **options)

    return make


def recorded_session(maker, ear, client):
    """A session, and the packet by which its node told it."""
    session = client.session(maker.address("https"))
    return session, sync.read_packet(ear.next())


def test_the_packet_is_on_the_wire_when_the_client_has_its_session(node, ear):
    client = TlsClient(TLS_1_2)
    with client.connect(node().address("https")) as connection:
        key, der, expires = sync.read_packet(ear.next(timeout=0.001))
        assert key == connection.session.id
        assert der[:1] == b"\x30" and key in der
        assert expires == sync.made_at(der) + 300


@by_version
@pytest.mark.parametrize("hours", [-2, 0, 2], ids=["late", "right", "early"])
def test_clocks_may_be_hours_off(node, ear, version, hours):
    maker, other = node(), node()
    client = TlsClient(version)
    session, (key, der, expires) = recorded_session(maker, ear, client)
    off = hours * 3600
    sync.send(other.address("server"), sync.set_packet(key, sync.made_earlier(der, off),
                                                       expires - off))
    sync.wait_for_applied(other, 1)
    answer = client.get(other.address("https"), session=session)
    assert answer.resumed
    # Neither is it prolonged: the client is promised what was left.
    renewed = answer.session if version != TLS_1_2 else session
    assert 0 < renewed.ticket_lifetime_hint <= 300 or version == TLS_1_2


def test_a_session_ends_by_its_own_time_whatever_the_clocks(node, ear):
    maker, other = node(), node()
    client = TlsClient(TLS_1_2)
    session, (key, der, _) = recorded_session(maker, ear, client)
    off = -7200
    shifted = sync.made_earlier(der, off)
    sync.send(other.address("server"),
              sync.set_packet(key, shifted, sync.made_at(shifted) + 2))
    sync.wait_for_applied(other, 1)
    assert client.get(other.address("https"), session=session).resumed
    time.sleep(2.2)
    assert not client.get(other.address("https"), session=session).resumed
    other.wait_for_stats(lambda stats: stats["cache"]["items"] == 1, 10)   # swept, the new one left


def test_what_is_over_is_not_taken(node, ear):
    maker, other = node(), node()
    _, (key, der, _) = recorded_session(maker, ear, TlsClient(TLS_1_2))
    sync.send(other.address("server"), sync.set_packet(key, der, sync.made_at(der) - 1))
    sync.wait_for_received(other, 1)
    assert sync.of(other)["rejected"]["expired"] == 1
    assert other.stats()["cache"]["items"] == 0


@pytest.mark.parametrize("padding", [0, 2], ids=["as uWSGI sends it", "as its receivers want it"])
def test_deletes(node, ear, padding):
    node = node()
    client = TlsClient(TLS_1_2)
    session, (key, _, _) = recorded_session(node, ear, client)
    sync.send(node.address("server"), sync.erase_packet(key, padding))
    node.wait_for_stats(lambda stats: stats["cache"]["items"] == 0)
    assert not client.get(node.address("https"), session=session).resumed


def test_the_deletes_of_a_cleared_cache_are_passed_over(node):
    node = node()
    sync.send(node.address("server"), *[sync.erase_packet(b"", 0)] * 100)
    sync.wait_for_received(node, 100)
    assert sync.of(node)["rejected"]["empty_erase"] == 100
    assert "cache-udp-server]" not in node.log


def test_what_changes_nothing_is_logged_once_a_second(node):
    node = node()
    sync.send(node.address("server"), *[sync.set_packet(b"key", b"x" * 5000)] * 50)
    sync.wait_for_received(node, 50)
    assert sync.of(node)["rejected"]["too_large"] == 50
    assert 1 <= node.log.count("[cache-udp-server] unable to update cache") <= 3


def flood(address, stop, make):
    while not stop.is_set():
        sync.send(address, *[make() for _ in range(200)])


def rubbish():
    kind = random.randrange(3)
    if kind == 0:
        return random.randbytes(random.randrange(300))
    whole = bytearray(sync.set_packet(random.randbytes(32), random.randbytes(130), 5))
    if kind == 1:
        whole[random.randrange(len(whole))] ^= 1 << random.randrange(8)
        return bytes(whole)
    return bytes(whole[:random.randrange(len(whole))])


@pytest.mark.deadline(90)
def test_rubbish_at_full_rate(node, ear):
    node = node()
    stop = threading.Event()
    senders = [threading.Thread(target=flood, args=(node.address("server"), stop, rubbish))
               for _ in range(2)]
    for sender in senders:
        sender.start()
    try:
        client = TlsClient(TLS_1_2)
        session = client.session(node.address("https"))
        for _ in range(20):
            assert client.get(node.address("https"), session=session).resumed
            assert get(node.address("http")).status == 200
            assert node.stats()["pid"] == node.pid
    finally:
        stop.set()
        for sender in senders:
            sender.join()
    entry = sync.of(node)
    assert entry["received"] > 1000
    assert sum(entry["rejected"].values()) + entry["applied"] == entry["received"]


@pytest.mark.deadline(60)
def test_a_stopped_receiver_loses_and_counts_and_goes_on(node, ear):
    other = node()
    keeper = other.keeper_pid()
    os.kill(keeper, signal.SIGSTOP)
    try:
        payload = bytes(4000)
        sent = 6000   # more than the largest buffer that the node asks for
        for i in range(sent):
            sync.send(other.address("server"), sync.set_packet(b"%d" % i, payload))
        # Handshakes do not notice.
        client = TlsClient(TLS_1_2)
        session = client.session(other.address("https"))
        assert client.get(other.address("https"), session=session).resumed
    finally:
        os.kill(keeper, signal.SIGCONT)
    other.wait_for_stats(
        lambda stats: stats["sync"][0]["received"] + stats["sync"][0]["dropped"] >= sent, 20,
        "every packet to be received or counted as dropped")
    assert sync.of(other)["dropped"] > 0
    maker = node(node=other.address("server"))
    client = TlsClient(TLS_1_2)
    before = sync.of(other)["applied"]
    session = client.session(maker.address("https"))
    sync.wait_for_applied(other, before + 1)
    assert client.get(other.address("https"), session=session).resumed


def test_a_killed_receiver_is_started_again(node, ear):
    other = node()
    os.kill(other.keeper_pid(), signal.SIGKILL)
    other.wait_for_log("keeper.respawned")
    sync.send(other.address("server"), sync.set_packet(b"key", b"value"))
    other.wait_for_stats(lambda stats: stats["cache"]["items"] == 1)


def test_sessions_that_cannot_resume_have_a_warning(node):
    other = node(before="https-session-context =")   # given, if empty: nothing to say
    assert "have other contexts" not in other.log


def test_no_session_context_is_warned_of(reprise, backend, ear):
    ini = INI.replace("https-session-context = foobar\n", "")
    values = {"before": "", "client_ca": "", "to": backend().address, "node": ear.address}
    one, two = reprise(ini, **values), reprise(ini, **values)
    assert "*** WARNING: node.ini:" in one.log and "https-session-context" in one.log
    client = TlsClient(TLS_1_2)
    session = client.session(one.address("https"))
    sync.send(two.address("server"), ear.next())
    sync.wait_for_applied(two, 1)
    assert not client.get(two.address("https"), session=session).resumed
    assert two.tls()["missed"]["other_context"] == 1


# Who the client is.

OUTSIDE = sync.outside_address()
needs_outside = pytest.mark.skipif(OUTSIDE is None, reason="this host has loopback alone")


class Thief:
    """Has a client's session of one node and plants it in another, from outside."""

    def __init__(self, ear, certs, directory):
        self.ear, self.certs, self.file = ear, certs, directory / "session.pem"

    def record(self, maker):
        # The first connection has the certificate, the planted session alone does not.
        s_client.get(maker.address("https"), "-tls1_2", "-cert", self.certs.client.crt, "-key",
                     self.certs.client.key, "-sess_out", self.file)
        return self.ear.next()

    def plant(self, victim, packet, source):
        sync.send(victim.address("server"), packet, source=source)
        sync.wait_for_received(victim, 1)
        return s_client.get(victim.address("https"), "-tls1_2", "-sess_in", self.file)


@pytest.fixture
def thief(ear, certs, tmp_path):
    return Thief(ear, certs, tmp_path)


def outside_server():
    with_port = sync.Ear(OUTSIDE)
    with_port.close()
    return with_port.address


@needs_outside
@pytest.mark.parametrize("rule", ["", "!"], ids=["optional", "required"])
def test_a_planted_client_certificate_is_never_believed(node, thief, certs, rule):
    client_ca = f",HIGH,{rule}{certs.ca.crt}"
    maker, victim = node(client_ca=client_ca), node(client_ca=client_ca, server=outside_server())
    outcome = thief.plant(victim, thief.record(maker), OUTSIDE)
    assert not outcome.reused
    assert "HTTPS_DN" not in outcome.output
    entry = sync.of(victim)
    assert entry["rejected"]["untrusted"] == 1 and entry["applied"] == 0
    assert "not shared with other hosts" in victim.log


@needs_outside
def test_a_planted_absence_of_a_certificate_is_not_believed_either(node, ear, certs, tmp_path):
    """A session without any certificate must not pass a listener that demands one."""
    optional = node(client_ca=f",HIGH,{certs.ca.crt}")
    client = TlsClient(TLS_1_2)
    session, (key, der, expires) = recorded_session(optional, ear, client)
    victim = node(client_ca=f",HIGH,{certs.ca.crt}", server=outside_server())
    sync.send(victim.address("server"), sync.set_packet(key, der, expires), source=OUTSIDE)
    sync.wait_for_applied(victim, 1)
    assert not client.get(victim.address("https"), session=session).resumed
    assert victim.tls()["missed"]["untrusted"] == 1


@needs_outside
def test_the_option_brings_uwsgis_way_back_and_warns(node, thief, certs):
    client_ca = f",HIGH,{certs.ca.crt}"
    share = "ssl-sessions-share-client-certs = true"
    maker = node(client_ca=client_ca)
    victim = node(share, client_ca=client_ca, server=outside_server())
    outcome = thief.plant(victim, thief.record(maker), OUTSIDE)
    assert outcome.reused
    assert "HTTPS_DN" in outcome.output
    assert "can be any client" in victim.log


def test_on_one_host_client_certificates_are_shared(node, thief, certs):
    client_ca = f",HIGH,!{certs.ca.crt}"
    maker, other = node(client_ca=client_ca), node(client_ca=client_ca)
    outcome = thief.plant(other, thief.record(maker), "127.0.0.1")
    assert outcome.reused and "HTTPS_DN" in outcome.output


@needs_outside
def test_sessions_with_client_certificates_are_not_told_to_other_hosts(node, certs):
    with_outside = sync.Ear(OUTSIDE)
    maker = node(client_ca=f",HIGH,{certs.ca.crt}", node=with_outside.address)
    TlsClient(TLS_1_2, certificate=certs.client).session(maker.address("https"))
    assert maker.stats()["cache"]["items"] == 1
    assert with_outside.heard() == []
    with_outside.close()
