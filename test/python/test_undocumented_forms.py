"""Forms that no document of the vendor lists and that public kernels call."""

from __future__ import annotations

import numpy as np
import pytest

import metabang as mb
from metabang.dtypes import round_bfloat16

TEXT = """
#include <bang.h>
#define N 256
__mlu_global__ void bits(float *out, const float *x, const float *mask, float modulus) {
  __nram__ float a[N], m[N], r[N];
  __memcpy(a, x, sizeof a, GDRAM2NRAM);
  __memcpy(m, mask, sizeof m, GDRAM2NRAM);
  __bang_band(r, a, m, N);
  __memcpy(out, r, sizeof r, NRAM2GDRAM);
  __bang_bor(r, a, m, N);
  __memcpy(out + N, r, sizeof r, NRAM2GDRAM);
  __bang_bxor(r, a, m, N);
  __memcpy(out + 2 * N, r, sizeof r, NRAM2GDRAM);
  __bang_neg(r, a, N);
  __memcpy(out + 3 * N, r, sizeof r, NRAM2GDRAM);
  __bang_rem(r, a, modulus, N);
  __memcpy(out + 4 * N, r, sizeof r, NRAM2GDRAM);
}
__mlu_global__ void activations(bfloat16_t *out, const bfloat16_t *x) {
  __nram__ bfloat16_t a[N], r[N];
  __memcpy(a, x, sizeof a, GDRAM2NRAM);
  __bang_active_sigmoid(r, a, N);
  __memcpy(out, r, sizeof r, NRAM2GDRAM);
  __bang_active_tanh(r, a, N);
  __memcpy(out + N, r, sizeof r, NRAM2GDRAM);
  __bang_active_relu(r, a, N);
  __memcpy(out + 2 * N, r, sizeof r, NRAM2GDRAM);
}
"""


@pytest.fixture(scope="module")
def module() -> mb.bang.Module:
    return mb.bang.load(TEXT, arch="mtp_592")


def test_bits_and_remainders_of_floats(module: mb.bang.Module) -> None:
    x = np.linspace(-40, 40, 256, dtype=np.float32)
    x[:4] = 0, -0.0, np.inf, np.nan
    mask = np.where(np.arange(256) % 3, 0, -1).astype(np.int32).view(np.float32)
    out = np.zeros((5, 256), np.float32)
    module["bits"](out, x, mask, 7.5, sanitize=True)
    a, m, bits = x.view(np.int32), mask.view(np.int32), out.view(np.int32)
    np.testing.assert_array_equal(bits[0], a & m)
    np.testing.assert_array_equal(bits[1], a | m)
    np.testing.assert_array_equal(bits[2], a ^ m)
    np.testing.assert_array_equal(out[3], -x)
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(out[4], np.fmod(x, np.float32(7.5)))


def test_table_activations_of_bfloat16(module: mb.bang.Module) -> None:
    x = round_bfloat16(np.linspace(-6, 6, 256, dtype=np.float32))
    given, out = mb.array(x, dtype="bfloat16"), mb.array(np.zeros((3, 256), np.float32), dtype="bfloat16")
    module["activations"](out, given, sanitize=True)
    wide = x.astype(np.float64)
    want = [1 / (1 + np.exp(-wide)), np.tanh(wide), np.maximum(wide, 0)]
    np.testing.assert_array_equal(out.numpy(), np.stack([round_bfloat16(w.astype(np.float32)) for w in want]))
