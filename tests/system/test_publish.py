"""catalog-publish: what it sends, what it refuses, and what it says of it."""

import json
import signal
import subprocess
import time

import contracts
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
        contracts.check_all(events=records)
        return done.returncode, json.loads(done.stdout), done.stderr.decode(), records

    return run


def product(**fields):
    return dict({"product_id": 7, "version": 3, "sku": "A-7", "name": "Lamp", "price": "19.99", "currency": "USD",
                 "link": "https://shop.example/7", "image_link": "https://shop.example/7.jpg"}, **fields)


def test_data_becomes_a_structured_event(publish):
    code, summary, _, records = publish([product(version=1732300000123456)])
    assert code == 0 and summary["published"] == 1 and summary["ok"]
    event = records[0].json
    assert records[0].key == b"7"
    assert records[0].headers["content-type"] == b"application/cloudevents+json"
    assert event["specversion"] == "1.0" and event["type"] == "product.updated"
    assert event["id"] == "7-v1732300000123456-updated" and event["source"] == "urn:catalog-publish"
    assert event["time"] == "2024-11-22T18:26:40.123456Z" and event["subject"] == "7"
    assert event["dataschema"] == "urn:catalog-sync:schema:event:1"
    assert event["data"] == product(version=1732300000123456)


def test_binary_mode_has_attributes_in_headers(publish):
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    _, _, _, records = publish([product(), {"specversion": "1.0", "id": "e\"1", "source": "/shop", "traceparent": trace,
                                            "type": "product.deleted", "data": {"product_id": "p", "version": 1}}],
                               "--mode", "binary")
    assert json.loads(records[0].value) == product()
    assert records[0].headers["ce_type"] == b"product.updated"
    assert records[0].headers["ce_dataschema"] == b"urn:catalog-sync:schema:event:1"
    assert records[1].headers["ce_id"] == b'e"1' and records[1].headers["ce_traceparent"] == trace.encode()
    assert records[1].headers["content-type"] == b"application/json"
    assert json.loads(records[1].value) == {"product_id": "p", "version": 1}


def test_bytes_of_a_whole_event_are_left_alone(publish):
    line = b'{"specversion":"1.0" , "id":"1","source":"s","type":"product.created","data":{"product_id":"\\u00e9","version":1732300000123457,"x":1.10}}'
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
    (b"not json", "not JSON at byte 2"),
    (b'{"product_id":1,"version":1', "not JSON at byte 28"),
    (b'{"product_id":1,"version":1,"version":2}', "two members of this name"),
    (b'{"product_id":"\xff","version":1}', "not UTF-8"),
    (b'{"version":1}', "data.product_id is missing"),
    (b'{"product_id":1.5,"version":1}', "data.product_id is neither"),
    (b'{"product_id":"a\\u0000b","version":1}', "U+0000"),
    (b'{"product_id":1}', "data.version is missing"),
    (b'{"product_id":1,"version":9007199254740992}', "version_out_of_range"),
    (b'{"product_id":1,"version":"7"}', "data.version is not an integer"),
    (b'{"product_id":1,"version":1,"sku":"x","name":"n","currency":"USD","price":19.99}', "price_not_a_string: data.price"),
    (b'{"product_id":1,"version":1,"sku":"x","name":"n","price":"1","currency":"usd"}', "currency_invalid: data.currency"),
    (b'{"product_id":1,"version":1,"sku":"x","price":"1"}', "missing_field: data.name"),
    (b'{"specversion":"0.3","id":"1","source":"s","type":"product.updated","data":{"product_id":1}}', "specversion_unsupported"),
    (b'{"specversion":"1.0","source":"s","type":"product.updated","data":{"product_id":1,"version":1}}', "id is missing"),
    (b'{"specversion":"1.0","id":"1","source":"s","type":"order.paid","data":{}}', "type is none of"),
    (b'{"specversion":"1.0","id":"1","source":"s","type":"product.updated","data":[]}', "data is not an object"),
    (b'{"a":' + b"[" * 70 + b"]" * 70 + b"}", "nested too deeply"),
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
    ([], "publish what?"), (["-"], "kafka.bootstrap.servers: required"), (["--rate", "0", "-"], "--rate wants"),
    (["--set", "kafka.nonsense=1", "--bootstrap-servers", "127.0.0.1:1", "-"], "kafka.nonsense"),
    (["--set", "redis.ulr=x", "-"], "did you mean redis.url"), (["--config", "/nowhere.properties", "-"], "/nowhere.properties"),
    (["--unknown"], "--help"), (["--map", "skuu=Artikel", "-"], "--map wants FIELD=COLUMN"),
    (["--resume", "x", "--adopt", "-"], "--adopt goes with neither"), (["--strict", "--unchecked", "-"], "contradict"),
    (["--bootstrap-servers", "127.0.0.1:1", "/nowhere.csv"], "/nowhere.csv: No such file"),
    (["--bootstrap-servers", "127.0.0.1:1", "--set", "topic.events=a,b", "-"], "several topics: choose one with --topic")])
