"""`openssl s_client`, the client that the documents tell people to try."""

import subprocess
from dataclasses import dataclass

from .clients import request_bytes
from .waiting import TIME_FACTOR


@dataclass
class Outcome:
    status: int
    output: str

    @property
    def reused(self):
        return "\nReused, " in self.output


def run(address, *arguments, send=b""):
    """To its end: it leaves when its input ends."""
    return _run(address, arguments, send)


def get(address, *arguments):
    """One request, and its answer read to the end, so that TLS 1.3 tickets arrive."""
    return _run(address, ("-ign_eof", *arguments), request_bytes())


def _run(address, arguments, send):
    done = subprocess.run(["openssl", "s_client", "-connect", address, *map(str, arguments)],
                          input=send, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=15 * TIME_FACTOR)
    return Outcome(done.returncode, done.stdout.decode(errors="replace"))
