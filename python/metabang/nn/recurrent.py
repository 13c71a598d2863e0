"""Recurrent layers: a Python loop over the steps; the graph is lazy, so a sequence is one program."""

import math

import metabang as mb
from metabang.nn import functional as F
from metabang.nn import init
from metabang.nn.module import Module, Parameter
from metabang.nn.windows import positive
from metabang.var import Var


class _Cell(Module):
    gates = 4

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True):
        positive(input_size=input_size, hidden_size=hidden_size)
        bound = 1 / math.sqrt(hidden_size)
        rows = self.gates * hidden_size
        self.weight_ih = Parameter(init.uniform((rows, input_size), bound))
        self.weight_hh = Parameter(init.uniform((rows, hidden_size), bound))
        self.bias_ih = Parameter(init.uniform((rows,), bound)) if bias else None
        self.bias_hh = Parameter(init.uniform((rows,), bound)) if bias else None
        self.hidden_size = hidden_size

    def zeros(self, x: Var) -> Var:
        if x.ndim != 2:
            raise mb.ShapeError(f"{type(self).__name__} needs an input of shape [N, I], not {x.shape}")
        return mb.zeros((x.shape[0], self.hidden_size), x.dtype)

    def parts(self, gates: Var) -> list[Var]:
        """The gates [N, H] of [N, gates * H]."""
        H = self.hidden_size
        return [gates[:, k * H : (k + 1) * H] for k in range(self.gates)]


class LSTMCell(_Cell):
    """One step (Hochreiter and Schmidhuber 1997): x [N, I], state (h, c) each [N, H]; the new (h, c)."""

    def forward(self, x: Var, state: tuple[Var, Var] | None = None) -> tuple[Var, Var]:
        h, c = (self.zeros(x), self.zeros(x)) if state is None else state
        gates = F.linear(x, self.weight_ih, self.bias_ih) + F.linear(h, self.weight_hh, self.bias_hh)
        i, f, g, o = self.parts(gates)
        c = mb.sigmoid(f) * c + mb.sigmoid(i) * mb.tanh(g)
        return mb.sigmoid(o) * mb.tanh(c), c


class GRUCell(_Cell):
    """One step (Cho et al. 2014): x [N, I], h [N, H]; the new h."""

    gates = 3

    def forward(self, x: Var, h: Var | None = None) -> Var:
        h = self.zeros(x) if h is None else h
        own, past = (
            self.parts(F.linear(v, w, b))
            for v, w, b in ((x, self.weight_ih, self.bias_ih), (h, self.weight_hh, self.bias_hh))
        )
        r, z = mb.sigmoid(own[0] + past[0]), mb.sigmoid(own[1] + past[1])
        n = mb.tanh(own[2] + r * past[2])
        return n + z * (h - n)


class _Recurrent(Module):
    """Layers of cells over [L, N, I], or [N, L, I] with ``batch_first``. Parameters are PyTorch's: ``weight_ih_l0``."""

    cell: type[_Cell]

    def __init__(self, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True,
                 batch_first: bool = False):  # fmt: skip
        positive(num_layers=num_layers)
        self.cells = [self.cell(input_size if k == 0 else hidden_size, hidden_size, bias) for k in range(num_layers)]
        for k, cell in enumerate(self.cells):
            for name, value in cell.named_state():
                setattr(self, f"{name}_l{k}", value)
        self.batch_first = batch_first

    def run(self, x: Var, states: list) -> tuple[Var, list]:
        """The outputs of the last layer and the final state of each layer."""
        if x.ndim != 3:
            raise mb.ShapeError(f"{type(self).__name__} needs a sequence of 3 dimensions, not {x.shape}")
        steps = [x[:, t] if self.batch_first else x[t] for t in range(x.shape[int(self.batch_first)])]
        for k, cell in enumerate(self.cells):
            outputs, state = [], states[k]
            for step in steps:
                state = cell(step, state)
                outputs.append(state[0] if isinstance(state, tuple) else state)
            steps, states[k] = outputs, state
        return mb.stack(steps, int(self.batch_first)), states


class LSTM(_Recurrent):
    """(output [L, N, H], (h, c) each [layers, N, H]) of x [L, N, I] and a state (h, c) or None."""

    cell = LSTMCell

    def forward(self, x: Var, state: tuple[Var, Var] | None = None) -> tuple[Var, tuple[Var, Var]]:
        count = len(self.cells)
        states = [None] * count if state is None else [(state[0][k], state[1][k]) for k in range(count)]
        output, states = self.run(x, states)
        h, c = (mb.stack([each[part] for each in states]) for part in (0, 1))
        return output, (h, c)


class GRU(_Recurrent):
    """(output [L, N, H], h [layers, N, H]) of x [L, N, I] and a state h or None."""

    cell = GRUCell

    def forward(self, x: Var, h: Var | None = None) -> tuple[Var, Var]:
        output, states = self.run(x, [None if h is None else h[k] for k in range(len(self.cells))])
        return output, mb.stack(states)
