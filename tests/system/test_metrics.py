"""/metrics of a real worker after traffic: clean to promtool, and docs/metrics.md says what each metric is, no more, no less."""

import os
import re
import subprocess
import time

import paths
from procs import wait_until

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
    worker = world.worker()
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
