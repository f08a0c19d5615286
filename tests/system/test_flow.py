"""The main flow: what is created, updated, deleted, hidden, skipped, and what the results say of it."""

import json

import pytest
from procs import wait_until
from workerctl import now_us
from world import CATALOG, SOURCE, product


def test_creation_syncs(world):
    world.worker()
    position, = world.publish(world.event(product(7, 11), "product.created", event_id="first"))
    result, = world.results([position])
    item = world.item("SKU-7")
    assert result["outcome"] == "created" and result["catalog_id"] == item["id"] and result["path"] == "single"
    assert (result["product_id"], result["sku"], result["catalog"], result["event_id"]) == (7, "SKU-7", "default", "first")
    assert (result["version"], result["current_version"]) == (11, 11)
    assert (result["topic"], result["partition"], result["offset"]) == position
    assert result["content_hash"] and result["attempts"] >= 1 and result["finished_at"] and not result.get("error")
    assert (item["name"], item["price"], item["currency"], item["availability"], item["visibility"]) == (
        "Lamp 7", 1999, "USD", "in stock", "published")
    assert item["url"] == "https://shop.example/p/7" and item["image_url"] == "https://shop.example/i/7.jpg"
    record = world.result_record(position)
    assert record.key == b"default/7"
    assert record.json["specversion"] == "1.0" and record.json["type"] and record.json["id"] and record.json["source"]
    world.account()


def test_update_syncs(world):
    world.worker()
    first, second = world.one_by_one(world.updated(7, 1), world.updated(7, 2, name="Better lamp", price="20.00",
                                                                        stock_quantity=0))
    item = world.item("SKU-7")
    assert (first["outcome"], second["outcome"]) == ("created", "updated")
    assert second["catalog_id"] == first["catalog_id"] == item["id"]
    assert (item["name"], item["price"], item["availability"]) == ("Better lamp", 2000, "out of stock")
    world.account()


def test_update_without_a_catalog_id_creates(world):
    world.worker()
    result, = world.sync(world.event(product(7, 2), "product.updated"))
    assert result["outcome"] == "created" and world.item("SKU-7")


def test_update_uses_a_hinted_catalog_id_only_if_it_is_true(world):
    world.worker()
    result, = world.sync(world.updated(7, 2, catalog_id="999999999999999"))
    assert result["outcome"] in ("created", "updated") and result["catalog_id"] == world.item("SKU-7")["id"]


def test_deletion_deletes(world):
    world.worker()
    world.one_by_one(world.updated(7, 1))
    result, = world.sync(world.deleted(7, 2))
    assert result["outcome"] == "deleted" and world.item("SKU-7") is None
    world.account()


def test_deletion_without_a_catalog_id_skips(world):
    world.worker()
    result, = world.sync(world.deleted(7, 2))
    assert (result["outcome"], result["reason"]) == ("skipped", "not_in_catalog")
    assert not world.writes()


def test_deletion_finds_by_lookup_what_memory_never_knew(world):
    world.worker()
    world.one_by_one(world.updated(7, 1))
    world.workers[0].terminate()
    world.redis.command("FLUSHALL")
    world.forget_results()
    world.worker()
    world.publish(world.deleted(7, 2))
    wait_until(lambda: world.item("SKU-7") is None, 30, "the item is deleted")


def test_tombstone_deletes_what_is_known(world):
    world.worker()
    world.one_by_one(world.updated(7, 5))
    result, = world.sync(world.tombstone(7))
    assert result["outcome"] == "deleted" and result["version"] in (5, 0, None)
    assert world.item("SKU-7") is None
    world.account()


def test_tombstone_of_the_unknown_is_a_failure_that_says_so(world):
    world.worker()
    result, = world.sync(world.tombstone(7))
    assert (result["outcome"], result["reason"]) == ("failed", "tombstone_unknown")
    letter, = world.dead()
    assert letter.headers["dlq-null-value"] == b"1" and letter.value == b"" and letter.headers["dlq-key"] == b"7"
    assert letter.key.decode() == "%s/%d/%d" % (letter.headers["dlq-topic"].decode(), int(letter.headers["dlq-partition"]),
                                                int(letter.headers["dlq-offset"]))
    world.account()


@pytest.mark.parametrize("sku", [None, "", "   "])
def test_no_sku_skips_with_a_warning(world, sku):
    world.worker()
    result, = world.sync(world.updated(7, 1, sku=sku))
    assert (result["outcome"], result["reason"]) == ("skipped", "no_sku")
    assert not world.calls()
    assert any(line["level"] == "warn" and "SKU" in json.dumps(line) for line in world.workers[0].log_lines())
    world.account()


