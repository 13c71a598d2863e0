"""mb.grad: every operator against float64 finite differences, to the second order; the errors."""

import numpy as np
import pytest

import metabang as mb
from metabang import reference

RNG = np.random.default_rng(7)


def uniform(*shape, low=-2.0, high=2.0):
    return RNG.uniform(low, high, shape)


def value(y, feed):
    return reference.evaluate([y], feed)[0]


def check(build, *arrays, order=2, step=1e-5, tolerance=1e-6):
    """Gradients of a random projection of build(*leaves) against central differences; then the same for a gradient."""
    arrays = [np.asarray(a, np.float64) for a in arrays]
    leaves = [mb.input(a.shape, "float64") for a in arrays]
    y = build(*leaves)
    for _ in range(order):
        weights = RNG.uniform(0.5, 1.5, y.shape)
        loss = mb.sum(y * mb.array(weights)) if y.ndim else y
        grads = mb.grad(loss, leaves, allow_unused=True)
        for n, (leaf, array) in enumerate(zip(leaves, arrays)):
            assert grads[n].shape == leaf.shape and grads[n].dtype == "float64"
            exact = value(grads[n], dict(zip(leaves, arrays)))
            numeric = np.zeros_like(array)
            for at in np.ndindex(array.shape):
                sides = []
                for sign in (1, -1):
                    moved = array.copy()
                    moved[at] += sign * step
                    sides.append(value(loss, dict(zip(leaves, [*arrays[:n], moved, *arrays[n + 1 :]]))))
                numeric[at] = (sides[0] - sides[1]) / (2 * step)
            scale = max(1.0, np.abs(numeric).max(initial=0))
            np.testing.assert_allclose(exact, numeric, atol=tolerance * scale, rtol=0)
        y = mb.sum(grads[0] * mb.array(RNG.uniform(0.5, 1.5, grads[0].shape)))


UNARY = {
    "neg": (-2, 2), "abs": (0.2, 2), "exp": (-2, 1), "log": (0.3, 3), "sqrt": (0.3, 3), "rsqrt": (0.3, 3),
    "recip": (0.3, 3), "tanh": (-2, 2), "sigmoid": (-3, 3), "erf": (-2, 2), "sin": (-3, 3), "cos": (-3, 3),
    "floor": (0.1, 0.9), "ceil": (0.1, 0.9), "round": (0.1, 0.4), "sign": (0.1, 0.9),
}  # fmt: skip


@pytest.mark.parametrize("kind", UNARY)
def test_unary(kind):
    low, high = UNARY[kind]
    check(lambda x: mb.unary(kind, x), uniform(5, low=low, high=high))


@pytest.mark.parametrize("kind", ["add", "sub", "mul", "div", "max", "min", "mod", "floordiv"])
def test_binary_with_broadcasting(kind):
    check(lambda a, b: mb.binary(kind, a, b), uniform(2, 3), uniform(3, low=2.2, high=3))


def test_power():
    check(lambda a, b: mb.power(a, b), uniform(4, low=0.5, high=2), uniform(4))
    a = mb.array([0.0, 2.0], dtype="float64")
    assert reference.evaluate([mb.grad(mb.sum(a**0.0), a)])[0].tolist() == [0, 0]
    assert reference.evaluate([mb.grad(mb.sum(a**1.0), a)])[0].tolist() == [1, 1]
    exponent = mb.array([1.0, 2.0], dtype="float64")
    to_exponent = mb.grad(mb.sum(a**exponent), exponent)
    np.testing.assert_allclose(reference.evaluate([to_exponent])[0], [0, 4 * np.log(2)])


MOVEMENT = {
    "broadcast": lambda x: mb.broadcast(x, (4, 3, 5, 2), [3, 1]),
    "broadcast stretched": lambda x: mb.broadcast(x.reshape(2, 1, 3), (2, 5, 3), [0, 1, 2]),
    "pad": lambda x: mb.pad(x, [1, 0], [0, 2], 3.0),
    "slice": lambda x: mb.slice(x, [0, 1], [2, 2]),
    "slice strided": lambda x: mb.slice(x, [0, 0], [2, 2], [1, 2]),
    "transpose": lambda x: mb.transpose(x.reshape(1, 2, 3), [2, 0, 1]),
    "reshape": lambda x: x.reshape(3, 2),
    "flip": lambda x: x[::-1, ::-1],
    "windows": lambda x: mb.reindex(x, (2, 3, 3), ["i0", "i1 - 1 + i2"]),
    "upsample": lambda x: mb.reindex(x, (2, 6), ["i0", "i1 // 2"]),
    "wrap": lambda x: mb.reindex(x, (2, 7), ["i0", "i1 % 3"], overflow_conditions=["i1 >= 6"]),
    "take": lambda x: mb.take(x, mb.array([2, 0, 2]), axis=1),
    "concat": lambda x: mb.concat([x, x * x], 1),
    "cast": lambda x: x.astype("float64"),
    "select": lambda x: mb.where(mb.index((2, 3), 1) < 2, x * x, -x),
}


@pytest.mark.parametrize("name", MOVEMENT)
def test_movement(name):
    check(lambda x: mb.square(MOVEMENT[name](x)), uniform(2, 3))


@pytest.mark.parametrize("op", ["sum", "mean", "max", "min", "prod"])
@pytest.mark.parametrize("axis", [None, 0, (0, 2), -1])
def test_reductions(op, axis):
    check(lambda x: mb.square(getattr(mb, op)(x, axis)), uniform(2, 3, 2))


