"""Kafka for tests: dev-kafka and Apache Kafka behind one interface, and what tests do with either."""

import os
import subprocess
import threading
import time

import paths
import procs
import kafka as apache
from kafka_io import Reader, Record, committed, create_topics, produce  # noqa: F401


class DevKafka:
    """librdkafka's mock cluster. No transactions, no static membership to speak of, about 5 MB a partition."""

    kind = "dev-kafka"

    def __init__(self, home):
        self.home = str(home)
        self.process = self.bootstrap = None

    def start(self, brokers=1):
        os.makedirs(self.home, exist_ok=True)
        self.process = procs.Process(
            "dev-kafka", [paths.program("dev-kafka"), "--commands", "--die-with-parent", "--brokers", brokers],
            os.path.join(self.home, "dev-kafka.log"), stdin=subprocess.PIPE, stdout=subprocess.PIPE).start()
        line = self._line(10)
        if not line.startswith("dev-kafka: bootstrap.servers="):
            raise RuntimeError("dev-kafka did not start: %r\n%s" % (line, self.process.log_tail()))
        self.bootstrap = line.split("=", 1)[1]
        return self

    def _line(self, timeout_s):
        box = []
        reader = threading.Thread(target=lambda: box.append(self.process.popen.stdout.readline()), daemon=True)
        reader.start()
        reader.join(timeout_s)
        return box[0].decode().strip() if box else ""

    def _command(self, text):
        self.process.popen.stdin.write((text + "\n").encode())
        self.process.popen.stdin.flush()
        answer = self._line(10)
        if not answer.startswith("ok "):
            raise RuntimeError("dev-kafka: %s: %s" % (text, answer or self.process.log_tail()))

    def create_topics(self, partitions, compacted=()):
        """partitions: {topic: count}; the mock compacts nothing, and needs no telling."""
        for name, count in partitions.items():
            self._command("topic %s:%d" % (name, count))

    def away(self):
        """The mock keeps all in memory, so its brokers are taken down, not its process: clients see the same thing."""
        self._command("down")

    def back(self):
        self._command("up")

    def restart(self, down_s=1.0):
        self.away()
        time.sleep(down_s)
        self.back()

    def stop(self):
        if self.process:
            self.process.kill()  # it keeps nothing that a graceful stop would save
            self.process.stop()


class ApacheKafka(apache.ApacheKafka):
    def away(self):
        self.process.stop(30)

    def back(self):
        """On the same ports with the same data."""
        self._launch()

    def create_topics(self, partitions, compacted=()):
        create_topics(self.bootstrap, partitions, compacted)


def has_leaders(admin, names):
    """A topic just made is in the metadata before its partitions have leaders."""
    known = admin.list_topics(timeout=10).topics
    return all(name in known and known[name].error is None and known[name].partitions
               and all(part.leader >= 0 and part.error is None for part in known[name].partitions.values())
               for name in names)
