"""Products whose every change writes its event in the same transaction, and the outbox that the events wait in.

A save never talks to Kafka or to the catalog: it cannot be slowed down or broken by either."""

import time

from django.db import models, transaction
from django.db.models import Q
from django.db.models.signals import pre_delete
from django.dispatch import receiver

from . import events


class OutboxEvent(models.Model):
    """What is to be sent, byte for byte. Sent in the order of its id by relay_outbox."""

    event_id = models.CharField(max_length=36, unique=True)
    key = models.CharField(max_length=255)
    value = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["id"], condition=Q(sent_at=None), name="outbox_unsent"),
                   models.Index(fields=["sent_at"], name="outbox_sent")]

    @classmethod
    def write(cls, event):
        cls.objects.create(event_id=event["id"], key=event["subject"], value=events.as_text(event))


class ProductQuerySet(models.QuerySet):
    """Refuses what would change products without an event. (Model.save and QuerySet.delete do not come this way.)"""

    def update(self, **values):
        unseen = sorted(set(values) - Product.TRACKING)
        if unseen:
            raise TypeError("update(%s) would change products without an event: save() each of them" % ", ".join(unseen))
        return super().update(**values)

    update.alters_data = True

    def bulk_create(self, *args, **kwargs):
        raise TypeError("bulk_create() would make products without an event: save() each of them")


class Product(models.Model):
    sku = models.CharField(max_length=100, blank=True)
    name = models.CharField(max_length=255)
    description = models.TextField(max_length=5000, blank=True)
    brand = models.CharField(max_length=100, blank=True)
    price = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3, default="EUR")
    stock_quantity = models.IntegerField(default=0)
    is_active = models.BooleanField(default=True)
    url = models.URLField(max_length=2000, blank=True)
    # The catalog fetches a picture again only when its address changes: put a digest of the file into it.
    image_url = models.URLField(max_length=2000)
    version = models.BigIntegerField(default=0, editable=False)

    # Tracking columns: what the catalog shows, and what became of the newest event. persist_results alone writes them.
    catalog_item_id = models.CharField(max_length=256, blank=True, editable=False)
    catalog_version = models.BigIntegerField(default=0, editable=False)  # the version that the catalog shows
    sync_version = models.BigIntegerField(default=0, editable=False)     # the newest version of which a result tells
    sync_outcome = models.CharField(max_length=16, blank=True, editable=False)
    sync_reason = models.CharField(max_length=256, blank=True, editable=False)
    sync_error_class = models.CharField(max_length=32, blank=True, editable=False)
    sync_error_code = models.IntegerField(null=True, editable=False)
    sync_error = models.TextField(blank=True, editable=False)
    sync_finished_at = models.DateTimeField(null=True, editable=False)
    last_success_at = models.DateTimeField(null=True, editable=False)

    TRACKING = frozenset(["catalog_item_id", "catalog_version", "sync_version", "sync_outcome", "sync_reason",
                          "sync_error_class", "sync_error_code", "sync_error", "sync_finished_at", "last_success_at"])

    objects = ProductQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sku"], condition=~Q(sku=""), name="one_product_a_sku")]

    def save(self, *args, update_fields=None, **kwargs):
        """The row and its event, or neither.

        The tracking columns are left out: this object may have been read before the last result came, and would
        write their old values back over it."""
        created = self._state.adding
        with transaction.atomic():
            self.version = self.next_version()
            if not created:
                if update_fields is None:
                    update_fields = {field.name for field in self._meta.concrete_fields if not field.primary_key and
                                     field.attname not in self.get_deferred_fields()}
                update_fields = set(update_fields) - self.TRACKING | {"version"}
            super().save(*args, update_fields=update_fields, **kwargs)
            # Read anew: with update_fields or F() expressions this object is not what the row holds.
            row = Product.objects.get(pk=self.pk)
            OutboxEvent.write(events.of_product("product.created" if created else "product.updated", row))

    def touch(self):
        """Something that belongs to the product but lies outside its row has changed."""
        Product.objects.get(pk=self.pk).save(update_fields=[])

    def next_version(self):
        """Microseconds, but above the version before whatever the clock does. The lock makes the versions, and the
        outbox rows, of one product follow each other in the order of their commits."""
        before = Product.objects.select_for_update().filter(pk=self.pk).values_list("version", flat=True).first()
        return max(time.time_ns() // 1000, (before or 0) + 1)


@receiver(pre_delete, sender=Product)
def write_deleted(sender, instance, **kwargs):
    """A signal, because the admin, QuerySet.delete() and cascades pass by Model.delete(). It runs in the transaction of
    the delete, and writes one row."""
    OutboxEvent.write(events.of_deleted(instance, instance.next_version()))


class ImageQuerySet(models.QuerySet):
    def delete(self):
        """One by one, so that each product hears of it."""
        with transaction.atomic():
            return sum(image.delete()[0] for image in self), {}


class ProductImage(models.Model):
    """Further pictures: a change here is a change of the product, though its row stays as it is."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="images")
    url = models.URLField(max_length=2000)
    position = models.PositiveSmallIntegerField(default=0)

    objects = ImageQuerySet.as_manager()

    def save(self, *args, **kwargs):
        with transaction.atomic():
            super().save(*args, **kwargs)
            self.product.touch()

    def delete(self, *args, **kwargs):
        with transaction.atomic():
            deleted = super().delete(*args, **kwargs)
            self.product.touch()
            return deleted
