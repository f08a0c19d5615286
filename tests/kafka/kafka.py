"""One Apache Kafka node (KRaft, broker and controller in one) on free ports of 127.0.0.1, in a folder of its own.

Standard library only: deploy/quickstart uses it too. Its jars come from Maven Central, once, as tests/kafka/pom.xml pins
them, into .deps/kafka.
"""

import base64
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "deploy", "lib"))
import procs  # noqa: E402  (found through the line above)

POM = os.path.join(ROOT, "tests", "kafka", "pom.xml")
JARS = os.path.join(ROOT, ".deps", "kafka")
# Fast to start rather than fast to run: one node, little heap, no second compiler.
JAVA = ["java", "-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData",
        "-Xshare:auto", "-Djava.awt.headless=true"]
SETTINGS = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:%(controller)d
listeners=PLAINTEXT://127.0.0.1:%(broker)d,CONTROLLER://127.0.0.1:%(controller)d
advertised.listeners=PLAINTEXT://127.0.0.1:%(broker)d
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=%(data)s
num.partitions=4
auto.create.topics.enable=false
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
num.network.threads=2
num.io.threads=4
num.recovery.threads.per.data.dir=1
log.segment.bytes=67108864
log.cleaner.dedupe.buffer.size=2097152
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=400
"""


class KafkaError(Exception):
    pass


def jars_present():
    return os.path.isdir(JARS) and any(name.startswith("kafka_2.13-") for name in os.listdir(JARS))


def fetch_jars():
    """Copies the pinned jars into .deps/kafka unless they are there. A half-done copy never counts."""
    stamp = os.path.join(JARS, "pom.xml")
    with open(POM, "rb") as pom:
        wanted = pom.read()
    if jars_present() and os.path.exists(stamp):
        with open(stamp, "rb") as have:
            if have.read() == wanted:
                return
    if not shutil.which("mvn"):
        raise KafkaError("Apache Kafka's jars are missing, and so is mvn to fetch them (apt-get install maven)")
    fresh = JARS + ".new"
    shutil.rmtree(fresh, ignore_errors=True)
    done = subprocess.run(
        ["mvn", "-q", "-B", "-f", POM, "dependency:copy-dependencies", "-DoutputDirectory=" + fresh,
         "-DincludeScope=runtime"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise KafkaError("mvn could not fetch Apache Kafka:\n" + done.stdout.decode("utf-8", "replace")[-3000:])
    with open(os.path.join(fresh, "pom.xml"), "wb") as out:
        out.write(wanted)
    shutil.rmtree(JARS, ignore_errors=True)
    os.rename(fresh, JARS)


def answers(port):
    """Whether a broker answers an ApiVersions request there: it listens well before it works."""
    request = struct.pack(">hhih", 18, 0, 1, -1)
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as s:
            s.settimeout(1)
            s.sendall(struct.pack(">i", len(request)) + request)
            head = s.recv(10)
            return len(head) == 10 and struct.unpack(">ih", head[4:]) == (1, 0)
    except OSError:
        return False


class ApacheKafka:
    kind = "apache"

    def __init__(self, home):
        self.home = str(home)
        self.port = self.process = None

    @property
    def bootstrap(self):
        return "127.0.0.1:%d" % self.port

    def start(self):
        """Starts an empty node and waits until it answers. Taken ports are tried again with others."""
        fetch_jars()
        for attempt in range(3):
            self._format()
            try:
                self._launch()
                return self
            except KafkaError:
                self.stop()
                if attempt == 2:
                    raise
        return self

    def _java(self, name, *command):
        return procs.Process(name, JAVA + ["-cp", os.path.join(JARS, "*")] + list(command),
                             os.path.join(self.home, name + ".log"))

    def _format(self):
        shutil.rmtree(self.home, ignore_errors=True)
        os.makedirs(self.home)
        self.port = procs.free_port()
        with open(os.path.join(self.home, "server.properties"), "w") as out:
            out.write(SETTINGS % {"broker": self.port, "controller": procs.free_port(),
                                  "data": os.path.join(self.home, "data")})
        cluster = base64.urlsafe_b64encode(b"\x10" + os.urandom(15)).decode().rstrip("=")
        tool = self._java("format", "kafka.tools.StorageTool", "format", "--cluster-id", cluster,
                          "--config", os.path.join(self.home, "server.properties")).start()
        if tool.wait(60) != 0:
            raise KafkaError("Apache Kafka's storage could not be formatted\n" + tool.log_tail())

    def _launch(self):
        self.process = self._java("kafka", "kafka.Kafka", os.path.join(self.home, "server.properties")).start()

        def ready():
            if not self.process.running():
                raise KafkaError("Apache Kafka ended at once\n" + self.process.log_tail())
            return answers(self.port)

        try:
            procs.wait_until(ready, 60, "Apache Kafka answers", 0.1)
        except TimeoutError as error:
            raise KafkaError("%s\n%s" % (error, self.process.log_tail())) from None

    def restart(self, kill=False):
        """Stops and starts it on the same ports with the same data."""
        if kill:
            self.process.kill()
        else:
            self.process.stop(30)
        self._launch()

    def stop(self):
        if self.process:
            self.process.stop(10)


def main(home):
    """Runs a node in the foreground until SIGTERM or Ctrl-C; says where it is once it answers."""
    def stop(number, frame):
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    node = ApacheKafka(home)
    try:
        print("kafka: bootstrap.servers=" + node.start().bootstrap, flush=True)
        while node.process.running():
            time.sleep(0.5)
    except KeyboardInterrupt:
        pass
    finally:
        node.stop()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else os.path.join(ROOT, "build-tests", "kafka"))
