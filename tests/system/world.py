"""One test's world: topics of its own on a Kafka, a private Redis, a simulated catalog, and workers on demand."""

import json
import os
import time
import uuid

import paths  # first: it makes the other folders' modules importable
import contracts
import procs
import workerctl
from catalog_sim import CatalogSim
from account import Account, duplicate_items, result_position
from kafkactl import Reader, committed, produce
from redisctl import PrivateRedis

CATALOG = "1001"
TOKEN = "EAAtest-token-of-the-shop"
SOURCE = "urn:shop:test"
BY_HAND = "catalog-sync/by-hand"  # the source of results that tell of an operator's change, and of no event
STRUCTURED = {"content-type": "application/cloudevents+json"}


def product(product_id, version, **fields):
    """A product's data, complete unless fields say otherwise; a field given as None is left out."""
    data = {"product_id": product_id, "version": version, "sku": "SKU-%s" % product_id, "name": "Lamp %s" % product_id,
            "description": "A lamp.", "brand": "Hearth", "price": "19.99", "currency": "USD", "stock_quantity": 5,
            "is_active": True, "link": "https://shop.example/p/%s" % product_id,
            "image_link": "https://shop.example/i/%s.jpg" % product_id}
    data.update(fields)
    return {k: v for k, v in data.items() if v is not None}


