"""Further fields in bulk calls: each one from an event through the C encoder and items_batch into the simulated catalog,
beside the same event through the single edge; and each row's bounds, where the worker's table and the simulator's meet."""

import functools
import json
import re
import subprocess

import paths
import pytest
from catalog_sim import CatalogSim
from simclient import CATALOG, OTHER, TOKEN, Client
from test_fields import BATCH_NAMES, SENT, WARNED
from world import product

RANGE = ("sale_price_start_date", "sale_price_end_date")
LONG = "\u00e9"  # two bytes, one character


@functools.lru_cache(maxsize=None)
def table():
    """docs/fields.md as printed: {name: (single edge, items_batch, value, bound)}, None for no such field."""
    page = subprocess.run([paths.program("catalog-worker"), "--print-fields-markdown"], capture_output=True, check=True,
                          text=True).stdout
    rows = [[cell.strip().strip("`") for cell in line.split(" | ")] for line in page.splitlines() if re.match(r"\| `", line)]
    return {row[0].lstrip("| `"): (row[1] if row[1] != "-" else None, row[2] if row[2] != "-" else None, row[3], row[4])
            for row in rows}


def in_bulk():
    return {name: batch for name, (_, batch, _, _) in table().items() if batch}


def event(sku, type_="product.updated", **data):
    return {"specversion": "1.0", "id": "evt-%s" % sku, "source": "urn:shop:test", "type": type_,
            "data": product(sku, 1, sku=sku, **data)}


def encode(events):
    """What the worker would send for each event (tests/encode)."""
    lines = "".join(json.dumps(one) + "\n" for one in events)
    done = subprocess.run([paths.program("encode_events")], input=lines.encode(), capture_output=True, check=True, timeout=30)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(events)
    return answers


@pytest.fixture(scope="module")
def sim(tmp_path_factory):
    sim = CatalogSim(paths.program("catalog-sim"), tmp_path_factory.mktemp("sim"), [CATALOG, OTHER], [TOKEN],
                     {"batch.latency.ms": 5}).start()
    yield sim
    sim.stop()


def send(sim, entries, catalog=CATALOG):
    """One items_batch, carried out: (validation_status by retailer id, the catalog's items by retailer id)."""
    answer = Client(sim.url).call("POST", catalog + "/items_batch", {"item_type": "PRODUCT_ITEM", "requests": entries})
    assert answer.status == 200, answer.raw
    sim.wait_idle()
    return ({v["retailer_id"]: v for v in answer.json["validation_status"]},
            {item["retailer_id"]: item for item in sim.items() if item["catalog"] == catalog})


def bulk_events():
    cases = {name: {name: SENT[name][0] if name in SENT else WARNED[name]} for name in in_bulk() if name not in RANGE}
    cases["sale"] = {name: SENT[name][0] for name in RANGE}
    cases.update({batch: {batch: SENT[name][0]} for batch, name in BATCH_NAMES.items()})
    cases["all"] = {name: SENT[name][0] if name in SENT else WARNED[name] for name in in_bulk()}
    return cases


def test_each_field_arrives_in_bulk(sim):
    cases = bulk_events()
    encoded = encode([event("F-" + case, fields=fields) for case, fields in cases.items()])
    told, items = send(sim, [one["batch"] for one in encoded])
    assert told == {}, "no error, and no field that the simulator does not know"
    stored = dict(WARNED, video=[{"url": url} for url in WARNED["video"]])
    stored.update({name: value if sent is None else sent for name, (value, sent) in SENT.items()})
    for case, fields in cases.items():
        item = items["F-" + case]
        for given in fields:
            name = BATCH_NAMES.get(given, given)
            shown = item[table()[name][0] or name]
            assert shown == stored[name] and type(shown) is type(stored[name]), (case, name, shown)
        stock = {"quantity_to_sell_on_facebook"}  # of data.stock_quantity, where the field is not given
        assert set(table()) & set(item) - stock == {BATCH_NAMES.get(name, name) for name in fields} - stock, case


def test_both_dialects_make_the_same_item(sim):
    both = {name: SENT[name][0] for name in in_bulk() if name in SENT}
    events = [event("same-1", fields=both, visibility="staging", additional_image_links=["https://shop.example/2.png"]),
              event("same-2", price="0019.90", category="Shoes", condition="refurbished", availability="discontinued"),
              event("same-3", price="1200", currency="JPY", fields={"sale_price": "900"}),
              event("same-4", price="1.5", currency="BHD", name="L\u00e4mpchen \"\U0001f4a1\" \\ 4")]
    encoded = encode(events)
    told, bulk = send(sim, [one["batch"] for one in encoded])
    assert told == {}
    client = Client(sim.url)
    for one in encoded:
        assert client.call("POST", OTHER + "/products", one["single"]).status == 200
    single = {item["retailer_id"]: item for item in sim.items() if item["catalog"] == OTHER}
    own = {"id", "catalog", "created_ms", "updated_ms", "inventory", "quantity_to_sell_on_facebook"}
    for sku, item in single.items():
        left, right = ({k: v for k, v in one.items() if k not in own and (k, v) != ("additional_image_urls", [])}
                       for one in (item, bulk[sku]))
        assert left == right, sku
        stock = both["quantity_to_sell_on_facebook"] if sku == "same-1" else 5
        assert (item["inventory"], bulk[sku]["quantity_to_sell_on_facebook"]) == (5, stock)


