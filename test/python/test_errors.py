"""Every error a user can make while building a graph: its class, its line, its remedy."""
# ruff: noqa: E501  a case is a line: the error has to name it

import itertools
import os
import re
import sys
import traceback

import numpy as np
import pytest
from reference_backend import reference_backend

import metabang as mb
from metabang import nn

x = mb.input((2, 3), name="x")
ids = mb.input((2,), "int32")
leaf = mb.array([1.0, 2.0])
computed = leaf * 2
with reference_backend():
    computed.numpy()
image = mb.input((1, 3, 8, 8))
ran = mb.compile(x + 1, [x])
digits = mb.training.Digits(np.zeros((20, 1, 8, 8), np.float32), np.zeros(20, np.int32), 10)
seen, count = [], itertools.count()


def refuse():
    raise AssertionError


CASES = [
    (mb.ShapeError, lambda: x + mb.zeros((4,)), r"operands of add have shapes \(2, 3\) and \(4,\) that do not broadcast: 3 against 4 in dimension -1; reshape"),
    (mb.ShapeError, lambda: x.reshape(4, 2), r"shape \(2, 3\) with 6 elements cannot be reshaped to \(4, 2\) with 8"),
    (mb.ShapeError, lambda: x.reshape(-1, 4), r"6 is no multiple of 4"),
    (mb.ShapeError, lambda: x.reshape(-1, -2), r"at most one -1"),
    (mb.ShapeError, lambda: mb.zeros((2, -1)), r"negative dimension: \(2, -1\)"),
    (mb.ShapeError, lambda: x @ x, r"matmul needs .*\(2, 3\).*transpose or reshape"),
    (mb.ShapeError, lambda: mb.slice(x, (0, 2), (2, 2)), r"slice leaves dimension 1 of \(2, 3\): offset 2, size 2, stride 1"),
    (mb.ShapeError, lambda: x.squeeze(1), r"cannot drop axis 1 of \(2, 3\): its size is 3"),
    (mb.ShapeError, lambda: mb.broadcast(x, (3, 3), (0, 1)), r"cannot stretch dimension 0 of \(2, 3\) to size 3; only size 1"),
    (mb.ShapeError, lambda: mb.reindex(x, (4,), ["s0", "0"], extras=[ids]), r"\(2,\) cannot|do not broadcast|cannot stretch"),
    (mb.ShapeError, lambda: mb.concat([x, mb.zeros((3, 4))], 0), r"concat along axis 0 needs equal sizes elsewhere"),
    (mb.ShapeError, lambda: mb.pad(x, (1,), (1, 1)), r"pad needs one of `low` for each dimension"),
    (mb.ShapeError, lambda: x.item(), r"6 elements, not one value"),
    (mb.ShapeError, lambda: mb.array([1.0]).assign([1, 2]), r"\(2,\) cannot be assigned to a tensor of shape \(1,\)"),
    (mb.DTypeError, lambda: mb.zeros((2, 2.5)), r"zeros needs an integer or a sequence of integers for `shape`, got \(2, 2.5\)"),
    (mb.ShapeError, lambda: mb.max(mb.zeros((0, 2)), 0), r"max over the empty dimension 0"),
    (mb.AxisError, lambda: x.sum(2), r"sum has axis 2, but its operand has 2 dimensions; axes go from -2 to 1"),
    (mb.AxisError, lambda: x.sum((0, -2)), r"sum names an axis twice"),
    (mb.AxisError, lambda: mb.transpose(x, (0, 0)), r"transpose needs each axis once"),
    (mb.AxisError, lambda: mb.broadcast(mb.input((3, 3)), (2, 3), (1, 1)), r"broadcast needs distinct dims between 0 and 2"),
    (mb.AxisError, lambda: x[0, 0, 0], r"3 indices are too many for a tensor with 2 dimensions"),
    (mb.AxisError, lambda: x.flatten(0, 5), r"flatten has axis 5"),
    (mb.BoundsError, lambda: x[2], r"index 2 is out of bounds for axis 0 with 2 elements"),
    (mb.DTypeError, lambda: x.astype("float31"), r"unknown dtype 'float31'; use one of bool, int8"),
    (mb.DTypeError, lambda: mb.input((1,), "uint64") + mb.input((1,), "int8"), r"uint64 and int8 have no common .*\.astype\(\)"),
    (mb.DTypeError, lambda: x & x, r"and is defined for bool and integers, not for float32"),
    (mb.DTypeError, lambda: mb.input((1,), "uint8") + 300, r"300 does not fit uint8; choose a wider dtype"),
    (mb.DTypeError, lambda: mb.reindex(ids, (3,), ["i0"], overflow_value=0.5), r"0.5 is not a value of dtype int32"),
    (mb.DTypeError, lambda: mb.reindex(x, (2,), ["s0", "0"], extras=[x[:, 0]]), r"extras of an integer dtype, got float32; cast"),
    (mb.DTypeError, lambda: x[x], r"indexed by integers.*not by float32 values; .*mb.where"),
    (mb.DTypeError, lambda: mb.exp("a"), r"a tensor is needed here, got str; make one with mb.array"),
    (mb.DTypeError, lambda: mb.array([1, 300], "int8"), r"300 does not fit int8; choose a wider dtype"),
    (mb.DTypeError, lambda: mb.array(-1, "uint64"), r"-1 does not fit uint64"),
    (mb.DTypeError, lambda: mb.array([[1], [1, 2]]), r"rows of different lengths"),
    (mb.DTypeError, lambda: mb.input((1,), "bool") - mb.input((1,), "bool"), r"bool values cannot be subtracted"),
    (mb.DTypeError, lambda: -mb.input((1,), "bool"), r"neg is not defined for bool"),
    (mb.IndexExprError, lambda: mb.reindex(x, (2,), ["i0"]), r"one index expression for each dimension of \(2, 3\), got 1"),
    (mb.IndexExprError, lambda: mb.reindex(x, (2,), "i0"), r"write \['i0'\]"),
    (mb.IndexExprError, lambda: mb.reindex(x, (2,), ["len(i0)", "0"]), r"has the name 'len', which is no index"),
    (mb.IndexExprError, lambda: mb.reindex(x, (2,), ["i0 // 0", "0"]), r"divides by 0"),
    (mb.IndexExprError, lambda: mb.reindex(x, (2,), ["0 < i0 < 2", "0"]), r"chains comparisons; join two of them by '&&'"),
    (mb.IndexExprError, lambda: mb.reindex(x, (2,), ["i0 ? 1", "0"]), r"misses a ':'"),
    (mb.IndexExprError, lambda: mb.reindex(x, (2,), ["min(i0)", "0"]), r"gives min 1 operands, it takes 2"),
    (mb.IndexExprError, lambda: mb.reindex(x, (2,), ["@e1(i0)", "0"], extras=[ids]), r"uses e1, but there are 1 extras"),
    (mb.IndexExprError, lambda: mb.reindex(x, (2,), ["@e0(i0, 0)", "0"], extras=[ids]), r"@e0 has 2 indices, extra 0 has 1"),
    (mb.IndexExprError, lambda: mb.reindex(x, (2,), ["i1", "0"]), r"'i1' uses i1, but there are 1 result dimensions"),
    (mb.IndexExprError, lambda: mb.reindex(x, (2,), ["i0 / 2", "0"]), r"uses '/'; write '//'"),
    (mb.IndexExprError, lambda: mb.reindex(x, (2,), ["(i0", "0"]), r"misses a '\)'"),
    (mb.IndexExprError, lambda: mb.reindex(x, (2,), ["i0 +", "0"]), r"ends too early"),
    (mb.IndexExprError, lambda: mb.reindex(x, (2,), ["i0 $", "0"]), r"unexpected '\$'"),
    (mb.IndexExprError, lambda: mb.reindex(x, (2,), ["i0", "0"], 0, ["i0"]), r"needs one comparison"),
    (mb.IndexExprError, lambda: mb.reindex(x, (2,), lambda i: (i / 2, 0)), r"'/'; write '//'"),
    (mb.IndexExprError, lambda: mb.reindex(x, (2,), lambda i: (i * x, 0)), r"not of Var; pass tensors as extras"),
    (mb.IndexExprError, lambda: mb.reindex(x, (2,), lambda i: (i, itertool)), r"raises NameError: name 'itertool' is not defined; it computes with"),  # noqa: F821
    (mb.IndexExprError, lambda: mb.reindex(x, (2,), lambda i: refuse()), r"raises AssertionError; it computes with"),
    (mb.IndexExprError, lambda: mb.reindex(x, (2,), lambda i: (i**2, 0)), r"raises TypeError: unsupported operand type\(s\) for \*\*"),
    (mb.IndexExprError, lambda: mb.reindex(x, (2,), lambda i: (i, [0, 1][i])), r"raises TypeError: list indices must be integers or slices, not Index"),
    (mb.IndexExprError, lambda: mb.reindex(x, (2,), lambda i: (0 if i > 1 else i, 0)), r"cannot be joined|no value while"),
    (mb.ShapeError, lambda: mb.zeros((2**40, 2**40)), r"has more than 2\*\*63 elements; make it smaller"),
    (mb.ShapeError, lambda: mb.zeros((0,)).reshape(2**32, 2**32), r"has more than 2\*\*63 elements"),
    (mb.ShapeError, lambda: mb.pad(x, (2**62, 0), (2**62, 0)), r"pad makes dimension 0 longer than 2\*\*63"),
    (mb.ShapeError, lambda: mb.slice(x, (1, 0), (2**62, 1), (4, 1)), r"slice leaves dimension 0"),
    (mb.ShapeError, lambda: mb.broadcast(x, (-1, 2, 3), (1, 2)), r"negative dimension: \(-1, 2, 3\)"),
    (mb.IndexExprError, lambda: mb.reindex(x, (50000,), ["i0*100000 % 2", "0"]), r"'i0 \* 100000' reaches 4999900000, but kernels index with 32 bits; use smaller factors"),
    (mb.IndexExprError, lambda: mb.reindex(x, (5,), ["i0*100000000000000*100000000000", "0"]), r"beyond 64 bits"),
    (mb.IndexExprError, lambda: mb.reindex(x, (2,), lambda i: i), r"one index expression for each dimension"),
    (mb.IndexExprError, lambda: mb.reindex(x, (2,), lambda i, j: (i, j)), r"the index function is called with 1 symbols: .*missing 1"),
    (mb.IndexExprError, lambda: mb.reindex(x, (2,), ["__import__('os')", "0"]), r"has an unexpected"),
    (mb.IndexExprError, lambda: mb.reindex(x, (2,), ["i0 = 1", "0"]), r"unexpected '='"),
    (mb.IndexExprError, lambda: mb.reindex(x, (2,), ["k", "0"]), r"'k' has the name 'k', which is no index; indices are i0"),
    (mb.IndexExprError, lambda: mb.reindex(x, (2,), ["print(i0)", "0"]), r"has the name 'print', which is no index"),
    (mb.IndexExprError, lambda: mb.reindex(x, (2,), ["i0 += 1", "0"]), r"unexpected '='"),
    (mb.IndexExprError, lambda: mb.reindex(x, (2,), lambda i: (seen.append(i), 0)), r"not of NoneType"),
    (mb.IndexExprError, lambda: mb.reindex(x, (2,), lambda i: (i * 0 + next(count), 0)), r"answers '\(\(i0 \* 0\) \+ 0\)', and '\(\(i0 \* 0\) \+ 1\)' when it is called again; .* no side effect"),
    (mb.IndexExprError, lambda: mb.reindex(x, (2,), ["i0", "0"], 0, lambda i: i < next(count)), r"when it is called again"),
    (mb.DTypeError, lambda: mb.index((200,), 0, "int8"), r"size 200 does not fit int8; choose a wider dtype"),
    (mb.DTypeError, lambda: x + None, r"add needs a tensor or a number as its other operand, got None"),
    (mb.DTypeError, lambda: x < "a", r"lt needs a tensor or a number as its other operand, got 'a'"),
    (mb.DTypeError, lambda: mb.array(np.zeros(2, [("a", "i4")])), r"has the NumPy dtype .*; a tensor holds"),
    (mb.DTypeError, lambda: mb.sum(x, axis="0"), r"sum needs an integer or a sequence of integers for `axis`, got '0'"),
    (mb.ShapeError, lambda: mb.nn.functional.conv2d(mb.input((1, 1, 4, 4)), mb.input((1, 1, 3, 3)), stride=0), r"stride has to be at least 1, got 0"),
    (mb.ShapeError, lambda: mb.einsum("ij,jk->ik", x), r"names 2 operands, got 1"),
    (mb.ShapeError, lambda: mb.einsum("ij,jk->ik", x, x), r"sizes 3 and 2 for one label"),
    (mb.ShapeError, lambda: mb.zeros((2**33,)).numpy(), r"has 8589934592 elements, but kernels index with 32 bits; split it"),
    (mb.ShapeError, lambda: mb.compile(mb.index((2**31,), 0), []), r"has 2147483648 elements"),
    (mb.ShapeError, lambda: mb.compile([mb.zeros((2**31 - k,)) for k in range(1, 4)], [], "mtp_270"), r"of 25.8 GB do not fit the 17.2 GB of mtp_270"),
    (mb.TargetError, lambda: mb.set_target("mtp_999"), r"no target named 'mtp_999'; the targets are: mtp_270"),
    (mb.TargetError, lambda: mb.compile(x, [x], "gpu"), r"no target named 'gpu'"),
    (mb.MetaBangError, lambda: mb.unary("foo", x), r"unary has no kind 'foo'; use one of neg, abs"),
    (mb.MetaBangError, lambda: mb.reindex_reduce(x, "sub", (1,), ["0"]), r"reindex_reduce has no kind 'sub'; use one of add, mul, max, min"),
    (mb.MetaBangError, lambda: mb.pad(x, (-1, 0), (0, 0)), r"use slice instead of a negative padding"),
    (mb.ShapeError, lambda: mb.nn.functional.conv2d(x, x), r"the input of a 2-d convolution has the shape \[N, C, H, W\], got \(2, 3\)"),
    (mb.ShapeError, lambda: mb.nn.functional.max_pool2d(x, 2), r"\[N, C, H, W\]|4 dimensions"),
    (mb.ShapeError, lambda: mb.nn.LSTM(3, 3)(ids), r"LSTM needs a sequence of shape .*, not \(2,\)"),
    (mb.AxisError, lambda: mb.softmax(x, 5), r"axis 5, but its operand has 2 dimensions"),
    (mb.AxisError, lambda: mb.concat([x, x], 3), r"concat has axis 3"),
    (mb.ShapeError, lambda: mb.broadcast_to(x, (2, 4)), r"cannot stretch dimension 1"),
    (mb.ShapeError, lambda: mb.where(x > 0, x, mb.zeros((3, 2))), r"do not broadcast"),
    (mb.ShapeError, lambda: mb.input((2**31, 1)) @ mb.input((1, 2**33)), r"more than 2\*\*63 elements"),
    (mb.MetaBangError, lambda: mb.grad(mb.sum(computed), leaf), r"was computed before and has forgotten its operands; mark the leaf with x.requires_grad_\(\)"),
    (mb.MetaBangError, lambda: mb.compile(computed + 1, [leaf]), r"do not depend on input 0 of mb.compile: the binary at \S*test_errors.py:\d+ was computed before and has forgotten"),
    (mb.CompileError, lambda: mb.compile(x + 1, [x], options={"bits": "eight"}), r"the compiler's option bits is 8 or 16, not 'eight'"),
    (mb.CompileError, lambda: mb.compile(x + 1, [x], options={"bits": 3}), r"the compiler's option bits is 8 or 16, not 3"),
    (mb.MetaBangError, lambda: mb.compile(x + 1, [x + 1]), r"input 0 of mb.compile is computed from others"),
    (mb.IndexExprError, lambda: mb.reindex(x, (2,), ["é", "0"]), r"index expression 'é' has an unexpected 'é'"),
    (mb.IndexExprError, lambda: mb.reindex(x, (2,), ["i\uff10", "0"]), r"has an unexpected '\uff10'"),
    (mb.IndexExprError, lambda: mb.reindex(x, (2,), ["i0\0", "0"]), r"has an unexpected '\\x00'"),
    (mb.IndexExprError, lambda: mb.reindex(x, (2,), ["i0\nimport os", "0"]), r"'i0 import os' has an unexpected 'import'"),
    (mb.IndexExprError, lambda: mb.reindex(x, (2,), ["(y := i0)", "0"]), r"has an unexpected '='"),
    (mb.IndexExprError, lambda: mb.reindex(x, (2,), ["i0.__class__", "0"]), r"has an unexpected '\.'"),
    (mb.IndexExprError, lambda: mb.reindex(x, (2,), ["-" * 4000 + "i0", "0"]), r"^.{0,160}-…' is nested too deeply"),
    (mb.IndexExprError, lambda: mb.reindex(x, (2,), ["i0" + "+i0" * 9000, "0"]), r"has at most 5000 characters, this one has 27002"),
    (mb.IndexExprError, lambda: mb.reindex(x, (2,), lambda i: (i.start, 0)), r"'Index' object has no attribute 'start'"),
    (mb.IndexExprError, lambda: mb.reindex(x, (2,), lambda i: (f"{i} / 2", 0)), r"'i0 / 2' uses '/'"),
    (mb.DTypeError, lambda: mb.array([2**64]), r"an integer beyond 64 bits"),
    (mb.DTypeError, lambda: mb.grad(x * 2, x, grad_output="a"), r"grad_output is a tensor of the result's shape \(2, 3\), not 'a'"),
    (mb.AxisError, lambda: x.flatten(1, 0), r"1 lies behind 0"),
    (mb.MetaBangError, lambda: mb.compile(x + 1, [x, x]), r"input 1 of mb.compile is given twice"),
    (mb.MissingError, lambda: mb.gather(x, ids), r"module 'metabang' has no attribute 'gather'"),
    (mb.ShapeError, lambda: nn.functional.max_pool2d(mb.input((1, 1, 4, 4)), 2, padding=2), r"a window of 2 lies in the padding alone"),
    (mb.ShapeError, lambda: nn.functional.embedding(ids, mb.input((4,))), r"weight of an embedding has the shape \[V, D\], got \(4,\)"),
    (mb.DTypeError, lambda: nn.functional.conv2d(image, image, padding=1.5), r"or a sequence of sequences of integers or a string for"),
    (mb.MetaBangError, lambda: nn.Conv2d(3, 4, 3, padding_mode="mirror"), r"padding_mode is 'zeros', .*, not 'mirror'"),
    (mb.ShapeError, lambda: nn.GroupNorm(2, 3), r"3 channels cannot be divided into 2 groups"),
    (mb.ShapeError, lambda: nn.BatchNorm2d(3).train()(mb.input((1, 3, 1, 1))), r"in training needs several values a channel"),
    (mb.ShapeError, lambda: mb.models.ResNet18(classes=10)(x), r"the input of a 2-d convolution has the shape"),
    (mb.DTypeError, lambda: mb.models.get(18), r"get needs a string for `name`, got 18"),
    (mb.DTypeError, lambda: mb.models.get("resnet18").preprocess(3), r"needs a string or a PathLike for `path`, got 3"),
    (mb.DTypeError, lambda: mb.weights.load(None), r"load needs a string or a PathLike for `path`, got None"),
    (mb.DTypeError, lambda: nn.init.seed("a"), r"seed needs an integer for `value`, got 'a'"),
    (mb.MetaBangError, lambda: nn.init.seed(-1), r"a seed is not negative, got -1"),
    (mb.DTypeError, lambda: mb.optim.LambdaLR(mb.optim.SGD([leaf], 0.1), lambda: 1), r"called with the number of steps: .*takes 0 positional"),
    (mb.ShapeError, lambda: digits.limited(0), r"images has to be at least 1"),
    (mb.ShapeError, lambda: list(digits.batches(-1, 0)), r"size has to be at least 1"),
    (mb.DTypeError, lambda: list(mb.training.train(nn.ReLU(), None, None, 1, 1)), r"train needs a Digits for `data`, got None"),
    (mb.DTypeError, lambda: mb.reference.evaluate(x, {"x": 1}), r"gives arrays for tensors of the graph, not for 'x'"),
    (mb.ShapeError, lambda: mb.reference.evaluate(x, {x: np.ones(4)}), r"an array of shape \(4,\) for a tensor of shape \(2, 3\)"),
    (mb.MetaBangError, lambda: ran.profile(), r"nothing was profiled; call run\(arrays, profile=True\) first"),
    (mb.ShapeError, lambda: ran(), r"an array for each of its 1 inputs, got 0"),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(CASES)))
