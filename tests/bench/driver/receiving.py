"""What it costs a node to take a session that another one tells."""

import json
import os
import socket
import subprocess
import time
from statistics import median

from .addresses import HOST
from .figures import rotated
from .nodes import SESSION_SIZE, free_udp_address, reprise_with, set_packet
from .processes import Tree
from .tables import number, table

BURST = 200  # fits the smallest receive buffer that a system gives
PAUSE = 0.002  # seconds between single packets


class Floor:
    """bench_receiver: the same system calls, and nothing done with what they bring."""

    def __init__(self, build):
        self.tree = Tree([build / "bench_receiver"], None, stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, text=True)
        self.port = json.loads(self.tree.root.stdout.readline())["udp"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.tree.end()


def measure(run):
    """Markdown. The node serves nobody else, so the CPU time of its processes is the keeper's."""
    address = free_udp_address()
    count = max(BURST, round(5000 * run.bench.scale))
    alone = max(50, round(500 * run.bench.scale))
    with run.start(reprise_with(run.build, "reprise", server=address)) as server, \
            Floor(run.build) as floor:
        ports = {server.tree: int(address.rpartition(":")[2]), floor.tree: floor.port}
        bursts, singles = ({tree: [] for tree in ports} for _ in range(2))
        for turn in range(run.rounds):
            for tree in rotated(list(ports), turn):
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                    sender.connect((HOST, ports[tree]))
                    bursts[tree].append(_cost(tree, sender, count, BURST, 0.02))
                    singles[tree].append(_cost(tree, sender, alone, 1, PAUSE))
    return table(["receiving, CPU of the keeper", "µs per session", "received and thrown away"],
                 [[title, *(number(median(costs[tree]), 2) for tree in ports)]
                  for title, costs in ((f"in bursts of {BURST}", bursts),
                                       ("one at a time", singles))])


def _cost(tree, sender, count, burst, pause):
    """Microseconds a packet, without what the processes do anyway in the same time."""
    packets = [_session() for _ in range(count)]
    before, started = tree.cpu_at_rest(), time.monotonic()
    for begin in range(0, count, burst):
        for packet in packets[begin:begin + burst]:
            sender.send(packet)
        time.sleep(pause)
    after, ended = tree.cpu_at_rest(), time.monotonic()
    time.sleep(ended - started)
    idle = tree.cpu_ns() - after
    return (after - before - idle) / 1000 / count


def _session():
    return set_packet(os.urandom(32), os.urandom(SESSION_SIZE), int(time.time()) + 60)
