"""Workers of applications are replaced without a reload: the fifo's w and c, and touched files."""

import re

import pytest

from harness.configurations import HTTP, NO_CACHE
from harness.waiting import wait_until
from test_orders import order
from test_wsgi import DIRECT, ask
from test_wsgi_workers import in_background, worker_pids

INI = DIRECT + ("processes = 2\nmaster-fifo = orders\ntouch-workers-reload = touch-all\n"
                "touch-chain-reload = touch-chain\n")


def wait_for_others(node, before):
    def all_new():
        stats = node.stats()["workers"]
        pids = {each["pid"] for each in stats}
        return all(pids) and not pids & set(before.values())
    wait_until(all_new, 10, "new workers")


@pytest.mark.parametrize("by", [b"w", "touch-all"])
def test_all_are_replaced(reprise, by):
    node = reprise(INI)
    before = worker_pids(node)
    if isinstance(by, bytes):
        order(node.path("orders"), by)
    else:
        node.path(by).write_text("")
        node.wait_for_log(f"*** {by} has been touched... workers reload !!! ***")
    wait_for_others(node, before)
    for worker, pid in before.items():
        node.wait_for_log(f"worker {worker} killed successfully (pid: {pid})")
    assert ask(node.address("direct"), "/pid")[2].decode() not in map(str, before.values())
    assert "spawned uWSGI master" in node.log and "(RE)spawned" not in node.log


@pytest.mark.parametrize("by", [b"c", "touch-chain"])
def test_one_is_replaced_after_the_other(reprise, by):
    node = reprise(INI)
    before = worker_pids(node)
    if isinstance(by, bytes):
        order(node.path("orders"), by)
    else:
        node.path(by).write_text("")
        node.wait_for_log(f"*** {by} has been touched... chain reload !!! ***")
    node.wait_for_log("chain reloading complete", 10)
    wait_for_others(node, before)
    lines = re.findall(r"chain next victim is worker \d|worker \d killed|Respawned uWSGI worker \d",
                       node.log)
    assert lines == ["chain next victim is worker 1", "worker 1 killed", "Respawned uWSGI worker 1",
                     "chain next victim is worker 2", "worker 2 killed", "Respawned uWSGI worker 2"]


def test_places_that_rest_hold_no_chain_up(reprise):
    node = reprise(DIRECT + "processes = 3\ncheaper = 1\nmaster-fifo = orders\n")
    before = ask(node.address("direct"), "/pid")[2].decode()
    for count in (1, 2):
        order(node.path("orders"), b"c")
        node.wait_for_log("chain reloading complete", 10, count)
    assert before != ask(node.address("direct"), "/pid")[2].decode()


def test_a_request_is_finished(reprise):
    node = reprise(DIRECT + "master-fifo = orders\n")
    before = worker_pids(node)
    slow = in_background(ask, node.address("direct"), "/sleep?1")
    node.wait_for_stats(lambda stats: stats["workers"][0]["status"] == "busy")
    order(node.path("orders"), b"w")
    assert slow()[2] == f"slept in {before[1]}".encode()
    wait_for_others(node, before)


def test_without_applications_it_is_told(reprise, backend):
    node = reprise(NO_CACHE + HTTP + "master-fifo = orders\n", to=backend().address)
    before = node.worker_pids()
    order(node.path("orders"), b"w")
    node.wait_for_log("there are no application workers to reload")
    assert node.worker_pids() == before
