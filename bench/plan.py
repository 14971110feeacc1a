#!/usr/bin/env python3
"""Serves a full demo district and measures plans from the order to the undo:

a  a week of the district's open tasks;
b  a visit to each of the 62,000 beneficiaries, made by a campaign, with the open tasks of the same kind in ten days;
   first, with all open tasks, on the command line, which prints what the reading of the problem takes;
c  a sick call: the whole request of an absence that frees the visits of a person and orders a plan that gives them to
   others, which is answered with the plan's id (its p99 has a target), and from the same moment until the draft is there;
d  claims of single tasks, without a plan and while one of the district is computed.

    bench/plan.py                                  SQLite
    tests/with-postgres bench/plan.py --postgres   SQLite and PostgreSQL

Another binary than the release: --binary target/quick/gridward.
"""
import argparse, datetime, json, threading, time

import installation
from campaign import SECOND_PASSWORD, approver, launch, signed_in
from desk import peak
from find import PASSWORD, quantiles, timed

DISTRICT = "500116"
ABSENCES = 100
TARGET_MS = 50
CLAIMS = 400


def day(ahead):
    """A day counted from today in China."""
    today = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=8))).date()
    return (today + datetime.timedelta(days=ahead)).isoformat()


def seconds(work):
    """What `work` answers, and the seconds that it takes."""
    began = time.perf_counter()
    answer = work()
    return answer, time.perf_counter() - began


def computed(caller, plan, pause=0.05):
    """The plan when it is no longer computed, applied or undone."""
    while plan["state"] in ("computing", "applying", "undoing"):
        time.sleep(pause)
        plan = json.loads(caller.call("GET", f"/v1/plans/{plan['id']}"))
    return plan


def ordered(caller, order):
    """A draft of the district."""
    return computed(caller, json.loads(caller.call("POST", "/v1/plans", {"area": DISTRICT, **order}, want=202)))


def changed(caller, path, body=None):
    """The plan after a change that is done in batches."""
    return computed(caller, json.loads(caller.call("POST", path, body, want={200, 202}))["plan"])


def planned(caller, server, name, order):
    """Orders, applies and undoes a plan of the district."""
    done, most = threading.Event(), []
    watch = threading.Thread(target=lambda: most.append(peak(server, done)))
    watch.start()
    plan, solve = seconds(lambda: ordered(caller, order))
    path = f"/v1/plans/{plan['id']}"
    result, apply = seconds(lambda: changed(caller, f"{path}/apply", {"confirm": True}))
    _, undo = seconds(lambda: changed(caller, f"{path}/undo"))
    done.set()
    watch.join()
    measures = result["measures"]
    print(f"{name}: {measures['served']} visits, {measures['unserved']} unserved; draft {solve:.1f} s, apply {apply:.1f} s, "
          f"undo {undo:.1f} s, together {solve + apply + undo:.1f} s; at most {most[0]:.0f} MiB", flush=True)


def replanned(caller, week):
    """Sick calls that free the visits of an applied plan: each orders a draft that gives them to others."""
    plan = ordered(caller, week)
    path = f"/v1/plans/{plan['id']}"
    changed(caller, f"{path}/apply", {"confirm": True})
    people, cursor = {}, ""
    while len(people) < ABSENCES:
        page = json.loads(caller.call("GET", f"{path}/visits?day={day(2)}&limit=200{cursor}"))
        people.update({row["person_id"]: row["task_id"] for row in page["items"] if row.get("person_id")})
        cursor = f"&cursor={page['next_cursor']}"
    answers, drafts = [], []
    for person in list(people)[:ABSENCES]:
        body = {"first_day": day(2), "last_day": day(2), "reason": "sick", "release": True, "plan": True}
        began = time.perf_counter()
        absence = json.loads(caller.call("POST", f"/v1/people/{person}/absences", body, want=201))
        answers.append((time.perf_counter() - began) * 1000)
        assert absence["tasks"] and absence.get("plan_id"), absence
        plan = computed(caller, {"id": absence["plan_id"], "state": "computing"}, pause=0.002)
        drafts.append((time.perf_counter() - began) * 1000)
        assert plan["state"] == "draft", plan
    (p50, p99), (draft50, draft99) = quantiles(answers), quantiles(drafts)
    print(f"replan after a sick call, of {len(answers)}: the whole request, answered with the plan's id: median {p50:.1f} ms, "
          f"p99 {p99:.1f} ms (target {TARGET_MS} ms); from the request until the draft is there: median {draft50:.1f} ms, "
          f"p99 {draft99:.1f} ms", flush=True)


