"""tests/bench/run: what an event costs catalog-worker in CPU, memory, delay and API calls. See --help."""

import argparse
import os
import platform
import shutil
import statistics
import sys
import tempfile

import measures
import rig
from kafkactl import ApacheKafka

TARGETS = {"cpu": "40 us", "memory": "40 MiB", "latency": "5 ms"}
PARTS = ("cpu", "memory", "latency", "calls", "store")


def options():
    parser = argparse.ArgumentParser(
        prog="tests/bench/run", description="Measures catalog-worker on Apache Kafka, a real Redis and the simulated catalog "
        "at zero latency, beside a bare loop of the same libraries without any logic (the floor). Prints a table; never "
        "fails because a figure is bad. Programs are taken from build/bin, or from $CATALOG_SYNC_BIN.")
    parser.add_argument("--quick", action="store_true", help="a minute: fewer events, fewer repeats, wider spread")
    parser.add_argument("--only", choices=PARTS, action="append", help="one part; may be repeated")
    parser.add_argument("--repeats", type=int, help="of each CPU figure (default 5, with --quick 2)")
    parser.add_argument("--events", type=int, help="an CPU figure's run (default 40000, with --quick 10000)")
    parser.add_argument("--keep", action="store_true", help="leave the runs' logs and say where they are")
    return parser.parse_args()


def spread(values, digits=1):
    """median (least to most)"""
    if len(values) == 1:
        return "%.*f" % (digits, values[0])
    return "%.*f (%.*f to %.*f)" % (digits, statistics.median(values), digits, min(values), digits, max(values))


def percentile(values, percent):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * percent / 100))]


def row(what, value, note=""):
    print("%-58s %-26s %s" % (what, value, note), flush=True)


def cpu(kafka, home, chosen):
    repeats = chosen.repeats or (2 if chosen.quick else 5)
    count = chosen.events or (10000 if chosen.quick else 40000)
    for inflight in ((64,) if chosen.quick else (64, 256)):
        results = {"worker": [], "floor": []}
        for _ in range(repeats):  # interleaved, so that a busy moment of the machine hits both
            for what in results:
                results[what].append(measures.cost(kafka, home, what, inflight, count))
        us = {what: [r["us"] for r in runs] for what, runs in results.items()}
        ratios = [w / f for w, f in zip(us["worker"], us["floor"])]
        row("CPU an event, %d in flight: worker, us" % inflight, spread(us["worker"]),
            "target %s; %d x %d events" % (TARGETS["cpu"], repeats, count))
        row("CPU an event, %d in flight: floor, us" % inflight, spread(us["floor"]), "libraries alone")
        row("  worker / floor", spread(ratios, 2))
        for what in results:
            row("  CPU of redis-server, %s, us" % what, spread([r["redis_us"] for r in results[what]]),
                "the store's scripts" if what == "worker" else "two scripts that do nothing")
        for what in results:
            row("  events a second, %s" % what, spread([r["per_second"] for r in results[what]], 0),
                "all parts share this machine")


def memory(kafka, home, chosen):
    repeats = 1 if chosen.quick else 3
    count = 20000 if chosen.quick else 100000
    full = [measures.memory(kafka, home, count, 6) for _ in range(repeats)]
    mib = {name: [r[name] / 1024 for r in full] for name in full[0]}
    row("resident with %d events of lag, window full, MiB" % count, spread(mib["rss"]),
        "target %s; %.1f of it own memory, %.1f program and libraries" % (
            TARGETS["memory"], statistics.median(mib["anon"]), statistics.median(mib["file"])))
    row("  the same, highest", spread(mib["peak"]))
    done = [measures.drained(kafka, home, count) / 1024 for _ in range(repeats)]
    row("resident, highest, while working that lag off, MiB", spread(done))


def latency(kafka, home, chosen):
    repeats = 1 if chosen.quick else 3
    count = 100 if chosen.quick else 300
    middle, high = {"worker": [], "floor": []}, {"worker": [], "floor": []}
    for _ in range(repeats):
        for what in middle:
            took = measures.latency(kafka, home, what, count)
            middle[what].append(percentile(took, 50))
            high[what].append(percentile(took, 99))
    row("event in to result out when idle, median: worker, ms", spread(middle["worker"], 2),
        "target %s; %d x %d events; two Kafka hops included" % (TARGETS["latency"], repeats, count))
    row("  p99", spread(high["worker"], 2))
    row("event in to result out when idle, median: floor, ms", spread(middle["floor"], 2), "what is not the worker's")
    row("  p99", spread(high["floor"], 2))


def calls(kafka, home, chosen):
    count, products = (5000, 500) if chosen.quick else (20000, 1000)
    got = measures.coalescing(kafka, home, count, products)
    row("API calls an event, %d events of %d products waiting" % (count, products), "%.3f" % got["per_event"],
        "%d calls, %d items; API at 80 ms" % (got["calls"], got["items"]))


def store(kafka, home, chosen):
    count = 5000 if chosen.quick else 20000
    got = measures.store(kafka, home, count)
    row("Redis' memory a product, bytes", "%.0f" % got["product"], "%d products, then each changed once: %.1f MiB in all" % (
        count, got["all"] / 1048576))
    row("Redis' memory an event's outcome, bytes", "%.0f" % got["outcome"], "kept for dedup.ttl.ms")


def main():
    chosen = options()
    for name in ("catalog-worker", "bench_floor", "catalog-sim", "catalog-publish"):
        try:
            rig.paths.program(name)
        except FileNotFoundError as missing:
            sys.exit("tests/bench/run: %s" % missing)
    home = tempfile.mkdtemp(prefix="catalog-sync-bench-")
    kafka = ApacheKafka(os.path.join(home, "kafka"))
    try:
        kafka.start()
        print("%d cores (%s), events of %d bytes, Apache Kafka, Redis without a disk, the simulated catalog\n"
              "median (least to most)\n" % (os.cpu_count(), platform.machine(), rig.EVENT_BYTES))
        for part in PARTS:
            if not chosen.only or part in chosen.only:
                {"cpu": cpu, "memory": memory, "latency": latency, "calls": calls,
                 "store": store}[part](kafka, home, chosen)
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        kafka.stop()
        if chosen.keep:
            print("logs: " + home)
        else:
            shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
