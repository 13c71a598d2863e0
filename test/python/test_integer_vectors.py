"""Integers and truth values by builtins on every target, with the limits of each type, against NumPy; and powers and
remainders of floats, which are built from the same steps. None of them may run as scalar code."""

import numpy as np
import pytest
from programs import TARGETS, generator, needs_compiler

import metabang as mb
from metabang.dtypes import INTEGERS

pytestmark = [needs_compiler, pytest.mark.filterwarnings("ignore")]
COUNT = 300


def values(dtype: str, seed: int) -> np.ndarray:
    """Any numbers, small ones, and the limits."""
    draw = generator(dtype, seed)
    if dtype == "bool":
        return draw.integers(0, 2, COUNT).astype(bool)
    limits = np.iinfo(dtype)
    edges = [limits.min, limits.max, limits.min + 1, limits.max - 1, 0, 1, 2, 7, 255 % limits.max]
    edges += [-1, -2, -7] if limits.min < 0 else []
    small = draw.integers(max(limits.min, -20), 20, COUNT).astype(dtype)
    all_of_them = draw.integers(limits.min, limits.max, COUNT, dtype=dtype, endpoint=True)
    x = np.where(draw.integers(0, 2, COUNT) == 1, small, all_of_them)
    x[draw.choice(COUNT, len(edges) * 5, replace=False)] = np.tile(np.array(edges, dtype), 5)
    return x


def shifted(x: np.ndarray, y: np.ndarray, left: bool) -> np.ndarray:
    inside = (y >= 0) & (y < x.dtype.itemsize * 8)
    bits = np.where(inside, y, 0).astype(x.dtype)
    outside = np.zeros_like(x) if left else np.where(x < 0, -1, 0).astype(x.dtype)
    return np.where(inside, x << bits if left else x >> bits, outside)


BINARY = {
    **{k: getattr(np, v) for k, v in {"add": "add", "mul": "multiply", "max": "maximum", "min": "minimum"}.items()},
    **{k: getattr(np, f"bitwise_{k}") for k in ("and", "or", "xor")},
    **{"sub": np.subtract, "mod": np.mod, "floordiv": np.floor_divide},
    **{"shl": lambda x, y: shifted(x, y, True), "shr": lambda x, y: shifted(x, y, False)},
}
COMPARE = {"eq": np.equal, "ne": np.not_equal, "lt": np.less, "le": np.less_equal, "gt": np.greater}
UNARY = {"not": np.invert, "neg": np.negative, "abs": np.abs, "sign": np.sign}
NO_BOOL = {"sub", "mod", "floordiv", "shl", "shr", "neg", "abs", "sign"}
CASTS = ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32")


def cases(dtype: str) -> list[tuple[str, mb.Var, np.ndarray]]:
    xs, ys, choice = values(dtype, 1), values(dtype, 2), values("bool", 3)
    counts = np.where(choice, generator(dtype, 4).integers(0, xs.dtype.itemsize * 8, COUNT).astype(dtype), ys)
    x, y = mb.array(xs, dtype), mb.array(ys, dtype)
    made = [("select", mb.where(mb.array(choice), x, y), np.where(choice, xs, ys))]
    for kind, exact in BINARY.items():
        if not (dtype == "bool" and kind in NO_BOOL):
            right = counts if kind in ("shl", "shr") else ys
            made.append((kind, mb.binary(kind, x, mb.array(right, dtype)), exact(xs, right)))
    made += [(kind, mb.compare(kind, x, y), exact(xs, ys)) for kind, exact in COMPARE.items()]
    made += [
        (kind, mb.unary(kind, x), exact(xs))
        for kind, exact in UNARY.items()
        if not (dtype == "bool" and kind in NO_BOOL)
    ]
    made += [(f"to {other}", x.astype(other), xs.astype(other)) for other in CASTS if other != dtype]
    floats = generator(dtype, 5).uniform(0 if dtype[0] in "ub" else -100, 100, COUNT).astype(np.float32)
    made.append(("from float32", mb.array(floats).astype(dtype), floats.astype(dtype)))
    if dtype != "bool":
        made += [
            ("constant power", x**3, xs ** np.array(3, dtype)),
            ("constant shift", x << 3, xs << np.array(3, dtype)),
        ]
    if xs.dtype.itemsize == 1 and dtype != "bool":
        exponents = (ys.view(np.uint8) % 7).astype(dtype)
        made.append(("power", mb.power(x, mb.array(exponents, dtype)), xs**exponents))
    return made


