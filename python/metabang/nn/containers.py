"""Sequential, and the layers that only pass or reshape their input."""

from collections.abc import Iterable, Iterator, Sequence

from metabang.arguments import described, is_integer
from metabang.errors import AxisError, BoundsError, DTypeError
from metabang.nn.module import Module
from metabang.var import Var


class ModuleList(Module):
    """Modules by number; they are named "0", "1", ... as in PyTorch."""

    def __init__(self, modules: Iterable[Module] = ()):
        for number, module in enumerate(modules):
            if not isinstance(module, Module):
                raise DTypeError(
                    f"{type(self).__name__} holds modules, but number {number} is {described(module)}; a function "
                    "such as F.relu has a module, nn.ReLU()"
                )
            setattr(self, str(number), module)

    def __len__(self) -> int:
        return sum(1 for _ in self.children())

    def __getitem__(self, number: int) -> Module:
        """The module of this number; negative ones count from the end."""
        if not is_integer(number):
            raise DTypeError(f"{type(self).__name__} is indexed by an integer, not by {described(number)}")
        if not -len(self) <= number < len(self):
            raise BoundsError(f"{type(self).__name__} has no module {number}, it has {len(self)}")
        return list(self.children())[number]

    def __iter__(self) -> Iterator[Module]:
        return self.children()


class Sequential(ModuleList):
    """Calls its modules one after the other."""

    def __init__(self, *modules: Module):
        super().__init__(modules)

    def forward(self, x: Var) -> Var:
        for module in self.children():
            x = module(x)
        return x


class Identity(Module):
    def forward(self, x: Var) -> Var:
        return x


class Unflatten(Module):
    """Splits dimension ``axis`` into ``sizes``."""

    def __init__(self, axis: int, sizes: Sequence[int]):
        self.axis, self.sizes = axis, tuple(sizes)

    def forward(self, x: Var) -> Var:
        if not -x.ndim <= self.axis < x.ndim:
            raise AxisError(f"Unflatten has axis {self.axis}, but its operand has the shape {x.shape}")
        axis = self.axis % x.ndim
        return x.reshape(*x.shape[:axis], *self.sizes, *x.shape[axis + 1 :])


class Flatten(Module):
    """Joins the dimensions ``start_dim`` to ``end_dim``."""

    def __init__(self, start_dim: int = 1, end_dim: int = -1):
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, x: Var) -> Var:
        return x.flatten(self.start_dim, self.end_dim)
