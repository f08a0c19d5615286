"""Redis for tests: the private server that deploy/quickstart uses too."""

import paths  # noqa: F401  (makes deploy/lib importable)
from private_redis import PrivateRedis  # noqa: F401
