"""Kernels that are wrong in the ways public kernels are known to be. Each is refused for that reason, in every schedule
that can show it, and its repaired twin passes in all schedules with equal bits."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
from harness import BLOCK, UNION1, UNION2, Simulator
from test_schedule import SCHEDULES, run_in_every_schedule
from test_union import text


@dataclass
class Case:
    wrong: str
    words: list[str]  # of the report
    right: str
    device: str = "mtp_372"
    job: int = UNION1
    tasks: int = 4
    params: str = "float *x, float *y, int n"
    globals: str = ""
    schedules: list[str] = field(default_factory=lambda: SCHEDULES)  # in which the report must come

    def source(self, body: str) -> str:
        return text(self.params, body, self.globals)


N = 1024  # elements of x and y for each task

PING_PONG = """
  // Two halves of NRAM take turns. REPEAT tiles of 256 floats for each task.
  if (coreId == 0x80) return;
  float *ping = (float *)nram;
  int pong = PONG;
  for (int i = 0; i < 5; ++i) {
    if (i < 4) __memcpy_async(ping + i % 2 * pong, x + taskId * n + i * 256, 1024, GDRAM2NRAM);
    if (i > 0) {
      __bang_mul_scalar(ping + (i - 1) % 2 * pong, ping + (i - 1) % 2 * pong, 2.0f, 256);
      __sync_compute();
      __memcpy_async(y + taskId * n + (i - 1) * 256, ping + (i - 1) % 2 * pong, 1024, NRAM2GDRAM);
    }
    __sync();
  }
"""

SHARED_SUM = """
  // Every core leaves its sum in SRAM; core 0 adds them up.
  if (coreId == 0x80) return;
  float *sums = (float *)sram, *mine = (float *)nram;
  __memcpy(mine, x + taskId * n, 1024, GDRAM2NRAM);
  __bang_reduce_sum(mine + 256, mine, 32);
  __memcpy(sums + coreId * 64, mine + 256, 4, NRAM2SRAM);
  BARRIER
  if (coreId == 0) {
    for (int c = 0; c < 4; ++c) __memcpy(mine + 512 + c, sums + c * 64, 4, SRAM2NRAM);
    __memcpy(y, mine + 512, 16, NRAM2GDRAM);
  }
"""

FILTERS = """
  // A filter in WRAM belongs to one core, not to the cluster.
  if (coreId == 0x80) return;
  __memcpy(nram, x + taskId * n, 4096, GDRAM2NRAM);
  CONDITION __memcpy(wram, nram, 4096, NRAM2WRAM);
  __memcpy(nram + 4096, wram, 4096, WRAM2NRAM);
  __memcpy(y + taskId * n, nram + 4096, 4096, NRAM2GDRAM);
"""

MEMORY_CORE_LOADS = """
  __memcpy_async(sram, x + taskId / 4 * 4 * n, 16384, GDRAM2SRAM);
  BARRIER
  __memcpy(nram, sram + coreId * 4096, 4096, SRAM2NRAM);
  __bang_add((float *)nram, (float *)nram, (float *)nram, n);
  __memcpy(y + taskId * n, nram, 4096, NRAM2GDRAM);
"""

MEMORY_CORE_STORES = """
  if (coreId != 0x80) {
    __memcpy(nram, x + taskId * n, 4096, GDRAM2NRAM);
    __memcpy(sram + coreId * 4096, nram, 4096, NRAM2SRAM);
    BARRIER
  } else {
    BARRIER
    __memcpy(y + taskId * n, sram, 16384, SRAM2GDRAM);
  }
"""

ACCUMULATE = """
  if (coreId == 0x80) return;
  __memcpy(nram, x + taskId * n, 4096, GDRAM2NRAM);
  INIT
  for (int i = 0; i < 4; ++i)
    __bang_add((float *)(nram + 8192), (float *)(nram + 8192), (float *)nram + 256 * i, 256);
  __memcpy(y + taskId * n, nram + 8192, 1024, NRAM2GDRAM);
