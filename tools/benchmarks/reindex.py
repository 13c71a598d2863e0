"""How far each movement of elements is from what memory allows: modelled time over bytes / bandwidth."""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

import metabang as mb
from metabang import devices

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "test" / "python"))

from reindex_cases import CASES, Case  # noqa: E402

SIZE = 1024  # results have about SIZE * SIZE elements
TARGETS = ("mtp_270", "mtp_372", "mtp_592")


def modelled(name: str, case: Case, target: str) -> dict:
    """One row: microseconds as modelled, without and with the latency of the launches, and the bound by traffic.

    The bound is every byte of the operands (of a slice, what is left of it) and of the result once, at the peak
    bandwidth of the device's DRAM.
    """
    device = devices.load(target)
    result = case.make(SIZE)
    program = mb.compile(result, target=target)
    program.run([], profile=True)
    traffic = result.size * result.itemsize
    for buffer in program.plan["buffers"]:
        if buffer["kind"] in ("input", "constant"):
            traffic += case.read * buffer["bytes"]
    times = program.profile()
    us, launches = sum(launch.us for launch in times), len(times)
    bound = traffic / device["dram_gb_per_s"] / 1e3
    work = us - launches * device["launch_us"]
    return {
        "operator": name,
        "shape": list(result.shape),
        "device": target,
        "us": us,
        "launches": launches,
        "bound_us": bound,
        "ratio": work / bound,
        "ratio_with_launches": us / bound,
        "contiguous": case.contiguous,
        "remarks": len(program.plan["remarks"]),
    }


def run(only: str) -> list[dict]:
    """Compiles and runs every case on the simulator and prints the table; the rows are also returned."""
    rows = []
    title = "modelled time over the bound by memory traffic (without launch latency)"
    table = Table(title=title)
    for column in ("operator", "result", "device", "launches", "us", "bound us", "ratio", "remarks"):
        table.add_column(column, justify="left" if column in ("operator", "result", "device") else "right")
    for name, case in CASES.items():
        for target in TARGETS:
            if only not in f"{name}, {target}":
                continue
            row = modelled(name, case, target)
            rows.append(row)
            table.add_row(
                name, "x".join(map(str, row["shape"])), target, str(row["launches"]), f"{row['us']:.1f}",
                f"{row['bound_us']:.1f}", f"{row['ratio']:.2f}", str(row["remarks"]),
            )  # fmt: skip
            print(f"{name}, {target}: {row['ratio']:.2f}", file=sys.stderr, flush=True)
    Console(width=140).print(table)
    return rows
