"""`mlu-insert-sync` against the simulator's race detector, on random programs of copies and builtins.

No program may race once the pass has run; in straight-line programs, none of the syncs it inserted can be left out.
"""

from __future__ import annotations

import random
import re

import numpy as np
import pytest
from compiled import launch, tool

pytest.importorskip("metabang._core", reason="needs the compiler: build the extension")

ELEMENTS = 64
BYTES = 4 * ELEMENTS
BUFFERS = 6  # the last two share their addresses
NRAM = "memref<64xf32, #mlu.space<nram>>"
SLOTS = "memref<2x64xf32, #mlu.space<nram>>"
SLOT = "memref<64xf32, strided<[1], offset: ?>, #mlu.space<nram>>"
GDRAM = "memref<64xf32>"


class Program:
    """Random builtins on a few buffers, as text IR."""

    def __init__(self, seed: int, nested: bool) -> None:
        self.rng = random.Random(seed)
        self.nested = nested
        self.lines: list[str] = []
        self.fresh = 0
        self.block(depth=0, indent="    ", slot="%c0")

    def name(self) -> str:
        self.fresh += 1
        return f"%v{self.fresh}"

    def buffer(self, indent: str, slot: str) -> tuple[str, str]:
        """An operand and its type: a buffer, or one slot of the double buffer."""
        if self.rng.random() < 0.75:
            return f"%b{self.rng.randrange(BUFFERS)}", NRAM
        index = slot
        if self.rng.random() < 0.5:
            index = self.name()
            self.lines.append(f"{indent}{index} = arith.subi %c1, {slot} : index")
        view = self.name()
        self.lines.append(f"{indent}{view} = memref.subview %slots[{index}, 0] [1, 64] [1, 1] : {SLOTS} to {SLOT}")
        return view, SLOT

    def operation(self, indent: str, slot: str) -> None:
        # The simulator lets a synchronous copy wait for all builtins, the pass only for those it meets.
        kind = self.rng.choice(["load", "store", "compute", "compute", "move"] + ["copy"] * self.nested)
        (a, ta), (b, tb) = self.buffer(indent, slot), self.buffer(indent, slot)
        if kind == "load":
            text = f"bang.memcpy_async {a}, %x, %bytes : {ta}, {GDRAM}, index"
        elif kind == "store":
            text = f"bang.memcpy_async %y, {a}, %bytes : {GDRAM}, {ta}, index"
        elif kind == "compute":
            text = f"bang.add {a}, {b}, {b}, %n : {ta}, {tb}, {tb}, index"
            if (ta == SLOT) != (tb == SLOT) or a != b:
                text = f"bang.add {a}, {a}, {a}, %n : {ta}, {ta}, {ta}, index" if ta == SLOT or tb == SLOT else text
        elif kind == "move":
            # A 2-D copy of one segment runs on the Move pipeline.
            text = (
                f"bang.memcpy_2d_async {a}, {b}, %bytes, %bytes, %bytes, %c1 : {ta}, {tb}, index, index, index, index"
            )
        else:
            text = f"bang.memcpy {a}, %x, %bytes : {ta}, {GDRAM}, index"
        if kind in ("move", "compute") and self.overlaps(a, b):
            return
        self.lines.append(indent + text)

    @staticmethod
    def overlaps(a: str, b: str) -> bool:
        shared = {f"%b{BUFFERS - 2}", f"%b{BUFFERS - 1}"}
        return a == b or {a, b} == shared or (a.startswith("%v") and b.startswith("%v"))

    def block(self, depth: int, indent: str, slot: str) -> None:
        for _ in range(self.rng.randint(2, 7) if self.nested else 16):
            if self.nested and depth < 2 and self.rng.random() < 0.3:
                self.loop(depth, indent)
            elif self.nested and depth > 0 and self.rng.random() < 0.2:
                condition = self.name()
                self.lines.append(f"{indent}{condition} = arith.cmpi eq, {slot}, %c0 : index")
                self.lines.append(f"{indent}scf.if {condition} {{")
                self.operation(indent + "  ", slot)
                self.lines.append(f"{indent}}}")
            else:
                self.operation(indent, slot)

    def loop(self, depth: int, indent: str) -> None:
        iv, slot, result, other = (self.name() for _ in range(4))
        self.lines.append(f"{indent}{result} = scf.for {iv} = %c0 to %c3 step %c1 iter_args({slot} = %c0) -> index {{")
        self.block(depth + 1, indent + "  ", slot)
        self.lines.append(f"{indent}  {other} = arith.subi %c1, {slot} : index")
        self.lines.append(f"{indent}  scf.yield {other} : index")
        self.lines.append(f"{indent}}}")

    def function(self, name: str) -> str:
        offsets = [i * BYTES for i in range(BUFFERS - 1)] + [(BUFFERS - 2) * BYTES]
        head = [
            *(f"%c{i} = arith.constant {i} : index" for i in (0, 1, 3)),
            *(f"%n = arith.constant {ELEMENTS} : index", f"%bytes = arith.constant {BYTES} : index"),
            *("%two = arith.constant 128 : index", "%one = arith.constant 1.0 : f32"),
            *(f"%b{i} = memref.alloc() {{bang.offset = {o} : i64}} : {NRAM}" for i, o in enumerate(offsets)),
            f"%slots = memref.alloc() {{bang.offset = {BUFFERS * BYTES} : i64}} : {SLOTS}",
            *(f"bang.write_value %b{i}, %n, %one : {NRAM}, index, f32" for i in range(BUFFERS)),
            f"bang.write_value %slots, %two, %one : {SLOTS}, index, f32",
            "bang.sync",
        ]
        body = "\n".join(["    " + line for line in head] + self.lines)
        return f"  func.func @{name}(%x: {GDRAM}, %y: {GDRAM}) attributes {{mlu.kernel}} {{\n{body}\n    return\n  }}\n"


