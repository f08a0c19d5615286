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


def kubernetes_errors(version, resource):
    """What Kubernetes of that version would refuse, a text each: unknown fields, wrong types, missing ones."""
    return ["%s: %s" % ("/".join(str(part) for part in error.path), error.message)
            for error in _kubernetes(version, _file_of(resource)).iter_errors(resource)]
