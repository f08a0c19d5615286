#!/usr/bin/env python3
"""Alarms rehearsed: something real is broken under a real worker while events come in, a real Prometheus with the shipped rules
must see the alert fire, and see it clear once the thing is mended; and no event is lost by it. The rules run sixty times as fast
(seconds for minutes, minutes for hours; thresholds as they are, but for the retention of the drill about it).

    drills.py                          all, on Apache Kafka
    drills.py --only redis-down --broker dev-kafka
"""

import argparse
import itertools
import os
import shutil
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import kafkactl  # noqa: E402
import procs  # noqa: E402
import promctl  # noqa: E402
import world as worlds  # noqa: E402

FIRE_S, CLEAR_S = 120, 120  # generous: the machine may be busy
RETENTION_S = 40  # of the drill about it: 70 % of it is passed within a drill
QUIET = {"CatalogSyncDeadLetters"}  # says that there are dead letters, for an hour (here: a minute)
SYMPTOMS = {"CatalogSyncNothingMoves", "CatalogSyncWorkerNotReady", "CatalogSyncTooFewReplicas", "CatalogSyncFreshnessBurning"}


class Traffic(threading.Thread):
    """Ten events a second, of forty products in turn, each with something new to say."""

    def __init__(self, world):
        super().__init__(daemon=True)
        self.world, self.ended, self.numbers = world, threading.Event(), itertools.count()
        self.broken = self.held = False
        self.fault = None

    def record(self):
        number = next(self.numbers)
        if self.broken and number % 2:
            return self.world.updated("poison-%d" % number, 1, price=19.99)
        return self.world.updated(number % 40, number + 1, name="Lamp %d, as of %d" % (number % 40, number))

    def run(self):
        try:
            while not self.ended.wait(0.5):
                if not self.held:
                    self.world.publish(*[self.record() for _ in range(5)], timeout_s=FIRE_S)
        except Exception as error:  # told by stop(), in the thread that can fail the drill
            self.fault = error

    def stop(self):
        self.ended.set()
        self.join(FIRE_S + 10)
        assert not self.is_alive() and self.fault is None, "the traffic ended: %s" % self.fault


class Scene:
    """A world, a worker, traffic, and a Prometheus that rings."""

    def __init__(self, broker, home, rules):
        self.world = worlds.World(broker, home)
        self.traffic = Traffic(self.world)
        self.prometheus = self.worker = None
        self.home, self.rules, self.seen = home, rules, set()

    def start(self):
        os.makedirs(self.home)
        self.world.start()
        self.worker = self.world.worker(breaker_refusals=5)
        self.traffic.start()
        self.prometheus = promctl.Prometheus(os.path.join(self.home, "prometheus"), [self.worker], self.rules).start()
        procs.wait_until(lambda: self.flows() and not self.firing() - QUIET, CLEAR_S, lambda: "quiet: %s" % self.firing(), 0.5)
        self.seen.clear()

    def firing(self):
        now = self.prometheus.firing()
        self.seen |= now
        return now

    def flows(self):
        return bool(self.prometheus.query("sum(rate(catalog_sync_events_total[5s])) > 0"))

    def wait(self, alert, fires, timeout_s):
        """Seconds until the alert fires, or, with events flowing again, does not."""
        began = time.monotonic()
        procs.wait_until(lambda: (alert in self.firing()) == fires and (fires or self.flows()), timeout_s,
                         lambda: "%s %s; what fires is %s" % (alert, "fires" if fires else "clears", self.firing()), 0.25)
        return time.monotonic() - began

    def stop(self):
        self.traffic.ended.set()
        if self.prometheus:
            self.prometheus.stop()
        self.world.stop()


def api_down(scene):
    scene.world.sim.set(down=True)
    yield
    scene.world.sim.set(down=False)


def token_expired(scene):
    scene.world.sim.expire_token(worlds.TOKEN)
    yield
    scene.world.sim.set_tokens(["EAAthe-next-token"])
    scene.world.write_token("EAAthe-next-token")


