"""What every stage uses: where things are, and running a command so that its output is seen when it matters."""

import os
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
REPORTS = os.path.join(ROOT, "build-tests")
JOBS = str(max(2, os.cpu_count() or 2))
SANITIZERS = {
    "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
}


def has(*parts):
    return os.path.exists(os.path.join(ROOT, *parts))


def exe(build, name):
    """A program of a build folder, or None."""
    path = os.path.join(ROOT, build, "bin", name)
    return path if os.access(path, os.X_OK) else None


def run(command, log_name, env=None, quiet=True, timeout_s=3600, tail=60):
    """Runs a command in the repository. Returns whether it succeeded. With quiet, its output goes to a file of REPORTS and
    its end is shown when it fails; otherwise it goes to the terminal as it comes."""
    os.makedirs(REPORTS, exist_ok=True)
    path = os.path.join(REPORTS, log_name + ".log")
    environment = dict(os.environ, **SANITIZERS)
    environment.update(env or {})
    command = [str(word) for word in command]
    started = time.monotonic()
    try:
        if not quiet:
            return subprocess.run(command, cwd=ROOT, env=environment, timeout=timeout_s).returncode == 0
        with open(path, "wb") as log:
            code = subprocess.run(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=log,
                                  stderr=subprocess.STDOUT, timeout=timeout_s).returncode
    except subprocess.TimeoutExpired:
        code = "not ended after %d s" % (time.monotonic() - started)
    if code != 0:
        print("failed (%s): %s" % (code, " ".join(command)))
        if quiet:
            print(last_lines(path, tail))
        sys.stdout.flush()
    return code == 0


def output(log_name):
    with open(os.path.join(REPORTS, log_name + ".log"), encoding="utf-8", errors="replace") as log:
        return log.read()


def last_lines(path, count):
    with open(path, encoding="utf-8", errors="replace") as log:
        return "".join(log.readlines()[-count:])


def tracked(*patterns):
    """Files under version control; in a plain copy of the tree, those that lie there."""
    done = subprocess.run(["git", "ls-files", "--", *patterns], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    if done.returncode == 0:
        return [name for name in done.stdout.decode().split("\n") if name and has(name)]
    endings = tuple(pattern.lstrip("*") for pattern in patterns)
    return sorted(os.path.relpath(os.path.join(folder, name), ROOT)
                  for part in ("common", "worker", "tools", "tests", "deploy")
                  for folder, _, names in os.walk(os.path.join(ROOT, part)) for name in names if name.endswith(endings))
