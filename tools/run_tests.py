"""Runs MetaBANG's tests against the installed package: ruff, pytest, lit, and the C++ tests in a build of their own.

usage: python tools/run_tests.py [ruff] [pytest] [lit] [cpp]      (without arguments: all)

Ends with one line "N passed, N failed"; the exit status is 0 if nothing failed.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[1]
# Tools that pip installed into this environment come first, whether or not the environment is activated.
ENVIRONMENT = dict(os.environ, PATH=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))


def run(*command: object) -> int:
    print("$", *command, flush=True)
    return subprocess.run([str(word) for word in command], cwd=ROOT, env=ENVIRONMENT).returncode


def count(report: Path, status: int) -> tuple[int, int]:
    """(passed, failed) of a JUnit report; a suite that failed without naming a test counts as one failure."""
    passed = failed = 0
    if report.exists():
        for case in ElementTree.parse(report).getroot().iter("testcase"):
            outcomes = {child.tag for child in case}
            failed += bool(outcomes & {"failure", "error"})
            passed += not outcomes & {"failure", "error", "skipped"}
    return passed, max(failed, int(status != 0))


def ruff(work: Path) -> tuple[int, int]:
    status = run(sys.executable, "-m", "ruff", "check", ".")
    return (0, 1) if status else (1, 0)


def pytest(work: Path) -> tuple[int, int]:
    report = work / "pytest.xml"
    # Two workers: much of a test is single-threaded Python, or waits for one compiler.
    return count(report, run(sys.executable, "-m", "pytest", "-q", "-n2", "--dist=worksteal", "--durations=10",
                             f"--junit-xml={report}"))  # fmt: skip


def lit(work: Path) -> tuple[int, int]:
    report = work / "lit.xml"
    return count(report, run("lit", "-j2", "--quiet", f"--xunit-xml-output={report}", "test"))


def cpp(work: Path) -> tuple[int, int]:
    report, build = work / "ctest.xml", work / "build"
    status = run("cmake", "-G", "Ninja", "-S", ROOT, "-B", build, "-DMETABANG_COMPILER=OFF",
                 f"-DPython3_EXECUTABLE={sys.executable}")  # fmt: skip
    status = status or run("cmake", "--build", build, "--parallel", 2)
    status = status or run("ctest", "--test-dir", build, "--output-on-failure", "--output-junit", report)
    return count(report, status)


SUITES = {suite.__name__: suite for suite in (ruff, pytest, lit, cpp)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("suites", nargs="*", metavar="suite", help=f"one of {', '.join(SUITES)}; all by default")
    chosen = parser.parse_args().suites or list(SUITES)
    unknown = [name for name in chosen if name not in SUITES]
    if unknown:
        parser.error(f"unknown suite {unknown[0]}: choose from {', '.join(SUITES)}")
    total_passed = total_failed = 0
    summary = []
    with tempfile.TemporaryDirectory(prefix="metabang-tests-") as folder:
        for name in chosen:
            start = time.monotonic()
            passed, failed = SUITES[name](Path(folder))
            summary.append(f"{name}: {passed} passed, {failed} failed in {time.monotonic() - start:.0f} s")
            total_passed, total_failed = total_passed + passed, total_failed + failed
    print(*summary, sep="\n")
    print(f"{total_passed} passed, {total_failed} failed")
    return 1 if total_failed else 0


if __name__ == "__main__":
    sys.exit(main())
