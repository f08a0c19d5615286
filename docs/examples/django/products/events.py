"""From rows to product events: CloudEvents 1.0, structured mode, as schemas/product-event.schema.json says."""

import datetime
import json
import uuid

from django.conf import settings


def of_product(type_, product):
    """How the catalog shall show this product. `product` is fresh from the database."""
    return _event(type_, product.pk, {
        "product_id": product.pk, "version": product.version, "catalog": settings.CATALOG,
        "sku": product.sku, "is_active": product.is_active,
        "name": product.name, "description": product.description, "brand": product.brand,
        "price": "%.2f" % product.price,  # text, never a float; a Decimal of two places loses nothing here
        "currency": product.currency, "stock_quantity": product.stock_quantity,
        "link": product.url, "image_link": product.image_url,
        "additional_image_links": [image.url for image in product.images.order_by("position", "pk")[:20]]})


def of_deleted(product, version):
    """SKU and catalog help to find an item of which the workers' memory knows nothing."""
    return _event("product.deleted", product.pk,
                  {"product_id": product.pk, "version": version, "catalog": settings.CATALOG, "sku": product.sku})


def _event(type_, product_id, data):
    """The id is made here, once: whoever sends the event again sends it under the same name."""
    now = datetime.datetime.now(datetime.timezone.utc)
    return {"specversion": "1.0", "id": str(uuid.uuid4()), "source": settings.EVENT_SOURCE, "type": type_,
            "subject": str(product_id), "time": now.isoformat().replace("+00:00", "Z"),
            "datacontenttype": "application/json", "dataschema": "urn:catalog-sync:schema:event:1", "data": data}


def as_text(event):
    return json.dumps(event, ensure_ascii=False)
