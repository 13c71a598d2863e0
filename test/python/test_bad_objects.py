"""As test_bad_input.py, for what is no public function: operators, indexing, methods of modules and optimisers."""

from __future__ import annotations

import operator
import re

import numpy as np
import pytest
from test_bad_input import JUNK

import metabang as mb
from metabang import nn, optim

x, pending, integers = mb.array(np.ones((2, 3), np.float32)), mb.input((2, 3)), mb.ones((2, 3), "int32")
flags = integers > 0
OPERATORS = """add sub mul truediv floordiv mod pow lshift rshift and_ or_ xor eq ne lt le gt ge matmul""".split()
program = mb.compile(pending + 1, [pending])


def operate(name):
    operation = getattr(operator, name)
    for tensor in (x, pending, integers, flags):
        yield lambda junk, tensor=tensor: operation(tensor, junk)
        yield lambda junk, tensor=tensor: operation(junk, tensor)


def write(key, value):
    y = mb.zeros((2, 3))
    y[key] = value


def load(state):
    nn.Linear(3, 2).load_state_dict(state)


def load_one(key, value):
    layer = nn.Linear(3, 2)
    layer.load_state_dict({**layer.state_dict(), key: value})


def step(**changes):
    p = nn.Parameter(np.ones(3, np.float32))
    optimizer = optim.SGD([p], 0.1)
    vars(optimizer).update(changes)
    optimizer.step(mb.sum(p * p))


MODULES = [
    nn.Linear(3, 2), nn.Conv2d(4, 4, 3), nn.ConvTranspose2d(4, 4, 3), nn.BatchNorm2d(4).train(), nn.LayerNorm(3),
    nn.LSTM(3, 3), nn.GRU(3, 3), nn.LSTMCell(3, 3), nn.GRUCell(3, 3), nn.Embedding(4, 3), nn.Sequential(nn.ReLU()),
    nn.Flatten(), nn.Dropout().train(), nn.PReLU(), nn.MaxPool2d(2), nn.GELU(), nn.ModuleList([nn.ReLU()]),
]  # fmt: skip
sequence, row = mb.input((4, 2, 3)), mb.input((2, 3))
CALLS = {
    **{f"x {name} junk, junk {name} x": list(operate(name)) for name in OPERATORS},
    "reading": [
        lambda junk: x[junk], lambda junk: pending[0, junk], lambda junk: x[junk, ..., junk],
        lambda junk: x[junk:], lambda junk: x[:junk], lambda junk: x[::junk],
    ],
    "writing": [
        lambda junk: write(junk, 1), lambda junk: write((0, junk), 1), lambda junk: write(slice(None, None, junk), 1),
        lambda junk: write(0, junk), lambda junk: write(flags, junk),
    ],
    "methods with *arguments": [
        lambda junk: x.reshape(junk), lambda junk: x.reshape(2, junk), lambda junk: x.transpose(junk),
        lambda junk: x.permute(junk, 0), lambda junk: x.to_device(junk), lambda junk: x.to_device("mlu", stream=junk),
    ],
    "sync, compile, einsum": [
        lambda junk: mb.sync(junk), lambda junk: mb.sync([x + 1, junk]), lambda junk: mb.compile(junk),
        lambda junk: mb.compile([x, junk]), lambda junk: mb.compile(x, junk), lambda junk: mb.compile(x, [junk]),
        lambda junk: mb.compile(x, [], junk), lambda junk: mb.compile(x, [], None, junk),
        lambda junk: mb.compile(x, [], progress=junk), lambda junk: mb.einsum(junk, x),
        lambda junk: mb.einsum("ij", junk), lambda junk: mb.einsum("ij,jk", x, junk),
    ],
    "programs": [lambda junk: program(junk), lambda junk: program.run(junk), lambda junk: program.run([junk])],
    "targets": [lambda junk: mb.target(junk).__enter__(), lambda junk: mb.add_progress(junk)()],
    "containers": [
        lambda junk: nn.Sequential(junk), lambda junk: nn.ModuleList(junk), lambda junk: nn.ModuleList([junk]),
        lambda junk: MODULES[10][junk],
    ],
    **{type(module).__name__: [lambda junk, m=module: m(junk)] for module in MODULES},
    "states": [
        lambda junk: nn.LSTM(3, 3)(sequence, junk), lambda junk: nn.LSTM(3, 3)(sequence, (junk, junk)),
        lambda junk: nn.GRU(3, 3)(sequence, junk), lambda junk: nn.LSTMCell(3, 3)(row, (junk, junk)),
        lambda junk: nn.GRUCell(3, 3)(row, junk),
    ],
    "two operands": [lambda junk: nn.MSELoss()(x, junk), lambda junk: nn.Bilinear(3, 3, 3)(junk, row)],
    "state dicts": [
        load, lambda junk: load_one("weight", junk), lambda junk: load_one(junk if junk.__hash__ else None, 1),
        lambda junk: nn.ReLU().train(junk), lambda junk: nn.Buffer(np.zeros(3, np.float32)).update(junk),
        lambda junk: nn.Parameter(np.zeros(3, np.float32)).set(junk), lambda junk: nn.ReLU().named_state(junk),
    ],
    "optimizers": [
        lambda junk: optim.Optimizer(junk, 0.1), lambda junk: step(lr=junk),
        lambda junk: optim.SGD([nn.Parameter(np.zeros(3, np.float32))], 0.1).step(junk),
    ],
}  # fmt: skip


@pytest.mark.filterwarnings("ignore::metabang.HostWarning")
@pytest.mark.parametrize("name", CALLS)
def test_every_operand(name):
    for number, call in enumerate(CALLS[name]):
        for junk in JUNK:
            try:
                call(junk)
            except mb.MetaBangError as error:
                sentence = str(error)
                assert re.match(r"\S*test_bad_(objects|input).py:\d+: .{15}", sentence), f"{number}: {sentence}"
                assert "metabang." not in sentence
            except Exception as error:
                pytest.fail(f"{name}, call {number} with {junk!r}: {type(error).__name__}: {error}")


def test_an_unknown_type_may_know_the_operator():
    class Unit:
        def __radd__(self, other):
            return other * 2

    assert (x + Unit()).shape == (2, 3)
    with pytest.raises(mb.DTypeError, match="sub needs a tensor or a number as its other operand"):
        x - Unit()


@pytest.mark.parametrize(
    "call, sentence",
    [
        (lambda: nn.functional.conv2d(x), r"conv2d\(\) missing 1 required positional argument: 'weight'"),
        (lambda: nn.Linear(3, 2, biased=True), "unexpected keyword argument 'biased'"),
        (lambda: nn.Linear(3, 2)(), "missing 1 required positional argument: 'x'"),
        (lambda: nn.ReLU(1), r"ReLU\(\): too many positional arguments"),
        (lambda: optim.SGD([]), "missing 1 required positional argument: 'lr'"),
        (lambda: mb.reindex(x, (2,)), "missing 1 required positional argument: 'indexes'"),
        (lambda: mb.grad(mb.sum(x), x, create_graph=True), "unexpected keyword argument 'create_graph'"),
        (lambda: mb.compile(x, device="mlu"), "unexpected keyword argument 'device'"),
    ],
)
def test_missing_and_unknown_arguments(call, sentence):
    with pytest.raises(TypeError, match=r"test_bad_objects.py:\d+: .*" + sentence):
        call()
