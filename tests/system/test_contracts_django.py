"""docs/examples/django against the real thing: its rows and outbox, PostgreSQL, Kafka, the worker, the catalog."""

import itertools
import json
import os
import signal
import subprocess
import sys

import contracts
import paths
import procs
import pytest
from kafkactl import committed, produce
from postgresctl import PrivatePostgres
from procs import wait_until

EXAMPLE = os.path.join(paths.ROOT, "docs", "examples", "django")


def manage(postgres, *words, **environment):
    done = subprocess.run([sys.executable, "-B", "manage.py", *words], cwd=EXAMPLE, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, env=dict(os.environ, **postgres.environment, **environment), timeout=120)
    assert done.returncode == 0, "manage.py %s: %s" % (words[0], done.stdout.decode()[-4000:])
    return done.stdout.decode()


@pytest.fixture(scope="session")
def postgres():
    server = PrivatePostgres()
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture(scope="session")
def models(postgres):
    """The example's models, in this process."""
    manage(postgres, "migrate", "-v0")
    os.environ.update(postgres.environment, DJANGO_SETTINGS_MODULE="shop.settings")
    sys.path.insert(0, EXAMPLE)
    import django
    django.setup()
    import products.models
    yield products.models
    from django.db import connections
    connections.close_all()


class Shop:
    """The example as it runs beside a world: its models here, its commands as programs of their own."""

    def __init__(self, world, postgres, models):
        self.world, self.postgres, self.models = world, postgres, models
        self.group = "persist-" + world.group
        self.programs = []
        self._names = itertools.count(1)

    def empty(self):
        from django.db import connection
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE products_product, products_productimage, products_outboxevent RESTART IDENTITY")

    @property
    def environment(self):
        return dict(self.postgres.environment, KAFKA_BOOTSTRAP_SERVERS=self.world.broker.bootstrap,
                    TOPIC_EVENTS=self.world.topics["events"], TOPIC_RESULTS=self.world.topics["results"],
                    RESULTS_GROUP=self.group)

    def start(self, command, *options):
        name = "%s-%d" % (command, next(self._names))
        program = procs.Process(name, [sys.executable, "-B", "manage.py", command, *options],
                                os.path.join(self.world.home, name + ".log"), env=self.environment, cwd=EXAMPLE).start()
        self.programs.append(program)
        return program

    def start_both(self):
        """A relay and a persister, which go on until the test's end."""
        self.start("relay_outbox", "--idle-ms", "20")
        self.start("persist_results")

    def wait_sent(self):
        """Until the outbox is empty."""
        wait_until(lambda: not self.models.OutboxEvent.objects.filter(sent_at=None).exists(), 60,
                   lambda: "the outbox is empty; " + self.logs())

    def make(self, **fields):
        return self.models.Product.objects.create(**dict(
            {"sku": "SHOE-1", "name": "Shoe", "price": "19.90", "url": "https://shop.example/1",
             "image_url": "https://shop.example/1.jpg"}, **fields))

    def row(self, pk):
        return self.models.Product.objects.get(pk=pk)

    def wait_row(self, pk, **fields):
        """Until the row has these values."""
        def look():
            row = self.row(pk)
            return row if all(getattr(row, name) == value for name, value in fields.items()) else None
        return wait_until(look, 40, lambda: "%r; the row has %r; %s" % (
            fields, self.models.Product.objects.filter(pk=pk).values().first(), self.logs()))

    def wait_persisted(self):
        """Until the persister has committed all that the result topic holds."""
        ends = self.world.reader("results").ends()
        wait_until(lambda: all(committed(self.world.broker.bootstrap, self.group, self.world.topics["results"], self.world.partitions)[p] == end
                               for p, end in ends.items() if end), 40, lambda: "the results are persisted; " + self.logs(), 0.2)

    def logs(self):
        return "\n".join(program.log_tail(10) for program in self.programs)

    def events(self):
        return self.world.reader("events").read_to_end()

    def stop(self):
        for program in self.programs:
            program.signal(signal.SIGTERM)
        for program in self.programs:
            assert program.wait(30) in (0, -signal.SIGKILL), program.log_tail()
        self.programs = []


@pytest.fixture
def shop(world, postgres, models):
    made = Shop(world, postgres, models)
    made.empty()
    try:
        yield made
    finally:
        made.stop()


def test_the_examples_own_tests(postgres):
    manage(postgres, "makemigrations", "--check", "--dry-run")
    assert "OK" in manage(postgres, "test")


