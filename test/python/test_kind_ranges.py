"""Functions at the ends of their ranges: what tools/sweep_kinds.py found wrong, or did not try before."""

import json

import numpy as np
import pytest
from programs import TARGETS, needs_compiler

import metabang as mb
from metabang import _core, reference
from metabang.fold import fold_program

pytestmark = [needs_compiler, pytest.mark.filterwarnings("ignore")]


def run(target, *results):
    return mb.compile(list(results), [], target).run([])


def close(got, exact, relative=2e-5):
    np.testing.assert_allclose(got, exact, rtol=relative, atol=2e-38)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("shape", [(64, 64), (3, 37), ()])  # whole vectors, padded ones, a scalar
def test_angles_of_any_size(target, shape):
    draw = np.random.default_rng(len(shape))
    sizes = np.exp2(draw.uniform(-20, 127.9, shape or 8))
    sizes = (sizes * draw.choice([-1, 1], sizes.shape)).astype(np.float32)
    if not shape:
        sizes = sizes[:1].reshape(())
        sizes[()] = 1.6e17
    x = mb.array(sizes)
    results = [mb.unary(kind, x) for kind in ("sin", "cos", "tan")]
    for got, exact in zip(run(target, *results), reference.evaluate(results), strict=True):
        close(got, exact)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("dtype", ["int32", "int64", "uint32", "uint64"])
def test_powers_of_integers_are_vectors_and_wrap_around(target, dtype):
    draw = np.random.default_rng(5)
    limits = np.iinfo(dtype)
    small = draw.integers(max(limits.min, -9), 9, (37, 67)).astype(dtype)
    wide = draw.integers(limits.min, limits.max, small.shape, dtype=dtype, endpoint=True)
    base = np.where(draw.integers(0, 2, small.shape) == 1, small, wide)
    exponent = np.where(draw.integers(0, 2, small.shape) == 1, small & 63, wide >> draw.integers(1, 40).astype(dtype))
    exponent = np.where(exponent < 0, ~exponent, exponent)
    edges = [0, 1, 2, 3, 64, 65535, 65536, 65537, 3 << 16, limits.max, limits.max - 1]
    exponent[0, : len(edges)], exponent[1, : len(edges)], exponent[2, : len(edges)] = edges, edges, edges
    base[0], base[1] = 2, 3
    power = mb.array(base) ** mb.array(exponent)
    text = fold_program(_core.graph.program([power._node])).emit()
    assert not [remark for remark in json.loads(_core.compile(text, target, None, {}))["remarks"] if "scalar" in remark]
    np.testing.assert_array_equal(run(target, power)[0], np.power(base, exponent))


@pytest.mark.parametrize("target", TARGETS)
def test_integer_powers_below_zero(target):
    base, exponent = np.array([[1], [-1], [-1], [2], [-7], [0]], np.int32), np.array([[-3, -4, -(2**31)]], np.int32)
    (got,) = run(target, mb.array(np.tile(base, (1, 3))) ** mb.array(np.tile(exponent, (6, 1))))
    np.testing.assert_array_equal(got, [[1, 1, 1], [-1, 1, 1], [-1, 1, 1], [0, 0, 0], [0, 0, 0], [0, 0, 0]])


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("shape", [(32, 64), (3, 37), (1,)])
def test_remainders_of_any_quotient(target, shape):
    draw = np.random.default_rng(7)
    x, y = (np.exp2(draw.uniform(-126, 127.9, shape)) * draw.choice([-1, 1], shape) for _ in range(2))
    x.flat[0], y.flat[0] = 7.5e37, -1.2e-38
    x, y = mb.array(x.astype(np.float32)), mb.array(y.astype(np.float32))
    close(run(target, x % y)[0], reference.evaluate([x % y])[0])


@pytest.mark.parametrize("target", TARGETS)
def test_small_errors_near_zero_and_at_the_end_of_the_range(target):
    x = mb.array(np.linspace(-1, 1, 4001).astype(np.float32) ** 3)
    top = mb.array(np.linspace(120, 127.99, 1024).astype(np.float32))
    results = [mb.unary("erf", x), mb.unary("exp2", top), mb.exp(top * 0.6931)]
    for got, exact in zip(run(target, *results), reference.evaluate(results), strict=True):
        close(got, exact)
    small = mb.array(np.float32(1e-3))
    close(run(target, mb.unary("erf", small))[0], 1.1283787909692363e-3)


@pytest.mark.parametrize("target", TARGETS)
def test_running_and_window_sums_of_bfloat16_are_float32_inside(target):
    ones = mb.array(np.ones((2, 600), np.float32), "bfloat16")
    (got,) = run(target, mb.array_api.cumulative_sum(ones, axis=1))
    exact = np.arange(1, 601)
    assert (np.abs(np.asarray(got, np.float32)[0] - exact) <= exact / 256).all()
    # the gradient of windows of 40: each place is in up to 40 of them
    places = mb.reindex_reduce(
        mb.array(np.full((60, 40), 1.0078125, np.float32), "bfloat16"), "add", (99,), ["i0 + i1"]
    )
    (got,) = run(target, places)
    assert np.asarray(got, np.float32).max() == 40.25


@pytest.mark.parametrize("target", TARGETS)
def test_functions_of_integers_take_the_float_next_to_them(target):
    x = np.array([123456789, -2147483647, 16777217, 7], np.int64)
    nearest = x.astype(np.float32).astype(np.float64)
    result = mb.unary("sin", mb.array(x))
    close(run(target, result)[0], np.sin(nearest))
    close(reference.evaluate([result])[0], np.sin(nearest))
