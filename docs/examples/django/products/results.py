"""From result events to tracking columns."""

import datetime
import logging

from django.conf import settings
from django.db import transaction

from .models import Product

log = logging.getLogger(__name__)

KNOWN = "urn:catalog-sync:schema:result:1"
SUCCESS = ("created", "updated", "unchanged", "deleted")


class UnknownContract(Exception):
    """A result of a newer major version: do not guess, update this program."""


def persist(event):
    """Writes what one result says. May be told the same again, or something old: neither does harm.

    Queries, never save(): a save would write the next event, whose result would write the next, and so on."""
    if event.get("type") != "product.sync.result":
        return
    if event.get("dataschema", KNOWN) != KNOWN:
        raise UnknownContract(event["dataschema"])
    data = event["data"]
    product_id, version = data.get("product_id"), data.get("version")
    if data.get("catalog") != settings.CATALOG or not isinstance(product_id, int) or not version:
        # Another shop's, or an event so broken that nobody can tell what it was about: its dead letter tells more.
        log.warning("a result without a product of ours: %s %s %s", data["outcome"], data.get("reason"),
                    data.get("error", {}).get("message", ""))
        return
    # A product that was deleted here, or never was here, has no row: both queries then change nothing.
    row = Product.objects.filter(pk=product_id)
    with transaction.atomic():
        _persist_item(row, data)
        if data["outcome"] != "superseded":  # another event's result tells what came of the product
            _persist_outcome(row, data, version)


def _persist_item(row, data):
    """What the catalog shows, unless the row knows of something newer."""
    shows = data.get("current_version", 0)
    if not shows:
        return
    values = {"catalog_version": shows}
    if data["outcome"] == "deleted":
        values["catalog_item_id"] = ""
    elif data.get("catalog_id"):
        values["catalog_item_id"] = data["catalog_id"]
    row.filter(catalog_version__lte=shows).update(**values)


def _persist_outcome(row, data, version):
    """What became of the newest event. An older event's result is old news, and so is a failure of a version that the
    catalog shows by now (it was replayed, and the first result is told again)."""
    error = data.get("error", {})
    values = {"sync_version": version, "sync_outcome": data["outcome"], "sync_reason": data.get("reason", ""),
              "sync_error_class": error.get("class", ""), "sync_error_code": error.get("code"),
              "sync_error": error.get("user_message") or error.get("message", ""),
              "sync_finished_at": _time(data["finished_at"])}
    if data["outcome"] in SUCCESS:
        values["last_success_at"] = values["sync_finished_at"]
    knew = max(data.get("current_version", 0), version - 1)
    row.filter(sync_version__lte=version, catalog_version__lte=knew).update(**values)


def _time(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
