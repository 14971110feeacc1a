"""A small demo district, served by the binary during the tests."""

import os
import pathlib
import re
import subprocess
import tempfile
import time

import requests

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(
    os.environ.get("GRIDWARD_BINARY")
    or ROOT / os.environ.get("CARGO_TARGET_DIR", "target") / "debug/gridward"
)
ROLES = ("supervisor", "manager", "volunteer")

# Seconds of use before the next sign-in; less than the lifetime of a token.
TOKEN_FOR = 240.0

# The output of `gridward demo --serve`: a line for each account, then the address.
SIGN_IN = re.compile(rf"^\s*({'|'.join(ROLES)})\s+(\d+)\s+(\S+)", re.MULTILINE)
SERVING = re.compile(r"Serving on (http://\S+?);")


class Demo:
    """Three grids on SQLite, on a free port, with a session for each role."""

    def __init__(self, start_within=60.0):
        self._folder = tempfile.TemporaryDirectory(prefix="gridward-contract.")
        folder = pathlib.Path(self._folder.name)
        # Settings of the shell or the working folder must not affect the server.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GRIDWARD_")}
        environment |= {
            "GRIDWARD_DATABASE_URL": str(folder / "gridward.db"),
            "GRIDWARD_LISTEN": "127.0.0.1:0",
            "GRIDWARD_LOG": "warn",
            "GRIDWARD_SIGN_INS_PER_MINUTE": "1000000",
        }
        self._out = folder / "out"
        with self._out.open("w") as out:
            self._server = subprocess.Popen(
                [BINARY, "demo", "--grids", "3", "--serve"],
                cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
            )
        self.url = self._wait(start_within)
        # Of several supervisors the first, that of the district.
        people = reversed(SIGN_IN.findall(self.said()))
        self._people = {role: (phone, password) for role, phone, password in people}
        self._tokens = {}
        missing = [role for role in ROLES if role not in self._people]
        if missing:
            self._fail(f"it names no sign-in for {missing}")

    def said(self):
        """The output of the server so far."""
        return self._out.read_text(errors="replace")

    def headers(self, role):
        """The headers of a caller in this role; none for `None`."""
        if role is None:
            return {}
        now = time.monotonic()
        token, since = self._tokens.get(role, (None, -TOKEN_FOR))
        if now - since >= TOKEN_FOR:
            token = self._sign_in(*self._people[role])
            self._tokens[role] = token, now
        return {"Authorization": f"Bearer {token}"}

    def names(self, path, field):
        """One field of each item on the first page of a list, read by a supervisor."""
        answer = requests.get(self.url + path, headers=self.headers("supervisor"), timeout=10)
        answer.raise_for_status()
        return [item[field] for item in answer.json()["items"]]

    def post(self, path, body):
        """Creates a resource as a supervisor."""
        headers = self.headers("supervisor") | {"Prefer": "wait=30"}
        requests.post(self.url + path, json=body, headers=headers, timeout=60).raise_for_status()

    def stop(self):
        """Stops the server and removes its files; returns its exit code."""
        self._server.terminate()
        try:
            return self._server.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self._server.kill()
            raise
        finally:
            self._folder.cleanup()

    def _sign_in(self, phone, password):
        body = {"phone": phone, "password": password}
        answer = requests.post(f"{self.url}/v1/auth/sign-in", json=body, timeout=10)
        while answer.status_code == 429:  # the guesses of a test have used up the tries
            time.sleep(int(answer.headers["Retry-After"]))
            answer = requests.post(f"{self.url}/v1/auth/sign-in", json=body, timeout=10)
        answer.raise_for_status()
        return answer.json()["access_token"]

    def _wait(self, seconds):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if served := SERVING.search(self.said()):
                return served[1]
            if self._server.poll() is not None:
                self._fail(f"it ended with {self._server.returncode}")
            time.sleep(0.05)
        self._fail("it does not say where it serves")

    def _fail(self, why):
        said = self.said()
        self.stop()
        raise RuntimeError(f"the demo did not start: {why}\n{said}")
