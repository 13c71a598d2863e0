"""Runs drawn programs on the simulator under the sanitizer and compares them with float64."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

import metabang as mb
from metabang import reference
from metabang.cncc.simulator import all_checks
from metabang.compile import backend
from metabang.dtypes import as_dtype
from metabang.fuzz.draw import Drawn
from metabang.fuzz.units import compile_and_load

# Of the largest magnitude of an output, for each contraction or rounding on the way to it.
TOLERANCE = {"float32": 2e-5, "float16": 2e-2, "bfloat16": 1e-1}
FIXED_POINT = 2e-3  # contractions of int16 on MLU2xx, several in a row
# Of every intermediate value, as rounding and the device's functions err; and of the largest one of a sum of products.
ROUNDING = {"float32": 2e-6, "float16": 2e-3, "bfloat16": 2e-2}
FIXED_POINT_ROUNDING = 2e-4
SAMPLES, MARGIN = 6, 8  # disturbed evaluations, and how far from them a result may be


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
    """What fails among `programs`, which are compiled together; if that fails, half of them, until one is alone."""
    outputs = [v for drawn in programs for v in drawn.outputs]
    if not programs:
        return []
    if len(programs) > 1:
        try:
            if not any(_compare(outputs, target)):
                return []
        except (mb.MetaBangError, RuntimeError):
            pass
        half = len(programs) // 2
        return judge(programs[:half], target) + judge(programs[half:], target)
    (drawn,) = programs
    try:
        problems = [text for text in _compare(outputs, target) if text]
    except (mb.MetaBangError, RuntimeError) as error:
        problems = [f"{type(error).__name__}: {getattr(error, 'reason', error)}"]
    return [Failure(drawn, target, "; ".join(problems))] if problems else []


def _compare(outputs, target) -> list[str]:
    with all_checks(), backend(compile_and_load):
        results = mb.compile(outputs, [], target).run([])
    exact = reference.evaluate(outputs)
    every = list(zip(results, exact, outputs, strict=True))
    texts = [_difference(*each, target) for each in every]
    if any(texts):  # is it more than what rounding does to an ill-conditioned program?
        moved = _conditioning(outputs, exact, target)
        texts = [text and _difference(*each, target, m) for text, each, m in zip(texts, every, moved, strict=True)]
    return texts


def _conditioning(outputs: Sequence[mb.Var], exact: Sequence[np.ndarray], target: str) -> list[np.ndarray]:
    """How far each output moves if every operation on the way to it errs, at random, as much as the device's may.

    Infinite where a value on the way is beyond what the device has, which may also end in a number, as 1 / infinity,
    and where one that two bytes round to zero leads to 0 / 0.
    In a third of the evaluations all values err upwards alike, in a third downwards, as equal ones do: a product of
    65537 such factors is far from that of factors whose errors cancel.
    """
    nodes = [v._node for v in outputs]
    moved = [0.0] * len(outputs)
    for sample in range(SAMPLES):
        draws = np.random.default_rng(sample)
        disturb = functools.partial(_disturbed, draws=draws, target=target, sign=(0, 1, -1)[sample % 3])
        disturbed = reference.evaluate_nodes(nodes, change=disturb)
        for k, (a, b) in enumerate(zip(disturbed, exact, strict=True)):
            with np.errstate(all="ignore"):
                distance = np.abs(a.astype(np.float64) - b.astype(np.float64))
            moved[k] = max(moved[k], np.nan_to_num(distance[np.isfinite(b)], nan=np.inf, posinf=np.inf).max(initial=0))
    bounded = reference.evaluate_nodes(nodes, change=functools.partial(_bounded, target=target))
    rounded = reference.evaluate_nodes(nodes, change=_rounded)
    judged = [(a == b) & (np.isfinite(c) | ~np.isfinite(b)) for a, b, c in zip(bounded, exact, rounded, strict=True)]
    return [np.where(where, MARGIN * each, np.inf) for where, each in zip(judged, moved, strict=True)]


def _bounded(node, value: np.ndarray, target: str) -> np.ndarray:
    """Infinite, which it may be on the device, where the value is too large for float16.

    MLU2xx has neither infinities, its arithmetic ends at the largest float, nor NaN: what follows from one is another
    value here, and is not judged. In a contraction that number sets the scale of all int16.
    """
    if node.dtype == "float16":
        value = np.where(np.abs(value) > np.finfo(np.float16).max, np.inf, value)
    if target != "mtp_270" or node.dtype not in TOLERANCE:
        return value
    if reference.is_contraction(node) and not np.isfinite(value).all():
        return value * np.nan
    return np.select([np.isinf(value), np.isnan(value)], [np.nan, np.finfo(np.float32).max], value)


def _rounded(node, value: np.ndarray) -> np.ndarray:
    """What two bytes hold of it: 1 - tanh(x)**2 may be zero, where the derivative of a root is infinite."""
    return as_dtype(value, node.dtype).astype(np.float64) if node.dtype in ("float16", "bfloat16") else value


def _disturbed(node, value: np.ndarray, draws: np.random.Generator, target: str, sign: int) -> np.ndarray:
    error = ROUNDING.get(node.dtype)
    if error is None or node.op in ("reindex", "broadcast", "pad", "slice", "transpose", "constant", "index"):
        return value
    value = value * (1 + error * (sign * draws.uniform(0.5, 1) if sign else draws.uniform(-1, 1, value.shape)))
    if target == "mtp_270" and node.op in ("sum", "mean") and reference.is_contraction(node):
        largest = np.abs(value[np.isfinite(value)]).max(initial=0)
        value = value + FIXED_POINT_ROUNDING * largest * draws.uniform(-1, 1, value.shape)
    return value


def _difference(got: np.ndarray, exact: np.ndarray, var: mb.Var, target: str, moved: np.ndarray | float = 0.0) -> str:
    """A sentence where an output is wrong, else "". `moved` is what the program's conditioning explains."""
    if got.shape != var.shape:
        return f"an output has shape {got.shape}, not {var.shape}"
    if var.dtype not in TOLERANCE:
        wrong = np.argwhere((got != exact.astype(got.dtype)) & (moved == 0))
    else:
        with np.errstate(over="ignore", invalid="ignore"):
            rounded = as_dtype(exact, var.dtype).astype(np.float64)
            scale = max(np.abs(rounded[np.isfinite(rounded)]).max(initial=0), 1e-3)
            limit = TOLERANCE[var.dtype] if target != "mtp_270" else max(TOLERANCE[var.dtype], FIXED_POINT)
            near = np.abs(got.astype(np.float64) - rounded) <= limit * scale + moved
            near |= np.isinf(moved)  # NaN is not near anything
        # Where float64 overflows the type, a device that saturates is as right as one that answers infinity.
        wrong = np.argwhere(~near & np.isfinite(rounded))
    if not len(wrong):
        return ""
    at = tuple(int(k) for k in wrong[0])
    where = f"{len(wrong)} of {got.size} elements of {var.dtype}{list(var.shape)}"
    return f"{where} differ, at {at}: {got[at]}, not {exact[at]}"
