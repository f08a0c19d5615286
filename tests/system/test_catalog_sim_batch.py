"""catalog-sim's bulk calls: items_batch and check_batch_request_status, over plain HTTP (catalog-api.md sections 4, 7, 8)."""

import collections
import json
import time
import urllib.parse

import paths
import procs
import pytest
from catalog_sim import CatalogSim
from simclient import CATALOG, OTHER, TOKEN, Client

SHOE = {"title": "Shoe", "description": "A shoe.", "availability": "in stock", "brand": "Acme", "condition": "new",
        "link": "https://shop.example/p", "price": "19.99 USD", "image": [{"url": "https://shop.example/a.png", "tag": []}]}


def entry(sku, method="UPDATE", **fields):
    return {"method": method, "data": dict({"id": sku}, **fields)}


def shoe(sku, method="UPDATE", **fields):
    """A whole product; a field given as None is left out."""
    return entry(sku, method, **{k: v for k, v in dict(SHOE, **fields).items() if v is not None})


class Bulk(Client):
    def send(self, requests, catalog=CATALOG, **more):
        body = dict({"item_type": "PRODUCT_ITEM", "requests": requests}, **more)
        return self.call("POST", catalog + "/items_batch", {k: v for k, v in body.items() if v is not None})

    def status(self, handle, catalog=CATALOG, ids=True, **more):
        query = dict(more, handle=handle)
        if ids:
            query["load_ids_of_invalid_requests"] = "true"
        return self.call("GET", catalog + "/check_batch_request_status?" + urllib.parse.urlencode(query))

    def over(self, answer, **more):
        """The status once the batch is over; it takes no time worth telling."""
        handle, = answer.json["handles"]
        found = []

        def ended():
            found[:] = self.status(handle, **more).json["data"]
            return found and found[0]["status"].lower() in ("finished", "canceled", "error")

        procs.wait_until(ended, 10, "the batch is over")
        return found[0]

    def do(self, requests, **more):
        """Sends, waits, and demands that nothing was refused."""
        answer = self.send(requests, **more)
        assert answer.json["validation_status"] == []
        status = self.over(answer)
        assert (status["status"], status["errors"], status["warnings"]) == ("Finished", [], [])


def told(answer):
    """validation_status as {retailer id: (errors, warnings)}."""
    return {v["retailer_id"]: ([e["message"] for e in v.get("errors", ())], [w["message"] for w in v.get("warnings", ())])
            for v in answer.json["validation_status"]}


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    sim = CatalogSim(paths.program("catalog-sim"), tmp_path_factory.mktemp("sim"), [CATALOG, OTHER], [TOKEN],
                     {"batch.latency.ms": 20}).start()
    sim.original = sim._ask("settings")
    yield sim
    sim.stop()
    log = sim.process.log_tail(200)
    assert "Sanitizer" not in log and "assert" not in log, log


@pytest.fixture
def sim(running):
    yield running
    running.set_knobs(running.original)
    running._ask("reset", {})


@pytest.fixture
def api(sim):
    return Bulk(sim.url)


# -- what a batch does -------------------------------------------------------------------------------------------------


def test_create_update_delete(sim, api):
    api.do([shoe("A", "CREATE"), shoe("B", price="1200 JPY", visibility="hidden"), shoe("C")])
    items = {item["retailer_id"]: item for item in sim.items()}
    a = items["A"]
    assert (a["name"], a["url"], a["image_url"], a["price"], a["currency"]) == (
        "Shoe", "https://shop.example/p", "https://shop.example/a.png", 1999, "USD")
    assert (items["B"]["price"], items["B"]["currency"], items["B"]["visibility"]) == (1200, "JPY", "staging")
    assert api.lookup({"retailer_id": {"is_any": ["A"]}}, fields="id,price").json["data"] == [
        {"id": a["id"], "price": "$19.99"}]
    api.do([entry("A", title="Better"), entry("B", "DELETE"), entry("nobody", "DELETE")])
    items = {item["retailer_id"]: item for item in sim.items()}
    assert set(items) == {"A", "C"}
    assert (items["A"]["name"], items["A"]["price"], items["A"]["writes"], items["A"]["id"]) == ("Better", 1999, 2, a["id"])
    assert api.call("POST", a["id"], {"name": "By hand"}).status == 200, "both dialects write one item"


