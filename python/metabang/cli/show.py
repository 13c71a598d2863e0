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
        print_columns([("kernel", "from", f"{figures['time_is']} us"), *_launches(figures)], right=[2])
        print()
    print_columns(list(_summary(figures)))


def _launches(figures: dict):
    for launch in figures["profile"]:
        yield launch["kernel"], launch["source"], f"{launch['us']:.1f}"


def _summary(figures: dict):
    kind = "modelled " if figures["time_is"] == "modelled" else ""
    yield f"{kind}device time", f"{figures['device_time_us'] / 1000:.3f} ms"
    yield "kernels", f"{figures['kernels']}, in {figures['launches']} launches"
    if "error" in figures:
        error = figures["error"]
        yield "error against float64", f"{error['max_abs']:.2g} at most; {error['relative']:.1g} of the largest logit"
    yield "on this machine", f"{figures['compile_seconds']:.1f} s to compile, {figures['run_seconds']:.1f} s to run"
