"""The stages of tests/run, in their order. A stage is a function that takes the options and returns Counts."""

import concurrent.futures
import os
import re
import subprocess
import sys
import tempfile

import counts as c
import tools
from tools import ROOT, REPORTS, exe, run

DEBUG = "build-debug"
RELEASE = "build"
COVERAGE = "build-coverage"
SIM = "catalog-simtest"
SHARDS = 6
ANALYZER_NODES = 50000
SECOND_TRIES = 2  # system tests in a run; more that fail are no accident of the machine
CORE_BRANCHES_PERCENT = 95
CLANG_FORMAT_REFERENCE = 14  # Debian 12's: another version formats some things otherwise

# Calls that overflow, or read numbers without saying when they cannot.
BANNED = re.compile(r"\b(sprintf|vsprintf|strcpy|strcat|gets|atoi|atol|atof|tmpnam|mktemp)\s*\(")


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


def _build(preset, name, targets=()):
    # quickstart builds the same folder without the tests, and CMake remembers that.
    only = ["--target", *targets] if targets else []
    return c.one(name, run(["cmake", "--preset", preset, "-DCATALOG_SYNC_TESTS=ON"], name + "-configure") and
                 run(["cmake", "--build", "--preset", preset, "-j", tools.JOBS, *only], name, timeout_s=1200))


def clang(options):
    """everything compiles with clang, warnings as errors"""
    return _build("clang", "build-clang")


def debug(options):
    """everything compiles with gcc, AddressSanitizer and UndefinedBehaviorSanitizer"""
    return _build("debug", "build-debug")


def release(options):
    """everything compiles as it is shipped"""
    return _build("release", "build-release")


def tidy(options):
    """clang-tidy on the code that ships"""
    run(["clang-tidy", "--version"], "clang-tidy-version")
    version = re.search(r"version (\d+)", tools.output("clang-tidy-version"))
    if not version or int(version.group(1)) != CLANG_FORMAT_REFERENCE:
        return c.skip("clang-tidy", "this one is not version %d, and versions differ" % CLANG_FORMAT_REFERENCE)
    # The analyzer takes nearly all of the time. A quarter of its usual nodes a function finds what is near, in a quarter of
    # the time; --long lets it go all the way.
    depth = [] if options.long else ["-extra-arg=" + word for word in (
        "-Xclang", "-analyzer-config", "-Xclang", "max-nodes=%d" % ANALYZER_NODES)]
    return c.one("clang-tidy", run(["run-clang-tidy", "-quiet", "-p", "build-clang", "-j", tools.JOBS, *depth,
                                    "^" + re.escape(ROOT) + "/(common|worker|tools)/"], "tidy", timeout_s=1200))


def units(options):
    """ctest: units, adapters, golden traces, the exhaustive model; with sanitizers. What waits for a consumer group's real
    time gets a second try, which the output shows."""
    report = os.path.join(REPORTS, "ctest.xml")
    run(["ctest", "--test-dir", DEBUG, "--output-on-failure", "--no-tests=error", "-j", tools.JOBS, "--repeat",
         "until-pass:2", "--output-junit", report], "ctest", timeout_s=1800, tail=200)
    return c.from_junit(report, "ctest")


def _folder(name, folder):
    """The tests of a folder that needs no Kafka."""
    report = os.path.join(REPORTS, name + ".xml")
    if os.path.exists(report):
        os.remove(report)
    run([sys.executable, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short", "--durations=5", "--junitxml", report,
         "-o", "junit_family=xunit2", folder], name, env={"CATALOG_SYNC_BIN": os.path.join(ROOT, DEBUG, "bin")}, timeout_s=600,
        tail=100)
    return c.from_junit(report, name)


def chart(options):
    """the Helm chart: lint, templates, Kubernetes' schemas, policy, and the real worker on the rendered configuration"""
    return _folder("chart", "tests/chart")


def rules(options):
    """the alert rules: promtool reads them, each alert fires and does not, each has its runbook"""
    return _folder("rules", "tests/alerts")


def _pytest(name, broker, log_name, environment, *chosen):
    """One pytest process; its report's counts."""
    report = os.path.join(REPORTS, log_name + ".xml")
    if os.path.exists(report):
        os.remove(report)
    run([sys.executable, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short", "--durations=5", "--junitxml",
         report, "-o", "junit_family=xunit2", "--broker=" + broker, *chosen],
        log_name, env=environment, timeout_s=1500, tail=150)
    return c.from_junit(report, name)


