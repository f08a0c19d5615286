"""Values: lint, what is refused and with which words, and that schema and defaults tell of the same keys."""

import json

import pytest
import yaml

import chart
from chart import helm_python

ERROR = 3  # severity in a lint report
WARNING = 2


def findings(values):
    report = helm_python.lint(chart.CHART, values, strict=True, namespace=chart.NAMESPACE)
    return report["errors"] + [one["error"] for one in report["messages"] if one["severity"] >= WARNING]


def refusal(values):
    with pytest.raises(helm_python.HelmError) as raised:
        chart.render(values)
    return str(raised.value)


def test_lint_finds_nothing(name):
    assert findings(chart.values(name)) == []


def test_lint_finds_nothing_in_the_defaults():
    assert findings({}) == []


def test_lint_would_find_something():
    assert findings({"workload": {"kind": "DaemonSet"}})


def test_the_defaults_say_everything_that_they_lack():
    said = refusal({})
    for key in ("kafka.bootstrap.servers", "redis.url", "catalog.id", "catalog.token.file"):
        assert key in said


def test_plan_only_needs_no_token():
    values = chart.values("minimal", secretFiles={})
    assert "catalog.token.file" in refusal(values)
    values["config"]["catalog.mode"] = "plan-only"
    pod = next(chart.pods(chart.render(values)))[2]
    assert [volume["name"] for volume in pod["volumes"]] == ["config"]


@pytest.mark.parametrize("key,value,words", [
    ("catalog.token", "EAAB", "is a secret"), ("redis.password", "x", "is a secret"),
    ("kafka.sasl.password", "x", "is a secret"), ("catalogs.outlet.app.secret", "x", "is a secret"),
    ("kafka.ssl.key.pem", "x", "is a secret"), ("kafka.sasl.oauthbearer.config", "x", "is a secret"),
    ("admin.listen", ":1", "adminPort"), ("shutdown.timeout.ms", 1, "shutdownTimeoutSeconds"),
    ("catalog.id", 1234567890, "got number, want string"), ("catalogs.outlet.id", 42, "got number, want string"),
    ("link.fallback", "a\nredis.url=redis://elsewhere", "/config/link.fallback"), ("Not A Key", "x", "does not match"),
    ("window.bytes", 1.5, "want integer")])
def test_the_configuration_refuses(key, value, words):
    values = chart.values("minimal")
    values["config"][key] = value
    said = refusal(values)
    assert key in said and words in said


def test_a_key_twice_is_refused():
    values = chart.values("minimal")
    values["config"]["catalog.token.file"] = "/elsewhere"
    assert "stands in config and among the secrets" in refusal(values)


def test_an_unknown_value_is_refused():
    assert "replica" in refusal(chart.values("minimal", replica=3))


def leaves(schema, value, path):
    """Paths of the schema's properties that `value` lacks, and of the value's keys that the schema lacks."""
    if schema.get("additionalProperties") is not False or "$ref" in schema:
        return
    for key, inner in schema["properties"].items():
        if key not in value:
            yield path + key
        elif isinstance(value[key], dict):
            yield from leaves(inner, value[key], path + key + ".")
    yield from (path + key for key in value if key not in schema["properties"])


def test_schema_and_defaults_hold_the_same_keys():
    schema = json.loads(chart.text("values.schema.json"))
    del schema["properties"]["global"]  # Helm's own
    assert list(leaves(schema, yaml.safe_load(chart.text("values.yaml")), "")) == []
