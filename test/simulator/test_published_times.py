"""The time model against the published times of real cards that device numbers were fitted on (docs/devices.md).

The kernels are written as those texts describe them. A fit cannot change the structure that the times come from.
"""

import numpy as np
import pytest
from harness import kernel

FLOATS = 10_000_000

ONE_CORE = """
  const int C = 16384;  // 64 KB
  float *a = (float *)nram, *b = a + C;
  for (int i = 0; i < n; i += C) {
    int m = n - i < C ? n - i : C;
    __memcpy(a, x + i, m * 4, GDRAM2NRAM);
    __memcpy(b, y + i, m * 4, GDRAM2NRAM);
    __bang_add(a, a, b, m);
    __memcpy(z + i, a, m * 4, NRAM2GDRAM);
  }"""

THREE_STAGES = """
  const int C = 8192;
  int per = n / taskDim, steps = (per + C - 1) / C;
  x += taskId * per; y += taskId * per; z += taskId * per;
  for (int i = 0; i < steps + 2; ++i) {
    float *even = (float *)(nram + i % 2 * 65536), *odd = (float *)(nram + (i + 1) % 2 * 65536);
    if (i >= 2) {
      int m = per - (i - 2) * C < C ? per - (i - 2) * C : C;
      __memcpy_async(z + (i - 2) * C, even, m * 4, NRAM2GDRAM);
    }
    if (i < steps) {
      int m = per - i * C < C ? per - i * C : C;
      __memcpy_async(even, x + i * C, m * 4, GDRAM2NRAM);
      __memcpy_async(even + C, y + i * C, m * 4, GDRAM2NRAM);
    }
    if (i >= 1 && i <= steps) {
      int m = per - (i - 1) * C < C ? per - (i - 1) * C : C;
      __bang_add(odd, odd, odd + C, m);
    }
    __sync();
  }"""

# 256 x 256 x columns, int8 to half, rows of 512 bytes stored apart
GEMM = """
  __memcpy(nram, w, 65536, GDRAM2NRAM);
  __memcpy(wram, nram, 65536, NRAM2WRAM);
  int8_t *in = (int8_t *)nram;
  half *out = (half *)(nram + 65536);
  int per = n / taskDim;
  for (int i = taskId * per; i < (taskId + 1) * per; i += 256) {
    __memcpy(in, a + i * 256, 65536, GDRAM2NRAM);
    __bang_conv(out, in, (int8_t *)wram, 256, 16, 16, 1, 1, 1, 1, 256, 0);
    __memcpy(o + i * 512, out, 512, NRAM2GDRAM, 1024, 512, 255);
  }"""


SCALAR = """
  int per = (n + taskDim - 1) / taskDim, end = (taskId + 1) * per < n ? (taskId + 1) * per : n;
  for (int i = taskId * per; i < end; ++i)
    z[i] = x[i] + y[i];"""


@pytest.mark.parametrize("cores, published", [(1, 8_465_000), (32, 271_000)], ids=["M1", "M2"])
def test_scalar_vector_add_on_mlu370(sim, cores, published):
    part = 1000
    x, y, z = (np.zeros(FLOATS // part, np.float32) for _ in range(3))
    text = kernel("float *x, float *y, float *z, int n", SCALAR)
    assert sim.run(text, x, y, z, x.size, device="mtp_372", dim=(cores, 1, 1), sanitize=0) == ""
    profile = sim.profile()
    assert (profile["us"] - profile["launch_us"]) * part == pytest.approx(published, rel=0.1)
    assert profile["bound"] == "scalar"


@pytest.mark.parametrize("cores, body, published", [(1, ONE_CORE, 4566), (32, THREE_STAGES, 450)], ids=["M3", "M5"])
def test_vector_add_on_mlu370(sim, cores, body, published):
    x, y, z = (np.zeros(FLOATS, np.float32) for _ in range(3))
    text = kernel("float *x, float *y, float *z, int n", body)
    assert sim.run(text, x, y, z, FLOATS, device="mtp_372", dim=(cores, 1, 1), sanitize=0) == ""
    assert sim.profile()["us"] == pytest.approx(published, rel=0.1)


@pytest.mark.parametrize("cores, published", [(1, 84490), (16, 13060)])
def test_gemm_with_short_rows_on_mlu270(sim, cores, published):
    part = 40  # of the 327,680 columns, to be quick
    columns = 327_680 // part
    a, w, o = np.zeros((columns, 256), np.int8), np.zeros((256, 256), np.int8), np.zeros((columns, 512), np.float16)
    text = kernel("int8_t *a, int8_t *w, half *o, int n", GEMM, wram=131072)
    assert sim.run(text, a, w, o, columns, device="mtp_270", dim=(cores, 1, 1), sanitize=0) == ""
    profile = sim.profile()
    assert (profile["us"] - profile["launch_us"]) * part == pytest.approx(published, rel=0.1)
