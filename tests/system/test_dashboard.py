"""Every query of the dashboard and of the rules returns data from a real Prometheus that scraped a real worker."""

import math
import re

import pytest
import yaml

import dashboard
import promctl
from procs import wait_until


def rules():
    return [rule for group in yaml.safe_load(promctl.rules_text())["groups"] for rule in group["rules"]]


def selectors(expression):
    """What an expression reads: each metric with its matchers, without its range."""
    without = re.sub(r"\b(?:by|on|group_left|group_right)\s*\([^)]*\)|\[\w+\]", " ", expression)
    found = re.findall(r"((?:catalog_sync|process)[a-z0-9_:]+(?:\{[^}]*\})?|\{__name__[^}]*\})", without)
    return [selector for selector in found if not selector.endswith("_")]


def with_data(prometheus, queries):
    """Asks until each has returned a number at some time; returns those that never did."""
    missing = dict.fromkeys(queries)

    def look():
        for query in list(missing):
            if any(not math.isnan(value) for _, value in prometheus.query(query)):
                del missing[query]
        return not missing

    try:
        wait_until(look, 60, "data", 0.5)
    except TimeoutError:
        pass
    return list(missing)


def traffic(world):
    """Something of every kind: calls, an event that fails, one that is unchanged, one that is coalesced."""
    world.sync(*[world.updated(n, 1) for n in range(12)], world.updated("broken", 1, price=19.99))
    world.sync(*[world.updated(n, 2) for n in range(6)])
    world.sync(*[world.updated(n, 2, name="Lamp %d, new" % n) for n in range(6, 12)])


@pytest.mark.only("dev-kafka")  # Prometheus sees no difference
def test_every_query_returns_data(world, tmp_path):
    worker = world.worker(catalog_rate_per_hour=360000)
    # a range must hold two samples of a test's few seconds
    prometheus = promctl.Prometheus(tmp_path / "prometheus", [worker], promctl.rules_text()).start()
    try:
        wait_until(lambda: prometheus.query("catalog_sync_records_total"), 20, "the worker is scraped")
        traffic(world)
        targets = [target for panel in dashboard.panels() for target in panel.get("targets", ())]
        assert len(targets) > 30
        queries = [dashboard.expression(target) for target in targets]
        recorded = [rule["record"] for rule in rules() if "record" in rule]
        read = sorted({selector for rule in rules() for selector in selectors(rule["expr"])})
        assert 'catalog_sync_why{reason="redis_down"}' in read and "catalog_sync_events_total" in read
        assert with_data(prometheus, queries + recorded + read) == []
        assert prometheus.query("catalog_sync:dead_letters:ratio_rate10m")[0][1] > 0
        states = {rule["name"]: rule for group in prometheus.ask("rules")["groups"] for rule in group["rules"]}
        assert {name: rule["lastError"] for name, rule in states.items() if rule.get("lastError")} == {}
        assert prometheus.firing() <= {"CatalogSyncDeadLetters"}, "a fleet that works rings no other bell"
    finally:
        prometheus.stop()


def test_panels_do_not_overlap_and_say_what_they_show():
    taken = set()
    for panel in dashboard.panels():
        grid = panel["gridPos"]
        cells = {(x, y) for x in range(grid["x"], grid["x"] + grid["w"]) for y in range(grid["y"], grid["y"] + grid["h"])}
        assert grid["x"] + grid["w"] <= 24 and not cells & taken, panel["title"]
        taken |= cells
        assert panel["type"] == "row" or panel["description"] and panel["targets"]
        names = [target["refId"] for target in panel.get("targets", ())]
        assert len(names) == len(set(names))
    ids = [panel["id"] for panel in dashboard.panels()]
    assert len(ids) == len(set(ids))


def test_shortened_rules_differ_in_times_alone():
    text = "expr: rate(a[5m]) / rate(b[1h]) > 10\nfor: 30m\nrecord: x:rate5m\n"
    assert promctl.shortened(text) == "expr: rate(a[5s]) / rate(b[1m]) > 10\nfor: 30s\nrecord: x:rate5m\n"
    assert not re.search(r"(for: |\[)\d+h|for: \d\dm", promctl.shortened(promctl.rules_text()))
