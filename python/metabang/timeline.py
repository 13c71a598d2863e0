"""What every pipe of every simulated core does, and when: traces of the simulator, and their picture on a terminal.

    with mb.timeline.trace("add.json"):
        program(x, y)  # or a kernel of mb.bang.load
    print(mb.timeline.describe("add.json"))

The file is in the trace-event format: ui.perfetto.dev and chrome://tracing show it. Times are modelled
(docs/time-model.md).
"""

from __future__ import annotations

import ctypes
import io
import json
import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from metabang.input_errors import InputError

__all__ = ["Launch", "Slice", "describe", "read", "trace"]

_SHADES = " ▁▂▃▄▅▆▇█"


@dataclass(frozen=True)
class Slice:
    """One builtin, or a wait at a barrier, on one pipe of one core; microseconds since the trace began."""

    core: str  # "cluster 0 core 1"
    pipe: str  # "IO", "Move", "Compute"; "Scalar" waits at barriers
    name: str
    start_us: float
    us: float
    where: str  # file:line
    bytes: int


@dataclass(frozen=True)
class Launch:
    """A kernel of a trace: when it ran (launch latency excluded), and its slices in the order of their start."""

    kernel: str
    start_us: float
    us: float
    slices: list[Slice]


@contextmanager
def trace(path: str | os.PathLike) -> Iterator[None]:
    """Launches inside the `with` are written to `path`. Raises InputError if the file cannot be written or the device
    is a card."""
    from metabang.runtime import context

    found = context()
    if not found.is_simulator:
        raise InputError("only the simulator writes traces, and the device is a card; see docs/runtime.md")
    library = ctypes.CDLL(found.library_path)
    if library.mluSimTraceStart(os.fsencode(path)) != 0:
        raise InputError(f"{os.fspath(path)} cannot be written; give a file in a folder that exists")
    try:
        yield
    finally:
        library.mluSimTraceStop()


def read(path: str | os.PathLike) -> list[Launch]:
    """The launches of a trace in their order. Raises InputError if the file is no trace of the simulator."""
    try:
        with open(path, encoding="utf-8") as file:
            events = json.load(file)["traceEvents"]
        named = {(e["name"], e["pid"], e["tid"]): e["args"]["name"] for e in events if e["ph"] == "M"}
        slices = [e for e in events if e["ph"] == "X"]
        kernels = [e for e in slices if e["cat"] == "kernel"]
        rest = sorted((e for e in slices if e["cat"] not in ("kernel", "launch")), key=lambda e: e["ts"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{os.fspath(path)} is no trace of the simulator ({error})") from error
    launches = [Launch(e["name"], e["ts"], e["dur"], []) for e in kernels]
    number = 0
    for e in rest:
        while number + 1 < len(launches) and launches[number + 1].start_us <= e["ts"]:
            number += 1
        cluster = named["process_name", e["pid"], 0]
        core, pipe = named["thread_name", e["pid"], e["tid"]].rsplit(" ", 1)
        arguments = e["args"]
        launches[number].slices.append(
            Slice(
                f"{cluster} {core.strip()}", pipe, e["name"], e["ts"], e["dur"],
                arguments.get("file", ""), arguments.get("bytes", 0),
            )
        )  # fmt: skip
    return launches


def describe(path: str | os.PathLike, kernel: str | None = None, width: int = 100) -> str:
    """Text: the launches of a trace, then the pipes of the core that ends last in the longest of them (or in the
    longest launch of `kernel`) over time, and its builtins by time. Raises InputError if there is none of that name."""
    launches = read(path)
    chosen = [launch for launch in launches if kernel in (None, launch.kernel)]
    if not chosen:
        names = ", ".join(sorted({launch.kernel for launch in launches})) or "none"
        raise InputError(f"{os.fspath(path)} has no launch of {kernel!r}; its kernels: {names}")
    console = Console(file=io.StringIO(), width=width, color_system=None, legacy_windows=False)
    if len(launches) > 1:
        console.print(_overview(launches))
    longest = max(chosen, key=lambda launch: launch.us)
    if longest.slices:
        _picture(console, longest, width)
        console.print(_builtins(longest))
    else:
        console.print(f"{longest.kernel}: {longest.us:.2f} us (modelled), no builtins")
    return console.file.getvalue()


def _overview(launches: list[Launch]) -> Table:
    table = Table(title=f"{len(launches)} launches (modelled)")
    for column in ("kernel", "launches", "us", "IO", "Move", "Compute"):
        table.add_column(column, justify="left" if column == "kernel" else "right")
    groups: dict[str, list[Launch]] = defaultdict(list)
    for launch in launches:
        groups[launch.kernel].append(launch)
    for name, group in sorted(groups.items(), key=lambda item: -sum(launch.us for launch in item[1])):
        total = sum(launch.us for launch in group)
        busy = [f"{sum(_occupancy(launch, pipe) * launch.us for launch in group) / total:.0%}" if total else "-"
                for pipe in ("IO", "Move", "Compute")]  # fmt: skip
        table.add_row(escape(name), str(len(group)), f"{total:.2f}", *busy)
    return table


def _occupancy(launch: Launch, pipe: str) -> float:
    """The part of the time that this pipe works, over all cores that do anything."""
    cores = {s.core for s in launch.slices}
    return sum(s.us for s in launch.slices if s.pipe == pipe) / (launch.us * len(cores)) if launch.us and cores else 0.0


def _picture(console: Console, launch: Launch, width: int) -> None:
    last = max(launch.slices, key=lambda s: s.start_us + s.us)
    console.print(f"{escape(launch.kernel)}: {launch.us:.2f} us (modelled); {last.core}, which ends last:")
    columns = max(10, width - 17)
    step = launch.us / columns
    for pipe in ("IO", "Move", "Compute", "Scalar"):
        work = [0.0] * columns
        for s in launch.slices:
            if s.core == last.core and s.pipe == pipe:
                _spread(work, (s.start_us - launch.start_us) / step, s.us / step)
        if any(work):
            total = sum(work) / columns
            bar = "".join(_SHADES[min(8, int(w * 8 + 0.5))] for w in work)
            label = "barrier" if pipe == "Scalar" else pipe
            console.print(f"{label:>8} {total:4.0%} |{bar}|", highlight=False)


def _spread(work: list[float], start: float, length: float) -> None:
    """Adds what a slice covers of each column."""
    column, end = max(0, int(start)), start + length
    while column < len(work) and column < end:
        work[column] += min(end, column + 1) - max(start, column)
        column += 1


def _builtins(launch: Launch, most: int = 12) -> Table:
    table = Table(title="builtins of all cores by time")
    for column in ("builtin", "where", "calls", "us", "GB/s"):
        table.add_column(column, justify="left" if column in ("builtin", "where") else "right")
    groups: dict[tuple[str, str, str], list[Slice]] = defaultdict(list)
    for s in launch.slices:
        groups[s.name, s.where, s.pipe].append(s)
    ranked = sorted(groups.items(), key=lambda item: -sum(s.us for s in item[1]))
    for (name, where, _), group in ranked[:most]:
        us, size = sum(s.us for s in group), sum(s.bytes for s in group)
        rate = f"{size / us * 1e-3:.1f}" if size and us else ""
        table.add_row(escape(name), escape(os.path.basename(where)), str(len(group)), f"{us:.2f}", rate)
    return table
