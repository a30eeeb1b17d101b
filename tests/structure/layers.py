#!/usr/bin/env python3
"""Keeps the includes to the table of layers in src/README.md, and files to a size.

A row of the table is: | folder | what it is | the folders of ours that it may include |"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 400
LONG = 300


def table():
    """Folder -> the folders that it may include, itself among them."""
    allowed = {}
    for line in (ROOT / "src" / "README.md").read_text().splitlines():
        row = [cell.strip(" `") for cell in line[1:-1].split("|")]
        if line.startswith("| `") and len(row) == 3:
            allowed[row[0]] = {row[0], *re.findall(r"\w+", row[2])}
    return allowed


def sources():
    for top in ("parsers", "compat", "src"):
        for file in sorted((ROOT / top).rglob("*.[ch]pp")):
            parts = file.relative_to(ROOT).parts
            yield file, parts[1] if top == "src" else top


def main():
    allowed, problems = table(), []
    for file, folder in sources():
        name, lines = file.relative_to(ROOT), file.read_text().splitlines()
        if folder not in allowed:
            problems.append(f"{name}:1: the folder {folder} is not in the table of src/README.md")
            continue
        for number, line in enumerate(lines, 1):
            include = re.match(r'#include "([^"/]+)/', line)
            if include and include[1] not in allowed[folder]:
                may = ", ".join(sorted(allowed[folder] - {folder})) or "nothing of ours"
                problems.append(f"{name}:{number}: {folder} may not include {include[1]}, "
                                f"but {may}")
        if len(lines) > LONGEST:
            problems.append(f"{name}:{len(lines)}: longer than {LONGEST} lines")
        elif len(lines) > LONG:
            print(f"{name} has {len(lines)} lines")
    print("\n".join(problems) or "layers: all includes are as the table has them")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
