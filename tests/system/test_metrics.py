"""/metrics of a real worker after traffic: clean to promtool, and docs/metrics.md says what each metric is, no more, no less."""

import os
import re
import subprocess
import time

import confluent_kafka
import pytest

import paths
import world as worlds
from procs import free_port, wait_until

PAGE = os.path.join(paths.ROOT, "docs", "metrics.md")


def families(text):
    """{name: (type, labels beside le, help)}; labels as far as series are there."""
    helps = dict(re.findall(r"^# HELP (\S+) (.+)$", text, re.MULTILINE))
    types = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))
    assert set(helps) == set(types)
    found = {name: (types[name], set(), helps[name]) for name in types}
    for series, labels in re.findall(r"^([a-z_]+)(?:\{(.*)\})? \S+$", text, re.MULTILINE):
        name = series if series in found else re.sub(r"_(bucket|sum|count)$", "", series)
        assert name in found, "%s has no HELP" % series
        found[name][1].update(re.findall(r'([a-z_]+)="', labels))
    return {name: (kind, tuple(sorted(labels - {"le"})), words) for name, (kind, labels, words) in found.items()}


def table(found):
    return ["| `%s` | %s | %s | %s |" % (name, kind, ", ".join("`%s`" % label for label in labels), words)
            for name, (kind, labels, words) in sorted(found.items())]


def scrape(worker):
    text = worker._get("/metrics")[1]
    return text if isinstance(text, str) else text.decode()


def test_a_workers_metrics_are_clean_and_documented(world):
    worker = world.worker(catalog_rate_per_hour=36000)  # some series are there with a budget only
    started = time.time()
    broken = world.updated("broken", 1, price=19.99)
    results = world.sync(*[world.updated(n, 1) for n in range(5)], broken)
    assert sorted(r["outcome"] for r in results) == ["created"] * 5 + ["failed"]
    values = {}

    def counted():
        values.clear()
        values.update(worker.metrics())
        return values["catalog_sync_freshness_seconds_count"] == 6

    wait_until(counted, 20, lambda: "six results are acknowledged: %s" % values)
    text = scrape(worker)
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and not done.stdout and not done.stderr, done.stdout + done.stderr

    with open(PAGE, encoding="utf-8") as page:
        rows = [line.rstrip("\n") for line in page if line.startswith("| `")]
    wanted = table(families(text))
    assert rows == wanted, "the table of docs/metrics.md must be\n" + "\n".join(wanted)

    assert {key: value for key, value in values.items() if key.startswith("catalog_sync_events_total{") and value} == {
        'catalog_sync_events_total{outcome="created",path="single"}': 5,
        'catalog_sync_events_total{outcome="failed",path="refused"}': 1}
    assert values["catalog_sync_dead_letters_total"] == 1
    assert values['catalog_sync_call_answers_total{kind="create",class="ok"}'] == 5
    assert values['catalog_sync_freshness_seconds_bucket{le="+Inf"}'] == 6
    assert values['catalog_sync_freshness_seconds_bucket{le="3600"}'] == 6, "events of now are minutes old at most"
    assert 0 < values["catalog_sync_freshness_seconds_sum"] < 6 * 3600
    assert values["catalog_sync_claim_seconds_count"] >= 5 and values["catalog_sync_settle_seconds_count"] >= 5
    assert values['catalog_sync_call_seconds_count{kind="create"}'] == values['catalog_sync_calls_total{kind="create"}'] >= 5
    assert 0 < values['catalog_sync_call_seconds_sum{kind="create"}'] < 60
    assert abs(values["process_start_time_seconds"] - started) < 60
    assert 1 << 20 < values["process_resident_memory_bytes"] <= values["process_virtual_memory_bytes"]
    assert len(os.listdir("/proc/%d/fd" % worker.process.pid)) - 8 <= values["process_open_fds"] <= values["process_max_fds"]
    assert values["process_cpu_seconds_total"] > 0
    version = subprocess.run([paths.program("catalog-worker"), "--version"], capture_output=True, text=True).stdout.split()[1]
    assert [v for k, v in values.items() if k.startswith('catalog_sync_build_info{version="%s",' % version)] == [1]