def test_ids_are_those_of_the_single_edge(sim, api):
    api.do([shoe("A")])
    first = sim.items()[0]["id"]
    sim._ask("reset", {})
    assert api.create(retailer_id="A").json["id"] == first


def test_upsert_off(sim, api):
    api.do([shoe("known")])
    answer = api.send([entry("known", title="Better"), shoe("unknown"), shoe("new", "CREATE")], allow_upsert=False)
    status = api.over(answer)
    assert status["ids_of_invalid_requests"] == ["unknown"] and status["errors_total_count"] == 1
    assert [(e["line"], e["id"]) for e in status["errors"]] == [(2, "unknown")] and "allow_upsert" in status["errors"][0]["message"]
    assert {item["retailer_id"]: item["name"] for item in sim.items()} == {"known": "Better", "new": "Shoe"}
    assert "allow_upsert must be a boolean" in api.send([], allow_upsert="maybe").error["message"]


def test_forms(sim, api):
    requests = json.dumps([shoe("A")])
    answer = api.form(CATALOG + "/items_batch", item_type="PRODUCT_ITEM", requests=requests, allow_upsert="true")
    assert len(answer.json["handles"]) == 1
    sim.wait_idle()
    assert [item["retailer_id"] for item in sim.items()] == ["A"]
    assert "must be an array" in api.form(CATALOG + "/items_batch", item_type="PRODUCT_ITEM", requests="[").error["message"]


@pytest.mark.parametrize("change, message", [
    ({"item_type": None}, "(#100) The parameter item_type is required"),
    ({"item_type": "HOTEL"}, "(#100) Param item_type must be PRODUCT_ITEM"),
    ({"requests": None}, "(#100) The parameter requests is required"),
    ({"requests": {"A": 1}}, "(#100) Param requests must be an array"),
    ({"requests": "nonsense"}, "(#100) Param requests must be an array"),
    ({"requests": [entry(str(n), "DELETE") for n in range(5001)]}, "(#100) Param requests must have at most 5000 elements"),
])
def test_call_refused(sim, api, change, message):
    answer = api.send(**dict({"requests": [shoe("A")]}, **change))
    assert answer.status == 400 and answer.code == (100, None)
    assert answer.error["message"].startswith(message)
    assert sim.counters()["batch_entries"] == 0


def test_most_entries_and_bytes(sim, api):
    answer = api.send([shoe(str(n)) for n in range(5000)])
    assert len(answer.json["handles"]) == 1 and answer.json["validation_status"] == []
    sim.wait_idle()
    assert sim.counters()["created"] == 5000
    sim.set_knobs({"batch.requests.max": 2, "batch.body.max.bytes": 2000})
    assert "at most 2 elements" in api.send([entry("A", "DELETE")] * 3).error["message"]
    too_big = api.send([shoe("A", description="x" * 2000)])
    assert too_big.status == 500 and too_big.code == (1, None) and "reduce the amount of data" in too_big.error["message"]


def test_other_calls_and_methods(api):
    assert api.call("GET", CATALOG + "/items_batch").code == (100, 33)
    assert api.send([], catalog="1000000000009").code == (100, 33)
    assert api.send([]).json == {"handles": [], "validation_status": []}
    assert Bulk(api.host and "http://" + api.host, token="nobody").send([shoe("A")]).code[0] == 190


