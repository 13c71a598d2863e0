"""Arguments of a hand-written kernel that are odd and legal, or that one takes for legal."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest

import metabang as mb
from metabang.bang import BangError, KernelError

TEXT = """
#include <bang.h>
struct Pair { int n; float a; };
enum Mode { kFirst, kSecond };
typedef enum { kOff, kOn } Switch;
__mlu_global__ void scale(float *y, const float *x, int n, float a) { for (int i = 0; i < n; ++i) y[i] = a * x[i]; }
__mlu_global__ void by_value(float *y, Pair p, Mode m, Switch s) { y[0] = p.n * p.a; y[1] = m; y[2] = s; }
__mlu_global__ void tasks(int *y) { y[taskId] = taskDim; }
"""


class Pair(ctypes.Structure):
    _fields_ = (("n", ctypes.c_int), ("a", ctypes.c_float))


@pytest.fixture(scope="module")
def module() -> mb.bang.Module:
    return mb.bang.load(TEXT, arch="mtp_592")


@pytest.mark.parametrize(
    "view",
    [
        lambda y: y[:, 1],
        lambda y: y[::-1, 0],
        lambda y: y[0:4:2].T,
        lambda y: y.astype(">f4")[:, 0],
        lambda y: np.asfortranarray(y),
    ],
    ids=["column", "reversed", "transposed", "big-endian", "fortran"],
)
def test_arrays_of_any_layout(module: mb.bang.Module, view) -> None:
    y, x = view(np.zeros((4, 3), np.float32)), view(np.arange(12, dtype=np.float32).reshape(4, 3))
    module["scale"](y, x, x.size, 2.0)
    np.testing.assert_array_equal(y, 2 * x)


def test_arrays_without_dimensions_and_empty_ones(module: mb.bang.Module) -> None:
    y = np.zeros((), np.float32)
    module["scale"](y, np.array(3, np.float32), np.array(1), mb.array(np.float32(0.5)))
    assert y == 1.5
    module["scale"](np.zeros(0, np.float32), None, 0, 1)


def test_an_input_that_shares_memory_with_the_result(module: mb.bang.Module) -> None:
    z = np.arange(5, dtype=np.float32)
    module["scale"](z[1:], z[:-1], 4, 2.0)  # each has its own copy on the device
    np.testing.assert_array_equal(z, [0, 0, 2, 4, 6])


def test_structures_and_enumerations(module: mb.bang.Module) -> None:
    y = np.zeros(3, np.float32)
    record = np.array((3, 2.5), dtype=[("n", "i4"), ("a", "f4")])[()]
    for pair in (Pair(3, 2.5), bytes(Pair(3, 2.5)), record):
        y[:] = 0
        module["by_value"](y, pair, 1, 1)
        np.testing.assert_array_equal(y, [7.5, 1, 1])
    for wrong, name in ((3, "int"), ((3, 2.5), "tuple"), ({"n": 3}, "dict"), (np.zeros(2), "ndarray")):
        with pytest.raises(mb.DTypeError, match=rf"2 \(p\) is Pair of 8 bytes; pass a ctypes.Structure .*, not {name}"):
            module["by_value"](y, wrong, 1, 1)


@pytest.mark.parametrize(
    "array, remedy",
    [
        (np.zeros(2, np.complex64), r"x.view\(np.float32\) if its bytes are meant"),
        (np.zeros(2, [("n", "i4")]), r"x.view\(np.float32\)"),
        (np.zeros(2), r"is float\*, but the array is of float64; pass x.astype\(np.float32\)"),
        ([0.0], "pass a NumPy array or a Var, not list"),
    ],
)
def test_arrays_that_are_no_floats(module: mb.bang.Module, array: object, remedy: str) -> None:
    with pytest.raises(mb.DTypeError, match=r"argument 1 \(y\).*" + remedy):
        module["scale"](array, np.zeros(2, np.float32), 2, 1)


def test_a_read_only_result(module: mb.bang.Module) -> None:
    x, y = np.ones(2, np.float32), np.zeros(2, np.float32)
    for each in (x, y):
        each.flags.writeable = False
    with pytest.raises(KernelError, match=r"wrote to argument 1 \(y\), and the array is read-only"):
        module["scale"](y, x, 2, 3.0)


def test_the_shape_of_a_launch(module: mb.bang.Module) -> None:
    y = np.zeros(8, np.int32)
    module["tasks"](y, dim=np.array([4, 2, 1]), type="UNION1")
    np.testing.assert_array_equal(y, 8)
    for dim in (1.5, 0, True, (1, 1, 1, 1), "8", None):
        with pytest.raises(KernelError, match="give up to three numbers of tasks"):
            module["tasks"](y, dim=dim)
    with pytest.raises(KernelError, match="there is no job type 4"):
        module["tasks"](y, type=4)
    assert list(module) == ["scale", "by_value", "tasks"]
    with pytest.raises(BangError, match="a kernel is chosen by its name, not by 0"):
        module[0]
