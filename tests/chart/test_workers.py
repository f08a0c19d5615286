"""What the workers get: names, configuration, grace period; and that what selects them finds them."""

import os
import re
import subprocess

import pytest
import yaml

import chart

WORKER = os.path.join(os.environ.get("CATALOG_SYNC_BIN") or os.path.join(chart.ROOT, "build-debug", "bin"), "catalog-worker")


def pod_of(resources):
    template = chart.workers(resources)["spec"]["template"]
    return template["metadata"], template["spec"]


def constant(name):
    """A constant of the runtime: the chart's figures stand on it."""
    with open(os.path.join(chart.ROOT, "worker", "runtime", "reactor.c"), encoding="utf-8") as source:
        return eval(re.search(name + r" = ([0-9 *]+)", source.read()).group(1))


def selects(selector, labels):
    return selector.items() <= labels.items()


@pytest.mark.parametrize("seconds", [1, 40, 3600])
def test_the_grace_period_outlasts_the_shutdown(seconds):
    resources = chart.render(chart.values("minimal", shutdownTimeoutSeconds=seconds))
    grace = pod_of(resources)[1]["terminationGracePeriodSeconds"]
    assert grace == seconds + 20
    assert grace > seconds + constant("CLOSE_MAX_US") / 1e6
    assert "shutdown.timeout.ms=%d\n" % (seconds * 1000) in chart.only(resources, "ConfigMap")["data"]["worker.properties"]


def test_changed_configuration_rolls_the_workers():
    def checksum(**changes):
        return pod_of(chart.render(chart.values("minimal", **changes)))[0]["annotations"]["checksum/config"]

    assert checksum() == checksum(workload__replicas=5)
    assert checksum() != checksum(shutdownTimeoutSeconds=50)
    assert checksum() != checksum(config__window=1)


def variables(resources):
    return {one["name"]: one for one in pod_of(resources)[1]["containers"][0].get("env", [])}


def test_members_of_a_stateful_set_are_static():
    given = variables(chart.render(chart.values("minimal")))
    assert given["CATALOG_SYNC_KAFKA_GROUP_INSTANCE_ID"]["value"] == "$(POD_NAMESPACE).$(POD_NAME)"
    assert given["POD_NAME"]["valueFrom"]["fieldRef"]["fieldPath"] == "metadata.name"
    # $(NAME) is replaced only where NAME stands before
    assert list(given)[-1] == "CATALOG_SYNC_KAFKA_GROUP_INSTANCE_ID"


def test_the_port_outranks_what_an_image_says(resources):
    _, spec = pod_of(resources)
    port = spec["containers"][0]["ports"][0]["containerPort"]
    assert variables(resources)["CATALOG_SYNC_ADMIN_LISTEN"]["value"] == ":%d" % port


@pytest.mark.parametrize("changes", [{"workload__kind": "Deployment"}, {"workload__staticMembership": False}])
def test_others_are_not(changes):
    assert list(variables(chart.render(chart.values("minimal", **changes)))) == ["CATALOG_SYNC_ADMIN_LISTEN"]


def test_selectors_find_the_workers_alone(resources):
    labels = pod_of(resources)[0]["labels"]
    others = [metadata["labels"] for _, metadata, _ in chart.pods(resources) if metadata["labels"] is not labels]
    spec = chart.workers(resources)["spec"]
    selectors = [spec["selector"]["matchLabels"], chart.only(resources, "PodDisruptionBudget")["spec"]["selector"]["matchLabels"]]
    selectors += [one["labelSelector"]["matchLabels"] for one in spec["template"]["spec"]["topologySpreadConstraints"]]
    selectors += [one["spec"]["selector"] for one in chart.of_kind(resources, "Service")]
    for selector in selectors:
        assert selects(selector, labels)
        assert not any(selects(selector, other) for other in others)
    for policy in chart.of_kind(resources, "NetworkPolicy"):
        assert all(selects(policy["spec"]["podSelector"]["matchLabels"], one) for one in [labels, *others])


