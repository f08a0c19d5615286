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


def pytest_generate_tests(metafunc):
    if "broker" in metafunc.fixturenames:
        kinds = metafunc.config.getoption("--broker") or ["dev-kafka", "apache"]
        only = metafunc.definition.get_closest_marker("only")
        metafunc.parametrize("broker", [k for k in kinds if not only or k in only.args], indirect=True)


def pytest_configure(config):
    config.addinivalue_line("markers", "only(kind): runs on this kind of Kafka alone; the reason stands beside it")


@pytest.fixture(scope="session")
def apache_node(tmp_path_factory):
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
def world(broker, tmp_path):
    """Kafka, Redis, the simulator and topics, workers on demand; checks at the end that no worker misbehaved."""
    made = worlds.World(broker, tmp_path)
    try:
        yield made.start()
    finally:
        made.stop()
    made.check_workers()
