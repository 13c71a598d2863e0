"""The bar that is shown while kernels compile."""

import contextlib

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


@contextlib.contextmanager
def compile_bar():
    """Yields ``report(done, total, name)``. The bar is on stderr and goes away at the end; without a terminal there
    is none."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    text, kernel = TextColumn("compiling kernels"), TextColumn("{task.description}")
    columns = (text, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), kernel)
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=None)

        def report(done: int, total: int, name: str) -> None:
            progress.update(task, completed=done, total=total, description=name)

        yield report
