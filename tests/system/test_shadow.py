"""Shadow mode (catalog.mode=plan-only): beside the real workers, on the same events, with names of its own and no call."""

import os
import subprocess

import adoptctl
import memoryctl
import paths
import pytest
import world as worlds
from kafkactl import Reader, produce
from procs import wait_until
from world import CATALOG, product

SHADOW = ".shadow"


@pytest.fixture
def shop(broker, tmp_path):
    """A world with the topics of both modes; shadow(role) reads the shadow's."""
    made = worlds.World(broker, tmp_path, topics_count=2)
    made.topics["results" + SHADOW] = made.topics["results"] + SHADOW
    made.topics["dlq" + SHADOW] = made.topics["dlq"] + SHADOW
    try:
        yield made.start()
    finally:
        made.stop()
    made.check_workers()


def shadow_worker(shop, **more):
    """The real workers' own configuration, and the one switch; no token."""
    worker = shop.new_worker(**more)
    worker.settings.update({"catalog.mode": "plan-only"})
    del worker.settings["catalog.token.file"]
    return worker.start().wait_ready()


def shadow_results(shop, positions, timeout_s=30):
    reader = shop.readers.setdefault("results" + SHADOW, Reader(shop.broker.bootstrap, shop.topics["results" + SHADOW]))
    found = {}

    def all_there():
        for record in reader.poll(0.1):
            found.setdefault((record.data["topic"], record.data["partition"], record.data["offset"]), record.data)
        return all(tuple(p) in found for p in positions)

    wait_until(all_there, timeout_s, lambda: "%d of %d shadow results" % (len(found), len(positions)), 0.01)
    return [found[tuple(p)] for p in positions]


def test_beside_the_real_workers(shop):
    """Same events, same configuration: only the real one calls, and neither reads what the other writes."""
    shadow = shadow_worker(shop)
    first = [shop.updated(1, 1), shop.updated(2, 1), shop.updated(3, 1, price=7.5), shop.deleted(4, 1)]
    positions = shop.publish(*first)
    created, _, broken, deleted = shadow_results(shop, positions)
    assert (created["outcome"], created["reason"]) == ("skipped", "plan_only")
    planned = created["planned"]
    assert (planned["outcome"], planned["calls"]) == ("created", [{"kind": "create", "sku": "SKU-1"}])
    assert planned["fields"]["name"] == "Lamp 1" and planned["fields"]["price"] == 1999
    assert len(planned["body_hash"]) == 32 and "catalog_id" not in created
    assert (broken["outcome"], broken["reason"]) == ("failed", "price_not_a_string")
    assert [c["kind"] for c in deleted["planned"]["calls"]] == ["lookup", "delete"], "it may be there: nobody has looked"
    # memory holds what the catalog would hold: equal content is unchanged, a change an update, a new SKU a move
    more = shop.publish(shop.updated(1, 2), shop.updated(2, 2, name="Other", sku="SKU-2b"))
    same, moved = shadow_results(shop, more)
    assert same["outcome"] == "unchanged" and same["planned"]["fields"]["name"] == "Lamp 1"
    assert [(c["kind"], c["sku"]) for c in moved["planned"]["calls"]] == [("create", "SKU-2b"), ("delete", "SKU-2")]
    # a copy of an event is answered with its stored outcome, which is equal
    again, = shadow_results(shop, shop.publish(first[0]))
    assert again["planned"] == planned
    assert shop.calls() == [] and shop.reader("results").read_to_end() == [], "the shadow has called, or spoken as real"
    assert shadow.status()["mode"] == "plan-only"
    assert shadow.metrics()['catalog_sync_planned_calls_total{kind="create"}'] == 3
    keys = shop.redis.command("KEYS", "*")
    assert keys and all(SHADOW + "}" in key for key in keys), keys

    shop.worker()
    real = shop.results(positions + more)
    # what waits is one product's newest version: the older one is superseded, where both were read at once
    assert real[0]["outcome"] in ("created", "superseded") and real[2]["outcome"] == "failed", real
    assert real[3]["outcome"] == "skipped" and real[4]["outcome"] in ("created", "unchanged"), real
    assert "planned" not in real[0] and not [r for r in real if r.get("reason") == "plan_only"]
    assert shop.item("SKU-2b")["name"] == "Other" and shop.item("SKU-2") is None
    assert shop.dead() and shop.dead()[0].topic == shop.topics["dlq"]

    # on to the real mode with the shadow's own process, and back: each finds its own memory and offsets
    assert shadow.terminate() == 0
    late, = shop.sync(shop.updated(5, 1))
    assert late["outcome"] == "created"
    calls = len(shop.calls())
    shadow_worker(shop)
    position = shop.publish(shop.updated(6, 1))
    assert shadow_results(shop, position)[0]["planned"]["outcome"] == "created"
    assert shop.results(position)[0]["outcome"] == "created"
    assert [c for c in shop.calls()[calls:] if c["retailer_id"] == "SKU-6" and c["kind"] == "create"] != []


