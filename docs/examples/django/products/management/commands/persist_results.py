"""Writes result events into the products' tracking columns."""

import json

from confluent_kafka import Consumer, KafkaException
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from products import results
from products.stopping import Stopping

CONSUMER = {"enable.auto.commit": False, "auto.offset.reset": "earliest", "isolation.level": "read_committed"}


class Command(BaseCommand):
    help = __doc__

    def handle(self, **options):
        stopping = Stopping()
        consumer = Consumer({**settings.KAFKA, **CONSUMER, "group.id": settings.RESULTS_GROUP})
        consumer.subscribe([settings.TOPIC_RESULTS])
        try:
            while not stopping.asked:
                messages = consumer.consume(500, 0.5)
                if sum(self.persist(message) for message in messages):
                    self.commit(consumer)
        finally:
            consumer.close()

    def persist(self, message):
        """True if it was a record. The database has it before its offset is committed: killed in between, or when the
        database is away (which ends this program), the record is read again."""
        if message.error():
            if message.error().fatal():
                raise CommandError(str(message.error()))
            self.stderr.write("kafka: %s" % message.error())
            return False
        if message.value() is None:
            return True  # a tombstone: forgotten on purpose
        try:
            event = json.loads(message.value())
        except ValueError:  # somebody else writes into this topic: it must not stop us for ever
            self.stderr.write("%s/%d/%d is no JSON" % (message.topic(), message.partition(), message.offset()))
            return True
        results.persist(event)
        return True

    def commit(self, consumer):
        try:
            consumer.commit(asynchronous=False)
        except KafkaException as error:  # the partitions went elsewhere: the results are read again there
            self.stderr.write("kafka: %s" % error)
