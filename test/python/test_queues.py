"""Host programs with several queues: late work, notifiers, and what the sanitizer says of a missing synchronisation."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from cncc_programs import Folder

ORDERS = [f"{copies},{order}" for copies in ("eager", "lazy") for order in ("forward", "reverse", "seed:1", "seed:2")]

# What all programs share: a kernel, two queues, and buffers of N floats. `scale` multiplies, `sum` adds two buffers.
BEGIN = """
#include <bang.h>
#include <cnrt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vector>
#define N 1024
__nram__ float nram[2 * N];
__mlu_entry__ void scale(float *y, float *x, float factor) {
  __memcpy(nram, x, N * 4, GDRAM2NRAM);
  __bang_mul_scalar(nram, nram, factor, N);
  __memcpy(y, nram, N * 4, NRAM2GDRAM);
}
__mlu_entry__ void sum(float *z, float *x, float *y) {
  __memcpy(nram, x, N * 4, GDRAM2NRAM);
  __memcpy(nram + N, y, N * 4, GDRAM2NRAM);
  __bang_add(nram, nram, nram + N, N);
  __memcpy(z, nram, N * 4, NRAM2GDRAM);
}
static float *buffer(float value) {
  std::vector<float> h(N, value);
  float *d;
  CNRT_CHECK(cnrtMalloc((void **)&d, N * 4));
  CNRT_CHECK(cnrtMemcpy(d, h.data(), N * 4, cnrtMemcpyHostToDev));
  return d;
}
static float *locked(float value) {
  float *h;
  CNRT_CHECK(cnrtHostMalloc((void **)&h, N * 4));
  for (int i = 0; i < N; ++i) h[i] = value;
  return h;
}
static void show(float *d) {
  float h[N];
  cnrtMemcpy(h, d, N * 4, cnrtMemcpyDevToHost);
  printf("%g %g\\n", h[0], h[N - 1]);
}
int main() {
  float *x = buffer(1), *y = buffer(0), *z = buffer(0), *host = locked(7);
  cnrtDim3_t one = {1, 1, 1};
  cnrtQueue_t a, b;
  cnrtNotifier_t done;
"""
CREATE = {
    6: """
  cnrtQueueCreate(&a); cnrtQueueCreate(&b); cnrtNotifierCreate(&done);
#define SYNC cnrtQueueSync
#define DESTROY(q) cnrtQueueDestroy(q)
""",
    4: """
  cnrtInit(0); cnrtCreateQueue(&a); cnrtCreateQueue(&b); cnrtCreateNotifier(&done);
#define SYNC cnrtSyncQueue
#define DESTROY(q) cnrtDestroyQueue(q)
""",
}
END = """
  cnrtSyncDevice();
  DESTROY(a); DESTROY(b); cnrtNotifierDestroy(done);
  cnrtFree(x); cnrtFree(y); cnrtFree(z); cnrtFreeHost(host);
  return 0;
}
"""


@dataclass
class Case:
    wrong: str
    words: list[str]  # of the report
    right: str
    prints: str
    orders: list[str] | None = None  # in which the report must come; all of them if None


SCALE = "scale<<<one, cnrtFuncTypeBlock, a>>>(y, x, 3);"
SUM = "sum<<<one, cnrtFuncTypeBlock, b>>>(z, x, y);"
FETCH = "cnrtMemcpyAsync(host, y, N * 4, a, cnrtMemcpyDevToHost);"
CLEAR = "cnrtMemsetAsync(y, 0, N * 4, a);"
PRINT = 'printf("%g\\n", host[5]);'
LATE = [order for order in ORDERS if order.startswith("lazy")]

CASES = {
    "results are copied before the queue is synchronised": Case(
        f"{SCALE} show(y);",
        ["race: cnrtMemcpy at", ".mlu:", "reads device memory (an allocation of 4096 bytes, + 0)",
         "kernel 'scale' on queue 1 (__memcpy at", "writes there", "for queue 1: call cnrtQueueSync"],
        f"{SCALE} SYNC(a); show(y);",
        "3 3\n",
    ),
    "the wrong queue is synchronised": Case(
        f"{SCALE} SYNC(b); show(y);",
        ["race: cnrtMemcpy at", "Nothing has waited for queue 1"],
        f"{SCALE} SYNC(a); show(y);",
        "3 3\n",
    ),
    "an input is overwritten while a kernel may still read it": Case(
        f"std::vector<float> h(N, 5); {SCALE} cnrtMemcpy(x, h.data(), N * 4, cnrtMemcpyHostToDev); SYNC(a); show(y);",
        ["race: cnrtMemcpy at", "writes device memory", "kernel 'scale' on queue 1", "reads there"],
        f"std::vector<float> h(N, 5); {SCALE} SYNC(a); cnrtMemcpy(x, h.data(), N * 4, cnrtMemcpyHostToDev); show(y);",
        "3 3\n",
    ),
    "two queues and no notifier": Case(
        f"{SCALE} {SUM} SYNC(a); SYNC(b); show(z);",
        ["race: kernel 'sum' on queue 2", "reads device memory", "while kernel 'scale' on queue 1",
         "cnrtPlaceNotifier(notifier, queue) for queue 1", "cnrtQueueWaitNotifier(notifier, queue, 0) for queue 2"],
        f"{SCALE} cnrtPlaceNotifier(done, a); cnrtQueueWaitNotifier(done, b, 0); {SUM} SYNC(b); show(z);",
        "4 4\n",
    ),
    "the notifier is placed too early": Case(
        f"cnrtPlaceNotifier(done, a); {SCALE} cnrtQueueWaitNotifier(done, b, 0); {SUM} SYNC(a); SYNC(b); show(z);",
        ["race: kernel 'sum' on queue 2", "while kernel 'scale' on queue 1"],
        f"{SCALE} cnrtPlaceNotifier(done, a); cnrtQueueWaitNotifier(done, b, 0); {SUM} SYNC(b); show(z);",
        "4 4\n",
    ),
    "the host waits for a notifier of the wrong place": Case(
        f"cnrtPlaceNotifier(done, a); {SCALE} cnrtWaitNotifier(done); show(y); SYNC(a);",
        ["race: cnrtMemcpy at", "Nothing has waited for queue 1"],
        f"{SCALE} cnrtPlaceNotifier(done, a); cnrtWaitNotifier(done); show(y);",
        "3 3\n",
    ),
    "host code reads the destination of an asynchronous copy": Case(
        f"{SCALE} {FETCH} {PRINT} SYNC(a);",
        ["race: host code at", ".mlu:", "reads host memory while cnrtMemcpyAsync at", "on queue 1 writes there"],
        f"{SCALE} {FETCH} SYNC(a); {PRINT}",
        "3\n",
    ),
    "the source of an asynchronous copy is filled again": Case(
        "cnrtMemcpyAsync(x, host, N * 4, a, cnrtMemcpyHostToDev); memset(host, 0, N * 4); SYNC(a); show(x);",
        ["cnrtMemcpyAsync at", "on queue 1: the host changed the source before it was copied. Call cnrtQueueSync"],
        "cnrtMemcpyAsync(x, host, N * 4, a, cnrtMemcpyHostToDev); SYNC(a); memset(host, 0, N * 4); show(x);",
        "7 7\n",
        LATE,  # memset() is no code of the program: only its effect is seen
    ),
    "memory is freed while a kernel uses it": Case(
        f"{SCALE} cnrtFree(x); SYNC(a); show(y); x = buffer(1);",
        ["race: cnrtFree at", "writes device memory", "kernel 'scale' on queue 1", "reads there"],
        f"{SCALE} SYNC(a); cnrtFree(x); show(y); x = buffer(1);",
        "3 3\n",
    ),
    "a queue is destroyed with its work": Case(
        f"{SCALE} DESTROY(a); cnrtQueueCreate(&a); cnrtSyncDevice(); ",
        ["cnrtQueueDestroy destroys queue 1 while the host has not waited for its last operation"],
        f"{SCALE} SYNC(a); DESTROY(a); cnrtQueueCreate(&a); show(y);",
        "3 3\n",
    ),
    "two queues copy to one place": Case(
        f"{CLEAR} cnrtMemcpyAsync(y, x, N * 4, b, cnrtMemcpyDevToDev); SYNC(a); SYNC(b); show(y);",
        ["race: cnrtMemcpyAsync at", "on queue 2 writes device memory", "cnrtMemsetAsync at", "on queue 1 writes"],
        f"{CLEAR} cnrtMemcpyAsync(y, x, N * 4, a, cnrtMemcpyDevToDev); SYNC(a); show(y);",
        "1 1\n",
    ),
}  # fmt: skip


def run(folder: Folder, program: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [folder.path / program]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment}, timeout=60)


def build(folder: Folder, name: str, body: str, generation: int = 6) -> None:
    (folder.path / f"{name}.mlu").write_text(BEGIN + CREATE[generation] + body + END)
    built = folder.cncc(f"{name}.mlu", "--bang-mlu-arch=mtp_372", "-o", name)
    assert built.returncode == 0, built.stderr


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """All cases in two programs, wrong and right, which run the case of their argument: one compilation each."""
    folder = Folder(tmp_path_factory.mktemp("queues"))
    for generation, kind in ((6, "wrong"), (6, "right"), (4, "wrong"), (4, "right")):
        switch = "  switch (atoi(getenv(\"CASE\"))) {\n" + "".join(
            f"  case {i}: {{ {getattr(case, kind)} break; }}\n" for i, case in enumerate(CASES.values())
        ) + "  }\n"  # fmt: skip
        build(folder, f"{kind}{generation}", switch, generation)
    return folder


@pytest.mark.parametrize("name", CASES)
def test_missing_synchronisation(programs: Folder, name: str) -> None:
    case, number = CASES[name], str(list(CASES).index(name))
    for order in ORDERS:
        generation = 4 if order in ("lazy,forward", "eager,reverse") else 6
        setting = {"CASE": number, "MLU_SIM_ORDER": order}
        for checks in ({}, {"MLU_SIM_SANITIZE": "1"}):
            right = run(programs, f"right{generation}", **setting, **checks)
            assert (right.stdout, right.stderr, right.returncode) == (case.prints, "", 0), (order, checks)
        if order in (case.orders or ORDERS):
            report = run(programs, f"wrong{generation}", **setting, MLU_SIM_SANITIZE="1").stderr
            assert all(words in report for words in case.words), (order, report)


def test_work_is_late_and_queues_take_turns(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    # Three queues write their number behind one another with host functions.
    body = """
  static std::vector<int> log;
  struct Mark { static void put(void *p) { log.push_back((int)(long)p); } };
  cnrtQueue_t c;
  cnrtQueueCreate(&c);
  for (long i = 0; i < 3; ++i)
    for (long q = 1; q <= 3; ++q)
      cnrtInvokeHostFunc(q == 1 ? a : q == 2 ? b : c, Mark::put, (void *)(10 * q + i));
  printf("%d:", (int)log.size());
  SYNC(b);
  for (int v : log) printf(" %d", v);
  cnrtSyncDevice();
  printf(" | ");
  for (int v : log) printf(" %d", v);
