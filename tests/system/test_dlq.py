"""catalog-dlq: what is broken is listed and explained; what is replayed or dropped is so exactly once, with a tombstone and an
audit record, whatever is killed meanwhile."""

import collections
import json
import re
import signal

import pytest
from dlqctl import Dlq, letter
from procs import wait_until
from world import TOKEN, product

CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]")


@pytest.fixture
def dlq(world):
    return Dlq(world)


def open_letters(world):
    """{key: record} of the topic as a table."""
    table = {record.key: record for record in world.dead()}
    return {key: record for key, record in table.items() if record.value is not None}


def same(record):
    return record.key, record.value, sorted(record.headers.items())


# -- looking -----------------------------------------------------------------------------------------------------------

def test_what_is_broken_is_counted_listed_and_explained(world, dlq):
    world.sim.fault("permanent_100", times=50, match={"retailer_id": "SKU-9"})
    world.worker()
    world.sync(*[world.updated(n, 1, price="12.x") for n in (1, 2, 3)], world.updated(9, 1), world.updated(10, 1))
    wait_until(lambda: len(world.dead()) == 4, 30, "4 dead letters")
    stats, = dlq.json("stats")
    assert (stats["open"], stats["causes"], stats["complete"]) == (4, 2, True)
    assert [(cause["count"], cause["reason"], cause["code"]) for cause in stats["by_cause"]] == [
        (3, "price_invalid", 0), (1, "refused", 100)]
    assert dlq.run("stats").startswith("4 dead letters, 2 causes\n")
    prices = stats["by_cause"][0]["fingerprint"]
    died = [line["died_at"] for line in dlq.json("list") if "key" in line]
    assert len(died) == 4 and died == sorted(died, reverse=True)
    for filters, count in ((["--fingerprint", prices[:6], "--text", "lamp 3"], 1), (["--code", "100", "--since", "1h"], 1),
                           (["--reason", "price_*", "--sku", "SKU-9"], 0)):
        assert len(dlq.keys(*filters)) == count, filters
    bad, = dlq.keys("--product", "2")
    shown = dlq.run("show", bad).splitlines()
    at = next(n for n, line in enumerate(shown) if '"price": "12.x"' in line)
    assert shown[at].index('"12.x"') == shown[at + 1].index("^^^^^^") and "data.price" in shown[at + 1]
    assert any("send it as 19.99" in line for line in shown)
    where = dlq.run("product", "SKU-9")
    assert "refused" in where and "Open dead letters" in where and "no such item" in where
    assert "it has no such item" not in dlq.run("product", "10")
    assert "no open dead letter" in dlq.run("show", "nobody", code=1)
    for words in (["frobnicate"], ["list", "--colour"], ["replay"], ["drop", "--all"]):
        dlq.run(*words, code=2)


def hostile(world):
    topic = world.topics["dlq"]
    return [
        (topic, b"foreign", b"<script>alert(1)</script>\x1b]0;title\x07\x9b31m\xe2\x80\xae", None),
        (topic, b"\xff\x00\x1b[2J", b"\x00\xff", {"dlq-message": b"clear \x1b[2J\r\n", "x-binary": b"\xff\x00\x01"}),
        (topic, b"damaged", b'{"a":', {"dlq-topic": b"\xff\n", "dlq-partition": "x", "dlq-code": "99999999999",
                                       "dlq-died-at": "yesterday", "dlq-replays": "-7"}),
        (topic, b"empty", b"", {"dlq-null-value": "1", "dlq-topic": world.topics["events"], "dlq-partition": "0"}),
        letter(world, 1, product("big", 1, name="N" * 900000)),
        letter(world, 2, product("html", 1, name="<img src=x onerror=alert(1)>\u202e\u0007 " + TOKEN),
               partition=2, replays="2"),
    ]


