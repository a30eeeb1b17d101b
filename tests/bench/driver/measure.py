"""One measurement of one server."""

import time
from dataclasses import asdict, dataclass, field

from .client import Client
from .figures import per_operation
from .rows import GIB, MIB
from .syscalls import Counting


@dataclass
class Sample:
    """A round of one row with one server. What could not be measured is None, `error` says why."""

    cost: float = None  # microseconds of CPU an operation, or seconds a GiB; wake-ups; KiB
    shared: float = None  # KiB of `cost` that are in memory which processes share
    resumed: float = None
    retries: float = None
    p50_us: float = None
    p99_us: float = None
    error: str = None

    def as_dict(self):
        return asdict(self)


@dataclass
class Calls:
    """System calls per operation (bulk rows: per MiB)."""

    per_operation: float = None
    by_name: dict = field(default_factory=dict)  # per operation as well
    error: str = None

    def named(self, beginning):
        return sum((n for name, n in self.by_name.items() if name.startswith(beginning)), 0.0)

    def as_dict(self):
        return asdict(self)


class Bench:
    def __init__(self, build, scale):
        self.build = build
        self.scale = scale

    def sample(self, row, server):
        """Never raises for what a server does wrong."""
        measure = {"cpu": self._cpu, "idle": self._idle, "wake": self._wake}[row.kind]
        try:
            return measure(row, server)
        except (RuntimeError, OSError) as error:
            return Sample(error=str(error))

    def count_calls(self, row, server):
        try:
            return self._count_calls(row, server)
        except (RuntimeError, OSError) as error:
            return Calls(error=str(error))

    def _cpu(self, row, server):
        with Client(self.build, server.port, row.sized(self.scale)) as client:
            before = server.tree.cpu_at_rest()
            result = client.measured_phase()
            after = server.tree.cpu_at_rest()
            return _sample_of(row, (after - before) / 1000, result, client)

    def _count_calls(self, row, server):
        with Client(self.build, server.port, row.sized_for_strace()) as client:
            counting = Counting(server.tree, server.log.parent)
            try:
                result = client.measured_phase()
                server.tree.cpu_at_rest()
            finally:
                calls = counting.stop()
        units = result["operations"]
        if row.bytes:
            units *= row.sized_for_strace()["bytes"] / MIB
        return Calls(per_operation(sum(calls.values()), units),
                     {name: per_operation(n, units) for name, n in calls.items()},
                     _error_in(result))

    def _idle(self, row, server):
        arguments = row.sized(min(1, self.scale))
        with Client(self.build, server.port, arguments) as client:
            server.tree.cpu_at_rest()
            before, shared_before = server.tree.memory_kib()
            result = client.measured_phase()
            server.tree.cpu_at_rest()
            after, shared_after = server.tree.memory_kib()
        count = result["operations"]
        return Sample(cost=per_operation(after - before, count),
                      shared=per_operation(shared_after - shared_before, count),
                      error=_error_in(result))

    def _wake(self, row, server):
        with Client(self.build, server.port, row.sized(min(1, self.scale))) as client:
            server.tree.cpu_at_rest()
            started, start = time.monotonic(), server.tree.voluntary_switches()
            result = client.measured_phase()
            time.sleep(0.1)
            ended, end = time.monotonic(), server.tree.voluntary_switches()
            # What the processes do anyway, in as much time, with as many connections.
            time.sleep(ended - started)
            idle = server.tree.voluntary_switches() - end
        return Sample(cost=per_operation(end - start - idle, result["operations"]),
                      error=_error_in(result))


def _sample_of(row, microseconds, result, client):
    count = result["operations"]
    if row.bytes:
        sent = count * row.bytes  # the scale changes how many
        cost = per_operation(microseconds / 1e6, sent / GIB)
    else:
        cost = per_operation(microseconds, count)
    handshakes = row.arguments["scenario"] in ("full", "resumed", "request")
    return Sample(
        cost=cost,
        resumed=per_operation(result["resumed"], count) if handshakes else None,
        retries=per_operation(result["retries"], count) if handshakes else None,
        p50_us=result["p50_us"], p99_us=result["p99_us"],
        error=_error_in(result) or ("no session to offer" if row.resumes and not client.sessions
                                    else None))


def _error_in(result):
    return f"{result['errors']} errors: {result['first_error']}" if result["errors"] else None
