"""The bars that commands show on a terminal."""

import contextlib
import sys

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn, TimeElapsedColumn


def bar(*columns: ProgressColumn) -> Progress:
    """A bar on stderr that goes away at the end; `disable` is set, and nothing shown, without a terminal.

    What is printed meanwhile stands above it, and goes where stdout does.
    """
    console = Console(stderr=True)
    # rich would send to stderr what is printed to a file
    above = sys.stdout.isatty()
    return Progress(*columns, console=console, transient=True, redirect_stdout=above, disable=not console.is_terminal)


@contextlib.contextmanager
def compile_bar():
    """Yields ``report(done, total, name)``, or None without a terminal."""
    text, kernel = TextColumn("compiling kernels"), TextColumn("{task.description}")
    with bar(text, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), kernel) as progress:
        task = progress.add_task("", total=None)

        def report(done: int, total: int, name: str) -> None:
            progress.update(task, completed=done, total=total, description=name)

        yield None if progress.disable else report
