"""A started program and all that it forks: what they cost, and their end."""

import os
import signal
import subprocess
import time
from pathlib import Path

TICK_NS = 10**9 // os.sysconf("SC_CLK_TCK")
REST_STEP = 0.02
REST_LIMIT = 2.0
RESTING_NS = 150_000  # of CPU time in one step
ENDING_LIMIT = 3.0
KILLING_LIMIT = 30.0


def stat_fields(pid, thread=None):
    """The fields of /proc/PID/stat from the third (state) on; None if there is no such process."""
    file = f"/proc/{pid}/stat" if thread is None else f"/proc/{pid}/task/{thread}/stat"
    try:
        text = Path(file).read_text()
    except OSError:
        return None
    return text[text.rindex(")") + 2:].split()


def all_pids():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def descendants(root, parents):
    """`root` and everything below it; `parents` maps each process to its parent."""
    children = {}
    for pid, parent in parents.items():
        children.setdefault(parent, []).append(pid)
    found, queue = [], [root]
    while queue:
        pid = queue.pop()
        found.append(pid)
        queue.extend(children.get(pid, []))
    return sorted(found)


def cpu_of(clocks, reaped):
    """Nanoseconds of a whole tree: `clocks` are those of its processes (with their ended threads),
    `reaped` what each process has inherited from children that ended. A child that ends between two
    readings moves from the one to the other, so that the difference of two readings stays true."""
    return sum(clocks) + sum(reaped)


class Tree:
    """A program in the foreground, in a session of its own. `with` ends everything in it."""

    def __init__(self, command, log, stop_signal=signal.SIGTERM, **options):
        self.stop_signal = stop_signal
        self.root = subprocess.Popen([str(word) for word in command], stderr=log,
                                     start_new_session=True, **options)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def pids(self):
        """All processes now; also those whose parent has ended, by their session."""
        parents, members = {}, []
        for pid in all_pids():
            fields = stat_fields(pid)
            if fields is None or fields[0] == "Z":
                continue
            parents[pid] = int(fields[1])
            if int(fields[3]) == self.root.pid:
                members.append(pid)
        found = set(members)
        if self.root.pid in parents:
            found.update(descendants(self.root.pid, parents))
        return sorted(found)

    def threads(self):
        return [(pid, int(thread)) for pid in self.pids()
                for thread in _list(f"/proc/{pid}/task")]

    def cpu_ns(self):
        clocks, reaped = [], []
        for pid in self.pids():
            fields = stat_fields(pid)
            try:
                clock = time.clock_gettime_ns(_clock_id(pid))
            except OSError:
                continue  # ended just now
            clocks.append(clock)
            if fields is not None:
                reaped.append((int(fields[13]) + int(fields[14])) * TICK_NS)
        return cpu_of(clocks, reaped)

    def cpu_at_rest(self):
        """CPU time once it has stopped growing and no thread waits for a CPU: what was asked for has
        then been done."""
        deadline = time.monotonic() + REST_LIMIT
        last = self.cpu_ns()
        while time.monotonic() < deadline:
            time.sleep(REST_STEP)
            now = self.cpu_ns()
            if now - last < RESTING_NS and not self._runnable():
                return now
            last = now
        return last

    def _runnable(self):
        return any(_state(pid, thread) == "R" for pid, thread in self.threads())

    def memory_kib(self):
        """(PSS, how much of it is memory that the processes share on purpose, as caches are)."""
        total = shared = 0
        for pid in self.pids():
            try:
                text = Path(f"/proc/{pid}/smaps").read_text()
            except OSError:
                continue
            for size, is_shared in _mappings(text):
                total += size
                shared += size if is_shared else 0
        return total, shared

    def voluntary_switches(self):
        return sum(_voluntary_switches(pid, thread) for pid, thread in self.threads())

    def alive(self):
        return self.root.poll() is None

    def end(self):
        """Asks, waits, and kills what is left."""
        if self.alive():
            self.root.send_signal(self.stop_signal)
        self._wait_until_gone(ENDING_LIMIT)
        for pid in self.pids():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self._wait_until_gone(KILLING_LIMIT)
        self.root.wait()

    def _wait_until_gone(self, limit):
        deadline = time.monotonic() + limit
        while self.pids() and time.monotonic() < deadline:
            self.root.poll()
            time.sleep(0.02)


def _clock_id(pid):
    return (~pid << 3) | 2  # what clock_getcpuclockid(3) makes of a process id


def _list(directory):
    try:
        return os.listdir(directory)
    except OSError:
        return []


def _state(pid, thread):
    fields = stat_fields(pid, thread)
    return fields[0] if fields else None


def _voluntary_switches(pid, thread):
    try:
        text = Path(f"/proc/{pid}/task/{thread}/status").read_text()
    except OSError:
        return 0
    for line in text.splitlines():
        if line.startswith("voluntary_ctxt_switches:"):
            return int(line.split()[1])
    return 0


def _mappings(smaps):
    """(PSS in KiB, whether it is anonymous shared memory) of each mapping in the text of smaps."""
    is_shared = False
    for line in smaps.splitlines():
        words = line.split()
        if not words[0].endswith(":"):  # a mapping's first line: range, permissions, ..., name
            name = words[5] if len(words) > 5 else ""
            is_shared = words[1].endswith("s") and name.startswith(
                ("/memfd:", "/dev/zero", "/dev/shm/", "/SYSV"))
        elif words[0] == "Pss:":
            yield int(words[1]), is_shared
