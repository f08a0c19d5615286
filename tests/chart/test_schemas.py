"""Every resource is one that the last three versions of Kubernetes, or the operators, know, field by field."""

import pytest

import chart
import fetch
import schemas

KUBERNETES = {"v1", "apps/v1", "policy/v1", "networking.k8s.io/v1"}


@pytest.fixture(params=fetch.VERSIONS)
def version(request):
    return request.param


def test_kubernetes_takes_every_resource(version, resources):
    ours = [one for one in resources if one["apiVersion"] in KUBERNETES]
    assert len(ours) >= 5
    for resource in ours:
        assert schemas.kubernetes_errors(version, resource) == [], resource["kind"]


CUSTOM = {"ScaledObject", "PodMonitor", "PrometheusRule", "KafkaTopic"}


def test_every_resource_is_looked_at(resources):
    assert {one["kind"] for one in resources if one["apiVersion"] not in KUBERNETES} <= CUSTOM


@pytest.fixture
def everything(chart_with_files):
    return chart.render(chart.values("full"), chart_with_files)


def test_operators_take_theirs(everything):
    ours = [one for one in everything if one["apiVersion"] not in KUBERNETES]
    assert {one["kind"] for one in ours} == CUSTOM
    for resource in ours:
        assert schemas.custom_errors(resource) == [], resource["kind"]


def test_kafka_topics_of_either_version():
    resources = chart.render(chart.values("full", topics__strimzi__apiVersion="kafka.strimzi.io/v1"))
    for resource in chart.of_kind(resources, "KafkaTopic"):
        assert resource["apiVersion"] == "kafka.strimzi.io/v1"
        assert schemas.custom_errors(resource) == []


@pytest.mark.parametrize("kind,spoil", [
    ("ScaledObject", lambda spec: spec.update(minReplicas=1)),
    ("ScaledObject", lambda spec: spec["triggers"][0]["metadata"].update(threshold=1)),
    ("ScaledObject", lambda spec: spec.pop("scaleTargetRef")),
    ("PodMonitor", lambda spec: spec["podMetricsEndpoints"][0].update(intervall="1s")),
    ("PodMonitor", lambda spec: spec["podMetricsEndpoints"][0].update(interval="often")),
    ("PodMonitor", lambda spec: spec.pop("selector")),
    ("PrometheusRule", lambda spec: spec["groups"][0].pop("name")),
    ("PrometheusRule", lambda spec: spec["groups"][0]["rules"][0].update(severity="page")),
    ("KafkaTopic", lambda spec: spec.update(partitions=0)),
    ("KafkaTopic", lambda spec: spec.update(retention=1)),
])
def test_operators_notice(everything, kind, spoil):
    resource = chart.of_kind(everything, kind)[0]
    spoil(resource["spec"])
    assert schemas.custom_errors(resource)


@pytest.mark.parametrize("spoil", [
    lambda spec: spec.update(replica=1),
    lambda spec: spec.update(replicas="two"),
    lambda spec: spec.pop("selector"),
    lambda spec: spec["template"]["spec"]["containers"][0].update(readynessProbe={}),
    lambda spec: spec["template"]["spec"]["containers"][0]["livenessProbe"].update(periodSeconds="10"),
    lambda spec: spec["template"]["spec"]["securityContext"].update(readOnlyRootFilesystem=True),
])
def test_kubernetes_notices(version, spoil):
    workers = chart.workers(chart.render(chart.values("minimal")))
    spoil(workers["spec"])
    assert schemas.kubernetes_errors(version, workers)
