"""schemas/: examples, references, and the programs against them."""

import json
import os

import contracts
import kafka_io
import paths
import pytest
import yaml
from sample_events import generate

FAULTS = {"product-event": contracts.event_faults, "product-sync-result": contracts.result_faults,
          "dead-letter": contracts.dead_letter_faults, "audit": contracts.audit_faults}


def examples(folder):
    home = os.path.join(contracts.SCHEMAS, "examples", folder)
    for name in sorted(os.listdir(home)):
        with open(os.path.join(home, name), encoding="utf-8") as file:
            yield name, json.load(file)


def record_of(example):
    """An example as it would come out of Kafka."""
    raw = example["record"]
    value = raw.get("value")
    if "value_text" in raw:
        value = raw["value_text"].encode()
    elif "value_hex" in raw:
        value = bytes.fromhex(raw["value_hex"])
    elif value is not None:
        value = json.dumps(value).encode()
    return kafka_io.Record("topic", 0, 0, None if raw["key"] is None else raw["key"].encode(), value,
                           {name: text.encode() for name, text in raw["headers"].items()}, 0)


def faults_of(example):
    # Examples show what readers must bear as well, so they are not held to what our own programs never do.
    faults = FAULTS[example["contract"]]
    return faults(record_of(example)) if faults is contracts.event_faults else faults(record_of(example), ours=False)


def test_valid_examples_are_valid():
    wrong = ["%s: %s" % (name, faults) for name, example in examples("valid") for faults in [faults_of(example)] if faults]
    assert not wrong, "\n".join(wrong)


def test_invalid_examples_are_invalid_where_a_schema_can_say_so():
    wrong = []
    for name, example in examples("invalid"):
        faults = faults_of(example)
        if bool(faults) != example["refused"]["schema"]:
            wrong.append("%s: %s" % (name, faults or "the schema takes it"))
    assert not wrong, "\n".join(wrong)


def test_every_schema_is_a_schema():
    import jsonschema
    for name in os.listdir(contracts.SCHEMAS):
        if name.endswith(".schema.json"):
            jsonschema.Draft202012Validator.check_schema(contracts.load(name))


# -- the AsyncAPI document: its own references and shape (AsyncAPI 3.0.0, sections 4.7 to 4.13) --------------------------


@pytest.fixture(scope="module")
def document():
    with open(os.path.join(contracts.SCHEMAS, "asyncapi.yaml"), encoding="utf-8") as file:
        return yaml.safe_load(file)


def resolve(document, reference):
    """What a reference names, in the document or in a file beside it."""
    file, _, pointer = reference.partition("#")
    target = contracts.load(os.path.normpath(file)) if file else document
    for step in pointer.strip("/").split("/") if pointer.strip("/") else []:
        target = target[step.replace("~1", "/").replace("~0", "~")]
    return target


def references(node):
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for child in node.values():
            yield from references(child)
    elif isinstance(node, list):
        for child in node:
            yield from references(child)


def test_asyncapi_references_all_lead_somewhere(document):
    found = list(references(document))
    assert len(found) > 30
    for reference in found:
        assert isinstance(resolve(document, reference), dict), reference


def test_asyncapi_document_has_the_shape_of_version_3(document):
    assert document["asyncapi"] == "3.0.0" and document["info"]["title"] and document["info"]["version"]
    assert set(document) <= {"asyncapi", "id", "info", "servers", "defaultContentType", "channels", "operations", "components"}
    for name, channel in document["channels"].items():
        assert set(channel) <= {"address", "messages", "title", "summary", "description", "bindings"}, name
        assert channel["address"] and channel["messages"]
        assert channel["bindings"]["kafka"]["topicConfiguration"]["cleanup.policy"]
        for message in channel["messages"].values():
            assert set(message) == {"$ref"} and message["$ref"].startswith("#/components/messages/")
    for name, operation in document["operations"].items():
        assert set(operation) <= {"action", "channel", "title", "summary", "description", "messages"}, name
        assert operation["action"] in ("send", "receive"), name
        assert operation["channel"]["$ref"].startswith("#/channels/"), name
    for name, message in document["components"]["messages"].items():
        assert set(message) <= {"name", "title", "summary", "contentType", "headers", "payload", "bindings"}, name
        assert "payload" in message and message["title"], name


def test_asyncapi_names_every_topic_and_schema(document):
    addresses = {channel["address"] for channel in document["channels"].values()}
    assert addresses == {"product-events", "product-events.bulk", "product-sync-results", "product-events.dlq",
                         "catalog-sync.audit"}
    used = {reference.partition("#")[0].replace("./", "") for reference in references(document)} - {""}
    there = {name for name in os.listdir(contracts.SCHEMAS) if name.endswith(".schema.json")}
    # The data of results is reached through their envelope.
    assert used == there - {"product-sync-result-data.schema.json"}
    sides = {(operation["channel"]["$ref"], operation["action"]) for operation in document["operations"].values()}
    for channel in ("productEvents", "productEventsBulk", "productSyncResults"):
        assert {("#/channels/" + channel, "send"), ("#/channels/" + channel, "receive")} <= sides


# -- the programs ------------------------------------------------------------------------------------------------------

# Reasons that come from more than one event and its schema can tell, or from the workers' configuration.
BEYOND_THE_SCHEMA = {"identity_reused", "tombstone_unknown", "key_mismatch", "unknown_catalog", "catalog_not_of_topic",
                     "version_in_future", "duplicate_key", "nul_character", "lone_surrogate", "too_deep", "too_many_skus"}


def test_worker_and_schema_agree_on_the_sample_events(world):
    """quickstart's events, the broken ones included: what the schema takes does not fail for its form, and what the worker
    refuses for its form the schema does not take. All results and dead letters keep to the contract as well."""
    world.worker()
    records = [(world.topics["bulk" if sample["topic"].endswith(".bulk") else "events"], sample["key"], sample["value"],
                sample["headers"]) for sample in generate(400, seed=7)]
    positions = world.publish(*records)
    results = world.results(positions, 60)
    wrong, refused = [], 0
    for (_, key, value, headers), result in zip(records, results):
        record = kafka_io.Record("t", 0, 0, as_bytes(key), as_bytes(value), {k: as_bytes(v) for k, v in (headers or {}).items()}, 0)
        faults = contracts.event_faults(record)
        by_form = result["outcome"] == "failed" and result["error"]["class"] == "invalid"
        reason = result.get("reason")
        refused += by_form
        if by_form and not faults and reason not in BEYOND_THE_SCHEMA:
            wrong.append("the worker refuses for %s what the schema takes: %s" % (reason, value))
        if faults and not by_form and reason != "unknown_type":
            wrong.append("the worker takes (%s, %s) what the schema refuses: %s: %s" % (result["outcome"], reason, faults, value))
    assert not wrong, "\n".join(wrong[:5])
    assert refused >= 5, "the samples hold broken events"
    contracts.check_all(world.reader("results").read_to_end(), world.dead())


def as_bytes(text):
    return text.encode() if isinstance(text, str) else text
