#!/usr/bin/env python3
"""renew.py: writes the schemas of custom resources beside itself anew, from the Go modules of their operators (needs Go).

What stays is what a cluster checks: descriptions and status are left out. KafkaTopic.json is by hand: Strimzi publishes no schema in a
registry, and its fields are those of io.strimzi.api.kafka.model.topic.KafkaTopicSpec (io.strimzi:api 0.50.0)."""

import json
import os
import subprocess

import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCES = {  # kind: module, version, file in it
    "PodMonitor": ("github.com/prometheus-operator/prometheus-operator", "v0.85.0",
                   "example/prometheus-operator-crd/monitoring.coreos.com_podmonitors.yaml"),
    "PrometheusRule": ("github.com/prometheus-operator/prometheus-operator", "v0.85.0",
                       "example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml"),
    "ScaledObject": ("github.com/kedacore/keda/v2", "v2.21.0", "config/crd/bases/keda.sh_scaledobjects.yaml"),
}


def bare(node, names=False):
    """Without descriptions; a property may be named so all the same."""
    if isinstance(node, dict):
        return {key: bare(value, key == "properties" and not names) for key, value in node.items()
                if names or key != "description"}
    return [bare(value) for value in node] if isinstance(node, list) else node


def folder_of(module, version):
    done = subprocess.run(["go", "mod", "download", "-json", "%s@%s" % (module, version)], check=True,
                          stdout=subprocess.PIPE)
    return json.loads(done.stdout)["Dir"]


def main():
    for kind, (module, version, name) in SOURCES.items():
        with open(os.path.join(folder_of(module, version), name), encoding="utf-8") as file:
            definition = yaml.safe_load(file)["spec"]
        versions = {}
        for one in definition["versions"]:
            versions["%s/%s" % (definition["group"], one["name"])] = schema = bare(one["schema"]["openAPIV3Schema"])
            schema["properties"].pop("status", None)
        with open(os.path.join(HERE, kind + ".json"), "w", encoding="utf-8") as out:
            json.dump({"source": "%s %s" % (module, version), "versions": versions}, out, indent=1, sort_keys=True)
            out.write("\n")


if __name__ == "__main__":
    main()
