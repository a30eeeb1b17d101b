"""Caches whose datagrams are sealed: nodes with a secret share sessions, and nobody else sees any."""

import hmac
import os
import signal
import stat
import time

import pytest

from harness import processes, sync
from harness.addresses import free_port
from harness.clients import VERSIONS, TlsClient
from harness.relay import BULK, Relay, kind_of
from harness.waiting import wait_until

NODE = """\
[uwsgi]
cache2 = name=ssl,items=2000,blocksize=4096,udp={server},nodes={nodes},secret={secret}
ssl-sessions-use-cache = ssl
ssl-sessions-timeout = 300
https-session-context = foobar
https = {https},{crt},{key}
http-processes = 2
http-to = {to}
stats = {stats}
"""

by_version = pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)


@pytest.fixture
def secret(run_reprise, tmp_path):
    path = tmp_path / "cluster.secret"
    assert run_reprise("genkey", path).returncode == 0
    return path


@pytest.fixture
def cluster(reprise, backend, secret):
    """Starts nodes at 127.0.0.1, .2 and so on, which know each other."""
    port, to, started = free_port(), backend().address, []

    def start(count, text=NODE, wait=True, **values):
        servers = [f"127.0.0.{number + 1}:{port}" for number in range(count)]
        for number, server in enumerate(servers):
            others = ";".join(each for each in servers if each != server)
            values.setdefault("secret", secret)
            started.append(reprise(text, https=f"127.0.0.{number + 1}:{free_port()}", to=to,
                                   server=server, nodes=others, **values))
        for node in started if wait else ():
            wait_for_members(node, count - 1)
        return started

    return start


def sealed(node):
    return sync.of(node)["sealed"]


def wait_for_members(node, count):
    wait_until(lambda: len(sealed(node)["members"]) == count, 10, f"{count} members")


def held(node):
    return next(cache for cache in node.stats()["caches"] if cache["name"] == "ssl")["items"]


@by_version
def test_sessions_resume_on_all_nodes(cluster, version):
    nodes = cluster(3)
    sessions = []
    for node in nodes:
        for _ in range(20):
            client = TlsClient(version)
            sessions.append((client, client.session(node.address("https")), node))
    for node in nodes:
        sync.wait_for_applied(node, 40)
    for client, session, maker in sessions:
        for node in nodes:
            if node is not maker:
                assert client.get(node.address("https"), session=session).resumed
    for node in nodes:
        facts = sealed(node)
        assert [member["missing"] for member in facts["members"]] == [0, 0]
        assert facts["unsent"] == facts["too_large"] == facts["node_clashes"] == 0
    numbers = {sealed(node)["node"] for node in nodes}
    assert len(numbers) == 3 and 0 not in numbers


def packet_key(secret, cache=b"ssl"):
    """As src/cluster/SEALED.md has it."""
    def expand(key, label):
        return hmac.digest(key, label + b"\x01", "sha256")

    extracted = hmac.digest(b"reprise cluster 1", bytes.fromhex(secret), "sha256")
    return expand(expand(extracted, b"cache\0" + cache), b"packet")


def test_packet_keys_are_in_no_worker(cluster, secret):
    node = cluster(1, wait=False)[0]
    TlsClient().session(node.address("https"))
    secret = secret.read_text().split(":")[1].strip()
    key = packet_key(secret)
    assert key in memory_of(node.keeper_pid())
    for pid in node.worker_pids().values():
        memory = memory_of(pid)
        assert key not in memory and bytes.fromhex(secret) not in memory


def memory_of(pid):
    parts = []
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb") as memory:
        for line in maps:
            span, access = line.split()[:2]
            if access.startswith("rw"):
                begin, end = (int(number, 16) for number in span.split("-"))
                if end - begin > 64 << 20:
                    continue
                memory.seek(begin)
                try:
                    parts.append(memory.read(end - begin))
                except OSError:
                    pass
    return b"".join(parts)


def test_nothing_unsealed_is_taken(cluster):
    node = cluster(1, wait=False)[0]
    sync.send(node.address("server"), sync.set_packet(b"k" * 32, b"value", 0))
    wait_until(lambda: sync.of(node)["rejected"]["unsealed"] == 1, 5, "the packet")
    assert held(node) == 0
    wait_until(lambda: "cluster.unsealed" in node.log, 5, "a word of it")


def test_a_sealed_and_an_unsealed_node_say_so_both(reprise, backend, secret):
    addresses = [f"127.0.0.{number}:{free_port()}" for number in (1, 2)]

    def start(number, text):
        return reprise(text, https=f"127.0.0.1:{free_port()}", to=backend().address, secret=secret,
                       server=addresses[number], nodes=addresses[1 - number])

    node, plain = start(0, NODE), start(1, NODE.replace(",secret={secret}", ""))
    for _ in range(2):
        TlsClient().session(plain.address("https"))
        TlsClient().session(node.address("https"))
    node.wait_for_log("cluster.unsealed")
    plain.wait_for_log("cluster.sealed")
    wait_until(lambda: sync.of(node)["rejected"]["unsealed"] == 2, 5, "both packets")
    assert plain.log.count("cluster.sealed") == 1 and node.log.count("cluster.unsealed") == 1
    assert held(plain) == 2 and held(node) == 2, "its own alone"


