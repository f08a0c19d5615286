"""catalog-dlq serve: the page says what the command line says, to whoever may ask, and nothing in a dead letter is markup."""

import http.client
import json
import os
import re
import threading

import pytest
from dlqctl import Dlq, letter
from pagectl import Page
from procs import wait_until
from world import TOKEN, product

SECRET = "a-token-of-the-page-0123456789"


@pytest.fixture
def dlq(world):
    return Dlq(world)


@pytest.fixture
def serve(dlq):
    """Starts pages; each must end in good order."""
    pages = []

    def start(*words, **more):
        pages.append(Page(dlq, *words, **more))
        return pages[-1]

    yield start
    for page in pages:
        if page.process.poll() is None:
            assert page.stop() == ""


def broken(world):
    """Three prices with a comma, one refused by the API."""
    world.sim.fault("permanent_100", times=50, match={"retailer_id": "SKU-9"})
    world.worker()
    world.sync(*[world.updated(n, 1, price="%d,99" % n) for n in (1, 2, 3)], world.updated(9, 1), world.updated(10, 1))
    wait_until(lambda: len(world.dead()) == 4, 30, "4 dead letters")


def test_causes_first_then_letters_then_one_with_its_field_then_its_product(world, dlq, serve):
    broken(world)
    page = serve()
    assert page.mode == "read-only"
    causes = page.get("/")
    assert "<h1>4 dead letters, 2 causes</h1>" in causes.text
    prices = dlq.json("stats")[0]["by_cause"][0]["fingerprint"]
    assert re.search(r'href="/letters\?fingerprint=%s"' % prices, causes.text)
    for words in ("3 invalid price_invalid", "1 permanent 100 refused", "send it as 19.99"):
        assert words in causes.words(), words
    assert "1 dead letter, 1 cause" in page.get("/", product="2").text
    # the list says what the command line says, in its order; filters are in the address
    listed = re.findall(r'href="/letter\?key=([^"]+)"', page.get("/letters").text)
    assert [key.replace("%25", "%").replace("%2F", "/") for key in listed] == dlq.keys()
    few = page.get("/letters", reason="price_*", since="1h")
    assert few.text.count("<tr role=\"row\">") == 1 + 3 and "reason=price_*" in few.words()
    assert few.field("reason") == "price_*"
    # one letter: the field pointed at, in plain words, with what to type
    bad, = dlq.keys("--product", "2")
    one = page.get("/letter", key=bad)
    assert '<mark id="field">&quot;2,99&quot;</mark>' in one.text
    for words in ("the price is no plain decimal", "send it as 19.99", "given up by worker", "catalog-dlq replay %s" % bad):
        assert words in one.words(), words
    assert page.get("/letter", 404, key="nobody").text.count("never was there") == 1
    where = page.get("/product", id="SKU-9")
    assert "refused" in where.words() and "It has no such item" in where.words()
    assert "Nothing: no event" not in page.get("/product", id="10").text
    # reading changes nothing, and there is nothing to change with
    assert "Replay…" not in causes.text + few.text + one.text
    for path in ("/replay", "/drop"):
        page.get(path, 403, key=bad)
        assert page.post(path, key=bad, why="x").status == 403
    assert len(world.dead()) == 4 and not dlq.audits()


def test_hostile_letters_are_text(world, dlq, serve):
    topic = world.topics["dlq"]
    world.publish(
        (topic, b'"><script>alert(1)</script>', b"<script>alert(1)</script>\x1b]0;title\x07\x9b31m\xe2\x80\xae", None),
        (topic, b"\xff\x00\x1b[2J", b"\x00\xff", {"dlq-message": b"clear \x1b[2J\r\n<b>", "x-<b>": b"\xff\x00</dd>"}),
        letter(world, 1, product("big", 1, name="N" * 900000)),
        letter(world, 2, product("html", 1, name="<img src=x onerror=alert(1)>\u202e\u0007 " + TOKEN), partition=2))
    page = serve()
    keys = [line["key"] for line in dlq.json("list") if "key" in line]  # of the binary one it is base64
    assert len(keys) == 3 and len(re.findall('role="rowheader"', page.get("/letters").text)) == 4
    shown = [page.get("/"), page.get("/letters"), page.get("/letters", text="<script>"), page.get("/product", id="<i>x"),
             page.get("/letter", key=r"\xff\x00\x1b[2J"), page.get("/letter", key=r"\xff\x00\x1b[2J", full="1"),
             page.get("/letters", 400, **{"<u>": "1"}), page.get("/<s>", 404)] + [page.get("/letter", key=key) for key in keys]
    for answer in shown:
        plain = re.sub(r"[\n -~]|[^\x00-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]", "", answer.text)
        assert not plain, (plain, answer.text)
        assert not re.search(r"<(img|b|i|u|s)\b", answer.text) and answer.text.count("<script") == 1
        assert TOKEN not in answer.text and len(answer.text) < 100000
        assert "'unsafe-inline'" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff" and answer.headers["Cache-Control"] == "no-store"
    assert r"\x1b]0;title\x07\x9b31m\u{202e}" in "".join(answer.text for answer in shown)
    assert len(page.get("/letter", key="urn%3Ashop%3Atest/dead-1", full="1").text) < 2000000
    world.readers.pop("dlq", None)


