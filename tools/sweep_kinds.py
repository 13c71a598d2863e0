#!/usr/bin/env python3
"""Every unary, binary, comparison, cast and reduction kind with every element type on every target: which compile,
which run as scalar code, which are right on edge values. `--write` puts the table into docs/kinds.md.

All of it takes fifteen minutes of a core; with `--no-values` (remarks only) half a minute.
"""

from __future__ import annotations

import argparse
import collections
import dataclasses
import json
import pathlib
import re
import sys
from collections.abc import Iterator, Sequence

import numpy as np
from gen_operators import kinds

import metabang as mb
from metabang import _core, reference
from metabang.bfloat16 import Emulated, lacks_bfloat16, uses_bfloat16
from metabang.dtypes import INTEGERS, NAMES
from metabang.fold import fold_program

PAGE = pathlib.Path(__file__).parents[1] / "docs/kinds.md"
TARGETS = ("mtp_270", "mtp_372", "mtp_592")
SHAPE = (37, 131)
DTYPES = tuple(name for name in NAMES if name != "float64")  # which every device refuses
CLASSES = ("unary", "binary", "compare", "select", "cast", "reduce")
# Of a result's magnitude, and for a reduction of the sum of magnitudes.
TOLERANCE = {"float32": 2e-5, "float16": 2e-3, "bfloat16": 1.6e-2}
# The part of an integer type's range that casts try: its limits rounded to a float of this type may be outside.
INSIDE = {"float32": 1 - 2**-23, "float16": 1 - 2**-9, "bfloat16": 1 - 2**-7}
AXES = {"columns": 0, "rows": 1, "all": None}
# Where a target without NaN has no answer, the arguments are kept inside.
DOMAIN = {
    **dict.fromkeys(("asin", "acos", "atanh", "erfinv"), (-1, 1)),
    **dict.fromkeys(("log", "log2", "rsqrt", "sqrt"), (0, np.inf)),
    **dict.fromkeys(("log1p",), (-1, np.inf)),
    **dict.fromkeys(("acosh",), (1, np.inf)),
}


@dataclasses.dataclass
class Case:
    """One kind with one element type."""

    group: str
    name: str
    dtype: str
    var: mb.Var
    scale: np.ndarray | None = None  # of a reduction's terms, where they may cancel
    problem: str = ""
    scalar: bool = False
    refused: str = ""


def largest(dtype: str) -> float:
    return 65504.0 if dtype == "float16" else 3e38


def values(dtype: str, seed: int, special: bool) -> np.ndarray:
    """[SHAPE]: small numbers, any numbers, and in every row the limits; NaN and infinities where `special`."""
    draw = np.random.default_rng([seed, DTYPES.index(dtype)])
    if dtype == "bool":
        return draw.integers(0, 2, SHAPE).astype(bool)
    if dtype in INTEGERS:
        limits = np.iinfo(dtype)
        any_of = draw.integers(limits.min, limits.max, SHAPE, dtype=dtype, endpoint=True)
        small = draw.integers(max(limits.min, -9), 9, SHAPE).astype(dtype)
        edges = [limits.min, limits.max, limits.min + 1, limits.max - 1, 0, 1, 2]
        edges += [-1, -2] if limits.min < 0 else []
        x = np.where(draw.integers(0, 2, SHAPE) == 1, small, any_of)
    else:
        x = draw.normal(size=SHAPE) * np.exp(draw.normal(size=SHAPE) * 2)
        tiny = 6.2e-5 if dtype == "float16" else 1.2e-38
        edges = [0.0, -0.0, 1, -1, 0.5, -0.5, 2, 100.5, tiny, -tiny, largest(dtype) / 4, -largest(dtype) / 4]
        large = (1e4, 4e4) if dtype == "float16" else (1e4, 1e6, 1e10, 1e17, 1e30)
        edges += [sign * size for size in large for sign in (1, -1)]
        edges += [-0.99, 0.999, 88, -88, 11.5, -11.5, 1e-3, -1e-4]
        edges += [np.nan, np.inf, -np.inf] if special else []
    for row in range(0, SHAPE[0], 1 + seed):
        x[row, draw.choice(SHAPE[1], len(edges), replace=False)] = edges
    return x


def variable(x: np.ndarray, dtype: str) -> mb.Var:
    with np.errstate(all="ignore"):
        return mb.array(x.astype(np.float32) if dtype == "bfloat16" else x.astype(dtype), dtype)


