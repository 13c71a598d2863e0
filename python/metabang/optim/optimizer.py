"""What optimisers share: one program a step computes the loss, the gradients, the new parameters and the new state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

import metabang as mb
from metabang.arguments import described, is_number
from metabang.autograd import gradients_of
from metabang.nn.module import Buffer, Parameter
from metabang.optim.clip import check_max_norm, clip_grad_norm, widened
from metabang.var import Var


class Optimizer:
    """Base class: a subclass says in `update` how one parameter changes.

    `parameters` are tensors, or groups, each a dict of "params" and of options of its own, such as "lr". A group is
    kept in `param_groups` with all of `options`, which may be assigned between steps; `lr` is that of the first group,
    and assigned to all. Rates are inputs of the step's program, so a schedule compiles nothing anew. What a changed
    option needs from step to step starts with zeros. Of 16-bit parameters the gradient, the averages and the step are
    computed in float32.
    """

    def __init__(
        self, parameters: Iterable[Parameter | Mapping], lr: float, max_norm: float | None = None, **options
    ) -> None:
        self.param_groups: list[dict[str, Any]] = _groups(parameters, {"lr": lr, **options})
        self.parameters: list[Parameter] = [p for group in self.param_groups for p in group["params"]]
        if not self.parameters:
            raise mb.MetaBangError("an optimizer needs at least one parameter; pass model.parameters()")
        for number, p in enumerate(self.parameters):
            if not isinstance(p, Var):
                raise mb.DTypeError(f"an optimizer changes tensors, got {described(p)}; pass model.parameters()")
            if p._node.op != "input":
                raise mb.MetaBangError(
                    "an optimizer changes leaves, got a tensor that is computed; pass model.parameters()"
                )
            if any(p is other for other in self.parameters[:number]):
                raise mb.MetaBangError("a parameter is in the groups of an optimizer twice; pass it once")
        for group in self.param_groups:
            self.check(group)
        if max_norm is not None:
            check_max_norm(max_norm)
        self.max_norm = max_norm
        self.steps = 0
        # Zeros before the first step, so that it runs the program of all others.
        self.state: list[dict[str, Var]] = [
            self._with_zeros({}, p, group) for group in self.param_groups for p in group["params"]
        ]

    @property
    def lr(self) -> float:
        """The learning rate of the first group."""
        return self.param_groups[0]["lr"]

    @lr.setter
    def lr(self, value: float) -> None:
        for group in self.param_groups:
            group["lr"] = value

    def check(self, group: dict[str, Any]) -> None:
        """Raises MetaBangError for options that make no sense."""
        for name in {"lr", "weight_decay", "momentum", "eps"} & group.keys():
            if not is_number(group[name]):
                raise mb.DTypeError(f"an optimizer needs a number for `{name}`, got {described(group[name])}")
            if not group[name] >= 0:  # NaN neither
                what = "a learning rate" if name == "lr" else f"`{name}`"
                raise mb.MetaBangError(f"{what} is not negative, got {group[name]}")

    def averages(self, group: dict[str, Any]) -> tuple[str, ...]:
        """The names of what `update` keeps from step to step, in the shape of the parameter."""
        return ()

    def update(
        self, p: Var, g: Var, state: dict[str, Var], group: dict[str, Any], lr: Var, **scalars: Var
    ) -> tuple[Var, dict[str, Var]]:
        """The new value of parameter `p` with gradient `g`, and its new state. All are tensors of the graph.

        `group` has the options, `scalars` are those of the step.
        """
        raise NotImplementedError

    def scalars(self, group: dict[str, Any]) -> dict[str, Var]:
        """What changes with `steps`, inputs of the step's program that all updates of a group share."""
        return {}

    def step(self, loss: Var) -> float:
        """Changes the parameters by the gradients of `loss`, a tensor of one element, and returns its value.

        Gradients whose joint 2-norm exceeds `max_norm` are scaled down to it. Running statistics that the forward pass
        updated are computed in the same program. Raises MetaBangError where a parameter gets no gradient.
        """
        if loss.size != 1:
            raise mb.ShapeError(f"a loss has one element, this one has shape {loss.shape}; reduce it with mb.mean")
        remedy = "give the optimizer only what it depends on"
        for group in self.param_groups:
            self.check(group)
        gradients = [widened(g) for g in gradients_of(loss, self.parameters, "parameter number", remedy)]
        self.steps += 1
        if self.max_norm is not None:
            gradients = clip_grad_norm(gradients, self.max_norm)
        updates = self._updates(gradients)
        statistics = sorted(Buffer.pending.values(), key=lambda buffer: buffer._node.uid)
        mb.sync([loss, *statistics, *(v for value, state in updates for v in (value, *state.values()))])
        for k, (value, state) in enumerate(updates):
            self.parameters[k].assign(value)
            self.state[k] = {name: mb.array(v) for name, v in state.items()}
        for buffer in statistics:
            buffer.settle()
        return loss.item()

    def _updates(self, gradients: list[Var]) -> list[tuple[Var, dict[str, Var]]]:
        updates: list[tuple[Var, dict[str, Var]]] = []
        pairs = iter(zip(gradients, self.state))
        for group in self.param_groups:
            scalars = {"lr": mb.array(group["lr"], "float32"), **self.scalars(group)}
            for p, (g, state) in zip(group["params"], pairs):
                g = -g if group.get("maximize") else g
                state = self._with_zeros(state, p, group)
                value, state = self.update(widened(p), g, state, group, **scalars)
                updates.append((value.astype(p.dtype), state))
        return updates

    def _with_zeros(self, state: dict[str, Var], p: Var, group: dict[str, Any]) -> dict[str, Var]:
        """`state` with zeros for the averages of parameter `p` that it lacks, in the dtype of the step."""
        dtype = widened(p).dtype
        missing = [name for name in self.averages(group) if name not in state]
        return {**state, **{name: mb.array(np.zeros(p.shape, np.float32), dtype) for name in missing}}


def _groups(parameters: Iterable[Parameter | Mapping], defaults: dict[str, Any]) -> list[dict[str, Any]]:
    """Groups with all options. Raises DTypeError for an option that the optimiser does not have."""
    given = _listed(parameters, "an optimizer needs")
    if not any(isinstance(each, Mapping) for each in given):
        return [{"params": given, **defaults}]
    groups = []
    for group in given:
        if not isinstance(group, Mapping) or "params" not in group:
            raise mb.DTypeError(f'a group of parameters is a dict with "params", got {described(group)}')
        for name in group:
            if name not in ("params", *defaults):
                raise mb.DTypeError(f"a group of parameters has no option '{name}'; it has {', '.join(defaults)}")
        params = [group["params"]] if isinstance(group["params"], Var) else group["params"]
        params = _listed(params, 'the "params" of a group are')
        groups.append({**defaults, **group, "params": params})
    return groups


def _listed(parameters: Iterable, start: str) -> list:
    """Several parameters as a list. Raises DTypeError, a sentence with this start, for what is none."""
    if isinstance(parameters, (Var, Mapping, str, bytes)) or not isinstance(parameters, Iterable):
        raise mb.DTypeError(f"{start} several tensors, got {described(parameters)}; pass model.parameters() or a list")
    return list(parameters)
