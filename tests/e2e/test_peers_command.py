"""`reprise peers`: the cluster as one node sees it, from its stats."""

import json
import os
import pty
import re
import signal
import socket
import subprocess
import threading
import time

import pytest

from harness import sync
from harness.addresses import free_port, split
from harness.clients import TlsClient
from harness.fixtures import BINARY
from harness.relay import BULK, PUSH, kind_of
from harness.waiting import wait_until
from test_pull import network  # noqa: F401
from test_sealed import secret  # noqa: F401

NODE = """\
[uwsgi]
cache2 = name=ssl,items=2000,blocksize=4096,udp={server},nodes={nodes}{seal}
ssl-sessions-use-cache = ssl
https-session-context = foobar
https = {https},{crt},{key}
http-to = {to}
stats = {stats}
"""


@pytest.fixture
def pair(reprise, backend):
    """Starts two nodes at 127.0.0.1 and .2 that know each other, one with each tail."""
    def start(*tails, seals=("", "")):
        servers = [f"127.0.0.{number}:{free_port()}" for number in (1, 2)]
        to = backend().address
        nodes = []
        for number, tail in enumerate(tails):
            node = reprise(NODE + tail, https=f"127.0.0.{number + 1}:{free_port()}", to=to,
                           server=servers[number], nodes=servers[1 - number], seal=seals[number])
            node.sync_address, node.other_address = servers[number], servers[1 - number]
            nodes.append(node)
        return nodes

    return start


@pytest.fixture
def sealed_pair(pair, secret, run_reprise):  # noqa: F811
    """Two that have met."""
    def start(*tails, seals=None):
        nodes = pair(*tails, seals=seals or (f",secret={secret}",) * 2)
        for node in nodes:
            wait_until(lambda: [peer["state"] for cache in as_json(run_reprise, node.address("stats"))
                                for peer in cache["peers"]] == ["live"], 10, "the other")
        return nodes

    return start


def as_json(run_reprise, address):
    answer = run_reprise("peers", address, "--format=json")
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.count("\n") == 1
    return json.loads(answer.stdout)["caches"]


def test_two_sealed_nodes(sealed_pair, run_reprise):
    one, two = sealed_pair("", "stats-http = true\n")
    for _ in range(5):
        TlsClient().session(two.address("https"))
    sync.wait_for_applied(one, 5)

    def told():
        cache, = as_json(run_reprise, one.address("stats"))
        return cache if cache["peers"][0]["sessions"] == 5 else None   # its hello comes each second

    cache = wait_until(told, 5, "a hello that tells of five sessions")
    assert cache["cache"] == "ssl" and cache["sealed"] is True
    assert cache["items"] == 5
    assert cache["push_delay_us"]["count"] >= 5
    peer, = cache["peers"]
    assert peer["address"] == two.sync_address and peer["state"] == "live"
    assert peer["node"] == as_json(run_reprise, two.address("stats"))[0]["node"]
    assert peer["loss"] == 0 and peer["pushes"] >= 1 and peer["missing"] == 0
    assert peer["keys"] == peer["keys_shared"] == 1
    assert abs(peer["clock_difference"]) <= 1 and peer["last_packet_ms"] < 5000
    assert peer["version"]

    # The other's stats speak HTTP.
    answer = run_reprise("peers", two.address("stats"))
    assert answer.returncode == 0 and answer.stderr == "" and "\x1b" not in answer.stdout
    heading, columns, row = answer.stdout.splitlines()[:3]
    assert heading.startswith(f"cache ssl: sealed, node {peer['node']}, name {peer['name']}")
    assert columns.split()[:5] == ["ADDRESS", "NODE", "NAME", "STATE", "LAST"]
    assert row.split()[0] == one.sync_address and row.split()[3] == "live"
    assert row.split()[-1] == "1/1"


def test_what_was_lost_and_pulled(network, run_reprise):  # noqa: F811
    (one, two), _ = network(2, lambda datagram: kind_of(datagram) == PUSH)

    def peer():
        return as_json(run_reprise, two.address("stats"))[0]["peers"][0]

    # From its first hello on it is known what it has sent.
    wait_until(lambda: peer()["keys"], 5, "a hello")
    client = TlsClient()

    def pulled():
        session = client.session(one.address("https"))
        assert client.get(two.address("https"), session=session).resumed
        return peer()["round_trip_us"]

    assert 0 < wait_until(pulled, 5, "a pull") < 1_000_000
    wait_until(lambda: peer()["sent"], 5, "a hello that tells of the push")
    told = peer()
    assert told["loss"] == 1 and told["pushes"] == 0
    wait_until(lambda: peer()["missing"] == 0, 5, "what was lost to be told again")
    assert " 100.0 % " in run_reprise("peers", two.address("stats")).stdout


