"""The figures of `metabang run` for people."""

from rich.console import Console
from rich.table import Table


def show(figures: dict, profile: bool) -> None:
    """Prints labels, times, kernels and error; with ``profile`` also the time of every launch."""
    console = Console(highlight=False)
    console.print(f"{figures['model']} ({figures['weights']} weights) on {figures['target']}, {figures['device']}, "
                  f"{figures['dtype']} convolutions\n{figures['image']}\n")  # fmt: skip
    labels = Table(box=None, show_header=False, pad_edge=False)
    labels.add_column(justify="right")
    labels.add_column()
    for place, entry in enumerate(figures["top"], 1):
        labels.add_row(f"{entry['probability']:8.2%}", f"{place}. {entry['label']}")
    console.print(labels, "")
    if profile:
        console.print(_launches(figures), "")
    console.print(_summary(figures))


def _summary(figures: dict) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    kind = "modelled " if figures["time_is"] == "modelled" else ""
    table.add_row(f"{kind}device time", f"{figures['device_time_us'] / 1000:.3f} ms")
    table.add_row("kernels", f"{figures['kernels']} in {figures['launches']} launches")
    if "error" in figures:
        error = figures["error"]
        table.add_row(
            "error against float64", f"{error['max_abs']:.3g} at most, {error['relative']:.2%} of the largest logit"
        )
    table.add_row(
        "compiling, running", f"{figures['compile_seconds']:.1f} s, {figures['run_seconds']:.1f} s on this machine"
    )
    return table


def _launches(figures: dict) -> Table:
    kind = "modelled" if figures["time_is"] == "modelled" else "measured"
    table = Table("kernel", "tasks", f"{kind} us", box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for launch in figures["profile"]:
        table.add_row(launch["kernel"], str(launch["tasks"]), f"{launch['time_us']:.1f}")
    return table
