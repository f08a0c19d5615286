"""The Helm chart's pods, run as a node would run them: topics as the chart makes them, the check-list of `helm test`, probes,
readiness through an outage of Redis, the grace period."""

import importlib
import os
import sys

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

import paths
import podctl
import procs
from kafkactl import has_leaders
from world import TOKEN

# True of a laptop's Kafka and of calls that are not paced, and meant.
KNOWN = ["kafka.replicas", "catalog.budget"]


def values(world):
    config = {key: value for key, value in world.settings(catalog_rate_per_hour=0, redis_restart_grace_ms=200).items()
              if key != "catalog.token.file"}
    return {"config": config, "secretFiles": {"catalog.token.file": {"secret": "catalog", "key": "token"}},
            "adminPort": procs.free_port(), "shutdownTimeoutSeconds": 31, "checkPod": {"accept": KNOWN},
            "topics": {"strimzi": {"enabled": True, "cluster": "events", "partitions": 2, "replicas": 1, "minInsyncReplicas": 1}}}


@pytest.fixture
def chart():
    """tests/chart's module; only now, since it fetches Helm the first time."""
    sys.path.insert(0, os.path.join(paths.ROOT, "tests", "chart"))
    return importlib.import_module("chart")


def make_topics(broker, specs):
    """What Strimzi does with KafkaTopics."""
    wanted = [NewTopic(one["topicName"], one["partitions"], one["replicas"],
                       config={key: str(value) for key, value in one["config"].items()})
              for one in specs]
    admin = AdminClient({"bootstrap.servers": broker.bootstrap})
    for future in admin.create_topics(wanted).values():
        future.result(30)
    names = {one.topic for one in wanted}
    procs.wait_until(lambda: has_leaders(admin, names), 60, "every topic just made has its leaders")
    return names


@pytest.fixture
def release(chart, world, tmp_path):
    """A function that makes one of the chart's pods, by component and name; the topics are the chart's."""
    world.topics = {role: "chart-" + name for role, name in world.topics.items()}
    resources = chart.render(values(world))
    topics = [one["spec"] for one in chart.of_kind(resources, "KafkaTopic")]
    assert make_topics(world.broker, topics) == set(world.topics.values())
    specs = {metadata["labels"]["app.kubernetes.io/component"]: spec for _, metadata, spec in chart.pods(resources)}
    maps = {one["metadata"]["name"]: one["data"] for one in chart.of_kind(resources, "ConfigMap")}
    made = []

    def pod(component, name):
        made.append(podctl.Pod(tmp_path / "pods", chart.NAMESPACE, name, specs[component], maps,
                               {"catalog": {"token": TOKEN + "\n"}}))
        return made[-1]

    yield pod
    for one in made:
        one.kill()


@pytest.mark.only("apache")  # dev-kafka tells no topic's settings
def test_a_release_works(world, release):
    code, said = release("check", "shop-catalog-sync-check").run()
    assert code == 0, said
    for line in ("kafka.retention", "kafka.compaction", "kafka.message.size"):
        assert "ok" in [row.split()[0] for row in said.splitlines() if line in row.split()[:2]], said

    worker = release("worker", "shop-catalog-sync-0").start()
    procs.wait_until(lambda: worker.probe("readinessProbe"), 30, worker.process.log_tail)
    assert worker.probe("livenessProbe")
    result, = world.sync(world.updated(1, 1))
    assert result["outcome"] == "created"
    assert "sync.shop-catalog-sync-0" in worker.process.log_text()  # the static member's name

    def down():
        procs.wait_until(lambda: not worker.probe("readinessProbe"), 30, worker.process.log_tail)
        assert worker.probe("livenessProbe")  # an outage is no reason to restart

    world.redis.restart(while_down=down)
    procs.wait_until(lambda: worker.probe("readinessProbe"), 60, worker.process.log_tail)

    assert worker.terminate() == 0, worker.process.log_tail()