def test_error(number):
    kind, make, text = CASES[number]
    with pytest.raises(kind, match=text) as raised:
        make()
    assert raised.type is kind
    sentence = str(raised.value)
    file, line = raised.value.source
    assert file == __file__ and re.match(rf"(\S*/)?test_errors.py:{line}: ", sentence)
    assert "\n" not in sentence and "MLIR" not in sentence
    assert f"{kind.__name__}, lambda" in open(__file__).read().splitlines()[line - 1]


def test_errors_are_also_pythons():
    with pytest.raises(ValueError):
        x + mb.zeros((4,))
    with pytest.raises(IndexError):
        x[5]
    with pytest.raises(TypeError):
        x.astype("nope")
    with pytest.raises(TypeError):
        x + object()


def test_the_target_of_the_environment_is_checked(monkeypatch):
    monkeypatch.setenv("METABANG_TARGET", "mtp_3000")
    with pytest.raises(mb.TargetError, match="no target named 'mtp_3000'"):
        mb.get_target()
    monkeypatch.setenv("METABANG_TARGET", "mtp_592")
    assert mb.get_target() == "mtp_592"


def test_compiler_errors_name_the_users_line(monkeypatch):
    from metabang import _core

    def refuse(text, target, dump_dir, options):
        raise RuntimeError("net.py:12:1: error: a tile of this reduction does not fit NRAM")

    monkeypatch.setattr(_core, "compile", refuse, raising=False)
    with pytest.raises(mb.CompileError, match=r"^net.py:12: a tile of this reduction does not fit NRAM$") as raised:
        (mb.array(np.zeros(3)) + 1).numpy()
    assert raised.value.source == ("net.py", 12)


