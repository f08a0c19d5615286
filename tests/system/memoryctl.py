"""catalog-memory as a test runs it, and memory read straight out of Redis, to be compared field by field."""

import json
import os
import subprocess

import paths
import workerctl


class Memory:
    def __init__(self, world):
        self.world = world
        self.file = os.path.join(world.home, "memory.properties")

    def _command(self, words):
        settings = dict(workerctl.FAST, **self.world.settings())
        with open(self.file, "w") as out:
            out.writelines("%s=%s\n" % pair for pair in sorted(settings.items()))
        return [paths.program("catalog-memory"), *words, "--config", self.file]

    def start(self, *words):
        return subprocess.Popen(self._command(words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self, *words, code=0, timeout_s=120):
        done = subprocess.run(self._command(words), capture_output=True, text=True, timeout=timeout_s)
        assert done.returncode == code, "%s: exit %d\n%s\n%s" % (words, done.returncode, done.stdout, done.stderr)
        return done.stdout + done.stderr

    def show(self, product, code=0):
        return json.loads(self.run("show", str(product), "--json", code=code).splitlines()[0])

    # -- straight out of Redis -----------------------------------------------------------------------------------------

    def dump(self):
        """{product id: fields} and {SKU: fields}: what a rebuild must restore. What was never said and what was said to
        be absent are one. An item's id counts while its record has an owner."""
        products, skus, base = {}, {}, "{cs1}:1:c:default:"
        unsaid = {"cv": "0" * 16, "is": "a"}
        keys = self.world.redis.command("KEYS", base + "[ps]:*")
        for key, words in zip(keys, self.world.redis.commands(("HGETALL", key) for key in keys)):
            fields = dict(zip(words[::2], words[1::2]))
            if key.startswith(base + "p:"):
                if fields.get("v") or fields.get("st"):
                    products[key[len(base) + 2:]] = {name: fields.get(name, unsaid.get(name, ""))
                                                     for name in ("v", "cv", "is", "s", "t", "o", "ev")}
            elif fields.get("ow"):
                skus[key[len(base) + 2:]] = {name: fields.get(name) for name in ("ow", "id")}
        return products, skus


def differences(before, after):
    """Between two dumps, a line each."""
    return ["%s: was %s, is %s" % (key, before[part].get(key), after[part].get(key))
            for part in (0, 1) for key in sorted(set(before[part]) | set(after[part]))
            if before[part].get(key) != after[part].get(key)]
