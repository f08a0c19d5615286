"""Just what the example needs; everything about its surroundings comes from the environment."""

import os

SECRET_KEY = os.environ.get("SECRET_KEY", "only-for-the-example")
INSTALLED_APPS = ["products"]
DATABASES = {"default": {
    "ENGINE": "django.db.backends.postgresql",
    "NAME": os.environ.get("PGDATABASE", "shop"), "USER": os.environ.get("PGUSER", "shop"),
    "HOST": os.environ.get("PGHOST", ""), "PASSWORD": os.environ.get("PGPASSWORD", "")}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
LOGGING = {"version": 1, "handlers": {"console": {"class": "logging.StreamHandler"}},
           "loggers": {"products": {"handlers": ["console"], "level": "INFO"}}}

KAFKA = {"bootstrap.servers": os.environ.get("KAFKA_BOOTSTRAP_SERVERS", "localhost:9092")}
TOPIC_EVENTS = os.environ.get("TOPIC_EVENTS", "product-events")
TOPIC_RESULTS = os.environ.get("TOPIC_RESULTS", "product-sync-results")
RESULTS_GROUP = os.environ.get("RESULTS_GROUP", "shop-persist-results")
EVENT_SOURCE = "urn:shop:products"
CATALOG = "default"  # the catalog's name in the workers' configuration
