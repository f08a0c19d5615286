"""Shadow mode (catalog.mode=plan-only): beside the real workers, on the same events, with names of its own and no call."""

import http.client
import json
import signal
import subprocess
import urllib.parse

import adoptctl
import memoryctl
import paths
import pytest
import shadowctl
import test_catalogs
import world as worlds
from confluent_kafka import Producer
from kafkactl import Reader, produce
from procs import wait_until
from shadowctl import SHADOW
from world import CATALOG, product


@pytest.fixture
def shop(broker, tmp_path):
    """A world with the topics of both modes; shadow(role) reads the shadow's."""
    made = worlds.World(broker, tmp_path, topics_count=2)
    shadowctl.add_topics(made)
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
    assert [c["kind"] for c in shop.calls()[calls:] if c["retailer_id"] == "SKU-6"] == ["create"]


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


# -- catalog-shadow, the report ------------------------------------------------------------------------------------------------


def write_item(shop, method, item_id, body=None):
    """As somebody else would, past the workers."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(shop.sim.url).netloc, timeout=30)
    connection.request(method, "/v25.0/" + item_id, json.dumps(body or {}), {
        "Authorization": "Bearer " + worlds.TOKEN, "Content-Type": "application/json"})
    answer = json.loads(connection.getresponse().read())
    connection.close()
    assert answer.get("success"), answer


def report(shop, timeout_s=30):
    """Once nothing waits for the shadow any more: its offsets are committed some time after its results."""
    told = []

    def done():
        told[:] = shadowctl.report(shop)
        return told[1]["waiting"] == 0

    wait_until(done, timeout_s, lambda: told, 0.1)
    return told


def adopt(shop, tmp_path, products, ids):
    rows = [{"product_id": p["product_id"], "sku": p["sku"], "catalog_id": i} for p, i in zip(products, ids)]
    code, told, errors = adoptctl.run(shop, "--adopt", "--yes", adoptctl.write_csv(tmp_path / "items.csv", rows), **shadowctl.PLAN_ONLY)
    assert code == 0 and told["recorded"] == len(rows), (told, errors)


def every_kind(shop, tmp_path):
    """A shop with a product of each kind; {SKU: kind}."""
    products = {name: product(name, 10) for name in (
        "agrees", "differs", "missing", "exists", "present", "unplanned", "hidden", "shown")}
    ids = dict(zip(products, adoptctl.create_items(shop, list(products.values()))))
    adopt(shop, tmp_path, [p for n, p in products.items() if n != "exists"], [i for n, i in ids.items() if n != "exists"])
    positions = shop.publish(
        *[shop.event(products[n]) for n in ("agrees", "differs", "missing", "exists")],
        *[shop.event(dict(products[n], is_active=False)) for n in ("hidden", "shown")],
        shop.deleted("present", 20), shop.updated("new", 1), shop.deleted("gone", 1), shop.updated("failed", 1, price="9,99"),
        shop.updated("nothing", 1, sku=None), (shop.topics["events"], "x", "no JSON", {}))
    planned = dict(zip(("agrees", "differs"), shadow_results(shop, positions)))
    write_item(shop, "POST", ids["agrees"], planned["agrees"]["planned"]["fields"])
    write_item(shop, "POST", ids["differs"], dict(planned["differs"]["planned"]["fields"], price=2099, name="Lampe"))
    write_item(shop, "POST", ids["hidden"], {"visibility": "staging"})
    write_item(shop, "DELETE", ids["missing"])
    return ids


def test_the_report_tells_every_kind(shop, tmp_path):
    shadow = shadow_worker(shop)
    ids = every_kind(shop, tmp_path)
    writes = len(shop.writes())
    code, summary, _, errors = report(shop)
    assert code == 3 and summary["complete"] and errors == "", (summary, errors)
    assert shadowctl.kinds(summary) == {"agree": 2, "new": 1, "gone": 1, "nothing": 1, "exists": 1, "missing": 1, "differs": 2,
                                        "present": 1, "failed": 1, "unplanned": 1}, summary
    assert (summary["products"], summary["agreeing"], summary["differing"]) == (12, 5, 7)
    assert summary["reasons"] == {"price_invalid": 1} and summary["lookups"] == 1 and summary["looked_up"] == 9
    assert summary["dead_letters"] == {"open": 2, "products": 1, "nameless": 1}
    # SKU-exists was made by somebody else, so its fields differ as well: adopt it first
    assert summary["fields"] == {"price": 2, "name": 2, "visibility": 1, "description": 1, "url": 1, "brand": 1,
                                 "inventory": 1}, summary["fields"]

    code, _, listed, _ = shadowctl.report(shop, "--list", "all")
    found = {entry["product_id"]: entry for entry in listed}
    assert len(listed) == 12 and found["agrees"]["kind"] == found["hidden"]["kind"] == "agree"
    for name in ("exists", "missing", "differs", "present", "unplanned", "new", "gone", "failed", "nothing"):
        assert found[name]["kind"] == name, found[name]
    assert found["exists"]["found_catalog_id"] == ids["exists"] and "planned_catalog_id" not in found["exists"]
    assert found["missing"]["planned_catalog_id"] == ids["missing"] and "found_catalog_id" not in found["missing"]
    assert sorted(f["name"] for f in found["differs"]["fields"]) == ["name", "price"]
    assert {"name": "price", "planned": 1999, "found": "$20.99"} in found["differs"]["fields"]
    assert found["shown"]["fields"] == [{"name": "visibility", "planned": "staging", "found": "published"}]
    assert found["failed"]["reason"] == "price_invalid" and "decimal comma" in found["failed"]["message"]
    assert [e["product_id"] for e in shadowctl.report(shop, "--list", "missing")[2]] == ["missing"]
    assert len(shadowctl.report(shop, "--list", "differing")[2]) == 7

    code, text, _ = shadowctl.run(shop)
    assert code == 3 and text.startswith("12 products: 5 agree, 7 differ\n") and text.endswith("\ncomplete\n"), text
    assert 'SKU-differs (product differs): name is "Lampe", planned "Lamp differs"; price is "$20.99", planned 1999' in text, text
    assert "2  open, of 1 products; 1 name no product: catalog-dlq stats --config " in text
    code, summary, _, _ = shadowctl.report(shop, "--ignore", "price", "--ignore", "name")
    assert summary["kinds"]["differs"] == 1 and "price" not in summary["fields"]
    code, summary, _, _ = shadowctl.report(shop, "--max", "2")
    assert code == 3 and summary["looked_up"] == 2 and not summary["complete"] and "7 products were not looked up" == summary["missing"]
    assert len(shop.writes()) == writes, "the report wrote to the catalog"
    assert shadow.terminate() == 0


def test_exactly_one_create_follows_a_product_planned_once(shop):
    """SKU-6 is planned as a create once, however often its events come, and the real workers then create it once."""
    shadow = shadow_worker(shop)
    first = shop.updated(6, 1)
    positions = shop.publish(first) + shop.publish(first, shop.updated(6, 2))
    shadow_results(shop, positions)
    code, summary, _, _ = report(shop)
    assert code == 0 and shadowctl.kinds(summary) == {"new": 1} and summary["complete"], summary
    assert summary["planned_calls"]["create"] == 1 and summary["results"]["unchanged"] >= 1, summary
    assert shadow.terminate() == 0 and shop.writes() == []
    shop.worker()
    shop.results(positions)
    assert [c["kind"] for c in shop.writes(sku="SKU-6")] == ["create"]
    assert len(shop.items()) == 1 and shop.sim.counters()["duplicate_items"] == 0
    code, summary, listed, _ = shadowctl.report(shop, "--list", "exists")
    assert code == 3 and [e["sku"] for e in listed] == ["SKU-6"], "a shadow that adopted nothing does not know the item"


def test_the_newest_version_decides_and_events_that_wait_are_told(shop, tmp_path):
    shadow = shadow_worker(shop)
    ids = adoptctl.create_items(shop, [product(n, 1) for n in range(3)])
    adopt(shop, tmp_path, [product(n, 1) for n in range(3)], ids)
    old = shop.updated(0, 5, name="old")
    shadow_results(shop, shop.publish(old))
    positions = shop.publish(shop.updated(0, 7), shop.updated(1, 7), shop.deleted(2, 7))
    plans = shadow_results(shop, positions)
    for item_id, plan in zip(ids, plans):
        if "fields" in plan["planned"]:
            write_item(shop, "POST", item_id, plan["planned"]["fields"])
    write_item(shop, "DELETE", ids[2])
    # a copy of the old event is answered after the newer one, and says nothing new
    shadow_results(shop, shop.publish(old))
    code, summary, _, _ = report(shop)
    assert code == 0 and shadowctl.kinds(summary) == {"agree": 2, "gone": 1}, summary
    assert shadow.terminate() == 0
    shop.publish(shop.updated(1, 8), shop.updated(9, 1))
    code, summary, _, _ = shadowctl.report(shop)
    assert code == 3 and summary["waiting"] == 2 and "wait for the shadow" in summary["missing"], summary
    assert summary["differing"] == 0


@pytest.mark.only("dev-kafka")  # nothing of it depends on the broker
def test_a_report_wants_a_shadow_and_says_what_fails(shop):
    code, out, errors = shadowctl.run(shop, settings={})
    assert code == 2 and out == "" and "catalog.mode=plan-only" in errors, errors
    code, out, errors = shadowctl.run(shop, settings=dict(shadowctl.PLAN_ONLY, catalog_token_file=None))
    assert code == 2 and "catalogs.default.token.file: not set" in errors, errors
    for wrong in (["--list", "nonsense"], ["--max", "0"], ["--ignore", "a,b"], ["word"], ["--examples", "101"]):
        assert shadowctl.run(shop, *wrong)[0] == 2, wrong
    code, summary, _, _ = shadowctl.report(shop)
    assert code == 3 and summary["products"] == 0 and "planned nothing yet" in summary["missing"], summary
    shadow = shadow_worker(shop)
    shadow_results(shop, shop.publish(*[shop.updated(n, 1) for n in range(120)]))
    shop.sim.fault("throttle_613", times=1)
    shop.sim.fault("http500", times=2)
    assert report(shop)[1]["kinds"]["new"] == 120
    shop.sim.expire_token(worlds.TOKEN)
    code, summary, _, errors = shadowctl.report(shop)
    assert code == 1 and "does not accept the token: renew it" in errors and summary["kinds"]["unseen"] == 120, (summary, errors)
    assert worlds.TOKEN not in errors and shadow.terminate() == 0


@pytest.mark.only("dev-kafka")  # nothing of it depends on the broker
def test_a_report_that_is_stopped_says_how_far_it_came(shop):
    shadow = shadow_worker(shop)
    shadow_results(shop, shop.publish(*[shop.updated(n, 1) for n in range(250)]), 60)
    slow = dict(shadowctl.PLAN_ONLY, catalog_rate_per_hour=600)  # a call each six seconds
    process = subprocess.Popen(shadowctl.command(shop, "--json", settings=slow), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wait_until(lambda: shop.calls("lookup") or process.poll() is not None, 30, "the first page is asked for", 0.01)
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=20)
    summary = json.loads(out)
    assert process.returncode == 3 and summary["missing"] == "it was stopped" and not summary["complete"], (summary, errors)
    assert summary["kinds"]["new"] == 100 and summary["kinds"]["unseen"] == 150 and summary["products"] == 250
    assert shadow.terminate() == 0


@pytest.mark.only("apache")  # dev-kafka has no transactions
def test_marks_of_transactions_are_no_events_that_wait(shop):
    shadow = shadow_worker(shop)
    places = []
    producer = Producer({"bootstrap.servers": shop.broker.bootstrap, "transactional.id": shop.topics["events"]})
    producer.init_transactions()
    producer.begin_transaction()
    for n in range(8):
        topic, key, value, headers = shop.updated(n, 1)
        producer.produce(topic, value, key, headers=headers,
                         on_delivery=lambda error, message: places.append((message.topic(), message.partition(), message.offset())))
    producer.commit_transaction()
    assert len(places) == 8
    shadow_results(shop, places)
    last = {partition: max(o for _, p, o in places if p == partition) for _, partition, _ in places}
    wait_until(lambda: all(shop.reader("events").ends()[p] == offset + 2 for p, offset in last.items()), 20,
               lambda: "a mark behind the last events %s: %s" % (last, shop.reader("events").ends()))
    code, summary, _, _ = report(shop)
    assert code == 0 and shadowctl.kinds(summary) == {"new": 8} and summary["waiting"] == 0, summary
    assert shadow.terminate() == 0


@pytest.mark.only("dev-kafka")  # nothing of it depends on the broker
def test_each_catalog_is_compared_with_its_own(broker, tmp_path):
    shops = test_catalogs.Shops(broker, tmp_path)
    shadowctl.add_topics(shops)
    shops.write_tokens({name: test_catalogs.TOKENS[name] for name in ("eu", "us")})
    try:
        shops.start()
        shadow = shadow_worker(shops)
        adoptctl.create_items(shops, [product(1, 1), product(2, 1)], test_catalogs.IDS["eu"], test_catalogs.TOKENS["eu"])
        shadow_results(shops, shops.publish(*[shops.of(catalog, product(n, 1)) for catalog in ("default", "eu") for n in (1, 2, 3)]))
        report(shops)
        code, summary, listed, errors = shadowctl.report(shops, "--list", "all")
        found = {(entry["catalog"], entry["sku"]): entry["kind"] for entry in listed}
        assert found == {("default", "SKU-1"): "new", ("default", "SKU-2"): "new", ("default", "SKU-3"): "new",
                         ("eu", "SKU-1"): "exists", ("eu", "SKU-2"): "exists", ("eu", "SKU-3"): "new"}, (found, errors)
        assert code == 3 and summary["lookups"] == 2, summary
        assert shadow.terminate() == 0
    finally:
        shops.stop()
