"""Nodes that share nothing but a store: sessions resume through Redis, its clusters and memcached."""

import re
import threading
from contextlib import contextmanager

import pytest

from harness import cache_tcp
from harness.clients import VERSIONS, TlsClient
from harness.stores import Memcached, Redis, RedisCluster, SlowNetwork
from harness.waiting import wait_until

NODE = """\
[uwsgi]
cache2 = name=ssl,items=2000,blocksize=4096
ssl-sessions-store = {store}
ssl-sessions-store-secret = {secret}
ssl-sessions-store-timeout = {budget}
ssl-sessions-use-cache = ssl
ssl-sessions-timeout = 300
https-session-context = foobar
https = {https},{crt},{key}
http-processes = 2
http-to = {to}
stats = {stats}
"""
# Longer than the default, for a machine that does much else.
PATIENT = 500

by_version = pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)


@pytest.fixture(scope="module")
def store_directory(session_directory):
    directory = session_directory / "stores"
    directory.mkdir(exist_ok=True)
    return directory


@pytest.fixture(scope="module")
def redis(store_directory):
    server = Redis(store_directory / "redis")
    yield server
    server.close()


@pytest.fixture(scope="module")
def cluster(store_directory):
    servers = RedisCluster(store_directory / "cluster")
    yield servers
    servers.close()


@pytest.fixture(scope="module")
def memcacheds(store_directory):
    servers = [Memcached(store_directory / f"memcached{number}") for number in range(3)]
    yield servers
    for server in servers:
        server.close()


@pytest.fixture(scope="module")
def secret(store_directory):
    return write_secret(store_directory / "secret", "0123456789abcdef" * 4)


@pytest.fixture
def node(reprise, backend, secret):
    """Starts nodes that have a store in common."""

    def start(store, text=NODE, wait=True, budget=PATIENT, **values):
        made = reprise(text, store=store, budget=budget,
                       **{"secret": secret, "to": backend().address, **values})
        if wait:
            wait_until(lambda: all(server["connected"] == 2 for server in servers(made)), 20,
                       "both workers to be connected")
        return made

    return start


def write_secret(path, *digits):
    path.write_text("".join(f"reprise-secret-1:{each}\n" for each in digits))
    path.chmod(0o600)
    return path


def of(node):
    return node.stats()["session_store"]


def servers(node):
    return of(node)["servers"]


def total(node, name):
    return sum(server[name] for server in servers(node))


def errors(node, name):
    return sum(server["errors"][name] for server in servers(node))


def make(node, version, count, stored):
    """Clients with a session each, once the store has them all."""
    before = stored()
    made = []
    for _ in range(count):
        client = TlsClient(version)
        made.append((client, client.session(node.address("https"))))
    wait_until(lambda: stored() >= before + count, 10, "the sessions to be stored")
    return made


def come_back(made, node):
    return sum(client.get(node.address("https"), session=session).resumed
               for client, session in made)


@pytest.mark.deadline(90)
@by_version
@pytest.mark.parametrize("engine", ["redis", "cluster", "memcached"])
def test_sessions_resume_where_they_were_not_made(engine, version, node, request):
    if engine == "redis":
        redis = request.getfixturevalue("redis")
        store, stored = f"redis://{redis.address}?db=3", redis.stored
    elif engine == "cluster":
        cluster = request.getfixturevalue("cluster")
        store, stored = cluster.url, cluster.count
    else:
        memcacheds = request.getfixturevalue("memcacheds")
        store = "memcached://" + ",".join(server.address for server in memcacheds)
        stored = lambda: sum(server.stored() for server in memcacheds)  # noqa: E731
    first, second = node(store), node(store)
    made = make(first, version, 100, stored)
    assert come_back(made, second) == 100, of(second)
    assert of(second)["found"] == 100
    assert total(second, "hits") == 100
    assert second.tls()["found"]["pulled"] == 100
    # Their caches are gone, the store is not.
    first.stop()
    second.stop()
    third = node(store)
    assert come_back(made[:20], third) == 20, of(third)


