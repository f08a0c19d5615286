#!/usr/bin/env python3
"""The acceptance run of a shop that moves in, on Apache Kafka: its CSV of items that the catalog already holds is adopted,
re-synced in shadow and then for real, with the report of both, and published again, which costs no call; Redis is flushed in the middle of a run, which costs no
duplicate item and no stale overwrite; and catalog-memory rebuild restores every product, compared field by field.

    shop.py --rows 50000 --workers 3
"""

import argparse
import collections
import os
import shutil
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import adoptctl  # noqa: E402
import kafkactl  # noqa: E402
import procs  # noqa: E402
import shadowctl  # noqa: E402
import world as worlds  # noqa: E402
from memoryctl import Memory, differences  # noqa: E402

COLUMNS = ("product_id", "version", "sku", "name", "description", "brand", "price", "currency", "stock_quantity", "is_active",
           "link", "image_link", "catalog_id")
DELETED_EVERY, MOVED_EVERY, HIDDEN_EVERY, OLD_EVERY = 10, 7, 9, 11
SECONDS, SECONDS_PER_ROW = 120, 0.02  # what a step may take: generous, since the machine may be busy


class Shop:
    """The shop's own table: rows as its CSV has them, and what is published of them."""

    def __init__(self, world, rows, workers):
        self.world, self.memory = world, Memory(world)
        self.rows = [worlds.product(n, 1000, is_active="true") for n in range(rows)]
        self.gone, self.deleted = set(), 0  # SKUs without an item, and how many products were deleted
        self.workers = [world.new_worker("shop-%d" % n) for n in range(workers)]
        self.began = time.monotonic()

    # -- the parts -----------------------------------------------------------------------------------------------------

    def say(self, text):
        print("shop: %6.1f s: %s" % (time.monotonic() - self.began, text), flush=True)

    def limit(self):
        """Seconds that a step over all rows may take."""
        return SECONDS + SECONDS_PER_ROW * len(self.rows)

    def csv(self, name, rows=None):
        wanted = [{c: row[c] for c in COLUMNS} for row in (self.rows if rows is None else rows)]
        return adoptctl.write_csv(os.path.join(self.world.home, name), wanted)

    def start(self):
        for worker in self.workers:
            worker.start()
        for worker in self.workers:
            worker.wait_ready(120)

    def stop(self):
        for worker in self.workers:
            worker.terminate(30)

    def publish(self, *arguments):
        """catalog-publish over these; the published events, once each has its result, as a count of their outcomes."""
        before = self.world.published()
        code, told, errors = adoptctl.run(self.world, *arguments, timeout_s=self.limit())
        assert code == 0, errors[-3000:]
        new = self.world.published() - before
        assert len(new) == told["published"], "%d new records, %s" % (len(new), told)
        return self.outcomes(new)

    def outcomes(self, positions):
        found = self.world.results(positions, self.limit())
        return collections.Counter(result["outcome"] for result in found)

    def counters(self):
        self.world.sim.wait_idle(60)
        return self.world.sim.counters()

    def check_items(self):
        """One item a SKU, and each shows what the shop's table says."""
        self.world.sim.wait_idle(60)
        items = self.world.sim.items()
        skus = collections.Counter(item["retailer_id"] for item in items)
        doubled = [sku for sku, count in skus.items() if count > 1]
        assert not doubled and self.counters()["duplicate_items"] == 0, "doubled: %s" % doubled[:10]
        self.world.check_newest(dict({sku: None for sku in self.gone}, **{row["sku"]: row for row in self.rows}))
        assert len(items) == len(self.rows), "%d items for %d rows" % (len(items), len(self.rows))

    # -- the steps -----------------------------------------------------------------------------------------------------

    def own_items(self):
        """The items of before, made through the API by another integration."""
        for row, item_id in zip(self.rows, adoptctl.create_items(self.world, self.rows)):
            row["catalog_id"] = item_id
        self.ids = {row["sku"]: row["catalog_id"] for row in self.rows}
        self.say("the catalog holds %d items" % self.counters()["items"])

    def adopt(self, **settings):
        before = self.counters()
        code, told, errors = adoptctl.run(self.world, "--adopt", "--yes", self.csv("shop.csv"), timeout_s=self.limit(), **settings)
        assert code == 0 and told["recorded"] == len(self.rows), "%s\n%s" % (told, errors[-3000:])
        after = self.counters()
        assert (after["created"], after["updated"]) == (before["created"], before["updated"]), "adopting wrote to the catalog"
        assert settings or len(adoptctl.adopted(self.world)) == len(self.rows)
        self.say("adopted, with %d calls, all of them reads" % (after["calls"] - before["calls"]))

    def report(self):
        """What catalog-shadow says of all rows, once the shadow has read all events."""
        told = []

        def done():
            told[:] = shadowctl.report(self.world, timeout_s=self.limit())
            return told[1]["waiting"] == 0

        procs.wait_until(done, self.limit(), lambda: "the shadow has read all: %s" % told, 0.2)
        return told[0], shadowctl.kinds(told[1]), told[1]

    def shadow(self):
        """The re-sync as a shadow sees it, while no real worker runs. Returns the events' positions."""
        self.stop()
        shadow = self.world.new_worker("shop-shadow", **shadowctl.PLAN_ONLY).start().wait_ready(120)
        self.adopt(**shadowctl.PLAN_ONLY)
        before, published = self.counters(), self.world.published()
        code, told, errors = adoptctl.run(self.world, "--resync", self.csv("shop.csv"), timeout_s=self.limit())
        assert code == 0, errors[-3000:]
        reader = kafkactl.Reader(self.world.broker.bootstrap, self.world.topics["results" + shadowctl.SHADOW])
        expected = 2 * len(self.rows)  # adopted, planned
        procs.wait_until(lambda: len(reader.poll(0.1)) >= expected, self.limit(), "the shadow has planned all", 0.01)
        reader.close()
        code, kinds, summary = self.report()
        assert (code, kinds) == (3, {"differs": len(self.rows)}), summary
        assert summary["fields"]["price"] > 0 and summary["fields"]["name"] == len(self.rows), summary
        after = self.counters()
        assert [after[k] for k in ("created", "updated")] == [before[k] for k in ("created", "updated")], "a shadow wrote"
        assert shadow.terminate(30) == 0
        self.say("re-synced in shadow: %d updates planned, none made; the report took %d lookups" % (
            summary["planned_calls"]["update"], summary["lookups"]))
        return self.world.published() - published

    def resync(self, positions):
        """The same events, met by the real workers."""
        before = self.counters()
        self.start()
        outcomes = self.outcomes(positions)
        assert outcomes == {"updated": len(self.rows)}, outcomes
        after = self.counters()
        assert after["created"] == before["created"], "an adopted item was made again"
        self.check_items()
        now = {item["retailer_id"]: item["id"] for item in self.world.sim.items()}
        assert now == self.ids, "an item has another id than the adopted one"
        code, kinds, summary = self.report()
        assert (code, kinds) == (0, {"agree": len(self.rows)}), summary
        self.say("re-synced for real: %d calls, every item kept its id and shows what the shadow had planned" % (
            after["calls"] - before["calls"]))

    def publish_again(self):
        before = self.counters()["calls"]
        outcomes = self.publish(self.csv("shop.csv"))
        assert outcomes == {"unchanged": len(self.rows)}, outcomes
        assert self.counters()["calls"] == before, "%d calls for rows that nothing changed" % (self.counters()["calls"] - before)
        self.say("published again as product.updated: all unchanged, no call")

    def change(self):
        """A day of the shop: new prices everywhere, some products gone, some under a new SKU, some hidden, some old events
        that came late. Returns the records."""
        records, old, left = [], [], []
        for n, row in enumerate(self.rows):
            if n % DELETED_EVERY == 1:
                self.gone.add(row["sku"])
                self.deleted += 1
                records.append(self.world.deleted(row["product_id"], 2000))
                continue
            if n % MOVED_EVERY == 2:
                self.gone.add(row["sku"])
                row["sku"] = "MOVED-%d" % n
            hidden = n % HIDDEN_EVERY == 3 and n % MOVED_EVERY != 2
            if not hidden:  # hiding an item leaves what it shows
                row.update(price="%d.%02d" % (1 + n % 400, n % 100), name="Lamp %d, new" % n)
            row["version"] = 2000
            left.append(row)
            data = {c: row[c] for c in COLUMNS if c != "catalog_id"}
            records.append(self.world.event(dict(data, is_active=not hidden)))
            if n % OLD_EVERY == 4:
                old.append(self.world.updated(row["product_id"], 1500, sku=row["sku"], name="stale", price="0.01"))
        self.rows = left
        return records, old

    def flush_in_the_middle(self):
        before = self.counters()["calls"]
        records, old = self.change()
        positions = self.world.publish(*records)
        procs.wait_until(lambda: self.world.sim.counters()["calls"] - before > len(records) / 4, self.limit(),
                         "a quarter of the calls is made", 0.002)
        self.world.redis.command("FLUSHALL")
        done = self.world.sim.counters()["calls"] - before
        assert done < len(records), "the flush came too late to be in the middle: %d calls of %d" % (done, len(records))
        positions += self.world.publish(*old)
        outcomes = self.outcomes(positions)
        assert set(outcomes) <= {"updated", "created", "deleted", "unchanged", "superseded", "skipped"}, outcomes
        assert outcomes["superseded"] >= len(old), outcomes
        self.check_items()
        self.say("Redis flushed after %d calls of %d events: %s; no item is doubled, none shows an old version" % (
            done, len(records), dict(outcomes)))

    def rebuild(self):
        self.world.wait_committed(60)
        self.stop()
        before = self.memory.dump()
        deleted = sum(1 for fields in before[0].values() if fields["is"] == "d")
        assert deleted == self.deleted, "%d of %d are remembered as deleted" % (deleted, self.deleted)
        assert len(before[0]) == len(self.rows) + deleted and len(before[1]) >= len(self.rows)
        self.world.redis.command("FLUSHALL")
        self.memory.run("rebuild", "--why", "acceptance", timeout_s=self.limit())
        wrong = differences(before, self.memory.dump())
        assert not wrong, "%d differ, such as\n%s" % (len(wrong), "\n".join(wrong[:10]))
        self.say("catalog-memory rebuild restored %d products (%d deleted) and %d SKUs, every field equal" % (
            len(before[0]), deleted, len(before[1])))

    def go_on(self):
        """With the rebuilt memory, what is the same makes no write, and what is old is refused."""
        self.start()
        row = self.rows[0]
        result, = self.world.sync(self.world.updated(row["product_id"], 1999, name="stale"), timeout_s=60)
        assert result["outcome"] == "superseded", result
        self.check_items()
        account = self.world.account(self.limit())
        self.say("accounted for: %s" % dict(account.outcomes()))


def shop(world, arguments):
    it = Shop(world, arguments.rows, arguments.workers)
    it.own_items()
    it.start()
    it.adopt()
    it.resync(it.shadow())
    it.publish_again()
    it.flush_in_the_middle()
    it.rebuild()
    it.go_on()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=2000, help="of the shop's CSV (at least 500)")
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    if arguments.rows < 500 or not 1 <= arguments.workers <= 8:
        parser.error("--rows is 500 or more, --workers 1 to 8")
    home = tempfile.mkdtemp(prefix="catalog-sync-shop-")
    broker = kafkactl.ApacheKafka(os.path.join(home, "kafka"))
    world = None
    try:
        world = worlds.World(broker.start(), home)
        shadowctl.add_topics(world)
        world.start()
        shop(world, arguments)
        world.check_contracts()
    except (AssertionError, TimeoutError, RuntimeError) as error:
        print("shop: FAILED: %s\nshop: the logs are in %s" % (str(error)[:6000], home))
        return 1
    finally:
        if world:
            world.stop()
        broker.stop()
    world.check_workers()
    shutil.rmtree(home, ignore_errors=True)
    print("shop: all is accounted for")
    return 0


if __name__ == "__main__":
    sys.exit(main())
