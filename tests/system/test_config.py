"""Wrong configuration, against the real program: exit code 2, and each mistake's line names the key, the value, where it was
given, the bound and the mend. Every key of docs/configuration.md is tried in every way its type can be wrong."""

import os
import re
import subprocess

import paths
import pytest

TOKEN = "EAAtoken-never-to-be-shown"
LINES_A_RUN = 15  # the program stops listing mistakes after 20
# May be empty, though their default is not.
MAY_BE_EMPTY = {"topic.events", "topic.events.bulk"}
BASE = {"kafka.bootstrap.servers": "127.0.0.1:1", "catalog.id": "1001", "catalog.token": TOKEN}


def page():
    with open(os.path.join(paths.ROOT, "docs", "configuration.md"), encoding="utf-8") as file:
        return file.read()


def keys():
    """{key: (type, default, bounds)}; of a secret without its .file twin."""
    rows = re.findall(r"^\| `([a-z.]+)`(?:<br>`[a-z.]+`)? \| ([^|]+) \| (?:`([^`]*)`)?[^|]* \| ([^|]*) \|", page(), re.MULTILINE)
    return {key: (kind.strip(), default, bounds.strip()) for key, kind, default, bounds in rows}


KEYS = keys()


def worker(tmp_path, lines=(), environment=None, arguments=(), base=BASE):
    """Runs catalog-worker with a file of these lines over what it needs; lines may be bytes. (exit code, stderr's lines)"""
    path = tmp_path / "worker.properties"
    given = {line.partition("=")[0] for line in lines if isinstance(line, str)}
    text = [line if isinstance(line, bytes) else line.encode() for line in lines]
    text += [("%s=%s" % item).encode() for item in base.items() if item[0] not in given]
    path.write_bytes(b"\n".join(text) + b"\n")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CATALOG_SYNC_")}
    done = subprocess.run([paths.program("catalog-worker"), "--config", str(path), *arguments], timeout=30,
                          env=dict(clean, **environment or {}), stdin=subprocess.DEVNULL, capture_output=True)
    text = (done.stdout + done.stderr).decode("utf-8")
    assert TOKEN not in text and "Sanitizer" not in text, text
    return done.returncode, done.stderr.decode("utf-8").splitlines()


def refused(tmp_path, wrong):
    """wrong: {key: (value, regular expression of what is said behind the value)}, each key a line of the file."""
    items = list(wrong.items())
    for start in range(0, len(items), LINES_A_RUN):
        chunk = items[start:start + LINES_A_RUN]
        code, lines = worker(tmp_path, ["%s=%s" % (key, value) for key, (value, _) in chunk])
        assert code == 2, (code, lines, chunk)
        assert len(lines) == len(chunk), "\n".join(lines)
        for number, (key, (value, says)) in enumerate(chunk, 1):
            shown = value if len(value) <= 80 else value[:80] + "..."
            wanted = r"%s=%s \(\S+worker\.properties:%d\): %s" % (re.escape(key), re.escape(shown), number, says)
            assert any(re.fullmatch(wanted, line) for line in lines), "%s\nis not in\n%s" % (wanted, "\n".join(lines))


def of_kind(*kinds):
    return {key: row for key, row in KEYS.items() if row[0].split(",")[0] in kinds}


def numbers():
    """{key: (least, most, unit as messages name it)}"""
    units = {"duration": "milliseconds", "size": "bytes"}
    return {key: tuple(map(int, bounds.split(" to "))) + (units.get(kind.split(",")[0], r"\S+"),)
            for key, (kind, _, bounds) in of_kind("duration", "size", "integer").items()}


def test_the_page_is_read_whole():
    assert len(KEYS) == len(re.findall(r"^\| `[a-z.]+`(?:<br>| \| (?:text|list|URL|int|dur|size|true|choice|secret))", page(), re.MULTILINE)) >= 60
    assert len(numbers()) >= 30
    assert {kind.split(",")[0] for kind, _, _ in KEYS.values()} == {
        "text", "list", "URL", "integer", "duration", "size", "true", "choice", "secret"}