def emit(programs: list[Program], target: str, sync: bool = True) -> str:
    """BANG C with a kernel k0, k1, … for each program."""
    functions = "".join(program.function(f"k{i}") for i, program in enumerate(programs))
    module = f'module attributes {{mlu.target = "{target}"}} {{\n{functions}}}\n'
    return tool("translate", "--mlu-to-bangc", text=tool("opt", "-mlu-insert-sync", text=module) if sync else module)


def report(sim, text: str, kernel: str, device: str) -> str:
    """What the sanitizer says about one kernel of `text`."""
    return launch(sim, text, kernel, [np.zeros(ELEMENTS, np.float32) for _ in range(2)], device)


@pytest.mark.parametrize("device", ["mtp_270", "mtp_372"])
def test_no_program_races(sim, device):
    programs = [Program(seed, nested=True) for seed in range(40)]
    text = emit(programs, device)
    for i in range(len(programs)):
        assert report(sim, text, f"k{i}", device) == "", f"k{i}:\n{text}"


def test_the_programs_race_without_the_pass(sim):
    programs = [Program(seed, nested=True) for seed in range(40)]
    text = emit(programs, "mtp_372", sync=False)
    assert sum("race" in report(sim, text, f"k{i}", "mtp_372") for i in range(40)) > 25


def test_every_sync_is_needed(sim):
    head, *kernels = emit([Program(seed, nested=False) for seed in range(20)], "mtp_372").split('extern "C"')
    variants = []
    for kernel in kernels:
        for found in list(re.finditer(r"^ *__sync\w*\(\);$", kernel, re.M))[1:]:  # the first belongs to the program
            without = kernel[: found.start()] + kernel[found.end() :]
            variants.append(re.sub(r"void k\d+\(", f"void k{len(variants)}(", without))
    assert len(variants) > 20
    text = 'extern "C"'.join([head, *variants])
    kept = [variant for i, variant in enumerate(variants) if "race" not in report(sim, text, f"k{i}", "mtp_372")]
    assert not kept, kept[0]
