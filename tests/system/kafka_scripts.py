"""The two scripts of Apache Kafka's image that compose.yaml calls, as far as it calls them; their classes are not among the jars
that the tests fetch.

    kafka_scripts.py topics|versions ARGUMENT...
"""

import argparse
import sys

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, NewTopic


def topics(arguments):
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--bootstrap-server", required=True)
    parser.add_argument("--create", action="store_true", required=True)
    parser.add_argument("--if-not-exists", action="store_true")
    parser.add_argument("--topic", required=True)
    parser.add_argument("--partitions", type=int, required=True)
    parser.add_argument("--config", action="append", default=[])
    options = parser.parse_args(arguments)
    config = dict(setting.split("=", 1) for setting in options.config)
    topic = NewTopic(options.topic, num_partitions=options.partitions, replication_factor=1, config=config)
    admin = AdminClient({"bootstrap.servers": options.bootstrap_server})  # must outlive its answers
    try:
        admin.create_topics([topic])[options.topic].result(30)
    except KafkaException as error:
        if not (options.if_not_exists and error.args[0].code() == KafkaError.TOPIC_ALREADY_EXISTS):
            raise


def versions(arguments):
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--bootstrap-server", required=True)
    for broker in AdminClient({"bootstrap.servers": parser.parse_args(arguments).bootstrap_server}).list_topics(timeout=10).brokers.values():
        print("%s:%d" % (broker.host, broker.port))


if __name__ == "__main__":
    {"topics": topics, "versions": versions}[sys.argv[1]](sys.argv[2:])
