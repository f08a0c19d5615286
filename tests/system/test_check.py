"""catalog-worker --check in worlds that are whole and in worlds that are broken: each fault has its line and its mend."""

import contextlib
import json
import socket
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

import paths
import procs
from kafkactl import has_leaders
from world import TOKEN

# True of every test's world, and meant: one broker, calls not paced.
KNOWN = "kafka.replicas,kafka.settings,kafka.group,kafka.message.size,catalog.budget"


class Report:
    def __init__(self, code, text, seconds):
        self.code, self.text, self.seconds = code, text, seconds
        self.json = json.loads(text)
        self.lines = self.json["lines"]
        assert all(line["mend"] for line in self.lines if line["state"] != "ok"), self.lines
        assert code == (0 if self.json["passed"] else 1)

    def line(self, id_, state, part="", subject=""):
        found = [line for line in self.lines if line["id"] == id_ and line["state"] == state and
                 part in line["found"] + " -> " + line["mend"] and subject in line["subject"]]
        assert found, "no line %s %s with %r:\n%s" % (state, id_, part, json.dumps(self.lines, indent=1))
        return found[0]

    def states(self, prefix=""):
        return {line["state"] for line in self.lines if line["id"].startswith(prefix) and not line["accepted"]}


def begin_check(world, accept=None, **more):
    """Starts it and returns what waits for its report: those that wait for time-outs can wait side by side."""
    worker = world.new_worker(**more)
    settings = dict(worker.settings)
    settings.setdefault("admin.listen", "127.0.0.1:%d" % procs.free_port())
    path = "%s/check-%s.properties" % (world.home, worker.name)
    with open(path, "w") as out:
        out.writelines("%s=%s\n" % pair for pair in settings.items())
    command = [paths.program("catalog-worker"), "--config", path, "--check", "--json"]
    started = time.monotonic()
    process = subprocess.Popen(command + (["--accept", accept] if accept else []), stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def finish():
        try:
            text, errors = (stream.decode() for stream in process.communicate(timeout=90))
        finally:
            process.kill()
        assert TOKEN not in text and not errors, errors
        return Report(process.returncode, text, time.monotonic() - started)

    return finish


def check(world, accept=None, **more):
    return begin_check(world, accept, **more)()


def test_a_whole_world_passes_and_nothing_in_it_changes(world):
    keys = world.redis.command("DBSIZE")
    report = check(world, KNOWN)
    assert report.json["passed"] and report.code == 0, report.text
    assert {call["kind"] for call in world.calls()} <= {"read", "lookup"} and len(world.calls()) == 2
    assert world.redis.command("DBSIZE") == keys and not world.items()
    assert set(world.committed().values()) == {-1001}
    for role in ("events", "results"):
        report.line("kafka.read", "ok", subject=world.topics[role])
    report.line("catalog.version", "ok", "v25.0")
    told = "unknown" if world.broker.kind == "dev-kafka" else "ok"  # a broker that does not tell is not ok
    assert check(world).code == 1
    report.line("kafka.group", told)
    if told == "unknown":
        report.line("kafka.settings", "unknown", "does not tell")
    else:
        report.line("kafka.retention", "ok", "7 days", world.topics["events"])
        report.line("kafka.compaction", "ok", "compact", world.topics["results"])


def test_beside_a_running_worker(world):
    worker = world.worker()
    world.sync(world.updated(1, 1))
    report = check(world, KNOWN, admin_listen="127.0.0.1:%d" % worker.admin_port)
    assert report.code == 0, report.text
    report.line("admin.listen", "ok", "a worker answers")
    report.line("redis.prefix", "ok", "none is a stranger's")
    if world.broker.kind == "apache":
        report.line("kafka.group", "ok", "1 worker is in it")
    report = check(world, KNOWN, admin_listen="127.0.0.1:%d" % world.redis.port)
    report.line("admin.listen", "fail", "choose another port")


@pytest.mark.only("apache")  # dev-kafka tells no topic's settings
def test_topics_that_are_missing_or_wrong(world):
    run = world.group
    admin = AdminClient({"bootstrap.servers": world.broker.bootstrap})
    wanted = {"long": {"retention.ms": "1209600000"}, "short": {"retention.ms": "3600000"},
              "isr": {"min.insync.replicas": "2"}, "kept": {"cleanup.policy": "delete"}}
    made = [NewTopic("%s-%s" % (name, run), num_partitions=2, replication_factor=1, config=config)
            for name, config in wanted.items()]
    for future in admin.create_topics(made, operation_timeout=20).values():
        future.result()
    long, short, isr, kept = names = ["%s-%s" % (name, run) for name in wanted]
    procs.wait_until(lambda: has_leaders(admin, names), 60, "every topic just made has its leaders")
    report = check(world, topic_events="%s,%s" % (long, short), topic_events_bulk="nowhere-" + run,
                   topic_results=kept, topic_dlq=isr, topic_audit="unseen-" + run)
    assert report.code == 1
    report.line("kafka.topic", "fail", "kafka-topics.sh --create", "nowhere-" + run)
    report.line("kafka.topic", "warn", "audit", "unseen-" + run)
    report.line("kafka.retention", "fail", "raise dedup.ttl.ms to 1209600000", long)
    report.line("kafka.retention", "warn", "1 hour only", short)
    report.line("kafka.compaction", "fail", "set cleanup.policy=compact", kept)
    report.line("kafka.compaction", "fail", "dead letters", isr)
    report.line("kafka.min.insync", "fail", "every write is refused", isr)
    assert "nowhere-" + run not in admin.list_topics(timeout=10).topics, "asking made the topic"


@pytest.mark.only("apache")  # dev-kafka keeps every record, and tells nothing of groups
def test_a_stranger_in_the_group_and_an_offset_out_of_range(world):
    stranger = Consumer({"bootstrap.servers": world.broker.bootstrap, "group.id": world.group, "client.id": "billing",
                         "log_level": 2})
    stranger.subscribe([world.topics["audit"]])
    with contextlib.closing(stranger):
        procs.wait_until(lambda: stranger.poll(0.2) or stranger.assignment(), 30, "the stranger has its partition")
        stranger.commit(offsets=[TopicPartition(world.topics["events"], 1, 4711)], asynchronous=False)
        report = check(world)
        report.line("kafka.group", "fail", "billing on ")
        report.line("kafka.offsets", "fail", "4711 lies beyond the end, which is 0", world.topics["events"])


@pytest.mark.only("dev-kafka")  # Kafka has no part in it
def test_a_redis_that_would_hurt(world):
    world.redis.command("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
    world.redis.command("CONFIG", "SET", "appendonly", "no")
    world.redis.command("SET", "{cs1}:1:c:outlet:p:1", "x")
    world.redis.command("SET", "{cs1}:mine", "x")
    report = check(world)
    report.line("redis.eviction", "fail", "set maxmemory-policy noeviction")
    report.line("redis.persistence", "warn", "set appendonly yes")
    report.line("redis.prefix", "warn", '"outlet"')
    report.line("redis.prefix", "warn", "{cs1}:mine")
    world.redis.command("DEL", "{cs1}:1:c:outlet:p:1", "{cs1}:mine")
    world.redis.command("SET", "{cs1}:1:g", "no hash")
    check(world).line("redis.prefix", "fail", "nobody else uses")
    world.redis.command("REPLICAOF", "127.0.0.1", "1")
    report = check(world)
    report.line("redis.role", "fail", "name the primary")
    report.line("redis.scripts", "fail", "primary")
    world.redis.command("REPLICAOF", "NO", "ONE")
    world.redis.command("ACL", "SETUSER", "reader", "on", ">pass", "~*", "+@read", "+info", "+select", "+client",
                        "+eval", "+time")
    report = check(world, redis_url=world.redis.url.replace("//", "//reader:pass@"))
    report.line("redis.scripts", "fail", "lacks a right")
    assert "pass@" not in report.text
    check(world, redis_url=world.redis.url.replace("//", "//reader:n0t-the-one@")).line("redis.reach", "fail", "password is wrong")


@pytest.mark.only("dev-kafka")  # Kafka has no part in it
def test_a_catalog_that_refuses(world):
    world.sim.expire_token(TOKEN)
    check(world).line("catalog.read", "fail", "catalog.token.file")
    for code in (10, 200):
        world.sim.set_tokens([TOKEN])
        world.sim.deny_token(TOKEN, code)
        check(world).line("catalog.read", "fail", "catalog_management")
    world.sim.set_tokens([TOKEN])
    report = check(world, catalog_id="4242")
    assert report.line("catalog.read", "fail")["mend"] and "catalog.id" in report.text
    check(world, catalog_api_version="v19.0").line("catalog.version", "fail", "has expired")
    world.sim.fault("throttle_80009", times=1)
    check(world).line("catalog.read", "warn", "limit")
    world.sim.stop()
    check(world).line("catalog.read", "fail", "catalog.base.url")


@pytest.mark.only("dev-kafka")  # Kafka has no part in it
def test_a_catalog_that_wants_a_proof(world):
    world.sim.stop()
    secret_file = world.token_file + ".secret"
    with open(secret_file, "w") as out:
        out.write("hush-app-secret\n")
    world.sim.knobs["proof"] = "require"
    world.sim.extra_arguments = ["--app-secret-file", secret_file]
    world.sim.start()
    check(world).line("catalog.read", "fail", "catalog.app.secret.file")
    report = check(world, catalog_app_secret_file=secret_file)
    report.line("catalog.lookup", "ok")
    assert "hush-app-secret" not in report.text


class LateApi(BaseHTTPRequestHandler):
    """Answers as the API would whose clock is ten minutes behind ours."""

    def do_GET(self):
        body = b'{"data":[]}' if "/products" in self.path else b'{"id":"1001","name":"Shop"}'
        self.send_response_only(200)
        for name, value in (("Date", self.date_time_string(time.time() - 600)), ("facebook-api-version", "v25.0"),
                            ("Content-Length", len(body)), ("x-app-usage", '{"call_count":97}')):
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.mark.only("dev-kafka")  # Kafka has no part in it
def test_a_clock_that_differs_and_a_budget_that_others_use(world):
    with HTTPServer(("127.0.0.1", 0), LateApi) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        report = check(world, catalog_base_url="http://127.0.0.1:%d" % server.server_port)
        server.shutdown()
    report.line("catalog.clock", "fail", "ahead of that of the API")
    report.line("catalog.budget", "warn", "97 %")
    report.line("redis.clock", "ok")


@pytest.mark.only("dev-kafka")  # there is no broker in it at all
def test_what_is_down_is_said_and_what_is_silent_is_not_waited_for(world):
    port = procs.free_port()
    world.redis.stop()
    with socket.socket() as hole:
        hole.bind(("127.0.0.1", 0))
        hole.listen(64)
        where = "127.0.0.1:%d" % hole.getsockname()[1]
        down = begin_check(world, kafka_bootstrap_servers="127.0.0.1:%d" % port)
        silent = begin_check(world, kafka_bootstrap_servers=where, redis_url="redis://%s/0" % where,
                             catalog_base_url="http://" + where)
        report = down()
        report.line("kafka.brokers", "fail", "nothing listens there")
        report.line("redis.reach", "fail", "redis.url")
        report.line("catalog.read", "ok")
        assert report.states("kafka.topic") == {"unknown"}
        report = silent()
    for id_ in ("kafka.brokers", "redis.reach", "catalog.read"):
        report.line(id_, "fail")
    assert report.seconds < 60


def test_wrong_use_is_exit_2():
    def run(*arguments):
        done = subprocess.run([paths.program("catalog-worker"), *arguments], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=20)
        return done.returncode, done.stderr.decode()

    assert run("--check")[0] == 2  # no brokers, no catalog
    assert run("--json") == (2, "--accept and --json belong to --check\n")
    code, text = run("--check", "--set", "call.timeout.ms=1", "--set", "catalog.id=1")
    assert code == 2 and "call.timeout.ms=1" in text
