"""catalog-dlq as a test runs it, and dead letters made by hand."""

import json
import os
import subprocess

import paths
import workerctl


class Dlq:
    def __init__(self, world):
        self.world = world
        self.file = os.path.join(world.home, "dlq.properties")

    def command(self, words):
        settings = dict(workerctl.FAST, **self.world.settings())
        with open(self.file, "w") as out:
            out.writelines("%s=%s\n" % pair for pair in sorted(settings.items()))
        return [paths.program("catalog-dlq"), "--config", self.file, *words]

    def start(self, *words):
        return subprocess.Popen(self.command(words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def done(self, *words, code=0, timeout_s=120, environment=None):
        done = subprocess.run(self.command(words), stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout_s,
                              env=dict(os.environ, CATALOG_SYNC_ACTOR="pat", **environment or {}))
        assert done.returncode == code, "%s: exit %d\n%s\n%s" % (words, done.returncode, done.stdout.decode(),
                                                                 done.stderr.decode())
        return done

    def run(self, *words, **more):
        """What it says, to people."""
        done = self.done(*words, **more)
        return done.stdout.decode() + done.stderr.decode()

    def json(self, *words, **more):
        """The objects it prints, one a line."""
        return [json.loads(line) for line in self.done(*words, "--json", **more).stdout.decode().splitlines()]

    def keys(self, *words):
        """Of the open dead letters, newest first."""
        return [line["key"] for line in self.json("list", *words) if "summary" not in line]

    def audits(self):
        return [json.loads(record.value) for record in self.world.reader("audit").read_to_end()]


def letter(world, number, data, partition=0, **headers):
    """A dead letter as the worker writes it, for produce()."""
    value = {"specversion": "1.0", "id": "dead-%d" % number, "source": "urn:shop:test", "type": "product.updated",
             "data": data}
    head = {"content-type": "application/cloudevents+json", "dlq-key": str(data["product_id"]),
            "dlq-topic": world.topics["events"], "dlq-partition": str(partition), "dlq-offset": str(number),
            "dlq-class": "permanent", "dlq-code": "100", "dlq-reason": "refused", "dlq-message": "Invalid parameter",
            "dlq-product-id": str(data["product_id"]), "dlq-catalog": "default", "dlq-attempts": "1",
            "dlq-first-seen": "2026-11-22T21:38:48.000Z", "dlq-died-at": "2026-11-22T21:38:49.000Z",
            "dlq-worker": "w1", "dlq-replays": "0"}
    head.update({"dlq-" + name.replace("_", "-"): text for name, text in headers.items()})
    return (world.topics["dlq"], "urn%%3Ashop%%3Atest/dead-%d" % number, json.dumps(value), head)
