"""catalog-sim by itself: every error shape and every setting, over plain HTTP (catalog-api.md sections 1-3 and 7-9)."""

import base64
import hashlib
import hmac
import http.client
import json
import os
import socket
import subprocess
import threading
import time
import urllib.parse

import paths
import pytest
from catalog_sim import CatalogSim
from simclient import CATALOG, ITEM, OTHER, SECOND, SECRET, TOKEN, Client


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    home = tmp_path_factory.mktemp("sim")
    (home / "secret").write_text(SECRET + "\n")
    sim = CatalogSim(paths.program("catalog-sim"), home, [CATALOG, OTHER], [TOKEN, SECOND], {"keepalive.timeout.ms": 20000})
    sim.extra_arguments = ["--app-secret-file", str(home / "secret")]
    sim.start()
    sim.original = sim._ask("settings")
    yield sim
    sim.stop()
    log = sim.process.log_tail(200)
    assert "Sanitizer" not in log and "assert" not in log, log


@pytest.fixture
def sim(running):
    yield running
    running.set_knobs(running.original)
    running.set_tokens([TOKEN, SECOND])
    running._ask("reset", {})


@pytest.fixture
def api(sim):
    return Client(sim.url)


def run(*arguments):
    return subprocess.run([paths.program("catalog-sim"), *arguments], capture_output=True, text=True, timeout=10)


# -- the command line --------------------------------------------------------------------------------------------------


def test_help_lists_every_setting(sim):
    help_ = run("--help")
    assert help_.returncode == 0
    for knob in sim.original:
        assert "\n  %s=" % knob in help_.stdout, knob


def test_version():
    assert run("--version").stdout.startswith("catalog-sim ")


@pytest.mark.parametrize("arguments, named", [
    (["--set", "latencies.ms=1"], "latencies.ms"),
    (["--set", "latency.ms=-1"], "latency.ms"),
    (["--set", "latency.ms=nan"], "latency.ms"),
    (["--set", "latency.kind=normal"], "latency.kind"),
    (["--set", "hang.ms=1.5"], "hang.ms"),
    (["--set", "strict.commerce=yes"], "strict.commerce"),
    (["--set", "fault.http500.percent=101"], "fault.http500.percent"),
    (["--set", "fault.http501.percent=1"], "fault.http501.percent"),
    (["--set", "usage.header.type=a\"b"], "usage.header.type"),
    (["--set", "seed"], "KEY=VALUE"),
    (["--catalog", "shoes"], "shoes"),
    (["--catalog", "1", "--catalog", "1"], "'1'"),
    (["--token", ""], "tokens"),
    (["--token-file", "/no/such/file"], "/no/such/file"),
    (["--proof", "require"], "app-secret"),
    (["extra"], "extra"),
    (["--no-such-option"], "no-such-option"),
])
def test_wrong_usage(arguments, named):
    result = run(*arguments)
    assert result.returncode == 2
    assert named in result.stderr


def test_config_file_errors_name_the_line(tmp_path):
    (tmp_path / "sim.conf").write_text("# a comment\n\nlatency.ms=5\nlatency.ms=much\n")
    result = run("--config", str(tmp_path / "sim.conf"))
    assert result.returncode == 2
    assert "line 4" in result.stderr and "latency.ms" in result.stderr


def test_taken_address(sim):
    result = run("--listen", urllib.parse.urlsplit(sim.url).netloc)
    assert result.returncode == 1
    assert "in use" in result.stderr
    assert run("--listen", "nonsense").returncode == 1


def test_line_config_and_signals(tmp_path):
    (tmp_path / "sim.conf").write_text("latency.ms=7\nseed=3\n")
    process = subprocess.Popen([paths.program("catalog-sim"), "--config", str(tmp_path / "sim.conf"), "--seed", "9"],
                               stdout=subprocess.PIPE, text=True)
    url = process.stdout.readline().split("listening on ")[1].strip()
    settings = Client(url).call("GET", "_sim/settings", version="").json
    assert (settings["latency.ms"], settings["seed"]) == (7, 9)
    assert Client(url, "sim-token").create().status == 200
    waiting = Client(url, "sim-token")
    Client(url).call("POST", "_sim/settings", {"latency.ms": 5000}, version="")
    thread = threading.Thread(target=lambda: pytest.raises(Exception, waiting.create))
    thread.start()
    time.sleep(0.1)
    process.terminate()
    assert process.wait(3) == 0
    thread.join()
    process.stdout.close()


# -- creating ----------------------------------------------------------------------------------------------------------


def test_create_answers_the_id_and_stores_the_item(sim, api):
    answer = api.create(description="Two\nlines \"quoted\" é", availability="preorder", custom_label_0="x", unknown="y")
    assert answer.status == 200
    assert list(answer.json) == ["id"]
    assert 15 <= len(answer.json["id"]) <= 17 and answer.json["id"].isdigit()
    (item,) = sim.items()
    assert item["id"] == answer.json["id"]
    assert (item["retailer_id"], item["price"], item["availability"]) == ("SKU-1", 1999, "preorder")
    assert item["description"] == "Two\nlines \"quoted\" é"
    assert (item["condition"], item["visibility"], item["writes"]) == ("new", "published", 1)
    assert "unknown" not in item


def test_success_extra(sim, api):
    sim.set(success_extra=True)
    assert api.create().json["success"] is True


@pytest.mark.parametrize("change, code, message", [
    ({"price": "1999"}, 100, "(#100) Param price must be an integer"),
    ({"price": 19.99}, 100, "(#100) Param price must be an integer"),
    ({"price": True}, 100, "(#100) Param price must be an integer"),
    ({"price": -1}, 100, "(#100) Param price must be greater than or equal to 0"),
    ({"inventory": "7"}, 100, "(#100) Param inventory must be an integer"),
    ({"brand": 7}, 100, "(#100) Param brand must be a string"),
    ({"retailer_id": 7}, 100, "(#100) Param retailer_id must be a string"),
    ({"retailer_id": "x" * 101}, 100, "(#100) Param retailer_id must be at most 100 characters long"),
    ({"description": "x" * 5001}, 100, "(#100) Param description must be at most 5000 characters long"),
    ({"currency": "usd"}, 100, "(#100) Param currency must be a valid ISO 4217 currency code"),
    ({"additional_image_urls": {"a": 1}}, 100, "(#100) Param additional_image_urls must be an array"),
    ({"allow_upsert": "maybe"}, 100, "(#100) Param allow_upsert must be a boolean"),
    ({"name": None}, 100, "(#100) The parameter name is required"),
    ({"name": ""}, 100, "(#100) The parameter name is required"),
    ({"currency": None}, 100, "(#100) The parameter currency is required"),
    ({"price": None}, 100, "(#100) The parameter price is required"),
    ({"retailer_id": None}, 100, "(#100) The parameter retailer_id is required"),
    ({"image_url": None}, 10801, "(#10801) Either \"uploaded_image_id\" or \"image_url\" must be specified."),
    ({"image_url": "/media/a.png"}, 100, "(#100) Param image_url is not a valid URI."),
    ({"image_url": ""}, 100, "(#100) Param image_url is not a valid URI."),
    ({"image_url": "data:image/png;base64,AA=="}, 100, "(#100) Param image_url is not a valid URI."),
    ({"url": "shop.example/p"}, 100, "(#100) Param url is not a valid URI."),
    ({"visibility": "hidden"}, 100, "(#100) Param visibility must be one of {staging, published}"),
])
def test_create_refused(sim, api, change, code, message):
    answer = api.create(**{k: v for k, v in change.items()})
    assert answer.status == 400
    assert (answer.error["code"], answer.error["message"]) == (code, message)
    assert answer.error["type"] == "OAuthException" and answer.error["fbtrace_id"]
    assert sim.items() == []


