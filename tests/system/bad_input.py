"""Everything that can be wrong with a record, and what becomes of it: one table, from which tests/system/test_bad_input.py
makes events and docs/bad-input.md is generated (`python3 tests/system/bad_input.py >docs/bad-input.md`)."""

import dataclasses
import json
import typing

SOURCE = b"urn:shop:test"
AT = b"@@"  # in a value: the byte that the message must name; taken out before it is sent
RECORD_MAX_BYTES = 262144


def text(data):
    return json.dumps(data, ensure_ascii=False).encode()


@dataclasses.dataclass
class Case:
    group: str
    what: str  # for the page
    reason: str  # "": accepted
    field: str = ""  # what the message begins with
    says: str = ""  # and what it says
    outcome: str = "failed"
    members: dict = dataclasses.field(default_factory=dict)  # of data, over a complete product's; None: left out
    value: typing.Any = None  # instead of a value made of members: bytes, or a function of the product's id
    raw: dict = dataclasses.field(default_factory=dict)  # members of data as JSON text, over all others
    binary: bool = True
    headers: dict = dataclasses.field(default_factory=dict)  # over the right ones; None: left out
    extra_headers: typing.Any = ()  # [(name, value)] in front of the others
    envelope: dict = dataclasses.field(default_factory=dict)  # structured: over the right attributes; bytes: JSON as it is
    key: typing.Any = "id"  # "id": the product's id
    product: bool = True  # the result can name the product
    nothing: bool = False  # the value is null
    twice: bool = False  # a good event of the same identity goes first

    def product_id(self, number):
        return "bad-%d" % number

    def data(self, number):
        """`data` as JSON, each member as text, so that a case can say things that no JSON writer would."""
        pid = self.product_id(number)
        whole = {"product_id": pid, "version": 7, "sku": "SKU-" + pid, "name": "Lamp", "price": "19.99",
                 "currency": "USD", "stock_quantity": 5, "image_link": "https://shop.example/1.jpg",
                 "link": "https://shop.example/1"}
        whole.update(self.members)
        parts = {name: text(value) for name, value in whole.items() if value is not None}
        parts.update({name: value if isinstance(value, bytes) else value.encode() for name, value in self.raw.items()})
        return b"{" + b",".join(text(name) + b":" + value for name, value in parts.items()) + b"}"

    def whole(self, number):
        """The value with its mark; None: a null value."""
        if self.nothing:
            return None
        if self.value is not None:
            return self.value(self.product_id(number)) if callable(self.value) else self.value
        if self.binary:
            return self.data(number)
        attributes = {"specversion": "1.0", "id": "bad-%d" % number, "source": SOURCE.decode(), "type": "product.updated"}
        attributes.update(self.envelope)
        parts = [text(name) + b":" + (value if isinstance(value, bytes) else text(value)) for name, value in
                 attributes.items() if value is not None]
        if "data" not in self.envelope:
            parts.append(b'"data":' + self.data(number))
        return b"{" + b",".join(parts) + b"}"

    def record(self, number):
        """(key, value, headers)"""
        head = {"content-type": b"application/json", "ce_specversion": b"1.0", "ce_id": b"bad-%d" % number,
                "ce_source": SOURCE, "ce_type": b"product.updated"}
        if not self.binary:
            head = {"content-type": b"application/cloudevents+json"}
        head.update(self.headers)
        value = self.whole(number)
        extra = self.extra_headers() if callable(self.extra_headers) else self.extra_headers
        key = self.product_id(number).encode() if self.key == "id" else self.key
        return (key, value if value is None else value.replace(AT, b""),
                list(extra) + [(name, v) for name, v in head.items() if v is not None])

    def byte(self, number):
        value = self.whole(number)
        return value.index(AT) if value and AT in value else None


def member(reason, name, raw, says, what, **more):
    """A member of `data` given as JSON text; the message names the byte where it begins."""
    return Case("Values", what, reason, "data." + name, says, raw={name: b"@@" + (raw if isinstance(raw, bytes) else
                                                                                 raw.encode())}, **more)


