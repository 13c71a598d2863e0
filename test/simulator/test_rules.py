"""Kernels that are wrong in one way, and the paragraph that refuses them. Their repaired twins pass."""

from __future__ import annotations

import numpy as np
import pytest
from harness import kernel

LOAD = "__memcpy(nram, x, 4096, GDRAM2NRAM);"
STORE = "__memcpy(z, nram + 8192, 4096, NRAM2GDRAM);"
PART = "__memcpy(z, nram + 8192, 4000, NRAM2GDRAM);"
LATE = "__memcpy_async(z, nram + 8192, 4096, NRAM2GDRAM);"
MOVE = "__memcpy_async(nram + 8192, nram, 64, NRAM2NRAM, 64, 64, 63);"
A, B, C = "(float *)nram", "(float *)(nram + 4096)", "(float *)(nram + 8192)"

# name: device, wrong body, words of the report, repaired body
CASES = {
    "past the end of NRAM": (
        "mtp_270",
        f"{LOAD} __bang_active_relu((float *)(nram + 262016), {A}, 1024);",
        ["writes 3968 bytes past the end of", "'nram'"],
        f"{LOAD} __bang_active_relu({C}, {A}, 1024);",
    ),
    "past the end of an allocation": (
        "mtp_270",
        "__memcpy(nram, x + 4, 4096, GDRAM2NRAM);",
        ["'src' reads 16 bytes past the end of", "GDRAM allocation of 4096 bytes"],
        "__memcpy(nram, x, 4096, GDRAM2NRAM);",
    ),
    "host memory": (
        "mtp_270",
        "float h[32]; __memcpy(nram, h, 128, GDRAM2NRAM);",
        ["in no on-chip variable and no device allocation"],
        LOAD,
    ),
    "wrong direction": (
        "mtp_270",
        "__memcpy(nram, x, 4096, NRAM2GDRAM);",
        ["operand 'dst' is NRAM variable|operand 'dst' must be in GDRAM but is in NRAM"],
        LOAD,
    ),
    "vector operand in GDRAM": (
        "mtp_270",
        f"__bang_active_relu({C}, x, 1024);",
        ["operand 'src' must be in NRAM but is in a GDRAM"],
        f"{LOAD} __bang_active_relu({C}, {A}, 1024);",
    ),
    "conv kernel in NRAM": (
        "mtp_270",
        f"__nramset({A}, 8192, 0.0f); __bang_conv({C}, (int8_t *)nram, (int8_t *)nram, 64, 1, 1, 1, 1, 1, 1, 64, 0);",
        ["operand 'kernel' must be in WRAM but is in NRAM"],
        f"__nramset({A}, 8192, 0.0f); __memcpy(wram, nram, 4096, NRAM2WRAM); "
        f"__bang_conv({C}, (int8_t *)nram, (int8_t *)wram, 64, 1, 1, 1, 1, 1, 1, 64, 0);",
    ),
    "length on 2xx": (
        "mtp_270",
        f"{LOAD} __bang_active_relu({C}, {A}, 1000);",
        ["size in bytes is 4000, not a multiple of 128"],
        f"{LOAD} __bang_active_relu({C}, {A}, 992);",
    ),
    "address on 2xx": (
        "mtp_270",
        f"{LOAD} __bang_active_relu({C}, (float *)(nram + 32), 32);",
        ["not aligned to 64 bytes"],
        f"{LOAD} __bang_active_relu({C}, (float *)(nram + 64), 32);",
    ),
    "channels of a pool on 2xx": (
        "mtp_270",
        f"{LOAD} __bang_maxpool({C}, {A}, 16, 8, 8, 2, 2, 2, 2);",
        ["channels' size in bytes is 64, not a multiple of 128"],
        f"{LOAD} __bang_maxpool({C}, {A}, 32, 4, 8, 2, 2, 2, 2);",
    ),
    "channels of a conv on 2xx": (
        "mtp_270",
        f"__bang_conv({C}, (int8_t *)nram, (int8_t *)wram, 32, 1, 1, 1, 1, 1, 1, 64, 0);",
        ["channel_input in bytes is 32, not a multiple of 64"],
        LOAD,
    ),
    "half the filters": (
        "mtp_270",
        f"__nramset({A}, 8192, 0.0f); __memcpy(wram, nram, 2048, NRAM2WRAM); "
        f"__bang_conv({C}, (int8_t *)nram, (int8_t *)wram, 64, 1, 1, 1, 1, 1, 1, 64, 0);",
        ["'kernel' reads 32 bytes that this task never wrote", "WRAM bank 0 byte 32"],
        f"__nramset({A}, 8192, 0.0f); __memcpy(wram, nram, 4096, NRAM2WRAM); "
        f"__bang_conv({C}, (int8_t *)nram, (int8_t *)wram, 64, 1, 1, 1, 1, 1, 1, 64, 0);",
    ),
    "leaves a WRAM variable": (
        "mtp_270",
        "__nramset((int *)nram, 16384, 0); __memcpy(wram + 64, nram, 65536, NRAM2WRAM);",
        ["leaves WRAM variable 'wram' (65536 bytes, so 1024 in each of the 64 banks): bytes 64 to 1088"],
        "__nramset((int *)nram, 16384, 0); __memcpy(wram, nram, 65536, NRAM2WRAM);",
    ),
    "unwritten NRAM to GDRAM": (
        "mtp_270",
        f"{LOAD} __bang_active_relu({C}, {A}, 512); {STORE}",
        ["'src' reads 2048 bytes that this task never wrote", "'nram' (262144 bytes) + 10240"],
        f"{LOAD} __bang_active_relu({C}, {A}, 1024); {STORE}",
    ),
    "unwritten through element-wise operations": (
        "mtp_270",
        f"__memcpy(nram, x, 4000, GDRAM2NRAM); __bang_add({C}, {A}, {A}, 1024); {STORE}",
        ["reads 96 bytes that this task never wrote (or computed from such bytes)", "+ 12192"],
        f"__memcpy(nram, x, 4000, GDRAM2NRAM); __bang_add({C}, {A}, {A}, 1024); {PART}",
    ),
    "reduction over an unwritten tail": (
        "mtp_270",
        f"__memcpy(nram, x, 4000, GDRAM2NRAM); __bang_reduce_sum({C}, {A}, 1024);",
        ["never wrote"],
        f"__nramset({A}, 1024, 0.0f); __memcpy(nram, x, 4000, GDRAM2NRAM); __bang_reduce_sum({C}, {A}, 1024);",
    ),
    "overlap": (
        "mtp_270",
        f"{LOAD} __bang_transpose((float *)(nram + 64), {A}, 32, 32);",
        ["overlaps 'src'", "Use separate buffers"],
        f"{LOAD} __bang_transpose({C}, {A}, 32, 32);",
    ),
    "widening in place": (
        "mtp_270",
        f"{LOAD} __bang_half2float({A}, (half *)nram, 64);",
        ["'dst' (", "overlaps 'src'"],
        f"{LOAD} __bang_half2float({C}, (half *)nram, 64);",
    ),
    "partial overlap of an element-wise operation": (
        "mtp_270",
        f"{LOAD} __bang_active_relu((float *)(nram + 128), {A}, 512);",
        ["Only an exact in-place operation is allowed"],
        f"{LOAD} __bang_active_relu({A}, {A}, 512);",
    ),
    "load not waited for": (
        "mtp_270",
        f"__memcpy_async(nram, x, 4096, GDRAM2NRAM); __bang_active_relu({C}, {A}, 1024);",
        ["race: it reads 'src'", "while __memcpy_async at line 5 still writes there on the IO pipe", "__sync_io()"],
        f"__memcpy_async(nram, x, 4096, GDRAM2NRAM); __sync(); __bang_active_relu({C}, {A}, 1024);",
    ),
    "store before the result": (
        "mtp_270",
        f"{LOAD} __bang_active_relu({C}, {A}, 1024); {LATE}",
        [
            "race: it reads 'src'",
            "__bang_active_relu at line 5 still writes there on the Compute pipe",
            "__sync_compute()",
        ],
        f"{LOAD} __bang_active_relu({C}, {A}, 1024); __sync_compute(); {LATE}",
    ),
    "buffer reused while it is stored": (
        "mtp_270",
        f"{LOAD} __memcpy_async(z, nram, 4096, NRAM2GDRAM); __bang_active_relu({A}, {A}, 1024);",
        ["race: it writes 'dst'", "still reads there on the IO pipe"],
        f"{LOAD} __memcpy_async(z, nram, 4096, NRAM2GDRAM); __sync_io(); __bang_active_relu({A}, {A}, 1024);",
    ),
    "move pipe not waited for": (
        "mtp_270",
        f"{LOAD} {MOVE} __bang_active_relu({C}, {C}, 1024);",
        ["still writes there on the Move pipe", "__sync_move()"],
        f"{LOAD} {MOVE} __sync_move(); __bang_active_relu({C}, {C}, 1024);",
    ),
    "window larger than the input": (
        "mtp_372",
        f"{LOAD} __bang_maxpool({C}, {A}, 16, 4, 4, 5, 1, 1, 1);",
        ["5 x 1 window is larger than the 4 x 4 input"],
        f"{LOAD} __bang_maxpool({C}, {A}, 16, 4, 4, 4, 1, 1, 1);",
    ),
    "segments overlap": (
        "mtp_270",
        "__memcpy(nram, x, 128, GDRAM2NRAM, 64, 128, 3);",
        ["destination's stride is smaller than the size 128"],
        "__memcpy(nram, x, 128, GDRAM2NRAM, 128, 128, 3);",
    ),
    "nothing to do": ("mtp_270", "__memcpy(nram, x, 0, GDRAM2NRAM);", ["the size is 0"], LOAD),
    "SRAM in a block job": ("mtp_270", "__memcpy(nram, x, 128, GDRAM2SRAM);", ["SRAM belongs to a cluster"], LOAD),
}


