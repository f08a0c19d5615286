"""The 13 bugs of the system this one replaces (catalog-api.md section 12), each by its number: none may come back."""

import time

from procs import wait_until
from world import product


def test_bug_01_names_of_the_bulk_dialect_are_not_sent_to_the_single_edge(world):
    world.worker()
    world.sync(world.updated(7, 1, category="Home & Garden > Lighting"))
    item = world.item("SKU-7")
    assert item["url"] == "https://shop.example/p/7" and item["category"] == "Home & Garden > Lighting"
    assert "link" not in item and "google_product_category" not in item and "image_link" not in item


def test_bug_02_a_200_is_no_success_until_it_says_so(world):
    world.sim.fault("success_false", match={"retailer_id": "SKU-7"})
    world.sim.fault("unavailable_200", match={"retailer_id": "SKU-8"})
    world.worker()
    results = world.sync(world.updated(7, 1), world.updated(8, 1), timeout_s=60)
    assert all(r["outcome"] in ("created", "updated") and r["catalog_id"] == world.item(r["sku"])["id"] for r in results)


def test_bug_03_the_id_of_every_item_is_published(world):
    world.worker()
    created, updated, resynced = world.one_by_one(
        world.updated(7, 1), world.updated(7, 2, name="Two"), world.event(product(7, 2, name="Two"), "product.resync",
                                                                          topic="bulk"))
    assert created["catalog_id"] == updated["catalog_id"] == resynced["catalog_id"] == world.item("SKU-7")["id"]
    assert len([c for c in world.calls("create")]) == 1


def test_bug_04_the_catalogs_own_words_reach_the_result(world):
    world.sim.fault("error", times=50, match={"retailer_id": "SKU-7"}, status=400, code=100, subcode=2388,
                    message="Invalid parameter", user_title="No description", user_message="Please describe it.")
    worker = world.worker()
    result, = world.sync(world.updated(7, 1))
    error = result["error"]
    assert (error["code"], error["subcode"], error["message"], error["user_message"]) == (
        100, 2388, "Invalid parameter", "Please describe it.")
    assert error["fbtrace_id"] and error["http_status"] == 400 and error["class"] == "permanent"
    line, = [l for l in worker.log_lines() if l["level"] == "error" and l.get("product_id") in (7, "7")]
    assert line["code"] == 100 and line["subcode"] == 2388 and line["fbtrace_id"] == error["fbtrace_id"]


def test_bug_05_duplicates_misses_throttles_and_auth_burn_no_attempts(world):
    world.sim.set(throttle_regain_minutes=0)
    world.worker(retry_max_attempts=2)
    world.one_by_one(world.updated(7, 1))
    world.sim.fault("throttle_80009", times=4)
    result, = world.sync(world.updated(7, 2, name="Two"), timeout_s=90)
    assert result["outcome"] == "updated" and not world.dead()
    world.sim.delete_item("SKU-7")
    result, = world.sync(world.updated(7, 3, name="Three"))
    assert result["outcome"] in ("created", "updated") and world.item("SKU-7")["name"] == "Three"


def test_bug_06_a_delete_whose_answer_is_lost_is_done_again(world):
    world.worker()
    world.one_by_one(world.updated(7, 1), world.updated(8, 1))
    world.sim.fault("hang_before", match={"retailer_id": "SKU-7", "kind": "delete"})
    world.sim.fault("reset_after", match={"retailer_id": "SKU-8", "kind": "delete"})
    results = world.sync(world.deleted(7, 2), world.deleted(8, 2), timeout_s=60)
    assert [r["outcome"] for r in results] == ["deleted", "deleted"] and not world.items()


def test_bug_07_deactivating_takes_the_item_off_sale(world):
    world.worker()
    world.one_by_one(world.updated(7, 1))
    world.sync(world.updated(7, 2, is_active=False))
    assert world.item("SKU-7")["visibility"] == "staging"


def test_bug_08_an_edit_during_backoff_is_sent(world):
    world.sim.fault("http500", times=3, match={"retailer_id": "SKU-7"})
    world.worker(retry_backoff_base_ms=800, retry_backoff_max_ms=1000)
    positions = world.publish(world.updated(7, 1, name="One"))
    wait_until(lambda: world.calls(sku="SKU-7"), 20, "the first try")
    positions += world.publish(world.updated(7, 2, name="Two"))
    world.results(positions, 40)
    assert world.item("SKU-7")["name"] == "Two"


def test_bug_09_a_slow_or_broken_catalog_never_blocks_the_backend(world):
    """An API error never blocks the backend: publishing is all it does, and that needs neither catalog nor worker."""
    world.sim.set(down=True)
    world.worker()
    began = time.monotonic()
    world.publish(*[world.updated(n, 1) for n in range(200)])
    assert time.monotonic() - began < 5
    world.sim.set(down=False)
    world.account(60)


def test_bug_10_two_workers_never_race_on_one_product(world):
    world.sim.set(latency_ms=60)
    world.worker(), world.worker()
    records = []
    for version in range(1, 31):
        record = world.updated("racer", version, name="v%d" % version)
        records.append((*record, version % world.partitions))  # across all partitions, so across both workers
    world.sync(*records, timeout_s=90)
    world.account(60)
    assert world.item("SKU-racer")["name"] == "v30"
    assert len(world.sim.items()) == 1 and world.sim.counters()["overlaps_different"] == 0


def test_bug_11_money_is_never_a_float_nor_a_zero(world):
    world.worker()
    results = world.sync(world.updated(1, 1, price="1.15"), world.updated(2, 1, price="8.20"),
                         world.updated(3, 1, price=None), world.updated(4, 1, price=8.2))
    assert [r["outcome"] for r in results] == ["created", "created", "failed", "failed"]
    items = world.items()
    assert (items["SKU-1"]["price"], items["SKU-2"]["price"]) == (115, 820) and len(items) == 2


def test_bug_12_creation_hangs_on_what_the_catalog_holds_not_on_the_events_name(world):
    world.worker()
    results = world.one_by_one(world.event(product(7, 1), "product.updated"),
                               world.event(product(7, 2, name="Two"), "product.created"))
    assert [r["outcome"] for r in results] == ["created", "updated"]
    assert len(world.calls("create")) == 1 and len(world.sim.items()) == 1


def test_bug_13_a_new_sku_is_a_new_item_never_an_update_of_the_old_id(world):
    world.worker()
    first, second = world.one_by_one(world.updated(7, 1), world.updated(7, 2, sku="SKU-7-B"))
    assert second["catalog_id"] != first["catalog_id"]
    assert set(world.items()) == {"SKU-7-B"}
    updates_of_the_old = [c for c in world.calls("update") if c["item_id"] == first["catalog_id"]]
    assert not updates_of_the_old
