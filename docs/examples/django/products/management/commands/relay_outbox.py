"""Sends what waits in the outbox. Run one or more; only one sends at a time, the others stand by."""

import datetime
import functools
import time

from confluent_kafka import KafkaException, Producer
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from django.utils import timezone

from products.models import OutboxEvent
from products.stopping import Stopping

BATCH = 500
LOCK = 4711  # any number that no other advisory lock of this database has
KEPT = datetime.timedelta(days=7)
HEADERS = [("content-type", "application/cloudevents+json")]
PRODUCER = {
    "enable.idempotence": True,      # implies acks=all, and keeps the order over retries
    "partitioner": "murmur2_random",  # Java's and catalog-publish's: all send a product to the same partition
    "message.timeout.ms": 30000,
    "linger.ms": 5,
}


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("--once", action="store_true", help="end when the outbox is empty")
        parser.add_argument("--idle-ms", type=int, default=200, help="pause when it is empty")

    def handle(self, **options):
        stopping, producer = Stopping(), Producer({**settings.KAFKA, **PRODUCER})
        purged_at = 0.0
        while not stopping.asked:
            if self.relay(producer):
                continue
            if options["once"]:
                return
            if time.monotonic() - purged_at > 3600:
                purged_at = time.monotonic()
                OutboxEvent.objects.filter(sent_at__lt=timezone.now() - KEPT).delete()
            time.sleep(options["idle_ms"] / 1000)

    def relay(self, producer):
        """Sends one batch and marks what Kafka confirmed; returns how many that was.

        Killed in between, it sends the batch again: the events have the same ids, and a repeated event is free. The lock
        ends with the transaction, or with this process."""
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
                if not cursor.fetchone()[0]:
                    return 0  # another relay is at it
            delivered, failed = [], []
            for row in OutboxEvent.objects.filter(sent_at=None).order_by("pk")[:BATCH]:
                self.send(producer, row, delivered, failed)
            producer.flush()  # ends: message.timeout.ms bounds it
            OutboxEvent.objects.filter(pk__in=delivered).update(sent_at=timezone.now())
        if failed:  # they stay in the outbox; whoever started this program starts it again
            raise CommandError("%d events were not delivered, the first is %s" % (len(failed), failed[0]))
        return len(delivered)

    def send(self, producer, row, delivered, failed):
        def done(row, error, message):
            if error:
                failed.append("%s of product %s: %s" % (row.event_id, row.key, error))
            else:
                delivered.append(row.pk)

        try:
            producer.produce(settings.TOPIC_EVENTS, key=row.key, value=row.value.encode(), headers=HEADERS,
                             on_delivery=functools.partial(done, row))
        except KafkaException as error:  # too large to be sent at all: it holds up no other
            done(row, error, None)
