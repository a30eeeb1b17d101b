"""End-to-end tests: the program from outside, through its ports, files and signals.

REPRISE_BINARY names the program (default: build/reprise beside the tests' tree), and
REPRISE_TIME_FACTOR stretches every limit for slow (sanitizer) builds.
"""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from harness.fixtures import *  # noqa: E402,F401,F403  (the fixtures themselves)
from harness.node import BINARY  # noqa: E402


def pytest_configure(config):
    config.addinivalue_line("markers", "deadline(seconds): how long this test may take")


def pytest_sessionstart(session):
    if not session.config.option.collectonly and not os.access(BINARY, os.X_OK):
        raise pytest.UsageError(f"no program at {BINARY}: build it or set REPRISE_BINARY")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    if call.when == "call":
        item.test_failed = outcome.get_result().failed
