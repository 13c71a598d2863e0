"""The 18 meta-operators and what is composed of them, against NumPy."""

import math

import numpy as np
import pytest

import metabang as mb
from metabang import reference

rng = np.random.default_rng(7)


def value(x):
    return reference.evaluate(x)[0]


def close(x, expected, dtype=None):
    got = value(x)
    expected = np.asarray(expected)
    assert got.shape == expected.shape == x.shape
    if dtype:
        assert x.dtype == dtype
    if got.dtype == np.float64:
        np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-12)
    else:
        np.testing.assert_array_equal(got, expected)


def data(*shape):
    return rng.normal(size=shape).astype(np.float32)


UNARY = {
    "negative": np.negative, "abs": np.abs, "exp": np.exp, "log": np.log, "sqrt": np.sqrt, "tanh": np.tanh,
    "rsqrt": lambda x: 1 / np.sqrt(x), "reciprocal": lambda x: 1 / x, "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "erf": np.vectorize(math.erf), "sin": np.sin, "cos": np.cos, "floor": np.floor, "ceil": np.ceil, "round": np.rint,
    "sign": np.sign,
}  # fmt: skip


@pytest.mark.parametrize("name", UNARY)
def test_unary(name):
    x = np.abs(data(3, 4)) + 0.1 if name in ("log", "sqrt", "rsqrt") else data(3, 4) * 3
    close(getattr(mb, name)(mb.array(x)), UNARY[name](x.astype(np.float64)), "float32")


def test_unary_of_integers():
    x = np.array([-3, 0, 2], np.int8)
    close(mb.exp(mb.array(x)), np.exp(x.astype(np.float64)), "float32")
    close(mb.abs(mb.array(x)), np.abs(x), "int8")
    close(mb.floor(mb.array(x)), x, "int8")
    close(~mb.array(x), ~x, "int8")
    close(~mb.array([True, False]), [False, True], "bool")


BINARY = {
    "add": np.add, "subtract": np.subtract, "multiply": np.multiply, "divide": np.divide, "maximum": np.maximum,
    "minimum": np.minimum, "mod": np.mod, "floor_divide": np.floor_divide, "equal": np.equal, "less": np.less,
    "less_equal": np.less_equal, "greater": np.greater, "greater_equal": np.greater_equal, "not_equal": np.not_equal,
}  # fmt: skip


@pytest.mark.parametrize("name", BINARY)
def test_binary_broadcasts(name):
    a, b = data(2, 1, 4), data(3, 1)
    close(getattr(mb, name)(mb.array(a), mb.array(b)), BINARY[name](a.astype(np.float64), b.astype(np.float64)))
    i, j = np.array([7, -7, 5], np.int32), np.array([[2], [-3]], np.int32)
    expected = BINARY[name](i, j)
    close(getattr(mb, name)(mb.array(i), mb.array(j)), expected, "float32" if name == "divide" else expected.dtype.name)


def test_logical_operators():
    a, b = np.array([True, True, False, False]), np.array([True, False, True, False])
    x, y = mb.array(a), mb.array(b)
    for got, expected in ((x & y, a & b), (x | y, a | b), (x ^ y, a ^ b), (x + y, a | b), (x * y, a & b)):
        close(got, expected, "bool")
    close(mb.array([6, 3]) & 2, [2, 2], "int64")


@pytest.mark.parametrize(
    "a, b, expected",
    [
        ("int32", "float32", "float32"), ("int64", "float16", "float32"), ("int8", "float16", "float16"),
        ("float16", "bfloat16", "float32"),
        ("int8", "uint8", "int16"), ("uint32", "int32", "int64"), ("int8", "int32", "int32"),
        ("bool", "uint8", "uint8"), ("float64", "float32", "float64"), ("uint64", "uint8", "uint64"),
    ],
)  # fmt: skip
def test_promotion(a, b, expected):
    x, y = mb.zeros((2,), a), mb.zeros((2,), b)
    assert (x + y).dtype == (y + x).dtype == expected


def test_python_numbers_adapt_to_the_tensor():
    x = mb.array(np.array([1, 2], np.int8))
    assert ((x + 1).dtype, (1.5 * x).dtype, (mb.zeros((2,), "float16") + 1.5).dtype) == ("int8", "float32", "float16")
    assert (mb.zeros((2,), "bool") + 1).dtype == "int64"
    assert (x + np.float64(1)).dtype == "float64"
    close(10 - x, [9, 8], "int8")
    close(2 ** mb.array([1.0, 3.0]), [2, 8], "float32")
    close(np.array([1.0, 2.0]) + mb.array([1.0, 2.0]), [2, 4], "float64")


