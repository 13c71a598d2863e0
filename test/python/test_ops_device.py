"""Operators through every level: meta IR, BANG C, the simulator; against float64 NumPy."""

import numpy as np
import pytest
from programs import needs_compiler

import metabang as mb
from metabang import _core, reference
from metabang.nn import functional as F

pytestmark = needs_compiler
rng = np.random.default_rng(5)


def x(*shape, dtype="float32"):
    return mb.array(rng.normal(size=shape), dtype)


def p(*shape):
    return mb.parameter(rng.normal(size=shape).astype(np.float32))


# name: (graph, largest error relative to the largest value). Contractions are int16 on mtp_270.
CASES = {
    "elementwise": (lambda: mb.exp(x(1000)) * 2 + 1, 1e-5),
    "broadcast": (lambda: x(7, 1, 33) + x(5, 1), 1e-6),
    "half": (lambda: x(100, dtype="float16") * 2 + 1, 2e-3),
    "int32": (lambda: mb.array(np.arange(-50, 50, dtype=np.int32)) * 3 + 1, 0),
    "where": (lambda: mb.where(x(50) > 0, x(50), 0.0), 1e-6),
    "softmax": (lambda: mb.softmax(x(5, 37)), 1e-5),
    "mean": (lambda: x(3, 4, 50).mean((0, 2)), 1e-5),
    "sum_all": (lambda: x(100).sum() + 1, 1e-5),
    "argmax": (lambda: x(4, 100).argmax(1), 0),
    "transpose": (lambda: x(4, 6).T * 2, 1e-6),
    "scatter": (lambda: mb.reindex_reduce(x(10), "add", (3,), ["i0 // 4"]), 1e-6),
    "max_pool": (lambda: F.max_pool2d(x(1, 8, 16, 16), 3, 2, 1), 0),
    "matmul": (lambda: x(33, 40) @ p(40, 20), 1e-3),
    "linear": (lambda: F.linear(x(2, 64), p(32, 64), p(32)), 1e-3),
    "conv2d": (lambda: F.relu(F.conv2d(x(1, 3, 16, 16), p(8, 3, 3, 3), p(8), 2, 1)), 1e-3),
    "depthwise": (lambda: F.conv2d(x(1, 32, 16, 16), p(32, 1, 3, 3), None, 1, 1, groups=32), 1e-3),
}


@pytest.mark.parametrize("name", CASES)
def test_on_the_device(name):
    make, tolerance = CASES[name]
    y = make()
    (exact,) = reference.evaluate(y)
    got = y.numpy()
    assert got.shape == y.shape and got.dtype.name == y.dtype
    scale = np.abs(exact).max() or 1
    assert np.abs(got.astype(np.float64) - exact).max() <= tolerance * scale


def test_a_repeated_program_runs_the_cached_plan(monkeypatch):
    a = x(64)
    (a * 3 - 1).numpy()
    monkeypatch.setattr(_core, "compile", None)
    b = x(64)
    np.testing.assert_allclose((b * 3 - 1).numpy(), b.numpy() * 3 - 1, rtol=1e-6, atol=1e-6)


def test_new_parameters_reach_the_device():
    w, a = p(8), x(4, 8)
    for _ in range(2):
        np.testing.assert_allclose((a * w).numpy(), a.numpy() * w.numpy(), rtol=1e-6)
        w.assign(rng.normal(size=8))