def test_availability_is_spelt_with_spaces(api):
    answer = api.create(availability="in_stock")
    assert answer.error["message"].startswith("(#100) Param availability must be one of {in stock, out of stock, ")


def test_order_of_the_checks(api):
    assert "price must be an integer" in api.create(price="1", name=None).error["message"]
    assert "name is required" in api.create(name=None, image_url=None).error["message"]
    assert api.create(image_url=None, availability="no").error["code"] == 10801
    assert "valid URI" in api.create(image_url="x", availability="no").error["message"]


@pytest.mark.parametrize("choice, text", [("image_url", "(#10801) \"image_url\" must be specified."),
                                          ("file", "(#10801) Either \"file\" or \"url\" must be specified")])
def test_image_error_text(sim, api, choice, text):
    sim.set_knobs({"image.error.text": choice})
    assert api.create(image_url=None).error["message"] == text


def test_strict_commerce(sim, api):
    sim.set(strict_commerce=True)
    answer = api.create()
    assert answer.error["message"] == "Invalid parameter"
    assert answer.error["error_user_msg"].startswith("Products without \"description\" information can't be uploaded.")
    assert "\"brand\"" in api.create(description="d", url="https://a.b/c").error["error_user_msg"]
    assert api.create(description="d", url="https://a.b/c", brand="b").status == 200


def test_retailer_id_length_and_items_max_are_settings(sim, api):
    sim.set_knobs({"retailer_id.max.length": 4})
    assert api.create().error["code"] == 100
    sim.set_knobs({"retailer_id.max.length": 100, "items.max": 1})
    assert api.create().status == 200
    assert api.create(retailer_id="SKU-2").status == 500


def test_unknown_catalog(api):
    answer = api.create(catalog="1000000000009")
    assert answer.status == 400 and answer.code == (100, 33)
    assert answer.error["type"] == "GraphMethodException"
    assert answer.error["message"].startswith("Unsupported post request. Object with ID '1000000000009' does not exist")


def test_ids_depend_on_seed_and_retailer_id_only(sim, api):
    first = api.create().json["id"]
    sim._ask("reset", {})
    api.create(retailer_id="another")
    assert api.create().json["id"] == first
    assert api.create(catalog=OTHER).json["id"] != first
    sim._ask("reset", {})
    sim.set(seed=2)
    assert api.create().json["id"] != first


# -- duplicates --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version, more", [("v23.0", {}), ("v21.0", {"allow_upsert": True}), ("v24.0", {"allow_upsert": False})])
def test_duplicate_is_refused(sim, api, version, more):
    id_ = api.create().json["id"]
    answer = api.create(version=version, name="Other", **more)
    assert answer.status == 400
    assert answer.error["message"] == "(#10800) Duplicate retailer_id when attempting to create a product."
    assert answer.error["code"] == 10800
    assert answer.error["error_data"] == {"product_item_id": id_}
    assert sim.items()[0]["name"] == "Shoe"
    assert sim.counters()["duplicates_refused"] == 1


@pytest.mark.parametrize("version, more", [("v24.0", {}), ("v26.0", {"allow_upsert": True})])
def test_upsert(sim, api, version, more):
    id_ = api.create().json["id"]
    assert api.create(version=version, name="Other", **more).json["id"] == id_
    (item,) = sim.items()
    assert (item["name"], item["writes"]) == ("Other", 2)


def test_error_data_settings(sim, api):
    id_ = api.create().json["id"]
    sim.set_knobs({"error_data.shape": "string"})
    assert json.loads(api.create(version="v23.0").error["error_data"]) == {"product_item_id": id_}
    sim.set_knobs({"duplicate.error_data": "never"})
    assert "error_data" not in api.create(version="v23.0").error
    sim.set_knobs({"duplicate.error_data": "random", "error_data.shape": "random"})
    shapes = {type(api.create(version="v23.0").error.get("error_data")) for _ in range(60)}
    assert shapes == {type(None), str, dict}


def test_upsert_version_is_a_setting(sim, api):
    api.create()
    sim.set_knobs({"version.upsert.from": 26})
    assert api.create().error["code"] == 10800


def test_concurrent_creates_make_one_item(sim):
    sim.set_knobs({"latency.ms": 20, "latency.kind": "uniform"})
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(Client(sim.url, version="v23.0").create())) for _ in range(12)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    made = [a.json["id"] for a in answers if a.status == 200]
    assert len(made) == 1
    assert all(a.error["error_data"]["product_item_id"] == made[0] for a in answers if a.status != 200)
    assert sim.counters()["duplicate_items"] == 0 and len(sim.items()) == 1


# -- one item ----------------------------------------------------------------------------------------------------------


def test_update_is_partial(sim, api):
    id_ = api.create(brand="Acme").json["id"]
    answer = api.call("POST", id_, {"price": 2500, "visibility": "staging"})
    assert (answer.status, answer.json) == (200, {"success": True})
    (item,) = sim.items()
    assert (item["price"], item["visibility"], item["brand"]) == (2500, "staging", "Acme")
    assert api.call("POST", id_, {"retailer_id": "NEW"}).status == 200
    assert sim.items()[0]["retailer_id"] == "SKU-1"


def test_update_is_checked(api):
    id_ = api.create().json["id"]
    assert api.call("POST", id_, {"price": "1"}).error["message"] == "(#100) Param price must be an integer"
    assert api.call("POST", id_, {"image_url": "x"}).error["message"] == "(#100) Param image_url is not a valid URI."


def test_delete_twice(sim, api):
    id_ = api.create().json["id"]
    assert api.call("DELETE", id_).json == {"success": True}
    answer = api.call("DELETE", id_)
    assert answer.status == 400 and answer.code == (100, 33)
    assert answer.error["message"].startswith("Unsupported delete request. Object with ID '%s' does not exist, cannot be "
                                              "loaded due to missing permissions" % id_)
    assert api.call("GET", id_).error["message"].startswith("Unsupported get request.")
    again = api.create().json["id"]
    assert again != id_ and len(sim.items()) == 1


@pytest.mark.parametrize("shape, status, code, text", [
    ("33", 400, (100, 33), "Unsupported post request."),
    ("13", 400, (100, 13), "Unsupported post request."),
    ("803", 404, (803, None), "(#803) Some of the aliases you requested do not exist: "),
    ("33old", 400, (33, None), "(#33) This object does not exist or does not support this action"),
    ("retailer", 400, (100, None), "(#100) Could not find Product Item for catalog id %s, retailer id SKU-1" % CATALOG),
])
def test_not_found_shapes(sim, api, shape, status, code, text):
    id_ = api.create().json["id"]
    sim.delete_item("SKU-1")
    sim.set_knobs({"not_found.shape": shape})
    answer = api.call("POST", id_, {"name": "x"})
    assert (answer.status, answer.code) == (status, code)
    assert answer.error["message"].startswith(text)


