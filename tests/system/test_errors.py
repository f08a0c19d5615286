"""Every class of answer the catalog can give (catalog-api.md section 7), and what becomes of the event."""

import time

import pytest
from procs import wait_until
from world import TOKEN, product

# One product each: (name, fault, details, what it ends as, whether another call follows). A class that stops the whole
# catalog has tests of its own below.
PASSING = [
    ("http500", {}, "created"),
    ("http500_99", {}, "created"),
    ("code2", {}, "created"),
    ("http503", {}, "created"),
    ("unavailable_200", {}, "created"),
    ("html_502", {}, "created"),
    ("empty_500", {}, "created"),
    ("success_false", {}, "created"),
    ("truncated_json", {}, None),
    ("cut_body", {}, None),
    ("slow_body", {}, None),
    ("close", {}, "created"),
    ("reset_before", {}, None),
    ("reset_after", {}, None),
    ("hang_before", {}, None),
    ("hang_after", {}, None),
    ("late", {}, None),
    ("error", {"status": 400, "code": 960, "message": "Batch request timed out"}, "created"),
    ("error", {"status": 500, "code": 4711, "message": "Nobody knows this one"}, "created"),
]
REFUSED = [
    ("permanent_100", {}, 100),
    ("error", {"status": 400, "code": 100, "message": "(#100) The parameter price is required"}, 100),
    ("error", {"status": 400, "code": 10801, "message": "(#10801) \"image_url\" must be specified."}, 10801),
    ("error", {"status": 400, "code": 506, "message": "Duplicate status message"}, 506),
    ("error", {"status": 400, "code": 1609005, "message": "Error parsing this link"}, 1609005),
    ("error", {"status": 400, "code": 2500, "message": "Error parsing graph query"}, 2500),
]


def by_sku(sku):
    return {"retailer_id": sku}


def test_what_passes_is_tried_again_and_what_is_refused_is_a_dead_letter(world):
    world.sim.set(slow_body_ms=1500)
    for number, (kind, details, _) in enumerate(PASSING):
        world.sim.fault(kind, match=by_sku("SKU-p%d" % number), **details)
    for number, (kind, details, _) in enumerate(REFUSED):
        world.sim.fault(kind, times=50, match=by_sku("SKU-r%d" % number), **details)
    world.worker(breaker_failures=1000, breaker_refusals=1000)
    passing = world.publish(*[world.updated("p%d" % n, 1) for n in range(len(PASSING))])
    refused = world.publish(*[world.updated("r%d" % n, 1) for n in range(len(REFUSED))])
    for (kind, _, outcome), result in zip(PASSING, world.results(passing, 60)):
        assert result["outcome"] in ((outcome,) if outcome else ("created", "updated")), (kind, result)
        assert result["catalog_id"], kind
    for (kind, details, code), result in zip(REFUSED, world.results(refused, 60)):
        assert result["outcome"] == "failed" and result["error"]["code"] == code, (kind, result)
        assert result["error"]["message"] and result["error"]["fbtrace_id"] and result["error"]["http_status"] == 400
    items = world.items()
    assert all("SKU-p%d" % n in items for n in range(len(PASSING)))
    letters = {letter.headers["dlq-product-id"].decode(): letter for letter in world.dead()}
    assert set(letters) == {"r%d" % n for n in range(len(REFUSED))}
    assert all(letters["r%d" % n].headers["dlq-code"] == str(code).encode() for n, (_, _, code) in enumerate(REFUSED))
    world.account()


@pytest.mark.parametrize("shape", ["33", "13", "803", "33old", "retailer"])
def test_an_item_deleted_by_hand_is_made_again(world, shape):
    world.worker()
    world.one_by_one(world.updated(7, 1))
    world.sim.set_knobs({"not_found.shape": shape})
    world.sim.delete_item("SKU-7")
    result, = world.sync(world.updated(7, 2, name="Again"))
    assert world.item("SKU-7")["name"] == "Again" and result["catalog_id"] == world.item("SKU-7")["id"]
    world.sim.delete_item("SKU-7")
    gone, = world.sync(world.deleted(7, 3))
    assert gone["outcome"] in ("deleted", "skipped")
    world.account()