def test_other_clients_of_memcached_agree_where_a_session_is(node, store_directory):
    pylibmc = pytest.importorskip("pylibmc")
    # Of its own: emptied servers still have what they are to forget, for a while.
    own = [Memcached(store_directory / f"asked{number}") for number in range(3)]
    try:
        addresses = [server.address for server in own]
        first = node("memcached://" + ",".join(addresses))
        make(first, VERSIONS[0], 10, lambda: sum(server.stored() for server in own))
        client = pylibmc.Client(addresses, behaviors={"ketama_weighted": True})
        names = wait_until(lambda: named(own, 10), 10, "the names of all sessions")
        lost = [name for name in names if client.get(name) is None]
        assert not lost, (lost, names)
    finally:
        for server in own:
            server.close()


def named(memcacheds, count):
    """All names there, once there are so many."""
    names = [name for server in memcacheds for name in server.names()]
    return names if len(names) >= count else None


@pytest.mark.deadline(60)
def test_a_master_that_dies_costs_no_handshake(node, store_directory):
    own = RedisCluster(store_directory / "failing")
    try:
        first, second = node(own.url), node(own.url)
        made = make(first, None, 30, own.count)
        failed, missed, ended = [], [], threading.Event()

        def load():
            while not ended.is_set():
                client = TlsClient()
                try:
                    session = client.session(first.address("https"))
                    if not client.get(second.address("https"), session=session).resumed:
                        missed.append(session)
                except OSError as error:
                    failed.append(error)

        thread = threading.Thread(target=load)
        thread.start()
        try:
            victim = own.masters()[0].process
            victim.kill()
            victim.wait()
            wait_until(lambda: len(own.masters()) == 3 and all(
                b"cluster_state:ok" in server.command("CLUSTER", "INFO")
                for server in own.running()), 30, "a replica to take over", interval=0.2)
            # What was written before is there still, under the new master.
            third = None

            def all_back():
                nonlocal third
                third = third or node(own.url, wait=False)
                return come_back(made, third) == 30

            wait_until(all_back, 15, "all sessions to resume")
            # And the node that lived through it has found the new master, too.
            fresh = make(first, None, 30, own.count)
            wait_until(lambda: come_back(fresh, second) == 30, 15, "new sessions to resume")
        finally:
            ended.set()
            thread.join()
        assert not failed
        # Who did not resume is counted, and why the store had nothing.
        assert sum(second.tls()["missed"].values()) >= len(missed)
        assert total(second, "misses") + total(second, "failed") + total(second, "timed_out") + \
            of(second)["unavailable"] + of(second)["refused"] >= len(missed)
    finally:
        own.close()


@contextmanager
def paused(server):
    server.pause()
    try:
        yield
    finally:
        server.go_on()


@pytest.mark.parametrize("engine", ["redis", "memcached"])
def test_a_store_that_hangs_costs_a_few_full_handshakes(node, engine, request):
    server = request.getfixturevalue(engine if engine == "redis" else "memcacheds")
    server = server if engine == "redis" else server[0]
    store = f"{engine}://{server.address}"
    first, second = node(store), node(store, budget=100)
    made = make(first, None, 12, server.stored)
    with paused(server):
        assert come_back(made, second) == 0
        # Three in a row of each worker waited, at most.
        assert 3 <= total(second, "timed_out") <= 6, of(second)
        assert total(second, "breaker_opened") >= 1
        assert of(second)["unavailable"] >= 6
        wait_until(lambda: errors(second, "stalled") >= 1, 10, "the connection to be given up")
        # No client waits for a store that is known to hang.
        before, waited = of(second)["unavailable"], total(second, "timed_out")
        assert come_back(made, second) == 0
        assert of(second)["unavailable"] - before + total(second, "timed_out") - waited == 12
        assert total(second, "timed_out") <= 6
    wait_until(lambda: come_back(made, second) == 12, 20, "the store to be asked again")


@pytest.mark.parametrize("delay", [5, 50, 500])
def test_a_slow_store(node, redis, delay):
    first = node(f"redis://{redis.address}")
    made = make(first, None, 8, redis.stored)
    network = SlowNetwork(redis.address, delay)
    try:
        second = node(f"redis://{network.address}", budget=PATIENT if delay == 5 else 20)
        resumed = come_back(made, second)
        if delay == 5:
            assert resumed == 8
            assert servers(second)[0]["look_up_time_us"]["p50"] >= 4000
        else:
            assert resumed == 0
            assert 3 <= total(second, "timed_out") <= 6
            wait_until(lambda: total(second, "breaker_opened") >= 1, 5, "the breaker")
            # It is probed, and found as slow as it was.
            assert come_back(made, second) == 0
            network.seconds = 0
            wait_until(lambda: come_back(made, second) == 8, 20, "the store to be near again")
    finally:
        network.close()


