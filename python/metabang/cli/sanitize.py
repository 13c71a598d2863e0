"""``metabang sanitize``: a program under all checks, in every order that the hardware could choose."""

import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from metabang.cli import options
from metabang.cli.errors import reports_errors
from metabang.cli.files import check_writable, write_json

# When asynchronous copies complete, and in which order cores and tasks run (docs/simulator.md, Schedules).
ORDERS = ("lazy", "eager", "lazy,reverse", "eager,reverse", "lazy,seed:1")
FOUND = 1

Program = Annotated[str, typer.Argument(help="A program built by metabang-cncc, or a .mlu file with a main().")]
Arguments = Annotated[list[str] | None, typer.Argument(metavar="[ARGS]...", help="Arguments of the program.")]
Device = Annotated[str | None, typer.Option("--target", metavar="NAME", help="Device: mtp_270, mtp_372 or mtp_592.")]


@reports_errors
def sanitize(program: Program, arguments: Arguments = None, target: Device = None, json: options.Json = None) -> None:
    """Run a program with the sanitizer on, in several schedules, and print each report once.

    The exit status is 0 if nothing was found, and 1 if a kernel broke a rule, if the program failed, or if what it
    copied from the device differs between schedules.
    """
    from metabang.cncc import programs
    from metabang.targets import check_target

    check_writable(json)
    environment = {"MLU_SIM_SANITIZE": "1"}
    if target is not None:
        environment["MLU_SIM_DEVICE"] = check_target(target)
    runs = {}
    with tempfile.TemporaryDirectory(prefix="metabang-sanitize-") as folder:
        executable = programs.built(program, folder, target)
        for order in ORDERS:
            done = programs.run([executable, *(arguments or [])], {**environment, "MLU_SIM_ORDER": order}, not runs)
            programs.check_ran(program, done)
            runs[order] = done
    figures = _figures(program, runs)
    for finding in figures["findings"]:
        print(f"{finding['text']} [{'; '.join(finding['orders'])}]", file=sys.stderr)
    first, found = runs[ORDERS[0]], len(figures["findings"])
    launches = _count(len(first.profiles) + first.stopped, "launch", "launches")
    print(f"{_count(found, 'finding', 'findings')} in {len(ORDERS)} schedules of {launches}")
    if json:
        write_json(json, figures)
    if found:
        raise typer.Exit(FOUND)


def _count(number: int, one: str, many: str) -> str:
    return f"{number or 'no'} {one if number == 1 else many}"


def _figures(program: str, runs: dict) -> dict:
    """What the runs say, as `--json` writes it: each finding once, with the schedules in which it was seen."""
    findings: dict[str, list[str]] = {}
    for order, done in runs.items():
        for report in done.reports:
            findings.setdefault(report, []).append(order)
        if done.status != 0 and not done.reports:
            how = f"exit status {done.status}" if done.status > 0 else f"signal {-done.status}"
            findings.setdefault(f"{Path(program).name} ended with {how}", []).append(order)
    first, *others = runs.items()
    different = [order for order, done in others if done.inputs == first[1].inputs and done.results != first[1].results]
    if different and not findings:
        findings[f"results differ from those of the schedule {first[0]}: a synchronisation is missing"] = different
    return {
        "program": program,
        "findings": [{"text": text, "orders": list(dict.fromkeys(orders))} for text, orders in findings.items()],
        "runs": [
            {
                "order": order,
                "status": done.status,
                "launches": len(done.profiles) + done.stopped,
                "reports": done.reports,
            }
            for order, done in runs.items()
        ],
    }
