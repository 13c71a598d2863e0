"""Every way to move elements: right on every target, under the sanitizer, and without scalar code."""

from __future__ import annotations

import numpy as np
import pytest
from programs import TARGETS, Cases, integers, needs_compiler, normal, on_targets, remarks_of
from reindex_cases import CASES, flip, roll

import metabang as mb
from metabang.nn import functional as F

# Single elements that data names, of which a device without a builtin for them says so.
BY_ELEMENT = ("gather of elements", "gather of elements of rows", "scatter of elements")

PROGRAMS = Cases()
for name, case in CASES.items():
    for size in (96, 152):  # whole vectors, and not
        tolerance = 1e-3 if "bilinear" in name else None  # products in int16 on mtp_270
        PROGRAMS.add(f"{name} ({size})", lambda make=case.make, size=size: make(size), tolerance)


@PROGRAMS.case()
def dtypes():
    makes = [
        *(integers(7, 37, dtype=d, low=0, high=50) for d in ("int8", "uint8", "int16", "int32", "int64")),
        normal(7, 37, dtype="float16"), normal(7, 37) > 0,
    ]  # fmt: skip
    return [
        f(v)
        for v in makes
        for f in (
            lambda v: flip(v, 1),
            lambda v: roll(v, 5, 1),
            lambda v: v[:, ::3],
            lambda v: mb.concat([v, v[:, :3]], 1),
            lambda v: mb.reindex(v, (14, 111), ["i0 // 2", "i1 // 3"]),
            lambda v: mb.take(v, mb.array(np.array([3, -1, 7, 0, 6]))),
        )
    ]


@PROGRAMS.case()
def windows():
    """Of every size of element; dilated ones share planes of rows on mtp_270."""
    images = [
        *(integers(3, 50, 43, dtype=d, low=0, high=50) for d in ("int8", "int16", "int64")),
        normal(3, 50, 43, dtype="float16"), normal(3, 50, 43) > 0, normal(3, 50, 43),
    ]  # fmt: skip
    maps = [
        ((3, 46, 39, 3, 3), ["i0", "i1 + i3 * 2", "i2 + i4 * 2"]),
        ((3, 44, 41, 3, 3), ["i0", "i1 + i3 * 3", "i2 + i4"]),
        ((3, 24, 39, 3, 3), ["i0", "i1 * 2 + i3", "i2 + i4 * 2"]),
        ((3, 50, 39, 2, 3), ["i0", "i1 + i3 - 1", "i2 + i4 * 2"]),  # beyond the first row
        ((3, 3, 3, 46, 39), ["i0", "i3 + i1 * 2", "i4 + i2 * 2"]),
    ]
    return [mb.reindex(image, shape, texts) for image in images for shape, texts in maps]


@PROGRAMS.case()
def beyond_the_edges():
    v = normal(11, 13)
    return [
        mb.reindex(v, (11, 19), ["i0", "15 - i1"], overflow_value=2),
        mb.reindex(v, (15, 19), ["12 - i0", "15 - i1"], overflow_value=-1),
        mb.reindex(v, (11, 26), ["i0", "i1 * 2 // 4"]),
        mb.reindex(v, (11, 39), ["i0", "i1 * 2 // 6"], overflow_conditions=["i1 % 2 == 1"]),
        mb.reindex(v, (16, 19), ["(i0 * 2) // 3", "(i1 * 2) // 3"]),
        mb.reindex(v, (13, 11), ["10 - i1", "i0"]),
        mb.reindex(normal(3, 1, 5), (3, 4, 5), ["i0", "0", "4 - i2"]),
        flip(normal(4, 3, 5, 2), 1),
        flip(normal(4, 3, 5, 2), 1, 3),
        flip(normal(2000), 0),
        flip(normal(3, 12001), 1),  # rows too long to be mirrored on mtp_270
        roll(normal(5001), 4999, 0),
        roll(normal(3, 1), 1, 0),
        roll(normal(1, 7), 0, 1),
    ]


@PROGRAMS.case()
def joins():
    a, b = normal(3, 5, 7), normal(3, 2, 7, seed=1)
    nested = mb.concat([mb.concat([a, b], 1), mb.concat([b, a], 1)], 0)
    joined = mb.concat([a, b, a], 1)
    return [
        nested,
        joined[:, 3:9] * 2,  # across both borders
        joined[:, 5:7] + 1,  # one part alone
        mb.pad(joined, [0, 1, 0], [0, 2, 0], 3),
        mb.concat([mb.pad(a, [0, 2, 0], [0, 1, 0], 5), b], 1),
        mb.concat([a[:, ::2], flip(b, 2)], 1),
        mb.stack([a, a, a], -1),
        mb.concat([normal(40000), normal(3), normal(50001)]),
    ]


