"""Integer builtins of MLU3xx and later against NumPy: wide and high products, bits, sequences, look-ups."""

from __future__ import annotations

import numpy as np
import pytest
from harness import kernel
from table import CTYPE, Case, run

WIDER = {"int8": "int16", "uint8": "uint16", "int16": "int32", "uint16": "uint32", "int32": "int64", "uint32": "uint64"}


def numbers(dtype: str) -> tuple[np.ndarray, np.ndarray]:
    """All pairs of limits and small numbers, and random ones."""
    info = np.iinfo(dtype)
    special = np.array([0, 1, 2, 3, info.max, info.min, info.max - 1, info.min + 1, info.max // 2], dtype)
    rng = np.random.default_rng(5)
    a, b = (np.resize(v, 96) for v in np.meshgrid(special, special))
    a = np.concatenate([a, rng.integers(info.min, info.max, 32, dtype=dtype)])
    return a.astype(dtype), np.concatenate([b, rng.integers(info.min, info.max, 32, dtype=dtype)]).astype(dtype)


def wide(a, b):
    return a.astype(WIDER[a.dtype.name]) * b.astype(WIDER[a.dtype.name])


def high(a, b):
    return (wide(a, b) >> (8 * a.itemsize)).astype(a.dtype)


def leading(a: np.ndarray) -> np.ndarray:
    bits = a.itemsize * 8
    signed = a.dtype.kind == "i"
    result = []
    for v in a.astype(object):
        u = int(v) & ((1 << bits) - 1)
        if signed and v < 0:
            u = ~u & ((1 << bits) - 1)
        result.append(bits - u.bit_length() - signed)
    return np.array(result, a.dtype)


def rotated(a: np.ndarray, s: int) -> np.ndarray:
    bits = a.itemsize * 8
    mask = (1 << bits) - 1
    return np.array([((int(v) << s) | (int(v) >> (bits - s))) & mask for v in a.astype(object)], a.dtype)


def cases() -> list[Case]:
    found = []
    for dtype in WIDER:
        t = CTYPE[dtype]
        a, b = numbers(dtype)
        n, bits = a.size, a.itemsize * 8
        zero = np.zeros_like(a)
        found.append(Case(f"mulh_{dtype}", f"__bang_mulh(d, a, b, {n});", [a, b], zero, high))
        found.append(Case(f"mulh_s_{dtype}", f"__bang_mulh_scalar(d, a, ({t})3, {n});", [a], zero, high(a, a * 0 + 3)))
        seg = np.tile(b[:16], n // 16)
        found.append(Case(f"mulh_c_{dtype}", f"__bang_cycle_mulh(d, a, b, {n}, 16);", [a, b], zero, high(a, seg)))
        if bits < 32:
            out = np.zeros(n, WIDER[dtype])
            found.append(Case(f"muls_{dtype}", f"__bang_muls(d, a, b, {n});", [a, b], out, wide))
        only = ("mtp_592",)
        found.append(Case(f"nsa_{dtype}", f"__bang_nsa(d, a, {n});", [a], zero, leading, only))
        if dtype.startswith("u"):
            found.append(Case(f"rol_{dtype}", f"__bang_rol(d, a, 3, {n});", [a], zero, rotated(a, 3), only))
            found.append(Case(f"ror_{dtype}", f"__bang_ror(d, a, 3, {n});", [a], zero, rotated(a, bits - 3), only))
            found.append(Case(f"ro0_{dtype}", f"__bang_ror(d, d, 0, {n});", [a], a, a, only))
        ones = np.array([sum(int(v).bit_count() for v in a.view(f"u{a.itemsize}"))], np.int32)
        found.append(
            Case(
                f"popcnt_{dtype}",
                f"d[0] = __bang_popcnt(a, {n});",
                [a],
                np.zeros(1, np.int32),
                ones,
                ("mtp_270", "mtp_592"),
            )
        )
    a, _ = numbers("uint32")
    found.append(Case("set0", f"__bang_set0in32(d, a, 5, {a.size});", [a], a, a & ~np.uint32(32)))
    found.append(Case("set1", f"__bang_set1in32(d, a, 31, {a.size});", [a], a, a | np.uint32(1 << 31)))
    for dtype in ("int32", "int64"):
        found.append(
            Case(f"seq_{dtype}", "__bang_incseq(d, 100);", [a], np.zeros(100, dtype), np.arange(100), ("mtp_592",))
        )
    for dtype in ("int64", "uint64"):
        fill, kept = f"__bang_write_value(d, 8, ({CTYPE[dtype]})-5);", np.arange(10).astype(dtype)
        want = np.where(np.arange(10) < 8, -5, kept.astype(np.int64)).astype(dtype)
        found.append(Case(f"fill_{dtype}", fill, [a], kept, want, ("mtp_270", "mtp_592")))
    index = np.array([0, 63, 64, 5, 0xFFFFFFFF, 62, 2, 2] * 8, np.uint32)
    table = np.arange(64, dtype=np.int32)[::-1].copy() * 1000
    kept = np.arange(64, dtype=np.int32)
    looked = np.where(index < 64, table[np.minimum(index, 63)], kept)
    found.append(Case("lut", "__bang_lut(d, a, b, 64, 64);", [index, table], kept, looked))
    place = np.where(index < 64, table[np.minimum(index, 63)].view(np.uint32), index).view(np.int32)
    found.append(
        Case("lut_in_place", "__bang_lut(d, (unsigned *)d, b, 64, 64);", [index, table], index.view(np.int32), place)
    )
    short = "__bang_lut_s16(d, (short *)a, b, 64, 64);"
    found.append(Case("lut16", short, [index.astype(np.uint16), table.astype(np.int16)], kept.astype(np.int16), looked))
    return found


@pytest.mark.parametrize("device", ["mtp_270", "mtp_372", "mtp_592"])
def test_integers(sim, device):
    run(sim, cases(), device)


def test_look_up_of_an_unwritten_index_or_entry_is_unwritten(sim):
    """The table is half filled by scalar code, as kernels do; only the entries that are used count."""
    body = """  int *table = (int *)nram, *d = (int *)(nram + 4096);
  for (int i = 0; i < 8; ++i) table[i] = i * i;
  __memcpy(nram + 8192, x, 32, GDRAM2NRAM);
  __bang_lut(d, (unsigned *)(nram + 8192), table, {n}, 64);
  __memcpy(z, d, 32, NRAM2GDRAM);"""
    x, z = np.arange(8, dtype=np.int32), np.zeros(8, np.int32)
    assert sim.run(kernel("int *x, int *z", body.format(n=16)), x, z, device="mtp_372") == ""
    np.testing.assert_array_equal(z, x * x)
    x[3] = 9
    assert "never wrote" in sim.run(kernel("int *x, int *z", body.format(n=8)), x, z, device="mtp_372")


def test_random_numbers_are_spread_and_the_same_in_every_run(sim):
    body = "  __bang_rand((short *)nram, 4096);\n  __memcpy(z + taskId * 4096, nram, 8192, NRAM2GDRAM);"
    first, again = np.zeros((2, 4096), np.int16), np.zeros((2, 4096), np.int16)
    for out in (first, again):
        assert sim.run(kernel("short *z", body), out, device="mtp_270", dim=(2, 1, 1)) == ""
    np.testing.assert_array_equal(first, again)
    assert abs(first.mean()) < 1000 and abs(first.std() / 18918 - 1) < 0.05
    assert (first[0] == first[1]).mean() < 0.01


WRONG = [
    ("mtp_372", "__bang_lut((int *)nram, (unsigned *)nram, (int *)(nram + 128), 64, 64);", "overlaps 'table'"),
    ("mtp_372", "__bang_lut((int *)nram, (unsigned *)nram, (int *)(nram + 4096), 64, 60);", "multiple of 64"),
    ("mtp_372", "__bang_muls((int *)nram, (short *)nram, (short *)(nram + 4096), 64);", "overlaps 'src0'"),
    ("mtp_372", "__bang_set1in32(nram, nram, 32, 64);", "outside of [0, 31]"),
]


@pytest.mark.parametrize("device,call,rule", WRONG)
def test_wrong_calls_are_refused(sim, device, call, rule):
    text = kernel("int *z", f"  __memcpy(nram, z, 64, GDRAM2NRAM);\n  {call}")
    assert rule in sim.run(text, np.zeros(16, np.int32), device=device)