"""

REUSED_SRAM = """
  // The memory core loads the next tile while the cores may still read this one.
  for (int i = 0; i < 4; ++i) {
    __memcpy(sram, x + i * 1024, 4096, GDRAM2SRAM);
    __sync_cluster();
    __memcpy(nram, sram + coreId * 1024, 1024, SRAM2NRAM);
    __memcpy(y + i * 1024 + taskId * 256, nram, 1024, NRAM2GDRAM);
    BARRIER
  }
"""

CASES = {
    "the pong buffer lies past the end": Case(
        PING_PONG.replace("PONG", "32768 - 128"),
        ["past the end of", "NRAM variable 'nram' (131072 bytes)"],
        PING_PONG.replace("PONG", "32768 / 2"),
    ),
    "no barrier before a shared sum is read": Case(
        SHARED_SUM.replace("BARRIER", ""),
        ["race: it", "SRAM variable 'sram'", "core 0", "__memcpy at", "call __sync_cluster() or __sync_all_ipu()"],
        SHARED_SUM.replace("BARRIER", "__sync_all_ipu();"),
    ),
    "only one core fills its WRAM": Case(
        FILTERS.replace("CONDITION", "if (coreId == 0)"),
        ["reads 64 bytes that this task never wrote", "first at WRAM bank 0 byte 0"],
        FILTERS.replace("CONDITION", ""),
    ),
    "an accumulator in NRAM starts with what is there": Case(
        ACCUMULATE.replace("INIT", ""),
        ["reads 1024 bytes that this task never wrote", "'nram' (131072 bytes) + 8192"],
        ACCUMULATE.replace("INIT", "__bang_write_value((float *)(nram + 8192), 256, 0.0f);"),
    ),
    "a fill of bytes where elements are counted": Case(
        ACCUMULATE.replace("INIT", "__bang_write_value((float *)(nram + 129024), 256 * sizeof(float), 0.0f);"),
        ["__bang_write_value", "writes 2048 bytes past the end of"],
        ACCUMULATE.replace("INIT", "__bang_write_value((float *)(nram + 8192), 256, 0.0f);"),
    ),
    "a fill of elements where bytes are counted": Case(
        ACCUMULATE.replace("INIT", "__bang_write_value((float *)(nram + 8192), 256 / sizeof(float), 0.0f);"),
        ["reads 768 bytes that this task never wrote", "'nram' (131072 bytes) + 8448"],
        ACCUMULATE.replace("INIT", "__bang_write_value((float *)(nram + 8192), 256, 0.0f);"),
    ),
    "widening in place": Case(
        "__memcpy(nram, x + taskId * n, 2048, GDRAM2NRAM); __bang_half2float((float *)nram, (half *)nram, n); "
        "__memcpy(y + taskId * n, nram, 4096, NRAM2GDRAM);",
        ["__bang_half2float", "overlaps 'src'"],
        "__memcpy(nram + 4096, x + taskId * n, 2048, GDRAM2NRAM); "
        "__bang_half2float((float *)nram, (half *)(nram + 4096), n); "
        "__memcpy(y + taskId * n, nram, 4096, NRAM2GDRAM);",
    ),
    "no sync after an asynchronous copy": Case(
        "if (coreId == 0x80) return; __memcpy_async(nram, x + taskId * n, 4096, GDRAM2NRAM); "
        "__bang_add((float *)nram, (float *)nram, (float *)nram, n); __sync(); "
        "__memcpy(y + taskId * n, nram, 4096, NRAM2GDRAM);",
        ["race: it", "while __memcpy_async at line", "on the IO pipe", "Call __sync_io()"],
        "if (coreId == 0x80) return; __memcpy_async(nram, x + taskId * n, 4096, GDRAM2NRAM); __sync_io(); "
        "__bang_add((float *)nram, (float *)nram, (float *)nram, n); __sync(); "
        "__memcpy(y + taskId * n, nram, 4096, NRAM2GDRAM);",
    ),
    "the memory core returns but the cores wait for the cluster": Case(
        "if (coreId == 0x80) return; " + SHARED_SUM.replace("BARRIER", "__sync_cluster();"),
        ["deadlock", "wait in __sync_cluster", "the memory core has ended", "use __sync_all_ipu()"],
        SHARED_SUM.replace("BARRIER", "__sync_all_ipu();"),
    ),
    "SRAM is read before the memory core's copy has arrived": Case(
        MEMORY_CORE_LOADS.replace("BARRIER", ""),
        ["race: it", "SRAM variable 'sram'", "the memory core writes|core 0 reads", "call __sync_cluster()"],
        MEMORY_CORE_LOADS.replace("BARRIER", "__sync_cluster();"),
    ),
    "the memory core stores what the cores have not yet written": Case(
        MEMORY_CORE_STORES.replace("BARRIER", ""),
        ["race: it", "SRAM variable 'sram'", "memory core reads|core 0 writes|core 2 writes|core 3 writes",
         "call __sync_cluster()"],
        MEMORY_CORE_STORES.replace("BARRIER", "__sync_cluster();"),
    ),
    "the next tile overwrites SRAM that is still read": Case(
        REUSED_SRAM.replace("BARRIER", ""),
        ["race: it", "GDRAM2SRAM|__memcpy at", "SRAM variable 'sram'", "call __sync_cluster()"],
        REUSED_SRAM.replace("BARRIER", "__sync_cluster();"),
    ),
    "one core calls a copy that only the memory core performs": Case(
        "if (coreId == 0) __memcpy(sram, x, 16384, GDRAM2SRAM); __sync_cluster(); "
        "__memcpy(nram, sram + coreId * 4096, 4096, SRAM2NRAM); __memcpy(y + taskId * n, nram, 4096, NRAM2GDRAM);",
        ["reads SRAM that no core of the cluster wrote"],
        "__memcpy(sram, x + taskId / 4 * 4 * n, 16384, GDRAM2SRAM); __sync_cluster(); "
        "__memcpy(nram, sram + coreId * 4096, 4096, SRAM2NRAM); __memcpy(y + taskId * n, nram, 4096, NRAM2GDRAM);",
    ),
    "only cores call the store that the memory core performs": Case(
        MEMORY_CORE_LOADS.replace("BARRIER", "__sync_cluster();")
        + "if (__is_ipu()) __memcpy(y + 4 * n, sram, 4096, SRAM2GDRAM);",
        ["only the memory core performs this copy", "only IPU cores came here"],
        MEMORY_CORE_LOADS.replace("BARRIER", "__sync_cluster();"),
    ),
    "a cluster reads what another one writes without __sync_all": Case(
        "if (coreId == 0x80) return; __memcpy(nram, x + taskId * n, 4096, GDRAM2NRAM); "
        "__memcpy(y + taskId * n, nram, 4096, NRAM2GDRAM); __sync_all_ipu_within_cluster(); "
        "__memcpy(nram, y + (taskId + 4) % 8 * n, 4096, GDRAM2NRAM);",
        ["race: it", "of cluster", "call __sync_all()"],
        "if (coreId == 0x80) return; __memcpy(nram, x + taskId * n, 4096, GDRAM2NRAM); "
        "__memcpy(y + taskId * n, nram, 4096, NRAM2GDRAM); __sync_all_ipu(); "
        "__memcpy(nram, y + (taskId + 4) % 8 * n, 4096, GDRAM2NRAM);",
        job=UNION2,
        tasks=8,
    ),
    "tasks of a Block job write overlapping tails": Case(
        "__memcpy(nram, x + taskId * n, 4096, GDRAM2NRAM); __memcpy(y + taskId * 1000, nram, 4096, NRAM2GDRAM);",
        ["race: it writes 'dst'", "writes there in __memcpy", "Tasks of a Block job", "have no order"],
        "__memcpy(nram, x + taskId * n, 4096, GDRAM2NRAM); __memcpy(y + taskId * 1024, nram, 4096, NRAM2GDRAM);",
        job=BLOCK,
    ),
    "a task reads another one's result": Case(
        "__memcpy(nram, x + taskId * n, 4096, GDRAM2NRAM); __memcpy(y + taskId * n, nram, 4096, NRAM2GDRAM); "
        "__memcpy(nram, y + (taskId + 1) % 4 * n, 4096, GDRAM2NRAM);",
        ["race: it", "GDRAM allocation", "have no order"],
        "__memcpy(nram, x + taskId * n, 4096, GDRAM2NRAM); __memcpy(y + taskId * n, nram, 4096, NRAM2GDRAM); "
        "__memcpy(nram, y + taskId * n, 4096, GDRAM2NRAM);",
        job=BLOCK,
    ),
    "a partial overlap": Case(
        "if (coreId == 0x80) return; __memcpy(nram, x + taskId * n, 4096, GDRAM2NRAM); "
        "__memcpy(nram + 128, nram, 2048, NRAM2NRAM); __memcpy(y + taskId * n, nram, 2048, NRAM2GDRAM);",
        ["overlaps 'src'", "Move towards lower addresses, or through another buffer"],
        "if (coreId == 0x80) return; __memcpy(nram, x + taskId * n, 4096, GDRAM2NRAM); "
        "__memcpy(nram + 8192, nram, 2048, NRAM2NRAM); __memcpy(y + taskId * n, nram + 8192, 2048, NRAM2GDRAM);",
    ),
    "the direction does not fit the pointers": Case(
        "__memcpy(nram, x + taskId * n, 4096, SRAM2NRAM);",
        ["operand 'src' must be in SRAM but is in a GDRAM allocation"],
        "__memcpy(nram, x + taskId * n, 4096, GDRAM2NRAM);",
    ),
    "a misaligned vector on 2xx": Case(
        "__memcpy(nram + 16, x + taskId * n, 4096, GDRAM2NRAM); "
        "__bang_active_relu((float *)(nram + 16), (float *)(nram + 16), n); "
        "__memcpy(y + taskId * n, nram + 16, 4096, NRAM2GDRAM);",
        ["__bang_active_relu", "is not aligned to 64 bytes"],
        "__memcpy(nram + 64, x + taskId * n, 4096, GDRAM2NRAM); "
        "__bang_active_relu((float *)(nram + 64), (float *)(nram + 64), n); "
        "__memcpy(y + taskId * n, nram + 64, 4096, NRAM2GDRAM);",
        device="mtp_270",
    ),
    "scalar code reads NRAM that an asynchronous copy still writes": Case(
        "if (coreId == 0x80) return; __memcpy_async(nram, x + taskId * n, 4096, GDRAM2NRAM);\n"
        "y[taskId] = ((float *)nram)[7]; __sync();",
        [".mlu:7: scalar code", "race: it reads NRAM variable 'nram'", "+ 28 while __memcpy_async at line 6"],
        "if (coreId == 0x80) return; __memcpy_async(nram, x + taskId * n, 4096, GDRAM2NRAM); __sync_io();\n"
        "y[taskId] = ((float *)nram)[7];",
    ),
    "scalar code reads NRAM that nobody wrote": Case(
        "float *p = (float *)nram; if (coreId != 0x80) { p[0] = x[0];\n y[taskId] = p[0] + p[1]; }",
        [".mlu:7: scalar code", "reads NRAM variable 'nram' (131072 bytes) + 4, which this task never wrote"],
        "float *p = (float *)nram; if (coreId != 0x80) { p[0] = p[1] = x[0];\n y[taskId] = p[0] + p[1]; }",
    ),
    "scalar code adds up what other cores left in SRAM": Case(
        "float *p = (float *)sram; if (coreId != 0x80) { p[coreId] = coreId;\n"
        "if (coreId == 0) { y[0] = p[0] + p[1] + p[2] + p[3]; } }",
        ["scalar code", "race: it", "SRAM variable 'sram'", "scalar code at", "call __sync_cluster() or __sync"],
        "float *p = (float *)sram; if (coreId != 0x80) { p[coreId] = coreId; __sync_all_ipu();\n"
        "if (coreId == 0) { y[0] = p[0] + p[1] + p[2] + p[3]; } }",
    ),
    "tasks count in GDRAM with scalar code": Case(
        "y[0] = y[0] + 1;",
        ["scalar code", "race: it", "task", "use atomic operations"],
        "y[taskId] = y[taskId] + 1;",
        job=BLOCK,
    ),
    "scalar code reads WRAM": Case(
        "if (coreId == 0x80) return; __memcpy(nram, x + taskId * n, 4096, GDRAM2NRAM); "
        "__memcpy(wram, nram, 4096, NRAM2WRAM); y[taskId] = ((float *)wram)[5];",
        ["WRAM variable 'wram' (65536 bytes) + 20", "scalar code cannot reach WRAM"],
        "if (coreId == 0x80) return; __memcpy(nram, x + taskId * n, 4096, GDRAM2NRAM); "
        "__memcpy(wram, nram, 4096, NRAM2WRAM); __memcpy(nram + 4096, wram, 4096, WRAM2NRAM); "
        "y[taskId] = ((float *)(nram + 4096))[5];",
    ),
    "a counter in GDRAM without atomic operations": Case(
        "int *c = (int *)nram; __memcpy(c, y, 4, GDRAM2NRAM); c[0] += 1; __memcpy(y, c, 4, NRAM2GDRAM);",
        ["race: it", "use atomic operations"],
        "__bang_atomic_add((int *)nram, (int *)y, 1);",
        job=BLOCK,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_wrong_kernel(sim: Simulator, name):
    case = CASES[name]
    x = np.random.default_rng(3).standard_normal(case.tasks * N).astype(np.float32)
    how = {"device": case.device, "dim": (case.tasks, 1, 1), "job": case.job}
    for schedule in case.schedules:
        report = sim.run(
            case.source(case.wrong), x.copy(), np.zeros(2 * x.size, np.float32), N, schedule=schedule, **how
        )
        for words in case.words:
            assert any(w in report for w in words.split("|")), (schedule, words, report)
    results = run_in_every_schedule(sim, case.source(case.right), [x, np.zeros(2 * x.size, np.float32), N], 2, **how)
    for result in results:
        assert [a.tobytes() for a in result] == [a.tobytes() for a in results[0]]


def test_an_atomic_operation_orders_what_came_before(sim: Simulator):
    # The task that comes last, by a counter, reads what the others have written.
    body = """
  int *old = (int *)nram;
  for (int i = 0; i < 16; ++i) ((float *)(nram + 128))[i] = taskId + i;
  __memcpy(y + 64 + taskId * 16, nram + 128, 64, NRAM2GDRAM);
  ATOMIC
  if (old[0] != taskDim - 1) return;
  __memcpy(nram + 1024, y + 64, 64 * taskDim, GDRAM2NRAM);
  __memcpy(y + 4096, nram + 1024, 64 * taskDim, NRAM2GDRAM);
