#!/usr/bin/env python3
"""Measures the generation and load of a full demo district (62,000 beneficiaries). Serves it, launches campaigns for
all of them until 150,000 tasks are created, and measures the time; then plans the hand-outs of three items for each,
and measures the feasibility and the progress of the last campaign.

    bench/campaign.py                                  SQLite
    tests/with-postgres bench/campaign.py --postgres   SQLite and PostgreSQL

Another binary than the release: --binary target/quick/gridward.
"""
import argparse, json, re, subprocess, sys, time

import installation
from installation import Caller

PASSWORD = "gridward-demo"
SECOND_PASSWORD = "seven-lanterns-by-the-river"
TASKS = 150_000
TARGET_S = 30
DAYS = ("2027-01-04", "2027-12-30")
# Items of the demo district.
ITEMS = ["rice_10kg", "spring_festival_letter", "plaque"]
OCCASIONS = ["spring_festival", "army_day", "mid_autumn"]


def signed_in(base, phone, password):
    body = Caller(base).call("POST", "/v1/auth/sign-in", {"phone": phone, "password": password})
    return Caller(base, json.loads(body)["access_token"])


def timed(caller, method, path):
    """The milliseconds of a call."""
    began = time.perf_counter()
    caller.call(method, path)
    return (time.perf_counter() - began) * 1000


def launch(author, approver, occasion, filter, what={"kind": "home_visit", "instructions": "送春联"}, days=DAYS):
    """The campaign after its launch, and the seconds that it took."""
    content = {"name": "x", "name_en": "x", "occasion": occasion, "year": 2027, "filter": filter,
               "first_day": days[0], "last_day": days[1], **what}
    campaign = json.loads(author.call("POST", "/v1/campaigns", content, want=201))
    path = f"/v1/campaigns/{campaign['id']}"
    approver.headers["If-Match"] = '"v1"'
    approver.call("POST", f"{path}/approve?confirm=true")
    began = time.perf_counter()
    author.call("POST", f"{path}/launch", {"confirm": True})
    while True:
        campaign = json.loads(author.call("GET", path))
        if campaign["state"] == "launched":
            return campaign, time.perf_counter() - began
        time.sleep(0.1)


def approver(demo, role="supervisor", phone="13900000001"):
    """The phone of a second person for the whole district."""
    demo.run("user", "add", "--role", role, "--area", "500116", "--name", "审批人", "--phone", phone)
    password = [demo.binary, "user", "password", phone]
    done = subprocess.run(password, capture_output=True, env=demo.env, input=SECOND_PASSWORD + "\n", text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return phone


def district(demo, name):
    began = time.perf_counter()
    printed = demo.run("demo")
    print(f"{name}: generation and load of the demo district in {time.perf_counter() - began:.1f} s", flush=True)
    phone = re.search(r"^\s+supervisor\s+(\d+)", printed, re.M)[1]
    second = approver(demo)
    with demo.served() as (_, base):
        created, seconds = 0, 0.0
        for occasion in OCCASIONS:
            # The server closes a connection that was idle during the last launch.
            author = signed_in(base, phone, PASSWORD)
            other = signed_in(base, second, SECOND_PASSWORD)
            campaign, took = launch(author, other, occasion, {"all": []})
            created, seconds = created + campaign["created_tasks"], seconds + took
        each = seconds / created * TASKS
        author = signed_in(base, phone, PASSWORD)
        other = signed_in(base, second, SECOND_PASSWORD)
        goods = {"items": [{"item": item, "quantity": 1} for item in ITEMS]}
        goods, took_goods = launch(author, other, "new_year", {"all": []}, goods)
        handouts = goods["planned_handouts"]
        author = signed_in(base, phone, PASSWORD)
        progress = timed(author, "GET", f"/v1/campaigns/{goods['id']}/progress")
        feasibility = timed(author, "POST", f"/v1/campaigns/{campaign['id']}/feasibility")
        print(f"{name}: {created} tasks in {seconds:.1f} s, so {TASKS} in {each:.1f} s (target {TARGET_S}); "
              f"{handouts} hand-outs in {took_goods:.1f} s, so {TASKS} in {took_goods / handouts * TASKS:.1f} s; "
              f"feasibility in {feasibility:.0f} ms; progress by town in {progress:.0f} ms", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    installation.add_options(parser)
    for name, _, demo in installation.installations(parser.parse_args()):
        district(demo, name)


if __name__ == "__main__":
    sys.exit(main())
