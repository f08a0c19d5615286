"""A real Prometheus that scrapes a test's workers, with the alert rules of deploy/."""

import json
import os
import re
import signal
import urllib.error
import urllib.parse
import urllib.request

import paths
import procs

FILES = os.path.join(paths.ROOT, "deploy", "helm", "catalog-sync", "files")
RULES = os.path.join(FILES, "catalog-sync.rules.yml")
DASHBOARD = os.path.join(FILES, "dashboard.json")
SHORTER = {"m": "s", "h": "m"}  # sixty times as fast: what a drill can wait for


def shortened(text):
    """The rules with minutes for hours and seconds for minutes, in `for:` and in ranges. Thresholds stay."""
    return re.sub(r"(for: |\[)(\d+)([mh])(?=\]|\n)", lambda m: m.group(1) + m.group(2) + SHORTER[m.group(3)], text)


def rules_text():
    with open(RULES, encoding="utf-8") as text:
        return text.read()


class Prometheus:
    """Scrapes and evaluates once a second."""

    def __init__(self, home, workers, rules, job="catalog-sync"):
        self.home, self.workers, self.rules, self.job = str(home), workers, rules, job
        self.port = self.process = None

    def _write(self, name, text):
        path = os.path.join(self.home, name)
        with open(path, "w") as out:
            out.write(text)
        return path

    def _configure(self):
        targets = json.dumps(["127.0.0.1:%d" % worker.admin_port for worker in self.workers])
        return self._write("prometheus.yml", """
global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}
rule_files: [rules.yml]
scrape_configs:
  - job_name: %s
    static_configs: [{targets: %s}]
""" % (self.job, targets))

    def follow(self):
        """The workers' ports have changed."""
        self._configure()
        self.process.signal(signal.SIGHUP)

    def start(self):
        os.makedirs(self.home)
        self._write("rules.yml", self.rules)
        config = self._configure()
        self.port = procs.free_port()
        self.process = procs.Process("prometheus", [
            "prometheus", "--config.file=" + config, "--storage.tsdb.path=" + os.path.join(self.home, "data"),
            "--web.listen-address=127.0.0.1:%d" % self.port, "--log.level=warn"], os.path.join(self.home, "prometheus.log"))
        self.process.start()
        procs.wait_until(self._ready, 30, lambda: "prometheus is ready\n" + self.process.log_tail())
        return self

    def _ready(self):
        if not self.process.running():
            raise RuntimeError("prometheus ended\n" + self.process.log_tail())
        try:
            with urllib.request.urlopen("http://127.0.0.1:%d/-/ready" % self.port, timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False

    def ask(self, path, **parameters):
        url = "http://127.0.0.1:%d/api/v1/%s?%s" % (self.port, path, urllib.parse.urlencode(parameters))
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise AssertionError("%s: %s" % (parameters, error.read().decode())) from None

    def query(self, expression):
        """[(labels, value)] of now."""
        return [(sample["metric"], float(sample["value"][1])) for sample in self.ask("query", query=expression)["result"]]

    def range(self, expression, start, end, step_s):
        """[(labels, [(time, value)])]"""
        data = self.ask("query_range", query=expression, start=start, end=end, step=step_s)
        return [(series["metric"], [(time, float(value)) for time, value in series["values"]]) for series in data["result"]]

    def firing(self):
        """Names of the alerts that fire."""
        return {alert["labels"]["alertname"] for alert in self.ask("alerts")["alerts"] if alert["state"] == "firing"}

    def stop(self):
        if self.process:
            self.process.stop(10)