@PROGRAMS.case()
def scatter_rows():
    where = integers(41, low=-2, high=9)
    extras = [mb.broadcast(where, (41, 50), [0])]
    y = normal(41, 50)
    shifted = [mb.broadcast(where, (41, 3, 20), [0])]
    return [
        *(mb.reindex_reduce(y, op, (9, 50), ["s0", "i1"], extras=extras) for op in ("add", "mul", "max", "min")),
        mb.reindex_reduce(y.astype("float16"), "add", (9, 50), ["s0", "i1"], extras=extras),
        mb.reindex_reduce(y, "add", (2, 50), ["s0 // 5", "i1"], extras=extras),
        mb.reindex_reduce(y, "add", (9, 50), ["(s0 * 7) % 9", "i1"], extras=extras),
        mb.reindex_reduce(normal(41, 3, 20), "add", (3, 9, 20), ["i1", "s0", "i2"], extras=shifted),
        mb.reindex_reduce(normal(41, 3, 20), "add", (9, 60), ["s0", "i1 * 20 + i2"], extras=shifted),
        mb.reindex_reduce(normal(5, 20000), "add", (2, 20000), ["s0", "i1"],
                          extras=[mb.broadcast(integers(5, low=0, high=2), (5, 20000), [0])]),
        mb.reindex_reduce(integers(41, 50), "max", (9, 50), ["s0", "i1"], extras=extras),
    ]  # fmt: skip


@PROGRAMS.case()
def gather_elements():
    def of_rows(v, where, fill=0):
        return mb.reindex(v, where.shape, ["i0", "s0"], extras=[where], overflow_value=fill)

    def of_columns(v, n, fill=0):
        where = mb.broadcast(integers(n, low=-2, high=v.shape[1] + 2), (v.shape[0], n), [1])
        return mb.reindex(v, where.shape, ["i0", "s0"], extras=[where], overflow_value=fill)

    return [
        of_rows(normal(37, 50), integers(37, 65, low=-3, high=60), 7),  # what is behind a row of 50 is no part of 64
        of_rows(normal(3, 70001), integers(3, 5000, low=-3, high=70005), 2),  # tables in three pieces
        mb.take(normal(40000), integers(30001, low=0, high=40000)),
        mb.take(integers(300), integers(7000, low=0, high=300)),
        mb.take(normal(300).astype("float16"), integers(7000, low=0, high=300)),
        *(of_columns(normal(n, 50), 65, 3) for n in (1, 40, 1200)),
        of_columns(normal(700, 64).astype("float16"), 65, 3),
        of_columns(integers(700, 64, dtype="int8"), 65, 3),
        of_columns(integers(700, 64), 65, 3),
        of_columns(normal(300, 320), 290, 3),  # through SRAM on mtp_270
        of_columns(integers(270, 384, dtype="int16"), 500, 3),
        mb.take(normal(400, 30), integers(3, 4, low=0, high=30), axis=1),
    ]


@PROGRAMS.case()
def gather_words():
    """Elements that have not 32 bits, and places that another integer, several indices or an expression name."""
    n, where = 5000, integers(5000, low=-3, high=310)
    rows, columns = integers(n, low=-2, high=33), integers(n, low=-3, high=44, seed=1)
    wide = mb.array(np.resize(np.array([0, 2**32, 2, -(2**32), 2**63 - 1, -1, 299]), n))
    table, matrix = normal(300), normal(31, 41)
    kinds = [
        normal(300).astype("float16"), normal(300) > 0, integers(300, dtype="int64"),
        *(integers(300, dtype=d, low=0, high=100) for d in ("int8", "uint8", "int16", "uint16")),
    ]  # fmt: skip
    return [
        *(mb.reindex(each, (n,), ["s0"], extras=[where], overflow_value=1) for each in kinds),
        mb.reindex(table, (n,), ["s0"], extras=[wide], overflow_value=-1),
        mb.reindex(table, (n,), ["s0"], extras=[integers(n, dtype="uint8", low=0, high=255)]),
        mb.reindex(table, (n,), ["s0 // 4"], extras=[where], overflow_value=9),
        mb.reindex(matrix, (n,), ["s0", "s1"], extras=[rows, columns], overflow_value=3),
        mb.reindex(matrix, (n,), ["s1 % 31", "s0"], extras=[rows, columns]),
        mb.reindex(normal(50, 31, 2), (50, 100), ["i0", "s0", "s1 // 22"],
                   extras=[mb.reshape(rows, (50, 100)), mb.reshape(columns, (50, 100))]),
    ]  # fmt: skip