@pytest.mark.parametrize("rubbish", [b"HTTP/1.1 200 OK\r\n\r\n", b"\x00" * 70000, b"*99999999\r\n",
                                     b"$-5\r\n", b"+PONG\r\n+PONG\r\n"],
                         ids=["http", "zeros", "list", "length", "twice"])
def test_rubbish_costs_full_handshakes(node, redis, tcp_node, rubbish):
    first = node(f"redis://{redis.address}")
    made = make(first, None, 2, redis.stored)

    def say(connection):
        while connection.recv(65536):
            connection.sendall(rubbish)

    second = node(f"redis://{tcp_node(say).address}", wait=False)
    assert come_back(made, second) == 0
    wait_until(lambda: errors(second, "malformed") >= 1, 5, "the rubbish to be counted")


def test_who_may_log_in(node, store_directory):
    server = Redis(store_directory / "acl")
    try:
        server.command("ACL", "SETUSER", "edge", "on", ">sesame", "~s:*", "+get", "+set", "+del",
                       "+ping")
        server.command("CONFIG", "SET", "requirepass", "another")
        server.log_in_with("another")
        right, wrong = store_directory / "right", store_directory / "wrong"
        for path, password in ((right, "sesame\n"), (wrong, "open\n")):
            path.write_text(password)
            path.chmod(0o600)
        text = NODE + "ssl-sessions-store-prefix = s:\n"
        url = f"redis://{server.address}?user=edge&password-file="
        first, second = node(url + str(right), text), node(url + str(right), text)
        made = make(first, None, 5, server.stored)
        assert all(name.startswith(b"s:") for name in server.names())
        assert come_back(made, second) == 5
        third = node(url + str(wrong), text, wait=False)
        wait_until(lambda: errors(third, "denied") >= 1, 5, "the password to be refused")
        assert come_back(made, third) == 0
        # Another's keys are none of its business.
        fourth = node(url + str(right), wait=False)
        assert come_back(made, fourth) == 0
        wait_until(lambda: errors(fourth, "denied") >= 1, 5, "the key to be refused")
    finally:
        server.close()


def test_tls(node, certs, store_directory):
    pair = certs.server("store", "/CN=store.test")
    old = certs.expired("store-expired", "/CN=store.test", pair.key)

    def serve(name, crt):
        return Redis(store_directory / name, tls=[
            "--tls-cert-file", crt, "--tls-key-file", pair.key, "--tls-ca-cert-file", pair.crt])

    good, expired = serve("tls", pair.crt), serve("tls-expired", old)
    ours = f"&cert={pair.crt}&key={pair.key}"
    try:
        url = f"rediss://{good.address}?ca={pair.crt}{ours}"
        first, second = node(url), node(url + "&name=store.test")
        client = TlsClient()
        session = client.session(first.address("https"))
        wait_until(lambda: total(first, "writes") == 1 and total(first, "queued") == 0, 5, "it")
        wait_until(lambda: client.get(second.address("https"), session=session).resumed, 5,
                   "the session")
        for bad in (f"rediss://{good.address}?ca={certs.rsa.crt}{ours}", url + "&name=other.test",
                    f"rediss://{expired.address}?ca={old}{ours}"):
            third = node(bad, wait=False)
            wait_until(lambda: errors(third, "tls") >= 1, 5, "the certificate to be refused")
            assert total(third, "connections") == 0
            assert not client.get(third.address("https"), session=session).resumed
    finally:
        good.close()
        expired.close()


def test_what_others_write_is_refused(node, redis):
    store = f"redis://{redis.address}"
    first, second = node(store), node(store)
    redis.clear()
    made = []
    for _ in range(3):
        known = set(redis.names())
        client = TlsClient()
        session = client.session(first.address("https"))
        name, = wait_until(lambda: set(redis.names()) - known, 5, "the session")
        made.append((client, session, name, redis.command("GET", name)))
    (*tampered, name, value), (*swapped, other, _), (*left, _, _) = made
    redis.command("SET", name, value[:-1] + bytes([value[-1] ^ 1]))
    redis.command("SET", other, value)
    assert come_back([tampered, swapped, left], second) == 1
    assert of(second)["values"]["forged"] == 2, of(second)
    # Nor is a value in the clear a sealed one. (The id counts as absent for a moment.)
    redis.command("SET", name, b"\xc5\x53\x00" + value[3:])
    wait_until(lambda: of(second)["values"]["foreign"] or come_back([tampered], second), 10,
               "the look-up")
    assert of(second)["values"] == {"good": 1, "malformed": 0, "foreign": 1, "forged": 2,
                                    "over": 0, "implausible": 0}