def test_numbers(tmp_path):
    for value, says in [
            (lambda least, most: least - 1, "is too small: take {0} to {1} {2}"),
            (lambda least, most: most + 1, "is too large: take {0} to {1} {2}"),
            (lambda least, most: "9" * 30, "is too large: take {0} to {1} {2}"),
            (lambda least, most: "", "is no whole number of {2}: write digits only, such as \\d+"),
            (lambda least, most: "1.5", "is no whole number of {2}: write digits only, such as \\d+"),
            (lambda least, most: "10s", "is no whole number of {2}: write digits only, such as \\d+")]:
        refused(tmp_path, {key: (str(value(least, most)), says.format(least, most, unit))
                           for key, (least, most, unit) in numbers().items()})


def test_choices(tmp_path):
    choices = of_kind("choice")
    for value in ("Loud", ""):
        refused(tmp_path, {key: (value, "is none of its choices: take one of " + re.escape(
            bounds.replace("`", "").replace(", ", "|"))) for key, (_, _, bounds) in choices.items()})
        refused(tmp_path, {key: (value, "is neither true nor false: write one of them") for key in of_kind("true")})


def test_texts(tmp_path):
    texts = of_kind("text", "list", "URL")
    longest = {key: int(re.search(r"\d+", bounds).group()) for key, (_, _, bounds) in texts.items()}
    refused(tmp_path, {key: ("x" * (most + 1), "is too long: take at most %d bytes" % most)
                       for key, most in longest.items()})
    # A control character is shown as U+FFFD or an escape, so the value is left open here.
    for key in texts:
        code, lines = worker(tmp_path, ["%s=a\x07b" % key])
        assert code == 2 and re.fullmatch(r"%s=a.+b \(\S+:1\): holds a control character: remove it" % re.escape(key),
                                          lines[0]), (key, lines)
    refused(tmp_path, {key: ("", r"must not be empty: its default is \S+") for key, (_, default, _) in texts.items()
                       if default and key not in MAY_BE_EMPTY})


@pytest.mark.parametrize("key", ["kafka.bootstrap.servers", "catalog.id", "catalog.token"])
def test_what_is_required(tmp_path, key):
    for base in ({k: v for k, v in BASE.items() if k != key}, dict(BASE, **{key: ""})):
        code, lines = worker(tmp_path, base=base)
        assert code == 2 and len(lines) == 1, lines
        assert re.match(r"%s(\.file)?: required and not set: set it to .+ \(or CATALOG_SYNC_[A-Z_]+ in the environment\)" %
                        re.escape(key), lines[0]) or (key == "catalog.token" and "is empty" in lines[0]), lines


FORMS = {
    "topic.results": ("a/b", "is no topic name: use at most 249 letters, digits, '.', '_' and '-'"),
    "topic.events": ("a,,b", "has an empty entry: put one comma between two names and none at the end"),
    "redis.url": ("localhost:6379", "is no Redis URL: write redis://host:port/database, or rediss:// for TLS"),
    "redis.prefix": ("a b", "is no key prefix: use letters, digits, '.', '_' and '-'"),
    "tls.ca.file": ("/no/such.pem", r"cannot be read \(No such file or directory\): name a PEM file that this process may read"),
    "link.fallback": ("/p/1", "is no URL that can be used: .+must start with http.+"),
    "image.fallback": ("ftp://a.example/1.png", "is no URL that can be used: .+http.+"),
    "default.currency": ("usd", "is no currency code: write three capital letters, such as USD"),
    "admin.listen": ("9464", "is no address to listen on: write host:port or :port, such as 127.0.0.1:9464"),
    "catalog.id": ("12x", "is no catalog id: it has digits only"),
    "catalog.base.url": ("https://a.example/#x", r"is no URL that can be used: it must end before any \? or #, .+"),
    "catalog.api.version": ("25", r"is no version of the API: write it as v25\.0"),
}


def test_forms(tmp_path):
    refused(tmp_path, FORMS)