def element_wise(dtype: str, special: bool) -> Iterator[tuple[str, str, mb.Var]]:
    xs, ys = values(dtype, 0, special), values(dtype, 1, special)
    x, y = variable(xs, dtype), variable(ys, dtype)
    whole = dtype in INTEGERS
    for kind in kinds("unary"):
        given = x
        if kind in DOMAIN and not special and dtype != "bool":
            low, high = DOMAIN[kind]
            given = variable(np.where((xs >= low) & (xs <= high), xs, 1), dtype)
        elif kind in ("sin", "cos", "tan") and dtype in ("int64", "uint64"):
            # beyond 32 bits the float may be the other neighbour of the integer, with another angle altogether
            given = variable(np.where(np.abs(xs / 2**31) < 1, xs, xs % 2**31), dtype)
        yield "unary", kind, lambda kind=kind, given=given: mb.unary(kind, given)
    bits = xs.dtype.itemsize * 8
    for kind in kinds("binary"):
        left, right = x, y
        if kind in ("shl", "shr") and whole:
            right = variable(ys % bits, dtype)
        elif kind == "pow" and whole:
            right = variable(np.where(ys < 0, ~ys, ys), dtype)  # NumPy refuses exponents below 0
        elif kind == "pow" and dtype != "bool" and not special:
            left = variable(np.where(xs > 0, xs, 1), dtype)
        elif kind == "div" and not special or kind in ("mod", "floordiv") and not special and not whole:
            # a quotient by 0 is NaN, or infinite, there
            right = variable(np.where(ys == 0, 1, ys), dtype)
        yield "binary", kind, lambda kind=kind, left=left, right=right: mb.binary(kind, left, right)
    for kind in kinds("compare"):
        yield "compare", kind, lambda kind=kind: mb.compare(kind, x, y)
    yield "select", "where", lambda: mb.where(variable(values("bool", 2, False), "bool"), x, y)
    for other in DTYPES:
        given = x
        if other in INTEGERS and not whole and dtype != "bool":
            limits = np.iinfo(other)
            given = variable(
                np.clip(np.where(np.isfinite(xs), xs, 1), limits.min * INSIDE[dtype], limits.max * INSIDE[dtype]), dtype
            )
        if other != dtype:
            yield "cast", f"to {other}", lambda other=other, given=given: given.astype(other)


def reductions(dtype: str, special: bool) -> Iterator[tuple[str, str, mb.Var]]:
    exact = dtype in INTEGERS or dtype == "bool"
    xs = values(dtype, 0, special)
    finite = xs if exact else np.clip(np.where(np.isfinite(xs), xs, 1), -50, 50)
    x, summed = variable(xs, dtype), variable(finite, dtype)
    factors = summed if exact else variable(np.exp2(np.clip(xs, -1, 1) / 64), dtype)
    for where, axis in AXES.items():
        for kind in ("max", "min", "and", "or", "xor"):
            yield "reduce", f"{kind} {where}", lambda kind=kind, axis=axis: mb.reduce(kind, x, axis)
        yield "reduce", f"sum {where}", lambda axis=axis: mb.sum(summed, axis, dtype=dtype)
        yield "reduce", f"prod {where}", lambda axis=axis: mb.prod(factors, axis, dtype=dtype)
        yield "reduce", f"mean {where}", lambda axis=axis: mb.mean(summed, axis)


def cases(dtype: str, special: bool) -> list[Case]:
    """What the graph accepts of all kinds; `special` says whether floats have NaN and infinities."""
    made = []
    for group, name, build in (*element_wise(dtype, special), *reductions(dtype, special)):
        try:
            case = Case(group, name, dtype, build())
        except mb.DTypeError:
            continue
        if name.startswith(("sum", "mean")) and dtype not in INTEGERS:
            axis = AXES[name.split()[1]]
            terms = np.abs(values(dtype, 0, special))
            terms = np.clip(np.where(np.isfinite(terms), terms, 1), 0, 50)
            case.scale = terms.sum(axis) / (1 if name.startswith("sum") else terms.size / max(1, terms.sum(axis).size))
        made.append(case)
    return made


def remark(case: Case, target: str) -> None:
    """Compiles the case alone, without values."""
    program = fold_program(_core.graph.program([case.var._node]))
    if lacks_bfloat16(target) and uses_bfloat16(program):
        program = Emulated(program, []).program
    text = program.emit()
    try:
        remarks = json.loads(_core.compile(text, target, None, {}))["remarks"]
    except (mb.MetaBangError, RuntimeError) as error:
        case.refused = str(error)
        return
    case.scalar = any("scalar" in each for each in remarks)


