"""Copies inside NRAM whose source and destination overlap: they stream upwards, segment after segment."""

from __future__ import annotations

import numpy as np
import pytest
from harness import kernel

EVERY = ("mtp_270", "mtp_372", "mtp_592")
LOAD = "  __memcpy(nram, x, 4096, GDRAM2NRAM);\n"
STORE = ";\n  __memcpy(z, nram, 4096, NRAM2GDRAM);"


def run(sim, call: str, device: str) -> tuple[np.ndarray, str]:
    x, z = np.random.default_rng(9).integers(0, 256, 4096).astype(np.uint8), np.zeros(4096, np.uint8)
    report = sim.run(kernel("uint8_t *x, uint8_t *z", LOAD + call + STORE), x, z, device=device)
    return x if report else z, report


def moved(dst: list[int], src: list[int], size: int) -> np.ndarray:
    """What copying the segments one after the other makes, each of them at once."""
    z = np.random.default_rng(9).integers(0, 256, 4096).astype(np.uint8)
    for to, source in zip(dst, src):
        z[to : to + size] = z[source : source + size].copy()
    return z


@pytest.mark.parametrize("device", EVERY)
@pytest.mark.parametrize("call", ["__memcpy(nram, nram + 128, 1024, NRAM2NRAM)", "__bang_move(nram, nram + 128, 1024)"])
def test_a_vector_moves_down(sim, call, device):
    got, report = run(sim, call, device)
    assert report == ""
    np.testing.assert_array_equal(got, moved([0], [128], 1024))


@pytest.mark.parametrize("device", EVERY)
def test_a_vector_does_not_move_up(sim, device):
    _, report = run(sim, "__memcpy(nram + 128, nram, 1024, NRAM2NRAM)", device)
    assert "read after the copy, which goes upwards, has written them" in report


@pytest.mark.parametrize("device", EVERY)
def test_rows_move_down(sim, device):
    """Rows of 128 bytes out of 256 are packed: from the second on they land on rows that were read before."""
    got, report = run(sim, "__memcpy(nram + 128, nram + 256, 128, NRAM2NRAM, 128, 256, 7)", device)
    if device == "mtp_592":
        assert report == ""
        rows = range(8)
        np.testing.assert_array_equal(got, moved([128 + 128 * i for i in rows], [256 + 256 * i for i in rows], 128))
    else:
        assert "A 2-D copy inside NRAM needs separate bytes on this architecture" in report


@pytest.mark.parametrize("device", EVERY)
def test_rows_between_rows_do_not_overlap(sim, device):
    got, report = run(sim, "__memcpy(nram + 128, nram, 128, NRAM2NRAM, 256, 256, 7)", device)
    assert report == ""
    np.testing.assert_array_equal(got, moved([128 + 256 * i for i in range(8)], [256 * i for i in range(8)], 128))


def test_rows_do_not_move_up(sim):
    _, report = run(sim, "__memcpy(nram + 128, nram, 64, NRAM2NRAM, 128, 64, 7)", "mtp_592")
    assert "read after the copy" in report
    call = "__memcpy(nram + 64, nram, 64, NRAM2NRAM, 64, 1, 128, 3, 64, 1, 128, 3)"
    assert "read after the copy" in run(sim, call, "mtp_592")[1]


@pytest.mark.parametrize("device", ["mtp_372", "mtp_592"])
def test_three_dimensions_move_down(sim, device):
    call = "__memcpy(nram, nram + 64, 64, NRAM2NRAM, 64, 1, 128, 3, 64, 1, 128, 3)"
    got, report = run(sim, call, device)
    assert report == ""
    at = [128 * j + 64 * i for j in range(4) for i in range(2)]
    np.testing.assert_array_equal(got, moved(at, [v + 64 for v in at], 64))
