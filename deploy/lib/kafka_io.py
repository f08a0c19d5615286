"""Reading and writing Kafka with confluent_kafka (Debian's python3-confluent-kafka): tests and quickstart share it."""

import dataclasses
import json
import time

import procs
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

COMPACTED = {"cleanup.policy": "compact"}


def _leaders(admin, name, count):
    topic = admin.list_topics(name, timeout=5).topics.get(name)
    return topic is not None and len(topic.partitions) == count and all(p.leader >= 0 for p in topic.partitions.values())


def create_topics(bootstrap, partitions, compacted=()):
    """partitions: {topic: count}. Returns when every partition has its leader."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    wanted = [NewTopic(name, num_partitions=count, replication_factor=1, config=COMPACTED if name in compacted else {})
              for name, count in partitions.items()]
    for future in admin.create_topics(wanted, operation_timeout=20).values():
        future.result()
    procs.wait_until(lambda: all(_leaders(admin, name, count) for name, count in partitions.items()), 20,
                     "every partition has its leader")


@dataclasses.dataclass
class Record:
    topic: str
    partition: int
    offset: int
    key: bytes
    value: bytes
    headers: dict
    timestamp_ms: int

    @property
    def position(self):
        return (self.topic, self.partition, self.offset)

    @property
    def json(self):
        return json.loads(self.value)

    @property
    def data(self):
        return self.json["data"]


def produce(bootstrap, records, timeout_s=60, **settings):
    """Publishes (topic, key, value, headers) tuples in order, confirmed by all; returns their positions in that order.
    A fifth element, a partition, may follow. settings: the producer's own, with underscores for dots."""
    records = list(records)
    positions = [None] * len(records)
    faults = []
    producer = Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True, "linger.ms": 2,
                         "partitioner": "murmur2_random", "log_level": 2,
                         **{key.replace("_", "."): value for key, value in settings.items()}})

    def delivered(index):
        def done(error, message):
            if error:
                faults.append("record %d: %s" % (index, error))
            else:
                positions[index] = (message.topic(), message.partition(), message.offset())
        return done

    for index, record in enumerate(records):
        topic, key, value, headers = record[:4]
        extra = {"partition": record[4]} if len(record) > 4 else {}
        while True:
            try:
                producer.produce(topic, key=key, value=value, headers=headers or None, on_delivery=delivered(index),
                                 **extra)
                break
            except BufferError:
                producer.poll(0.1)
        producer.poll(0)
    left = producer.flush(timeout_s)
    if left or faults:
        raise RuntimeError("%d records were not confirmed: %s" % (left or len(faults), faults[:3]))
    return positions


class Reader:
    """Reads a topic from its start as a read_committed consumer, again and again without a group."""

    def __init__(self, bootstrap, topic):
        self.topic = topic
        self.records = []
        self._consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "reader", "enable.auto.commit": False,
                                   "isolation.level": "read_committed", "auto.offset.reset": "earliest",
                                   "fetch.wait.max.ms": 20, "log_level": 2, "enable.partition.eof": True})
        self._next = {}

    def ends(self):
        """{partition: end offset} now."""
        topic = self._consumer.list_topics(self.topic, timeout=10).topics[self.topic]
        return {p: self._consumer.get_watermark_offsets(TopicPartition(self.topic, p), timeout=10, cached=False)[1]
                for p in topic.partitions}

    def poll(self, timeout_s=0.2):
        """Reads what there is; returns all records read so far."""
        if not self._next:
            self._next = {p: 0 for p in self.ends()}
            self._consumer.assign([TopicPartition(self.topic, p, 0) for p in self._next])
        deadline = time.monotonic() + timeout_s
        while True:
            batch = self._consumer.consume(500, max(0.0, min(0.1, deadline - time.monotonic())))
            for message in batch:
                self._take(message)
            if time.monotonic() >= deadline:
                return self.records

    def _take(self, message):
        if message.error():
            if message.error().name() == "_PARTITION_EOF":  # behind the last record there may be a transaction's marker
                self._next[message.partition()] = max(self._next[message.partition()], message.offset())
            elif message.error().name() not in ("_TRANSPORT", "_ALL_BROKERS_DOWN"):
                raise KafkaException(message.error())
            return
        if message.offset() < self._next[message.partition()]:
            return
        self._next[message.partition()] = message.offset() + 1
        self.records.append(Record(message.topic(), message.partition(), message.offset(), message.key(),
                                   message.value(), dict(message.headers() or []), message.timestamp()[1]))

    def read_to_end(self, timeout_s=30):
        """Everything up to the ends as they are at the call."""
        ends = self.ends()
        deadline = time.monotonic() + timeout_s
        self.poll(0.05)
        while any(self._next[p] < end for p, end in ends.items()):
            if time.monotonic() > deadline:
                raise TimeoutError("%s: read to %s of %s" % (self.topic, self._next, ends))
            self.poll(0.1)
        return self.records

    def close(self):
        self._consumer.close()


def committed(bootstrap, group, topic, partitions):
    """{partition: committed offset} of a group; -1001 where there is none."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": group, "enable.auto.commit": False, "log_level": 2})
    try:
        return {tp.partition: tp.offset for tp in
                consumer.committed([TopicPartition(topic, p) for p in range(partitions)], timeout=10)}
    finally:
        consumer.close()