"""
    for schedule in ("forward", "reverse", "seed:3"):
        y = np.zeros(8192, np.float32)
        ordered = text("float *y", body.replace("ATOMIC", "__bang_atomic_add(old, (int *)y, 1);"))
        assert sim.run(ordered, y, dim=(8, 1, 1), schedule=schedule) == ""
        np.testing.assert_array_equal(y[4096:4224].reshape(8, 16), np.arange(8)[:, None] + np.arange(16))
    racing = text("float *y", body.replace("ATOMIC", "old[0] = taskId;"))
    assert "race: it reads 'src'" in sim.run(racing, np.zeros(8192, np.float32), dim=(8, 1, 1))


@pytest.mark.parametrize("job", [BLOCK, UNION1, UNION2])
def test_the_same_value_may_be_written_twice(sim: Simulator, job):
    # As the last tile of a dimension that is moved back so that it is full.
    body = """
  if (coreId == 0x80) return;
  int at = taskId < 7 ? taskId * 64 : 430;
  __memcpy(nram, x + at, 256, GDRAM2NRAM);
  COPY(y + at, nram + 0, 256, NRAM2GDRAM);
  y[500] = 7;
"""
    x = np.arange(512, dtype=np.float32)
    for copy in ("__memcpy", "__memcpy_async"):
        source = text("float *x, float *y", body.replace("COPY", copy))
        for schedule in ("eager,forward", "lazy,forward", "lazy,reverse"):
            y = np.zeros_like(x)
            assert sim.run(source, x, y, dim=(8, 1, 1), job=job, schedule=schedule) == "", (copy, schedule)
            np.testing.assert_array_equal(y[:494], x[:494])
            wrong = source.replace("nram + 0", "nram + (taskId == 7 ? 4 : 0)").replace("256, GDRAM", "260, GDRAM")
            report = sim.run(wrong, x, np.zeros_like(x), dim=(8, 1, 1), job=job, schedule=schedule)
            assert "race: it writes 'dst'" in report and "not the same values" in report, report
    scalar = text("float *x, float *y", body.replace("COPY", "__memcpy").replace("= 7", "= taskId"))
    report = sim.run(scalar, x, np.zeros_like(x), dim=(8, 1, 1), job=job)
    assert "scalar code" in report and "not the same value" in report


def test_scalar_stores_of_every_value_are_seen(sim: Simulator):
    # Also of the value that a byte happened to have before: 256 variants of one byte, each at its own place.
    body = """
  for (int i = 0; i < 256; ++i) ((int8_t *)nram)[i * 129 + i % 4] = i;
  for (int i = 0; i < 256; ++i) __memcpy(y + i, nram + i * 129 + i % 4, 1, NRAM2GDRAM);
