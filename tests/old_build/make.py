#!/usr/bin/env python3
"""Generates the data for `tests/db/upgrade.rs`: runs an earlier build of `gridward` on both
databases, uses every part of it once, and writes what it left behind as text.

    tests/with-postgres tests/old_build/make.py PATH/TO/THE/EARLIER/gridward

Each folder `sqlite` and `postgres` then holds `dump.sql`, `archive/` (events that had left the
database), `attachments/` (sealed bytes) and `exchanges.json` (what was asked and answered).
"""

import base64
import datetime
import hashlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import uuid
from pathlib import Path
from urllib.parse import urlsplit

HERE = Path(__file__).resolve().parent
# The public test key of `tests/support/server.rs`.
KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
PASSWORD = "a long enough password"
GRID = "500116001002001"
PHONES = {
    "supervisor": "10000000001", "admin": "10000000008", "auditor": "10000000009",
    "manager": "10000000011", "other_manager": "10000000012",
    "volunteer": "10000000021", "second_volunteer": "10000000022",
}
# Days long after any run of the test, so that no background job changes a task.
FIRST_DAY, LAST_DAY = "2199-01-07", "2199-01-13"
# Values that would otherwise depend on the day of the test. The log is unchanged.
UNAGED = f"""
UPDATE tasks SET look_on = '{LAST_DAY}' WHERE look_on IS NOT NULL;
UPDATE notices SET until = '{LAST_DAY}';
UPDATE commands SET created_at = '{LAST_DAY} 00:00:00';
"""
PHOTO = b"\xff\xd8\xff\xe0" + bytes(range(64))


def person(number):
    return f"018cc7af-0000-7000-8000-{number:012}"


def beneficiary(number):
    return f"018d622e-0000-7000-8000-{number:012}"


class Build:
    """An earlier build with its own database."""

    def __init__(self, binary, url, folder):
        self.binary, self.folder = binary, folder
        self.environment = {
            "GRIDWARD_DATABASE_URL": url, "GRIDWARD_SECRET_KEY": KEY,
            "GRIDWARD_LISTEN": "127.0.0.1:0", "GRIDWARD_WORKERS": "2",
            "GRIDWARD_ATTACHMENTS": str(folder / "attachments"),
        }
        self.calls, self.outboxes, self.views, self.copies, self.named = [], [], [], {}, {}

    def run(self, *args, told=None):
        command = [self.binary, *args]
        subprocess.run(command, cwd=self.folder, env=self.environment, input=told, text=True,
                       check=True, stdout=subprocess.DEVNULL)

    def serve(self):
        self.server = subprocess.Popen([self.binary, "serve"], cwd=self.folder, text=True,
                                       env=self.environment, stderr=subprocess.PIPE)
        line = next(line for line in self.server.stderr if "serving on " in line)
        self.base = re.search(r"serving on (\S+)", line)[1]
        self.tokens = {}
        for name, phone in PHONES.items():
            body = {"phone": phone, "password": PASSWORD}
            self.tokens[name] = self.call(None, "POST", "/v1/auth/sign-in", body)[1]["access_token"]

    def stop(self):
        self.server.terminate()
        self.server.wait()
        self.server.stderr.close()

    def call(self, who, method, path, body=None, headers=None, raw=None):
        headers = dict(headers or {})
        if who:
            headers["Authorization"] = f"Bearer {self.tokens[who]}"
        data = raw
        if body is not None:
            headers["Content-Type"], data = "application/json", json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request) as answer:
                status, text = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read()
        return status, json.loads(text) if text else None

    def ok(self, *args, **more):
        status, answer = self.call(*args, **more)
        assert status < 300, (args, status, answer)
        return answer

    def kept(self, who, method, path, key, body=None):
        """A call with an Idempotency-Key, and its answer."""
        status, answer = self.call(who, method, path, body, {"Idempotency-Key": key})
        call = {"who": who, "method": method, "path": path, "key": key, "body": body}
        self.calls.append({**call, "status": status, "answer": answer})
        return answer

    def sync(self, who, commands, device_time=None):
        """A push of an outbox, and the results of its commands."""
        body = {"commands": commands, "device": "old-phone", "limit": 200}
        if device_time:
            body["device_time"] = device_time
        page = self.ok(who, "POST", "/v1/sync", body)
        assert not page["has_more"], "a page holds the small district"
        self.outboxes.append({"who": who, "commands": commands, "results": page["results"]})
        return page["results"]

    def task(self, number, **more):
        body = {"kind": "home_visit", "beneficiary_id": beneficiary(number),
                "not_before": FIRST_DAY, "due_on": LAST_DAY, **more}
        return self.ok("supervisor", "POST", "/v1/tasks", body)["id"]