def test_the_catalog_follows_the_rows_and_no_result_makes_an_event(shop, world):
    from django.db import transaction
    world.worker()
    shop.start_both()
    pk = shop.make().pk
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        shop.make(sku="SHOE-2", price=1 / 0)
    with pytest.raises(KeyError), transaction.atomic():
        shop.make(sku="SHOE-3")
        raise KeyError("the rest of the request")
    row = shop.wait_row(pk, sync_outcome="created")
    item = world.item("SHOE-1")
    assert row.catalog_item_id == item["id"] and row.catalog_version == row.sync_version == row.version
    assert row.last_success_at and item["price"] == 1990
    assert set(world.items()) == {"SHOE-1"} and len(shop.events()) == 1, "what was rolled back was published"

    def change(change_it, outcome="updated"):
        product = shop.row(pk)
        change_it(product)
        shop.wait_row(pk, sync_outcome=outcome, sync_version=shop.row(pk).version)
        return world.item("SHOE-1")

    def save(**fields):
        def do(product):
            for name, value in fields.items():
                setattr(product, name, value)
            product.save()
        return do

    assert change(save(price="24.50"))["price"] == 2450
    assert change(save(image_url="https://shop.example/new.jpg"))["image_url"] == "https://shop.example/new.jpg"
    pictured = change(lambda product: shop.models.ProductImage.objects.create(product=product, url="https://shop.example/2.jpg"))
    assert "https://shop.example/2.jpg" in json.dumps(pictured)
    calls = len(world.writes())
    change(save(), "unchanged")
    assert len(world.writes()) == calls, "a save that changes nothing costs no call"
    assert change(save(is_active=False))["visibility"] == "staging"
    assert change(save(is_active=True))["visibility"] == "published"
    item_id = shop.row(pk).catalog_item_id
    shop.row(pk).delete()
    wait_until(lambda: world.item("SHOE-1") is None, 30, "the item is gone")
    shop.wait_persisted()
    again = shop.make(name="Shoe again")
    assert shop.wait_row(again.pk, sync_outcome="created").catalog_item_id not in ("", item_id)
    assert len(shop.events()) == shop.models.OutboxEvent.objects.count() == 9, "a result fired an event"
    contracts.check_all(events=shop.events())
    world.account()


def test_a_relay_killed_before_it_marked_sends_again_and_it_costs_nothing(shop, world):
    from django.db import connection, transaction
    worker = world.worker()
    shop.make()
    with transaction.atomic(), connection.cursor() as cursor:
        # Readers and row locks go on, but no row can be marked: the relay hangs between Kafka's answer and its own note.
        cursor.execute("LOCK TABLE products_outboxevent IN SHARE MODE")
        relay = shop.start("relay_outbox", "--once")
        wait_until(lambda: shop.events(), 40, lambda: "the event is sent; " + shop.logs())
        relay.kill()
    assert shop.models.OutboxEvent.objects.get().sent_at is None
    assert shop.start("relay_outbox", "--once").wait(60) == 0, shop.logs()
    assert shop.models.OutboxEvent.objects.get().sent_at
    first, second = shop.events()
    assert first.value == second.value and first.key == second.key
    results = world.results([first.position, second.position])
    assert [r["outcome"] for r in results] == ["created", "created"], "the repeated event is answered with its outcome"
    assert results[0]["catalog_id"] == results[1]["catalog_id"] and len(world.writes()) == 1
    world.account()
    # Two relays: one sends, the other stands by, and a product's events keep their order.
    worker.terminate()
    product = shop.make(sku="SHOE-2")
    for number in range(60):
        product.stock_quantity = number
        product.save()
    shop.start("relay_outbox")
    shop.start("relay_outbox")
    for number in range(60):
        product.stock_quantity = number
        product.save()
    shop.wait_sent()
    events = [event for event in shop.events() if event.key == b"2"]
    versions = [event.data["version"] for event in events]
    assert len(events) == 121 and versions == sorted(set(versions)) and len({event.partition for event in events}) == 1


def test_late_and_repeated_results_overwrite_nothing(shop, world):
    world.worker()
    shop.start_both()
    product = shop.make()
    shop.wait_row(product.pk, sync_outcome="created")
    old = world.reader("results").read_to_end()[0]
    product.name = "Newest"
    product.save()
    shop.wait_row(product.pk, sync_outcome="updated", catalog_version=product.version)
    gone = shop.make(sku="GONE")
    shop.wait_row(gone.pk, sync_outcome="created")
    gone.delete()
    wait_until(lambda: world.item("GONE") is None, 30, "the item is gone")
    shop.wait_persisted()
    before = list(shop.models.Product.objects.values())
    produce(world.broker.bootstrap, [(old.topic, old.key, old.value, old.headers)])
    shop.wait_persisted()
    assert list(shop.models.Product.objects.values()) == before, "an older result came late"
    shop.stop()
    shop.group += "-again"
    shop.start("persist_results")
    shop.wait_persisted()
    assert list(shop.models.Product.objects.values()) == before, "all results were told again, by another group"
    assert len(shop.events()) == 4


def test_errors_are_told_in_the_row_and_never_block_a_save(shop, world):
    world.worker()
    shop.start_both()
    product = shop.make(price=0)
    row = shop.wait_row(product.pk, sync_outcome="failed")
    assert (row.sync_reason, row.sync_error_class, row.catalog_item_id) == ("price_zero", "invalid", "")
    assert "data.price is zero" in row.sync_error and row.last_success_at is None
    world.sim.set(down=True)
    product.price = "5.00"
    product.save()
    other = shop.make(sku="SHOE-2")
    shop.wait_sent()
    assert shop.row(product.pk).sync_outcome == "failed" and shop.row(other.pk).sync_outcome == ""
    world.sim.set(down=False)
    row = shop.wait_row(product.pk, sync_outcome="created")
    assert (row.sync_reason, row.sync_error_class, row.sync_error) == ("", "", "") and row.last_success_at
    shop.wait_row(other.pk, sync_outcome="created")
    # What the catalog itself refuses: its words and code reach the row.
    world.sim.fault("permanent_100", times=50, match={"retailer_id": "SHOE-1"})
    row.name = "Refused"
    row.save()
    row = shop.wait_row(product.pk, sync_outcome="failed")
    assert row.sync_error_class and row.sync_error_code and row.sync_error and row.catalog_item_id
    assert row.catalog_version < row.sync_version
