"""What is written for Docker and systemd, read as far as that goes without either. deploy/image/bare-root runs it."""

import json
import os
import re
import shlex

import paths

DEPLOY = os.path.join(paths.ROOT, "deploy")
LABELS = {"title", "description", "licenses", "version", "revision"}
PINNED = re.compile(r"^[a-z0-9./-]+:[a-z0-9.-]*\d[a-z0-9.-]*$")


def text_of(*path):
    with open(os.path.join(DEPLOY, *path), encoding="utf-8") as file:
        return file.read()


def instructions():
    """[(instruction, its words)] of the Dockerfile."""
    lines = [line for line in text_of("image", "Dockerfile").splitlines() if line and not line.startswith("#")]
    return [tuple(line.split(None, 1)) for line in "\n".join(lines).replace("\\\n", " ").splitlines()]


def stages():
    """{name or number: [(instruction, words)]}"""
    found = {}
    for name, words in instructions():
        if name == "FROM":
            stage = found.setdefault(words.partition(" AS ")[2] or str(len(found)), [])
        stage.append((name, words))
    return found


def final():
    return list(stages().values())[-1]


def test_every_base_is_pinned():
    for stage in stages().values():
        base = stage[0][1].split()[0]
        assert base == "scratch" or base in stages() or PINNED.match(base), base
    assert final()[0] == ("FROM", "scratch")


def test_nothing_is_fetched_by_address():
    assert not [words for name, words in instructions() if name == "ADD" or "://" in words]
    assert not re.search(r"curl |wget |git clone", text_of("image", "steps"))


def test_the_image_is_no_roots_and_has_no_shell():
    said = dict(final())
    user, _, group = said["USER"].partition(":")
    assert int(user) > 0 and int(group) > 0, "by number, so that Kubernetes sees that it is not root"
    assert "WORKER_ID=%s " % user in text_of("image", "steps")
    assert not [words for name, words in final() if name in ("RUN", "VOLUME")]
    for words in (said["ENTRYPOINT"], said["HEALTHCHECK"].partition("CMD ")[2]):
        assert json.loads(words)[0] == "/usr/bin/catalog-worker", "as a list: a text would want a shell"


def test_the_image_says_what_it_is():
    labels = dict(word.split("=", 1) for word in shlex.split(dict(final())["LABEL"]))
    assert LABELS <= {name.rpartition(".")[2] for name in labels}
    assert all(name.startswith("org.opencontainers.image.") and value for name, value in labels.items())
    version = re.search(r"project\(catalog-sync VERSION (\S+)", open(os.path.join(paths.ROOT, "CMakeLists.txt")).read()).group(1)
    assert "VERSION=" + version in [words for name, words in final() if name == "ARG"]
    assert text_of("debian", "changelog").startswith("catalog-sync (%s) " % version)


def test_every_step_is_known_and_copied_before_it_runs():
    known = set(re.findall(r"^#   (\w+)", text_of("image", "steps"), re.MULTILINE))
    named = re.findall(r"deploy/image/steps ([^\n]*)", "\n".join(words for name, words in instructions() if name == "RUN"))
    used = {step.partition("=")[0] for line in named for step in line.split()}
    assert used == known, "the Dockerfile and deploy/image/bare-root run the same"
    for name in used:
        assert re.search(r"\b%s\b" % name, text_of("image", "bare-root")), name


def test_what_git_leaves_out_the_image_leaves_out():
    ignored = text_of("..", ".dockerignore").split()
    for pattern in open(os.path.join(paths.ROOT, ".gitignore")).read().split():
        bare = pattern.strip("/")
        assert bare in ignored or "**/" + bare in ignored, pattern


# -- the service -----------------------------------------------------------------------------------------------------------


def test_the_service_is_sandboxed():
    unit = text_of("systemd", "catalog-worker@.service")
    for line in ("User=catalog-sync", "NoNewPrivileges=yes", "CapabilityBoundingSet=", "ProtectSystem=strict",
                 "MemoryDenyWriteExecute=yes", "SystemCallFilter=@system-service", "RestartPreventExitStatus=2"):
        assert re.search("^%s$" % re.escape(line), unit, re.MULTILINE), line
    assert "TOKEN" not in unit and "PASSWORD" not in unit, "secrets are files of their own"
