"""The udprepeater: nodes that know its address alone are a cluster, and nobody else gets a byte."""

import os
import signal
from contextlib import contextmanager

import pytest

from harness import cache_tcp, sync
from harness.addresses import free_port, split
from harness.clients import TlsClient, get
from harness.processes import children_of
from harness.real_uwsgi import cache_node
from harness.relay import Relay, loses_pushes
from harness.repeater import LEAVE, SUBSCRIBE, Stats, clear, join, sealed, spoof
from harness.subscriptions import packet as announce
from harness.waiting import wait_until
from test_pull import come_back, why_missed
from test_pull import PATIENT as NODE
from test_sealed import by_version, secret, wait_for_members  # noqa: F401
from test_sealed import sealed as sealing

REPEATER = """\
[uwsgi]
udprepeater = {repeater}
udprepeater-stats = {repeater_stats}
"""
NOBODY = "udprepeater-trust = 10.0.0.0/8\n"
# Hears at the socket that it sends from.
DEAF = NODE.replace("udp={server},", "")
PLAIN = """\
[uwsgi]
cache = 100
cache-udp-server = {server}
cache-udp-node = {repeater}
cache-tcp-server = {tcp}
http = {http}
http-to = 127.0.0.1:9
stats = {stats}
"""


@pytest.fixture
def repeater(reprise):
    def start(more="", number=100, text=REPEATER, **values):
        node = reprise(text + more, repeater=f"127.0.0.{number}:{free_port()}", **values)
        wait_until(lambda: "spawned uWSGI udprepeater" in node.log, 5, "the repeater")
        node.counts = Stats(node)
        return node

    return start


@pytest.fixture
def ears():
    made = []

    def make(*hosts):
        made.extend(sync.Ear(host) for host in hosts)
        return made[-len(hosts):]

    yield make
    for ear in made:
        ear.close()


@pytest.fixture
def cluster(reprise, backend, secret):  # noqa: F811
    """Adds nodes at 127.0.0.1, .2 and so on, which know these repeaters and nobody else."""
    port, to, started = free_port(), backend().address, []

    def add(count, repeaters, text=NODE, wait=True):
        nodes = ";".join(each.address("repeater") for each in repeaters)
        for _ in range(count):
            host = f"127.0.0.{len(started) + 1}"
            started.append(reprise(text, https=f"{host}:{free_port()}", to=to, secret=secret,
                                   server=f"{host}:{port}", nodes=nodes))
        for node in started if wait else ():
            wait_for_members(node, len(started) - 1)
        return started

    return add


@contextmanager
def stopped(middle):
    """Neither it nor its processes do anything."""
    pids = [middle.pid, *children_of(middle.pid)]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def sessions_of(node, count, version=None):
    clients = [TlsClient(version) if version else TlsClient() for _ in range(count)]
    return [(client, client.session(node.address("https"))) for client in clients]


def resumed(sessions, node):
    return sum(client.get(node.address("https"), session=session).resumed
               for client, session in sessions)


def pulled(node):
    return node.tls()["found"]["pulled"]


@by_version
@pytest.mark.parametrize("text", [NODE, DEAF], ids=["server", "no-server"])
def test_nodes_that_name_only_a_repeater_share_sessions(repeater, cluster, text, version):
    middle = repeater()
    nodes = cluster(2, [middle], text)
    pushed = sessions_of(nodes[0], 10, version)
    sync.wait_for_applied(nodes[1], 10)
    assert resumed(pushed, nodes[1]) == 10
    assert pulled(nodes[1]) == 0
    # One that comes later gets what it has not through the repeater, from whoever has it.
    others = sessions_of(nodes[1], 10, version)
    sync.wait_for_applied(nodes[0], 10)
    late = cluster(1, [middle], text)[2]
    assert resumed(pushed + others, late) == 20, why_missed([late])
    assert set(middle.counts.kinds().values()) == {"cookie"}
    repeaters = middle.address("repeater")
    assert {member["address"] for member in sealing(late)["members"]} == {repeaters}
    # What is for one goes to one.
    gateway = middle.counts.gateway()
    copies = sum(member["sent"] for member in gateway["members"])
    assert copies < 2 * gateway["forwarded"]


