"""The array API: semantics on the host's reference, exchange with other libraries, and what is refused."""

# ruff: noqa: E501  a case is a line
from __future__ import annotations

import warnings

import numpy as np
import pytest
from programs import generator
from reference_backend import reference_backend

import metabang as mb
from metabang import array_api as xp


@pytest.fixture
def on_reference():
    with reference_backend() as compiled:
        yield compiled


def pending(array) -> mb.Var:
    """A tensor that the host does not know the value of."""
    array = np.asarray(array)
    if array.dtype == bool:
        return mb.array(array) & True
    return mb.array(array) + mb.array(np.zeros((), array.dtype))


def same(x: mb.Var, expected: np.ndarray) -> bool:
    return x.shape == expected.shape and np.array_equal(np.asarray(x), expected)


# Indexing against NumPy.
def random_key(rng: np.random.Generator, shape: tuple[int, ...]) -> tuple:
    """Integers, slices, None, one `...`, integer arrays of shapes that broadcast, and a mask."""
    key: list = []
    k = 0
    while k < len(shape) and rng.random() < 0.85:
        n, kind = shape[k], rng.integers(7)
        if kind == 0:
            key.append(None)
            continue
        if kind == 1 and n:
            key.append(int(rng.integers(-n, n)))
        elif kind == 2 and n:
            key.append(rng.integers(-n, n, [(3,), (2, 1), (), (2, 3)][rng.integers(4)]))
        elif kind == 3 and k + 1 < len(shape):
            key.append(rng.random(shape[k : k + 2]) < 0.4)
            k += 1
        elif kind == 4:
            key.append(rng.random(n) < 0.5)
        else:
            ends = [None if rng.random() < 0.3 else int(e) for e in rng.integers(-n - 1, n + 2, 2)]
            key.append(slice(*ends, [None, 1, 2, -1, -3][rng.integers(5)]))
        k += 1
    if rng.random() < 0.3:
        key.insert(rng.integers(len(key) + 1), Ellipsis)
    return tuple(key)


def tensors(key: tuple, make) -> tuple:
    return tuple(make(each) if isinstance(each, np.ndarray) else each for each in key)


@pytest.mark.filterwarnings("ignore::metabang.HostWarning")
@pytest.mark.parametrize("make", [mb.array, pending])
def test_random_keys_read_and_write_as_in_numpy(on_reference, make) -> None:
    rng, checked = generator("keys"), 0
    while checked < 120:
        shape = tuple(int(n) for n in rng.choice([0, 1, 2, 3, 4], rng.integers(0, 4), p=[0.05, 0.1, 0.25, 0.3, 0.3]))
        array = rng.integers(-100, 100, shape).astype(np.int32)
        key = random_key(rng, shape)
        try:
            expected = array[key]
        except IndexError:  # index arrays that do not broadcast
            continue
        checked += 1
        assert same(make(array)[tensors(key, make)], expected), (shape, key)
        value = rng.integers(-100, 100, expected.shape[rng.integers(expected.ndim + 1) :]).astype(np.int32)
        x, changed = make(array), array.copy()
        x[tensors(key, make)] = make(value)
        changed[key] = value
        assert same(x, changed), (shape, key)


def test_assignment_rebinds_the_tensor_and_nothing_else(on_reference) -> None:
    for x in (mb.array([1.0, 2.0, 3.0]), mb.zeros(3), pending(np.float32([1, 2, 3]))):
        before, other = np.asarray(x), mb.Var(x)
        doubled, part = x * 2, x[1:]
        x[1] = 7
        x[0] += 10
        assert x.numpy().tolist() == [before[0] + 10, 7, before[2]]
        assert same(doubled, before * 2) and same(part, before[1:]) and same(other, before)
    whole = pending(np.zeros((2, 2), np.int64))
    whole[...] = mb.array([1.9, -2.9])  # cast as NumPy does
    assert whole.numpy().tolist() == [[1, -2], [1, -2]]
    argument = mb.input((3,))
    changed = mb.Var(argument)
    changed[1] = 5
    assert mb.compile(changed, [argument])([1, 2, 3])[0].tolist() == [1, 5, 3]


def test_a_loop_over_elements_runs_one_program(on_reference) -> None:
    x = mb.array(np.arange(6.0)).reshape(2, 3) * 2
    assert [float(each) for row in x for each in row] == [0, 2, 4, 6, 8, 10] and len(on_reference) == 1
    assert mb.grad(mb.sum(x * x), x).shape == (2, 3)  # it has not forgotten its graph