def test_text_alias(api):
    answer = api.call("GET", "no-such-name")
    assert answer.status == 404 and answer.error["message"] == "(#803) Some of the aliases you requested do not exist: no-such-name"


def test_read_fields(api):
    id_ = api.create(price=123456).json["id"]
    answer = api.call("GET", id_ + "?fields=retailer_id,price,currency,product_group{id},image_fetch_status,review_status,errors")
    assert answer.json["price"] == "$1,234.56" and answer.json["retailer_id"] == "SKU-1"
    assert (answer.json["image_fetch_status"], answer.json["review_status"], answer.json["errors"]) == ("FETCHED", "approved", [])
    assert answer.json["product_group"]["id"]
    assert set(api.call("GET", id_).json) == {"id", "retailer_id", "name"}
    assert api.call("GET", id_ + "?fields=colour").error["code"] == 100


@pytest.mark.parametrize("currency, price, setting, shown", [
    ("IDR", 460000, "offset", "Rp460.000"), ("JPY", 1200, "offset", "¥1,200"), ("JPY", 120000, "cents", "¥1,200"),
    ("EUR", 5, "offset", "€0.05"), ("CHF", 1999, "offset", "CHF19.99")])
def test_localised_price(sim, api, currency, price, setting, shown):
    sim.set_knobs({"price.zero.decimal": setting})
    id_ = api.create(currency=currency, price=price).json["id"]
    assert api.call("GET", id_ + "?fields=price").json["price"] == shown


def test_image_and_review_fates(sim, api):
    sim.set_knobs({"image.fetch.ms": 60000, "review.ms": 60000})
    id_ = api.create(price=0).json["id"]
    fields = id_ + "?fields=image_fetch_status,review_status,errors"
    assert api.call("GET", fields).json["image_fetch_status"] == "NO_STATUS"
    assert api.call("GET", fields).json["review_status"] == "pending"
    sim.set_knobs({"image.fetch.ms": 0, "review.ms": 0, "image.fail.percent": 100, "review.reject.percent": 100})
    answer = api.call("GET", fields).json
    assert (answer["image_fetch_status"], answer["review_status"]) == ("FETCH_FAILED", "rejected")
    assert [e["error_type"] for e in answer["errors"]] == ["IMAGE_FETCH_FAILED", "ITEM_PRICE_NOT_POSITIVE"]
    assert api.lookup(return_only_approved_products="true").json["data"] == []


# -- addressing by retailer id -----------------------------------------------------------------------------------------


def address(retailer_id, encode=base64.urlsafe_b64encode, padded=False):
    text = encode(retailer_id.encode()).decode()
    return "catalog:%s:%s" % (CATALOG, text if padded else text.rstrip("="))


def test_catalog_address(sim, api):
    name = "SKU?>~é/1"
    id_ = api.create(retailer_id=name).json["id"]
    for encode in (base64.urlsafe_b64encode, base64.b64encode):
        for padded in (True, False):
            path = address(name, encode, padded)
            for written in (path, urllib.parse.quote(path, safe=""), path + "/"):
                assert api.call("GET", written + "?fields=id").json["id"] == id_
    assert api.call("POST", address(name), {"name": "New"}).json == {"success": True}
    assert sim.items()[0]["name"] == "New"


def test_catalog_address_missing(api):
    answer = api.call("GET", address("590"))
    assert answer.error["message"] == "(#100) Could not find Product Item for catalog id %s, retailer id 590" % CATALOG
    assert answer.code == (100, None)
    assert api.call("GET", "catalog:%s:!!!" % CATALOG).status == 400


def test_catalog_address_delete_is_a_setting(sim, api):
    api.create()
    assert api.call("DELETE", address("SKU-1")).code == (100, 33)
    sim.set_knobs({"catalog.address.delete": True})
    assert api.call("DELETE", address("SKU-1")).json == {"success": True}
    assert sim.items() == []


# -- lookups -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def shop(sim, api):
    """Five items; the third out of stock."""
    return {n: api.create(retailer_id=n, name="Lamp " + n, price=100 * i,
                          availability="out of stock" if i == 3 else "in stock").json["id"]
            for i, n in enumerate(("a1", "a2", "b1", "b\"2", "c,3"), 1)}


def names(answer):
    return [row["retailer_id"] for row in answer.json["data"]]


@pytest.mark.parametrize("filter_, found", [
    ({"retailer_id": {"eq": "a1"}}, ["a1"]),
    ({"retailer_id": {"eq": "A1"}}, []),
    ({"retailer_id": {"eq": "b\"2"}}, ["b\"2"]),
    ({"retailer_id": {"neq": "a1"}}, ["a2", "b1", "b\"2", "c,3"]),
    ({"retailer_id": {"is_any": ["c,3", "a1", "zz", "a1"]}}, ["a1", "c,3"]),
    ({"retailer_id": {"is_not_any": ["a1", "a2"]}}, ["b1", "b\"2", "c,3"]),
    ({"retailer_id": {"contains": "a"}}, ["a1", "a2"]),
    ({"name": {"i_contains": "LAMP B"}}, ["b1", "b\"2"]),
    ({"availability": {"eq": "out of stock"}}, ["b1"]),
    ({"visibility": {"eq": "published"}, "retailer_id": {"is_any": ["a1", "b1"]}}, ["a1", "b1"]),
    ({"price": {"gte": 200, "lt": 400}}, ["a2", "b1"]),
    ({"and": [{"retailer_id": {"is_any": ["a1", "b1"]}}, {"availability": {"neq": "in stock"}}]}, ["b1"]),
    ({"or": [{"retailer_id": {"eq": "a1"}}, {"retailer_id": {"eq": "a2"}}]}, ["a1", "a2"]),
    ({}, ["a1", "a2", "b1", "b\"2", "c,3"]),
])
def test_filters(api, shop, filter_, found):
    answer = api.lookup(filter_, fields="id,retailer_id")
    assert answer.status == 200
    assert names(answer) == found
    assert all(row["id"] == shop[row["retailer_id"]] for row in answer.json["data"])


def test_filter_by_item_id(api, shop):
    assert names(api.lookup({"product_item_id": {"is_any": [shop["a2"], "1"]}})) == ["a2"]
    assert names(api.lookup({"product_item_id": {"eq": shop["a2"]}}, catalog=OTHER)) == []


@pytest.mark.parametrize("filter_", ["not json", "[]", {"colours": {"eq": "x"}}, {"name": {"like": "x"}}, {"name": "x"},
                                     {"and": {}}, {"retailer_id": {"is_any": "a"}}, {"name": {"eq": None}}])
def test_bad_filter(sim, api, filter_):
    assert api.lookup(filter_).code == (100, None)
    sim.set_knobs({"bad.filter.code": 2500})
    assert api.lookup(filter_).code == (2500, None)


