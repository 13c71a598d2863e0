"""Runs drawn programs on the simulator under the sanitizer and compares them with float64."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

import metabang as mb
from metabang import reference
from metabang.cncc.simulator import all_checks
from metabang.fuzz.draw import Drawn

# Of the largest magnitude of an output, for each contraction or rounding on the way to it.
TOLERANCE = {"float32": 2e-5, "float16": 2e-2}
FIXED_POINT = 2e-3  # contractions of int16 on MLU2xx, several in a row


@dataclass(frozen=True)
class Failure:
    """A program that does not compile, breaks a rule, or computes something else."""

    drawn: Drawn
    target: str
    reason: str

    def __str__(self) -> str:
        seed = "" if self.drawn.seed is None else f" (seed {self.drawn.seed})"
        return "\n".join([f"{self.target}{seed}: {self.reason}", *("    " + step for step in self.drawn.steps)])


def judge(programs: Sequence[Drawn], target: str) -> list[Failure]:
    """What fails among `programs`, which are compiled together; if that fails, each alone."""
    outputs = [v for drawn in programs for v in drawn.outputs]
    if len(programs) > 1:
        try:
            if not any(_compare(outputs, target)):
                return []
        except (mb.MetaBangError, RuntimeError):
            pass
        return [failure for drawn in programs for failure in judge([drawn], target)]
    (drawn,) = programs
    try:
        problems = [text for text in _compare(outputs, target) if text]
    except (mb.MetaBangError, RuntimeError) as error:
        problems = [f"{type(error).__name__}: {getattr(error, 'reason', error)}"]
    return [Failure(drawn, target, "; ".join(problems))] if problems else []


def _compare(outputs, target) -> list[str]:
    with all_checks():
        results = mb.compile(outputs, [], target).run([])
    exact = reference.evaluate(outputs)
    return [_difference(got, want, var, target) for got, want, var in zip(results, exact, outputs, strict=True)]


def _difference(got: np.ndarray, exact: np.ndarray, var: mb.Var, target: str) -> str:
    if got.shape != var.shape:
        return f"an output has shape {got.shape}, not {var.shape}"
    if var.dtype not in TOLERANCE:
        wrong = np.argwhere(got != exact.astype(got.dtype))
    else:
        with np.errstate(over="ignore", invalid="ignore"):
            rounded = exact.astype(got.dtype).astype(np.float64)
            scale = max(np.abs(rounded[np.isfinite(rounded)]).max(initial=0), 1e-3)
            limit = TOLERANCE[var.dtype] if target != "mtp_270" else max(TOLERANCE[var.dtype], FIXED_POINT)
            near = np.abs(got.astype(np.float64) - rounded) <= limit * scale
        # Where float64 overflows the type, a device that saturates is as right as one that answers infinity.
        wrong = np.argwhere(~near & np.isfinite(rounded))
    if not len(wrong):
        return ""
    at = tuple(int(k) for k in wrong[0])
    where = f"{len(wrong)} of {got.size} elements of {var.dtype}{list(var.shape)}"
    return f"{where} differ, at {at}: {got[at]}, not {exact[at]}"
