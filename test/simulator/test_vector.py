"""Element-wise builtins against NumPy, with the values at which they may go wrong."""

from __future__ import annotations

from fractions import Fraction

import expect_vector
import numpy as np
import pytest
from harness import kernel

F32_MAX = np.float32(np.finfo(np.float32).max)
SPECIAL = np.array(
    [
        0.0,
        -0.0,
        1.0,
        -1.0,
        0.5,
        1.5,
        2.5,
        -2.5,
        np.inf,
        -np.inf,
        np.nan,
        F32_MAX,
        -F32_MAX,
        1e-45,
        -1e-40,
        1.17549435e-38,
        65504.0,
        65520.0,
        3.4,
        -7.75,
        1e30,
        -1e30,
        2.0**-24,
        2.0**-25,
        100.0,
        -100.0,
    ],
    np.float32,
)
CTYPE = {
    np.float32: "float",
    np.float16: "half",
    np.int32: "int",
    np.int16: "short",
    np.int8: "int8_t",
    np.uint8: "uint8_t",
}


def pairs(dtype) -> tuple[np.ndarray, np.ndarray]:
    """Every pair of special values, padded to whole 128-element blocks with random numbers."""
    rng = np.random.default_rng(0)
    if np.issubdtype(dtype, np.floating):
        with np.errstate(over="ignore"):
            values = SPECIAL.astype(dtype)
        fill = rng.standard_normal(2048)
    else:
        info = np.iinfo(dtype)
        values = np.array([0, 1, 2, 3, info.max, info.min, info.max // 2, 7, 100], dtype)
        fill = rng.integers(info.min, info.max, 2048)
    a, b = (v.ravel() for v in np.meshgrid(values, values))
    n = (a.size + 511) // 128 * 128
    a = np.concatenate([a, fill[: n - a.size].astype(dtype)])
    b = np.concatenate([b, fill[1 : n - b.size + 1].astype(dtype)])
    return np.ascontiguousarray(a), np.ascontiguousarray(b)


def binary_text(builtin: str, ctype: str, n: int, size: int, call: str) -> str:
    step = (n * size + 127) // 128 * 128
    return kernel(
        f"{ctype} *x, {ctype} *y, {ctype} *z",
        f"""  {ctype} *a = ({ctype} *)nram, *b = ({ctype} *)(nram + {step}), *c = ({ctype} *)(nram + {2 * step});
  __memcpy(a, x, {n * size}, GDRAM2NRAM);
  __memcpy(b, y, {n * size}, GDRAM2NRAM);
  {builtin}({call.format(n=n)});
  __memcpy(z, c, {n * size}, NRAM2GDRAM);""",
    )


def run_binary(sim, builtin, a, b, device, call="c, a, b, {n}"):
    out = np.zeros_like(a)
    text = binary_text(builtin, CTYPE[a.dtype.type], a.size, a.itemsize, call)
    assert sim.run(text, a, b, out, device=device) == ""
    return out


def saturated(result: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """What MLU2xx makes of an IEEE result: never Inf, never NaN."""
    top = np.finfo(result.dtype).max
    sign = np.where(np.isnan(a), a, np.where(np.isnan(b), b, np.where(np.isnan(result), 1, result)))
    return np.copysign(np.where(np.abs(result) <= top, np.abs(result), top), sign).astype(result.dtype)


ARITHMETIC = {
    "__bang_add": np.add,
    "__bang_sub": np.subtract,
    "__bang_mul": np.multiply,
    "__bang_maxequal": lambda a, b: np.where(b > a, b, a),
    "__bang_minequal": lambda a, b: np.where(b < a, b, a),
}
TRUTH = {f"__bang_{name}": truth for name, truth in expect_vector.TRUTH.items()}


@pytest.mark.parametrize("device", ["mtp_270", "mtp_372"])
@pytest.mark.parametrize("dtype", [np.float32, np.float16])
@pytest.mark.parametrize("builtin", ARITHMETIC)
def test_arithmetic_of_floats(sim, builtin, dtype, device):
    a, b = pairs(dtype)
    with np.errstate(all="ignore"):
        want = ARITHMETIC[builtin](a, b).astype(dtype)
    if device == "mtp_270":
        if builtin.endswith("equal"):  # the larger of a number and Inf is Inf there too; a NaN makes the largest number
            nan = np.where(np.isnan(a), a, b)
            want = np.where(np.isnan(nan), np.copysign(np.finfo(dtype).max, nan), want)
        else:
            want = saturated(want, a, b)
    np.testing.assert_array_equal(run_binary(sim, builtin, a, b, device), want)


@pytest.mark.parametrize("device", ["mtp_270", "mtp_592"])
@pytest.mark.parametrize("dtype", [np.float32, np.float16])
@pytest.mark.parametrize("builtin", TRUTH)
def test_truth_of_floats(sim, builtin, dtype, device):
    a, b = pairs(dtype)
    np.testing.assert_array_equal(run_binary(sim, builtin, a, b, device), TRUTH[builtin](a, b).astype(dtype))


@pytest.mark.parametrize("dtype", [np.int32, np.int16, np.int8, np.uint8])
@pytest.mark.parametrize(
    "builtin", ["__bang_add", "__bang_sub", "__bang_mul", "__bang_maxequal", "__bang_eq", "__bang_lt"]
)
def test_integers_wrap(sim, builtin, dtype):
    a, b = pairs(dtype)
    with np.errstate(all="ignore"):
        want = {**ARITHMETIC, **TRUTH}[builtin](a, b).astype(dtype)
    np.testing.assert_array_equal(run_binary(sim, builtin, a, b, "mtp_372"), want)


@pytest.mark.parametrize(
    "builtin,scalar", [("__bang_add_scalar", 2.5), ("__bang_mul_const", -3.0), ("__bang_sub_scalar", 1e30)]
)
@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_scalar_forms(sim, builtin, scalar, dtype):
    a, _ = pairs(dtype)
    op = {"add": np.add, "sub": np.subtract, "mul": np.multiply}[builtin[7:10]]
    with np.errstate(all="ignore"):
        value = dtype(scalar)
        want = op(a, value)
    got = run_binary(sim, builtin, a, a, "mtp_372", f"c, a, ({CTYPE[dtype]}){scalar}f, {{n}}")
    np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("period", [64, 128, 384])
def test_cycle_repeats_the_segment(sim, period):
    rng = np.random.default_rng(1)
    a, b = rng.standard_normal((2, 384 * 8)).astype(np.float32)
    got = run_binary(sim, "__bang_cycle_mul", a, b, "mtp_270", f"c, a, b, {{n}}, {period}")
    np.testing.assert_array_equal(got, a * np.tile(b[:period], a.size // period))


def test_in_place_and_bitwise(sim):
    a, b = pairs(np.int8)
    got = run_binary(sim, "__bang_bxor", a, b, "mtp_270", "(char *)c, (char *)a, (char *)b, {n}")
    np.testing.assert_array_equal(got, a ^ b)
    x, y = pairs(np.float32)
    got = run_binary(sim, f"__bang_add(a, a, b, {x.size}); __bang_maxequal", x, y, "mtp_372", "c, a, a, {n}")
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(got, x + y)


def test_bit_index_packs_lowest_bit_first(sim):
    rng = np.random.default_rng(2)
    a, b = rng.integers(0, 3, (2, 1024)).astype(np.float32)
    out = np.zeros(128, np.uint8)
    text = kernel(
        "float *x, float *y, uint8_t *z",
        """  __memcpy(nram, x, 4096, GDRAM2NRAM); __memcpy(nram + 4096, y, 4096, GDRAM2NRAM);
  __bang_ge_bitindex((float *)(nram + 8192), (float *)nram, (float *)(nram + 4096), 1024);
  __memcpy(z, nram + 8192, 128, NRAM2GDRAM);""",
    )
    assert sim.run(text, a, b, out) == ""
    np.testing.assert_array_equal(out, np.packbits(a >= b, bitorder="little"))


def run_unary(sim, builtin, x, device, out_dtype=None, extra=""):
    out = np.zeros(x.size, out_dtype or x.dtype)
    text = kernel(
        f"{CTYPE[x.dtype.type]} *x, {CTYPE[out.dtype.type]} *z",
        f"""  auto *a = ({CTYPE[x.dtype.type]} *)nram; auto *c = ({CTYPE[out.dtype.type]} *)(nram + 65536);
  __memcpy(a, x, {x.nbytes}, GDRAM2NRAM);
  {builtin}(c, a, {x.size}{extra});
  __memcpy(z, c, {out.nbytes}, NRAM2GDRAM);""",
    )
    assert sim.run(text, x, out, device=device) == ""
    return out


def sigmoid(x):
    return np.where(x < -7.75, 0, np.where(x > 7.75, 1, 1 / (1 + np.exp(-x))))


# name: reference on float64, range
FUNCTIONS = {
    "__bang_active_relu": (lambda x: np.maximum(x, 0), -1e4, 1e4),
    "__bang_active_abs": (np.abs, -1e4, 1e4),
    "__bang_active_sign": (lambda x: np.where(x >= 0, 1.0, -1.0), -5, 5),
    "__bang_active_sigmoid": (sigmoid, -10, 10),
    "__bang_active_tanh": (np.tanh, -9, 9),
    "__bang_active_exp": (lambda x: np.where(x < -7.75, 5.96e-8, np.exp(x)), -9, 11),
    "__bang_active_exphp": (lambda x: np.where(x < -15.5, 3e-7, np.exp(x)), -17, 16),
    "__bang_active_log": (np.log, 6.1e-5, 63484),
    "__bang_active_sqrt": (np.sqrt, 0, 63487),
    "__bang_active_rsqrt": (lambda x: 1 / np.sqrt(x), 0.005, 63487),
    "__bang_active_reciphp": (lambda x: 1 / x, 1e-3, 2e6),
    "__bang_active_sin": (np.sin, -6.28, 6.28),
    "__bang_active_cos": (np.cos, -6.28, 6.28),
    "__bang_square": (np.square, -100, 100),
    "__bang_sqrt": (np.sqrt, 0, 1e9),
    "__bang_rsqrt": (lambda x: 1 / np.sqrt(x), 1e-9, 1e9),
    "__bang_recip": (lambda x: 1 / x, -1e3, 1e3),
    "__bang_pow2": (np.exp2, -30, 30),
    "__bang_log2": (np.log2, 1e-6, 1e6),
    "__bang_floor": (np.floor, -100, 100),
    "__bang_round": (lambda x: np.trunc(x) + np.trunc(2 * (x - np.trunc(x))), -100, 100),
}


@pytest.mark.parametrize("builtin", FUNCTIONS)
def test_functions_round_once(sim, builtin):
    reference, low, high = FUNCTIONS[builtin]
    x = np.linspace(low, high, 2048).astype(np.float32)
    x[:4] = [max(low, 0.5), max(low, 1.5), max(low, -2.5), high]
    device = "mtp_270" if "active" in builtin else "mtp_372"
    got = run_unary(sim, builtin, x, device)
    want = reference(x.astype(np.float64))
    np.testing.assert_allclose(got, want, rtol=6.1e-8 if builtin != "__bang_rsqrt" else 1.2e-7, atol=1e-12)


def test_active_functions_of_half(sim):
    x = np.linspace(-8, 8, 1024).astype(np.float16)
    got = run_unary(sim, "__bang_active_sigmoid", x, "mtp_270")
    np.testing.assert_allclose(got, sigmoid(x.astype(float)), rtol=5e-4, atol=6e-8)


def test_nan_and_inf_in_functions(sim):
    x = np.resize(np.array([np.nan, np.inf, -np.inf, -1.0], np.float32), 64)
    np.testing.assert_array_equal(run_unary(sim, "__bang_relu", x, "mtp_372"), np.resize([np.nan, np.inf, 0, 0], 64))
    got = run_unary(sim, "__bang_active_relu", x, "mtp_270")  # 2xx makes neither
    np.testing.assert_array_equal(got, np.resize(np.array([F32_MAX, F32_MAX, 0, 0], np.float32), 64))


def test_fusion(sim):
    rng = np.random.default_rng(3)
    a, b = rng.standard_normal((2, 512)).astype(np.float32)
    got = run_binary(sim, "__bang_fusion", a, b, "mtp_372", "FUSION_FMA, c, a, b, 0.25f, {n}")
    np.testing.assert_array_equal(got, (a.astype(float) * b + 0.25).astype(np.float32))
    got = run_binary(sim, "__bang_fusion", a, b, "mtp_592", "FUSION_FSM, c, a, b, b, {n}, 128")
    c = np.tile(b[:128], 4).astype(float)
    np.testing.assert_array_equal(got, ((a - c) * c).astype(np.float32))


def rounded_once(exact: Fraction, dtype) -> float:
    """The nearest number of the type, ties to even; no overflow."""
    near = dtype(float(exact))
    around = [np.nextafter(near, dtype(-np.inf)), near, np.nextafter(near, dtype(np.inf))]
    return min(around, key=lambda v: (abs(Fraction(float(v)) - exact), int(v.view(f"u{v.itemsize}")) & 1))


FUSIONS = {
    "FMA": lambda a, b, c: a * b + c,
    "FMS": lambda a, b, c: a * b - c,
    "FAM": lambda a, b, c: (a + b) * c,
    "FSM": lambda a, b, c: (a - b) * c,
    "FAA": lambda a, b, c: a + b + c,
    "FAS": lambda a, b, c: a + b - c,
    "FSS": lambda a, b, c: a - b - c,
    "FSA": lambda a, b, c: a - b + c,
}


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_fusion_rounds_once(sim, dtype):
    """Against exact fractions, with sums that cancel and numbers far apart."""
    rng = np.random.default_rng(4)
    n, t = 128, CTYPE[dtype]
    spread = 12 if dtype == np.float32 else 3
    a, b, c = (rng.standard_normal((3, n)) * 2.0 ** rng.integers(-spread, spread, (3, n))).astype(dtype)
    b[:32], c[:16] = -a[:32] * dtype(1.5), dtype(2.0**-spread)
    b[32:48] = dtype(1) + np.finfo(dtype).eps  # products that end in a tie
    c[32:48] = a[32:48] * np.finfo(dtype).eps / 2
    calls = "".join(
        f"  __bang_fusion(FUSION_{f}, d + {i * n}, a, a + {n}, a + {2 * n}, {n});\n" for i, f in enumerate(FUSIONS)
    )
    size = n * np.dtype(dtype).itemsize
    text = kernel(
        f"{t} *x, {t} *z",
        f"""  {t} *a = ({t} *)nram, *d = ({t} *)(nram + 8192);
  __memcpy(a, x, {3 * size}, GDRAM2NRAM);
{calls}  __memcpy(z, d, {8 * size}, NRAM2GDRAM);""",
    )
    out = np.zeros((8, n), dtype)
    assert sim.run(text, np.concatenate([a, b, c]), out, device="mtp_372") == ""
    for row, (name, f) in zip(out, FUSIONS.items()):
        operands = (tuple(Fraction(float(v)) for v in abc) for abc in zip(a, b, c))
        want = np.array([rounded_once(f(*abc), dtype) for abc in operands], dtype)
        np.testing.assert_array_equal(row, want, name)