def test_paging(api, shop):
    assert api.lookup({"retailer_id": {"eq": "zz"}}).json == {"data": []}
    first = api.lookup(limit=2, summary="true", fields="retailer_id")
    assert first.json["summary"]["total_count"] == 5
    assert "previous" not in first.json["paging"]
    seen, answer = names(first), first
    while "next" in answer.json["paging"]:
        answer = api.call("GET", urllib.parse.urlsplit(answer.json["paging"]["next"])._replace(scheme="", netloc="").geturl()
                          .lstrip("/"), version="")
        seen += names(answer)
    assert seen == list(shop)
    back = api.lookup(limit=2, before=answer.json["paging"]["cursors"]["before"])
    assert names(back) == ["b1", "b\"2"] and "previous" in back.json["paging"]
    assert api.lookup(limit="many").code == (100, None)
    assert api.lookup(after="!!!!").code == (100, None)
    assert api.lookup(limit=0).json == {"data": []}
    assert api.lookup(limit=0, before=back.json["paging"]["cursors"]["before"]).status == 200


def test_default_limit(sim, api):
    for i in range(30):
        api.create(retailer_id="S%d" % i)
    assert len(api.lookup().json["data"]) == 25
    sim.set_knobs({"lookup.limit.default": 7})
    assert len(api.lookup().json["data"]) == 7


def test_next_carries_a_token_of_the_query_only(sim, api, shop):
    assert TOKEN not in api.lookup(limit=1).json["paging"]["next"]
    bare = Client(sim.url, token=None)
    assert "access_token=" + TOKEN in bare.lookup(limit=1, access_token=TOKEN).json["paging"]["next"]


def test_reduce_the_amount(sim, api, shop):
    sim.set_knobs({"lookup.limit.max": 100})
    answer = api.lookup(limit=101)
    assert answer.status == 500 and answer.code == (1, None)
    assert answer.error["message"] == "Please reduce the amount of data you're asking for, then retry your request"
    sim.set_knobs({"lookup.response.max.bytes": 100})
    assert api.lookup(limit=5).status == 500
    assert api.lookup(limit=1, fields="id").status == 500  # the paging counts too
    sim.set_knobs({"lookup.response.max.bytes": 1000})
    assert api.lookup(limit=1, fields="id").status == 200


def test_lookup_lags(sim, api):
    sim.set_knobs({"lookup.lag.ms": 250})
    id_ = api.create().json["id"]
    assert api.call("GET", id_).status == 200
    assert names(api.lookup({"retailer_id": {"eq": "SKU-1"}})) == []
    time.sleep(0.3)
    assert names(api.lookup({"retailer_id": {"eq": "SKU-1"}})) == ["SKU-1"]
    api.call("DELETE", id_)
    assert names(api.lookup()) == ["SKU-1"]
    time.sleep(0.3)
    assert names(api.lookup()) == []
    sim.set_knobs({"lookup.lag.ms": 3600000, "lookup.lag.kind": "random"})
    api.create()
    assert names(api.lookup()) == []


def test_other_edges(api):
    assert "localized_items_batch" in api.call("POST", CATALOG + "/localized_items_batch", {}).error["message"]
    assert api.call("POST", CATALOG + "/batch", {}).code == (100, None)
    assert api.call("POST", "", {"batch": "[]"}).code == (100, None)
    assert "nonexisting field (shoes)" in api.call("GET", CATALOG + "/shoes").error["message"]
    assert api.call("DELETE", CATALOG).code == (100, 33)
    assert api.call("PUT", CATALOG + "/products", b"").status == 400
    assert api.call("GET", CATALOG).json["id"] == CATALOG
    assert api.call("GET", "me").status == 200


# -- tokens and proofs -------------------------------------------------------------------------------------------------


def test_where_a_token_may_be(sim):
    bare = Client(sim.url, token=None)
    assert bare.call("GET", CATALOG, headers={"Authorization": "OAuth " + TOKEN}).status == 200
    assert bare.call("GET", CATALOG + "?access_token=" + TOKEN).status == 200
    assert bare.form(CATALOG + "/products", access_token=TOKEN, **ITEM).status == 200
    assert bare.create(access_token=TOKEN).status == 200
    missing = bare.call("GET", CATALOG)
    assert missing.code == (104, None) and "access token is required" in missing.error["message"]


@pytest.mark.parametrize("status", [400, 401])
def test_unknown_token(sim, status):
    sim.set_knobs({"error.190.status": status})
    answer = Client(sim.url, token="wrong").create()
    assert answer.status == status and answer.code == (190, None)
    assert answer.headers["www-authenticate"].startswith('OAuth "Facebook Platform" "OAuthException" "')
    assert sim.items() == []


def test_token_expires(sim, api):
    sim.expire_token(TOKEN, 460)
    assert api.create().code == (190, 460)
    assert Client(sim.url, token=SECOND).create().status == 200
    sim.set_tokens([TOKEN])
    assert api.create().status == 200
    assert Client(sim.url, token=SECOND).create().code == (190, None)


def test_token_expires_after_calls(sim, api):
    sim.set_knobs({"token.expire.after.calls": 2, "error.190.subcode": 467})
    assert [api.call("GET", CATALOG).status for _ in range(2)] == [200, 200]
    assert api.call("GET", CATALOG).code == (190, 467)
    sim.set_knobs({"token.expire.after.calls": 0})
    assert api.call("GET", CATALOG).code == (190, 467)


@pytest.mark.parametrize("code, status", [(10, 403), (200, 403), (102, 400)])
def test_token_denied(sim, api, code, status):
    sim.deny_token(TOKEN, code)
    answer = api.create()
    assert (answer.status, answer.error["code"]) == (status, code)


def test_permission_status_is_a_setting(sim, api):
    sim.deny_token(TOKEN, 200)
    sim.set_knobs({"error.permission.status": 400})
    assert api.create().status == 400


def test_proof(sim, api):
    proof = hmac.new(SECRET.encode(), TOKEN.encode(), hashlib.sha256).hexdigest()
    assert api.create(appsecret_proof="wrong").status == 200
    sim.set(proof="verify")
    assert api.create().status == 200
    wrong = api.create(appsecret_proof="0" * 64)
    assert wrong.status == 400 and wrong.code == (100, None)
    assert wrong.error["type"] == "GraphMethodException"
    assert wrong.error["message"] == "Invalid appsecret_proof provided in the API argument"
    sim.set(proof="require")
    assert api.create().error["message"] == "API calls from the server require an appsecret_proof argument"
    assert api.create(appsecret_proof=proof).status == 200
    assert api.lookup(appsecret_proof=proof).status == 200
    assert api.lookup(appsecret_proof=proof.upper()).status == 400


# -- versions, headers, encodings --------------------------------------------------------------------------------------


@pytest.mark.parametrize("asked, served", [("v26.0", "v26.0"), ("v25.0", "v25.0"), ("v21.0", "v21.0"), ("v18.0", "v21.0"),
                                           ("", "v21.0")])
def test_versions(api, asked, served):
    assert api.call("GET", CATALOG, version=asked).headers["facebook-api-version"] == served


def test_version_settings(sim, api):
    assert api.call("GET", CATALOG, version="v27.0").code == (2500, None)
    sim.set_knobs({"version.newest": 27, "version.oldest.live": 24})
    assert api.call("GET", CATALOG, version="v27.0").status == 200
    assert api.call("GET", CATALOG, version="v23.0").headers["facebook-api-version"] == "v24.0"


def test_headers(api):
    answer = api.create()
    assert answer.headers["content-type"] == "application/json; charset=UTF-8"
    assert answer.headers["x-fb-trace-id"] and answer.headers["x-fb-rev"]
    traces = {api.create(price="x").error["fbtrace_id"] for _ in range(50)}
    assert len(traces) == 50


