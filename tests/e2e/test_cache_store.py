"""Caches that live in files: sessions survive restarts and crashes; what does not fit is refused."""

import os
import signal
import stat
import subprocess

import pytest

from harness import processes, sync
from harness.clients import TLS_1_2, TLS_1_3, TlsClient
from harness.waiting import wait_until

INI = """\
[uwsgi]
cache2 = name=ssl,items=1000,keysize=64,blocksize=4096,store={store}%s
https-session-context = same
ssl-sessions-use-cache = ssl
ssl-sessions-timeout = 300
https = {https},{crt},{key}
http-processes = 4
http-to = {to}
stats = {stats}
"""


class Stored:
    """Nodes that one after the other use one store and one address."""

    def __init__(self, reprise, backend, directory, keys=""):
        self._reprise = reprise
        self.store = directory / f"store-{os.urandom(4).hex()}"
        self._values = {"to": backend().address, "store": self.store}
        self._ini = INI % keys

    def node(self, start=None):
        return (start or self._reprise)(self._ini, **self._values)


def sessions_of(client, node, count=20):
    return [client.session(node.address("https")) for _ in range(count)]


def assert_all_resume(client, node, sessions):
    assert all(client.get(node.address("https"), session=session).resumed
               for session in sessions)


def test_sessions_survive_a_restart(reprise, backend, session_directory):
    stored = Stored(reprise, backend, session_directory)
    node = stored.node()
    assert f"creating a new cache store file: {stored.store}" in node.log
    assert stat.S_IMODE(stored.store.stat().st_mode) == 0o600
    client = TlsClient(TLS_1_2)
    sessions = sessions_of(client, node)
    assert node.stop() == 0
    node = stored.node()
    assert f"recovered cache from backing store file: {stored.store}" in node.log
    assert "[uwsgi-cache] restored 20 items" in node.log
    assert_all_resume(client, node, sessions)


def test_tls_1_3_sessions_survive_a_restart(reprise, backend, session_directory):
    stored = Stored(reprise, backend, session_directory)
    node = stored.node()
    client = TlsClient(TLS_1_3)
    sessions = sessions_of(client, node, 5)
    node.stop()
    assert_all_resume(client, stored.node(), sessions)


def test_sessions_survive_the_sudden_death_of_everything(reprise, backend, session_directory):
    stored = Stored(reprise, backend, session_directory)
    node = stored.node()
    client = TlsClient(TLS_1_2)
    sessions = sessions_of(client, node)
    for pid in processes.marked_with(node.mark):
        os.kill(pid, signal.SIGKILL)
    node = stored.node()   # at once: it waits for the last of them
    assert_all_resume(client, node, sessions)


def test_sessions_survive_a_reload(reprise, backend, session_directory):
    stored = Stored(reprise, backend, session_directory)
    node = stored.node()
    client = TlsClient(TLS_1_2)
    sessions = sessions_of(client, node)
    before = node.worker_pids()
    node.signal(signal.SIGHUP)
    node.wait_for_new_workers(before)
    assert_all_resume(client, node, sessions)
    assert node.stats()["cache"]["hits"] >= 20
    assert "restored" not in node.log, "it was taken over as it was"


def test_a_store_of_another_size_is_refused(reprise, start, backend, session_directory):
    stored = Stored(reprise, backend, session_directory)
    stored.node().stop()
    larger = Stored(reprise, backend, session_directory)
    larger.store = stored.store
    larger._values["store"] = stored.store
    larger._ini = larger._ini.replace("items=1000", "items=2000")
    node = larger.node(start)
    assert node.wait_for_end() == 1
    assert ("invalid cache store file. Please remove it or fix cache blocksize/items to match its "
            "size") in node.log
    assert "items=1000 in the file, 2000 here" in node.log
    assert "node.ini:2:1" in node.log


def test_a_store_of_another_size_is_replaced_if_asked_for(reprise, backend, session_directory):
    stored = Stored(reprise, backend, session_directory, ",store_delete=1")
    stored.store.write_text("something else")
    node = stored.node()
    assert f"Removing invalid cache store file: {stored.store}" in node.log
    assert f"creating a new cache store file: {stored.store}" in node.log


def test_a_reload_to_a_size_that_does_not_fit_is_refused(reprise, backend, session_directory):
    stored = Stored(reprise, backend, session_directory)
    node = stored.node()
    client = TlsClient(TLS_1_2)
    sessions = sessions_of(client, node)
    node.write_ini(stored._ini.replace("items=1000", "items=2000"))
    node.signal(signal.SIGHUP)
    node.wait_for_log("reload.refused")
    assert "items=1000 in the file, 2000 here" in node.log
    assert_all_resume(client, node, sessions)


def test_a_refused_reload_does_not_replace_the_store(reprise, backend, session_directory):
    stored = Stored(reprise, backend, session_directory)
    node = stored.node()
    client = TlsClient(TLS_1_2)
    sessions = sessions_of(client, node)
    inode = stored.store.stat().st_ino
    node.write_ini(stored._ini.replace("items=1000", "store_delete=1,items=2000")
                   + "https = :0,/none.crt,/none.key\n")
    node.signal(signal.SIGHUP)
    node.wait_for_log("reload.refused")
    assert stored.store.stat().st_ino == inode
    assert_all_resume(client, node, sessions)


