"""Plans Solomon's instances and prints the gaps to the distances of solomon.csv.

The distance is recomputed in double precision, and the plan checked against the rules, from
the text of the instance alone. The instances are not part of this repository.
"""

import argparse
import csv
import json
import math
import statistics
import subprocess
import time
from pathlib import Path

import peers

KEPT = Path(__file__).parent / "solomon.csv"
# Sums of a hundred distances differ by less, whatever their order.
ROUNDING = 1e-6
# Per cent; the kept distances have four decimals. A plan further below is shorter than the kept one.
BELOW = -0.0001


def read(text):
    """The capacity and the rows: number, x, y, demand, ready, due, service; the depot first."""
    lines = [line.split() for line in text.splitlines()]
    rows = [[int(word) for word in line] for line in lines if line and all(word.lstrip("-").isdigit() for word in line)]
    (vehicles, capacity), *rows = rows
    return vehicles, capacity, rows


def distance(text, routes):
    """Returns the distance of a plan; raises ValueError if it breaks a rule or leaves a customer out."""
    vehicles, capacity, rows = read(text)
    depot, total, seen = rows[0], 0.0, []
    far = lambda a, b: math.hypot(a[1] - b[1], a[2] - b[2])
    if len(routes) > vehicles:
        raise ValueError(f"{len(routes)} routes for {vehicles} vehicles")
    for route in routes:
        at, now = depot, float(depot[4])
        for number in route:
            row = rows[number + 1]
            now = max(now + far(at, row), row[4])
            if now > row[5] + ROUNDING:
                raise ValueError(f"customer {row[0]} is served too late")
            now += row[6]
            total += far(at, row)
            at = row
        total += far(at, depot)
        if now + far(at, depot) > depot[5] + ROUNDING:
            raise ValueError("a route ends too late")
        if sum(rows[number + 1][3] for number in route) > capacity:
            raise ValueError("a route carries too much")
        seen += route
    if sorted(seen) != list(range(len(rows) - 1)):
        raise ValueError("a customer is left out or served twice")
    return total


def plan(file, amount):
    order = [peers.GRIDWARD, "dispatch", "solve", file, "--time-ms", str(amount), "--threads", "1", "--objective", "travel", "--json"]
    began = time.perf_counter()
    answer = json.loads(subprocess.run(order, check=True, capture_output=True).stdout)
    return [route["visits"] for route in answer["routes"]], time.perf_counter() - began


def compare(amount, files, best):
    """Each instance's gap in per cent, and the seconds of each process."""
    gaps, took = {}, []
    for name, file in files.items():
        routes, seconds = plan(file, amount)
        gaps[name] = 100 * (distance(file.read_text(), routes) / best[name] - 1)
        took.append(seconds)
    return gaps, took


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="the instances, each NAME.txt as Solomon wrote it")
    parser.add_argument("--run", action="append", required=True, metavar="gridward:MILLISECONDS")
    parser.add_argument("--each", action="store_true", help="print every instance's gap too")
    arguments = parser.parse_args()
    kept = (line for line in KEPT.read_text().splitlines() if not line.startswith("#"))
    best = {row["instance"]: float(row["distance"]) for row in csv.DictReader(kept)}
    files = {file.stem.upper(): file for file in sorted(arguments.folder.glob("*.txt")) if file.stem.upper() in best}
    if not files:
        parser.error("the folder has no instances of Solomon")
    print("| run | instances | mean gap | largest gap | shorter than kept | median s |\n| --- | --- | --- | --- | --- | --- |")
    for name in arguments.run:
        solver, _, amount = name.partition(":")
        if solver != "gridward" or not amount.isdigit():
            parser.error(f"not a run: {name}")
        gaps, took = compare(int(amount), files, best)
        worst = max(gaps, key=gaps.get)
        mean = statistics.mean(gaps.values())
        below = sum(gap < BELOW for gap in gaps.values())
        print(f"| {name} | {len(gaps)} of {len(best)} | {mean:.2f} % | {gaps[worst]:.2f} % ({worst}) | {below} | {statistics.median(took):.2f} |", flush=True)
        if arguments.each:
            print("\n".join(f"| {name} {instance} | | {gap:.3f} % | | | |" for instance, gap in gaps.items()), flush=True)


if __name__ == "__main__":
    main()
