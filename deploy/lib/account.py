"""Accounting for published events: each record's result, each failure's dead letter, nothing over.

Works on what Kafka and the simulator hold, not on what any program says it did.
"""

import collections
import urllib.parse

# What may differ between a result and its repetition (at-least-once delivery, design.md section 3).
VOLATILE = ("warnings", "attempts", "first_attempt_at", "finished_at", "queued_for_ms")


def result_position(data):
    return (data.get("topic"), data.get("partition"), data.get("offset"))


def stable(data):
    return {k: v for k, v in data.items() if k not in VOLATILE}


def dead_position(record):
    """Where a dead letter's event came from, by its headers."""
    headers = record.headers
    try:
        return (headers["dlq-topic"].decode(), int(headers["dlq-partition"]), int(headers["dlq-offset"]))
    except (KeyError, ValueError, AttributeError):
        return None


def dead_event(record):
    """(event id,) of a dead letter keyed by source and id; None of one keyed by its position."""
    parts = (record.key or b"").decode("utf-8", "replace").split("/")
    return (urllib.parse.unquote(parts[1]),) if len(parts) == 2 else None


class Account:
    """published: every position (topic, partition, offset) there is; results, dead: records of those topics."""

    def __init__(self, published, results, dead):
        self.published = set(published)
        self.by_position, self.faults = {}, []
        self.repeated = 0
        for record in results:
            self._take(record)
        self.dead, self._dead_events = collections.defaultdict(list), set()
        for record in dead:
            self.dead[dead_position(record)].append(record)
            self._dead_events.add(dead_event(record))
        self._check()

    def _take(self, record):
        data = record.data
        position = result_position(data)
        earlier = self.by_position.get(position)
        if earlier is None:
            self.by_position[position] = data
            return
        self.repeated += 1
        if stable(earlier) != stable(data):
            different = sorted(k for k in set(stable(earlier)) | set(stable(data)) if earlier.get(k) != data.get(k))
            self.faults.append("%s has two results that differ: %s" % (show(position), ", ".join(
                "%s %r and %r" % (k, earlier.get(k), data.get(k)) for k in different)))

    def _check(self):
        self.missing = sorted(self.published - set(self.by_position))
        for position in self.missing[:20]:
            self.faults.append("%s has no result" % show(position))
        for position in sorted(set(self.by_position) - self.published, key=str)[:20]:
            self.faults.append("a result speaks of %s, which was never published" % show(position))
        for position, data in self.by_position.items():
            failed = data.get("outcome") == "failed"
            if failed and not self.has_dead_letter(position, data):
                self.faults.append("%s failed, but has no dead letter" % show(position))
            if not failed and position in self.dead:
                self.faults.append("%s is %s, but has a dead letter" % (show(position), data.get("outcome")))
        for position in self.dead:
            if position not in self.published:
                self.faults.append("a dead letter speaks of %s, which was never published" % show(position))

    def has_dead_letter(self, position, data):
        """Its own, or (the topic is compacted by event) that of another copy of the same event."""
        return position in self.dead or (data.get("event_id") or "", ) in self._dead_events

    @property
    def unaccounted(self):
        """Records without a result, and failures without a dead letter."""
        lost = sum(1 for position, data in self.by_position.items()
                   if data.get("outcome") == "failed" and not self.has_dead_letter(position, data))
        return len(self.missing) + lost

    def outcomes(self):
        order = ("created", "updated", "deleted", "unchanged", "skipped", "superseded", "failed")
        counts = collections.Counter(data.get("outcome") for data in self.by_position.values())
        return collections.OrderedDict((name, counts[name]) for name in list(order) + sorted(
            str(k) for k in counts if k not in order) if counts[name])

    def reasons(self, outcome):
        """[(reason, count)] of one outcome, the most frequent first."""
        return collections.Counter(data.get("reason") or "-" for data in self.by_position.values()
                                   if data.get("outcome") == outcome).most_common()


def show(position):
    return "/".join(str(part) for part in position) if position else "something without a position"


def duplicate_items(items):
    """How many catalog items share their retailer id with another one."""
    counts = collections.Counter((item.get("catalog"), item.get("retailer_id")) for item in items)
    return sum(count - 1 for count in counts.values())
