"""What is off by default: scaling, monitoring, topics; and the pod of helm test, and the README."""

import json
import os
import re
import subprocess
import sys

import pytest
import yaml

import chart
import conftest
from chart import helm_python


def scaled(**changes):
    values = chart.values("minimal", autoscaling={"enabled": True, "prometheus": {"serverAddress": "http://prometheus:9090"}})
    for path, value in changes.items():
        values["autoscaling"][path] = value
    return values


def triggers(values, kind):
    spec = chart.only(chart.render(values), "ScaledObject")["spec"]
    return [one["metadata"] for one in spec["triggers"] if one["type"] == kind]


def test_the_scaled_object_has_the_number_alone():
    resources = chart.render(scaled(maxReplicas=5))
    workers, scaler = chart.workers(resources), chart.only(resources, "ScaledObject")["spec"]
    assert "replicas" not in workers["spec"]
    assert scaler["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": workers["kind"], "name": workers["metadata"]["name"]}
    assert (scaler["minReplicaCount"], scaler["maxReplicaCount"]) == (1, 5)


def test_the_query_is_promql_over_this_release(tmp_path):
    query = triggers(scaled(), "prometheus")[0]["query"]
    assert query.count('{namespace="sync",pod=~"shop-catalog-sync-.+"}') == len(re.findall("catalog_sync_", query)) == 3
    rules = tmp_path / "rules.yml"
    rules.write_text(yaml.safe_dump({"groups": [{"name": "g", "rules": [{"record": "useful", "expr": query}]}]}))
    done = subprocess.run(["promtool", "check", "rules", str(rules)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout.decode()


def test_the_query_is_that_of_the_docs():
    """docs/metrics.md tells what the number means, and how it is tested against workers."""
    with open(os.path.join(chart.ROOT, "docs", "metrics.md"), encoding="utf-8") as page:
        told, = [block for block in re.findall(r"```promql\n(.*?)\n```", page.read(), re.DOTALL)
                 if "catalog_sync_catalog_budget_replicas" in block]
    assert re.sub(r"\{namespace=.*?\}", "", triggers(scaled(), "prometheus")[0]["query"]) == told


def test_a_query_of_ones_own():
    assert triggers(scaled(prometheus={"serverAddress": "http://p", "query": "up"}), "prometheus")[0]["query"] == "up"


def test_lag_starts_the_first_worker_only_where_there_may_be_none():
    assert triggers(scaled(), "kafka") == []
    found = triggers(scaled(minReplicas=0), "kafka")
    assert [one["topic"] for one in found] == ["product-events", "product-events.bulk"]
    assert {one["consumerGroup"] for one in found} == {"catalog-sync"}
    assert {one["activationLagThreshold"] for one in found} == {"50"}


def test_topics_of_the_lag_are_those_that_workers_read():
    values = scaled(minReplicas=0)
    values["config"].update({"topic.events.bulk": "", "topic.events": "a, b", "catalogs.outlet.topic.events": "c,a",
                             "catalog.topic.events.bulk": "d", "catalog.mode": "plan-only", "kafka.group.id": "g"})
    found = triggers(values, "kafka")
    assert sorted(one["topic"] for one in found) == ["a", "b", "c", "d"]
    assert {one["consumerGroup"] for one in found} == {"g.shadow"}


@pytest.mark.parametrize("changes,words", [
    ({"autoscaling": {"enabled": True}}, "prometheus.serverAddress"),
    ({"topics__strimzi": {"enabled": True}}, "topics.strimzi needs cluster"),
])
def test_what_an_extra_needs_is_said(changes, words):
    with pytest.raises(helm_python.HelmError, match=words):
        chart.render(chart.values("minimal", **changes))


@pytest.mark.parametrize("what,file", [("rules", "catalog-sync.rules.yml"), ("dashboard", "dashboard.json")])
def test_a_missing_file_is_named(chart_with_files, what, file):
    os.remove(os.path.join(chart_with_files, "files", file))
    with pytest.raises(helm_python.HelmError, match="no files/" + re.escape(file)):
        chart.render(chart.values("minimal", monitoring={what: {"enabled": True}}), chart_with_files)


def test_rules_and_dashboard_are_taken_as_they_are(chart_with_files):
    given = chart.values("minimal", monitoring={"rules": {"enabled": True, "labels": {"release": "x"}},
                                                "dashboard": {"enabled": True}})
    resources = chart.render(given, chart_with_files)
    rule = chart.only(resources, "PrometheusRule")
    assert rule["spec"] == yaml.safe_load(conftest.RULES)
    assert rule["metadata"]["labels"]["release"] == "x"
    boards = [one for one in chart.of_kind(resources, "ConfigMap") if one["metadata"]["labels"].get("grafana_dashboard") == "1"]
    assert [one["data"]["catalog-sync.json"] for one in boards] == [conftest.DASHBOARD]


def test_the_charts_own_rules_and_dashboard(tmp_path):
    resources = chart.render(chart.values("full"))
    rules = tmp_path / "rules.yml"
    rules.write_text(yaml.safe_dump(chart.only(resources, "PrometheusRule")["spec"]))
    done = subprocess.run(["promtool", "check", "rules", str(rules)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout.decode()
    board, = [one for one in chart.of_kind(resources, "ConfigMap") if "catalog-sync.json" in one["data"]]
    assert json.loads(board["data"]["catalog-sync.json"])["panels"]


def runbooks(**changes):
    groups = chart.only(chart.render(chart.values("full", **changes)), "PrometheusRule")["spec"]["groups"]
    return {rule["annotations"]["runbook_url"] for group in groups for rule in group["rules"] if "alert" in rule}


def test_runbooks_are_where_the_deployment_keeps_them():
    told = runbooks()
    assert told and all(one.startswith("docs/runbooks/") for one in told)
    assert runbooks(monitoring__rules__runbookBase="https://wiki.example/sync/") == {"https://wiki.example/sync/" + one for one in told}


def topics(values):
    return {one["spec"]["topicName"]: one for one in chart.of_kind(chart.render(values), "KafkaTopic")}


def test_topics_are_as_the_check_list_wants_them():
    found = topics(chart.values("full"))
    kinds = {name: one["spec"]["config"]["cleanup.policy"] for name, one in found.items()}
    assert kinds == {"product-events": "delete", "product-events.bulk": "delete", "outlet_events": "delete",
                     "product-sync-results": "compact", "product-events.dlq": "compact", "catalog-sync.audit": "delete"}
    for one in found.values():
        assert one["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
        assert one["metadata"]["labels"]["strimzi.io/cluster"] == "events"
        assert re.fullmatch(r"[a-z0-9]([-.a-z0-9]*[a-z0-9])?", one["metadata"]["name"])
        assert one["spec"]["config"]["min.insync.replicas"] < one["spec"]["replicas"]


@pytest.mark.parametrize("config,record_max", [({}, 1048576), ({"record.max.bytes": 16777216}, 16777216)])
def test_dead_letters_have_room_for_the_largest_event(config, record_max):
    values = chart.values("minimal", topics={"strimzi": {"enabled": True, "cluster": "events"}})
    values["config"].update(config)
    sizes = {name: one["spec"]["config"].get("max.message.bytes") for name, one in topics(values).items()}
    with open(os.path.join(chart.ROOT, "worker", "runtime", "settings.c"), encoding="utf-8") as source:
        more = re.search(r"\.message_max_bytes = \(size_t\)config->record_max_bytes \+ (\d+) \* 1024", source.read())
    assert sizes["product-events"] == record_max + 1024  # more, and --check would warn
    assert sizes["product-events.dlq"] > record_max + int(more.group(1)) * 1024


def test_a_plan_only_worker_has_topics_of_its_own():
    values = chart.values("minimal", topics={"strimzi": {"enabled": True, "cluster": "events"}})
    values["config"]["catalog.mode"] = "plan-only"
    assert {"product-sync-results.shadow", "product-events.dlq.shadow", "product-events"} <= set(topics(values))


def test_helm_test_asks_the_check_list(name, resources):
    pod = [one for one in chart.of_kind(resources, "Pod") if one["metadata"]["annotations"]["helm.sh/hook"] == "test"]
    container, = pod[0]["spec"]["containers"]
    assert pod[0]["spec"]["restartPolicy"] == "Never"
    assert container["command"] + container["args"][:3] == [
        "/usr/bin/catalog-worker", "--config", "/etc/catalog-sync/worker.properties", "--check"]
    assert container["args"][3:] == ([] if name == "minimal" else ["--accept", "kafka.replicas,unknown"])
    worker = chart.workers(resources)["spec"]["template"]["spec"]
    assert container["volumeMounts"] == worker["containers"][0]["volumeMounts"]
    assert pod[0]["spec"]["volumes"] == worker["volumes"]
    assert container["image"] == worker["containers"][0]["image"]


def test_the_notes_name_what_is_there(name):
    notes = chart.render_texts(chart.values(name))["catalog-sync/templates/NOTES.txt"]
    workers = chart.workers(chart.render(chart.values(name)))
    assert "%s/%s " % (workers["kind"].lower(), workers["metadata"]["name"]) in notes
    assert "helm test shop --namespace sync" in notes
    assert ("0 to 12 workers" if name == "full" else "2 workers") in notes


def test_the_readme_is_up_to_date():
    done = subprocess.run([sys.executable, "-B", os.path.join(chart.ROOT, "deploy", "helm", "readme.py"), "check"],
                          stderr=subprocess.PIPE)
    assert done.returncode == 0, done.stderr.decode()


def test_the_chart_is_for_this_version():
    with open(os.path.join(chart.ROOT, "CMakeLists.txt"), encoding="utf-8") as file:
        version = re.search(r"project\(catalog-sync VERSION ([0-9.]+)", file.read()).group(1)
    assert yaml.safe_load(chart.text("Chart.yaml"))["appVersion"] == version
