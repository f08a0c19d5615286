"""catalog-memory: what Redis remembers, shown and changed by hand, and the rebuild, compared field by field."""

import json
import signal

import pytest
from memoryctl import Memory, differences
from procs import wait_until


@pytest.fixture
def memory(world):
    return Memory(world)


def flush(world, worker=None):
    """Redis loses everything while no worker runs."""
    if worker:
        worker.terminate()
    world.redis.command("FLUSHALL")


def by_hand(world, reason):
    return [record for record in world.reader("results").read_to_end() if record.data.get("reason") == reason]


def audits(world):
    return [json.loads(record.value) for record in world.reader("audit").read_to_end()]


# -- show --------------------------------------------------------------------------------------------------------------

def test_show_tells_product_sku_and_epoch(world, memory):
    assert "no memory of this fleet" in memory.run("show", code=1)
    world.worker()
    result, = world.sync(world.updated(7, 5))
    shown = memory.show(7)
    assert (shown["last_version"], shown["item"], shown["state"], shown["sku"]) == (5, "live", "clean", "SKU-7")
    assert shown["skus"][0]["catalog_id"] == result["catalog_id"] and shown["skus"][0]["owner"] == "7"
    words = memory.run("show", "--sku", "SKU-7")
    assert "product 7" in words and result["catalog_id"] in words and "clean" in words
    assert "ready" in memory.run("show")
    assert not memory.show(8, code=1)["known"]
    assert "--why" in memory.run("forget", "7", code=2)


# -- reset-version and forget ------------------------------------------------------------------------------------------

def test_reset_and_forget_do_what_they_say_and_a_rebuild_keeps_them(world, memory):
    """One flush for both: each costs a rebuild's quiet time."""
    worker = world.worker()
    first = world.one_by_one(world.updated(7, 1000, name="From the future"), world.updated(8, 50), world.updated(9, 50))
    late, = world.sync(world.updated(7, 5))
    assert late["outcome"] == "superseded"
    assert "dry run" in memory.run("reset-version", "7", "--to", "4", "--dry-run")
    assert memory.show(7)["last_version"] == 1000 and not audits(world)
    memory.run("reset-version", "7", "--to", "4", "--why", "database restored")
    shown = memory.show(7)
    assert (shown["last_version"], shown["state"], shown["sku"]) == (4, "dirty", "SKU-7")
    record, = by_hand(world, "memory_reset")
    assert (record.data["outcome"], record.data["version"], record.data["product_id"]) == ("skipped", 4, "7")
    audit, = audits(world)
    assert (audit["action"], audit["why"], audit["before"]["last_version"], audit["after"]["last_version"]) == (
        "reset-version", "database restored", 1000, 4)
    memory.run("forget", "9", "--why", "sold")
    assert not memory.show(9, code=1)["known"]
    assert "nothing to do" in memory.run("forget", "9", "--why", "again")
    flush(world, worker)
    worker = world.worker()
    assert memory.show(7)["last_version"] == 4, "the rebuild undid the reset"
    assert not memory.show(9, code=1)["known"], "the rebuild undid the forgetting"
    assert memory.show(8)["last_version"] == 50
    reset, anew = world.sync(world.updated(7, 5, name="Restored"), world.updated(9, 3, name="Known anew"))
    assert reset["outcome"] == "updated" and world.item("SKU-7")["name"] == "Restored"
    assert anew["outcome"] in ("created", "updated") and anew["catalog_id"] == first[2]["catalog_id"]
    assert world.item("SKU-9")["name"] == "Known anew" and len(world.items()) == 3
    flush(world, worker)  # and what came after the changes stands over them
    world.worker()
    assert (memory.show(7)["last_version"], memory.show(9)["last_version"]) == (5, 3)
    memory.run("forget", "--sku", "SKU-9", "--why", "by its SKU")
    deleted, = world.sync(world.deleted(9, 4))
    assert deleted["outcome"] == "deleted" and world.item("SKU-9") is None


def test_reset_waits_for_a_worker_and_refuses_when_it_may_not(world, memory):
    world.worker()
    world.one_by_one(world.updated(7, 5))
    world.sim.fault("hang_before", times=4, match={"retailer_id": "SKU-7"})
    world.publish(world.updated(7, 6, name="Slow"))
    wait_until(lambda: memory.show(7)["skus"][0].get("lease_token"), 10, "a worker's lease")
    assert "being worked on" in memory.run("reset-version", "7", "--to", "3", "--wait-ms", "0", "--why", "x", code=1)
    assert memory.show(7)["last_version"] == 5 and not by_hand(world, "memory_reset")
    memory.run("reset-version", "7", "--to", "3", "--wait-ms", "30000", "--why", "x")
    assert by_hand(world, "memory_reset")
    result, = world.sync(world.updated(7, 7, name="After"))
    assert result["outcome"] == "updated" and world.item("SKU-7")["name"] == "After" and len(world.items()) == 1


