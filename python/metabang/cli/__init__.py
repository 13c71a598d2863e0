"""The command line: ``metabang`` and ``python -m metabang``."""


def main() -> None:
    """Entry point of the ``metabang`` script."""
    from metabang.cli.app import app

    app(prog_name="metabang")
