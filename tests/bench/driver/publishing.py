"""What it costs a node to tell its sessions to others."""

from contextlib import ExitStack
from statistics import median

from .figures import rotated
from .nodes import Sinks, reprise_with
from .rows import full
from .tables import number, table

COUNTS = (0, 2, 8)  # other nodes
TARGET_US, TARGET_CALLS = 8.0, 1.0  # per node
ROWS = [full("publish-1.2", "full, TLS 1.2, P-256", "p256", tls="1.2"),
        full("publish-1.3", "full, TLS 1.3, P-256", "p256", tls="1.3")]


def measure(run):
    """Markdown. All servers are up; each round asks one after the other for the same handshakes."""
    with ExitStack() as stack:
        sinks = {count: stack.enter_context(Sinks(count)) for count in COUNTS}
        servers = {count: stack.enter_context(run.start(
            reprise_with(run.build, f"reprise-{count}", sinks[count].addresses)))
            for count in COUNTS}
        return table(["publishing, µs per full handshake", *(f"{n} nodes" for n in COUNTS),
                      "per node", "calls", "calls per node", "target"],
                     [_line(run, row, servers, sinks) for row in ROWS])


def per_node(costs, counts=COUNTS):
    """The median over rounds of what each node more has cost; `costs` are lists by rounds."""
    most, none = max(counts), min(counts)
    return median((with_all - alone) / (most - none)
                  for with_all, alone in zip(costs[most], costs[none]))


def _line(run, row, servers, sinks):
    costs = {count: [] for count in COUNTS}
    for turn in range(run.rounds):
        for count in rotated(list(COUNTS), turn):
            sample = run.bench.sample(row, servers[count])
            if sample.error:
                raise RuntimeError(f"{row.key}, {count} nodes: {sample.error}")
            costs[count].append(sample.cost)
            _check(row, run, sinks[count].heard())
    calls, calls_per_node = _calls(run, row, servers)
    cost = per_node(costs)
    return [row.title, *(number(median(costs[count]), 1) for count in COUNTS), number(cost, 2),
            number(calls, 1), number(calls_per_node, 2),
            f"≤ {TARGET_US:g} µs, ≤ {TARGET_CALLS:g} call: " + _verdict(cost, calls_per_node)]


def _check(row, run, heard):
    """Whoever was not told cost nothing: each session went to each of them."""
    wanted = row.sized(run.bench.scale)["operations"]
    if any(count < wanted for count in heard):
        raise RuntimeError(f"{row.key}: of {wanted} sessions the nodes heard {heard}")


def _calls(run, row, servers):
    if not run.count_calls:
        return None, None
    counted = {count: run.bench.count_calls(row, servers[count]) for count in COUNTS}
    for calls in counted.values():
        if calls.error:
            raise RuntimeError(f"{row.key} under strace: {calls.error}")
    # Each packet is sent by itself, or several by one call.
    sends = {count: calls.named("sendm") + calls.named("sendto")
             for count, calls in counted.items()}
    return (counted[max(COUNTS)].per_operation,
            (sends[max(COUNTS)] - sends[0]) / max(COUNTS))


def _verdict(cost, calls):
    met = cost <= TARGET_US and (calls is None or calls <= TARGET_CALLS + 0.05)
    return "met" if met else "NOT met"