def test_an_unknown_key_gets_the_one_that_was_meant(tmp_path):
    """Every key, misspelt by a letter doubled, in the file and in the environment."""
    wrong = {key: key[:2] + key[1] + key[2:] for key in KEYS if not key.startswith(("kafka.", "catalog."))}
    wrong.update({key: key[:-1] for key in KEYS if key.startswith("catalog.")})
    items = list(wrong.items())
    for start in range(0, len(items), LINES_A_RUN):
        chunk = items[start:start + LINES_A_RUN]
        code, lines = worker(tmp_path, ["%s=1" % name for _, name in chunk])
        assert code == 2 and len(lines) == len(chunk), lines
        for (key, name), line in zip(chunk, lines):
            assert re.fullmatch(r"%s \(\S+:\d+\): no such key: did you mean %s\?" % (re.escape(name), re.escape(key)), line), line
        variables = {"CATALOG_SYNC_" + name.upper().replace(".", "_"): (key, name) for key, name in chunk}
        code, lines = worker(tmp_path, environment={variable: "1" for variable in variables})
        assert code == 2 and len(lines) == len(chunk), lines
        for line in lines:
            variable, _, rest = line.partition(" ")
            meant = "CATALOG_SYNC_" + variables[variable][0].upper().replace(".", "_")
            assert rest == "in the environment: no such key: did you mean %s?" % meant, line
    code, lines = worker(tmp_path, ["nothing.like.it=1"])
    assert (code, len(lines)) == (2, 1) and lines[0].endswith("no such key: docs/configuration.md lists them all")


def test_a_key_given_twice(tmp_path):
    items = [key for key in KEYS if KEYS[key][0] != "secret"]
    for start in range(0, len(items), LINES_A_RUN):
        chunk = items[start:start + LINES_A_RUN]
        values = {key: KEYS[key][1] or BASE.get(key, "") for key in chunk}
        code, lines = worker(tmp_path, ["%s=%s" % item for item in values.items()] * 2)
        said = [line for line in lines if "set twice" in line]
        assert code == 2 and len(said) == len(chunk), lines
        for number, (key, line) in enumerate(zip(chunk, said), 1):
            assert re.fullmatch(r"%s: set twice, at \S+:%d and at line %d: keep one of them" % (
                re.escape(key), number, number + len(chunk)), line), line


# What breaks each rule of "What must fit together", by the first words of its text.
CONTRADICTIONS = {
    "connecting is part": {"call.connect.timeout.ms": 31000},
    "the margin must": {"lease.margin.ms": 45000},
    "a call must end": {"call.timeout.ms": 40000},
    "a call is late": {"call.late.max.ms": 29999},
    "a bulk call is": {"bulk.late.max.ms": 59999},
    "the lease must outlast": {"redis.reply.timeout.ms": 15000},
    "the first backoff": {"retry.backoff.base.ms": 60001},
    "an event would": {"retry.max.age.ms": 59999},
    "the first wait": {"breaker.open.ms": 60001},
    "an outcome must be": {"dedup.ttl.ms": 86400000},
    "an outcome must outlast": {"dedup.ttl.ms": 105000, "retry.max.age.ms": 61000},
    "the largest record": {"window.bytes": 1048575},
    "the offset span": {"window.span": 8191},
    "a call in flight": {"shutdown.timeout.ms": 30000},
    "a shutdown gives": {"revoke.timeout.ms": 40001},
    "the group would": {"kafka.max.poll.interval.ms": 20000, "kafka.session.timeout.ms": 20000},
    "a session must": {"kafka.session.timeout.ms": 300001},
    "a session needs": {"kafka.heartbeat.interval.ms": 15001},
    "the last commit": {"commit.interval.ms": 40000},
}


def test_contradictions_show_the_values_and_the_mend(tmp_path):
    rules = re.findall(r"^\| (`[^|]+`) \| ([a-z][^|]+: [^|]+) \|$", page().partition("What must fit together")[2], re.MULTILINE)
    assert len(rules) == len(CONTRADICTIONS), "a rule of the page has no case here"
    for start, values in CONTRADICTIONS.items():
        (names, text), = [rule for rule in rules if rule[1].startswith(start)]
        code, lines = worker(tmp_path, ["%s=%s" % item for item in values.items()])
        line = [line for line in lines if line.endswith(": " + text)]
        assert code == 2 and len(line) == 1, (start, lines)
        for name in names.replace("`", "").split(", "):
            where = r"\(\S+:\d+\)" if name in values else r"\(default\)"
            assert re.search(r"%s=%s %s" % (re.escape(name), values.get(name, r"\d+"), where), line[0]), line