class World:
    def __init__(self, broker, home, topics_count=4):
        self.broker, self.home, self.partitions = broker, str(home), topics_count
        self.redis = PrivateRedis(os.path.join(self.home, "redis"))
        self.sim = CatalogSim(paths.program("catalog-sim"), os.path.join(self.home, "sim"), [CATALOG], [TOKEN],
                              {"latency.ms": 5, "call.late.max.ms": 2000, "hang.ms": 4000})
        run = uuid.uuid4().hex[:8]
        self.group = "group-" + run
        self.topics = {role: "%s-%s" % (role, run) for role in ("events", "bulk", "results", "dlq", "audit")}
        self.workers, self.readers = [], {}
        self.token_file = os.path.join(self.home, "token")
        self._sequence = 0
        self._found, self._looked_at = {}, 0  # results by position, of how many that were read

    # -- the parts -----------------------------------------------------------------------------------------------------

    def start(self):
        self.broker.create_topics({name: 1 if role in ("audit", "dlq") else self.partitions
                                   for role, name in self.topics.items()}, (self.topics["results"], self.topics["dlq"]))
        self.write_token(TOKEN)
        self.redis.start()
        self.sim.start()
        return self

    def write_token(self, token):
        with open(self.token_file + ".new", "w") as out:
            out.write(token + "\n")
        os.rename(self.token_file + ".new", self.token_file)

    def settings(self, **more):
        known = {
            "kafka.bootstrap.servers": self.broker.bootstrap, "kafka.group.id": self.group,
            "topic.events": self.topics["events"], "topic.events.bulk": self.topics["bulk"],
            "topic.results": self.topics["results"], "topic.dlq": self.topics["dlq"],
            "topic.audit": self.topics["audit"], "redis.url": self.redis.url, "catalog.base.url": self.sim.url,
            "catalog.id": CATALOG, "catalog.token.file": self.token_file}
        known.update({key.replace("_", "."): value for key, value in more.items()})
        return known

    def new_worker(self, instance_id=None, **more):
        """Not started yet; more: configuration keys with underscores for dots."""
        worker = workerctl.Worker(os.path.join(self.home, "workers"), "worker-%d" % (len(self.workers) + 1),
                                  self.settings(**more), instance_id)
        self.workers.append(worker)
        return worker

    def worker(self, instance_id=None, wait=True, **more):
        worker = self.new_worker(instance_id, **more).start()
        return worker.wait_ready() if wait else worker

    def stop(self):
        for part in self.workers + list(self.readers.values()):
            part.stop() if hasattr(part, "stop") else part.close()
        self.sim.stop()
        self.redis.stop()

    def check_workers(self):
        for worker in self.workers:
            worker.check_health()
            assert TOKEN not in worker.log_text(), "the token is in %s's log" % worker.name

    def check_contracts(self):
        """What was read of results and dead letters keeps to schemas/. A tombstone that tells nothing is catalog-dlq's."""
        read = {role: reader.records for role, reader in self.readers.items()}
        contracts.check_all(read.get("results", ()),
                            [letter for letter in read.get("dlq", ()) if letter.value is not None or letter.headers])

    # -- events in -----------------------------------------------------------------------------------------------------

    def event(self, data, type_="product.updated", event_id=None, binary=False, topic="events", headers=None):
        """A record as produce() takes it."""
        self._sequence += 1
        event_id = event_id or "evt-%d" % self._sequence
        key = str(data.get("product_id", "no-product"))
        if binary:
            head = dict({"content-type": "application/json", "ce_specversion": "1.0", "ce_id": event_id,
                         "ce_source": SOURCE, "ce_type": type_}, **headers or {})
            return (self.topics[topic], key, json.dumps(data), head)
        value = {"specversion": "1.0", "id": event_id, "source": SOURCE, "type": type_, "data": data}
        return (self.topics[topic], key, json.dumps(value), dict(STRUCTURED, **headers or {}))

    def updated(self, product_id, version, **fields):
        return self.event(product(product_id, version, **fields))

    def deleted(self, product_id, version, **fields):
        data = {"product_id": product_id, "version": version, "sku": "SKU-%s" % product_id}
        data.update(fields)
        return self.event({k: v for k, v in data.items() if v is not None}, "product.deleted")

    def tombstone(self, product_id):
        return (self.topics["events"], str(product_id), None, None)

    def publish(self, *records, **settings):
        return produce(self.broker.bootstrap, records, **settings)

    def sync(self, *records, timeout_s=30):
        """Publishes, and returns each record's result in order."""
        return self.results(self.publish(*records), timeout_s)

    def one_by_one(self, *records, timeout_s=30):
        """Each published when the one before has its result, so that none is absorbed."""
        return [self.sync(record, timeout_s=timeout_s)[0] for record in records]

    def forget_results(self):
        """From here on another, empty result topic: together with an empty Redis, nothing is known of the past."""
        self.topics["results"] += "-new"
        self.broker.create_topics({self.topics["results"]: self.partitions}, (self.topics["results"],))
        self._found, self._looked_at = {}, 0
        old = self.readers.pop("results", None)
        if old:
            old.close()

    # -- results out ---------------------------------------------------------------------------------------------------

    def reader(self, role):
        if role not in self.readers:
            self.readers[role] = Reader(self.broker.bootstrap, self.topics[role])
        return self.readers[role]

    def results_by_position(self):
        records = self.reader("results").poll(0.1)
        for record in records[self._looked_at:]:
            data = record.data
            self._found.setdefault(result_position(data), data)
        self._looked_at = len(records)
        return self._found

    def results(self, positions, timeout_s=30):
        """Waits for the results of these positions; returns them in that order."""
        found = {}

        def all_there():
            found.update(self.results_by_position())
            return all(position in found for position in positions)

        def what():
            missing = [p for p in positions if p not in found]
            return "%d of %d results, the first missing is %s\n%s" % (
                len(positions) - len(missing), len(positions), missing[:1],
                "\n".join(w.process.log_tail(15) for w in self.workers if w.process))

        procs.wait_until(all_there, timeout_s, what, 0.01)
        return [found[position] for position in positions]

    def result_record(self, position):
        return next(r for r in self.reader("results").read_to_end() if result_position(r.data) == tuple(position))

    def dead(self):
        return self.reader("dlq").read_to_end()

    def committed(self):
        return committed(self.broker.bootstrap, self.group, self.topics["events"], self.partitions)

    def wait_committed(self, timeout_s=10):
        """Until the group's offsets stand at the ends of the event topic."""
        ends = self.reader("events").ends()
        procs.wait_until(lambda: all(self.committed()[p] == end for p, end in ends.items() if end), timeout_s,
                         lambda: "committed %s of %s" % (self.committed(), ends))

    def published(self):
        positions = set()
        for role in ("events", "bulk"):
            for partition, end in self.reader(role).ends().items():
                positions.update((self.topics[role], partition, offset) for offset in range(end))
        return positions

    # -- the catalog ---------------------------------------------------------------------------------------------------

    def items(self):
        """{retailer id: item} of the living."""
        return {item["retailer_id"]: item for item in self.sim.items()}

    def item(self, sku):
        return self.items().get(sku)

    def calls(self, kind=None, sku=None):
        """The journal, of one kind or one retailer id only."""
        return [e for e in self.sim.journal() if kind in (None, e["kind"]) and sku in (None, e["retailer_id"])]

    def writes(self, sku=None):
        return [e for e in self.calls(sku=sku) if e["kind"] in ("create", "update", "delete")]

    # -- the account ---------------------------------------------------------------------------------------------------

    def account(self, timeout_s=60):
        """Every published record has its result, each failure its dead letter, no item is doubled, no two different
        writes to one retailer id were in flight together. Waits for what is still on its way."""
        published = self.published()
        self.results(sorted(published), timeout_s)
        time.sleep(0.2)
        told = [r for r in self.reader("results").read_to_end() if r.data.get("event_source") != BY_HAND]
        account = Account(published, told, self.dead())
        faults = list(account.faults)
        items = self.sim.items()
        if duplicate_items(items):
            faults.append("%d items are doubled" % duplicate_items(items))
        if self.sim.counters()["overlaps_different_within"]:
            # Only a call applied later than call.late.max.ms may excuse an overlap; those are counted apart.
            faults += ["writes of different content were in flight together: " + json.dumps(entry)
                       for entry in self.sim.journal() if entry["overlap_different"]]
        assert not faults, "\n".join(faults)
        return account

    def check_newest(self, newest):
        """newest: {sku: data, or None for one that must be gone}. The catalog shows just that."""
        items = self.items()
        wrong = []
        for sku, data in newest.items():
            item = items.get(sku)
            if data is None:
                if item is not None:
                    wrong.append("%s should be gone, but shows %r" % (sku, item.get("name")))
            elif item is None:
                wrong.append("%s is missing" % sku)
            elif item["name"] != data["name"] or not same_price(item["price"], data["price"]):
                wrong.append("%s shows %r for %s, not %r for %s" % (sku, item["name"], item["price"], data["name"],
                                                                   data["price"]))
        assert not wrong, "\n".join(wrong)


def same_price(cents, price):
    whole, _, fraction = price.partition(".")
    return int(cents) == int(whole) * 100 + int((fraction + "00")[:2])
