"""One running Reprise: made from an ini text, asked through its ports, its log and its signals."""

import json
import os
import re
import shutil
import signal
import subprocess
import uuid
from pathlib import Path

from . import processes
from .addresses import free_address, split
from .clients import can_connect, connect, receive_all
from .waiting import TIME_FACTOR, wait_until

BINARY = os.environ.get("REPRISE_BINARY") or str(
    Path(__file__).resolve().parents[3] / "build" / "reprise")
SANITIZER_REPORT = re.compile(
    r"ERROR: (Address|Leak)Sanitizer|runtime error:|WARNING: ThreadSanitizer")
SPAWNED = re.compile(r"^.*?\b(?:re)?spawned uWSGI (http|rawrouter) (\d+) \(pid: (\d+)\)", re.M)
# The options that make a listener of each router.
ROUTERS = {"http": ("http", "httprouter", "https", "https2"), "rawrouter": ("rawrouter",)}


class Node:
    """Names in braces stand for values: {crt} and the like for what the test gives, every other
    name for a free address of its own, which `node.address(name)` tells. With a `host` (hosts.py)
    it runs there, and is asked from there."""

    def __init__(self, directory, ini, arguments=None, environment=None, preexec=None, wrapper=(),
                 program=BINARY, host=None, **values):
        self.directory = Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.directory.chmod(0o755)
        self.mark = uuid.uuid4().hex
        self._host = host
        self._values = {name: str(value) for name, value in values.items()}
        self.ini_file = self.directory / "node.ini"
        self.write_ini(ini)
        self._output_file = self.directory / "output.log"
        command = [*(host.wrapper if host else ()), *wrapper, program,
                   *(arguments or ["--ini", self.ini_file.name])]
        with open(self._output_file, "wb") as output:
            self.process = subprocess.Popen(
                [str(part) for part in command], cwd=self.directory, stdin=subprocess.DEVNULL,
                stdout=output, stderr=output, start_new_session=True, preexec_fn=preexec,
                env={**os.environ, **(environment or {}), processes.MARK: self.mark})
        self._master = self.process.pid

    # What it was started with.

    def write_ini(self, ini):
        """(Over)writes the configuration file; addresses stay those of the first time."""
        self.ini = re.sub(r"\{(\w+)\}", lambda match: self._value(match[1]), ini)
        self.ini_file.write_text(self.ini)

    def address(self, name):
        return self._values[name]

    def option(self, name, default=None):
        found = re.findall(rf"^\s*{re.escape(name)}\s*=\s*(.*?)\s*$", self.ini, re.M)
        return found[-1] if found else default

    def path(self, name):
        return self.directory / name

    # Its processes.

    @property
    def pid(self):
        """The master's."""
        return self._master

    def adopt_daemon(self, pid):
        """From now on the master is another process than the one that was started."""
        self._master = pid

    def worker_pids(self, router="http"):
        """The newest pid of each worker of a router, by number, as the log tells them."""
        return {int(number): int(pid) for name, number, pid in SPAWNED.findall(self.log)
                if name == router}

    def all_worker_pids(self):
        return {pid for router in ROUTERS for pid in self.worker_pids(router).values()}

    def keeper_pid(self):
        """The master's one child that is no worker, once that of before a reload has ended."""
        def one():
            workers = self.all_worker_pids()
            others = [pid for pid in processes.children_of(self.pid) if pid not in workers]
            return others[0] if len(others) == 1 else None

        return wait_until(one, 10, "one keeper beside the workers")

    def signal(self, number):
        os.kill(self.pid, number)

    # What it says.

    @property
    def log(self):
        named = map(self.option, ("logto", "logto2", "daemonize", "daemonize2"))
        files = [self._output_file, *(self.path(name) for name in named if name)]
        return "".join(file.read_text(errors="replace") for file in files if file.exists())

    def wait_for_log(self, text, timeout=5, count=1):
        """Until the log holds the text (a string, or a compiled pattern) `count` times."""
        pattern = text if isinstance(text, re.Pattern) else re.compile(re.escape(text))
        return wait_until(lambda: (found := list(pattern.finditer(self.log)))[count - 1:]
                          and found[count - 1], timeout, f"{pattern.pattern!r} in the log")

    def stats_text(self, name="stats"):
        if self._host:
            return self._host.read(self.address(name))
        with connect(self.address(name)) as connection:
            return receive_all(connection)

    def stats(self, name="stats"):
        return json.loads(self.stats_text(name))

    def tls(self):
        return self.stats()["tls"]

    def wait_for_stats(self, condition, timeout=5, what="the stats"):
        def holds():
            stats = self.stats()
            return stats if condition(stats) else None

        return wait_until(holds, timeout, what, interval=0.05)

    # Its life.

    def wait_for_new_workers(self, before, timeout=10):
        """Until as many workers as configured have begun that were not in `before`."""
        wanted = self._workers_wanted()
        old = set(before.values())
        wait_until(lambda: len(self.all_worker_pids() - old) >= wanted, timeout, "new workers")

    def _workers_wanted(self):
        has = {router: any(map(self.option, names)) for router, names in ROUTERS.items()}
        applications = self.option("module") or self.option("wsgi-file") or self.option("mount")
        routers = [router for router in ROUTERS if has[router]]
        if not routers and not applications and not self.option("udprepeater"):
            routers = ["http"]
        return sum(int(self.option(f"{router}-processes", 1)) for router in routers)

    def reload(self):
        """HUP, and wait for workers of the new configuration."""
        before = self.worker_pids()
        self.signal(signal.SIGHUP)
        self.wait_for_new_workers(before)

    def wait_until_ready(self):
        wanted = self._workers_wanted()

        def ready():
            if not self.option("daemonize"):
                assert self.process.poll() is None, \
                    f"ended with {self.process.returncode} at its start:\n{self.log}"
            # The master comes when all sockets of applications are bound.
            bound = wanted or "spawned uWSGI master process" in self.log
            return bound and len(self.all_worker_pids()) >= wanted
        wait_until(ready, 10, f"{wanted} workers")
        reachable = self._host.can_connect if self._host else can_connect
        for name in ("stats", "rawrouter-stats"):
            if ":" in self.option(name, ""):
                wait_until(lambda: reachable(self.option(name)), what="the stats port")

    def wait_for_end(self, timeout=10):
        """The exit status of what was started."""
        return self.process.wait(timeout * TIME_FACTOR)

    def stop(self):
        """SIGINT, and the exit status."""
        self.signal(signal.SIGINT)
        return self.wait_for_end()

    def end(self):
        """Ends everything; a list of what was wrong: leftovers, a hang, a sanitizer's report."""
        wrong = []
        if self._master_runs():
            self.signal(signal.SIGINT)
            if not self._gone_within(1, lambda: not self._master_runs()):
                self.signal(signal.SIGINT)   # not to wait for requests that the test left behind
            if not self._gone_within(10, lambda: not self._master_runs()):
                wrong.append("the master did not stop at SIGINT")
                self._kill(self.pid)
        if not self._gone_within(3, lambda: not processes.marked_with(self.mark)):
            left = processes.marked_with(self.mark)
            wrong.append(f"processes were left behind: {left}")
            for pid in left:
                self._kill(pid)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(5)
        if SANITIZER_REPORT.search(self.log):
            wrong.append("a sanitizer reported an error, see the log")
        return wrong

    def remove_files(self):
        shutil.rmtree(self.directory, ignore_errors=True)

    def _master_runs(self):
        # Its number may be another process's by now.
        return processes.is_running(self.pid) and self.pid in processes.marked_with(self.mark)

    def _gone_within(self, seconds, condition):
        try:
            def gone():
                self.process.poll()
                return condition()
            wait_until(gone, seconds)
            return True
        except AssertionError:
            return False

    @staticmethod
    def _kill(pid):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def _value(self, name):
        if name not in self._values:
            self._values[name] = free_address()
        return self._values[name]


def port_of(address):
    return split(address)[1]
