"""212 raw requests, most of them crafted against uWSGI's router: every one ends in a refusal or in
one unambiguous request at the backend, and leaves nothing for the next on its connection."""

import pytest

from harness import corpus
from harness.backends import Backend
from harness.node import Node

CASES = corpus.load()
INI = """\
[uwsgi]
http = {http}
http-to = {to}
http-keepalive = true
http-timeout = 4
http-headers-timeout = 1
"""


@pytest.fixture(scope="module")
def edge(session_directory):
    """One node and one recording backend for all of them."""
    backend = Backend(corpus.record)
    node = Node(session_directory / "corpus", INI, to=backend.address)
    node.wait_until_ready()
    yield node, backend
    wrong = node.end()
    backend.close()
    assert not wrong, "; ".join(wrong)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_request(edge, case):
    node, backend = edge
    backend.requests.clear()
    answers = corpus.play(node.address("http"), case)
    assert (answers, corpus.seen_by(backend)) == (case.answers, case.backend)


def test_the_table_is_whole():
    assert len(CASES) == 212
    assert sum(case.unsafe for case in CASES) == 104


@pytest.mark.parametrize("case", [case for case in CASES if case.unsafe], ids=lambda c: c.name)
def test_unsafe_ones_are_refused_or_unambiguous(case):
    own = [request for request in case.backend
           if ["REQUEST_URI", "/canary"] not in request[0]]
    refused = 400 <= case.answers[0] < 600
    assert (refused and not case.backend) or len(own) >= 1
    for variables, body in own:
        names = [name for name, _ in variables]
        assert len(names) == len(set(names)), "a variable comes twice"
        assert "HTTP_PROXY" not in names and "HTTP_TRANSFER_ENCODING" not in names
        length = dict(variables).get("CONTENT_LENGTH", "0")
        assert length.isdigit() and int(length) == len(body)


def test_every_difference_has_a_reason():
    assert all(case.reason for case in CASES if case.unsafe)