def every_product_refused(scene):
    for kind in ("create", "update"):
        scene.world.sim.fault("error", times=1000000, match={"kind": kind}, status=400, code=4711, message="This app is not well")
    yield
    scene.world.sim.clear_faults()


def redis_down(scene):
    scene.world.redis.away()
    yield
    scene.world.redis.back()


def kafka_down(scene):
    scene.traffic.held = True
    time.sleep(2)  # what is being published gets there
    scene.world.broker.away()
    yield
    scene.world.broker.back()
    scene.traffic.held = False


def poison_flood(scene):
    scene.traffic.broken = True
    yield
    scene.traffic.broken = False


def lag_near_retention(scene):
    scene.world.sim.set(down=True)
    yield
    scene.world.sim.set(down=False)


def worker_gone(scene):
    scene.worker.kill9()
    yield
    scene.worker.start().wait_ready(60)
    scene.prometheus.follow()


# What is broken, the alert that must fire, and what may fire besides: causes have symptoms.
DRILLS = {
    "api-down": (api_down, "CatalogSyncApiFailing", SYMPTOMS),
    "token-expired": (token_expired, "CatalogSyncCredentialsRefused", SYMPTOMS),
    "every-product-refused": (every_product_refused, "CatalogSyncRefusingEverything", SYMPTOMS | {"CatalogSyncPoisonFlood"}),
    "redis-down": (redis_down, "CatalogSyncRedisUnreachable", SYMPTOMS),
    "kafka-down": (kafka_down, "CatalogSyncKafkaUnreachable", SYMPTOMS | {"CatalogSyncKafkaErrors"}),
    "poison-flood": (poison_flood, "CatalogSyncPoisonFlood", set()),
    "lag-near-retention": (lag_near_retention, "CatalogSyncLagNearRetention", SYMPTOMS | {"CatalogSyncApiFailing"}),
    "worker-gone": (worker_gone, "CatalogSyncAbsent", SYMPTOMS),
}


def drill(name, broker, home):
    """Breaks, waits for the alert, mends, waits for its end; then every event must have its outcome. Returns a row of the account."""
    breaks, alert, besides = DRILLS[name]
    rules = promctl.shortened(promctl.rules_text())
    if name == "lag-near-retention":
        rules = rules.replace("vector(604800)", "vector(%d)" % RETENTION_S)
    scene = Scene(broker, home, rules)
    try:
        scene.start()
        steps = breaks(scene)
        next(steps)
        fired_s = scene.wait(alert, True, FIRE_S)
        next(steps, None)
        cleared_s = scene.wait(alert, False, CLEAR_S)
        scene.traffic.stop()
        account = scene.world.account(120)
        scene.world.check_workers()
    finally:
        scene.stop()
    stray = scene.seen - {alert} - besides - QUIET
    assert not stray, "%s: these fired besides: %s" % (name, sorted(stray))
    return (name, alert, fired_s, cleared_s, len(account.by_position), len(account.dead), sorted(scene.seen - {alert} - QUIET))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=sorted(DRILLS), help="only this drill")
    parser.add_argument("--broker", choices=["apache", "dev-kafka"], default="apache")
    arguments = parser.parse_args()
    home = tempfile.mkdtemp(prefix="catalog-sync-drills-")
    broker = {"apache": kafkactl.ApacheKafka, "dev-kafka": kafkactl.DevKafka}[arguments.broker](os.path.join(home, "kafka"))
    try:
        broker.start()
        for name in arguments.only or DRILLS:
            row = drill(name, broker, os.path.join(home, name))
            print("drills: %-22s %-32s fired after %5.1f s, cleared %5.1f s after the mend; %d events, %d dead letters; besides: %s"
                  % (*row[:6], ", ".join(row[6]) or "none"), flush=True)
    except (AssertionError, TimeoutError, RuntimeError) as error:
        print("drills: FAILED: %s\ndrills: the logs are in %s" % (str(error)[:6000], home))
        return 1
    finally:
        broker.stop()
    shutil.rmtree(home, ignore_errors=True)
    print("drills: every alarm rang and fell silent, and no event was lost")
    return 0


if __name__ == "__main__":
    sys.exit(main())
