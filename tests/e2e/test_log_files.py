"""Log files that are moved away, grow too large, or belong to somebody else."""

import grp
import os
import pwd
import re
import signal
import socket
import stat

import pytest

from harness.addresses import HOST
from harness.clients import get
from harness.configurations import HTTP, NO_CACHE
from harness.fixtures import needs_root
from harness.waiting import wait_until
from test_orders import order
from test_wsgi import BASIC, ask
from test_wsgi_reload import NODE, module  # noqa: F401  (a fixture)

INI = NO_CACHE + HTTP + "logto = node.log\nmaster-fifo = orders\n"


def text(path):
    return path.read_text() if path.exists() else ""


def open_files(pid):
    return {os.readlink(f"/proc/{pid}/fd/{fd}") for fd in ("1", "2")}


def all_files(pid):
    return {os.readlink(entry.path) for entry in os.scandir(f"/proc/{pid}/fd")}


def test_a_file_that_was_moved_away_is_opened_again_by_all(reprise, backend):
    node = reprise(INI + "http-processes = 2\n", to=backend().address)
    log, moved = node.path("node.log"), node.path("moved.log")
    pids = node.pid, node.keeper_pid(), *node.worker_pids().values()
    log.rename(moved)
    order(node.path("orders"), b"l")
    wait_until(lambda: re.search(r"^\[\d+\] node\.log reopened\.$", text(log), re.M))
    assert re.search(r"^\[\d+\] logsize: \d+, triggering log-reopen\.\.\.$", moved.read_text(), re.M)
    for pid in pids:
        wait_until(lambda pid=pid: open_files(pid) == {str(log)}, what=f"{pid} to follow")
    assert get(node.address("http")).status == 200


@needs_root
def test_processes_without_the_right_to_open_it_follow(reprise):
    node = reprise(BASIC + "http-socket = {direct}\nlogto = node.log\nmaster-fifo = orders\n"
                   "uid = nobody\ngid = nogroup\n")
    log = node.path("node.log")
    log.rename(node.path("moved.log"))
    order(node.path("orders"), b"l")
    wait_until(lambda: "reopened" in text(log))
    ask(node.address("direct"), "/pid")
    wait_until(lambda: "GET /pid" in text(log), what="the request's line in the new file")
    assert log.stat().st_uid == 0 and log.stat().st_mode & 0o777 == 0o640


def test_applications_that_still_serve_after_a_reload_follow(reprise, module):  # noqa: F811
    node = reprise(NODE + "logto = node.log\nmaster-fifo = orders\n", path=module.parent)
    log = node.path("node.log")
    assert ask(node.address("direct"))[2] == b"first", "loaded before it is broken"
    module.write_text("raise ValueError('broken')")
    node.signal(signal.SIGHUP)
    wait_until(lambda: "those of before the reload go on serving" in text(log))
    log.rename(node.path("moved.log"))
    order(node.path("orders"), b"l")
    wait_until(lambda: "node.log reopened" in text(log))
    assert ask(node.address("direct"), "/after")[2] == b"first"
    wait_until(lambda: "GET /after" in text(log), what="the request's line in the new file")
    # And where the configuration of a reload has lines go.
    node.write_ini(node.ini.replace("logto = node.log", "logto = other.log"))
    node.signal(signal.SIGHUP)
    wait_until(lambda: "those of before the reload go on serving" in text(node.path("other.log")))
    assert ask(node.address("direct"), "/other")[2] == b"first"
    wait_until(lambda: "GET /other" in text(node.path("other.log")), what="the line in the third")


@pytest.mark.parametrize("rights", ["", pytest.param("uid = nobody\ngid = nogroup\n",
                                                     marks=needs_root)])
