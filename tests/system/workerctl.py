"""catalog-worker as a test sees it: started with a properties file, stopped in every way there is, its log read."""

import json
import os
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request

import paths
import procs

# Short, so that a test waits for none of it long, and in the order the program demands of them: call time-out below
# late bound, call and Redis' answer below the lease less its margin.
FAST = {
    "catalog.id": "1001",
    "catalog.api.version": "v25.0",
    "catalog.rate.per.hour": 0,
    "call.connect.timeout.ms": 500,
    "call.timeout.ms": 1000,
    "call.late.max.ms": 2000,
    "bulk.late.max.ms": 4000,
    "lease.ms": 3000,
    "lease.margin.ms": 500,
    "lookup.lag.max.ms": 500,
    "redis.connect.timeout.ms": 500,
    "redis.reply.timeout.ms": 1000,
    "retry.backoff.base.ms": 50,
    "retry.backoff.max.ms": 1000,
    "retry.budget.percent": 100,
    "breaker.open.ms": 200,
    "breaker.open.max.ms": 1000,
    "pause.probe.ms": 1000,
    "commit.interval.ms": 200,
    "shutdown.timeout.ms": 8000,
    "revoke.timeout.ms": 3000,
    "link.fallback": "https://shop.example/fallback",
    "image.fallback": "",
    "log.level": "info",
    "log.format": "json",
    "kafka.session.timeout.ms": 6000,
    "kafka.heartbeat.interval.ms": 500,
    "kafka.max.poll.interval.ms": 20000,
}


class Worker:
    def __init__(self, home, name, settings, instance_id=None):
        """settings: keys over FAST; secrets belong into files named by *.file keys."""
        self.home, self.name = str(home), name
        os.makedirs(self.home, exist_ok=True)
        self.settings = dict(FAST, **settings)
        if instance_id:
            self.settings["kafka.group.instance.id"] = instance_id
        self.admin_port = None
        self.process = None
        self.starts = 0
        self.hung = None

    @property
    def log_path(self):
        return os.path.join(self.home, self.name + ".log")

    def start(self, **more):
        """Starts it (again) and returns at once; more: further settings as key_with_underscores."""
        self.settings.update({key.replace("_", "."): value for key, value in more.items()})
        self.admin_port = procs.free_port()
        self.settings["admin.listen"] = "127.0.0.1:%d" % self.admin_port
        path = os.path.join(self.home, self.name + ".properties")
        with open(path, "w") as out:
            for key, value in sorted(self.settings.items()):
                out.write("%s=%s\n" % (key, value))
        self.starts += 1
        self.process = procs.Process(self.name, [paths.program("catalog-worker"), "--config", path],
                                     self.log_path).start()
        return self

    def _get(self, path):
        try:
            with urllib.request.urlopen("http://127.0.0.1:%d%s" % (self.admin_port, path), timeout=2) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def ready(self):
        return self._get("/readyz")[0] == 200

    def readiness(self):
        """(status, text) of /readyz: the text says what it waits for."""
        return self._get("/readyz")

    def alive(self):
        return self._get("/livez")[0] == 200

    def metrics(self):
        """{name or name{labels}: value}"""
        values = {}
        for line in self._get("/metrics")[1].splitlines():
            if line and not line.startswith("#"):
                name, _, value = line.rpartition(" ")
                values[name] = float(value)
        return values

    def status(self):
        return json.loads(self._get("/status")[1])

    def wait_ready(self, timeout_s=60):  # dev-kafka takes its time for a rebalance, the more so on a busy machine
        def look():
            if not self.process.running():
                raise RuntimeError("%s ended with %s\n%s" % (self.name, self.process.popen.returncode,
                                                             self.process.log_tail()))
            return self.ready()

        procs.wait_until(look, timeout_s, lambda: "%s is ready: %r\n%s" % (self.name, self.readiness(),
                                                                          self.process.log_tail()))
        return self

    def kill9(self):
        self.process.kill()

    def freeze(self):
        self.process.signal(signal.SIGSTOP)

    def thaw(self):
        self.process.signal(signal.SIGCONT)

    def terminate(self, timeout_s=15):
        """SIGTERM; the exit code. A worker that needs longer than timeout_s fails the test."""
        self.process.signal(signal.SIGTERM)
        return self.process.wait(timeout_s)

    def stop(self):
        """SIGTERM. One that has not ended when its own shutdown.timeout.ms is long over is noted: check_health fails."""
        if not self.running():
            return
        self.process.signal(signal.SIGCONT)
        self.process.signal(signal.SIGTERM)
        try:
            self.process.wait(12)
        except TimeoutError:
            self.hung = self.stacks()
            self.process.kill()

    def stacks(self):
        """Where its threads are, where gdb is there to say so."""
        if not shutil.which("gdb"):
            return "(no gdb here to show its threads)"
        done = subprocess.run(["gdb", "-p", str(self.process.pid), "-batch", "-ex", "thread apply all bt 16"],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60)
        return done.stdout.decode("utf-8", "replace")

    def running(self):
        return self.process is not None and self.process.running()

    def log_text(self):
        return self.process.log_text() if self.process else ""

    def log_lines(self):
        """The log's JSON lines; lines that are none (a sanitizer's, an assertion's) are left out."""
        lines = []
        for text in self.log_text().splitlines():
            try:
                lines.append(json.loads(text))
            except ValueError:
                continue
        return lines

    def wait_log(self, part, timeout_s=10):
        procs.wait_until(lambda: part in self.log_text(), timeout_s,
                         lambda: "%s logs %r\n%s" % (self.name, part, self.process.log_tail()))

    def check_health(self):
        """No assertion, no sanitizer report in the log, and it stopped when told, whatever else went on."""
        assert not self.hung, "%s did not stop on SIGTERM\n%s\n%s" % (self.name, self.process.log_tail(), self.hung)
        text = self.log_text()
        for mark in ("internal error, please report", "AddressSanitizer", "LeakSanitizer", "runtime error:"):
            assert mark not in text, "%s: %s\n%s" % (self.name, mark, text[max(0, text.find(mark) - 500):][:3000])


def now_us():
    return int(time.time() * 1000000)
