"""What the example promises, on PostgreSQL and without Kafka: python3 manage.py test"""

import json
import threading
from decimal import Decimal
from unittest import mock

from django.db import connection, transaction
from django.db.models import F
from django.test import TestCase, TransactionTestCase

from . import results
from .models import OutboxEvent, Product, ProductImage


def make(**fields):
    return Product.objects.create(**dict({"sku": "SHOE-1", "name": "Shoe", "price": Decimal("19.9"),
                                          "image_url": "https://shop.example/1.jpg"}, **fields))


def outbox():
    return [json.loads(row.value) for row in OutboxEvent.objects.order_by("pk")]


def versions():
    return [event["data"]["version"] for event in outbox()]


class OutboxTest(TestCase):
    def test_each_save_writes_one_event_of_what_the_row_holds(self):
        product = make()
        product.stock_quantity = 3
        product.save()
        created, updated = outbox()
        self.assertEqual((created["type"], updated["type"]), ("product.created", "product.updated"))
        self.assertEqual((updated["data"]["price"], updated["data"]["stock_quantity"]), ("19.90", 3))
        self.assertEqual(updated["data"]["version"], Product.objects.get().version)
        self.assertNotEqual(created["id"], updated["id"])

    def test_a_rolled_back_save_leaves_no_event(self):
        with self.assertRaises(RuntimeError), transaction.atomic():
            make()
            raise RuntimeError
        self.assertEqual((Product.objects.count(), outbox()), (0, []))

    def test_versions_grow_though_the_clock_goes_back(self):
        product = make()
        with mock.patch("products.models.time.time_ns", return_value=1000):
            product.save()
            product.delete()
        self.assertEqual(versions(), [versions()[0] + step for step in range(3)])

    def test_an_event_tells_the_row_even_of_half_known_objects(self):
        pk = make().pk
        stale = Product.objects.get(pk=pk)
        Product.objects.get(pk=pk).save()
        product = Product.objects.get(pk=pk)
        product.name = "Boot"
        product.save()
        stale.price = F("price") + 1
        stale.save(update_fields=["price"])
        Product.objects.only("name").get(pk=pk).save()
        for event in outbox()[-2:]:
            self.assertEqual((event["data"]["name"], event["data"]["price"]), ("Boot", "20.90"))

    def test_a_picture_of_its_own_table_bumps_the_version(self):
        product = make()
        image = ProductImage.objects.create(product=product, url="https://shop.example/2.jpg")
        image.url = "https://shop.example/3.jpg"
        image.save()
        product.images.all().delete()
        self.assertEqual([event["data"]["additional_image_links"] for event in outbox()],
                         [[], ["https://shop.example/2.jpg"], ["https://shop.example/3.jpg"], []])
        self.assertEqual(versions(), sorted(set(versions())))

    def test_every_way_of_deleting_writes_an_event(self):
        product = make()
        ProductImage.objects.create(product=product, url="https://shop.example/2.jpg")
        pk, last = product.pk, Product.objects.get().version
        Product.objects.filter(sku="SHOE-1").delete()
        event = outbox()[-1]
        self.assertEqual((event["type"], event["subject"], event["data"]["sku"]), ("product.deleted", str(pk), "SHOE-1"))
        self.assertGreater(event["data"]["version"], last)
        self.assertEqual(len(outbox()), 3)  # created, the picture, deleted: none for the picture that went along

    def test_changes_without_an_event_are_refused(self):
        make()
        with self.assertRaises(TypeError):
            Product.objects.update(price=1)
        with self.assertRaises(TypeError):
            Product.objects.bulk_create([Product(name="x", price=1)])
        with self.assertRaises(TypeError), transaction.atomic():
            Product.objects.bulk_update(list(Product.objects.all()), ["price"])
        Product.objects.update(sync_outcome="updated")
        self.assertEqual(len(outbox()), 1)

    def test_a_save_never_writes_the_tracking_columns(self):
        product = make()
        Product.objects.update(catalog_item_id="99", catalog_version=product.version)
        product.name = "read before the result came"
        product.save()
        product.save(update_fields=["name", "catalog_item_id"])
        self.assertEqual(Product.objects.get().catalog_item_id, "99")