def test_what_goes_to_other_hosts_in_the_clear_is_warned_of(reprise, backend):
    outside = sync.outside_address()
    if outside is None:
        pytest.skip("this host has no address but loopback")
    text = NODE.replace(",secret={secret}", "")
    node = reprise(text, https=f"127.0.0.1:{free_port()}", to=backend().address,
                   server=f"127.0.0.1:{free_port()}", nodes=f"{outside}:9")
    node.wait_for_log('changes of cache "ssl" go to other hosts in the clear')
    at_home = reprise(text, https=f"127.0.0.1:{free_port()}", to=backend().address,
                      server=f"127.0.0.1:{free_port()}", nodes="127.0.0.1:9")
    at_home.wait_for_log("Stats server enabled")
    assert "in the clear" not in at_home.log


def test_the_check_compares_secrets(run_reprise, secret, tmp_path, certs):
    other = tmp_path / "other.secret"
    assert run_reprise("genkey", other).returncode == 0
    ports = [free_port(), free_port()]

    def check(*secrets):
        files = []
        for number, each in enumerate(secrets):
            seal = f",secret={each}" if each else ""
            file = tmp_path / f"{number}.ini"
            file.write_text(
                f"[uwsgi]\ncache2 = name=ssl,items=100,blocksize=4096,udp=127.0.0.1:{ports[number]},"
                f"nodes=127.0.0.1:{ports[1 - number]}{seal}\nssl-sessions-use-cache = ssl\n"
                "https-session-context = one\n"
                f"https = 127.0.0.1:0,{certs.rsa.crt},{certs.rsa.key}\nhttp-to = 127.0.0.1:1\n")
            files.append(file)
        return run_reprise("--check", *files)

    alike = check(secret, secret)
    assert "in common" not in alike.stdout and "is sealed" not in alike.stdout
    assert "has no secret, cipher and name in common" in check(secret, other).stdout
    assert "is sealed" in check(secret, None).stdout
    os.chmod(other, 0o644)
    outcome = check(secret, other)
    assert outcome.returncode == 2 and "group or others may access it" in outcome.stdout


def test_another_secret_is_another_cluster(cluster, run_reprise, tmp_path, reprise, backend):
    other = tmp_path / "other.secret"
    assert run_reprise("genkey", other).returncode == 0
    node = cluster(1, wait=False)[0]
    stranger = reprise(NODE, https=f"127.0.0.9:{free_port()}", to=backend().address,
                       server=f"127.0.0.9:{free_port()}", nodes=node.address("server"), secret=other)
    TlsClient().session(stranger.address("https"))
    wait_until(lambda: sync.of(node)["rejected"]["other_key"] > 0, 5, "its datagrams")
    assert held(node) == 0 and not sealed(node)["members"]


def test_a_reload_reads_the_secrets_again_and_keeps_the_sessions(cluster, secret, run_reprise):
    nodes = cluster(2)
    client = TlsClient()
    session = client.session(nodes[0].address("https"))
    sync.wait_for_applied(nodes[1], 1)
    assert run_reprise("genkey", "--add", secret).returncode == 0
    for node in nodes:
        node.reload()
        wait_until(lambda: sealed(node)["keys"] == 2, 10, "the next keeper's answer")
    for node in nodes:
        wait_for_members(node, 1)
    assert client.get(nodes[1].address("https"), session=session).resumed
    # A file that cannot be read: the keys stay, and the log says so.
    secret.write_text("reprise-secret-1:nonsense\n")
    nodes[0].signal(signal.SIGHUP)
    wait_until(lambda: "64 hexadecimal digits expected" in nodes[0].log, 10, "the refusal")
    assert "nonsense" not in nodes[0].log
    assert sealed(nodes[0])["keys"] == 2


def without_the_first(secret):
    lines = secret.read_text().splitlines(keepends=True)
    secret.write_text("".join(lines[1:]))


