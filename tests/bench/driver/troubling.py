"""What handshakes suffer while the store is in trouble."""

import ssl
from contextlib import ExitStack, contextmanager

from harness import stores

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
def rubbish(redis, _):
    """Every value is of another type."""
    for name in redis.names():
        redis.command("DEL", name)
        redis.command("LPUSH", name, "x")
    yield


@contextmanager
def gone(redis, _):
    redis.close()
    yield


TROUBLES = {"calm, nothing there": None, "SIGSTOP": stopped, "5 ms slow": slow(5),
            "50 ms slow": slow(50), "500 ms slow": slow(500), "other types": rubbish,
            "gone": gone}


def measure(run):
    """Markdown. Each session is of another node, and offered once; the client is alone, so that its
    handshakes are the node's."""
    count = max(20, round(200 * run.bench.scale))
    lines = []
    for number_of, (name, trouble) in enumerate(TROUBLES.items()):
        lines.append(_line(run, name, trouble, count, run.place(f"trouble{number_of}")))
    return table(["store", "first: p50 ms", "worst ms", "then: p50 ms", "p99 ms", "resumed",
                  "timed out", f"first within budget ({BUDGET} ms) + {MARGIN:g} ms"], lines)


def _line(run, name, trouble, count, place):
    context = context_of(ssl.TLSVersion.TLSv1_3)
    with ExitStack() as stack:
        redis = stores.Redis(place / "redis")
        stack.callback(redis.close)
        network = stores.SlowNetwork(redis.address, 0)
        stack.callback(network.close)
        peers = [reprise_storing(run.build, "first", f"redis://{redis.address}", run.secret),
                 reprise_storing(run.build, "second", f"redis://{network.address}", run.secret,
                                 BUDGET)]
        first, second = [stack.enter_context(run.start(peer)) for peer in peers]
        for peer in peers:
            wait_until_connected(peer, run.workers)
        sessions = [session_of(context, first.port) for _ in range(count)]
        full = sorted(shake_hands(context, second.port)[0] for _ in range(count))
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