@pytest.mark.parametrize("version", ["v21.0", "v23.0", "v25.0"])
@pytest.mark.parametrize("data,shape", [("always", "object"), ("always", "string"), ("never", "object")])
def test_an_item_that_exists_already_is_adopted(world, version, data, shape):
    world.sim.set_knobs({"duplicate.error_data": data, "error_data.shape": shape})
    world.worker(catalog_api_version=version)
    world.one_by_one(world.updated(7, 1))
    world.workers[0].terminate()
    world.redis.command("FLUSHALL")
    world.forget_results()
    world.worker(catalog_api_version=version)
    result, = world.sync(world.updated(7, 2, name="Known again"))
    item, = world.sim.items()
    assert item["name"] == "Known again" and result["catalog_id"] == item["id"]


@pytest.mark.parametrize("version", ["v23.0", "v25.0"])
def test_a_lost_answer_to_a_create_doubles_nothing(world, version):
    world.sim.fault("reset_after", times=10, match={"kind": "create"})
    world.worker(catalog_api_version=version, breaker_failures=1000)
    results = world.sync(*[world.updated(n, 1) for n in range(10)], timeout_s=60)
    assert all(r["outcome"] in ("created", "updated") and r["catalog_id"] for r in results)
    assert len(world.sim.items()) == 10
    world.account()


@pytest.mark.parametrize("kind", ["throttle_80009", "throttle_4", "throttle_17", "throttle_613", "throttle_32",
                                  "throttle_341"])
def test_a_throttle_is_waited_for_and_kills_nothing(world, kind):
    world.sim.set(throttle_regain_minutes=0)
    world.worker()
    world.sim.fault(kind, times=3)
    results = world.sync(*[world.updated(n, 1) for n in range(5)], timeout_s=90)
    assert all(r["outcome"] in ("created", "updated") for r in results) and len(world.items()) == 5
    assert not world.dead()
    world.account()


def test_an_expired_token_pauses_and_its_replacement_in_the_file_resumes(world):
    worker = world.worker(pause_probe_ms=60000)
    world.sync(world.updated(1, 1))
    world.sim.expire_token(TOKEN)
    positions = world.publish(*[world.updated(n, 1) for n in range(2, 30)])
    wait_until(lambda: "refused" in str(worker.status()["catalogs"]), 15, "the catalog is paused")
    calls = len(world.calls())
    time.sleep(1.5)
    assert len(world.calls()) - calls <= 2, "a paused catalog is left alone"
    assert worker.running() and worker.alive()
    world.sim.set_tokens(["EAAfresh-token"])
    world.write_token("EAAfresh-token")
    results = world.results(positions, 30)
    assert all(r["outcome"] in ("created", "updated") and r["catalog_id"] for r in results)
    assert not world.dead() and "EAAfresh-token" not in worker.log_text()
    world.account()


@pytest.mark.parametrize("code", [10, 200])
def test_a_missing_permission_pauses_and_a_probe_resumes(world, code):
    worker = world.worker(pause_probe_ms=500)
    world.sim.deny_token(TOKEN, code)
    positions = world.publish(*[world.updated(n, 1) for n in range(10)])
    wait_until(lambda: "refused" in str(worker.status()["catalogs"]), 15, "the catalog is paused")
    world.sim.set_tokens([TOKEN])
    assert all(r["outcome"] in ("created", "updated") for r in world.results(positions, 30))
    assert len(world.items()) == 10
    assert not world.dead()
    world.account()


def test_a_stubborn_failure_dies_while_the_catalog_works_for_others(world):
    world.sim.fault("http500", times=1000, match=by_sku("SKU-bad"))
    world.worker(retry_max_attempts=3, retry_backoff_max_ms=200)
    bad, = world.publish(world.updated("bad", 1))
    for round_ in range(1, 40):
        world.sync(world.updated("good", round_, name="Good %d" % round_))
        if bad in world.results_by_position():
            break
    result, = world.results([bad], 20)
    assert (result["outcome"], result["reason"]) == ("failed", "attempts")
    assert result["error"]["code"] == 1 and result["attempts"] >= 3
    assert [letter.headers["dlq-product-id"] for letter in world.dead()] == [b"bad"]
    world.account()


def test_appsecret_proof_is_sent_and_the_secret_is_not_shown(world):
    world.sim.stop()
    secret_file = world.token_file + ".secret"
    with open(secret_file, "w") as out:
        out.write("hush-app-secret\n")
    world.sim.knobs["proof"] = "require"
    world.sim.extra_arguments = ["--app-secret-file", secret_file]
    world.sim.start()
    worker = world.worker(catalog_app_secret_file=secret_file)
    assert world.sync(world.event(product(7, 1)))[0]["outcome"] == "created"
    assert "hush-app-secret" not in worker.log_text()