def test_a_recording_is_good_for_nothing(reprise, backend, secret, tmp_path, run_reprise):
    servers = [f"127.0.0.{number + 1}:{free_port()}" for number in range(2)]
    relay = Relay(servers)

    def start(number):
        own, other = servers[number], servers[1 - number]
        return reprise(NODE, https=f"127.0.0.{number + 1}:{free_port()}", to=backend().address,
                       server=own, nodes=relay.address(own, other), secret=secret)

    def replay(to):
        before = sync.of(to)["received"]
        for datagram in recorded:
            sync.send(to.address("server"), datagram)
            time.sleep(0.001)   # its buffer is no subject here
        sync.wait_for_received(to, before + len(recorded) * 9 // 10)

    try:
        sender, receiver = start(0), start(1)
        for node in (sender, receiver):
            wait_for_members(node, 1)
        client = TlsClient()
        session = client.session(sender.address("https"))
        sync.wait_for_applied(receiver, 1)
        applied = sync.of(receiver)["applied"]
        recorded = [each for each in relay.carried if kind_of(each) <= BULK]
        replay(receiver)
        assert sync.of(receiver)["rejected"]["replayed"] > 0
        assert sync.of(receiver)["rejected"]["own"] > 0
        assert sync.of(receiver)["applied"] == applied
        # The receiver starts again, and the sender is gone.
        sender.end()
        receiver.end()
        receiver = start(1)
        replay(receiver)
        assert sync.of(receiver)["rejected"]["not_introduced"] > 0
        assert held(receiver) == 0 and not sealed(receiver)["members"]
        assert not client.get(receiver.address("https"), session=session).resumed
        # Its secret is retired.
        assert run_reprise("genkey", "--add", secret).returncode == 0
        without_the_first(secret)
        receiver.reload()
        replay(receiver)
        assert sync.of(receiver)["rejected"]["other_key"] >= len(recorded) * 9 // 10
    finally:
        relay.close()


def test_genkey(run_reprise, tmp_path):
    path = tmp_path / "secret"
    assert run_reprise("genkey", path).returncode == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    first = path.read_text()
    assert run_reprise("genkey", path).returncode == 1 and path.read_text() == first
    assert run_reprise("genkey", "--add", path).returncode == 0
    assert path.read_text().startswith(first) and path.read_text().count("\n") == 2
    assert run_reprise("genkey").returncode == 2


@pytest.mark.parametrize("slip", ["secrt=x", "Secret=x", "secrets=x", "seceret=x", "sealed=1",
                                  "SECRET=x", "secret:x", "secret x"])
def test_a_slip_does_not_run_in_the_clear(refused, slip):
    node = refused("[uwsgi]\nhttp = 127.0.0.1:0\nhttp-to = 127.0.0.1:1\n"
                   f"cache2 = name=ssl,items=100,{slip}\n")
    assert "in the clear" in node.log and "node.ini:4:1" in node.log


def test_an_option_with_a_slip_neither(refused):
    node = refused("[uwsgi]\nhttp = 127.0.0.1:0\nhttp-to = 127.0.0.1:1\ncache = 100\n"
                   "cache-udp-secrte = x\n")
    assert "cache-udp-secret = FILE expected" in node.log


def test_a_secret_of_no_cache_is_refused(refused, secret):
    node = refused("[uwsgi]\nhttp = 127.0.0.1:0\nhttp-to = 127.0.0.1:1\n"
                   f"cache2 = name=ssl,items=100\ncache-udp-secret = {secret}\n")
    assert "there is none" in node.log and "node.ini:5:1" in node.log


def test_a_secret_that_others_can_read_is_refused(refused, secret):
    os.chmod(secret, 0o640)
    node = refused("[uwsgi]\nhttp = 127.0.0.1:0\nhttp-to = 127.0.0.1:1\n"
                   f"cache = 100\ncache-udp-secret = {secret}\n")
    assert "group or others may access it" in node.log and "node.ini:5:1" in node.log


def test_a_dead_keeper_is_followed_by_one_that_goes_on(cluster):
    nodes = cluster(2)
    keeper = nodes[0].keeper_pid()
    os.kill(keeper, 9)
    wait_until(lambda: set(processes.children_of(nodes[0].pid)) - nodes[0].all_worker_pids() -
               {keeper}, 10, "another keeper")
    wait_for_members(nodes[0], 1)
    client = TlsClient()
    session = client.session(nodes[0].address("https"))
    wait_until(lambda: held(nodes[1]) > 0, 10, "the session")
    assert client.get(nodes[1].address("https"), session=session).resumed


def test_a_drawn_number_is_kept_in_the_store(reprise, backend, secret, tmp_path):
    text = NODE.replace("blocksize=4096", "blocksize=4096,store={store}")
    values = {"to": backend().address, "secret": secret, "nodes": "127.0.0.1:9",
              "server": f"127.0.0.1:{free_port()}", "store": tmp_path / "ssl.store"}

    def start(**more):
        return reprise(text, https=f"127.0.0.1:{free_port()}", **values, **more)

    node = start()
    number = sealed(node)["node"]
    client = TlsClient()
    session = client.session(node.address("https"))
    node.stop()
    node = start()
    assert sealed(node)["node"] == number
    assert client.get(node.address("https"), session=session).resumed
    node.stop()
    configured = number % 65535 + 1
    text += f"cache-node-id = {configured}\n"
    node = start()
    assert sealed(node)["node"] == configured
