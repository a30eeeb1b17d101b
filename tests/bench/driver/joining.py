"""What it takes a node to get the sessions of another one when it begins, and what that costs others."""

import json
import os
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from .addresses import HOST, free_port
from .delay import quantile
from .nodes import SESSION_SIZE, free_udp_address, set_packet
from .processes import Tree
from .servers import Peer
from .tables import number, table

ITEMS = 1_000_000
BURST = 200
LIFETIME = 3600
PATIENCE = 300


def node_with(build, name, items, server, stats, **options):
    """Of a cache of so many sessions, which may be sealed and kept in a file."""
    parts = [f"name=sessions,items={items + items // 8},blocksize=4096,keysize=64,udp={server}"]
    parts += [f"{key}={value}" for key, value in options.items()]

    def command(program, place):
        return [program, "--ini", place.write("reprise.ini", f"""\
[uwsgi]
master = true
cache2 = {",".join(parts)}
ssl-sessions-use-cache = sessions
ssl-sessions-timeout = {LIFETIME}
https-session-context = bench
https = {HOST}:{place.port},{place.crt},{place.key}
http-processes = {place.workers}
http-to = {HOST}:{place.uwsgi_backend}
stats = {stats}
""")]

    return Peer(name, str(build / "reprise"), command, signal.SIGINT)


def measure(run):
    """Markdown. A node takes a million sessions in plain packets into a cache in a file, begins again
    as a sealed one, and another joins it. Handshakes of a client are measured on both before, and
    while the second one fills itself."""
    count = max(1000, round(ITEMS * run.bench.scale))
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        subprocess.run([run.build / "reprise", "genkey", directory / "secret"], check=True)
        _make_store(run, count, directory)
        sealed = {"secret": directory / "secret"}
        ends = [free_udp_address() for _ in range(2)]
        stats = [f"{HOST}:{free_port()}" for _ in range(2)]
        first = node_with(run.build, "first", count, ends[0], stats[0], nodes=ends[1],
                          store=directory / "store", **sealed)
        with run.start(first) as old:
            _wait(lambda: _held(stats[0]) >= count, "the store to be read")
            count = _held(stats[0])
            quiet = _handshakes(old.port, 3)
            second = node_with(run.build, "second", count, ends[1], stats[1], nodes=ends[0],
                               **sealed)
            with run.start(second) as young:
                begun = time.monotonic()
                lines, meanwhile = [], {}
                loads = [threading.Thread(target=_load, args=(port, meanwhile, which))
                         for which, port in (("old", old.port), ("young", young.port))]
                for load in loads:
                    load.start()
                _wait(lambda: _held(stats[1]) >= count, "the second node to have all")
                took = time.monotonic() - begun
                meanwhile["over"] = True
                for load in loads:
                    load.join()
                memory = {which: _keeper_mib(server.tree) for which, server in
                          (("old", old), ("young", young))}
    lines = [["sessions", f"{count:,}"], ["until the second has all, s", number(took, 1)],
             ["sessions a second", f"{count / took:,.0f}"],
             ["memory of the keepers besides the cache, MiB",
              f"{memory['old']:.0f} and {memory['young']:.0f}"],
             ["full handshakes in quiet, p50 and p99 ms", _delays(quiet)],
             ["meanwhile on the first", _delays(meanwhile["old"])],
             ["meanwhile on the second", _delays(meanwhile["young"])]]
    return table(["joining", ""], lines)


def _make_store(run, count, directory):
    server, stats = free_udp_address(), f"{HOST}:{free_port()}"
    plain = node_with(run.build, "plain", count, server, stats, store=directory / "store")
    host, port = server.rsplit(":", 1)
    with run.start(plain), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.connect((host, int(port)))
        end = int(time.time()) + LIFETIME - 60
        sent = 0
        names = _names(run, count, directory)
        while (held := _held(stats)) < count:
            for number_ in range(min(count - held, 20 * BURST)):
                # Of different ages, as they come.
                # Those that were lost are told again.
                place = sent % count * 32
                sender.send(set_packet(names[place:place + 32], os.urandom(SESSION_SIZE),
                                       end - 1000 + sent % count * 1000 // count))
                sent += 1
                if number_ % BURST == 0:
                    time.sleep(0.002)
            if sent > 3 * count:
                raise RuntimeError("the node does not take its sessions")


def _names(run, count, directory):
    """Only such ids are of sessions in a sealed cluster."""
    made = subprocess.run([run.build / "bench_session_names", directory / "secret", "sessions",
                           str(count)], check=True, stdout=subprocess.PIPE).stdout
    assert len(made) == 32 * count
    return made


def _held(address):
    return next(cache["items"] for cache in _stats(address)["caches"])


def _stats(address):
    host, port = address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), 30) as connection:
        return json.loads(b"".join(iter(lambda: connection.recv(65536), b"")))


def _wait(condition, what):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError(f"waited in vain for {what}")
        time.sleep(0.1)


def _handshake(port):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    begun = time.perf_counter()
    with socket.create_connection((HOST, port), 10) as connection, \
            context.wrap_socket(connection, server_hostname="localhost"):
        return (time.perf_counter() - begun) * 1000


def _handshakes(port, seconds):
    end, times = time.monotonic() + seconds, []
    while time.monotonic() < end:
        times.append(_handshake(port))
        time.sleep(0.005)
    return times


def _load(port, into, which):
    times = into[which] = []
    while "over" not in into:
        times.append(_handshake(port))
        time.sleep(0.005)


def _delays(times):
    ordered = sorted(times)
    return f"{quantile(ordered, 0.5):.2f}, {quantile(ordered, 0.99):.2f} ({len(ordered)})"


def _keeper_mib(tree: Tree):
    """Its own memory, without what it shares: the most of any of the processes."""
    return max(_private_kib(pid) for pid in tree.pids()) / 1024


def _private_kib(pid):
    """Of anonymous memory: caches are files, or shared."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss_Anon:"))
