#!/usr/bin/env python3
"""Adds up what tests/run.sh ran. Usage: summary.py DIRECTORY

Reads every *.xml (JUnit) and *.step (one line: "passed|failed NAME") in the directory; prints the
slowest ten, what failed and what was skipped by name, and the closing line."""

import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path


def cases(directory):
    """(name, seconds, outcome, reason) of everything that ran or could not."""
    for file in sorted(directory.glob("*.xml")):
        for case in ElementTree.parse(file).iter("testcase"):
            name = f"{file.stem}: {case.get('classname', '')}.{case.get('name')}"
            seconds = float(case.get("time") or 0)
            skipped = case.find("skipped")
            failed = case.find("failure") is not None or case.find("error") is not None
            if skipped is not None:
                yield name, seconds, "skipped", skipped.get("message") or ""
            else:
                yield name, seconds, "failed" if failed else "passed", ""
    for file in sorted(directory.glob("*.step")):
        for line in file.read_text().splitlines():
            outcome, _, name = line.partition(" ")
            yield f"{file.stem}: {name}", 0.0, outcome, ""


def main(directory):
    found = list(cases(Path(directory)))
    print("\nThe slowest ten:")
    for name, seconds, _, _ in sorted(found, key=lambda case: -case[1])[:10]:
        print(f"  {seconds:7.2f} s  {name}")
    for outcome in ("skipped", "failed"):
        for name, _, each, reason in found:
            if each == outcome:
                print(f"{outcome}: {name}" + (f" ({reason})" if reason else ""))
    count = {outcome: sum(case[2] == outcome for case in found)
             for outcome in ("passed", "failed", "skipped")}
    print(f"reprise: {count['passed']} passed, {count['failed']} failed, "
          f"{count['skipped']} skipped")
    return 1 if count["failed"] or not count["passed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
