"""Floating literals without a suffix are half in device code of BANG C: 0.1 is 0.09998.

The literal's value is rounded to half; its type stays double, so that expressions keep their C++ meaning.
"""

from __future__ import annotations

import math
import re

import numpy as np

from metabang.cncc.tokens import Source

_PLAIN = re.compile(r"(?:\d[\d']*\.[\d']*|\.\d[\d']*|\d[\d']*(?=[eE]))(?:[eE][+-]?\d+)?")


def round_half_literals(source: Source, first: int, last: int) -> list[str]:
    """Rounds the literals among the tokens first … last; returns a warning for each that changes."""
    notes = []
    for i in range(first, last + 1):
        text = source.texts[i]
        if source.kinds[i] != "number" or not _PLAIN.fullmatch(text):
            continue
        value = float(text.replace("'", ""))
        with np.errstate(over="ignore"):
            rounded = float(np.float16(value))
        if rounded == value:
            continue
        source.replace(i, repr(rounded) if math.isfinite(rounded) else "__builtin_inf()")
        file, line = source.place(i)
        notes.append(f"{file}:{line}: warning: {text} is a half in BANG C, so {rounded:g}; write {text}f for a float")
    return notes
