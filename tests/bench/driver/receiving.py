"""What it costs a node to take a session that another one tells."""

import os
import socket
import time
from statistics import median

from .addresses import HOST
from .nodes import SESSION_SIZE, free_udp_address, reprise_with, set_packet
from .tables import number, table

BURST = 200  # fits the smallest receive buffer that a system gives
PAUSE = 0.002  # seconds between single packets


def measure(run):
    """Markdown. The node serves nobody else, so the CPU time of its processes is the keeper's."""
    address = free_udp_address()
    count = max(BURST, round(5000 * run.bench.scale))
    alone = max(50, round(500 * run.bench.scale))
    with run.start(reprise_with(run.build, "reprise", server=address)) as server, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.connect((HOST, int(address.rpartition(":")[2])))
        bursts, singles = [], []
        for _ in range(run.rounds):
            bursts.append(_cost(server, sender, count, BURST, 0.02))
            singles.append(_cost(server, sender, alone, 1, PAUSE))
    return table(["receiving, CPU of the keeper", "µs per session"],
                 [[f"in bursts of {BURST}", number(median(bursts), 2)],
                  ["one at a time", number(median(singles), 2)]])


def _cost(server, sender, count, burst, pause):
    """Microseconds a packet, without what the processes do anyway in the same time."""
    packets = [_session() for _ in range(count)]
    before, started = server.tree.cpu_at_rest(), time.monotonic()
    for begin in range(0, count, burst):
        for packet in packets[begin:begin + burst]:
            sender.send(packet)
        time.sleep(pause)
    after, ended = server.tree.cpu_at_rest(), time.monotonic()
    time.sleep(ended - started)
    idle = server.tree.cpu_ns() - after
    return (after - before - idle) / 1000 / count


def _session():
    return set_packet(os.urandom(32), os.urandom(SESSION_SIZE), int(time.time()) + 60)
