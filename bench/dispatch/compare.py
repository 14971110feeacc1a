"""Runs solvers on the same days on this machine and prints a comparison."""

import argparse
import json
import statistics
from pathlib import Path

from peers import SOLVERS
from score import matrix, score


def run(name, files):
    solver, amount = name.rsplit(":", 1)
    figures = {}
    for file in files:
        day = json.loads(file.read_text())
        ways = matrix(day)
        routes, seconds = SOLVERS[solver](day, file, ways, int(amount))
        figures[file.stem] = score(day, ways, routes) | {"ms": seconds * 1000}
    return figures


def row(name, figures, reference):
    alike = [
        100 * (ours["travel"] / theirs["travel"] - 1)
        for day, ours in figures.items()
        if (theirs := reference[day])["unserved"] == ours["unserved"] and theirs["travel"]
    ]
    gap = f"{statistics.mean(alike):.2f} % of {len(alike)}" if alike else "-"
    mean = lambda what: statistics.mean(day[what] for day in figures.values())
    print(
        f"| {name} | {sum(day['unserved'] for day in figures.values())} | {gap} "
        f"| {statistics.median(day['ms'] for day in figures.values()):.1f} | {mean('longest'):.0f} "
        f"| {mean('spread'):.0f} | {mean('share'):.2f} | {mean('share_spread'):.2f} |",
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("days", type=Path, help="a folder of days in the neutral format")
    parser.add_argument("--run", action="append", required=True, metavar="NAME:AMOUNT")
    parser.add_argument("--reference", metavar="NAME:AMOUNT", help="by default the last run")
    parser.add_argument("--reference-file", type=Path, help="file of the reference's figures; read if it exists")
    arguments = parser.parse_args()
    files = sorted(arguments.days.glob("*.json"))
    if not files:
        parser.error("the folder has no days")
    reference_name = arguments.reference or arguments.run[-1]
    kept = arguments.reference_file
    if kept and kept.exists():
        reference = json.loads(kept.read_text())
    else:
        reference = run(reference_name, files)
        if kept:
            kept.write_text(json.dumps(reference))
    print("| solver | unserved priority | travel gap | median ms | longest day, min | spread, min | largest share | spread of shares |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name in arguments.run:
        row(name, reference if name == reference_name else run(name, files), reference)


if __name__ == "__main__":
    main()