def test_encodings(sim, api):
    assert api.form(CATALOG + "/products", additional_image_urls='["https://a.b/1.png"]', **ITEM).status == 200
    assert sim.items()[0]["additional_image_urls"] == ["https://a.b/1.png"]
    parts = "".join('--XX\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % pair
                    for pair in dict(ITEM, retailer_id="SKU-2", name="Ünder & Over").items()) + "--XX--\r\n"
    answer = api.call("POST", CATALOG + "/products", parts.encode(), {"Content-Type": "multipart/form-data; boundary=XX"})
    assert answer.status == 200, answer.raw
    assert sim.items()[1]["name"] == "Ünder & Over"
    query = urllib.parse.urlencode(dict(ITEM, retailer_id="SKU-3"))
    assert api.call("POST", CATALOG + "/products?" + query, {"name": "The body wins"}).status == 200
    assert sim.items()[2]["name"] == "The body wins"


# -- faults ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault, status, code", [
    ("http500", 500, (1, None)), ("http500_99", 500, (1, 99)), ("code2", 500, (2, None)),
    ("throttle_80009", 400, (80009, None)), ("throttle_4", 400, (4, None)), ("throttle_17", 400, (17, 2446079)),
    ("throttle_613", 400, (613, None)), ("throttle_32", 400, (32, None)), ("throttle_341", 400, (341, None)),
    ("blocked_368", 400, (368, None)), ("token_190", 400, (190, 463)), ("session_102", 400, (102, None)),
    ("permission_10", 403, (10, None)), ("permission_200", 403, (200, None)), ("permanent_100", 400, (100, None)),
    ("not_found", 400, (100, 33)),
])
def test_drawn_error(sim, api, fault, status, code):
    sim.set_knobs({"fault.%s.percent" % fault: 100})
    answer = api.create()
    assert (answer.status, answer.code) == (status, code)
    if fault in ("code2", "throttle_4", "throttle_17"):
        assert answer.error["is_transient"] is True
    if fault == "permanent_100":
        assert answer.error["error_user_msg"]
    assert sim.items() == []
    assert sim.counters()["by_fault"] == {fault: 1}
    assert sim.journal()[-1]["fault"] == fault


def test_throttle_status_and_regain(sim, api):
    sim.set_knobs({"fault.throttle_80009.percent": 100, "error.throttle.status": 403, "throttle.regain.minutes": 12})
    answer = api.create()
    assert answer.status == 403
    usage = json.loads(answer.headers["x-business-use-case-usage"])
    assert usage[CATALOG][0]["estimated_time_to_regain_access"] == 12
    sim.set_knobs({"fault.throttle_80009.percent": 0, "fault.blocked_368.percent": 100, "error.368.status": 403})
    assert api.create().status == 403


def test_invalid_801_and_reduce_data_keep_to_their_kind(sim, api):
    sim.set_knobs({"fault.invalid_801.percent": 100, "fault.reduce_data.percent": 100})
    id_ = api.create().json["id"]
    assert api.call("DELETE", id_).code == (801, None)
    assert api.lookup().status == 500


@pytest.mark.parametrize("fault, status, type_, body", [
    ("http503", 503, "text/plain; charset=UTF-8", b"Service Unavailable"),
    ("unavailable_200", 200, "text/plain; charset=UTF-8", b"Service Unavailable"),
    ("empty_500", 500, None, b""),
    ("success_false", 200, "application/json; charset=UTF-8", b'{"success":false}'),
    ("html_502", 502, "text/html; charset=UTF-8", None),
])
def test_garbled_answers(sim, api, fault, status, type_, body):
    sim.set_knobs({"fault.%s.percent" % fault: 100})
    answer = api.create()
    assert answer.status == status
    assert type_ is None or answer.headers["content-type"] == type_
    assert answer.raw == body if body is not None else b"Sorry, something went wrong" in answer.raw
    assert sim.items() == []


def test_garbled_answers_after_the_commit(sim, api):
    sim.set_knobs({"fault.http500.percent": 100, "fault.after.commit.percent": 100})
    assert api.create().status == 500
    assert len(sim.items()) == 1 and sim.journal()[-1]["applied"] is True


def test_truncated_json(sim, api):
    sim.set_knobs({"fault.truncated_json.percent": 100})
    answer = api.create()
    assert answer.status == 200 and answer.raw.startswith(b'{"id":')
    with pytest.raises(json.JSONDecodeError):
        answer.json
    assert len(sim.items()) == 1


def test_cut_body(sim, api):
    sim.set_knobs({"fault.cut_body.percent": 100})
    with pytest.raises(http.client.IncompleteRead):
        api.create()
    assert len(sim.items()) == 1


def test_slow_body(sim, api):
    sim.set_knobs({"fault.slow_body.percent": 100, "slow.body.ms": 300})
    start = time.monotonic()
    assert api.create().json["id"]
    assert 0.2 < time.monotonic() - start < 1.5


def test_close_after_the_answer(sim, api):
    sim.set_knobs({"fault.close.percent": 100})
    answer = api.create()
    assert answer.status == 200 and answer.headers.get("connection", "").lower() != "close"
    time.sleep(0.05)
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        api.create()


@pytest.mark.parametrize("fault, items", [("reset_before", 0), ("reset_after", 1)])
def test_resets(sim, api, fault, items):
    sim.set_knobs({"fault.%s.percent" % fault: 100})
    with pytest.raises(ConnectionResetError):
        api.create()
    assert len(sim.items()) == items
    entry = sim.journal()[-1]
    assert (entry["status"], entry["t_answered_ms"], entry["applied"]) == (None, None, bool(items))
    assert entry["answer_lost"] is True and sim.counters()["by_status"] == {"0": 1}


@pytest.mark.parametrize("fault, items", [("hang_before", 0), ("hang_after", 1)])
def test_hangs(sim, fault, items):
    sim.set_knobs({"fault.%s.percent" % fault: 100, "hang.ms": 200})
    start = time.monotonic()
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        Client(sim.url).create()
    assert time.monotonic() - start > 0.15
    assert len(sim.items()) == items


def test_client_that_gives_up_is_no_trouble(sim):
    sim.set_knobs({"latency.ms": 150})
    with pytest.raises(TimeoutError):
        Client(sim.url, timeout_s=0.05).create()
    sim.wait_idle()
    assert len(sim.items()) == 1


def test_late_writes(sim, api):
    sim.set_knobs({"fault.late.percent": 100, "call.late.max.ms": 300, "late.min.ms": 150})
    with pytest.raises(ConnectionResetError):
        api.create()
    assert sim.items() == [] and sim.counters()["in_flight"] == 1
    sim.wait_idle()
    assert len(sim.items()) == 1
    entry = sim.journal()[-1]
    assert 150 <= entry["late_ms"] <= 300 and entry["t_applied_ms"] - entry["t_received_ms"] >= 149
    assert (sim.counters()["late_applied"], sim.counters()["late_applied_beyond"]) == (1, 0)
    assert api.call("GET", sim.items()[0]["id"]).status == 200  # reads are never late


