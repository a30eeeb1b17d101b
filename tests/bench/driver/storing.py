"""Nodes that share nothing but a store: what a look-up adds to a handshake, and what writes cost."""

import json
import signal
import socket
import ssl
import time
from contextlib import ExitStack, contextmanager
from statistics import median

from harness import stores

from .addresses import HOST, free_port
from .client import Client
from .delay import connect, quantile, take_ticket
from .figures import per_operation, rotated
from .rows import full
from .servers import Peer
from .tables import number, table

KINDS = ("redis", "cluster", "memcached")
TARGET_US = 10.0  # of CPU, for a session that is stored
SETTLING = 0.005  # seconds until a session is in the store
ROWS = [full("stored-1.2", "full, TLS 1.2, P-256", "p256", tls="1.2"),
        full("stored-1.3", "full, TLS 1.3, P-256", "p256", tls="1.3")]


def reprise_storing(build, name, store=None, secret=None, budget=1000):
    """Setup 1 with a store, if one is given. Its stats are at `peer.stats`."""
    stats = free_port()
    stored = f"""\
ssl-sessions-store = {store}
ssl-sessions-store-secret = {secret}
ssl-sessions-store-timeout = {budget}
""" if store else ""

    def command(program, place):
        return [program, "--ini", place.write("reprise.ini", f"""\
[uwsgi]
master = true
cache2 = name=ssl,items=20000,blocksize=4096
ssl-sessions-use-cache = ssl
ssl-sessions-timeout = 300
https-session-context = bench
https = {HOST}:{place.port},{place.crt},{place.key}
http-processes = {place.workers}
http-to = {HOST}:{place.uwsgi_backend}
stats = {HOST}:{stats}
{stored}""")]

    peer = Peer(name, str(build / "reprise"), command, signal.SIGINT)
    peer.stats = stats
    return peer


def nghttpx_storing(memcached=None):
    """It looks for sessions in memcached alone, never in a memory of its own."""
    stored = []
    if memcached:
        host, port = memcached.rsplit(":", 1)
        stored = [f"--tls-session-cache-memcached={host},{port}"]

    def command(program, place):
        return [program, "--conf=/dev/null", f"--frontend={HOST},{place.port}",
                f"--backend={HOST},{place.http_backend}", f"--workers={place.workers}",
                "--no-ocsp", "--accesslog-file=/dev/null", "--errorlog-file=/dev/stderr", *stored,
                place.key, place.crt]

    return Peer("nghttpx", "nghttpx", command, signal.SIGTERM)


def store_stats(peer):
    with socket.create_connection((HOST, peer.stats), 5) as connection:
        return json.loads(b"".join(iter(lambda: connection.recv(65536), b"")))["session_store"]


def wait_until_connected(peer, workers, limit=10.0):
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        try:
            if all(server["connected"] >= workers for server in store_stats(peer)["servers"]):
                return
        except ConnectionRefusedError:
            pass  # the stats are bound last
        time.sleep(0.05)
    raise RuntimeError(f"{peer.name} has no connection to its store")


@contextmanager
def engine(kind, directory):
    """The store's address, as the option has it."""
    with ExitStack() as stack:
        def begun(server):
            stack.callback(server.close)
            return server

        if kind == "redis":
            yield "redis://" + begun(stores.Redis(directory / "redis")).address
        elif kind == "cluster":
            yield begun(stores.RedisCluster(directory / "cluster", replicas=0)).url
        else:
            servers = [begun(stores.Memcached(directory / f"memcached{i}", "-m", "64"))
                       for i in range(3)]
            yield "memcached://" + ",".join(server.address for server in servers)


def context_of(version):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = context.maximum_version = version
    if version == ssl.TLSVersion.TLSv1_2:
        context.options |= ssl.OP_NO_TICKET
    return context


def session_of(context, port):
    with context.wrap_socket(connect(port), server_hostname="localhost") as maker:
        if context.maximum_version == ssl.TLSVersion.TLSv1_3:
            take_ticket(maker)
        return maker.session


def shake_hands(context, port, session=None):
    """(milliseconds from the connection's beginning on, whether it resumed)"""
    begun = time.perf_counter()
    with context.wrap_socket(connect(port), server_hostname="localhost", session=session) as tls:
        return (time.perf_counter() - begun) * 1000, tls.session_reused


def look_ups(run):
    """Markdown. A session is offered to the node that made it and, for the first time, to another, in
    turn: what the other takes longer is the look-up, with all that belongs to it."""
    count = max(10, round(1000 * run.bench.scale))
    lines = []
    for kind in KINDS:
        with engine(kind, run.place(kind)) as store, ExitStack() as stack:
            peers = [reprise_storing(run.build, name, store, run.secret)
                     for name in ("first", "second")]
            nodes = [stack.enter_context(run.start(peer)) for peer in peers]
            for peer in peers:
                wait_until_connected(peer, run.workers)
            for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
                lines.append(_look_up_line(f"{kind}, {version.name}", context_of(version),
                                           [node.port for node in nodes], count))
    return table(["look-up on loopback", "resumed there", "local: p50 ms", "p99 ms",
                  "store: p50 ms", "p99 ms", "added: p50 ms", "p99 ms"], lines)