def test_records_of_others_and_damaged_ones_are_shown_safely_and_survive_export_and_import(world, dlq, tmp_path):
    world.publish(*hostile(world))
    for words in (["stats"], ["list"], ["list", "--text", "script"], ["show", "foreign", "damaged", "empty"],
                  ["show", r"\xff\x00\x1b[2J"], ["show", "urn%3Ashop%3Atest/dead-1"],
                  ["show", "urn%3Ashop%3Atest/dead-2", "--full"]):
        said = dlq.run(*words)
        assert not CONTROL.search(said), (words, CONTROL.search(said))
        assert TOKEN not in said, words
    assert dlq.run("stats").startswith("6 dead letters")
    assert "another program wrote it" in dlq.run("show", "foreign") and "nobody knows where" in dlq.run("show", "damaged")
    before, file = open_letters(world), tmp_path / "letters.jsonl"
    assert "6 exported" in dlq.run("export", "--output", str(file))
    dlq.run("export", "--output", str(file), code=1)  # never written over
    assert "6 imported" in dlq.run("import", str(file))
    after = open_letters(world)
    assert len(world.dead()) == 12 and {k: same(r) for k, r in after.items()} == {k: same(r) for k, r in before.items()}
    again = [json.loads(line) for line in dlq.done("export").stdout.decode().splitlines()]
    strip = [{k: v for k, v in line.items() if k not in ("offset", "partition")} for line in again]
    first = [{k: v for k, v in json.loads(line).items() if k not in ("offset", "partition")}
             for line in file.read_text().splitlines()]
    assert strip == first
    file.write_text('{"key":"k","value":null,"headers":[]}\nno json\n' + file.read_text().splitlines()[0] + "\n")
    said = dlq.run("import", str(file), code=3)
    assert "line 1: value" in said and "line 2: byte" in said and "1 imported" in said
    assert [audit["action"] for audit in dlq.audits()] == ["import", "import"]
    world.readers.pop("dlq").close()  # what is in there keeps no contract


# -- resolving ---------------------------------------------------------------------------------------------------------

@pytest.mark.only("dev-kafka")  # the embedded Kafka has no transactions
def test_replay_and_drop_refuse_without_transactions(world, dlq):
    world.publish(letter(world, 1, product(1, 1)))
    for words in (["replay", "--all"], ["drop", "--all", "--why", "test"]):
        assert "no transactions" in dlq.run(*words, code=1)
    assert "1 of 1 open dead letters match" in dlq.run("replay", "--all", "--dry-run")
    assert len(world.dead()) == 1 and not world.published() and not dlq.audits()


@pytest.mark.only("apache")  # dev-kafka has no transactions
def test_a_dead_letter_is_mended_replayed_and_audited(world, dlq):
    world.worker()
    first, = world.publish(world.event(product(1, 1, price="12.x"), headers={"traceparent": "00-1-2-01", "x-own": "1"}))
    world.sync(world.updated(2, 1, price="12.x"), world.updated(3, 1, price="12.x"))
    world.one_by_one(world.updated(3, 2, name="Newer"))
    wait_until(lambda: len(world.dead()) == 3, 30, "3 dead letters")
    mend = ["--set", "data.price=12.00"]
    dry, = dlq.json("replay", "--all", *mend, "--dry-run")
    assert (dry["matching"], dry["calls_max"], dry["still_invalid"]) == (3, 3, 0)
    assert dlq.json("replay", "--all", "--dry-run")[0]["still_invalid"] == 3
    assert len(world.dead()) == 3 and len(world.reader("events").read_to_end()) == 4
    key, = dlq.keys("--product", "1")
    before = open_letters(world)[key.encode()]
    told, = dlq.json("replay", key, *mend, "--follow", "--why", "the shop's import was mended")
    assert (told["replayed"], told["changed"], told["outcomes"]["created"], told["complete"]) == (1, 1, 1, True)
    assert world.item("SKU-1")["price"] == 1200
    sent = [record for record in world.reader("events").read_to_end() if "dlq-replays" in record.headers]
    assert len(sent) == 1 and sent[0].partition == first[1] and sent[0].key == b"1"
    assert sent[0].value == before.value.replace(b"12.x", b"12.00")
    assert sent[0].headers == {"content-type": b"application/cloudevents+json", "traceparent": b"00-1-2-01", "dlq-replays": b"1"}
    assert key.encode() not in open_letters(world)
    audit, = dlq.audits()
    assert (audit["action"], audit["actor"].split("@")[0], audit["why"], audit["subject"]) == (
        "replay", "pat", "the shop's import was mended", key)
    assert audit["before"]["value"].encode() == before.value and audit["after"]["edited"] is True
    # an old event never replaces a newer product
    told, = dlq.json("replay", "--product", "3", *mend, "--follow")
    assert told["outcomes"]["superseded"] == 1 and world.item("SKU-3")["name"] == "Newer"
    # what fails again comes back under its key, until the loop guard says no
    again, = dlq.json("replay", "--product", "2", "--follow", code=3)
    assert (again["outcomes"]["failed"], again["still_invalid"]) == (1, 1) and "failed again" in again["missing"]
    line = dlq.json("list")[0]
    assert (line["product_id"], line["replays"]) == ("2", 1)
    assert "loop guard" in dlq.run("replay", "--all", "--max-replays", "1", code=3)
    assert "invalid after the change" in dlq.run("replay", "--all", "--set", "data.price:=12", code=3)
    history = dlq.run("show", line["key"])
    assert "replay by pat@" in history and re.search(r"\b1 replay", history)


