#!/usr/bin/env python3
"""What catalog-dlq costs: fills a topic of a fresh Apache Kafka with dead letters of 600-byte payloads, and measures stats,
list, and replay on it.

    tests/bench/dlq.py [--letters 1000000] [--replays 100000] [--bin build/bin]"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time

import rig
from confluent_kafka import Producer
from kafkactl import ApacheKafka, Reader

PAYLOAD_BYTES = 600
PARTITIONS = 4
CAUSES = 12


def letter(number):
    """(key, value, headers) as the worker writes them, one product each, of CAUSES causes."""
    data = {"product_id": number, "version": 1, "sku": "SKU-%d" % number, "name": "Lamp %d" % number, "description": "",
            "price": "19.99", "currency": "USD", "stock_quantity": 5, "is_active": True,
            "link": "https://shop.example/p/%d" % number, "image_link": "https://shop.example/i/%d.jpg" % number}
    whole = {"specversion": "1.0", "id": "e-%d" % number, "source": "urn:shop:bench", "type": "product.updated", "data": data}
    data["description"] = "d" * (PAYLOAD_BYTES - len(json.dumps(whole)))
    value = json.dumps(whole)
    assert len(value) == PAYLOAD_BYTES
    hour = "2026-11-%02dT%02d:%02d:%02d.000Z" % (1 + number // 86400 % 28, number // 3600 % 24, number // 60 % 60, number % 60)
    cause = number % CAUSES
    return "urn%%3Ashop%%3Abench/e-%d" % number, value, [
        ("content-type", "application/cloudevents+json"), ("dlq-key", str(number)), ("dlq-topic", "bench-events"),
        ("dlq-partition", str(number % PARTITIONS)), ("dlq-offset", str(number // PARTITIONS)), ("dlq-timestamp", hour),
        ("dlq-class", "permanent"), ("dlq-code", str(10800 + cause)), ("dlq-http-status", "400"), ("dlq-reason", "refused"),
        ("dlq-message", "(#%d) the item \"SKU-%d\" was refused" % (10800 + cause, number)), ("dlq-fbtrace-id", "A%020d" % number),
        ("dlq-product-id", str(number)), ("dlq-sku", "SKU-%d" % number), ("dlq-catalog", "default"), ("dlq-attempts", "1"),
        ("dlq-first-seen", hour), ("dlq-died-at", hour), ("dlq-worker", "bench-1"), ("dlq-replays", "0")]


def fill(bootstrap, count):
    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 20, "partitioner": "murmur2_random", "acks": "1",
                         "queue.buffering.max.messages": 200000})
    for number in range(count):
        key, value, headers = letter(number)
        while True:
            try:
                producer.produce("bench-dlq", key=key, value=value, headers=headers)
                break
            except BufferError:
                producer.poll(0.1)
        if number % 1000 == 0:
            producer.poll(0)
    if producer.flush(120):
        raise RuntimeError("not all was confirmed")


def timed(command, lines=None):
    """(seconds, greatest resident size in MiB, output); with lines: the seconds until so many were there."""
    started = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    first, text, peak = None, [], [0]

    def watch():
        while process.poll() is None:
            try:
                peak[0] = rig.memory_kib(process.pid)["VmHWM"]
            except (OSError, KeyError):
                return
            time.sleep(0.005)

    watcher = threading.Thread(target=watch)
    watcher.start()
    for line in process.stdout:
        text.append(line)
        if lines and len(text) == lines and first is None:
            first = time.monotonic() - started
    code = process.wait()
    took = time.monotonic() - started
    watcher.join()
    if code not in (0, 3):
        raise RuntimeError("%s: exit code %d" % (command, code))
    return first if lines else took, peak[0] / 1024, "".join(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--letters", type=int, default=1000000)
    parser.add_argument("--replays", type=int, default=100000)
    parser.add_argument("--bin", default=os.path.join(rig.paths.ROOT, "build", "bin"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="catalog-sync-bench-") as home:
        kafka = ApacheKafka(os.path.join(home, "kafka")).start()
        try:
            measure(kafka, options)
        finally:
            kafka.stop()


def measure(kafka, options):
    kafka.create_topics({"bench-dlq": PARTITIONS, "bench-events": PARTITIONS, "bench-audit": 1}, ("bench-dlq",))
    print("filling %d dead letters of %d bytes each" % (options.letters, PAYLOAD_BYTES), flush=True)
    fill(kafka.bootstrap, options.letters)
    dlq = [os.path.join(options.bin, "catalog-dlq"), "--quiet"]
    for pair in ("kafka.bootstrap.servers=" + kafka.bootstrap, "topic.dlq=bench-dlq", "topic.events=bench-events",
                 "topic.events.bulk=", "topic.audit=bench-audit"):
        dlq += ["--set", pair]
    for _ in range(3):
        seconds, mib, text = timed(dlq + ["stats"])
        print("stats                     %6.2f s, %.0f MiB: %s" % (seconds, mib, text.splitlines()[0]), flush=True)
    for _ in range(3):
        seconds, mib, _ = timed(dlq + ["list", "--max", "50"], 51)
        print("list, first 50 lines      %6.2f s, %.0f MiB" % (seconds, mib), flush=True)
    seconds, mib, text = timed(dlq + ["replay", "--all", "--rate", "0", "--max", str(options.replays), "--why", "bench"])
    print("replay of %-8d        %6.2f s, %.0f MiB: %s" % (options.replays, seconds, mib, text.splitlines()[0].strip()), flush=True)
    reader = Reader(kafka.bootstrap, "bench-events")
    ids = [record.json["id"] for record in reader.read_to_end(300)]
    reader.close()
    if len(ids) != options.replays or len(set(ids)) != options.replays:
        sys.exit("%d events, %d different ones, came out of %d" % (len(ids), len(set(ids)), options.replays))


if __name__ == "__main__":
    main()