# -- the checks --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("request_, error", [
    ({"method": "UPDATE", "retailer_id": "A", "data": {"title": "x"}}, "has no 'id'"),
    ({"method": "UPDATE", "data": {"id": 7}}, "'id' must be a string"),
    ({"method": "UPDATE", "data": {"id": ""}}, "'id' must be a string"),
    ({"method": "UPDATE", "data": {"id": "x" * 101}}, "at most 100 characters"),
    ({"method": "UPSERT", "data": {"id": "A"}}, "method must be one of"),
    ({"data": {"id": "A"}}, "method must be one of"),
    ({"method": "DELETE"}, "data must be an object"),
    ("nonsense", "method must be one of"),
])
def test_entry_refused(sim, api, request_, error):
    alone = api.send([request_])
    assert alone.json["handles"] == [], "nothing was ingested"
    (errors, warnings), = told(alone).values()
    assert len(errors) == 1 and error in errors[0] and warnings == []
    among = api.send([shoe("good"), request_])
    status = api.over(among)
    assert (status["errors_total_count"], len(status["ids_of_invalid_requests"])) == (1, 1)
    assert [item["retailer_id"] for item in sim.items()] == ["good"]


@pytest.mark.parametrize("fields, error", [
    ({"price": "19.99"}, "'price'"), ({"price": "USD 19.99"}, "'price'"), ({"price": 1999}, "'price'"),
    ({"price": "19,99 USD"}, "'price'"), ({"price": "-1 USD"}, "'price'"), ({"price": "19.999 USD"}, "more decimals"),
    ({"price": "19. USD"}, "'price'"), ({"price": "1.5 JPY"}, "more decimals"), ({"sale_price": "9"}, "'sale_price'"),
    ({"title": "x" * 101}, "'title'"), ({"title": ""}, "must not be empty"), ({"description": "x" * 5001}, "'description'"),
    ({"availability": "preorder"}, "'availability'"), ({"availability": "in_stock"}, "'availability'"),
    ({"condition": "used_good"}, "'condition'"), ({"visibility": "gone"}, "'visibility'"),
    ({"link": "/p"}, "'link'"), ({"image": []}, "'image'"), ({"image": [{"uri": "https://a.b/c"}]}, "'image'"),
    ({"image": [{"url": "https://a.b/%d" % n} for n in range(22)]}, "1 to 21 members"),
    ({"image": "https://a.b/c"}, "must be an array"), ({"image": None, "image_link": "c"}, "'image_link'"),
    ({"image": None, "additional_image_link": ["https://a.b/c"] * 51}, "0 to 50 members"),
    ({"sale_price_effective_date": "2026-11-22"}, "two dates"), ({"quantity_to_sell_on_facebook": "4"}, "whole number"),
    ({"quantity_to_sell_on_facebook": 1.5}, "whole number"), ({"brand": 7}, "must be a string"),
])
def test_value_refused(sim, api, fields, error):
    answer = api.send([shoe("A", **fields)])
    assert answer.json["handles"] == []
    (errors, _), = told(answer).values()
    assert len(errors) == 1 and error in errors[0] and "item A" in errors[0]
    assert sim.items() == []


@pytest.mark.parametrize("requests", [
    [None, 1, True, "x", [], [[]], {}, {"method": None, "data": None}, {"method": "UPDATE", "data": []}],
    [{"method": "UPDATE", "data": {"id": {"id": "A"}}}, {"method": ["UPDATE"], "data": {"id": "A"}}],
    [entry("A", price={}, image={"url": 1}, video=[None], internal_label=[1], importer_address=[1], size=[], color=None)],
    [entry("A", image=[[]], additional_image_link=[{}], additional_variant_attribute={"a": {}}, custom_number_0=1e300)],
    [entry("A", title="\ud800", brand="\u0000")],
])
def test_hostile_entries(sim, api, requests):
    answer = api.send(requests)
    assert answer.status in (200, 400) and not answer.json.get("handles")
    assert answer.status == 400 or len(answer.json["validation_status"]) == len(requests)
    api.do([shoe("A")])


