#!/usr/bin/env python3
"""Serves a full demo district with the release binary and measures it, side by
side with its ceilings, all in one run on one machine:

- a static answer of the same size as a list of 50 tasks, from the same web framework
- a signed-in list of 50 tasks, one task, a quiet sync, and claims, each of another task,
  one by one and ten to an outbox
- the rate at which the database itself makes the same single-row update durable

    bench/serve.py                                  SQLite
    tests/with-postgres bench/serve.py --postgres   SQLite and PostgreSQL

Needs wrk; for PostgreSQL also psql and pgbench. Figures are requests a second
and milliseconds; ratios are what to quote.
"""
import argparse, json, os, pathlib, re, signal, sqlite3, subprocess, sys, tempfile, time, urllib.request, uuid

import installation

ROOT = pathlib.Path(__file__).resolve().parent.parent
BINARY = ROOT / "target/release/gridward"
CEILING = ROOT / "target/release/examples/ceiling"
CONNECTIONS = 32
KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="  # of the bench, and no secret
PASSWORD = "gridward-demo"


def call(url, token=None, body=None):
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data, headers)) as answer:
        return answer.read()


def wrk(url, seconds, token=None, script=None, headers=()):
    """Requests a second, p50 and p99 in milliseconds, and how many did not answer 2xx."""
    args = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency"]
    if token:
        args += ["-H", f"Authorization: Bearer {token}"]
    if script:
        args += ["-s", script]
    for header in headers:
        args += ["-H", header]
    out = subprocess.run(args + [url], capture_output=True, text=True, check=True).stdout
    millis = {"us": 0.001, "ms": 1.0, "s": 1000.0}
    def quantile(name):
        number, unit = re.search(rf"{name}%\s+([\d.]+)(us|ms|s)", out).groups()
        return float(number) * millis[unit]
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1))
    return rate, quantile(50), quantile(99), int(failed.group(1)) if failed else 0


class Server:
    """The release binary on a database, and how soon and how large it is."""

    def __init__(self, env):
        began = time.monotonic()
        self.process = subprocess.Popen([BINARY, "serve"], env=env, stderr=subprocess.PIPE, text=True)
        line = next(line for line in self.process.stderr if "serving on" in line)
        self.base = line.split("serving on ")[1].split()[0]
        call(self.base + "/readyz")
        self.ready = time.monotonic() - began

    def memory(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status).group(1)) / 1024

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def sign_in(base, phone):
    answer = json.loads(call(base + "/v1/auth/sign-in", body={"phone": phone, "password": PASSWORD}))
    return answer["access_token"]


def all_tasks(base, token):
    ids, cursor = [], ""
    while cursor is not None:
        page = json.loads(call(f"{base}/v1/tasks?limit=200&state=open" + (f"&cursor={cursor}" if cursor else ""), token))
        ids += [task["id"] for task in page["items"]]
        cursor = page.get("next_cursor")
    return ids


def outbox_script(folder, ids):
    """Each request is a push of ten claims; past the last, the last push again."""
    at, script = "2026-08-01T09:00:00+08:00", folder / "outbox.lua"
    pushes = [json.dumps({"commands": [{"id": str(uuid.uuid4()), "type": "task.claim", "task_id": task, "at": at}
                                       for task in ids[n:n + 10]], "limit": 1}) for n in range(0, len(ids), 10)]
    (folder / "pushes").write_text("\n".join(pushes))
    script.write_text(
        f"local pushes = {{}}\nfor line in io.lines('{folder}/pushes') do pushes[#pushes + 1] = line end\nlocal n = 0\n"
        "wrk.headers['Content-Type'] = 'application/json'\n"
        "function request()\n  n = n + 1\n"
        '  return wrk.format("POST", "/v1/sync", nil, pushes[n] or pushes[#pushes])\nend\n')
    return str(script)


def quiet(base, token, seconds):
    """A phone that knows all asks again and again; and the bytes of such an answer."""
    page = {"has_more": True, "cursor": ""}
    while page["has_more"]:
        page = json.loads(call(f"{base}/v1/sync?limit=1000" + (f"&cursor={page['cursor']}" if page["cursor"] else ""), token))
    url = f"{base}/v1/sync?cursor={page['cursor']}"
    size = len(call(url, token))
    return wrk(url, seconds, token, headers=(f'If-None-Match: "{page["cursor"]}"',)), size


