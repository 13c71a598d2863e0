"""What public kernels use beyond the documented builtins: MLISA, vector variables, bang_fusor.h, CNDrv."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

KERNEL = """
#include <bang_fusor.h>
#include "bang_device_types.h"
#include "cn_api.h"
#define N 256 // the headers may not use the names of the program

__mlu_func__ inline void mask(unsigned *dst, const float *src, unsigned n) { // 1 where src is Inf or NaN
  __asm__ volatile("fuse.nram.u32 [%[dst]], %[size], [%[src0]],"
                   ".and(%[src1]),"
                   ".ge(%[src2]);\\n" ::[dst] "r"(dst), [size] "r"(n), [src0] "r"((unsigned *)src),
                   [src1] "i"(0x7fffffff), [src2] "i"(0x7f800000));
}
__mlu_vector__ void count(float *dst, float start, unsigned n) {
  vv_float out, step;
  unsigned lanes = __vv_get_length() / sizeof(float);
  __asm__ volatile("index.vvr.f32 %[dst], %[base], 1;" : [dst] "+r"(out) : [base] "r"(start));
  __vv_move(step, lanes);
  for (unsigned i = 0; i < n; i += lanes) {
    __vv_store(dst + i, out);
    __vv_add(out, out, step);
  }
}
__mlu_func__ void never() { asm volatile("frobnicate.nram [%0];" ::"r"(0)); }

__mlu_global__ void all(float *x, float *out, unsigned *bits) {
  __nram__ float a[N], b[N], c[N], d[N];
  __nram__ unsigned m[N], w[N];
  __memcpy(a, x, N * sizeof(float), GDRAM2NRAM);
  mask(m, a, N);
  __memcpy(bits, m, N * sizeof(float), NRAM2GDRAM);
  count(b, 5, N);
  float half_ = 0.5f;
  __asm__ volatile("fuse.nram.f32 [%[d]], %[n], [%[s]], .mul(%[k]), .add([%[s]]), .sub(%[k]);"
                   ::[d] "r"(c), [n] "r"(N), [s] "r"(b), [k] "r"(half_));
  bang::experimental::fusor<float>(d, c, N).mul(2.0f).sqrt().add(b);
  __memcpy(out, c, N * sizeof(float), NRAM2GDRAM);
  __memcpy(out + N, d, N * sizeof(float), NRAM2GDRAM);
  __asm__ volatile("div.scalar.nram.f32 [%[d]], [%[s]], %[k], %[n];"
                   ::[d] "r"(c), [s] "r"(b), [k] "r"(3.0f), [n] "r"(N));
  __memcpy(out + 2 * N, c, N * sizeof(float), NRAM2GDRAM);
  for (int i = 0; i < N; ++i) w[i] = (N - 1 - i) * sizeof(float);
  __asm__ volatile("gather.vector.nram.nram.nram.u32 [%[d]], [%[s]], [%[o]], %[size], %[n], %[stride];"
                   ::[d] "r"(d), [s] "r"(b), [o] "r"(w), [size] "i"(4), [n] "r"(N), [stride] "i"(4));
  __memcpy(out + 3 * N, d, N * sizeof(float), NRAM2GDRAM);
  unsigned high = 0;
  asm volatile("findlast1.gpr.b32 %[dst], %[src];" : [dst] "+&r"(high) : [src] "r"(N + 1));
  vv_uint32 u, v;
  __vv_index(u, 1u, 0x10000001u);
  __vv_mulh(v, u, 0xD2511F53u);
  __vv_mul(u, u, 0xD2511F53u);
  __vv_trixor(u, u, v, 7u);
  __vv_store(m, u, 64);
  m[64] = high;
  __memcpy(bits + N, m, 65 * sizeof(unsigned), NRAM2GDRAM);
}

