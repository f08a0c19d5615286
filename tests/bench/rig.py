"""What the benchmark measures on: one Apache Kafka for all runs, and for each run topics, Redis and catalog of its own."""

import json
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "system"))
import paths  # noqa: E402  (makes deploy/lib and tests/kafka importable)
import procs  # noqa: E402
from catalog_sim import CatalogSim  # noqa: E402
from kafkactl import create_topics  # noqa: E402
from redisctl import PrivateRedis  # noqa: E402
from confluent_kafka import Consumer, TopicPartition  # noqa: E402

CATALOG, TOKEN = "1001", "sim-token"
EVENT_BYTES = 700
PARTITIONS = 4
HEADERS = {"content-type": "application/cloudevents+json"}
TICKS = os.sysconf("SC_CLK_TCK")


def event(product, version=1732300000000000, price="19.99"):
    """(key, value) of an upsert, padded to exactly EVENT_BYTES."""
    data = {"product_id": product, "version": version, "sku": "SKU-%s" % product, "name": "Lamp %s" % product,
            "description": "", "brand": "Hearth", "price": price, "currency": "USD", "stock_quantity": 5,
            "is_active": True, "link": "https://shop.example/p/%s" % product,
            "image_link": "https://shop.example/i/%s.jpg" % product}
    whole = {"specversion": "1.0", "id": "%s-v%d" % (product, version), "source": "urn:shop:bench",
             "type": "product.updated", "data": data}
    data["description"] = "d" * (EVENT_BYTES - len(json.dumps(whole)))
    value = json.dumps(whole)
    assert len(value) == EVENT_BYTES
    return product, value


def cpu_seconds(pid):
    """User and system time of a process, all its threads."""
    with open("/proc/%d/stat" % pid) as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_kib(pid):
    """{VmRSS, VmHWM, RssAnon, RssFile} in KiB."""
    with open("/proc/%d/status" % pid) as status:
        lines = dict(line.split(":", 1) for line in status)
    return {name: int(lines[name].split()[0]) for name in ("VmRSS", "VmHWM", "RssAnon", "RssFile")}


class Run:
    """Fresh topics, a fresh Redis, a fresh catalog; one program under test at a time."""

    number = 0

    def __init__(self, kafka, home, sim_knobs=None):
        Run.number += 1
        self.kafka = kafka
        self.home = os.path.join(home, "run-%d" % Run.number)
        os.makedirs(self.home)
        self.names = {role: "%s-%d" % (role, Run.number) for role in ("events", "bulk", "results", "dlq")}
        create_topics(kafka.bootstrap, {name: PARTITIONS for name in self.names.values()})
        # Redis without a disk: the disk's speed is not what is measured.
        self.redis = PrivateRedis(os.path.join(self.home, "redis"), append_only=False).start()
        knobs = {"call.late.max.ms": 60000}
        knobs.update(sim_knobs or {})
        self.sim = CatalogSim(paths.program("catalog-sim"), os.path.join(self.home, "sim"), [CATALOG], [TOKEN], knobs)
        self.sim.start()
        self.process = None
        self._ends = Consumer({"bootstrap.servers": kafka.bootstrap, "group.id": "bench-ends", "log_level": 2})

    # -- programs under test -------------------------------------------------------------------------------------------

    def start_worker(self, **settings):
        """catalog-worker as it is shipped, but for what is given here; returns when it is ready."""
        token = os.path.join(self.home, "token")
        with open(token, "w") as out:
            out.write(TOKEN + "\n")
        port = procs.free_port()
        known = {"kafka.bootstrap.servers": self.kafka.bootstrap, "kafka.group.id": "bench-%d" % Run.number,
                 "topic.events": self.names["events"], "topic.events.bulk": self.names["bulk"],
                 "topic.results": self.names["results"], "topic.dlq": self.names["dlq"], "redis.url": self.redis.url,
                 "catalog.id": CATALOG, "catalog.token.file": token, "catalog.base.url": self.sim.url,
                 "catalog.rate.per.hour": 0, "admin.listen": "127.0.0.1:%d" % port}
        known.update({key.replace("_", "."): value for key, value in settings.items()})
        path = os.path.join(self.home, "worker.properties")
        with open(path, "w") as out:
            out.write("".join("%s=%s\n" % pair for pair in sorted(known.items())))
        self.process = procs.Process("catalog-worker", [paths.program("catalog-worker"), "--config", path],
                                     os.path.join(self.home, "worker.log")).start()
        ask = [paths.program("catalog-worker"), "--config", path, "--health"]
        self._wait(lambda: subprocess.run(ask, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0,
                   180, "catalog-worker is ready")
        return self

    def start_floor(self, inflight):
        url = "%s/v25.0/%s/products" % (self.sim.url, CATALOG)
        self.process = procs.Process(
            "bench_floor", [paths.program("bench_floor"), self.kafka.bootstrap, "bench-%d" % Run.number,
                            self.names["events"], self.names["results"], self.redis.port, url, inflight],
            os.path.join(self.home, "floor.log")).start()
        self._wait(lambda: "ready" in self.process.log_text(), 30, "bench_floor is ready")
        return self

    def _wait(self, condition, timeout_s, what):
        def look():
            if not self.process.running():
                raise RuntimeError("%s ended\n%s" % (self.process.name, self.process.log_tail()))
            return condition()
        procs.wait_until(look, timeout_s, lambda: "%s\n%s" % (what, self.process.log_tail()))

    # -- load ----------------------------------------------------------------------------------------------------------

    def write_events(self, name, pairs):
        """A file for publish(), made beforehand so that making it is not measured."""
        path = os.path.join(self.home, name)
        with open(path, "w") as out:
            for key, value in pairs:
                out.write(json.dumps({"key": key, "value": value, "headers": HEADERS}) + "\n")
        return path

    def publish(self, path):
        command = [paths.program("catalog-publish"), "--bootstrap-servers", self.kafka.bootstrap, "--raw", "--quiet",
                   "--topic", self.names["events"], path]
        done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            raise RuntimeError("catalog-publish: " + done.stdout.decode("utf-8", "replace")[-2000:])

    def published(self):
        """How many results are in Kafka."""
        return sum(self._ends.get_watermark_offsets(TopicPartition(self.names["results"], p), timeout=10,
                                                    cached=False)[1] for p in range(PARTITIONS))

    def wait_results(self, count, timeout_s=300):
        self._wait(lambda: self.published() >= count, timeout_s, "%d results" % count)

    # -- end -----------------------------------------------------------------------------------------------------------

    def stop(self):
        if self.process:
            self.process.stop(20)
        self._ends.close()
        self.sim.stop()
        self.redis.stop()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def settle():
    """Lets the last commits and delivery reports pass before a counter is read."""
    time.sleep(0.5)