def test_wrong_usage_is_exit_2_and_says_why(broker, arguments, message):
    done = subprocess.run([paths.program("catalog-publish"), *arguments], stdin=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, timeout=10)
    assert done.returncode == 2 and message in done.stderr.decode(), done.stderr


@pytest.mark.only("dev-kafka")  # nothing of it depends on the broker
def test_a_secret_is_not_shown_when_a_setting_is_refused(broker):
    done = subprocess.run([paths.program("catalog-publish"), "--bootstrap-servers", broker.bootstrap, "--set",
                           "kafka.ssl.key.pem=hush-hush", "--set", "kafka.security.protocol=ssl", "-"],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=10)
    assert done.returncode == 2 and b"hush-hush" not in done.stdout + done.stderr


def test_config_file_environment_and_line_outrank_each_other(broker, tmp_path):
    config = tmp_path / "worker.properties"
    config.write_text("# shared with the worker\nkafka.bootstrap.servers=127.0.0.1:1\ntopic.events=from-file\n"
                      "redis.url=redis://elsewhere\nkafka.group.id=ignored\ncatalog.id=1\ncatalog.token.file=/nowhere\n"
                      "image.fallback=https://shop.example/none.jpg\n")
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


CSV = (b"\xef\xbb\xbfNr,version,sku,name,description,price,currency,image_link,additional_image_links,is_active,fields.color\r\n"
       b'1,10,A-1,"Lamp, ""big""","two\nlines",19.90,EUR,https://s.example/1.jpg,https://s.example/a.jpg|https://s.example/b.jpg,yes,red\r\n'
       b"2,10,A-2,Lamp,,5,EUR,https://s.example/2.jpg,,,\r\n")


def test_a_csv_becomes_events(broker, tmp_path):
    topic = "csv-%d" % time.time_ns()
    broker.create_topics({topic: 1})
    (tmp_path / "shop.csv").write_bytes(CSV)
    code, summary, errors = run("--bootstrap-servers", broker.bootstrap, "--topic", topic, "--map", "product_id=Nr", "--json",
                                tmp_path / "shop.csv")
    assert code == 0 and summary["published"] == 2, errors
    first, second = (record.data for record in read(broker, topic))
    assert first == {"product_id": 1, "version": 10, "sku": "A-1", "name": 'Lamp, "big"', "description": "two\nlines",
                     "price": "19.90", "currency": "EUR", "image_link": "https://s.example/1.jpg", "is_active": True,
                     "additional_image_links": ["https://s.example/a.jpg", "https://s.example/b.jpg"], "fields": {"color": "red"}}
    assert second == {"product_id": 2, "version": 10, "sku": "A-2", "name": "Lamp", "price": "5", "currency": "EUR",
                      "image_link": "https://s.example/2.jpg"}


