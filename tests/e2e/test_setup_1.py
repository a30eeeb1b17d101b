"""Setup 1 as the document prints it, with addresses and certificate paths of this machine."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.clients import VERSIONS, TlsClient

# The document's text; only what stands in braces differs.
SETUP_1 = """\
[uwsgi]
; spawn the master process (it will run the cache sweeper thread)
master = true
; store up to 20k sessions
cache = 20000
; 4k per object is enough for SSL sessions
cache-blocksize = 4096
; force the SSL subsystem to use the uWSGI cache as session storage
ssl-sessions-use-cache = true
; set SSL session timeout (in seconds)
ssl-sessions-timeout = 300
; set the session context string (see later)
https-session-context = foobar
; spawn an HTTPS router
https = {https},{crt},{key}
; spawn 8 processes for the HTTPS router (all sharing the same session cache)
http-processes = 8
; add a bunch of uwsgi nodes to relay traffic to
http-to = {one}
http-to = {two}
http-to = {three}
; add stats
stats = {stats}
"""


@pytest.fixture
def setup_1(reprise, real_backends):
    def make(**options):
        one, two, three = (server.address for server in real_backends)
        return reprise(SETUP_1, one=one, two=two, three=three, **options)

    return make


def test_starts_a_master_and_eight_workers_without_a_warning(setup_1):
    node = setup_1()
    assert sorted(node.worker_pids()) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert f"spawned uWSGI master process (pid: {node.pid})" in node.log
    assert f"uWSGI http bound on {node.address('https')} fd " in node.log
    warnings = [line for line in node.log.splitlines() if "warning" in line.lower()]
    assert not [line for line in warnings if "running uWSGI as root" not in line]


def test_the_file_may_be_given_without_an_option(setup_1):
    node = setup_1(arguments=["node.ini"])
    assert TlsClient().get(node.address("https")).status == 200


def test_relays_to_every_backend_in_turn(setup_1, real_backends):
    node = setup_1()
    client = TlsClient()
    for _ in range(24):   # each worker goes round by itself
        answer = client.get(node.address("https"), path="/some/where?a=b")
        assert answer.json["environ"]["QUERY_STRING"] == "a=b"
        assert answer.json["environ"]["HTTPS"] == "on"
    for server in real_backends:
        assert "GET /some/where?a=b" in server.log


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)
def test_items_and_hits_increase_and_no_client_that_comes_back_misses(setup_1, version):
    node = setup_1()

    def client_comes_twice(_):
        client = TlsClient(version)
        session = client.session(node.address("https"))
        return client.get(node.address("https"), session=session).resumed

    with ThreadPoolExecutor(4) as clients:
        assert all(clients.map(client_comes_twice, range(20)))
    cache = node.stats()["cache"]
    # TLS 1.3 renews its ticket at each resumption, which is an item more.
    assert cache["items"] == (20 if version == VERSIONS[0] else 40)
    assert cache["hits"] == 20
    assert cache["miss"] == 0


def test_a_session_that_is_not_in_the_cache_is_a_miss(setup_1):
    node, other = setup_1(), setup_1()
    client = TlsClient(VERSIONS[0])
    session = client.session(other.address("https"))
    assert not client.get(node.address("https"), session=session).resumed
    cache = node.stats()["cache"]
    assert (cache["items"], cache["hits"], cache["miss"]) == (1, 0, 1)
