"""The command line by itself."""

from harness.addresses import free_address
from harness.clients import get, can_connect
from harness.waiting import wait_until


def test_version(run_reprise):
    done = run_reprise("--version")
    assert (done.returncode, done.stdout.strip()) == (0, "2.0.21-reprise")


def test_help_names_the_documents_options(run_reprise):
    done = run_reprise("--help")
    assert done.returncode == 0
    for option in ("--ini", "--https", "--http-to", "--http-processes", "--cache",
                   "--cache-blocksize", "--ssl-sessions-use-cache", "--ssl-sessions-timeout",
                   "--ssl-sessions-tickets", "--https-session-context", "--stats"):
        assert option in done.stdout


def test_options_work_without_a_file(start, backend):
    address = free_address()
    node = start("", arguments=["--http", address, f"--http-to={backend().address}", "-M"])
    node.wait_for_log("spawned uWSGI http 1")
    wait_until(lambda: can_connect(address), what="the listener")
    assert get(address).status == 200
