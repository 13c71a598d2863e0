"""linalg on NRAM buffers to builtins: each family on each architecture against float64 NumPy, on the simulator."""

from __future__ import annotations

import numpy as np
import pytest
from memref_kernel import WRAM, Kernel, tool

pytestmark = pytest.mark.skipif(tool("metabang-opt") is None, reason="metabang-opt is not built")

TARGETS = ("mtp_270", "mtp_372", "mtp_592")
MULTIPLY_ADD = """^bb0(%a: f32, %b: f32, %c: f32):
%m = arith.mulf %a, %b : f32
%s = arith.addf %c, %m : f32
linalg.yield %s : f32"""
LOWEST = "0xFF800000"


@pytest.fixture(params=TARGETS)
def target(request: pytest.FixtureRequest) -> str:
    return request.param


def normal(*shape: int) -> np.ndarray:
    return np.random.default_rng(list(shape)).standard_normal(shape).astype(np.float32)


def check(kernel: Kernel, expected: np.ndarray, tolerance: float = 3e-6, scalar: bool = False) -> None:
    """`tolerance` is of the largest magnitude; `scalar` says whether scalar code is allowed."""
    found = kernel.run()
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= tolerance * max(np.abs(expected).max(), 1e-3)
    assert ("scalar code" in kernel.remarks) <= scalar, kernel.remarks


def windows(x: np.ndarray, taps: tuple[int, int], stride: tuple[int, int], dilation: tuple[int, int] = (1, 1)):
    """(i, j, x where tap (i, j) reads) for NHWC windows without padding."""
    rows = (x.shape[1] - (taps[0] - 1) * dilation[0] - 1) // stride[0]
    columns = (x.shape[2] - (taps[1] - 1) * dilation[1] - 1) // stride[1]
    for i in range(taps[0]):
        for j in range(taps[1]):
            y, z = i * dilation[0], j * dilation[1]
            read = x[:, y : y + rows * stride[0] + 1 : stride[0], z : z + columns * stride[1] + 1 : stride[1]]
            yield i, j, read.astype(float)


CONVOLUTIONS = {  # image, filter, stride, dilation
    "aligned": ((1, 8, 9, 32), (64, 3, 3), (1, 1), (1, 1)),
    "odd": ((1, 8, 9, 24), (40, 3, 3), (2, 2), (1, 1)),
    "images": ((2, 7, 7, 3), (24, 3, 3), (1, 1), (1, 1)),
    "pointwise": ((1, 6, 8, 64), (128, 1, 1), (1, 1), (1, 1)),
    "row": ((1, 9, 5, 16), (200, 1, 3), (1, 2), (1, 1)),
    "dilated": ((2, 11, 13, 24), (130, 3, 3), (2, 1), (2, 3)),
}