def cpu_seconds(sim):
    with open("/proc/%d/stat" % sim.process.pid) as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_a_waiting_late_write_holds_nothing_up(sim, api):
    sim.fault("late", ms=600)
    with pytest.raises(ConnectionResetError):
        api.create()
    sim.set_knobs({"latency.ms": 20})
    used, start = cpu_seconds(sim), time.monotonic()
    for i in range(10):
        assert api.create(retailer_id="S%d" % i).status == 200
    assert time.monotonic() - start < 0.5
    assert cpu_seconds(sim) - used < 0.15
    sim.wait_idle()
    assert len(sim.items()) == 11


def test_late_beyond_the_bound(sim, api):
    sim.set_knobs({"fault.late.percent": 100, "late.beyond.percent": 100, "call.late.max.ms": 50, "late.answer": "http500"})
    assert api.create().status == 500
    sim.wait_idle()
    assert sim.journal()[-1]["late_ms"] > 50
    assert sim.counters()["late_applied_beyond"] == 1
    sim.set_knobs({"late.answer": "hang", "hang.ms": 100})
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        api.create()


def test_reset_forgets_late_writes(sim, api):
    sim.set_knobs({"fault.late.percent": 100, "call.late.max.ms": 200, "late.min.ms": 100})
    with pytest.raises(ConnectionResetError):
        api.create()
    sim._ask("reset", {})
    time.sleep(0.25)
    assert sim.items() == [] and sim.counters()["created"] == 0


def test_down(sim, api):
    sim.set(down=True)
    with pytest.raises(ConnectionResetError):
        api.create()
    sim.set(down=False)
    assert api.create().status == 200 and sim.counters()["created"] == 1


def test_faults_percent_spreads(sim):
    sim.set_knobs({"faults.percent": 40, "call.late.max.ms": 1, "slow.body.ms": 1})
    client = Client(sim.url)
    for i in range(400):
        try:
            client.create(retailer_id="S%d" % i)
        except (http.client.HTTPException, ConnectionError):
            pass
    drawn = sim.counters()["by_fault"]
    assert 110 <= sum(drawn.values()) <= 210
    assert {"http500", "reset_before", "reset_after", "late", "code2"} <= set(drawn)
    assert not [name for name in drawn if name.startswith(("throttle", "hang", "token", "permission"))]
    sim.wait_idle()
    assert sim.counters()["duplicate_items"] == 0


