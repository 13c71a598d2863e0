"""The documented numerics mode: deviations within the vendor's bounds, undefined results outside of its ranges."""

from __future__ import annotations

import ctypes
import math

import numpy as np
import pytest
from compiled import launch
from harness import kernel

N = 1024
ERF = np.vectorize(math.erf)


def gelu(x):
    return 0.5 * x * (1 + ERF(x / np.sqrt(2)))


def clamped(f, below, value, above=np.inf):
    """f with the documented constant below `below`, and 1 above `above`."""
    return lambda x: np.where(x < below, value, np.where(x > above, 1.0, f(x)))


def exp(x):
    return np.exp(np.minimum(x, 700))


def sigmoid(x):
    return 1 / (1 + np.exp(-np.clip(x, -700, 700)))


HALF_EXP = 2.0**-24  # 5.96e-8
# builtin: the function, operands that are documented, the largest relative and absolute error of float and of half
ACTIVE = {
    "sigmoid": (clamped(sigmoid, -7.75, 0.0, 7.75), (-100, 100), (0.01, 0), (0.01, 0)),
    "tanh": (np.tanh, (-100, 100), (0.01, 0), (0.01, 0)),
    "gelu": (clamped(gelu, -3.875, -5.96e-8), (-10, 10), (0.003, 0), (0.0108, 1.6e-3)),
    "gelup": (clamped(gelu, -3.875, -5.96e-8), (-10, 10), (0.003, 0), (0.0112, 3.6e-3)),
    "exp": (clamped(exp, -7.75, 5.96e-8), (-20, 11), (0.01, 0), (0.05, 0)),
    "exp_less_0": (clamped(exp, -15.5, 5.96e-8), (-20, -1e-3), (0.003, 0), (0.01, 0)),
    "exphp": (exp, (-7, 11), (0.003, 0), (0.05, 0)),
    "log": (np.log, (6.2e-5, 63000), (0.01, 0), (0.01, 0)),
    "loghp": (np.log, (6.2e-5, 63000), (0.001, 0), (0.01, 0.0121)),
    "recip": (lambda x: 1 / x, (0.0079, 65000), (0.003, 0), (0.01, 0)),
    "recip_greater_1": (lambda x: 1 / x, (1, 63000), (0.003, 0), (0.01, 0)),
    "reciphp": (lambda x: 1 / x, (0.004, 65000), (0.0004, 0), (0.01, 1.34e-4)),
    "sqrt": (np.sqrt, (0, 63000), (0.01, 0), (0.01, 0)),
    "sqrthp": (np.sqrt, (0, 63000), (0.003, 0), (0.01, 3.406e-3)),
    "rsqrt": (lambda x: 1 / np.sqrt(x), (0.0051, 63000), (0.01, 0), (0.01, 0)),
    "rsqrthp": (lambda x: 1 / np.sqrt(x), (4e-4, 63000), (0.0005, 0), (0.01, 8.65e-4)),
    "sin": (np.sin, (-6.28, 6.28), (0.01, 0), (0.01, 0)),
    "cos": (np.cos, (-6.28, 6.28), (0.01, 0), (0.01, 0)),
    "relu": (lambda x: np.maximum(x, 0), (-100, 100), (0, 0), (0, 0)),
    "abs": (np.abs, (-100, 100), (0, 0), (0, 0)),
    "sign": (lambda x: np.where(x >= 0, 1.0, -1.0), (-100, 100), (0, 0), (0, 0)),
}
CTYPE = {np.float32: "float", np.float16: "half"}
BODY = """extern "C" __mlu_global__ void {name}({t} *x, {t} *z) {{
  {t} *a = ({t} *)nram, *c = ({t} *)(nram + 8192);
  __memcpy(a, x, {bytes}, GDRAM2NRAM);
  __bang_active_{f}(c, a, {n});
  __memcpy(z, c, {bytes}, NRAM2GDRAM);
}}
"""