BAD_FILES = {
    b"lease.ms": "is no setting: write key=value, or # before a comment",
    b"redis.prefix=\xff": "byte 14 is no UTF-8 text: save the file as UTF-8",
    b"redis.prefix=a\x00": "byte 15 is no UTF-8 text: save the file as UTF-8",
    b"#" * (2 << 20): "larger than",
}


@pytest.mark.parametrize("content", BAD_FILES, ids=["no-equals", "no-utf8", "nul", "huge"])
def test_bad_files(tmp_path, content):
    code, lines = worker(tmp_path, [content])
    assert code == 2 and any("worker.properties" in line and BAD_FILES[content] in line for line in lines), lines[:3]


def test_files_that_cannot_be_read(tmp_path):
    for path in (tmp_path / "missing", tmp_path):
        done = subprocess.run([paths.program("catalog-worker"), "--config", str(path)], capture_output=True, timeout=30)
        line = done.stderr.decode().splitlines()[0]
        assert done.returncode == 2 and re.fullmatch(
            r"--config %s: cannot be read \(.+\): name a file that this process may read" % re.escape(str(path)), line), line


def test_environment_and_command_line(tmp_path):
    for environment, arguments, says in [
            ({"CATALOG_SYNC_LEASE_MS": "1"}, (), r"lease\.ms=1 \(CATALOG_SYNC_LEASE_MS\): is too small: take 200 to 3600000 milliseconds"),
            ({}, ("--set", "lease.ms=1"), r"lease\.ms=1 \(--set\): is too small: take 200 to 3600000 milliseconds"),
            ({}, ("--set", "lease.ms"), r"--set lease\.ms: no setting: write --set key=value"),
            ({}, ("--set", b"kafka.group.id=\xff"), r"kafka\.group\.id \(--set\): its value is no UTF-8 text: write it in UTF-8"),
            ({}, ("--set", "catalog.token=" + TOKEN), r"catalog\.token \(--set\): a secret on the command line .+use its \.file key.+"),
            ({}, ("--set", "redis.url=redis://u:%s@h" % TOKEN), r"redis\.url \(--set\): a secret on the command line .+"),
            ({}, ("--set", "kafka.sasl.password=" + TOKEN), r"kafka\.sasl\.password \(--set\): a secret on the command line .+")]:
        code, lines = worker(tmp_path, environment=environment, arguments=arguments)
        assert code == 2 and len(lines) == 1 and re.fullmatch(says, lines[0]), lines
    code, lines = worker(tmp_path, arguments=["--set", "lease.ms=1", "--set", "lese.ms=2", "--set", "log.level=x"])
    assert code == 2 and len(lines) == 3, "all mistakes at once: %s" % lines


def test_secrets_are_refused_without_being_shown(tmp_path):
    wrong = tmp_path / "secret"
    for key in of_kind("secret"):
        base = {k: v for k, v in BASE.items() if k != key}
        code, lines = worker(tmp_path, ["%s=%s\x07x" % (key, TOKEN)], base=base)
        assert code == 2 and re.match(r"%s=\*{8} \(\S+:1\): holds a line break or another control character inside: put the "
                                      "secret there, on one line" % re.escape(key), lines[0]), lines
        for content, says in [(b"", "is empty"), (TOKEN.encode() + b"\nx", "holds a line break"), (b"x" * 9000, "is larger")]:
            wrong.write_bytes(content)
            code, lines = worker(tmp_path, ["%s.file=%s" % (key, wrong)], base=base)
            assert code == 2 and lines[0].startswith("%s.file=%s (" % (key, wrong)) and says in lines[0] and lines[0].endswith(
                "put the secret into it, on one line"), lines
        code, lines = worker(tmp_path, ["%s.file=/no/such/file" % key], base=base)
        assert code == 2 and re.match(r"%s\.file=/no/such/file \(\S+:1\): .+name one that this process may read" %
                                      re.escape(key), lines[0]), lines
        code, lines = worker(tmp_path, ["%s=%s" % (key, TOKEN), "%s.file=%s" % (key, wrong)], base=base)
        assert code == 2 and "both are set: keep one of them" in lines[0], lines
        code, lines = worker(tmp_path, ["%s=********" % key], base=base)
        assert code == 2 and "this is the mask" in lines[0], lines


