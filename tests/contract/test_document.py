"""openapi.yaml is complete and valid, and a client can be generated from it."""

import os
import subprocess

import pytest
import yaml

from demo import ROOT

HERE = ROOT / "tests/contract"
CONTRACT = ROOT / "openapi.yaml"
# The type of a row of sync is in the property `type` beside it.
BESIDE_ITS_TYPE = {"SyncRow"}
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


@pytest.fixture(scope="module")
def typescript(tmp_path_factory):
    """The types of a TypeScript client."""
    client = tmp_path_factory.mktemp("client") / "gridward.ts"
    run("openapi-typescript", CONTRACT, "--output", client)
    return client


def test_a_typescript_client_compiles(typescript):
    run("tsc", "--noEmit", "--strict", typescript)


def test_no_type_of_the_client_is_an_object_without_properties(typescript):
    """`Record<string, never>` cannot be read or filled; the generator's own two types are unused."""
    own = ("export type webhooks =", "export type $defs =")
    lines = typescript.read_text().splitlines()
    assert [line for line in lines if "Record<string, never>" in line and not line.startswith(own)] == []


def test_no_schema_is_named_like_a_class_that_generated_clients_import():
    """Java's and Kotlin's clients import these beside all schemas, and do not compile otherwise."""
    imported = {"ApiClient", "ApiException", "ApiResponse", "Configuration", "Duration", "Instant", "JSON",
                "Level", "Logger", "Pair", "ServerConfiguration", "ServerVariable", "URI", "UUID"}
    schemas = yaml.safe_load(CONTRACT.read_text())["components"]["schemas"]
    assert imported.isdisjoint(schemas)


def test_every_union_can_be_told_apart():
    """Each alternative of a union has a constant of its own, or a property that only it requires."""
    schemas = yaml.safe_load(CONTRACT.read_text())["components"]["schemas"]

    def resolved(schema):
        while "$ref" in schema:
            schema = schemas[schema["$ref"].rsplit("/", 1)[1]]
        return schema

    def constants(schema, name):
        value = schema.get("properties", {}).get(name, {})
        return tuple(value.get("enum", [value["const"]] if "const" in value else []))

    for name, schema in schemas.items():
        union = [resolved(one) for one in schema.get("oneOf", []) if one.get("type") != "null"]
        if len(union) < 2 or name in BESIDE_ITS_TYPE:
            continue
        tags = set.intersection(*(set(one.get("properties", {})) for one in union))
        tagged = any(all(values) and len(set(values)) == len(values)
                     for values in ([constants(one, tag) for one in union] for tag in tags))
        required = [set(one.get("required", [])) for one in union]
        others = [set().union(*(required[:n] + required[n + 1:])) for n in range(len(required))]
        keyed = all(own - other for own, other in zip(required, others))
        assert tagged or keyed, name