@pytest.mark.parametrize("by", ["fifo", "touch"])
def test_the_file_of_requests_is_opened_again_too(reprise, backend, by, rights):
    node = reprise(NO_CACHE + HTTP + rights + "http-processes = 2\nmaster-fifo = orders\n"
                   "http-access-log = requests.log\ntouch-logreopen = again\n",
                   to=backend().address)
    log, moved = node.path("requests.log"), node.path("moved.log")

    def ask_for(path, file):
        def told():
            get(node.address("http"), path)
            return path in text(file)
        wait_until(told, what=f"a line of {path} in {file}")
    ask_for("/before", log)
    log.rename(moved)
    if by == "fifo":
        order(node.path("orders"), b"l")
    else:
        node.path("again").write_text("")
    node.wait_for_log("requests.log reopened.")
    for pid in node.worker_pids().values():
        wait_until(lambda pid=pid: str(moved) not in all_files(pid), what=f"{pid} to follow")
    ask_for("/after", log)
    assert "/after" not in moved.read_text()


def test_requests_to_standard_output_go_where_its_lines_go(reprise, backend):
    node = reprise(INI + "http-access-log = stdout\n", to=backend().address)
    log = node.path("node.log")
    pid, = node.worker_pids().values()   # as the file tells that is moved
    log.rename(node.path("moved.log"))
    order(node.path("orders"), b"l")
    wait_until(lambda: open_files(pid) == {str(log)}, what=f"{pid} to follow")
    get(node.address("http"), "/after")
    wait_until(lambda: "GET /after" in text(log), what="the request's line")


@pytest.mark.parametrize("by", ["fifo", "touch", "size"])
def test_a_file_is_rotated(reprise, backend, by):
    node = reprise(INI + "touch-logrotate = rotate\n", to=backend().address)
    before = text(node.path("node.log"))
    if by == "fifo":
        order(node.path("orders"), b"L")
    elif by == "touch":
        node.path("rotate").write_text("")
    else:
        node.write_ini(INI + "log-maxsize = 1000\n")
        node.signal(signal.SIGHUP)

    def rotated():
        return [path for path in node.directory.iterdir()
                if re.fullmatch(r"node\.log\.\d+", path.name)]
    wait_until(rotated, what="a rotated file")
    old = min(rotated()).read_text()
    assert old.startswith(before)
    assert re.search(r"logsize: \d+, triggering rotation to .*/node\.log\.\d+\.\.\.\n", old)
    wait_until(node.path("node.log").exists)


def test_backups_of_one_second_are_all_kept(reprise, backend):
    node = reprise(INI, to=backend().address)
    order(node.path("orders"), b"LLL")
    wait_until(lambda: len(list(node.directory.glob("node.log.*"))) == 3, what="three backups")
    assert "spawned uWSGI master" in "".join(text(each) for each in
                                             node.directory.glob("node.log.*"))


@needs_root
def test_a_device_is_neither_given_away_nor_moved(start, backend):
    node = start(INI.replace("node.log", "device") + "logfile-chown = true\nlogfile-chmod = 600\n"
                 "uid = nobody\ngid = nogroup\n", to=backend().address,
                 preexec=lambda: os.mknod("device", 0o600 | stat.S_IFCHR, os.makedev(1, 3)))
    wait_until(lambda: answers(node), 10, "the node")
    order(node.path("orders"), b"L")
    assert answers(node)
    status = node.path("device").stat()
    assert stat.S_ISCHR(status.st_mode) and status.st_uid == 0
    assert not list(node.directory.glob("device.*"))


def answers(node):
    try:
        return get(node.address("http")).status == 200
    except OSError:
        return False


def test_a_backup_has_the_name_that_was_asked_for(reprise, backend):
    node = reprise(INI + "log-backupname = old.log\n", to=backend().address)
    order(node.path("orders"), b"L")
    wait_until(lambda: "triggering rotation" in text(node.path("old.log")))
    assert not list(node.directory.glob("node.log.*"))


def test_a_touched_file_reopens(reprise, backend):
    node = reprise(INI + "touch-logreopen = reopen\n", to=backend().address)
    node.path("node.log").unlink()
    node.path("reopen").write_text("")
    wait_until(lambda: "node.log reopened." in text(node.path("node.log")))


def test_a_reload_opens_what_the_new_configuration_names(reprise, backend):
    node = reprise(INI, to=backend().address)
    node.write_ini(INI.replace("node.log", "other.log") + "log-reopen = true\n")
    node.signal(signal.SIGHUP)
    wait_until(lambda: "spawned uWSGI http 1" in text(node.path("other.log")))
    assert "other.log reopened." in text(node.path("other.log"))


