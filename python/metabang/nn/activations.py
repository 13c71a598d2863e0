"""Activations as modules: each calls its formula in ``functional`` with the arguments it was made with."""

import inspect

import numpy as np

import metabang as mb
from metabang.nn import functional as F
from metabang.nn.module import Module, Parameter
from metabang.nn.windows import positive
from metabang.var import Var


def _activation(name: str, formula, *parameters: str) -> type[Module]:
    """A module class that holds ``parameters`` (names with defaults taken from the formula)."""
    signature = inspect.Signature([inspect.signature(formula).parameters[each] for each in parameters])

    def __init__(self, *arguments, **options):
        try:
            given = signature.bind(*arguments, **options)
        except TypeError as error:
            raise mb.DTypeError(f"{name}({', '.join(parameters)}): {error}") from None
        given.apply_defaults()
        vars(self).update(given.arguments)

    def forward(self, x: Var) -> Var:
        return formula(x, *(getattr(self, each) for each in parameters))

    documentation = formula.__doc__ or f"``functional.{formula.__name__}``, element by element."
    return type(
        name, (Module,), {"__init__": __init__, "forward": forward, "__doc__": documentation, "__module__": __name__}
    )


ReLU = _activation("ReLU", F.relu)
ReLU6 = _activation("ReLU6", F.relu6)
LeakyReLU = _activation("LeakyReLU", F.leaky_relu, "negative_slope")
ELU = _activation("ELU", F.elu, "alpha")
CELU = _activation("CELU", F.celu, "alpha")
SELU = _activation("SELU", F.selu)
Sigmoid = _activation("Sigmoid", F.sigmoid)
LogSigmoid = _activation("LogSigmoid", F.logsigmoid)
Tanh = _activation("Tanh", F.tanh)
SiLU = _activation("SiLU", F.silu)
GELU = _activation("GELU", F.gelu, "approximate")
Mish = _activation("Mish", F.mish)
Softplus = _activation("Softplus", F.softplus, "beta")
Softsign = _activation("Softsign", F.softsign)
Softshrink = _activation("Softshrink", F.softshrink, "lambd")
Hardshrink = _activation("Hardshrink", F.hardshrink, "lambd")
Tanhshrink = _activation("Tanhshrink", F.tanhshrink)
Threshold = _activation("Threshold", F.threshold, "threshold", "value")
Hardtanh = _activation("Hardtanh", F.hardtanh, "min_val", "max_val")
Hardsigmoid = _activation("Hardsigmoid", F.hardsigmoid)
Hardswish = _activation("Hardswish", F.hardswish)
GLU = _activation("GLU", F.glu, "axis")
Softmax = _activation("Softmax", F.softmax, "axis")
Softmin = _activation("Softmin", F.softmin, "axis")
LogSoftmax = _activation("LogSoftmax", F.log_softmax, "axis")


class Softmax2d(Module):
    """The softmax over the channels of [N, C, H, W]."""

    def forward(self, x: Var) -> Var:
        if x.ndim != 4:
            raise mb.ShapeError(f"Softmax2d needs an input of shape [N, C, H, W], not {x.shape}")
        return F.softmax(x, 1)


class PReLU(Module):
    """x where x >= 0, else ``weight * x``; ``weight`` has one element or one a channel (dimension 1)."""

    def __init__(self, num_parameters: int = 1, init: float = 0.25):
        positive(num_parameters=num_parameters)
        self.weight = Parameter(np.full(num_parameters, init, np.float32))

    def forward(self, x: Var) -> Var:
        return F.prelu(x, self.weight)
