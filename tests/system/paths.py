"""Where things are: the repository, its programs, and the modules shared with deploy/ and tests/kafka."""

import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# tests/run names another build folder (with sanitizers) through this.
BIN = os.environ.get("CATALOG_SYNC_BIN", os.path.join(ROOT, "build", "bin"))

for _folder in ("deploy/lib", "tests/kafka"):
    _path = os.path.join(ROOT, _folder)
    if _path not in sys.path:
        sys.path.insert(0, _path)


def program(name):
    path = os.path.join(BIN, name)
    if not os.access(path, os.X_OK):
        raise FileNotFoundError("%s is not built: run tests/run, or set CATALOG_SYNC_BIN to a build's bin folder" % path)
    return path
