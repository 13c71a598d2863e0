"""Scatters to places that data names: who owns what, indices outside, more sources than fit at once."""

from __future__ import annotations

import numpy as np
from programs import Cases, integers, normal, on_targets

import metabang as mb

PROGRAMS = Cases()


def rows(result: int, width: int, sources: int, kind: str) -> mb.Var:
    ids = mb.broadcast(integers(sources, low=-5, high=result + 5), (sources, width), (0,))
    return mb.reindex_reduce(normal(sources, width), kind, (result, width), ["s0", "i1"], extras=[ids])


def elements(result: int, sources: int, kind: str, y: mb.Var | None = None, ids: mb.Var | None = None) -> mb.Var:
    ids = integers(sources, low=-5, high=result + 5) if ids is None else ids
    return mb.reindex_reduce(normal(sources) if y is None else y, kind, (result,), ["s0"], extras=[ids])


PROGRAMS.add("more rows than indices fit", lambda: rows(100, 33, 5000, "add"))
PROGRAMS.add("fewer rows than cores", lambda: rows(7, 200, 64, "max"))
PROGRAMS.add("more rows than sources", lambda: rows(1500, 8, 100, "mul"))
PROGRAMS.add("elements, an owner has part of a row", lambda: elements(4096, 1000, "add"))
PROGRAMS.add("elements, few", lambda: elements(33, 7, "max"))
PROGRAMS.add("elements, some chunks", lambda: elements(50000, 9000, "max"))
PROGRAMS.add("elements, integers", lambda: elements(4096, 1000, "add", integers(1000, low=-9, high=9)))


@PROGRAMS.case()
def elements_of_rows():
    ids = integers(3, 500, low=-5, high=2005)
    return mb.reindex_reduce(normal(3, 500), "add", (3, 2000), ["i0", "s0"], extras=[ids])


@PROGRAMS.case()
def an_index_for_several_rows():
    ids = mb.broadcast(integers(20, low=-5, high=55), (20, 6, 16), (0,))
    return mb.reindex_reduce(normal(20, 6, 16), "add", (50, 16), ["s0", "i2"], extras=[ids])


@PROGRAMS.case()
def unsigned_indices():
    """Those with the highest bit are no negative numbers."""
    outputs = []
    for dtype, most in (("uint8", 256), ("uint16", 40000)):
        ids = integers(150, dtype=dtype, low=0, high=most)
        outputs += [mb.take(normal(most - 5), ids, 0), elements(most, 150, "add", ids=ids)]
    return outputs


@PROGRAMS.case()
def expressions_of_many_indices():
    ids = integers(5000, low=-50, high=13000)
    expressions = ("s0 ceildiv 4", "s0 floordiv 4", "s0 mod 7 * 3 + 1")
    gathers = [mb.reindex(normal(3000), (5000,), [each], extras=[ids]) for each in expressions]
    y = integers(5000, low=-9, high=9)
    return gathers + [mb.reindex_reduce(y, "add", (3000,), [each], extras=[ids]) for each in expressions]


@PROGRAMS.case()
def infinities_of_float16():
    """They stay what they are where single elements of other dtypes become 32-bit words."""
    table = mb.array(np.resize(np.array([1, np.inf, -np.inf, np.nan], np.float16), 3000))
    y = mb.array(np.resize(np.array([1, np.inf, -np.inf, 2], np.float16), 5000))
    gathered = mb.reindex(table, (5000,), ["s0"], extras=[integers(5000, low=-50, high=3050)])
    return [gathered, *(elements(5001, 5000, kind, y) for kind in ("max", "min"))]


test_devices = on_targets(PROGRAMS)