def test_what_only_the_libraries_can_judge(tmp_path):
    for line, says in [
            ("redis.url=redis://h:99999", r"configuration: redis\.url=redis://h:99999: the port is not a number of 1 to 65535; give it as .+"),
            ("redis.url=redis://u:%s@h:99999" % TOKEN, r"configuration: redis\.url: the port is not .+"),
            ("kafka.no.such.thing=1", r"configuration: kafka\.no\.such\.thing: librdkafka \S+ knows no such setting: correct the name, or remove it"),
            ("kafka.fetch.min.bytes=many", r"configuration: kafka\.fetch\.min\.bytes=many: .+: correct it as .+CONFIGURATION\.md says"),
            ("kafka.security.protocol=foo", r"configuration: kafka\.security\.protocol=foo: .+: correct it as .+"),
            ("kafka.acks=0", r"configuration: kafka\.acks may not be set: .+: remove it"),
            ("currency.offsets=JPY=7", r"configuration: currency\.offsets: \"JPY=7\" cannot be read from its byte \d on: write CUR=N .+"),
            ("results.delivery=exactly-once", r"results\.delivery=exactly-once \(\S+:1\): not available yet: use at-least-once .+")]:
        code, lines = worker(tmp_path, [line])
        assert code == 2 and len(lines) == 1 and re.fullmatch(says, lines[0]), lines


def printed(tmp_path, lines):
    """What --print-config prints with these lines."""
    path = tmp_path / "printed.properties"
    path.write_text("\n".join(lines + ["%s=%s" % item for item in BASE.items()]) + "\n")
    done = subprocess.run([paths.program("catalog-worker"), "--config", str(path), "--print-config"], timeout=30,
                          capture_output=True, text=True)
    assert TOKEN not in done.stdout + done.stderr
    return done


def test_print_config_shows_what_follows_and_loads_again(tmp_path):
    done = printed(tmp_path, ["catalogs.outlet.id=4", "catalogs.outlet.topic.events=outlet-events", "lease.ms=50000",
                              "window.records=3000", "catalog.rate.per.hour=3600", "catalogs.outlet.rate.per.hour=0",
                              "catalog.inflight.max=10", "catalog.api.version=v23.0", "catalogs.outlet.api.version=v24.0"])
    assert done.returncode == 0 and done.stderr == "", done
    derived = done.stdout.partition("# --- What follows from it\n")[2]
    for line in ["topics that are read, of any catalog: product-events, product-events.bulk",
                 "a topic's share of the window: 1000 records, 5592405 bytes",
                 "a call begins only with 35000 ms or more of its lease left",
                 "wait up to 50000 ms (lease.ms), and where its call was not answered up to 110000 ms",
                 "when Redis lost its memory, all wait 110000 ms", "stops within 40000 ms",
                 "catalog default: a call each 1000.000 ms for all workers together, 100 at once",
                 "40 products claimed at once", "catalog outlet: as many calls as are wanted",
                 "catalog default: a create of an item that is there is refused", "catalog outlet: a create of an item that is there updates",
                 "catalog default: topics of its own: none", "catalog outlet: topics of its own: outlet-events"]:
        assert line in derived, line + "\nis not in\n" + derived
    assert all(line.startswith("# ") for line in derived.splitlines())
    again = tmp_path / "again.properties"
    again.write_text(done.stdout.replace("token=********", "token=" + TOKEN))
    values = [line for line in done.stdout.splitlines() if not line.startswith("#")]
    second = subprocess.run([paths.program("catalog-worker"), "--config", str(again), "--print-config"], timeout=30,
                            capture_output=True, text=True)
    assert second.returncode == 0, second
    assert [line for line in second.stdout.splitlines() if not line.startswith("#")] == values


def test_print_config_names_what_the_worker_would_not_start_with(tmp_path):
    done = printed(tmp_path, ["redis.url=redis://h:99999"])
    assert done.returncode == 2 and "\nredis.url=redis://h:99999\n" in done.stdout, done
    assert "the port is not a number" in done.stderr and "What follows" not in done.stdout
