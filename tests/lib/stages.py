"""The stages of tests/run, in their order. A stage is a function that takes the options and returns Counts."""

import os
import re
import sys

import counts as c
import tools
from tools import ROOT, REPORTS, exe, has, run

DEBUG = "build-debug"
RELEASE = "build"
COVERAGE = "build-coverage"
SIM = "catalog-sync-sim"
CORE_BRANCHES_PERCENT = 95
CLANG_FORMAT_REFERENCE = 14  # Debian 12's: another version formats some things otherwise

# Calls that overflow, or read numbers without saying when they cannot.
BANNED = re.compile(r"\b(sprintf|vsprintf|strcpy|strcat|gets|atoi|atol|atof|tmpnam|mktemp|strtok)\s*\(")


def format_(options):
    """clang-format on every C file, and calls that have no place here"""
    files = tools.tracked("*.c", "*.h")
    result = c.Counts()
    bad = []
    for name in files:
        with open(os.path.join(ROOT, name), encoding="utf-8") as source:
            for number, line in enumerate(source, 1):
                if BANNED.search(line.split("/*")[0]):
                    bad.append("%s:%d: %s" % (name, number, line.strip()))
    for line in bad:
        print("banned call: " + line)
    result.add(c.one("banned calls", not bad))
    run(["clang-format", "--version"], "clang-format-version")
    version = re.search(r"version (\d+)", tools.output("clang-format-version"))
    if not version or int(version.group(1)) != CLANG_FORMAT_REFERENCE:
        result.add(c.skip("clang-format", "this one is not version %d, and versions differ" % CLANG_FORMAT_REFERENCE))
        return result
    result.add(c.one("clang-format", run(["clang-format", "--dry-run", "-Werror", *files], "format")))
    return result


def _build(preset, name):
    return c.one(name, run(["cmake", "--preset", preset], name + "-configure") and
                 run(["cmake", "--build", "--preset", preset, "-j", tools.JOBS], name, timeout_s=1200))


def _pending(name, *path):
    """A stage whose subject is not there yet is said to be skipped, never passed."""
    return None if has(*path) else c.skip(name, "%s is not there yet" % os.path.join(*path))


def clang(options):
    """everything compiles with clang, warnings as errors"""
    return _build("clang", "build-clang")


def debug(options):
    """everything compiles with gcc, AddressSanitizer and UndefinedBehaviorSanitizer"""
    return _build("debug", "build-debug")


def release(options):
    """everything compiles as it is shipped"""
    return _build("release", "build-release")


def units(options):
    """ctest: units and adapters, with sanitizers"""
    report = os.path.join(REPORTS, "ctest.xml")
    run(["ctest", "--test-dir", DEBUG, "--output-on-failure", "--no-tests=error", "--output-junit", report], "ctest",
        timeout_s=1800, tail=200)
    return c.from_junit(report, "ctest")


def _pytest(kind, name, options, extra=()):
    report = os.path.join(REPORTS, name + ".xml")
    if os.path.exists(report):
        os.remove(report)
    run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--durations=10", "--junitxml", report, "-o",
         "junit_family=xunit2", *kind, *extra], name, quiet=False, timeout_s=3600,
        env={"CATALOG_SYNC_BIN": os.path.join(ROOT, DEBUG, "bin"), "PYTHONDONTWRITEBYTECODE": "1"})
    return c.from_junit(report, name)


def system_dev(options):
    """system tests of the real programs (with sanitizers) on dev-kafka"""
    return _pytest(["tests/system", "--broker", "dev-kafka"], "system-dev", options)


def system_apache(options):
    """system tests of the real programs (with sanitizers) on Apache Kafka"""
    return _pytest(["tests/system", "--broker", "apache"], "system-apache", options)


def _sim(build):
    return exe(build, SIM)


def _sim_run(name, build, arguments, timeout_s=1800):
    program = _sim(build)
    if not program:
        return c.one(name, False, "%s is not built" % SIM)
    return c.one(name, run([program, *arguments], name.replace(" ", "-"), timeout_s=timeout_s))


