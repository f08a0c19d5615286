"""The chart as Helm renders it."""

import copy
import os
import sys

import yaml

import fetch

ROOT = os.path.dirname(os.path.dirname(fetch.HERE))
CHART = os.path.join(ROOT, "deploy", "helm", "catalog-sync")
NAMES = ("minimal", "full")  # of ci/*-values.yaml
RELEASE, NAMESPACE = "shop", "sync"

sys.path.insert(0, fetch.packages())
import helm_python  # noqa: E402  (from the folder above)


def text(name):
    with open(os.path.join(CHART, name), encoding="utf-8") as file:
        return file.read()


def values(name, **changes):
    """Values of ci/NAME-values.yaml; each change is PATH=value with __ between the path's keys."""
    result = copy.deepcopy(yaml.safe_load(text("ci/%s-values.yaml" % name)))
    for path, value in changes.items():
        *folders, last = path.split("__")
        place = result
        for folder in folders:
            place = place.setdefault(folder, {})
        place[last] = value
    return result


def render_texts(given, folder=CHART):
    """{template: text}. Raises helm_python.HelmError where the values are refused."""
    with helm_python.Chart.load(folder) as chart:
        chart.validate_schema(given)
        return chart.render(given, name=RELEASE, namespace=NAMESPACE)


def render(given, folder=CHART):
    """Every resource, as a list of dicts."""
    found = []
    for name, rendered in sorted(render_texts(given, folder).items()):
        if name.endswith((".yaml", ".yml")):
            found += [one for one in yaml.safe_load_all(rendered) if one]
    return found


def of_kind(resources, *kinds):
    return [one for one in resources if one["kind"] in kinds]


def only(resources, *kinds):
    found = of_kind(resources, *kinds)
    assert len(found) == 1, "%d resources of kind %s" % (len(found), " or ".join(kinds))
    return found[0]


def workers(resources):
    return only(resources, "StatefulSet", "Deployment")


def pods(resources):
    """(name, metadata, spec) of every pod that the chart makes, whatever makes it."""
    for one in resources:
        if one["kind"] == "Pod":
            yield one["metadata"]["name"], one["metadata"], one["spec"]
        elif "template" in one.get("spec", {}):
            template = one["spec"]["template"]
            yield one["metadata"]["name"], template["metadata"], template["spec"]


def containers(spec):
    return spec.get("initContainers", []) + spec["containers"]
