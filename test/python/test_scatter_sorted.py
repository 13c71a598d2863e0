"""Scatters of single elements, which vectors sort by their places from MLU3xx on: right, under the sanitizer."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from programs import Cases, needs_compiler, normal, on_targets, remarks_of

import metabang as mb
from metabang import Var

TARGETS = ("mtp_372", "mtp_592")
RNG = np.random.default_rng(5)
OPS = ("add", "mul", "max", "min")
PROGRAMS = Cases()


def indices(*shape: int, low: int, high: int) -> Var:
    return mb.array(RNG.integers(low, high, shape).astype(np.int32))


def whole(*shape: int) -> Var:
    return mb.array(RNG.integers(-4, 5, shape).astype(np.int32))


def scatter(y: Var, where: Var, places: int, op: str = "add") -> Var:
    """x[i, where[i, j]] = op(…, y[i, j]), or without i."""
    leading = y.shape[:-1]
    return mb.reindex_reduce(y, op, (*leading, places), [*(f"i{d}" for d in range(len(leading))), "s0"], extras=[where])


@PROGRAMS.case(tolerance=1e-4)
def combiners():
    where, flat = indices(40, 600, low=-5, high=507), indices(20_000, low=-1, high=3001)
    return [
        *(scatter(normal(40, 600), where, 500, op) for op in OPS),
        *(scatter(whole(40, 600), where, 500, op) for op in OPS),
        scatter(normal(20_000), flat, 3000),  # 32 partial results
        scatter(whole(20_000), flat, 3000, "min"),
    ]


@PROGRAMS.case(tolerance=1e-4)
def places():
    everything = np.array([-(2**31), -1, 0, 999, 1000, 2**31 - 1], np.int32)
    return [
        scatter(normal(40, 1009), mb.array(np.full((40, 1009), 601, np.int32)), 602),  # one place, the last
        scatter(normal(40, 1009), indices(40, 1009, low=-9, high=0), 602),  # none
        scatter(normal(40, 1009), indices(40, 1009, low=602, high=700), 602),
        scatter(normal(40, 1009), mb.array(np.tile(np.arange(1009, dtype=np.int32)[::-1], (40, 1))), 1009),  # all once
        scatter(normal(40, 1009), indices(40, 1009, low=0, high=2), 1),
        scatter(normal(40, 1002), mb.array(np.resize(everything, (40, 1002))), 1000),
    ]


@PROGRAMS.case(tolerance=1e-4)
def shapes():
    shared = [mb.broadcast(indices(900, low=-2, high=60), (100, 900), [1])]
    return [
        scatter(normal(997, 67), indices(997, 67, low=-1, high=32), 31),  # several rows at once
        scatter(normal(1), indices(1, low=0, high=1), 1),
        scatter(normal(1, 4001), indices(1, 4001, low=0, high=1013), 1013),
        scatter(normal(3, 20_011), indices(3, 20_011, low=-9, high=60), 53),  # parts of rows
        scatter(normal(15_013), indices(15_013, low=-1, high=70_001), 70_001),
        scatter(normal(2, 70_001), indices(2, 70_001, low=-9, high=9_001), 9_000),  # in pieces
        mb.reindex_reduce(normal(100, 900), "add", (100, 57), ["i0", "s0"], extras=shared),
        scatter(normal(100, 0), indices(100, 0, low=0, high=1), 57),
    ]


@PROGRAMS.case(tolerance=1e-2)
def narrow_elements():
    where = indices(9000, low=-1, high=701)
    y = mb.array(RNG.integers(-3, 4, 9000).astype(np.int32))
    return [
        *(scatter(normal(9000).astype("float16"), where, 700, op) for op in ("add", "max")),
        *(
            scatter((y if dtype[0] == "i" else y * y).astype(dtype), where, 900, op)  # the last places have no source
            for dtype, op in (("int8", "max"), ("uint8", "min"), ("int16", "mul"), ("uint16", "max"), ("uint32", "min"))
        ),
        scatter(mb.full((9000,), 100, "int8"), where, 700),  # wraps
        scatter((y * 7).astype("uint32"), where, 900, "max"),
    ]


@PROGRAMS.case(tolerance=1e-4)
def names():
    """What names a place is an index of another type, an expression, or several indices."""
    y, rows, columns = normal(9000), indices(9000, low=-2, high=33), indices(9000, low=-3, high=44)
    wide = np.resize(np.array([0, 2**32, 2, -(2**32), 2**32 + 3, 2**63 - 1, -1, 7, 699, 700]), 9000)
    unsigned = np.resize(np.array([0, 2**32, 2**63 + 1, 4, 2**64 - 1, 699], np.uint64), 9000)
    small = mb.array(RNG.integers(0, 200, 9000).astype(np.uint8))
    return [
        *(scatter(y, mb.array(where), 700) for where in (wide, unsigned, (unsigned >> 32).astype(np.uint32))),
        scatter(y, small, 150),
        mb.reindex_reduce(y, "add", (31, 41), ["s0", "s1"], extras=[rows, columns]),
        mb.reindex_reduce(y, "max", (41, 31), ["s1", "s0"], extras=[rows, columns]),
        mb.reindex_reduce(y, "add", (9,), ["s0 // 5"], extras=[columns]),
        mb.reindex_reduce(y, "add", (31, 9), ["s0", "(s1 * 7) % 9"], extras=[rows, columns]),
        mb.reindex_reduce(normal(90, 100), "add", (90, 31, 3), ["i0", "s0", "s1 // 20"],
                          extras=[mb.reshape(rows, (90, 100)), mb.reshape(columns, (90, 100))]),
    ]  # fmt: skip


@PROGRAMS.case()
def ones():
    """A histogram: what is added up is a constant."""
    where = indices(30_000, low=-3, high=2003)
    return [mb.reindex_reduce(mb.full((30_000,), 1.0), "add", (2000,), ["s0"], extras=[where])]


test_results = on_targets(PROGRAMS, TARGETS)


@needs_compiler
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("op", OPS)
def test_infinite_values_stay_at_their_places(target: str, op: str) -> None:
    """What a vector does to one place touches no other; NaN only where NaN, or Inf - Inf or 0 * Inf, belongs."""
    values = RNG.normal(size=(40, 900)).astype(np.float32)
    where = RNG.integers(0, 300, (40, 900)).astype(np.int32)
    for special, place in ((np.inf, 17), (-np.inf, 18), (np.nan, 20), (0.0, 22), (-0.0, 23)):
        where[:, RNG.integers(0, 900, 3)] = place
        values[where == place] = special
    rows = np.broadcast_to(np.arange(40)[:, None], where.shape)
    exact = np.full((40, 300), {"add": 0, "mul": 1, "max": -np.inf, "min": np.inf}[op], np.float64)
    ufunc = {"add": np.add, "mul": np.multiply, "max": np.maximum, "min": np.minimum}[op]
    with np.errstate(invalid="ignore"):
        ufunc.at(exact, (rows, where), values.astype(np.float64))
    y = scatter(mb.array(values), mb.array(where), 300, op)
    np.testing.assert_allclose(mb.compile(y, target=target).run([])[0], exact, rtol=1e-4, atol=1e-4)


SAME_BITS = """
import hashlib, numpy as np, metabang as mb
rng = np.random.default_rng(3)
y, where = rng.normal(size=50_000).astype(np.float32), rng.integers(0, 3000, 50_000).astype(np.int32)
x = mb.reindex_reduce(mb.array(y), "add", (3000,), ["s0"], extras=[mb.array(where)])
for target in {targets}:
    print(hashlib.sha256(mb.compile(x, target=target).run([])[0].tobytes()).hexdigest())
"""


@needs_compiler
def test_same_bits_for_any_number_of_threads() -> None:
    code = SAME_BITS.format(targets=TARGETS)
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code], env=os.environ | settings, capture_output=True, text=True, check=True
        ).stdout
        for settings in ({"MLU_SIM_THREADS": "1"}, {"MLU_SIM_THREADS": "4", "MLU_SIM_ORDER": "lazy,seed:7"})
    }
    assert len(outputs) == 1 and len(outputs.pop().split()) == len(TARGETS)


@needs_compiler
@pytest.mark.parametrize("target", TARGETS)
def test_no_scalar_code(target: str) -> None:
    found = [
        remarks_of([scatter(make(1 << 18), indices(1 << 18, low=0, high=high), high, op)], target)
        for make in (normal, whole)
        for high in (7, 5000, 200_000)
        for op in OPS
    ]
    assert not any(found)