@PROGRAMS.case()
def scatter_elements():
    where = integers(37, 50, low=-3, high=50)
    ops = ("add", "mul", "max", "min")
    small = integers(4000, low=-1, high=9)
    shared = [mb.broadcast(integers(70, low=-2, high=50), (130, 70), [1])]
    columns = normal(130, 70)
    return [
        *(mb.reindex_reduce(normal(37, 50), op, (37, 47), ["i0", "s0"], extras=[where]) for op in ops),
        *(mb.reindex_reduce(integers(37, 50, dtype=d, low=0, high=3), op, (37, 47), ["i0", "s0"], extras=[where])
          for d in ("int8", "uint8", "int16", "int64") for op in ("add", "max")),
        mb.reindex_reduce(normal(37, 50), "add", (47, 50), ["s0", "i1"], extras=[where]),
        mb.reindex_reduce(normal(37, 50), "add", (47,), ["s0"], extras=[where]),
        mb.reindex_reduce(normal(37, 50), "add", (9, 50), ["s0 // 7", "s0"], extras=[where]),
        mb.reindex_reduce(normal(37), "add", (37, 11), ["i0", "s0"], extras=[integers(37, low=-1, high=12)]),
        mb.reindex_reduce(normal(3000), "add", (70001,), ["s0"], extras=[integers(3000, low=0, high=70001)]),
        *(mb.reindex_reduce(columns, op, (130, 47), ["i0", "s0"], extras=shared) for op in ops),
        mb.reindex_reduce(columns.astype("float16"), "add", (130, 47), ["i0", "s0"], extras=shared),
        mb.reindex_reduce(normal(100, 1000), "add", (100, 1010), ["i0", "s0"],  # turned in two pieces on mtp_270
                          extras=[mb.broadcast(integers(1000, low=-2, high=1012), (100, 1000), [1])]),
        mb.reindex_reduce(integers(130, 70), "max", (130, 12), ["i0", "s0 // 4"], extras=shared),
        *(mb.reindex_reduce(normal(4000), op, (8,), ["s0"], extras=[small]) for op in ops),  # 32 parts
        mb.reindex_reduce(normal(50, 80).astype("float16"), "add", (9,), ["s0"], extras=[mb.reshape(small, (50, 80))]),
    ]  # fmt: skip


@PROGRAMS.case()
def indices_beyond_32_bits():
    wide = mb.array(np.array([0, 2**32, 2, -(2**32), 2**32 + 3, 2**63 - 1, -1, 7]))
    unsigned = mb.array(np.array([0, 2**32, 2**63 + 1, 4], np.uint64))
    return [
        mb.take(normal(5, 40), wide),
        mb.take(normal(5), unsigned),
        mb.reindex_reduce(normal(8, 40), "add", (5, 40), ["s0", "i1"], extras=[mb.broadcast(wide, (8, 40), [0])]),
    ]


@PROGRAMS.case()
def gradients():
    w = mb.parameter(np.random.default_rng(0).normal(size=(19, 24)).astype(np.float32))
    ids = mb.array(np.random.default_rng(1).integers(0, 19, (4, 6)))
    losses = [
        F.embedding(ids, w) ** 2,
        F.embedding(ids, w),  # rows of ones are added up
        mb.concat([w, w * 2], 0) ** 2,
        flip(w, 1) * w,
        roll(w, 5, 1) * w,
        mb.reindex(w, (38, 48), ["i0 // 2", "i1 // 2"]) ** 2,
    ]
    return [mb.grad(mb.sum(loss), w) for loss in losses]


test_results = on_targets(PROGRAMS)


@needs_compiler
@pytest.mark.parametrize("target", TARGETS)
def test_no_scalar_code(target: str) -> None:
    """Each alone, as large as in the benchmark; nothing is run."""
    remarks = {}
    for name, case in CASES.items():
        found = remarks_of([case.make(1024)], target)
        remarks[name] = [each for each in found if name not in BY_ELEMENT or "single elements" not in each]
    assert not {name: found for name, found in remarks.items() if found}


@needs_compiler
@pytest.mark.parametrize("target", ["mtp_372", "mtp_592"])
def test_no_copy_an_element(target: str) -> None:
    """From MLU3xx on gathers are look-ups, and scatters are sorted: no remark at all."""
    for name in (*BY_ELEMENT, "scatter of columns"):
        assert not remarks_of([CASES[name].make(1024)], target)


@needs_compiler
def test_columns_on_mtp_270_come_out_of_sram() -> None:
    plan = mb.compile(CASES["gather of columns"].make(512), target="mtp_270").plan
    assert [(launch["type"], launch["dim"]) for launch in plan["launches"]] == [("union1", [4, 4, 1])]
