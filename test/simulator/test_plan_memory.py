"""`mlu-plan-memory` on random programs: sharing addresses must not change what a kernel stores."""

from __future__ import annotations

import random
import re
from itertools import count as count_from

import numpy as np
import pytest
from compiled import launch, tool

pytest.importorskip("metabang._core", reason="needs the compiler: build the extension")

ELEMENTS, BUFFERS, SLOTS = 64, 14, 48
NRAM = "memref<64xf32, #mlu.space<nram>>"
OUT = f"memref<{SLOTS}x64xf32>"


class Program:
    """Builtins on buffers that are all allocated at the top; a buffer is written before it is read."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.lines: list[str] = []
        self.fresh = self.slots = 0
        self.block(readable=[], depth=0)

    def emit(self, depth: int, text: str) -> None:
        self.lines.append("    " + "  " * depth + text)

    def store(self, buffer: int, depth: int) -> None:
        if self.slots == SLOTS:
            return
        self.fresh += 1
        view = f"memref<64xf32, strided<[1], offset: {self.slots * ELEMENTS}>>"
        self.emit(depth, f"%o{self.fresh} = memref.subview %y[{self.slots}, 0] [1, 64] [1, 1] : {OUT} to {view}")
        mnemonic = self.rng.choice(["memcpy", "memcpy_async"])
        self.emit(depth, f"bang.{mnemonic} %o{self.fresh}, %b{buffer}, %bytes : {view}, {NRAM}, index")
        self.slots += 1

    def operation(self, readable: list[int], depth: int) -> None:
        kind = self.rng.choice(["fill", "load", "add", "add", "add", "store"])
        if kind == "store" and readable:
            return self.store(self.rng.choice(readable), depth)
        # A new buffer most of the time, so that there is something to share.
        dst = self.rng.randrange(BUFFERS) if self.rng.random() < 0.7 or not readable else self.rng.choice(readable)
        if kind == "fill" or not readable:
            self.fresh += 1
            self.emit(depth, f"%f{self.fresh} = arith.constant {self.rng.randint(1, 9)}.0 : f32")
            self.emit(depth, f"bang.write_value %b{dst}, %n, %f{self.fresh} : {NRAM}, index, f32")
        elif kind == "load":
            mnemonic = self.rng.choice(["memcpy", "memcpy_async"])
            self.emit(depth, f"bang.{mnemonic} %b{dst}, %x, %bytes : {NRAM}, memref<64xf32>, index")
        else:
            a, b = self.rng.choice(readable), self.rng.choice(readable)
            self.emit(depth, f"bang.add %b{dst}, %b{a}, %b{b}, %n : {NRAM}, {NRAM}, {NRAM}, index")
            self.emit(depth, f"bang.mul_scalar %b{dst}, %b{dst}, %half, %n : {NRAM}, {NRAM}, f32, index")
        if dst not in readable:
            readable.append(dst)

    def block(self, readable: list[int], depth: int) -> None:
        for _ in range(self.rng.randint(3, 9)):
            if depth < 2 and self.rng.random() < 0.25:
                self.fresh += 1
                self.emit(depth, f"scf.for %i{self.fresh} = %c0 to %c3 step %c1 {{")
                # What the loop writes first is its own: it need not exist behind the loop.
                self.block(list(readable), depth + 1)
                self.emit(depth, "}")
            else:
                self.operation(readable, depth)
        for buffer in readable[:3]:
            self.store(buffer, depth)

    def function(self, name: str) -> str:
        head = [
            *(f"%c{i} = arith.constant {i} : index" for i in (0, 1, 3)),
            *(
                "%n = arith.constant 64 : index",
                "%bytes = arith.constant 256 : index",
                "%half = arith.constant 0.5 : f32",
            ),
            *(f"%b{i} = memref.alloc() : {NRAM}" for i in range(BUFFERS)),
        ]
        body = "\n".join(["    " + line for line in head] + self.lines)
        arguments = f"%x: memref<64xf32>, %y: {OUT}"
        return f"  func.func @{name}({arguments}) attributes {{mlu.kernel}} {{\n{body}\n    return\n  }}\n"


def outputs(sim, ir: str, count: int) -> list[np.ndarray]:
    text = tool("translate", "--mlu-to-bangc", text=tool("opt", "-mlu-insert-sync", text=ir))
    results = []
    for i in range(count):
        x, y = np.arange(ELEMENTS, dtype=np.float32), np.zeros((SLOTS, ELEMENTS), np.float32)
        assert launch(sim, text, f"k{i}", [x, y], "mtp_372") == "", f"k{i}:\n{text}"
        results.append(y)
    return results


def plan(first: int, count: int) -> tuple[str, str]:
    """The planned programs, and the same with each buffer at an address of its own."""
    functions = "".join(Program(first + i).function(f"k{i}") for i in range(count))
    module = f'module attributes {{mlu.target = "mtp_372"}} {{\n{functions}}}\n'
    planned = tool("opt", "-mlu-plan-memory", text=module)
    numbers = count_from(0)
    apart = re.sub(r"bang\.offset = \d+", lambda _: f"bang.offset = {next(numbers) % BUFFERS * 256}", planned)
    return planned, apart


def test_sharing_changes_no_result(sim, first: int = 0, count: int = 20):
    planned, apart = plan(first, count)
    offsets = [set(re.findall(r"bang\.offset = (\d+)", kernel)) for kernel in planned.split("func.func")[1:]]
    assert min(map(len, offsets)) < BUFFERS // 2, "nothing is shared"
    for i, (a, b) in enumerate(zip(outputs(sim, planned, count), outputs(sim, apart, count))):
        np.testing.assert_array_equal(a, b, err_msg=f"k{i}")


def test_a_wrong_plan_changes_results(sim):
    _, apart = plan(0, 4)
    wrong = re.sub(r"bang\.offset = \d+", "bang.offset = 0", apart)
    with pytest.raises(AssertionError):  # the sanitizer or the results
        for a, b in zip(outputs(sim, wrong, 4), outputs(sim, apart, 4)):
            np.testing.assert_array_equal(a, b)
