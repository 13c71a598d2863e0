"""Errors for people: one sentence with the user's file and line and the remedy."""

from __future__ import annotations


class MetaBangError(Exception):
    """Base of every error MetaBANG raises on purpose.

    `reason` is the sentence, `source` the user's `(file, line)` or None; `str()` shows both as `net.py:12: reason`.
    Without a given `source` it is the line that is running now.
    """

    def __init__(self, reason: str, source: tuple[str, int] | None = None) -> None:
        from . import _core

        self.reason = reason
        self.source = source if source is not None else _core.graph.caller()
        place = f"{_core.graph.display_path(self.source[0])}:{self.source[1]}: " if self.source else ""
        super().__init__(place + reason)


class ShapeError(MetaBangError, ValueError):
    """Shapes that do not fit each other or the operator."""


class AxisError(MetaBangError, ValueError, IndexError):
    """An axis the tensor does not have, or one named twice."""


class BoundsError(MetaBangError, IndexError):
    """`x[7]` where the dimension has fewer elements."""


class DTypeError(MetaBangError, TypeError):
    """An unknown dtype, one the operator does not take, or a value that does not fit it."""


class IndexExprError(MetaBangError, ValueError):
    """An index expression of reindex or reindex_reduce that is no affine expression of the indices."""


class MissingError(MetaBangError, AttributeError):
    """`mb.name` of what the package does not have."""


class TargetError(MetaBangError, ValueError):
    """An unknown target device."""


class CompileError(MetaBangError, RuntimeError):
    """A program the compiler cannot translate for the target."""
