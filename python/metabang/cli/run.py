"""``metabang run``: a photo through a network, compiled to BANG C and run on the device or the simulator."""

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from metabang.cli import options
from metabang.cli.errors import reports_errors
from metabang.cli.files import check_writable, write_json


@reports_errors
def run(
    name: Annotated[str, typer.Argument(help="A network; `metabang models` lists them.")],
    image: Annotated[Path | None, typer.Option(metavar="PHOTO", help="The photo; without it one that ships.")] = None,
    target: options.Target = "mtp_270",
    weights: options.Weights = None,
    dtype: options.DType = None,
    profile: Annotated[bool, typer.Option("--profile", help="Also print the time of each launch.")] = False,
    trace: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write what every pipe does, for Perfetto and `metabang timeline`."),
    ] = None,
    reference: Annotated[bool, typer.Option(help="Compare with a float64 evaluation of the network.")] = True,
    dump: options.Dump = None,
    json: options.Json = None,
) -> None:
    """Classify a photo: the five likeliest ImageNet labels, the device time and the error against float64."""
    from metabang import data, models
    from metabang.cli.classify import classify
    from metabang.cli.show import show
    from metabang.timeline import trace as tracing

    model = models.get(name)
    operands = options.precision(target, dtype)
    check_writable(json)
    check_writable(trace)
    photo = image or data.PHOTO
    with tracing(trace) if trace else nullcontext():
        figures = classify(model, photo, target, weights, operands, reference, profile, dump)
    if json:
        write_json(json, figures)
    show(figures, profile)
