"""An installation to measure: a binary, an empty database, a server and a caller of its API."""
import contextlib, http.client, json, os, pathlib, re, sqlite3, subprocess, sys, tempfile, threading, time, urllib.parse, uuid

ROOT = pathlib.Path(__file__).resolve().parent.parent
KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="  # of the bench, and no secret


def add_options(parser):
    """The options that each measurement has."""
    parser.add_argument("--binary", type=pathlib.Path, help="a built binary; the release is built without it")
    parser.add_argument("--postgres", action="store_true", help="also on the server that GRIDWARD_TEST_POSTGRES names")


def binary(options):
    """The binary that the options name, or the release."""
    if options.binary:
        return options.binary.resolve()
    subprocess.run(["cargo", "build", "--release", "-q", "--workspace", "--bin", "gridward"], cwd=ROOT, check=True)
    return ROOT / "target/release/gridward"


@contextlib.contextmanager
def sqlite():
    """The address of an empty SQLite database, for as long as the context."""
    with tempfile.TemporaryDirectory() as temp:
        yield str(pathlib.Path(temp) / "gridward.db")


@contextlib.contextmanager
def postgres():
    """The address of an empty PostgreSQL database, for as long as the context."""
    server = os.environ["GRIDWARD_TEST_POSTGRES"]
    name = f"bench_{uuid.uuid4().hex[:8]}"
    subprocess.run(["psql", "-q", server, "-c", f"CREATE DATABASE {name}"], check=True)
    try:
        yield server.rsplit("/", 1)[0] + "/" + name
    finally:
        subprocess.run(["psql", "-q", server, "-c", f"DROP DATABASE {name} WITH (FORCE)"], check=False)


def databases(options):
    """The names of the databases to measure, and their contexts."""
    return {"SQLite": sqlite, **({"PostgreSQL": postgres} if options.postgres else {})}


def phones(printed):
    """The phone number of the first account of each role among those that `gridward demo` printed."""
    accounts = re.findall(r"^\s+(\w+)\s+(\d{11})\s", printed, re.M)
    return dict(reversed(accounts))


def execute(address, statement):
    """Runs a statement on the database at the address, which no server has open."""
    if "://" in address:
        subprocess.run(["psql", "-q", address, "-c", statement], check=True)
        return
    with contextlib.closing(sqlite3.connect(address)) as conn, conn:
        conn.execute(statement)


def installations(options, **settings):
    """The name and the address of each database to measure, with an installation on it."""
    built = binary(options)
    for name, database in databases(options).items():
        with database() as address, tempfile.TemporaryDirectory() as temp:
            yield name, address, Installation(built, address, pathlib.Path(temp), **settings)


class Installation:
    """A binary with its settings."""

    def __init__(self, binary, database, folder, **settings):
        self.binary = binary
        self.env = {"PATH": os.environ["PATH"], "GRIDWARD_DATABASE_URL": database, "GRIDWARD_SECRET_KEY": KEY,
                    "GRIDWARD_ATTACHMENTS": str(folder / "attachments"), "GRIDWARD_LISTEN": "127.0.0.1:0",
                    "GRIDWARD_LOG": "warn,gridward::server::serve=info", **settings}

    def run(self, *args):
        """What a command prints; ends the measurement if the command fails."""
        done = subprocess.run([self.binary, *args], env=self.env, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"gridward {' '.join(args)}: {done.stderr[-800:]}")
        return done.stdout

    @contextlib.contextmanager
    def served(self):
        """The process of a server and its address; the server's further lines go to standard error."""
        server = subprocess.Popen([self.binary, "serve"], env=self.env, stderr=subprocess.PIPE, text=True)
        try:
            line = next(line for line in server.stderr if "serving on" in line)
            threading.Thread(target=lambda: [sys.stderr.write(line) for line in server.stderr], daemon=True).start()
            yield server, line.split("serving on ")[1].split()[0]
        finally:
            server.terminate()
            server.wait()


# The server closes a connection that is idle for longer.
IDLE_S = 3


class Caller:
    """Calls over one kept connection, which is opened anew after a pause."""

    def __init__(self, base, token=None):
        self.used_at = time.monotonic()
        self.conn = http.client.HTTPConnection(urllib.parse.urlparse(base).netloc, timeout=600)
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def call(self, method, path, body=None, content_type="application/json", want=200):
        """The body of the answer; ends the measurement if its status is not `want`, one or a set."""
        body = json.dumps(body) if isinstance(body, dict) else body
        if time.monotonic() - self.used_at > IDLE_S:
            self.conn.close()
        self.conn.request(method, path, body, {**self.headers, **({"Content-Type": content_type} if body else {})})
        answer = self.conn.getresponse()
        content = answer.read()
        self.used_at = time.monotonic()
        if answer.status not in (want if isinstance(want, set) else {want}):
            sys.exit(f"{method} {path}: {answer.status} {content[:500]}")
        return content
