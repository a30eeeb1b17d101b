"""What the language of configurations does in a service that runs and is reloaded."""

import signal

from harness.clients import get
from harness.configurations import HTTP, NO_CACHE

PLAIN = NO_CACHE + HTTP


def test_show_config_lists_and_goes_on(reprise, backend):
    node = reprise(PLAIN + "show-config = true\nfor = a b\nx = <%(_)>\nendfor =\n",
                   to=backend().address)
    assert get(node.address("http")).status == 200
    listed = node.log[node.log.index("\n;uWSGI instance configuration\n[uwsgi]\n"):]
    listed = listed[:listed.index(";end of configuration\n")]
    assert "show-config = true\nfor = a b\nx = <a>\nx = <b>\nendfor = \n" in listed


def test_if_reload_holds_after_a_reload(reprise, backend):
    node = reprise(PLAIN + "show-config = true\nif-reload =\nx = reloaded\nendif =\n"
                   "if-not-reload =\nx = first\nendif =\n", to=backend().address)
    assert "x = first\n" in node.log and "x = reloaded\n" not in node.log
    before = node.worker_pids()
    node.signal(signal.SIGHUP)
    node.wait_for_new_workers(before)
    assert "x = reloaded\n" in node.log
    assert get(node.address("http")).status == 200


def test_an_inherited_file_is_read_again_at_a_reload(reprise, backend, tmp_path):
    inherited = tmp_path / "inherited.ini"
    inherited.write_text("[uwsgi]\nhttp-processes = 1\n")
    node = reprise(PLAIN + f"inherit = {inherited}\n", to=backend().address)
    assert len(node.worker_pids()) == 1
    inherited.write_text("[uwsgi]\nhttp-processes = 3\n")
    before = node.worker_pids()
    node.signal(signal.SIGHUP)
    node.wait_for_log("spawned uWSGI http 3", timeout=10)
    assert not set(node.worker_pids().values()) & set(before.values())


def test_a_reload_with_a_loop_that_is_broken_changes_nothing(reprise, backend):
    node = reprise(PLAIN, to=backend().address)
    before = node.worker_pids()
    node.write_ini(PLAIN + "for = a b\nif-env = X\n")
    node.signal(signal.SIGHUP)
    node.wait_for_log("recursive logic in options is not supported (option = if-env)")
    assert node.worker_pids() == before
    assert get(node.address("http")).status == 200
