"""catalog-dlq serve in a real browser: clicks replay a dead letter, keys reach everything, a phone shows it, and neither a
dead letter nor another site's page gets anything run."""

import http.server
import os
import threading

import pytest
from browser import Browser
from dlqctl import Dlq, letter
from pagectl import Page
from procs import wait_until
from world import product

# What a screen reader needs: a language, a title, one main part with one heading, a name for every field and button.
NAMELESS = """
const named = e => e.labels && e.labels.length || e.getAttribute("aria-label") || e.type === "hidden" || e.textContent.trim();
return [...document.querySelectorAll("input,textarea,select,button,meter:not([aria-hidden]),progress")]
  .filter(e => !named(e)).map(e => e.outerHTML)
  .concat(document.documentElement.lang ? [] : ["no language"], document.title ? [] : ["no title"],
          document.querySelectorAll("main").length === 1 && document.querySelectorAll("h1").length === 1 ? [] : ["no one h1"]);
"""
TOO_WIDE = """
return [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > innerWidth + 1
  && !e.closest("pre, .skip, thead")).map(e => e.outerHTML.slice(0, 200));
"""


@pytest.fixture
def browser():
    browser = Browser()
    yield browser
    browser.close()


@pytest.fixture
def page(world):
    page = Page(Dlq(world), "--allow-changes")
    yield page
    assert page.stop() == ""


@pytest.fixture
def seen(browser, tmp_path):
    """Looks at the page as it is, on a desktop and on a phone. For people: pictures of all pages, in both schemes, go into
    the folder that TESTS_PICTURES names; without it, of one."""
    folder = os.environ.get("TESTS_PICTURES")

    def look(name):
        assert not browser.run(NAMELESS), name
        for kind, size, scheme in (("desktop", (1200, 800), "light"), ("dark", (1200, 800), "dark"),
                                   ("phone", (390, 844, True), "light")):
            if kind == "dark" and not folder:
                continue  # other colours, the same layout
            browser.size(*size)
            browser.scheme(scheme)
            assert not browser.run(TOO_WIDE), (name, kind)
            if folder or (name, kind) == ("letter", "phone"):
                file = browser.screenshot(os.path.join(folder or tmp_path, "%s-%s.png" % (name, kind)))
                assert os.path.getsize(file) > 5000, file
        browser.size(1200, 800)

    return look


def foreign_page(target):
    """Another site's page, with a form that would replay everything. Its address, and how to end it."""
    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b'<form method="post" action="%s/replay"><input name="all" value="1"><button>go</button></form>'
                             % target.encode())

        def log_message(self, *words):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return "http://localhost:%d/" % server.server_port, server


@pytest.mark.only("apache")  # dev-kafka has no transactions
def test_clicks_replay_a_dead_letter(world, page, browser, seen):
    world.worker()
    world.sync(*[world.updated(n, 1, price="%d,99" % n, sku="LAMP-%d" % n) for n in (4711, 4712, 4713)])
    world.publish(letter(world, 1, product("x", 1, name="<img src=x onerror='window.hacked=1'>"), reason="no_image",
                         message="<script>window.hacked=1</script>"))
    wait_until(lambda: len(world.dead()) == 4, 30, "4 dead letters")
    browser.size(1200, 800)
    browser.open(page.url)
    assert browser.title() == "4 dead letters, 2 causes – catalog-dlq"
    seen("causes")
    browser.key("\ue004")  # Tab: the first thing that the keyboard reaches is the way past the head
    assert browser.run("return document.activeElement.className") == "skip"
    browser.key("\ue007")  # Enter
    assert browser.run("return document.activeElement.id") == "content"
    browser.click_link("Show them")
    seen("letters")
    browser.click("tbody tr:nth-child(2) a")
    key = browser.run("return document.querySelector('h1').textContent")
    assert browser.run("return document.querySelector('#field').textContent").endswith(',99"')
    number = browser.run("return document.querySelector('dd a[href^=\"/product\"]').textContent")
    seen("letter")
    browser.click_link("Replay…")
    browser.type("#set", "data.price=12.34")
    browser.click("form[action='/replay'] button")
    assert "12.34" in browser.run("return document.querySelector('.added').textContent")
    seen("replay")
    browser.type("input[name=why]", "the import was mended")
    assert not world.reader("events").read_to_end()[3:]  # nothing yet
    browser.click("#confirm")
    browser.find("#report")
    assert "1 of 1 replayed (1 changed before)" in browser.words() and "1 synced" in browser.words()
    seen("report")
    assert world.item("LAMP-" + number)["price"] == 1234
    assert key not in Dlq(world).keys() and [a["why"] for a in Dlq(world).audits()] == ["the import was mended"]
    browser.type("#where", "LAMP-" + number)
    browser.click(".search button")
    browser.find("section .good")
    seen("product")
    # chosen by ticks, dropped with a reason
    browser.open(page.url + "/letters?product=x")
    browser.click("input[name=key]")
    browser.click("button[formaction='/drop']")
    seen("drop")
    browser.type("input[name=why]", "a test")
    browser.click("#confirm")
    browser.find("#report")
    assert "1 of 1 dropped" in browser.words() and len(Dlq(world).keys()) == 2
    assert browser.run("return window.hacked === undefined") and browser.complaints() == []
    # another site's form, with this browser's own cookie
    evil, server = foreign_page(page.url)
    browser.open(evil)
    browser.click("button")
    wait_until(lambda: browser.title().startswith("Refused"), 90, "it is refused")
    server.shutdown()
    server.server_close()
    assert len(Dlq(world).keys()) == 2