def test_a_file_that_cannot_be_opened_again_leaves_the_old_one(reprise, backend):
    node = reprise(INI, to=backend().address)
    log = node.path("node.log")
    with open(log, encoding="utf-8") as held:
        log.unlink()
        log.mkdir()
        order(node.path("orders"), b"l")
        wait_until(lambda: "Is a directory" in held.read())
        assert get(node.address("http")).status == 200
        log.rmdir()
        order(node.path("orders"), b"l")
        wait_until(lambda: "node.log reopened." in text(log))


def test_log_truncate_empties_it_at_the_start_alone(reprise, backend):
    to = backend().address
    node = reprise(INI, to=to)
    node.stop()
    old = node.path("node.log")
    again = reprise(INI.replace("node.log", str(old)) + "log-truncate = true\n", to=to)
    again.reload()
    wait_until(lambda: old.read_text().count("*** Starting uWSGI") == 2, 10, "the second start")


@needs_root
@pytest.mark.parametrize("line, owner", [("logfile-chown = true", "nobody"), ("", "root")])
def test_rights_of_the_file(reprise, backend, line, owner):
    node = reprise(INI + f"uid = nobody\ngid = nogroup\nlogfile-chmod = 604\n{line}\n",
                   to=backend().address)
    status = node.path("node.log").stat()
    assert status.st_mode & 0o777 == 0o604
    assert pwd.getpwuid(status.st_uid).pw_name == owner
    if owner == "nobody":
        assert grp.getgrgid(status.st_gid).gr_name == "nogroup"


@pytest.mark.parametrize("line", ["logfile-chmod = 6x0", "logfile-chmod = 0640"])
def test_rights_that_are_none(refused, line):
    node = refused("[uwsgi]\nhttp = 127.0.0.1:0\nhttp-to = 127.0.0.1:1\n" + line + "\n")
    assert "invalid chmod value: " in node.log and "node.ini:4:1" in node.log


def test_logto2_comes_behind_the_first_lines(reprise, backend):
    node = reprise(NO_CACHE + HTTP + "logto2 = late.log\n", to=backend().address)
    late = node.path("late.log")
    wait_until(lambda: "spawned uWSGI http 1" in text(late))
    assert "*** Starting uWSGI" in node.log and "*** Starting uWSGI" not in text(late)


def test_lines_go_by_datagrams(start, backend):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind((HOST, 0))
        receiver.settimeout(5)
        start(NO_CACHE + HTTP + f"logto = {HOST}:{receiver.getsockname()[1]}\n",
              to=backend().address)
        lines = []
        while not lines or b"spawned uWSGI http 1" not in lines[-1]:
            lines.append(receiver.recv(65536))
        assert all(line.endswith(b"\n") for line in lines)


def test_an_address_that_is_none(refused):
    node = refused("[uwsgi]\nhttp = 127.0.0.1:0\nhttp-to = 127.0.0.1:1\nlogto = 127.0.0.1:x\n")
    assert "invalid udp address" in node.log and "node.ini:4:1" in node.log


def test_daemonize2_goes_to_the_background_when_all_is_bound(start, backend):
    node = start(NO_CACHE + HTTP + "daemonize2 = daemon.log\npidfile = node.pid\n",
                 to=backend().address)
    assert node.wait_for_end() == 0
    node.adopt_daemon(int(node.path("node.pid").read_text()))
    assert node.pid != node.process.pid
    late = node.path("daemon.log")
    wait_until(lambda: "spawned uWSGI http 1" in text(late))
    assert "*** daemonizing uWSGI ***" in node.log and "http bound on" in node.log
    assert "http bound on" not in text(late)
    assert get(node.address("http")).status == 200


def test_daemonize2_that_cannot_bind_fails_in_the_foreground(refused):
    with socket.create_server((HOST, 0)) as holder:
        node = refused("[uwsgi]\nhttp = {taken}\nhttp-to = 127.0.0.1:1\ndaemonize2 = daemon.log\n",
                       taken=f"{HOST}:{holder.getsockname()[1]}")
    assert "Address already in use" in node.log
