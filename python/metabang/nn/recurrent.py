"""Recurrent layers: a Python loop over the steps; the graph is lazy, so a sequence is one program."""

import inspect
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
        self.input_size, self.hidden_size = input_size, hidden_size

    def zeros(self, x: Var) -> Var:
        if x.ndim != 2 or x.shape[1] != self.input_size:
            raise mb.ShapeError(f"{type(self).__name__} needs an input of shape [N, {self.input_size}], not {x.shape}")
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


class RNNCell(_Cell):
    """One step (Elman 1990): x [N, I], h [N, H]; the new h, ``nonlinearity`` ("tanh" or "relu") of their sum."""

    gates = 1

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, nonlinearity: str = "tanh"):
        if nonlinearity not in ("tanh", "relu"):
            raise mb.MetaBangError(f"nonlinearity is 'tanh' or 'relu', not '{nonlinearity}'")
        super().__init__(input_size, hidden_size, bias)
        self.function = mb.tanh if nonlinearity == "tanh" else mb.relu

    def forward(self, x: Var, h: Var | None = None) -> Var:
        h = self.zeros(x) if h is None else h
        return self.function(F.linear(x, self.weight_ih, self.bias_ih) + F.linear(h, self.weight_hh, self.bias_hh))


class _Recurrent(Module):
    """Layers of cells over [L, N, I], or [N, L, I] with ``batch_first``. Parameters are PyTorch's: ``weight_ih_l0``.
    Of one sequence [L, I] also the state and the results are without N.

    ``dropout``: of what goes from layer to layer. ``bidirectional``: each layer has a second cell, which reads the
    sequence from its end, and its outputs [..., 2 * H] are those of both.
    """

    cell: type[_Cell]

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True, batch_first: bool = False,
        dropout: float = 0.0, bidirectional: bool = False, **options,
    ):  # fmt: skip
        positive(num_layers=num_layers)
        if unknown := options.keys() - inspect.signature(self.cell).parameters:
            raise mb.DTypeError(f"{type(self).__name__} has no option '{min(unknown)}'")
        if not 0 <= dropout <= 1:
            raise mb.MetaBangError(f"the dropout of {type(self).__name__} is between 0 and 1, not {dropout}")
        self.directions = ("", "_reverse") if bidirectional else ("",)
        self.cells: list[_Cell] = []  # layer by layer, of each direction
        for k in range(num_layers):
            size = hidden_size * len(self.directions) if k else input_size
            for direction in self.directions:
                self.cells.append(self.cell(size, hidden_size, bias, **options))
                for name, value in self.cells[-1].named_state():
                    setattr(self, f"{name}_l{k}{direction}", value)
        self.input_size, self.batch_first, self.dropout = input_size, batch_first, dropout

    def run(self, x: Var, states: list) -> tuple[Var, list]:
        """The outputs of the last layer and the final state of each cell."""
        if x.ndim != 3 or x.shape[2] != self.input_size or 0 in x.shape:
            wanted = f"{'[N, L, I]' if self.batch_first else '[L, N, I]'} with elements and I = {self.input_size}"
            raise mb.ShapeError(f"{type(self).__name__} needs a sequence of shape {wanted}, not {x.shape}")
        steps = [x[:, t] if self.batch_first else x[t] for t in range(x.shape[int(self.batch_first)])]
        for first in range(0, len(self.cells), len(self.directions)):
            if first:
                steps = [F.dropout(step, self.dropout, self.training) for step in steps]
            outputs = []
            for k in range(first, first + len(self.directions)):
                way = slice(None, None, 1 if k == first else -1)
                output, states[k] = self._along(self.cells[k], steps[way], states[k])
                outputs.append(output[way])
            steps = [mb.concat(each, -1) for each in zip(*outputs)] if len(outputs) > 1 else outputs[0]
        return mb.stack(steps, int(self.batch_first)), states

    def _along(self, cell: _Cell, steps: list[Var], state) -> tuple[list[Var], Var | tuple[Var, Var]]:
        outputs = []
        for step in steps:
            state = cell(step, state)
            outputs.append(state[0] if isinstance(state, tuple) else state)
        return outputs, state

    def batched(self, x: Var, *states: Var | None) -> list[Var | None]:
        """One sequence [L, I] and its states [cells, H] as a batch of one."""
        given = [None if each is None else mb.unsqueeze(each, 1) for each in states]
        return [mb.unsqueeze(x, int(not self.batch_first)), *given]

    def alone(self, output: Var, *states: Var) -> list[Var]:
        """The results of a batch of one without it."""
        return [mb.squeeze(output, int(not self.batch_first)), *(mb.squeeze(each, 1) for each in states)]

    def of_cells(self, x: Var, h: Var | None) -> list[Var | None]:
        """A given state [cells, N, H] as one of each cell. Raises ShapeError."""
        if h is None:
            return [None] * len(self.cells)
        wanted = (len(self.cells), *x.shape[not self.batch_first :][:1], self.cells[0].hidden_size)
        if h.shape != wanted:
            raise mb.ShapeError(f"{type(self).__name__} needs a state of shape {wanted}, not {h.shape}")
        return [h[k] for k in range(len(self.cells))]


class LSTM(_Recurrent):
    """(output [L, N, H], (h, c) each [cells, N, H]) of x [L, N, I] and a state (h, c) or None."""

    cell = LSTMCell

    def forward(self, x: Var, state: tuple[Var, Var] | None = None) -> tuple[Var, tuple[Var, Var]]:
        if x.ndim == 2:
            x, *given = self.batched(x, *(state or ()))
            output, last = self.forward(x, tuple(given) or None)
            output, *last = self.alone(output, *last)
            return output, tuple(last)
        given = [None] * len(self.cells) if state is None else list(zip(*(self.of_cells(x, each) for each in state)))
        output, states = self.run(x, given)
        h, c = (mb.stack(each) for each in zip(*states))
        return output, (h, c)


class GRU(_Recurrent):
    """(output [L, N, H], h [cells, N, H]) of x [L, N, I] and a state h or None."""

    cell = GRUCell

    def forward(self, x: Var, h: Var | None = None) -> tuple[Var, Var]:
        if x.ndim == 2:
            return tuple(self.alone(*self.forward(*self.batched(x, h))))
        output, states = self.run(x, self.of_cells(x, h))
        return output, mb.stack(states)


class RNN(GRU):
    """As GRU, of ``RNNCell``; option ``nonlinearity``."""

    cell = RNNCell
