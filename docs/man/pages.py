#!/usr/bin/env python3
"""docs/man/pages.py: holds the manual pages against the programs, so that no page goes stale.

    docs/man/pages.py check [--build DIR]        every program that installs has a page, every option and setting of its --help
                                                 is on the page and the reverse, the exit codes are the same, the pages are
                                                 clean and install
    docs/man/pages.py renew [--build DIR]        writes anew what is generated: the settings in catalog-sync.properties.5 and
                                                 catalog-sim.1
    docs/man/pages.py draft NAME [--build DIR]   prints a first page for a program, from its --help

DIR is a folder in which all is built (default: build). Needs mandoc, man and cmake."""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import textwrap
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
CONFIG_PAGE = "catalog-sync.properties.5"
OPTION = re.compile(r"(?<![\w-])--([a-z][a-z0-9-]*)")
SETTING = re.compile(r"^  ([a-z][a-z0-9._]*=\S*(?: \*)?)\n((?:      .*\n)+)", re.MULTILINE)
BEGIN, END = '.\\" generated: begin\n', '.\\" generated: end\n'


def output(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    text = done.stdout.decode("utf-8")
    if done.returncode != 0:
        sys.exit("pages.py: %s: exit code %d\n%s" % (" ".join(command), done.returncode, text))
    return text


def read(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as page:
        return page.read()


def mdoc(text):
    """Text as mdoc(7) wants it: nothing in it is taken for markup. A sentence begins a line."""
    text = text.replace("\\", "\\e").replace("'", "\\(aq").replace('"', "\\(dq")
    text = re.sub(r"(?<!\S)(?=[\w/:*-]+[._/][\w./:*-]*\w)", r"\\%", text)  # names are not hyphenated
    sentences = re.sub(r"([a-z0-9)][.!?]) +(?=[A-Z])", r"\1\n", text).split("\n")
    lines = [line for sentence in sentences for line in textwrap.wrap(sentence, 78, break_long_words=False, break_on_hyphens=False)]
    return "\n".join("\\&" + line if line.startswith((".", "\\(aq")) else line for line in lines)


def word(text):
    """One argument of a macro, also where it has blanks or reads like a macro or a delimiter."""
    text = mdoc(text).replace("\\%", "")
    return '"%s"' % text if " " in text or not text else re.sub(r"^(?=[A-Z][a-z]$|[.,:;()!?|\[\]]$)", r"\\&", text)


def plain(text):
    """Markdown's code marks taken off."""
    return text.replace("`", "").replace("<br>", ", ").strip()


# What is generated.


def config_body(bin_dir):
    """The settings of docs/configuration.md, from the program itself."""
    text = output(os.path.join(bin_dir, "catalog-worker"), "--print-config-markdown")
    out = []
    for line in text.split("\n"):
        cells = [plain(cell) for cell in line.strip("| ").split(" | ")] if line.startswith("| ") else []
        if line.startswith("## "):
            if out:
                out.append(".El")
            out += [".Ss " + line[3:], ".Bl -tag -width Ds"]
        elif len(cells) == 2 and cells[0] != "Keys":
            out += [".It " + word(cells[0]), mdoc(cells[1][:1].upper() + cells[1][1:] + ".")]
        elif len(cells) >= 4 and cells[0] != "Key":
            cells = [plain(cell) for cell in line[2:-2].split(" | ")]
            facts = [cells[1], cells[3] and "one of " + cells[3] if cells[1] == "choice" else cells[3],
                     "default " + cells[2] if cells[2] else ""]
            out += [".It " + " , ".join("Cm " + word(key) for key in cells[0].split(", ")), mdoc(cells[4]),
                    "(" + mdoc("; ".join(fact for fact in facts if fact)) + ")"]
    return "\n".join(out + [".El", ""])


def settings_body(help_text):
    """The settings that a program's --help lists, each with its default and its words."""
    out = []
    for title, block in re.findall(r"^(\w[^\n]*):\n((?:  .*\n)+)", help_text, re.MULTILINE):
        found = SETTING.findall(block)
        if found:
            out += [".Ss " + mdoc(title), ".Bl -tag -width Ds"]
            for setting, words in found:
                out += [".It Cm " + mdoc(setting), mdoc(" ".join(words.split()))]
            out.append(".El")
    return "\n".join(out) + "\n"


def generated(name, bin_dir):
    """What stands between the marks of a page; None where it has none."""
    if BEGIN not in read(name):
        return None
    if name == CONFIG_PAGE:
        return config_body(bin_dir)
    return settings_body(output(os.path.join(bin_dir, name[:-2]), "--help"))


def parts(page):
    before, _, rest = page.partition(BEGIN)
    body, _, after = rest.partition(END)
    return before, body, after


def renew(bin_dir):
    for name in pages():
        body = generated(name, bin_dir)
        if body is not None:
            before, _, after = parts(read(name))
            with open(os.path.join(HERE, name), "w", encoding="utf-8") as page:
                page.write(before + BEGIN + body + END + after)


# What is checked.


def pages():
    return sorted(name for name in os.listdir(HERE) if re.search(r"\.[1-9]$", name))


def page_options(page):
    """(options that have an entry of their own, all options that the page names)"""
    named = set(re.findall(r"\bFl -([a-z][a-z0-9-]*)", page))
    entries = set()
    for line in page.split("\n"):
        if line.startswith(".It Fl "):
            entries |= set(re.findall(r"\bFl -([a-z][a-z0-9-]*)", line))
    return entries, named


def exit_codes(text):
    """The numbers that --help's line of exit codes explains."""
    line = re.search(r"^Exit (?:codes|status): ((?:.|\n)*?\.)$", text, re.MULTILINE)
    return set(re.findall(r"(?:^|, )(\d) ", line.group(1).replace("\n", " "))) if line else set()


def check_program(name, bin_dir):
    program, page = os.path.join(bin_dir, name), read(name + ".1")
    help_text = output(program, "--help")
    wanted, wrong = set(OPTION.findall(help_text)), []
    entries, named = page_options(page)
    for option in sorted(wanted - entries):
        wrong.append("--%s is in --help and has no entry (.It Fl -%s) on the page" % (option, option))
    for option in sorted((entries | named) - wanted):
        wrong.append("--%s is on the page and not in --help" % option)
    codes = set(re.findall(r"^\.It (\d)$", page, re.MULTILINE))
    if not codes or codes != exit_codes(help_text):
        wrong.append("exit codes are %s on the page, %s in --help" % (sorted(codes), sorted(exit_codes(help_text))))
    if not page.startswith(".Dd ") or not re.search(r"^\.Dt %s 1$" % re.escape(name.upper()), page, re.MULTILINE):
        wrong.append("it must begin with .Dd and have the line .Dt %s 1" % name.upper())
    return wrong


def check_clean(name):
    """mandoc's and man's own complaints."""
    path, wrong = os.path.join(HERE, name), []
    lint = subprocess.run(["mandoc", "-T", "lint", "-W", "style", path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    # References to pages of this folder are looked for among the installed ones.
    ours = tuple("Xr %s" % re.sub(r"\.(\d)$", r" \1", other) for other in pages())
    lines = [re.sub(r" \(\d+ times\)$", "", line) for line in lint.stdout.decode().split("\n")]
    wrong += [line for line in lines if line and not line.endswith(ours)]
    shown = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", path], stdout=subprocess.DEVNULL,
                           stderr=subprocess.PIPE, env=dict(os.environ, MANROFFSEQ="", MANWIDTH="80", LC_ALL="C.UTF-8"))
    wrong += [line for line in shown.stderr.decode().split("\n") if line]
    if shown.returncode:
        wrong.append("man cannot show it (exit code %d)" % shown.returncode)
    for other, section in re.findall(r"^\.Xr (catalog-\S+|dev-kafka) (\d)", read(name), re.MULTILINE):
        if "%s.%s" % (other, section) not in pages():
            wrong.append("it refers to %s(%s), which is no page here" % (other, section))
    return wrong


def installed(build_dir):
    """(programs, pages) that an installation of a build folder leaves."""
    with tempfile.TemporaryDirectory(prefix="catalog-sync-install-") as prefix:
        output("cmake", "--install", build_dir, "--prefix", prefix)
        files = [path for _, _, names in os.walk(os.path.join(prefix, "share", "man")) for path in names]
        return sorted(os.listdir(os.path.join(prefix, "bin"))), files


def check_installed(build_dir):
    programs, files = installed(build_dir)
    mistakes = 0
    for name in pages():
        if name not in files:
            mistakes += 1
            print("docs/man/%s is not installed" % name)
    build_dir = os.path.relpath(build_dir)
    for name in programs:
        if name + ".1" not in pages():
            mistakes += 1
            print("docs/man/%s.1 is missing, and %s installs: begin with docs/man/pages.py draft %s --build %s "
                  ">docs/man/%s.1, and add what --help does not say" % (name, name, name, build_dir, name))
    return mistakes


def check(bin_dir):
    mistakes = 0
    for name in pages():
        body = generated(name, bin_dir)
        wrong = check_clean(name)
        if name.endswith(".1"):
            wrong += check_program(name[:-2], bin_dir)
        if body is not None and parts(read(name))[1] != body:
            wrong.append("what is generated is out of date: run docs/man/pages.py renew --build %s" % os.path.relpath(os.path.dirname(bin_dir)))
        for line in wrong:
            print("docs/man/%s: %s" % (name, line))
        mistakes += len(wrong)
    return mistakes


# The first page of a program.


def draft(name, bin_dir):
    text = output(os.path.join(bin_dir, name), "--help")
    entries, seen = [], set()
    for line in text.split("\n"):
        start = re.match(r"  (--.*?)(?:  +(.*))?$", line)
        if start:
            heads = []
            for option, value in re.findall(r"--([a-z][a-z0-9-]*)[ =]?([^\s,-][^\s,]*)?", start.group(1)):
                heads.append("Fl -" + option + (" Ar " + word(value) if value else ""))
                seen.add(option)
            entries.append([".It " + " , ".join(heads), [start.group(2) or ""]])
        elif entries and re.match(r"    +\S", line):
            entries[-1][1].append(line.strip())
        else:
            OPTION.findall(line)
    for option in sorted(set(OPTION.findall(text)) - seen):
        entries.append([".It Fl -" + option, [""]])
    first = text.split("\n", 1)[0]
    words = first.partition(": ")[2] if first.startswith(name + ":") else "what it is for, in a few words"
    codes = re.search(r"^Exit (?:codes|status): ((?:.|\n)*?)\.$", text, re.MULTILINE)
    codes = re.findall(r"(\d) ((?:(?!, \d ).)+)", codes.group(1).replace("\n", " ")) if codes else []
    lines = [".Dd " + time.strftime("%B %-d, %Y", time.gmtime()), ".Dt %s 1" % name.upper(), ".Os catalog-sync", ".Sh NAME", ".Nm " + name, ".Nd " + mdoc(words),
             ".Sh SYNOPSIS", ".Nm", ".Op Ar option ...", ".Sh DESCRIPTION", ".Bl -tag -width Ds"]
    for head, body in entries:
        lines += [head, mdoc(" ".join(body)).strip() or "See the description."]
    lines += [".El", ".Sh EXIT STATUS", ".Bl -tag -width Ds"]
    for code, meaning in codes:
        lines += [".It " + code, mdoc(meaning[:1].upper() + meaning[1:].rstrip(", ") + ".")]
    lines += [".El", ".Sh SEE ALSO", ".Xr catalog-worker 1 ,", ".Xr catalog-sync.properties 5"]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["check", "renew", "draft"])
    parser.add_argument("name", nargs="?", metavar="NAME")
    parser.add_argument("--build", default=os.path.join(ROOT, "build"), metavar="DIR")
    options = parser.parse_intermixed_args()
    if (options.what == "draft") != (options.name is not None):
        parser.error("draft, and draft alone, wants the NAME of a program")
    bin_dir = os.path.join(options.build, "bin")
    if options.what == "renew":
        return renew(bin_dir)
    if options.what == "draft":
        print(draft(options.name, bin_dir))
        return 0
    mistakes = check_installed(options.build) + check(bin_dir)
    print("%d pages, %d mistakes" % (len(pages()), mistakes))
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