def _system(name, broker, environment):
    """The tests in shards at once: they wait for time-outs most of the time. One or two that fail beside the others are run
    once more, alone: on two cores a shard may be left without its share for seconds. The output shows both runs, and a
    test that fails alone too, or a third one, is a failure."""
    environment = dict(environment, CATALOG_SYNC_BIN=os.path.join(ROOT, DEBUG, "bin"))
    result = c.Counts()
    with concurrent.futures.ThreadPoolExecutor(SHARDS) as pool:
        for counts in pool.map(lambda index: _pytest(name, broker, "%s-%d" % (name, index), environment, "tests/system",
                                                     "--shard=%d/%d" % (index, SHARDS)), range(1, SHARDS + 1)):
            result.add(counts)
    ids = [where for where in result.ids if where]
    if 0 < result.failed <= SECOND_TRIES and len(ids) == result.failed:
        print("once more, alone: " + ", ".join(result.failures), flush=True)
        again = _pytest(name, broker, name + "-again", environment, *ids)
        again.second = ["%s: failed beside the others, passed alone" % what for what in result.failures
                        if what not in again.failures]
        result.failed, result.failures, result.ids = 0, [], []
        result.add(again)
    return result


def system_dev(options):
    """system tests of the real programs (with sanitizers) on dev-kafka"""
    return _system("system-dev", "dev-kafka", {})


def system_apache(options):
    """system tests of the real programs (with sanitizers) on Apache Kafka, one node for all"""
    with tempfile.TemporaryDirectory(prefix="catalog-sync-tests-") as home:
        node = subprocess.Popen([sys.executable, "-B", "tests/kafka/kafka.py", home], cwd=ROOT, stdout=subprocess.PIPE)
        try:
            line = node.stdout.readline().decode()
            if "bootstrap.servers=" not in line:
                return c.one("system-apache", False, "Apache Kafka did not start")
            return _system("system-apache", "apache", {"TESTS_KAFKA_BOOTSTRAP": line.partition("=")[2].strip()})
        finally:
            node.terminate()
            node.wait()


def _sim(build):
    return exe(build, SIM)


def _sim_run(name, build, arguments, timeout_s=1800):
    program = _sim(build)
    if not program:
        return c.one(name, False, "%s is not built" % SIM)
    log_name = name.replace(" ", "-")
    ok = run([program, "--jobs", tools.JOBS, *arguments], log_name, timeout_s=timeout_s)
    print(tools.output(log_name).strip().split("\n")[-1])
    return c.one(name, ok)


def simulation(options):
    """the simulation: seeds of faults against the real core; fast ones, then some under the sanitizers"""
    fast, slow = ("1-1000000", "1-20000") if options.long else ("1-20000", "20001-20500")
    result = _sim_run("simulation seeds %s" % fast, RELEASE, ["--coverage", "--seeds", fast], 6 * 3600)
    result.add(_sim_run("simulation seeds %s with sanitizers" % slow, DEBUG, ["--seeds", slow], 6 * 3600))
    return result


def _equivalent():
    """Mutants that nothing can tell from the true core: {name: why}, from tests/sim/equivalent.txt."""
    path = os.path.join(ROOT, "tests", "sim", "equivalent.txt")
    if not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8") as file:
        return dict((part.strip() for part in line.split(":", 1)) for line in file
                    if line.strip() and not line.startswith("#"))


