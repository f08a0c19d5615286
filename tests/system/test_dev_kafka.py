"""dev-kafka: starts, says where, keeps its word about dropped records, and stops when told."""

import os
import signal
import subprocess

import kafkactl
import paths
import procs
import pytest


@pytest.fixture
def dev_kafka(tmp_path):
    started = []

    def start(*options):
        log = tmp_path / "log"
        started.append(procs.Process("dev-kafka", [paths.program("dev-kafka"), *options], log, stdin=subprocess.PIPE).start())
        procs.wait_until(lambda: "bootstrap.servers=" in started[-1].log_text() or not started[-1].running(), 10, "ready")
        return started[-1], started[-1].log_text().rpartition("=")[2].strip()

    yield start
    for process in started:
        process.stop()


def test_address_file_and_topics(dev_kafka, tmp_path):
    address = tmp_path / "address"
    process, bootstrap = dev_kafka("--address-file", str(address), "--partitions", "3", "--topic", "orders:7")
    assert address.read_text().strip() == bootstrap
    for topic, partitions in (("product-events", 3), ("product-sync-results", 3), ("orders", 7)):
        reader = kafkactl.Reader(bootstrap, topic)
        assert len(reader.ends()) == partitions
        reader.close()
    process.signal(signal.SIGINT)
    assert process.wait(5) == 0
    assert not address.exists()


def test_dropped_records_stop_it_loudly(dev_kafka):
    process, bootstrap = dev_kafka("--topic", "small:1")
    kafkactl.produce(bootstrap, [("small", b"k", os.urandom(1000), None)] * 8000)
    assert process.wait(10) == 1
    assert "RECORDS WERE DROPPED" in process.log_text() and "small/0" in process.log_text()


def test_what_fits_is_kept(dev_kafka):
    process, bootstrap = dev_kafka("--topic", "small:1")
    kafkactl.produce(bootstrap, [("small", b"k", os.urandom(1000), None)] * 3000)
    with pytest.raises(TimeoutError):
        process.wait(2.5)


def test_goes_with_its_parent(tmp_path):
    log = tmp_path / "log"
    parent = subprocess.Popen(["sh", "-c", "'%s' --die-with-parent >'%s' & echo $!; sleep 60" %
                               (paths.program("dev-kafka"), log)], stdout=subprocess.PIPE)
    child = int(parent.stdout.readline())
    procs.wait_until(lambda: log.exists() and "bootstrap" in log.read_text(), 10, "ready")
    parent.kill()
    parent.wait()
    procs.wait_until(lambda: not os.path.exists("/proc/%d" % child), 5, "the child ends")


@pytest.mark.parametrize("arguments,message", [
    (["--brokers", "0"], "--brokers wants"), (["--topic", "a/b"], "no topic name"), (["--topic", "a:0"], "partitions"),
    (["--topic", "a", "--topic", "a"], "twice"), (["what"], "not an option")])
def test_wrong_usage(arguments, message):
    done = subprocess.run([paths.program("dev-kafka"), *arguments], stderr=subprocess.PIPE, timeout=5)
    assert done.returncode == 2 and message in done.stderr.decode()


def test_a_broker_that_was_away_keeps_its_records(own_broker):
    own_broker.create_topics({"kept": 1})
    position = kafkactl.produce(own_broker.bootstrap, [("kept", b"k", b"v", None)])
    own_broker.restart()
    reader = kafkactl.Reader(own_broker.bootstrap, "kept")
    assert [r.position for r in reader.read_to_end()] == position
    reader.close()
