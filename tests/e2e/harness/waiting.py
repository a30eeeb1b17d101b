"""Waiting for a condition instead of for a time."""

import os
import time

# A sanitizer build is several times slower; REPRISE_TIME_FACTOR stretches every limit.
TIME_FACTOR = float(os.environ.get("REPRISE_TIME_FACTOR", "1"))


def wait_until(condition, timeout=5.0, what="the condition", interval=0.02):
    """The first true value of `condition()`; AssertionError if there is none in time."""
    end = time.monotonic() + timeout * TIME_FACTOR
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {timeout:g} s in vain for {what}")
        time.sleep(interval)
