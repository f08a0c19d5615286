"""catalog-publish: what it sends, what it refuses, and what it says of it."""

import json
import signal
import subprocess
import time

import paths
import procs
import pytest
from kafkactl import Reader


@pytest.fixture
def publish(broker, tmp_path):
    """Runs catalog-publish on lines; returns (exit code, summary, stderr, records of the topic)."""
    topic = "publish-%d" % time.time_ns()
    broker.create_topics({topic: 1})

    def run(lines, *options):
        path = tmp_path / "events.jsonl"
        path.write_bytes(b"\n".join(l if isinstance(l, bytes) else json.dumps(l).encode() for l in lines) + b"\n")
        done = subprocess.run([paths.program("catalog-publish"), "--bootstrap-servers", broker.bootstrap, "--topic",
                               topic, "--json", *options, str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=60)
        reader = Reader(broker.bootstrap, topic)
        records = reader.read_to_end()
        reader.close()
        return done.returncode, json.loads(done.stdout), done.stderr.decode(), records

    return run


def product(**fields):
    return dict({"product_id": 7, "version": 3, "sku": "A-7", "name": "Lamp", "price": "19.99", "currency": "USD"}, **fields)


def test_data_becomes_a_structured_event(publish):
    code, summary, _, records = publish([product(version=1732300000123456)])
    assert code == 0 and summary["published"] == 1 and summary["ok"]
    event = records[0].json
    assert records[0].key == b"7"
    assert records[0].headers["content-type"] == b"application/cloudevents+json"
    assert event["specversion"] == "1.0" and event["type"] == "product.updated"
    assert event["id"] == "7-v1732300000123456-updated" and event["source"] == "urn:catalog-publish"
    assert event["time"] == "2024-11-22T18:26:40.123456Z" and event["subject"] == "7"
    assert event["data"] == product(version=1732300000123456)


def test_binary_mode_has_attributes_in_headers(publish):
    _, _, _, records = publish([product(), {"specversion": "1.0", "id": "e\"1", "source": "/shop", "traceparent": "00-x",
                                            "type": "product.deleted", "data": {"product_id": "p", "version": 1}}],
                               "--mode", "binary")
    assert json.loads(records[0].value) == product()
    assert records[0].headers["ce_type"] == b"product.updated"
    assert records[1].headers["ce_id"] == b'e"1' and records[1].headers["ce_traceparent"] == b"00-x"
    assert records[1].headers["content-type"] == b"application/json"
    assert json.loads(records[1].value) == {"product_id": "p", "version": 1}


def test_bytes_of_a_whole_event_are_left_alone(publish):
    line = b'{"specversion":"1.0" , "id":"1","source":"s","type":"product.created","data":{"product_id":"\\u00e9","version":9007199254740991,"x":1.10}}'
    code, _, _, records = publish([line])
    assert code == 0 and records[0].value == line and records[0].key == "é".encode()


@pytest.mark.parametrize("options,kind", [(["--delete"], "product.deleted"), (["--resync"], "product.resync"),
                                          (["--type", "created"], "product.created")])
def test_type_is_chosen(publish, options, kind):
    _, _, _, records = publish([product()], *options)
    assert records[0].json["type"] == kind


def test_deleted_and_tombstone_lines(publish):
    code, summary, _, records = publish([{"product_id": 8, "version": 4, "sku": "x", "deleted": True},
                                         {"product_id": "p-9", "tombstone": True}])
    assert code == 0 and summary["tombstones"] == 1
    assert records[0].json["type"] == "product.deleted" and "deleted" not in records[0].data
    assert records[1].key == b"p-9" and records[1].value is None


def test_made_ids_repeat_and_a_prefix_tells_them_apart(publish):
    publish([product()])
    _, _, _, records = publish([product()])
    assert records[0].value == records[1].value
    _, _, _, records = publish([product()], "--id-prefix", "again-")
    assert records[2].json["id"] == "again-7-v3-updated"


@pytest.mark.parametrize("line,reason", [
    (b"not json", "not JSON at byte 1"),
    (b'{"product_id":1,"version":1', "not JSON at byte 28"),
    (b'{"product_id":1,"version":1,"version":2}', "a member stands twice"),
    (b'{"product_id":"\xff","version":1}', "not UTF-8"),
    (b'{"version":1}', "product_id is missing"),
    (b'{"product_id":1.5,"version":1}', "product_id is neither"),
    (b'{"product_id":"a\\u0000b","version":1}', "U+0000"),
    (b'{"product_id":1}', "version is missing"),
    (b'{"product_id":1,"version":9007199254740992}', "version is not an integer"),
    (b'{"product_id":1,"version":"7"}', "version is not an integer"),
    (b'{"product_id":1,"version":1,"price":19.99}', "price is not a string"),
    (b'{"specversion":"0.3","id":"1","source":"s","type":"product.updated","data":{}}', "specversion is not"),
    (b'{"specversion":"1.0","source":"s","type":"product.updated","data":{}}', "id is missing"),
    (b'{"specversion":"1.0","id":"1","source":"s","type":"order.paid","data":{}}', "type is none of"),
    (b'{"specversion":"1.0","id":"1","source":"s","type":"product.updated","data":[]}', "data is not an object"),
    (b'{"a":' + b"[" * 40 + b"]" * 40 + b"}", "nested deeper"),
])
@pytest.mark.only("dev-kafka")  # nothing of it depends on the broker
def test_a_bad_line_is_named_and_the_others_go_on(publish, line, reason):
    code, summary, errors, records = publish([product(), line, product(version=4)])
    assert code == 1 and summary["invalid"] == 1 and summary["published"] == 2 and not summary["ok"]
    assert "line 2: " in errors and reason in errors
    assert len(records) == 2


@pytest.mark.only("dev-kafka")  # nothing of it depends on the broker
def test_a_line_of_a_megabyte_is_passed_over(publish):
    code, summary, errors, _ = publish([product(), b'{"product_id":1,"version":1,"name":"' + b"x" * 1100000 + b'"}', product(version=5)])
    assert code == 1 and summary["published"] == 2 and "line 2: longer than 1 MiB" in errors


@pytest.mark.only("dev-kafka")  # nothing of it depends on the broker
def test_rate_is_kept_and_an_interrupt_tells_what_was_confirmed(broker, tmp_path):
    path = tmp_path / "many.jsonl"
    path.write_text("".join(json.dumps(product(version=i + 1)) + "\n" for i in range(5000)))
    process = subprocess.Popen([paths.program("catalog-publish"), "--bootstrap-servers", broker.bootstrap, "--json",
                                "--rate", "100", str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=10)
    summary = json.loads(out)
    assert process.returncode == 1 and summary["interrupted"]
    assert 20 <= summary["published"] <= 130
    reader = Reader(broker.bootstrap, "product-events")
    assert len(reader.read_to_end()) == summary["published"]
    reader.close()


@pytest.mark.only("dev-kafka")  # nothing of it depends on the broker
@pytest.mark.parametrize("arguments,message", [
    ([], "publish what?"), (["-"], "which Kafka?"), (["--rate", "0", "-"], "--rate wants"),
    (["--set", "kafka.nonsense=1", "--bootstrap-servers", "127.0.0.1:1", "-"], "kafka.nonsense"),
    (["--set", "redis.url=x", "-"], "the keys are kafka.*"), (["--config", "/nowhere.properties", "-"], "/nowhere.properties"),
    (["--unknown"], "--help")])
def test_wrong_usage_is_exit_2_and_says_why(broker, arguments, message):
    done = subprocess.run([paths.program("catalog-publish"), *arguments], stdin=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, timeout=10)
    assert done.returncode == 2 and message in done.stderr.decode()


@pytest.mark.only("dev-kafka")  # nothing of it depends on the broker
def test_a_secret_is_not_shown_when_a_setting_is_refused(broker):
    done = subprocess.run([paths.program("catalog-publish"), "--bootstrap-servers", broker.bootstrap, "--set",
                           "kafka.ssl.key.pem=hush-hush", "--set", "kafka.security.protocol=ssl", "-"],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=10)
    assert done.returncode == 2 and b"hush-hush" not in done.stdout + done.stderr


def test_config_file_environment_and_line_outrank_each_other(broker, tmp_path):
    config = tmp_path / "worker.properties"
    config.write_text("# shared with the worker\nkafka.bootstrap.servers=127.0.0.1:1\ntopic.events=from-file\n"
                      "redis.url=redis://elsewhere\nkafka.group.id=ignored\n")
    topic = "from-line-%d" % time.time_ns()
    broker.create_topics({topic: 1})
    events = tmp_path / "one.jsonl"
    events.write_text(json.dumps(product()) + "\n")
    process = procs.Process("publish", [paths.program("catalog-publish"), "--config", config, "--set",
                                        "topic.events=" + topic, events], tmp_path / "publish.log",
                            env={"CATALOG_SYNC_KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap,
                                 "CATALOG_SYNC_TOPIC_EVENTS": "from-environment"}).start()
    assert process.wait(20) == 0, process.log_tail()
    reader = Reader(broker.bootstrap, topic)
    assert len(reader.read_to_end()) == 1
    reader.close()