int main(int, char **argv) {
  CNdev device;
  CNcontext context;
  int unions = 0, blocks = 0, cores = 0;
  if (cnCtxGetDevice(&device) != CN_SUCCESS || cnCtxGetCurrent(&context) != CN_SUCCESS ||
      cnGetCtxMaxParallelUnionTasks(context, CN_KERNEL_CLASS_UNION, &unions) != CN_SUCCESS ||
      cnGetCtxMaxParallelUnionTasks(context, CN_KERNEL_CLASS_BLOCK, &blocks) != CN_SUCCESS ||
      cnDeviceGetAttribute(&cores, CN_DEVICE_ATTRIBUTE_MAX_CORE_COUNT_PER_CLUSTER, device) != CN_SUCCESS ||
      unions * cores != blocks)
    return 1;
  static float x[N], out[4 * N];
  static unsigned bits[N + 65];
  FILE *file = fopen(argv[1], "rb");
  if (!file || fread(x, 1, sizeof x, file) != sizeof x) return 2;
  fclose(file);
  float *dx, *dout;
  unsigned *dbits;
  CNRT_CHECK(cnrtMalloc((void **)&dx, sizeof x));
  CNRT_CHECK(cnrtMalloc((void **)&dout, sizeof out));
  CNRT_CHECK(cnrtMalloc((void **)&dbits, sizeof bits));
  CNRT_CHECK(cnrtMemcpy(dx, x, sizeof x, cnrtMemcpyHostToDev));
  cnrtQueue_t queue;
  CNRT_CHECK(cnrtQueueCreate(&queue));
  cnrtDim3_t one = {1, 1, 1};
  all<<<one, cnrtFuncTypeBlock, queue>>>(dx, dout, dbits);
  CNRT_CHECK(cnrtQueueSync(queue));
  CNRT_CHECK(cnrtMemcpy(out, dout, sizeof out, cnrtMemcpyDevToHost));
  CNRT_CHECK(cnrtMemcpy(bits, dbits, sizeof bits, cnrtMemcpyDevToHost));
  fwrite(out, 1, sizeof out, stdout);
  fwrite(bits, 1, sizeof bits, stdout);
  return 0;
}
"""


def cncc(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "metabang.cncc", "--bang-mlu-arch=mtp_592", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def test_mlisa_vector_variables_and_fusor(tmp_path: Path) -> None:
    n = 256
    x = np.linspace(-4, 4, n, dtype=np.float32)
    x[[3, 70, 255]] = np.inf, -np.inf, np.nan
    (tmp_path / "k.mlu").write_text(KERNEL)
    (tmp_path / "x").write_bytes(x.tobytes())
    built = cncc(tmp_path, "k.mlu", "-o", "k")
    assert built.returncode == 0, built.stderr
    environment = {**os.environ, "MLU_SIM_DEVICE": "mtp_592", "MLU_SIM_SANITIZE": "1"}
    done = subprocess.run([tmp_path / "k", "x"], cwd=tmp_path, capture_output=True, env=environment)
    assert done.returncode == 0, done.stderr
    out = np.frombuffer(done.stdout[: 4 * n * 4], np.float32).reshape(4, n)
    bits = np.frombuffer(done.stdout[4 * n * 4 :], np.uint32)
    np.testing.assert_array_equal(bits[:n], ~np.isfinite(x))
    count = np.arange(5, 5 + n).astype(np.float32)
    chain = count * np.float32(0.5) + count - np.float32(0.5)
    np.testing.assert_array_equal(out[0], chain)
    np.testing.assert_allclose(out[1], np.sqrt(2 * chain.astype(np.float64)) + count, rtol=1e-6)
    np.testing.assert_allclose(out[2], count.astype(np.float64) / 3, rtol=1e-7)
    np.testing.assert_array_equal(out[3], count[::-1])
    u = (1 + 0x10000001 * np.arange(64, dtype=np.uint64)) & np.uint64(0xFFFFFFFF)
    product = u * np.uint64(0xD2511F53)
    np.testing.assert_array_equal(
        bits[n : n + 64], ((product & np.uint64(0xFFFFFFFF)) ^ (product >> np.uint64(32)) ^ np.uint64(7))
    )
    assert bits[n + 64] == 8  # the highest bit of 257


def test_a_broken_rule_is_told_at_the_end(tmp_path: Path) -> None:
    text = """
#include "bang.h"
__mlu_global__ void wrong(float *x) {
  __nram__ float a[64];
  __memcpy(a, x, 65 * sizeof(float), GDRAM2NRAM);
}
int main() {
  float *x;
  CNRT_CHECK(cnrtMalloc((void **)&x, 4096));
  cnrtDim3_t one = {1, 1, 1};
  wrong<<<one, cnrtFuncTypeBlock, nullptr>>>(x);
  cnrtSyncDevice(); // the answer is thrown away
}
"""
    (tmp_path / "k.mlu").write_text(text)
    assert cncc(tmp_path, "k.mlu", "-o", "k").returncode == 0
    done = subprocess.run(
        [tmp_path / "k"], capture_output=True, text=True, env={**os.environ, "MLU_SIM_DEVICE": "mtp_592"}
    )
    assert "simulator: k.mlu:5: __memcpy in kernel 'wrong'" in done.stderr


@pytest.mark.parametrize("used", [False, True])
def test_unknown_instruction_is_an_error_where_it_is_needed(tmp_path: Path, used: bool) -> None:
    call = "never();" if used else ""
    text = '#include "bang.h"\n__mlu_func__ void never() { asm volatile("frobnicate.nram [%0];" ::"r"(0)); }\n'
    (tmp_path / "k.mlu").write_text(f"{text}__mlu_global__ void k(float *x) {{ {call} }}\n")
    built = cncc(tmp_path, "-c", "k.mlu")
    assert (built.returncode != 0) == used
    assert not used or "frobnicate.nram" in built.stderr
