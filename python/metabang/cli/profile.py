"""``metabang profile``: the modelled time of each launch of a program."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from metabang.cli import options
from metabang.cli.columns import print_columns
from metabang.cli.errors import reports_errors
from metabang.cli.files import check_writable, write_json
from metabang.cli.sanitize import Arguments, Device, Program

TYPES = {1: "block", 4: "union1", 8: "union2", 16: "union4", 32: "union8", 64: "union16"}
PIPES = ("io", "move", "compute", "scalar")
Trace = Annotated[Path | None, typer.Option(metavar="FILE", help="Also write what each core did, for Perfetto.")]


@reports_errors
def profile(
    program: Program,
    arguments: Arguments = None,
    target: Device = None,
    trace: Trace = None,
    json: options.Json = None,
) -> None:
    """Run a program and print the modelled time of each launch: what it took, what each pipe worked, what bound it."""
    from metabang.cncc import programs
    from metabang.targets import check_target

    check_writable(json)
    check_writable(trace)
    environment = {"MLU_SIM_DEVICE": check_target(target)} if target is not None else {}
    if trace is not None:
        environment["MLU_SIM_TRACE"] = str(trace.resolve())
    with tempfile.TemporaryDirectory(prefix="metabang-profile-") as folder:
        executable = programs.built(program, folder, target)
        done = programs.run([executable, *(arguments or [])], environment, show=True)
    for report in done.reports:
        print(report)
    programs.check_ran(program, done)
    rows = [["kernel", "tasks", "job", "us (modelled)", *(f"{pipe} %" for pipe in PIPES), "bound by"]]
    for launch in done.profiles:
        work = max(launch["us"] - launch["launch_us"], 1e-9)
        busy = [f"{100 * launch['busy_us'][pipe] / work:.0f}" for pipe in PIPES]
        job = TYPES.get(launch["type"], str(launch["type"]))
        rows.append([launch["kernel"], str(launch["tasks"]), job, f"{launch['us']:.1f}", *busy, launch["bound"]])
    total = sum(launch["us"] for launch in done.profiles)
    rows.append(["total", "", "", f"{total:.1f}", *[""] * len(PIPES), ""])
    print_columns(rows, right=(1, 3, 4, 5, 6, 7))
    if json:
        write_json(json, {"program": program, "time_is": "modelled", "us": total, "launches": done.profiles})
    if done.status != 0:
        raise typer.Exit(done.status if done.status > 0 else 1)
