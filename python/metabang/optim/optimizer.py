"""What optimisers share: one program a step computes the loss, the gradients, the new parameters and the new state."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

import metabang as mb
from metabang.arguments import described
from metabang.autograd import gradients_of
from metabang.nn.module import Buffer, Parameter
from metabang.optim.clip import clip_grad_norm
from metabang.var import Var


class Optimizer:
    """Base class: a subclass says in `update` how one parameter changes.

    `lr` may be assigned between steps; it is an input of the step's program, so a schedule compiles nothing anew.
    """

    def __init__(self, parameters: Iterable[Parameter], lr: float, max_norm: float | None = None) -> None:
        self.parameters = list(parameters)
        if not self.parameters:
            raise mb.MetaBangError("an optimizer needs at least one parameter; pass model.parameters()")
        for p in self.parameters:
            if not isinstance(p, Var):
                raise mb.DTypeError(f"an optimizer changes tensors, got {described(p)}; pass model.parameters()")
            if p._node.op != "input":
                raise mb.MetaBangError(
                    "an optimizer changes leaves, got a tensor that is computed; pass model.parameters()"
                )
        if lr < 0:
            raise mb.MetaBangError(f"a learning rate is not negative, got {lr}")
        self.lr, self.max_norm = lr, max_norm
        self.steps = 0
        # Zeros before the first step, so that it runs the program of all others.
        self.state: list[dict[str, Var]] = [
            {name: mb.array(np.zeros(p.shape, np.float32), p.dtype) for name in self.averages()}
            for p in self.parameters
        ]

    def averages(self) -> tuple[str, ...]:
        """The names of what `update` keeps from step to step, in the shape of the parameter."""
        return ()

    def update(self, p: Var, g: Var, state: dict[str, Var], lr: Var, **scalars: Var) -> tuple[Var, dict[str, Var]]:
        """The new value of parameter `p` with gradient `g`, and its new state. All are tensors of the graph.

        `scalars` are those of the step.
        """
        raise NotImplementedError

    def scalars(self) -> dict[str, Var]:
        """What changes with `steps`, inputs of the step's program that all updates share."""
        return {}

    def step(self, loss: Var) -> float:
        """Changes the parameters by the gradients of `loss`, a tensor of one element, and returns its value.

        Gradients whose joint 2-norm exceeds `max_norm` are scaled down to it. Running statistics that the forward pass
        updated are computed in the same program. Raises MetaBangError where a parameter gets no gradient.
        """
        if loss.size != 1:
            raise mb.ShapeError(f"a loss has one element, this one has shape {loss.shape}; reduce it with mb.mean")
        remedy = "give the optimizer only what it depends on"
        gradients = gradients_of(loss, self.parameters, "parameter number", remedy)
        self.steps += 1
        if self.max_norm is not None:
            gradients = clip_grad_norm(gradients, self.max_norm)
        scalars = {"lr": mb.array(self.lr, "float32"), **self.scalars()}
        updates = [self.update(*each, **scalars) for each in zip(self.parameters, gradients, self.state)]
        statistics = sorted(Buffer.pending.values(), key=lambda buffer: buffer._node.uid)
        mb.sync([loss, *statistics, *(v for value, state in updates for v in (value, *state.values()))])
        for k, (value, state) in enumerate(updates):
            self.parameters[k].assign(value)
            self.state[k] = {name: mb.array(v) for name, v in state.items()}
        for buffer in statistics:
            buffer.settle()
        return loss.item()