def test_losing_the_sku_hides_the_item(world):
    world.worker()
    world.one_by_one(world.updated(7, 1))
    result, = world.sync(world.updated(7, 2, sku=None))
    assert world.item("SKU-7")["visibility"] == "staging", result
    result, = world.sync(world.updated(7, 3))
    assert world.item("SKU-7")["visibility"] == "published" and result["outcome"] == "updated"
    world.account()


def test_inactive_skips_what_was_never_synced(world):
    world.worker()
    result, = world.sync(world.updated(7, 1, is_active=False))
    assert (result["outcome"], result["reason"]) == ("skipped", "inactive")
    assert not world.writes()


@pytest.mark.parametrize("policy", ["hide", "skip", "delete"])
def test_inactive_policy(world, policy):
    world.worker(inactive_policy=policy)
    world.one_by_one(world.updated(7, 1))
    result, = world.sync(world.updated(7, 2, is_active=False))
    item = world.item("SKU-7")
    if policy == "hide":
        assert item["visibility"] == "staging" and result["outcome"] == "updated"
    elif policy == "skip":
        assert item["visibility"] == "published" and (result["outcome"], result["reason"]) == ("skipped", "inactive")
    else:
        assert item is None and result["outcome"] == "deleted"
    result, = world.sync(world.updated(7, 3, name="Back"))
    assert world.item("SKU-7")["visibility"] == "published" and world.item("SKU-7")["name"] == "Back"
    world.account()


def test_binary_mode_is_the_same(world):
    world.worker()
    result, = world.sync(world.event(product(7, 1), binary=True, event_id="in-headers"))
    assert (result["outcome"], result["event_id"]) == ("created", "in-headers")
    assert world.item("SKU-7")["name"] == "Lamp 7"


def test_a_duplicate_makes_no_second_call_and_gets_the_same_answer(world):
    world.worker()
    record = world.event(product(7, 1), event_id="once")
    first, = world.sync(record)
    calls = len(world.calls())
    again, = world.sync(record)
    assert len(world.calls()) == calls
    volatile = ("warnings", "attempts", "first_attempt_at", "finished_at", "queued_for_ms", "partition", "offset")
    assert {k: v for k, v in first.items() if k not in volatile} == {k: v for k, v in again.items() if k not in volatile}
    together = world.sync(*[record] * 10)
    assert len(world.calls()) == calls and all(r["outcome"] == "created" for r in together)
    world.account()


def test_unchanged_content_makes_no_call(world):
    world.worker()
    world.one_by_one(world.updated(7, 1))
    calls = len(world.calls())
    result, = world.sync(world.updated(7, 2))
    assert result["outcome"] == "unchanged" and len(world.calls()) == calls
    assert result["catalog_id"] == world.item("SKU-7")["id"] and result["current_version"] == 2


def test_resync_writes_though_nothing_changed(world):
    world.worker()
    world.one_by_one(world.updated(7, 1))
    calls = len(world.writes())
    result, = world.sync(world.event(product(7, 1), "product.resync", topic="bulk"))
    assert result["outcome"] == "updated" and len(world.writes()) == calls + 1
    world.one_by_one(world.updated(7, 5, name="Newest"))
    result, = world.sync(world.event(product(7, 2), "product.resync", topic="bulk"))
    assert result["outcome"] == "superseded" and world.item("SKU-7")["name"] == "Newest"
    world.account()


def test_older_versions_never_replace_newer_ones(world):
    world.worker()
    results = world.one_by_one(world.updated(7, 9, name="Nine"), world.updated(7, 3, name="Three"),
                               world.deleted(7, 4), world.updated(7, 8, name="Eight"))
    assert [r["outcome"] for r in results] == ["created", "superseded", "superseded", "superseded"]
    assert all(r["current_version"] == 9 for r in results)
    assert world.item("SKU-7")["name"] == "Nine" and len(world.writes()) == 1
    world.account()


def test_what_was_deleted_is_not_resurrected_by_an_older_event(world):
    world.worker()
    results = world.one_by_one(world.updated(7, 1), world.deleted(7, 5), world.updated(7, 3, name="Ghost"),
                               world.updated(7, 6, name="Reborn"))
    assert [r["outcome"] for r in results] == ["created", "deleted", "superseded", "created"]
    assert world.item("SKU-7")["name"] == "Reborn"


def test_a_repeated_result_does_not_depend_on_what_waited_beside_it(world):
    """An event that is unchanged may absorb another one at one delivery and not at the next: its results are equal all the same."""
    world.sim.set(latency_ms=500)
    world.worker()
    head, other, same = world.publish(world.updated(1, 5, name="Five"), world.updated(1, 6, name="Six"),
                                      world.updated(1, 7, name="Five"))  # while the head's call is under way
    first, second = world.results([other, same], 30)
    assert (first["outcome"], first.get("superseded_by")) == ("superseded", second["event_id"])
    assert second["outcome"] == "unchanged" and "absorbed" not in second and "absorbed_count" not in second
    world.account()