@pytest.fixture
def deaf_cluster(reprise, backend, secret):  # noqa: F811
    """Three nodes that know these repeaters alone, on a network that loses all pushes."""
    relays = []

    def start(*middles):
        servers = [f"127.0.0.{number + 1}:{free_port()}" for number in range(3)]
        repeaters = [middle.address("repeater") for middle in middles]
        relay = Relay([*servers, *repeaters], loses_pushes(100))
        relays.append(relay)
        to = backend().address
        nodes = [reprise(NODE + "ssl-sessions-pull = 1000\n", to=to, secret=secret, server=server,
                         https=f"127.0.0.{number + 1}:{free_port()}",
                         nodes=";".join(relay.address(server, each) for each in repeaters))
                 for number, server in enumerate(servers)]
        for node in nodes:
            wait_for_members(node, 2)
        return nodes

    yield start
    for relay in relays:
        relay.close()


@by_version
def test_what_was_lost_is_pulled_through_the_repeater(repeater, deaf_cluster, version):
    nodes = deaf_cluster(repeater())
    assert come_back(nodes, version, 30) == 30, why_missed(nodes)
    assert sum(pulled(node) for node in nodes) == 30


# At once, long before anybody knows which of the two has gone.
@by_version
def test_what_was_lost_is_pulled_through_the_repeater_that_is_left(repeater, deaf_cluster, version):
    middles = [repeater(number=100), repeater(number=101)]
    nodes = deaf_cluster(*middles)
    for middle in middles:
        with stopped(middle):
            assert come_back(nodes, version, 10) == 10, why_missed(nodes)
    assert sum(pulled(node) for node in nodes) == 20


def test_either_of_two_repeaters_is_enough(repeater, cluster):
    first, second = repeater(number=100), repeater(number=101)
    nodes = cluster(2, [first, second])
    before = sessions_of(nodes[0], 5)
    sync.wait_for_applied(nodes[1], 5)
    assert resumed(before, nodes[1]) == 5
    assert sync.of(nodes[1])["applied"] == 5   # each once
    first.end()
    after = sessions_of(nodes[0], 5)
    sync.wait_for_applied(nodes[1], 10)
    assert resumed(after, nodes[1]) == 5
    left = second.address("repeater")
    for node in nodes:
        wait_until(lambda: [each["address"] for each in sealing(node)["members"]] == [left], 15,
                   "the way by the other repeater")
    late = cluster(1, [first, second])[2]
    assert resumed(before + after, late) == 10, why_missed([late])


def test_a_node_that_dies_leaves(repeater, cluster):
    middle = repeater()
    nodes = cluster(2, [middle])
    gone = nodes[1].address("server")
    assert middle.counts.member(gone)["kind"] == "cookie"
    nodes[1].end()
    wait_until(lambda: middle.counts.member(gone) is None, 25, "the silent node to leave")
    assert middle.counts.gateway()["left"] == 1
    assert middle.counts.member(nodes[0].address("server"))["heard_ms"] < 10_000


def plain_nodes(reprise, middle, count=2):
    return [reprise(PLAIN, server=f"127.0.0.{number + 1}:{free_port()}",
                    repeater=middle.address("repeater")) for number in range(count)]


def test_plain_nodes_announce_themselves(repeater, reprise):
    middle = repeater()
    nodes = plain_nodes(reprise, middle, 3)
    servers = {node.address("server"): "trusted" for node in nodes}
    wait_until(lambda: middle.counts.kinds() == servers, 10, "all members")
    assert all(each["cookie"] for each in middle.counts.gateway()["members"])
    assert cache_tcp.put(nodes[0].address("tcp"), b"key", b"value")
    for node in nodes[1:]:
        sync.wait_for_applied(node, 1)
    # Who takes a repeater's word for nothing to do with caches has nothing to complain of.
    for node in nodes:
        assert not any(sync.of(node)["rejected"].values())


def test_plain_nodes_may_be_configured(repeater, reprise, ears):
    first, second = ears("127.0.0.1", "127.0.0.2")
    middle = repeater(NOBODY + f"udprepeater-to = {first.address}\n"
                               f"udprepeater-to = {second.address}\n")
    assert middle.counts.kinds() == {first.address: "static", second.address: "static"}
    change = sync.set_packet(b"key", b"value", 0)
    sync.send(middle.address("repeater"), change, source="127.0.0.1")   # from any port
    assert second.next() == change
    first.socket.sendto(change, split(middle.address("repeater")))      # the same again
    assert second.next() == change
    assert first.heard() == []
    assert middle.counts.member(first.address)["received"] == 2
    wait_until(lambda: middle.counts.member(second.address)["sent_bytes"] == 2 * len(change), 5,
               "both to be counted")


