"""The dashboard's panels and queries, as a test and the picture need them."""

import json
import re

import promctl


def panels():
    """Those that show something, rows as they are."""
    with open(promctl.DASHBOARD, encoding="utf-8") as text:
        return json.load(text)["panels"]


def expression(target, window="10s"):
    """A target's query, for all namespaces and jobs."""
    query = target["expr"].replace("$__rate_interval", window).replace("$namespace", ".*").replace("$job", ".*")
    assert "$" not in query, "a variable that nobody fills: " + query
    return query


def legend(target, labels):
    """A series' name, as Grafana makes it."""
    return re.sub(r"{{\s*(\w+)\s*}}", lambda m: labels.get(m.group(1), ""), target["legendFormat"])
