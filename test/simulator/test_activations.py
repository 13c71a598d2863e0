"""Functions of one operand in the ideal mode: within 0.501 ulp (tanh: 0.502) of the exact value, and at ends."""

import math

import numpy as np
import pytest
from harness import kernel

erfc = np.vectorize(math.erfc)

LENGTH = 4096
BODY = """
  float *a = (float *)nram, *c = a + 4096;
  for (int i = 0; i < n; i += 4096) {
    __memcpy(a, x + i, 16384, GDRAM2NRAM);
    NAME(c, a, 4096);
    __memcpy(z + i, c, 16384, NRAM2GDRAM);
  }"""


def compute(sim, builtin, x):
    """The builtin on mtp_372 of float32 values, padded to whole blocks."""
    x = np.asarray(x, np.float32)
    padded = np.ones(-(-x.size // LENGTH) * LENGTH, np.float32)
    padded[: x.size] = x
    result = np.zeros_like(padded)
    text = kernel("float *x, float *z, int n", BODY.replace("NAME", builtin))
    assert sim.run(text, padded, result, padded.size, device="mtp_372", sanitize=0) == ""
    return result[: x.size]


def spread(low, high, decades=0):
    """Values over an interval, and around zero at every scale if `decades` is given; some around 1."""
    generator = np.random.default_rng(7)
    parts = [generator.uniform(low, high, 300_000)]
    if decades:
        parts.append(generator.choice([-1, 1], 100_000) * 10 ** generator.uniform(-decades, 0, 100_000))
    return np.concatenate(parts).astype(np.float32)


POSITIVE = np.concatenate([10 ** np.random.default_rng(1).uniform(-38, 38, 200_000), 1 + spread(-0.3, 0.4, 6)])
CASES = {
    "__bang_active_exp": (spread(-7.75, 88, 30), np.exp),
    "__bang_active_exphp": (spread(-15.5, 88), np.exp),
    "__bang_pow2": (spread(-126, 128, 30), np.exp2),
    "__bang_active_sigmoid": (spread(-7.75, 7.75, 30), lambda x: 1 / (1 + np.exp(-x))),
    "__bang_active_tanh": (spread(-12, 12, 30), np.tanh),
    "__bang_active_log": (POSITIVE[POSITIVE > 0], np.log),
    "__bang_log2": (POSITIVE[POSITIVE > 0], np.log2),
    "__bang_active_gelu": (
        spread(-3.875, 10, 30),
        lambda x: x * np.where(x < 0, erfc(-x / 2**0.5) / 2, 1 - erfc(x / 2**0.5) / 2),
    ),
    "__bang_active_sin": (spread(-1e5, 1e5, 30), np.sin),
    "__bang_active_cos": (spread(-1e5, 1e5, 30), np.cos),
    "__bang_active_sqrt": (np.abs(spread(0, 100, 30)), np.sqrt),
    "__bang_active_recip": (spread(-100, 100, 30), lambda x: 1 / x),
}


@pytest.mark.parametrize("builtin", CASES)
def test_result_is_nearly_the_rounded_exact_value(sim, builtin):
    x, exact = CASES[builtin]
    x = x.astype(np.float32)
    wanted = exact(x.astype(np.float64))
    error = np.abs(compute(sim, builtin, x) - wanted) / np.spacing(np.abs(wanted.astype(np.float32))).astype(np.float64)
    worst = np.argmax(error)
    limit = 0.502 if "tanh" in builtin else 0.501
    assert error[worst] <= limit, f"{builtin}({float(x[worst])!r}) is {error[worst]:.3f} ulp off"


INF, NAN = np.inf, np.nan
SPECIAL = {
    "__bang_active_exp": ([0, -0.0, INF, -INF, NAN, 1e-45, 89.5], [1, 1, INF, 5.96e-8, NAN, 1, INF]),
    "__bang_pow2": ([0, 127, -149, -300, INF, -INF, NAN], [1, 2.0**127, 2.0**-149, 0, INF, 0, NAN]),
    "__bang_active_sigmoid": ([0, INF, -INF, NAN, 8, -8], [0.5, 1, 0, NAN, 1, 0]),
    "__bang_active_tanh": (
        [0, -0.0, INF, -INF, NAN, 1e-45, -1e-30, 9.02, -9.2, 3e38],
        [0, -0.0, 1, -1, NAN, 1e-45, -1e-30, 1, -1, 1],
    ),
    "__bang_active_log": ([0, -0.0, INF, -1, NAN, 1], [-INF, -INF, INF, NAN, NAN, 0]),
    "__bang_active_gelu": ([0, -0.0, INF, -INF, NAN, 3e38], [0, -0.0, INF, -5.96e-8, NAN, 3e38]),
    "__bang_active_sin": ([0, -0.0, INF, NAN, 3e38], [0, -0.0, NAN, NAN, np.sin(np.float64(np.float32(3e38)))]),
    "__bang_active_cos": ([0, -INF, NAN, 1e6], [1, NAN, NAN, np.cos(1e6)]),
}


@pytest.mark.parametrize("builtin", SPECIAL)
def test_special_values(sim, builtin):
    x, wanted = (np.array(v, np.float32) for v in SPECIAL[builtin])
    result = compute(sim, builtin, x)
    np.testing.assert_array_equal(result, wanted)
    finite = ~np.isnan(wanted)
    np.testing.assert_array_equal(np.signbit(result[finite]), np.signbit(wanted[finite]))


@pytest.mark.parametrize("length", [32, 96, 288, 4000])
def test_tanh_of_any_length_in_place(sim, length):
    """The loop takes 128 elements at a time; what is left over, and what lies behind the vector, is right as well."""
    x = np.random.default_rng(length).uniform(-3, 3, LENGTH).astype(np.float32)
    result = np.zeros_like(x)
    body = """
  float *a = (float *)nram;
  __memcpy(a, x, 16384, GDRAM2NRAM);
  __bang_active_tanh(a, a, n);
  __memcpy(z, a, 16384, NRAM2GDRAM);"""
    text = kernel("float *x, float *z, int n", body)
    assert sim.run(text, x, result, length, device="mtp_372", sanitize=0) == ""
    np.testing.assert_array_max_ulp(result[:length], np.tanh(x[:length].astype(np.float64)).astype(np.float32))
    np.testing.assert_array_equal(result[length:], x[length:])
