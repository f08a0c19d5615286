#!/usr/bin/env python3
"""deploy/helm/readme.py renew|check: the chart's README.md from the comments of its values.yaml; check: whether it is up to date."""

import json
import os
import re
import sys

import yaml

CHART = os.path.join(os.path.dirname(os.path.abspath(__file__)), "catalog-sync")
HEAD = """# catalog-sync, the Helm chart

<!-- Made by deploy/helm/readme.py from values.yaml; do not edit. -->

%s

Version %s, for catalog-worker %s and Kubernetes %s. How to deploy, and what the chart makes:
[docs/kubernetes.md](../../../docs/kubernetes.md). Examples: [the least](ci/minimal-values.yaml), [everything](ci/full-values.yaml).

| value | default | what it is |
|---|---|---|
"""


def described(text):
    """(path, description) of each key that a comment beginning with `# --` stands before, and paths of the others."""
    place, comment, told, untold = [], [], [], []
    for line in text.split("\n"):
        key = re.match(r"( *)([A-Za-z][\w.]*):", line)
        if re.match(r" *# -- ", line):
            comment = [line.split("# -- ", 1)[1]]
        elif comment and re.match(r" *# ", line):
            comment.append(line.split("# ", 1)[1])
        elif key:
            place = place[:len(key.group(1)) // 2] + [key.group(2)]
            if comment:
                told.append((".".join(place), " ".join(comment)))
            else:
                untold.append(".".join(place))
            comment = []
    return told, untold


def at(values, path):
    for key in path.split("."):
        values = values[key]
    return values


def check_all_told(told, untold, values):
    """Every value has a description, its own or that of what it is in; sections need none."""
    paths = [path for path, _ in told]
    for path in untold:
        section = isinstance(at(values, path), dict) and any(one.startswith(path + ".") for one in paths)
        if not section and not any(path.startswith(one + ".") for one in paths):
            sys.exit("values.yaml: %s has no description: write '# -- ...' before it" % path)


def readme():
    with open(os.path.join(CHART, "values.yaml"), encoding="utf-8") as file:
        text = file.read()
    with open(os.path.join(CHART, "Chart.yaml"), encoding="utf-8") as file:
        chart = yaml.safe_load(file)
    values = yaml.safe_load(text)
    told, untold = described(text)
    check_all_told(told, untold, values)
    rows = ["| `%s` | `%s` | %s |" % (path, json.dumps(at(values, path)), words.replace("|", "\\|")) for path, words in told]
    return HEAD % (chart["description"], chart["version"], chart["appVersion"], chart["kubeVersion"].replace("-0", "")) + \
        "\n".join(rows) + "\n"


def main():
    path = os.path.join(CHART, "README.md")
    if sys.argv[1:] == ["renew"]:
        with open(path, "w", encoding="utf-8") as out:
            out.write(readme())
    elif sys.argv[1:] == ["check"]:
        with open(path, encoding="utf-8") as file:
            if file.read() != readme():
                sys.exit("%s is not what values.yaml says: deploy/helm/readme.py renew" % path)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