def test_reindex_with_strings_and_functions():
    x = data(5, 6)
    X = mb.array(x)
    shape = (3, 3, 3, 3)
    padded = np.pad(x, 1, constant_values=7.0).astype(np.float64)
    expected = np.array(
        [[[[padded[2 * i + k, 2 * j + n] for n in range(3)] for k in range(3)] for j in range(3)] for i in range(3)]
    )
    close(mb.reindex(X, shape, ["i0*2-1+i2", "i1*2-1+i3"], overflow_value=7), expected)
    close(mb.reindex(X, shape, lambda y, x, v, u: (y * 2 - 1 + v, 2 * x - 1 + u), 7), expected)


def test_reindex_overflow_conditions_and_division():
    x = np.arange(12, dtype=np.int32)
    X = mb.array(x)
    close(
        mb.reindex(X, (3, 4), ["i0*4 + i1"], -1, ["i0 == i1"]), np.where(np.eye(3, 4, dtype=bool), -1, x.reshape(3, 4))
    )
    close(
        mb.reindex(X, (3, 4), ["i0*4 + i1"], -1, ["i0 != i1"]), np.where(np.eye(3, 4, dtype=bool), x.reshape(3, 4), -1)
    )
    close(
        mb.reindex(X, (24,), ["i0 // 2"], -1, lambda i: [i > 20, i < 2]),
        [-1, -1, *(k // 2 for k in range(2, 21)), -1, -1, -1],
    )
    close(mb.reindex(X, (5,), ["(i0 * 5) mod 12"]), x[np.arange(5) * 5 % 12])
    close(mb.reindex(X, (4,), ["-i0 + 2"], 99), [2, 1, 0, 99])
    close(mb.reindex(X, (4,), ["(i0 + 2) ceildiv 3"]), [1, 1, 2, 2])


def test_reindex_with_extras_gathers():
    table, ids = data(5, 3), np.array([[4, 0], [9, 2]])
    rows = np.where((ids < 5)[..., None], table[np.minimum(ids, 4)], 0).astype(np.float64)
    shape = (2, 2, 3)
    close(mb.reindex(mb.array(table), shape, ["s0", "i2"], extras=[mb.array(ids).unsqueeze(-1)]), rows)
    close(mb.take(mb.array(table), mb.array(ids)), rows)
    close(mb.take(mb.array(table), mb.array([2, 1]), axis=1), table[:, [2, 1]].astype(np.float64))


def test_reindex_reduce():
    y = data(4, 5)
    Y = mb.array(y)
    y = y.astype(np.float64)
    close(mb.reindex_reduce(Y, "add", (5,), ["i1"]), y.sum(0))
    close(mb.reindex_reduce(Y, "max", (3,), ["i1 - 1"]), [y[:, 1].max(), y[:, 2].max(), y[:, 3].max()])
    close(mb.reindex_reduce(Y, "min", (6,), ["i1"]), [*y.min(0), np.inf])
    close(mb.reindex_reduce(Y, "mul", (2,), lambda i, j: i // 2, ["i1 >= 2"]), [y[:2, :2].prod(), y[2:, :2].prod()])
    bins = mb.array([0, 2, 2, 7])
    close(mb.reindex_reduce(mb.ones((4,), "int32"), "add", (3,), ["s0"], extras=[bins]), [1, 0, 2], "int32")


def test_movement():
    x = data(2, 3, 4)
    X = mb.array(x)
    x = x.astype(np.float64)
    close(mb.broadcast(X, (4, 5, 2, 3), (2, 3, 0)), np.broadcast_to(x.transpose(2, 0, 1)[:, None], (4, 5, 2, 3)))
    close(mb.pad(X, (0, 1, 0), (2, 0, 0), value=math.inf), np.pad(x, ((0, 2), (1, 0), (0, 0)), constant_values=np.inf))
    close(mb.slice(X, (0, 1, 1), (2, 2, 2), (1, 1, 2)), x[:, 1:3, 1:4:2])
    close(X.transpose(2, 0, 1), x.transpose(2, 0, 1))
    close(X.transpose(2, 0, 1).transpose(1, 2, 0), x)
    close(X.T, x.T)
    close(X.swapaxes(0, -1), x.swapaxes(0, -1))
    close(mb.index((2, 3), 1), [[0, 1, 2], [0, 1, 2]], "int32")
    close(X.reshape(4, -1), x.reshape(4, -1))
    close(X.reshape((3, 8)).reshape(2, 12), x.reshape(2, 12))
    close(X.flatten(1), x.reshape(2, 12))
    close(X.unsqueeze(1).squeeze(1), x)
    close(mb.array([[3.0]]).reshape(()), 3.0)
    close(mb.concat([X, X[:, :1], X], 1), np.concatenate([x, x[:, :1], x], 1))
    close(mb.stack([X, X], -1), np.stack([x, x], -1))


@pytest.mark.parametrize(
    "key",
    [
        0, -1, (1, -1), (slice(None), 2), (Ellipsis, 0), (slice(None, None, -1),), (slice(1, None), slice(3, 0, -2)),
        (None, 1, Ellipsis, None), slice(5, 1), (slice(-2, None), slice(None, None, 3)), Ellipsis, (),
    ],
)  # fmt: skip
def test_indexing(key):
    x = data(3, 4, 5)
    close(mb.array(x)[key], x[key].astype(np.float64))


@pytest.mark.parametrize("op", ["sum", "prod", "max", "min", "mean"])
def test_reductions(op):
    x = data(2, 3, 4)
    for axis in (None, 0, -1, (0, 2), [1]):
        for keepdims in (False, True):
            expected = getattr(np, op)(
                x.astype(np.float64), axis=tuple(axis) if isinstance(axis, list) else axis, keepdims=keepdims
            )
            close(getattr(mb.array(x), op)(axis, keepdims), expected, "float32")
    assert getattr(mb.array(np.array([[3, 4]], np.int8)), op)().dtype == {
        "sum": "int64",
        "prod": "int64",
        "mean": "float32",
    }.get(op, "int8")


def test_nan_is_neither_lost_nor_spread():
    x = np.array([[1, np.nan], [2, 3]], np.float32)
    X = mb.array(x)
    assert np.isnan(value(X.max(1))[0]) and value(X.max(1))[1] == 3
    assert np.isnan(value(mb.relu(X))[0, 1])
    close(mb.where(X != X, 0.0, X), np.nan_to_num(x.astype(np.float64)))
    close(mb.concat([X[:1], X[1:]]), x.astype(np.float64))
    close(X.argmax(1), [1, 1], "int32")


def test_select_and_cast():
    x = data(3)
    close(mb.where(mb.array(x) > 0, 1, 0), (x > 0).astype(np.int64), "int64")
    close(mb.where(mb.array(x) > 0, x, 0.5), np.where(x > 0, x, 0.5).astype(np.float64))
    close(mb.array([1.9, -1.9]).astype("int32"), [1, -1], "int32")
    close(mb.array([0.0, 0.5]).astype(bool), [False, True], "bool")
    assert mb.array([1]).astype(np.float16).dtype == "float16"


def test_compositions():
    a, b = data(2, 3, 4), data(4, 5)
    a64, b64 = a.astype(np.float64), b.astype(np.float64)
    A, B = mb.array(a), mb.array(b)
    close(A @ B, a64 @ b64, "float32")
    close(A[0] @ A.transpose(0, 2, 1), a64[0] @ a64.transpose(0, 2, 1))
    close(A @ B[:, 0], a64 @ b64[:, 0])
    close(B[:, 0] @ B, b64[:, 0] @ b64)
    close(B[:, 0] @ B[:, 1], b64[:, 0] @ b64[:, 1])
    e = np.exp(a64 - a64.max(1, keepdims=True))
    close(mb.softmax(A, 1), e / e.sum(1, keepdims=True))
    close(A.var((0, 2)), a64.var((0, 2)))
    close(A.std(correction=1), a64.std(ddof=1))
    close(A.argmax(2), a64.argmax(2), "int32")
    close(A.argmax(), a64.argmax(), "int32")
    close(A.clip(-0.5, 0.5), a64.clip(-0.5, 0.5))
    close(mb.arange(2, 11, 3), [2, 5, 8], "int64")
    close(mb.arange(0, 1, 0.25), [0, 0.25, 0.5, 0.75], "float32")
    close(mb.full_like(A, 3), np.full(a.shape, 3.0), "float32")


def test_reshapes_and_broadcasts_compose_when_they_are_built():
    v = mb.array([1.0, 2.0, 3.0])
    x = mb.zeros((2, 3, 4, 4)) + v.reshape(1, 3, 1, 1)
    operand = x._node.inputs[1]
    assert (operand.op, operand.a) == ("broadcast", (1,)) and operand.inputs[0].op == "input"
    assert v.reshape(3, 1).reshape(3)._node.uid == v._node.uid
    assert mb.ones((2, 1)).broadcast_to((2, 5))._node.op == "constant"
