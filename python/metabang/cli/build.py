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
    dtype: options.DType = None,
    dump: options.Dump = None,
    json: options.Json = None,
) -> None:
    """Compile to BANG C: DIR/KERNEL.mlu for each kernel, and DIR/plan.json that says how they are launched.

    FILE.py defines main(), which builds and returns a Var, or several. NAME is one of `metabang models`.
    """
    import metabang as mb
    from metabang.cli.sources import outputs_of
    from metabang.cli.text_files import write_plan
    from metabang.compile import backend

    _, compiler_options = options.precision(target, dtype)
    check_writable(json)
    outputs, inputs = outputs_of(what, weights)
    with backend(_Text):
        plan = mb.compile(outputs, inputs, target, compiler_options, dump).plan
    names = write_plan(plan, out)
    oldest = max((kernel["min_cncc"] for kernel in plan["kernels"]), key=_version, default=None)
    print(f"{len(names)} kernels in {out}" + (f"; they need cncc {oldest} or newer" if oldest else ""))
    if json:
        write_json(json, {"target": target, "folder": str(out), "files": names, "min_cncc": oldest})


class _Text:
    """A backend that stops at the text: it needs neither a C++ compiler nor a device."""

    def __init__(self, request):
        from metabang.backend import translate

        self.json = translate(request)


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))
