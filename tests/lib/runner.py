"""tests/run's working part: runs the stages, and says what was run, what was skipped, and what failed."""

import argparse
import os
import sys
import time

import counts as c
from stages import LONG, NEEDS, STAGES


def arguments_of(argv):
    parser = argparse.ArgumentParser(prog="tests/run", description="Builds and tests everything.",
                                     epilog="In CI (CI=true) a skipped test is a failure.")
    parser.add_argument("--long", action="store_true", help="all that takes hours: more seeds, the long chaos")
    parser.add_argument("--only", metavar="STAGE", action="append", help="only this stage, and the builds it needs")
    parser.add_argument("--list", action="store_true", help="what the stages are")
    arguments = parser.parse_args(argv)
    known = [name for name, _ in STAGES]
    for name in arguments.only or []:
        if name not in known:
            parser.error("--only %s: the stages are %s" % (name, ", ".join(known)))
    return arguments


def chosen(only, long):
    if not only:
        return [(name, function) for name, function in STAGES if long or name not in LONG]
    wanted = set(only)
    for name in only:
        wanted.update(NEEDS.get(name, []))
    return [(name, function) for name, function in STAGES if name in wanted]


def run_stage(name, function, options):
    print("\n=== %s: %s" % (name, (function.__doc__ or "").strip()), flush=True)
    began = time.monotonic()
    try:
        result = function(options)
    except Exception as error:  # a stage that breaks is a failure of that stage, and the others still run
        import traceback
        traceback.print_exc()
        result = c.one(name, False, str(error))
    if os.environ.get("CI") == "true":
        for what in result.skipped:
            result.add(c.one(what, False, "skipped, which CI does not allow"))
    print("--- %s: %d passed, %d failed, %d skipped in %.0f s" % (
        name, result.passed, result.failed, len(result.skipped), time.monotonic() - began), flush=True)
    return result, time.monotonic() - began


def summarise(results, seconds):
    total = c.Counts()
    print("\n=== summary")
    for name, result, took in results:
        state = "failed" if result.failed else "skipped" if not result.passed else "ok"
        print("%-14s %-8s %5d passed %4d failed %4d skipped %6.0f s" % (
            name, state, result.passed, result.failed, len(result.skipped), took))
        total.add(result)
    for what in total.skipped:
        print("skipped: " + what)
    for what in total.second:
        print("second try: " + what)
    for what in total.failures:
        print("FAILED: " + what)
    print("all of it took %d min %02d s" % divmod(int(seconds), 60))
    print("%d passed, %d failed" % (total.passed, total.failed), flush=True)
    return total


def main():
    options = arguments_of(sys.argv[1:])
    if options.list:
        for name, function in STAGES:
            print("%-14s %s%s" % (name, (function.__doc__ or "").strip(), " (--long)" if name in LONG else ""))
        return 0
    began = time.monotonic()
    results = [(name, *run_stage(name, function, options)) for name, function in chosen(options.only, options.long)]
    total = summarise(results, time.monotonic() - began)
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    sys.exit(main())
