"""What Reprise should reach, and whether it does."""

from dataclasses import dataclass
from typing import Callable

FULL = ["full-1.2-rsa", "full-1.3-rsa", "full-1.2-p256", "full-1.3-p256", "full-default"]
US = "reprise"
US_HTTP = "reprise-http"  # before the backend that nginx and HAProxy have


@dataclass
class Target:
    words: str
    limit: float
    figure: Callable  # of Results; None if not measured
    at_least: bool = False

    def met_by(self, value):
        return value >= self.limit if self.at_least else value <= self.limit


def ratio(key, other, us=US):
    return lambda results: results.ratio(key, us, other)


def not_behind(words, key, *peers, us=US):
    whose = "" if us == US else f" ({us})"
    return [Target(f"{words}{whose}, x {peer}", 1.0, ratio(key, peer, us)) for peer in peers]


def calls(key):
    return lambda results: results.calls_of(key, US)


def highest_ratio_of_full(results):
    found = [results.ratio(key, US, "floor") for key in FULL]
    return max((value for value in found if value is not None), default=None)


def lowest_resumed(results):
    found = [results.worst(row.key, US, "resumed") for row in results.rows if row.resumes]
    return min((value for value in found if value is not None), default=None)


def idle_without_cache(results):
    total, shared = results.figure("idle", US), results.figure("idle", US, "shared")
    return None if total is None else total - shared


TARGETS = [
    Target("full handshakes, the worst row, x floor", 1.10, highest_ratio_of_full),
    Target("HelloRetryRequests per handshake of an unconfigured client", 0,
           lambda results: results.figure("full-default", US, "retries")),
    Target("resumed by id, x floor", 1.10, ratio("resumed-1.2", "floor")),
    Target("resumed by id, system calls", 12, calls("resumed-1.2")),
    Target("resumed TLS 1.3 with P-256 clients, x floor", 1.05, ratio("resumed-1.3", "floor")),
    Target("resumed TLS 1.3 with unconfigured clients, x uwsgi", 0.85,
           ratio("resumed-default", "uwsgi")),
    Target("resumed fraction, the worst row and round", 1.0, lowest_resumed, at_least=True),
    Target("GET of 1 KiB, x uwsgi", 0.80, ratio("get-1k", "uwsgi")),
    *not_behind("GET of 1 KiB", "get-1k", "nginx-uwsgi"),
    *not_behind("GET of 1 KiB", "get-1k", "nginx", "haproxy", us=US_HTTP),
    *not_behind("GET on a connection of its own, full", "request-full", "nginx-uwsgi"),
    *not_behind("GET on a connection of its own, full", "request-full", "nginx", "haproxy",
                us=US_HTTP),
    *not_behind("GET on a connection of its own, resumed", "request-resumed", "nginx-uwsgi"),
    *not_behind("GET on a connection of its own, resumed", "request-resumed", "nginx", "haproxy",
                us=US_HTTP),
    *not_behind("websocket message", "websocket", "nginx", "haproxy", us=US_HTTP),
    *not_behind("bytes in websocket messages", "websocket-bulk", "nginx", "haproxy", us=US_HTTP),
    *not_behind("download", "download", "nginx", "haproxy"),
    *not_behind("upload", "upload", "nginx", "haproxy"),
    Target("download, x floor", 1.10, ratio("download", "floor")),
    Target("upload, x floor", 1.10, ratio("upload", "floor")),
    Target("KiB per idle connection beside shared memory", 20, idle_without_cache),
]
