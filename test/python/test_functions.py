"""Sub-operators beyond arithmetic: values on each device against float64 NumPy, element by element, and gradients."""

import math

import numpy as np
import pytest
from programs import TARGETS, generator, needs_compiler

import metabang as mb
from metabang import reference
from metabang.cncc.simulator import all_checks


def both_signs(low: float, high: float, count: int = 120) -> np.ndarray:
    """Magnitudes from `low` to `high`, evenly in their exponents, of both signs."""
    x = np.geomspace(low, high, count)
    return np.concatenate([x, -x, [0.0, -0.0]]).astype(np.float32)


def positive(low: float, high: float) -> np.ndarray:
    return np.geomspace(low, high, 240).astype(np.float32)


UNIT = np.concatenate([both_signs(1e-6, 0.9), np.linspace(0.9, 1, 60), -np.linspace(0.9, 1, 60)]).astype(np.float32)
ERFINV = np.vectorize(lambda x: float(reference.KINDS["erfinv"](np.array(x))))
# Function: NumPy's, arguments, relative error allowed (the exponentials and logarithms below allow 5e-6).
UNARY = {
    "exp2": (np.exp2, both_signs(1e-3, 120), 6e-6),
    "log2": (np.log2, positive(1e-30, 1e30), 5e-6),
    "log10": (np.log10, positive(1e-30, 1e30), 5e-6),
    "log1p": (np.log1p, np.concatenate([both_signs(1e-9, 0.9), positive(0.9, 1e20)]), 5e-6),
    "expm1": (np.expm1, np.concatenate([both_signs(1e-9, 10), positive(10, 80)]), 6e-6),
    "tan": (np.tan, both_signs(1e-6, 1000), 2e-5),
    "asin": (np.arcsin, UNIT, 2e-6),
    "acos": (np.arccos, UNIT, 4e-6),
    "atan": (np.arctan, both_signs(1e-6, 1e6), 2e-6),
    "sinh": (np.sinh, both_signs(1e-6, 89), 2e-5),
    "cosh": (np.cosh, both_signs(1e-6, 89), 2e-5),
    "asinh": (np.arcsinh, both_signs(1e-6, 1e30), 5e-6),
    "acosh": (np.arccosh, np.concatenate([1 + positive(1e-6, 1), positive(2, 1e30)]).astype(np.float32), 5e-6),
    "atanh": (np.arctanh, UNIT[np.abs(UNIT) < 1], 5e-6),
    "erfinv": (ERFINV, UNIT[np.abs(UNIT) < 1], 5e-6),
    "trunc": (np.trunc, both_signs(0.1, 1e10), 0),
    "cbrt": (np.cbrt, both_signs(1e-20, 1e20), 5e-6),
    "degrees": (np.degrees, both_signs(1e-3, 1e3), 5e-7),
    "radians": (np.radians, both_signs(1e-3, 1e3), 5e-7),
}
SIDES = np.meshgrid([0.0, -0.0, 1.0, -1.0, 1e-20, 3e10, -2.5, 0.3, -7e8], [0.0, -0.0, 1.0, -1.0, 2e10, -0.7, 5.0])
A, B = (
    np.concatenate([side.ravel(), generator(k).normal(size=200)]).astype(np.float32) for k, side in enumerate(SIDES)
)
BINARY = {
    "atan2": (np.arctan2, 2e-6),
    "hypot": (np.hypot, 2e-6),
    "copysign": (np.copysign, 0),
    "logaddexp": (np.logaddexp, 5e-6),
    "fmax": (np.fmax, 0),
    "fmin": (np.fmin, 0),
}
# Where the result is infinite, NaN, or 0 with a sign; mtp_270 has no arithmetic with the first two.
EDGES = {
    "log1p": [-1.0, -2.0, np.inf, np.nan],
    "expm1": [np.inf, -np.inf, 100.0, np.nan],
    "asin": [1.0, -1.0, 1.5, -2.0, np.nan],
    "acos": [1.0, -1.0, 1.5, -2.0, np.nan],
    "atan": [np.inf, -np.inf, np.nan],
    "sinh": [np.inf, -np.inf, 100.0, np.nan],
    "cosh": [np.inf, -np.inf, 100.0, np.nan],
    "asinh": [np.inf, -np.inf, np.nan],
    "acosh": [1.0, 0.5, -5.0, np.inf, np.nan],
    "atanh": [1.0, -1.0, 1.5, -1.5, np.nan],
    "erfinv": [1.0, -1.0, 1.5, -1.5, np.nan],
    "trunc": [np.inf, -0.5, np.nan],
    "cbrt": [np.inf, -np.inf, np.nan, -8.0],
    "exp2": [-np.inf, np.inf, 10.0, -20.0],
    "isnan": [np.inf, np.nan, 1.0],
    "isinf": [np.inf, -np.inf, np.nan, 3e38],
    "isfinite": [np.inf, -np.inf, np.nan, 3e38],
    "signbit": [0.0, -0.0, -np.inf, np.inf, -1e-30],
}
NUMPY = {"isnan": np.isnan, "isinf": np.isinf, "isfinite": np.isfinite, "signbit": np.signbit}
PAIRS = {
    "atan2": [(np.inf, np.inf), (-np.inf, np.inf), (np.inf, -1.0), (1.0, -np.inf), (np.nan, 1.0), (0.0, -np.inf)],
    "hypot": [(np.inf, np.nan), (3e38, 1e38), (np.nan, 1.0), (-np.inf, 0.0)],
    "logaddexp": [(np.inf, np.inf), (-np.inf, -np.inf), (-np.inf, 5.0), (np.inf, -np.inf), (np.nan, 0.0)],
    "copysign": [(np.inf, -0.0), (1.0, -np.inf), (-2.0, np.inf)],
    "fmax": [(np.nan, 1.0), (1.0, np.nan), (np.nan, np.nan)],
    "fmin": [(np.nan, 1.0), (1.0, np.nan), (np.nan, np.nan)],
}


