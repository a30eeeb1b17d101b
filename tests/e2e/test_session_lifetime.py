"""ssl-sessions-timeout counts from the full handshake; renewals do not extend it."""

import threading
import time

import pytest

from harness.clients import TLS_1_2, TLS_1_3, VERSIONS, TlsClient

CACHED_AND_STATELESS = """\
[uwsgi]
cache = 1000
cache-blocksize = 4096
no-defer-accept = true
ssl-sessions-timeout = {timeout}
https = {stateless},{crt},{key}
ssl-sessions-use-cache = true
https = {cached},{crt},{key}
http-to = {to}
stats = {stats}
"""
LISTENERS = ["stateless", "cached"]


def chain_of_renewals(address, version, seconds):
    """Comes back every quarter second with its newest session: [(age of the first, resumed)]."""
    client = TlsClient(version)
    begin = time.time()
    session = client.session(address)
    made = time.time()   # the session is as old as this, or up to a handshake older
    course = []
    while time.time() - begin < seconds:
        time.sleep(0.25)
        before = time.time()
        answer = client.get(address, session=session)
        assert answer.status == 200
        course.append((before - made, time.time() - begin, answer.resumed))
        if not answer.resumed:
            break
        session = answer.session
    return course


def test_no_chain_of_renewals_outlives_the_timeout(reprise, backend):
    """And every handshake succeeds, in the last second too."""
    node = reprise(CACHED_AND_STATELESS, timeout=3, to=backend().address)
    courses = {}

    def run(listener, version):
        courses[listener, version.name] = chain_of_renewals(node.address(listener), version, 6)

    threads = [threading.Thread(target=run, args=(listener, version))
               for listener in LISTENERS for version in VERSIONS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(courses) == 4
    for name, course in courses.items():
        # Lifetimes are whole seconds of the clock, so up to one is lost at either end.
        for age, upper, resumed in course:
            if upper < 2:
                assert resumed, f"{name}: not resumed {upper:.2f} s after the full handshake"
            if age > 3.1:
                assert not resumed, f"{name}: still resumed {age:.2f} s after the full handshake"
        assert not course[-1][2], f"{name}: never ended"


@pytest.mark.parametrize("listener", LISTENERS)
def test_lifetime_hints_fall_along_the_chain(reprise, backend, listener):
    node = reprise(CACHED_AND_STATELESS, timeout=300, to=backend().address)
    client = TlsClient(TLS_1_3)
    session = client.session(node.address(listener))
    assert session.ticket_lifetime_hint == 300
    time.sleep(1.1)
    renewed = client.get(node.address(listener), session=session)
    assert renewed.resumed
    assert renewed.session.ticket_lifetime_hint in (298, 299)


@pytest.mark.parametrize("listener", LISTENERS)
def test_zero_means_two_hours(reprise, backend, listener):
    node = reprise(CACHED_AND_STATELESS, timeout=0, to=backend().address)
    client = TlsClient(TLS_1_3)
    session = client.session(node.address(listener))
    assert session.ticket_lifetime_hint == 7200
    assert client.get(node.address(listener), session=session).resumed


@pytest.mark.parametrize("listener", LISTENERS)
def test_no_ticket_lives_longer_than_seven_days(reprise, backend, listener):
    """RFC 8446 4.6.1."""
    node = reprise(CACHED_AND_STATELESS, timeout=10_000_000, to=backend().address)
    assert TlsClient(TLS_1_3).session(node.address(listener)).ticket_lifetime_hint <= 604_800


def test_the_sweeper_frees_what_has_expired(reprise, backend):
    node = reprise(CACHED_AND_STATELESS + "cache-expire-freq = 1\n", timeout=1,
                   to=backend().address)
    client = TlsClient(TLS_1_2)
    for _ in range(5):
        client.session(node.address("cached"))
    node.wait_for_stats(lambda stats: stats["cache"]["items"] == 0, 6, "an empty cache")
