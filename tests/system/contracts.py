"""The contract of schemas/, held against records: what producers send, and what the programs wrote.

A record is a kafka_io.Record, or anything with its key, value (bytes or None) and headers ({name: bytes})."""

import collections
import functools
import json
import os
import warnings

import jsonschema
import paths

SCHEMAS = os.path.join(paths.ROOT, "schemas")
BASE = "file:///schemas/"  # only a name: nothing is read from there
STRUCTURED = "application/cloudevents+json"


def load(name):
    with open(os.path.join(SCHEMAS, name), encoding="utf-8") as file:
        return json.load(file)


@functools.lru_cache(maxsize=None)
def _store():
    """{address: schema} of all files, so that references between them are found."""
    return {BASE + name: load(name) for name in sorted(os.listdir(SCHEMAS)) if name.endswith(".schema.json")}


@functools.lru_cache(maxsize=None)
def validator(name, pointer=""):
    """Of one file, or of a part of it such as /$defs/result."""
    address = BASE + name
    schema = {"$ref": address + "#" + pointer}
    checker = jsonschema.Draft202012Validator
    try:
        import referencing  # jsonschema 4.18 and later
    except ImportError:
        return checker(schema, resolver=jsonschema.RefResolver(BASE, schema, store=_store()))
    registry = referencing.Registry().with_resources(
        (key, referencing.Resource.from_contents(value)) for key, value in _store().items())
    return checker(schema, registry=registry)


def _faults(what, value, name, pointer=""):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return ["%s%s: %s" % (what, "".join("[%r]" % step for step in error.absolute_path), error.message[:300])
                for error in validator(name, pointer).iter_errors(value)]


def _unknown(what, value, name):
    """Members that the schema does not describe: readers ignore them, but our own programs write none."""
    known = load_properties(name)
    return ["%s has %r, which %s does not describe" % (what, member, name) for member in value if member not in known]


@functools.lru_cache(maxsize=None)
def load_properties(name):
    return frozenset(load(name)["properties"])


def _text(raw):
    """Bytes of a key or header as text; what is no UTF-8 is kept apart by its escapes."""
    return None if raw is None else raw.decode("utf-8", "backslashreplace")


def _headers(record):
    return {name.lower(): _text(value) for name, value in (record.headers or {}).items() if value is not None}


def _json(what, record):
    try:
        return json.loads(record.value), []
    except (ValueError, RecursionError) as error:  # a dead letter may hold anything
        return None, ["%s is no JSON: %s" % (what, error)]


# -- events ------------------------------------------------------------------------------------------------------------


def event_faults(record):
    """What the schemas have against a product event, in either mode."""
    faults = _faults("key", _text(record.key), "keys.schema.json", "/$defs/productEvent") if record.key else []
    headers = _headers(record)
    if record.value is None:
        kind = headers.get("ce_type", "product.deleted")
        return faults + (["a tombstone has a key"] if not record.key else []) + (
            [] if kind == "product.deleted" else ["a record without value is no %s" % kind])
    structured = headers.get("content-type", "").startswith(STRUCTURED)
    faults += _faults("headers", headers, "product-event-headers.schema.json",
                      "/$defs/structured" if structured else "/$defs/binary")
    value, broken = _json("the value", record)
    if broken:
        return faults + broken
    if structured:
        return faults + _faults("value", value, "product-event.schema.json")
    return faults + _faults("value", value, "product-event-data.schema.json",
                            "/$defs/identity" if headers.get("ce_type") == "product.deleted" else "")


# -- results -----------------------------------------------------------------------------------------------------------


def result_faults(record, ours=True):
    """What the schemas have against a result. ours: also what our own programs never do, though readers bear it."""
    faults = _faults("headers", _headers(record), "product-sync-result-headers.schema.json")
    faults += _faults("key", _text(record.key), "keys.schema.json", "/$defs/result")
    value, broken = _json("the value", record)
    if broken:
        return faults + broken
    faults += _faults("value", value, "product-sync-result.schema.json")
    if faults or not ours:
        return faults
    data = value["data"]
    faults += _unknown("the envelope", value, "product-sync-result.schema.json")
    faults += _unknown("data", data, "product-sync-result-data.schema.json")
    if "dataschema" not in value:
        faults.append("dataschema is missing")
    place = "%s/%d/%d" % (data["topic"], data["partition"], data["offset"])
    key = "%s/%s" % (data.get("catalog", "default"), data["product_id"]) if "product_id" in data else place
    if _text(record.key) != key:
        faults.append("key is %r, not %r" % (record.key, key))
    return faults


# -- dead letters ------------------------------------------------------------------------------------------------------


def dead_letter_faults(record, ours=True):
    headers = _headers(record)
    faults = _faults("headers", headers, "dead-letter-headers.schema.json")
    faults += _faults("key", _text(record.key), "keys.schema.json", "/$defs/deadLetter")
    if record.value is None:
        faults.append("the value is null")
    elif record.value and ("dlq-null-value" in headers or "dlq-truncated" in headers):
        faults.append("the value is not empty, though its header says so")
    if ours:
        faults += _unknown("headers", [name for name in headers if name.startswith("dlq-")],
                           "dead-letter-headers.schema.json")
    return faults


def audit_faults(record, ours=True):
    value, broken = _json("the value", record)
    return broken or _faults("value", value, "audit.schema.json")


OF_EACH_SHAPE = 25


def _few_of_each_shape(records):
    """Validating takes most of a millisecond, and thousands of alike results teach no more than some of them."""
    counts = collections.Counter()
    for record in records:
        value = record.value or b""
        data = _json("", record)[0] if value.startswith(b"{") else None
        data = data.get("data") if isinstance(data, dict) else None
        shape = (frozenset(record.headers or {}),) + (
            (frozenset(data), data.get("outcome"), data.get("reason")) if isinstance(data, dict) else ())
        counts[shape] += 1
        if counts[shape] <= OF_EACH_SHAPE:
            yield record


def check_all(results=(), dead_letters=(), events=()):
    """Asserts that records read from a topic keep to the contract: some of each shape that there is."""
    for what, records, faults_of in (("result", results, result_faults), ("dead letter", dead_letters, dead_letter_faults),
                                     ("event", events, event_faults)):
        for record in _few_of_each_shape(records):
            faults = faults_of(record)
            assert not faults, "the %s at %s/%d/%d breaks the contract of schemas/:\n  %s\n%s" % (
                (what,) + record.position + ("\n  ".join(faults), (record.value or b"")[:2000]))