def claimable(caller, grid):
    """Tasks for the people of a grid, twice as many as are claimed in a measurement."""
    page = json.loads(caller.call("GET", f"/v1/beneficiaries?area={grid}&limit=100"))
    ids, tasks = [row["id"] for row in page["items"]], []
    while len(tasks) < 2 * CLAIMS:
        order = {"commands": [{"type": "task.create", "beneficiary_ids": ids,
                               "payload": {"kind": "home_visit", "title": f"回访 {len(tasks)}", "due_on": "2090-01-01"}}]}
        made = json.loads(caller.call("POST", "/v1/tasks/bulk", order))
        tasks += [result["task_id"] for result in made["results"] if "task_id" in result]
    return tasks


def claim(caller, tasks, until):
    """The milliseconds of claims, one after another until `until` is set."""
    times = []
    for task in tasks:
        if until.is_set():
            break
        times.append(timed(caller, "POST", f"/v1/tasks/{task}/claim", None))
        time.sleep(0.01)
    return times


def claimed(caller, claimer, grid, order):
    """Claims without a plan, and while a plan of the district is computed."""
    tasks = claimable(caller, grid)
    quiet = claim(claimer, tasks[:CLAIMS], threading.Event())
    done, busy = threading.Event(), []
    worker = threading.Thread(target=lambda: busy.extend(claim(claimer, tasks[CLAIMS:], done)))
    worker.start()
    plan = ordered(caller, order)
    done.set()
    worker.join()
    caller.call("DELETE", f"/v1/plans/{plan['id']}")
    (p50, p99), (busy50, busy99) = quantiles(quiet), quantiles(busy)
    print(f"{len(quiet)} claims: median {p50:.1f} ms, p99 {p99:.1f} ms; {len(busy)} while a plan is computed: "
          f"{busy50:.1f} ms, {busy99:.1f} ms", flush=True)


def district(demo, name):
    phones = installation.phones(demo.run("demo"))
    second = approver(demo)
    week, ten_days = ({"first_day": day(1), "last_day": day(days)} for days in (7, 10))
    with demo.served() as (server, base):
        print(f"\n{name}", flush=True)
        planned(signed_in(base, phones["supervisor"], PASSWORD), server, "a week", week)
        replanned(signed_in(base, phones["supervisor"], PASSWORD), week)
        caller = signed_in(base, phones["supervisor"], PASSWORD)
        campaign, took = launch(caller, signed_in(base, second, SECOND_PASSWORD), "spring_festival", {"all": []}, days=tuple(ten_days.values()))
        print(f"launch of a campaign of {campaign['created_tasks']} tasks: {took:.1f} s", flush=True)
    printed = demo.run("dispatch", "--from", ten_days["first_day"], "--days", "10").splitlines()
    print(next(line for line in printed if line.startswith("read ")), flush=True)
    with demo.served() as (server, base):
        visits = {**ten_days, "only": {"kinds": ["home_visit"]}}
        planned(signed_in(base, phones["supervisor"], PASSWORD), server, "ten days", visits)
        volunteer = signed_in(base, phones["volunteer"], PASSWORD)
        grid = json.loads(volunteer.call("GET", "/v1/me"))["area"]
        claimed(signed_in(base, phones["supervisor"], PASSWORD), volunteer, grid, visits)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", help="that compute plans; by default half of the cores")
    installation.add_options(parser)
    options = parser.parse_args()
    settings = {"GRIDWARD_PLAN_THREADS": options.threads} if options.threads else {}
    for name, _, demo in installation.installations(options, **settings):
        district(demo, name)


if __name__ == "__main__":
    main()
