"""Dtype objects of the namespace. They equal their names, which `Var.dtype` is."""

from __future__ import annotations

import numpy as np


class DType:
    """A dtype such as `xp.float32`: equal to its name, and taken wherever a dtype is, by NumPy too."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __eq__(self, other) -> bool:
        return self.name == (other.name if isinstance(other, DType) else other)

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return self.name

    @property
    def dtype(self) -> np.dtype:
        """NumPy's; AttributeError for bfloat16, which NumPy lacks."""
        if self.name == "bfloat16":
            raise AttributeError("NumPy has no bfloat16")
        return np.dtype(self.name)
