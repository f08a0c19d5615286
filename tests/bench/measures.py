"""What is measured, one function a figure; each makes a fresh world and returns numbers."""

import random
import time

from rig import HEADERS, Run, cpu_seconds, event, memory_kib, settle
from confluent_kafka import Consumer, Producer, TopicPartition

DEFAULT_INFLIGHT = 64


def start(run, what, inflight):
    return run.start_floor(inflight) if what == "floor" else run.start_worker(catalog_inflight_max=inflight)


def cost(kafka, home, what, inflight, count):
    """Microseconds of CPU an event for new products, and events a second; what: "worker" or "floor"."""
    warm = max(1000, count // 10)
    with Run(kafka, home) as run:
        first = run.write_events("warm.jsonl", (event("w%07d" % i) for i in range(warm)))
        rest = run.write_events("events.jsonl", (event("p%07d" % i) for i in range(count)))
        start(run, what, inflight)
        run.publish(first)
        run.wait_results(warm)
        settle()
        pids = (run.process.pid, run.redis.process.pid)
        before, began = [cpu_seconds(pid) for pid in pids], time.monotonic()
        run.publish(rest)
        run.wait_results(warm + count)
        took = time.monotonic() - began
        settle()
        used = [(cpu_seconds(pid) - start) / count * 1e6 for pid, start in zip(pids, before)]
        if what == "worker":
            check_all_created(run, warm + count)
        return {"us": used[0], "redis_us": used[1], "per_second": count / took}


def check_all_created(run, count):
    """A worker that saved CPU by not doing its work would be no news."""
    counters = run.sim.counters()
    if counters["created"] != count or counters["calls"] != count or counters["duplicate_items"] != 0:
        raise RuntimeError("%d events, but the catalog saw %s" % (count, counters))


def memory(kafka, home, count, hold_s):
    """Resident KiB with count events of lag: while a slow catalog keeps the window full, and the peak."""
    with Run(kafka, home, {"latency.ms": 5000}) as run:
        run.publish(run.write_events("events.jsonl", (event("p%07d" % i) for i in range(count))))
        run.start_worker()
        time.sleep(hold_s)
        full = memory_kib(run.process.pid)
        return {"rss": full["VmRSS"], "anon": full["RssAnon"], "file": full["RssFile"], "peak": full["VmHWM"]}


def drained(kafka, home, count):
    """Peak resident KiB after working count events of lag off at full speed."""
    with Run(kafka, home) as run:
        run.publish(run.write_events("events.jsonl", (event("p%07d" % i) for i in range(count))))
        run.start_worker()
        run.wait_results(count)
        return memory_kib(run.process.pid)["VmHWM"]


def latency(kafka, home, what, count):
    """Milliseconds from handing one event to a producer to having its result from a consumer, nothing else going on."""
    with Run(kafka, home) as run:
        start(run, what, DEFAULT_INFLIGHT)
        producer = Producer({"bootstrap.servers": kafka.bootstrap, "linger.ms": 0, "acks": "all", "log_level": 2})
        consumer = Consumer({"bootstrap.servers": kafka.bootstrap, "group.id": "bench-latency", "log_level": 2})
        consumer.assign([TopicPartition(run.names["results"], p, 0) for p in range(4)])
        chance = random.Random(1)
        took = []
        for i in range(count + 10):
            key, value = event("l%07d" % i)
            time.sleep(chance.uniform(0.01, 0.03))
            began = time.monotonic()
            producer.produce(run.names["events"], key=key, value=value, headers=HEADERS)
            producer.poll(0)
            while True:
                message = consumer.poll(10)
                if message is None:
                    raise RuntimeError("no result within 10 s\n" + run.process.log_tail())
                if not message.error():
                    break
            took.append((time.monotonic() - began) * 1000)
        consumer.close()
        return took[10:]  # without connecting and the first commit


def coalescing(kafka, home, count, products):
    """API calls an event when count events of few products wait at an API that takes 80 ms."""
    chance = random.Random(1)
    with Run(kafka, home, {"latency.ms": 80}) as run:
        pairs = (event("c%05d" % chance.randrange(products), 1732300000000000 + i) for i in range(count))
        run.publish(run.write_events("events.jsonl", pairs))
        run.start_worker()
        run.wait_results(count)
        counters = run.sim.counters()
        return {"calls": counters["calls"], "per_event": counters["calls"] / count, "items": counters["items"]}



def store_bytes(run):
    """What Redis holds, in bytes: its own figure, without fragmentation and copies made while it saves."""
    line = next(line for line in run.redis.command("INFO", "memory").splitlines() if line.startswith("used_memory:"))
    return int(line.partition(":")[2])


def store(kafka, home, count):
    """Bytes of Redis' memory that a product takes for ever (its memory and its SKU's record), and the outcome of an event
    for dedup.ttl.ms: count products are created, then each changed, which adds an outcome and nothing else."""
    with Run(kafka, home) as run:
        run.start_worker()
        settle()
        held = [store_bytes(run)]
        for round_, price in enumerate(("19.99", "29.99"), 1):
            pairs = (event("p%07d" % i, 1732300000000000 + round_, price) for i in range(count))
            run.publish(run.write_events("events-%d.jsonl" % round_, pairs))
            run.wait_results(count * round_)
            settle()
            held.append(store_bytes(run))
        counters = run.sim.counters()
        if (counters["created"], counters["updated"]) != (count, count):
            raise RuntimeError("%d products, but the catalog saw %s" % (count, counters))
        outcome = (held[2] - held[1]) / count
        return {"product": (held[1] - held[0]) / count - outcome, "outcome": outcome, "all": held[2]}
