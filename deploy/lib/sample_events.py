#!/usr/bin/env python3
"""Sample product events of every kind, the same ones for the same numbers.

    sample_events.py --events 500 [--seed 1] > events.jsonl
    catalog-publish --raw --bootstrap-servers HOST:PORT events.jsonl

One line a record as catalog-publish --raw takes it: topic, key, value (a text, or null), headers; "kind" says what it is
meant to show.
"""

import argparse
import collections
import json
import random
import sys

EVENTS, BULK = "product-events", "product-events.bulk"
SOURCE = "urn:shop:sample"
FIRST_VERSION = 1732300000000000  # microseconds; the past, so nothing is refused for coming from the future
WORDS = ("Lamp", "Chair", "Kettle", "Solar panel", "Battery", "Inverter", "Desk", "Shelf", "Blanket", "Mug")
ADJECTIVES = ("Blue", "Oak", "Foldable", "Large", "Quiet", "Bright", "Second-hand", "Tall", "Été", "静か")

# What is drawn once each kind was shown, and how often.
WEIGHTS = collections.OrderedDict([
    ("update", 26), ("create", 24), ("price change", 12), ("stock change", 6), ("duplicate", 6), ("older version", 5),
    ("delete", 4), ("inactive", 3), ("binary mode", 4), ("resync", 3), ("no sku", 2), ("unchanged content", 2),
    ("tombstone", 1), ("blank sku", 1), ("missing price", 1), ("price as a number", 1), ("relative image", 1),
    ("unparsable", 1), ("unknown type", 1), ("sku change", 1), ("sku swap", 1), ("delete again", 1),
    ("same id, other content", 1), ("no version", 1), ("unknown currency", 1), ("yen", 1)])
# Meant to fail: each of them becomes a dead letter.
BROKEN = ("missing price", "price as a number", "relative image", "unparsable", "same id, other content", "no version",
          "unknown currency")