def wrong(name: str, got: np.ndarray, exact: np.ndarray, arguments: list[np.ndarray], allowed: float) -> str:
    with np.errstate(all="ignore"):
        exact = exact.astype(np.float32)
        error = np.abs(got.astype(float) - exact) / np.maximum(np.abs(exact.astype(float)), 1e-31)
        error[(got == exact) | (np.isnan(got) & np.isnan(exact))] = 0
    error[np.isnan(error)] = np.inf
    if error.max() <= allowed:
        return ""
    at = int(np.argmax(error))
    return f"{name}({', '.join(str(a[at]) for a in arguments)}) = {got[at]}, not {exact[at]} ({error[at]:.2g})"


def problems(cases: list[tuple], target: str) -> list[str]:
    """cases: (name, NumPy's function, arguments, error allowed), in one program."""
    outputs = [getattr(mb, name)(*(mb.array(each) for each in arguments)) for name, _, arguments, _ in cases]
    with all_checks():
        results = mb.compile(outputs, [], target).run([])
    found = []
    for (name, function, arguments, allowed), got in zip(cases, results, strict=True):
        with np.errstate(all="ignore"):
            exact = function(*(each.astype(np.float64) for each in arguments))
        if got.dtype == bool:
            got, exact = got.astype(np.float32), exact.astype(np.float32)
        found.append(wrong(name, got, exact, arguments, allowed))
    return [each for each in found if each]


@needs_compiler
@pytest.mark.parametrize("target", TARGETS)
def test_values(target):
    cases = [(name, function, [x], allowed) for name, (function, x, allowed) in UNARY.items()]
    cases += [(name, function, [A, B], allowed) for name, (function, allowed) in BINARY.items()]
    assert not problems(cases, target)


@needs_compiler
def test_infinities_nans_and_ends_of_domains():
    functions = {name: function for name, (function, *_) in (UNARY | BINARY).items()} | NUMPY
    cases = [(name, functions[name], [np.array(x, np.float32)], 2e-5) for name, x in EDGES.items()]
    cases += [
        (name, functions[name], [np.array(side, np.float32) for side in zip(*pairs)], 2e-5)
        for name, pairs in PAIRS.items()
    ]
    assert not problems(cases, "mtp_372")


@needs_compiler
@pytest.mark.parametrize("target", ["mtp_372", "mtp_592"])
def test_signs_of_zeros_and_remainders_by_infinity(target):
    odd = ("asin", "asinh", "atan", "atanh", "cbrt", "erfinv", "expm1", "log1p", "sinh", "tan", "trunc")
    a = np.array([5, -5, 5, -5, 3, -3, 6, np.inf], np.float32)
    b = np.array([np.inf, np.inf, -np.inf, -np.inf, 3, -3, -4, 2], np.float32)
    zeros = mb.array(np.array([0.0, -0.0], np.float32))
    with all_checks():
        *got, rest = mb.compile(
            [*(getattr(mb, name)(zeros) for name in odd), mb.array(a) % mb.array(b)], [], target
        ).run([])
    assert [(name, *np.signbit(y)) for name, y in zip(odd, got)] == [(name, False, True) for name in odd]
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(rest, np.remainder(a, b))
        np.testing.assert_array_equal(np.signbit(rest[:-1]), np.signbit(np.remainder(a, b)[:-1]))


