#!/usr/bin/env python3
"""Serves a full demo district (62,000 beneficiaries) and measures searches, filtered lists and the
summary of the whole district, side by side with two ceilings of the same run: the health check and
a plain list of 50 beneficiaries.

    bench/find.py                                  SQLite
    tests/with-postgres bench/find.py --postgres   SQLite and PostgreSQL

Each request is sent and answered over one kept connection, one after another; then over several at
the same time. Another binary than the release: --binary target/quick/gridward.
"""
import argparse, json, pathlib, re, statistics, sys, threading, time

import installation
from installation import Caller

PASSWORD = "gridward-demo"
TARGET_MS = 100


def memory(server):
    """The memory of the server in MiB."""
    status = pathlib.Path(f"/proc/{server.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024


def quantiles(times):
    times = sorted(times)
    return statistics.median(times), times[min(len(times) - 1, int(len(times) * 0.99))]


def timed(caller, method, path, body):
    """The milliseconds of a call."""
    began = time.perf_counter()
    caller.call(method, path, body)
    return (time.perf_counter() - began) * 1000


def measure(base, token, name, method, path, bodies, count, threads):
    """p50 and p99 of one caller, and p99 of several at the same time."""
    def run(number, into):
        caller = Caller(base, token)
        for n in range(number):
            into.append(timed(caller, method, path, bodies[n % len(bodies)]))
    alone, together = [], []
    run(count, alone)
    parts = [[] for _ in range(threads)]
    workers = [threading.Thread(target=run, args=(count // threads, part)) for part in parts]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for part in parts:
        together += part
    (p50, p99), (_, busy) = quantiles(alone), quantiles(together)
    print(f"{name:52}{p50:>9.2f}{p99:>9.2f}{busy:>12.2f}", flush=True)


def district(demo, count, threads, name):
    printed = demo.run("demo")
    phone = installation.phones(printed)["supervisor"]
    with demo.served() as (server, base):
        signed_in = Caller(base).call("POST", "/v1/auth/sign-in", {"phone": phone, "password": PASSWORD})
        token = json.loads(signed_in)["access_token"]
        caller = Caller(base, token)
        counted = caller.call("GET", "/v1/beneficiaries?count=true&limit=1")
        total = json.loads(counted)["count"]
        before = memory(server)
        first = timed(caller, "POST", "/v1/beneficiaries/search", {"text": "王"})
        more = memory(server) - before
        print(f"\n{name}: {total} beneficiaries; the first search decrypts them in {first:.0f} ms and takes {more:.0f} MiB")
        print(f"{'':52}{'p50 ms':>9}{'p99 ms':>9}{f'p99, {threads} at once':>12}")
        search, listed = "/v1/beneficiaries/search", "/v1/beneficiaries"
        summary = f"/v1/areas/{json.loads(caller.call('GET', '/v1/me'))['area'][:6]}/summary"
        names = [{"text": text} for text in "王李张刘陈杨黄赵吴周"]
        longer = [{"text": text} for text in ("王小", "国强", "秀英", "建国", "桂兰", "德明")]
        numbers = [{"text": f"{n * 7919 % 10000:04}"} for n in range(97)]
        due = {"not_contacted_since": "2026-10-01", "lives_alone": True, "count": True}
        counted = [{**body, "filter": due} for body in names]
        oldest = [{**body, "filter": {"sort": "last_contact"}} for body in names]
        preview = "/v1/audiences/preview"
        everybody = [{"filter": {"all": []}}]
        aged = {"all": [{"age": {"from": 80}}, {"lives_alone": True}, {"category": ["martyr_family", "veteran"]}]}
        nested = {"any": [aged, {"not": {"any": [{"gender": "male"}, {"mobility": ["full"]}]}},
                          {"all": [{"not_contacted_since": {"days_ago": 90}}, {"plaque": ["damaged", "missing"]}]}]}
        need = {"kind": "home_visit", "field": "need", "any": ["medium", "high"]}
        helped = {"kind": "three_hardships", "state": "open"}
        for label, method, path, bodies in [
            ("health check (ceiling)", "GET", "/healthz", [None]),
            ("plain list of 50 (ceiling)", "GET", f"{listed}?limit=50", [None]),
            ("search by one character of the name", "POST", search, names),
            ("search by two characters", "POST", search, longer),
            ("search by the last four digits", "POST", search, numbers),
            ("one character, with filters and a count", "POST", search, counted),
            ("one character, by the last contact", "POST", search, oldest),
            ("a hardship, with a count", "POST", search, [{"hardship": "medical", "filter": {"count": True}}]),
            ("list with filters and a count", "GET", f"{listed}?lives_alone=true&mobility=homebound&count=true", [None]),
            ("list with a rare filter", "GET", f"{listed}?plaque=damaged&mobility=homebound&contact=phone", [None]),
            ("list by the last contact", "GET", f"{listed}?sort=last_contact", [None]),
            ("summary of the district by town", "GET", f"{summary}?by=town", [None]),
            ("summary of the district by grid", "GET", f"{summary}?by=grid", [None]),
            ("an audience of everybody, counted", "POST", preview, everybody),
            ("an audience by age, category and household, counted", "POST", preview, [{"filter": aged}]),
            ("an audience of nine conditions, counted", "POST", preview, [{"filter": nested}]),
            ("an audience by a tag, counted", "POST", preview, [{"filter": {"tag": ["key_recipient"]}}]),
            ("an audience by the last answer, counted", "POST", preview, [{"filter": {"answer": need}}]),
            ("an audience by an open case, counted", "POST", preview, [{"filter": {"case": helped}}]),
            ("list by age, of a category", "GET", f"{listed}?sort=birth_year&category=martyr_family", [None]),
        ]:
            measure(base, token, label, method, path, bodies, count, threads)
        print(f"the target for a search is a p99 of {TARGET_MS} ms", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=500, help="for each figure")
    parser.add_argument("--threads", type=int, default=4, help="callers at the same time")
    installation.add_options(parser)
    options = parser.parse_args()
    for name, _, demo in installation.installations(options, GRIDWARD_SEARCHES_PER_MINUTE="1000000"):
        district(demo, options.requests, options.threads, name)


if __name__ == "__main__":
    sys.exit(main())