class Shop:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.products, self.records = [], []
        self.clock = self.events = 0

    # -- the pieces ----------------------------------------------------------------------------------------------------

    def version(self):
        self.clock += 1
        return FIRST_VERSION + self.clock * 1000000

    def new_product(self):
        number = len(self.products) + 1
        product = {
            "product_id": number if number % 2 else "p-%d" % number, "version": self.version(), "sku": "SKU-%05d" % number,
            "name": "%s %s" % (self.random.choice(ADJECTIVES), self.random.choice(WORDS)),
            "description": "A %s for every home." % self.random.choice(WORDS).lower(), "brand": "Hearth & Co",
            "price": self.price(), "currency": "USD", "stock_quantity": self.random.randint(1, 40), "is_active": True,
            "link": "https://shop.example/p/%d" % number, "image_link": "https://shop.example/img/%d.jpg" % number}
        self.products.append(product)
        return product

    def price(self, currency="USD"):
        if currency == "JPY":
            return str(self.random.randint(100, 90000))
        return "%d.%02d" % (self.random.randint(1, 900), self.random.randint(0, 99))

    def some_product(self):
        alive = [p for p in self.products[-400:] if not p.get("deleted")]
        return self.random.choice(alive) if alive else self.new_product()

    def add(self, kind, key, value, headers, topic=EVENTS):
        self.records.append(collections.OrderedDict(
            [("kind", kind), ("topic", topic), ("key", key), ("value", value), ("headers", headers)]))

    def event(self, kind, product, type_="product.updated", event_id=None, binary=False, topic=EVENTS):
        """Publishes product as it stands."""
        self.events += 1
        data = {k: v for k, v in product.items() if k != "deleted"}
        event_id = event_id or "evt-%06d" % self.events
        key = str(product["product_id"])
        if binary:
            headers = {"content-type": "application/json", "ce_specversion": "1.0", "ce_id": event_id,
                       "ce_source": SOURCE, "ce_type": type_}
            self.add(kind, key, json.dumps(data, ensure_ascii=False), headers, topic)
            return
        event = collections.OrderedDict([("specversion", "1.0"), ("id", event_id), ("source", SOURCE), ("type", type_),
                                         ("data", data)])
        self.add(kind, key, json.dumps(event, ensure_ascii=False), {"content-type": "application/cloudevents+json"}, topic)

    def changed(self, product, **fields):
        product.update(fields, version=self.version())
        return product

    def one_off(self, **fields):
        """A product of its own for what must not disturb another."""
        product = self.new_product()
        product.update(fields)
        return product

    # -- the kinds -----------------------------------------------------------------------------------------------------

    def show(self, kind):
        getattr(self, "show_" + kind.replace(",", "").replace(" ", "_").replace("-", "_"))(kind)

    def show_create(self, kind):
        self.event(kind, self.new_product(), "product.created")

    def show_update(self, kind):
        self.event(kind, self.changed(self.some_product(), description="Now %s." % self.random.choice(ADJECTIVES)))

    def show_price_change(self, kind):
        product = self.some_product()
        self.event(kind, self.changed(product, price=self.price(product["currency"])))

    def show_stock_change(self, kind):
        self.event(kind, self.changed(self.some_product(), stock_quantity=self.random.choice((0, 0, 7))))

    def show_unchanged_content(self, kind):
        self.event(kind, self.changed(self.some_product()))

    def show_binary_mode(self, kind):
        product = self.some_product()
        self.event(kind, self.changed(product, price=self.price(product["currency"])), binary=True)

    def show_duplicate(self, kind):
        earlier = [r for r in self.records[-50:] if r["kind"] not in BROKEN and r["value"] is not None]
        if not earlier:
            return self.show_create(kind)
        self.records.append(collections.OrderedDict(self.random.choice(earlier), kind=kind))

    def show_older_version(self, kind):
        product = dict(self.some_product())
        product.update(version=product["version"] - 500000, name="An older name")
        self.event(kind, product)

    def show_delete(self, kind):
        product = self.changed(self.some_product(), deleted=True)
        fields = ("product_id", "version", "sku")
        self.event(kind, {k: product[k] for k in fields}, "product.deleted")

    def show_delete_again(self, kind):
        self.event(kind, {"product_id": "never-there", "version": self.version(), "sku": "NEVER"}, "product.deleted")

    def show_tombstone(self, kind):
        product = self.some_product()
        product["deleted"] = True
        self.add(kind, str(product["product_id"]), None, {})

    def show_inactive(self, kind):
        self.event(kind, self.changed(self.some_product(), is_active=False))

    def show_resync(self, kind):
        self.event(kind, self.some_product(), "product.resync", topic=BULK)

    def show_no_sku(self, kind):
        product = self.one_off()
        del product["sku"]
        self.event(kind, product)
        product["deleted"] = True

    def show_blank_sku(self, kind):
        self.event(kind, self.one_off(sku="   ", deleted=True))

    def show_missing_price(self, kind):
        product = self.one_off(deleted=True)
        del product["price"]
        self.event(kind, product)

    def show_price_as_a_number(self, kind):
        self.event(kind, self.one_off(price=19.99, deleted=True))

    def show_relative_image(self, kind):
        self.event(kind, self.one_off(image_link="/media/lamp.jpg", deleted=True))

    def show_unknown_currency(self, kind):
        self.event(kind, self.one_off(currency="usd1", deleted=True))

    def show_no_version(self, kind):
        product = self.one_off(deleted=True)
        del product["version"]
        self.event(kind, product)

    def show_yen(self, kind):
        self.event(kind, self.one_off(price="1200", currency="JPY"))

    def show_unparsable(self, kind):
        self.add(kind, "broken-%d" % len(self.records), '{"specversion":"1.0","id":"half an ev',
                 {"content-type": "application/cloudevents+json"})

    def show_unknown_type(self, kind):
        self.event(kind, self.one_off(deleted=True), "product.viewed")

    def show_same_id_other_content(self, kind):
        product = self.one_off()
        self.event("create", product, "product.created")
        product["price"] = "1.%02d" % (self.events % 100)
        self.event(kind, product, "product.created", event_id="evt-%06d" % self.events)

    def show_sku_change(self, kind):
        product = self.some_product()
        self.event(kind, self.changed(product, sku="%s-B" % product["sku"]))

    def show_sku_swap(self, kind):
        first, second = self.one_off(), self.one_off()
        self.event("create", first, "product.created")
        self.event("create", second, "product.created")
        first_sku, second_sku = first["sku"], second["sku"]
        self.event(kind, self.changed(first, sku=second_sku))
        self.event(kind, self.changed(second, sku=first_sku))


def generate(events, seed=1):
    """Exactly so many records: first each kind in turn, as far as they go, then a draw."""
    shop = Shop(seed)
    for _ in range(4):
        shop.show("create")
    for kind in WEIGHTS:
        if len(shop.records) < events:
            shop.show(kind)
    kinds, weights = list(WEIGHTS), list(WEIGHTS.values())
    while len(shop.records) < events:
        shop.show(shop.random.choices(kinds, weights)[0])
    return shop.records[:events]


def main():
    parser = argparse.ArgumentParser(description="Sample product events for catalog-publish --raw.")
    parser.add_argument("--events", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    if arguments.events < 1:
        parser.error("--events wants 1 or more")
    for record in generate(arguments.events, arguments.seed):
        sys.stdout.write(json.dumps(record, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
