#!/usr/bin/env python3
"""The acceptance run of a rolling upgrade, on Apache Kafka: workers are replaced one by one under a steady load (SIGTERM, its
exit awaited, the new one started), with static membership of the consumer group and without. No event may be lost, no call
made twice, no item doubled; how long each partition paused is measured and printed. Time-outs are the worker's defaults.

    rolling.py --membership static --workers 4
"""

import argparse
import collections
import os
import shutil
import statistics
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import kafkactl  # noqa: E402
import procs  # noqa: E402
import workerctl  # noqa: E402
import world as worlds  # noqa: E402
from account import result_position  # noqa: E402
from confluent_kafka import KafkaException, Producer  # noqa: E402

PRODUCTS = 20  # of a partition: its events come in turn, so that few wait for one another
TESTS_ONLY = [key for key in workerctl.FAST if key.endswith(".ms")]  # short for other tests; here the defaults are measured
WRITES = ("create", "update", "delete")


class Load:
    """One event a partition and tick, each with content of its own, so that a content tells its event."""

    def __init__(self, world, tick_s):
        self.world, self.tick_s = world, tick_s
        self.newest, self.faults, self.ticks = {}, [], 0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        producer = Producer({"bootstrap.servers": self.world.broker.bootstrap, "enable.idempotence": True, "linger.ms": 0})
        began = time.monotonic()
        while not self._end.is_set():
            for partition in range(self.world.partitions):
                self._send(producer, partition)
            producer.poll(0)
            self.ticks += 1
            self._end.wait(max(0.0, began + self.ticks * self.tick_s - time.monotonic()))
        if producer.flush(60):
            self.faults.append("the last events were not confirmed")

    def _send(self, producer, partition):
        name = "r%d-%d" % (partition, self.ticks % PRODUCTS)
        data = worlds.product(name, self.ticks + 1, name="%s at %d" % (name, self.ticks))
        topic, key, value, headers = self.world.event(data)
        producer.produce(topic, key=key, value=value, headers=headers, partition=partition,
                         on_delivery=lambda error, _: self.faults.append(str(error)) if error else None)
        self.newest[data["sku"]] = data

    def start(self):
        self._thread.start()
        return self

    def stop(self):
        self._end.set()
        self._thread.join()
        assert not self.faults, self.faults[:3]


def leads(world):
    """A fleet whose first look at the result topic fails is quiet for lease.ms and call.late.max.ms, which is not wanted here."""
    try:
        return all(world.reader(role).ends() for role in ("events", "bulk", "results"))
    except KafkaException:
        return False


def new_worker(world, number, static):
    worker = world.new_worker("rolling-%d" % number if static else None)
    for key in TESTS_ONLY:
        del worker.settings[key]
    worker.settings["topic.events.bulk"] = ""  # shares are of all topics together: one might get none of the events
    return worker


def replace(worker):
    """(seconds until it ended, seconds until the new one is ready)"""
    told = time.monotonic()
    code = worker.terminate(60)
    assert code == 0, "%s ended with %d\n%s" % (worker.name, code, worker.process.log_tail())
    ended = time.monotonic()
    worker.start().wait_ready(60)
    return ended - told, time.monotonic() - ended


# -- what was paused -------------------------------------------------------------------------------------------------------


def result_times(world):
    """{partition: moments of its events' results, in order}; a result that is told again does not count."""
    first = {}
    for record in world.reader("results").read_to_end():
        position = result_position(record.data)
        first[position] = min(record.timestamp_ms / 1000, first.get(position, float("inf")))
    times = collections.defaultdict(list)
    for (_, partition, _), moment in first.items():
        times[partition].append(moment)
    return {partition: sorted(moments) for partition, moments in times.items()}


def longest_gap(moments, begin, end):
    """Of the gaps between results that end within this time, or are still open at its end."""
    inside = [m for m in moments if begin <= m < end]
    before = [m for m in moments if m < begin][-1:]
    after = [m for m in moments if m >= end][:1]
    line = before + inside + ([end] if after else [])
    return max((b - a for a, b in zip(line, line[1:])), default=0.0)


def report(label, times, marks):
    """marks: when the calm began, when each replacement began, and when the load ended. Prints the table; returns the pauses."""
    print("rolling: %s: longest gap between results, in seconds" % label)
    columns = ["calm"] + ["worker %d" % n for n in range(1, len(marks) - 1)]
    print("  partition" + "".join("%10s" % column for column in columns) + "     pause")
    pauses = []
    for partition, moments in sorted(times.items()):
        gaps = [longest_gap(moments, a, b) for a, b in zip(marks, marks[1:])]
        usual = statistics.median(b - a for a, b in zip(moments, moments[1:]))
        beyond = [gap - usual if gap > gaps[0] else 0.0 for gap in gaps[1:]]
        pauses += beyond
        print("  %9d" % partition + "".join("%10.2f" % gap for gap in gaps) + "%10.2f" % max(beyond))
    return pauses


# -- what must not be ------------------------------------------------------------------------------------------------------