def verdict(case: Case, got: np.ndarray, exact: np.ndarray) -> str:
    """What is wrong with the values, "" if nothing is."""
    if case.var.dtype not in TOLERANCE:
        wrong = got != exact
    else:
        with np.errstate(all="ignore"):
            rounded = exact.astype(got.dtype).astype(np.float64)
            limit = largest(case.var.dtype) * 0.9
            same = (got == rounded) | (np.isnan(got) & np.isnan(rounded)) | ((got > limit) & (rounded > limit))
            same |= (got < -limit) & (rounded < -limit)
            scale = np.abs(rounded) if case.scale is None else case.scale
            smallest = 6.2e-5 if case.var.dtype == "float16" else 2e-38  # below, units flush to 0
            wrong = ~same & ~(np.abs(got - rounded) <= TOLERANCE[case.var.dtype] * scale + smallest)
    if not wrong.any():
        return ""
    at = tuple(np.argwhere(wrong)[0])
    return f"{wrong.sum()} of {wrong.size} wrong, first at {list(map(int, at))}: {got[at]}, not {exact[at]}"


def run(cases: list[Case], target: str, at_once: int = 40) -> None:
    """Values of all cases, in programs of `at_once`."""
    for start in range(0, len(cases), at_once):
        chunk = [case for case in cases[start : start + at_once] if not case.refused]
        results = mb.compile([case.var for case in chunk], [], target).run([])
        for case, got, exact in zip(chunk, results, reference.evaluate([case.var for case in chunk]), strict=True):
            case.problem = verdict(case, np.asarray(got), np.asarray(exact))


def sweep(target: str, dtype: str, groups: Sequence[str] = CLASSES, with_values: bool = True) -> list[Case]:
    """All kinds of `groups` with `dtype` on `target`. mtp_270 has no NaN and no infinity in its arithmetic."""
    made = [case for case in cases(dtype, special=target != "mtp_270") if case.group in groups]
    for case in made:
        remark(case, target)
    if with_values:
        run(made, target)
    return made


def table(found: dict[str, list[Case]], with_values: bool) -> str:
    """The page's lines: a row a class, a column a target; and what is scalar, by name."""
    lines = ["| class | " + " | ".join(found) + " |", "|---" * (len(found) + 1) + "|"]
    for group in (*CLASSES, "all"):
        cells = []
        for made in found.values():
            of = [case for case in made if group in (case.group, "all")]
            cells.append(
                f"{len(of)}: {sum(case.scalar for case in of)} scalar, {sum(bool(c.refused) for c in of)} refused"
            )
        lines.append(f"| {group} | " + " | ".join(cells) + " |")
    listings = {"Scalar code": "scalar", "Refused": "refused"} | ({"Wrong values": "problem"} if with_values else {})
    for word, flag in listings.items():
        for target, made in found.items():
            names = collections.defaultdict(list)
            for case in made:
                if getattr(case, flag):
                    names[case.name].append(case.dtype)
            listed = "; ".join(f"{name} ({', '.join(dtypes)})" for name, dtypes in names.items())
            lines += ["", f"{word} on {target}: {listed or 'none'}."]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", choices=TARGETS, action="append", help="default: all")
    parser.add_argument("--dtype", choices=DTYPES, action="append", help="default: all")
    parser.add_argument("--class", choices=CLASSES, action="append", dest="group", help="default: all")
    parser.add_argument("--no-values", action="store_true", help="compile only")
    parser.add_argument("--write", action="store_true", help=f"put the table into {PAGE.name}")
    given = parser.parse_args()
    found: dict[str, list[Case]] = {}
    for target in given.target or TARGETS:
        found[target] = []
        for dtype in given.dtype or DTYPES:
            made = sweep(target, dtype, given.group or CLASSES, not given.no_values)
            found[target] += made
            print(target, dtype, len(made), "cases", sum(c.scalar for c in made), "scalar", flush=True)
            for case in made:
                if case.problem or case.refused:
                    print("  ", case.name, case.refused or case.problem, flush=True)
    text = table(found, not given.no_values)
    print(text)
    if given.write:
        page = PAGE.read_text()
        PAGE.write_text(re.sub(r"(?s)(<!-- sweep -->\n).*", lambda m: m[1] + text + "\n", page))
    return any(case.problem for made in found.values() for case in made)


if __name__ == "__main__":
    sys.exit(main())
