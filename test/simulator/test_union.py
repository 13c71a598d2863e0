"""Union jobs: who runs, what the built-in variables say, how cores meet and share SRAM."""

from __future__ import annotations

import numpy as np
import pytest
from harness import UNION1, UNION2, UNION4, UNION8, Simulator

DEVICES = ["mtp_270", "mtp_372", "mtp_592"]


def text(params: str, body: str, globals_: str = "") -> str:
    pools = "__nram__ int8_t nram[131072];\n__wram__ int8_t wram[65536];\n__mlu_shared__ int8_t sram[262144];\n"
    return f'#include <bang.h>\n{pools}{globals_}extern "C" __mlu_global__ void k({params}) {{\n{body}\n}}\n'


VARIABLES = text(
    "int *out",
    """
  int mpu = coreId == 0x80, per = coreDim + 1;
  int row = taskIdX / (coreDim * clusterDim) + taskDimX / (coreDim * clusterDim) * (taskIdY + taskDimY * taskIdZ);
  int *mine = out + 12 * ((row * clusterDim + clusterId) * per + (mpu ? coreDim : coreId));
  int values[12] = {taskId, taskIdX, taskIdY, taskIdZ, taskDim, taskDimX, taskDimY, taskDimZ, coreId, coreDim,
                    clusterId, clusterDim};
  for (int i = 0; i < 12; ++i) mine[i] = values[i];
""",
)


@pytest.mark.parametrize(
    "job, clusters, dim", [(UNION1, 1, (8, 3, 2)), (UNION2, 2, (8, 1, 1)), (UNION4, 4, (32, 2, 1))]
)
def test_built_in_variables(sim: Simulator, job, clusters, dim):
    unions = dim[0] * dim[1] * dim[2] // (4 * clusters)
    out = np.full((unions, clusters, 5, 12), -1, np.int32)
    assert sim.run(VARIABLES, out, dim=dim, job=job) == ""
    for u in range(unions):
        for c in range(clusters):
            for i in range(5):
                task = (u * clusters + c) * 4 + (i if i < 4 else 0)
                x, y, z = task % dim[0], task // dim[0] % dim[1], task // (dim[0] * dim[1])
                core = 0x80 if i == 4 else i
                assert out[u, c, i].tolist() == [task, x, y, z, dim[0] * dim[1] * dim[2], *dim, core, 4, c, clusters]


def test_block_jobs_have_no_cluster(sim: Simulator):
    body = "out[taskId] = clusterDim * 1000 + coreId; __sync_all(); __sync_cluster(); __sync_all_ipu();"
    out = np.full(6, -1, np.int32)
    assert sim.run(text("int *out", body), out, dim=(6, 1, 1)) == ""
    assert out.tolist() == [0, 1, 2, 3, 0, 1]


# Every core adds its row to a sum in SRAM: load by the memory core, work by the IPU cores, store by the memory core.
SHARED_SUM = text(
    "float *x, float *y, int n",
    """
  float *rows = (float *)sram, *sums = (float *)(sram + 131072), *mine = (float *)nram;
  int first = taskIdX / coreDim * coreDim;
  __memcpy(rows, x + first * n, coreDim * n * sizeof(float), GDRAM2SRAM);  // the memory core does this
  __sync_cluster();
  __memcpy(mine, rows + coreId * n, n * sizeof(float), SRAM2NRAM);
  __bang_add(mine, mine, mine, n);
  __memcpy(sums + coreId * n, mine, n * sizeof(float), NRAM2SRAM);
  __sync_cluster();
  int next = (coreId + 1) % coreDim;
  __memcpy((float *)nram + n, sums + next * n, n * sizeof(float), SRAM2NRAM);
  __bang_add(mine, mine, (float *)nram + n, n);
  __memcpy(rows + coreId * n, mine, n * sizeof(float), NRAM2SRAM);
  __sync_cluster();
  __memcpy(y + first * n, rows, coreDim * n * sizeof(float), SRAM2GDRAM);
""",
)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("job, tasks", [(UNION1, 4), (UNION1, 64), (UNION2, 16), (UNION4, 16)])
def test_shared_sum(sim: Simulator, device, job, tasks):
    n = 256
    x = np.random.default_rng(1).standard_normal((tasks, n)).astype(np.float32)
    y = np.zeros_like(x)
    assert sim.run(SHARED_SUM, x, y, n, device=device, dim=(tasks, 1, 1), job=job) == ""
    groups = x.reshape(-1, 4, n)
    np.testing.assert_array_equal(y.reshape(-1, 4, n), 2 * groups + 2 * np.roll(groups, -1, axis=1))
    assert sim.run(SHARED_SUM, x, y, n, device=device, dim=(tasks, 1, 1), job=job, sanitize=0) == ""
    np.testing.assert_array_equal(y.reshape(-1, 4, n), 2 * groups + 2 * np.roll(groups, -1, axis=1))


