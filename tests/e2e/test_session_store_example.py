"""examples/session-store runs as it stands."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from harness.node import BINARY
from harness.waiting import TIME_FACTOR

SCRIPT = Path(__file__).parents[2] / "examples" / "session-store" / "run.sh"


def run(*arguments, cwd=None):
    return subprocess.run([SCRIPT, *arguments], cwd=cwd, capture_output=True, text=True,
                          env={**os.environ, "REPRISE": str(BINARY)}, timeout=100 * TIME_FACTOR)


@pytest.mark.deadline(110)
@pytest.mark.parametrize("engine, program", [("redis", "redis-cli"), ("memcached", "memcached")])
def test_sessions_resume_on_the_other_node(engine, program):
    if not shutil.which(program):
        pytest.skip(f"there is no {program}")
    ended = run(engine)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert [line.split(":")[0] for line in ended.stdout.splitlines()] == ["tls1_2", "tls1_3"]


def test_it_says_how_it_is_used():
    ended = run(cwd=SCRIPT.parents[1])
    assert ended.returncode == 2
    assert "run.sh memcached" in ended.stdout