def test_mixing_is_refused(shop):
    """A real worker on a shadow's names, by configuration; and one whose result topic somebody filled with a shadow's."""
    for key in ("kafka.group.id", "topic.results", "topic.dlq", "redis.prefix"):
        done = subprocess.run([paths.program("catalog-worker"), "--set", "kafka.bootstrap.servers=" + shop.broker.bootstrap,
                               "--set", "catalog.id=" + CATALOG, "--set", "%s=x.shadow" % key,
                               "--set", "catalog.token.file=" + shop.token_file], stderr=subprocess.PIPE, timeout=20)
        assert done.returncode == 2 and b"belong to plan-only workers" in done.stderr and key.encode() in done.stderr

    shadow = shadow_worker(shop)
    shadow_results(shop, shop.publish(shop.updated(1, 1)))
    assert shadow.terminate() == 0
    copied = shop.readers["results" + SHADOW].read_to_end()
    produce(shop.broker.bootstrap, [(shop.topics["results"], r.key, r.value, dict(r.headers or {})) for r in copied])
    real = shop.new_worker().start()
    wait_until(lambda: not real.process.running(), 40, lambda: real.process.log_tail())
    real.wait_log("results of plan-only workers")
    assert shop.calls() == []


def test_cutting_over(shop, tmp_path):
    """docs/cutover.md: items that handlers made are adopted in both modes, and the real workers' first event updates them by id."""
    products = [product("c%d" % n, 10 + n) for n in range(3)]
    ids = adoptctl.create_items(shop, products)
    rows = [{"product_id": p["product_id"], "sku": p["sku"], "catalog_id": i} for p, i in zip(products, ids)]
    items = adoptctl.write_csv(tmp_path / "items.csv", rows)
    calls = len(shop.calls())
    shadow = shadow_worker(shop)
    memoryctl.Memory(shop).run("rebuild", "--why", "first start")
    for settings in ({"catalog.mode": "plan-only"}, {}):
        code, told, errors = adoptctl.run(shop, "--adopt", "--yes", items, **settings)
        assert code == 0 and told["recorded"] == 3, (settings, told, errors)
    events = [shop.event(dict(p, name="new")) for p in products]
    positions = shop.publish(*events)
    planned = shadow_results(shop, positions)
    assert [r["planned"]["outcome"] for r in planned] == ["updated"] * 3, planned
    assert {c["kind"] for c in shop.calls()[calls:]} == {"lookup"}, "adopting looks, and nobody writes"
    assert shadow.terminate() == 0
    shop.worker()
    done = shop.results(positions)
    assert [r["outcome"] for r in done] == ["updated"] * 3 and [r["catalog_id"] for r in done] == ids
    assert sorted(i["name"] for i in shop.items().values()) == sorted(["new"] * 3)
    assert shop.sim.counters()["duplicate_items"] == 0