def nested(levels, mark):
    """An object in which lists are nested; the mark stands at the bracket that is one too many."""
    return b'{"a":' + b"[" * mark + b"@@" + b"[" * (levels - mark) + b"]" * levels + b"}"


JSON = [
    Case("JSON", "an empty value (not null) with a content type", "invalid_json", "", "empty", value=b"@@", product=False),
    Case("JSON", "text that is no JSON", "invalid_json", "", "unexpected character", value=b"@@hello", product=False),
    Case("JSON", "JSON that was cut off", "invalid_json", "", "cut off", value=b'{"product_id":"x","version":1@@', product=False),
    Case("JSON", "text behind the JSON", "invalid_json", "", "more text", value=b"{} @@{}", product=False),
    Case("JSON", "a list instead of an object", "wrong_type", "", "must be a JSON object", value=b"[]", product=False),
    Case("JSON", "a string instead of an object", "wrong_type", "", "must be a JSON object", value=b'"x"', product=False),
    Case("JSON", "NaN", "invalid_json", "data.price", "unexpected character", value=b'{"price":@@NaN}', product=False),
    Case("JSON", "single quotes", "invalid_json", "", "unexpected character", value=b"{@@'a':1}", product=False),
    Case("JSON", "a comma too many", "invalid_json", "", "unexpected character", value=b'{"a":1,@@}', product=False),
    Case("JSON", "a byte order mark in front", "invalid_json", "", "unexpected character",
         value=b'@@\xef\xbb\xbf{"product_id":"x"}', product=False),
    Case("JSON", "UTF-16", "invalid_json", "", "unexpected character", value=b"@@\xff\xfe{\x00}\x00", product=False),
    Case("JSON", "a line break inside a string", "invalid_json", "data.name", "escaped", value=b'{"name":"a@@\nb"}', product=False),
    Case("JSON", "a member twice", "duplicate_key", "data.sku", "two members", value=b'{"sku":"a",@@"sku":"b"}', product=False),
    Case("JSON", "a member twice, once escaped", "duplicate_key", "data.s\\\\u006bu", "two members",
         value=b'{"sku":"a",@@"s\\u006bu":"b"}', product=False),
    Case("JSON", "a member of `fields` twice", "duplicate_key", "data.fields.color", "two members",
         value=b'{"fields":{"color":"a",@@"color":"b"}}', product=False),
    Case("JSON", "1,000 levels of nesting", "too_deep", "data.a[0][0]", "nested", value=nested(1000, 63), product=False),
    Case("JSON", "2,000 members", "too_many_members", "data.m1024", "too many members",
         value=b"{" + b",".join(b'%s"m%d":1' % (b"@@" if n == 1024 else b"", n) for n in range(2000)) + b"}", product=False),
    Case("JSON", "a number beyond a double", "number_out_of_range", "data.x", "too large", value=b'{"x":@@1e999}', product=False),
    Case("JSON", "a fraction that a double would round to a whole number", "number_out_of_range", "data.stock_quantity",
         "more digits", value=b'{"stock_quantity":@@1.00000000000000000001}', product=False),
    Case("JSON", "a value above record.max.bytes", "too_large", "", "record.max.bytes",
         value=b'{"product_id":"x","description":"' + b"x" * RECORD_MAX_BYTES + b'"}', product=False),
]

TEXT = [
    Case("Text", "a byte that is no UTF-8", "invalid_utf8", "data.name", "UTF-8", value=b'{"name":"Caf@@\xe9"}', product=False),
    Case("Text", "an overlong form", "invalid_utf8", "data.name", "UTF-8", value=b'{"name":"@@\xc0\xaf"}', product=False),
    Case("Text", "a surrogate in UTF-8", "invalid_utf8", "data.name", "UTF-8", value=b'{"name":"@@\xed\xa0\x80"}', product=False),
    Case("Text", "half a character at the end", "invalid_utf8", "data.name", "UTF-8", value=b'{"name":"a@@\xe2\x82"}', product=False),
    Case("Text", "a NUL byte", "nul_character", "data.name", "NUL", value=b'{"name":"Shoe@@\x00 100 EUR"}', product=False),
    Case("Text", "`\\u0000`", "nul_character", "data.name", "NUL", value=b'{"name":"Shoe@@\\u0000 100 EUR"}', product=False),
    Case("Text", "a NUL byte between members", "nul_character", "", "NUL", value=b'{"a":1@@\x00}', product=False),
    Case("Text", "half of a surrogate pair", "lone_surrogate", "data.name", "surrogate", value=b'{"name":"@@\\ud83d!"}', product=False),
    Case("Text", "a control character in the product's id", "bad_character", "data.product_id", "control character",
         raw={"product_id": b'@@"a\\u0007"'}, product=False, key=None),
    Case("Text", "a tab in the SKU", "bad_character", "data.sku", "control character", raw={"sku": b'@@"a\\tb"'}),
]

