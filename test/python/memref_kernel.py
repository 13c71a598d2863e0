"""Kernels on memrefs, written as text, through the last stage of the compiler and onto the simulator."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from metabang import _core
from metabang.plan import Plan

NRAM, WRAM = "#mlu.space<nram>", "#mlu.space<wram>"
DTYPES = {"f32": "float32", "f16": "float16", "i8": "int8", "i16": "int16", "i32": "int32"}
Memref = tuple[str, str]  # name, type


def tool(name: str) -> str | None:
    """Path of a compiler tool: that of the build the package comes from, or of PATH."""
    beside = Path(_core.__file__).resolve().parents[2] / "bin" / name
    return str(beside) if beside.exists() else shutil.which(name)


def type_of(shape: Sequence[int], dtype: str, space: str = "") -> str:
    return f"memref<{'x'.join(map(str, [*shape, dtype]))}{', ' + space if space else ''}>"


class Kernel:
    """Builds a kernel `k` of one task: loads, operations on NRAM buffers, one store."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.arguments: list[Memref] = []
        self.arrays: list[np.ndarray] = []
        self.lines: list[str] = []
        self.result: tuple[Sequence[int], str] = ((), "f32")

    def name(self) -> str:
        self.lines.append("")
        return f"%v{len(self.lines)}"

    def argument(self, shape: Sequence[int], dtype: str) -> Memref:
        self.arguments.append((f"%a{len(self.arguments)}", type_of(shape, dtype)))
        return self.arguments[-1]

    def alloc(self, shape: Sequence[int], dtype: str = "f32", space: str = NRAM) -> Memref:
        memref = self.name(), type_of(shape, dtype, space)
        self.lines.append(f"{memref[0]} = memref.alloc() : {memref[1]}")
        return memref

    def load(self, array: np.ndarray, dtype: str = "f32", space: str = NRAM, shape: Sequence[int] = ()) -> Memref:
        """A buffer with `array`, or with the front of it that has `shape` (a padded filter)."""
        source = self.argument(array.shape, dtype)
        self.arrays.append(array)
        shape = shape or array.shape
        if tuple(shape) != array.shape:
            strides = [int(np.prod(array.shape[k + 1 :])) for k in range(array.ndim)]
            part = self.name(), f"memref<{'x'.join(map(str, shape))}x{dtype}, strided<{strides}>>"
            zeros, ones = [0] * array.ndim, [1] * array.ndim
            self.lines.append(
                f"{part[0]} = memref.subview {source[0]}{zeros} {list(shape)} {ones} : {source[1]} to {part[1]}"
            )
            source = part
        buffer = self.alloc(shape, dtype, space)
        self.copy(source, buffer)
        return buffer

    def copy(self, source: Memref, target: Memref) -> None:
        self.lines.append(f"memref.copy {source[0]}, {target[0]} : {source[1]} to {target[1]}")

    def fill(self, target: Memref, value: str, dtype: str = "f32") -> None:
        constant = self.name()
        self.lines.append(f"{constant} = arith.constant {value} : {dtype}")
        self.lines.append(f"linalg.fill ins({constant} : {dtype}) outs({target[0]} : {target[1]})")

    def generic(self, maps: Sequence[str], kinds: str, ins: Sequence[Memref], out: Memref, body: str) -> None:
        """`kinds` has p (parallel) or r (reduction) for each loop; `body` is the region's text."""
        iterators = ", ".join({"p": '"parallel"', "r": '"reduction"'}[kind] for kind in kinds)
        inputs = f"ins({', '.join(i[0] for i in ins)} : {', '.join(i[1] for i in ins)}) " if ins else ""
        self.lines.append(
            f"linalg.generic {{indexing_maps = [{', '.join(f'affine_map<{m}>' for m in maps)}], "
            f"iterator_types = [{iterators}]}} {inputs}outs({out[0]} : {out[1]}) {{\n{body}\n}}"
        )

    def store(self, source: Memref, shape: Sequence[int], dtype: str = "f32") -> None:
        self.result = shape, dtype
        self.copy(source, self.argument(shape, dtype))

    def text(self) -> str:
        arguments = ", ".join(f"{name}: {type}" for name, type in self.arguments)
        body = "\n".join(line for line in self.lines if line)
        return (
            f'module attributes {{mlu.target = "{self.target}"}} {{\n'
            f"func.func @k({arguments}) attributes {{mlu.kernel}} {{\n{body}\nreturn\n}}\n}}\n"
        )

    def compiled(self) -> str:
        """BANG C of the kernel. `remarks` holds what the compiler said besides."""
        command = [tool("metabang-opt"), "-", "--metabang-mlu"]
        opt = subprocess.run(command, input=self.text(), capture_output=True, text=True)
        assert opt.returncode == 0, opt.stderr
        self.remarks = opt.stderr
        command = [tool("metabang-translate"), "--mlu-to-bangc", "-"]
        return subprocess.run(command, input=opt.stdout, capture_output=True, text=True, check=True).stdout

    def run(self) -> np.ndarray:
        def buffer(kind: str, index: int, shape: Sequence[int], dtype: str) -> dict[str, object]:
            size = int(np.prod(shape)) * np.dtype(dtype).itemsize
            return {"bytes": size, "kind": kind, "index": index, "dtype": dtype, "shape": list(shape)}

        buffers = [buffer("input", i, array.shape, array.dtype.name) for i, array in enumerate(self.arrays)]
        buffers.append(buffer("output", 0, self.result[0], DTYPES[self.result[1]]))
        plan = {
            "version": 1, "target": self.target, "buffers": buffers,
            "launches": [{"kernel": "k", "dim": [1, 1, 1], "type": "block", "args": list(range(len(buffers)))}],
            "kernels": [{"name": "k", "text": self.compiled(), "source": "kernel.mlir:1"}],
        }  # fmt: skip
        return Plan(json.dumps(plan)).run(self.arrays)[0]
