"""What is written for Docker and systemd, read as far as that goes without either. deploy/image/bare-root and composed.py run it."""

import json
import os
import re
import shlex
import subprocess
import xml.etree.ElementTree

import paths
import pytest
import yaml

DEPLOY = os.path.join(paths.ROOT, "deploy")
LABELS = {"title", "description", "licenses", "version", "revision"}
PINNED = re.compile(r"^[a-z0-9./-]+:[a-z0-9.-]*\d[a-z0-9.-]*$")
POM = "{http://maven.apache.org/POM/4.0.0}"


def text_of(*path):
    with open(os.path.join(DEPLOY, *path), encoding="utf-8") as file:
        return file.read()


def instructions():
    """[(instruction, its words)] of the Dockerfile."""
    lines = [line for line in text_of("image", "Dockerfile").splitlines() if line and not line.startswith("#")]
    return [tuple(line.split(None, 1)) for line in "\n".join(lines).replace("\\\n", " ").splitlines()]


def stages():
    """{name or number: [(instruction, words)]}"""
    found = {}
    for name, words in instructions():
        if name == "FROM":
            stage = found.setdefault(words.partition(" AS ")[2] or str(len(found)), [])
        stage.append((name, words))
    return found


def final():
    return list(stages().values())[-1]


def test_every_base_is_pinned():
    for stage in stages().values():
        base = stage[0][1].split()[0]
        assert base == "scratch" or base in stages() or PINNED.match(base), base
    assert final()[0] == ("FROM", "scratch")


def test_nothing_is_fetched_by_address():
    assert not [words for name, words in instructions() if name == "ADD" or "://" in words]
    assert not re.search(r"curl |wget |git clone", text_of("image", "steps"))


def test_the_image_is_no_roots_and_has_no_shell():
    said = dict(final())
    user, _, group = said["USER"].partition(":")
    assert int(user) > 0 and int(group) > 0, "by number, so that Kubernetes sees that it is not root"
    assert "WORKER_ID=%s " % user in text_of("image", "steps")
    assert not [words for name, words in final() if name in ("RUN", "VOLUME")]
    for words in (said["ENTRYPOINT"], said["HEALTHCHECK"].partition("CMD ")[2]):
        assert json.loads(words)[0] == "/usr/bin/catalog-worker", "as a list: a text would want a shell"


def test_the_image_says_what_it_is():
    labels = dict(word.split("=", 1) for word in shlex.split(dict(final())["LABEL"]))
    assert LABELS <= {name.rpartition(".")[2] for name in labels}
    assert all(name.startswith("org.opencontainers.image.") and value for name, value in labels.items())
    version = re.search(r"project\(catalog-sync VERSION (\S+)", open(os.path.join(paths.ROOT, "CMakeLists.txt")).read()).group(1)
    assert "VERSION=" + version in [words for name, words in final() if name == "ARG"]
    assert text_of("debian", "changelog").startswith("catalog-sync (%s) " % version)


def test_every_step_is_known_and_copied_before_it_runs():
    known = set(re.findall(r"^#   (\w+)", text_of("image", "steps"), re.MULTILINE))
    named = re.findall(r"deploy/image/steps ([^\n]*)", "\n".join(words for name, words in instructions() if name == "RUN"))
    used = {step.partition("=")[0] for line in named for step in line.split()}
    assert used == known, "the Dockerfile and deploy/image/bare-root run the same"
    for name in used:
        assert re.search(r"\b%s\b" % name, text_of("image", "bare-root")), name


def test_what_git_leaves_out_the_image_leaves_out():
    ignored = text_of("..", ".dockerignore").split()
    for pattern in open(os.path.join(paths.ROOT, ".gitignore")).read().split():
        bare = pattern.strip("/")
        assert bare in ignored or "**/" + bare in ignored, pattern


# -- compose.yaml ----------------------------------------------------------------------------------------------------------


@pytest.fixture(name="compose")
def _compose():
    return yaml.safe_load(text_of("compose", "compose.yaml"))


