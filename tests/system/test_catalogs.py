"""Several catalogs in one worker: own credentials, API versions, budgets and topics; a paused one delays no other that has
a topic of its own."""

import os

import pytest

import paths
import world as worlds
from catalog_sim import CatalogSim
from procs import wait_until
from world import TOKEN, product

TOKENS = {"default": TOKEN, "eu": "EAAtest-token-of-eu", "us": "EAAtest-token-of-us"}
IDS = {"default": worlds.CATALOG, "eu": "1002", "us": "1003"}
VERSIONS = {"default": "v25.0", "eu": "v22.0", "us": "v25.0"}
# Small, so that the paused catalog's share of it is full long before its events are all read: by its bytes, which are
# as little common to all topics as its records.
WINDOW = {"window.records": 1000, "window.bytes": 524288, "record.max.bytes": 65536}


class Shops(worlds.World):
    """Catalog default on the shared topics, eu and us on topics of their own."""

    def __init__(self, broker, home):
        super().__init__(broker, home, topics_count=2)
        self.sim = CatalogSim(paths.program("catalog-sim"), os.path.join(self.home, "sim"), list(IDS.values()),
                              list(TOKENS.values()), {"latency.ms": 5, "call.late.max.ms": 2000, "hang.ms": 4000})
        run = self.group.partition("-")[2]
        self.topics.update(eu="events-eu-" + run, us="events-us-" + run)

    def write_tokens(self, tokens):
        for name, token in tokens.items():
            path = os.path.join(self.home, "token-" + name)
            with open(path + ".new", "w") as out:
                out.write(token + "\n")
            os.rename(path + ".new", path)

    def settings(self, **more):
        known = super().settings(**more)
        known.update(WINDOW)
        for name in ("eu", "us"):
            known.update({"catalogs.%s.%s" % (name, key): value for key, value in {
                "id": IDS[name], "token.file": os.path.join(self.home, "token-" + name),
                "api.version": VERSIONS[name], "topic.events": self.topics[name]}.items()})
        known["catalogs.us.rate.per.hour"] = 3600000
        known["catalogs.us.rate.burst"] = 50
        return known

    def of(self, catalog, data, **more):
        """An event on the catalog's topic, which does not name the catalog."""
        return self.event(data, topic="events" if catalog == "default" else catalog, **more)

    def published(self):
        return super().published() | {(self.topics[role], partition, offset) for role in ("eu", "us")
                                      for partition, end in self.reader(role).ends().items() for offset in range(end)}

    def items_by_catalog(self, sku):
        return {item["catalog"] for item in self.sim.items() if item["retailer_id"] == sku}


@pytest.fixture
def shops(broker, tmp_path):
    made = Shops(broker, tmp_path)
    made.write_tokens({name: TOKENS[name] for name in ("eu", "us")})
    try:
        yield made.start()
    finally:
        made.stop()
    made.check_workers()
    for worker in made.workers:
        for token in TOKENS.values():
            assert token not in worker.log_text()


def state_of(worker, catalog):
    return {row["name"]: row for row in worker.status()["catalogs"]}[catalog]