@pytest.mark.only("apache")  # dev-kafka has no transactions
def test_an_event_is_mended_in_the_editor(world, dlq):
    world.worker()
    world.publish(world.event(product(1, 1, price="12.x")))
    wait_until(lambda: len(world.dead()) == 1, 30, "a dead letter")

    def edit(script, code):
        return dlq.run("replay", "--all", "--edit", "--follow", code=code, environment={"VISUAL": "", "EDITOR": script})

    assert "left as it was in the editor" in edit("true", 3)
    assert "the editor ended with an error" in edit("false", 3)
    said = edit("sed -i s/12[.]x/13.x/", 3)
    assert "13.x" in said and "still invalid: data.price" in said  # the difference, and why it is not sent
    assert len(world.reader("events").read_to_end()) == 1 and len(world.dead()) == 1 and not dlq.audits()
    assert "13.50" in edit("sed -i s/12[.]x/13.50/", 0)
    assert world.item("SKU-1")["price"] == 1350 and not open_letters(world)
    audit, = dlq.audits()
    assert audit["after"]["edited"] is True and "12.x" in audit["before"]["value"]


def test_tail_shows_those_that_match_as_they_come(world, dlq):
    world.publish(letter(world, 0, product(3, 1)))
    tail = dlq.start("tail", "--json", "--max", "2", "--product", "3")
    try:
        for number in range(1, 600):  # it says nothing of when it begins
            world.publish(letter(world, number, product(2 + number % 2, 1)))
            if tail.poll() is not None:
                break
        out, errors = tail.communicate(timeout=60)
    finally:
        tail.kill()
    assert tail.returncode == 0, errors
    shown = [line for line in map(json.loads, out.splitlines()) if "summary" not in line]
    assert [line["product_id"] for line in shown] == ["3", "3"] and shown[0]["key"] != shown[1]["key"]
    assert not any(line["key"].endswith("dead-0") for line in shown), "what was there before is not shown"


@pytest.mark.only("apache")  # dev-kafka has no transactions
def test_what_is_dropped_leaves_an_audit_record(world, dlq):
    world.publish(letter(world, 1, product(1, 1)), letter(world, 2, product(2, 1, name="Private"), code="4711"),
                  letter(world, 3, product(3, 1), died_at="2020-01-01T00:00:00.000Z"))
    assert "1  of 1 dropped" in dlq.run("drop", "--code", "4711", "--why", "privacy", "--private")
    assert "1  of 1 dropped" in dlq.run("drop", "--all", "--before", "2021-01-01", "--why", "too old")
    assert "1 dead letter, 1 cause" in dlq.run("stats")  # at once: what is dropped is seen to be gone
    assert set(open_letters(world)) == {b"urn%3Ashop%3Atest/dead-1"} and not world.reader("events").read_to_end()
    private, old = dlq.audits()
    assert "Private" not in json.dumps(private) and private["before"]["value_bytes"] > 100
    assert (old["action"], old["why"], json.loads(old["before"]["value"])["data"]["product_id"]) == ("drop", "too old", 3)


@pytest.mark.only("apache")  # dev-kafka has no transactions
def test_a_replay_that_is_killed_goes_on_and_sends_each_exactly_once(world, dlq):
    count = 4000
    world.publish(*[letter(world, n, product(n, 1), partition=n % world.partitions) for n in range(count)])

    def sent():
        return [record.json["id"] for record in world.reader("events").read_to_end()]

    for number in (signal.SIGKILL, signal.SIGKILL, signal.SIGINT):
        had = len(sent())
        replay = dlq.start("replay", "--all", "--rate", "500")
        wait_until(lambda: len(sent()) > had or replay.poll() is not None, 60, "something more is sent", 0.01)
        assert replay.poll() is None, replay.communicate()
        replay.send_signal(number)
        said = replay.communicate(timeout=60)
        assert replay.returncode == (3 if number == signal.SIGINT else -signal.SIGKILL), said
        if number == signal.SIGINT:
            assert "stopped" in said[0]
    assert 0 < len(sent()) < count
    left = count - len(sent())
    told, = dlq.json("replay", "--all")
    assert told["replayed"] == left and told["complete"]
    times = collections.Counter(sent())
    assert times == {"dead-%d" % n: 1 for n in range(count)}
    assert not open_letters(world)
    audits = dlq.audits()
    assert collections.Counter(audit["subject"] for audit in audits) == {
        "urn%%3Ashop%%3Atest/dead-%d" % n: 1 for n in range(count)}
    assert dlq.json("replay", "--all")[0]["replayed"] == 0
    assert "no open dead letter" in dlq.run("replay", "urn%3Ashop%3Atest/dead-1", code=1)