"""
    y = np.zeros(256, np.int8)
    assert sim.run(text("int8_t *y", body), y) == ""
    np.testing.assert_array_equal(y.view(np.uint8), np.arange(256))


PADDED_MASK = """
  // 21 points of 32 lanes: comparisons take all lanes, the gather uses the bits of 21.
  float *a = (float *)nram, *zero = a + 64, *rows = a + 1024;
  unsigned *offsets = (unsigned *)(a + 128);
  unsigned char *mask = (unsigned char *)(a + 256), *small = mask + 64;
  __bang_write_value(zero, 32, 0.0f);
  __bang_write_value(zero + 32, 32, 2.0f);
  __bang_write_value(rows, 32 * 16, 0.0f);
  __memcpy(a, x, 21 * 4, GDRAM2NRAM);
  for (int i = 0; i < 32; ++i) offsets[i] = i * 64;
  __bang_ge_bitindex((float *)mask, a, zero, 32);
  __bang_lt_bitindex((float *)small, a, zero + 32, 32);
  __bang_band((char *)mask, (char *)mask, (char *)small, 4);
  __bang_bnot((char *)small, (char *)mask, 4);
  __sync_compute();
  __bang_bnot((char *)mask, (char *)small, 4);
  __gather(rows, x, offsets, mask, 64, GDRAM2NRAM, 64, COUNT);
  __memcpy(y, rows, 21 * 64, NRAM2GDRAM);
