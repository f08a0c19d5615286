"""Every resource is one that the last three versions of Kubernetes know, field by field."""

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