def test_names_lead_somewhere(resources):
    _, spec = pod_of(resources)
    assert spec["serviceAccountName"] == chart.only(resources, "ServiceAccount")["metadata"]["name"]
    maps = {one["metadata"]["name"] for one in chart.of_kind(resources, "ConfigMap")}
    assert {volume["configMap"]["name"] for volume in spec["volumes"] if "configMap" in volume} <= maps
    volumes = {volume["name"] for volume in spec["volumes"]}
    assert {mount["name"] for mount in spec["containers"][0]["volumeMounts"]} == volumes
    if chart.workers(resources)["kind"] == "StatefulSet":
        assert chart.workers(resources)["spec"]["serviceName"] == chart.only(resources, "Service")["metadata"]["name"]


def ports(policy, comment):
    """Ports of the egress rule beside which the template says so."""
    lines = policy.split("# " + comment + "\n")[1].split("- ports:")[0]
    return sorted(int(port) for port in re.findall(r"port: (\d+), protocol: TCP", lines))


@pytest.mark.parametrize("changes,kafka,redis,api", [
    ({}, [9092], [6379], [443]),
    ({"config__kafka.bootstrap.servers": "a:9093, b:9094,c:9093"}, [9093, 9094], [6379], [443]),
    ({"networkPolicy__kafkaPorts": [9095]}, [9095], [6379], [443]),
    ({"config__redis.url": "rediss://u@redis:6380/1"}, [9092], [6380], [443]),
    ({"config__catalogs.outlet.base.url": "http://proxy:8080/x", "config__catalogs.other.base.url": "http://proxy"},
     [9092], [6379], [80, 443, 8080]),
])
def test_the_network_policy_knows_the_ports(changes, kafka, redis, api):
    policy = chart.render_texts(chart.values("minimal", **changes))["catalog-sync/templates/networkpolicy.yaml"]
    assert (ports(policy, "Kafka"), ports(policy, "Redis"), ports(policy, "the catalog API")) == (kafka, redis, api)


def test_without_what_is_optional():
    resources = chart.render(chart.values(
        "minimal", networkPolicy__enabled=False, podDisruptionBudget__enabled=False, topologySpread__enabled=False,
        serviceAccount__create=False))
    assert sorted(one["kind"] for one in resources) == ["ConfigMap", "Pod", "Service", "StatefulSet"]
    assert pod_of(resources)[1]["serviceAccountName"] == "default"
    assert "topologySpreadConstraints" not in pod_of(resources)[1]


def test_the_worker_takes_the_configuration(name, tmp_path):
    """The rendered properties and environment, given to the real program."""
    resources = chart.render(chart.values(name))
    properties, = [one["data"]["worker.properties"] for one in chart.of_kind(resources, "ConfigMap")
                   if "worker.properties" in one["data"]]
    spec = pod_of(resources)[1]
    for volume in spec["volumes"]:
        for source in volume.get("projected", {}).get("sources", []):
            for item in source["secret"]["items"]:
                (tmp_path / item["path"]).write_text("secret\n")
    mounted = {mount["name"]: mount["mountPath"] for mount in spec["containers"][0]["volumeMounts"]}
    file = tmp_path / "worker.properties"
    file.write_text(properties.replace(mounted["secrets"], str(tmp_path)))
    environment = dict(os.environ, ASAN_OPTIONS="detect_leaks=0")
    for variable in spec["containers"][0].get("env", []):
        if variable["name"].startswith("CATALOG_SYNC_"):
            environment[variable["name"]] = variable.get("value", "secret")
    environment.pop("CATALOG_SYNC_BIN", None)
    done = subprocess.run([WORKER, "--config", str(file), "--print-config"], env=environment, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)
    assert done.returncode == 0, done.stderr.decode()
    shown = done.stdout.decode()
    for key, value in yaml.safe_load(chart.text("ci/%s-values.yaml" % name))["config"].items():
        wanted = str(value).lower() if isinstance(value, bool) else str(value)
        assert re.search("^%s=%s( |$)" % (re.escape(key), re.escape(wanted)), shown, re.MULTILINE), key