NUMBERS = [
    Case("Numbers", "a product's id beyond 2^53", "number_out_of_range", "data.product_id", "2^53", key=None,
         raw={"product_id": b"@@9007199254740993"}, product=False),
    Case("Numbers", "a product's id with a fraction", "wrong_type", "data.product_id", "1.5", key=None,
         raw={"product_id": b"@@1.5"}, product=False),
    Case("Numbers", "a version of 2^53", "version_out_of_range", "data.version", "1 to 2^53-1",
         raw={"version": b"@@9007199254740992"}),
    Case("Numbers", "a version in nanoseconds", "version_out_of_range", "data.version", "1 to 2^53-1",
         raw={"version": b"@@1763850000000000000"}),
    Case("Numbers", "a version of 0", "version_out_of_range", "data.version", "1 to 2^53-1", raw={"version": b"@@0"}),
    Case("Numbers", "a version below 0", "version_out_of_range", "data.version", "1 to 2^53-1", raw={"version": b"@@-1"}),
    Case("Numbers", "a version with a fraction", "wrong_type", "data.version", "1.5", raw={"version": b"@@1.5"}),
    Case("Numbers", "a version as text", "wrong_type", "data.version", "a string", raw={"version": b'@@"7"'}),
    Case("Numbers", "a version from the future, in microseconds", "version_in_future", "data.version",
         "version.future.max.ms", raw={"version": b"@@4102444800000000"}),
    Case("Numbers", "a version from the future, in milliseconds", "version_in_future", "data.version",
         "version.future.max.ms", raw={"version": b"@@4102444800000"}),
    Case("Numbers", "a stock beyond 2^53", "number_out_of_range", "data.stock_quantity", "2^53",
         raw={"stock_quantity": b"@@1e300"}),
    Case("Numbers", "a stock below 0: oversold, counts as 0", "", outcome="created", raw={"stock_quantity": b"-3"}),
    Case("Numbers", "a stock written as 5.0: whole all the same", "", outcome="created", raw={"stock_quantity": b"5.0"}),
]

MISSING = [
    Case("Missing fields", "no `%s`" % name, "missing_field", "data." + name, "is missing", members={name: None},
         product=name != "product_id", key=None if name == "product_id" else "id")
    for name in ("product_id", "version", "name", "price", "currency", "image_link")
] + [
    Case("Missing fields", "a null product_id", "missing_field", "data.product_id", "is missing", key=None, product=False,
         raw={"product_id": b"@@null"}),
    Case("Missing fields", "a blank name", "missing_field", "data.name", "is missing", raw={"name": b'@@" "'}),
    Case("Missing fields", "no `sku`", "no_sku", outcome="skipped", members={"sku": None}),
    Case("Missing fields", "a blank `sku`", "no_sku", outcome="skipped", raw={"sku": b'"  "'}),
]

