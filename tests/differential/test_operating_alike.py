"""What init scripts and monitors see of a running instance: files, titles, lines, exit statuses."""

import os
import re
import signal
import subprocess

import pytest

from harness import processes
from harness.clients import connect, receive_all
from harness.configurations import HTTP
from harness.fixtures import needs_root
from harness.node import BINARY
from harness.real_uwsgi import APPS
from harness.waiting import TIME_FACTOR, wait_until

INI = "[uwsgi]\nmaster = true\n" + HTTP
PIDFILES = "pidfile = a.pid\nsafe-pidfile = b.pid\nvacuum = true\n"


def mode_and_owner(path):
    status = os.stat(path)
    return oct(status.st_mode), status.st_uid, status.st_gid


def wait_for(path):
    return wait_until(lambda: path.exists() and path, what=str(path))


def test_pidfiles(both, backend):
    seen = []
    for node in both(INI + PIDFILES, to=backend().address):
        files = [wait_for(node.path(name)) for name in ("a.pid", "b.pid")]
        for file in files:
            wait_until(lambda file=file: file.read_text() == f"{node.pid}\n", what=str(file))
        seen.append([mode_and_owner(file) for file in files])
        assert node.stop() == 0
        assert not any(file.exists() for file in files)
    assert seen[0] == seen[1]


@needs_root
@pytest.mark.parametrize("options", [
    "", "chmod-socket = 660", "chmod-socket = 1", "umask = 077", "umask = 0027",
    "umask = 077\nchmod-socket = 664"])
def test_the_rights_of_a_socket(both, backend, options):
    ini = f"[uwsgi]\nmaster = true\n{options}\nhttp = front.sock\nhttp-to = {{to}}\n"
    theirs, ours = both(ini, to=backend().address)
    assert mode_and_owner(wait_for(theirs.path("front.sock"))) == mode_and_owner(
        wait_for(ours.path("front.sock")))


@needs_root
@pytest.mark.parametrize("options", ["", "chown-socket = nobody", "chown-socket = nobody:nogroup",
                                     "chown-socket = 65534:0\nchmod-socket = 606"])
def test_the_owner_of_a_socket(both, options):
    """Of workers: theirs has none for routers."""
    ini = f"[uwsgi]\nmaster = true\n{options}\nsocket = app.sock\nwsgi-file = {APPS}/echo.py\n"
    theirs, ours = both(ini, plugin="python3")
    for node in (theirs, ours):   # the owner comes a moment behind the socket
        node.wait_for_log("spawned uWSGI worker 1")
    assert mode_and_owner(wait_for(theirs.path("app.sock"))) == mode_and_owner(
        wait_for(ours.path("app.sock")))
    # Python takes a SIGINT for itself until uWSGI's master has its own handlers.
    for pid in (theirs.pid, *processes.children_of(theirs.pid)):
        os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("options", [
    "auto-procname = true", "procname = foo", "procname-master = boss", "procname-prefix = pfx-",
    "procname-prefix-spaced = pfx", "procname-append = .x", "procname-prefix = a\nprocname = b",
    "procname-master = boss\nprocname = b", "procname-append = .x\nprocname-prefix-spaced = p",
    "procname-append = .x\nprocname-prefix = a\nprocname = b\nprocname-master = c"])
def test_titles(both, backend, options):
    nodes = both(INI + options + "\n", to=backend().address)

    def titles(node):
        pids = node.pid, node.worker_pids()[1]
        return [open(f"/proc/{pid}/cmdline", "rb").read() for pid in pids]

    # The title comes a moment behind the line that tells of the process; a worker has its master's
    # until then.
    def alike():
        theirs, ours = map(titles, nodes)
        return theirs == ours and b"node.ini" not in b"".join(theirs)

    wait_until(alike, what=f"titles alike: {[titles(node) for node in nodes]}")


@pytest.mark.parametrize("option", ["log-date = %Y|", "log-date = %%", "log-date = at", "log-date = true"])
def test_the_date_of_a_line(both, backend, option):
    """The same words in front of the same line, with digits and names of days alike."""
    seen = []
    for node in both(INI + option + "\n", to=backend().address):
        line = node.wait_for_log(re.compile(r"^(.*)spawned uWSGI master process", re.M))[1]
        seen.append(re.sub(r"[A-Z][a-z]{2}\b", "Xxx", re.sub(r"\d", "0", line)))
    assert seen[0] == seen[1]


def test_the_head_of_stats_by_http(both, backend):
    seen = []
    for node in both(INI + "stats = {stats}\nstats-http = true\n", to=backend().address):
        with connect(node.address("stats")) as connection:
            connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
            seen.append(receive_all(connection).partition(b"\r\n\r\n")[0])
    assert seen[0] == seen[1] and seen[0].startswith(b"HTTP/1.0 200 OK\r\n")


@pytest.fixture
def dead_pid():
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


@pytest.mark.parametrize("order", ["--stop", "--reload", "--pause"])
@pytest.mark.parametrize("file", ["missing", "dead"])
def test_orders_to_nobody(tmp_path, dead_pid, order, file):
    (tmp_path / "dead").write_text(f"{dead_pid}\n")
    seen = []
    for program in ("uwsgi", BINARY):
        done = subprocess.run([program, order, file], cwd=tmp_path, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=20 * TIME_FACTOR)
        # Theirs tells the line of its source, too.
        said = re.sub(r" \[\S+ line \d+\]", "", done.stdout + done.stderr)
        seen.append((done.returncode, said.strip()))
    assert seen[0] == seen[1]


@pytest.mark.parametrize("number, ends", [(signal.SIGINT, True), (signal.SIGTSTP, False)])
def test_orders_by_a_pidfile(both, backend, number, ends):
    order = "--stop" if ends else "--pause"
    for program, node in zip(("uwsgi", BINARY), both(INI + PIDFILES, to=backend().address)):
        wait_until(lambda: wait_for(node.path("b.pid")).read_text(), what="a pid")
        done = subprocess.run([program, order, "b.pid"], cwd=node.directory, capture_output=True,
                              stdin=subprocess.DEVNULL, timeout=20 * TIME_FACTOR)
        assert (done.returncode, done.stdout + done.stderr) == (0, b"")
        if ends:
            assert node.wait_for_end() == 0
        else:
            node.wait_for_log("*** PAUSE (press start to resume")


@needs_root
@pytest.mark.parametrize("options", ["gid = nogroup\nuid = nobody", "gid = 65534\nuid = 65534",
                                     "gid = nogroup\nuid = nobody\nadd-gid = adm"])
def test_who_serves(both, backend, options):
    """uWSGI binds as that user already, and all of its processes are."""
    seen = []
    for node in both(INI + options + "\n", to=backend().address):
        uids, gids, groups = processes.ids_of(node.worker_pids()[1])
        seen.append((uids, gids, set(groups)))
    assert seen[0] == seen[1]
