"""``metabang models``."""

from pathlib import Path
from typing import Annotated

import typer

from metabang.cli.columns import print_columns
from metabang.cli.errors import reports_errors
from metabang.cli.files import check_writable, write_json


@reports_errors
def models(
    json: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write the list as JSON.")] = None,
) -> None:
    """List the networks that `metabang run` and `metabang build` know by name."""
    from metabang.models import MODELS

    check_writable(json)
    print_columns([(model.name, model.summary) for model in MODELS.values()])
    if json:
        write_json(json, {"models": [{"name": m.name, "summary": m.summary} for m in MODELS.values()]})
