"""The commands and the options before them."""

from typing import Annotated

import typer

from metabang.cli.build import build
from metabang.cli.catalog import models
from metabang.cli.doctor import doctor
from metabang.cli.fuzz import fuzz
from metabang.cli.profile import profile
from metabang.cli.run import run
from metabang.cli.sanitize import sanitize
from metabang.cli.timeline import timeline
from metabang.cli.train import train
from metabang.cli.version import version as installed_version

app = typer.Typer(
    name="metabang",
    help="Compile networks of meta-operators to BANG C and run them on a Cambricon MLU, or on a simulator without one. "
    "MB_DUMP=ir,bang writes every level of every kernel; MB_DEBUG=1 shows tracebacks.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"metabang {installed_version()}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Compile networks of meta-operators to BANG C and run them."""


for command in (run, timeline, build, models, train, fuzz, doctor):
    app.command()(command)
for command in (sanitize, profile):  # what follows the program is the program's
    app.command(context_settings={"allow_interspersed_args": False})(command)