@needs_compiler
@pytest.mark.parametrize("target", TARGETS)
def test_half_precision_is_computed_in_float(target):
    x = np.linspace(-0.99, 0.99, 101).astype(np.float16)
    names = ["asin", "acos", "atan", "atanh", "sinh", "log1p", "expm1", "erfinv", "tan"][TARGETS.index(target) :: 3]
    results = mb.compile([getattr(mb, name)(mb.array(x)) for name in names], [], target).run([])
    for name, got in zip(names, results, strict=True):
        exact = UNARY[name][0](x.astype(np.float64))
        np.testing.assert_allclose(got.astype(float), exact, rtol=1.2e-3, atol=1e-7, err_msg=name)


INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")


def whole_numbers(dtype: str, seed: int) -> np.ndarray:
    limits = np.iinfo(dtype)
    x = generator(dtype, seed).integers(limits.min, limits.max, size=67, dtype=dtype, endpoint=True)
    return np.concatenate([x, np.array([0, 1, limits.min, limits.max], dtype)])


@needs_compiler
@pytest.mark.parametrize("target", TARGETS)
def test_bits_and_shifts(target):
    cases = []
    for dtype in INTEGERS[TARGETS.index(target) :: len(TARGETS)]:
        a, b = whole_numbers(dtype, 1), whole_numbers(dtype, 2)
        count = np.resize(np.array([0, 1, 3, np.iinfo(dtype).bits - 1, np.iinfo(dtype).bits, 100], dtype), a.shape)
        for name, right in (("and", b), ("or", b), ("xor", b), ("left_shift", count), ("right_shift", count)):
            name = name if "shift" in name else f"bitwise_{name}"
            cases.append((name, [a, right]))
        cases += [("bitwise_invert", [a]), ("logical_not", [a])]
    outputs = [getattr(mb, name)(*(mb.array(each) for each in arguments)) for name, arguments in cases]
    for (name, arguments), got in zip(cases, mb.compile(outputs, [], target).run([]), strict=True):
        exact = getattr(np, name)(*arguments)
        assert got.dtype == exact.dtype
        np.testing.assert_array_equal(got, exact, err_msg=f"{name} {exact.dtype}")


@needs_compiler
@pytest.mark.parametrize("target", TARGETS)
def test_logical_and_bitwise_reductions(target):
    x = generator("reductions").integers(-3, 4, size=(5, 7, 4)).astype(np.int32)
    X, truth = mb.array(x), mb.array(x) > 0
    cases = [
        (mb.all(X), np.all(x)), (mb.all(X, 1), np.all(x, 1)), (mb.any(truth, (0, 2)), np.any(x > 0, (0, 2))),
        (mb.any(X, -1, True), np.any(x, -1, keepdims=True)), (mb.all(mb.zeros((0, 3)), 0), np.ones(3, bool)),
        (mb.reduce("and", X, 0), np.bitwise_and.reduce(x, 0)), (mb.reduce("or", X, 2), np.bitwise_or.reduce(x, 2)),
        (mb.reduce("xor", X), np.bitwise_xor.reduce(x.ravel())), (mb.reduce("mul", X, 0), np.prod(x, 0)),
        (mb.reduce("xor", truth, 1, True), np.logical_xor.reduce(x > 0, 1, keepdims=True)),
        (mb.argmin(X, 1), np.argmin(x, 1)), (mb.argmin(X), np.argmin(x)),
    ]  # fmt: skip
    results = mb.compile([each for each, _ in cases], [], target).run([])
    for number, (got, (_, exact)) in enumerate(zip(results, cases, strict=True)):
        np.testing.assert_array_equal(got, exact, err_msg=str(number))


def test_logical_functions_ask_for_truth():
    a, b = np.array([0, 1, 2, 3]), np.array([1.5, 0, np.nan, 0])
    for name in ("logical_and", "logical_or", "logical_xor"):
        got = reference.evaluate(getattr(mb, name)(mb.array(a), mb.array(b, "float32")))[0]
        np.testing.assert_array_equal(got, getattr(np, name)(a, b))
    np.testing.assert_array_equal(reference.evaluate(mb.logical_not(mb.array(b, "float32")))[0], np.logical_not(b))
    np.testing.assert_array_equal(reference.evaluate(mb.array([5, 6]) >> 1)[0], [2, 3])
    np.testing.assert_array_equal(reference.evaluate(1 << mb.array([5, 6]))[0], [32, 64])


