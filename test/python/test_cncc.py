"""metabang-cncc on small programs: each prints what it computed, and the test knows the numbers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


class Compiler:
    """Runs metabang-cncc and the programs it makes in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, **files: str) -> None:
        for name, text in files.items():
            stem, _, suffix = name.rpartition("_")
            (self.folder / f"{stem}.{suffix}").write_text(text)

    def cncc(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "metabang.cncc", *arguments]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True)

    def run(self, *arguments: str, program: str = "a.out", **environment: str) -> str:
        """Compiles, runs `program` and returns what it printed."""
        built = self.cncc(*arguments)
        assert built.returncode == 0, built.stderr
        done = subprocess.run(
            [self.folder / program], capture_output=True, text=True, env={**os.environ, **environment}
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture
def here(tmp_path: Path) -> Compiler:
    return Compiler(tmp_path)


KERNEL = """
#include "bang.h"
#define N 64
__nram__ char pool[2 * N * sizeof(float)];
template <typename T> __mlu_func__ void sum(T *dst, T *a, T *b) { __bang_add(dst, a, b, N); }
__mlu_entry__ void vectorAdd(float *c, float *a, float *b) {
  __nram__ float *x = (float *)pool;
  float *y = x + N;
  __memcpy(x, a + taskId * N, N * sizeof(float), GDRAM2NRAM);
  __memcpy(y, b + taskId * N, N * sizeof(float), GDRAM2NRAM);
  sum(x, x, y);
  __asm__ volatile("sync;\\n\\t");
  __memcpy(c + taskId * N, x, N * sizeof(float), NRAM2GDRAM);
}
"""

HOST_6 = """
#include "cnrt.h"
#include <cstdio>
#include <vector>
int main() {
  CNRT_CHECK(cnrtSetDevice(0));
  cnrtQueue_t queue;
  cnrtNotifier_t begin, end;
  CNRT_CHECK(cnrtQueueCreate(&queue));
  CNRT_CHECK(cnrtNotifierCreate(&begin));
  CNRT_CHECK(cnrtNotifierCreate(&end));
  const int n = 4 * N;
  std::vector<float> a(n, 2), b(n), c(n);
  for (int i = 0; i < n; ++i) b[i] = i;
  float *da, *db, *dc;
  CNRT_CHECK(cnrtMalloc((void **)&da, n * 4));
  CNRT_CHECK(cnrtMalloc((void **)&db, n * 4));
  CNRT_CHECK(cnrtMalloc((void **)&dc, n * 4));
  CNRT_CHECK(cnrtMemcpy(da, a.data(), n * 4, cnrtMemcpyHostToDev));
  CNRT_CHECK(cnrtMemcpyAsync(db, b.data(), n * 4, queue, cnrtMemcpyHostToDev));
  cnrtDim3_t dim = {4, 1, 1};
  CNRT_CHECK(cnrtPlaceNotifier(begin, queue));
  vectorAdd<<<dim, cnrtFuncTypeBlock, queue>>>(dc, da, db);
  CNRT_CHECK(cnrtGetLastError());
  CNRT_CHECK(cnrtPlaceNotifier(end, queue));
  CNRT_CHECK(cnrtQueueSync(queue));
  float us = 0;
  CNRT_CHECK(cnrtNotifierDuration(begin, end, &us));
  CNRT_CHECK(cnrtMemcpy(c.data(), dc, n * 4, cnrtMemcpyDevToHost));
  int wrong = 0;
  for (int i = 0; i < n; ++i) wrong += c[i] != 2 + i;
  printf("%d wrong, %s\\n", wrong, us > 0 ? "timed" : "no time");
}
"""


def test_one_file_with_the_current_api(here: Compiler) -> None:
    here.write(add_mlu=KERNEL + HOST_6)
    assert here.run("add.mlu", "--bang-mlu-arch=mtp_270", "-O3", "-lcnrt") == "0 wrong, timed\n"


HOST_4 = """
#include "cnrt.h"
#include <stdio.h>
extern "C" { void vectorAdd(float *, float *, float *); }
int main() {
  float a[256], b[256], c[256];
  for (int i = 0; i < 256; ++i) { a[i] = 2; b[i] = i; }
  cnrtInit(0);
  cnrtDev_t dev;
  CNRT_CHECK(cnrtGetDeviceHandle(&dev, 0));
  CNRT_CHECK(cnrtSetCurrentDevice(dev));
  cnrtQueue_t queue;
  CNRT_CHECK(cnrtCreateQueue(&queue));
  cnrtNotifier_t begin, end;
  cnrtCreateNotifier(&begin);
  cnrtCreateNotifier(&end);
  float *da, *db, *dc;
  CNRT_CHECK(cnrtMalloc((void **)&da, sizeof a));
  CNRT_CHECK(cnrtMalloc((void **)&db, sizeof a));
  CNRT_CHECK(cnrtMalloc((void **)&dc, sizeof a));
  CNRT_CHECK(cnrtMemcpy(da, a, sizeof a, CNRT_MEM_TRANS_DIR_HOST2DEV));
  CNRT_CHECK(cnrtMemcpy(db, b, sizeof a, CNRT_MEM_TRANS_DIR_HOST2DEV));
  cnrtKernelParamsBuffer_t params;
  CNRT_CHECK(cnrtGetKernelParamsBuffer(&params));
  CNRT_CHECK(cnrtKernelParamsBufferAddParam(params, &dc, sizeof(float *)));
  CNRT_CHECK(cnrtKernelParamsBufferAddParam(params, &da, sizeof(float *)));
  CNRT_CHECK(cnrtKernelParamsBufferAddParam(params, &db, sizeof(float *)));
  cnrtDim3_t dim;
  dim.x = 4; dim.y = 1; dim.z = 1;
  CNRT_CHECK(cnrtPlaceNotifier(begin, queue));
  CNRT_CHECK(cnrtInvokeKernel_V2((void *)&vectorAdd, dim, params, CNRT_FUNC_TYPE_BLOCK, queue));
  CNRT_CHECK(cnrtPlaceNotifier(end, queue));
  CNRT_CHECK(cnrtSyncQueue(queue));
  float us;
  CNRT_CHECK(cnrtNotifierDuration(begin, end, &us));
  CNRT_CHECK(cnrtMemcpy(c, dc, sizeof a, CNRT_MEM_TRANS_DIR_DEV2HOST));
  CNRT_CHECK(cnrtDestroyKernelParamsBuffer(params));
  cnrtDestroyNotifier(&begin);
  cnrtDestroyNotifier(&end);
  CNRT_CHECK(cnrtFree(da));
  CNRT_CHECK(cnrtDestroyQueue(queue));
  cnrtDestroy();
  int wrong = 0;
  for (int i = 0; i < 256; ++i) wrong += c[i] != 2 + i;
  printf("%d wrong\\n", wrong);
}
"""


def test_two_files_with_the_api_of_mlu270(here: Compiler) -> None:
    """The host knows the kernel by its C name, as cncc 2.x gives it; objects are linked in a second step."""
    here.write(kernel_mlu=KERNEL, host_cpp=HOST_4)
    assert here.cncc("-c", "kernel.mlu", "-o", "kernel.o", "--bang-mlu-arch=MLU270").returncode == 0
    assert here.run("host.cpp", "kernel.o", "-o", "add", "-lcnrt", program="add") == "0 wrong\n"
