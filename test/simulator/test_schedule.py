"""The schedules: a right kernel gives the same bits in each of them, a wrong one shows its race in some."""

from __future__ import annotations

import numpy as np
import pytest
from harness import BLOCK, UNION1, UNION2, Simulator, kernel
from test_union import SHARED_SUM, text

SCHEDULES = [f"{c},{o}" for c in ("eager", "lazy") for o in ("forward", "reverse", "seed:7", "seed:8")]


def run_in_every_schedule(sim: Simulator, source: str, arrays, sanitize: int = 0, **how) -> list[list[np.ndarray]]:
    results = []
    for schedule in SCHEDULES:
        copies = [a.copy() if isinstance(a, np.ndarray) else a for a in arrays]
        assert sim.run(source, *copies, sanitize=sanitize, schedule=schedule, **how) == "", schedule
        results.append([a for a in copies if isinstance(a, np.ndarray)])
    return results


def test_setting_a_schedule(sim: Simulator):
    lib = sim.lib
    for given, all_parts in (
        ("eager,forward", b"eager,forward"),
        ("lazy", b"lazy,forward"),
        ("seed:12", b"lazy,seed:12"),
        ("reverse,eager", b"eager,reverse"),
        ("forward", b"eager,forward"),
    ):
        assert lib.mluSimSetSchedule(given.encode()) == 0
        assert lib.mluSimGetSchedule() == all_parts
    for unknown in ("late", "seed:", "seed:x", "seed:-1", "lazy,late", "lazy reverse"):
        assert lib.mluSimSetSchedule(unknown.encode()) == -1
        assert lib.mluSimGetSchedule() == b"eager,forward"


@pytest.mark.parametrize("sanitize", [0, 2])
def test_same_bits(sim: Simulator, sanitize):
    x = np.random.default_rng(2).standard_normal((16, 64)).astype(np.float32)
    for job in (UNION1, UNION2):
        results = run_in_every_schedule(sim, SHARED_SUM, [x, np.zeros_like(x), 64], sanitize, dim=(16, 1, 1), job=job)
        assert all(np.array_equal(r[1], results[0][1]) for r in results)


def order_of(sim: Simulator, schedule: str, job: int, tasks: int) -> list[int]:
    """The tasks in the order in which they ran: each takes the next number of a counter in GDRAM."""
    source = text("int *next, int *place", "if (coreId != 0x80) place[next[0]++] = taskId;")
    place = np.full(tasks, -1, np.int32)
    assert (
        sim.run(source, np.zeros(1, np.int32), place, dim=(tasks, 1, 1), job=job, sanitize=0, schedule=schedule) == ""
    )
    return place.tolist()


def test_orders(sim: Simulator):
    for job in (BLOCK, UNION1, UNION2):
        if job != BLOCK:  # several host threads run Block jobs in this schedule
            assert order_of(sim, "eager,forward", job, 16) == list(range(16))
        assert order_of(sim, "eager,reverse", job, 16) == list(range(16))[::-1]
        seeded = [order_of(sim, f"eager,seed:{seed}", job, 16) for seed in (1, 1, 2)]
        assert seeded[0] == seeded[1] != seeded[2] and sorted(seeded[2]) == list(range(16))


def test_lazy_copies_are_late(sim: Simulator):
    # The copy is read before anything waits for it.
    body = """
  __nramset((float *)nram, 1024, 0.0f);
  __memcpy_async(nram, x, 4096, GDRAM2NRAM);
  __bang_add((float *)(nram + 8192), (float *)nram, (float *)nram, 1024);
  __sync();
  __memcpy(y, nram + 8192, 4096, NRAM2GDRAM);
"""
    x = np.ones(1024, np.float32)
    y = np.zeros_like(x)
    source = kernel("float *x, float *y", body)
    assert sim.run(source, x, y, sanitize=0, schedule="eager") == "" and (y == 2).all()
    assert sim.run(source, x, y, sanitize=0, schedule="lazy") == "" and (y == 0).all()
    right = kernel("float *x, float *y", body.replace("GDRAM2NRAM);", "GDRAM2NRAM); __sync_io();"))
    assert sim.run(right, x, y, sanitize=0, schedule="lazy") == "" and (y == 2).all()


def test_copies_to_gdram_and_sram_are_late(sim: Simulator):
    body = """
  if (coreId == 0x80) {
    __memcpy_async(sram, x, 4096, GDRAM2SRAM);
    y[0] = ((float *)sram)[5];
    __sync();
    y[1] = ((float *)sram)[5];
    __memcpy_async(y + 1024, sram, 4096, SRAM2GDRAM);
    y[2] = y[1029];
    __sync();
    y[3] = y[1029];
  }
"""
    x = np.full(1024, 3, np.float32)
    for schedule, early in (("eager", 3.0), ("lazy", -1.0)):
        y = np.full(2048, -1, np.float32)
        prepared = "if (coreId == 0x80) for (int i = 0; i < 8; ++i) ((float *)sram)[i] = -1;" + body
        assert (
            sim.run(
                text("float *x, float *y", prepared), x, y, dim=(4, 1, 1), job=UNION1, sanitize=0, schedule=schedule
            )
            == ""
        )
        assert y[:4].tolist() == [early, 3, 3, 3]  # scalar code reaches GDRAM through the IO pipe, in order


def test_cores_that_look_at_memory_let_others_run(sim: Simulator):
    # A core waits for another one by reading a flag in GDRAM again and again.
    body = """
  int *flag = (int *)nram;
  if (coreId == 0x80) return;
  if (taskId == 2) { flag[0] = 5; __memcpy(out + 8, nram, 4, NRAM2GDRAM); out[2] = 1; }
  else {
    do __memcpy(nram, out + 8, 4, GDRAM2NRAM); while (flag[0] != 5);
    out[taskId] = 1;
  }
"""
    for schedule in SCHEDULES:
        out = np.zeros(16, np.int32)
        assert sim.run(text("int *out", body), out, dim=(4, 1, 1), job=UNION1, sanitize=0, schedule=schedule) == ""
        assert out[:4].tolist() == [1, 1, 1, 1]


def test_scalar_code_that_waits_lets_others_run(sim: Simulator):
    body = """
  volatile int *flag = out + 8;
  if (coreId == 0x80) return;
  if (taskId == 2) *flag = 5;
  while (*flag != 5) {}
  out[taskId] = 1;
"""
    for schedule in ("eager,forward", "lazy,reverse", "lazy,seed:7"):
        out = np.zeros(16, np.int32)
        assert sim.run(text("int *out", body), out, dim=(4, 1, 1), job=UNION1, sanitize=0, schedule=schedule) == ""
        assert out[:4].tolist() == [1, 1, 1, 1]
