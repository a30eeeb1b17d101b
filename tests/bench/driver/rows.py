"""What is measured: one Row for each line of the tables."""

from dataclasses import dataclass, field

KIB = 1 << 10
MIB = 1 << 20
GIB = 1 << 30

IDLE_CONNECTIONS = 5000
MANY_WORKERS = 8


@dataclass
class Row:
    key: str
    title: str
    certificate: str
    arguments: dict = field(default_factory=dict)  # the client's
    operations: int = 0  # in a measured phase, at scale 1
    traced: int = 0  # in a phase under strace
    resumes: bool = False  # whether every connection should resume
    kind: str = "cpu"  # or "idle", "wake"
    bytes: int = 0  # of each body, where bytes are what counts

    def sized(self, scale):
        """The client's arguments for a measured phase."""
        operations = max(1, round(self.operations * scale))
        return self._with(operations, self.bytes)

    def sized_for_strace(self):
        return self._with(self.traced, min(self.bytes, 16 * MIB))

    def _with(self, operations, size):
        sized = {**self.arguments, "operations": operations}
        if size:
            sized["bytes"] = size
        if sized.get("sessions") == "each":
            sized["sessions"] = operations
        return sized


def full(key, title, certificate, operations=400, **arguments):
    return Row(key, title, certificate, {"scenario": "full", **arguments}, operations, traced=100)


def resumed(key, title, operations, **arguments):
    return Row(key, title, "p256", {"scenario": "resumed", **arguments}, operations, traced=200,
               resumes=True)


def after(how, words, version, by, operations):
    """Each session is used once, after its connection ended like this."""
    return resumed(f"resumed-{version}-after-{how}",
                   f"resumed, TLS {version} {by}, after {words}", operations,
                   **{"tls": version, "seed-end": how, "sessions": "each"})


def bulk(key, title, direction):
    transfers = 4
    return Row(key, title, "p256",
               {"scenario": "exchange", "direction": direction, "concurrency": transfers,
                "warm-up": transfers},
               transfers, traced=transfers, bytes=GIB // transfers)


def request(key, words, operations, **arguments):
    """A connection for each request, as without keep-alive."""
    return Row(key, f"GET of 1 KiB on a connection of its own, {words}", "p256",
               {"scenario": "request", "bytes": 1024, "tls": "1.3", **arguments}, operations,
               traced=100, resumes=arguments.get("sessions") != 0)


ROWS = [
    full("full-1.2-rsa", "full, TLS 1.2, RSA-2048", "rsa", tls="1.2"),
    full("full-1.3-rsa", "full, TLS 1.3, RSA-2048", "rsa", tls="1.3"),
    full("full-1.2-p256", "full, TLS 1.2, P-256", "p256", tls="1.2"),
    full("full-1.3-p256", "full, TLS 1.3, P-256", "p256", tls="1.3"),
    full("full-default", "full, unconfigured client, P-256 certificate", "p256", client="default"),
    resumed("resumed-1.2", "resumed, TLS 1.2 by session id", 1500, tls="1.2"),
    resumed("resumed-1.3", "resumed, TLS 1.3, P-256", 500, tls="1.3"),
    resumed("resumed-default", "resumed, unconfigured client", 500, client="default"),
    after("fin", "FIN without close_notify", "1.2", "by session id", 800),
    after("reset", "RST", "1.2", "by session id", 800),
    after("fin", "FIN without close_notify", "1.3", "P-256", 400),
    after("reset", "RST", "1.3", "P-256", 400),
    Row("get-1k", "GET of 1 KiB, kept alive", "p256",
        {"scenario": "exchange", "bytes": 1024, "warm-up": 500}, 8000, traced=500),
    request("request-full", "full handshake", 400, sessions=0),
    request("request-resumed", "resumed", 400),
    Row("websocket", "websocket message of 64 bytes, there and back", "p256",
        {"scenario": "websocket", "bytes": 64, "warm-up": 500}, 10000, traced=500),
    Row("websocket-bulk", "1 GiB in websocket messages of 64 KiB, there and back", "p256",
        {"scenario": "websocket", "warm-up": 100}, 8192, traced=64, bytes=64 * KIB),
    bulk("download", "download of 1 GiB (four of 256 MiB)", "down"),
    bulk("upload", "upload of 1 GiB (four of 256 MiB)", "up"),
    Row("idle", "idle connection", "p256",
        {"scenario": "idle", "bytes": 1024, "warm-up": 200}, IDLE_CONNECTIONS, kind="idle"),
    Row("wake-alone", "wake-ups per connection, one at a time", "p256",
        {"scenario": "knock", "burst": 1, "pause": 4}, 200, traced=100, kind="wake"),
    Row("wake-burst", "wake-ups per connection, bursts of 16", "p256",
        {"scenario": "knock", "burst": 16, "pause": 40}, 320, traced=160, kind="wake"),
]
