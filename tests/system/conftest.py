"""What every system test stands on. Each broker-parametrised test runs on dev-kafka and on Apache Kafka."""

import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import kafkactl  # noqa: E402
import world as worlds  # noqa: E402


def pytest_addoption(parser):
    parser.addoption("--broker", action="append", choices=["dev-kafka", "apache"],
                     help="only this kind of Kafka (default: both)")
    parser.addoption("--shard", default="1/1", metavar="I/N", help="only each N-th test, from the I-th on: most of them "
                     "wait most of the time, so tests/run runs several shards at once")


def pytest_generate_tests(metafunc):
    for fixture in ("broker", "own_broker"):
        if fixture in metafunc.fixturenames:
            kinds = metafunc.config.getoption("--broker") or ["dev-kafka", "apache"]
            only = metafunc.definition.get_closest_marker("only")
            wanted = [k for k in kinds if not only or k in only.args]
            metafunc.parametrize(fixture, wanted or ["none"], indirect=True)


def pytest_configure(config):
    config.addinivalue_line("markers", "only(kind): runs on this kind of Kafka alone; the reason stands beside it")


def pytest_collection_modifyitems(config, items):
    """The shard. With --broker apache alone, what needs no Kafka is left to the other broker's run."""
    kinds = config.getoption("--broker") or []
    if kinds == ["apache"]:
        items[:] = [item for item in items if {"broker", "own_broker"} & set(item.fixturenames)]
    items[:] = [item for item in items if "none" not in (getattr(item, "callspec", None) and item.callspec.params or
                                                         {}).values()]
    index, _, count = config.getoption("--shard").partition("/")
    items[:] = items[int(index) - 1::int(count)]


class SharedApacheKafka:
    """The node that tests/run started for all shards: it belongs to none of them, so no test may stop it."""

    kind = "apache"

    def __init__(self, bootstrap):
        self.bootstrap = bootstrap

    def create_topics(self, partitions, compacted=()):
        kafkactl.create_topics(self.bootstrap, partitions, compacted)


@pytest.fixture(scope="session")
def apache_node(tmp_path_factory):
    bootstrap = os.environ.get("TESTS_KAFKA_BOOTSTRAP")
    if bootstrap:
        yield SharedApacheKafka(bootstrap)
        return
    node = kafkactl.ApacheKafka(tmp_path_factory.mktemp("kafka") / "node").start()
    yield node
    node.stop()


@pytest.fixture
def broker(request, tmp_path):
    """A running Kafka. Apache's node is shared (topics have names of their own), dev-kafka's is fresh."""
    if request.param == "apache":
        yield request.getfixturevalue("apache_node")
        return
    node = kafkactl.DevKafka(tmp_path / "dev-kafka").start()
    yield node
    node.stop()


@pytest.fixture
def own_broker(request, tmp_path):
    """A node of its own, for tests that stop it."""
    node = (kafkactl.ApacheKafka if request.param == "apache" else kafkactl.DevKafka)(tmp_path / "own-kafka").start()
    yield node
    node.stop()


@pytest.fixture
def world(broker, tmp_path):
    """Kafka, Redis, the simulator and topics, workers on demand; checks at the end that no worker misbehaved, and that what
    was read of results and dead letters keeps to the contract of schemas/."""
    made = worlds.World(broker, tmp_path)
    try:
        yield made.start()
    finally:
        made.stop()
    made.check_workers()
    made.check_contracts()
