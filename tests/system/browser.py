"""A headless Chromium, driven through chromedriver's WebDriver protocol: plain HTTP and JSON."""

import base64
import http.client
import json
import os
import re
import shutil
import tempfile

from procs import Process, wait_until

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars"]


class Browser:
    def __init__(self):
        # a short path: Chromium has a socket in there, and names of sockets are 107 bytes long at most
        self.home, self.session = tempfile.mkdtemp(prefix="browser-"), None
        self.driver = Process("chromedriver", ["chromedriver", "--port=0"], os.path.join(self.home, "driver.log"),
                              env={"HOME": self.home, "TMPDIR": self.home}).start()
        self.port = int(wait_until(self._port, 60, "chromedriver's port"))
        options = {"binary": shutil.which("chromium"), "args": FLAGS + ["--user-data-dir=" + os.path.join(self.home, "profile")]}
        made = self._ask("POST", "/session", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}}})
        self.session = "/session/" + made["sessionId"]

    def _port(self):
        with open(self.driver.log_path, encoding="utf-8") as log:
            found = re.search(r"started successfully on port (\d+)", log.read())
        return found and found.group(1)

    def _ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), {"Content-Type": "application/json"})
            value = json.loads(connection.getresponse().read())["value"]
        finally:
            connection.close()
        if isinstance(value, dict) and "error" in value:
            raise RuntimeError("%s: %s" % (path, value["message"]))
        return value

    def _do(self, path, **body):
        return self._ask("POST", self.session + path, body)

    def open(self, url):
        self._do("/url", url=url)

    def title(self):
        return self._ask("GET", self.session + "/title")

    def find(self, selector, using="css selector"):
        """Waits for it."""
        def look():
            found = self._do("/elements", using=using, value=selector)
            return found and found[0][ELEMENT]
        return wait_until(look, 90, lambda: "%s on %s:\n%s" % (selector, self.title(), self.words()))

    def click(self, selector, using="css selector"):
        self._do("/element/%s/click" % self.find(selector, using))

    def click_link(self, words):
        self.click(words, "link text")

    def type(self, selector, text):
        """In place of what stands there."""
        element = self.find(selector)
        self._do("/element/%s/clear" % element)
        self._do("/element/%s/value" % element, text=text)

    def key(self, key):
        self._do("/actions", actions=[{"type": "key", "id": "keyboard", "actions": [
            {"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]}])

    def run(self, script):
        """A script's value, run by the driver and so not under the page's policy."""
        return self._do("/execute/sync", script=script, args=[])

    def words(self):
        return self.run("return document.body ? document.body.innerText : ''")

    def complaints(self):
        """What the browser's console says since the last call: scripts and styles that were refused among it."""
        return [entry["message"] for entry in self._do("/se/log", type="browser") if entry["level"] != "INFO"]

    def size(self, width, height, phone=False):
        self._do("/goog/cdp/execute", cmd="Emulation.setDeviceMetricsOverride", params={
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone})

    def scheme(self, name):
        self._do("/goog/cdp/execute", cmd="Emulation.setEmulatedMedia",
                 params={"features": [{"name": "prefers-color-scheme", "value": name}]})

    def screenshot(self, path, whole=True):
        made = self._do("/goog/cdp/execute", cmd="Page.captureScreenshot",
                        params={"format": "png", "captureBeyondViewport": whole})
        with open(path, "wb") as out:
            out.write(base64.b64decode(made["data"]))
        return path

    def close(self):
        try:
            if self.session:
                self._ask("DELETE", self.session)
        finally:
            self.driver.stop()
            shutil.rmtree(self.home, ignore_errors=True)
