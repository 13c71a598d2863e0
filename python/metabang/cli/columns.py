"""Plain aligned columns. Lines are never wrapped or cut: what they hold may be copied, or read by a program."""

from collections.abc import Sequence


def print_columns(rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> None:
    """Prints rows of equal length; columns whose number is in ``right`` are aligned to the right."""
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))] if rows else []
    for row in rows:
        cells = [
            cell.rjust(w) if k in right else cell.ljust(w) for k, (cell, w) in enumerate(zip(row, widths, strict=True))
        ]
        print("  ".join(cells).rstrip())