def test_a_stored_outcome_stays_when_its_event_is_absorbed_later(world):
    """Read again beside newer ones, an event that was written long ago is answered with its own outcome."""
    worker = world.worker()
    head, event = world.updated(1, 5, name="Five"), world.updated(1, 6, name="Five")
    world.sync(head)
    before, = world.sync(event)
    worker.terminate()
    _, again, _ = world.publish(head, event, world.updated(1, 7, name="Seven"))  # the head keeps it waiting
    world.worker()
    after, = world.results([again], 30)
    assert before["outcome"] == "unchanged"
    assert {k: before.get(k) for k in ("outcome", "reason", "superseded_by", "absorbed", "catalog_id")} == \
           {k: after.get(k) for k in ("outcome", "reason", "superseded_by", "absorbed", "catalog_id")}
    world.account()


def test_waiting_events_are_absorbed_and_every_one_is_answered(world):
    world.sim.set(latency_ms=300)
    world.worker()
    results = world.sync(*[world.updated(7, version, name="Lamp v%d" % version) for version in range(1, 41)])
    outcomes = [r["outcome"] for r in results]
    assert outcomes[-1] in ("created", "updated") and world.item("SKU-7")["name"] == "Lamp v40"
    assert outcomes.count("superseded") > 30 and len(world.writes()) < 10
    absorbed = [r for r in results if r["outcome"] == "superseded"]
    assert all(r["superseded_by"] for r in absorbed)
    world.account()


def test_equal_version_with_other_content_the_later_wins(world):
    world.worker()
    world.one_by_one(world.updated(7, 4, name="First"), world.updated(7, 4, name="Second"))
    assert world.item("SKU-7")["name"] == "Second"


def test_same_identity_with_other_content_fails_for_good(world):
    world.worker()
    good, = world.sync(world.event(product(7, 1), event_id="same"))
    bad, = world.sync(world.event(product(7, 2, name="Other"), event_id="same"))
    assert good["outcome"] == "created" and (bad["outcome"], bad["reason"]) == ("failed", "identity_reused")
    again, = world.sync(world.event(product(7, 1), event_id="same"))
    assert again["outcome"] == "created" and world.item("SKU-7")["name"] == "Lamp 7"
    letter, = world.dead()
    assert letter.key.count(b"/") == 2  # by position: it must not hide what else that identity may bring
    world.account()


def test_a_sku_change_makes_a_new_item_and_deletes_the_old(world):
    world.worker()
    world.one_by_one(world.updated(7, 1))
    result, = world.sync(world.updated(7, 2, sku="NEW-7"))
    assert set(world.items()) == {"NEW-7"} and result["sku"] == "NEW-7"
    assert result["catalog_id"] == world.item("NEW-7")["id"]
    world.account()


def test_two_products_swap_their_skus(world):
    world.worker()
    world.one_by_one(world.updated(1, 1, name="One"), world.updated(2, 1, name="Two"))
    world.sync(world.updated(1, 2, name="One", sku="SKU-2"), world.updated(2, 2, name="Two", sku="SKU-1"))
    world.account()
    assert {sku: item["name"] for sku, item in world.items().items()} == {"SKU-2": "One", "SKU-1": "Two"}


def test_versions_beyond_what_lua_keeps_are_compared_exactly(world):
    world.worker()
    base = now_us() - 10000000
    results = world.one_by_one(world.updated(7, base + 1, name="a"), world.updated(7, base + 2, name="b"),
                               world.updated(7, base, name="c"))
    assert [r["outcome"] for r in results] == ["created", "updated", "superseded"] and world.item("SKU-7")["name"] == "b"


def test_yen_and_dollar_prices_are_exact(world):
    world.worker()
    world.sync(world.updated(1, 1, price="1200", currency="JPY"), world.updated(2, 1, price="0.07"),
               world.updated(3, 1, price="1234567.89"))
    items = world.items()
    assert (items["SKU-1"]["price"], items["SKU-2"]["price"], items["SKU-3"]["price"]) == (1200, 7, 123456789)


def test_optional_fields_are_left_out_when_empty(world):
    world.worker()
    world.sync(world.updated(7, 1, description="", brand=None))
    item = world.item("SKU-7")
    assert not item.get("description") and not item.get("brand")


def test_a_missing_link_takes_the_fallback(world):
    world.worker(image_fallback="https://shop.example/no-image.png")
    world.sync(world.updated(7, 1, link=None, image_link="  "))
    item = world.item("SKU-7")
    assert item["url"] == "https://shop.example/fallback" and item["image_url"] == "https://shop.example/no-image.png"


