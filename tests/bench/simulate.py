#!/usr/bin/env python3
"""What clusters of 3 to 3,000 nodes cost, by simulation: a table in Markdown, and a plot.

    tests/bench/simulate.py --plot simulation.svg"""

import argparse
import dataclasses
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from simulation import model, plot, tables  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same numbers")
    parser.add_argument("--sessions", type=int, default=2500, help="of each cluster, to look at")
    parser.add_argument("--plot", type=Path, help="a file for the SVG")
    parser.add_argument("--json", type=Path, help="a file for all results")
    options = parser.parse_args()
    results = model.run_all(options.seed, options.sessions)
    print(tables.as_text(results), end="")
    if options.plot:
        options.plot.write_text(plot.as_svg(results))
    if options.json:
        options.json.write_text(json.dumps([dataclasses.asdict(each) for each in results], indent=1))


if __name__ == "__main__":
    main()
