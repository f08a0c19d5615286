"""catalog-dlq serve as a test runs it, and a client that does what browsers do: cookies, forms, Origin."""

import html
import http.client
import re
import subprocess
import urllib.parse

from procs import wait_until


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.text = response.status, response.headers, response.read().decode()

    def field(self, name):
        """What stands in a form's field."""
        found = re.search(r'name="%s"[^>]* value="([^"]*)"' % name, self.text)
        assert found, "no field %s in\n%s" % (name, self.text)
        return html.unescape(found.group(1))

    def words(self):
        """The text without markup, as a person reads it."""
        body = re.sub(r"<[^>]*>", "", self.text[self.text.index("<body>"):])
        return re.sub(r"\s+", " ", html.unescape(body))


class Page:
    """The running page. A fresh one has no cookie, as a browser that comes for the first time."""

    def __init__(self, dlq, *words, environment=None):
        command = dlq.command(["serve", "--listen", "127.0.0.1:0", *words])
        self.log = open(dlq.file + ".page.log", "w+b")
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log,
                                        env=environment)
        self.line = self.process.stdout.readline().decode()
        found = re.match(r"catalog-dlq: http://[^/]*:(\d+)/ \((.*)\)$", self.line)
        assert found, (self.line, self.complaints())
        self.port, self.mode = int(found.group(1)), found.group(2)
        self.url = "http://127.0.0.1:%d" % self.port
        self.cookie = None

    def complaints(self):
        self.log.seek(0)
        return self.log.read().decode()

    def ask(self, method, path, body=None, headers=None, cookie=True):
        head = {"Host": "127.0.0.1:%d" % self.port}
        if cookie and self.cookie:
            head["Cookie"] = self.cookie
        head.update(headers or {})
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, {k: v for k, v in head.items() if v is not None})
            answer = Answer(connection.getresponse())
        finally:
            connection.close()
        if cookie and answer.headers.get("Set-Cookie"):
            self.cookie = answer.headers["Set-Cookie"].split(";")[0]
        return answer

    def get(self, path, status=200, **query):
        answer = self.ask("GET", path + ("?" + urllib.parse.urlencode(query, doseq=True) if query else ""))
        assert answer.status == status, (path, query, answer.status, answer.text)
        return answer

    def post(self, path, headers=None, cookie=True, **form):
        """A form sent by this page, unless headers say otherwise."""
        head = {"Origin": self.url, "Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}
        head.update(headers or {})
        return self.ask("POST", path, urllib.parse.urlencode(form, doseq=True), head, cookie)

    def stop(self):
        """Ctrl-C: it ends in good order, and sanitizers have nothing to say."""
        self.process.terminate()
        wait_until(lambda: self.process.poll() is not None, 60, "the page ends")
        said = self.complaints()
        self.process.stdout.close()
        self.log.close()
        assert self.process.returncode == 0, said
        return said