"""
    build(folder, "order", body)
    seen = {}
    for order in ORDERS:
        out = run(folder, "order", MLU_SIM_ORDER=order).stdout
        before, after = out.split(":")[0], out.split(":")[1].split("|")
        seen[order] = out
        values = [int(v) for v in after[1].split()]
        assert before == ("9" if order.startswith("eager") else "0")
        for q in (1, 2, 3):  # in order inside one queue, and the one that was synchronised is done
            assert [v for v in values if v // 10 == q] == [10 * q, 10 * q + 1, 10 * q + 2]
        assert {20, 21, 22} <= {int(v) for v in after[0].split()}
    assert seen["lazy,forward"].split(":")[1].split("|")[0].split() == ["20", "21", "22"]
    assert seen["lazy,reverse"].split("|")[1].split() == "30 31 32 20 21 22 10 11 12".split()
    assert seen["lazy,seed:1"] != seen["lazy,seed:2"]


def test_polling_comes_to_an_end(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    body = f"""
  int asked = 0;
  {SCALE} {SCALE} cnrtPlaceNotifier(done, a);
  float us;
  printf("%d ", (int)cnrtNotifierDuration(done, done, &us) == cnrtErrorNotReady);
  while (cnrtQueryNotifier(done) == cnrtErrorBusy) ++asked;
  show(y);
  scale<<<one, cnrtFuncTypeBlock, a>>>(y, y, 3);
  while (cnrtQueueQuery(a) == cnrtErrorBusy) ++asked;
  show(y);
  printf("%d\\n", asked > 0);
"""
    build(folder, "poll", body)
    for order in ORDERS:
        late = order.startswith("lazy")
        done = run(folder, "poll", MLU_SIM_ORDER=order, MLU_SIM_SANITIZE="1")
        assert (done.stdout, done.stderr) == (f"{int(late)} 3 3\n9 9\n{int(late)}\n", ""), order


def test_pageable_memory_makes_the_later_versions_synchronous(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    body = f"""
  float page[N];
  {SCALE}
  cnrtMemcpyAsync_V2(page, y, N * 4, a, cnrtMemcpyDevToHost);
  printf("%g\\n", page[9]);
"""
    build(folder, "page", body)
    for order in ORDERS:
        done = run(folder, "page", MLU_SIM_ORDER=order, MLU_SIM_SANITIZE="1")
        assert (done.stdout, done.stderr) == ("3\n", ""), order
