"""References of atomic operations: on one run of elements, on segments in two dimensions, at byte offsets."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from expect import (
    LARGEST,
    NOTHING,
    UNTOUCHED,
    Form,
    Trial,
    edges,
    is_float,
    limits,
    pack,
    random,
    reference,
    rounded,
    size_of,
    unpack,
)

COUNT = 192


def numbers(code: str) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of edges (of floats every third) and random numbers, as many for every type."""
    few = edges(code)[:: 3 if is_float(code) else 1]
    a, b = (v.ravel() for v in np.meshgrid(few, few))
    a, b = np.concatenate([a, random(code, COUNT, 1)]), np.concatenate([b, random(code, COUNT, 2)])
    return a[:COUNT], b[:COUNT]


def combine(form: Form, op: str, a: float, b: float, code: str, compare: float = 0) -> float:
    """What an element a becomes."""
    if op == "exch":
        return b
    if op == "cas":
        return b if a == compare else a
    if not is_float(code):
        low, high = limits(code)
        a, b, span = int(a), int(b), high - low + 1
        value = {
            "add": lambda: a + b,
            "max": lambda: max(a, b),
            "min": lambda: min(a, b),
            "and": lambda: a & b,
            "or": lambda: a | b,
            "xor": lambda: a ^ b,
            "inc": lambda: 0 if a >= b else a + 1,
            "dec": lambda: b if a == 0 or a > b else a - 1,
        }[op]()
        return (value - low) % span + low
    with np.errstate(all="ignore"):
        a, b = np.float64(a), np.float64(b)
        if op == "add":
            value = float(rounded(np.array([a + b]), code)[0])
        else:
            more = op.endswith("max")
            value = b if (b > a if more else b < a) else a
            if op.startswith("number") and np.isnan(a):
                value = b
            if op.startswith("nan") and np.isnan(b):
                value = b
        if form.is_2xx and not abs(value) <= LARGEST[code]:
            sign = a if np.isnan(a) else b if np.isnan(b) else 1.0 if np.isnan(value) else value
            value = np.copysign(LARGEST[code], sign)
        return float(value)


def combined(form: Form, op: str, a: np.ndarray, b: np.ndarray, code: str, compare: float = 0) -> np.ndarray:
    return pack(np.array([combine(form, op, *v, code, compare) for v in zip(a.tolist(), b.tolist())]), code)


@reference(r"__bang_atomic_(number_|nan_|)(reduce_)?(add|exch|max|min|and|or|xor|inc|dec|cas)(_async)?")
def atomic(form: Form, match: re.Match) -> Iterator[Trial]:
    op = match[1] + match[3]
    names = [n for n, r in form.roles.items() if r not in ("Plain", "Count", "Segments", "Stride")]
    keeps = form.space(names[0]) == "nram"  # dst receives what was there before
    target, operands = (names[1], names[2:]) if keeps else (names[0], names[1:])
    code = form.code(target)
    a, b = numbers(code)
    before = pack(a, code)
    if op == "cas":
        for compare, value in ((a[0], b[1]), (a[1], b[2]), (b[-1], b[2])):
            args = {target: before, operands[0]: compare, operands[1]: value}
            after = before.copy()
            size = size_of(code)
            after[:size] = combined(form, op, a[:1], np.array([value]), code, compare)
            yield outcome(args, keeps, before[:size], after, code, f"{compare} to {value}")
        return
    if form.roles[operands[0]] == "Scalar":
        for k in (0, 1, 2, 5, 8):
            value = edges(code)[k]
            args = {target: before, operands[0]: value, "size": COUNT}
            after = combined(form, op, a, np.full(COUNT, value, a.dtype), code)
            yield outcome(args, keeps, before, after, code, f"scalar {value}")
        return
    args = {target: before, operands[0]: pack(b, code), "size": COUNT}
    if "segments1" not in form:
        yield outcome(args, keeps, before, combined(form, op, a, b, code), code)
        return
    # 2 x 3 segments of 5 elements; those of the target 8 and 40 elements apart
    size, n = size_of(code), 5
    after, old = a.copy(), []
    places = [(j * 40 + i * 8, (j * 2 + i) * n) for j in range(3) for i in range(2)]
    for at, of in places:
        old.append(a[at : at + n])
        after[at : at + n] = [
            combine(form, op, *v, code) for v in zip(a[at : at + n].tolist(), b[of : of + n].tolist())
        ]
    strides = {target: (8, 40), operands[0]: (n, 2 * n), "dst": (n, 2 * n) if keeps else (8, 40)}
    args |= {"size": n, "segments1": 1, "segments2": 2}
    args |= {f"{p}_stride{k}": s[k] * size for p, s in strides.items() for k in range(2)}
    args = {k: v for k, v in args.items() if k in form}
    yield outcome(args, keeps, pack(np.concatenate(old), code), pack(after, code), code)


def outcome(args: dict, keeps: bool, old: np.ndarray, after: np.ndarray, code: str, note: str = "") -> Trial:
    return Trial(args, old if keeps else NOTHING, code, gdram=after, note=note)


@reference(r"__bang_discrete_atomic_(number_|nan_|)(add|exch|max|min|and|or|xor|inc|dec|cas)")
def discrete(form: Form, match: re.Match) -> Iterator[Trial]:
    """Several operations on one element are in order of their number."""
    op, code, offsets = match[1] + match[2], form.code("src2"), form.code("src1_offset")
    n, size = 96, size_of(code)
    a, b = (v[:48] for v in numbers(code))
    rng = np.random.default_rng(3)
    at = rng.integers(0, 48, n)
    operand = np.concatenate([b, b[::-1]])
    chosen = rng.random(n) < 0.6 if "mask" in form else np.ones(n, bool)
    after = unpack(pack(a, code), code).copy()
    old = unpack(np.full(n * size, UNTOUCHED, np.uint8), code).copy()
    for i in np.flatnonzero(chosen):
        old[i] = after[at[i]]
        after[at[i]] = combine(form, op, after[at[i]].item(), operand[i].item(), code, a[0])
    args = {"src1_base": pack(a, code), "src1_offset": pack(at * size, offsets), "src2": pack(operand, code), "size": n}
    args |= {"mask": np.packbits(chosen, bitorder="little"), "src3": a[0]}
    yield outcome({k: v for k, v in args.items() if k in form}, True, pack(old, code), pack(after, code), code)