def test_an_error_within_an_index_function_names_its_line():
    def neighbours(i):
        left = i - 1
        return left, undefined  # noqa: F821

    with pytest.raises(mb.IndexExprError, match=r"test_errors.py:\d+: the index function raises NameError") as raised:
        mb.reindex(x, (2,), neighbours)
    assert "undefined" in open(__file__).read().splitlines()[raised.value.source[1] - 1]


def test_uncaught_errors_end_at_the_users_line(capsys):
    package = os.path.dirname(mb.__file__)
    with pytest.raises(mb.IndexExprError) as raised:
        mb.reindex(x, (2, 3), ["i0", "k"])
    assert package in "".join(traceback.format_exception(raised.value))  # who catches it sees all
    sys.excepthook(raised.type, raised.value, raised.tb)
    printed = capsys.readouterr().err
    assert package not in printed and "    mb.reindex(x, (2, 3)," in printed and printed.endswith("extras s0, s1, …\n")


def test_earlier_errors_of_a_chain_are_shortened_too(capsys):
    package = os.path.dirname(mb.__file__)
    with pytest.raises(ValueError) as raised:
        try:
            mb.sum(x, 5)
        except mb.AxisError:
            raise ValueError("the file is of another kind")  # noqa: B904  the chain is the subject
    sys.excepthook(raised.type, raised.value, raised.tb)
    printed = capsys.readouterr().err
    assert package not in printed and "    mb.sum(x, 5)" in printed and "axis 5" in printed


def test_an_operator_has_one_traceback():
    with pytest.raises(mb.DTypeError) as raised:
        x + "1"
    assert raised.value.__context__ is None


class Calls(mb.nn.Module):
    def __init__(self, function):
        super().__init__()
        self.forward = lambda: function()


def test_ctrl_c_shows_the_users_frames_below_the_package(capsys):
    package = os.path.dirname(mb.__file__)

    def endless():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as raised:
        Calls(endless)()
    assert package in "".join(traceback.format_exception(raised.value))
    sys.excepthook(raised.type, raised.value, raised.tb)
    printed = capsys.readouterr().err
    assert package not in printed and "    Calls(endless)()" in printed and "    raise KeyboardInterrupt" in printed


def test_other_uncaught_errors_keep_the_frames_of_the_package(capsys):
    with pytest.raises(ZeroDivisionError) as raised:
        Calls(lambda: 1 / 0)()
    sys.excepthook(raised.type, raised.value, raised.tb)
    printed = capsys.readouterr().err
    assert "1 / 0" in printed and os.path.dirname(mb.__file__) in printed