def test_gradients_pass_indexing_assignment_and_sorting(on_reference) -> None:
    x = mb.array(np.float32([3, 1, 2, 5]))
    rows = pending(np.array([0, 2, 2]))
    assert mb.grad(mb.sum(x[rows] * mb.array([1.0, 10, 100])), x).numpy().tolist() == [1, 0, 110, 0]
    y, v = x * 1, mb.array(7.0)
    y[1:3] = v
    dx, dv = mb.grad(mb.sum(y * mb.array([1.0, 2, 4, 8])), [x, v])
    assert dx.numpy().tolist() == [1, 0, 0, 8] and dv.item() == 6
    with pytest.warns(mb.HostWarning):
        ordered = xp.sort(x)
    assert mb.grad(mb.sum(ordered * mb.array([1.0, 2, 4, 8])), x).numpy().tolist() == [4, 1, 2, 8]


# Functions beyond those the suite of the standard covers.
EINSUMS = [
    ("ij,jk", (3, 4), (4, 5)), ("bij,bjk->bik", (2, 3, 4), (2, 4, 5)), ("ij->ji", (3, 4)), ("ii", (4, 4)),
    ("iij->j", (3, 3, 2)), ("...ij,jk->...ik", (2, 2, 3, 4), (4, 5)), ("i,j,k->kji", (2,), (3,), (4,)),
    ("ij,jk,kl->il", (2, 3), (3, 4), (4, 5)), ("bqhd,bkhd->bhqk", (2, 3, 2, 4), (2, 5, 2, 4)), ("ij,ij->", (3, 4), (3, 4)),
    ("ij,jk,kl->il", (30, 20), (20, 20), (20, 1)), ("i,i->i", (5,), (5,)), ("...,...", (2, 3), (3,)), ("ij,k->i", (2, 3), (4,)), ("i...->...", (3, 2)),
]  # fmt: skip


@pytest.mark.parametrize("subscripts, shapes", [(each[0], each[1:]) for each in EINSUMS])
def test_einsum_equals_numpy(on_reference, subscripts: str, shapes) -> None:
    arrays = [generator(subscripts, n).integers(-9, 9, shape) for n, shape in enumerate(shapes)]
    assert same(mb.einsum(subscripts, *map(mb.array, arrays)), np.asarray(np.einsum(subscripts, *arrays)))


def test_einsum_takes_lists_of_labels(on_reference) -> None:
    a, b = (generator("lists", n).integers(-9, 9, shape) for n, shape in enumerate([(2, 3, 4), (4, 5)]))
    for arguments in (
        (a, [..., 1], b, [1, 0], [0, ...]), (a, [7, 3, 1], b, (1, 51)), (b, [4, 2]), (a, [0, 1, 2], []),
    ):  # fmt: skip
        ours = [mb.array(each) if isinstance(each, np.ndarray) else each for each in arguments]
        assert same(mb.einsum(*ours), np.asarray(np.einsum(*arguments)))


def test_topk_and_powers(on_reference) -> None:
    x = mb.array([[3.0, 1, 2], [4, 6, 5]])
    with pytest.warns(mb.HostWarning, match="topk finds the order of the elements on the host"):
        values, positions = mb.topk(x, 2)
    assert values.numpy().tolist() == [[3, 2], [6, 5]] and positions.numpy().tolist() == [[0, 2], [1, 2]]
    a = np.array([[1, 1], [1, 0]])
    assert all(same(xp.linalg.matrix_power(mb.array(a), n), np.linalg.matrix_power(a, n)) for n in (0, 1, 2, 5, 10))


def test_a_host_function_warns_once_with_the_users_line(on_reference) -> None:
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("default")
        for _ in range(3):
            xp.argsort(mb.array([2.0, 1.0]))
    assert [(w.category, w.filename) for w in shown] == [(mb.HostWarning, __file__)]