@pytest.mark.parametrize("dtype", ["int8", "int32", "float32"])
def test_fmod_has_the_sign_of_the_dividend(dtype):
    a, b = (each.astype(dtype).ravel() for each in np.meshgrid([-128, -7, -1, 0, 5, 127], [-5, -3, 3, 7]))
    got = reference.evaluate(mb.fmod(mb.array(a), mb.array(b)))[0]
    np.testing.assert_allclose(got, np.fmod(a, b))
    quotient, rest = mb.divmod(mb.array(a), mb.array(b))
    np.testing.assert_array_equal(reference.evaluate([quotient, rest]), np.divmod(a, b))


GRADIENT_POINTS = {
    "acosh": [1.3, 2.0, 9.0],
    "log2": [0.2, 1.0, 5.0],
    "log10": [0.2, 1.0, 5.0],
    **dict.fromkeys(("asin", "acos", "atanh", "erfinv"), [-0.8, -0.1, 0.3, 0.9]),
}


@pytest.mark.parametrize("name", [each for each in UNARY if each not in ("trunc",)])
def test_gradients_of_functions(name):
    x = np.array(GRADIENT_POINTS.get(name, [-2.3, -0.4, 0.1, 0.8, 1.7]))
    x = np.abs(x) if name == "log1p" else x
    X = mb.array(x)  # float64: the reference evaluates it as such
    (gradient,) = mb.grad(mb.sum(getattr(mb, name)(X)), [X])
    function, step = UNARY[name][0], 1e-5
    slope = (function(x + step) - function(x - step)) / (2 * step)
    np.testing.assert_allclose(reference.evaluate(gradient)[0], slope, rtol=1e-7)
    (second,) = mb.grad(mb.sum(gradient), [X], allow_unused=True)
    shifted = [reference.evaluate(gradient, {X: x + d})[0] for d in (step, -step)]
    np.testing.assert_allclose(
        reference.evaluate(second)[0], (shifted[0] - shifted[1]) / (2 * step), rtol=1e-6, atol=1e-8
    )


@pytest.mark.parametrize("name", ["atan2", "hypot", "logaddexp", "copysign", "fmax", "fmin"])
def test_gradients_of_two_operands(name):
    a, b = np.array([0.3, -1.2, 2.0, -0.7]), np.array([1.1, 0.4, -2.5, -0.9])
    A, B = mb.array(a), mb.array(b)
    gradients = reference.evaluate(mb.grad(mb.sum(getattr(mb, name)(A, B)), [A, B], allow_unused=True))
    function, step = BINARY[name][0], 1e-6
    for got, da, db in zip(gradients, (step, 0), (0, step)):
        slope = (function(a + da, b + db) - function(a - da, b - db)) / (2 * step)
        np.testing.assert_allclose(got, slope, rtol=1e-7, atol=1e-9)


def test_ties_and_zeros_of_gradients():
    x = mb.array([2.0, 2.0])
    for part in mb.grad(mb.logaddexp(x[0], x[1]), [x]):
        np.testing.assert_allclose(reference.evaluate(part)[0], [0.5, 0.5])
    (gradient,) = mb.grad(mb.sum(mb.trunc(x)), [x])
    np.testing.assert_array_equal(reference.evaluate(gradient)[0], [0, 0])
    with pytest.raises(mb.MetaBangError, match="no gradient"):
        mb.grad(mb.sum(mb.isnan(x).astype("float32")), [x])


def test_erfinv_of_the_reference_inverts_erf():
    y = np.array([1e-9, 0.1, 0.5, 1.0, 2.0, 3.0, -4.0])
    x = np.array([math.erf(each) for each in y])
    np.testing.assert_allclose(ERFINV(x[:6]), y[:6], rtol=1e-9)


@needs_compiler
def test_long_bodies_fit_beside_large_tiles():
    x = mb.array(generator("large").uniform(-0.99, 0.99, size=(500, 1001)).astype(np.float32))
    y = mb.erfinv(x) + mb.atan2(x, x[0])  # about 30 temporaries on mtp_270
    (got,) = mb.compile(y, [], "mtp_270").run([])
    np.testing.assert_allclose(got, reference.evaluate(y)[0], rtol=1e-5, atol=1e-6)


@needs_compiler
@pytest.mark.parametrize("target", TARGETS)
def test_angles_up_to_ten_million(target):
    """Between zeros, and at the floats nearest to zeros and poles, where the reduced angle must be exact."""
    turns = np.concatenate([np.arange(1, 60), np.geomspace(60, 6.3e6, 400).astype(int)]) * (np.pi / 2)
    x = np.concatenate([both_signs(1e-3, 1e7, 500), turns, -turns, turns + 0.7]).astype(np.float32)
    exact_on = ["tan"] if target != "mtp_270" else ["tan", "sin", "cos"]  # later ones have builtins of their own
    assert not problems([(name, getattr(np, name), [x], 2e-5) for name in exact_on], target)