def test_partly_invalid(sim, api):
    requests = [shoe("A", price="x", link="y", colour="red"), shoe("B", colour="red"), shoe("C"), entry("D", "DELETE", id=4)]
    answer = api.send(requests)
    verdict = told(answer)
    assert list(verdict) == ["A", "B", ""]
    assert len(verdict["A"][0]) == 2
    unknown = "Unrecognised field: A request for item %s contains unrecognised field: 'colour'"
    assert verdict["A"][1] == [unknown % "A"] and verdict["B"] == ([], [unknown % "B"])
    status = api.over(answer)
    assert (status["errors_total_count"], status["warnings_total_count"]) == (3, 2)
    assert [(e["line"], e["id"]) for e in status["errors"]] == [(1, "A"), (1, "A"), (4, "")]
    assert status["ids_of_invalid_requests"] == ["A", ""]
    assert {item["retailer_id"] for item in sim.items()} == {"B", "C"}, "an unknown field is a warning only"


def test_missing_fields_of_a_new_item(sim, api):
    answer = api.send([shoe("A", title=None, brand=None), shoe("B", image=None, image_link="https://a.b/c")])
    assert told(answer) == {}, "only a look at the catalog can tell that it is new"
    status = api.over(answer)
    assert [e["message"] for e in status["errors"]] == [
        "A required field is missing: The item A has no '%s'." % name for name in ("title", "brand")]
    assert [item["retailer_id"] for item in sim.items()] == ["B"]
    sim.set_knobs({"batch.missing.required": "warning"})
    status = api.over(api.send([shoe("A", title=None)]))
    assert status["errors"] == [] and len(status["warnings"]) == 1
    assert (status["errors_total_count"], status["ids_of_invalid_requests"]) == (1, ["A"])


def test_images(sim, api):
    both = dict(image=[{"url": "https://a.b/%d" % n} for n in range(3)], image_link="nonsense",
                additional_image_link=["https://a.b/9"])
    api.do([shoe("A", **both)])
    item, = sim.items()
    assert (item["image_url"], item["additional_image_urls"]) == ("https://a.b/0", ["https://a.b/1", "https://a.b/2"])
    api.do([entry("A", additional_image_link=["https://a.b/9"])])
    assert sim.items()[0]["additional_image_urls"] == ["https://a.b/9"]
    api.do([entry("A", image=[{"url": "https://a.b/5"}])])
    item, = sim.items()
    assert (item["image_url"], item["additional_image_urls"]) == ("https://a.b/5", [])


def test_sale_price_keeps_to_the_currency(sim, api):
    api.do([shoe("A", sale_price="9.5 USD")])
    assert sim.items()[0]["sale_price"] == 950
    status = api.over(api.send([entry("A", sale_price="9 EUR")]))
    assert "currency" in status["errors"][0]["message"] and sim.items()[0]["sale_price"] == 950
    api.do([entry("A", sale_price="9 EUR", price="20 EUR")])
    sim.set_knobs({"price.zero.decimal": "cents"})
    api.do([entry("A", price="1200 JPY")])
    assert sim.items()[0]["price"] == 120000


@pytest.mark.parametrize("wins, left", [("first", {"first"}), ("last", {"last"}), ("none", set()), ("both", {"first", "last"})])
def test_duplicate_retailer_ids(sim, api, wins, left):
    sim.set_knobs({"batch.duplicate.wins": wins})
    answer = api.send([shoe("A", title="first"), shoe("B"), shoe("A", title="last")])
    duplicate = {"message": "Duplicate retailer_id in batch api call - A."}
    assert answer.json["validation_status"] == [{"retailer_id": "A", "errors": [duplicate]}] * 2
    assert len(answer.json["handles"]) == 1
    status = api.over(answer)
    assert status["errors_total_count"] == 2 and set(status["ids_of_invalid_requests"]) == ({"A"} if wins != "both" else set())
    names = {item["name"] for item in sim.items() if item["retailer_id"] == "A"}
    assert names <= left and bool(names) == bool(left)
    assert len([e for e in sim.journal() if e["retailer_id"] == "A"]) == len(left)