def claims_script(folder, ids):
    """Each request claims the next task; past the last, the last again."""
    listed = ",".join(f'"{task}"' for task in ids)
    script = folder / "claims.lua"
    script.write_text(
        f"local ids = {{{listed}}}\nlocal n = 0\n"
        "function request()\n  n = n + 1\n"
        '  return wrk.format("POST", "/v1/tasks/" .. (ids[n] or ids[#ids]) .. "/claim")\nend\n')
    return str(script)


UPDATE = """UPDATE tasks SET state = 'accepted', assignee = '{person}', version = version + 1,
 updated_at = '2026-01-01 00:00:00' WHERE district = '500116' AND id = {id}"""


def raw_sqlite(path, ids, seconds):
    conn = sqlite3.connect(path, isolation_level=None)
    conn.execute("PRAGMA journal_mode = WAL")
    conn.execute("PRAGMA synchronous = FULL")
    update = UPDATE.format(person="x", id="?")
    began, done = time.monotonic(), 0
    while time.monotonic() - began < seconds:
        conn.execute(update, (ids[done % len(ids)],))
        done += 1
    return done / (time.monotonic() - began)


def raw_postgres(url, folder, seconds):
    subprocess.run(["psql", "-q", url, "-c", "CREATE TABLE bench_ids AS SELECT row_number() OVER () AS n, id FROM tasks;"
                    "CREATE UNIQUE INDEX ON bench_ids (n); ANALYZE;"], check=True)
    count = subprocess.run(["psql", "-qAt", url, "-c", "SELECT count(*) FROM bench_ids"], capture_output=True, text=True, check=True).stdout.strip()
    script = folder / "update.sql"
    choose = "(SELECT id FROM bench_ids WHERE n = :n)"
    script.write_text(f"\\set n random(1, {count})\n" + UPDATE.format(person="x", id=choose).replace("\n", " ") + ";\n")
    def rate(clients):
        out = subprocess.run(["pgbench", "-n", "-M", "prepared", f"-c{clients}", "-j1", f"-T{seconds}", "-f", script, url],
                             capture_output=True, text=True, check=True).stdout
        return float(re.search(r"tps = ([\d.]+)", out).group(1))
    return rate(1), rate(CONNECTIONS)


def measure(name, folder, seconds, database):
    env = {"PATH": os.environ["PATH"], "GRIDWARD_DATABASE_URL": database, "GRIDWARD_SECRET_KEY": KEY,
           "GRIDWARD_LISTEN": "127.0.0.1:0", "GRIDWARD_LOG": "warn,gridward::server::serve=info",
           "GRIDWARD_SIGN_INS_PER_MINUTE": "1000000"}
    demo = subprocess.run([BINARY, "demo"], env=env, capture_output=True, text=True, check=True).stdout
    phones = installation.phones(demo)
    server = Server(env)
    supervisor = sign_in(server.base, phones["supervisor"])
    page = call(f"{server.base}/v1/tasks?limit=50", supervisor)
    (folder / "page.json").write_bytes(page)
    ceiling = subprocess.Popen([CEILING, folder / "page.json"], stdout=subprocess.PIPE, text=True)
    top = wrk(ceiling.stdout.readline().strip() + "/", seconds)
    ceiling.kill()
    task = json.loads(page)["items"][0]["id"]
    listed = wrk(f"{server.base}/v1/tasks?limit=50", seconds, supervisor)
    one = wrk(f"{server.base}/v1/tasks/{task}", seconds, supervisor)
    still, small = quiet(server.base, sign_in(server.base, phones["manager"]), seconds)
    server.stop()
    # Claims need a visitor whose area holds many tasks: one grid is given the district's.
    ids = gather(database)
    server = Server(env)
    volunteer = sign_in(server.base, phones["volunteer"])
    # The second half of the tasks is claimed out of outboxes.
    half = len(ids) // 2
    claimed = claims(server, volunteer, folder, ids[:half], seconds)
    pushed = wrk(server.base, seconds, volunteer, outbox_script(folder, ids[half:]))
    memory, ready = server.memory(), server.ready
    server.stop()
    raw = raw_postgres(database, folder, seconds) if database.startswith("postgres") else (raw_sqlite(database, ids, seconds),) * 2
    report(name, len(page), top, listed, one, (still, small), claimed, pushed, raw, memory, ready)


