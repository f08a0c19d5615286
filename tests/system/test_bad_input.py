"""Every row of bad_input.py, published to the real worker: the outcome, the reason, the field and the byte; and what comes
after it in the partition is delivered."""

import os
import re

import pytest
from bad_input import CASES, RECORD_MAX_BYTES, markdown
from confluent_kafka.admin import AdminClient, ConfigResource
from world import SOURCE, product
import paths


def test_the_page_is_what_the_table_says():
    with open(os.path.join(paths.ROOT, "docs", "bad-input.md"), encoding="utf-8") as page:
        assert page.read() == markdown(), "python3 tests/system/bad_input.py >docs/bad-input.md"


def records_of(world):
    """For each case: the records to publish, the one of the case second to last, a good event behind it."""
    for number, case in enumerate(CASES):
        partition = number % world.partitions
        key, value, headers = case.record(number)
        good = world.event(product("good-%d" % number, 1))
        first = world.event(product("first-%d" % number, 1), event_id="bad-%d" % number, binary=True)
        yield ([first + (partition,)] if case.twice else []) + [
            (world.topics["events"], key, value, headers, partition), good + (partition,)]


def wrong_in(case, number, result):
    """What of the result is not as the row says: a list of words."""
    wrong = []
    if (result["outcome"], result.get("reason") or "") != (case.outcome, case.reason):
        return ["is %s, %s" % (result["outcome"], result.get("reason"))]
    if (result.get("product_id") == case.product_id(number)) != case.product:
        wrong.append("names the product %s" % result.get("product_id"))
    if case.outcome != "failed":
        return wrong
    message, byte = result["error"]["message"], case.byte(number)
    if not message.startswith(case.field):
        wrong.append("does not begin with %s" % case.field)
    if case.says not in message or len(message) < 20 or "\n" in message:
        wrong.append("does not say %s" % case.says)
    if byte is None and re.search(r"byte \d", message) or byte is not None and not re.search(
            r"\bbyte %d of the value" % byte, message):
        wrong.append("does not name byte %s" % byte)
    return wrong


def wrong_in_letter(case, number, letter):
    """What of the dead letter is not the record, byte for byte."""
    key, value, headers = case.record(number)
    own = {name: v for name, v in headers if not name.startswith("dlq-")}
    kept = {name: v for name, v in letter.headers.items() if not name.startswith("dlq-")}
    wrong = []
    if letter.value != (value or b"") and "dlq-truncated" not in letter.headers:
        wrong.append("value")
    if letter.headers.get("dlq-key") != key or ("dlq-key-null" in letter.headers) != (key is None):
        wrong.append("key")
    if ("dlq-null-value" in letter.headers) != (value is None):
        wrong.append("dlq-null-value")
    if not kept.items() <= own.items() or not {n for n in own if n.startswith("ce_") or n == "content-type"} <= set(kept):
        wrong.append("headers")
    if len(own) - len(kept) != int(letter.headers.get("dlq-headers-dropped", b"0")):
        wrong.append("%d headers of %d kept" % (len(kept), len(own)))
    return ["the dead letter's " + what for what in wrong]


def test_every_kind_of_bad_input_ends_as_documented_and_the_partition_moves_on(world):
    worker = world.worker(record_max_bytes=RECORD_MAX_BYTES, link_fallback="")
    batches = list(records_of(world))
    positions = world.publish(*[record for batch in batches for record in batch])
    results = dict(zip(positions, world.results(positions, 60)))
    account = world.account()
    at, wrong = iter(positions), []
    for number, (case, batch) in enumerate(zip(CASES, batches)):
        bad, good = [next(at) for _ in batch][-2:]
        found = wrong_in(case, number, results[bad])
        if case.outcome == "failed":
            found += wrong_in_letter(case, number, account.dead[bad][0])
        if results[good]["outcome"] != "created":
            found.append("the good event behind it is %s" % results[good]["outcome"])
        wrong += ["%s (%s): %s; %s" % (case.what, case.reason, ", ".join(found), results[bad].get("error", {}).get("message"))
                  ] if found else []
    assert not wrong, "\n".join(wrong)
    assert set(account.dead) == {p for p, result in results.items() if result["outcome"] == "failed"}
    assert worker.running() and worker.ready()
    world.wait_committed()


@pytest.mark.only("apache")  # the mock keeps about 5 MB a partition
def test_a_value_of_10_mb_is_a_dead_letter_without_its_value(world):
    admin = AdminClient({"bootstrap.servers": world.broker.bootstrap})
    resource = ConfigResource(ConfigResource.Type.TOPIC, world.topics["events"], set_config={
        "max.message.bytes": str(12 * 1024 * 1024)})
    for future in admin.alter_configs([resource]).values():
        future.result()
    worker = world.worker(window_bytes=1048576)  # it does not even fit the window: taken alone
    value = b'{"product_id":"big","description":"' + b"x" * 10 * 1000 * 1000 + b'"}'
    headers = {"content-type": "application/json", "ce_specversion": "1.0", "ce_id": "big", "ce_source": SOURCE,
               "ce_type": "product.updated"}
    big, = world.publish((world.topics["events"], "big", value, headers, 0), message_max_bytes=12 * 1024 * 1024)
    good, = world.publish(world.event(product("good", 1)) + (0,))
    bad, created = world.results([big, good], 60)
    assert (bad["outcome"], bad["reason"], created["outcome"]) == ("failed", "too_large", "created")
    assert "%d bytes, 1048576 are allowed" % len(value) in bad["error"]["message"]
    letter, = world.dead()
    assert letter.headers["dlq-truncated"] == str(len(value)).encode() and letter.value == b""
    assert letter.headers["dlq-key"] == b"big" and letter.headers["ce_id"] == b"big"
    world.account()
    assert worker.running()