def test_open_questions_are_settings(sim, api):
    api.do([shoe("A", "CREATE")])
    api.do([shoe("A", "CREATE", title="Again")])
    assert sim.items()[0]["name"] == "Again"
    sim.set_knobs({"batch.create.existing": "error", "batch.delete.unknown": "error"})
    status = api.over(api.send([shoe("A", "CREATE", title="No"), entry("B", "DELETE")]))
    assert sorted(e["message"] for e in status["errors"]) == [
        "An item with the retailer_id A exists already.", "There is no item with the retailer_id B."]
    assert sim.items()[0]["name"] == "Again"
    sim.set_knobs({"batch.validation.always": False})
    assert list(api.send([entry("A", title="x")]).json) == ["handles"]


# -- the status --------------------------------------------------------------------------------------------------------


def test_states_over_the_time(sim, api):
    sim.set_knobs({"batch.latency.ms": 1000})
    handle, = api.send([shoe(str(n)) for n in range(20)]).json["handles"]
    seen = collections.OrderedDict()
    while "Finished" not in seen:
        items = len(sim.items())
        seen[api.status(handle).json["data"][0]["status"]] = items
        time.sleep(0.005)
    assert [s for s in ("Scheduled", "Dispatched", "Started", "Finished") if s in seen] == list(seen)
    assert "Started" in seen and len(sim.items()) == 20
    assert seen.get("Scheduled", 0) == seen.get("Dispatched", 0) == 0 < seen["Started"]
    sim.set_knobs({"batch.status.case": "lower"})
    assert api.status(handle).json["data"][0]["status"] == "finished"


def test_samples_totals_and_ids(sim, api):
    sim.set_knobs({"batch.status.samples.max": 3})
    answer = api.send([shoe("A-%d" % n, price="x", colour="red") for n in range(8)] + [shoe("good")])
    status = api.over(answer)
    assert [e["line"] for e in status["errors"]] == [1, 2, 3] and len(status["warnings"]) == 3
    assert (status["errors_total_count"], status["warnings_total_count"]) == (8, 8)
    assert status["ids_of_invalid_requests"] == ["A-%d" % n for n in range(8)]
    assert api.over(answer, ids=False)["ids_of_invalid_requests"] == []
    handle, = answer.json["handles"]
    assert list(api.status(handle, fields="handle,status").json["data"][0]) == ["handle", "status"]
    assert "nonexisting field (line)" in api.status(handle, fields="line").error["message"]
    sim.set_knobs({"batch.status.validation": False})
    status = api.status(handle).json["data"][0]
    assert (status["errors"], status["errors_total_count"], status["warnings_total_count"],
            status["ids_of_invalid_requests"]) == ([], 0, 0, [])


def test_handles(sim, api):
    handle, = api.send([shoe("A")]).json["handles"]
    assert api.status(handle).json["data"][0]["handle"] == handle
    for wrong in (api.status("Acnobody"), api.status(handle, catalog=OTHER), api.status(handle[:-1])):
        assert wrong.status == 400 and wrong.code == (100, None)
    assert "handle is required" in api.call("GET", CATALOG + "/check_batch_request_status").error["message"]
    sim.set_knobs({"batch.handle.unknown": "empty"})
    assert api.status("Acnobody").json == {"data": []}
    sim.set_knobs({"batch.handle.unknown": "error", "batch.handle.ttl.ms": 50})
    time.sleep(0.06)
    assert api.status(handle).code == (100, None)
    sim.set_knobs({"batch.handle.ttl.ms": 3600000, "batch.status.empty.ms": 3600000})
    assert api.status(handle).json == {"data": []}


@pytest.mark.parametrize("knob, state", [("batch.error.percent", "Error"), ("batch.cancel.percent", "Canceled")])
def test_batches_that_break_off(sim, api, knob, state):
    sim.set_knobs({knob: 100})
    status = api.over(api.send([shoe(str(n)) for n in range(200)]))
    assert status["status"] == state and status["errors"] == []
    counters = sim.counters()
    assert 0 < counters["created"] < 200
    assert counters["batch_entries_left_out"] == 200 - counters["created"]


