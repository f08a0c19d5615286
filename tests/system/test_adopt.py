"""catalog-publish --adopt: items that a shop has already become known, and no duplicate arises."""

import http.server
import json
import signal
import subprocess
import threading

import adoptctl
import procs
import pytest
import world as worlds


def shop(count, **fields):
    return [worlds.product("a%d" % n, 10 + n, **fields) for n in range(count)]


def rows_of(products, ids):
    return [{"product_id": p["product_id"], "sku": p["sku"], "catalog_id": i} for p, i in zip(products, ids)]


def wait_ready_memory(world):
    """A worker has made the memory ready; it is stopped again."""
    worker = world.worker()
    worker.stop()


def test_each_kind_is_told_and_only_matches_are_recorded(world, tmp_path):
    products = shop(8)
    ids = adoptctl.create_items(world, products[:6])
    rows = rows_of(products[:3], ids) + [
        {"product_id": "a3", "sku": "SKU-a3", "catalog_id": ids[4]},  # the SKU's item is another one
        {"product_id": "a6", "sku": "SKU-a6", "catalog_id": ids[5]},  # the id is another SKU's
        {"product_id": "a7", "sku": "SKU-a7", "catalog_id": "99999"},  # there is nothing
        {"product_id": "b1", "sku": "SKU-b", "catalog_id": "5"}, {"product_id": "b2", "sku": "SKU-b", "catalog_id": "6"},
        {"product_id": "c", "sku": "", "catalog_id": "7"}]
    path = adoptctl.write_csv(tmp_path / "shop.csv", rows)
    worker = world.worker()
    code, told, errors = adoptctl.run(world, "--adopt", "--report", tmp_path / "report.jsonl", path)
    assert code == 1 and "--yes" in errors and "c" not in adoptctl.adopted(world), errors
    assert adoptctl.adopted(world) == {}
    assert [told[k] for k in ("match", "missing", "other_sku", "other_id", "repeated", "wrong", "recorded")] == [3, 1, 1, 1, 2, 1, 0]
    assert "sku is missing" in errors
    report = {r["product_id"]: r for r in map(json.loads, open(tmp_path / "report.jsonl"))}
    assert report["a3"]["verdict"] == "other_id" and report["a3"]["found_catalog_id"] == ids[3]
    assert report["a6"]["verdict"] == "other_sku" and report["a6"]["found_sku"] == "SKU-a5"
    code, told, errors = adoptctl.run(world, "--adopt", "--yes", path)
    assert code == 1 and told["recorded"] == 3 and told["match"] == 0, errors
    results = adoptctl.adopted(world)
    assert sorted(results) == ["a0", "a1", "a2"]
    assert results["a1"]["outcome"] == "skipped" and results["a1"]["catalog_id"] == ids[1] and results["a1"]["sku"] == "SKU-a1"
    # once more: nothing is left to do, and nothing is written twice
    written = len(world.reader("results").read_to_end())
    code, told, _ = adoptctl.run(world, "--adopt", "--yes", path)
    assert told["remembered"] == 3 and told["recorded"] == 0 and len(world.reader("results").read_to_end()) == written
    # their first events update by id
    world.sim.wait_idle()
    before = len(world.calls())
    done = world.sync(*[world.event(dict(p, name="new")) for p in products[:3]])
    assert [r["outcome"] for r in done] == ["updated"] * 3 and [r["catalog_id"] for r in done] == ids[:3]
    assert {c["kind"] for c in world.calls()[before:]} == {"update"}
    assert world.sim.counters()["duplicate_items"] == 0 and len(world.items()) == 6
    assert world.items()["SKU-a0"]["name"] == "new"
    del worker


def test_a_rebuild_finds_what_was_adopted(world, tmp_path):
    products = shop(40)
    ids = adoptctl.create_items(world, products)
    path = adoptctl.write_csv(tmp_path / "shop.csv", rows_of(products, ids))
    worker = world.worker()
    code, told, errors = adoptctl.run(world, "--adopt", "--yes", path)
    assert code == 0 and told["recorded"] == 40, errors
    first = world.sync(world.event(products[0]))[0]
    assert first["outcome"] == "updated"
    world.redis.command("FLUSHALL")
    before = len(world.calls())
    done = world.sync(*[world.event(dict(p, version=p["version"] + 1000)) for p in products], timeout_s=90)
    assert {r["outcome"] for r in done} == {"updated"} and [r["catalog_id"] for r in done] == ids
    assert {c["kind"] for c in world.calls()[before:]} == {"update"}
    assert world.sync(world.event(dict(products[0], version=3)))[0]["outcome"] == "superseded"
    worker.wait_ready()


def test_newer_memory_is_left_alone(world, tmp_path):
    products = shop(3)
    ids = adoptctl.create_items(world, products)
    world.worker()
    done = world.sync(world.event(products[0]), world.event(worlds.product("other", 5, sku="SKU-a1")))
    assert done[0]["current_version"] == 10
    path = adoptctl.write_csv(tmp_path / "shop.csv", rows_of(products, ids))
    code, told, errors = adoptctl.run(world, "--adopt", "--yes", path)
    assert code == 1 and (told["remembered"], told["taken"], told["recorded"]) == (1, 1, 1), errors
    assert sorted(adoptctl.adopted(world)) == ["a2"]
    assert world.sync(world.event(products[0], event_id="again"))[0]["outcome"] == "unchanged"