def text() -> str:
    """A kernel for each builtin and type."""
    lines = ["#include <bang.h>\n__nram__ int8_t nram[65536];\n"]
    for f in [*ACTIVE, "pow2"]:
        for dtype, t in CTYPE.items():
            size = N * np.dtype(dtype).itemsize
            lines.append(BODY.format(name=f"{f}_{t}", f=f, t=t, n=N, bytes=size))
    return "".join(lines)


@pytest.fixture
def documented(sim):
    sim.lib.mluSimGetNumerics.restype = ctypes.c_char_p
    assert sim.lib.mluSimSetNumerics(b"documented", ctypes.c_ulonglong(7)) == 0
    yield sim
    assert sim.lib.mluSimSetNumerics(b"ideal", ctypes.c_ulonglong(0)) == 0


def run(sim, f, x, device):
    z = np.zeros_like(x)
    return z, launch(sim, text(), f"{f}_{CTYPE[x.dtype.type]}", [x, z], device)


def operands(low: float, high: float, dtype) -> np.ndarray:
    """Both ends, zero where it belongs to the range, small and large numbers between."""
    rng = np.random.default_rng(3)
    x = rng.uniform(low, high, N)
    if low > 0:
        x[::2] = np.exp(rng.uniform(np.log(low), np.log(high), N)[::2])
    elif low < 0 < high:
        x[::2] /= 100
    x[:2] = low, high
    if low <= 0 <= high:
        x[2:4] = 0.0, -0.0
    return x.astype(dtype)


@pytest.mark.parametrize("device", ["mtp_270", "mtp_372", "mtp_592"])
@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_documented_results_deviate_within_the_documented_bounds(documented, dtype, device):
    for f, (exact, (low, high), single, half) in ACTIVE.items():
        x = operands(low, high, dtype)
        got, report = run(documented, f, x, device)
        assert report == "", f
        want = exact(x.astype(np.float64))
        relative, absolute = half if dtype == np.float16 else single
        unit = np.abs(np.spacing(got)) if dtype == np.float16 else np.abs(np.spacing(want.astype(np.float32)))
        error = np.abs(got.astype(np.float64) - want)
        bound = relative * np.abs(want) + absolute + unit
        worst = np.argmax(error - bound)
        assert (error <= bound).all(), (f, x[worst], got[worst], want[worst])
        if relative:  # deviates everywhere, not only here and there
            assert np.mean(error > 0.1 * relative * np.abs(want)) > 0.3, f
        again, _ = run(documented, f, x[::-1].copy(), device)
        np.testing.assert_array_equal(again[::-1], got)  # a function of the operand, not of its place


def test_the_seed_determines_the_deviations(documented):
    x = operands(-6, 6, np.float32)
    first, _ = run(documented, "tanh", x, "mtp_372")
    documented.lib.mluSimSetNumerics(b"documented", ctypes.c_ulonglong(8))
    other, _ = run(documented, "tanh", x, "mtp_372")
    documented.lib.mluSimSetNumerics(b"documented", ctypes.c_ulonglong(7))
    same, _ = run(documented, "tanh", x, "mtp_372")
    np.testing.assert_array_equal(first, same)
    assert np.mean(first != other) > 0.9
    documented.lib.mluSimSetNumerics(b"ideal", ctypes.c_ulonglong(0))
    ideal, _ = run(documented, "tanh", x, "mtp_372")
    np.testing.assert_array_max_ulp(ideal, np.tanh(x.astype(np.float64)).astype(np.float32), 1)
    assert documented.lib.mluSimGetNumerics() == b"ideal"
    assert documented.lib.mluSimSetNumerics(b"exact", ctypes.c_ulonglong(0)) == -1


OUTSIDE = [
    ("exp", np.float32, 11.5, "[-3.40282e+38, 11]"),
    ("exp_less_0", np.float16, 0.0, "[-65504, 0)"),
    ("log", np.float32, 0.0, "[6.1e-05, 63484]"),
    ("recip", np.float16, -1.0, "[0.0078125, 65472]"),
    ("pow2", np.float32, 1.5, "integers of [-31, 31]"),
    ("sin", np.float32, 7.0, "[-6.28319, 6.28319]"),
    ("rsqrt", np.float32, 0.001, "[0.005, 63487]"),
    ("tanh", np.float32, np.nan, "[-3.40282e+38, 3.40282e+38]"),
]