# Each member of data with a value of a wrong type.
WRONG_TYPES = [
    Case("Wrong types", "`%s`: %s" % (name, word), reason, "data." + name, word if reason == "wrong_type" else "", raw={
        name: b"@@" + raw.encode()}, product=name != "product_id", key=None if name == "product_id" else "id")
    for name, raw, word, reason in [
        ("product_id", "true", "true or false", "wrong_type"), ("sku", "12", "a number", "wrong_type"),
        ("catalog", "1", "a number", "wrong_type"), ("is_active", '"false"', "a string", "wrong_type"),
        ("is_active", "0", "a number", "wrong_type"), ("name", "7", "a number", "wrong_type"),
        ("description", "[]", "a list", "wrong_type"), ("brand", "{}", "an object", "wrong_type"),
        ("link", "7", "a number", "wrong_type"), ("image_link", "true", "true or false", "wrong_type"),
        ("additional_image_links", '"https://a.example/"', "a string", "wrong_type"),
        ("category", "5", "a number", "wrong_type"), ("price", "19.99", "a number", "price_not_a_string"),
        ("price", "[]", "a list", "wrong_type"), ("currency", "840", "a number", "wrong_type"),
        ("stock_quantity", '"5"', "a string", "wrong_type"), ("stock_quantity", "0.5", "0.5", "wrong_type"),
        ("availability", "true", "true or false", "wrong_type"), ("condition", "1", "a number", "wrong_type"),
        ("visibility", "false", "true or false", "wrong_type"), ("fields", "[]", "a list", "wrong_type")]
]

VALUES = [
    member("price_not_representable", "price", '"19.999"', "two decimals", "a third decimal in USD"),
    member("price_not_representable", "price", '"99999999999999999"', "", "a price beyond what the API's integer holds"),
    member("price_invalid", "price", '"1e3"', "exponent", "a price with an exponent"),
    member("price_invalid", "price", '"-1"', "", "a negative price"),
    member("price_invalid", "price", '"1,000"', "1,000", "a price with a thousands separator"),
    member("price_invalid", "price", '"19.99 USD"', "19.99 USD", "a price with its currency"),
    member("price_zero", "price", '"0.00"', "zero", "a price of zero (`allow.zero.price` lets it pass)"),
    member("currency_invalid", "currency", '"usd"', "ISO 4217", "a currency in lower case"),
    member("url_not_absolute", "link", '"/p/1"', "/p/1", "a relative link"),
    member("url_scheme_unsupported", "image_link", '"data:image/png;base64,AA"', "data:", "an image as data: URL"),
    member("url_invalid", "link", '"https://"', "", "a URL without a host"),
    member("url_too_long", "link", '"https://a.example/' + "x" * 2048 + '"', "2048", "a URL of more than 2,048 bytes"),
    Case("Values", "a relative URL inside a list", "url_not_absolute", "data.additional_image_links[1]", "/b",
         raw={"additional_image_links": b'["https://a.example/",@@"/b"]'}),
    Case("Values", "21 additional images", "too_many_members", "data.additional_image_links", "20",
         raw={"additional_image_links": b"@@[" + b",".join(b'"https://a.example/%d"' % n for n in range(21)) + b"]"}),
    member("invalid_value", "availability", '"in_stock"', "in stock", "an underscore for the space"),
    member("invalid_value", "condition", '"New"', "new", "another case"),
    member("invalid_value", "visibility", '"hidden"', "staging", "a word of the other dialect"),
    member("text_too_long", "name", '"' + "\u20ac" * 256 + '"', "256 characters", "a name of 256 characters"),
    member("text_too_long", "sku", '"' + "x" * 101 + '"', "101 characters", "a SKU of 101 characters"),
    member("text_too_long", "description", '"' + "x" * 5001 + '"', "5000", "a description of 5,001 characters"),
    member("unknown_catalog", "catalog", '"moon"', "not configured", "a catalog that is not configured"),
    Case("Values", "an unknown name in `fields`", "unknown_field", "data.fields.colour", "docs/fields.md",
         raw={"fields": b'{"colour":@@"red"}'}),
    Case("Values", "an unknown member of `data`: ignored", "", outcome="created", raw={"colour": b'"red"'}),
]

