"""``metabang fuzz``: random programs against float64, on the simulator under the sanitizer."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from metabang.cli import options
from metabang.cli.errors import reports_errors
from metabang.cli.files import check_writable, write_json

if TYPE_CHECKING:
    from metabang.fuzz import Judged

BATCH = 48  # programs that are compiled together
REPORTED = 600.0  # seconds between two lines of progress where there is no terminal


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

    Exit status 1 if one fails; every failure is printed with its seed and steps. Ctrl-C ends with the report of what
    was done, and tells how to go on.
    """
    from metabang import devices
    from metabang.fuzz import judge_batches

    targets = target or list(devices.names())
    for name in targets:
        options.precision(name, None)
    check_writable(json)
    run = _Run(programs, seed, targets)
    previous = signal.signal(signal.SIGTERM, signal.default_int_handler)  # in the background Ctrl-C cannot reach it
    try:
        with run.progress as progress:
            task = progress.add_task("", total=programs * len(targets))
            for judged in judge_batches(run.batches(), len(os.sched_getaffinity(0))):
                run.add(judged)
                for failure in judged.failures:
                    print(failure, flush=True)
                progress.advance(task, len(judged.seeds))
    except KeyboardInterrupt:
        left = run.first_left()
        print(f"interrupted; --seed {left} --programs {seed + programs - left} goes on", file=sys.stderr)
    finally:
        signal.signal(signal.SIGTERM, previous)
    report = run.report()
    if json:
        write_json(json, report)
    if report["failures"]:
        raise typer.Exit(1)
    if run.first_left() < seed + programs:
        raise typer.Exit(130)


class _Run:
    """What was judged so far."""

    def __init__(self, programs: int, seed: int, targets: list[str]) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

        from metabang.cli.progress import bar

        self.programs, self.seed, self.targets = programs, seed, targets
        self.judged: Counter[str] = Counter()
        self.operators: Counter[tuple[str, str]] = Counter()
        self.failures: list = []
        self._open: dict[int, int] = {}  # first seed of a batch to the programs of it that are not judged
        self._next = seed
        self.started = self._told = time.perf_counter()
        text, left = TextColumn("programs"), TimeRemainingColumn()
        self.progress = bar(text, BarColumn(), MofNCompleteColumn(), left)

    def batches(self):
        end = self.seed + self.programs
        while self._next < end:
            numbers = range(self._next, min(self._next + BATCH, end))
            self._open[self._next] = len(numbers) * len(self.targets)
            self._next = numbers.stop
            for name in self.targets:
                yield numbers, name

    def first_left(self) -> int:
        """The first seed that is not judged on every device."""
        return min(self._open, default=self._next)

    def add(self, judged: Judged) -> None:
        self.judged[judged.target] += len(judged.seeds)
        self.operators += judged.operators
        self.failures += judged.failures
        first = self.seed + (judged.seeds[0] - self.seed) // BATCH * BATCH
        self._open[first] -= len(judged.seeds)
        if not self._open[first]:
            del self._open[first]
        now = time.perf_counter()
        if self.progress.disable and now - self._told > REPORTED:
            self._told = now
            print(f"{self._sum(now)}", file=sys.stderr, flush=True)

    def _sum(self, now: float) -> str:
        done, seconds = self.judged.total(), now - self.started
        return (
            f"{done} of {self.programs * len(self.targets)} runs, {len(self.failures)} failures, "
            f"{seconds:.0f} s, {done / seconds:.1f} runs a second"
        )

    def report(self) -> dict:
        """Prints what was done; returns it for --json."""
        from metabang.fuzz import summary, table

        now = time.perf_counter()
        print(self._sum(now))
        for name in self.targets:
            seeds = [str(each.drawn.seed) for each in self.failures if each.target == name]
            told = ": " + ", ".join(seeds) if seeds else ""
            print(f"  {name}: {self.judged[name]} programs, {len(seeds)} failures{told}")
        print("operators:", *summary(self.operators), sep="\n")
        return {
            "programs": self.programs, "seed": self.seed, "targets": self.targets, "seconds": now - self.started,
            "judged": dict(self.judged), "operators": table(self.operators),
            "failures": [{"seed": f.drawn.seed, "target": f.target, "reason": f.reason} for f in self.failures],
        }  # fmt: skip