@pytest.mark.parametrize("target", TARGETS)
def test_integers_are_exact_and_vectors(target):
    # Every third pair of a kind and a type, on one of the targets: all of them on all take ten minutes.
    chosen = []
    for row, dtype in enumerate(("bool", *INTEGERS)):
        chosen += [(dtype, *case) for k, case in enumerate(cases(dtype)) if (row + k) % 9 == 4 * TARGETS.index(target)]
    program = mb.compile([var for _, _, var, _ in chosen], [], target)
    problems = []
    for (dtype, name, _, exact), got in zip(chosen, program.run([]), strict=True):
        assert got.dtype == exact.dtype, (dtype, name)
        close = np.float64(2e-7) * np.abs(exact.astype(np.float64)) if exact.dtype.kind == "f" else 0
        wrong = np.abs(got.astype(np.float64) - exact) > close if exact.dtype.kind == "f" else got != exact
        if wrong.any():
            at = int(np.argmax(wrong))
            problems.append(f"{dtype} {name}: {wrong.sum()} wrong, first {got[at]}, not {exact[at]}")
    assert problems == []
    assert [each for each in program.plan["remarks"] if "scalar" in each] == []


@pytest.mark.parametrize("target", TARGETS)
def test_steps_after_a_cast_to_a_wider_integer(target):
    """In one body: what a cast leaves is the operand of the next step, not memory."""
    values = {"int32": [-1, -70000, 5, -(2**31)], "int16": [-1, -300, 7, -(2**15)], "int8": [-1, -128, 3, 127]}
    made = []
    for dtype, numbers in values.items():
        xs = np.array(numbers * 16, dtype)
        x, wide = mb.array(xs), xs.astype(np.int64)
        made += [
            (f"{dtype} plus", x.astype("int64") + 5, wide + 5),
            (f"{dtype} equal", x.astype("int64") == -1, wide == -1),
            (f"{dtype} and", x.astype("int64") & 255, wide & 255),
            (f"{dtype} float", x.astype("int64").astype("float32"), wide.astype(np.float32)),
            (f"{dtype} abs", mb.abs(x.astype("int64")), np.abs(wide)),
            (f"{dtype} unsigned", x.astype("uint64") // 3, xs.astype(np.uint64) // 3),
        ]
    program = mb.compile([var for _, var, _ in made], [], target)
    for (name, _, exact), got in zip(made, program.run([]), strict=True):
        assert np.array_equal(got, exact), f"{name}: {got[:4]}, not {exact[:4]}"


EDGES = [0, -0.0, 1, -1, 2, -2, 0.5, -0.5, 3, -3, 7, 2.5, np.inf, -np.inf, np.nan, 1e30, 1e-30]


@pytest.mark.parametrize("target", TARGETS)
def test_powers_and_remainders_of_floats(target):
    draw = generator("floats", target)
    a, b = (each.ravel() for each in np.meshgrid(EDGES, EDGES))
    a = np.concatenate([a, draw.normal(size=600) * 5, np.exp(draw.normal(size=600) * 8)]).astype(np.float32)
    b = np.concatenate([b, draw.normal(size=600), draw.normal(size=600) * 5]).astype(np.float32)
    near_one = (1 + draw.normal(size=500) * 1e-3).astype(np.float32)
    large = (draw.normal(size=500) * 2e4).astype(np.float32)
    quotient = np.abs(a.astype(np.float64) / b)
    with np.errstate(all="ignore"):
        runs = [
            ("power", mb.power(mb.array(a), mb.array(b)), a.astype(np.float64) ** b),
            ("power of 1", mb.power(mb.array(near_one), mb.array(large)), near_one.astype(np.float64) ** large),
            ("mod", mb.mod(mb.array(a), mb.array(b)), np.mod(a, b)),
            ("floor_divide", mb.floor_divide(mb.array(a), mb.array(b)), np.floor_divide(a, b)),
        ]
        program = mb.compile([var for _, var, _ in runs], [], target)
        for (name, _, exact), got in zip(runs, program.run([]), strict=True):
            exact, got = exact.astype(np.float32).astype(np.float64), got.astype(np.float64)
            wrong = ~((got == exact) | (np.abs(got - exact) <= 2**-22 * np.abs(exact)))
            wrong &= ~(np.isnan(got) & np.isnan(exact))
            if name in ("mod", "floor_divide"):
                wrong &= ~(quotient > 2.0**120) | ~np.isfinite(quotient)
            if target == "mtp_270":  # its vector unit has neither infinities nor NaN, nor numbers below the normal ones
                operands = near_one if name == "power of 1" else a
                wrong &= np.isfinite(exact) & np.isfinite(operands) & (np.abs(exact) < 1e38)
                wrong &= (np.abs(exact) > 1e-37) & (np.isfinite(b) if name != "power of 1" else True)
            at = int(np.argmax(wrong))
            assert not wrong.any(), f"{name}: {wrong.sum()} wrong, first at {at}: {got[at]}, not {exact[at]}"
    assert [each for each in program.plan["remarks"] if "scalar" in each] == []
