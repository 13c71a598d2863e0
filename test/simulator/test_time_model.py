"""The modelled time (docs/time-model.md): small kernels whose time follows from the numbers of the device."""

import numpy as np
import pytest
from harness import UNION1, kernel

from metabang import devices

DEVICE = devices.load("mtp_372")
RATE = DEVICE["core_io_bytes_per_cycle"] * DEVICE["clock_mhz"] * 1e-3  # bytes a ns, one core
SHARED = DEVICE["dram_gb_per_s"] * DEVICE["dram_efficiency"]  # bytes a ns, the card
START = DEVICE["dma_startup_ns"]
SIZE = 131072
BUFFER = np.zeros(64 * SIZE, np.int8)


def run(sim, body, tasks=1, job=1, nram=262144):
    """Nanoseconds of a kernel without its launch."""
    text = kernel("int8_t *x, int n", body, nram=nram)
    assert sim.run(text, BUFFER, 0, device="mtp_372", dim=(tasks, 1, 1), job=job, sanitize=0) == ""
    profile = sim.profile()
    return (profile["us"] - profile["launch_us"]) * 1e3


ADD = "__bang_add((float *)nram, (float *)nram, (float *)nram, 16384);"
LOAD = f"__memcpy(nram, x + taskId * {SIZE}, {SIZE}, GDRAM2NRAM);"


def test_one_core_copies_at_its_own_rate(sim):
    assert run(sim, LOAD) == pytest.approx(START + SIZE / RATE, rel=0.01)


def test_copies_share_the_bandwidth_while_they_last(sim):
    together = START + 32 * SIZE / SHARED
    assert run(sim, LOAD, tasks=32) == pytest.approx(together, rel=0.01)
    # the second copy of task 0 has the memory for itself
    assert run(sim, LOAD + "if (taskId == 0) " + LOAD, tasks=32) == pytest.approx(
        together + START + SIZE / RATE, rel=0.01
    )


def test_tasks_go_to_the_core_that_is_free_first(sim):
    work = "for (int i = 0; i < (taskId == 0 ? 90 : 10); ++i) " + ADD
    one = run(sim, ADD)
    # 32 cores: while one is busy with task 0, the others take the 300 short ones
    assert run(sim, work, tasks=300) == pytest.approx(100 * one, rel=0.1)


def test_asynchronous_copies_overlap_the_computation(sim):
    compute = "for (int i = 0; i < 8; ++i) " + ADD
    alone, copy = run(sim, compute), START + SIZE / RATE
    load = f"__memcpy_async(nram + {SIZE}, x, {SIZE}, GDRAM2NRAM);"
    assert run(sim, load + compute + "__sync();") == pytest.approx(max(alone, copy), rel=0.05)
    assert run(sim, load + "__sync();" + compute) == pytest.approx(alone + copy, rel=0.05)


def test_short_segments_and_partly_covered_granules_cost(sim):
    def store(size, offset=0):
        return run(sim, f"__memcpy(x + {offset}, nram, {size}, NRAM2GDRAM, 512, {size}, 255);")

    segments = 255 * DEVICE["dma_segment_ns"]
    assert store(64) == pytest.approx(START + segments + 256 * 64 / RATE, rel=0.02)
    assert store(32) == pytest.approx(START + segments + 256 * 128 / RATE, rel=0.02)  # read, changed, written
    assert store(64, 32) == pytest.approx(START + segments + 256 * 4 * 64 / RATE, rel=0.02)  # half of two granules each


def test_a_contiguous_copy_to_wram_is_one_segment(sim):
    # The hardware spreads it over the 64 banks; DRAM sees one stream. Segments that the kernel asks for count.
    filters = "__wram__ int8_t wram[131072]; "
    one = START + SIZE / RATE
    assert run(sim, filters + f"__memcpy(wram, x, {SIZE}, GDRAM2WRAM);") == pytest.approx(one, rel=0.01)
    strided = f"__memcpy(wram, x, {SIZE // 64}, GDRAM2WRAM, {DEVICE['wram_bytes'] // 64}, {SIZE // 64}, 63);"
    assert run(sim, filters + strided) == pytest.approx(one + 63 * DEVICE["dma_segment_ns"], rel=0.01)


def test_a_barrier_waits_for_the_last_core(sim):
    work = "if (taskId == 1) for (int i = 0; i < 8; ++i) " + ADD
    tail = "__sync_cluster(); if (coreId == 0) " + LOAD
    cycles = 1e3 / DEVICE["clock_mhz"]
    expected = run(sim, work, 4, UNION1) + START + SIZE / RATE + DEVICE["barrier_cycles"] * cycles
    assert run(sim, work + tail, 4, UNION1) == pytest.approx(expected, rel=0.05)


def test_the_sram_is_shared_by_the_cores_of_a_cluster(sim):
    copies = "__memcpy(nram, sram, 131072, SRAM2NRAM);"
    text = "__mlu_shared__ int8_t sram[131072]; if (coreId <= {}) {{ " + copies + "}}"
    one, four = (run(sim, text.format(last), 4, UNION1) for last in (0, 3))
    assert four == pytest.approx(one * 2, rel=0.1)  # 64 bytes a cycle each, 128 together


def test_scalar_accesses_cost_by_memory(sim):
    def loop(statement, before=""):
        return run(sim, f"{before} float s = n; for (int i = 0; i < 1000; ++i) {statement}; if (s == 42) x[0] = 1;")

    assert loop("s += ((float *)x)[i]") == pytest.approx(1000 * DEVICE["scalar_gdram_ns"], rel=0.01)
    assert loop("((float *)nram)[i] = s") == pytest.approx(1000 * DEVICE["scalar_nram_ns"], rel=0.01)
    assert loop("s += table[(i * 7) & 15]", "float table[16]; for (int i = 0; i < 16; ++i) table[i] = n + i;") < 100


@pytest.mark.parametrize(
    "bound, body",
    [
        ("launch", ""),
        ("memory", "for (int i = 0; i < 40; ++i) " + LOAD),
        ("latency", "for (int i = 0; i < 100; ++i) __memcpy(nram, x, 64, GDRAM2NRAM);"),
        ("compute", "for (int i = 0; i < 40; ++i) " + ADD),
        ("scalar", "for (int i = 0; i < 100; ++i) x[i * 64] = 1;"),
    ],
)
def test_what_binds_a_kernel(sim, bound, body):
    run(sim, body)
    assert sim.profile()["bound"] == bound
