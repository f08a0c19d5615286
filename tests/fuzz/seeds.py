"""seeds.py FOLDER: inputs for fuzz_event, one a row of tests/system/bad_input.py, and events with every kind of field."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "system"))
from bad_input import AT, CASES  # noqa: E402

NONE = 10  # no header is replaced
BIGGEST = 4096
FIELDS = b"""{"product_id":1,"version":7,"sku":"S","name":"Lamp","price":"1","currency":"JPY","image_link":"https://a.example/1",
"fields":{"sale_price":"1","sale_price_start_date":"2026-11-22","sale_price_end_date":"2026-11-23T08:00+01:00","gtin":"96385074",
"origin_country":"IN","gender":"unisex","custom_number_0":7,"importer_address":{"city":"Pune","country":"IN"},"mpn":"m",
"internal_label":["a","b"],"video":["https://a.example/1.mp4"],"additional_variant_attributes":{"x":"y"},"mobile_link":null},
"additional_image_links":["https://a.example/2",null],"availability":"in stock","is_active":true,"catalog_id":"12","x":[1,{"y":-2.5e3}]}"""


def main(folder):
    os.makedirs(folder, exist_ok=True)
    inputs = [bytes([0, NONE, 0]) + FIELDS, bytes([4, NONE, 0]) + FIELDS]
    for number, case in enumerate(CASES):
        value = case.whole(number)
        if value is None or len(value) <= BIGGEST:
            flags = (0 if case.binary else 1) | (16 if value is None else 0)
            inputs.append(bytes([flags, NONE, 0]) + (value or b"").replace(AT, b""))
    for number, data in enumerate(inputs):
        with open(os.path.join(folder, "seed-%03d" % number), "wb") as out:
            out.write(data)


if __name__ == "__main__":
    main(sys.argv[1])
