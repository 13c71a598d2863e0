"""The reference itself: contractions without the big product, exactness, memory."""

import resource

import numpy as np
import pytest

import metabang as mb
from metabang import reference
from metabang.nn import functional as F
from metabang.reference_kernels import contract, strided

rng = np.random.default_rng(3)


def loops(x, w, stride, padding, dilation):
    """Convolution by the definition, in float64."""
    x = np.pad(x.astype(np.float64), ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    batch, channels = x.shape[0], w.shape[0]
    reach = [(k - 1) * dilation + 1 for k in w.shape[2:]]
    out = np.zeros((batch, channels, *((n - r) // stride + 1 for n, r in zip(x.shape[2:], reach))))
    for i, j in np.ndindex(*out.shape[2:]):
        window = x[:, :, i * stride : i * stride + reach[0] : dilation, j * stride : j * stride + reach[1] : dilation]
        out[:, :, i, j] = np.einsum("nchw,ochw->no", window, w.astype(np.float64))
    return out


@pytest.mark.parametrize("stride, padding, dilation", [(1, 0, 1), (2, 1, 1), (3, 2, 2)])
def test_convolution(stride, padding, dilation):
    x, w = rng.normal(size=(2, 3, 9, 11)).astype(np.float32), rng.normal(size=(4, 3, 3, 2)).astype(np.float32)
    y = F.conv2d(mb.array(x), mb.array(w), None, stride, padding, dilation)
    np.testing.assert_allclose(reference.evaluate(y)[0], loops(x, w, stride, padding, dilation), rtol=1e-13, atol=1e-13)


def test_contract_agrees_with_the_product_for_every_kind_of_dimension():
    # batch, rows, columns, inner, and reduced dimensions of one operand or of neither
    a = np.broadcast_to(rng.normal(size=(2, 3, 1, 4, 5, 1, 1, 1)), (2, 3, 6, 4, 5, 7, 8, 9))
    b = np.broadcast_to(rng.normal(size=(2, 1, 6, 4, 1, 7, 1, 1)), (2, 3, 6, 4, 5, 7, 8, 9))
    for dims in [(3,), (3, 4, 5, 6), (0, 1, 2, 3), tuple(range(8)), (4,), (6,)]:
        np.testing.assert_allclose(contract(a, b, dims), (a * b).sum(dims), rtol=1e-12, atol=1e-12)


def test_contract_of_integers_is_exact():
    a = np.full((3, 1000), 2**31 + 1, np.int64)
    b = np.full((3, 1000), 2**31 - 1, np.int64)
    assert contract(a, b, (1,)).tolist() == [(a[0] * b[0]).sum()] * 3  # wraps as int64 does
    big = mb.array(np.array([2**53, 1], np.int64))
    assert reference.evaluate(big.sum())[0] == 2**53 + 1


def test_contract_in_blocks(monkeypatch):
    import metabang.reference_kernels as kernels

    monkeypatch.setattr(kernels, "_BLOCK", 50)
    x, w = rng.normal(size=(2, 3, 9, 11)), rng.normal(size=(4, 3, 3, 3))
    y = F.conv2d(mb.array(x), mb.array(w), None, 1, 1)
    np.testing.assert_allclose(reference.evaluate(y)[0], loops(x, w, 1, 1, 1), rtol=1e-12, atol=1e-12)


def test_a_linear_reindex_is_a_view():
    x = np.arange(20.0).reshape(4, 5)
    node = mb.reindex(mb.array(x), (4, 5, 2), ["i0", "4 - i1 + 0*i2"])._node
    view = strided(x, node.shape, node.map, np.array(0.0))
    assert view.base is not None and view.strides[2] == 0
    np.testing.assert_array_equal(view, np.broadcast_to(x[:, ::-1, None], (4, 5, 2)))
    far = mb.reindex(mb.array(x), (4, 2), ["i0", "i1 * 1000000"], overflow_value=-1)
    assert strided(x, far.shape, far._node.map, np.array(-1.0)) is None  # padding would be huge
    np.testing.assert_array_equal(reference.evaluate(far)[0], np.stack([x[:, 0], np.full(4, -1.0)], 1))


def test_a_large_convolution_stays_small_in_memory():
    x, w = mb.zeros((1, 64, 56, 56)) + 1.0, mb.array(rng.normal(size=(64, 64, 3, 3)))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    (y,) = reference.evaluate(F.conv2d(x.astype("float32"), w, None, 1, 1))
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    np.testing.assert_allclose(y[0, :, 5, 5], w.numpy().sum((1, 2, 3)), rtol=1e-9)
    assert grown < 300_000, f"{grown} kB"  # the product has 115 million elements, 900 MB


def test_literals_are_rounded_to_their_dtype():
    x = mb.array(np.array([0.1], np.float32))
    assert reference.evaluate(x == 0.1)[0].tolist() == [True]


def test_feed_replaces_leaves():
    x = mb.input((2,), name="x")
    y = x * 2
    assert reference.evaluate([y, x], {x: [1, 2]})[0].tolist() == [2, 4]
    with pytest.raises(
        mb.MetaBangError, match=r"test_reference.py:\d+: the input 'x' has no value; give one in `feed`"
    ):
        reference.evaluate(y)
