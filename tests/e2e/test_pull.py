"""A session that is not here is asked for on the node that made it, while its handshake waits."""

import os
import re
import signal
import ssl
import struct
from collections import Counter
from contextlib import contextmanager

import pytest

from harness import s_client, sync
from harness.addresses import free_port
from harness.clients import TlsClient, connect
from harness.relay import Relay, kind_of, loses_pushes
from harness.waiting import wait_until
from test_sealed import NODE, by_version, sealed, secret, wait_for_members  # noqa: F401

ASK = 1
# Longer than the default, for the relay is a slow network.
PATIENT = NODE + "ssl-sessions-pull = 1000\n"


@pytest.fixture
def network(reprise, backend, secret):  # noqa: F811
    """Nodes with a relay between each two."""
    relays = []

    def start(count, loses, text=PATIENT):
        servers = [f"127.0.0.{number + 1}:{free_port()}" for number in range(count)]
        relay = Relay(servers, loses)
        relays.append(relay)
        to = backend().address
        nodes = [reprise(text, https=f"127.0.0.{number + 1}:{free_port()}", to=to,
                         server=server, secret=secret,
                         nodes=";".join(relay.address(server, other)
                                        for other in servers if other != server))
                 for number, server in enumerate(servers)]
        for node in nodes:
            wait_for_members(node, count - 1)
        return nodes, relay

    yield start
    for relay in relays:
        relay.close()