def test_lag_in_seconds_grows_while_the_catalog_is_down(world):
    worker = world.worker()

    def oldest_s():
        return max((v for k, v in worker.metrics().items() if k.startswith("catalog_sync_lag_seconds{")), default=-1)

    wait_until(lambda: oldest_s() == 0, 20, "partitions are assigned, and nothing is open")
    world.sim.set(down=True)
    before = time.time()
    positions = world.publish(world.updated("late", 1))
    wait_until(lambda: oldest_s() >= 2, 40, "the open record is two seconds old")
    assert oldest_s() <= time.time() - before + 1
    world.sim.set(down=False)
    world.results(positions, 60)
    wait_until(lambda: oldest_s() == 0, 20, "nothing is open")
    late = worker.metrics()
    assert late["catalog_sync_freshness_seconds_sum"] >= 2, "the result was as late as its event waited"


def of(metrics, name):
    """The values of a metric's series."""
    return [value for key, value in metrics.items() if key.partition("{")[0] == "catalog_sync_" + name]


def paths_taken(worker):
    taken = {}
    for key, value in worker.metrics().items():
        if value and key.startswith("catalog_sync_events_total{"):
            taken[tuple(re.findall(r'="([a-z]+)"', key))] = value
    return taken


def test_events_are_counted_by_the_path_they_took(world):
    worker = world.worker(inactive_policy="skip")
    world.sync(world.updated(1, 5))
    world.sync(world.updated(1, 4), world.updated(2, 1, is_active=False))
    world.sync(world.updated(1, 6), world.event(dict(worlds.product(1, 6)), event_id="again"))
    wanted = {("created", "single"): 1, ("superseded", "stale"): 1, ("skipped", "skipped"): 1}
    wait_until(lambda: sum(paths_taken(worker).values()) == 5, 20, lambda: paths_taken(worker))
    taken = paths_taken(worker)
    assert all(taken.get(key, 0) >= count for key, count in wanted.items()), taken
    # The last two say the same of one product: whichever came first, one is answered without a call.
    assert set(taken) - set(wanted) <= {("unchanged", "unchanged"), ("superseded", "coalesced"), ("superseded", "stale")}
    before = taken.get(("superseded", "coalesced"), 0)
    world.sim.set(down=True)
    positions = world.publish(*[world.updated(7, version) for version in range(1, 9)])
    wait_until(lambda: of(worker.metrics(), "absorbed_total")[0] > before, 20, lambda: worker.metrics())
    world.sim.set(down=False)
    world.results(positions, 60)
    wait_until(lambda: sum(paths_taken(worker).values()) == 13, 20, lambda: paths_taken(worker))
    assert paths_taken(worker)[("superseded", "coalesced")] == of(worker.metrics(), "absorbed_total")[0] > before
    world.account()


def test_plan_only_events_are_counted_as_plans(world):
    world.broker.create_topics({world.topics[role] + ".shadow": world.partitions for role in ("results", "dlq")})
    worker = world.worker(catalog_mode="plan-only")
    world.publish(world.updated(1, 1))
    wait_until(lambda: paths_taken(worker) == {("skipped", "plan"): 1}, 30, lambda: paths_taken(worker))


