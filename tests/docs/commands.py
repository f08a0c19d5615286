#!/usr/bin/env python3
"""Holds the commands that documents show against the programs: each option of a catalog-... command is in that program's
--help, and each key after --set is one that the program knows.

    tests/docs/commands.py --build DIR [PAGE...]      pages: README.md and those below docs unless named"""

import argparse
import glob
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OPTION = re.compile(r"(?<![\w-])--([a-z][a-z0-9-]*)")
COMMAND = re.compile(r"(?<![\w-])(catalog-[a-z]+)((?: [^|;&>#\n]*)?)")
WANTED = {"docs/operating.md": 20, "docs/three-in-the-morning.md": 15}  # commands that must be found: the check sees them


def output(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=True).stdout.decode()


class Programs:
    """What the built programs know, asked once each."""

    def __init__(self, bin_dir):
        self.bin_dir, self.options, self.keys = bin_dir, {}, None

    def known(self, name):
        """The options of a program's --help; None of what is no program here."""
        path = os.path.join(self.bin_dir, name)
        if name not in self.options:
            ours = os.path.exists(os.path.join(ROOT, "docs", "man", name + ".1")) and os.access(path, os.X_OK)
            self.options[name] = set(OPTION.findall(output(path, "--help"))) if ours else None
        return self.options[name]

    def has_key(self, key):
        if self.keys is None:
            text = output(os.path.join(self.bin_dir, "catalog-worker"), "--print-config-markdown")
            self.keys = set(re.findall(r"`([a-z]+(?:\.[a-z]+)+)`", text))
        return key in self.keys or key.startswith(("kafka.", "catalogs."))

    def wrong(self, name, rest):
        """What is wrong with one command, in words."""
        known = self.known(name)
        found = ["%s has no option --%s" % (name, option) for option in OPTION.findall(rest) if option not in known]
        if name != "catalog-sim":  # its settings are its own
            found += ["no key %s" % key for key in re.findall(r"--set ([a-z][a-z.]*)=", rest) if "." in key and
                      name != "catalog-dlq" and not self.has_key(key)]
        return found


def shown(text):
    """(line number, text) of what stands in code: fenced, indented, or between backticks; continued lines as one."""
    fenced, number = False, 0
    lines = text.split("\n")
    while number < len(lines):
        line, first = lines[number], number + 1
        number += 1
        if line.lstrip().startswith("```"):
            fenced = not fenced
            continue
        while line.endswith("\\") and number < len(lines):
            line = line[:-1] + lines[number]
            number += 1
        if fenced or line.startswith("    "):
            yield first, line
        else:
            for code in re.findall(r"`([^`]+)`", line):
                yield first, code


def check(page, programs):
    """(commands seen, mistakes) of a page."""
    seen, mistakes = 0, 0
    with open(os.path.join(ROOT, page), encoding="utf-8") as file:
        for number, code in shown(file.read()):
            for name, rest in COMMAND.findall(code):
                if programs.known(name) is None:
                    continue
                seen += 1
                for what in programs.wrong(name, rest):
                    mistakes += 1
                    print("%s:%d: %s: %s" % (page, number, what, code.strip()))
    if seen < WANTED.get(page, 0):
        mistakes += 1
        print("%s: only %d commands were seen in it" % (page, seen))
    return seen, mistakes


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=os.path.join(ROOT, "build"), metavar="DIR")
    parser.add_argument("pages", nargs="*", metavar="PAGE")
    options = parser.parse_args()
    programs = Programs(os.path.join(options.build, "bin"))
    if not programs.wrong("catalog-worker", " --no-such-option --set no.such=1") or programs.wrong("catalog-worker", " --status"):
        sys.exit("commands.py: it does not see what is wrong")
    pages = options.pages or sorted(glob.glob("README.md", root_dir=ROOT) + glob.glob("docs/**/*.md", root_dir=ROOT, recursive=True))
    counts = [check(page, programs) for page in pages]
    print("%d pages, %d commands, %d mistakes" % (len(pages), sum(c[0] for c in counts), sum(c[1] for c in counts)))
    return 1 if any(c[1] for c in counts) else 0


if __name__ == "__main__":
    sys.exit(main())