def test_a_reload_may_replace_the_store(reprise, backend, session_directory):
    stored = Stored(reprise, backend, session_directory)
    node = stored.node()
    before = node.worker_pids()
    node.write_ini(stored._ini.replace("items=1000", "store_delete=1,items=2000"))
    node.signal(signal.SIGHUP)
    node.wait_for_new_workers(before)
    node.wait_for_log("has been buried", count=len(before))   # nobody else accepts any more
    assert node.stats()["caches"][0]["max_items"] == 2000
    client = TlsClient(TLS_1_2)
    assert_all_resume(client, node, sessions_of(client, node, 3))


def test_two_nodes_do_not_share_a_store(reprise, start, backend, session_directory):
    stored = Stored(reprise, backend, session_directory)
    stored.node()
    second = stored.node(start)
    assert second.wait_for_end() == 1
    assert f"the store {stored.store} is in use by another instance" in second.log


def test_a_damaged_item_costs_that_item_alone(reprise, backend, session_directory):
    stored = Stored(reprise, backend, session_directory, ",no_expire=1")
    node = stored.node()
    client = TlsClient(TLS_1_2)
    sessions = sessions_of(client, node)
    node.stop()
    content = bytearray(stored.store.read_bytes())
    at = content.find(bytes(sessions[7].id)[8:24]) + 40   # behind the key: its value
    content[at] ^= 1
    stored.store.write_bytes(content)
    node = stored.node()
    assert "[uwsgi-cache] restored 19 items" in node.log
    assert_all_resume(client, node, sessions[:7] + sessions[8:])
    assert not client.get(node.address("https"), session=sessions[7]).resumed


def test_the_default_cache_may_have_a_store(reprise, session_directory):
    store = session_directory / "default-store"
    ini = ("[uwsgi]\ncache = 100\ncache-blocksize = 4096\ncache-store = {store}\n"
           "cache-store-sync = 1\nadd-cache-item = a=1\nstats = {stats}\nhttp = {http}\n"
           "http-to = 127.0.0.1:1\n")
    node = reprise(ini, store=store)
    node.stop()
    node = reprise(ini, store=store)
    assert "[uwsgi-cache] restored 1 items" in node.log
    wait_until(lambda: node.stats()["caches"][0]["items"] == 1)


def write_outs(trace):
    return trace.read_text().count("SYNC_FILE_RANGE_WRITE) = 0") if trace.exists() else 0


@pytest.mark.parametrize("ini", ("cache2 = name=c,items=100,store={store},store_sync=1\n",
                                 "cache-store-sync = 1\ncache2 = name=c,items=100,store={store}\n"))
def test_a_store_is_written_out_again_and_again(reprise, session_directory, ini):
    calls = session_directory / f"write-outs-{os.urandom(4).hex()}"
    node = reprise("[uwsgi]\n" + ini + "http = {http}\nhttp-to = 127.0.0.1:1\n",
                   store=calls.with_suffix(".store"))
    with subprocess.Popen(["strace", "-qq", "-e", "trace=sync_file_range", "-o", calls, "-p",
                           str(node.keeper_pid())], stderr=subprocess.PIPE) as trace:
        try:
            wait_until(lambda: trace.poll() is not None
                       or write_outs(calls) >= 2)
        finally:
            trace.terminate()
        if b"not permitted" in trace.stderr.read():
            pytest.skip("no right to trace processes")
    assert write_outs(calls) >= 2


@pytest.fixture
def small_disk(tmp_path):
    """A file system of one megabyte."""
    if os.geteuid() != 0:
        pytest.skip("needs root to mount a file system")
    place = tmp_path / "small"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place], check=True)
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


def test_a_full_disk_is_a_full_cache(reprise, backend, small_disk):
    stored = Stored(reprise, backend, small_disk, keys=",purge_lru=1,udp={udp}")
    node = stored.node()
    for number in range(900):
        sync.send(node.address("udp"), sync.set_packet(b"key%d" % number, os.urandom(3000)))
    wait_until(lambda: node.stats()["caches"][0]["full"] > 100)
    # What still comes would push the sessions out.
    wait_until(lambda: sync.of(node)["received"] + sync.of(node)["dropped"] >= 900)
    client = TlsClient(TLS_1_2)
    assert_all_resume(client, node, sessions_of(client, node, 5))
    assert 20 < node.stats()["caches"][0]["items"] < 400
    assert node.stop() == 0
    assert "died" not in node.log and "DAMN" not in node.log


def test_a_disk_without_room_for_a_store_stops_the_start(refused, small_disk):
    (small_disk / "filler").write_bytes(bytes(1000 << 10))
    store = small_disk / "store"
    node = refused("[uwsgi]\ncache2 = name=ssl,items=100000,store={store}\nhttp = {http}\n"
                   "http-to = 127.0.0.1:1\n", cannot_tell=True, store=store)
    assert "No space left on device" in node.log