def test_a_peer_that_lacks_a_secret_is_named(sealed_pair, run_reprise, secret, tmp_path):  # noqa: F811
    both = tmp_path / "both.secret"
    both.write_text(secret.read_text())
    both.chmod(0o600)
    assert run_reprise("genkey", "--add", both).returncode == 0
    one, two = sealed_pair("", "", seals=(f",secret={both}", f",secret={secret}"))

    def told(node):
        peer, = as_json(run_reprise, node.address("stats"))[0]["peers"]
        return peer if peer["keys"] is not None else None

    assert wait_until(lambda: told(one), 5, "a hello")["keys_shared"] == 1
    text = run_reprise("peers", one.address("stats")).stdout
    assert f"{two.sync_address} lacks 1 of this node's 2 secrets" in text and " 1/2\n" in text
    assert wait_until(lambda: told(two), 5, "a hello")["keys"] == 2
    text = run_reprise("peers", two.address("stats")).stdout
    assert f"{one.sync_address} has 1 that this node lacks" in text and " 1/1\n" in text


def test_a_name_that_has_not_proved_itself_is_only_heard(pair, secret, run_reprise):  # noqa: F811
    """A recording of a node that is gone opens, and nobody answers the challenge."""
    node, = pair("", seals=(f",secret={secret}",))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(split(node.other_address))
        ear.settimeout(5)
        while kind_of(hello := ear.recv(65536)) > BULK:   # what is for repeaters
            pass
    assert hello[:3] == b"\xc5\x9e\x01"
    assert node.stop() == 0
    other, = pair("", seals=(f",secret={secret}",))
    sync.send(other.sync_address, hello, source="127.0.0.77")
    peer, = wait_until(lambda: as_json(run_reprise, other.address("stats"))[0]["peers"], 5, "a name")
    assert peer["state"] == "heard" and peer["address"].startswith("127.0.0.77:")
    assert peer["sessions"] is None and peer["last_packet_ms"] is not None
    assert " heard " in run_reprise("peers", other.address("stats")).stdout


def test_two_plain_nodes(pair, run_reprise):
    one, two = pair("", "stats-minified = true\n")
    for _ in range(3):
        TlsClient().session(two.address("https"))
    sync.wait_for_applied(one, 3)
    sync.send(one.sync_address, b"\x6f\x01", source="127.0.0.2")
    sync.wait_for_received(one, 4)
    cache, = as_json(run_reprise, one.address("stats"))
    assert cache["sealed"] is False and "peers" not in cache
    # What the other sends comes from the route's own address, what we sent from the other's.
    rows = {row["address"]: row for row in cache["addresses"]}
    assert rows.keys() == {two.sync_address, "127.0.0.1"}
    assert (rows["127.0.0.1"]["received"], rows["127.0.0.1"]["applied"]) == (3, 3)
    assert rows["127.0.0.1"]["sent"] is None and rows["127.0.0.1"]["rejected"] == {}
    assert rows[two.sync_address]["sent"] == 0 and rows[two.sync_address]["received"] == 1
    assert sum(rows[two.sync_address]["rejected"].values()) == 1
    cache, = as_json(run_reprise, two.address("stats"))
    assert cache["addresses"][0]["sent"] == 3
    text = run_reprise("peers", one.address("stats")).stdout
    assert text.startswith("cache ssl: plain, ")
    assert text.splitlines()[2].split()[:5] == [two.sync_address, "0", "0", "1", "0"]


def test_a_node_without_peers_at_a_unix_socket(reprise, run_reprise, tmp_path):
    reprise("[uwsgi]\ncache = 10\nhttp = {http}\nhttp-to = 127.0.0.1:1\n"
            f"stats = {tmp_path}/stats.sock\n")
    path = tmp_path / "stats.sock"
    wait_until(path.exists, 5, "the socket")
    answer = run_reprise("peers", path)
    assert (answer.returncode, answer.stdout) == (0, "no cache of this node has peers\n")


DOCUMENT = {"version": "2.0.21", "pid": 1, "sync": [{"cache": "ssl", "nodes": [], "peers": [
    {"address": "10.0.0.9", "received": 1, "rejected": {"own\x1b[2J": 1}}], "sealed": {
        "keys": 1, "members": [{"address": "10.0.0.2:1", "version": "1\x1b[31m\u009b", "hello_ms": 1,
                                "heard_ms": 9000}]}}]}


