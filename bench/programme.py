#!/usr/bin/env python3
"""Serves a full demo district (62,000 beneficiaries), opens cases, and measures the lists of cases by who waits and
the year of each regime, side by side with two ceilings of the same run: the health check and a plain list of 50
beneficiaries.

    bench/programme.py                                  SQLite
    tests/with-postgres bench/programme.py --postgres   SQLite and PostgreSQL

Another binary than the release: --binary target/quick/gridward.
"""
import argparse, json, re, time
from concurrent.futures import ThreadPoolExecutor

import installation
from find import PASSWORD, measure
from installation import Caller


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


def district(demo, options, name):
    phone = re.search(r"^\s+supervisor\s+(\d+)", demo.run("demo"), re.M)[1]
    with demo.served() as (_, base):
        signed_in = Caller(base).call("POST", "/v1/auth/sign-in", {"phone": phone, "password": PASSWORD})
        token = json.loads(signed_in)["access_token"]
        caller = Caller(base, token)
        homes = listed(caller, options.cases)
        took = opened(base, token, homes, options.threads)
        print(f"\n{name}: {options.cases} cases opened in {took:.1f} s by {options.threads} callers")
        print(f"{'':52}{'p50 ms':>9}{'p99 ms':>9}{f'p99, {options.threads} at once':>12}")
        regimes = json.loads(caller.call("GET", "/v1/regimes"))["items"]
        for label, path in [
            ("health check (ceiling)", "/healthz"),
            ("plain list of 50 (ceiling)", "/v1/beneficiaries?limit=50"),
            ("cases of the district, the longest waiting first", "/v1/cases"),
            ("cases of the district that wait for a village", "/v1/cases?waits_for=village"),
            ("overdue cases of the district", "/v1/cases?overdue=true"),
            ("cases of a kind in a town", f"/v1/cases?kind=three_hardships&area={homes[0]['grid'][:9]}"),
            ("cases of a beneficiary", f"/v1/cases?beneficiary_id={homes[0]['id']}"),
        ]:
            measure(base, token, label, "GET", path, [None], options.requests, options.threads)
        for regime in regimes:
            path = f"/v1/regimes/{regime['id']}/outlook"
            measure(base, token, f"a year of the regime {regime['name_en'][:32]}", "GET", path, [None], 20, options.threads)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=20_000, help="to open")
    parser.add_argument("--requests", type=int, default=500, help="for each figure")
    parser.add_argument("--threads", type=int, default=4, help="callers at the same time")
    installation.add_options(parser)
    options = parser.parse_args()
    for name, _, demo in installation.installations(options):
        district(demo, options, name)


if __name__ == "__main__":
    main()