def _look_up_line(name, context, ports, count):
    here, there, resumed = [], [], 0
    for _ in range(count):
        session = session_of(context, ports[0])
        time.sleep(SETTLING)
        took, _ = shake_hands(context, ports[0], session)
        here.append(took)
        took, is_resumed = shake_hands(context, ports[1], session)
        if is_resumed:
            there.append(took)
            resumed += 1
    if not there:
        raise RuntimeError(f"{name}: nothing resumed through the store")
    here.sort()
    there.sort()
    figures = [[quantile(times, fraction) for fraction in (0.5, 0.99)] for times in (here, there)]
    return [name, f"{resumed} of {count}", *(number(figure, 2) for pair in figures
                                             for figure in pair),
            *(number(with_store - without, 2) for without, with_store in zip(*figures))]


def measured(run, row, server):
    """(microseconds of CPU a handshake, handshakes a second)"""
    with Client(run.build, server.port, row.sized(run.bench.scale)) as client:
        before, begun = server.tree.cpu_at_rest(), time.monotonic()
        result = client.measured_phase()
        seconds = time.monotonic() - begun
        after = server.tree.cpu_at_rest()
    if result["errors"]:
        raise RuntimeError(f"{row.key}: {result['first_error']}")
    count = result["operations"]
    return per_operation((after - before) / 1000, count), count / seconds


def writes(run):
    """Markdown. All servers are up; each round asks one after the other for the same handshakes."""
    lines = []
    with ExitStack() as stack:
        places = {kind: stack.enter_context(engine(kind, run.place(f"writes-{kind}")))
                  for kind in KINDS}
        servers = {"off": stack.enter_context(run.start(reprise_storing(run.build, "off")))}
        for kind, store in places.items():
            peer = reprise_storing(run.build, kind, store, run.secret)
            servers[kind] = stack.enter_context(run.start(peer))
            wait_until_connected(peer, run.workers)
        for row in ROWS:
            lines += _write_lines(run, row, servers)
    return table(["new sessions, with writes", "CPU off, µs", "on", "added", "handshakes/s off",
                  "on", "target"], lines)


def _write_lines(run, row, servers):
    samples = {name: [] for name in servers}
    for turn in range(run.rounds):
        for name in rotated(list(servers), turn):
            samples[name].append(measured(run, row, servers[name]))
    off = samples.pop("off")
    lines = []
    for name, on in samples.items():
        added = median(with_store[0] - without[0] for without, with_store in zip(off, on))
        lines.append([f"{row.title}, {name}", *(number(median(cpu for cpu, _ in each), 1)
                                                for each in (off, on)), number(added, 2),
                      *(number(median(rate for _, rate in each), 0) for each in (off, on)),
                      f"≤ {TARGET_US:g} µs: " + ("met" if added <= TARGET_US else "NOT met")])
    return lines


def beside_nghttpx(run):
    """Markdown. TLS 1.2 without tickets, one memcached for each; resumed at a node that did not make
    the session."""
    lines = []
    with ExitStack() as stack:
        def memcached(name):
            server = stores.Memcached(run.place(name), "-m", "64")
            stack.callback(server.close)
            return server.address

        ours, theirs = memcached("ours"), memcached("theirs")
        peers = {"reprise": [reprise_storing(run.build, name, f"memcached://{ours}", run.secret)
                             for name in ("first", "second")],
                 "nghttpx": [nghttpx_storing(theirs) for _ in range(2)]}
        alone = {"reprise": run.start(reprise_storing(run.build, "alone")),
                 "nghttpx": run.start(nghttpx_storing())}
        alone = {name: stack.enter_context(server) for name, server in alone.items()}
        nodes = {name: [stack.enter_context(run.start(peer)) for peer in pair]
                 for name, pair in peers.items()}
        for peer in peers["reprise"]:
            wait_until_connected(peer, run.workers)
        context = context_of(ssl.TLSVersion.TLSv1_2)
        count = max(10, round(1000 * run.bench.scale))
        for name in peers:
            lines.append(_beside_line(run, name, context, nodes[name], alone[name], count))
    return table(["TLS 1.2 by session id, memcached", "resumed", "full: CPU without, µs",
                  "with", "handshakes/s without", "with", "resumed elsewhere: p50 ms", "p99 ms"],
                 lines)


def _beside_line(run, name, context, pair, alone, count):
    samples = [(measured(run, ROWS[0], alone), measured(run, ROWS[0], pair[0]))
               for _ in range(run.rounds)]
    times, resumed = [], 0
    for _ in range(count):
        session = session_of(context, pair[0].port)
        time.sleep(SETTLING)
        took, is_resumed = shake_hands(context, pair[1].port, session)
        resumed += is_resumed
        times += [took] if is_resumed else []
    times.sort()
    without, with_store = zip(*samples)
    return [name, f"{resumed} of {count}",
            *(number(median(cpu for cpu, _ in each), 1) for each in (without, with_store)),
            *(number(median(rate for _, rate in each), 0) for each in (without, with_store)),
            *(number(quantile(times, fraction) if times else None, 2)
              for fraction in (0.5, 0.99))]
