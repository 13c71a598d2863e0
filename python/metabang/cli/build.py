"""``metabang build``: the BANG C of a network or of a user's file, as text files."""

from pathlib import Path
from typing import Annotated

import typer

from metabang.cli import options
from metabang.cli.errors import reports_errors
from metabang.cli.files import check_writable, write_json


@reports_errors
def build(
    what: Annotated[str, typer.Argument(metavar="FILE.py|NAME", help="A Python file with a main(), or a network.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="The folder to write to.")],
    target: options.Target = "mtp_270",
    weights: options.Weights = None,
    dtype: options.DType = options.Precision.int16,
    dump: options.Dump = None,
    json: options.Json = None,
) -> None:
    """Compile to BANG C: DIR/KERNEL.mlu for each kernel, and DIR/plan.json that says how they are launched.

    FILE.py defines main(), which builds and returns a Var, or several. NAME is one of `metabang models`.
    """
    from rich.console import Console

    import metabang as mb
    from metabang.cli.progress import compile_bar
    from metabang.cli.sources import outputs_of
    from metabang.cli.text_files import write_plan

    options.check_target(target)
    check_writable(json)
    outputs, inputs = outputs_of(what, weights)
    with compile_bar() as progress:
        program = mb.compile(
            outputs, inputs, target, {"bits": dtype.bits}, str(dump) if dump else None, progress=progress
        )
    names = write_plan(program.plan, out)
    oldest = max((kernel["min_cncc"] for kernel in program.plan["kernels"]), key=_version, default="2.0.0")
    Console(highlight=False).print(f"{len(names)} kernels in {out}; cncc {oldest} or newer compiles them")
    if json:
        write_json(json, {"target": target, "folder": str(out), "files": names, "min_cncc": oldest})


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))