# Its packets come from a port of the moment, and here all from 127.0.0.1: where it hears, too.
def test_a_real_uwsgi_tells_a_plain_node(repeater, reprise, session_directory):
    ours, theirs = f"127.0.0.2:{free_port()}", f"127.0.0.1:{free_port()}"
    middle = repeater(NOBODY + f"udprepeater-to = {ours}\nudprepeater-to = {theirs}\n")
    node = reprise(PLAIN, server=ours, repeater=middle.address("repeater"))
    process = cache_node(session_directory, server=theirs, node=middle.address("repeater"))
    try:
        wait_until(lambda: "running on" in process.log, what="uWSGI's UDP server")
        assert get(process.address, f"/set/{b'key'.hex()}/{b'value'.hex()}/0").status == 200
        sync.wait_for_applied(node, 1)
        assert middle.counts.member(theirs)["sent"] == 0
        # And it is told: what others send goes there, where it has no word of complaint.
        sync.send(middle.address("repeater"), sync.set_packet(b"more", b"value", 0),
                  source="127.0.0.2")
        wait_until(lambda: get(process.address, f"/get/{b'more'.hex()}").body == b"value", 5,
                   "the other's item")
    finally:
        process.close()


def test_a_stranger_gets_nothing(repeater, ears):
    victim, first, second = ears("127.0.0.50", "127.0.0.1", "127.0.0.2")
    middle = repeater(NOBODY + f"udprepeater-to = {first.address}\n"
                               f"udprepeater-to = {second.address}\n"
                               "udprepeater-subscription-server = {subscriptions}\n")
    to, server = middle.address("repeater"), middle.address("subscriptions")
    for number in range(50):
        spoof(victim.address, to, clear(SUBSCRIBE), clear(SUBSCRIBE, os.urandom(16)),
              clear(LEAVE, os.urandom(16)), sealed(b"mallory", b"%d" % number),
              sync.set_packet(b"key", b"%d" % number, 0), announce("default", victim.address))
        spoof(victim.address, server, announce("default", victim.address))
    spoof(first.address, to, clear(LEAVE), clear(LEAVE, os.urandom(16)))
    first.socket.sendto(sealed(b"alice", b"secret"), split(to))
    assert second.next() == sealed(b"alice", b"secret")
    sync.send(to, sync.set_packet(b"key", b"secret", 0), source="127.0.0.1")
    assert second.next() == sync.set_packet(b"key", b"secret", 0)
    assert middle.counts.kinds() == {first.address: "static", second.address: "static"}
    wait_until(lambda: middle.counts.rejected("untrusted") == 100, 5, "all announces")
    heard = victim.heard()
    # Cookies alone, one a second, and each smaller than what asked for it.
    assert {len(each) for each in heard} <= {24} and len(heard) <= 5
    middle.wait_for_log("udprepeater-trust")
    assert middle.log.count("repeater.untrusted") == 1


def test_a_cookie_gets_what_is_sealed_alone(repeater, ears):
    member, first, second = ears("127.0.0.50", "127.0.0.1", "127.0.0.2")
    middle = repeater(NOBODY + f"udprepeater-to = {first.address}\n"
                               f"udprepeater-to = {second.address}\n")
    to = middle.address("repeater")
    cookie = join(member, to)
    wait_until(lambda: middle.counts.member(member.address), 5, "the member")
    sync.send(to, sync.set_packet(b"key", b"secret", 0), source="127.0.0.1")
    second.next()
    first.socket.sendto(sealed(b"alice", b"one"), split(to))
    assert member.next() == sealed(b"alice", b"one")
    member.socket.sendto(sync.set_packet(b"key", b"poison", 0), split(to))
    wait_until(lambda: middle.counts.rejected("not_member") == 1, 5, "the change to be refused")
    member.socket.sendto(clear(LEAVE, cookie), split(to))
    wait_until(lambda: middle.counts.member(member.address) is None, 5, "the leave")
    assert member.heard() == []
    assert sync.set_packet(b"key", b"poison", 0) not in second.heard()