def run(*arguments, stdin=None):
    """(exit code, summary or None, stderr)"""
    done = subprocess.run([paths.program("catalog-publish"), *[str(a) for a in arguments]], input=stdin or b"",
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr.decode()


def read(broker, topic):
    """All that catalog-publish sent, each of which keeps to the contract of schemas/."""
    reader = Reader(broker.bootstrap, topic)
    records = reader.read_to_end()
    reader.close()
    contracts.check_all(events=records)
    return records


@pytest.mark.only("dev-kafka")  # nothing of it depends on the broker
def test_a_wrong_cell_is_named_by_line_and_column_and_the_reason_is_the_workers(broker, tmp_path):
    path = tmp_path / "shop.csv"
    path.write_bytes(CSV + b"3,10,A-3,Lamp,,19.9x,EUR,https://s.example/3.jpg,,,\n"
                     b"4,10,A-4,Lamp \xe4,,5,EUR,https://s.example/4.jpg,,,\n5,10,A-5\n"
                     b'6,10,A-6,"Lamp,,5,EUR,https://s.example/6.jpg,,,\n')
    code, summary, errors = run("--bootstrap-servers", broker.bootstrap, "--map", "product_id=Nr", "--json", path)
    assert code == 1 and summary["published"] == 2 and summary["invalid"] == 4
    assert "line 5, column price: price_invalid: data.price" in errors
    assert "line 6: column name: byte 6 of the cell (0xe4) is not UTF-8" in errors
    assert "line 7: 3 cells, but the first row names 11 columns" in errors
    assert "line 8: the quote opened in cell 4 on line 8 is never closed" in errors
    code, _, errors = run("--bootstrap-servers", broker.bootstrap, path)
    assert code == 1 and 'column "Nr" is no field of an event' in errors


@pytest.mark.only("dev-kafka")  # nothing of it depends on the broker
@pytest.mark.parametrize("stdin", [False, True])
def test_strict_sends_nothing_when_one_row_is_wrong(broker, tmp_path, stdin):
    lines = "".join(json.dumps(row) + "\n" for row in [product(), product(version=4), product(price="x"), product(version=5)])
    (tmp_path / "events.jsonl").write_text(lines)
    arguments = ["--bootstrap-servers", broker.bootstrap, "--strict", "--json"]
    code, summary, errors = run(*arguments, "-" if stdin else tmp_path / "events.jsonl", stdin=lines.encode())
    assert code == 1 and summary["published"] == 0 and summary["refused"] and "line 3: price_invalid" in errors
    assert read(broker, "product-events") == []
    code, summary, _ = run(*arguments, "-", stdin=lines.replace('"x"', '"1.00"').encode())
    assert code == 0 and summary["published"] == 4 and len(read(broker, "product-events")) == 4


@pytest.mark.only("dev-kafka")  # nothing of it depends on the broker
def test_what_only_the_workers_settings_can_tell_is_refused_only_with_them(broker, tmp_path):
    line = json.dumps({"product_id": 1, "version": 1, "sku": "x", "name": "n", "price": "1.00", "catalog": "eu"}).encode()
    base = ["--bootstrap-servers", broker.bootstrap, "--json", "--dry-run", "-"]
    assert run(*base, stdin=line)[0] == 0
    code, _, errors = run("--set", "catalog.id=1", *base, stdin=line)
    assert code == 1 and "unknown_catalog" in errors
    known = ["--set", "catalog.id=1", "--set", "catalogs.eu.id=2"]
    code, _, errors = run(*known, *base, stdin=line)
    assert code == 1 and "data.currency is missing" in errors
    known += ["--set", "default.currency=EUR", "--set", "image.fallback=https://s.example/none.jpg"]
    assert run(*known, *base, stdin=line)[0] == 0
    code, summary, _ = run("--set", "catalog.id=1", "--unchecked", *base[:3], "-", stdin=line)
    assert code == 0 and summary["published"] == 1


@pytest.mark.only("dev-kafka")  # nothing of it depends on the broker
def test_folders_are_read_in_the_order_of_names(broker, tmp_path):
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "2.csv").write_text("product_id,version,deleted,sku\nb,1,yes,B\n")
    (folder / "1.jsonl").write_text(json.dumps({"product_id": "a", "version": 1, "deleted": True}) + "\n")
    (folder / "10.json").write_text(json.dumps({"product_id": "c", "tombstone": True}) + "\n")
    (folder / "notes.txt").write_text("no events\n")
    broker.create_topics({"folder": 1})
    code, summary, errors = run("--bootstrap-servers", broker.bootstrap, "--topic", "folder", "--json", folder)
    assert code == 0 and summary["tombstones"] == 1, errors
    assert [record.key for record in read(broker, "folder")] == [b"a", b"c", b"b"]
    (tmp_path / "empty").mkdir()
    code, _, errors = run("--bootstrap-servers", broker.bootstrap, tmp_path / "empty")
    assert code == 2 and "the folder holds no" in errors


