"""Numbers of the meta level: meta IR, lowered to linalg and run on the host, against NumPy.

Odd shapes, pads, strides, all operators.
"""

import numpy as np
import pytest
from meta_program import BINARY, LINALG, UNARY, Program, tools

missing = [name for name, path in tools().items() if path is None]
pytestmark = pytest.mark.skipif(bool(missing), reason=f"not found: {', '.join(missing)}")
rng = np.random.default_rng(0)


def normal(*shape):
    return rng.normal(size=shape).astype("float32")


def check(program, results, folder, passes=None, tolerance=1e-5):
    got = program.run(results, folder, **({"passes": passes} if passes else {}))
    for result, array in zip(results, got, strict=True):
        np.testing.assert_allclose(array, result.array, rtol=tolerance, atol=tolerance)


def conv2d(p, x, w, stride, padding, dilation=1):
    """As ``metabang.nn.functional.conv2d`` composes it."""
    (n, c, h, width), (o, _, kh, kw) = x.array.shape, w.array.shape
    oh = (h + 2 * padding - dilation * (kh - 1) - 1) // stride + 1
    ow = (width + 2 * padding - dilation * (kw - 1) - 1) // stride + 1
    shape = (n, o, oh, ow, c, kh, kw)
    rows, columns = f"i2 * {stride} + i5 * {dilation} - {padding}", f"i3 * {stride} + i6 * {dilation} - {padding}"
    patches = p.reindex(x, shape, ["i0", "i4", rows, columns])
    return p.reduce("sum", p.binary("mul", patches, p.broadcast(w, shape, [1, 4, 5, 6])), [4, 5, 6])