# What is broken: (what to publish, reason). Every one is a result and a dead letter, and costs no call.
BROKEN = [
    (lambda w: w.updated(7, 1, price=19.99), "price_not_a_string"),
    (lambda w: w.updated(7, 1, price="19.999"), "price_not_representable"),
    (lambda w: w.updated(7, 1, price="12.5", currency="JPY"), "price_not_representable"),
    (lambda w: w.updated(7, 1, price="cheap"), "price_invalid"),
    (lambda w: w.updated(7, 1, price="0.00"), "price_zero"),
    (lambda w: w.updated(7, 1, price=None), "missing_field"),
    (lambda w: w.updated(7, 1, name=None), "missing_field"),
    (lambda w: w.updated(7, 1, image_link=None), "missing_field"),
    (lambda w: w.updated(7, 1, image_link="/media/7.jpg"), "url_not_absolute"),
    (lambda w: w.updated(7, 1, image_link="data:image/png;base64,AAAA"), "url_scheme_unsupported"),
    (lambda w: w.updated(7, 1, currency="usd1"), "currency_invalid"),
    (lambda w: w.updated(7, 1, sku="x" * 101), "text_too_long"),
    (lambda w: w.updated(7, 1, catalog="elsewhere"), "unknown_catalog"),
    (lambda w: w.updated(7, None), "missing_field"),
    (lambda w: w.updated(7, 2 ** 53), "version_out_of_range"),
    (lambda w: w.updated(7, now_us() + 10 * 86400 * 1000000), "version_in_future"),
    (lambda w: w.updated(None, 1), "missing_field"),
    (lambda w: (w.topics["events"], "7", "{\"specversion\":\"1.0\",\"id\":", {"content-type": "application/cloudevents+json"}), "invalid_json"),
    (lambda w: (w.topics["events"], "7", b"\xff\xfe{}", {"content-type": "application/cloudevents+json"}), None),
    (lambda w: (w.topics["events"], "7", b"", None), None),
    (lambda w: (w.topics["events"], "8", w.updated(7, 1)[2], {"content-type": "application/cloudevents+json"}), "key_mismatch"),
]


def test_what_is_broken_fails_with_a_reason_and_a_dead_letter(world):
    world.worker()
    records = [make(world) for make, _ in BROKEN]
    positions = world.publish(*records)
    results = world.results(positions)
    wrong = ["%s: %s" % (reason, r) for (_, reason), r in zip(BROKEN, results)
             if r["outcome"] != "failed" or (reason and r["reason"] != reason)]
    assert not wrong, "\n".join(wrong)
    assert not world.calls()
    letters = {(h["dlq-topic"].decode(), int(h["dlq-partition"]), int(h["dlq-offset"])): letter
               for letter in world.dead() for h in [letter.headers]}
    for record, position, result in zip(records, positions, results):
        letter = letters[position]
        sent = record[2] if isinstance(record[2], bytes) else record[2].encode()
        assert letter.value == sent, "a dead letter holds the value byte for byte"
        assert letter.headers["dlq-reason"].decode() == result["reason"] and letter.headers["dlq-message"]
        assert letter.headers["dlq-key"] == record[1].encode()
        for name, value in (record[3] or {}).items():
            assert letter.headers[name] == value.encode()
        assert result["error"]["class"] and result["error"]["message"]
    world.account()


def test_an_unknown_type_is_skipped_with_its_reason(world):
    world.worker()
    result, = world.sync(world.event(product(7, 1), "product.viewed"))
    assert (result["outcome"], result["reason"]) == ("skipped", "unknown_type")
    assert not world.dead() and not world.calls()


def test_a_header_is_kept_and_traceparent_reaches_the_result(world):
    world.worker()
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    data = product(7, 1)
    value = {"specversion": "1.0", "id": "traced", "source": SOURCE, "type": "product.updated", "traceparent": trace,
             "data": data}
    position, = world.publish((world.topics["events"], "7", json.dumps(value),
                               {"content-type": "application/cloudevents+json"}))
    world.results([position])
    assert world.result_record(position).json["traceparent"] == trace


def test_offsets_are_committed_when_all_is_done(world):
    worker = world.worker()
    world.sync(*[world.updated(i, 1) for i in range(20)])
    world.wait_committed()
    assert worker.terminate() == 0
    calls = len(world.calls())
    world.worker()
    world.sync(world.updated(99, 1))
    assert len(world.calls()) - calls <= 2, "a restart does nothing again"


def test_two_catalogs_need_not_share(world):
    world.sim.stop()
    world.sim.catalogs = [CATALOG, "1002"]
    world.sim.start()
    world.worker(**{"catalogs_second_id": "1002", "catalogs_second_base_url": world.sim.url,
                    "catalogs_second_token_file": world.token_file})
    first, second = world.sync(world.updated(7, 1), world.updated(8, 1, catalog="second"))
    assert (first["catalog"], second["catalog"]) == ("default", "second")
    assert {item["retailer_id"]: item["catalog"] for item in world.sim.items()} == {"SKU-7": CATALOG, "SKU-8": "1002"}