def in_half_a_year():
    return str(datetime.date.today() + datetime.timedelta(days=180))


def command(word, task, payload=None, at="2026-11-26T09:00:00+08:00", **more):
    return {"id": str(uuid.uuid4()), "type": word, "task_id": task, "at": at,
            "payload": payload or {}, **more}


def use(build, run, broken, mended):
    """Uses every feature once; `run` runs SQL, `broken` and `mended` are statements that make every
    change of a task fail and succeed again."""
    steps(build)
    archived(build)
    outboxes(build)
    failing(build, lambda task: run(build, broken.format(task)), lambda: run(build, mended))
    attachment(build)
    plan(build)
    notice = {"area": GRID, "title": "高温预警", "text": "下午请勿上门。", "until": in_half_a_year()}
    build.named["notice"] = build.ok("manager", "POST", "/v1/notices", notice)["id"]
    build.ok("manager", "POST", f"/v1/beneficiaries/{beneficiary(1)}/reveal", {"purpose": "visit"})
    build.named["open"] = build.task(2)
    run(build, UNAGED)
    views(build)
    for who in ("manager", "volunteer", "supervisor"):
        page = build.ok(who, "GET", "/v1/sync?limit=1000")
        assert not page["has_more"], "a page holds the small district"
        build.copies[who] = {"cursor": page["cursor"], "rows": page["changes"]}


def views(build):
    """Reads, and their answers."""
    tasks = ("done", "escalated", "failed", "reopened", "flagged", "recorded", "partly", "broken",
             "impossible", "open")
    plan = f"/v1/plans/{build.named['plan']}"
    paths = [f"/v1/tasks/{build.named[task]}{part}" for task in tasks
             for part in ("", "/history", "/reports")]
    paths += ["/v1/tasks?limit=200", "/v1/plans", plan, f"{plan}/visits?limit=200",
              "/v1/service-kinds", "/v1/people?limit=200", "/v1/beneficiaries?limit=200",
              "/v1/events?limit=50", "/v1/events?action=command.set_aside"]
    for path in paths:
        build.views.append({"who": "supervisor", "path": path,
                            "answer": build.ok("supervisor", "GET", path)})


def steps(build):
    """Each command as a single call, some of them with an Idempotency-Key."""
    new = {"kind": "home_visit", "beneficiary_id": beneficiary(1),
           "not_before": FIRST_DAY, "due_on": LAST_DAY}
    task = build.kept("manager", "POST", "/v1/tasks", "make-1", new)["id"]
    path = f"/v1/tasks/{task}"
    build.kept("volunteer", "POST", f"{path}/start", "start-1")  # refused: it is nobody's yet
    build.kept("volunteer", "POST", f"{path}/claim", "claim-1")
    build.ok("volunteer", "POST", f"{path}/release")
    build.ok("manager", "POST", f"{path}/reassign", {"person_id": person(21)})
    build.ok("volunteer", "POST", f"{path}/decline", {"reason": "那天没有时间"})
    build.ok("manager", "POST", f"{path}/reassign", {"person_id": person(21)})
    build.ok("volunteer", "POST", f"{path}/accept")
    build.ok("volunteer", "POST", f"{path}/start")
    report = {"outcome": "needs_follow_up", "needs": ["medical"], "note": "一切安好",
              "answers": {"health": "poor"}}
    build.kept("volunteer", "POST", f"{path}/report", "report-1", report)
    build.named["done"] = task
    escalated = build.task(2)
    path = f"/v1/tasks/{escalated}"
    build.ok("manager", "POST", f"{path}/escalate", {"reason": "需要镇里出面"})
    version = build.ok("manager", "GET", path)["version"]
    build.ok("manager", "POST", f"{path}/reschedule", {"window": {"start": 540, "end": 600}},
             headers={"If-Match": f'"v{version}"'})
    build.named["escalated"] = escalated
    failed = build.task(3)
    path = f"/v1/tasks/{failed}"
    for _ in range(2):
        build.ok("manager", "POST", f"{path}/claim")
        build.ok("manager", "POST", f"{path}/report", {"outcome": "not_home"})
    build.named["failed"] = failed
    reopened = build.task(3)
    path = f"/v1/tasks/{reopened}"
    build.ok("supervisor", "POST", f"{path}/cancel", {"reason": "不再需要"},
             headers={"If-Match": '"v1"'})
    build.ok("supervisor", "POST", f"{path}/reopen", {"reason": "家属联系上了"})
    build.named["reopened"] = reopened