def test_scalar_code_sees_the_sram_of_its_cluster(sim: Simulator):
    body = """
  int *shared = (int *)sram;
  if (coreId == 1) for (int i = 0; i < 3000; ++i) shared[i] = 1000 * clusterId + i;
  __sync_all();
  int total = 0;
  for (int i = 0; i < 3000; ++i) total += shared[i] == 1000 * clusterId + i;
  if (coreId != 0x80) out[taskId] = total;
"""
    for job, cores in ((UNION1, 4), (UNION2, 8), (UNION4, 16)):
        out = np.zeros(cores, np.int32)
        assert sim.run(text("int *out", body), out, dim=(cores, 1, 1), job=job) == ""
        assert (out == 3000).all()


def test_copy_to_another_cluster(sim: Simulator):
    body = """
  float *a = (float *)sram, *b = (float *)(sram + 4096);
  __memcpy(a, x + clusterId * 256, 1024, GDRAM2SRAM);
  __sync_all();
  __memcpy(b, a, 512, SRAM2SRAM, (clusterId + 1) % clusterDim);
  __memcpy_async(b + 128, a + 128, 512, SRAM2SRAM, (clusterId + 1) % clusterDim);
  __sync_all();
  __memcpy(y + clusterId * 256, b, 1024, SRAM2GDRAM);
"""
    x = np.arange(4 * 256, dtype=np.float32).reshape(4, 256)
    for device in ("mtp_270", "mtp_372"):
        y = np.zeros_like(x)
        assert sim.run(text("float *x, float *y", body), x, y, device=device, dim=(16, 1, 1), job=UNION4) == ""
        np.testing.assert_array_equal(y, np.roll(x, 1, axis=0))
    report = sim.run(text("float *x, float *y", body), x, y, device="mtp_592", dim=(16, 1, 1), job=UNION4)
    assert "mtp_592 has no copies between clusters" in report


BARRIERS = """
  int *flags = (int *)sram;
  if (coreId == 0 && clusterId == 0) out[0] = 0;
  __sync_all();
  if (coreId == 0x80) { __sync_all_mpu(); out[1 + clusterId] = 1; __sync_all_mpu(); }
  else {
    __sync_all_ipu();
    if (coreId == 2) flags[0] = 7 + clusterId;
    __sync_all_ipu_within_cluster();
    out[10 + taskId] = flags[0];
    __sync_all_ipu();
  }
  __sync_cluster();
"""


