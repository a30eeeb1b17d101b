"""The fixtures of the end-to-end and the differential tests."""

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest

from . import processes
from .backends import Backend, echo
from .certificates import Certificates
from .node import BINARY, Node
from .real_uwsgi import application_server
from .tcp_nodes import TcpNode, says
from .waiting import TIME_FACTOR, wait_until

DEADLINE_SECONDS = 30


@pytest.fixture(autouse=True)
def deadline(request, certs):
    """A test that hangs fails; `@pytest.mark.deadline(seconds)` for a longer one."""
    marker = request.node.get_closest_marker("deadline")
    seconds = (marker.args[0] if marker else DEADLINE_SECONDS) * TIME_FACTOR

    def expired(_number, _frame):
        raise TimeoutError(f"the test was not done after {seconds:g} s")

    before = signal.signal(signal.SIGALRM, expired)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="session")
def session_directory():
    # Not pytest's own: children that dropped their privileges must be able to enter it.
    directory = Path(tempfile.mkdtemp(prefix="reprise-e2e-"))
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def certs(session_directory):
    directory = session_directory / "certificates"
    directory.mkdir()
    return Certificates(directory)


@pytest.fixture
def backend():
    """Makes fake uwsgi servers: `backend(behaviour)`."""
    made = []

    def make(behaviour=echo):
        made.append(Backend(behaviour))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def tcp_node():
    """Makes TCP servers: `tcp_node(behaviour)`."""
    made = []

    def make(behaviour=says(b"ok"), **options):
        made.append(TcpNode(behaviour, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture(scope="module")
def real_backends(session_directory):
    """Three real uWSGI application servers."""
    servers = [application_server(session_directory) for _ in range(3)]
    yield servers
    for server in servers:
        server.close()


@pytest.fixture
def start(request, session_directory, certs):
    """Starts a node without waiting for it: `start(ini="…", name=value…)`."""
    nodes = []

    def make(ini, **options):
        directory = Path(tempfile.mkdtemp(dir=session_directory))
        values = {"crt": certs.rsa.crt, "key": certs.rsa.key, **options}
        nodes.append(Node(directory, ini, **values))
        return nodes[-1]

    yield make
    wrong = [problem for node in nodes for problem in node.end()]
    failed = wrong or getattr(request.node, "test_failed", False)
    for number, node in enumerate(nodes, 1):
        if failed:
            print(f"----- configuration of node {number} -----\n{node.ini}")
            print(f"----- log of node {number} -----\n{node.log}")
        node.remove_files()
    assert not wrong, "; ".join(wrong)


@pytest.fixture
def reprise(start):
    """Starts a node and waits until it serves: `node = reprise(ini="…")`."""

    def make(ini, **options):
        node = start(ini, **options)
        node.wait_until_ready()
        return node

    return make


@pytest.fixture
def refused(start):
    """The output of a node that must not start: status 1 and no process left. --check says so of
    the same file, unless it is told that it `cannot_tell`."""

    def run(ini, status=1, cannot_tell=False, **options):
        node = start(ini, **options)
        if not options.keys() & {"arguments", "environment", "preexec", "wrapper", "host"}:
            check = subprocess.run([BINARY, "--check", "--ini", node.ini_file.name],
                                   cwd=node.directory, capture_output=True, text=True,
                                   stdin=subprocess.DEVNULL, timeout=20 * TIME_FACTOR)
            assert cannot_tell or check.returncode == 2, check.stdout + check.stderr
        assert node.wait_for_end() == status, node.log
        # A failed daemon lets its parent go before it has quite ended itself.
        wait_until(lambda: not processes.marked_with(node.mark), 3, "the last process to end")
        return node

    return run


@pytest.fixture
def run_reprise(session_directory):
    """Runs the program to its end: `run_reprise("--version")`."""

    def run(*arguments, cwd=None):
        return subprocess.run([BINARY, *map(str, arguments)], cwd=cwd or session_directory,
                              capture_output=True, text=True, timeout=10 * TIME_FACTOR)

    return run


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to drop privileges")