def test_who_may_not_ask_is_refused(world, dlq, serve, tmp_path):
    page = serve()
    own = page.ask("GET", "/sign-in").headers["Set-Cookie"]
    assert "HttpOnly" in own and "SameSite=Strict" in own
    assert page.ask("GET", "/", headers={"Host": "evil.example"}).status == 421
    assert page.ask("PUT", "/").status == 405
    for headers in ({"Origin": "http://evil.example"}, {"Origin": None}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        assert page.post("/sign-in", headers, token="x").status == 403, headers
    # too much of anything ends in an answer, or a closed connection
    assert page.ask("POST", "/sign-in", "a" * 100000, {"Origin": page.url}).status == 413
    assert page.ask("GET", "/letters?" + "&".join("key=%d" % n for n in range(300))).status == 400
    assert page.ask("GET", "/letters?text=" + "a" * 80000).status in (413, 414, 431, 494)
    # other machines reach it with a token alone
    for words, said in ((["--listen", "0.0.0.0:0"], "give the page a token"), (["--listen", "nonsense"], "want HOST:PORT"),
                        (["--class", "x"], "takes no filters"), (["--public-url", "x"], "wants an address")):
        assert said in dlq.run("serve", *words, code=2)
    assert "16 to 512" in dlq.run("serve", "--listen", "0.0.0.0:0", code=2, environment={"CATALOG_DLQ_TOKEN": "short"})
    file = tmp_path / "page-token"
    file.write_text(SECRET + "\n")
    for words, environment in ((["--token-file", str(file)], None),
                               (["--listen", "0.0.0.0:0"], dict(os.environ, CATALOG_DLQ_TOKEN=SECRET))):
        page = serve(*words, environment=environment)
        assert page.mode == "read-only, token wanted"
        assert page.ask("GET", "/letters").headers["Location"] == "/sign-in"
        assert page.post("/sign-in", token="wrong").status == 403 and page.cookie is None
        signed = page.post("/sign-in", token=SECRET)
        assert (signed.status, signed.headers["Location"]) == (303, "/")
        assert SECRET not in page.get("/").text
        assert page.ask("GET", "/", cookie=False, headers={"Cookie": page.cookie[:-1] + "x"}).status == 303


def test_many_at_once_are_bounded_and_the_page_outlives_them(world, dlq, serve):
    world.publish(*[letter(world, n, product(n, 1)) for n in range(250)])
    page = serve()
    idle = [http.client.HTTPConnection("127.0.0.1", page.port, timeout=5) for _ in range(40)]
    for connection in idle:
        connection.connect()
    for connection in idle:
        connection.close()
    answers = []

    def ask():
        """Who comes while the others' places are not free yet is turned away, and comes again."""
        try:
            return page.ask("GET", "/letters", cookie=False)
        except ConnectionError:
            return None

    threads = [threading.Thread(target=lambda: answers.append(wait_until(ask, 30, "an answer"))) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 12 and {answer.status for answer in answers} <= {200, 503}
    first = page.get("/letters")
    assert first.text.count('role="rowheader"') == 100 and "Newer" not in first.text
    last = page.get("/letters", **{"from": 200})
    assert last.text.count('role="rowheader"') == 50 and "Older" not in last.text and "Newer" in last.text


# -- changes -----------------------------------------------------------------------------------------------------------

def report(page, started):
    """The report of a replay or drop that a form started."""
    assert started.status == 303, started.text
    path = started.headers["Location"]
    wait_until(lambda: json.loads(page.get("/progress?" + path.partition("?")[2]).text)["ended"], 180, "the end")
    return page.get(path).words()


@pytest.mark.only("dev-kafka")  # the embedded Kafka has no transactions
def test_changes_refuse_without_transactions(world, dlq, serve):
    world.publish(letter(world, 1, product(1, 1)))
    page = serve("--allow-changes")
    assert page.mode == "changes allowed"
    asked = page.get("/replay", product="1")
    assert "which has no transactions" in asked.words() and "1 catalog call" in asked.words()
    assert "Tick the dead letters" in page.get("/replay", 400, chosen="1").text
    assert 'id="confirm"' not in asked.text and "Replay…" in page.get("/letters").text
    for path in ("/replay", "/drop"):
        assert page.post(path, product="1", why="x").status == 403  # without the form's token
    assert len(world.dead()) == 1 and not world.published() and not dlq.audits()


@pytest.mark.only("apache")  # dev-kafka has no transactions
def test_a_letter_is_changed_replayed_and_another_dropped(world, dlq, serve):
    broken(world)
    page = serve("--allow-changes")
    bad, = dlq.keys("--product", "2")
    assert "/replay?key=" in page.get("/letter", key=bad).text
    asked = page.get("/replay", key=bad)
    assert "Replay 1 dead letter?" in asked.text and "invalid still" in asked.words() and "data.price=</textarea>" in asked.text
    checked = page.get("/replay", key=bad, set="data.price=2.99")
    assert "invalid still" not in checked.words() and '<span class="added">+' in checked.text
    form = checked.field("form")
    # nothing of another site, another session or another run starts anything
    order = {"key": bad, "set": checked.field("set"), "max": checked.field("max"), "why": "commas <b>", "who": "Pat",
             "follow": "1"}
    for headers, more in (({"Origin": "http://evil.example"}, {"form": form}), ({}, {}), ({}, {"form": "0" * 64}),
                          ({"Cookie": None}, {"form": form}), ({"Sec-Fetch-Site": "same-site"}, {"form": form})):
        assert page.post("/replay", headers, cookie=False if "Cookie" in headers else True, **order, **more).status == 403
    assert page.ask("GET", "/replay?key=x&form=" + form).status == 200 and len(dlq.keys()) == 4
    assert page.post("/replay", form=form).status == 400  # all of them, and nobody confirmed that
    said = report(page, page.post("/replay", form=form, **order))
    assert "1 of 1 replayed (1 changed before)" in said and "1 synced" in said and "Complete." in said
    assert world.item("SKU-2")["price"] == 299 and bad not in dlq.keys()
    audit, = dlq.audits()
    assert (audit["action"], audit["why"], audit["subject"]) == ("replay", "commas <b>", bad)
    assert audit["actor"].startswith("Pat (page of ")
    # what fails again comes back, and the report leads to it
    again, = dlq.keys("--product", "1")
    said = report(page, page.post("/replay", form=form, key=again, follow="1", max="1"))
    assert "1 failed again" in said and "Partial: 1 failed again" in said
    assert "replay by" in page.get("/letter", key=again).words()
    assert "nothing open matches" in page.get("/replay", key=bad).words().lower()
    # a drop wants a reason
    assert page.post("/drop", form=form, code="100").status == 400
    asked = page.get("/drop", code="100")
    assert "Drop 1 dead letter?" in asked.text and "Nothing is sent" in asked.words()
    assert "1 of 1 dropped" in report(page, page.post("/drop", form=form, code="100", why="no longer sold"))
    assert [audit["action"] for audit in dlq.audits()] == ["replay", "replay", "drop"] and len(dlq.keys()) == 2
    page.get("/job", 404, n="99")


@pytest.mark.only("apache")  # dev-kafka has no transactions
def test_a_replay_shows_how_far_it_is_and_stops_when_told(world, dlq, serve):
    count = 2000
    world.publish(*[letter(world, n, product(n, 1), partition=n % world.partitions) for n in range(count)])
    page = serve("--allow-changes")
    form = page.get("/replay").field("form")
    started = page.post("/replay", form=form, all="1", rate="50")
    number = started.headers["Location"].partition("=")[2]

    def progress():
        return json.loads(page.get("/progress", n=number).text)

    wait_until(lambda: progress()["done"] > 0 and "Replaying" in progress()["words"], 60, "something is sent")
    live = page.get("/job", n=number)
    assert 'role="status"' in live.text and "<progress" in live.text
    assert "A replay or drop is under way" in page.get("/").words()
    assert page.post("/replay", form=form, all="1").status == 409  # one at a time
    assert page.post("/stop", form=form, n=number).status == 303
    said = report(page, started)
    done = int(re.search(r"(\d+) of %d replayed" % count, said).group(1))
    assert "Partial: stopped" in said and 0 < done < count
    sent = {record.json["id"] for record in world.reader("events").read_to_end()}
    assert len(sent) == done == len(dlq.audits()) and len(dlq.keys()) == count - done
    # Ctrl-C in the middle is as safe
    page.post("/replay", form=form, all="1", rate="50")
    wait_until(lambda: len(world.reader("events").read_to_end()) > done, 60, "something more is sent")
    assert page.stop() == ""
    assert len({record.json["id"] for record in world.reader("events").read_to_end()}) == len(dlq.audits()) < count
