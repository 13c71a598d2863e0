"""Small programs through every level on the simulator, compared with float64 NumPy: what test_programs*.py share.

A case is a function that builds outputs from leaves with values. The cases of a file are compiled into one program for
each target, which takes a fraction of the time of a program each; if that fails, each is tried alone and the failing
ones are named.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest

import metabang as mb
from metabang import _core, reference
from metabang.cncc.simulator import all_checks
from metabang.fold import fold_program

TARGETS = ("mtp_270", "mtp_372", "mtp_592")
needs_compiler = pytest.mark.skipif(not hasattr(_core, "compile"), reason="this build has no compiler")
Make = Callable[[], "mb.Var | Sequence[mb.Var]"]
# Of the largest magnitude of the result. Contractions are int16 fixed point on mtp_270.
TOLERANCE = {"float32": 4e-6, "float16": 3e-3, "bfloat16": 2e-2, "float64": 1e-6}


class Cases(dict[str, tuple[Make, float | None]]):
    """Name to (function, tolerance or None for that of the dtype)."""

    def add(self, name: str, make: Make, tolerance: float | None = None) -> None:
        assert name not in self, name
        self[name] = (make, tolerance)

    def case(self, tolerance: float | None = None) -> Callable[[Make], Make]:
        def register(make: Make) -> Make:
            self.add(make.__name__, make, tolerance)
            return make

        return register


def generator(*key: object) -> np.random.Generator:
    return np.random.default_rng(list(repr(key).encode()))


def normal(*shape: int, dtype: str = "float32", seed: object = 0) -> mb.Var:
    return mb.array(generator(shape, seed).normal(size=shape), dtype)


def parameter(*shape: int, seed: object = 0) -> mb.Var:
    return mb.parameter(generator(shape, "parameter", seed).normal(size=shape).astype(np.float32))


def integers(*shape: int, dtype: str = "int32", low: int = -100, high: int = 100, seed: object = 0) -> mb.Var:
    return mb.array(generator(shape, seed).integers(low, high, size=shape), dtype)


def outputs_of(make: Make) -> list[mb.Var]:
    made = make()
    return [made] if isinstance(made, mb.Var) else list(made)


def remarks_of(outputs: Sequence[mb.Var], target: str) -> list[str]:
    """What the compiler remarks about a program, folded as mb.compile does it, which is not run."""
    text = fold_program(_core.graph.program([each._node for each in outputs])).emit()
    return json.loads(_core.compile(text, target, None, {}))["remarks"]


def difference(got: np.ndarray, exact: np.ndarray, var: mb.Var, tolerance: float | None) -> str:
    """What is wrong with `got`, "" if nothing is."""
    if got.shape != var.shape:
        return f"shape {got.shape}, not {var.shape}"
    wanted = var.dtype.replace("bfloat16", "float32")  # NumPy has no bfloat16
    if got.dtype.name != wanted:
        return f"dtype {got.dtype.name}, not {wanted}"
    if var.dtype not in TOLERANCE:
        wrong = np.argwhere(got != exact)
        return (
            f"{len(wrong)} of {got.size} differ, first at {tuple(wrong[0])}: "
            f"{got[tuple(wrong[0])]}, not {exact[tuple(wrong[0])]}"
            if len(wrong)
            else ""
        )
    with np.errstate(over="ignore", invalid="ignore"):
        rounded = exact.astype(got.dtype).astype(np.float64)
        got = got.astype(np.float64)
        finite = np.isfinite(rounded)
        same = (got == rounded) | (np.isnan(got) & np.isnan(rounded))
        scale = np.abs(rounded[finite]).max(initial=0) or 1
        limit = (TOLERANCE[var.dtype] if tolerance is None else tolerance) * scale
        error = np.where(same, 0, np.abs(got - rounded))
        bad = ~same & ~(finite & (error <= limit))
    wrong = np.argwhere(bad)
    if not len(wrong):
        return ""
    first = tuple(wrong[0])
    worst = error[finite].max(initial=0) / scale
    place = f"first at {first}: {got[first]}, not {rounded[first]}"
    return f"{len(wrong)} of {got.size} are wrong (relative {worst:.3g}), {place}"


def check(outputs: Sequence[mb.Var], target: str, tolerances: Sequence[float | None]) -> list[str]:
    """Compiles and runs; what is wrong with each output."""
    program = mb.compile(outputs, [], target)
    results = program.run([])
    exact = reference.evaluate(outputs)
    return [difference(*each) for each in zip(results, exact, outputs, tolerances, strict=True)]


def check_case(make: Make, tolerance: float | None, target: str) -> str:
    """What is wrong with one case alone."""
    outputs = outputs_of(make)
    try:
        problems = check(outputs, target, [tolerance] * len(outputs))
    except mb.MetaBangError as error:
        return f"{type(error).__name__}: {error}"
    return "; ".join(f"output {k}: {text}" for k, text in enumerate(problems) if text)


def check_all(cases: Mapping[str, tuple[Make, float | None]], target: str) -> None:
    """Fails with the names of the cases that fail."""
    outputs: list[mb.Var] = []
    tolerances: list[float | None] = []
    for make, tolerance in cases.values():
        made = outputs_of(make)
        outputs += made
        tolerances += [tolerance] * len(made)
    try:
        if not any(check(outputs, target, tolerances)):
            return
    except (mb.MetaBangError, RuntimeError):
        pass
    failures = {name: check_case(make, tolerance, target) for name, (make, tolerance) in cases.items()}
    lines = [f"{name}: {text}" for name, text in failures.items() if text]
    pytest.fail("\n".join([f"{len(lines)} of {len(cases)} programs fail on {target}", *lines]), pytrace=False)


def on_targets(cases: Cases, targets: Sequence[str] = TARGETS):
    """A test over targets, with the simulator's sanitizer on.

    The first target runs every case; the others deal them out among themselves, which keeps the suite fast.
    """
    names, others = list(cases), targets[1:]
    shares = {targets[0]: names, **{target: names[k :: len(others)] for k, target in enumerate(others)}}

    @needs_compiler
    @pytest.mark.parametrize("target", targets)
    def test(target: str) -> None:
        with all_checks():
            check_all({name: cases[name] for name in shares[target]}, target)

    return test
