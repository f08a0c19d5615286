"""Further fields (docs/fields.md): each one, from an event over the wire into the catalog; each check, with the reason that
names the field; and what the single edge has no place for, with its warning."""

import re
import subprocess

import paths

# name: (in the event, in the catalog). A name of the batch dialect as the key of the event says that it is taken as well.
SENT = {
    "sale_price": ("9.50", 950),
    "sale_price_start_date": ("2026-11-22T08:00+01:00", None),
    "sale_price_end_date": ("2026-11-30", None),
    "product_type": ("Home > Lamps", None),
    "fb_product_category": ("home & kitchen", None),
    "custom_label_0": ("zero", None), "custom_label_1": ("one", None), "custom_label_2": ("two", None),
    "custom_label_3": ("three", None), "custom_label_4": ("vier, f\u00fcnf \U0001f600", None),
    "custom_number_0": (0, None), "custom_number_1": (1, None), "custom_number_2": (2, None),
    "custom_number_3": (3, None), "custom_number_4": (4294967295, None),
    "retailer_product_group_id": ("group-1", None),
    "additional_variant_attributes": ({"scent": "rose", "finish": "matt \"x\"", "empty": ""},
                                      {"finish": "matt \"x\"", "scent": "rose"}),
    "color": ("red", None), "size": ("L", None), "material": ("brass", None), "pattern": ("plain", None),
    "gender": ("unisex", None), "age_group": ("all ages", None),
    "gtin": ("04006381333931"[1:], None),
    "manufacturer_part_number": ("M-1", None),
    "short_description": ("A lamp.", None), "rich_text_description": ("<b>A lamp.</b>", None),
    "ordering_index": (3, None),
    "expiration_date": ("2030-02-28", None), "start_date": ("2026-11-22", None), "launch_date": ("2026-12-01", None),
    "marked_for_product_launch": ("marked", None),
    "mobile_link": ("https://m.shop.example/1", None), "checkout_url": ("https://shop.example/buy/1", None),
    "quantity_to_sell_on_facebook": (4, None), "return_policy_days": (30, None),
    "commerce_tax_category": ("FB_HOME", None),
    "origin_country": ("IN", None), "importer_name": ("Import Ltd", None),
    "importer_address": ({"street1": "Main 1", "street2": None, "city": "Pune", "postal_code": "411001", "country": "IN"},
                         {"city": "Pune", "country": "IN", "postal_code": "411001", "street1": "Main 1"}),
    "manufacturer_info": ("Made by Hearth", None),
    "wa_compliance_category": ("COUNTRY_ORIGIN_EXEMPT", None),
}
# The single edge has no such field.
WARNED = {"internal_label": ["summer"], "video": ["https://shop.example/1.mp4"], "disabled_capabilities": ["whatsapp"]}
BATCH_NAMES = {"mpn": "manufacturer_part_number", "item_group_id": "retailer_product_group_id",
               "additional_variant_attribute": "additional_variant_attributes"}

# (fields, reason, field named, what the message says)
REFUSED = [
    ({"sale_price": 9.5}, "price_not_a_string", "sale_price", "money is never a float"),
    ({"sale_price": "9.505"}, "price_not_representable", "sale_price", "two decimals"),
    ({"sale_price": "0"}, "price_zero", "sale_price", "zero"),
    ({"sale_price_start_date": "2026-02-30"}, "invalid_value", "sale_price_start_date", "a day that exists"),
    ({"sale_price_start_date": "2026-11-22", "sale_price_end_date": "2026-11-01"}, "invalid_value",
     "sale_price_end_date", "before the sale starts"),
    ({"product_type": "x" * 751}, "text_too_long", "product_type", "750 are allowed"),
    ({"custom_label_3": "\u20ac" * 101}, "text_too_long", "custom_label_3", "101 characters"),
    ({"custom_label_0": 7}, "wrong_type", "custom_label_0", "a number"),
    ({"custom_number_2": -1}, "number_out_of_range", "custom_number_2", "from 0 to 4294967295"),
    ({"custom_number_2": "7"}, "wrong_type", "custom_number_2", "a string"),
    ({"gtin": "4006381333932"}, "invalid_value", "gtin", "should be 1"),
    ({"gtin": "12345"}, "invalid_value", "gtin", "8, 12, 13 or 14 digits"),
    ({"gtin": 4006381333931}, "wrong_type", "gtin", "a number"),
    ({"origin_country": "UK"}, "invalid_value", "origin_country", "ISO 3166-1"),
    ({"gender": "Female"}, "invalid_value", "gender", "female, male, unisex"),
    ({"wa_compliance_category": "NONE"}, "invalid_value", "wa_compliance_category", "COUNTRY_ORIGIN_EXEMPT"),
    ({"mobile_link": "/m/1"}, "url_not_absolute", "mobile_link", "/m/1"),
    ({"checkout_url": "javascript:alert(1)"}, "url_scheme_unsupported", "checkout_url", "javascript"),
    ({"video": ["https://shop.example/1.mp4", "2.mp4"]}, "url_not_absolute", "video[1]", "2.mp4"),
    ({"video": "https://shop.example/1.mp4"}, "wrong_type", "video", "list of URLs"),
    ({"internal_label": [str(n) for n in range(21)]}, "too_many_members", "internal_label", "20"),
    ({"importer_address": "Main 1, Pune"}, "wrong_type", "importer_address", "object"),
    ({"importer_address": {"zip": "411001"}}, "unknown_field", "importer_address.zip", "postal_code"),
    ({"importer_address": {"country": "India"}}, "invalid_value", "importer_address.country", "India"),
    ({"additional_variant_attributes": {"a": 1}}, "wrong_type", "additional_variant_attributes.a", "a number"),
    ({"mpn": "a", "manufacturer_part_number": "b"}, "duplicate_key", "manufacturer_part_number", "twice"),
    ({"colour": "red"}, "unknown_field", "colour", "docs/fields.md"),
    ({"title": "Lamp"}, "unknown_field", "title", "data.name"),
]


