"""The alert rules: promtool reads and tries them, each alert is tried both ways and has its runbook, and what rules, runbooks and pages name
is there."""

import os
import re
import subprocess

import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
RULES = os.path.join(ROOT, "deploy", "helm", "catalog-sync", "files", "catalog-sync.rules.yml")
TESTS = os.path.join(HERE, "rules.test.yml")
RUNBOOKS = os.path.join(ROOT, "docs", "runbooks")
SECTIONS = ["Meaning", "Impact", "Diagnosis", "Mitigation"]


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as page:
        return page.read()


def rules():
    with open(RULES, encoding="utf-8") as text:
        return [rule for group in yaml.safe_load(text)["groups"] for rule in group["rules"]]


def alerts():
    return {rule["alert"]: rule for rule in rules() if "alert" in rule}


def known_metrics():
    """{metric: labels} of docs/metrics.md, histograms by each of their series."""
    known = {}
    for name, kind, labels in re.findall(r"^\| `([a-z_]+)` \| (\w+) \| (.*?) \|", read("docs", "metrics.md"), re.MULTILINE):
        labels = set(re.findall(r"`([a-z_]+)`", labels))
        for suffix in (["_bucket", "_sum", "_count"] if kind == "histogram" else [""]):
            known[name + suffix] = labels | ({"le"} if suffix == "_bucket" else set())
    return known


def used_metrics(text):
    """(metric, labels that it is selected by) of everything that looks like a metric of ours in queries."""
    for name, matchers in re.findall(r"\b((?:catalog_sync|process)_[a-z_]+)(?:\{([^}]*)\})?", text):
        yield name, set(re.findall(r"([a-z_]+)\s*[=!]~?\s*\"", matchers))


def pages():
    return {"docs/alerts.md": read("docs", "alerts.md"),
            **{"docs/runbooks/" + name: read("docs", "runbooks", name) for name in sorted(os.listdir(RUNBOOKS))}}


def promtool(*arguments):
    done = subprocess.run(["promtool", *arguments], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_reads_the_rules():
    promtool("check", "rules", RULES)


def test_each_alert_fires_and_does_not():
    promtool("test", "rules", TESTS)
    with open(TESTS, encoding="utf-8") as text:
        tried = [case for group in yaml.safe_load(text)["tests"] for case in group.get("alert_rule_test", [])]
    fires = {case["alertname"] for case in tried if case["exp_alerts"]}
    quiet = {case["alertname"] for case in tried if not case["exp_alerts"]}
    assert fires == quiet == set(alerts())


def test_each_alert_has_a_runbook_and_each_runbook_an_alert():
    assert {name + ".md" for name in alerts()} == set(os.listdir(RUNBOOKS))
    for name, alert in alerts().items():
        assert alert["annotations"]["runbook_url"] == "docs/runbooks/%s.md" % name
        assert set(alert["annotations"]) == {"summary", "description", "runbook_url"}
        assert alert["labels"]["severity"] in ("critical", "warning", "info")


def test_runbooks_are_filled():
    for name, alert in alerts().items():
        text = read("docs", "runbooks", name + ".md")
        title, *sections = re.split(r"^## ", text, flags=re.MULTILINE)
        assert title.startswith("# %s\n" % name)
        assert "(%s)" % alert["labels"]["severity"] in title and alert["annotations"]["summary"].rstrip(".") in title
        assert [section.partition("\n")[0] for section in sections] == SECTIONS
        for section in sections:
            assert len(section.partition("\n")[2].split()) >= 8, (name, section)
        diagnosis = sections[2]
        assert re.search(r"^    (catalog-|kubectl|grep|redis-cli|sum|max|rate|histogram|topk|process|catalog_sync:)", diagnosis, re.MULTILINE), name


def test_every_metric_that_is_named_exists():
    known = known_metrics()
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    texts = {"rules": "\n".join(rule["expr"] for rule in rules()), **pages()}
    for where, text in texts.items():
        for name, labels in used_metrics(text):
            if name == "catalog_sync_":  # the beginning of a regular expression, below
                continue
            assert name in known, "%s names %s, which docs/metrics.md has not" % (where, name)
            assert labels <= known[name], "%s selects %s by labels that it has not" % (where, name)
        for name in re.findall(r"\bcatalog_sync:[a-z0-9_:]+", text):
            assert name in recorded, "%s names %s, which no rule records" % (where, name)
    assert {"catalog_sync_lag_seconds", "catalog_sync_unread_seconds"} <= set(known)


def test_every_command_of_the_runbooks_exists():
    """Programs by their manual pages, which a test holds to --help."""
    seen = set()
    for where, text in pages().items():
        for program, rest in re.findall(r"\b(catalog-(?:worker|dlq|memory|publish))((?: +[^\s`#|]+)*)", text):
            manual = read("docs", "man", program + ".1")
            options = set(re.findall(r"\.(?:It|Op) Fl -([a-z-]+)", manual)) | set(re.findall(r"Fl -([a-z-]+)", manual))
            for option in re.findall(r"(?<!\S)--([a-z][a-z-]*)", rest):
                assert option in options, "%s: %s has no --%s" % (where, program, option)
                seen.add((program, option))
            word = rest.split()[0] if rest.split() else ""
            if program in ("catalog-dlq", "catalog-memory") and re.fullmatch(r"[a-z-]+", word):
                assert re.search(r"Cm (?:[a-z-]+ [|,] )*%s\b" % re.escape(word), manual) or word in manual, (where, program, word)
                seen.add((program, word))
    assert {("catalog-worker", "status"), ("catalog-worker", "check"), ("catalog-dlq", "stats"), ("catalog-dlq", "replay"),
            ("catalog-memory", "show"), ("catalog-memory", "rebuild")} <= seen


def test_keys_of_the_runbooks_exist():
    known = set(re.findall(r"^\| `([a-z.<>]+)`", read("docs", "configuration.md"), re.MULTILINE))
    prefixes = tuple({key.split(".")[0] + "." for key in known})
    for where, text in pages().items():
        for key in re.findall(r"`([a-z]+(?:\.[a-z]+)+)`", text):
            if key.startswith(prefixes) and not key.startswith("kafka."):
                assert key in known or key.endswith(".file") and key[:-5] in known, "%s names the key %s" % (where, key)


def test_the_page_lists_every_alert():
    rows = re.findall(r"^\| \[(\w+)\]\(runbooks/(\w+)\.md\) \| (\w+) \| (.+?) \|$", read("docs", "alerts.md"), re.MULTILINE)
    wanted = [(name, name, alert["labels"]["severity"], alert["annotations"]["summary"].rstrip(".")) for name, alert in alerts().items()]
    assert rows == wanted, "\n".join("| [%s](runbooks/%s.md) | %s | %s |" % row for row in wanted)
