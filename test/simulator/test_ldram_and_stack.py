"""LDRAM that nobody wrote, too much LDRAM, and an exhausted stack: refused with the reason; the repaired twins pass."""

from __future__ import annotations

import numpy as np
import pytest
from harness import BLOCK, UNION1, Simulator

LDRAM = "#include <bang.h>\n__nram__ float nram[4096];\n__ldram__ float spill[SIZE];\n"
KERNEL = 'extern "C" __mlu_global__ void k(float *x, float *y, int n) {\n  BODY\n}\n'


def text(body: str, size: int = 2048) -> str:
    return LDRAM.replace("SIZE", str(size)) + KERNEL.replace("BODY", body)


LOAD = "__memcpy(nram, x, 4096, GDRAM2NRAM);"
STORE = "__memcpy(y, nram + 1024, 4096, NRAM2GDRAM);"
CASES = {
    "a copy of LDRAM that nobody wrote": (
        f"{LOAD} __memcpy(nram + 1024, spill, 4096, LDRAM2NRAM); {STORE}",
        ["operand 'src' reads 4096 bytes that this task never wrote", "LDRAM variable 'spill' (8192 bytes) + 0"],
        f"{LOAD} __memcpy(spill, nram, 4096, NRAM2LDRAM); __memcpy(nram + 1024, spill, 4096, LDRAM2NRAM); {STORE}",
    ),
    "half of the buffer was spilled": (
        f"{LOAD} __memcpy(spill, nram, 2048, NRAM2LDRAM); __memcpy(nram + 1024, spill, 4096, LDRAM2NRAM); {STORE}",
        ["operand 'src' reads 2048 bytes that this task never wrote", "NRAM variable 'nram' (16384 bytes) + 6144"],
        f"{LOAD} __memcpy_async(spill, nram, 4096, NRAM2LDRAM); "  # the hardware keeps LDRAM's accesses in order
        f"__memcpy_async(nram + 1024, spill, 4096, LDRAM2NRAM); __sync_io(); {STORE}",
    ),
    "LDRAM straight to GDRAM": (
        "__memcpy(spill + 8, x, 4064, GDRAM2LDRAM); __memcpy(y, spill, 4096, LDRAM2GDRAM);",
        ["reads 32 bytes that this task never wrote", "LDRAM variable 'spill' (8192 bytes) + 0"],
        "__memcpy(spill, x, 4096, GDRAM2LDRAM); __memcpy(y, spill, 4096, LDRAM2GDRAM);",
    ),
    "scalar code reads LDRAM": (
        "spill[1] = x[0]; y[taskId] = spill[0] + spill[1];",
        ["scalar code", "reads LDRAM variable 'spill' (8192 bytes) + 0, which this task never wrote"],
        "spill[0] = spill[1] = x[0]; y[taskId] = spill[0] + spill[1];",
    ),
    "LDRAM of the task before": (
        "if (taskId == 0) __ldramset(spill, 1024, 2.0f); __memcpy(y + taskId * 1024, spill, 4096, LDRAM2GDRAM);",
        ["task 1 of 2", "reads 4096 bytes that this task never wrote"],
        "__ldramset(spill, 1024, 2.0f); __memcpy(y + taskId * 1024, spill, 4096, LDRAM2GDRAM);",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_unwritten_ldram(sim: Simulator, name: str):
    wrong, words, right = CASES[name]
    how = {"device": "mtp_372", "dim": (2 if "task 1" in words[0] else 1, 1, 1)}
    x, results = np.arange(1024, dtype=np.float32), set()
    for schedule in ("eager,forward", "lazy,forward"):
        report = sim.run(text(wrong), x, np.zeros(2048, np.float32), 0, schedule=schedule, **how)
        assert all(word in report for word in words), report
        for sanitize in (0, 2):
            y = np.zeros(2048, np.float32)
            assert sim.run(text(right), x, y, 0, schedule=schedule, sanitize=sanitize, **how) == ""
            results.add(y.tobytes())
    assert len(results) == 1


def test_ldram_has_a_size(sim: Simulator):
    x, y = np.ones(1024, np.float32), np.zeros(2048, np.float32)
    body, floats = "spill[n] = x[0]; y[0] = spill[n];", (8 << 20) // 4
    report = sim.run(text(body, floats + 16), x, y, 7, sanitize=0)
    assert (
        "declares 8388672 bytes of LDRAM but mtp_270 has 8388608 for a core" in report and "cnrtSetLocalMem" in report
    )
    assert sim.run(text(body, floats), x, y, 7, sanitize=0) == ""
    assert sim.lib.cnrtSetLocalMem(16) == 0
    try:
        assert sim.run(text(body, floats + 16), x, y, floats + 15, sanitize=0) == "" and y[0] == 1
    finally:
        assert sim.lib.cnrtSetLocalMem(8) == 0


STACK = """#include <bang.h>
__nram__ float nram[NRAM];
__attribute__((noinline)) float deep(float *x, int n) {
  float local[256];
  for (int i = 0; i < 256; ++i) local[i] = x[(i * 7 + n) % 1024];
  float rest = n > 0 ? deep(x, n - 1) : 0;
  return rest + local[n & 255];
}
__attribute__((noinline)) float wide(float *x, int n) {
  float local[SIZE];
  for (int i = 0; i < n; ++i) local[i * 64] = x[i % 1024];
  float sum = 0;
  for (int i = 0; i < n; ++i) sum += local[i * 64];
  return sum;
}
extern "C" __mlu_global__ void k(float *x, float *y, int n) { BODY }
"""


def stack(body: str, nram: int, size: int = 1) -> str:
    return STACK.replace("BODY", body).replace("NRAM", str(nram)).replace("SIZE", str(size))


@pytest.mark.parametrize("sanitize", [0, 2])
def test_the_stack_is_what_the_variables_leave_of_nram(sim: Simulator, sanitize: int):
    x, y = np.ones(1024, np.float32), np.zeros(1024, np.float32)
    body = "if (taskId == 3) y[0] = deep(x, n);"
    how = {"dim": (4, 1, 1), "sanitize": sanitize}
    full, roomy = (448 << 10) // 4, (384 << 10) // 4  # of 512 KB; the vendor's kernels leave 128
    report = sim.run(stack(body, full), x, y, 90, **how)
    assert "the stack is exhausted" in report and "leave 65536 bytes of NRAM on mtp_270" in report and ".mlu:" in report
    assert sim.run(stack(body, roomy), x, y, 90, **how) == "" and y[0] == 91
    endless = stack("y[0] = deep(x, 1 << 30);", roomy)
    for job in (BLOCK, UNION1):
        assert "the stack is exhausted" in sim.run(endless, x, y, 0, job=job, **how)
    assert sim.lib.cnrtSetStackMem(1) == 0  # in LDRAM then
    try:
        assert sim.run(stack(body, full), x, y, 90, **how) == ""
        assert "cnrtSetStackMem gave it 1048576" in sim.run(endless, x, y, 0, **how)
    finally:
        assert sim.lib.cnrtSetStackMem(0) == 0


@pytest.mark.parametrize("size", [1 << 17, 1 << 22])
def test_one_large_local_array(sim: Simulator, size: int):
    x, y = np.ones(1024, np.float32), np.zeros(1024, np.float32)
    report = sim.run(stack("y[0] = wide(x, n);", 1024, size), x, y, 4, sanitize=0)
    assert "the stack is exhausted" in report and f"need {size * 4 // 1000}" in report
    assert sim.run(stack("y[0] = wide(x, n);", 1024, 1 << 10), x, y, 4, sanitize=0) == "" and y[0] == 4