def outboxes(build):
    """Commands of outboxes: applied, recorded, rejected, and a report with many flags."""
    flagged, moved, partly = build.task(1), build.task(2), build.task(3)
    report = command("task.report", flagged, {
        "outcome": "not_home", "answers": {"health": "excellent"}, "note": "敲门无人应答",
        "started_at": "2019-01-01T09:30:00+08:00", "ended_at": "2019-01-01T09:00:00+08:00",
    }, at="2019-01-01T09:00:00+08:00")
    build.sync("volunteer", [command("task.claim", flagged), report], "2019-01-01T10:00:00+08:00")
    build.named["flagged"] = flagged
    build.sync("volunteer", [command("task.claim", moved)])
    build.ok("supervisor", "POST", f"/v1/tasks/{moved}/reassign", {"person_id": person(23)})
    build.sync("volunteer", [
        command("task.report", moved, {"outcome": "done"}, at="2020-01-01T09:00:00+08:00"),
        command("task.claim", moved),
    ])
    build.named["recorded"] = moved
    build.sync("second_volunteer", [
        command("task.claim", partly), command("task.start", partly),
        command("task.report", partly, {"outcome": "done", "needs": ["medical", "a_new_need"],
                                        "started_at": "9 o'clock", "weather": "rain"}),
    ])
    build.named["partly"] = partly


def failing(build, break_task, mend_tasks):
    """A command that the server fails to process five times and then sets aside."""
    task = build.task(1)
    build.ok("volunteer", "POST", f"/v1/tasks/{task}/claim")
    break_task(task)
    outbox = [command("task.report", task, {"outcome": "done", "note": "老人说一切都好"})]
    for n in range(1, 6):
        result = build.sync("volunteer", outbox)[0]
        assert result["outcome"] == ("retry" if n < 5 else "rejected"), result
    mend_tasks()
    del build.outboxes[-5:-1]
    build.named["dead_letter"], build.named["broken"] = outbox[0]["id"], task


def attachment(build):
    task, photo = build.task(2), str(uuid.uuid4())
    build.ok("volunteer", "POST", f"/v1/tasks/{task}/claim")
    said = {"id": photo, "task_id": task, "type": "image/jpeg",
            "sha256": hashlib.sha256(PHOTO).hexdigest()}
    encoded = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}"
                       for name, value in said.items())
    tus = {"Tus-Resumable": "1.0.0"}
    build.ok("volunteer", "POST", "/v1/attachments",
             headers={**tus, "Upload-Length": str(len(PHOTO)), "Upload-Metadata": encoded})
    build.ok("volunteer", "PATCH", f"/v1/attachments/{photo}", raw=PHOTO, headers={
        **tus, "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"})
    build.named["attachment"], build.named["photo_base64"] = photo, base64.b64encode(PHOTO).decode()


def archived(build):
    """Archives all events so far; later ones stay in the database."""
    build.run("log", "archive", str(build.folder / "archive"), "--keep-days", "0")