def simulation(options):
    """the simulation: seeds of faults against the real core; fast ones, then some under the sanitizers"""
    pending = _pending("simulation", "tests", "sim", "CMakeLists.txt")
    if pending:
        return pending
    fast, slow = ("1-1000000", "1-20000") if options.long else ("1-20000", "20001-21000")
    result = _sim_run("simulation seeds %s" % fast, RELEASE, ["--seeds", fast], 6 * 3600)
    result.add(_sim_run("simulation seeds %s with sanitizers" % slow, DEBUG, ["--seeds", slow], 6 * 3600))
    return result


def mutants(options):
    """deliberate bugs in the core: the simulation must catch each"""
    pending = _pending("mutants", "tests", "sim", "CMakeLists.txt")
    if pending:
        return pending
    return _sim_run("mutants", RELEASE, ["--mutants"], 3600)


def coverage(options):
    """which branches of the core the units and the simulation take"""
    pending = _pending("coverage", "tests", "sim", "CMakeLists.txt")
    if pending:
        return pending
    result = _build("coverage", "build-coverage")
    if result.failed:
        return result
    run(["ctest", "--test-dir", COVERAGE, "-L", "unit|sim|golden|model"], "coverage-ctest", timeout_s=1800)
    run([_sim(COVERAGE), "--seeds", "1-1500"], "coverage-sim", timeout_s=1800)
    ok = run(["gcovr", "-r", ROOT, "--object-directory", os.path.join(ROOT, COVERAGE), "--filter", "worker/core/",
              "--branches", "--exclude-throw-branches", "--exclude-lines-by-pattern", r".*(ASSERT|UNREACHABLE)\(.*",
              "--print-summary"], "coverage")
    text = tools.output("coverage")
    print(text[-4000:])
    found = re.search(r"branches: ([0-9.]+)%", text)
    percent = float(found.group(1)) if found else 0.0
    result.add(c.one("coverage", ok and percent >= CORE_BRANCHES_PERCENT,
                     "core: %.1f %% of branches, %d %% wanted" % (percent, CORE_BRANCHES_PERCENT)))
    return result


def chaos(options):
    """3 workers on Apache Kafka, a random one killed with -9 again and again, API faults on"""
    pending = _pending("chaos", "worker", "runtime", "main.c") or _pending("chaos", "tests", "system", "chaos.py")
    if pending:
        return pending
    size = ["--events", "20000", "--seconds", "180"] if options.long else ["--events", "3000", "--seconds", "40"]
    return c.one("chaos", run([sys.executable, "-B", "tests/system/chaos.py", *size], "chaos", quiet=False,
                              env={"CATALOG_SYNC_BIN": os.path.join(ROOT, RELEASE, "bin")}, timeout_s=1800))


def quickstart(options):
    """deploy/quickstart as a newcomer runs it"""
    pending = _pending("quickstart", "worker", "runtime", "main.c")
    if pending:
        return pending
    result = c.one("quickstart", run(["deploy/quickstart", "--events", "500", "--json"], "quickstart"))
    result.add(c.one("quickstart --kafka apache", run(["deploy/quickstart", "--events", "500", "--workers", "3", "--kafka",
                                                       "apache", "--json"], "quickstart-apache")))
    return result


# Name and function, in the order in which they run: what is cheap and often wrong comes first.
STAGES = [("format", format_), ("debug", debug), ("clang", clang), ("release", release), ("ctest", units),
          ("simulation", simulation), ("mutants", mutants), ("system-dev", system_dev), ("system-apache", system_apache),
          ("chaos", chaos), ("quickstart", quickstart), ("coverage", coverage)]
# What a stage alone needs to have run before it.
NEEDS = {"ctest": ["debug"], "simulation": ["release", "debug"], "mutants": ["release"], "system-dev": ["debug"],
         "system-apache": ["debug"], "chaos": ["release"], "quickstart": ["release"]}
