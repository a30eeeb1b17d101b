"""Workers: their deaths, their limits, reloads, and what the stats say of them."""

import json
import os
import re
import signal
import threading
import time
from pathlib import Path

import pytest

from harness import processes
from harness.addresses import free_address
from harness.clients import connect, receive_all
from harness.waiting import wait_until
from test_wsgi import DIRECT, ask, parse


def worker_pids(node):
    """Of workers by number, once all are there."""
    stats = node.wait_for_stats(lambda stats: all(each["pid"] for each in stats["workers"]))
    return {worker["id"]: worker["pid"] for worker in stats["workers"]}


def in_background(function, *arguments, **options):
    """Starts a call; the answer's function waits for what it returned."""
    result = []
    thread = threading.Thread(target=lambda: result.append(function(*arguments, **options)))
    thread.start()

    def wait():
        thread.join(20)
        assert result, "no answer"
        return result[0]

    return wait


@pytest.mark.parametrize("options", ["", "lazy-apps = true\n"])
def test_chdir2_is_the_workers_directory(reprise, tmp_path, options):
    node = reprise(DIRECT + options + f"processes = 2\nchdir2 = {tmp_path}\n")
    for pid in worker_pids(node).values():
        wait_until(lambda pid=pid: os.readlink(f"/proc/{pid}/cwd") == str(tmp_path))
    node.wait_for_log(f"chdir() to {tmp_path}", count=2)
    assert os.readlink(f"/proc/{node.pid}/cwd") == str(node.directory)
    assert ask(node.address("direct"))[0] == "HTTP/1.1 200 OK"


def test_chdir2_has_to_be_there(refused):
    node = refused(DIRECT + "chdir2 = /nonexistent/place\n")
    assert "chdir() to /nonexistent/place: No such file or directory" in node.log


def test_a_worker_that_crashes_is_replaced_and_the_others_go_on(reprise):
    node = reprise(DIRECT + "processes = 2\n")
    before = worker_pids(node)
    slow = in_background(ask, node.address("direct"), "/sleep?1")
    node.wait_for_stats(lambda stats: "busy" in [each["status"] for each in stats["workers"]])
    busy = next(each["pid"] for each in node.stats()["workers"] if each["status"] == "busy")
    other = next(pid for pid in before.values() if pid != busy)
    os.kill(other, signal.SIGKILL)
    node.wait_for_log(f"(pid: {other}) died, killed by signal 9 :( trying respawn ...")
    node.wait_for_log(re.compile(r"^Respawned uWSGI worker \d \(new pid: \d+\)$", re.M))
    assert slow()[2] == f"slept in {busy}".encode()
    assert sum(each["respawn_count"] for each in node.stats()["workers"]) == 3


def test_a_request_that_takes_too_long_costs_its_worker(reprise):
    node = reprise(DIRECT + "harakiri = 1\n")
    before = worker_pids(node)[1]
    assert ask(node.address("direct"), "/sleep?20") == ("", {}, b"")
    node.wait_for_log(f"*** HARAKIRI ON WORKER 1 (pid: {before}, try: 1) ***")
    assert re.search(r"HARAKIRI \[core 0\] 127\.0\.0\.1 - GET /sleep\?20 since \d+", node.log)
    assert ask(node.address("direct"), "/pid")[2] != str(before).encode()
    assert node.stats()["workers"][0]["harakiri_count"] == 1


def test_a_worker_that_has_served_enough_is_replaced(reprise):
    node = reprise(DIRECT + "max-requests = 2\nmin-worker-lifetime = 0\n")
    pids = [ask(node.address("direct"), "/pid")[2] for _ in range(4)]
    assert pids[0] == pids[1] != pids[2] == pids[3]
    node.wait_for_log(f"...The work of process {pids[0].decode()} is done. Seeya!")
    node.wait_for_log(f"worker 1 killed successfully (pid: {pids[0].decode()})")


def test_a_request_does_not_keep_a_worker_that_has_served_enough(reprise):
    node = reprise(DIRECT + "threads = 2\nmax-requests = 1\nmin-worker-lifetime = 0\n"
                   "worker-reload-mercy = 1\n")
    before = worker_pids(node)[1]
    slow = in_background(ask, node.address("direct"), "/sleep?20")
    node.wait_for_stats(lambda stats: stats["workers"][0]["status"] == "busy")
    assert ask(node.address("direct"), "/pid")[2] == str(before).encode()
    assert ask(node.address("direct"), "/pid")[2] != str(before).encode()
    assert slow() == ("", {}, b"")