def test_a_whole_catalog_is_forgotten_and_comes_back_without_doubles(world, memory):
    worker = world.worker()
    world.sync(*[world.updated(n, 10) for n in range(40)])
    assert "40 products" in memory.run("forget", "--all", "--dry-run")
    assert len(memory.dump()[0]) == 40
    assert "40 products" in memory.run("forget", "--all", "--why", "the catalog was made anew")
    assert memory.dump() == ({}, {})
    flush(world, worker)
    world.worker()
    assert memory.dump() == ({}, {}), "the rebuild undid it"
    results = world.sync(*[world.updated(n, 2, name="Anew %d" % n) for n in range(40)])
    assert {r["outcome"] for r in results} <= {"created", "updated"} and len(world.items()) == 40
    assert world.item("SKU-39")["name"] == "Anew 39"
    audit, = audits(world)
    assert (audit["subject"], audit["action"]) == ("catalog/default", "forget")


# -- rebuild -----------------------------------------------------------------------------------------------------------

def work_of_a_shop(world, count):
    """Creates, updates, SKU changes and swaps, deletes, hides, skips and failures."""
    ids = range(count)
    world.sync(*[world.updated(n, 10) for n in ids], timeout_s=120)
    second = []
    for n in ids:
        kind = n % 10
        if kind == 0:
            second.append(world.updated(n, 20, name="Lamp %d again" % n))
        elif kind == 1:
            second.append(world.updated(n, 20, sku="NEW-%d" % n))
        elif kind == 2:
            second.append(world.deleted(n, 20))
        elif kind == 3:
            second.append(world.updated(n, 20, is_active=False))
        elif kind == 4:
            second.append(world.updated(n, 20, price="not a price"))
        elif kind == 5:
            second.append(world.updated(n, 5))  # superseded
        elif kind == 6:
            second.append(world.updated(n, 20, sku=None))
        elif kind == 7:
            second.append(world.updated("late-%d" % n, 20, is_active=False))  # never synced: skipped
    world.sync(*second, timeout_s=120)
    # swaps: two products trade their SKUs, over a third name
    pairs = [(n, n + 1) for n in ids if n % 10 == 8 and n + 1 < count]
    world.sync(*[world.updated(a, 30, sku="TMP-%d" % a) for a, _ in pairs])
    world.sync(*[world.updated(b, 30, sku="SKU-%d" % a) for a, b in pairs])
    world.sync(*[world.updated(a, 40, sku="SKU-%d" % b) for a, b in pairs])


def compare(before, after):
    wrong = differences(before, after)
    assert not wrong, "%d differ, such as\n%s" % (len(wrong), "\n".join(wrong[:10]))


def test_rebuilds_restore_every_field(world, memory):
    worker = world.worker()
    work_of_a_shop(world, 500)
    memory.run("reset-version", "10", "--to", "3", "--why", "wrong")
    memory.run("forget", "20", "--why", "gone")
    world.wait_committed()
    before = memory.dump()
    assert len(before[0]) == 500 + 50 - 1 and "20" not in before[0] and before[0]["10"]["v"].endswith("003")
    flush(world, worker)
    worker = world.worker()  # rebuilds by itself
    compare(before, memory.dump())
    flush(world, worker)
    build = memory.start("rebuild", "--why", "test")  # killed in the middle of its quiet time
    wait_until(lambda: world.redis.command("HGET", "{cs1}:1:g", "bt"), 20, "the rebuild began")
    build.send_signal(signal.SIGKILL)
    build.wait()
    text = memory.run("show")
    assert "not ready" in text
    wait_until(lambda: "gone" in memory.run("show"), 30, "its builder's lease ran out")
    done = memory.run("rebuild", "--why", "test again")
    assert "restored" in done and "is ready" in done
    compare(before, memory.dump())
    assert [a["action"] for a in audits(world)][-2:] == ["rebuild", "rebuild-done"]
    world.worker()
    calls = len(world.writes())
    results = world.sync(world.updated(0, 20, name="Lamp 0 again"), world.updated(30, 5))
    assert [r["outcome"] for r in results][1] == "superseded" and len(world.writes()) <= calls + 1
    items = world.sim.items()
    assert len({i["retailer_id"] for i in items}) == len(items), "an item is doubled"


def test_workers_wait_for_a_rebuild_by_hand_and_take_over_from_a_dead_one(world, memory):
    worker = world.worker()
    world.sync(*[world.updated(n, 10) for n in range(20)])
    before = memory.dump()
    build = memory.start("rebuild", "--why", "test")
    wait_until(lambda: world.redis.command("HGET", "{cs1}:1:g", "rd") == "0", 20, "the rebuild began")
    positions = world.publish(world.updated(3, 11, name="Later"))
    wait_until(lambda: not worker.ready(), 20, "the worker waits")
    build.send_signal(signal.SIGKILL)
    build.wait()
    result, = world.results(positions, 60)
    after = memory.dump()
    before[0].pop("3"), after[0].pop("3")
    compare(before, after)
    assert result["outcome"] == "updated" and world.item("SKU-3")["name"] == "Later"
