"""deploy/quickstart's working part: starts the stack, publishes, watches, and tells people what happened."""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import keeper
import report
import sample_events
import stack as stacks
from account import Account
from kafka_io import Reader
from progress import Progress
from stack import ROOT, TOPICS, Trouble, program

RUNS_KEPT = 5
STALL_S = 120  # no new result for so long: what is missing stays missing
# The embedded Kafka keeps about 5 MB a partition (design.md M1). A result takes about 1.3 kB, an event as much as it is;
# keys spread unevenly, hence the wide margin.
DEV_PARTITION_BYTES, RESULT_BYTES, DEV_PARTITIONS_MAX = 2500000, 1500, 32


def arguments_of(argv):
    parser = argparse.ArgumentParser(prog="deploy/quickstart", add_help=False)
    parser.add_argument("--events", type=int, default=500)
    parser.add_argument("--from", dest="from_file")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--kafka", choices=["dev", "apache"], default="dev")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args(argv)
    if arguments.events < 1:
        parser.error("--events wants 1 or more")
    if not 1 <= arguments.workers <= 16:
        parser.error("--workers wants 1 to 16")
    if arguments.from_file and not os.path.isfile(arguments.from_file):
        parser.error("--from %s: there is no such file" % arguments.from_file)
    return arguments


def run_folder():
    """A new folder under build/quickstart; the oldest go."""
    base = os.path.join(ROOT, "build", "quickstart")
    os.makedirs(base, exist_ok=True)
    runs = sorted(name for name in os.listdir(base) if name.startswith("run-"))
    for name in runs[:-RUNS_KEPT + 1]:
        shutil.rmtree(os.path.join(base, name), ignore_errors=True)
    return tempfile.mkdtemp(prefix=time.strftime("run-%Y%m%d-%H%M%S-"), dir=base)


def write_samples(path, events, seed):
    with open(path, "w") as out:
        for record in sample_events.generate(events, seed):
            out.write(json.dumps(record, ensure_ascii=False) + "\n")


def partitions_for(kind, path):
    """{topic's role: partitions}, so that the embedded Kafka drops nothing."""
    with open(path, "rb") as file:
        lines = sum(1 for line in file if line.strip())
    size = os.path.getsize(path)
    if kind == "apache":
        return dict(events=6, bulk=3, results=3, dlq=1, audit=1)
    fits = {role: max(4, -(-need // DEV_PARTITION_BYTES)) for role, need in
            [("events", size), ("bulk", size), ("results", lines * RESULT_BYTES), ("dlq", size), ("audit", 0)]}
    if max(fits.values()) > DEV_PARTITIONS_MAX:
        raise Trouble("%d events (%.0f MB) are too much for the embedded Kafka, which keeps about 5 MB a partition in "
                      "memory and drops the rest.\nTake fewer, or run it on a real one: --kafka apache" % (
                          lines, size / 1e6))
    return fits


def publish(stack, path, raw, say):
    """Runs catalog-publish; returns its summary. Its own messages go to the terminal."""
    command = [program("catalog-publish"), "--bootstrap-servers", stack.kafka.bootstrap, "--json", "--quiet"]
    process = subprocess.Popen(command + (["--raw"] if raw else []) + [path], stdout=subprocess.PIPE)
    try:
        out = process.communicate()[0]
    except BaseException:
        process.terminate()
        process.wait()
        raise
    if process.returncode == 2 or not out:
        raise Trouble("catalog-publish failed (exit code %d)" % process.returncode)
    summary = json.loads(out)
    if summary["invalid"]:
        say("%d bad lines of the file were not sent, the others were" % summary["invalid"])
    if summary["failed"]:
        raise Trouble("%d events were not confirmed by Kafka" % summary["failed"])
    return summary


class Watch:
    """Follows the result topic until every published record has its result."""

    def __init__(self, stack):
        self.stack = stack
        self.readers = {role: Reader(stack.kafka.bootstrap, TOPICS[role]) for role in ("events", "bulk", "results", "dlq")}
        self.published = set()

    def count_published(self):
        for role in ("events", "bulk"):
            for partition, end in self.readers[role].ends().items():
                self.published.update((TOPICS[role], partition, offset) for offset in range(end))
        return len(self.published)

    def follow(self, progress):
        results, seen, last_change = self.readers["results"], set(), time.monotonic()
        taken = 0
        while True:
            records = results.poll(0.2)
            for record in records[taken:]:
                data = record.data
                seen.add((data.get("topic"), data.get("partition"), data.get("offset")))
                last_change = time.monotonic()
            taken = len(records)
            progress.show(len(seen & self.published), len(self.published), "results", force=False)
            if self.published <= seen or time.monotonic() - last_change > STALL_S:
                progress.done()
                return
            self.stack.check()

    def account(self):
        return Account(self.published, self.readers["results"].read_to_end(), self.readers["dlq"].read_to_end())

    def close(self):
        for reader in self.readers.values():
            reader.close()


def work(stack, arguments, home, say):
    """Everything between start and the account. Returns the exit code."""
    began = time.monotonic()
    path = arguments.from_file or os.path.join(home, "events.jsonl")
    if not arguments.from_file:
        write_samples(path, arguments.events, arguments.seed)
    partitions = partitions_for(stack.kafka.kind, path)
    say("starting %s, Redis, the simulated catalog and %d worker%s" % (
        "Apache Kafka" if arguments.kafka == "apache" else "an embedded Kafka", arguments.workers,
        "" if arguments.workers == 1 else "s"))
    stack.start_services(partitions)
    stack.start_workers()
    say("publishing %s" % ("%d sample events of %d kinds" % (arguments.events, len(sample_events.WEIGHTS))
                           if not arguments.from_file else arguments.from_file))
    published = publish(stack, path, not arguments.from_file, say)["published"]
    watch = Watch(stack)
    try:
        if watch.count_published() != published:
            raise Trouble("catalog-publish confirmed %d events, but Kafka holds %d" % (published, len(watch.published)))
        watch.follow(Progress())
        facts = report.Facts(watch.account(), stack, published, time.monotonic() - began)
        report.tell(facts, home, arguments, say=print)
    finally:
        watch.close()
    if arguments.keep:
        report.tell_addresses(stack, home)
    if arguments.json:
        print(json.dumps(facts.summary(), separators=(",", ":")))
    sys.stdout.flush()
    return 0 if facts.good() else 1


def run(arguments):
    home = run_folder()
    stack = stacks.Stack(home, arguments.kafka, arguments.workers, arguments.seed)

    def say(text):
        print("quickstart: " + text, flush=True)

    code = 1
    try:
        code = work(stack, arguments, home, say)
        if arguments.keep:
            keeper.report(code)
            keeper.wait_for_the_end(stack)
    except Trouble as trouble:
        print("quickstart: %s\nquickstart: the logs are in %s" % (trouble, home), file=sys.stderr)
    except TimeoutError as error:
        print("quickstart: in vain: %s\nquickstart: the logs are in %s" % (error, home), file=sys.stderr)
    except KeyboardInterrupt:
        print("\nquickstart: stopped; so is all it had started. The logs are in %s" % home, file=sys.stderr)
        code = 130
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        stack.stop()
    return code


def interrupt(number, frame):
    raise KeyboardInterrupt


def main():
    arguments = arguments_of(sys.argv[1:])
    if arguments.keep:
        keeper.split()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    sys.exit(run(arguments))


if __name__ == "__main__":
    main()
