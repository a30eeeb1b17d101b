"""Nodes that find each other by a multicast group instead of a list."""

import socket
import struct

import pytest

from harness import sync
from harness.addresses import free_port
from harness.clients import TLS_1_2, TlsClient

# As the document's note has it, with the loopback interface.
INI = """\
[uwsgi]
cache = 1000
cache-blocksize = 4096
ssl-sessions-use-cache = true
https-session-context = foobar
https = {https},{crt},{key}
http-to = {to}
stats = {stats}
multicast-interface = {interface}
{more}
cache-udp-server = {group}
cache-udp-node = {group}
"""


IP_RECVTTL = 12   # Linux; Python has no name for it


class GroupEar:
    """A member of the group that sees how packets come."""

    def __init__(self, group, port, interface="127.0.0.1"):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.setsockopt(socket.IPPROTO_IP, IP_RECVTTL, 1)
        self.socket.bind((group, port))
        membership = socket.inet_aton(group) + socket.inet_aton(interface)
        self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)

    def next_ttl(self, timeout=5):
        self.socket.settimeout(timeout)
        _, control, _, _ = self.socket.recvmsg(65536, 64)
        return struct.unpack("i", control[0][2][:4])[0]

    def is_silent(self):
        self.socket.settimeout(0.3)
        try:
            self.socket.recv(65536)
        except TimeoutError:
            return True
        return False

    def close(self):
        self.socket.close()


@pytest.fixture
def group():
    return f"225.1.1.1:{free_port()}"


@pytest.fixture
def member(reprise, backend, group):
    to = backend().address

    def make(more="", **options):
        return reprise(INI, group=group, more=more, to=to, **{"interface": "lo", **options})

    return make


@pytest.fixture
def ear(group):
    address, port = group.split(":")
    one = GroupEar(address, int(port))
    yield one
    one.close()


@pytest.mark.deadline(120)
def test_sessions_resume_on_all_members_and_own_packets_are_not_applied(member):
    nodes = [member() for _ in range(3)]
    made = []
    for maker in nodes:
        for _ in range(20):
            client = TlsClient(TLS_1_2)
            made.append((client, client.session(maker.address("https")), maker))
    for node in nodes:
        sync.wait_for_applied(node, 40)
    for client, session, maker in made:
        for node in nodes:
            assert client.get(node.address("https"), session=session).resumed
    for node in nodes:
        entry = sync.of(node)
        node.wait_for_stats(lambda stats: stats["sync"][0]["rejected"]["own"] == 20)
        assert (entry["sent"], entry["applied"]) == (20, 40)
        assert entry["hits"] == {"made_here": 20, "made_elsewhere": 40}


def test_says_that_it_joins(member, group):
    node = member()
    node.wait_for_log(f"[uwsgi-mcast] joining multicast group: {group}")
    assert f'*** udp server for cache "default" running on {group} ***' in node.log


@pytest.mark.parametrize("more, ttl", [("", 1), ("multicast-ttl = 9", 9)])
def test_the_ttl_is_on_the_wire(member, ear, more, ttl):
    TlsClient(TLS_1_2).session(member(more).address("https"))
    assert ear.next_ttl() == ttl


# The loopback interface gives back whatever the option says; with a TTL of 0 nothing leaves the host.
@pytest.mark.skipif(sync.outside_address() is None, reason="this host has loopback alone")
@pytest.mark.parametrize("loop", [1, 0])
def test_the_loop_decides_whether_this_host_hears(member, group, loop):
    address, port = group.split(":")
    ear = GroupEar(address, int(port), sync.outside_address())
    node = member(f"multicast-ttl = 0\nmulticast-loop = {loop}", interface=sync.outside_address())
    TlsClient(TLS_1_2).session(node.address("https"))
    assert ear.is_silent() is (loop == 0)
    ear.close()
    assert sync.of(node)["sent"] == 1
    node.wait_for_stats(lambda stats: stats["sync"][0]["rejected"]["own"] == loop)


def test_an_interface_that_is_none_is_an_error_with_its_place(refused, group):
    node = refused(INI, group=group, more="", to="127.0.0.1:1", interface="no-such-one")
    assert 'there is no interface "no-such-one"' in node.log
    assert "node.ini:" in node.log