@pytest.mark.parametrize("device", ["mtp_270", "mtp_372"])
@pytest.mark.parametrize("f,dtype,value,bounds", OUTSIDE)
def test_outside_of_the_documented_range_the_result_is_undefined(documented, f, dtype, value, bounds, device):
    x = np.full(N, 2.0, dtype) if f != "exp_less_0" else np.full(N, -2.0, dtype)
    x[5] = value
    z, report = run(documented, f, x, device)
    line = [i for i, s in enumerate(text().splitlines(), 1) if f"__bang_active_{f}(" in s][dtype == np.float16]
    assert f"__bang_active_{f} at line {line} was given {float(dtype(value)):.9g}" in report, report
    assert bounds in report and "element 5" in report, report
    out = np.zeros_like(x)
    documented.run(kernel_of(f, dtype), x, out, device=device, sanitize=0)
    assert np.isfinite(out[5]) if device == "mtp_270" else np.isnan(out[5])
    assert np.isfinite(np.delete(out, 5)).all()


def kernel_of(f: str, dtype) -> str:
    t = CTYPE[dtype]
    size = N * np.dtype(dtype).itemsize
    return "#include <bang.h>\n__nram__ int8_t nram[65536];\n" + BODY.format(name="k", f=f, t=t, n=N, bytes=size)


def test_undefined_lanes_that_nobody_uses_are_no_error(documented):
    """A padded tail may hold anything; what counts is whether its results leave."""
    body = """  float *a = (float *)nram, *c = (float *)(nram + 8192);
  __bang_write_value(a, 128, 0.f);
  __memcpy(a, x, 400, GDRAM2NRAM);
  __bang_active_log(c, a, 128);
  __bang_mul_scalar(c, c, 2.f, 128);
  __memcpy(z, c, {bytes}, NRAM2GDRAM);"""
    x, z = np.full(100, 2.0, np.float32), np.zeros(128, np.float32)
    good = kernel("float *x, float *z", body.format(bytes=400))
    assert documented.run(good, x, z, device="mtp_372") == ""
    np.testing.assert_allclose(z[:100], 2 * np.log(2), rtol=0.0101)
    bad = kernel("float *x, float *z", body.format(bytes=512))
    report = documented.run(bad, x, z, device="mtp_372")
    assert "undefined" in report and "__bang_active_log at line 7 was given 0 (element 100)" in report, report


@pytest.mark.parametrize("device", ["mtp_270", "mtp_372"])
@pytest.mark.parametrize("order", [3, 4])
def test_taylor_builtins(documented, order, device):
    """Their constants outside of (-7.75, 7.75) hold in both modes; tanh has none."""
    x = np.concatenate([[-np.inf, -1e30, -8, -7.75, 7.75, 8, 1e30, np.inf, np.nan], np.linspace(-7.7, 7.7, 119)])
    x = x.astype(np.float32)
    names = ["sin", "cos", "sigmoid", "softplus"]
    calls = "".join(f"  __bang_taylor{order}_{f}(c + {i * 128}, a, b, b + 128, 128);\n" for i, f in enumerate(names))
    source = kernel(
        "float *x, float *z",
        f"""  float *a = (float *)nram, *b = (float *)(nram + 4096), *c = (float *)(nram + 8192);
  __memcpy(a, x, 512, GDRAM2NRAM);
{calls}  __memcpy(z, c, 2048, NRAM2GDRAM);""",
    )
    got = np.zeros((4, 128), np.float32)
    assert documented.run(source, x, got, device=device) == ""
    top = np.float32(np.finfo(np.float32).max)
    low, high = np.float32(2.0**-149), np.float32(1 - 2.0**-24)
    soft = np.float32(2.1532489e-4)
    finite = {
        "sin": [0] * 6,
        "cos": [0] * 6,
        "sigmoid": [low] * 3 + [high] * 3,
        "softplus": [soft] * 3 + [np.float32(v) + np.float32(4.76837e-7) for v in (7.75, 8, 1e30)],
    }
    ends = {"sin": (0, 0), "cos": (0, 0), "sigmoid": (low, high), "softplus": (soft, top)}
    inner = x[9:].astype(np.float64)
    exact = {
        "sin": np.sin(inner),
        "cos": np.cos(inner),
        "sigmoid": sigmoid(inner),
        "softplus": np.log1p(np.exp(inner)),
    }
    for row, f in zip(got, names):
        infinite = (ends[f][0], ends[f][1], ends[f][1]) if device == "mtp_270" else (np.nan,) * 3
        np.testing.assert_array_equal(row[[0, 7, 8]], np.array(infinite, np.float32), f)
        np.testing.assert_array_equal(row[1:7], np.array(finite[f], np.float32), f)
        np.testing.assert_allclose(row[9:], exact[f], rtol=2e-5 if order == 3 else 2e-6, atol=1e-12)