# Exchange.
def test_numpy_takes_and_gives(on_reference) -> None:
    x = pending(np.arange(4, dtype=np.int32))
    assert np.asarray(x).tolist() == [0, 1, 2, 3] and np.asarray(x, np.float64).dtype == np.float64
    copy = np.array(x)
    copy[0] = 9
    view = np.asarray(x, copy=False)
    assert x[0] == 0 and not view.flags.writeable
    with pytest.raises(ValueError, match="int32 values become float64 only in a copy; drop copy=False"):
        np.asarray(x, np.float64, copy=False)
    assert same(np.float32(2) * mb.array([1.0]), np.float32([2]))


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint16", "int64", "uint64", "float16", "float32"])
def test_dlpack_round_trip(on_reference, dtype: str) -> None:
    array = np.array([[0, 1], [1, 3]]).astype(dtype)
    taken = np.from_dlpack(pending(array))
    assert taken.dtype == array.dtype and np.array_equal(taken, array)
    given = xp.from_dlpack(array)
    assert given.dtype == dtype and same(given, array)
    assert xp.from_dlpack(given) is given and given.__dlpack_device__() == (1, 0) and given.device == "mlu"


def test_dlpack_round_trip_with_torch(on_reference) -> None:
    torch = pytest.importorskip("torch")
    x = pending(np.float32([1, 2, 3]))
    t = torch.from_dlpack(x)
    t[0] = 9
    assert x.tolist() == [1, 2, 3] and xp.from_dlpack(t).tolist() == [9, 2, 3]
    half = t.to(torch.bfloat16)
    assert torch.equal(torch.from_dlpack(mb.array(half)), half) and xp.asarray(half).dtype == "bfloat16"
    assert mb.array(t.double()).dtype == "float64"  # as NumPy's arrays: not narrowed


class Lent:
    """Another library's array: nothing but `__dlpack__`."""

    def __init__(self, owner) -> None:
        self.__dlpack__, self.__dlpack_device__ = owner.__dlpack__, owner.__dlpack_device__


@pytest.mark.parametrize("shape", [(), (0, 2), (2, 3)])
def test_dlpack_knows_bfloat16_and_strides(on_reference, shape) -> None:
    x = mb.array(np.full(shape, 1.5), "bfloat16") * mb.array(3.0, "bfloat16")
    taken = xp.from_dlpack(Lent(x))
    assert (taken.dtype, taken.shape) == ("bfloat16", shape) and taken.tolist() == x.tolist()
    with pytest.raises(RuntimeError):  # NumPy has no such type
        np.from_dlpack(x)
    array = np.arange(12, dtype=np.int16).reshape(3, 4)
    for part in (array.T, array[::-1, ::2], np.broadcast_to(array[0], (5, 4))):
        assert same(xp.from_dlpack(part), np.array(part))


def test_a_loop_over_elements_compiles_no_program_for_each_position(on_reference) -> None:
    a, b = (generator(name).normal(size=(3, 4)).astype(np.float32) for name in "ab")
    x, y = mb.array(a), pending(b)
    for i, j in np.ndindex(3, 4):
        assert bool(x[i, j] > y[i, -j]) == (a[i, j] > b[i, -j])
        assert abs(float(x[i, j] * y[0, 0] + 1) - (a[i, j] * b[0, 0] + 1)) < 1e-6
    assert len(on_reference) == 3  # y, the comparison, the sum
    z = x[0, 1] * 3
    assert f"{z * z:.3f}" == f"{9 * a[0, 1] ** 2:.3f}"
    x.requires_grad_()
    squared = x[0, 1] * x[1, 0]
    float(squared)
    assert mb.grad(squared, x).numpy()[0, 1] == a[1, 0]
    with pytest.raises(mb.MetaBangError, match="the input 'there' has no value"):
        float(mb.input((2,), name="there")[0] * 2)


def test_names_of_the_standard() -> None:
    info = xp.__array_namespace_info__()
    assert mb.array([1.0]).__array_namespace__(api_version="2023.12") is xp
    assert info.dtypes(kind="real floating") == {"float32": "float32"} and "float64" not in info.dtypes()
    assert xp.float32 == mb.float32 and hash(xp.float32) == hash("float32") and np.zeros(1, xp.int8).dtype == np.int8
    assert mb.linspace is xp.linspace and mb.tril is xp.tril and mb.max is not max
    assert xp.result_type(xp.int8, mb.array([1], "uint8"), 3) == xp.int16
    assert xp.finfo(xp.bfloat16).eps == 2**-7 and xp.iinfo(xp.uint8).max == 255
    assert xp.can_cast(xp.uint8, xp.int16) and not xp.can_cast(xp.int64, xp.uint64)


