"""The account for people: what came out, which calls it took, what failed and why, and where to look."""

import collections
import os

from account import duplicate_items


class Facts:
    def __init__(self, account, stack, published, seconds):
        self.account, self.published, self.seconds = account, published, seconds
        self.items = stack.sim.items()
        self.counters = stack.sim.counters()
        self.duplicates = duplicate_items(self.items)
        self.retries = retries(stack)

    def summary(self):
        """Exactly what --json promises, in that order."""
        return collections.OrderedDict([
            ("published", self.published), ("outcomes", self.account.outcomes()),
            ("dead", len(self.account.dead)), ("catalog_items", len(self.items)),
            ("calls", self.calls()), ("duplicate_items", self.duplicates), ("unaccounted", self.account.unaccounted)])

    def calls(self):
        return collections.OrderedDict((k, v) for k, v in self.counters["by_kind"].items() if v)

    def good(self):
        return not self.account.faults and self.account.unaccounted == 0 and self.duplicates == 0


def retries(stack):
    """Answers that were no success, by class, and how many tries followed: from the workers' metrics."""
    why, again = collections.Counter(), 0
    for worker in stack.workers:
        for name, value in worker.metrics().items():
            if name.startswith("catalog_sync_call_answers_total{"):
                why[name.partition('class="')[2].partition('"')[0]] += int(value)
            elif name == "catalog_sync_retries_total":
                again += int(value)
    return again, [(name, count) for name, count in why.most_common() if count and name not in ("ok", "success")]


def table(rows, indent="  "):
    if not rows:
        return indent + "none"
    width = max(len(str(name)) for name, _, *_ in rows)
    lines = []
    for name, count, *note in rows:
        lines.append("%s%-*s %7d%s" % (indent, width, name, count, "  " + note[0] if note and note[0] else ""))
    return "\n".join(lines)


def outcome_rows(account):
    for outcome, count in account.outcomes().items():
        reasons = [(r, c) for r, c in account.reasons(outcome) if r != "-"]
        yield (outcome, count, ", ".join("%s %d" % pair for pair in reasons[:4]))


def fault_rows(counters):
    return sorted(((k, v) for k, v in counters["by_fault"].items() if v), key=lambda row: -row[1])


def dead_rows(account):
    """(reason, how many, one of the messages)"""
    why, example = collections.Counter(), {}
    for letters in account.dead.values():
        letter = letters[-1]  # the others are the same one, written again after a rebalance
        reason = letter.headers.get("dlq-reason", b"?").decode("utf-8", "replace")
        why[reason] += 1
        example.setdefault(reason, letter.headers.get("dlq-message", b"").decode("utf-8", "replace"))
    return [(reason, count, shorten(example[reason])) for reason, count in why.most_common(15)]


def shorten(text, length=90):
    return text if len(text) <= length else text[:length - 3] + "..."


def tell(facts, home, arguments, say):
    account = facts.account
    say("")
    say("What became of %d events, %.1f s from start to here" % (facts.published, facts.seconds))
    say(table(list(outcome_rows(account))))
    say("")
    say("Calls to the catalog")
    say(table(list(facts.calls().items())))
    say("  (the simulator answered after about 80 ms, and met %d of them with a fault)" % sum(
        count for _, count in fault_rows(facts.counters)))
    say("Faults it made, each survived by trying again or by looking first")
    say(table(fault_rows(facts.counters)))
    again, why = facts.retries
    say("What the workers made of the answers that were no success (%d tries were repeated)" % again)
    say(table(why))
    say("")
    say("Dead letters, and why")
    say(table(dead_rows(account)))
    if not arguments.from_file:
        say("  (the samples hold broken events on purpose; each of these is one, unless it says otherwise)")
    say("")
    say("The catalog holds %d items, %s twice. %s" % (
        len(facts.items), "none" if not facts.duplicates else facts.duplicates, verdict(facts)))
    for fault in account.faults[:20]:
        say("  ! " + fault)
    say("")
    say("Logs:     %s" % os.path.relpath(home))
    say("Try next: deploy/quickstart --events 2000 --workers 3        more of everything")
    if arguments.kafka != "apache":
        say("          deploy/quickstart --kafka apache                  the same on a real Apache Kafka")
    if not arguments.keep:
        say("          deploy/quickstart --keep                          leaves it running, to look around")
    say("          deploy/quickstart --from FILE                     your own events, one JSON object a line")


def verdict(facts):
    if facts.good():
        return "Every event is accounted for."
    if facts.account.unaccounted:
        return "%d EVENTS ARE NOT ACCOUNTED FOR." % facts.account.unaccounted
    return "BUT SOMETHING IS WRONG:"


def tell_addresses(stack, home):
    print("\nStill running:")
    print("  Kafka      %s" % stack.kafka.bootstrap)
    print("  Redis      %s" % stack.redis.url)
    print("  Catalog    %s   (what it holds: %s/_sim/items, its calls: %s/_sim/journal)" % (
        stack.sim.url, stack.sim.url, stack.sim.url))
    for worker in stack.workers:
        print("  %-10s %s/status   (also /metrics, /readyz)" % (worker.name, worker.admin))
    print("  check it all:  build/bin/catalog-worker --config %s/%s.properties --check" % (home, stack.workers[0].name))
    print("  publish more:  build/bin/catalog-publish --bootstrap-servers %s FILE" % stack.kafka.bootstrap)
    print("  stop it all:   kill %d" % os.getpid())
