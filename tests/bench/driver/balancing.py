"""The rawrouter beside HAProxy in TCP mode: CPU for a connection, and for what it carries."""

import signal
from contextlib import ExitStack
from dataclasses import dataclass, replace
from statistics import median

from .addresses import HOST
from .figures import paired_ratio, rotated
from .rows import ROWS
from .servers import Peer, find_program, floor
from .tables import cost, number, table, unit

KEYS = ("resumed-1.2", "download", "upload")
US = "rawrouter"


@dataclass
class Node:
    """The one TLS server behind all of them, as servers.Server takes a backend."""

    http: int
    uwsgi: int = 0


def rawrouter(program, place):
    return [program, "--ini", place.write("rawrouter.ini", f"""\
[uwsgi]
master = true
rawrouter = {HOST}:{place.port}
rawrouter-processes = {place.workers}
rawrouter-to = {HOST}:{place.http_backend}
""")]


def haproxy_with(options):
    def command(program, place):
        return [program, "-db", "-f", place.write("haproxy.cfg", f"""\
global
  nbthread {place.workers}
defaults
  mode tcp
  timeout connect 10s
  timeout client 300s
  timeout server 300s
{options}frontend front
  bind {HOST}:{place.port}
  default_backend back
backend back
  server one {HOST}:{place.http_backend}
""")]

    return command


def measure(run):
    """Markdown. Behind each stands the same bare relay of TLS, which is not counted."""
    peers = [Peer(US, str(run.build / "reprise"), rawrouter, signal.SIGINT),
             Peer("haproxy", "haproxy", haproxy_with("")),
             Peer("haproxy-splice", "haproxy", haproxy_with("  option splice-auto\n"))]
    peers = [peer for peer in peers if find_program(peer)]
    with ExitStack() as stack:
        node = stack.enter_context(run.start(Peer("floor", str(run.build / "bench_floor"), floor)))
        servers = {peer.name: stack.enter_context(run.start(peer, Node(node.port)))
                   for peer in peers}
        rows = [replace(row, title=row.title.replace("resumed", "a connection, resumed"))
                for row in ROWS if row.key in KEYS]
        lines = [_line(run, row, servers) for row in rows]
    return table(["TCP balancer, CPU", *servers, "x haproxy"], lines)


def _line(run, row, servers):
    costs = {name: [] for name in servers}
    for turn in range(run.rounds):
        for name in rotated(list(servers), turn):
            sample = run.bench.sample(row, servers[name])
            if sample.error:
                raise RuntimeError(f"{row.key}, {name}: {sample.error}")
            costs[name].append(sample.cost)
    ratio = paired_ratio(costs[US], costs["haproxy"]) if "haproxy" in costs else None
    return [f"{row.title}, {unit(row)}", *(cost(row, median(costs[name])) for name in servers),
            number(ratio, 2)]