def test_entries_that_fail(sim, api):
    sim.set_knobs({"batch.entry.fail.percent": 50})
    answer = api.send([shoe(str(n)) for n in range(100)])
    assert answer.json["validation_status"] == []
    status = api.over(answer)
    assert 20 < status["errors_total_count"] < 80
    assert {item["retailer_id"] for item in sim.items()} | set(status["ids_of_invalid_requests"]) == {str(n) for n in range(100)}
    assert len(sim.items()) == 100 - status["errors_total_count"]


def test_a_scripted_entry_fails(sim, api):
    sim.fault("entry", match={"retailer_id": "B", "call_number": 2}, message="Blocked by policy.")
    sim.fault("entry", match={"retailer_id": "C", "catalog": CATALOG})
    api.do([entry("B", "DELETE")])
    answer = api.send([shoe("A"), shoe("B"), shoe("C")])
    status = api.over(answer)
    assert answer.json["validation_status"] == [] and status["ids_of_invalid_requests"] == ["B", "C"]
    assert {e["id"]: e["message"] for e in status["errors"]} == {
        "B": "Blocked by policy.", "C": "The item C could not be processed. Please try again."}
    assert sim.fault_hits() == [1, 1]
    api.do([shoe("B"), shoe("C")])
    assert api.create(retailer_id="D").status == 200, "single calls meet no such fault"


# -- order, chance and the journal -------------------------------------------------------------------------------------


def test_entries_are_carried_out_in_an_order_of_the_seed(sim, api):
    requests = [shoe(str(n)) for n in range(30)]
    orders = []
    for seed in (1, 1, 2):
        sim.set_knobs({"seed": seed})
        sim._ask("reset", {})
        handle, = api.send(requests).json["handles"]
        sim.wait_idle()
        orders.append((handle, [item["retailer_id"] for item in sim.items()]))  # in order of creation
    assert orders[0] == orders[1] != orders[2]
    assert orders[0][1] != [r["data"]["id"] for r in requests] and sorted(orders[0][1]) == sorted(str(n) for n in range(30))


def test_journal(sim, api):
    api.do([shoe("A"), entry("B", "DELETE"), shoe("C", "CREATE")])
    call, *entries = [e for e in sim.journal() if e["kind"] != "status"]
    assert (call["kind"], call["entries"], call["status"], call["applied"], call["retailer_id"]) == ("batch", 3, 200, True, None)
    assert [(e["kind"], e["retailer_id"], e["applied"], e["batch_seq"]) for e in entries] == [
        ("update", "A", True, call["seq"]), ("delete", "B", False, call["seq"]), ("create", "C", True, call["seq"])]
    assert entries[0]["item_id"] == next(i["id"] for i in sim.items() if i["retailer_id"] == "A")
    assert entries[0]["t_received_ms"] == call["t_received_ms"] <= call["t_applied_ms"] < entries[0]["t_applied_ms"]
    assert not any(e["overlap"] for e in entries)
    counters = sim.counters()
    assert (counters["by_kind"]["batch"], counters["applied"]["batch"], counters["batch_entries_applied"]) == (1, 1, 2)
    assert counters["by_kind"]["status"] > 0 and counters["by_kind"]["update"] == 0


def test_overlaps(sim, api):
    sim.set_knobs({"batch.latency.ms": 60000})
    api.send([shoe("A"), shoe("B"), shoe("C")])
    api.send([shoe("A"), shoe("B", title="Other")])
    api.create(retailer_id="C")
    marks = collections.defaultdict(list)
    for e in sim.journal():
        if e["retailer_id"]:
            marks[e["retailer_id"]].append((e["overlap"], e["overlap_different"]))
    assert marks == {"A": [(True, False)] * 2, "B": [(True, True)] * 2, "C": [(True, True)] * 2}
    assert (sim.counters()["overlaps_bulk"], sim.counters()["overlaps_different"]) == (3, 2)