"""


def test_bits_of_padded_lanes_may_stay_unwritten(sim: Simulator):
    x = np.random.default_rng(5).standard_normal(1024).astype(np.float32)
    how = {"device": "mtp_592", "job": BLOCK, "dim": (1, 1, 1)}
    source = text("float *x, float *y, int n", PADDED_MASK.replace("COUNT", "21"))
    results = run_in_every_schedule(sim, source, [x, np.zeros(1024, np.float32), 0], 2, **how)
    chosen = np.where(((x >= 0) & (x < 2))[:21, None], x[: 21 * 16].reshape(21, 16), 0)
    assert all(np.array_equal(r[1][: 21 * 16], chosen.ravel()) for r in results)
    for count in ("22", "24", "32"):  # bits of lanes that nobody wrote
        wrong = text("float *x, float *y, int n", PADDED_MASK.replace("COUNT", count))
        report = sim.run(wrong, x.copy(), np.zeros(1024, np.float32), 0, **how)
        assert "operand 'mask' reads" in report and "never wrote" in report, report


# Core 0 writes a kilobyte and sets a flag in GDRAM; core 1 waits for it and reads what core 0 wrote.
FLAG = """
  if (coreId == 0x80) return;
  float *data = y + 64;
  int *flag = (int *)y, *seen = (int *)(nram + 8192);
  if (taskId == 0) {
    __memcpy(nram, x, 1024, GDRAM2NRAM);
    __memcpy(data, nram, 1024, NRAM2GDRAM);
    SET
  } else if (taskId == 1) {
    WAIT
    __memcpy(nram, data, 1024, GDRAM2NRAM);
    __memcpy(data + 256, nram, 1024, NRAM2GDRAM);
  }