@pytest.mark.parametrize("case", CASES)
def test_wrong_kernel_is_refused_and_its_twin_passes(sim, case):
    device, wrong, words, right = CASES[case]
    x, z = np.ones(1024, np.float32), np.zeros(1024, np.float32)
    report = sim.run(kernel("float *x, float *z", "  (void)x; (void)z; " + wrong, wram=65536), x, z, device=device)
    for word in words:
        assert any(w in report for w in word.split("|")), report
    assert report.split(":")[0].endswith(".mlu") and ":5: " in report, report  # file and line
    assert "in kernel 'k', task 0 of 1 on " + device in report
    twin = kernel("float *x, float *z", "  (void)x; (void)z; " + right, wram=65536)
    for sanitize in (1, 2, 0):
        assert sim.run(twin, x, z, device=device, sanitize=sanitize) == ""


def test_cheap_checks_are_always_on(sim):
    x, z = np.ones(1024, np.float32), np.zeros(1024, np.float32)
    for case in ("past the end of NRAM", "past the end of an allocation", "length on 2xx", "vector operand in GDRAM"):
        device, wrong, words, _ = CASES[case]
        report = sim.run(kernel("float *x, float *z", wrong, wram=65536), x, z, device=device, sanitize=0)
        assert words[0] in report


@pytest.mark.parametrize("bytes", [64, 4096, 8192 + 64])
def test_scalar_code_cannot_reach_the_last_byte_of_wram(sim, bytes):
    x, z = np.ones(1024, np.float32), np.zeros(1024, np.float32)
    for access in (f"z[0] = wram[{bytes - 1}];", f"wram[{bytes - 1}] = 1;"):
        report = sim.run(kernel("float *x, float *z", access, wram=bytes), x, z, sanitize=0)
        assert f"WRAM variable 'wram' ({bytes} bytes) + {bytes - 1}, but scalar code cannot reach WRAM" in report