X, ROWS = mb.input((3, 4)), mb.input((2,), "int32")
WRONG = [
    (mb.DTypeError, lambda: xp.asarray(np.zeros(2)), r"float64 is not offered: .*use dtype='float32'"),
    (mb.DTypeError, lambda: xp.zeros(2, dtype=xp.float64), r"float64 is not offered"),
    (ValueError, lambda: xp.zeros(2, device="cuda"), r"there is no device 'cuda'; tensors live on 'mlu'"),
    (ValueError, lambda: xp.asarray(np.zeros(2, np.float32), copy=False), r"holds a copy of data.*; drop copy=False"),
    (BufferError, lambda: mb.array([1.0]).__dlpack__(dl_device=(2, 0)), r"ask for dl_device=\(1, 0\)"),
    (BufferError, lambda: mb.array([1.0], "bfloat16").__dlpack__(copy=False), r"bfloat16 as float32.*; drop copy=False"),
    (mb.DTypeError, lambda: xp.from_dlpack([1, 2]), r"takes an array with __dlpack__, not .1, 2.; mb.asarray takes"),
    (mb.DTypeError, lambda: xp.from_dlpack(np.zeros(2)), r"float64 is not offered"),
    (IndexError, lambda: X[::0], r"the step of a slice is 0; give another"),
    (mb.DTypeError, lambda: X[0.5:], r"the start of a slice is an integer or left out, not 0.5"),
    (mb.ShapeError, lambda: xp.diff(X, n=-1), r"differences -1 times; the number cannot be negative"),
    (mb.ShapeError, lambda: mb.zeros((2, 1, 3)) @ mb.zeros((3, 3, 1)), r"matmul broadcasts .*\(2, 1, 3\) and \(3, 3, 1\) do not"),
    (mb.DTypeError, lambda: mb.matmul(X > 0, X.T > 0), r"matmul is not defined for bool; cast with"),
    (mb.ShapeError, lambda: f"{mb.zeros(2):.2f}", r"shape \(2,\) has 2 elements, not one value"),
    (mb.ShapeError, lambda: mb.einsum("...j->j", X), r"the result has no '...' for the dimensions"),
    (mb.MetaBangError, lambda: X.__array_namespace__(api_version="2030.12"), r"2030.12 is not offered; ask for 2024.12"),
    (IndexError, lambda: X[[0, 7]], r"index 7 is out of bounds for axis 0 with 3 elements"),
    (IndexError, lambda: X[np.zeros(4, bool)], r"a mask of shape \(4,\) does not fit"),
    (mb.DTypeError, lambda: X[X], r"not by float32 values; cast them with .astype\('int32'\)"),
    (mb.ShapeError, lambda: X[ROWS, mb.input((3,), "int32")], r"shapes \(2,\) and \(3,\) do not broadcast; reshape"),
    (mb.ShapeError, lambda: X.__setitem__(0, mb.zeros(3)), r"shape \(3,\) does not broadcast to the selected shape \(4,\)"),
    (mb.ShapeError, lambda: mb.zeros((3, 4)).__setitem__(0, mb.zeros(3)), r"\(3,\) does not broadcast to .* \(4,\)"),
    (mb.DTypeError, lambda: X.__setitem__(0, "a"), r"an element of a tensor is set to a number or a tensor, not to str"),
    (mb.ShapeError, lambda: mb.einsum("ij,jk", X, X), r"sizes 4 and 3 for one label"),
    (mb.ShapeError, lambda: mb.einsum(X, [0, 52]), r"integers from 0 to 51 or \.\.\.; got"),
    (mb.ShapeError, lambda: mb.einsum(X), r"behind each operand the list of its labels"),
    (mb.ShapeError, lambda: mb.einsum("ij->ik", X), r"one that no operand has"),
    (mb.ShapeError, lambda: mb.topk(X, 9), r"topk of 9 elements along axis -1, which has 4"),
    (mb.AxisError, lambda: xp.take(X, ROWS), r"take needs an axis"),
    (mb.ShapeError, lambda: xp.linalg.matrix_norm(X, ord=2), r"needs singular values, which are not offered"),
]  # fmt: skip


@pytest.mark.parametrize("error, make, sentence", WRONG)
def test_what_is_refused_is_said_in_a_sentence(error, make, sentence: str) -> None:
    with pytest.raises(error, match=sentence) as raised:
        make()
    assert isinstance(raised.value, mb.MetaBangError) and "test_array_api.py:" in str(raised.value)