class Impostor:
    """A stats server that does with a connection what it is told."""

    def __init__(self, behaviour):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.server.getsockname()[1]
        self.behaviour = behaviour
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        try:
            while True:
                with self.server.accept()[0] as connection:
                    try:
                        self.behaviour(connection)
                    except (BrokenPipeError, ConnectionResetError):
                        pass
        except OSError:
            pass    # closed

    def close(self):
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
        self.thread.join()


@pytest.fixture
def impostor():
    made = []

    def start(behaviour):
        made.append(Impostor(behaviour))
        return made[-1]

    yield start
    for each in made:
        each.close()


def sends(text):
    return lambda connection: connection.sendall(text)


def endless(connection):
    while True:
        connection.sendall(b'[' * 65536)


def drips(connection):
    for _ in range(100):
        connection.sendall(b" ")
        time.sleep(0.1)


@pytest.mark.parametrize("behaviour, reason", [
    (sends(b""), "no JSON"), (sends(b"<html></html>"), "no JSON"), (sends(b"[" * 100000), "no JSON"),
    (sends(b"{}"), "no stats document"), (sends(b"HTTP/1.0 200 OK\r\n"), "HTTP head"),
    (endless, "too much"),
], ids=["nothing", "a page", "depth", "another document", "half a head", "without end"])
def test_rubbish_is_an_error_in_one_line(impostor, run_reprise, behaviour, reason):
    answer = run_reprise("peers", impostor(behaviour).address)
    assert answer.returncode == 2 and answer.stdout == ""
    assert answer.stderr.count("\n") == 1 and reason in answer.stderr


def test_silence_and_slowness_end_in_an_error(impostor, run_reprise):
    stop = threading.Event()
    silent, slow = impostor(lambda _: stop.wait(10)), impostor(drips)
    answers = {}

    def ask(server):
        begin = time.monotonic()
        answers[server] = run_reprise("peers", server.address), time.monotonic() - begin

    threads = [threading.Thread(target=ask, args=(server,)) for server in (silent, slow)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stop.set()
    for answer, took in answers.values():
        assert answer.returncode == 2 and answer.stderr.count("\n") == 1
        assert "timed out" in answer.stderr and took < 9


@pytest.mark.parametrize("arguments", [
    (), ("--what", "127.0.0.1:1"), ("127.0.0.1:1",), ("a", "b"), ("127.0.0.1:1", "--watch=0"),
    ("127.0.0.1:1", "--format=xml"), ("/nowhere/stats.sock",), ("\x1b[2J",),
])
def test_mistakes(run_reprise, arguments):
    answer = run_reprise("peers", *arguments)
    assert answer.returncode == 2 and answer.stdout == ""
    assert answer.stderr.startswith("reprise peers: ") and answer.stderr.count("\n") == 1
    assert "\x1b" not in answer.stderr


def test_a_terminal_gets_colours_and_nothing_of_others(impostor):
    """Watched on a terminal: it is redrawn, and what peers wrote stays text."""
    server = impostor(sends(json.dumps(DOCUMENT).encode()))
    ours, its = pty.openpty()
    process = subprocess.Popen([BINARY, "peers", server.address, "--watch=1"], stdout=its,
                               env={**os.environ, "TERM": "xterm", "NO_COLOR": ""})
    os.close(its)
    seen = b""
    while seen.count(b"\x1b[H\x1b[2J") < 2:
        seen += os.read(ours, 65536)
    process.send_signal(signal.SIGINT)
    assert process.wait(5) == 0
    os.close(ours)
    assert b"1\\x1b[31m\\xc2\\x9b" in seen and b"own\\x1b[2J 1" in seen
    escapes = set(re.findall(rb"\x1b[^A-Za-z]*[A-Za-z]", seen))
    assert escapes <= {b"\x1b[H", b"\x1b[2J", b"\x1b[1m", b"\x1b[0m", b"\x1b[33;1m", b"\x1b[31;1m"}
    assert b"\x1b[33;1m9.0 s\x1b[0m" in seen and b"\xc2" not in seen


def test_watching_goes_on_while_a_node_is_away(impostor):
    """Into a file: one JSON document a line, no escapes; what failed is a line on standard error."""
    replies = [json.dumps(DOCUMENT).encode(), b"", json.dumps({**DOCUMENT, "sync": []}).encode()]
    server = impostor(lambda connection: connection.sendall(replies.pop(0)))
    process = subprocess.Popen([BINARY, "peers", server.address, "--watch=1", "--format=json"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    first, second = process.stdout.readline(), process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=5)
    assert process.returncode == 0
    assert json.loads(first)["caches"][0]["cache"] == "ssl" and "\x1b" not in first
    assert json.loads(second) == {"caches": []}
    assert "no JSON" in errors