def test_a_kept_upload_does_not_count_as_time_of_the_application(reprise):
    node = reprise(DIRECT + "harakiri = 1\npost-buffering = 4\n")
    with connect(node.address("direct")) as connection:
        connection.sendall(b"POST /pid HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n")
        for _ in range(5):
            time.sleep(0.5)
            connection.sendall(b"x")
        assert parse(receive_all(connection))[0] == "HTTP/1.1 200 OK"
    assert node.stats()["workers"][0]["harakiri_count"] == 0


def test_tls_sessions_are_not_for_applications(reprise):
    node = reprise(DIRECT + "cache2 = name=ssl,items=100\ncache2 = name=own,items=100\n"
                   "ssl-sessions-use-cache = ssl\nhttps = {https},{crt},{key}\n")
    ask_cache = lambda query: ask(node.address("direct"), f"/cache?{query}")[2].decode()
    assert ask_cache("cache_keys&ssl") == "ValueError('no local uWSGI cache available')"
    assert ask_cache("cache_set&k&v") == "True"
    assert ask_cache("cache_keys&own") == "[b'k']"


def test_the_parent_is_replaced_with_its_workers_alone(reprise):
    node = reprise(DIRECT)
    facts = json.loads(ask(node.address("direct"), "/facts")[2])
    os.kill(facts["ppid"], signal.SIGKILL)
    wait_until(lambda: worker_pids(node)[1] != facts["pid"], 5, "another worker")
    new = json.loads(ask(node.address("direct"), "/facts")[2])
    assert new["masterpid"] == facts["masterpid"] == node.pid
    assert new["ppid"] != facts["ppid"]
    wait_until(lambda: not processes.is_running(facts["pid"]), 5, "the old worker's end")


@pytest.mark.parametrize("ask_for_it", ["signal", "uwsgi.reload"])
def test_a_reload_finishes_what_runs(reprise, ask_for_it):
    node = reprise(DIRECT + "http = {http}\nprocesses = 2\n")
    before = worker_pids(node)
    slow = in_background(ask, node.address("direct"), "/sleep?2")
    routed = in_background(ask, node.address("http"), "/sleep?2")
    node.wait_for_stats(
        lambda stats: [each["status"] for each in stats["workers"]] == ["busy", "busy"])
    if ask_for_it == "signal":
        node.signal(signal.SIGHUP)
    else:
        in_background(ask, node.address("direct"), "/reload")
        node.signal(signal.SIGHUP)
    wait_until(lambda: not set(before.values()) & set(worker_pids(node).values()), 10, "a reload")
    assert ask(node.address("direct"), "/pid")[0] == "HTTP/1.1 200 OK"
    assert slow()[2].startswith(b"slept in") and routed()[2].startswith(b"slept in")
    wait_until(lambda: not any(map(processes.is_running, before.values())), 5, "the old ones' end")


def test_an_application_may_ask_for_a_reload(reprise):
    node = reprise(DIRECT + "uid = nobody\n" if os.geteuid() == 0 else DIRECT)
    before = worker_pids(node)[1]
    assert ask(node.address("direct"), "/reload")[2] == b"True"
    wait_until(lambda: worker_pids(node)[1] != before, 10, "a reload")


def test_a_stop_ends_everything(reprise):
    node = reprise(DIRECT + "processes = 2\n")
    pids = worker_pids(node)
    assert node.stop() == 0
    assert not any(map(processes.is_running, pids.values()))
    assert "worker 1 buried after" in node.log


def test_lazy_apps_are_loaded_by_each_worker(reprise):
    node = reprise(DIRECT + "lazy-apps = true\nprocesses = 2\n")
    node.wait_for_log("WSGI app 0 (mountpoint='') ready in", count=2)
    pids = set(re.findall(r"ready in \d+ seconds on interpreter \S+ pid: (\d+) \(default app\)",
                          node.log))
    assert pids == {str(pid) for pid in worker_pids(node).values()}


