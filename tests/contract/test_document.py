"""openapi.yaml is complete and valid, and a client can be generated from it."""

import os
import subprocess

import pytest

from demo import ROOT

HERE = ROOT / "tests/contract"
CONTRACT = ROOT / "openapi.yaml"
QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "NO_COLOR": "1"}


def run(tool, *arguments):
    """Runs one of the pinned npm tools; fails with its output."""
    command = [HERE / "node_modules/.bin" / tool, *arguments]
    done = subprocess.run(command, cwd=HERE, env=os.environ | QUIET, capture_output=True, text=True)
    if done.returncode:
        pytest.fail(done.stdout + done.stderr, pytrace=False)


def test_redocly_finds_nothing():
    run("redocly", "lint", CONTRACT, "--config", "redocly.yaml", "--format", "stylish")


def test_spectral_and_owasp_find_nothing():
    run("spectral", "lint", CONTRACT, "--ruleset", ".spectral.yaml", "--fail-severity", "hint", "--quiet")


def test_a_typescript_client_compiles(tmp_path):
    client = tmp_path / "gridward.ts"
    run("openapi-typescript", CONTRACT, "--output", client)
    run("tsc", "--noEmit", "--strict", client)