def test_compose_pins_its_images(compose):
    for name, service in compose["services"].items():
        assert service["image"] == "catalog-sync" or PINNED.match(service["image"]), name
    pom = xml.etree.ElementTree.parse(os.path.join(paths.ROOT, "tests", "kafka", "pom.xml")).getroot()
    kafka = pom.find("%sproperties/%skafka.version" % (POM, POM)).text
    assert compose["services"]["kafka"]["image"] == "apache/kafka:" + kafka, "the Kafka that the tests run on"


def test_compose_gives_our_programs_nothing(compose):
    ours = {name: service for name, service in compose["services"].items() if service["image"] == "catalog-sync"}
    assert set(ours) >= {"worker", "catalog-sim", "publish", "dlq"}
    for name, service in ours.items():
        assert service["read_only"] and service["cap_drop"] == ["ALL"] and "user" not in service, name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert os.path.exists(os.path.join(DEPLOY, "compose", service["build"]["context"], service["build"]["dockerfile"]))


def test_compose_refers_to_what_is_there(compose):
    services, volumes = compose["services"], set(compose["volumes"])
    for name, service in services.items():
        assert set(service.get("depends_on", [])) <= set(services), name
        assert set(service.get("secrets", [])) <= set(compose["secrets"]), name
        for volume in service.get("volumes", []):
            source, target = volume.split(":")[:2]
            assert target.startswith("/"), volume
            assert source in volumes or os.path.exists(os.path.join(DEPLOY, "compose", source)), "%s: %s" % (name, volume)
    assert all(port.startswith("127.0.0.1:") for service in services.values() for port in service.get("ports", []))


def test_compose_grace_is_above_the_shutdown(compose, tmp_path):
    worker = compose["services"]["worker"]
    shown = subprocess.run([paths.program("catalog-worker"), "--print-config"], stdout=subprocess.PIPE, check=True, timeout=120,
                           env=dict(worker["environment"], PATH=os.environ["PATH"],
                                    CATALOG_SYNC_CATALOG_TOKEN_FILE=os.path.join(DEPLOY, "compose", "catalog-token"))).stdout.decode()
    shutdown_ms = int(re.search(r"^shutdown\.timeout\.ms=(\d+)", shown, re.MULTILINE).group(1))
    leaving_s = 15
    assert int(worker["stop_grace_period"].rstrip("s")) >= shutdown_ms / 1000 + leaving_s
    unit = text_of("systemd", "catalog-worker@.service")
    assert int(re.search(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE).group(1)) >= shutdown_ms / 1000 + leaving_s


def test_prometheus_and_grafana_are_configured():
    done = subprocess.run(["promtool", "check", "config", os.path.join(DEPLOY, "compose", "prometheus.yml")], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=120)
    assert done.returncode == 0, done.stdout.decode()
    source, = yaml.safe_load(text_of("compose", "grafana", "datasources", "prometheus.yaml"))["datasources"]
    assert source["type"] == "prometheus" and source["isDefault"] and source["url"] == "http://prometheus:9090"
    provider, = yaml.safe_load(text_of("compose", "grafana", "dashboards", "catalog-sync.yaml"))["providers"]
    mounts = yaml.safe_load(text_of("compose", "compose.yaml"))["services"]["grafana"]["volumes"]
    target, = [volume.split(":")[1] for volume in mounts if volume.startswith("../helm/")]
    assert provider["options"]["path"] == target + "/files"
    rules, = yaml.safe_load(text_of("compose", "prometheus.yml"))["rule_files"]
    assert rules == target + "/files/*.rules.yml"


# -- the service -----------------------------------------------------------------------------------------------------------


def test_the_service_is_sandboxed():
    unit = text_of("systemd", "catalog-worker@.service")
    for line in ("User=catalog-sync", "NoNewPrivileges=yes", "CapabilityBoundingSet=", "ProtectSystem=strict",
                 "MemoryDenyWriteExecute=yes", "SystemCallFilter=@system-service", "RestartPreventExitStatus=2"):
        assert re.search("^%s$" % re.escape(line), unit, re.MULTILINE), line
    assert "TOKEN" not in unit and "PASSWORD" not in unit, "secrets are files of their own"
