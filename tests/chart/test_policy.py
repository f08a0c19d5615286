"""What every pod of the chart must keep to: the restricted Pod Security standard, limits, probes, no token."""

import pytest

import chart

# https://kubernetes.io/docs/concepts/security/pod-security-standards/, the restricted profile.
VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}


def pod_violations(spec):
    context = spec.get("securityContext", {})
    if context.get("runAsNonRoot") is not True or not context.get("runAsUser"):
        yield "may run as root"
    if context.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        yield "no seccomp profile"
    if spec.get("automountServiceAccountToken") is not False:
        yield "has a token"
    if any(spec.get(key) for key in ("hostNetwork", "hostPID", "hostIPC")):
        yield "shares the host's namespaces"
    for volume in spec.get("volumes", []):
        if not set(volume) - {"name"} <= VOLUMES:
            yield "volume %s is not allowed" % volume["name"]
        for source in volume.get("projected", {}).get("sources", []):
            if "serviceAccountToken" in source:
                yield "has a token as a volume"
    if not spec.get("terminationGracePeriodSeconds"):
        yield "no grace period of its own"
    if spec.get("enableServiceLinks") is not False:
        yield "other Services would set its keys"


def container_violations(container):
    context = container.get("securityContext", {})
    if context.get("allowPrivilegeEscalation") is not False or context.get("privileged"):
        yield "may gain privileges"
    if context.get("capabilities") != {"drop": ["ALL"]}:
        yield "keeps capabilities"
    if context.get("readOnlyRootFilesystem") is not True:
        yield "may write to its root"
    if context.get("runAsUser") == 0 or context.get("runAsNonRoot") is False:
        yield "runs as root"
    resources = container.get("resources", {})
    for what in ("requests", "limits"):
        for resource in ("cpu", "memory"):
            if not resources.get(what, {}).get(resource):
                yield "%s without %s" % (what, resource)
    if any("hostPort" in port for port in container.get("ports", [])):
        yield "takes a port of the host"
    if container["image"].rpartition(":")[2] in ("latest", "") or not set(":@") & set(container["image"]):
        yield "image without a version"


def violations(resources):
    for name, _, spec in chart.pods(resources):
        yield from ("%s: %s" % (name, text) for text in pod_violations(spec))
        for container in chart.containers(spec):
            yield from ("%s/%s: %s" % (name, container["name"], text) for text in container_violations(container))


def test_pods_keep_to_the_policy(resources):
    assert list(violations(resources)) == []


@pytest.mark.parametrize("spoil", [
    lambda pod: pod["securityContext"].pop("runAsNonRoot"),
    lambda pod: pod["securityContext"].update(runAsUser=0),
    lambda pod: pod["securityContext"].pop("seccompProfile"),
    lambda pod: pod.pop("automountServiceAccountToken"),
    lambda pod: pod.update(hostNetwork=True),
    lambda pod: pod["volumes"].append({"name": "x", "hostPath": {"path": "/"}}),
    lambda pod: pod.pop("terminationGracePeriodSeconds"),
    lambda pod: pod.pop("enableServiceLinks"),
    lambda pod: pod["containers"][0]["securityContext"].pop("allowPrivilegeEscalation"),
    lambda pod: pod["containers"][0]["securityContext"]["capabilities"].update(add=["NET_ADMIN"]),
    lambda pod: pod["containers"][0]["securityContext"].pop("readOnlyRootFilesystem"),
    lambda pod: pod["containers"][0]["resources"]["limits"].pop("memory"),
    lambda pod: pod["containers"][0].update(image="catalog-sync:latest"),
    lambda pod: pod["containers"][0].update(image="catalog-sync"),
])
def test_the_policy_notices(spoil):
    resources = chart.render(chart.values("minimal"))
    spoil(chart.workers(resources)["spec"]["template"]["spec"])
    assert len(list(violations(resources))) == 1


def test_workers_have_all_three_probes(resources):
    for container in chart.workers(resources)["spec"]["template"]["spec"]["containers"]:
        ports = {port["name"] for port in container["ports"]}
        for probe, path in (("startupProbe", "/livez"), ("livenessProbe", "/livez"), ("readinessProbe", "/readyz")):
            assert container[probe]["httpGet"]["path"] == path
            assert container[probe]["httpGet"]["port"] in ports


def test_accounts_have_no_token(resources):
    for account in chart.of_kind(resources, "ServiceAccount"):
        assert account["automountServiceAccountToken"] is False


def test_no_secret_is_made(resources):
    assert chart.of_kind(resources, "Secret") == []
