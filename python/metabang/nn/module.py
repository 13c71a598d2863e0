"""Module: a layer or network that owns parameters, with PyTorch's names for them."""

import weakref
from collections.abc import Iterator, Mapping

import numpy as np

import metabang as mb
from metabang.arguments import described
from metabang.dtypes import FLOATS
from metabang.var import array_of


class Parameter(mb.Var):
    """A learned tensor. ``Parameter(array)``: a leaf that is constant between runs; in training one that is not."""

    learned = True

    def __init__(self, data: np.ndarray, name: str | None = None) -> None:
        self._become(mb.parameter(data, name=name))

    def set(self, data: np.ndarray, name: str | None = None) -> None:
        """Becomes a leaf that holds ``data``, and that kernels and errors call ``name``; dtype and ``requires_grad``
        stay."""
        name = self.name if name is None else name
        self._become(mb.array(data, self.dtype, constant=self.constant, name=name), self.requires_grad)

    def freeze(self, constant: bool) -> None:
        """A constant leaf is folded into the program; one that is not may change at every step at no cost."""
        if constant != self.constant:
            leaf = mb.array(self.numpy(), self.dtype, constant=constant, name=self.name)
            self._become(leaf, self.requires_grad)

    def __deepcopy__(self, memo: dict) -> "Parameter":
        """A leaf of its own with the same value: layers are copied with ``copy.deepcopy``."""
        copy = memo[id(self)] = type(self)(self, self.name)
        copy.freeze(self.constant)
        copy.requires_grad_(self.requires_grad)
        return copy

    def _become(self, leaf: mb.Var, requires_grad: bool | None = None) -> None:
        super().__init__(leaf)
        self.requires_grad_(self.learned and leaf.dtype in FLOATS if requires_grad is None else requires_grad)


class Buffer(Parameter):
    """A tensor that belongs to the state but is not learned, such as a running mean."""

    learned = False
    # Updated, and not computed yet, by id: a set would compare tensors.
    pending: "weakref.WeakValueDictionary[int, Buffer]" = weakref.WeakValueDictionary()

    def update(self, value: mb.Var) -> None:
        """Becomes ``value``, a tensor of the graph, which is computed when it is asked for or with the next step. The
        dtype stays."""
        mb.Var.__init__(self, value.detach().astype(self.dtype))
        Buffer.pending[id(self)] = self

    def settle(self) -> None:
        """Becomes a leaf again, with the value of the last update."""
        if Buffer.pending.pop(id(self), None) is not None:
            self._become(mb.array(self.numpy(), self.dtype))


class Module:
    """Base class. Parameters, buffers and modules set as attributes are found by their attribute names."""

    training = False

    def forward(self, *inputs: mb.Var) -> mb.Var:
        raise mb.MetaBangError(f"{type(self).__name__} has no forward(); a Module that is called defines it")

    def __call__(self, *inputs: mb.Var, **options) -> mb.Var:
        try:
            return self.forward(*inputs, **options)
        except TypeError as error:
            if error.__traceback__.tb_next is None:  # raised by the call itself
                raise mb.DTypeError(str(error)) from None
            raise

    def named_children(self) -> Iterator[tuple[str, "Module"]]:
        """The modules that are attributes of this one, in the order they were set."""
        return ((name, value) for name, value in vars(self).items() if isinstance(value, Module))

    def children(self) -> Iterator["Module"]:
        return (child for _, child in self.named_children())

    def modules(self) -> Iterator["Module"]:
        """This module and all below it, depth first."""
        yield self
        for child in self.children():
            yield from child.modules()

    def named_state(self, prefix: str = "") -> Iterator[tuple[str, Parameter]]:
        """Parameters and buffers of this module and all below it, by dotted name."""
        for name, value in vars(self).items():
            if isinstance(value, Parameter):
                yield prefix + name, value
        for name, child in self.named_children():
            yield from child.named_state(f"{prefix}{name}.")

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """The learned tensors, by dotted name; one that has several names, by its first."""
        learned = [(name, value) for name, value in self.named_state() if not isinstance(value, Buffer)]
        first = {id(value): name for name, value in reversed(learned)}
        return ((name, value) for name, value in learned if first[id(value)] == name)

    def parameters(self) -> Iterator[Parameter]:
        return (value for _, value in self.named_parameters())

    def train(self, mode: bool = True) -> "Module":
        """Sets the mode of this module and all below it. A new module is in evaluation mode."""
        for module in self.modules():
            module.training = mode
        for _, value in self.named_state():
            if isinstance(value, Buffer):
                value.settle()
            value.freeze(constant=not mode)
        return self

    def eval(self) -> "Module":
        return self.train(False)

    def state_dict(self) -> dict[str, np.ndarray]:
        """Arrays of all parameters and buffers by dotted name."""
        own = dict(self.named_state())
        mb.sync(list(own.values()))
        return {name: value.numpy() for name, value in own.items()}

    def load_state_dict(self, state: Mapping[str, np.ndarray]) -> None:
        """Sets every parameter and buffer from ``state``; ``num_batches_tracked`` entries are ignored.

        Raises:
            MetaBangError: a name is missing or unknown; nothing is changed then.
            ShapeError: a shape differs; nothing is changed then.
        """
        own = dict(self.named_state())
        kind = type(self).__name__
        for name in state:
            if not isinstance(name, str):
                raise mb.DTypeError(f"the weights of {kind} are named by strings, not by {described(name)}")
        given = {name: array_of(v, False) for name, v in state.items() if not name.endswith("num_batches_tracked")}
        if missing := own.keys() - given.keys():
            raise mb.MetaBangError(f"the weights lack {_some(missing)} of {kind}; give weights of the same network")
        if unknown := given.keys() - own.keys():
            raise mb.MetaBangError(
                f"the weights hold {_some(unknown)}, unknown to {kind}; give weights of the same network"
            )
        for name, value in own.items():
            if given[name].shape != value.shape:
                raise mb.ShapeError(
                    f"{name} has shape {given[name].shape} in the weights, but {value.shape} in {kind}; give weights "
                    "of the same network"
                )
        for name, value in own.items():
            value.set(given[name], name)


def _some(names) -> str:
    first, *rest = sorted(names)
    return f"{first} and {len(rest)} more" if rest else first