def test_a_changed_module_is_loaded_again(reprise, tmp_path):
    module = tmp_path / "changing.py"
    text = "def application(e, s):\n    s('200 OK', [])\n    return [b'%s']\n"
    module.write_text(text % "first")
    node = reprise("[uwsgi]\npythonpath = {path}\nmodule = changing\npy-autoreload = 1\n"
                   "http-socket = {direct}\nstats = {stats}\n", path=tmp_path)
    assert ask(node.address("direct"))[2] == b"first"
    node.wait_for_log("Python auto-reloader enabled")
    time.sleep(1.2)
    module.write_text(text % "second")
    wait_until(lambda: ask(node.address("direct"))[2] == b"second", 10, "the new module")
    assert f"module/file {module} has been modified" in node.log


def test_a_key_of_one_node_is_read_on_another(reprise):
    first, second = free_address(), free_address()
    ini = DIRECT + "cache2 = name=shared,items=100,node={peer},udp={own}\n"
    nodes = [reprise(ini, own=own, peer=peer) for own, peer in ((first, second), (second, first))]

    def cache(node, query):
        return ask(node.address("direct"), f"/cache?{query}")[2].decode()

    assert cache(nodes[0], "cache_set&key&value&100&shared") == "True"
    wait_until(lambda: cache(nodes[1], "cache_get&key&shared") == "b'value'", 5, "the key")
    assert cache(nodes[1], "cache_update&key&other&0&shared") == "True"
    wait_until(lambda: cache(nodes[0], "cache_get&key&shared") == "b'other'", 5, "its change")
    assert cache(nodes[0], "cache_inc&number&5") == "True"
    wait_until(lambda: cache(nodes[1], "cache_num&number") == "5", 5, "the number")
    assert cache(nodes[0], "cache_del&key") == "True"
    wait_until(lambda: cache(nodes[1], "cache_exists&key") == "None", 5, "its end")
    assert nodes[1].stats()["sync"][0]["peers"][0]["applied"] >= 3



@pytest.mark.parametrize("calls", [
    [("cache_get&k", "None"), ("cache_set&k&v", "True"), ("cache_set&k&w", "None"),
     ("cache_get&k", "b'v'"), ("cache_update&k&w", "True"), ("cache_get&k", "b'w'"),
     ("cache_exists&k", "True"), ("cache_keys", "[b'k']"), ("cache_del&k", "True"),
     ("cache_del&k", "None"), ("cache_exists&k", "None"), ("cache_num&k", "0")],
    [("cache_inc&n", "True"), ("cache_inc&n&4", "True"), ("cache_num&n", "5"),
     ("cache_mul&n", "True"), ("cache_num&n", "10"), ("cache_dec&n&3", "True"),
     ("cache_div&n", "True"), ("cache_num&n", "3"), ("cache_clear", "True"),
     ("cache_keys", "[]")],
    [("cache_get&k&none_like_it", "None"), ("cache_set&k&v&0&none_like_it", "None"),
     ("cache_keys&none_like_it", "ValueError('no local uWSGI cache available')"),
     ("cache_clear&none_like_it", "None")],
])
def test_what_cache_calls_return(reprise, calls):
    node = reprise(DIRECT + "cache2 = name=c,items=100\n")
    got = [(call, ask(node.address("direct"), f"/cache?{call}")[2].decode()) for call, _ in calls]
    assert got == calls


def test_a_lock_between_workers(reprise, tmp_path):
    counter = tmp_path / "counter"
    counter.write_text("0")
    node = reprise(DIRECT + "processes = 3\nthreads = 2\n")
    calls = [in_background(ask, node.address("direct"), f"/locked?{counter}") for _ in range(6)]
    assert [call()[2] for call in calls] == [b"done"] * 6
    assert counter.read_text() == "120"


def test_a_lock_outlives_who_had_it(reprise):
    node = reprise(DIRECT + "locks = 1\n")
    assert ask(node.address("direct"), "/lock_and_crash") == ("", {}, b"")
    states = json.loads(ask(node.address("direct"), "/lock_states")[2])
    assert states == [False, None, True, "this thread has the lock already", None, False, None,
                      "Invalid lock number"]
    names = [name for lock in node.stats()["locks"] for name in lock]
    assert names[:3] == ["user 0", "user 1", "signal"]


