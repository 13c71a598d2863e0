"""The array API on the simulator, against NumPy: a program for each target, under the sanitizer (conftest.py)."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings

import numpy as np
import pytest
from programs import generator, needs_compiler

import metabang as mb
from metabang import array_api as xp

A = generator("a").normal(size=(5, 7)).astype(np.float32)
B = generator("b").normal(size=(7, 4)).astype(np.float32)
C = generator("c").integers(-50, 50, size=(3, 5)).astype(np.int32)
V = generator("v").normal(size=11).astype(np.float32)
N = np.arange(-128, 128, dtype=np.int8)
ROWS = np.array([4, 0, -2, 4])


def pending(array: np.ndarray) -> mb.Var:
    """A tensor that the host does not know the value of."""
    return xp.asarray(array) + xp.asarray(np.array(0, array.dtype))


def written(array: np.ndarray, key, value) -> tuple[mb.Var, np.ndarray]:
    """x and its NumPy counterpart after `x[key] = value` of a computed tensor."""
    x, expected = pending(array), array.copy()
    tensors = tuple(pending(k) if isinstance(k, np.ndarray) else k for k in (key if isinstance(key, tuple) else (key,)))
    x[tensors] = value
    expected[key] = value
    return x, expected


def indexing_cases() -> dict:
    a, c = xp.asarray(A), xp.asarray(C)
    rows = pending(ROWS)
    return {
        "slices": (a[1:4, ::-2], A[1:4, ::-2]),
        "an integer and None": (a[-1, None, 2:], A[-1, None, 2:]),
        "rows": (a[rows], A[ROWS]),
        "rows and a column": (a[rows, 3], A[ROWS, 3]),
        "arrays in both": (c[rows[:2] % 3, rows[2:] % 5], C[ROWS[:2] % 3, ROWS[2:] % 5]),
        "arrays apart": (a[None, rows, :, None], A[None, ROWS, :, None]),
        "a known mask": (a[xp.asarray(A > 0)], A[A > 0]),
        "set a block": written(A, (slice(1, 4), slice(None, None, 2)), 2.5),
        "set a row": written(A, 2, np.arange(7, dtype=np.float32)),
        "set backwards": written(C, (slice(None), slice(None, None, -2)), np.array([1, 2, 3])),
        "set by mask": written(A, A > 0.5, -1.0),
        "set rows, the last wins": written(A, ROWS, np.arange(28, dtype=np.float32).reshape(4, 7)),
    }


def half_of(x, namespace):
    """A loss of quantile regression, as scikit-learn computes it."""
    positive = namespace.astype(x >= 0, x.dtype)
    return 0.5 * positive * x - 0.5 * (1 - positive) * x


def bits(name: str) -> tuple[mb.Var, np.ndarray]:
    one, narrow = np.array([-3], np.int32), np.array([0, 1, 77, 65535], np.uint16)
    return getattr(xp, name)(pending(one), pending(narrow)), getattr(np, name)(one, narrow.astype(np.int32))


def function_cases() -> dict:
    a, b, c, v = (xp.asarray(each) for each in (A, B, C, V))
    order, n = np.argsort(A, 1), xp.asarray(N)
    return {
        "matmul": (a @ b, A @ B),
        "einsum": (mb.einsum("ij,jk->ki", a, b), np.einsum("ij,jk->ki", A, B)),
        "einsum diagonal": (mb.einsum("ii->i", a[:, :5]), np.einsum("ii->i", A[:, :5])),
        "tensordot": (xp.tensordot(a, b, axes=1), np.tensordot(A, B, 1)),
        "vecdot": (xp.vecdot(c, c), np.vecdot(C, C)),
        "cumulative_sum": (xp.cumulative_sum(v), np.cumsum(V)),
        "cumulative_prod": (xp.cumulative_prod(v, include_initial=True), np.cumprod(np.append(np.float32(1), V))),
        "roll": (xp.roll(a, (2, -3), axis=(0, 1)), np.roll(A, (2, -3), (0, 1))),
        "flip": (xp.flip(c), np.flip(C)),
        "repeat": (xp.repeat(c, 3, axis=1), np.repeat(C, 3, 1)),
        "tile": (xp.tile(c, (2, 1, 2)), np.tile(C, (2, 1, 2))),
        "concat": (xp.concat([c, xp.ones((1, 5), dtype="int64")]), np.concatenate([C, np.ones((1, 5), np.int64)])),
        "moveaxis": (xp.moveaxis(xp.reshape(c, (3, 5, 1)), 0, -1), np.moveaxis(C[:, :, None], 0, -1)),
        "tril": (xp.tril(a, k=1), np.tril(A, 1)),
        "eye": (xp.eye(3, 4, k=-1), np.eye(3, 4, -1, np.float32)),
        "linspace": (xp.linspace(-1, 2, 9), np.linspace(-1, 2, 9, dtype=np.float32)),
        "take_along_axis": (xp.take_along_axis(a, pending(order), axis=1), np.take_along_axis(A, order, 1)),
        "searchsorted": (xp.searchsorted(xp.asarray(np.sort(V)), a), np.searchsorted(np.sort(V), A).astype(np.int32)),
        "sort": (xp.sort(a, axis=0, descending=True), -np.sort(-A, 0)),
        "var": (xp.var(a, axis=0, correction=1), A.var(0, ddof=1)),
        "norm": (xp.linalg.vector_norm(a, axis=1), np.linalg.norm(A, axis=1)),
        "diff": (xp.diff(c, axis=1), np.diff(C, axis=1)),
        "int8 wraps before it is widened": (xp.astype(n * n + n, "int32"), (N * N + N).astype(np.int32)),
        "truth values that are read twice": (half_of(a, xp), half_of(A, np)),
        "sign of -0": (xp.signbit(xp.sign(pending(np.float32([-0.0, -2])))), np.array([False, True])),
        **{f"one element {name} narrower ones": bits(name) for name in ("bitwise_or", "bitwise_and", "bitwise_xor")},
        "argmin": (xp.argmax(-a, axis=1, keepdims=True), A.argmin(1, keepdims=True).astype(np.int32)),
    }


@needs_compiler
@pytest.mark.parametrize("target", ["mtp_270", "mtp_372", "mtp_592"])
@pytest.mark.parametrize("make", [indexing_cases, function_cases])
def test_equals_numpy(make, target: str) -> None:
    with warnings.catch_warnings(), mb.target(target):
        warnings.simplefilter("ignore", mb.HostWarning)
        cases = make()
        mb.sync([x for x, _ in cases.values()])
    for name, (x, expected) in cases.items():
        assert (x.shape, x.dtype) == (expected.shape, expected.dtype.name), name
        scale = np.abs(expected).max()
        tolerance = 2e-4 if target == "mtp_270" else 4e-6
        assert np.abs(np.asarray(x) * 1.0 - expected).max() <= (tolerance * scale if x.dtype == "float32" else 0), name


def principal_component(x, steps: int):
    """The direction of the largest variance of the rows of x, by power iteration, in the namespace of x."""
    namespace = x.__array_namespace__()
    x = x - namespace.mean(x, axis=0, keepdims=True)
    covariance = namespace.matrix_transpose(x) @ x / x.shape[0]
    v = namespace.ones((x.shape[1],), dtype=x.dtype)
    for _ in range(steps):
        v = covariance @ v
        v = v / namespace.linalg.vector_norm(v)
    return namespace.where(namespace.any(v != 0), v, namespace.asarray(namespace.nan, dtype=x.dtype))


@needs_compiler
@pytest.mark.parametrize("target", ["mtp_372", "mtp_592"])  # those with infinities
@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_quotients_have_numpys_zeros_infinities_and_rest(dtype: str, target: str) -> None:
    """A zero has the sign of the quotient, what is too large is infinite; the rest of huge numbers was NaN."""
    values = np.array([0.0, -0.0, 1e-30, 1.2e-33, -1.0, 2.5, -7.0, 1e30, 3.2e38, -3.4e38, np.inf, -np.inf, np.nan])
    with np.errstate(all="ignore"):
        x, y = (each.ravel() for each in np.meshgrid(values.astype(dtype), values.astype(dtype)))
        quotient, rest = np.floor_divide(x, y), np.remainder(x, y)
        known = ~np.isinf(x / y) | (y == 0) | np.isinf(x)  # the rest to a quotient beyond every float is not
    with mb.target(target):
        found = [np.asarray(each) for each in (mb.array(x) // mb.array(y), mb.array(x) % mb.array(y))]
    np.testing.assert_allclose(found[0], quotient, rtol=3e-7)
    assert (np.signbit(found[0]) == np.signbit(quotient))[~np.isnan(quotient)].all()
    np.testing.assert_array_equal(found[1][known], rest[known])


@needs_compiler
@pytest.mark.parametrize("target", ["mtp_270", "mtp_372", "mtp_592"])
def test_zeros_of_vectors_have_the_standards_sign(target: str) -> None:
    """Special cases of the suite are single elements, which are computed by scalar code."""
    zeros, ones = mb.array(np.float32([0, -0.0] * 5)), mb.array(np.ones(10, np.float32))
    with mb.target(target):
        rounded = [np.signbit(np.asarray(f(zeros))) for f in (xp.round, xp.floor, xp.ceil, xp.trunc)]
        positive = [np.signbit(np.asarray(f(ones))) for f in (lambda x: ones[:1] - x, xp.acos, xp.log)]
    assert (np.array(rounded) == np.resize([False, True], 10)).all()
    assert not np.array(positive).any()


@needs_compiler
def test_a_routine_written_for_any_namespace_runs_on_numpy_and_here() -> None:
    rows = A @ np.diag(np.float32([1, 2, 0.5, 4, 1, 1, 3]))
    with mb.target("mtp_372"):
        found = np.asarray(principal_component(xp.asarray(rows), 4))
    assert np.abs(found - principal_component(rows, 4)).max() < 1e-5


def test_routines_of_scipy_and_scikit_learn_run_here() -> None:
    """They are written against the standard; the switch is read when SciPy is imported, hence the process."""
    pytest.importorskip("sklearn")
    code = """
import numpy, metabang, scipy.cluster.vq, scipy.special, scipy.stats, sklearn
from sklearn.preprocessing import MinMaxScaler
rows = numpy.random.default_rng(0).normal(size=(20, 3)).astype(numpy.float32)
from sklearn.metrics import mean_pinball_loss
sklearn.set_config(array_api_dispatch=True)
scale = lambda x: MinMaxScaler().fit_transform(x)
for routine in (scipy.cluster.vq.whiten, scipy.special.softmax, scipy.stats.zscore, scale):
    found = routine(metabang.array(rows))
    assert type(found) is metabang.Var
    assert numpy.abs(numpy.asarray(found) - routine(rows)).max() < 1e-6
half = mean_pinball_loss(*metabang.array(rows[:, :2]).T)
assert abs(half - mean_pinball_loss(*rows[:, :2].T)) < 1e-6
"""
    environment = {**os.environ, "SCIPY_ARRAY_API": "1", "METABANG_TARGET": "mtp_372"}
    run = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, env=environment)
    assert run.returncode == 0, run.stderr
