#!/usr/bin/env python3
"""Serves a full demo district (62,000 beneficiaries) and measures searches, filtered lists and the
summary of the whole district, side by side with two ceilings of the same run: the health check and
a plain list of 50 beneficiaries.

    bench/find.py                                  SQLite
    tests/with-postgres bench/find.py --postgres   SQLite and PostgreSQL

Each request is sent and answered over one kept connection, one after another; then over several at
the same time. Another binary than the release: --binary target/quick/gridward.
"""
import argparse, http.client, json, os, pathlib, re, statistics, subprocess, sys, tempfile, threading, time, urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent
KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="  # of the bench, and no secret
PASSWORD = "gridward-demo"
TARGET_MS = 100


class Caller:
    def __init__(self, base, token=None):
        self.conn = http.client.HTTPConnection(urllib.parse.urlparse(base).netloc)
        self.headers = {"Content-Type": "application/json"}
        if token:
            self.headers["Authorization"] = f"Bearer {token}"

    def call(self, method, path, body=None):
        began = time.perf_counter()
        self.conn.request(method, path, None if body is None else json.dumps(body), self.headers)
        answer = self.conn.getresponse()
        content = answer.read()
        took = (time.perf_counter() - began) * 1000
        if answer.status != 200:
            sys.exit(f"{method} {path}: {answer.status} {content[:300]}")
        return took, content


def memory(server):
    """The memory of the server in MiB."""
    status = pathlib.Path(f"/proc/{server.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024


def quantiles(times):
    times = sorted(times)
    return statistics.median(times), times[min(len(times) - 1, int(len(times) * 0.99))]


def measure(base, token, name, method, path, bodies, count, threads):
    """p50 and p99 of one caller, and p99 of several at the same time."""
    def run(number, into):
        caller = Caller(base, token)
        for n in range(number):
            into.append(caller.call(method, path, bodies[n % len(bodies)])[0])
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


def district(binary, database, count, threads, name):
    env = {"PATH": os.environ["PATH"], "GRIDWARD_DATABASE_URL": database, "GRIDWARD_SECRET_KEY": KEY,
           "GRIDWARD_LISTEN": "127.0.0.1:0", "GRIDWARD_LOG": "warn,gridward::server::serve=info"}
    demo = subprocess.run([binary, "demo"], env=env, capture_output=True, text=True, check=True).stdout
    phone = dict(re.findall(r"^\s+(supervisor|manager|volunteer)\s+(\d+)", demo, re.M))["supervisor"]
    server = subprocess.Popen([binary, "serve"], env=env, stderr=subprocess.PIPE, text=True)
    try:
        line = next(line for line in server.stderr if "serving on" in line)
        base = line.split("serving on ")[1].split()[0]
        threading.Thread(target=lambda: [sys.stderr.write(line) for line in server.stderr], daemon=True).start()
        caller = Caller(base)
        _, signed_in = caller.call("POST", "/v1/auth/sign-in", {"phone": phone, "password": PASSWORD})
        token = json.loads(signed_in)["access_token"]
        caller = Caller(base, token)
        _, counted = caller.call("GET", "/v1/beneficiaries?count=true&limit=1")
        total = json.loads(counted)["count"]
        before = memory(server)
        first, _ = caller.call("POST", "/v1/beneficiaries/search", {"text": "王"})
        more = memory(server) - before
        print(f"\n{name}: {total} beneficiaries; the first search decrypts them in {first:.0f} ms and takes {more:.0f} MiB")
        print(f"{'':52}{'p50 ms':>9}{'p99 ms':>9}{f'p99, {threads} at once':>12}")
        search, listed = "/v1/beneficiaries/search", "/v1/beneficiaries"
        summary = f"/v1/areas/{json.loads(caller.call('GET', '/v1/me')[1])['area'][:6]}/summary"
        names = [{"text": text} for text in "王李张刘陈杨黄赵吴周"]
        longer = [{"text": text} for text in ("王小", "国强", "秀英", "建国", "桂兰", "德明")]
        numbers = [{"text": f"{n * 7919 % 10000:04}"} for n in range(97)]
        due = {"not_contacted_since": "2026-10-01", "lives_alone": True, "count": True}
        counted = [{**body, "filter": due} for body in names]
        oldest = [{**body, "filter": {"sort": "last_contact"}} for body in names]
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
            ("list by age, of a category", "GET", f"{listed}?sort=birth_year&category=martyr_family", [None]),
        ]:
            measure(base, token, label, method, path, bodies, count, threads)
        print(f"the target for a search is a p99 of {TARGET_MS} ms", flush=True)
    finally:
        server.terminate()
        server.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=500, help="for each figure")
    parser.add_argument("--threads", type=int, default=4, help="callers at the same time")
    parser.add_argument("--binary", type=pathlib.Path, help="a built binary; the release is built without it")
    parser.add_argument("--postgres", action="store_true", help="also on the server that GRIDWARD_TEST_POSTGRES names")
    options = parser.parse_args()
    binary = options.binary or ROOT / "target/release/gridward"
    if not options.binary:
        subprocess.run(["cargo", "build", "--release", "-q", "-p", "gridward-api", "--bin", "gridward"], cwd=ROOT, check=True)
    with tempfile.TemporaryDirectory() as temp:
        database = str(pathlib.Path(temp) / "gridward.db")
        district(binary.resolve(), database, options.requests, options.threads, "SQLite")
    if options.postgres:
        server = os.environ["GRIDWARD_TEST_POSTGRES"]
        name = f"bench_{os.getpid()}"
        subprocess.run(["psql", "-q", server, "-c", f"CREATE DATABASE {name}"], check=True)
        try:
            database = server.rsplit("/", 1)[0] + "/" + name
            district(binary.resolve(), database, options.requests, options.threads, "PostgreSQL")
        finally:
            subprocess.run(["psql", "-q", server, "-c", f"DROP DATABASE {name} WITH (FORCE)"], check=False)


if __name__ == "__main__":
    sys.exit(main())
