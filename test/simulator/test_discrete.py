"""Gather, scatter, extension and atomics of every form against NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from harness import kernel
from table import CTYPE, Case, run

RNG = np.random.default_rng(6)
N = 40
OFFSETS = (RNG.permutation(64)[:N] * 4).astype(np.uint32)
MASK = RNG.integers(0, 256, N // 8).astype(np.uint8)
CHOSEN = np.unpackbits(MASK, bitorder="little").astype(bool)
DATA = RNG.standard_normal(64).astype(np.float32)
LATE = ("mtp_592",)


def spread(out: np.ndarray, at: np.ndarray, values: np.ndarray) -> np.ndarray:
    out = out.copy()
    out[at] = values
    return out


def moves() -> list[Case]:
    at, old = OFFSETS // 4, np.full(64, 7, np.float32)
    gathered = np.concatenate([DATA[at], old[N:]])
    masked = np.where(CHOSEN, DATA[at], old[:N])
    strided = old.copy()
    strided[: 2 * 20 : 2] = DATA[at[:20]]
    found = [
        Case("gather", f"__gather(d, x, b, 4, GDRAM2NRAM, 4, {N});", [DATA, OFFSETS], old, gathered, LATE),
        Case("gather_nram", f"__gather(d, a, b, 4, NRAM2NRAM, 4, {N});", [DATA, OFFSETS], old, gathered, LATE),
        Case("strided", "__gather(d, x, b, 4, GDRAM2NRAM, 8, 20);", [DATA, OFFSETS], old, strided, LATE),
        Case("masked", f"__gather(d, x, b, c, 4, GDRAM2NRAM, 4, {N});", [DATA, OFFSETS, MASK], old[:N], masked, LATE),
        Case(
            "bang_gather",
            f"__bang_gather_async(d, x, b, c, 4, 4, {N}); __sync_io();",
            [DATA, OFFSETS, MASK],
            old[:N],
            masked,
            LATE,
        ),
        Case(
            "scatter",
            f"__scatter(d, a, b, 4, NRAM2NRAM, 4, {N});",
            [DATA, OFFSETS],
            old,
            spread(old, at, DATA[:N]),
            LATE,
        ),
        Case(
            "scatter_async",
            f"__scatter_async(d, a, b, c, 4, NRAM2NRAM, 4, {N}); __sync_move();",
            [DATA, OFFSETS, MASK],
            old,
            spread(old, at[CHOSEN], DATA[:N][CHOSEN]),
            LATE,
        ),
        Case(  # both halves of a mask, on different pipes at the same time: they share rows but no byte
            "two_halves",
            f"__bang_write_value(e, 64, 0.f); __memcpy(e + 64, c, {N // 8}, NRAM2NRAM, 8, 8, 0);"
            f" __bang_bnot((char *)(e + 64), (char *)(e + 64), {N // 8}); __sync();"
            f" __gather_async(d, x, b, c, 4, GDRAM2NRAM, 4, {N});"
            f" __gather_async(d, e, b, (const void *)(e + 64), 4, NRAM2NRAM, 4, {N}); __sync();",
            [DATA, OFFSETS, MASK, np.resize(DATA, 80)],
            old[:N],
            np.where(CHOSEN, DATA[at], 0).astype(np.float32),
            LATE,
        ),
    ]
    for dtype in (np.uint8, np.uint16):
        small = OFFSETS.astype(dtype)
        name = f"gather_{np.dtype(dtype).name}"
        found.append(Case(name, f"__gather(d, x, b, 4, GDRAM2NRAM, 4, {N});", [DATA, small], old, gathered, LATE))
    times = np.array([1, 0, 3, 2], np.uint8)
    for dtype in (np.uint8, np.uint16, np.uint32):
        items = np.array([10, 20, 30, 40], dtype)
        name, size = f"extension_{np.dtype(dtype).name}", np.dtype(dtype).itemsize
        body = f"__extension(d, a, b, {size}, NRAM2NRAM, 4);"
        found.append(Case(name, body, [items, times], np.zeros(6, dtype), np.repeat(items, times)))
    return found


@pytest.mark.parametrize("device", ["mtp_372", "mtp_592"])
def test_movements(sim, device):
    run(sim, moves(), device)


INT_OPS = {
    "add": lambda a, b: a + b,
    "max": np.maximum,
    "min": np.minimum,
    "exch": lambda a, b: b,
    "and": lambda a, b: a & b,
    "or": lambda a, b: a | b,
    "xor": lambda a, b: a ^ b,
    "inc": lambda a, b: np.where(a >= b, 0, a + 1),
    "dec": lambda a, b: np.where((a == 0) | (a > b), b, a - 1),
}
FLOAT_OPS = {
    "add": lambda a, b: a + b,
    "max": lambda a, b: np.where(b > a, b, a),
    "min": lambda a, b: np.where(b < a, b, a),
    "exch": lambda a, b: b,
    "number_max": np.fmax,
    "number_min": np.fmin,
    "nan_max": np.maximum,
    "nan_min": np.minimum,
}


def pairs(dtype: str) -> tuple[np.ndarray, np.ndarray]:
    if np.dtype(dtype).kind == "f":
        values = np.array([0.0, -2.0, np.nan, np.inf, -np.inf, 1.5, np.finfo(dtype).max, 3], dtype)
    else:
        info = np.iinfo(dtype)
        values = np.array([0, 1, info.max, info.min, 7, 8, 100, info.max - 1], dtype)
    a, b = np.meshgrid(values, values)
    return a.ravel().copy(), b.ravel().copy()


def atomics() -> list[Case]:
    found = []
    every = ("mtp_270", "mtp_372", "mtp_592")
    for dtype in ("int16", "uint16", "int32", "uint32", "float32", "float16"):
        a, b = pairs(dtype)
        n, t = a.size, CTYPE[dtype]
        for name, f in (FLOAT_OPS if dtype.startswith("f") else INT_OPS).items():
            with np.errstate(all="ignore"):
                new = f(a, b).astype(dtype)
            old = np.zeros_like(a)
            body = f"__bang_atomic_{name}(d, x, b, {n});"
            on = every if not dtype.startswith("f") else every[1:]  # 2xx makes no Inf: see below
            found.append(Case(f"old_{name}_{dtype}", body, [a, b], old, a, on))
            found.append(Case(f"new_{name}_{dtype}", body, [a, b], old, new, on, reads=True))
            form = name.replace("number_", "number_reduce_").replace("nan_", "nan_reduce_")
            form = form if "reduce" in form else f"reduce_{name}"
            body = f"__bang_atomic_{form}_async(x, b, {n}); __sync_io();"
            found.append(Case(f"reduce_{name}_{dtype}", body, [a, b], old, new, every[1:], reads=True))
            with np.errstate(all="ignore"):
                scalar = f(a[:1], np.array([3], dtype)).astype(dtype)
            body = f"__bang_atomic_{name}(d, x, ({t})3);"
            found.append(
                Case(f"scalar_{name}_{dtype}", body, [a], old, np.concatenate([scalar, a[1:]]), on, reads=True)
            )
        swapped = np.where(np.arange(n) == 0, np.array([9]).astype(dtype), a)
        zero = f"__bang_atomic_cas(d, x, ({t})0, ({t})9);"
        found.append(Case(f"cas_{dtype}", zero, [a], old, swapped, every, reads=True))
        other = f"__bang_atomic_reduce_cas(x, ({t})5, ({t})9);"
        found.append(Case(f"cas_other_{dtype}", other, [a], old, a, every[1:], reads=True))
    x = np.arange(96, dtype=np.float32)
    y = RNG.standard_normal(96).astype(np.float32)
    new = x.copy()
    for i in range(3):
        for j in range(2):
            new[i * 32 + j * 8 :][:5] += y[i * 10 + j * 5 :][:5]
    body = "__bang_atomic_reduce_add(x, b, 5, 1, 2, 32, 128, 20, 40);"
    found.append(Case("segments", body, [x, y], np.zeros(4, np.float32), new, LATE, reads=True))
    body = "__bang_atomic_add(d, x, b, 5, 1, 2, 20, 40, 32, 128, 20, 40);"
    old = np.concatenate([x[i * 32 + j * 8 :][:5] for i in range(3) for j in range(2)])
    found.append(Case("segments_old", body, [x, y], np.zeros(30, np.float32), old, LATE))
    at = np.array([3, 5, 3, 9, 3, 0, 1, 2] * 2, np.uint32)
    counts = np.zeros(16, np.int32)
    np.add.at(counts, at, 1)
    ones = np.ones(16, np.int32)
    offsets = at * 4
    body = "__bang_discrete_atomic_add(d, x, b, c, 16);"
    zeros = np.zeros(16, np.int32)
    found.append(Case("places", body, [zeros, offsets, ones], zeros, counts, LATE, reads=True))
    before = np.array([np.sum(at[:i] == v) for i, v in enumerate(at)], np.int32)
    found.append(Case("places_old", body, [zeros, offsets, ones], zeros, before, LATE))
    body = "__bang_discrete_atomic_max((unsigned *)d, (unsigned *)x, (uint64_t *)b, (unsigned *)c, 16);"
    widest = [zeros, offsets.astype(np.uint64), ones]
    found.append(Case("places_64", body, widest, zeros, np.minimum(counts, 1), LATE, reads=True))
    mask = np.array([0b10101010, 0b1], np.uint8)
    counts = np.zeros(16, np.int32)
    np.add.at(counts, at[np.unpackbits(mask, bitorder="little").astype(bool)], 1)
    body = "__bang_discrete_atomic_add(d, x, b, c, (const void *)e, 16);"
    found.append(Case("places_masked", body, [zeros, offsets, ones, mask], zeros, counts, LATE, reads=True))
    return found


@pytest.mark.parametrize("device", ["mtp_270", "mtp_372", "mtp_592"])
def test_atomics(sim, device):
    run(sim, atomics(), device)


def test_sums_of_atomics_saturate_on_2xx(sim):
    top = np.finfo(np.float32).max
    x, z = np.array([top, top, 1, -top], np.float32), np.array([top, np.inf, np.nan, -top], np.float32)
    text = kernel(
        "float *x, float *z",
        "  __memcpy(nram, z, 16, GDRAM2NRAM); __bang_atomic_add((float *)(nram + 128), x, (float *)nram, 4);",
    )
    assert sim.run(text, x, z, device="mtp_270") == ""
    np.testing.assert_array_equal(np.abs(x), np.full(4, top))
    assert x[3] < 0


@pytest.mark.parametrize("dim", [1, 16])
def test_tasks_share_a_counter(sim, dim):
    """Sixteen tasks add to one word; every old value occurs once."""
    x, z = np.zeros(1, np.int32), np.zeros(16, np.int32)
    text = kernel(
        "int *x, int *z",
        """  __bang_atomic_add((int *)nram, x, 1);
  __memcpy(z + taskId, nram, 4, NRAM2GDRAM);""",
    )
    assert sim.run(text, x, z, device="mtp_270", dim=(dim, 1, 1), sanitize=0) == ""
    assert x[0] == dim and sorted(z)[16 - dim :] == list(range(dim))


WRONG = [  # what an architecture lacks does not compile: test_overloads.py
    ("mtp_592", "__gather(nram + 64, x, (unsigned *)nram, 8, GDRAM2NRAM, 4, 4);", "must not overlap"),
    ("mtp_592", "__gather(nram + 64, x, (unsigned *)nram, 80, GDRAM2NRAM, 80, 4);", "past the end of"),
    ("mtp_592", "__gather(nram + 64, x, (unsigned *)(nram + 32), 4, GDRAM2NRAM, 4, 16);", "never wrote"),
    ("mtp_592", "__scatter(nram, x, (unsigned *)nram, 4, SRAM2GDRAM, 4, 4);", "is not one of this builtin"),
    ("mtp_592", "__gather_async(nram + 64, x, (unsigned *)nram, 4, GDRAM2NRAM, 4, 4);"
     " __bang_write_zero((float *)(nram + 68), 1);", "race"),
    ("mtp_592", "__gather_async(nram + 64, x, (unsigned *)nram, 4, GDRAM2NRAM, 4, 4);"
     " __bang_write_zero((float *)nram, 1);", "race"),
    ("mtp_592", "__bang_atomic_add((int *)(nram + 64), (int *)((char *)x + 2), 1);", "multiple of 4"),
    ("mtp_592", "__extension(nram + 64, nram, (unsigned char *)(nram + 32), 3, NRAM2NRAM, 4);", "transfer_size is 3"),
]  # fmt: skip


@pytest.mark.parametrize("device,call,rule", WRONG)
def test_wrong_calls_are_refused(sim, device, call, rule):
    text = kernel("int *x, int *z", f"  __memcpy(nram, z, 64, GDRAM2NRAM);\n  {call}\n  __sync();")
    report = sim.run(text, np.zeros(16, np.int32), np.zeros(16, np.int32), device=device)
    assert rule in report, report


@pytest.mark.parametrize("device", ["mtp_270", "mtp_372", "mtp_592"])
def test_the_old_value_may_take_the_place_of_the_operand(sim, device):
    """mmcv's ms_deform_attn_backward and many others write __bang_atomic_add(x, sum, x, n)."""
    text = """#include <bang.h>
extern "C" __mlu_global__ void k(float *sum, float *most, float *x) {
  __nram__ float a[64];
  __nram__ float m;
  __memcpy(a, x + taskId * 64, sizeof a, GDRAM2NRAM);
  m = a[5];
  __bang_atomic_add(a, sum, a, 64);
  __bang_atomic_max(&m, most, &m, 1);
}
"""
    x = np.random.default_rng(3).integers(-50, 50, (4, 64)).astype(np.float32)
    total, most = np.ones(64, np.float32), np.full(1, -99, np.float32)
    assert sim.run(text, total, most, x, device=device, dim=(4, 1, 1)) == ""
    np.testing.assert_array_equal(total, 1 + x.sum(0))
    assert most[0] == x[:, 5].max()