def test_what_the_window_does_not_hold_is_unread(world):
    worker = world.worker(window_records=16, catalog_rate_per_hour=36000, catalog_inflight_max=1)
    seen = {}

    def metrics():
        seen.clear()
        seen.update(worker.metrics())
        return seen

    wait_until(lambda: of(metrics(), "lag_records") == [0] * 2 * world.partitions, 20, lambda: seen)
    assert of(seen, "useful_replicas") == of(seen, "lagging_partitions") == [0]
    world.sim.set(down=True)
    before = time.time()
    positions = world.publish(*[world.updated(n, 1) for n in range(64)])
    wait_until(lambda: max(of(metrics(), "unread_seconds")) >= 2, 30, lambda: seen)
    # both ages are of one look, but the clock goes on between them
    assert 0 < max(of(seen, "unread_seconds")) <= max(of(seen, "lag_seconds")) + 0.1 <= time.time() - before + 1
    # of partitions that are not read now the ends are asked for every few seconds
    wait_until(lambda: sum(of(metrics(), "lag_records")) == 64, 30, lambda: seen)
    assert 40 <= sum(of(seen, "unread_records")) < 64
    assert sum(of(seen, "paused_partitions")) >= 1
    assert 0.5 <= of(seen, "window_fill_ratio")[0] <= 1
    assert of(seen, "catalog_budget_drain_seconds") == [6.4], "64 calls at ten a second"
    assert of(seen, "useful_replicas") == [1], "a catalog that is down needs no further replica"
    assert of(seen, "lagging_partitions") == [sum(1 for lag in of(seen, "lag_records") if lag)]
    world.sim.set(down=False)
    world.results(positions, 90)
    wait_until(lambda: sum(of(metrics(), "lag_records") + of(seen, "unread_records") + of(seen, "unread_seconds") +
                           of(seen, "paused_partitions")) == 0, 20, lambda: seen)


@pytest.mark.only("apache")  # dev-kafka has no transactions
def test_a_transactions_marker_is_no_lag(world):
    worker = world.worker()
    producer = confluent_kafka.Producer({"bootstrap.servers": world.broker.bootstrap, "transactional.id": world.group})
    producer.init_transactions(30)
    producer.begin_transaction()
    for record in (world.updated(n, 1) for n in range(8)):
        topic, key, value, headers = record
        producer.produce(topic, key=key, value=value, headers=headers)
    producer.commit_transaction(30)
    ends = world.reader("events").ends
    wait_until(lambda: sum(ends().values()) > 8, 20, lambda: "a marker behind the records: %s" % ends())
    wait_until(lambda: sum(of(worker.metrics(), "records_total")) == 8, 30, "all are read")
    wait_until(lambda: of(worker.metrics(), "lag_records") == [0] * 2 * world.partitions, 20, lambda: worker.metrics())
    assert of(worker.metrics(), "unread_records") == [0] * 2 * world.partitions
    assert worker.status()["why"]["reason"] == "no_lag"


def test_errors_of_redis_and_kafka_are_counted(world):
    worker = world.worker()
    key = 'catalog_sync_redis_errors_total{kind="connection"}'
    world.redis.restart(while_down=lambda: wait_until(lambda: worker.metrics()[key] >= 2, 20, lambda: worker.metrics()))
    world.sync(world.updated(1, 1))
    stray = world.new_worker(kafka_bootstrap_servers="127.0.0.1:%d" % free_port()).start()
    key = 'catalog_sync_kafka_errors_total{kind="unreachable"}'
    wait_until(lambda: stray.metrics().get(key, 0) >= 1, 20, lambda: stray.metrics())
    stray.kill9()  # librdkafka 2.0 frees nothing of a client that never joined, which the leak checker would tell
    assert worker.metrics()[key] == 0, "the other one has its Kafka"


def test_the_pages_queries_can_be_read(tmp_path):
    with open(PAGE, encoding="utf-8") as page:
        queries = re.findall(r"^```promql\n(.*?)^```", page.read(), re.MULTILINE | re.DOTALL)
    assert len(queries) >= 4
    rules = tmp_path / "rules.yml"
    rules.write_text("groups:\n- name: page\n  rules:\n" + "".join(
        "  - record: page:query%d\n    expr: |\n%s" % (n, "".join("      " + line + "\n" for line in query.splitlines()))
        for n, query in enumerate(queries)))
    done = subprocess.run(["promtool", "check", "rules", str(rules)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    names = set(re.findall(r"\b(?:catalog_sync|process)_[a-z_]+", " ".join(queries)))
    with open(PAGE, encoding="utf-8") as page:
        known = set(re.findall(r"^\| `([a-z_]+)`", page.read(), re.MULTILINE))
    assert {re.sub(r"_(bucket|sum|count)$", "", name) if name not in known else name for name in names} <= known