def come_back(nodes, version, count=100):
    """How many of so many clients are resumed by a node that did not make their session."""
    resumed = 0
    for number in range(count):
        client = TlsClient(version)
        session = client.session(nodes[number % len(nodes)].address("https"))
        other = nodes[(number + 1 + number // len(nodes) % (len(nodes) - 1)) % len(nodes)]
        resumed += client.get(other.address("https"), session=session).resumed
    return resumed


def why_missed(nodes):
    reasons = Counter()
    for node in nodes:
        reasons.update(node.tls()["missed"])
    return +reasons


def sum_of(nodes, section, name):
    return sum(node.tls()[section][name] for node in nodes)


@by_version
@pytest.mark.parametrize("count", [3, 8])
@pytest.mark.parametrize("percent", [0, 20, 100])
def test_all_come_back_whatever_is_lost(network, count, percent, version):
    nodes, _ = network(count, loses_pushes(percent))
    resumed = come_back(nodes, version)
    assert resumed == 100, why_missed(nodes)
    pulled = sum_of(nodes, "found", "pulled")
    if percent == 100:
        assert pulled == 100
        delays = [sealed(node)["pull_delay_us"] for node in nodes]
        assert sum(delay["count"] for delay in delays) == 100
    assert sum_of(nodes, "found", "pushed") + pulled == 100
    assert not why_missed(nodes)


def test_forged_ids_cause_no_datagram(network):
    nodes, relay = network(2, loses_pushes(100))
    real = TlsClient(ssl.TLSVersion.TLSv1_2)
    real.session(nodes[0].address("https"))
    before = len([each for each in relay.carried if kind_of(each) == ASK])
    # Sessions of a server that is no member have ids that nobody in the cluster made.
    for _ in range(20):
        session_id = os.urandom(32)
        assert session_id not in server_hello(nodes[1].address("https"), session_id)
    wait_until(lambda: nodes[1].tls()["missed"]["forged"] == 20, 5, "the misses")
    assert sealed(nodes[1])["asks"] == 0
    assert len([each for each in relay.carried if kind_of(each) == ASK]) == before


def server_hello(address, session_id):
    """What a server answers to a TLS 1.2 client that offers a session."""
    ciphers = bytes.fromhex("c02fc030c02bc02c")
    extensions = bytes.fromhex("000a00040002001d" "000b00020100" "000d00080006040108040403")
    body = (b"\x03\x03" + os.urandom(32) + bytes([len(session_id)]) + session_id +
            struct.pack(">H", len(ciphers)) + ciphers + b"\x01\x00" +
            struct.pack(">H", len(extensions)) + extensions)
    handshake = b"\x01" + struct.pack(">I", len(body))[1:] + body
    with connect(address) as connection:
        connection.sendall(b"\x16\x03\x01" + struct.pack(">H", len(handshake)) + handshake)
        answer = connection.recv(4096)
    assert answer[:1] == b"\x16" and answer[5] == 2, "no ServerHello"
    return answer


@contextmanager
def stopped(pid):
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@by_version
def test_a_silent_home_costs_a_full_handshake(network, version):
    nodes, _ = network(3, loses_pushes(100))
    client = TlsClient(version)
    session = client.session(nodes[0].address("https"))
    with stopped(nodes[0].keeper_pid()):
        assert not client.get(nodes[1].address("https"), session=session).resumed
    missed = nodes[1].tls()["missed"]
    # Which of the two is told by whether the home has said meanwhile how much it pushed.
    assert missed["pull_timed_out"] + missed["lost_in_sync"] == 1, missed
    wait_until(lambda: client.get(nodes[1].address("https"), session=session).resumed, 20,
               "the home to answer again")


@by_version
def test_a_node_without_keeper_goes_on(network, version):
    nodes, _ = network(2, loses_pushes(100))
    client = TlsClient(version)
    session = client.session(nodes[0].address("https"))
    with stopped(nodes[1].keeper_pid()):
        assert not client.get(nodes[1].address("https"), session=session).resumed
    wait_until(lambda: client.get(nodes[1].address("https"), session=session).resumed, 20,
               "the keeper to ask again")


def test_a_client_that_is_asked_for_another_hello(network, tmp_path):
    nodes, _ = network(2, loses_pushes(100))
    arguments = ("-tls1_3", "-groups", "X448:P-256", "-msg")
    first = s_client.get(nodes[0].address("https"), *arguments, "-sess_out", tmp_path / "session")
    assert first.output.count(", ClientHello") == 2
    again = s_client.get(nodes[1].address("https"), *arguments, "-sess_in", tmp_path / "session")
    assert again.reused and again.output.count(", ClientHello") == 2
    assert nodes[1].tls()["found"]["pulled"] == 1
    assert sealed(nodes[1])["pulls"]["found"] == 1, "asked once, however often OpenSSL asks"


@by_version
def test_it_may_be_switched_off(network, version):
    nodes, relay = network(2, loses_pushes(100), NODE + "ssl-sessions-pull = 0\n")
    client = TlsClient(version)
    session = client.session(nodes[0].address("https"))
    assert not client.get(nodes[1].address("https"), session=session).resumed
    assert not [each for each in relay.carried if kind_of(each) == ASK]
    assert nodes[1].tls()["missed"]["unknown"] == 1


@by_version
def test_what_its_home_has_evicted_says_so(network, version):
    nodes, _ = network(2, loses_pushes(100), PATIENT.replace("items=2000", "items=8,purge_lru=1"))
    client = TlsClient(version)
    session = client.session(nodes[0].address("https"))
    for _ in range(20):
        TlsClient(version).session(nodes[0].address("https"))
    assert not client.get(nodes[1].address("https"), session=session).resumed
    assert nodes[1].tls()["missed"]["evicted"] == 1


def master_secret(keylog):
    """The one of a TLS 1.2 handshake, of the file that its client kept."""
    lines = [line.split() for line in keylog.read_text().splitlines()]
    return bytes.fromhex(next(line[2] for line in lines if line and line[0] == "CLIENT_RANDOM"))


@pytest.fixture(params=[True, False], ids=["sealed", "in-the-clear"])
def watched(request, reprise, backend, secret):  # noqa: F811
    """Two nodes, the relay between them, and whether what it carries is sealed."""
    servers = [f"127.0.0.{number}:{free_port()}" for number in (1, 2)]
    relay = Relay(servers)
    text = PATIENT if request.param else NODE.replace(",secret={secret}", "")
    try:
        nodes = [reprise(text, https=f"127.0.0.1:{free_port()}", to=backend().address, secret=secret,
                         server=own, nodes=relay.address(own, other))
                 for own, other in (servers, servers[::-1])]
        for node in nodes if request.param else ():
            wait_for_members(node, 1)
        yield nodes, relay, request.param
    finally:
        relay.close()


def test_no_master_secret_is_on_the_wire(watched, tmp_path):
    nodes, relay, is_sealed = watched
    client = TlsClient(ssl.TLSVersion.TLSv1_2, tickets=False)
    client.context.keylog_filename = str(tmp_path / "keys")
    session = client.session(nodes[0].address("https"))
    secret_of_it = master_secret(tmp_path / "keys")
    assert len(secret_of_it) == 48
    wait_until(lambda: sync.of(nodes[1])["applied"] == 1, 10, "the session")
    assert client.get(nodes[1].address("https"), session=session).resumed
    for told in (secret_of_it, session.id):
        assert any(told in datagram for datagram in relay.carried) != is_sealed


# The secret of a TLS 1.3 session is in no key log; the client that resumes by it shows it.
def test_no_pre_shared_key_is_on_the_wire(watched, tmp_path):
    nodes, relay, is_sealed = watched
    kept = tmp_path / "session.pem"
    first = s_client.get(nodes[0].address("https"), "-tls1_3", "-sess_out", kept)
    keys = {bytes.fromhex(key) for key in re.findall(r"Resumption PSK: ([0-9A-F]+)", first.output)}
    assert keys and all(len(key) >= 32 for key in keys)
    wait_until(lambda: sync.of(nodes[1])["applied"] >= len(keys), 10, "the sessions")
    assert s_client.get(nodes[1].address("https"), "-tls1_3", "-sess_in", kept).reused
    for key in keys:
        assert any(key in datagram for datagram in relay.carried) != is_sealed