INTEGERS = ("char", "short", "int", "unsigned", "long", "unsigned long", "long long", "size_t", "uint64_t")


def test_a_half_and_an_integer_of_any_width_make_a_half(sim):
    # BANG C has half as a number of its own; 0.1 rounded to half times 3 is not 0.3f.
    lines = "".join(
        f"{{ {t} n = 3; half h = 0.1f; h *= n; h += n; z[{i}] = h - n; z[{i + 32}] = n / h + (n > h) + 2 * (h <= n)"
        f" + 4 * (h == n); }}\n"
        for i, t in enumerate(INTEGERS)
    )
    z = np.zeros(64, np.float32)
    assert sim.run(kernel("float *x, float *z", lines).replace("<bang.h>", "<bang.h>\n#include <stddef.h>"), z, z) == ""
    h = np.float16(0.1) * np.float16(3) + np.float16(3)
    assert (z[: len(INTEGERS)] == np.float32(h - np.float16(3))).all()
    assert (z[32 : 32 + len(INTEGERS)] == np.float32(np.float16(3) / h)).all()


def test_late_copies_really_come_late(sim):
    """A scalar read of a buffer whose load nobody waited for is a race, and sees the old bytes."""
    x, z = np.ones(1024, np.float32), np.zeros(2, np.float32)
    text = kernel(
        "float *x, float *z",
        f"""  __nramset({A}, 64, 5.0f); __sync();
  __memcpy_async(nram, x, 256, GDRAM2NRAM);
  z[0] = ({A})[0]; __sync(); z[1] = ({A})[0];""",
    )
    assert "scalar code" in sim.run(text, x, z, sanitize=2)
    assert sim.run(text, x, z, sanitize=0, schedule="lazy") == "" and list(z) == [5, 1]
    assert sim.run(text, x, z, sanitize=0, schedule="eager") == "" and list(z) == [1, 1]


