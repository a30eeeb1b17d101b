"""cache-report-freed-items, cache-use-last-modified, cache-expire-freq, cache-no-expire."""

import re
import time

import pytest

from harness.clients import TlsClient
from harness.configurations import HTTPS
from harness.waiting import wait_until

CACHES = {"default": "cache = 100\ncache-blocksize = 4096\n",
          "ssl": "cache2 = name=ssl,items=100,blocksize=4096\n"}
SHORT = ("ssl-sessions-use-cache = true\nssl-sessions-timeout = 1\n" + HTTPS
         + "stats = {stats}\ncache-expire-freq = 1\n")


def items(node):
    return node.stats()["caches"][0]["items"]


def freed(node, name):
    return sum(map(int, re.findall(rf'^freed (\d+) items for cache "{name}"$', node.log, re.M)))


def three_sessions(node):
    for _ in range(3):
        TlsClient().session(node.address("https"))


@pytest.mark.parametrize("name", CACHES)
def test_each_sweep_reports_what_it_freed(reprise, backend, name):
    node = reprise("[uwsgi]\n" + CACHES[name] + SHORT + "cache-report-freed-items = true\n",
                   to=backend().address)
    three_sessions(node)
    wait_until(lambda: freed(node, name) == 3, 8, "three freed items")
    assert items(node) == 0
    time.sleep(1.5)   # another sweep, which finds nothing and says nothing
    assert "freed 0 items" not in node.log


def test_without_the_option_sweeps_are_silent(reprise, backend):
    node = reprise("[uwsgi]\n" + CACHES["default"] + SHORT, to=backend().address)
    three_sessions(node)
    assert node.tls()["sessions_stored"] == 3
    wait_until(lambda: items(node) == 0, 8, "the sweep")
    assert " items for cache " not in node.log


def test_a_sweep_can_be_seldom(reprise, backend):
    node = reprise("[uwsgi]\n" + CACHES["default"] + SHORT + "cache-expire-freq = 1000\n",
                   to=backend().address)
    three_sessions(node)
    time.sleep(2.5)   # time for a sweep that must not be
    assert items(node) == 3


def test_no_sweep_at_all(reprise, backend):
    node = reprise("[uwsgi]\n" + CACHES["default"] + SHORT + "cache-no-expire = true\n",
                   to=backend().address)
    assert "cache sweeper thread enabled" not in node.log
    three_sessions(node)
    time.sleep(2.5)
    assert items(node) == 3


@pytest.mark.parametrize("cache", [
    "cache-use-last-modified = true\n" + CACHES["default"],
    "cache2 = name=ssl,items=100,blocksize=4096,lastmod=1\n"], ids=["cache", "cache2"])
def test_the_last_change_is_told_on_request(reprise, backend, cache):
    node = reprise("[uwsgi]\n" + cache + SHORT, to=backend().address)
    assert node.stats()["caches"][0]["last_modified_at"] == 0
    before = int(time.time())
    TlsClient().session(node.address("https"))
    changed = node.stats()["caches"][0]["last_modified_at"]
    assert before <= changed <= time.time()
    swept = node.wait_for_stats(lambda stats: stats["caches"][0]["items"] == 0, 8, "the sweep")
    assert swept["caches"][0]["last_modified_at"] > changed, "a sweep is a change too"


def test_the_last_change_is_not_kept_without(reprise, backend):
    node = reprise("[uwsgi]\n" + CACHES["default"] + SHORT, to=backend().address)
    three_sessions(node)
    assert node.stats()["caches"][0]["last_modified_at"] == 0
