"""stats-push: the statistics put behind a file."""

import json

import pytest

from harness.configurations import HTTP, NO_CACHE
from harness.waiting import wait_until

INI = NO_CACHE + HTTP


def documents(path, separator):
    """The whole ones. (Empty lines stand in a document, too.)"""
    text, found = path.read_text() if path.exists() else "", []
    while separator in text:
        try:
            document, end = json.JSONDecoder().raw_decode(text)
        except json.JSONDecodeError:   # its end is still to come
            break
        assert text[end:].startswith(separator)
        found.append(document)
        text = text[end + len(separator):]
    return found


@pytest.mark.parametrize("line, name, separator", [
    ("stats-push = file:path=pushed,freq=1", "pushed", "\n\n"),
    ("stats-push = file:path=pushed,separator=--\nstats-pusher-default-freq = 1", "pushed", "--"),
    ("stats-push = file\nstats-pushers-default-freq = 1", "uwsgi.stats", "\n\n")])
def test_documents_come_one_after_the_other(reprise, backend, line, name, separator):
    node = reprise(INI + line + "\n", to=backend().address)
    file = node.path(name)
    wait_until(lambda: len(documents(file, separator)) >= 2, what="two documents")
    assert {document["pid"] for document in documents(file, separator)} == {node.pid}


def test_a_file_that_cannot_be_written_does_no_harm(reprise, backend):
    node = reprise(INI + "stats-push = file:path=/nonexistent/x,freq=1\n", to=backend().address)
    node.wait_for_log("stats.push")
    assert node.stats()["pid"] == node.pid


def test_a_pusher_that_is_not_there(refused):
    node = refused("[uwsgi]\nhttp = 127.0.0.1:0\nhttp-to = 127.0.0.1:1\nstats-push = nosuch:x\n")
    assert 'unable to find "nosuch" stats_pusher' in node.log and "node.ini:4:1" in node.log


def test_pushers_of_metrics_have_no_effect(reprise, backend):
    node = reprise(INI + "stats-push = statsd:127.0.0.1:8125\n", to=backend().address)
    assert 'the stats pusher "statsd" has no effect: there are no metrics' in node.log