def test_scalar_stores_count_as_written(sim):
    x, z = np.ones(1024, np.float32), np.zeros(4, np.float32)
    body = f"float *a = {A}; for (int i = 0; i < 4; ++i) a[i] = i * 2.0f; __memcpy(z, nram, 16, NRAM2GDRAM);"
    assert sim.run(kernel("float *x, float *z", body), x, z) == ""
    assert list(z) == [0, 2, 4, 6]


def test_too_much_nram_is_refused(sim):
    x = np.ones(4, np.float32)
    text = kernel("float *x", "(void)x;", nram=512 * 1024 + 64)
    report = sim.run(text, x)
    assert "declares 524352 bytes of NRAM but mtp_270 has 524288" in report
    assert sim.run(text, x, device="mtp_372") == ""


def test_locals_and_templates_have_their_own_variables(sim):
    """On-chip variables inside functions and templates are known by name, too."""
    x = np.ones(64, np.float32)
    text = """#include <bang.h>
template <int N> __mlu_func__ void fill() { __nram__ float part[N]; __nramset(part, 64, 1.0f); }
extern "C" __mlu_global__ void k(float *x) {
  __nram__ float own[64];
  __memcpy(own, x, 256, GDRAM2NRAM);
  fill<64>();
  fill<32>();
}
"""
    report = sim.run(text, x)
    assert "writes 128 bytes past the end of" in report and "fill<32>()::part' (128 bytes)" in report
    assert sim.run(text.replace("fill<32>", "fill<96>"), x) == ""


def test_faults_of_scalar_code_stop_the_launch_not_the_process(sim):
    x, z = np.ones(1024, np.float32), np.zeros(4, np.int32)
    wild = kernel("float *x, int *z, int n", "x[(long)n * n] = 1.0f;")
    divide = kernel("float *x, int *z, int n", "z[0] = n / (n - n);")
    right = kernel("float *x, int *z, int n", "z[0] = n;")
    for sanitize in (0, 2):
        report = sim.run(wild, x, z, 2_000_000_000, dim=(4, 1, 1), sanitize=sanitize)
        assert "kernel 'k', task" in report and "a scalar load or store at address" in report
        assert "an integer division by zero" in sim.run(divide, x, z, 7, dim=(4, 1, 1), sanitize=sanitize)
        assert sim.run(right, x, z, 7, sanitize=sanitize) == "" and z[0] == 7


def test_a_widening_conversion_and_a_pool_may_write_behind_what_they_read(sim):
    """Kernels of the vendor load halves into the upper half of a float buffer, and sum a vector to its own start."""
    n = 256
    text = f"""#include <bang.h>
extern "C" __mlu_global__ void k(half *x, int8_t *mask, float *y) {{
  __nram__ char buffer[{4 * n}];
  __nram__ int8_t bits[{4 * n}];
  half *h = (half *)(buffer + {2 * n});
  __memcpy(h, x, {2 * n}, GDRAM2NRAM);
  __memcpy(bits, mask, {4 * n}, GDRAM2NRAM);
  __bang_half2float((float *)buffer, h, {n});
  __bang_band((char *)buffer, (char *)buffer, (char *)bits, {4 * n});
  __bang_sumpool((float *)buffer, (float *)buffer, 1, 1, {n}, 1, {n}, 1, 1);
  __memcpy(y, buffer, 4, NRAM2GDRAM);
}}
"""
    x, mask, y = np.arange(n).astype(np.float16), np.full(4 * n, -1, np.int8), np.zeros(1, np.float32)
    mask[: 2 * n] = 0
    assert sim.run(text, x, mask, y, device="mtp_372") == ""
    assert y[0] == np.arange(n // 2, n).sum()
    in_place = text.replace(f"(buffer + {2 * n})", "buffer")
    assert "overlaps 'src'" in sim.run(in_place, x, mask, y, device="mtp_372")


def test_the_result_of_one_window_may_replace_a_pixel_of_it(sim):
    """mlu-ops' roi_align_rotated sums four rows into the last of them."""
    text = """#include <bang.h>
extern "C" __mlu_global__ void k(float *x) {
  __nram__ float a[4 * 64];
  __memcpy(a, x, sizeof a, GDRAM2NRAM);
  __bang_sumpool(a + PLACE, a, 64, 1, 4, 1, 4, 1, 1);
  __memcpy(x, a, sizeof a, NRAM2GDRAM);
}
"""
    given = np.random.default_rng(0).integers(-99, 99, (4, 64)).astype(np.float32)
    x = given.copy()
    assert sim.run(text.replace("PLACE", "3 * 64"), x, device="mtp_372") == ""
    np.testing.assert_array_equal(x, [*given[:3], given.sum(0)])
    assert "overlaps 'src'" in sim.run(text.replace("PLACE", "2 * 64 + 32"), x, device="mtp_372")
