"""Why nothing moves, as /status, --status, the metrics and the log say it, in the states that an operator meets."""

import subprocess
import time

import paths
import pytest
import world as worlds
from confluent_kafka.admin import AdminClient, ConfigResource
from procs import wait_until

BASE = "{cs1}:1:"


def wait_why(worker, reason, timeout_s=40):
    """Waits until the reason dominates; the whole status."""
    seen = []

    def look():
        seen[:] = [worker.status()]
        return seen[0]["why"]["reason"] == reason

    wait_until(look, timeout_s, lambda: "/status says %s: %s" % (reason, seen))
    return seen[0]


def oldest(status):
    return next(p["oldest"] for p in status["partitions"] if p["oldest"])


def show(worker):
    done = subprocess.run([paths.program("catalog-worker"), "--status", "--set",
                           "admin.listen=127.0.0.1:%d" % worker.admin_port], capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done
    return done.stdout


def test_what_redis_and_the_catalog_make_wait(world):
    worker = world.worker(breaker_failures=3, breaker_open_ms=2000, breaker_open_max_ms=2000, breaker_refusals=5,
                          pause_probe_ms=60000)
    idle = wait_why(worker, "no_lag")
    assert idle["waiting_for"] == "" and not [p for p in idle["partitions"] if p["oldest"]]
    assert worker.metrics()['catalog_sync_why{reason="no_lag"}'] == 1
    assert "no_lag: there is nothing to do" in show(worker)

    until_ms = int(time.time() * 1000) + 6000
    world.redis.command("HSET", BASE + "c:default:p:held", "hb", "an-operator", "hu", str(until_ms))
    positions = world.publish(world.updated("held", 1))
    held = wait_why(worker, "lease")
    assert oldest(held)["product_id"] == "held" and oldest(held)["sku"] == "SKU-held"
    assert oldest(held)["waits_for"] == "lease" and 0 < held["why"]["ends_in_ms"] <= 6000
    world.results(positions)

    world.sim.set(down=True)
    positions = world.publish(*[world.updated(n, 1) for n in range(8)])
    failing = wait_why(worker, "catalog_failing")
    assert failing["why"]["catalog"] == "default" and failing["catalogs"][0]["state"] == "failing"
    world.write_token("EAAwrong")
    time.sleep(1)  # the file is looked at now and then
    world.sim.set(down=False)
    refused = wait_why(worker, "credentials_refused")
    assert "catalog default" in refused["waiting_for"] and refused["why"]["until"] and refused["why"]["ends_in_ms"] > 0
    assert oldest(refused)["waits_for"] == "gate" and oldest(refused)["age_ms"] >= 0
    assert sum(p["lag"] or 0 for p in refused["partitions"]) == 8
    worker.wait_log('"reason":"credentials_refused"', 20)
    reasons = {k: v for k, v in worker.metrics().items() if k.startswith("catalog_sync_why{")}
    assert [k for k, v in reasons.items() if v] == ['catalog_sync_why{reason="credentials_refused"}']
    text = show(worker)
    assert "credentials_refused: the catalog refuses the token" in text and "catalog default" in text and "lag " in text
    world.write_token(worlds.TOKEN)
    world.results(positions, 60)
    worker.wait_log("things move again", 20)
    assert worker.log_text().count('"message":"nothing moves"') <= 4, "one line a change that lasts"

    for kind in ("create", "update"):
        world.sim.fault("error", times=100000, match={"kind": kind}, status=400, code=4711, message="Not well")
    world.publish(*[world.updated(n, 1) for n in range(20, 40)])
    wait_why(worker, "catalog_refusing")
    world.sim.clear_faults()
    world.sim.set(throttle_regain_minutes=1)
    world.sim.fault("throttle_80009", times=100)
    throttled = wait_why(worker, "throttled", 90)
    assert throttled["why"]["ends_in_ms"] > 0
    world.redis.restart(while_down=lambda: wait_why(worker, "redis_down"))


def test_the_budget_and_lost_memory(world):
    worker = world.worker(catalog_rate_per_hour=60, window_records=16)
    positions = world.publish(*[world.updated(n, 1) for n in range(400)])
    budget = wait_why(worker, "call_budget", 60)
    assert budget["why"]["catalog"] == "default" and budget["catalogs"][0]["budget_wait_ms"] > 0
    wait_until(lambda: any(p["window_full"] for p in worker.status()["partitions"]), 20, "a window is full")
    assert not set(positions) <= set(world.results_by_position())
    world.redis.restart(keep_data=False, kill=True)
    quiet = wait_why(worker, "redis_quiet_time")
    assert 0 < quiet["why"]["ends_in_ms"] <= 5000


def test_an_idle_worker_takes_a_rebuild_over_from_the_dead(world):
    worker = world.worker()
    world.sync(world.updated(1, 7))
    now_ms = int(time.time() * 1000)
    epoch = "%016d" % (int(world.redis.command("HGET", BASE + "g", "ep")) + 1)
    world.redis.command("HSET", BASE + "g", "ep", epoch, "rd", "0", "bt", "00000000deadbeef", "bu", str(now_ms + 8000),
                        "q", str(now_ms))
    wait_why(worker, "redis_rebuilt_elsewhere")
    worker.wait_log("was rebuilt from the result topic", 30)
    wait_until(lambda: world.redis.command("HGET", BASE + "g", "rd") == "1", 20, "the epoch is ready")
    worker.wait_ready()
    assert world.sync(world.updated(1, 6))[0]["outcome"] == "superseded"


def largest_result(world, size_bytes):
    admin = AdminClient({"bootstrap.servers": world.broker.bootstrap})
    resource = ConfigResource("topic", world.topics["results"], set_config={"max.message.bytes": str(size_bytes)})
    for done in admin.alter_configs([resource]).values():
        done.result(20)


@pytest.mark.only("apache")  # the mock cluster refuses no record
def test_results_that_kafka_does_not_acknowledge(world):
    worker = world.worker()
    world.sync(world.updated("first", 1))
    largest_result(world, 20)
    positions = world.publish(world.updated(1, 1))
    waits = wait_why(worker, "results_unacknowledged", 60)
    assert oldest(waits)["waits_for"] == "result_ack" and oldest(waits)["product_id"] == "1"
    largest_result(world, 1048588)
    world.results(positions, 60)
    wait_why(worker, "no_lag", 60)