def duplicate_calls(journal):
    """Writes that changed the catalog a second time with content that it had been given already. Each event of the load has
    content of its own, so such a call repeats an event's. Where the call before had no answer, or no success, the worker
    could not know: to repeat it is its duty, and no duplicate."""
    known, duplicates = set(), []
    for entry in sorted((e for e in journal if e["kind"] in WRITES and e["applied"]), key=lambda e: e["t_received_ms"]):
        content = (entry["kind"] == "delete", entry["retailer_id"], entry["content_hash"])
        if content in known:
            duplicates.append(entry)
        if entry["status"] == 200 and not entry["answer_lost"]:
            known.add(content)
    return duplicates


def check(world, newest):
    """The account, and calls against outcomes. Returns (account, number of writes)."""
    account = world.account(180)
    world.sim.wait_idle(30)
    world.check_newest(newest)
    journal = world.sim.journal()
    assert len(journal) == world.sim.counters()["calls"], "the journal does not hold every call"
    duplicates = duplicate_calls(journal)
    assert not duplicates, "%d calls were made twice, such as %s" % (len(duplicates), duplicates[:3])
    answered = [e for e in journal if e["kind"] in WRITES and e["applied"] and e["status"] == 200 and not e["answer_lost"]]
    assert duplicate_calls(journal + answered[-1:]) == answered[-1:], "a call made twice would not have been noticed"
    told = sum(account.outcomes().get(outcome, 0) for outcome in ("created", "updated", "deleted"))
    assert len(answered) == told, "%d writes answered, but %d events told as written" % (len(answered), told)
    return account, len(answered)


# -- the run ---------------------------------------------------------------------------------------------------------------


def rolling(world, arguments, static):
    label = "static membership" if static else "no static membership"
    world.sim.set(latency_ms=arguments.latency_ms)
    procs.wait_until(lambda: leads(world), 30, "the topics' leaders answer")
    workers = [new_worker(world, n, static).start() for n in range(arguments.workers)]
    for worker in workers:
        worker.wait_ready(180)
    share = arguments.partitions // arguments.workers
    procs.wait_until(lambda: all(len(worker.status()["partitions"]) >= share for worker in workers), 90,
                     "each worker has its share of the partitions", 0.5)
    load = Load(world, arguments.tick_ms / 1000).start()
    time.sleep(arguments.rest)  # connections, first creates
    marks, took = [time.time()], []
    time.sleep(arguments.rest)
    for worker in workers:
        marks.append(time.time())
        took.append(replace(worker))
        time.sleep(arguments.rest)
    marks.append(time.time())
    load.stop()
    account, writes = check(world, load.newest)
    pauses = report(label, result_times(world), marks)
    print("rolling: %s: stopped in %s s, ready again in %s s" % (label, "/".join("%.1f" % t[0] for t in took),
                                                               "/".join("%.1f" % t[1] for t in took)))
    print("rolling: %s: pause of a partition at a replacement: median %.2f s, longest %.2f s (%d of %d were beyond the calm)" % (
        label, statistics.median(pauses), max(pauses), sum(1 for pause in pauses if pause), len(pauses)))
    print("rolling: %s: %d events %s, %d writes, none twice; %d results repeated" % (
        label, len(account.by_position), dict(account.outcomes()), writes, account.repeated), flush=True)
    assert max(pauses) < arguments.longest, "a partition paused for %.1f s" % max(pauses)


def run(broker, home, arguments, static):
    home = os.path.join(home, "static" if static else "dynamic")
    os.makedirs(home)
    world = worlds.World(broker, home, arguments.partitions)
    try:
        world.start()
        rolling(world, arguments, static)
        world.check_contracts()
    finally:
        world.stop()
    world.check_workers()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--membership", choices=["static", "dynamic", "both"], default="both")
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--partitions", type=int, default=8)
    parser.add_argument("--tick-ms", type=float, default=100, help="between two events of a partition")
    parser.add_argument("--latency-ms", type=int, default=40, help="of the simulated catalog")
    parser.add_argument("--rest", type=float, default=12, help="seconds of calm before the first and after each replacement")
    parser.add_argument("--longest", type=float, default=60, help="seconds that no partition may pause")
    arguments = parser.parse_args()
    if not 2 <= arguments.workers <= arguments.partitions:
        parser.error("--workers is 2 or more, and not more than --partitions")
    home = tempfile.mkdtemp(prefix="catalog-sync-rolling-")
    broker = kafkactl.ApacheKafka(os.path.join(home, "kafka"))
    try:
        broker.start()
        for static in {"static": [True], "dynamic": [False], "both": [True, False]}[arguments.membership]:
            run(broker, home, arguments, static)
    except (AssertionError, TimeoutError, RuntimeError) as error:
        print("rolling: FAILED: %s\nrolling: the logs are in %s" % (str(error)[:6000], home))
        return 1
    finally:
        broker.stop()
    shutil.rmtree(home, ignore_errors=True)
    print("rolling: all is accounted for")
    return 0


if __name__ == "__main__":
    sys.exit(main())