def documented():
    """The fields that the program knows: {name: (single edge, items_batch)}, a dash for none."""
    page = subprocess.run([paths.program("catalog-worker"), "--print-fields-markdown"], capture_output=True, check=True,
                          text=True).stdout
    return {row[0]: row[1:] for row in re.findall(r"^\| `([a-z_0-9]+)` \| `?([a-z_0-9-]+)`? \| `?([a-z_0-9-]+)`? \|", page,
                                                  re.MULTILINE)}


def test_each_field_arrives_in_the_catalog(world):
    known = documented()
    assert set(known) == set(SENT) | set(WARNED), "a field of the table has no case here"
    assert {name for name, (single, _) in known.items() if single == "-"} == set(WARNED)
    events = dict({name: {name: value} for name, (value, _) in SENT.items()},
                  **{batch: {batch: SENT[name][0]} for batch, name in BATCH_NAMES.items()})
    events["all"] = dict({name: value for name, (value, _) in SENT.items()}, **WARNED)
    world.worker()
    results = dict(zip(events, world.sync(*[world.updated(name, 1, fields=fields) for name, fields in events.items()])))
    items = world.items()
    for case, fields in events.items():
        assert results[case]["outcome"] == "created", (case, results[case])
        item = items["SKU-" + case]
        for given in fields:
            name = BATCH_NAMES.get(given, given)
            if name in WARNED:
                assert name not in item
                continue
            value, sent = SENT[name]
            wanted = value if sent is None else sent
            shown = item[known[name][0]]
            assert shown == wanted and type(shown) is type(wanted), (case, name, shown, wanted)
        assert set(known) & set(item) == {BATCH_NAMES.get(n, n) for n in fields} - set(WARNED), case
    warnings = results.pop("all")["warnings"]
    assert [w.split()[0] for w in warnings] == ["data.fields." + name for name in sorted(WARNED, key=list(known).index)]
    assert not any(result.get("warnings") for result in results.values())
    assert not world.dead()
    world.account()


def test_each_check_names_the_field(world):
    world.worker()
    results = world.sync(*[world.updated(n, 1, fields=fields) for n, (fields, _, _, _) in enumerate(REFUSED)])
    for (fields, reason, field, says), result in zip(REFUSED, results):
        message = result["error"]["message"]
        assert (result["outcome"], result["reason"]) == ("failed", reason), (fields, result)
        assert message.startswith("data.fields.%s " % field) and says in message, (fields, message)
    good, = world.sync(world.updated("good", 1, fields={"color": "red"}))
    assert good["outcome"] == "created" and list(world.items()) == ["SKU-good"]
    letters = world.dead()
    assert {letter.headers["dlq-reason"].decode() for letter in letters} == {reason for _, reason, _, _ in REFUSED}
    world.account()


def test_what_could_not_be_sent_is_warned_of(world):
    world.worker(unknown_fields="ignore")
    first, second, third = world.one_by_one(
        world.updated(1, 1, fields={"retailer_product_group_id": "g", "colour": "red", "color": "red"}),
        world.updated(1, 2, name="Better", fields={"retailer_product_group_id": "g", "video": WARNED["video"]}),
        world.updated(1, 3, name="Better", fields={"retailer_product_group_id": "h", "video": WARNED["video"]}))
    assert first["outcome"] == "created" and first["warnings"] == [
        "names in data.fields that are not known here were left out: colour"]
    assert second["outcome"] == "updated" and [w.split(":")[0] for w in second["warnings"]] == [
        "data.fields.retailer_product_group_id was left out", "data.fields.video was left out"]
    assert third["outcome"] == "unchanged", "what single calls cannot say makes no call"
    assert [w.split()[0] for w in third["warnings"]] == ["data.fields.video"]
    assert world.item("SKU-1")["retailer_product_group_id"] == "g" and "colour" not in world.item("SKU-1")
    world.account()