def fates(sim, order, parallel):
    sim._ask("reset", {})
    def go(names_):
        client = Client(sim.url)
        for name in names_:
            try:
                client.create(retailer_id=name)
            except (http.client.HTTPException, ConnectionError):
                pass
    threads = [threading.Thread(target=go, args=(order[i::parallel],)) for i in range(parallel)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    sim.wait_idle()
    return {(e["retailer_id"], e["call_number"]): e["fault"] for e in sim.journal()}


def test_fates_depend_on_the_seed_not_on_the_order(sim):
    sim.set_knobs({"faults.percent": 50, "call.late.max.ms": 1, "slow.body.ms": 1})
    order = ["S%d" % i for i in range(60)] * 2
    alone = fates(sim, order, 1)
    assert len(alone) == 120 and len(set(alone.values())) > 5
    assert fates(sim, order[::-1], 6) == alone
    sim.set(seed=77)
    assert fates(sim, order, 1) != alone


# -- scripted faults ---------------------------------------------------------------------------------------------------


def test_plan_by_retailer_id_and_call_number(sim, api):
    sim.fault("http500", match={"retailer_id": "SKU-1", "call_number": 2, "kind": "create"})
    assert [api.create().status for _ in range(3)] == [200, 500, 200]
    assert sim.fault_hits() == [1]
    assert api.create(retailer_id="SKU-2").status == 200


def test_plan_by_overall_number_method_and_catalog(sim, api):
    sim.fault("http503", match={"call_number": 3})
    sim.fault("html_502", match={"method": "GET", "catalog": OTHER}, times=2)
    assert [api.call("GET", CATALOG).status for _ in range(4)] == [200, 200, 503, 200]
    assert [api.call("GET", OTHER).status for _ in range(3)] == [502, 502, 200]
    sim.fault("http500", times=5)
    sim.clear_faults()
    assert api.call("GET", CATALOG).status == 200


def test_scripted_error_has_every_part(sim, api):
    sim.fault("error", status=403, code=613, subcode=1996, type="GraphMethodException", message="odd volume",
              is_transient=False, user_title="T", user_message="U", error_data={"a": [1]})
    answer = api.create()
    assert answer.status == 403
    error = dict(answer.error)
    assert error.pop("fbtrace_id")
    assert error == {"message": "odd volume", "type": "GraphMethodException", "code": 613, "error_subcode": 1996,
                     "is_transient": False, "error_user_title": "T", "error_user_msg": "U", "error_data": {"a": [1]}}
    assert sim.items() == []
    sim.fault("error", code=1, status=500, applied=True)
    assert api.create().status == 500 and len(sim.items()) == 1


def test_scripted_body_delay_and_none(sim, api):
    sim.fault("body", status=418, content_type="text/plain", body="short and stout")
    answer = api.create()
    assert (answer.status, answer.raw, answer.headers["content-type"]) == (418, b"short and stout", "text/plain")
    sim.fault("delay", ms=120)
    start = time.monotonic()
    assert api.create().status == 200
    assert time.monotonic() - start > 0.1
    sim.set_knobs({"fault.http500.percent": 100})
    sim.fault("none")
    assert [api.create().status for _ in range(2)] == [200, 500]
    sim.fault("late", ms=80)
    with pytest.raises(ConnectionResetError):
        api.create()
    sim.wait_idle()
    assert 80 <= sim.journal()[-1]["late_ms"] < 400


@pytest.mark.parametrize("plan, named", [
    ({}, "rules"), ([{"fault": {"kind": "nonsense"}}], "nonsense"), ([{"fault": {}}], "kind"),
    ([{"match": {"sku": "x"}, "fault": {"kind": "late"}}], "sku"), ([{"match": {"kind": "x"}, "fault": {"kind": "late"}}], "kind"),
    ([{"fault": {"kind": "late"}, "times": 0}], "times"), ([{"fault": {"kind": "late", "when": 1}}], "when"),
    ([{"fault": {"kind": "http500"}}, {"faults": 1}], "rule 2"), ([{"fault": {"kind": "error", "status": 100}}], "status"),
])
def test_wrong_plans(sim, plan, named):
    with pytest.raises(ValueError, match=named):
        sim._ask("fault", plan)
    assert sim.fault_hits() == []


# -- latency -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind, spread", [("fixed", 0), ("uniform", 1), ("exp", 1), ("lognormal", 1)])
def test_latency_kinds(sim, kind, spread):
    sim.set_knobs({"latency.ms": 30, "latency.kind": kind, "latency.max.ms": 200})
    def go(n):
        client = Client(sim.url)
        for i in range(10):
            client.create(retailer_id="S%d-%d" % (n, i))
    threads = [threading.Thread(target=go, args=(n,)) for n in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    took = [e["t_answered_ms"] - e["t_received_ms"] for e in sim.journal()]
    assert len(took) == 80
    assert 18 <= sum(took) / len(took) <= 48
    assert (max(took) - min(took) > 15) == bool(spread) or not spread
    assert max(took) < 260


def test_latency_bound_and_moment_of_the_write(sim, api):
    sim.set_knobs({"latency.ms": 5000, "latency.max.ms": 100, "latency.apply.at.percent": 20})
    assert api.create().status == 200
    entry = sim.journal()[-1]
    assert 95 <= entry["t_answered_ms"] - entry["t_received_ms"] < 400
    assert 15 <= entry["late_ms"] < 80


# -- limits ------------------------------------------------------------------------------------------------------------


def test_management_limit(sim, api):
    sim.set_knobs({"limit.management.per.hour": 10, "usage.header.from.percent": 50})
    seen = [api.lookup() for _ in range(12)]
    assert [a.status for a in seen] == [200] * 10 + [400] * 2
    usages = [json.loads(a.headers["x-business-use-case-usage"]) if "x-business-use-case-usage" in a.headers else None
              for a in seen]
    assert usages[:4] == [None] * 4
    assert isinstance(usages[4][CATALOG], list) and usages[4][CATALOG][0]["call_count"] == 50
    assert usages[4][CATALOG][0]["type"] == "catalog_management"
    assert usages[9][CATALOG][0]["call_count"] == 100 and usages[9][CATALOG][0]["estimated_time_to_regain_access"] == 0
    assert seen[10].error["code"] == 80009
    assert 50 <= usages[11][CATALOG][0]["estimated_time_to_regain_access"] <= 61
    assert api.lookup(catalog=OTHER).status == 200


def test_limit_window_passes(sim, api):
    sim.set_knobs({"limit.management.per.hour": 2, "limit.window.ms": 300})
    assert [api.lookup().status for _ in range(3)] == [200, 200, 400]
    time.sleep(0.35)
    assert api.lookup().status == 200


def test_calls_while_blocked_prolong_the_block(sim, api):
    sim.set_knobs({"limit.management.per.hour": 2, "limit.window.ms": 60, "limit.block.ms": 300})
    assert [api.lookup().status for _ in range(3)] == [200, 200, 400]
    time.sleep(0.2)
    assert api.lookup().status == 400
    time.sleep(0.2)
    assert api.lookup().status == 400  # the first block would be over
    time.sleep(0.35)
    assert api.lookup().status == 200


def test_app_and_token_limits(sim, api):
    sim.set_knobs({"limit.token.per.hour": 2})
    assert [api.lookup().status for _ in range(3)] == [200, 200, 400]
    assert api.lookup().code == (17, 2446079)
    assert Client(sim.url, token=SECOND).lookup().status == 200
    sim._ask("reset", {})
    sim.set_knobs({"limit.token.per.hour": 0, "limit.app.per.hour": 4, "usage.header.from.percent": 75})
    seen = [api.lookup() for _ in range(5)]
    assert seen[4].error["code"] == 4
    assert "x-app-usage" not in seen[1].headers
    assert json.loads(seen[2].headers["x-app-usage"])["call_count"] == 75
    sim.set_knobs({"limit.app.code": 613})
    assert api.lookup().error["code"] == 613


def test_usage_header_settings(sim, api):
    assert "x-business-use-case-usage" not in api.lookup().headers
    sim.set_knobs({"usage.header.force.percent": 97, "usage.header.type": "catalogs", "usage.header.extra.ids": 3,
                   "usage.header.case": "mixed"})
    usage = json.loads(api.lookup().headers["x-business-use-case-usage"])
    assert len(usage) == 4
    assert (usage[CATALOG][0]["type"], usage[CATALOG][0]["call_count"]) == ("catalogs", 97)


# -- journal, overlaps, control ----------------------------------------------------------------------------------------


def test_journal_entry(sim, api):
    id_ = api.create().json["id"]
    api.call("POST", id_, {k: v for k, v in ITEM.items() if k != "retailer_id"})
    api.call("POST", id_, {"price": 1})
    api.call("DELETE", id_)
    api.lookup()
    api.call("GET", id_)
    entries = sim.journal()
    assert [e["kind"] for e in entries] == ["create", "update", "update", "delete", "lookup", "read"]
    assert [e["seq"] for e in entries] == [1, 2, 3, 4, 5, 6]
    assert [e["call_number"] for e in entries[:4]] == [1, 2, 3, 4]
    assert all(e["retailer_id"] == "SKU-1" and e["item_id"] == id_ for e in entries[:4])
    assert [e["applied"] for e in entries] == [True] * 4 + [False] * 2
    assert entries[0]["content_hash"] == entries[1]["content_hash"]  # a create and an update of the same content
    assert len({e["content_hash"] for e in entries[1:4]}) == 3
    assert (entries[5]["status"], entries[5]["code"], entries[5]["subcode"]) == (400, 100, 33)
    assert entries[0]["t_received_ms"] <= entries[0]["t_applied_ms"] <= entries[0]["t_answered_ms"]
    assert abs(entries[0]["t_received_ms"] - time.time() * 1000) < 5000
    assert not any(e["overlap"] for e in entries)
    part = sim._ask("journal?since=3&limit=2")
    assert [e["seq"] for e in part["entries"]] == [3, 4] and part["next"] == 5


def test_content_hash_leaves_the_envelope_out(sim, api):
    api.create(appsecret_proof="aa", allow_upsert=True)
    api.create(dict(reversed(list(ITEM.items()))), access_token=TOKEN)
    assert len({e["content_hash"] for e in sim.journal()}) == 1


def overlap_two(sim, second):
    sim.set_knobs({"latency.ms": 150})
    threads = [threading.Thread(target=lambda: Client(sim.url).create()), threading.Thread(target=second)]
    for t in threads:
        t.start()
        time.sleep(0.03)
    for t in threads:
        t.join()
    return sim.counters()


def test_overlap_of_equal_content(sim):
    counters = overlap_two(sim, lambda: Client(sim.url).create())
    assert (counters["overlaps"], counters["overlaps_different"]) == (1, 0)
    assert [(e["overlap"], e["overlap_different"]) for e in sim.journal()] == [(True, False)] * 2


def test_overlap_of_different_content(sim):
    counters = overlap_two(sim, lambda: Client(sim.url).create(name="Other"))
    assert (counters["overlaps_different"], counters["overlaps_different_within"]) == (1, 1)
    assert [e["overlap_different"] for e in sim.journal()] == [True, True]


def test_no_overlap_between_retailer_ids_or_with_reads(sim):
    assert overlap_two(sim, lambda: Client(sim.url).create(retailer_id="SKU-2"))["overlaps"] == 0
    assert overlap_two(sim, lambda: Client(sim.url).lookup())["overlaps"] == 0


def test_overlap_with_a_late_write(sim, api):
    """A late write is in flight until it lands; what comes within the bound is the client's fault, beyond it is not."""
    sim.set_knobs({"call.late.max.ms": 100})
    sim.fault("late", ms=250)
    with pytest.raises(ConnectionResetError):
        api.create()
    api.create(name="Too soon")
    time.sleep(0.13)
    api.create(name="After the bound")
    counters = sim.counters()
    assert (counters["overlaps_different_within"], counters["overlaps_different_beyond"]) == (1, 1)
    sim.wait_idle()
    api.create(name="After it all")
    assert sim.counters()["overlaps"] == 2
    assert [e["overlap_different"] for e in sim.journal()] == [True, True, True, False]


def test_journal_is_a_ring(tmp_path):
    small = CatalogSim(paths.program("catalog-sim"), tmp_path, [CATALOG], [TOKEN], {"journal.size": 16}).start()
    try:
        client = Client(small.url)
        for _ in range(20):
            client.create()
        assert [e["seq"] for e in small.journal()] == list(range(5, 21))
        assert small.counters()["journal_lost"] == 4 and small.counters()["calls"] == 20
    finally:
        small.stop()


def test_settings_are_all_or_nothing(sim):
    with pytest.raises(ValueError, match="latency.max"):
        sim._ask("settings", {"latency.ms": 5, "latency.max": 1})
    assert sim._ask("settings")["latency.ms"] == 0
    with pytest.raises(ValueError, match="journal.size can only be set at start"):
        sim._ask("settings", {"journal.size": 99})
    with pytest.raises(ValueError, match="latency.ms"):
        sim._ask("settings", {"latency.ms": None})


def test_control_endpoint(sim, api):
    assert api.call("GET", "_sim/healthz", version="").json == {"ok": True}
    assert api.call("GET", "_sim/nothing", version="").status == 404
    assert api.call("GET", "_sim/reset", version="").status == 405
    assert api.call("POST", "_sim/settings", b"{", version="").status == 400
    assert api.call("POST", "_sim/tokens", {"expire": {"token": "unknown"}}, version="").status == 400
    assert api.call("POST", "_sim/item/delete", {"retailer_id": "no"}, version="").status == 404
    api.create()
    api.create(catalog=OTHER)
    assert [i["catalog"] for i in sim._ask("items?catalog=" + OTHER)["items"]] == [OTHER]
    assert sim._ask("items?limit=1")["count"] == 2
    sim.delete_item("SKU-1", OTHER)
    assert [i["catalog"] for i in sim.items()] == [CATALOG]
    for path in ("settings", "counters", "journal", "items", "fault"):
        text = json.dumps(sim._ask(path))
        assert TOKEN not in text and SECRET not in text


def test_reset_keeps_settings(sim, api):
    sim.set_knobs({"latency.ms": 1})
    api.create()
    sim._ask("reset", {})
    assert sim.items() == [] and sim.journal() == [] and sim.counters()["calls"] == 0
    assert sim._ask("settings")["latency.ms"] == 1


# -- bounds and hostile input ------------------------------------------------------------------------------------------


def test_size_limits(sim, api):
    sim.set_knobs({"body.max.bytes": 2000, "url.max.bytes": 300})
    assert api.create(description="x" * 3000).status == 413
    assert api.create(description="x" * 1000).status == 200
    assert api.call("GET", CATALOG + "?x=" + "y" * 400).status == 414
    with_token = Client(sim.url)
    assert with_token.call("GET", CATALOG, headers={"X-Big": "z" * 30000}).status in (400, 431, 413, 414)
    sim.set_knobs({"url.max.bytes": 8192})
    assert api.call("GET", CATALOG + "?x=" + "y" * 8000).status == 200


def test_big_body_in_pieces(sim, api):
    assert api.create(description="x" * 900000).error["code"] == 100
    assert api.create(unknown="x" * 900000).status == 200


def raw(sim, data):
    host, port = urllib.parse.urlsplit(sim.url).netloc.split(":")
    with socket.create_connection((host, int(port)), timeout=2) as s:
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)
        received = b""
        try:
            while chunk := s.recv(65536):
                received += chunk
        except OSError:
            pass
        return received


HEAD = b"Host: a\r\nAuthorization: Bearer " + TOKEN.encode() + b"\r\nConnection: close\r\n"


@pytest.mark.parametrize("body", [
    b"{", b"[]", b"null", b"\x00", b'{"name":"a\\u0000b"}', b'{"a":' * 2000, b'{"name":"\xff\xfe"}', b'{"price":1e999}',
    b'{"price":99999999999999999999}', b'{"name":"a"} x', b'{"":1}', b"\xef\xbb\xbf{}", b"{" + b'"k":1,' * 300 + b'"z":1}',
    b'{"additional_image_urls":[[[[]]]],"importer_address":{"a":{"b":[null]}}}',
])
def test_hostile_json(sim, api, body):
    request = b"POST /v25.0/%s/products HTTP/1.1\r\n%sContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (
        CATALOG.encode(), HEAD, len(body))
    assert b"HTTP/1.1 400" in raw(sim, request + body)
    assert api.create().status == 200


