"""The running server conforms to openapi.yaml, for any caller and any request."""

import atexit
import datetime
import os
import tomllib

import hypothesis
import pytest
import schemathesis
from schemathesis.config import SchemathesisConfig

from demo import ROLES, ROOT, Demo

HERE = ROOT / "tests/contract"
# The number of generated requests per operation and caller, and the seed.
EXAMPLES = int(os.environ.get("CONTRACT_EXAMPLES", "15"))
SEED = int(os.environ.get("CONTRACT_SEED", "500116"))
# The share of generated requests with an existing id.
KNOWN = 0.7

# Resources of the demo: the list with their ids, the field in it, and the parameter of a request.
THINGS = {
    "areas": ("code", ["query.area", "query.parent", "body.area", "body.grid"]),
    "beneficiaries": ("id", ["query.beneficiary_id", "body.beneficiary_id"]),
    "people": ("id", ["query.assignee_id", "body.person_id"]),
    "plans": ("id", []),
    "service-kinds": ("code", ["query.kind", "body.kind"]),
    "tasks": ("id", []),
}

demo = Demo()
atexit.register(demo.stop)


def alive(node, ids):
    """The document with existing ids in its examples: `ids` by field."""
    if isinstance(node, list):
        return [alive(item, ids) for item in node]
    if isinstance(node, dict):
        return {
            key: ids[key] if key in ids and isinstance(value, str) else alive(value, ids) for key, value in node.items()
        }
    return node


def contract():
    """openapi.yaml with ids of the demo."""
    tomorrow = datetime.date.today() + datetime.timedelta(days=1)
    week = {"first_day": str(tomorrow), "last_day": str(tomorrow + datetime.timedelta(days=6))}
    demo.post("/v1/plans", {"area": demo.names("/v1/areas", "code")[0], **week})

    settings = tomllib.loads((HERE / "schemathesis.toml").read_text())
    settings["seed"] = SEED
    settings["generation"]["max-examples"] = EXAMPLES
    names = {thing: demo.names(f"/v1/{thing}", name) for thing, (name, _) in THINGS.items()}
    settings["dictionaries"] = {thing: {"values": values} for thing, values in names.items()}
    known = {thing: {"dictionary": thing, "probability": KNOWN} for thing in THINGS}
    settings["parameters"] = {place: known[thing] for thing, (_, places) in THINGS.items() for place in places}
    settings["operations"] = [
        {"include-path-regex": f"^/v1/{thing}/", "parameters": {f"path.{name}": known[thing]}}
        for thing, (name, _) in THINGS.items()
    ]

    # An invalid command or entry gets its own outcome in a 200 answer and does not affect the others, so
    # a body that violates the schema need not be refused; tests/sync/outboxes.rs and tests/person/register test
    # which are.
    lenient = {"checks": {"negative_data_rejection": {"enabled": False}}}
    for operation in ["push_and_pull", "save_people"]:
        settings["operations"].append({"include-operation-id": operation, **lenient})

    # The tus protocol demands that another version is refused (412) before anything else is read.
    refused = {"expected-statuses": [*settings["checks"]["negative_data_rejection"]["expected-statuses"], "412"]}
    tus = {"checks": {"negative_data_rejection": refused, "missing_required_header": refused}}
    settings["operations"].append({"include-path-regex": "^/v1/attachments", **tus})

    document = schemathesis.openapi.from_path(ROOT / "openapi.yaml").raw_schema
    ids = {place.partition(".")[2]: names[thing][0] for thing, (_, places) in THINGS.items() for place in places}
    return schemathesis.openapi.from_dict(alive(document, ids), config=SchemathesisConfig.from_dict(settings))


@schemathesis.hook
def before_call(context, case, kwargs):
    """A generated cursor is valid by the schema but refused, so valid requests have none."""
    if case.meta.generation.mode.is_positive:
        case.query.pop("cursor", None)


# Streams are skipped: tests/sync/streaming.rs tests them.
# Other media types of bytes.
schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")
contract = contract().exclude(path="/v1/events/stream").exclude(path="/v1/plans/{id}/progress")


@pytest.mark.parametrize("role", [*ROLES, None], ids=lambda role: role or "nobody")
@contract.parametrize()
def test_every_answer_keeps_the_contract(case, role):
    case.call_and_validate(base_url=demo.url, headers=demo.headers(role))


class Chain(contract.as_state_machine()):
    """Chains of calls: each uses the ids in the previous answer."""

    faults = []

    def get_call_kwargs(self, case):
        return {"base_url": demo.url, "headers": demo.headers("supervisor")}

    def validate_response(self, response, case, additional_checks=None, **kwargs):
        try:
            super().validate_response(response, case, additional_checks, **kwargs)
        except BaseException as fault:
            self.faults.append(fault)
            raise


class TestChains(Chain.TestCase):
    """Hypothesis takes it for a fault of the generator if the server answers the same chain in another way, as it may
    after the calls between. Then the chains begin anew, unless an answer had a fault."""

    def runTest(self):
        for _ in range(2):
            try:
                return super().runTest()
            except hypothesis.errors.FlakyStrategyDefinition:
                if Chain.faults:
                    raise Chain.faults[0]
        return super().runTest()


TestChains.settings = hypothesis.settings(
    max_examples=EXAMPLES, stateful_step_count=6, deadline=None, database=None,
    suppress_health_check=list(hypothesis.HealthCheck),
)
