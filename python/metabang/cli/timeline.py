"""``metabang timeline``: a trace of the simulator as a picture on the terminal."""

from pathlib import Path
from typing import Annotated

import typer

from metabang.cli.errors import reports_errors


@reports_errors
def timeline(
    trace: Annotated[Path, typer.Argument(metavar="TRACE", help="A file that --trace or MLU_SIM_TRACE wrote.")],
    kernel: Annotated[
        str | None, typer.Option(metavar="NAME", help="This kernel; the longest launch otherwise.")
    ] = None,
    width: Annotated[int, typer.Option(min=60, help="Columns of the picture.")] = 100,
) -> None:
    """Show what the pipes of a core do over time, and which builtins take it. ui.perfetto.dev shows the whole file."""
    from metabang.timeline import describe

    print(describe(trace, kernel, width), end="")
