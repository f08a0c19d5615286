"""Resources against the schemas of Kubernetes and of the operators' custom resources."""

import functools
import json
import os

import jsonschema

import fetch


@functools.lru_cache(maxsize=None)
def _definitions(version):
    return _read(version, "_definitions.json")["$defs"]


def _read(version, name):
    """A file of that version's schemas; what it says of types in the common file is found in itself instead."""
    with open(os.path.join(fetch.schema_folder(version), name), encoding="utf-8") as file:
        return json.loads(file.read().replace('"/api/_definitions.json#/', '"#/'))


def _file_of(resource):
    group, _, version = resource["apiVersion"].rpartition("/")
    parts = [resource["kind"].lower(), group.split(".")[0], version]
    return "-".join(part for part in parts if part) + ".json"


@functools.lru_cache(maxsize=None)
def _kubernetes(version, name):
    return jsonschema.Draft202012Validator({**_read(version, name), "$id": "", "$defs": _definitions(version)})


def _texts(errors):
    return ["%s: %s" % ("/".join(str(part) for part in error.path), error.message) for error in errors]


def kubernetes_errors(version, resource):
    """What Kubernetes of that version would refuse, a text each: unknown fields, wrong types, missing ones."""
    return _texts(_kubernetes(version, _file_of(resource)).iter_errors(resource))


def _closed(schema):
    """The schema, refusing unknown fields as a cluster does that is asked to (kubectl --validate=strict)."""
    if isinstance(schema, list):
        return [_closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("x-kubernetes-int-or-string"):
        return {"type": ["integer", "string"]}
    closed = {key: _closed(value) for key, value in schema.items()}
    if "properties" in schema:
        closed["properties"] = {name: _closed(one) for name, one in schema["properties"].items()}
        if not schema.get("x-kubernetes-preserve-unknown-fields"):
            closed.setdefault("additionalProperties", False)
    return closed


@functools.lru_cache(maxsize=None)
def _custom(kind):
    with open(os.path.join(fetch.HERE, "crds", kind + ".json"), encoding="utf-8") as file:
        return json.load(file)


def custom_errors(resource):
    """What the operator's definition of a custom resource would refuse; `metadata` is any resource's own."""
    definition = _custom(resource["kind"])
    schema = dict(_closed(definition["versions"][resource["apiVersion"]]),
                  definitions=_closed(definition.get("definitions", {})))
    checked = dict(resource, metadata={})
    return _texts(jsonschema.Draft202012Validator(schema).iter_errors(checked))