@pytest.mark.parametrize("line", [
    b"GET /v25.0/%00 HTTP/1.1", b"GET /v25.0/%zz%1 HTTP/1.1", b"GET /%2 HTTP/1.1", b"GET //// HTTP/1.1", b"GET * HTTP/1.1",
    b"GET /v25.0/catalog:: HTTP/1.1", b"GET /v25.0/catalog:1000000000001:==== HTTP/1.1", b"GET /v HTTP/1.1",
    b"GET /v99999999999999999.0/1 HTTP/1.1", b"GET /v25.0/1000000000001/products?filter=%7B%22and%22:[" + b"{%22and%22:[" * 12
    + b" HTTP/1.1", b"GET /v25.0/1000000000001/products?limit=99999999999999999999 HTTP/1.1",
    b"GET /v25.0/1000000000001/products?after=AAAA&before=//// HTTP/1.1", b"GET /v25.0/1000000000001?&&&=&=a&%00=1 HTTP/1.1",
    b"POST http://other/v25.0/1 HTTP/1.1", b"TRACE / HTTP/1.1", b"GET /\x01\x02 HTTP/1.1", b"GET / HTTP/9.9", b"\x16\x03\x01\x02",
    b"GET /v25.0/1000000000001/products?fields={{{{,}}}},a{b HTTP/1.1", b"GET /_sim/items?catalog=%00 HTTP/1.1",
])
def test_hostile_lines(sim, api, line):
    raw(sim, line + b"\r\n" + HEAD + b"\r\n")
    assert api.create().status == 200


def test_hostile_forms(sim, api):
    for type_, body in [("multipart/form-data", b"x"), ("multipart/form-data; boundary=", b"--\r\n"),
                        ("multipart/form-data; boundary=a", b"--a--a--a"), ("multipart/form-data; boundary=a", b"--a\r\n\r\n--a"),
                        ("multipart/form-data; boundary=a", b'--a\r\nX: name="n"\r\n\r\n\r\n--a--'),
                        ("multipart/form-data; boundary=a", b"--a" * 500), ("application/x-www-form-urlencoded", b"a=%00&b"),
                        ("application/x-www-form-urlencoded", b"&=&" * 1000 + b"a" * 100), (None, b"=" * 1000)]:
        answer = api.call("POST", CATALOG + "/products", body, {"Content-Type": type_} if type_ else {})
        assert answer.status == 400, (type_, body)
    assert api.create().status == 200


def test_half_requests(sim, api):
    raw(sim, b"POST /v25.0/1000000000001/products HTTP/1.1\r\n" + HEAD + b"Content-Length: 100\r\n\r\n{")
    raw(sim, b"POST /v25.0/1000000000001/products HTTP/1.1\r\nHost")
    raw(sim, b"")
    assert api.create().status == 200 and sim.counters()["calls"] == 1


def test_pipelined_requests(sim):
    one = b"GET /v25.0/%s HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\n\r\n" % (CATALOG.encode(), TOKEN.encode())
    assert raw(sim, one * 5).count(b"HTTP/1.1 200") == 5