def test_a_division_by_zero_is_undefined(documented):
    source = kernel(
        "float *x, float *z",
        """  float *a = (float *)nram, *c = (float *)(nram + 4096);
  __memcpy(a, x, 512, GDRAM2NRAM);
  __bang_div(c, a, a + 64, 64);
  __memcpy(z, c, 256, NRAM2GDRAM);""",
    )
    x, z = np.full(128, 3, np.float32), np.zeros(64, np.float32)
    assert documented.run(source, x, z, device="mtp_592") == ""
    x[64 + 7] = -0.0
    report = documented.run(source, x, z, device="mtp_592")
    assert "__bang_div at line 6 divides by 0 (element 7), which the documents exclude" in report, report
    documented.lib.mluSimSetNumerics(b"ideal", ctypes.c_ulonglong(0))
    assert documented.run(source, x, z, device="mtp_592") == ""
    assert z[7] == -np.inf


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_the_order_of_sums_is_not_promised(documented, dtype):
    """Exact and rounded once in ideal mode; within single precision otherwise, by the seed."""
    t, n = CTYPE[dtype], 4096 // np.dtype(dtype).itemsize
    source = kernel(
        f"{t} *x, {t} *z",
        f"""  {t} *a = ({t} *)nram, *c = ({t} *)(nram + 8192);
  __memcpy(a, x, 4096, GDRAM2NRAM);
  __bang_write_zero(c, {n} + 64);
  __bang_reduce_sum(c, a, {n});
  __bang_sumpool(c + {n}, a, 64, 1, {n // 64}, 1, {n // 64}, 1, 1);
  __memcpy(z, c, 4096 + 64 * sizeof({t}), NRAM2GDRAM);""",
    )
    x = (np.random.default_rng(1).standard_normal(n) * 10.0 ** np.random.default_rng(2).integers(-2, 3, n)).astype(
        dtype
    )
    exact = np.concatenate([x.reshape(32, -1).astype(float).sum(1), x.reshape(-1, 64).astype(float).sum(0)])
    results = []
    for mode, seed in ((b"ideal", 0), (b"documented", 1), (b"documented", 2)):
        documented.lib.mluSimSetNumerics(mode, ctypes.c_ulonglong(seed))
        z = np.zeros(n + 64, dtype)
        assert documented.run(source, x, z, device="mtp_372") == ""
        results.append(np.concatenate([z[:n].reshape(32, -1)[:, 0], z[n:]]))
    np.testing.assert_array_equal(results[0], exact.astype(dtype))
    scale = np.concatenate([np.abs(x).reshape(32, -1).sum(1), np.abs(x).reshape(-1, 64).sum(0)]).astype(float)
    for got in results[1:]:
        unit = np.spacing(np.abs(exact).astype(dtype)).astype(float)
        assert (np.abs(got - exact) <= 128 * 2.0**-24 * scale + unit).all()
    if dtype == np.float32:
        assert (results[1] != results[2]).any()
