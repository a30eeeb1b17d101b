"""What the tests read about processes from /proc."""

import ctypes
import os
import re
import socket
from pathlib import Path

from .waiting import TIME_FACTOR

MARK = "REPRISE_E2E_NODE"


def parent_of(pid):
    return _stat(pid)[1]


def session_and_terminal_of(pid):
    """The session's number, and the terminal's or 0."""
    return tuple(int(field) for field in _stat(pid)[3:5])


def is_running(pid):
    """False for zombies too: nobody may have waited for them yet."""
    try:
        return _stat(pid)[0] not in "ZX"
    except (OSError, IndexError):
        return False


def children_of(pid):
    return sorted(child for child in _all() if _parent_or_none(child) == pid)


def marked_with(mark):
    """Every process that carries the mark in its environment, except zombies."""
    wanted = f"{MARK}={mark}".encode()
    found = []
    for pid in _all():
        try:
            if wanted in Path(f"/proc/{pid}/environ").read_bytes() and is_running(pid):
                found.append(pid)
        except OSError:
            continue
    return found


def ids_of(pid):
    """(real, effective, saved, file system) user ids, the same of the group, and the groups."""
    text = Path(f"/proc/{pid}/status").read_text()

    def numbers(name):
        return tuple(int(x) for x in re.search(rf"^{name}:(.*)$", text, re.M)[1].split())

    return numbers("Uid"), numbers("Gid"), numbers("Groups")


def ignores(pid, number):
    text = Path(f"/proc/{pid}/status").read_text()
    return bool(int(re.search(r"^SigIgn:\s+(\w+)", text, re.M)[1], 16) >> number - 1 & 1)


def cpu_seconds(pid):
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_kib(pid):
    """Memory of its own: shared pages (the cache among them) are not counted. 0 in a sanitizer
    build, which puts fences around every allocation."""
    if TIME_FACTOR != 1:
        return 0
    text = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"^RssAnon:\s+(\d+)", text, re.M)[1])


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def socket_of(pid, fd):
    """A socket that another process has open, to look at."""
    pidfd_getfd = 438   # its number on every architecture
    process = os.pidfd_open(pid)
    copy = ctypes.CDLL(None, use_errno=True).syscall(pidfd_getfd, process, fd, 0)
    problem = ctypes.get_errno()
    os.close(process)
    if copy < 0:
        raise OSError(problem, os.strerror(problem))
    return socket.socket(fileno=copy)


def _all():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _parent_or_none(pid):
    try:
        return parent_of(pid) if is_running(pid) else None
    except OSError:
        return None


def _stat(pid):
    """The fields of /proc/PID/stat from the state on; the command may hold blanks."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    fields[1] = int(fields[1])
    return fields