def claims(server, token, folder, ids, seconds):
    """Claims until the tasks are used up or the time is; every one must be answered 2xx."""
    script = claims_script(folder, ids)
    return wrk(server.base, seconds, token, script)


def gather(database):
    """Moves every task to the volunteer's grid and copies them until there are enough to claim."""
    grid = "500116001002001"
    copies = 10
    columns = "grid,kind,beneficiary,lat,lon,minutes,priority,skills,not_before,due_on,window_start,window_end,state,assignee,planned_on,planned_start,planned_minutes,plan,created_by,created_at,updated_at,version"
    if database.startswith("postgres"):
        make = ["UPDATE tasks SET grid = '%s'" % grid] + [
            f"INSERT INTO tasks (district,id,{columns}) SELECT district, gen_random_uuid()::text, {columns} FROM tasks WHERE created_by IS NULL LIMIT 12000" for _ in range(copies - 1)]
        for statement in make:
            subprocess.run(["psql", "-q", database, "-c", statement], check=True)
        out = subprocess.run(["psql", "-qAt", database, "-c", "ANALYZE tasks; SELECT id FROM tasks WHERE state = 'open'"], capture_output=True, text=True, check=True).stdout
        return out.split()
    conn = sqlite3.connect(database)
    conn.execute("UPDATE tasks SET grid = ?", (grid,))
    rows = conn.execute(f"SELECT district,{columns} FROM tasks").fetchall()
    marks = ",".join("?" * (2 + len(columns.split(","))))
    for _ in range(copies - 1):
        conn.executemany(f"INSERT INTO tasks (district,id,{columns}) VALUES ({marks})",
                         [(row[0], str(uuid.uuid4())) + row[1:] for row in rows])
    conn.commit()
    return [row[0] for row in conn.execute("SELECT id FROM tasks WHERE state = 'open'")]


def report(name, size, top, listed, one, quiet, claimed, pushed, raw, memory, ready):
    print(f"\n{name}   ({CONNECTIONS} connections, a list of 50 tasks is {size / 1024:.1f} KiB)")
    print(f"{'':34}{'a second':>10}{'p50 ms':>9}{'p99 ms':>9}   ratio")
    def row(label, figures, ratio):
        rate, p50, p99, failed = figures
        print(f"{label:34}{rate:>10,.0f}{p50:>9.2f}{p99:>9.2f}   {ratio}" + (f"   {failed} refused" if failed else ""))
    row("static answer of that size", top, "the ceiling")
    row("list of 50 tasks", listed, f"{listed[0] / top[0]:.0%} of the ceiling")
    row("one task", one, f"{one[0] / top[0]:.0%} of the ceiling")
    still, small = quiet
    row("quiet sync (304)", still, f"{still[0] / top[0]:.0%} of the ceiling; {small} bytes as 200")
    row("claims", claimed, f"{claimed[0] / raw[1]:.0%} of durable updates, as many clients")
    row("outboxes of ten claims", pushed, f"{pushed[0] * 10:,.0f} commands a second, {pushed[0] * 10 / raw[1]:.0%}")
    alone, many = raw
    print(f"{'durable updates, one client':34}{alone:>10,.0f}")
    if many != alone:
        print(f"{'durable updates, as many clients':34}{many:>10,.0f}")
    print(f"ready {ready * 1000:.0f} ms after start; at most {memory:.0f} MiB of memory", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=5, help="for each figure")
    parser.add_argument("--postgres", action="store_true", help="also on the server that GRIDWARD_TEST_POSTGRES names")
    options = parser.parse_args()
    subprocess.run(["cargo", "build", "--release", "-q", "-p", "gridward-api", "--bin", "gridward", "--example", "ceiling"], cwd=ROOT, check=True)
    with tempfile.TemporaryDirectory() as temp:
        folder = pathlib.Path(temp)
        measure("SQLite", folder, options.seconds, str(folder / "gridward.db"))
        if options.postgres:
            server = os.environ["GRIDWARD_TEST_POSTGRES"]
            name = f"bench_{os.getpid()}"
            subprocess.run(["psql", "-q", server, "-c", f"CREATE DATABASE {name}"], check=True)
            try:
                measure("PostgreSQL", folder, options.seconds, server.rsplit("/", 1)[0] + "/" + name)
            finally:
                subprocess.run(["psql", "-q", server, "-c", f"DROP DATABASE {name} WITH (FORCE)"], check=False)


if __name__ == "__main__":
    sys.exit(main())
