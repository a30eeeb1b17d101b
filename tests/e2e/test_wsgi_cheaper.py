"""Fewer workers while there is little to do."""

import re

import pytest

from harness.waiting import TIME_FACTOR, wait_until
from test_wsgi import DIRECT, ask
from test_wsgi_workers import in_background

NODE = DIRECT + "processes = 3\ncheaper = 1\ncheaper-overload = 1\n"


def statuses(node):
    return [each["status"] for each in node.stats()["workers"]]


def running(node):
    return sum(status != "cheap" for status in statuses(node))


@pytest.mark.deadline(60)
def test_more_under_load_fewer_without(reprise):
    node = reprise(NODE + "cheaper-step = 2\n")
    node.wait_for_stats(lambda stats: stats["workers"][0]["accepting"] == 1)
    assert statuses(node) == ["idle", "cheap", "cheap"]
    idle = node.stats()["workers"][2]
    assert idle["pid"] == 0 and idle["accepting"] == 0 and idle["respawn_count"] == 0
    slow = [in_background(ask, node.address("direct"), "/sleep?4") for _ in range(3)]
    wait_until(lambda: running(node) == 3, 15, "three workers")
    node.wait_for_log("spawned uWSGI worker 3 (pid: ")
    assert all(wait()[2].startswith(b"slept in") for wait in slow)
    wait_until(lambda: sorted(statuses(node)) == ["cheap", "cheap", "idle"], 15, "one worker")
    node.wait_for_log(re.compile(r"^uWSGI worker \d cheaped\.$", re.M), count=2)
    assert "died" not in node.log
    assert ask(node.address("direct"), "/pid")[0] == "HTTP/1.1 200 OK"


def test_how_many_begin(reprise):
    node = reprise(NODE.replace("cheaper-overload = 1", "cheaper-overload = 100") +
                   "cheaper-initial = 2\n")
    node.wait_for_stats(lambda stats: stats["workers"][1]["accepting"] == 1)
    assert statuses(node) == ["idle", "idle", "cheap"]


def test_a_request_under_way_is_not_cut(reprise):
    node = reprise(NODE + "cheaper-initial = 3\n")
    node.wait_for_stats(lambda stats: all(each["accepting"] for each in stats["workers"]))
    slow = in_background(ask, node.address("direct"), f"/sleep?{4 * TIME_FACTOR}")
    wait_until(lambda: running(node) == 1, 15, "one worker")
    assert statuses(node).count("busy") == 1
    assert slow()[2].startswith(b"slept in")


def test_as_many_as_there_may_be_is_an_error(refused):
    node = refused(DIRECT + "cheaper = 2\nprocesses = 2\n")
    assert "invalid cheaper value: must be lower than processes" in node.log
    assert "node.ini:6:" in node.log


def test_other_algorithms_are_told_of(reprise):
    node = reprise(NODE + "cheaper-algo = busyness\n")
    assert 'there is no "busyness"' in node.log
