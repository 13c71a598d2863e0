"""The figures of `metabang run` for people."""

from metabang.cli.columns import print_columns


def show(figures: dict, profile: bool) -> None:
    """Prints labels, times, kernels and error; with ``profile`` also the time of every launch."""
    where = f"{figures['target']} ({figures['device']}), {figures['dtype']} convolutions"
    print(f"{figures['model']} ({figures['weights']} weights) on {where}")
    print(f"{figures['image']}\n")
    print_columns([(f"{e['probability']:.2%}", e["label"]) for e in figures["top"]], right=[0])
    print()
    if profile:
        rows = list(_launches(figures))
        print_columns(rows, right=[2, 3, 4, 5] if len(rows[0]) > 3 else [2])
        print()
    print_columns(list(_summary(figures)))


def _launches(figures: dict):
    """The time of each launch; on the simulator also how long pipes work (of all cores), and what binds the kernel."""
    detailed = all("occupancy" in (launch.get("details") or {}) for launch in figures["profile"])
    pipes = ("io", "move", "compute") if detailed else ()
    yield "kernel", "from", f"{figures['time_is']} us", *pipes, *(["bound"] if detailed else [])
    for launch in figures["profile"]:
        row = [launch["kernel"], launch["source"], f"{launch['us']:.1f}"]
        if detailed:
            details = launch["details"]
            row += [*(f"{details['occupancy'][pipe]:.0%}" for pipe in pipes), details["bound"]]
        yield row


def _summary(figures: dict):
    kind = "modelled " if figures["time_is"] == "modelled" else ""
    yield f"{kind}device time", f"{figures['device_time_us'] / 1000:.3f} ms"
    yield "kernels", f"{figures['kernels']}, in {figures['launches']} launches"
    if "error" in figures:
        error = figures["error"]
        yield "error against float64", f"{error['max_abs']:.2g} at most; {error['relative']:.1g} of the largest logit"
    yield "on this machine", f"{figures['compile_seconds']:.1f} s to compile, {figures['run_seconds']:.1f} s to run"