def windows(p, x, kernel, stride, padding, overflow):
    n, c, h, w = x.array.shape
    oh, ow = ((size + 2 * padding - kernel) // stride + 1 for size in (h, w))
    indexes = ["i0", "i1", f"i2 * {stride} + i4 - {padding}", f"i3 * {stride} + i5 - {padding}"]
    return p.reindex(x, (n, c, oh, ow, kernel, kernel), indexes, overflow)


def depthwise(p, x, w, stride, padding):
    patches = windows(p, x, w.array.shape[2], stride, padding, 0)
    return p.reduce("sum", p.binary("mul", patches, p.reindex(w, patches.array.shape, ["i1", "0", "i4", "i5"])), [4, 5])


@pytest.mark.parametrize(
    "batch,stride,padding,dilation,kernel",
    [(1, 1, 1, 1, 3), (2, 2, 3, 1, 7), (1, 1, 0, 1, 1), (3, 2, 0, 1, 1), (1, 1, 2, 2, 3), (2, 3, 0, 1, 2)],
)
def test_conv(tmp_path, batch, stride, padding, dilation, kernel):
    p = Program()
    x, w, b = p.arg(normal(batch, 5, 11, 9)), p.arg(normal(7, 5, kernel, kernel), True), p.arg(normal(7), True)
    y = conv2d(p, x, w, stride, padding, dilation)
    y = p.unary("relu", p.binary("add", y, p.broadcast(b, y.array.shape, [1])))
    check(p, [y], tmp_path)
    assert p.linalg.count("linalg.generic") == 2


def test_conv_then_pool_then_head(tmp_path):
    p = Program()
    x, w1, w2, w3 = (
        p.arg(normal(2, 3, 17, 13)),
        p.arg(normal(6, 3, 3, 3), True),
        p.arg(normal(6, 1, 3, 3), True),
        p.arg(normal(4, 6), True),
    )
    y = p.unary("relu", conv2d(p, x, w1, 2, 1))
    pooled = p.reduce("max", windows(p, y, 3, 2, 1, -np.inf), [4, 5])
    z = p.binary("add", depthwise(p, pooled, w2, 1, 1), pooled)
    average = p.reshape(p.reduce("mean", z, [2, 3]), (2, 6, 1, 1))
    flat = p.reshape(average, (2, 6))
    product = p.binary("mul", p.broadcast(flat, (2, 4, 6), [0, 2]), p.broadcast(w3, (2, 4, 6), [1, 2]))
    check(p, [p.reduce("sum", product, [2])], tmp_path)
    assert "tensor.extract " not in p.linalg


@pytest.mark.parametrize("stride,padding", [(1, 1), (2, 1), (2, 0)])
def test_depthwise(tmp_path, stride, padding):
    p = Program()
    x, w = p.arg(normal(2, 5, 9, 10)), p.arg(normal(5, 1, 3, 3), True)
    check(p, [depthwise(p, x, w, stride, padding)], tmp_path)


def test_depthwise_with_broadcast_filter(tmp_path):
    p = Program()
    x, w = p.arg(normal(1, 4, 8, 8)), p.arg(normal(4, 1, 3, 3), True)
    patches = windows(p, x, 3, 1, 1, 0)
    filters = p.broadcast(p.reindex(w, (4, 3, 3), ["i0", "0", "i1", "i2"]), patches.array.shape, [1, 4, 5])
    check(p, [p.reduce("sum", p.binary("mul", filters, patches), [4, 5])], tmp_path)


def test_grouped_conv(tmp_path):
    p = Program()
    x, w, k = p.arg(normal(2, 6, 7, 8)), p.arg(normal(9, 2, 3, 3), True), p.arg(normal(4, 9, 1, 1), True)
    shape = (2, 3, 3, 7, 8, 2, 3, 3)
    patches = p.reindex(x, shape, ["i0", "i1 * 2 + i5", "i3 + i6 - 1", "i4 + i7 - 1"])
    filters = p.reindex(w, shape, ["i1 * 3 + i2", "i5", "i6", "i7"])
    y = p.reshape(p.reduce("sum", p.binary("mul", patches, filters), [5, 6, 7]), (2, 9, 7, 8))
    check(p, [conv2d(p, p.unary("relu", y), k, 1, 0)], tmp_path)
    assert "tensor.extract " not in p.linalg


@pytest.mark.parametrize("kind,overflow", [("max", -np.inf), ("mean", 0), ("min", np.inf), ("sum", 0), ("prod", 1)])
def test_pool(tmp_path, kind, overflow):
    p = Program()
    x = p.arg(normal(1, 5, 11, 8))
    check(p, [p.reduce(kind, windows(p, x, 3, 2, 1, overflow), [4, 5])], tmp_path)


def test_adaptive_pool_with_conditions(tmp_path):
    """Windows of different sizes: floor(i * 7 / 3) to ceil((i + 1) * 7 / 3)."""
    p = Program()
    x = p.arg(normal(2, 3, 7, 7))
    inside = ["(i2 * 7 + 9) // 3 - i2 * 7 // 3 - i4 - 1 >= 0", "(i3 * 7 + 9) // 3 - i3 * 7 // 3 - i5 - 1 >= 0"]
    y = p.reindex(x, (2, 3, 3, 3, 3, 3), ["i0", "i1", "i2 * 7 // 3 + i4", "i3 * 7 // 3 + i5"], 0, inside)
    check(p, [p.reduce("sum", y, [4, 5])], tmp_path)


def test_flatten_of_pixels(tmp_path):
    """A reshape that mixes channels and pixels, behind a convolution: transposed back to NCHW, then free."""
    p = Program()
    x, w = p.arg(normal(2, 3, 5, 5)), p.arg(normal(4, 3, 3, 3), True)
    y = p.reshape(conv2d(p, x, w, 1, 0), (2, 36))
    check(p, [y], tmp_path)
    assert "tensor.extract " not in p.linalg


def test_channel_shuffle(tmp_path):
    p = Program()
    x, w, v = p.arg(normal(2, 6, 5, 5)), p.arg(normal(6, 6, 1, 1), True), p.arg(normal(6, 6, 1, 1), True)
    y = p.reshape(p.transpose(p.reshape(conv2d(p, x, w, 1, 0), (2, 2, 3, 5, 5)), [0, 2, 1, 3, 4]), (2, 6, 5, 5))
    check(p, [conv2d(p, y, v, 1, 0)], tmp_path)
    assert "tensor.extract " not in p.linalg


def test_squeeze_and_excite(tmp_path):
    p = Program()
    x, w = p.arg(normal(2, 5, 6, 6)), p.arg(normal(5, 5, 3, 3), True)
    y = conv2d(p, x, w, 1, 1)
    gate = p.unary("sigmoid", p.reshape(p.reduce("mean", y, [2, 3]), (2, 5, 1, 1)))
    check(p, [p.binary("mul", y, p.broadcast(gate, y.array.shape, [0, 1, 2, 3]))], tmp_path)


def test_batched_matmul_and_softmax(tmp_path):
    p = Program()
    q, k, v = (p.arg(normal(2, 3, 5, 4)) for _ in range(3))
    s = p.reduce(
        "sum",
        p.binary("mul", p.broadcast(q, (2, 3, 5, 5, 4), [0, 1, 2, 4]), p.broadcast(k, (2, 3, 5, 5, 4), [0, 1, 3, 4])),
        [4],
    )
    e = p.unary("exp", p.binary("sub", s, p.broadcast(p.reduce("max", s, [3]), s.array.shape, [0, 1, 2])))
    a = p.binary("div", e, p.broadcast(p.reduce("sum", e, [3]), s.array.shape, [0, 1, 2]))
    y = p.reduce(
        "sum",
        p.binary("mul", p.broadcast(a, (2, 3, 5, 4, 5), [0, 1, 2, 4]), p.broadcast(v, (2, 3, 5, 4, 5), [0, 1, 4, 3])),
        [4],
    )
    check(p, [y, s], tmp_path)


def test_layer_norm(tmp_path):
    p = Program()
    x, g = p.arg(normal(6, 33)), p.arg(normal(33), True)
    mean = p.broadcast(p.reduce("mean", x, [1]), (6, 33), [0])
    centred = p.binary("sub", x, mean)
    variance = p.reduce("mean", p.binary("mul", centred, centred), [1])
    scale = p.unary("rsqrt", p.binary("add", variance, p.constant(1e-5, (6,))))
    check(
        p,
        [p.binary("mul", p.binary("mul", centred, p.broadcast(scale, (6, 33), [0])), p.broadcast(g, (6, 33), [1]))],
        tmp_path,
    )


def test_unary(tmp_path):
    p = Program()
    x = p.arg(np.abs(normal(3, 17)) + 0.25)
    check(p, [p.unary(kind, x) for kind in UNARY if kind != "not"], tmp_path)


def test_unary_keeps_nan_and_sign(tmp_path):
    p = Program()
    x = p.arg(np.array([-2.5, -0.5, 0.0, 0.5, 1.5, 2.5, np.nan, np.inf, -np.inf], "float32"))
    check(p, [p.unary(kind, x) for kind in ("neg", "abs", "relu", "sign", "round", "floor", "ceil", "tanh")], tmp_path)


def test_integer_unary(tmp_path):
    p = Program()
    x, u = p.arg(np.array([-7, 0, 5], "int32")), p.arg(np.array([0, 200, 7], "uint8"))
    results = [p.unary(kind, x) for kind in ("neg", "abs", "sign", "not", "relu")] + [
        p.unary(kind, u) for kind in ("sign", "not")
    ]
    # i1 only between fused operators: the host lowering of these wheels cannot load it from memory.
    results.append(p.cast(p.unary("not", p.cast(x, "bool")), "uint8"))
    check(p, results, tmp_path)


def test_float_binary(tmp_path):
    p = Program()
    a, b = p.arg(np.abs(normal(5, 7)) + 0.1), p.arg(normal(5, 7))
    check(p, [p.binary(kind, a, b) for kind in BINARY if kind not in ("and", "or", "xor")], tmp_path, tolerance=1e-4)


@pytest.mark.parametrize("dtype", ["int32", "uint8", "int8"])
def test_integer_binary(tmp_path, dtype):
    low = 0 if dtype[0] == "u" else -9
    p = Program()
    a, b = p.arg(rng.integers(low, 12, (4, 9)).astype(dtype)), p.arg(rng.integers(1, 5, (4, 9)).astype(dtype))
    check(p, [p.binary(kind, a, b) for kind in BINARY if kind != "pow"], tmp_path)


def test_max_propagates_nan(tmp_path):
    p = Program()
    a, b = p.arg(np.array([np.nan, 1, 2], "float32")), p.arg(np.array([1, np.nan, 1], "float32"))
    check(p, [p.binary("max", a, b), p.binary("min", a, b), p.reduce("max", a, [0]), p.reduce("min", b, [0])], tmp_path)


def test_compare_select_cast(tmp_path):
    p = Program()
    a, b, u = p.arg(normal(4, 5)), p.arg(normal(4, 5)), p.arg(np.array([[1, 200, 3, 255, 0]] * 4, "uint8"))
    results = [p.select(p.compare(kind, a, b), a, b) for kind in ("eq", "ne", "lt", "le", "gt", "ge")]
    scaled = p.binary("mul", a, p.constant(10, (4, 5)))
    results += [
        p.cast(scaled, "int32"),
        p.cast(u, "float32"),
        p.cast(u, "int32"),
        p.cast(p.cast(u, "bool"), "float32"),
        p.cast(a, "float64"),
    ]
    check(p, results, tmp_path)


def test_unsigned_compare(tmp_path):
    p = Program()
    a, b = p.arg(np.array([1, 200, 128], "uint8")), p.arg(np.array([200, 1, 128], "uint8"))
    check(p, [p.cast(p.compare(kind, a, b), "uint8") for kind in ("lt", "ge")] + [p.reduce("max", a, [0])], tmp_path)


def test_movements(tmp_path):
    p = Program()
    x, s = p.arg(normal(4, 7, 5)), p.arg(normal())
    results = [
        p.transpose(x, [2, 0, 1]),
        p.slice(x, [1, 0, 4], [2, 3, 5], [1, 3, -1]),
        p.slice(x, [1, 2, 0], [3, 2, 5], [1, 2, 1]),
        p.pad(x, [0, 2, 1], [1, 0, 3], 2.5),
        p.broadcast(p.reduce("sum", x, [1]), (5, 3, 4), [2, 0]),
        p.broadcast(s, (3, 2), []),
        p.index((3, 4), 1, "float32"),
        p.index((3, 4), 0, "int64"),
        p.reshape(x, (28, 5)),
        p.reshape(x, (2, 2, 35)),
        p.reshape(x, (14, 10)),
        p.reshape(x, (140,)),
        p.reshape(p.reshape(x, (1, 140, 1)), (4, 35)),
        p.unary("neg", p.transpose(x, [1, 2, 0])),
    ]
    check(p, results, tmp_path)


def test_linear_reindexes(tmp_path):
    p = Program()
    x = p.arg(normal(6, 8))
    results = [
        p.reindex(x, (5, 9), ["i0 + 2", "i1 - 3"], 7),
        p.reindex(x, (3, 4), ["i0 * 2 + 1", "i1 * 2"]),
        p.reindex(x, (4, 3, 2), ["i0 * 2 - 1 + i1", "i2 * 3 + 4"], -1),
        p.reindex(x, (6,), ["i0", "i0"]),
        p.reindex(x, (8, 2), ["3", "i0"]),
        p.reindex(x, (6, 8), ["5 - i0", "7 - i1"]),
        p.reindex(x, (12, 16), ["i0 // 2", "i1 // 2"]),
        p.reindex(x, (6, 8), ["(i0 + 1) % 6", "i1"]),
        p.reindex(x, (4, 4), ["i0 + 9", "i1"], 3),
    ]
    check(p, results, tmp_path)


def test_gather(tmp_path):
    p = Program()
    table, ids = p.arg(normal(10, 4)), p.arg(np.array([3, 9, -1, 10, 0], "int32"))
    wide = p.broadcast(ids, (5, 4), [0])
    small = p.arg(np.array([[200, 1]], "uint8"))
    results = [
        p.reindex(table, (5, 4), ["s0", "i1"], -5, extras=[wide]),
        p.reindex(table, (1, 2), ["s0 // 20 - 3", "i1"], 1, extras=[small]),
    ]
    results.append(p.reindex(table, (10, 4), ["i0", "i1"], 0, ["i0 - i1 >= 0"]))
    check(p, results, tmp_path)


@pytest.mark.parametrize("kind", ["add", "mul", "max", "min"])
def test_reindex_reduce(tmp_path, kind):
    p = Program()
    y, ids = p.arg(normal(4, 6, 3)), p.arg(rng.integers(-1, 6, 12).astype("int32"))
    flat = p.arg(normal(12))
    results = [
        p.reindex_reduce(y, kind, (6, 4), ["i1", "i0"]),
        p.reindex_reduce(y, kind, (8, 6), ["i0 * 2 + i2 - 1", "i1"]),
        p.reindex_reduce(y, kind, (2, 3), ["i1 // 3", "i2"], ["i0 - 1 >= 0"]),
        p.reindex_reduce(flat, kind, (5,), ["s0"], extras=[ids]),
    ]
    check(p, results, tmp_path)


def test_composed_pads(tmp_path):
    p = Program()
    x = p.arg(normal(5, 6))
    same = p.pad(p.pad(x, [1, 0], [0, 2], 0.0), [0, 1], [1, 1], 0.0)
    other = p.pad(p.pad(x, [1, 0], [0, 2], 0.0), [0, 1], [1, 1], 9.0)
    window = p.reindex(p.pad(x, [1, 1], [1, 1], 0.0), (5, 6, 3, 3), ["i0 + i2", "i1 + i3"])
    further = p.reindex(p.pad(x, [1, 1], [1, 1], 4.0), (7, 8, 3, 3), ["i0 + i2 - 1", "i1 + i3 - 1"], 0)
    inner = p.reindex(p.slice(x, [1, 1], [3, 3], [1, 1]), (5, 5), ["i0 - 1", "i1 - 1"], 0)
    check(p, [same, other, window, further, inner, p.slice(same, [0, 2], [4, 3], [2, 2])], tmp_path)


def test_reductions(tmp_path):
    p = Program()
    x, i, d = p.arg(normal(3, 4, 5)), p.arg(rng.integers(-4, 9, (3, 8)).astype("int32")), p.arg(rng.normal(size=(7, 3)))
    results = [
        p.reduce(kind, x, dims)
        for kind in ("sum", "prod", "max", "min", "mean")
        for dims in ([], [1], [0, 2], [0, 1, 2])
    ]
    results += [p.reduce(kind, i, [1]) for kind in ("sum", "prod", "max", "min")] + [p.reduce("mean", d, [0])]
    check(p, results, tmp_path)


def test_wide_constants_follow_the_layout(tmp_path):
    p = Program()
    x, w = p.arg(normal(1, 3, 6, 6)), p.arg(normal(4, 3, 3, 3), True)
    y = conv2d(p, x, w, 1, 1)
    ramp = p.index(y.array.shape, 3, "float32")
    y = p.pad(p.binary("add", y, ramp), [0, 1, 2, 0], [0, 0, 1, 3], 1.0)
    y = p.slice(y, [0, 1, 0, 2], [1, 3, 4, 3], [1, 1, 2, 2])
    check(
        p, [y, p.reduce("sum", y, [0]), p.reduce("max", y, [1]), p.reindex(y, (3, 4), ["0", "i0", "i1", "1"])], tmp_path
    )


def test_without_layout(tmp_path):
    """The conversion alone, on NCHW."""
    p = Program()
    x, w = p.arg(normal(2, 3, 7, 7)), p.arg(normal(4, 3, 3, 3))
    y = p.reduce("max", windows(p, conv2d(p, x, w, 1, 1), 2, 2, 0, -np.inf), [4, 5])
    check(p, [y], tmp_path, passes=LINALG)
