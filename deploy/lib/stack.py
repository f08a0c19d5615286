"""All that quickstart starts: Kafka, Redis, the simulated catalog, the workers. One call stops it all."""

import os
import sys
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "kafka"))

import catalog_sim  # noqa: E402
import kafka_io  # noqa: E402
import private_redis  # noqa: E402
import procs  # noqa: E402

BIN = os.environ.get("CATALOG_SYNC_BIN", os.path.join(ROOT, "build", "bin"))
TOPICS = {"events": "product-events", "bulk": "product-events.bulk", "results": "product-sync-results",
          "dlq": "product-events.dlq", "audit": "catalog-sync.audit"}
CATALOG_ID = "1001"
TOKEN = "quickstart-token"

# The simulator's late calls respect 3 s, and everything that rests on it follows (design.md section 2).
WORKER = {
    "catalog.id": CATALOG_ID,
    "catalog.rate.per.hour": 0,
    "call.connect.timeout.ms": 1000,
    "call.timeout.ms": 2000,
    "call.late.max.ms": 3000,
    "lease.ms": 6000,
    "lease.margin.ms": 1000,
    "lookup.lag.max.ms": 1000,
    "redis.connect.timeout.ms": 1000,
    "redis.reply.timeout.ms": 1000,
    "retry.backoff.base.ms": 200,
    "retry.backoff.max.ms": 5000,
    "breaker.open.ms": 1000,
    "breaker.open.max.ms": 5000,
    "pause.probe.ms": 3000,
    "commit.interval.ms": 500,
    "shutdown.timeout.ms": 10000,
    "revoke.timeout.ms": 5000,
    "kafka.session.timeout.ms": 6000,
    "kafka.heartbeat.interval.ms": 1000,
    "log.format": "json",
}


class Trouble(Exception):
    """Something for people to read; ends the run with exit code 1."""


def program(name):
    return os.path.join(BIN, name)


class DevKafka:
    kind = "dev-kafka"

    def __init__(self, home):
        self.home = home
        os.makedirs(home)
        self.process = self.bootstrap = None

    def start(self, partitions):
        address = os.path.join(self.home, "address")
        command = [program("dev-kafka"), "--address-file", address]
        for name, count in partitions.items():
            command += ["--topic", "%s:%d" % (name, count)]
        self.process = procs.Process("dev-kafka", command, os.path.join(self.home, "dev-kafka.log")).start()
        procs.wait_until(lambda: os.path.exists(address) or not self.process.running(), 10, "dev-kafka starts")
        if not self.process.running():
            raise Trouble(self.process.log_tail())
        with open(address) as file:
            self.bootstrap = file.read().strip()
        return self

    def stop(self):
        if self.process:
            self.process.kill()


class ApacheKafka:
    kind = "apache"

    def __init__(self, home):
        import kafka
        self.node, self.error = kafka.ApacheKafka(home), kafka.KafkaError
        self.process = None

    @property
    def bootstrap(self):
        return self.node.bootstrap

    def start(self, partitions):
        try:
            self.node.start()
        except self.error as error:
            raise Trouble(str(error)) from None
        self.process = self.node.process
        kafka_io.create_topics(self.bootstrap, partitions, (TOPICS["results"], TOPICS["dlq"]))
        return self

    def stop(self):
        self.node.stop()


class Worker:
    def __init__(self, home, name, settings):
        self.name, self.settings = name, settings
        self.home = home
        self.admin_port = self.process = None

    def start(self):
        self.admin_port = procs.free_port()
        path = os.path.join(self.home, self.name + ".properties")
        with open(path, "w") as out:
            for key, value in sorted(dict(self.settings, **{"admin.listen": "127.0.0.1:%d" % self.admin_port}).items()):
                out.write("%s=%s\n" % (key, value))
        self.process = procs.Process(self.name, [program("catalog-worker"), "--config", path],
                                     os.path.join(self.home, self.name + ".log")).start()
        return self

    @property
    def admin(self):
        return "http://127.0.0.1:%d" % self.admin_port

    def ready(self):
        if not self.process.running():
            raise Trouble("%s ended with exit code %s\n%s" % (self.name, self.process.popen.returncode,
                                                              self.process.log_tail()))
        try:
            with urllib.request.urlopen(self.admin + "/readyz", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False

    def metrics(self):
        """{name or name{labels}: value}; empty when it does not answer."""
        values = {}
        try:
            with urllib.request.urlopen(self.admin + "/metrics", timeout=5) as answer:
                lines = answer.read().decode().splitlines()
        except OSError:
            return values
        for line in lines:
            if line and not line.startswith("#"):
                name, _, value = line.rpartition(" ")
                values[name] = float(value)
        return values


class Stack:
    def __init__(self, home, kafka_kind, workers, seed=1):
        self.home, self.workers_wanted, self.seed = home, workers, seed
        self.kafka = (ApacheKafka if kafka_kind == "apache" else DevKafka)(os.path.join(home, "kafka"))
        self.redis = private_redis.PrivateRedis(os.path.join(home, "redis"))
        self.sim = None
        self.workers = []

    def start_services(self, partitions):
        self.kafka.start({TOPICS[name]: count for name, count in partitions.items()})
        self.redis.start()
        self.sim = catalog_sim.CatalogSim(
            program("catalog-sim"), os.path.join(self.home, "sim"), [CATALOG_ID], [TOKEN], {"seed": self.seed, "latency.ms": 80, "latency.kind": "lognormal",
             "faults.percent": 3, "call.late.max.ms": 3000})
        self.sim.start()

    def start_workers(self):
        token = os.path.join(self.home, "token")
        with open(token, "w") as out:
            out.write(TOKEN + "\n")
        os.chmod(token, 0o600)
        settings = dict(WORKER, **{
            "kafka.bootstrap.servers": self.kafka.bootstrap, "redis.url": self.redis.url,
            "catalog.base.url": self.sim.url, "catalog.token.file": token})
        for number in range(1, self.workers_wanted + 1):
            self.workers.append(Worker(self.home, "worker-%d" % number, settings).start())
        procs.wait_until(lambda: all(worker.ready() for worker in self.workers), 30,
                         lambda: "workers are ready\n" + "\n".join(w.process.log_tail(5) for w in self.workers))

    def check(self):
        """Raises Trouble when something of it has ended by itself."""
        for name, process in [("Kafka", self.kafka.process), ("Redis", self.redis.process),
                              ("the simulator", self.sim.process)] + [(w.name, w.process) for w in self.workers]:
            if process is not None and not process.running():
                raise Trouble("%s ended by itself (exit code %s)\n%s" % (name, process.popen.returncode,
                                                                         process.log_tail()))

    def stop(self):
        """Workers first and together, so that each can finish and hand over; then what they stand on."""
        deadline = time.monotonic() + 12
        for worker in self.workers:
            if worker.process:
                worker.process.signal(15)
        for worker in self.workers:
            if worker.process:
                worker.process.stop(max(0.1, deadline - time.monotonic()))
        for part in (self.sim, self.redis, self.kafka):
            if part is not None:
                part.stop()
