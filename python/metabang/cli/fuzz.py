"""``metabang fuzz``: random programs against float64, on the simulator under the sanitizer."""

import sys
import time
from typing import Annotated

import typer

from metabang.cli import options
from metabang.cli.errors import reports_errors
from metabang.cli.files import check_writable, write_json

BATCH = 12  # programs that are compiled together
REPORTED = 600  # programs between two lines of progress where there is no terminal


@reports_errors
def fuzz(
    programs: Annotated[int, typer.Option(min=1, help="How many programs.")] = 100,
    seed: Annotated[int, typer.Option(help="The first program's seed; program n has seed + n.")] = 0,
    target: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A device, more than once for several; all by default.")
    ] = None,
    json: options.Json = None,
) -> None:
    """Draw random programs of meta-operators, run them on each device and compare with float64.

    Exit status 1 if one fails; every failure is printed with its seed and steps.
    """
    from rich.console import Console
    from rich.progress import Progress

    from metabang import devices
    from metabang.fuzz import judge_seeds

    targets = target or list(devices.names())
    for name in targets:
        options.precision(name, None)
    check_writable(json)
    started, failures = time.perf_counter(), []
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("programs", total=programs * len(targets))
        for first in range(0, programs, BATCH):
            numbers = range(seed + first, seed + min(first + BATCH, programs))
            for name in targets:
                found = judge_seeds(numbers, name)
                failures += found
                for failure in found:
                    print(failure, flush=True)
                progress.advance(task, len(numbers))
            done = first + len(numbers)
            if not console.is_terminal and done // REPORTED != first // REPORTED:
                print(f"{done} of {programs} programs, {len(failures)} failures", file=sys.stderr, flush=True)
    seconds = time.perf_counter() - started
    print(f"{programs} programs on {', '.join(targets)}: {len(failures)} failures in {seconds:.0f} s")
    if json:
        write_json(json, {
            "programs": programs, "seed": seed, "targets": targets, "seconds": seconds,
            "failures": [{"seed": f.drawn.seed, "target": f.target, "reason": f.reason} for f in failures],
        })  # fmt: skip
    if failures:
        raise typer.Exit(1)