class ConcurrencyTest(TransactionTestCase):
    def test_two_writers_of_one_product_follow_each_other(self):
        pk = make().pk

        def save_often():
            for _ in range(15):
                Product.objects.get(pk=pk).save()
            connection.close()

        threads = [threading.Thread(target=save_often) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(versions()), 46)
        self.assertEqual(versions(), sorted(set(versions())))


class ResultsTest(TestCase):
    def setUp(self):
        self.product = make()
        self.version = self.product.version

    def told(self, outcome, version=0, shows=0, **more):
        """Persists a result; version and shows count from the product's version."""
        data = {"product_id": self.product.pk, "catalog": "default", "outcome": outcome, "version": self.version + version,
                "finished_at": "2026-11-22T21:38:49.123Z"}
        if shows is not None:
            data["current_version"] = self.version + shows
        data.update(more)
        results.persist({"type": "product.sync.result", "data": data})
        return Product.objects.get()

    def test_success(self):
        row = self.told("created", catalog_id="77")
        self.assertEqual((row.catalog_item_id, row.catalog_version, row.sync_outcome), ("77", self.version, "created"))
        self.assertEqual(row.last_success_at.isoformat(), "2026-11-22T21:38:49.123000+00:00")
        self.assertEqual(len(outbox()), 1, "no result makes an event")

    def test_failure_and_recovery(self):
        self.told("created", catalog_id="77")
        row = self.told("failed", 5, 0, reason="refused", catalog_id="77",
                        error={"class": "permanent", "code": 100, "message": "Invalid", "user_message": "No such image"})
        self.assertEqual((row.sync_outcome, row.sync_error_class, row.sync_error_code, row.sync_error),
                         ("failed", "permanent", 100, "No such image"))
        self.assertEqual((row.catalog_item_id, row.catalog_version), ("77", self.version))
        row = self.told("updated", 5, 5, catalog_id="77")  # replayed
        self.assertEqual((row.sync_outcome, row.sync_error_class, row.sync_error_code, row.sync_error), ("updated", "", None, ""))

    def test_old_news_changes_nothing(self):
        self.told("updated", 9, 9, catalog_id="77")
        before = Product.objects.values().get()
        self.told("created", 0, 0, catalog_id="66")
        self.told("failed", 3, 0, error={"class": "permanent"})
        self.told("failed", 9, 0, error={"class": "permanent"})    # before its replay succeeded
        self.told("failed", 9, None, error={"class": "invalid"})
        self.told("superseded", 12, 9, reason="absorbed")
        self.told("updated", 9, 9, catalog_id="77")
        self.assertEqual(Product.objects.values().get(), before)

    def test_a_resync_that_fails_is_told(self):
        self.told("updated", 9, 9, catalog_id="77")
        self.assertEqual(self.told("failed", 9, 9, error={"class": "permanent"}).sync_outcome, "failed")

    def test_deleted_in_the_catalog_by_hand_of_another(self):
        self.told("created", catalog_id="77")
        self.assertEqual(self.told("deleted", 4, 4).catalog_item_id, "")

    def test_what_is_none_of_ours(self):
        before = Product.objects.values().get()
        for change in ({"product_id": "p-1"}, {"product_id": self.product.pk + 1}, {"catalog": "other"}):
            self.told("created", catalog_id="66", **change)
        results.persist({"type": "order.paid"})
        with self.assertLogs("products.results", "WARNING"):
            results.persist({"type": "product.sync.result", "data": {"outcome": "failed", "reason": "invalid_json"}})
        self.assertEqual(Product.objects.values().get(), before)
        with self.assertRaises(results.UnknownContract):
            results.persist({"type": "product.sync.result", "dataschema": "urn:catalog-sync:schema:result:2", "data": {}})
