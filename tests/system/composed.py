#!/usr/bin/env python3
"""deploy/compose/compose.yaml without containers: each service's own command, with its own environment, as a process, in a network
of its own in which the services' names are 127.0.0.1. What the file says about images, volumes and restarts stays unproven.

    composed.py      needs root, for the network
"""

import csv
import fcntl
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import paths  # noqa: E402
import kafka as apache  # noqa: E402
import procs  # noqa: E402
import yaml  # noqa: E402
from kafka_io import Reader  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = os.path.join(paths.ROOT, "deploy", "compose")
DOCKERFILE_ENVIRONMENT = {"CATALOG_SYNC_ADMIN_LISTEN": ":8080"}
# One broker keeps no copies, and what only pretends to be the API speaks no TLS.
ACCEPTED = "unknown,kafka.replicas,config"
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
CLUSTER = "5L6g3nShT-eMCtK--X86sw"  # as the image's own default: any will do


def own_network(home, names):
    """In this process' new network and mount namespaces: loopback up, and the names on it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))
    hosts = os.path.join(home, "hosts")
    with open(hosts, "w") as out:
        out.write("127.0.0.1 localhost %s %s\n" % (socket.gethostname(), " ".join(names)))
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    subprocess.run(["mount", "--bind", hosts, "/etc/hosts"], check=True)


class Composed:
    def __init__(self, home):
        self.home = home
        with open(os.path.join(FOLDER, "compose.yaml"), encoding="utf-8") as text:
            self.file = yaml.safe_load(text)
        self.services, self.running = self.file["services"], []
        self.scripts = os.path.join(home, "kafka-bin")
        self.places = {"/run/secrets/catalog-token": os.path.join(FOLDER, self.file["secrets"]["catalog-token"]["file"]),
                       "/usr/bin/": paths.BIN + "/", "/opt/kafka/bin": self.scripts, "/var/lib/kafka/data": os.path.join(home, "data"),
                       "/examples": os.path.join(paths.ROOT, "docs", "examples")}

    def here(self, text):
        """Paths inside a container as the ones outside."""
        for inside, outside in self.places.items():
            text = str(text).replace(inside, outside)
        return text.replace("$$", "$")

    def environment(self, name):
        return {key: self.here(value) for key, value in (self.services[name].get("environment") or {}).items()}

    def command(self, name):
        service = self.services[name]
        return [self.here(word) for word in service.get("entrypoint", []) + service.get("command", [])]

    def process(self, name, command, **environment):
        process = procs.Process(name, command, os.path.join(self.home, name + ".log"), env=environment, cwd=self.home).start()
        self.running.append(process)
        return process

    def once(self, name, command, **environment):
        process = self.process(name, command, **environment)
        assert process.wait(180) == 0, process.log_tail()
        return process.log_text()

    def kafka(self):
        """The image makes its properties of the KAFKA_ variables."""
        settings = os.path.join(self.home, "server.properties")
        with open(settings, "w") as out:
            for key, value in self.environment("kafka").items():
                out.write("%s=%s\n" % (key.partition("_")[2].lower().replace("_", "."), value))
        os.makedirs(self.scripts)
        java = [*apache.JAVA, "-cp", os.path.join(apache.JARS, "*")]
        for script, what in (("kafka-topics.sh", "topics"), ("kafka-broker-api-versions.sh", "versions")):
            with open(os.path.join(self.scripts, script), "w") as out:
                out.write("#!/bin/sh\nexec '%s' -B '%s' %s \"$@\"\n" % (sys.executable, os.path.join(HERE, "kafka_scripts.py"), what))
            os.chmod(out.name, 0o755)
        self.once("format", [*java, "kafka.tools.StorageTool", "format", "--cluster-id", CLUSTER, "--config", settings])
        self.process("kafka", [*java, "kafka.Kafka", settings])
        procs.wait_until(lambda: apache.answers(9092), 120, self.tail("kafka"), 0.2)
        test = self.services["kafka"]["healthcheck"]["test"]
        assert "kafka:19092" in self.once("health of kafka", [self.here(word) for word in test[1:]])

    def tail(self, name):
        return lambda: next(p for p in self.running if p.name == name).log_tail()

    def stop(self):
        for process in reversed(self.running):
            process.stop(15)


def worker(composed):
    environment = {**DOCKERFILE_ENVIRONMENT, **composed.environment("worker")}
    program = paths.program("catalog-worker")
    process = composed.process("worker", [program], **environment)

    def healthy():  # the image's HEALTHCHECK
        return subprocess.run([program, "--health"], env=dict(os.environ, **environment), stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL).returncode == 0

    procs.wait_until(healthy, 120, process.log_tail)
    return process


def composed_run(composed):
    composed.kafka()
    composed.once("topics", composed.command("topics"))
    redis = composed.services["redis"]["command"]
    composed.process("redis", redis)
    composed.process("catalog-sim", composed.command("catalog-sim"))
    test = composed.services["redis"]["healthcheck"]["test"]
    procs.wait_until(lambda: subprocess.run(test[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0, 60,
                     composed.tail("redis"))
    process = worker(composed)
    composed.once("publish", composed.command("publish"), **composed.environment("publish"))
    with open(os.path.join(paths.ROOT, "docs", "examples", "products.csv"), newline="", encoding="utf-8") as rows:
        wanted = {row["product_id"] for row in csv.DictReader(rows)}
    results = Reader("localhost:9092", "product-sync-results")  # as a program on the laptop would
    try:
        procs.wait_until(lambda: {str(r.data["product_id"]) for r in results.poll(0.2)} >= wanted, 180, process.log_tail)
    finally:
        results.close()
    composed.once("dlq", composed.command("dlq"), **composed.environment("dlq"))
    composed.once("check", [paths.program("catalog-worker"), "--check", "--accept", ACCEPTED],
                  **DOCKERFILE_ENVIRONMENT, **composed.environment("worker"))
    process.signal(signal.SIGTERM)
    assert process.wait(60) == 0, process.log_tail()


def main():
    if os.environ.get("COMPOSED") != "inside":
        apache.fetch_jars()  # while there is a network
        return subprocess.run(["unshare", "--net", "--mount", sys.executable, "-B", *sys.argv],
                              env=dict(os.environ, COMPOSED="inside")).returncode
    home = tempfile.mkdtemp(prefix="catalog-sync-composed-")
    composed = Composed(home)
    own_network(home, composed.services)
    try:
        composed_run(composed)
    except (AssertionError, TimeoutError, RuntimeError) as error:
        print("composed: FAILED: %s\ncomposed: the logs are in %s" % (str(error)[:6000], home))
        return 1
    finally:
        composed.stop()
    shutil.rmtree(home, ignore_errors=True)
    print("composed: every service of compose.yaml works with the others")
    return 0


if __name__ == "__main__":
    sys.exit(main())