def test_a_paused_catalog_delays_no_other(shops):
    """eu's token expires and thousands of its events wait; the others go on; a new token delivers all."""
    worker = shops.worker()
    assert [r["outcome"] for r in shops.sync(*[shops.of(name, product(1, 1)) for name in IDS])] == ["created"] * 3
    assert shops.items_by_catalog("SKU-1") == set(IDS.values()), "one SKU in three catalogs is three items"
    seen = {(entry["catalog"], entry["version"]) for entry in shops.writes()}
    assert {version for catalog, version in seen if catalog == IDS["eu"]}.isdisjoint(
        {version for catalog, version in seen if catalog == IDS["us"]}), "each in its own version of the API"

    shops.sim.expire_token(TOKENS["eu"])
    waiting = shops.publish(*[shops.of("eu", product(n, 1, description="x" * 1000)) for n in range(2, 2002)])
    wait_until(lambda: state_of(worker, "eu")["state"] == "credentials refused", 20, lambda: worker.status())
    wait_until(lambda: all(p["paused"] for p in worker.status()["partitions"] if p["topic"] == shops.topics["eu"]), 30,
               lambda: "eu's share of the window is full: %s" % worker.status())

    others = [shops.of("us", product(n, 1)) for n in range(2, 602)] + \
             [shops.of("default", product(n, 1)) for n in range(2, 302)]
    assert {r["outcome"] for r in shops.sync(*others, timeout_s=60)} == {"created"}
    assert not set(waiting) & set(shops.results_by_position()), "nothing of the paused catalog has an outcome"
    assert "catalog eu is paused: credentials refused" in worker.readiness()[1] and worker.ready()
    assert "catalog eu" in worker.status()["waiting_for"]
    assert state_of(worker, "us")["state"] == "works" and state_of(worker, "eu")["topics"] == [shops.topics["eu"]]
    metrics = worker.metrics()
    assert metrics['catalog_sync_catalog_paused{catalog="eu"}'] == 1
    assert metrics['catalog_sync_catalog_paused{catalog="us"}'] == 0
    assert metrics['catalog_sync_catalog_state{catalog="eu",state="credentials refused"}'] == 1
    assert metrics['catalog_sync_catalog_waiting_records{catalog="eu"}'] > 0
    created = 'catalog_sync_catalog_events_total{catalog="us",outcome="created"}'
    wait_until(lambda: worker.metrics()[created] == 601, 10, "the metrics, taken now and then, count all of us's items")

    shops.sim.set_tokens([TOKENS["default"], TOKENS["us"], "EAAtest-token-of-eu-renewed"])
    shops.write_tokens({"eu": "EAAtest-token-of-eu-renewed"})
    assert {r["outcome"] for r in shops.results(waiting, 90)} == {"created"}
    shops.account()


def test_whose_event_it_is(shops):
    """On a shared topic the event says so, on a catalog's own topic the topic; names that are not configured are bounded."""
    worker = shops.worker()
    named, own, stranger, unknown, gone = shops.sync(
        shops.of("default", product(1, 1, catalog="us")), shops.of("us", product(2, 1, catalog="us")),
        shops.of("eu", product(3, 1, catalog="us")), shops.of("default", product(4, 1, catalog="elsewhere")),
        (shops.topics["us"], "2", None, None))
    assert [(r["catalog"], r["outcome"]) for r in (named, own)] == [("us", "created")] * 2
    assert (stranger["catalog"], stranger["outcome"], stranger["reason"]) == ("eu", "failed", "catalog_not_of_topic")
    assert "eu's own" in stranger["error"]["message"]
    assert (unknown["catalog"], unknown["outcome"], unknown["reason"]) == ("elsewhere", "failed", "unknown_catalog")
    assert (gone["catalog"], gone["outcome"]) == ("us", "deleted"), "a bare tombstone is of the topic's catalog"
    metrics = worker.metrics
    wait_until(lambda: metrics()['catalog_sync_events_total{outcome="failed",path="refused"}'] == 2, 5, metrics)
    assert not [name for name in metrics() if '"elsewhere"' in name]
    assert metrics()['catalog_sync_catalog_events_total{catalog="eu",outcome="failed"}'] == 1
    assert {name.partition('catalog="')[2].partition('"')[0] for name in metrics() if 'catalog="' in name} == set(IDS)
    shops.account()


def test_catalogs_on_one_topic_share_fate(shops):
    """As documented: what lies behind a paused catalog's events in a shared topic waits with them."""
    worker = shops.worker()
    shops.sim.expire_token(TOKENS["us"])
    waiting = shops.publish(*[shops.of("default", product(n, 1, catalog="us")) for n in range(600)])
    behind = shops.publish(*[shops.of("default", product(n, 1)) for n in range(20)])
    shared = shops.topics["events"]
    wait_until(lambda: all(p["paused"] for p in worker.status()["partitions"] if p["topic"] == shared), 30,
               lambda: "the shared topic's share of the window is full: %s" % worker.status())
    assert not set(behind) & set(shops.results_by_position())
    assert shops.sync(shops.of("eu", product(1, 1)))[0]["outcome"] == "created"
    shops.sim.set_tokens([TOKENS["default"], TOKENS["eu"], "EAAtest-token-of-us-renewed"])
    shops.write_tokens({"us": "EAAtest-token-of-us-renewed"})
    assert {r["outcome"] for r in shops.results(waiting + behind, 60)} == {"created"}
    shops.account()