# -- faults and limits -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault, items", [("reset_before", 0), ("reset_after", 1)])
def test_lost_answer(sim, api, fault, items):
    sim.fault(fault)
    with pytest.raises(OSError):
        api.send([shoe("A")])
    sim.wait_idle()
    assert len(sim.items()) == items
    call, write = sim.journal()
    assert (call["fault"], call["answer_lost"], call["applied"], write["applied"]) == (fault, True, bool(items), bool(items))
    api.do([shoe("A")])
    assert sim.journal()[-1]["overlap"] is False, "what came of the lost one is over"


def test_late_apply(sim, api):
    sim.fault("late", ms=1500)
    with pytest.raises(OSError):
        api.send([shoe("A")])
    assert sim.items() == []
    api.create(retailer_id="A", name="Meanwhile")
    sim.wait_idle()
    item, = sim.items()
    assert item["name"] == "Shoe" and item["writes"] == 2, "the late batch came last"
    assert sim.counters()["late_applied"] == 1
    assert {e["overlap"] for e in sim.journal() if e["retailer_id"] == "A"} == {True}


def test_faults_match_what_a_batch_holds(sim, api):
    sim.fault("http500", match={"retailer_id": "B", "kind": "batch"})
    assert api.send([shoe("A"), shoe("C")]).status == 200
    assert api.send([shoe("A"), shoe("B")]).status == 500
    assert api.send([shoe("A"), shoe("B")]).status == 200
    sim.fault("success_false")
    assert api.send([shoe("D")]).json == {"success": False}
    sim.wait_idle()
    assert {item["retailer_id"] for item in sim.items()} == {"A", "B", "C"}
    sim.set_knobs({"fault.reduce_data.percent": 100})
    assert "reduce the amount" in api.send([shoe("D")]).error["message"]


def test_drawn_fates_depend_on_the_seed_not_on_the_order(sim, api):
    sim.set_knobs({"fault.http500.percent": 50})
    bodies = [[entry(str(n), "DELETE")] for n in range(16)]
    forth = [api.send(body).status for body in bodies]
    sim.wait_idle()
    sim._ask("reset", {})
    back = [api.send(body).status for body in reversed(bodies)]
    assert forth == back[::-1] and set(forth) == {200, 500}


def test_own_limit(sim, api):
    sim.set_knobs({"limit.batch.per.minute": 3, "usage.header.from.percent": 60})
    answers = [api.send([entry("A", "DELETE")]) for _ in range(4)]
    assert [a.status for a in answers] == [200, 200, 200, 400]
    assert answers[3].code == (80014, None) and "(#80014)" in answers[3].error["message"]
    usage = [json.loads(a.headers.get("x-business-use-case-usage", "null")) for a in answers]
    assert usage[0] is None and usage[1][CATALOG][0]["call_count"] == 67 and usage[1][CATALOG][0]["type"] == "catalog_batch"
    assert usage[3][CATALOG][0]["estimated_time_to_regain_access"] == 1
    assert api.create(retailer_id="B").status == 200, "single calls have their own limit"
    assert api.send([], catalog=OTHER).status == 200
    sim.set_knobs({"limit.management.per.hour": 1})
    handle, = answers[0].json["handles"]
    assert api.status(handle).code == (80009, None), "the status counts as management"
    sim.set_knobs({"limit.management.per.hour": 0, "limit.batch.window.ms": 60})
    time.sleep(0.07)
    assert api.send([entry("A", "DELETE")]).status == 200
    sim.set_knobs({"fault.throttle_80014.percent": 100})
    assert api.send([entry("A", "DELETE")]).code == (80014, None)
    assert api.create(retailer_id="C").status == 200


def test_reset_forgets_batches(sim, api):
    sim.set_knobs({"batch.latency.ms": 60000})
    handle, = api.send([shoe("A")]).json["handles"]
    assert sim.counters()["in_flight"] == 1
    sim._ask("reset", {})
    assert api.status(handle).code == (100, None)
    assert (sim.counters()["in_flight"], sim.items()) == (0, [])
