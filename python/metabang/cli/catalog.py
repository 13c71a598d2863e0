"""``metabang models``."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from metabang.cli.errors import reports_errors
from metabang.cli.files import check_writable, write_json


@reports_errors
def models(
    json: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write the list as JSON.")] = None,
) -> None:
    """List the networks that `metabang run` and `metabang build` know by name."""
    from metabang.models import MODELS

    check_writable(json)
    table = Table("name", "summary", box=None, pad_edge=False)
    for model in MODELS.values():
        table.add_row(model.name, model.summary)
    Console().print(table)
    if json:
        write_json(json, {"models": [{"name": m.name, "summary": m.summary} for m in MODELS.values()]})
