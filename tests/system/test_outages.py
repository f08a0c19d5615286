"""What breaks around the worker, and that nothing is lost, doubled or put in the wrong order by it."""

import os
import random
import threading
import time

import world as worlds
from procs import wait_until
from world import product


def load(world, products=40, versions=5, first=1):
    """Records of so many products in versions, shuffled between products but in order within each; and the newest."""
    records, newest = [], {}
    for version in range(first, first + versions):
        batch = [world.updated(n, version, name="Lamp %d v%d" % (n, version), price="%d.50" % version)
                 for n in range(products)]
        random.Random(version).shuffle(batch)
        records += batch
    for n in range(products):
        last = first + versions - 1
        newest["SKU-%d" % n] = product(n, last, name="Lamp %d v%d" % (n, last), price="%d.50" % last)
    return records, newest


def publish_slowly(world, records, seconds):
    """Publishes in the background, spread over so many seconds; join() the thread."""
    def run():
        step = max(1, len(records) // 20)
        for start in range(0, len(records), step):
            world.publish(*records[start:start + step])
            time.sleep(seconds / 20)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def test_three_workers_share_and_rebalance(world):
    world.sim.set(latency_ms=30)
    workers = [world.worker()]
    records, newest = load(world, 60, 4)
    thread = publish_slowly(world, records, 8)
    workers += [world.worker(wait=False), world.worker(wait=False)]
    for worker in workers:
        worker.wait_ready(90)
    assert workers[0].terminate() == 0
    thread.join()
    world.account(120)
    world.check_newest(newest)
    world.worker(wait=False).wait_ready(90)
    done = world.sync(*[world.updated("late-%d" % n, 1) for n in range(20)], timeout_s=60)
    assert [r["outcome"] for r in done] == ["created"] * 20


def test_kill_9_in_the_middle_of_calls(world):
    world.sim.set(latency_ms=400, latency_kind="uniform")
    first = world.worker()
    records, newest = load(world, 40, 2)
    world.publish(*records)
    wait_until(lambda: world.sim.counters()["in_flight"] > 5, 20, "calls are in flight")
    first.kill9()
    world.worker(wait=False)
    world.account(90)
    world.check_newest(newest)


def test_killed_again_and_again(world):
    world.sim.set(latency_ms=60, faults_percent=5)
    worker = world.worker()
    records, newest = load(world, 40, 3)
    thread = publish_slowly(world, records, 6)
    for _ in range(4):
        time.sleep(1.5)
        worker.kill9()
        worker.start()
    thread.join()
    worker.wait_ready(40)
    world.account(90)
    world.check_newest(newest)


def test_redis_restarts_with_its_data(world):
    world.sim.set(latency_ms=50)
    worker = world.worker()
    records, newest = load(world, 40, 4)
    thread = publish_slowly(world, records, 6)
    time.sleep(1.5)
    world.redis.restart(down_s=1.0, while_down=lambda: wait_until(lambda: not worker.ready(), 10, "readyz says no"))
    wait_until(worker.ready, 30, "readyz says yes again")
    thread.join()
    world.account(60)
    world.check_newest(newest)


def test_redis_restarts_without_its_data(world):
    world.sim.set(latency_ms=50)
    worker = world.worker()
    records, newest = load(world, 40, 2)
    world.publish(*records)
    world.account(60)
    more, newest = load(world, 40, 3, first=3)
    thread = publish_slowly(world, more, 5)
    time.sleep(1.5)
    world.redis.restart(keep_data=False, kill=True)
    thread.join()
    world.account(90)
    world.check_newest(newest)
    writes = len(world.writes())
    stale = world.sync(*[world.updated(n, 1, name="Stale") for n in range(40)], timeout_s=60)
    assert [r["outcome"] for r in stale] == ["superseded"] * 40 and len(world.writes()) == writes, \
        "the versions came back from the result topic"
    assert worker.running()


def test_redis_and_worker_lost_together(world):
    worker = world.worker()
    world.sync(*[world.updated(n, 5, name="Five") for n in range(20)])
    world.wait_committed()  # a record read again after its outcome was forgotten would get another one: known-risks.md
    worker.kill9()
    world.redis.restart(keep_data=False, kill=True)
    worker.start().wait_ready(40)
    results = world.sync(*[world.updated(n, 3, name="Three") for n in range(20)], timeout_s=60)
    assert [r["outcome"] for r in results] == ["superseded"] * 20
    assert all(item["name"] == "Five" for item in world.items().values())
    world.account()


def test_redis_that_hangs_is_waited_for(world):
    worker = world.worker()
    world.sync(world.updated(1, 1))
    world.redis.freeze()
    positions = world.publish(*[world.updated(n, 2) for n in range(20)])
    wait_until(lambda: not worker.ready(), 15, "readyz says no")
    time.sleep(1)
    calls = len(world.calls())
    world.redis.thaw()
    world.results(positions, 30)
    assert calls <= 1 + len(positions)
    world.account()


def test_the_api_down_and_back(world):
    worker = world.worker()
    world.sync(world.updated("before", 1))
    world.sim.set(down=True)
    records, newest = load(world, 30, 3)
    world.publish(*records)
    wait_until(lambda: "works" not in str(worker.status()["catalogs"]), 20,
               lambda: "the breaker opens: %s" % worker.status())
    calls = world.sim.counters()["calls"]
    time.sleep(2)
    assert world.sim.counters()["calls"] - calls < 30, "an outage is not hammered"
    assert not world.dead(), "an outage kills nothing"
    world.sim.set(down=False)
    world.account(60)
    world.check_newest(newest)
    assert not world.dead()


def test_a_catalog_that_refuses_every_product_is_paused(world):
    """Writes are refused for a cause that is not the products' own, reads go well: no dead letters but the few that came
    before it could be known, and all goes on by itself."""
    worker = world.worker(breaker_refusals=5)
    for kind in ("create", "update"):
        world.sim.fault("error", times=100000, match={"kind": kind}, status=400, code=4711, message="This app is not well")
    positions = world.publish(*[world.updated(n, 1) for n in range(40)])
    wait_until(lambda: "refusing" in str(worker.status()["catalogs"]), 20, lambda: "the gate closes: %s" % worker.status())
    calls = world.sim.counters()["calls"]
    time.sleep(2)
    assert world.sim.counters()["calls"] - calls < 30, "an outage is not hammered"
    assert len(world.dead()) < 5, "it is not drained into dead letters"
    world.sim.clear_faults()
    results = world.results(positions, 60)
    assert [r["outcome"] for r in results].count("created") > 35
    assert len(world.dead()) == [r["outcome"] for r in results].count("failed") < 5
    world.account()


def test_a_lone_product_that_is_refused_strangely_is_a_dead_letter(world):
    world.worker(breaker_refusals=5)
    world.sim.fault("error", times=1000, match={"retailer_id": "SKU-odd"}, status=400, code=4711, message="No")
    odd, = world.publish(world.updated("odd", 1))
    fine = world.publish(*[world.updated(n, 1) for n in range(5)])
    assert all(r["outcome"] == "created" for r in world.results(fine, 30))
    assert world.results([odd], 30)[0]["outcome"] == "failed" and len(world.dead()) == 1
    world.account()


def test_the_api_not_there_at_all(world):
    world.worker()
    world.sim.process.stop()
    positions = world.publish(*[world.updated(n, 1) for n in range(20)])
    time.sleep(3)
    assert not world.results_by_position()
    port = int(world.sim.url.rpartition(":")[2])
    world.sim.extra_arguments = ["--listen", "127.0.0.1:%d" % port]
    world.sim.start()
    assert all(r["outcome"] in ("created", "updated") for r in world.results(positions, 40))
    assert len(world.items()) == 20


def test_sigterm_under_load_hands_over(world):
    world.sim.set(latency_ms=200)
    first = world.worker()
    records, newest = load(world, 60, 3)
    world.publish(*records)
    wait_until(lambda: world.sim.counters()["in_flight"] > 5, 20, "calls are in flight")
    began = time.monotonic()
    assert first.terminate(12) == 0
    assert time.monotonic() - began < 9, "within shutdown.timeout.ms"
    applied = world.sim.counters()["applied"]
    world.sim.wait_idle()
    assert world.sim.counters()["applied"] == applied, "nothing was left in flight"
    world.worker(wait=False)
    world.account(60)
    world.check_newest(newest)


def test_a_stopped_process_that_wakes_up_late_does_no_harm(world):
    world.sim.set(latency_ms=100)
    sleeper = world.worker()
    records, newest = load(world, 30, 2)
    world.publish(*records)
    wait_until(lambda: world.sim.counters()["in_flight"] > 3, 20, "calls are in flight")
    sleeper.freeze()
    world.worker(wait=False)
    time.sleep(9)  # beyond the session's time-out and every lease
    more, newest = load(world, 30, 1, first=10)
    world.publish(*more)
    time.sleep(2)
    sleeper.thaw()
    world.account(90)
    world.check_newest(newest)


def test_kafka_away_and_back(own_broker, tmp_path):
    world = worlds.World(own_broker, tmp_path)
    try:
        world.start()
        world.sim.set(latency_ms=50)
        worker = world.worker()
        records, newest = load(world, 30, 3)
        world.publish(*records)
        time.sleep(0.5)
        own_broker.restart()
        world.account(90)
        world.check_newest(newest)
        assert worker.running()
    finally:
        world.stop()
    world.check_workers()


def test_nothing_runs_twice_at_once_with_faults_and_late_calls(world):
    world.sim.set(latency_ms=20, faults_percent=15, fault_after_commit_percent=50)
    workers = [world.worker(), world.worker(wait=False)]
    records, newest = load(world, 30, 6)
    thread = publish_slowly(world, records, 8)
    time.sleep(3)
    workers[0].kill9()
    workers[0].start()
    thread.join()
    world.account(120)
    world.sim.wait_idle()
    world.check_newest(newest)


def test_memory_does_not_grow_with_the_backlog(world):
    def resident_kib():
        with open("/proc/%d/status" % worker.process.pid) as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))

    if "debug" in os.environ.get("CATALOG_SYNC_BIN", ""):
        factor = 6  # AddressSanitizer keeps freed memory on purpose
    else:
        factor = 1
    world.sim.set(down=True)
    worker = world.worker()
    world.publish(*[world.updated(n, 1, description="x" * 400) for n in range(6000)])
    time.sleep(3)
    assert resident_kib() < 64 * 1024 * factor
    assert worker.alive()