def test_an_old_value_gives_no_more_time(node, redis):
    text = NODE.replace("ssl-sessions-timeout = 300", "ssl-sessions-timeout = 2")
    store = f"redis://{redis.address}"
    first, second = node(store, text), node(store, text)
    redis.clear()
    client = TlsClient()
    session = client.session(first.address("https"))
    name, = wait_until(redis.names, 5, "the session")
    assert 1 <= redis.command("TTL", name) <= 2
    value = redis.command("GET", name)
    wait_until(lambda: redis.command("GET", name) is None, 5, "its end")
    redis.command("SET", name, value, "EX", "1000")
    assert not client.get(second.address("https"), session=session).resumed
    wait_until(lambda: of(second)["values"]["over"] >= 1 or
               client.get(second.address("https"), session=session).resumed, 5, "the refusal")
    assert of(second)["values"]["good"] == 0


def test_secrets_rotate(node, redis, store_directory, secret):
    new = "fedcba9876543210" * 4
    old = "0123456789abcdef" * 4
    store = f"redis://{redis.address}"
    both = write_secret(store_directory / "both", new, old)
    last = write_secret(store_directory / "last", new)
    first, second, third = node(store), node(store, secret=both), node(store, secret=last)
    made = make(first, None, 5, redis.stored)
    assert come_back(made, second) == 5
    assert come_back(made, third) == 0
    made = make(second, None, 5, redis.stored)
    assert come_back(made, third) == 5


def test_made_up_ids_are_not_looked_for(node, redis, backend, reprise):
    store = f"redis://{redis.address}"
    second = node(store)
    other = reprise(re.sub("ssl-sessions-store.*\n", "", NODE), to=backend().address)
    for _ in range(10):
        client = TlsClient(VERSIONS[0], tickets=False)
        session = client.session(other.address("https"))
        assert not client.get(second.address("https"), session=session).resumed
    assert total(second, "look_ups") == 0


def test_in_the_clear_if_that_is_wanted(node, redis):
    text = re.sub("ssl-sessions-store-secret.*", "ssl-sessions-store-plain = true", NODE)
    store = f"redis://{redis.address}"
    first, second = node(store, text), node(store, text)
    made = make(first, None, 5, redis.stored)
    assert come_back(made, second) == 5


def test_unix_sockets(node, store_directory):
    path = store_directory / "redis.sock"
    server = Redis(store_directory / "unix", "--unixsocket", path)
    try:
        store = f"redis+unix://{path}"
        first, second = node(store), node(store)
        made = make(first, None, 5, server.stored)
        assert come_back(made, second) == 5
    finally:
        server.close()


def test_what_is_erased_here_is_deleted_there(node, redis):
    text = NODE + "cache-tcp-server = {tcp}\n"
    store = f"redis://{redis.address}"
    first, second = node(store, text), node(store, text)
    redis.clear()
    erased, another, kept = make(first, VERSIONS[0], 3, redis.stored)

    def erase(node, session_id):
        request = cache_tcp.described(cmd="del", key=session_id, cache="ssl")
        cache_tcp.ask(node.address("tcp"), request)

    erase(first, erased[1].id)
    wait_until(lambda: redis.count() == 2, 10, "the session to be deleted")
    assert come_back([erased], second) == 0
    assert come_back([kept], second) == 1
    # Also if the node that is asked does not have it. What is no id of ours is nobody's business.
    wait_until(lambda: redis.count() == 3, 10, "what was made in the erased one's place")
    erase(second, b"x" * 32)
    erase(second, another[1].id)
    wait_until(lambda: redis.count() == 2, 10, "another to be deleted")
    assert (total(first, "deletes"), total(second, "deletes")) == (1, 1)