@pytest.mark.parametrize("accumulate", [False, True], ids=["fresh", "accumulate"])
@pytest.mark.parametrize("bits", [16, 8])
@pytest.mark.parametrize("case", CONVOLUTIONS)
def test_convolution(target: str, case: str, bits: int, accumulate: bool) -> None:
    fixed = target == "mtp_270"
    if bits == 8 and not fixed:
        pytest.skip("float convolutions")
    shape, (filters, kh, kw), stride, dilation = CONVOLUTIONS[case]
    kernel, x = Kernel(target), normal(*shape)
    w = normal(filters, kh, kw, shape[3])
    dtype = f"i{bits}" if fixed else "f32"
    if fixed:
        w = np.round(w / np.abs(w).max() * (2 ** (bits - 1) - 1)).astype(f"int{bits}")
    padded = np.zeros((-(-filters // 64) * 64, kh, kw, -(-shape[3] * w.itemsize // 64) * 64 // w.itemsize), w.dtype)
    padded[:filters, :, :, : shape[3]] = w
    image, weights = kernel.load(x), kernel.load(padded, dtype, WRAM, w.shape)
    expected = sum(part @ w[:, i, j].astype(float).T for i, j, part in windows(x, (kh, kw), stride, dilation))
    if accumulate:
        before = (normal(*expected.shape) * np.abs(expected).max()).astype(np.float32)
        y, expected = kernel.load(before), expected + before
    else:
        y = kernel.alloc(expected.shape)
        kernel.fill(y, "0.0")
    body = MULTIPLY_ADD
    if fixed:
        body = body.replace("%b: f32", f"%b: {dtype}").replace(", %b :", ", %f :")
        body = body.replace("\n", f"\n%f = arith.sitofp %b : {dtype} to f32\n", 1)
    loops = "(n, p, q, o, i, j, c)"
    read = f"{loops} -> (n, p * {stride[0]} + i * {dilation[0]}, q * {stride[1]} + j * {dilation[1]}, c)"
    kernel.generic([read, f"{loops} -> (o, i, j, c)", f"{loops} -> (n, p, q, o)"], "pppprrr", [image, weights], y, body)
    kernel.store(y, expected.shape)
    check(kernel, expected, (1e-4 if bits == 16 else 2e-2) if fixed else 1e-6)


@pytest.mark.parametrize("shape, taps, stride", [((1, 8, 9, 32), 3, 1), ((2, 7, 8, 24), 3, 2), ((1, 6, 6, 40), 5, 1)])
@pytest.mark.parametrize("fresh", [True, False], ids=["fresh", "accumulate"])
def test_depthwise(target: str, shape: tuple[int, ...], taps: int, stride: int, fresh: bool) -> None:
    kernel, x, w = Kernel(target), normal(*shape), normal(taps, taps, shape[3])
    image, weights = kernel.load(x), kernel.load(w)
    expected = sum(part * w[i, j] for i, j, part in windows(x, (taps, taps), (stride, stride)))
    if fresh:
        y = kernel.alloc(expected.shape)
        kernel.fill(y, "0.0")
    else:
        before = normal(*expected.shape)
        y, expected = kernel.load(before), expected + before
    loops = "(n, p, q, c, i, j)"
    read = f"{loops} -> (n, p * {stride} + i, q * {stride} + j, c)"
    maps = [read, f"{loops} -> (i, j, c)", f"{loops} -> (n, p, q, c)"]
    kernel.generic(maps, "pppprr", [image, weights], y, MULTIPLY_ADD)
    kernel.store(y, expected.shape)
    check(kernel, expected)


def combine(operation: str) -> str:
    return f"^bb0(%a: f32, %c: f32):\n%s = arith.{operation} %c, %a : f32\nlinalg.yield %s : f32"


KINDS = {
    "sum": ("addf", "0.0"), "max": ("maximumf", LOWEST), "min": ("minimumf", "0x7F800000"), "prod": ("mulf", "1.0"),
}  # fmt: skip


@pytest.mark.parametrize("kind", ["sum", "max", "min"])
@pytest.mark.parametrize("shape, taps, stride", [((1, 8, 9, 32), 2, 2), ((2, 7, 7, 24), 3, 2), ((1, 9, 9, 40), 3, 1)])
def test_pool(target: str, kind: str, shape: tuple[int, ...], taps: int, stride: int) -> None:
    kernel, x = Kernel(target), normal(*shape)
    parts = np.stack([part for _, _, part in windows(x, (taps, taps), (stride, stride))])
    expected = getattr(parts, kind)(0)
    image, window, y = kernel.load(x), kernel.alloc((taps, taps)), kernel.alloc(expected.shape)
    kernel.fill(y, KINDS[kind][1])
    loops = "(n, p, q, c, i, j)"
    maps = [f"{loops} -> (n, p * {stride} + i, q * {stride} + j, c)", f"{loops} -> (i, j)", f"{loops} -> (n, p, q, c)"]
    body = combine(KINDS[kind][0]).replace("%a: f32,", "%a: f32, %w: f32,")
    kernel.generic(maps, "pppprr", [image, window], y, body)
    kernel.store(y, expected.shape)
    check(kernel, expected)


REDUCTIONS = [
    ((7, 9, 24), (0, 1)), ((50, 24), (0,)), ((2, 7, 9, 40), (1, 2)), ((3, 5, 8), (1,)), ((20, 24), (1,)),
    ((5, 100), (1,)), ((3, 4, 5, 64), (0, 2)), ((40,), (0,)), ((6, 5, 33), (1, 2)), ((2, 3, 70), (0, 1, 2)),
    ((70, 300), (1,)), ((1, 20000), (1,)),
]  # fmt: skip


@pytest.mark.parametrize("kind", ["sum", "max", "prod"])
@pytest.mark.parametrize("shape, dims", REDUCTIONS)
def test_reduction(target: str, kind: str, shape: tuple[int, ...], dims: tuple[int, ...]) -> None:
    kernel, x = Kernel(target), normal(*shape)
    if kind == "prod":
        x = np.exp(x / 100).astype(np.float32)
    expected = getattr(x.astype(float), kind)(dims)
    data, y = kernel.load(x), kernel.alloc(expected.shape)
    kernel.fill(y, KINDS[kind][1])
    names = "abcd"[: len(shape)]
    loops = f"({', '.join(names)})"
    kept = ", ".join(name for dim, name in enumerate(names) if dim not in dims)
    kinds = "".join("r" if dim in dims else "p" for dim in range(len(shape)))
    kernel.generic([f"{loops} -> {loops}", f"{loops} -> ({kept})"], kinds, [data], y, combine(KINDS[kind][0]))
    kernel.store(y, expected.shape)
    trailing = len(shape) - 1 in dims
    check(kernel, expected, 3e-5 if kind == "prod" else 3e-6, scalar=kind == "prod" and trailing)


PERMUTATIONS = [
    ((20, 24), (1, 0)), ((3, 20, 24), (1, 0, 2)), ((2, 3, 4, 5), (3, 1, 0, 2)), ((2, 7, 9, 24), (0, 3, 1, 2)),
]  # fmt: skip


@pytest.mark.parametrize("dtype", ["f32", "f16", "i8", "i16", "i32"])
@pytest.mark.parametrize("shape, perm", PERMUTATIONS)
def test_transpose(target: str, dtype: str, shape: tuple[int, ...], perm: tuple[int, ...]) -> None:
    kernel = Kernel(target)
    numpy = {"f32": "float32", "f16": "float16", "i8": "int8", "i16": "int16", "i32": "int32"}[dtype]
    x = np.random.default_rng(0).integers(-100, 100, shape).astype(numpy)
    data, y = kernel.load(x, dtype), kernel.alloc([shape[p] for p in perm], dtype)
    kernel.lines.append(f"linalg.transpose ins({data[0]} : {data[1]}) outs({y[0]} : {y[1]}) permutation = {list(perm)}")
    kernel.store(y, [shape[p] for p in perm], dtype)
    np.testing.assert_array_equal(kernel.run(), x.transpose(perm))


def remainder_text(target: str) -> str:
    """relu(x + bias) on 100 rows in tiles of 8: the last has 4."""
    tile, view = "memref<8x24xf32, #mlu.space<nram>>", "memref<?x24xf32, strided<[24, 1]>, #mlu.space<nram>>"
    part = "memref<?x24xf32, strided<[24, 1], offset: ?>>"
    return f"""
module attributes {{mlu.target = "{target}"}} {{
func.func @k(%x: memref<100x24xf32>, %b: memref<24xf32>, %o: memref<100x24xf32>) attributes {{mlu.kernel}} {{
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %c100 = arith.constant 100 : index
  %z = arith.constant 0.0 : f32
  %bias = memref.alloc() : memref<24xf32, #mlu.space<nram>>
  memref.copy %b, %bias : memref<24xf32> to memref<24xf32, #mlu.space<nram>>
  scf.for %i = %c0 to %c100 step %c8 {{
    %left = arith.subi %c100, %i : index
    %n = arith.minsi %left, %c8 : index
    %buffer = memref.alloc() : {tile}
    %t = memref.subview %buffer[0, 0] [%n, 24] [1, 1] : {tile} to {view}
    %from = memref.subview %x[%i, 0] [%n, 24] [1, 1] : memref<100x24xf32> to {part}
    %to = memref.subview %o[%i, 0] [%n, 24] [1, 1] : memref<100x24xf32> to {part}
    memref.copy %from, %t : {part} to {view}
    linalg.generic {{
        indexing_maps = [affine_map<(r, c) -> (r, c)>, affine_map<(r, c) -> (c)>, affine_map<(r, c) -> (r, c)>],
        iterator_types = ["parallel", "parallel"]}}
      ins(%t, %bias : {view}, memref<24xf32, #mlu.space<nram>>) outs(%t : {view}) {{
    ^bb0(%a: f32, %c: f32, %d: f32):
      %s = arith.addf %a, %c : f32
      %r = arith.maximumf %s, %z : f32
      linalg.yield %r : f32
    }}
    memref.copy %t, %to : {view} to {part}
  }}
  return
}}
}}
"""


def test_remainder_tile(target: str) -> None:
    kernel, x, bias = Kernel(target), normal(100, 24), normal(24)
    kernel.arrays, kernel.result = [x, bias], ((100, 24), "f32")
    kernel.text = lambda: remainder_text(target)
    check(kernel, np.maximum(x + bias, 0))


def elementwise(target: str, body: str, operands: list[np.ndarray]) -> Kernel:
    """y = body(%x, %y, %z) of whole operands; `body` defines %r."""
    kernel = Kernel(target)
    loaded = [kernel.load(operand) for operand in operands]
    out = kernel.alloc(operands[0].shape)
    names = "abcd"[: operands[0].ndim]
    arguments = ", ".join(f"%{name}: f32" for name in "xyz"[: len(operands)])
    identity = f"({', '.join(names)}) -> ({', '.join(names)})"
    region = f"^bb0({arguments}, %o: f32):\n{body}\nlinalg.yield %r : f32"
    kernel.generic([identity] * (len(operands) + 1), "p" * len(names), loaded, out, region)
    kernel.store(out, operands[0].shape)
    return kernel


def erf(x: np.ndarray) -> np.ndarray:
    from math import erf as scalar

    return np.vectorize(scalar)(x)


FUNCTIONS = {
    "exp": np.exp, "log": lambda x: np.log(np.abs(x)), "sqrt": lambda x: np.sqrt(np.abs(x)),
    "rsqrt": lambda x: 1 / np.sqrt(np.abs(x)), "tanh": np.tanh, "erf": erf, "sin": np.sin, "cos": np.cos,
    "absf": np.abs, "floor": np.floor, "ceil": np.ceil, "roundeven": np.round, "trunc": np.trunc,
}  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("shape", [(37, 24), (3, 5000), (77,)])
def test_function(target: str, name: str, shape: tuple[int, ...]) -> None:
    x = normal(*shape) * 4
    x[np.abs(x) < 1e-2] = 0.5
    argument = "%m = math.absf %x : f32\n" if name in ("log", "sqrt", "rsqrt") else ""
    body = f"{argument}%r = math.{name} {'%m' if argument else '%x'} : f32"
    expected = FUNCTIONS[name](x.astype(float))
    kernel = elementwise(target, body, [x])
    found = kernel.run()
    smallest = 1 if name in ("log", "sin", "cos", "erf", "tanh") else 1e-3
    relative = np.abs(found - expected) / np.maximum(np.abs(expected), smallest)
    assert relative.max() < 5e-6 and "scalar code" not in kernel.remarks


ORDERED = {"oeq": np.equal, "ogt": np.greater, "oge": np.greater_equal, "olt": np.less, "ole": np.less_equal}
NEGATED = {"une": "oeq", "ule": "ogt", "ult": "oge", "uge": "olt", "ugt": "ole"}


@pytest.mark.parametrize("predicate", [*ORDERED, *NEGATED])
def test_select_keeps_what_is_selected(target: str, predicate: str) -> None:
    x, y, z = np.round(normal(37, 24)), np.round(normal(24, 37).T), normal(37, 24)
    chosen = ORDERED[predicate](x, y) if predicate in ORDERED else ~ORDERED[NEGATED[predicate]](x, y)
    body = f"%c = arith.cmpf {predicate}, %x, %y : f32\n%r = arith.select %c, %x, %z : f32"
    found = elementwise(target, body, [x, np.ascontiguousarray(y), z]).run()
    np.testing.assert_array_equal(found, np.where(chosen, x, z))


def test_select_is_no_product(target: str) -> None:
    """Inf and NaN of the branch that is not taken do not spread."""
    x = normal(64)
    bad = np.where(x > 0, np.where(np.arange(64) % 2, np.inf, np.nan), x).astype(np.float32)
    body = "%c0 = arith.constant 0.0 : f32\n%c = arith.cmpf ogt, %x, %c0 : f32\n%r = arith.select %c, %x, %y : f32"
    np.testing.assert_array_equal(elementwise(target, body, [x, bad]).run(), np.where(x > 0, x, bad))
    taken = body.replace("%x, %y : f32", "%y, %x : f32")
    np.testing.assert_array_equal(elementwise(target, taken, [x, bad]).run(), np.where(x > 0, bad, x))
