#!/usr/bin/env python3
"""Serves a full demo district (62,000 beneficiaries), opens cases, half of them hardships that wait for a grid, half
questions that wait for a village, lets one in sixteen become overdue, and measures the lists of cases by who waits, also
as those who wait, an audience by its cases, and the year of each regime, side by side with two ceilings of the same run:
the health check and a plain list of 50 beneficiaries. A list without a case ends the measurement.

    bench/programme.py                                  SQLite
    tests/with-postgres bench/programme.py --postgres   SQLite and PostgreSQL

Another binary than the release: --binary target/quick/gridward.
"""
import argparse, datetime, json, re, sys, time
from concurrent.futures import ThreadPoolExecutor

import installation
from campaign import signed_in
from find import PASSWORD, measure
from installation import Caller

# The last digit of an id is random. `escalates_on` stays, so that no case rises to another level.
AGED = "UPDATE cases SET due_on = '{}' WHERE result IS NULL AND due_on IS NOT NULL AND substr(id, 36, 1) = '0'"


def opened(base, token, homes, threads):
    """Opens a case for each of these beneficiaries; answers the seconds."""
    def run(part):
        caller = Caller(base, token)
        for n, home in enumerate(part):
            kind, of = ("station_desk", "policy") if n % 2 else ("three_hardships", "housing")
            body = {"kind": kind, "class": of, "beneficiary_id": home["id"], "source": "phone", "detail": "厨房屋顶漏雨"}
            caller.call("POST", "/v1/cases", body, want=201)
    began = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        # A call that fails ends the measurement, as the list asks each part how it ended.
        list(pool.map(run, [homes[n::threads] for n in range(threads)]))
    return time.perf_counter() - began


def listed(caller, cases):
    """As many beneficiaries."""
    homes, cursor = [], ""
    while len(homes) < cases:
        page = json.loads(caller.call("GET", f"/v1/beneficiaries?limit=200{cursor}"))
        homes += page["items"]
        cursor = f"&cursor={page['next_cursor']}"
    return homes[:cases]


def cases_at(caller, path):
    """Checks that the list has cases."""
    if not json.loads(caller.call("GET", path))["items"]:
        sys.exit(f"GET {path}: no case is there")


def district(demo, address, options, name):
    printed = demo.run("demo")
    accounts = re.findall(r"^\s+(supervisor|manager)\s+(\d+)\s+\S+\s+\((\d+)\)", printed, re.M)
    phones = {len(area): phone for _, phone, area in accounts}
    with demo.served() as (_, base):
        caller = signed_in(base, phones[6], PASSWORD)
        token = caller.headers["Authorization"].removeprefix("Bearer ")
        homes = listed(caller, options.cases)
        took = opened(base, token, homes, options.threads)
        print(f"\n{name}: {options.cases} cases opened in {took:.1f} s by {options.threads} callers")
    installation.execute(address, AGED.format(datetime.date.today() - datetime.timedelta(days=7)))
    with demo.served() as (_, base):
        supervisor, village, grid = (signed_in(base, phones[digits], PASSWORD) for digits in (6, 12, 15))
        print(f"{'':52}{'p50 ms':>9}{'p99 ms':>9}{f'p99, {options.threads} at once':>12}")

        def measured(caller, label, method, path, body=None, requests=options.requests):
            token = caller.headers["Authorization"].removeprefix("Bearer ")
            measure(base, token, label, method, path, [body], requests, options.threads)

        measured(supervisor, "health check (ceiling)", "GET", "/healthz")
        measured(supervisor, "plain list of 50 (ceiling)", "GET", "/v1/beneficiaries?limit=50")
        for caller, label, path in [
            (supervisor, "cases of the district, the longest waiting first", "/v1/cases"),
            (supervisor, "cases of the district that wait for a village", "/v1/cases?waits_for=village"),
            (village, "cases that wait for the village, as its supervisor", "/v1/cases?waits_for=village"),
            (grid, "cases that wait for the grid, as its manager", "/v1/cases?waits_for=grid"),
            (supervisor, "overdue cases of the district", "/v1/cases?overdue=true"),
            (supervisor, "cases of a kind in a town", f"/v1/cases?kind=three_hardships&area={homes[0]['grid'][:9]}"),
            (supervisor, "cases of a beneficiary", f"/v1/cases?beneficiary_id={homes[0]['id']}"),
        ]:
            cases_at(caller, path)
            measured(caller, label, "GET", path)
        helped = {"filter": {"case": {"kind": "three_hardships", "state": "open"}}}
        measured(supervisor, "an audience by an open case, counted", "POST", "/v1/audiences/preview", helped)
        for regime in json.loads(supervisor.call("GET", "/v1/regimes"))["items"]:
            path = f"/v1/regimes/{regime['id']}/outlook"
            measured(supervisor, f"a year of the regime {regime['name_en'][:32]}", "GET", path, requests=20)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=20_000, help="to open")
    parser.add_argument("--requests", type=int, default=500, help="for each figure")
    parser.add_argument("--threads", type=int, default=4, help="callers at the same time")
    installation.add_options(parser)
    options = parser.parse_args()
    for name, address, demo in installation.installations(options):
        district(demo, address, options, name)


if __name__ == "__main__":
    main()
