"""mb.bang.load: kernels written by hand, called from Python."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest

import metabang as mb
from metabang.bang import BangError, KernelError

TEXT = """
#include <bang.h>
#include "scale.h"
#define N 64
struct Range { float low; float high; };
template <typename T, typename U> __mlu_entry__ void entry(T *y, U *x, int n, float a) {
  __nram__ T b[N];
  if (taskId * N >= n) return;
  __memcpy(b, x + taskId * N, N * sizeof(T), GDRAM2NRAM);
  __bang_mul_scalar(b, b, (T)(a * SCALE), N);
  __memcpy(y + taskId * N, b, N * sizeof(T), NRAM2GDRAM);
}
__mlu_global__ void several(float *x) { x[0] = 1; }
__mlu_global__ void several(int *x) { x[0] = 2; }
__mlu_global__ void scalars(double *out, int8_t i, unsigned long u, bool b, half h, Range r, BASE t) {
  double all[] = {(double)i, (double)u, (double)b, (double)(float)h, r.low, r.high, (double)t};
  for (int k = 0; k < 7; ++k) out[k] = all[k];
}
__mlu_global__ void unwritten(float *x) {
  __nram__ float b[N];
  __memcpy(x, b, N * sizeof(float), NRAM2GDRAM);
}
"""


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> mb.bang.Module:
    folder = tmp_path_factory.mktemp("include")
    (folder / "scale.h").write_text("#define SCALE 2\n")
    return mb.bang.load(TEXT, include=[folder], defines={"BASE": "unsigned short"}, arch="mtp_372")


def test_arrays_and_vars_hold_the_result(module: mb.bang.Module) -> None:
    kernel = module["entry<float, float>"]
    x = np.arange(256, dtype=np.float32)
    y, z = np.zeros(256, np.float32), mb.Var(np.zeros(256, np.float32))
    kernel(y, x, 256, 1.5, dim=(4, 1, 1))
    kernel(z, x, 128, 1.5, dim=4, sanitize=True)
    np.testing.assert_array_equal(y, 3 * x)
    np.testing.assert_array_equal(z.numpy(), np.where(x < 128, 3 * x, 0))
    profile = kernel.profile()
    assert profile["us"] > 0 and profile["device"] == "mtp_372"


def test_instances_of_a_template(module: mb.bang.Module) -> None:
    x = np.linspace(-1, 1, 64).astype(np.float16)
    module["entry<half,half>"](x, x, 64, 1, dim=1)  # one copy: in place
    np.testing.assert_array_equal(x, 2 * np.linspace(-1, 1, 64).astype(np.float16))


def test_one_of_several_kernels_of_a_name(module: mb.bang.Module) -> None:
    x = np.zeros(1, np.int32)
    module["several(int *)"](x)
    assert x[0] == 2
    with pytest.raises(BangError, match=r"several\(float \*x\), several\(int \*x\)"):
        module["several"]


def test_numbers_become_the_c_type(module: mb.bang.Module) -> None:
    class Range(ctypes.Structure):
        _fields_ = [("low", ctypes.c_float), ("high", ctypes.c_float)]

    out = np.zeros(7)
    module["scalars"](out, -128, 2**64 - 1, True, 0.1, Range(1, 2), np.int64(65535))
    assert out.tolist() == [-128, float(2**64 - 1), 1, float(np.float16(0.1)), 1, 2, 65535]


@pytest.mark.parametrize(
    "arguments, message",
    [
        ((128, 0, 0, 0, bytes(8), 0), r"argument 2 \(i\) is signed char, which holds -128 to 127, not 128"),
        ((0, -1, 0, 0, bytes(8), 0), r"argument 3 \(u\) .* not -1"),
        ((0.5, 0, 0, 0, bytes(8), 0), r"argument 2 .* pass an integer"),
        ((0, 0, 0, 1e6, bytes(8), 0), r"argument 5 \(h\) is half, which cannot hold 1000000.0"),
        ((0, 0, 0, 0, 1.0, 0), r"argument 6 \(r\) is Range of 8 bytes"),
        ((0, 0, 0, 0, bytes(8), np.zeros(3)), r"argument 7 \(t\) is short unsigned int; pass a number, not an array"),
        ((0, 0, 0, 0, bytes(8)), r"takes 7 arguments"),
    ],
)
def test_numbers_that_do_not_fit(module: mb.bang.Module, arguments: tuple, message: str) -> None:
    with pytest.raises(mb.DTypeError, match=message):
        module["scalars"](np.zeros(7), *arguments)


def test_arrays_that_do_not_fit(module: mb.bang.Module) -> None:
    kernel, x = module["entry<float, float>"], np.zeros(64, np.float32)
    with pytest.raises(mb.DTypeError, match=r"load.py.*argument 2 \(x\) is float\*, but the array is of int32"):
        kernel(x, x.astype(np.int32), 64, 1)
    with pytest.raises(mb.DTypeError, match=r"argument 1 \(y\) is float\*; pass a NumPy array or a Var, not int"):
        kernel(1, x, 64, 1)
    with pytest.raises(KernelError, match="there is no job type 'union3'"):
        kernel(x, x, 64, 1, type="union3")


def test_the_error_of_a_checked_run_is_the_report(module: mb.bang.Module) -> None:
    with pytest.raises(KernelError, match=r"^<text>:2\d: __memcpy in kernel 'unwritten'.*never wrote"):
        module["unwritten"](np.zeros(64, np.float32), sanitize=True)


def test_what_cannot_be_loaded(module: mb.bang.Module, tmp_path) -> None:
    with pytest.raises(BangError, match=r"no kernel 'add'; its kernels are: entry<typename T,typename U>\(T \*y"):
        module["add"]
    with pytest.raises(BangError, match="is a template; name its arguments"):
        module["entry"]
    with pytest.raises(BangError, match="is no file"):
        mb.bang.load(tmp_path / "missing.mlu")
    with pytest.raises(mb.TargetError):
        mb.bang.load(TEXT, arch="mtp_999")
    wrong = tmp_path / "wrong.mlu"
    wrong.write_text("#include <bang.h>\n__mlu_global__ void k(float *x) {\n  __bang_teleport(x);\n}\n")
    with pytest.raises(BangError, match=r"wrong.mlu:3: error: the simulator has no builtin '__bang_teleport'"):
        mb.bang.load(wrong)["k"]