@pytest.mark.parametrize("engine", ["redis", "memcached"])
def test_what_is_no_session_costs_its_own_look_up_alone(node, store_directory, engine, request):
    server = request.getfixturevalue(engine if engine == "redis" else "memcacheds")
    server = server if engine == "redis" else server[0]
    store = f"{engine}://{server.address}"
    first, second = node(store), node(store)
    before = set(server.names())
    made = make(first, VERSIONS[0], 1, server.stored)
    names = wait_until(lambda: set(server.names()) - before, 10, "its name")
    for name in names:
        if engine == "redis":
            server.command("DEL", name)
            server.command("LPUSH", name, "x" * 100)
        else:
            server.command(f"set {name} 0 100 40000\r\n".encode() + b"x" * 40000, b"STORED\r\n")
    assert come_back(made, second) == 0
    assert errors(second, "unfit") == 1, of(second)
    others = make(first, VERSIONS[0], 5, server.stored)
    assert come_back(others, second) == 5
    assert total(second, "connections") == 2, "one of each worker"
    assert total(second, "breaker_opened") == 0


def test_a_full_store_drops_what_is_new(node, store_directory):
    server = Redis(store_directory / "full", "--maxmemory", "1",
                   "--maxmemory-policy", "noeviction")
    try:
        first = node(f"redis://{server.address}")
        TlsClient().session(first.address("https"))
        wait_until(lambda: errors(first, "full") >= 1, 5, "the refusal")
    finally:
        server.close()


def test_the_check_tries_the_store(node, redis, run_reprise, backend, secret, tmp_path):
    running = node(f"redis://{redis.address}")
    running.stop()
    said = run_reprise("--check", "--ini", running.ini_file, cwd=running.directory)
    assert said.returncode == 0, said.stdout
    assert "session store" not in said.stdout
    running.write_ini(running.ini.replace(redis.address, "127.0.0.1:1"))
    said = run_reprise("--check", "--ini", running.ini_file, cwd=running.directory)
    assert "session store 127.0.0.1:1: " in said.stdout + said.stderr


def test_the_check_outlives_a_store_that_leaves(tcp_node, node, redis, run_reprise,
                                                store_directory):
    path = store_directory / "leaves.sock"
    tcp_node(lambda connection: None, address=str(path))
    running = node(f"redis://{redis.address}")
    running.stop()
    running.write_ini(running.ini.replace(f"redis://{redis.address}", f"redis+unix://{path}?tls=1"))
    for _ in range(20):
        said = run_reprise("--check", "--ini", running.ini_file, cwd=running.directory)
        assert said.returncode >= 0, said
        assert "session store" in said.stdout + said.stderr


@pytest.mark.parametrize("line, words", [
    ("ssl-sessions-store = redis://127.0.0.1:0", "a port from 1 to 65535 expected"),
    ("ssl-sessions-store = http://127.0.0.1", "redis://, rediss://, redis+unix://"),
    ("ssl-sessions-store = redis://127.0.0.1?colour=1", "cluster, db, user, password-file"),
    ("ssl-sessions-store = memcached://127.0.0.1?db=1", "tls, ca, cert, key or name"),
    ("ssl-sessions-store = redis://127.0.0.1?cluster=1&db=1", "leave db out"),
    ("ssl-sessions-store = redis://127.0.0.1?user=u", "password-file=FILE expected"),
    ("ssl-sessions-store = redis://127.0.0.1?ca=/x", "tls=1 expected"),
    ("ssl-sessions-store = redis://127.0.0.1\nssl-sessions-store-timeout = 0", "1 to 1000"),
    ("ssl-sessions-store = redis://127.0.0.1\nssl-sessions-store-prefix = a b", "at most 64"),
    ("ssl-sessions-store = redis://127.0.0.1", "ssl-sessions-store-secret = FILE expected"),
    ("ssl-sessions-store-secret = /x", "ssl-sessions-store = URL expected"),
])
def test_mistakes_stop_the_start(refused, line, words):
    plain = re.sub("ssl-sessions-store.*\n", "", NODE).replace("http-to = {to}", "")
    assert words in refused(plain + line + "\n").log


def test_neither_names_nor_values_tell_an_id(node, redis):
    first = node(f"redis://{redis.address}")
    redis.clear()
    client = TlsClient(VERSIONS[0], tickets=False)
    session = client.session(first.address("https"))
    name, = wait_until(redis.names, 5, "the session")
    value = redis.command("GET", name)
    assert session.id not in value and session.id not in name
    assert value[:3] == b"\xc5\x53\x01"