KEYS = [
    Case("Keys", "no key", "", outcome="created", key=None),
    Case("Keys", "an empty key", "", outcome="created", key=b""),
    Case("Keys", "a key that is not the product's id", "key_mismatch", "key", "\"other\"", key=b"other"),
    Case("Keys", "a key that is no UTF-8", "key_mismatch", "key", "is \"", key=b"\xff\x00"),
    Case("Keys", "a bare tombstone without a key", "missing_field", "key", "is missing", nothing=True, key=None,
         headers={"ce_id": None, "ce_source": None, "ce_type": None, "ce_specversion": None, "content-type": None},
         product=False),
    Case("Keys", "a bare tombstone whose key is no UTF-8", "invalid_utf8", "key", "UTF-8", nothing=True, key=b"\xff",
         headers={"ce_id": None, "ce_source": None, "ce_type": None, "ce_specversion": None, "content-type": None},
         product=False),
    Case("Keys", "a tombstone of a product of which nothing is known", "tombstone_unknown", nothing=True,
         headers={"ce_id": None, "ce_source": None, "ce_type": None, "ce_specversion": None, "content-type": None}),
    Case("Keys", "a null value with the headers of an update", "missing_field", "data", "would delete", nothing=True),
    Case("Keys", "source and id of an earlier event, other content", "identity_reused", "", twice=True),
]

ENVELOPE = [
    Case("Envelope", "no CloudEvent at all", "not_a_cloud_event", "", "no CloudEvent",
         headers={"ce_id": None, "ce_source": None, "ce_type": None, "ce_specversion": None, "content-type": None}),
    Case("Envelope", "binary: no `ce_id`", "missing_attribute", "ce_id", "is missing", headers={"ce_id": None}),
    Case("Envelope", "binary: no `ce_source`", "missing_attribute", "ce_source", "is missing", headers={"ce_source": None}),
    Case("Envelope", "binary: no `ce_type`", "missing_attribute", "ce_type", "is missing", headers={"ce_type": None}),
    Case("Envelope", "binary: no `ce_specversion`", "missing_attribute", "ce_specversion", "is missing",
         headers={"ce_specversion": None}),
    Case("Envelope", "binary: specversion 0.3", "specversion_unsupported", "ce_specversion", "0.3",
         headers={"ce_specversion": b"0.3"}),
    Case("Envelope", "binary: an empty `ce_id`", "missing_attribute", "ce_id", "empty", headers={"ce_id": b""}),
    Case("Envelope", "binary: `ce_id` is no UTF-8", "invalid_utf8", "ce_id", "UTF-8", headers={"ce_id": b"\xff"}),
    Case("Envelope", "binary: a line break in `ce_id`", "invalid_attribute", "ce_id", "control character",
         headers={"ce_id": b"a\nb"}),
    Case("Envelope", "binary: `ce_id` of 257 bytes", "invalid_attribute", "ce_id", "257 bytes", headers={"ce_id": b"x" * 257}),
    Case("Envelope", "binary: data that is no JSON", "content_type_unsupported", "content-type", "avro",
         headers={"content-type": b"application/avro"}, product=False),
    Case("Envelope", "binary: no content type: taken for JSON", "", outcome="created", headers={"content-type": None}),
    Case("Envelope", "binary: `ce_time` that is no time: ignored", "", outcome="created", headers={"ce_time": b"yesterday"}),
    Case("Envelope", "binary: headers in capital letters", "", outcome="created", headers={
        "ce_id": None, "CE_ID": b"capital", "content-type": None, "Content-Type": b"Application/JSON"}),
    Case("Envelope", "binary: a `ce_dataschema` of a later major version", "dataschema_unsupported", "ce_dataschema", "event:2",
         headers={"ce_dataschema": b"urn:catalog-sync:schema:event:2"}),
    Case("Envelope", "an unknown type", "unknown_type", outcome="skipped", headers={"ce_type": b"order.created"}),
    Case("Envelope", "structured: no `id`", "missing_attribute", "id", "is missing", binary=False, envelope={"id": None}),
    Case("Envelope", "structured: no `source`", "missing_attribute", "source", "is missing", binary=False,
         envelope={"source": None}),
    Case("Envelope", "structured: a number as `id`", "invalid_attribute", "id", "a number", binary=False, envelope={"id": b"@@7"}),
    Case("Envelope", "structured: specversion 2.0", "specversion_unsupported", "specversion", "2.0", binary=False,
         envelope={"specversion": b'@@"2.0"'}),
    Case("Envelope", "structured: no `data`", "missing_field", "data", "is missing", binary=False, product=False,
         value=lambda pid: text({"specversion": "1.0", "id": pid, "source": SOURCE.decode(), "type": "product.updated"})),
    Case("Envelope", "structured: `data` as text", "wrong_type", "data", "a string", binary=False, product=False,
         value=lambda pid: b'{"specversion":"1.0","id":"%s","source":"s","type":"product.updated","data":@@"{}"}' %
         pid.encode()),
    Case("Envelope", "structured: `data_base64`", "content_type_unsupported", "data_base64", "is not read", binary=False,
         product=False, value=lambda pid: b'{"specversion":"1.0","id":"%s","source":"s","type":"product.updated",'
         b'"data_base64":@@"e30="}' % pid.encode()),
    Case("Envelope", "structured: a wrong price", "price_not_a_string", "data.price", "float", binary=False,
         raw={"price": b"@@19.99"}),
    Case("Envelope", "a batch of events", "content_type_unsupported", "content-type", "one event a record", binary=False,
         headers={"content-type": b"application/cloudevents-batch+json"}, value=b"[]", product=False),
    Case("Envelope", "both modes: structured content type and `ce_` headers: the value counts, the headers do not", "",
         outcome="created", binary=False, headers={"ce_id": b"other", "ce_specversion": b"0.1", "ce_type": b"order.created"}),
    Case("Envelope", "`dlq-replays` that is no number", "invalid_attribute", "dlq-replays", "decimal digits",
         headers={"dlq-replays": b"many"}),
]

