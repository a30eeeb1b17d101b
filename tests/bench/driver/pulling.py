"""What a session costs a handshake that has to be asked for on the node that made it."""

import subprocess
import tempfile
import time
from pathlib import Path

from .delay import VERSIONS, line, report
from .nodes import free_udp_address, reprise_with

MEETING = 3  # seconds until nodes know each other


def measure(run):
    """Markdown. As `delay`, but the first node has no list of others, so it tells nobody: what resumes
    on the second was pulled."""
    here, there = free_udp_address(), free_udp_address()
    count = max(20, round(1000 * run.bench.scale))
    with tempfile.TemporaryDirectory() as directory:
        secret = Path(directory) / "secret"
        subprocess.run([run.build / "reprise", "genkey", secret], check=True)
        with run.start(reprise_with(run.build, "first", [], here, secret)) as first, \
                run.start(reprise_with(run.build, "second", [here], there, secret)) as second:
            time.sleep(MEETING)
            lines = [line(f"{name}, pulled", version, first, second, count)
                     for name, version in VERSIONS.items()]
    return report(lines)