@pytest.mark.only("dev-kafka")  # nothing of it depends on the broker
def test_rows_are_chosen_by_sku_and_product(broker, tmp_path):
    lines = "".join(json.dumps(product(product_id=n, sku="S-%d" % n)) + "\n" for n in range(1, 9)).encode()
    (tmp_path / "ids").write_text("# from the shop\n7\n 8 \n99\n")
    code, summary, errors = run("--bootstrap-servers", broker.bootstrap, "--json", "--only-sku", "S-1,S-2", "--only-product", "2",
                                "--ids-from", tmp_path / "ids", "-", stdin=lines)
    assert code == 1 and summary["published"] == 4 and summary["not_found"] == 1
    assert "product 99 was chosen, but no row has it" in errors
    assert sorted(r.key for r in read(broker, "product-events")) == [b"1", b"2", b"7", b"8"]


@pytest.mark.only("dev-kafka")  # nothing of it depends on the broker
def test_rows_without_a_version_get_the_one_asked_for(broker):
    row = product()
    del row["version"]
    line = json.dumps(row).encode()
    code, _, errors = run("--bootstrap-servers", broker.bootstrap, "--dry-run", "-", stdin=line)
    assert code == 1 and "--row-version now" in errors
    assert run("--bootstrap-servers", broker.bootstrap, "--row-version", "now", "-", stdin=line)[0] == 0
    event = read(broker, "product-events")[0].json
    assert abs(event["data"]["version"] / 1e6 - time.time()) < 600 and event["id"] == "7-v%d-updated" % event["data"]["version"]


def test_a_resync_says_how_long_it_takes_and_is_refused_beyond_the_retention(broker, tmp_path):
    topic = "bulk-%d" % time.time_ns()
    broker.create_topics({topic: 1})  # Kafka's default retention: seven days
    lines = "".join(json.dumps(product(product_id=n)) + "\n" for n in range(20)).encode()
    base = ["--bootstrap-servers", broker.bootstrap, "--set", "topic.events.bulk=" + topic, "--resync", "--json"]
    code, summary, errors = run(*base, "--set", "catalog.rate.per.hour=10", "-", stdin=lines)
    assert code == 0 and summary["takes_ms"] == 2 * 3600 * 1000, errors
    assert "20 products of catalog default at 10 calls an hour" in errors and "about 2 h 0 min" in errors
    assert summary["id_prefix"].startswith("resync-")
    many = "".join(json.dumps(product(product_id=n)) + "\n" for n in range(200)).encode()
    code, summary, errors = run(*base, "--set", "catalog.rate.per.hour=1", "-", stdin=many)
    if broker.kind == "dev-kafka":
        assert code == 0 and "these brokers do not say" in errors
        return
    assert code == 1 and summary["refused"] and summary["published"] == 0 and "keeps an event for 7 d 0 h" in errors
    code, summary, errors = run(*base, "--set", "catalog.rate.per.hour=1", "--force", "-", stdin=many)
    assert code == 0 and summary["published"] == 200 and "--force" in errors
    assert {r.json["type"] for r in read(broker, topic)} == {"product.resync"}
    code, _, errors = run("--bootstrap-servers", broker.bootstrap, "--topic", "nowhere-%d" % time.time_ns(), "--resync", "-",
                          stdin=lines)
    assert code == 1 and "does not exist" in errors