@pytest.mark.parametrize("zeros", [0, 1, 2, 3])
def test_prod_with_zeros_to_the_third_order(zeros):
    x = uniform(5)
    x[:zeros] = 0
    check(mb.prod, x, order=3, step=1e-4, tolerance=1e-5)


@pytest.mark.parametrize("op", ["add", "max", "min", "mul"])
def test_reindex_reduce(op):
    check(lambda x: mb.square(mb.reindex_reduce(x, op, (2, 2), ["i0", "i1 // 2"])), uniform(2, 4))


@pytest.mark.parametrize("zeros", [0, 1, 2, 3])
def test_scattered_products_with_zeros_to_the_third_order(zeros):
    x = uniform(8)
    x[: 2 * zeros : 2] = 0
    check(lambda x: mb.reindex_reduce(x, "mul", (2,), ["i0 % 2"]), x, order=3, step=1e-4, tolerance=1e-5)


def test_scattered_products_with_zeros():
    x = mb.array([0.0, 2, 3, 0, 0, 4], dtype="float64")
    y = mb.reindex_reduce(x, "mul", (3,), ["i0 // 2"])
    assert reference.evaluate([mb.grad(mb.sum(y), x)])[0].tolist() == [2, 0, 0, 3, 4, 0]


def test_ties_share():
    x = mb.array([1.0, 3, 3, 3], dtype="float64")
    np.testing.assert_allclose(reference.evaluate([mb.grad(mb.max(x), x)])[0], [0, 1 / 3, 1 / 3, 1 / 3])
    a, b = mb.array([1.0, 2], dtype="float64"), mb.array([1.0, 3], dtype="float64")
    got = reference.evaluate(mb.grad(mb.sum(mb.maximum(a, b)), [a, b]))
    assert [g.tolist() for g in got] == [[0.5, 0], [0.5, 1]]


def test_compositions():
    check(lambda a, b: mb.softmax(a @ b), uniform(3, 4), uniform(4, 2))
    check(lambda x: mb.var(x, 1), uniform(2, 5))


def test_intermediate_tensors_and_several_uses():
    x = mb.array([1.0, 2.0], dtype="float64")
    y = x * x
    z = mb.sum(y * y + y)
    got = reference.evaluate(mb.grad(z, [x, y]))
    np.testing.assert_allclose(got[0], [4 + 2, 32 + 4])
    np.testing.assert_allclose(got[1], [3, 9])


def test_detach_stops_and_costs_nothing():
    x = mb.array([1.0, 2.0], dtype="float64")
    g = mb.grad(mb.sum(x * x.detach()), x)
    assert reference.evaluate([g])[0].tolist() == [1, 2]
    assert "transpose" not in mb.emit(x.detach() + 1, fold=True)


def test_a_transpose_of_what_is_detached_has_no_gradient():
    x = mb.array([[1.0, 2.0], [3.0, 4.0]], dtype="float64")
    g = mb.grad(mb.sum(x * x.detach().T), x)
    assert reference.evaluate([g])[0].tolist() == [[1, 3], [2, 4]]


def test_what_is_marked_keeps_its_graph():
    x = mb.array(np.float32([1, 2])).requires_grad_()
    y = mb.sum(x * x)
    assert y.requires_grad and y.item() == 5
    assert mb.grad(y, x).numpy().tolist() == [2, 4]
    z = mb.array(np.float32([1, 2]))
    w = mb.sum(z * z)
    assert w.item() == 5
    with pytest.raises(mb.MetaBangError, match="requires_grad_"):
        mb.grad(w, z)


def test_errors_name_the_line():
    x = mb.array([1.0, 2.0])
    with pytest.raises(mb.ShapeError, match=r"test_grad.py:\d+: grad needs a result with one element"):
        mb.grad(x * 2, x)
    with pytest.raises(mb.ShapeError, match="grad_output has the shape"):
        mb.grad(x * 2, x, mb.ones((3,)))
    with pytest.raises(mb.DTypeError, match="int64"):
        mb.grad(mb.sum(x), mb.array([1, 2]))
    mask = x < 1
    with pytest.raises(mb.MetaBangError, match=r"'compare lt' at .*test_grad.py:\d+"):
        mb.grad(mb.sum(mask.astype("float32")), x)
    with pytest.raises(mb.MetaBangError, match="does not depend"):
        mb.grad(mb.sum(x), mb.array([1.0]))
    assert reference.evaluate([mb.grad(mb.sum(x), mb.array([1.0]), allow_unused=True)])[0].tolist() == [0]
    with pytest.raises(mb.DTypeError, match="has no gradient"):
        mb.array([1, 2]).requires_grad_()
    with pytest.raises(mb.MetaBangError, match="marks a leaf"):
        (x * 2).requires_grad_()


def test_gradients_run_on_the_device():
    rng = np.random.default_rng(1)
    a, b = (mb.array(rng.normal(size=s).astype(np.float32)) for s in ((5, 7), (7, 3)))
    grads = mb.grad(mb.sum(mb.square(mb.tanh(a @ b))), [a, b])
    exact = reference.evaluate(grads)
    with mb.target("mtp_372"):
        mb.sync(grads)
    for got, want in zip(grads, exact):
        np.testing.assert_allclose(got.numpy(), want, atol=1e-5 * np.abs(want).max())
