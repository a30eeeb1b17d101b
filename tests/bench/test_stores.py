"""The benchmark of stores runs, and says what it is for; its numbers are for a quiet machine."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
PROGRAM = Path(os.environ.get("REPRISE_BINARY") or HERE.parents[1] / "build" / "reprise")
SERVERS = ("redis-server", "redis-cli", "memcached", "openssl")


@pytest.mark.skipif(not PROGRAM.exists(), reason="the program is not built")
@pytest.mark.skipif(not all(map(shutil.which, SERVERS)), reason="a store's server is missing")
def test_a_quick_look():
    run = subprocess.run(
        [sys.executable, HERE / "stores.py", "--quick", "--build", PROGRAM.parent,
         "--parts", "look-up,suspended,trouble"],
        capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stdout + run.stderr
    for line in ("| redis, TLSv1_2", "| cluster, TLSv1_3", "| memcached, TLSv1_2",
                 "| TLS 1.2 by session id", "| SIGSTOP", "| 500 ms slow"):
        assert line in run.stdout, run.stdout