@pytest.mark.parametrize("count", [2, 3])
def test_a_ring_comes_to_rest(repeater, ears, count):
    listeners = ears(*(f"127.0.0.{number + 1}" for number in range(count)))
    at = [f"127.0.0.{100 + number}:{free_port()}" for number in range(count)]
    ring = [repeater(NOBODY + "".join(f"udprepeater-to = {each}\n"
                                      for each in [*at, listeners[number].address]
                                      if each != at[number]),
                     text=REPEATER.replace("{repeater}", at[number]))
            for number in range(count)]
    for number in range(10):
        change = sync.set_packet(b"key", b"%d" % number, 0)
        listeners[0].socket.sendto(sealed(b"alice", b"%d" % number), split(at[0]))
        listeners[0].socket.sendto(change, split(at[0]))

    wait_until(lambda: [node.counts.gateway()["forwarded"] for node in ring] == [20] * count, 5,
               "each to have forwarded each once")
    # A copy to each other repeater, save back to the one that it came from.
    copies = 20 * (count - 1) + 20 * (count - 1) * (count - 2)
    wait_until(lambda: sum(node.counts.gateway()["received"] for node in ring) == 20 + copies, 5,
               "all copies")
    assert sum(node.counts.rejected("seen") for node in ring) == 20 * (count - 1) * (count - 2)
    for ear in listeners[1:]:
        assert len(ear.heard()) == 20
    assert listeners[0].heard() == []


def test_members_outlive_reloads_and_processes(repeater, ears):
    member, other = ears("127.0.0.50", "127.0.0.1")
    middle = repeater(f"udprepeater-processes = 2\nudprepeater-to = {other.address}\n")
    to = middle.address("repeater")
    cookie = join(member, to)
    wait_until(lambda: middle.counts.member(member.address), 5, "the member")
    pids = [each["pid"] for each in middle.stats("repeater_stats")["workers"]]
    assert len(pids) == 2
    os.kill(pids[0], signal.SIGKILL)
    wait_until(lambda: middle.stats("repeater_stats")["workers"][0]["respawns"] == 1, 5,
               "another process")
    other.socket.sendto(sealed(b"bob", b"after a death"), split(to))
    assert member.next() == sealed(b"bob", b"after a death")
    before = [each["pid"] for each in middle.stats("repeater_stats")["workers"]]
    os.kill(middle.pid, signal.SIGHUP)

    def is_new():
        now = [each["pid"] for each in middle.stats("repeater_stats")["workers"]]
        return not set(now) & set(before) and all(now)

    wait_until(is_new, 10, "new processes")
    other.socket.sendto(sealed(b"bob", b"after a reload"), split(to))
    assert member.next() == sealed(b"bob", b"after a reload")
    member.socket.sendto(clear(SUBSCRIBE, cookie), split(to))   # its key is the same
    member.socket.sendto(clear(LEAVE, cookie), split(to))
    wait_until(lambda: middle.counts.member(member.address) is None, 5, "the leave")
    assert member.heard() == []


@pytest.mark.parametrize("lines, complaint", [
    ("udprepeater-to = 127.0.0.1:9\nhttp = {http}\nhttp-to = 127.0.0.1:9\n",
     "there is no udprepeater for this option"),
    ("udprepeater = /tmp/socket\n", "not a UDP address"),
    ("udprepeater = 127.0.0.1:0\nudprepeater-to = [::1]:9\n", "an address of the same kind"),
    ("udprepeater = 127.0.0.1:0\nudprepeater-trust = everybody\n", "addresses, ranges"),
    ("udprepeater = {taken}\n", "[udprepeater] cannot bind to"),
])
def test_what_cannot_be_is_refused(refused, ears, lines, complaint):
    taken, = ears("127.0.0.1")
    assert complaint in refused("[uwsgi]\n" + lines, taken=taken.address).log


def test_the_check_warns_of_a_wildcard(run_reprise, tmp_path):
    file = tmp_path / "node.ini"
    for host, warns in (("0.0.0.0", True), ("[::]", True), ("127.0.0.1", False)):
        file.write_text(f"[uwsgi]\nudprepeater = {host}:{free_port()}\n")
        outcome = run_reprise("--check", file)
        assert ("from another one than its nodes know" in outcome.stdout) == warns
        assert outcome.returncode == (1 if warns else 0), outcome.stdout


def test_more_members_than_there_is_room_for_are_refused(refused):
    members = "".join(f"udprepeater-to = 10.0.{number // 200}.{number % 200 + 1}:7000\n"
                      for number in range(1025))
    node = refused("[uwsgi]\nudprepeater = 127.0.0.1:0\n" + members, cannot_tell=True)
    assert "a udprepeater has 1024 members at most" in node.log
    assert "node.ini:1027:" in node.log