def mutants(options):
    """deliberate bugs in the core: the simulation must catch each"""
    program = _sim(RELEASE)
    if not program:
        return c.one("mutants", False, "%s is not built" % SIM)
    names = subprocess.run([program, "--mutants"], stdout=subprocess.PIPE).stdout.decode().split()
    equivalent, result, survivors = _equivalent(), c.Counts(), []
    seeds = "1-200000" if options.long else "1-20000"
    for name in names:
        if name in equivalent:
            print("%s: equivalent: %s" % (name, equivalent[name]))
            continue
        done = subprocess.run([program, "--jobs", tools.JOBS, "--mutant", name, "--seeds", seeds], cwd=ROOT,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if done.returncode == 0:
            survivors.append(name)
        result.add(c.one("mutant %s" % name, done.returncode == 1, "it survived %s seeds" % seeds))
    result.add(c.one("at least 25 mutants", len(names) >= 25))
    print("%d mutants, %d equivalent, survivors: %s" % (len(names), len(equivalent), ", ".join(survivors) or "none"))
    return result


def coverage(options):
    """which branches of the core the units and the simulation take"""
    units = ["test_core", "test_plan_only", "test_view"]  # those that the core is tested by
    result = _build("coverage", "build-coverage", ["unit_" + name for name in units] + [SIM, "catalog-trace", "catalog-model"])
    if result.failed:
        return result
    result.add(c.one("coverage's tests", run(
        ["ctest", "--test-dir", COVERAGE, "--no-tests=error", "-R", "^(unit\\.(%s)|sim\\..*|trace\\..*|model\\.exhaustive.*)$" %
         "|".join(units), "-j", tools.JOBS], "coverage-ctest", timeout_s=1800)))
    result.add(c.one("coverage's seeds", run([_sim(COVERAGE), "--seeds", "1-4000"], "coverage-sim", timeout_s=1800)))
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


def _standing(name, *arguments, timeout_s, script=None):
    """A script of tests/system on the programs as they are shipped; what it says is shown as it comes."""
    return c.one(name, run([sys.executable, "-B", "tests/system/%s.py" % (script or name), *arguments], name, quiet=False,
                           env={"CATALOG_SYNC_BIN": os.path.join(ROOT, RELEASE, "bin")}, timeout_s=timeout_s))


def chaos(options):
    """3 workers on Apache Kafka, a random one killed with -9 again and again, API faults on"""
    size = ["--events", "20000", "--seconds", "180"] if options.long else ["--events", "3000", "--seconds", "40"]
    return _standing("chaos", *size, timeout_s=1800)


def drills(options):
    """something real is broken under load: its alert fires, and clears when it is mended"""
    return _standing("drills", timeout_s=3600)


def shop(options):
    """a shop moves in, on Apache Kafka: adopted, re-synced in shadow and for real, published again, Redis flushed, memory rebuilt"""
    size = ["--rows", "50000", "--workers", "3"] if options.long else ["--rows", "2000", "--workers", "2"]
    return _standing("shop", *size, timeout_s=3600)


def rolling(options):
    """4 workers on Apache Kafka replaced one by one under load, static members and others; the pauses"""
    return _standing("rolling", timeout_s=1800)


def quickstart(options):
    """deploy/quickstart as a newcomer runs it"""
    result = c.one("quickstart", run(["deploy/quickstart", "--events", "500", "--json"], "quickstart"))
    result.add(c.one("quickstart --kafka apache", run(["deploy/quickstart", "--events", "500", "--workers", "3", "--kafka",
                                                       "apache", "--json"], "quickstart-apache")))
    return result


def bare_root(options):
    """package and image, made, installed, booted and run in bare Debian 13 roots"""
    return c.one("bare-root", run(["deploy/image/bare-root", "--keep", os.path.join(REPORTS, "bare-root")], "bare-root", quiet=False,
                                  timeout_s=3600))


def compose(options):
    """deploy/compose/compose.yaml, each service's own command as a process, in a network of their own"""
    return _standing("compose", script="composed", timeout_s=600)


# Name and function, in the order in which they run: what is cheap and often wrong comes first.
STAGES = [("format", format_), ("rules", rules), ("debug", debug), ("clang", clang), ("tidy", tidy), ("release", release), ("chart", chart),
          ("ctest", units), ("simulation", simulation), ("mutants", mutants), ("system-dev", system_dev),
          ("system-apache", system_apache), ("chaos", chaos), ("shop", shop), ("rolling", rolling),
          ("quickstart", quickstart), ("coverage", coverage), ("drills", drills), ("compose", compose), ("bare-root", bare_root)]
# Run with --long alone, or by name: they take minutes, and what they find is slow to change.
LONG = {"bare-root", "compose", "drills", "rolling"}
# What a stage alone needs to have run before it.
NEEDS = {"tidy": ["clang"], "chart": ["debug"], "ctest": ["debug"], "simulation": ["release", "debug"], "mutants": ["release"], "system-dev": ["debug"],
         "system-apache": ["debug"], "chaos": ["release"], "shop": ["release"], "rolling": ["release"], "drills": ["release"],
         "quickstart": ["release"], "compose": ["release"]}