def end_holds(world):
    """Those that a killed operator left end within a minute: a test need not see the minute pass."""
    held = 0
    for key in world.redis.command("KEYS", "{cs1}:1:c:default:p:*"):
        until = world.redis.command("HGET", key, "hu")
        if until:
            held += 1
            now_s, _ = world.redis.command("TIME")
            assert int(until) - int(now_s) * 1000 <= 61 * 1000, "%s is held for too long" % key
            world.redis.command("HSET", key, "hu", str(int(now_s) * 1000 + 1000))
    assert held > 0, "busy, and nothing is held"


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_stopped_in_the_middle_it_is_completed_by_running_it_again(world, tmp_path, how):
    products = shop(1500)
    ids = adoptctl.create_items(world, products)
    path = adoptctl.write_csv(tmp_path / "shop.csv", rows_of(products, ids))
    wait_ready_memory(world)
    process = subprocess.Popen(adoptctl.command(world, "--adopt", "--yes", path), stdin=subprocess.DEVNULL,
                               stderr=subprocess.PIPE)
    procs.wait_until(lambda: adoptctl.adopted(world) or process.poll() is not None, 60, "the first ones are recorded", 0.001)
    process.send_signal(how)
    process.communicate(timeout=60)
    code, told, errors = adoptctl.run(world, "--adopt", "--yes", path)
    if code and told["busy"]:  # a kill leaves products held for up to a minute; it ends by itself
        end_holds(world)
        def done():
            result, told, _ = adoptctl.run(world, "--adopt", "--yes", path)
            return result == 0
        procs.wait_until(done, 120, "holds end", 1)
    else:
        assert code == 0, errors
    code, told, _ = adoptctl.run(world, "--adopt", "--yes", path)
    assert code == 0 and told["remembered"] == 1500
    assert len(adoptctl.adopted(world)) == 1500
    world.worker()
    done = world.sync(*[world.event(p) for p in products[:20] + products[-20:]])
    assert {r["outcome"] for r in done} == {"updated"} and len(world.items()) == 1500


@pytest.mark.only("dev-kafka")  # nothing of it depends on the broker
def test_throttles_are_waited_out_and_a_bad_token_is_named(world, tmp_path):
    products = shop(150)
    ids = adoptctl.create_items(world, products)
    path = adoptctl.write_csv(tmp_path / "shop.csv", rows_of(products, ids))
    world.sim.fault("throttle_613", times=1)
    world.sim.fault("http500", times=2)
    code, told, errors = adoptctl.run(world, "--adopt", "--dry-run", path)
    assert code == 0 and told["match"] == 150 and told["calls"] == 2 + 3, errors
    world.sim.expire_token(worlds.TOKEN)
    code, told, errors = adoptctl.run(world, "--adopt", "--yes", path)
    assert code == 1 and "does not accept the token: renew it" in errors and told["unseen"] == 150
    assert worlds.TOKEN not in errors


@pytest.mark.only("dev-kafka")  # nothing of it depends on the broker
def test_it_waits_for_a_memory_that_is_ready_and_checks_its_rows(world, tmp_path):
    ids = adoptctl.create_items(world, shop(1))
    path = adoptctl.write_csv(tmp_path / "shop.csv", rows_of(shop(1), ids))
    code, _, errors = adoptctl.run(world, "--adopt", "--yes", path)
    assert code == 1 and "Redis holds no memory of this fleet" in errors
    (tmp_path / "bad.jsonl").write_text('{"product_id":1,"sku":"x","catalog_id":"abc"}\n{"product_id":1,"sku":"x"}\n'
                                        '{"product_id":1,"sku":"x","catalog_id":"1","catalog":"eu"}\nnonsense\n')
    code, told, errors = adoptctl.run(world, "--adopt", "--dry-run", tmp_path / "bad.jsonl")
    assert code == 1 and told["wrong"] == 4 and told["calls"] == 0
    assert "line 1: catalog_id is not a number" in errors and "line 2: catalog_id is missing" in errors
    assert "line 3: catalog eu is not configured" in errors and "line 4: not JSON at byte" in errors


class Doubling(http.server.BaseHTTPRequestHandler):
    """A catalog with two items for every SKU that begins with D, which the simulator never has. Pages are as short as asked."""

    def do_GET(self):
        query = urllib_query(self.path)
        wanted = json.loads(query["filter"][0])["retailer_id"]["is_any"]
        items = [{"id": str(1000 + 10 * int(sku[1:]) + n), "retailer_id": sku} for sku in wanted
                 for n in range(2 if sku.startswith("D") else 1)]
        body = json.dumps({"data": items[:int(query["limit"][0])]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def urllib_query(path):
    import urllib.parse
    return urllib.parse.parse_qs(urllib.parse.urlsplit(path).query)


@pytest.mark.only("dev-kafka")  # nothing of it depends on the broker
def test_doubled_items_are_told_and_hide_no_other(world, tmp_path):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Doubling)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    rows = [{"product_id": n, "sku": "%s%d" % ("D" if n < 30 else "S", n), "catalog_id": 1000 + 10 * n} for n in range(100)]
    path = adoptctl.write_csv(tmp_path / "shop.csv", rows)
    code, told, errors = adoptctl.run(world, "--adopt", "--dry-run", path,
                                      catalog_base_url="http://127.0.0.1:%d" % server.server_address[1])
    server.shutdown()
    assert code == 1 and told["doubled"] == 30 and told["match"] == 70 and told["missing"] == 0, errors
