"""Differential tests: the same configuration and the same client on Debian's uWSGI and on ours.

Both routers are the program under the same harness as the end-to-end tests (tests/e2e/harness).
"""

import os
import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "e2e"))

from harness.fixtures import *  # noqa: E402,F401,F403  (the fixtures themselves)
from harness.node import BINARY  # noqa: E402


def pytest_configure(config):
    config.addinivalue_line("markers", "deadline(seconds): how long this test may take")


def pytest_collection_modifyitems(items):
    if shutil.which("uwsgi") is None:
        for item in items:
            item.add_marker(pytest.mark.skip(reason="no uwsgi installed to compare with"))


def pytest_sessionstart(session):
    if not session.config.option.collectonly and not os.access(BINARY, os.X_OK):
        raise pytest.UsageError(f"no program at {BINARY}: build it or set REPRISE_BINARY")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    if call.when == "call":
        item.test_failed = outcome.get_result().failed


@pytest.fixture
def both(start):
    """Starts the same file on both programs: (uwsgi, reprise), each a Node."""

    def make(ini, ready=True, plugin="http", **values):
        theirs = start(ini.replace("[uwsgi]\n", f"[uwsgi]\nplugin = {plugin}\n", 1),
                       program="uwsgi", **values)
        ours = start(ini, **values)
        if ready:
            for node in (theirs, ours):
                node.wait_until_ready()
        return theirs, ours

    return make
