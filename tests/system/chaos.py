#!/usr/bin/env python3
"""The acceptance run: workers with static membership on Apache Kafka, a random one killed with -9 every few seconds and
restarted at once, API faults on, thousands of events. At the end every event has its outcome, no item is doubled, no
newer version was overwritten, and no two different writes to one retailer id were in flight together.

    chaos.py --events 20000 --seconds 180
"""

import argparse
import os
import random
import shutil
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import kafkactl  # noqa: E402
import world as worlds  # noqa: E402

PRODUCTS_PER_EVENT = 1 / 8


class History:
    """Publishes versions of products over time and knows what the catalog must show in the end."""

    def __init__(self, world, events, seed):
        self.world, self.random = world, random.Random(seed)
        self.left, self.version = events, 0
        self.products = ["c%d" % n for n in range(max(10, int(events * PRODUCTS_PER_EVENT)))]
        self.newest, self.versions, self.kept = {}, {}, []

    def record(self):
        """The next event; now and then a duplicate or an old version instead."""
        draw = self.random.random()
        if draw < 0.05 and self.kept:
            return self.random.choice(self.kept)
        self.version += 1
        name = self.random.choice(self.products)
        sku = "SKU-%s" % name
        if draw < 0.08 and self.versions.get(name, 0) > 1:  # older than the product's own newest, deletes included
            return self.world.updated(name, self.random.randint(1, self.versions[name] - 1), name="stale", price="0.01")
        self.versions[name] = self.version
        if draw < 0.12:
            self.newest[sku] = None
            return self.world.deleted(name, self.version)
        data = worlds.product(name, self.version, name="%s at %d" % (name, self.version),
                              price="%d.%02d" % (self.random.randint(1, 500), self.random.randint(0, 99)))
        self.newest[sku] = data
        record = self.world.event(data)
        if self.random.random() < 0.1:
            self.kept.append(record)
        return record

    def publish(self, seconds):
        ticks = max(1, int(seconds * 5))
        began = time.monotonic()
        for tick in range(ticks):
            count = self.left // (ticks - tick)
            self.left -= count
            self.world.publish(*[self.record() for _ in range(count)])
            time.sleep(max(0.0, began + (tick + 1) * seconds / ticks - time.monotonic()))


def chaos(world, arguments):
    world.sim.set(latency_ms=40, latency_kind="lognormal", faults_percent=4, fault_after_commit_percent=30)
    workers = [world.worker(instance_id="chaos-%d" % n, wait=False, inactive_policy="hide")
               for n in range(arguments.workers)]
    for worker in workers:
        worker.wait_ready(40)
    history = History(world, arguments.events, arguments.seed)
    publisher = threading.Thread(target=history.publish, args=(arguments.seconds * 0.8,), daemon=True)
    publisher.start()
    dice, kills = random.Random(arguments.seed + 1), 0
    end = time.monotonic() + arguments.seconds
    while time.monotonic() + arguments.every < end:
        time.sleep(arguments.every)
        victim = dice.choice(workers)
        victim.kill9()
        victim.start()
        kills += 1
    publisher.join()
    print("chaos: %d kills, %d events published; now it must come to rest" % (kills, len(world.published())), flush=True)
    account = world.account(arguments.settle)
    world.sim.wait_idle(30)
    world.check_newest(history.newest)
    counters = world.sim.counters()
    print("chaos: %s; %d results repeated; %d items, %d calls, faults %s" % (
        dict(account.outcomes()), account.repeated, counters["items"], counters["calls"], counters["by_fault"]))
    print("chaos: overlaps of different writes: %d within the late bound, %d beyond it" % (
        counters["overlaps_different_within"], counters["overlaps_different_beyond"]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=3000)
    parser.add_argument("--seconds", type=float, default=40)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--every", type=float, default=3, help="seconds between kills")
    parser.add_argument("--settle", type=float, default=120, help="seconds to come to rest in")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    home = tempfile.mkdtemp(prefix="catalog-sync-chaos-")
    broker = kafkactl.ApacheKafka(os.path.join(home, "kafka"))
    world = None
    try:
        world = worlds.World(broker.start(), home)
        world.start()
        chaos(world, arguments)
        world.check_contracts()
    except (AssertionError, TimeoutError, RuntimeError) as error:
        print("chaos: FAILED: %s\nchaos: the logs are in %s" % (str(error)[:6000], home))
        return 1
    finally:
        if world:
            world.stop()
        broker.stop()
    world.check_workers()
    shutil.rmtree(home, ignore_errors=True)
    print("chaos: all is accounted for")
    return 0


if __name__ == "__main__":
    sys.exit(main())