def test_every_barrier(sim: Simulator):
    out = np.zeros(42, np.int32)
    assert sim.run(text("int *out", BARRIERS), out, device="mtp_372", dim=(32, 1, 1), job=UNION8) == ""
    assert out[1:9].tolist() == [1] * 8 and out[10:].tolist() == [7 + t // 4 for t in range(32)]


def test_split_barrier(sim: Simulator):
    body = """
  int *flags = (int *)sram;
  if (coreId == 0x80) return;
  if (coreId == 3) { flags[0] = 42; __sync_cluster_arrive(5, 4); return; }
  __sync_cluster_wait(5, 4);
  out[coreId] = flags[0];
"""
    out = np.zeros(4, np.int32)
    assert sim.run(text("int *out", body), out, device="mtp_372", dim=(4, 1, 1), job=UNION1) == ""
    assert out.tolist() == [42, 42, 42, 0]
    with pytest.raises(RuntimeError, match="__sync_cluster_wait .* mtp_270: needs mtp_372 or later"):
        sim.run(text("int *out", body), out, device="mtp_270", dim=(4, 1, 1), job=UNION1)


def test_the_memory_core_leaves_out_what_needs_nram(sim: Simulator):
    # As in published pipelines over SRAM: nobody asks which core runs.
    body = """
  for (int i = 0; i < 3; ++i) {
    __memcpy_async(sram, x + i * 1024, 4096, GDRAM2SRAM);
    __sync_cluster();
    __memcpy_async(nram, sram + coreId * 1024, 1024, SRAM2NRAM);
    __sync_cluster();
    __bang_mul_scalar((float *)nram, (float *)nram, 3.0f, 256);
    __sync();
    __memcpy_async(y + i * 1024 + taskId * 256, nram, 1024, NRAM2GDRAM);
    __sync_cluster();
  }
"""
    x = np.arange(3 * 1024, dtype=np.float32)
    y = np.zeros_like(x)
    assert sim.run(text("float *x, float *y", body), x, y, device="mtp_372", dim=(4, 1, 1), job=UNION1) == ""
    np.testing.assert_array_equal(y, 3 * x)


def test_file_scope_variables_are_gdram(sim: Simulator):
    globals_ = "__mlu_const__ float table[64] = {1.5f, 2.5f};\n__mlu_device__ float sums[64];\n"
    body = """
  __memcpy(nram, table, 256, GDRAM2NRAM);
  __memcpy(sums, nram, 256, NRAM2GDRAM);
  __memcpy(nram + 256, sums, 256, GDRAM2NRAM);
  __memcpy(y, nram + 256, 256, NRAM2GDRAM);
"""
    y = np.zeros(64, np.float32)
    assert sim.run(text("float *y", body, globals_), y) == ""
    assert y[:3].tolist() == [1.5, 2.5, 0]
    report = sim.run(text("float *y", body.replace("table, 256", "table + 4, 256"), globals_), y)
    assert "reads 16 bytes past the end of" in report


def test_refused_jobs(sim: Simulator):
    lib, kernel = sim.lib, text("int *out", "out[taskId] = 1;")
    out = np.zeros(64, np.int32)
    for dim, job, device, words in (
        ((6, 1, 1), UNION1, "mtp_270", "dim.x = 6, which is no multiple of its 4 cores"),
        ((12, 1, 1), UNION2, "mtp_270", "no multiple of its 8 cores"),
        ((32, 1, 1), UNION8, "mtp_270", "unions of at most 4 clusters"),
        ((1, 1, 1), 3, "mtp_270", "a job of type 3, which does not exist"),
    ):
        report = sim.run(kernel, out, device=device, dim=dim, job=job)
        assert words in report, report
    lib.mluSimClearReport()
    assert not out.any()


EARLY = "if (coreId == 0x80) return; nram[0] = 1; __sync_cluster();"
DEADLOCKS = {
    "the memory core returns early": (
        EARLY,
        ["core 0, core 1, core 2 and core 3 wait in __sync_cluster", "for 5 participants", "the memory core has ended",
         "use __sync_all_ipu()"],
        EARLY.replace("__sync_cluster", "__sync_all_ipu"),
    ),
    "one core leaves a loop early": (
        "for (int i = 0; i < 3; ++i) { if (coreId == 2 && i == 2) break; __sync_all(); }",
        ["core 0, core 1, core 3 and the memory core wait in __sync_all", "core 2 has ended"],
        "for (int i = 0; i < 3; ++i) { __sync_all(); if (coreId == 2 && i == 2) break; }",
    ),
    "cores meet at different barriers": (
        "if (coreId == 1) __sync_all(); else __sync_cluster();",
        ["core 0, core 2, core 3 and the memory core wait in __sync_cluster", "core 1 waits in __sync_all"],
        "__sync_cluster();",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DEADLOCKS)
def test_deadlock(sim: Simulator, name):
    wrong, words, right = DEADLOCKS[name]
    report = sim.run(text("int *out", wrong), np.zeros(4, np.int32), dim=(4, 1, 1), job=UNION1)
    for word in ["deadlock", *words]:
        assert word in report, report
    assert sim.run(text("int *out", right), np.zeros(4, np.int32), dim=(4, 1, 1), job=UNION1) == ""


def test_a_broken_rule_stops_all_cores(sim: Simulator):
    body = "__sync_all(); if (coreId == 1) __memcpy(nram, out, 4096, GDRAM2NRAM); __sync_all();"
    report = sim.run(text("int *out", body), np.zeros(4, np.int32), dim=(8, 1, 1), job=UNION2)
    assert "(core 1 of cluster 0)" in report and "past the end of" in report