def interrupted(broker, topic, path, checkpoint, how, *more):
    """Starts a slow publisher and stops it when the checkpoint says that some rows are confirmed."""
    process = subprocess.Popen([paths.program("catalog-publish"), "--bootstrap-servers", broker.bootstrap, "--topic", topic,
                                "--resume", str(checkpoint), "--rate", "500", *more, str(path)], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    procs.wait_until(lambda: checkpoint.exists() and int(checkpoint.read_text().split("rows=")[1].split()[0]) >= 100, 60,
                     "the checkpoint grows")
    process.send_signal(how)
    process.communicate(timeout=60)
    return process.returncode


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_stopped_run_goes_on_behind_what_was_confirmed(broker, tmp_path, how):
    topic = "resume-%d" % time.time_ns()
    broker.create_topics({topic: 3})
    path, checkpoint = tmp_path / "many.jsonl", tmp_path / "progress"
    rows = [product(product_id=n) for n in range(3000)]
    rows[50] = {"product_id": "wrong"}
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    code = interrupted(broker, topic, path, checkpoint, how)
    assert code == (1 if how == signal.SIGINT else -9)
    arguments = ["--bootstrap-servers", broker.bootstrap, "--topic", topic, "--json", "--resume", checkpoint]
    code, summary, errors = run(*arguments, path)
    assert code == 1 and summary["invalid"] == 1 and "1 wrong rows in the runs before" in errors
    assert summary["resumed"] >= 100 and summary["published"] == 3000 - summary["resumed"]
    records = read(broker, topic)
    assert {r.key.decode() for r in records} == {str(n) for n in range(3000) if n != 50}
    again = len(records) - 2999
    assert again == 0 if how == signal.SIGINT else again < 2000  # a kill loses a second of the checkpoint at most
    code, summary, _ = run(*arguments, path)
    assert summary["published"] == 0 and summary["resumed"] == 3000 and len(read(broker, topic)) == len(records)
    # what was there must still be the same
    path.write_text(path.read_text().replace("Lamp", "Light"))
    code, summary, errors = run(*arguments, path)
    assert code == 1 and summary["refused"] and "are not those that were sent then" in errors
    path.write_text("".join(path.read_text().splitlines(True)[:10]))
    assert "but now there are only 10" in run(*arguments, path)[2]
    code, _, errors = run(*arguments, "--type", "created", path)
    assert code == 2 and "begun with other files or options" in errors
    checkpoint.write_text("something else\n")
    code, _, errors = run(*arguments, path)
    assert code == 2 and "no checkpoint of catalog-publish" in errors and checkpoint.read_text() == "something else\n"


@pytest.mark.only("dev-kafka")  # nothing of it depends on the broker
def test_a_resumed_resync_keeps_its_ids_and_a_new_one_has_others(broker, tmp_path):
    path = tmp_path / "many.jsonl"
    path.write_text("".join(json.dumps(product(product_id=n)) + "\n" for n in range(1500)))
    broker.create_topics({"again": 1})
    interrupted(broker, "again", path, tmp_path / "progress", signal.SIGKILL, "--resync", "--row-version", "now")
    base = ["--bootstrap-servers", broker.bootstrap, "--topic", "again", "--resync", "--row-version", "now"]
    run(*base, "--resume", tmp_path / "progress", path)
    ids = {r.json["id"] for r in read(broker, "again")}
    assert len(ids) == 1500
    run(*base, path)
    assert len({r.json["id"] for r in read(broker, "again")}) == 3000
