"""The driver's own arithmetic: pairing, medians, what a tree of processes costs."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from driver import (delay, figures, nodes, processes, publishing, servers,  # noqa: E402
                    syscalls, tables, targets)
from driver.measure import Sample  # noqa: E402
from driver.results import Results  # noqa: E402
from driver.rows import GIB, MIB, ROWS, Row, bulk, request  # noqa: E402


def has_ended(pid):
    fields = processes.stat_fields(pid)
    return fields is None or fields[0] == "Z"


def results_with(row, **costs):
    results = Results([row], list(costs))
    for peer, samples in costs.items():
        for cost in samples:
            results.add(row, peer, Sample(cost=cost))
    return results


def test_a_ratio_is_taken_round_by_round():
    # The machine was twice as slow in the second round: the ratio of the medians would be 1.5.
    results = results_with(Row("r", "r", "p256"), reprise=[10, 24, 15], floor=[10, 20, 10])
    assert results.ratio("r", "reprise", "floor") == 1.2


def test_a_round_without_both_does_not_count():
    assert figures.paired_ratio([3, None, 8], [1, 1, 2]) == 3.5
    assert figures.paired_ratio([None], [1]) is None


def test_the_figure_is_the_median_of_what_is_there():
    assert figures.middle([5, None, 1, 3]) == 3
    assert figures.middle([None]) is None


def test_each_round_begins_with_another():
    turns = [figures.rotated(["a", "b", "c"], turn) for turn in range(4)]
    assert [turn[0] for turn in turns] == ["a", "b", "c", "a"]
    assert all(sorted(turn) == ["a", "b", "c"] for turn in turns)


def test_the_worst_round_is_the_lowest():
    row = Row("r", "r", "p256", resumes=True)
    results = Results([row], ["reprise"])
    for fraction in (1.0, 0.98, 1.0):
        results.add(row, "reprise", Sample(cost=1, resumed=fraction))
    assert results.worst("r", "reprise", "resumed") == 0.98
    assert results.figure("r", "reprise", "resumed") == 1.0


def test_descendants_are_found_at_any_depth():
    parents = {1: 0, 10: 1, 11: 10, 12: 11, 20: 1}
    assert processes.descendants(10, parents) == [10, 11, 12]


def test_a_child_that_ends_moves_from_the_clocks_to_what_was_reaped():
    before = processes.cpu_of(clocks=[100, 50], reaped=[0, 0])
    after = processes.cpu_of(clocks=[130], reaped=[70])  # 20 more before its end
    assert after - before == 50


BURN = """
import os, time
def burn(seconds):
    while time.process_time() < seconds: pass
if os.fork() == 0:
    burn(0.1); os._exit(0)
os.wait()
if os.fork() == 0:
    burn(0.1); time.sleep(60)
burn(time.process_time() + 0.1)
print(flush=True)
time.sleep(60)
"""


def test_the_cpu_time_of_a_tree_has_its_living_and_its_dead(monkeypatch):
    monkeypatch.setattr(processes, "ENDING_LIMIT", 0.2)
    with processes.Tree([sys.executable, "-c", BURN], subprocess.DEVNULL,
                        stdout=subprocess.PIPE) as tree:
        tree.root.stdout.readline()
        seconds = tree.cpu_at_rest() / 1e9
        pids = tree.pids()
        assert len(pids) == 2
        tree.root.stdout.close()
    assert 0.28 < seconds < 0.8
    assert all(has_ended(pid) for pid in pids)


def test_nothing_of_a_tree_outlives_it(monkeypatch):
    monkeypatch.setattr(processes, "ENDING_LIMIT", 0.2)
    deaf = ("import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
            "os.fork() and os._exit(0); print(flush=True); time.sleep(60)")
    with processes.Tree([sys.executable, "-c", deaf], subprocess.DEVNULL,
                        stdout=subprocess.PIPE) as tree:
        tree.root.stdout.readline()
        tree.root.wait()
        orphans = tree.pids()
        tree.root.stdout.close()
    assert len(orphans) == 1
    assert has_ended(orphans[0])


SMAPS = """\
55d0c0000000-55d0c0001000 r--p 00000000 fe:00 1234                       /usr/bin/server
Rss:                   8 kB
Pss:                   4 kB
Pss_Dirty:             0 kB
7f0000000000-7f0000100000 rw-s 00000000 00:01 77                         /memfd:cache (deleted)
Pss:                 100 kB
VmFlags: rd wr sh
7f1000000000-7f1000001000 rw-p 00000000 00:00 0
Pss:                   3 kB
"""


def test_shared_memory_is_told_apart():
    assert list(processes._mappings(SMAPS)) == [(4, False), (100, True), (3, False)]


STRACE = """\
% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 60.00    0.000600           1       600           read
 40.00    0.000400           2       200       100 accept4
------ ----------- ----------- --------- --------- ----------------
100.00    0.001000           1       800       100 total
"""


def test_the_summary_of_strace():
    assert syscalls.parse_summary(STRACE) == {"read": 600, "accept4": 200}


def test_bulk_is_a_gibibyte_at_scale_1():
    row = bulk("download", "download", "down")
    arguments = row.sized(1)
    assert arguments["operations"] * arguments["bytes"] == GIB
    assert row.sized_for_strace()["bytes"] == 16 * MIB
    assert row.sized(0.5)["operations"] == 2


@pytest.mark.parametrize("scale, sessions", [(1, 800), (0.5, 400)])
def test_sessions_used_once_are_as_many_as_operations(scale, sessions):
    row = Row("r", "r", "p256", {"scenario": "resumed", "sessions": "each"}, operations=800)
    assert row.sized(scale)["sessions"] == sessions


def test_requests_on_connections_of_their_own_resume_or_do_not():
    full, resumed = request("r", "full", 400, sessions=0), request("r", "resumed", 400)
    assert not full.resumes and full.sized(1)["sessions"] == 0
    assert resumed.resumes and "sessions" not in resumed.sized(1)


def test_every_target_is_of_a_row_that_both_run():
    asked = []

    class Noting(Results):
        def ratio(self, key, peer, other):
            asked.append((key, other))

    peers = {peer.name: peer for peer in servers.all_peers(Path("build"))}
    for target in targets.TARGETS:
        target.figure(Noting(ROWS, ["reprise"]))
    for key, other in asked:
        assert key in [row.key for row in ROWS]
        assert not peers[other].only or key in peers[other].only
    assert ("websocket", "haproxy") in asked and ("request-resumed", "nginx") in asked


def test_what_a_node_costs_is_taken_round_by_round():
    # The machine was slower in the second round, for all of them.
    costs = {0: [100, 200, 100], 2: [110, 220, 110], 8: [140, 240, 148]}
    assert publishing.per_node(costs) == 5


def test_quantiles():
    values = list(range(1, 101))
    assert [delay.quantile(values, fraction) for fraction in (0.5, 0.99)] == [51, 100]
    assert delay.quantile([7], 0.99) == 7


def test_a_packet_is_uwsgis_bit_for_bit():
    assert nodes.set_packet(b"exp", b"val", 1795434977).hex() == \
        "6f16000a0300657870030076616c0a0031373935343334393737"


def test_sinks_count_what_they_are_told():
    with nodes.Sinks(2) as sinks, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        host, port = sinks.addresses[1].split(":")
        for _ in range(3):
            sender.sendto(b"packet", (host, int(port)))
        assert sinks.heard() == [0, 3]
        assert sinks.heard() == [0, 0]


def test_a_table_is_markdown():
    assert tables.table(["a", "b"], [["row", "1"]]) == \
        "| a   |   b |\n|-----|----:|\n| row |   1 |"
