"""Counting tests from the reports that ctest and pytest write (JUnit XML), and from the simulation's words."""

import dataclasses
import xml.etree.ElementTree as ElementTree


@dataclasses.dataclass
class Counts:
    passed: int = 0
    failed: int = 0
    skipped: list = dataclasses.field(default_factory=list)   # "name: why"
    failures: list = dataclasses.field(default_factory=list)  # names
    ids: list = dataclasses.field(default_factory=list)       # of the failures, as pytest takes them; "" where unknown
    second: list = dataclasses.field(default_factory=list)    # what passed only when it was run once more

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.failures += other.failures
        self.ids += other.ids
        self.second += other.second


def one(name, ok, why=""):
    return Counts(passed=1) if ok else Counts(failed=1, failures=[name + (": " + why if why else "")])


def skip(name, why):
    return Counts(skipped=["%s: %s" % (name, why)])


def pytest_id(case):
    """tests.system.test_x and test_y[z] are tests/system/test_x.py::test_y[z]; a class's test, or ctest's, has none."""
    module = case.get("classname") or ""
    return "%s.py::%s" % (module.replace(".", "/"), case.get("name")) if module.startswith("tests.system.") and \
        module.rpartition(".")[2].startswith("test_") else ""


def from_junit(path, stage):
    """Every test case of a JUnit file. No file, or one without a case, is a failure: nothing ran."""
    counts = Counts()
    try:
        root = ElementTree.parse(path).getroot()
    except (OSError, ElementTree.ParseError) as error:
        return one(stage, False, "no report: %s" % error)
    for case in root.iter("testcase"):
        name = "%s: %s" % (stage, case.get("name"))
        skipped = case.find("skipped")
        status = case.get("status")  # ctest's: run, fail, notrun, disabled
        if case.find("failure") is not None or case.find("error") is not None or status in ("fail", "notrun"):
            counts.add(one(name, False))
            counts.ids.append(pytest_id(case))
        elif skipped is not None or status == "disabled":
            counts.add(skip(name, (skipped.get("message") or "") if skipped is not None else "disabled"))
        else:
            counts.passed += 1
    if counts.passed + counts.failed + len(counts.skipped) == 0:
        return one(stage, False, "no test ran")
    return counts
