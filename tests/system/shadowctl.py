"""A shadow beside the real workers: its worker, its topics, and catalog-shadow, its report."""

import json
import os
import subprocess

import paths
import workerctl

SHADOW = ".shadow"
PLAN_ONLY = {"catalog.mode": "plan-only"}


def add_topics(world):
    """Before world.start(): the topics that a shadow writes to, compacted as the real ones."""
    for role in ("results", "dlq"):
        world.topics[role + SHADOW] = world.topics[role] + SHADOW


def command(world, *arguments, settings=PLAN_ONLY):
    path = os.path.join(world.home, "shadow.properties")
    with open(path, "w") as out:
        for key, value in sorted(dict(workerctl.FAST, **world.settings(**settings)).items()):
            if value is not None:
                out.write("%s=%s\n" % (key, value))
    return [paths.program("catalog-shadow"), "--config", path, *[str(a) for a in arguments]]


def run(world, *arguments, timeout_s=120, settings=PLAN_ONLY):
    """(exit code, stdout, stderr)"""
    done = subprocess.run(command(world, *arguments, settings=settings), stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=timeout_s)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def report(world, *arguments, timeout_s=120):
    """(exit code, the summary, the lines of --list, stderr)"""
    code, out, errors = run(world, *arguments, "--json", timeout_s=timeout_s)
    lines = [json.loads(line) for line in out.splitlines()]
    assert lines, "catalog-shadow said nothing, exit %d: %s" % (code, errors)
    return code, lines[-1], lines[:-1], errors


def kinds(summary):
    """Those that there are."""
    return {kind: count for kind, count in summary["kinds"].items() if count}