def top_view(stats):
    """What uwsgitop shows of a document, by the fields that it reads."""
    head = [stats[key] for key in ("version", "cwd", "uid", "gid", "pid", "listen_queue")]
    workers = [[worker[key] for key in
                ("id", "pid", "requests", "tx", "running_time", "last_spawn", "signals", "status",
                 "exceptions", "avg_rt", "rss", "vsz", "respawn_count", "harakiri_count",
                 "delta_requests", "accepting")] for worker in stats["workers"]]
    cores = [[core[key] for key in ("id", "requests", "in_request")]
             for worker in stats["workers"] for core in worker["cores"]]
    return head, workers, cores


def test_a_reader_like_uwsgitop(reprise):
    node = reprise(DIRECT + "processes = 2\nthreads = 2\n")
    worker_pids(node)
    _, before, _ = top_view(node.stats())
    for path in ("/head", "/raise_first", "/sleep?0.1"):
        ask(node.address("direct"), path)
    stats = node.wait_for_stats(
        lambda stats: sum(each["requests"] for each in stats["workers"]) == 3)
    head, workers, cores = top_view(stats)
    assert head[0].startswith("2.0.21") and head[4] == node.pid
    columns = list(zip(*workers))
    assert columns[0] == (1, 2) and set(columns[7]) == {"idle"}
    assert sum(columns[2]) == sum(core[1] for core in cores) == sum(columns[14]) == 3
    assert sum(columns[8]) == 1 and sum(columns[3]) > 0
    assert sum(columns[4]) >= 100000    # microseconds
    assert sum(columns[9]) > 0
    assert all(abs(spawned - time.time()) < 60 for spawned in columns[5])
    assert columns[12] == (1, 1) and columns[13] == (0, 0) and columns[15] == (1, 1)
    assert [core[0] for core in cores] == [0, 1, 0, 1]
    assert [row[1] for row in before] == [row[1] for row in workers]
    apps = [worker["apps"] for worker in stats["workers"]]
    assert sum(app["requests"] for each in apps for app in each) == 3
    assert sum(app["exceptions"] for each in apps for app in each) == 1


def test_the_stats_have_what_readers_ask_for(reprise):
    node = reprise(DIRECT + "processes = 2\n")
    for _ in range(3):
        ask(node.address("direct"), "/head")
    slow = in_background(ask, node.address("direct"), "/sleep?1")
    stats = node.wait_for_stats(
        lambda stats: "busy" in [each["status"] for each in stats["workers"]])
    slow()
    golden = json.loads((Path(__file__).parent / "golden" / "workers.json").read_text())
    for worker in stats["workers"]:
        assert list(worker) == list(golden)
        assert list(worker["apps"][0]) == list(golden["apps"][0])
        assert list(worker["cores"][0]) == list(golden["cores"][0])
        assert worker["rss"] > 0 and worker["vsz"] > worker["rss"]
    assert sum(worker["requests"] for worker in stats["workers"]) == 3
    assert sum(worker["tx"] for worker in stats["workers"]) == 3 * len(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 24\r\n"
        b"Connection: close\r\n\r\n" + b"a body that HEAD has not")
    busy = next(each for each in stats["workers"] if each["status"] == "busy")["cores"][0]
    assert busy["in_request"] == 1 and "REQUEST_URI=/sleep?1" in busy["vars"]
    assert abs(busy["req_info"]["request_start"] - time.time()) < 10
    socket, = stats["sockets"]
    assert socket["proto"] == "http" and socket["name"] == node.address("direct")
    assert socket["max_queue"] == 100


@pytest.mark.parametrize("identity", ["", "uid = nobody\n"])
def test_touch_reload(reprise, identity):
    if identity and os.geteuid() != 0:
        pytest.skip("not root")
    node = reprise(DIRECT + "touch-reload = touched\n" + identity)
    file = node.path("touched")
    before = worker_pids(node)[1]
    time.sleep(1.2)
    file.write_text("")
    node.wait_for_log("*** touched has been touched... grace them all !!! ***")
    wait_until(lambda: worker_pids(node)[1] != before, 10, "a reload")