"""
PLAIN_SET, PLAIN_WAIT = "*(volatile int *)flag = 5;", "while (*(volatile int *)flag != 5) {}"
COPY_WAIT = "do __memcpy(seen, flag, 4, GDRAM2NRAM); while (*seen != 5);"
ATOMIC_SET = "seen[0] = 5; __bang_atomic_exch(seen + 32, flag, seen, 1);"
ATOMIC_WAIT = "do __bang_atomic_add(seen, flag, 0, 1); while (*seen != 5);"


def test_a_plain_flag_orders_nothing(sim: Simulator):
    x = np.random.default_rng(6).standard_normal(1024).astype(np.float32)
    how = {"device": "mtp_372", "job": UNION1, "dim": (4, 1, 1)}

    def source(set_flag: str, wait: str) -> str:
        return text("float *x, float *y, int n", FLAG.replace("SET", set_flag).replace("WAIT", wait))

    for set_flag, wait, words in (
        (PLAIN_SET, PLAIN_WAIT, "set it and read it with atomic operations"),
        (PLAIN_SET, COPY_WAIT, "set it and read it with atomic operations"),
        (ATOMIC_SET, PLAIN_WAIT, "the other side must use an atomic operation too"),
        (PLAIN_SET, ATOMIC_WAIT, "the other side must use an atomic operation too|order nothing"),
    ):
        for schedule in ("lazy,forward", "eager,reverse", "lazy,seed:7"):
            report = sim.run(source(set_flag, wait), x.copy(), np.zeros(1024, np.float32), 0, schedule=schedule, **how)
            assert "race: it" in report and "plain loads and stores of a flag order nothing" in report, report
            assert any(w in report for w in words.split("|")), report
    right = source(ATOMIC_SET, ATOMIC_WAIT)
    results = run_in_every_schedule(sim, right, [x, np.zeros(1024, np.float32), 0], 2, **how)
    assert all(np.array_equal(r[1][320:576], x[:256]) for r in results)


@pytest.mark.parametrize("sanitize", [0, 2])
def test_waiting_for_nobody_ends(sim: Simulator, sanitize: int):
    for job, tasks, why in ((BLOCK, 1, "Tasks of a Block job need not run"), (UNION1, 4, "other cores have ended")):
        source = text(
            "float *x, float *y, int n", "if (taskId == 0 && coreId != 0x80) " + PLAIN_WAIT.replace("flag", "y")
        )
        report = sim.run(
            source, np.zeros(4, np.float32), np.zeros(4, np.float32), 0, device="mtp_372", job=job, dim=(tasks, 1, 1),
            sanitize=sanitize,
        )  # fmt: skip
        assert "times and nobody changes it" in report and why in report, report
