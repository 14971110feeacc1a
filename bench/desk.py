#!/usr/bin/env python3
"""Serves a full demo district and measures the work of a supervisor's desk: filtered and sorted lists of
tasks beside the plain list and a static answer, 300 calls made in bulk, the candidates of a task, and
exports of 200,000 tasks with the memory that they take.

    bench/desk.py                                  SQLite
    tests/with-postgres bench/desk.py --postgres   SQLite and PostgreSQL

Another binary than the release: --binary target/quick/gridward.
"""
import argparse, datetime, json, sqlite3, subprocess, sys, threading, time, uuid

import installation
from find import PASSWORD, memory, quantiles, timed
from installation import Caller

TASKS = 200_000
TOWN = "500116001"


def peak(server, done):
    """The most memory of the server in MiB until `done` is set, sampled every 20 ms."""
    most = 0
    while not done.is_set():
        most = max(most, memory(server))
        done.wait(0.02)
    return most


def multiply(database):
    """Copies tasks until there are 200,000."""
    columns = lambda names: ", ".join(name for name in names if name not in ("id",))
    if database.startswith("postgres"):
        ask = lambda sql: subprocess.run(["psql", "-qAt", database, "-c", sql], capture_output=True, text=True, check=True).stdout
        names = columns(ask("SELECT attname FROM pg_attribute WHERE attrelid = 'tasks'::regclass AND attnum > 0 AND NOT attisdropped").split())
        while (count := int(ask("SELECT count(*) FROM tasks"))) < TASKS:
            ask(f"INSERT INTO tasks (id, {names}) SELECT gen_random_uuid()::text, {names} FROM tasks LIMIT {TASKS - count}")
        ask("ANALYZE tasks")
        return
    conn = sqlite3.connect(database)
    conn.create_function("new_id", 0, lambda: str(uuid.uuid4()))
    names = columns(row[1] for row in conn.execute("PRAGMA table_info(tasks)"))
    while (count := conn.execute("SELECT count(*) FROM tasks").fetchone()[0]) < TASKS:
        conn.execute(f"INSERT INTO tasks (id, {names}) SELECT new_id(), {names} FROM tasks LIMIT {TASKS - count}")
    conn.execute("ANALYZE")
    conn.commit()


def export(server, base, token, form):
    """Reads an export of all tasks as it comes."""
    caller, before, done, most = Caller(base, token), memory(server), threading.Event(), []
    watch = threading.Thread(target=lambda: most.append(peak(server, done)))
    watch.start()
    began, size = time.perf_counter(), 0
    caller.conn.request("GET", f"/v1/exports/tasks?format={form}", headers=caller.headers)
    answer = caller.conn.getresponse()
    while part := answer.read(1 << 20):
        size += len(part)
    took = time.perf_counter() - began
    done.set()
    watch.join()
    if answer.status != 200:
        sys.exit(f"export: {answer.status}")
    print(f"export of {TASKS} tasks as {form:6} {took:8.2f} s {size / 1e6:8.1f} MB; memory {before:.0f} MiB before, at most {most[0]:.0f} MiB", flush=True)


def bulk(caller):
    """Calls to 300 beneficiaries of a town, made in one request and undone; five times."""
    ids, cursor = [], ""
    while len(ids) < 300:
        page = json.loads(caller.call("GET", f"/v1/beneficiaries?area={TOWN}&limit=100{cursor}"))
        ids += [row["id"] for row in page["items"]]
        cursor = f"&cursor={page['next_cursor']}"
    times = []
    for _ in range(5):
        order = {"commands": [{"type": "task.create", "beneficiary_ids": ids[:300],
                               "payload": {"kind": "home_visit", "title": "春节电话问候", "due_on": "2090-01-01"}}]}
        began = time.perf_counter()
        made = json.loads(caller.call("POST", "/v1/tasks/bulk", order))
        times.append((time.perf_counter() - began) * 1000)
        if made["applied"] != 300:
            sys.exit(f"bulk: {made['applied']} applied")
        caller.call("POST", f"/v1/tasks/bulk/{made['id']}/undo")
    print(f"{'300 tasks made in one bulk (5 times), median, most':52}{quantiles(times)[0]:>9.0f}{max(times):>9.0f}", flush=True)


def desk(demo, database, requests, threads, name):
    printed = demo.run("demo")
    phone = installation.phones(printed)["supervisor"]
    with demo.served() as (server, base):
        token = json.loads(Caller(base).call("POST", "/v1/auth/sign-in", {"phone": phone, "password": PASSWORD}))["access_token"]
        caller = Caller(base, token)
        tasks = [task["id"] for task in json.loads(caller.call("GET", f"/v1/tasks?area={TOWN}&state=open&limit=50"))["items"]]
        day = (datetime.date.today() + datetime.timedelta(days=1)).isoformat()
        print(f"\n{name}{'':52}"[:52] + f"{'p50 ms':>9}{'p99 ms':>9}{f'p99, {threads} at once':>12}")
        for label, paths in [
            ("health check", ["/healthz"]),
            ("plain list of 50", ["/v1/tasks?limit=50"]),
            ("list of a town, several states, by due day", [f"/v1/tasks?area={TOWN}&state=open,assigned,accepted&sort=due_on&limit=50"]),
            ("the same with a count", [f"/v1/tasks?area={TOWN}&state=open,assigned,accepted&sort=due_on&limit=50&count=true"]),
            ("list of the district, two states, by priority, count", ["/v1/tasks?state=open,assigned&sort=priority&limit=50&count=true"]),
            ("overdue tasks of the district, with a count", ["/v1/tasks?overdue=true&count=true&limit=50"]),
            ("candidates of a task", [f"/v1/tasks/{task}/candidates?day={day}" for task in tasks]),
        ]:
            measure(base, token, label, paths, requests, threads)
        bulk(Caller(base, token))
    multiply(database)
    with demo.served() as (server, base):
        token = json.loads(Caller(base).call("POST", "/v1/auth/sign-in", {"phone": phone, "password": PASSWORD}))["access_token"]
        Caller(base, token).call("GET", "/v1/tasks?limit=50")
        for form in ("csv", "ndjson", "xlsx"):
            export(server, base, token, form)


def measure(base, token, label, paths, requests, threads):
    """p50 and p99 of one caller over the paths in turn, and p99 of several at the same time."""
    def run(number, into):
        caller = Caller(base, token)
        into += [timed(caller, "GET", paths[n % len(paths)], None) for n in range(number)]
    alone, together = [], []
    run(requests, alone)
    workers = [threading.Thread(target=run, args=(requests // threads, together)) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    (p50, p99), (_, busy) = quantiles(alone), quantiles(together)
    print(f"{label:52}{p50:>9.2f}{p99:>9.2f}{busy:>12.2f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=500, help="for each figure")
    parser.add_argument("--threads", type=int, default=4, help="callers at the same time")
    installation.add_options(parser)
    options = parser.parse_args()
    for name, address, demo in installation.installations(options):
        desk(demo, address, options.requests, options.threads, name)


if __name__ == "__main__":
    sys.exit(main())
