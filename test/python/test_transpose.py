"""Transposes: in one pass and in two, whole tiles and not, on every target, under the sanitizer."""

from __future__ import annotations

import json

import numpy as np
import pytest
from programs import TARGETS, Cases, integers, normal, on_targets

import metabang as mb
from metabang import _core

PROGRAMS = Cases()

# Shape, permutation: large enough for two passes; tiles that move back; dimensions that join; rows of a few elements.
SHAPES = [
    ((512, 640), (1, 0)),
    ((509, 521), (1, 0)),  # primes: one pass
    ((480, 1000), (1, 0)),
    ((2, 384, 512), (0, 2, 1)),
    ((3, 70, 130), (0, 2, 1)),
    ((96, 80, 3, 3), (1, 0, 2, 3)),
    ((96, 80, 3, 3), (2, 3, 1, 0)),
    ((192, 256, 9), (2, 1, 0)),
    ((64, 3, 3, 80), (0, 3, 1, 2)),
    ((37, 1, 21, 5), (3, 1, 2, 0)),
    ((9, 11, 13, 7), (3, 2, 1, 0)),
    ((5, 3, 17, 4, 6), (4, 1, 3, 0, 2)),
    ((1, 7), (1, 0)),
    ((16, 256, 256), (0, 2, 1)),  # in strips on mtp_270 and mtp_592
    ((8, 512, 512), (0, 2, 1)),  # in strips on mtp_372
]
# Through the SRAM of all clusters on mtp_270 and mtp_372: whole, with pieces that move back, several matrices, panels.
SHAPES += [((640, 768), (1, 0)), ((1000, 912), (1, 0)), ((3, 512, 640), (0, 2, 1)), ((520, 2000), (1, 0))]
for shape, perm in SHAPES:
    PROGRAMS.add(f"{shape} {perm}", lambda s=shape, p=perm: mb.transpose(normal(*s), p))


@PROGRAMS.case()
def dtypes():
    makes = [
        *(integers(130, 70, dtype=d, low=0, high=50) for d in ("int8", "uint8", "int16", "int32", "int64")),
        normal(130, 70, dtype="float16"), normal(130, 70) > 0,
    ]  # fmt: skip
    return [mb.transpose(v) for v in makes]


@PROGRAMS.case()
def odd_sizes():
    """Tiles that are padded need more of NRAM than was counted: they are chosen again."""
    return [mb.transpose(normal(1000, 513)), mb.transpose(integers(512, 1393, dtype="int8", low=0, high=50))]


@PROGRAMS.case()
def neighbours():
    """What comes before and behind stays right, and what reads two transposes shares none of their memory."""
    v, w = normal(512, 640), normal(640, 512, seed=1)
    return [mb.transpose(mb.exp(v)) + w, mb.transpose(v), mb.sum(mb.transpose(v), 0), mb.transpose(v[:, 3:515])]


test_transposes = on_targets(PROGRAMS)


def compiled(shape: tuple[int, ...], perm: tuple[int, ...], target: str) -> dict:
    text = _core.graph.program([mb.transpose(mb.array(np.zeros(shape, np.float32)), perm)._node]).emit()
    return json.loads(_core.compile(text, target, None, {}))


@pytest.mark.skipif(not hasattr(_core, "compile"), reason="this build has no compiler")
@pytest.mark.parametrize("target", TARGETS)
def test_large_matrices_go_through_sram_or_take_two_passes(target: str) -> None:
    types = [launch["type"] for launch in compiled((1024, 1024), (1, 0), target)["launches"]]
    assert types == {"mtp_270": ["union4"], "mtp_372": ["union8"], "mtp_592": ["block", "block"]}[target]


@pytest.mark.skipif(not hasattr(_core, "compile"), reason="this build has no compiler")
@pytest.mark.parametrize("target, shape", [("mtp_270", (16, 256, 256)), ("mtp_372", (8, 512, 512))])
def test_a_result_that_fills_the_chip_is_turned_strip_by_strip(target: str, shape: tuple[int, ...]) -> None:
    plan = compiled(shape, (0, 2, 1), target)
    assert len(plan["launches"]) == 1
    assert plan["kernels"][0]["text"].count("__memcpy_async(rows") == 2  # the first strip, and the next one