def test_hide_and_delete(sim):
    shown, = encode([event("gone")])
    hidden, deleted = encode([event("gone", is_active=False), event("gone", type_="product.deleted")])
    send(sim, [shown["batch"]])
    _, items = send(sim, [hidden["batch"]])
    assert (items["gone"]["visibility"], items["gone"]["name"]) == ("staging", "Lamp gone")
    told, items = send(sim, [deleted["batch"]])
    assert told == {} and "gone" not in items


def test_what_the_dialect_lacks_is_unfit(sim):
    only_single = {name: SENT[name][0] for name, (_, batch, _, _) in table().items() if not batch}
    assert only_single
    for name, one in zip(only_single, encode([event(name, fields={name: value}) for name, value in only_single.items()])):
        assert one["unfit"] == name and "batch" not in one


def bounds():
    """(name, greatest value, what is beyond it) of each row that has a bound."""
    for name, (_, batch, value, bound) in table().items():
        numbers = [int(n) for n in re.findall(r"\d+", bound)]
        if not batch or not numbers:
            continue
        if value == "text":
            yield name, LONG * numbers[0], LONG * (numbers[0] + 1)
        elif value == "whole number":
            yield name, numbers[1], numbers[1] + 1
        elif value == "list of texts":
            yield name, [LONG * numbers[1]] + ["x"] * (numbers[0] - 1), [LONG * (numbers[1] + 1)]
            yield name, ["x"] * numbers[0], ["x"] * (numbers[0] + 1)
        elif value == "object of texts":
            yield name, {"a": LONG * numbers[1]}, {"a": LONG * (numbers[1] + 1)}
            yield name, {str(n): "x" for n in range(numbers[0])}, {str(n): "x" for n in range(numbers[0] + 1)}
        elif value == "address object":
            yield name, {"city": LONG * numbers[1]}, {"city": LONG * (numbers[1] + 1)}
        elif value == "list of absolute URLs":
            urls = ["https://shop.example/%d.mp4" % n for n in range(numbers[0] + 1)]
            yield name, urls[:-1], urls
        else:
            raise AssertionError("a bound of a kind that has no case here: %s" % value)


def test_bounds_are_those_of_the_simulator(sim):
    """The greatest value passes both; one more is refused by the decoder, and, put into the encoded entry, by the simulator."""
    cases = list(bounds())
    assert {name for name, _, _ in cases} >= {n for n, (_, batch, value, _) in table().items() if batch and value in
                                              ("text", "whole number")}
    encoded = encode([event("B-%d" % n, fields={name: most}) for n, (name, most, _) in enumerate(cases)])
    told, items = send(sim, [one["batch"] for one in encoded])
    assert told == {} and set(items) >= {"B-%d" % n for n in range(len(cases))}
    refused = encode([event("X-%d" % n, fields={name: beyond}) for n, (name, _, beyond) in enumerate(cases)])
    entries = []
    for n, ((name, _, beyond), one, no) in enumerate(zip(cases, encoded, refused)):
        assert "refused" in no and no["field"].startswith("data.fields." + name), (name, no)
        data = dict(one["batch"]["data"], id="X-%d" % n)
        data[in_bulk()[name]] = [{"url": url} for url in beyond] if name == "video" else beyond
        entries.append({"method": "UPDATE", "data": data})
    told, items = send(sim, entries)
    for n, (name, _, _) in enumerate(cases):
        message, = told["X-%d" % n]["errors"]
        assert "'%s'" % in_bulk()[name] in message["message"], (name, message)
        assert "X-%d" % n not in items


# Of each kind of value: what is none, in an event (None: has no like there) and in an entry.
WRONG = {
    "text": (7, 7), "money, a decimal string": ("9.505", "9.505 USD"), "whole number": ("7", "7"),
    "date (ISO 8601)": ("soon", "soon"), "GTIN (GS1)": (4006381333931, 4006381333931), "choice": ("Female", "Female"),
    "absolute URL": ("/m/1", "/m/1"), "country (ISO 3166-1, two letters)": ("India", "India"),
    "object of texts": ({"a": 1}, {"a": 1}), "address object": ("Main 1", "Main 1"), "list of texts": ("x", "x"),
    "list of absolute URLs": (["2.mp4"], [{"url": "2.mp4"}]),
}


def test_wrong_values_are_refused_by_both(sim):
    names = list(in_bulk())
    assert {table()[name][2] for name in names} == set(WRONG)
    refused = encode([event("W-%s" % name, fields={name: WRONG[table()[name][2]][0]}) for name in names])
    good, = encode([event("good")])
    entries = []
    for name, no in zip(names, refused):
        assert "refused" in no and no["field"].startswith("data.fields." + name), (name, no)
        value = WRONG[table()[name][2]][1]
        data = dict(good["batch"]["data"], id="W-" + name)
        data[in_bulk()[name]] = "2026-11-22/" + value if name in RANGE else value
        entries.append({"method": "UPDATE", "data": data})
    told, items = send(sim, entries + [good["batch"]])
    assert set(told) == {"W-" + name for name in names} and "good" in items
    for name in names:
        message, = told["W-" + name]["errors"]
        assert "'%s'" % in_bulk()[name] in message["message"], (name, message)