HEADERS = [
    Case("Headers", "2,000 headers in front of those of the event", "", outcome="created",
         extra_headers=lambda: [("x-%d" % n, b"v") for n in range(2000)]),
    Case("Headers", "2,000 headers, and a wrong price", "price_not_a_string", "data.price", "float", raw={"price": b"@@1"},
         extra_headers=lambda: [("x-%d" % n, b"v") for n in range(2000)]),
    Case("Headers", "a header of 200,000 bytes", "", outcome="created", extra_headers=lambda: [("x-big", b"v" * 200000)]),
    Case("Headers", "a header of 200,000 bytes, and a wrong price", "price_not_a_string", "data.price", "float",
         raw={"price": b"@@1"}, extra_headers=lambda: [("x-big", b"v" * 200000)]),
    Case("Headers", "`ce_id` twice: the last counts", "", outcome="created", extra_headers=[("ce_id", b"first")]),
    Case("Headers", "`ce_id` with a null value", "missing_attribute", "ce_id", "is missing", headers={"ce_id": None},
         extra_headers=[("ce_id", None)]),
]

CASES = JSON + TEXT + NUMBERS + MISSING + WRONG_TYPES + VALUES + KEYS + ENVELOPE + HEADERS

INTRO = """# Bad input

<!-- Generated by `python3 tests/system/bad_input.py`; do not edit. -->

What becomes of each kind of record that is wrong, or looks so. `tests/system/test_bad_input.py` publishes every row of this
table to the real worker, on both brokers, each with a good event behind it in the same partition: the bad one ends as the row says,
the good one is delivered.

Every `failed` row ends in a result and a dead letter with the record's key, value and headers byte for byte. The result's
`error.message` begins with the field and, where there is one, names the byte of the value (counted from 0) at which the fault is
or the refused value begins. Nothing of a failed event is sent to the catalog, and its product's version does not move.

A value larger than the worker's limit is written to the dead-letter topic without its value (`dlq-truncated`). Of a record's own
headers a dead letter keeps 64, and 64 KiB of them, the event's own before all others (`dlq-headers-dropped` counts the rest).
"""


def markdown():
    lines = [INTRO]
    for group in dict.fromkeys(case.group for case in CASES):
        lines += ["\n## %s\n" % group, "| what comes in | outcome | reason | the message names | byte |",
                  "|---|---|---|---|---|"]
        for number, case in enumerate(CASES):
            if case.group == group:
                lines.append("| %s | `%s` | %s | %s | %s |" % (
                    case.what, case.outcome, "`%s`" % case.reason if case.reason else "",
                    "`%s`" % case.field.replace("\\\\", "\\") if case.field else "",
                    "yes" if case.byte(number) is not None else ""))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(markdown(), end="")
