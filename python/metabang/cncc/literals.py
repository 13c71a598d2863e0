"""Floating literals without a suffix are half in device code of BANG C, say its documents: 0.1 is 0.09998.

On 2xx the literal's value is rounded to half; its type stays double, so that expressions keep their C++ meaning. On
later cards the value stays: the vendor's own kernels for them write 1e-8 and M_PI, and no half would do.
"""

from __future__ import annotations

import math
import re

import numpy as np

from metabang.cncc.tokens import Source

_PLAIN = re.compile(r"(?:\d[\d']*\.[\d']*|\.\d[\d']*|\d[\d']*(?=[eE]))(?:[eE][+-]?\d+)?")


def round_half_literals(source: Source, first: int, last: int, keep: bool) -> list[str]:
    """Rounds the literals among the tokens first … last, unless they `keep` their value.

    Returns a warning for each that is no half.
    """
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
        file, line = source.place(i)
        place = f"{file}:{line}: warning: {text} is a half in BANG C"
        if keep:
            notes.append(f"{place}, say the documents; here it keeps its value; write {text}f for a float")
            continue
        source.replace(i, repr(rounded) if math.isfinite(rounded) else "__builtin_inf()")
        notes.append(f"{place}, so {rounded:g}; write {text}f for a float")
    return notes