def plan(build):
    build.task(5)  # somebody of its grid can make this visit
    impossible = build.task(6, skills=["surgery"])
    days = {"area": "500116", "first_day": FIRST_DAY, "last_day": LAST_DAY}
    made = build.ok("supervisor", "POST", "/v1/plans", days)
    visits = build.ok("supervisor", "GET", f"/v1/plans/{made['id']}/visits?limit=200")["items"]
    assert any("relief" in visit for visit in visits) and any("why" in visit for visit in visits)
    build.named |= {"plan": made["id"], "impossible": impossible}


def make(kind, binary, url, run, dump, broken, mended):
    out = HERE / kind
    shutil.rmtree(out, ignore_errors=True)
    with tempfile.TemporaryDirectory() as folder:
        build = Build(binary, url or str(Path(folder) / "gridward.db"), Path(folder))
        build.run("import", str(HERE / "district"))
        for phone in PHONES.values():
            build.run("user", "password", phone, told=PASSWORD + "\n")
        build.serve()
        use(build, run, broken, mended)
        build.stop()
        build.run("verify-log", "--archive", str(build.folder / "archive"))
        out.mkdir()
        (out / "dump.sql").write_text(dump(build))
        for name in ("archive", "attachments"):
            shutil.copytree(build.folder / name, out / name)
    exchanges = {"calls": build.calls, "outboxes": build.outboxes, "views": build.views,
                 "copies": build.copies, "named": build.named}
    text = json.dumps(exchanges, ensure_ascii=False, indent=1)
    (out / "exchanges.json").write_text(text + "\n")


def sqlite(binary):
    def run(build, sql):
        conn = sqlite3.connect(build.environment["GRIDWARD_DATABASE_URL"], timeout=30)
        conn.executescript(sql)
        conn.close()

    def dump(build):
        conn = sqlite3.connect(build.environment["GRIDWARD_DATABASE_URL"])
        return "\n".join(conn.iterdump()) + "\n"

    broken = ("CREATE TRIGGER defect BEFORE UPDATE ON tasks WHEN NEW.id = '{}' "
              "BEGIN SELECT RAISE(ABORT, 'a defect'); END;")
    make("sqlite", binary, None, run, dump, broken, "DROP TRIGGER defect;")


def postgres(binary):
    server, name = os.environ["GRIDWARD_TEST_POSTGRES"], f"old_build_{uuid.uuid4().hex}"
    url = urlsplit(server)._replace(path=f"/{name}").geturl()

    def psql(where, sql):
        subprocess.run([tool("psql"), "-qX", "-v", "ON_ERROR_STOP=1", "-d", where, "-c", sql],
                       check=True, stdout=subprocess.DEVNULL)

    def dump(_):
        args = ["--inserts", "--no-owner", "--no-privileges", "--no-comments", "-d", url]
        text = subprocess.run([tool("pg_dump"), *args], check=True, text=True,
                              stdout=subprocess.PIPE).stdout
        # psql's own commands, comments and empty lines are not SQL.
        lines = (line for line in text.splitlines() if line and not line.startswith(("--", "\\")))
        return "\n".join(lines) + "\n"

    broken = ("CREATE FUNCTION defect() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'a defect'; "
              "END $$ LANGUAGE plpgsql; CREATE TRIGGER defect BEFORE UPDATE ON tasks FOR EACH ROW "
              "WHEN (NEW.id = '{}') EXECUTE FUNCTION defect();")
    psql(server, f"CREATE DATABASE {name}")
    try:
        make("postgres", binary, url, lambda _, sql: psql(url, sql), dump, broken,
             "DROP TRIGGER defect ON tasks; DROP FUNCTION defect;")
    finally:
        psql(server, f"DROP DATABASE {name} WITH (FORCE)")


def tool(name):
    """PostgreSQL's programs; on Debian some are not in the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda p: int(p.parts[4]))
    return shutil.which(name) or str(found[-1])


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    earlier = str(Path(sys.argv[1]).resolve())
    sqlite(earlier)
    postgres(earlier)
