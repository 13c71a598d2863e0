"""The emitter's C expressions on random scalar arithmetic: what a kernel stores is what the operations mean."""

from __future__ import annotations

import random

import numpy as np
import pytest
from compiled import launch, tool

pytest.importorskip("metabang._core", reason="needs the compiler: build the extension")

INPUTS, OUTPUTS = 6, 24
COMPARE = {"slt": "<", "sle": "<=", "sgt": ">", "sge": ">=", "eq": "==", "ne": "!="}


class Program:
    """Random operations on indices and floats with their values in Python."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.lines: list[str] = []
        self.fresh = 0
        self.inputs = [self.rng.randint(-20, 40) for _ in range(INPUTS)]
        self.ints: list[tuple[str, int]] = []
        self.floats: list[tuple[str, np.float32]] = []
        self.bools: list[tuple[str, bool]] = []
        self.expected = np.zeros(OUTPUTS, np.int32)
        for i, value in enumerate(self.inputs):
            name = self.add(f"memref.load %x[%c{i}] : memref<{INPUTS}xi32>")
            self.ints.append((self.add(f"arith.index_cast {name} : i32 to index"), value))
            self.floats.append((self.add(f"arith.sitofp {name} : i32 to f32"), np.float32(value)))
        for slot in range(OUTPUTS):
            for _ in range(self.rng.randint(1, 5)):
                self.operation()
            self.store(slot)

    def add(self, text: str) -> str:
        self.fresh += 1
        self.lines.append(f"    %v{self.fresh} = {text}")
        return f"%v{self.fresh}"

    def pick(self, values: list) -> tuple:
        # Recent values, so that expressions grow deep and most values are used once.
        return self.rng.choice(values[-4:])

    def constant(self, low: int, high: int) -> tuple[str, int]:
        value = self.rng.randint(low, high)
        return self.add(f"arith.constant {value} : index"), value

    def operation(self) -> None:
        kind = self.rng.choice(["sum", "product", "divide", "extreme", "compare", "logic", "select", "float", "bits"])
        (a, x), (b, y) = self.pick(self.ints), self.pick(self.ints)
        if self.rng.random() < 0.3:
            b, y = self.constant(-9, 9)
        if kind == "sum":
            op = self.rng.choice(["addi", "subi"])
            self.ints.append((self.add(f"arith.{op} {a}, {b} : index"), x + y if op == "addi" else x - y))
        elif kind == "product" and abs(x * y) < 10000:
            self.ints.append((self.add(f"arith.muli {a}, {b} : index"), x * y))
        elif kind == "divide":
            b, y = self.constant(1, 7)
            op, value = self.rng.choice(
                [
                    ("divsi", int(x / y)),
                    ("remsi", x - int(x / y) * y),
                    ("floordivsi", x // y),
                    ("ceildivsi", -(-x // y)),
                    *([("divui", x // y), ("remui", x % y), ("ceildivui", -(-x // y))] if x >= 0 else []),
                ]
            )
            self.ints.append((self.add(f"arith.{op} {a}, {b} : index"), value))
        elif kind == "extreme":
            op = self.rng.choice(["minsi", "maxsi"])
            self.ints.append((self.add(f"arith.{op} {a}, {b} : index"), min(x, y) if op == "minsi" else max(x, y)))
        elif kind == "compare":
            if self.rng.random() < 0.3:
                (a, x), (b, y) = self.pick(self.floats), self.pick(self.floats)
                op, value = self.rng.choice([("olt", x < y), ("oge", x >= y), ("une", x != y), ("ugt", x > y)])
                self.bools.append((self.add(f"arith.cmpf {op}, {a}, {b} : f32"), bool(value)))
            elif self.rng.random() < 0.3:
                unsigned = (x % 2**32) < (y % 2**32)
                self.bools.append((self.add(f"arith.cmpi ult, {a}, {b} : index"), unsigned))
            else:
                op, sign = self.rng.choice(list(COMPARE.items()))
                self.bools.append((self.add(f"arith.cmpi {op}, {a}, {b} : index"), eval(f"{x} {sign} {y}")))
        elif kind == "logic" and self.bools:
            (a, x), (b, y) = self.pick(self.bools), self.pick(self.bools)
            op, value = self.rng.choice([("andi", x and y), ("ori", x or y), ("xori", x != y)])
            self.bools.append((self.add(f"arith.{op} {a}, {b} : i1"), value))
        elif kind == "select" and self.bools:
            c, z = self.pick(self.bools)
            self.ints.append((self.add(f"arith.select {c}, {a}, {b} : index"), x if z else y))
        elif kind == "float":
            (a, x), (b, y) = self.pick(self.floats), self.pick(self.floats)
            op, value = self.rng.choice(
                [("addf", x + y), ("subf", x - y), ("maximumf", max(x, y)), ("minimumf", min(x, y)), ("mulf", x * y)]
            )
            if abs(value) < 1e6:
                self.floats.append((self.add(f"arith.{op} {a}, {b} : f32"), np.float32(value)))
            if self.rng.random() < 0.3:
                self.floats.append((self.add(f"arith.negf {a} : f32"), -x))
        elif kind == "bits":
            op, value = self.rng.choice([("andi", x & y), ("ori", x | y), ("xori", x ^ y)])
            self.ints.append((self.add(f"arith.{op} {a}, {b} : index"), value))
            if abs(x) < 1000:
                s, n = self.constant(1, 3)
                op, value = self.rng.choice([("shli", x << n), ("shrsi", x >> n)])
                self.ints.append((self.add(f"arith.{op} {a}, {s} : index"), value))

    def store(self, slot: int) -> None:
        if self.bools and self.rng.random() < 0.2:
            name, value = self.pick(self.bools)
            name = self.add(f"arith.extui {name} : i1 to i32")
        elif self.rng.random() < 0.3:
            name, value = self.pick(self.floats)
            name = self.add(f"arith.fptosi {name} : f32 to i32")
        else:
            name, value = self.pick(self.ints)
            name = self.add(f"arith.index_cast {name} : index to i32")
        self.lines.append(f"    memref.store {name}, %y[%c{slot}] : memref<{OUTPUTS}xi32>")
        self.expected[slot] = int(value)

    def function(self, name: str) -> str:
        constants = "\n".join(f"    %c{i} = arith.constant {i} : index" for i in range(OUTPUTS))
        body = constants + "\n" + "\n".join(self.lines)
        arguments = f"%x: memref<{INPUTS}xi32>, %y: memref<{OUTPUTS}xi32>"
        return f"  func.func @{name}({arguments}) attributes {{mlu.kernel}} {{\n{body}\n    return\n  }}\n"


def test_stored_values(sim, first: int = 0, count: int = 30):
    programs = [Program(first + i) for i in range(count)]
    functions = "".join(program.function(f"k{i}") for i, program in enumerate(programs))
    text = tool("translate", "--mlu-to-bangc", text=f'module attributes {{mlu.target = "mtp_372"}} {{\n{functions}}}\n')
    for i, program in enumerate(programs):
        x, y = np.array(program.inputs, np.int32), np.zeros(OUTPUTS, np.int32)
        assert launch(sim, text, f"k{i}", [x, y], "mtp_372") == ""
        kernel = text.split('extern "C"')[i + 1]
        np.testing.assert_array_equal(y, program.expected, err_msg=f"seed {first + i}\n{x}\n{kernel}")
