"""What handshakes suffer while the store is in trouble."""

import socket
import ssl
import threading
from contextlib import ExitStack, contextmanager

from harness import stores

from .addresses import HOST
from .delay import quantile
from .storing import context_of, reprise_storing, session_of, shake_hands, store_stats, \
    wait_until_connected
from .tables import number, table

BUDGET = 10
FAILURES = 3  # of each worker, until it leaves a server alone
MARGIN = 1.0


@contextmanager
def stopped(redis, _):
    redis.pause()
    try:
        yield
    finally:
        redis.go_on()


def slow(milliseconds):
    @contextmanager
    def trouble(_, network):
        network.seconds = milliseconds / 1000
        yield
        network.seconds = 0
    return trouble


@contextmanager
def other_types(redis, _):
    for name in redis.names():
        redis.command("DEL", name)
        redis.command("LPUSH", name, "x")
    yield


@contextmanager
def full(redis, _):
    """What is there is found; what is new is refused."""
    redis.command("CONFIG", "SET", "maxmemory-policy", "noeviction")
    redis.command("CONFIG", "SET", "maxmemory", "1")
    yield


@contextmanager
def gone(redis, _):
    redis.close()
    yield


class Rubbish:
    """Answers everything with what is no answer."""

    def __init__(self):
        self._listener = socket.create_server((HOST, 0))
        self.address = "%s:%d" % self._listener.getsockname()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
                with connection:
                    while connection.recv(65536):
                        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            except OSError:
                if self._listener.fileno() < 0:
                    return


def answering_rubbish(_, stack):
    server = Rubbish()
    stack.callback(server.close)
    return f"redis://{server.address}"


def with_a_wrong_password(place, stack):
    redis = stores.Redis(place / "locked", "--requirepass", "sesame")
    stack.callback(redis.close)
    password = place / "password"
    password.write_text("open\n")
    password.chmod(0o600)
    return f"redis://{redis.address}?password-file={password}"


TROUBLES = {"calm, nothing there": None, "SIGSTOP": stopped, "5 ms slow": slow(5),
            "50 ms slow": slow(50), "500 ms slow": slow(500), "other types": other_types,
            "full": full, "gone": gone}
# Servers that are never connected to.
UNREACHED = {"rubbish": answering_rubbish, "wrong password": with_a_wrong_password}


def measure(run):
    """Markdown. Each session is of another node, and offered once; the client is alone, so that its
    handshakes are the node's."""
    count = max(20, round(200 * run.bench.scale))
    lines = []
    for number_of, name in enumerate([*TROUBLES, *UNREACHED]):
        lines.append(_line(run, name, count, run.place(f"trouble{number_of}")))
    return table(["store", "first: p50 ms", "worst ms", "then: p50 ms", "p99 ms", "resumed",
                  "timed out", f"first within budget ({BUDGET} ms) + {MARGIN:g} ms"], lines)


def _line(run, name, count, place):
    context = context_of(ssl.TLSVersion.TLSv1_3)
    with ExitStack() as stack:
        redis = stores.Redis(place / "redis")
        stack.callback(redis.close)
        network = stores.SlowNetwork(redis.address, 0)
        stack.callback(network.close)
        far = (UNREACHED[name](place, stack) if name in UNREACHED
               else f"redis://{network.address}")
        peers = [reprise_storing(run.build, "first", f"redis://{redis.address}", run.secret),
                 reprise_storing(run.build, "second", far, run.secret, BUDGET)]
        first, second = [stack.enter_context(run.start(peer)) for peer in peers]
        for peer in peers if name in TROUBLES else peers[:1]:
            wait_until_connected(peer, run.workers)
        sessions = [session_of(context, first.port) for _ in range(count)]
        full = sorted(shake_hands(context, second.port)[0] for _ in range(count))
        trouble = TROUBLES.get(name)
        if trouble is None:
            redis.clear()
        else:
            stack.enter_context(trouble(redis, network))
        made = [shake_hands(context, second.port, session) for session in sessions]
        stats = store_stats(peers[1])
        stack.pop_all().close()
    first_ones = FAILURES * run.workers
    early, late = (sorted(took for took, _ in part)
                   for part in (made[:first_ones], made[first_ones:]))
    over = early[-1] - quantile(full, 0.99)
    verdict = "met" if over <= BUDGET + MARGIN else "NOT met"
    return [name, number(quantile(early, 0.5), 2), number(early[-1], 2),
            *(number(quantile(late, fraction), 2) for fraction in (0.5, 0.99)),
            str(sum(resumed for _, resumed in made)),
            str(sum(server["timed_out"] for server in stats["servers"])), verdict]
