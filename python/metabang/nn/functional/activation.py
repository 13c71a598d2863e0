"""Activations: element by element, and the softmaxes along an axis."""

import math
from collections.abc import Sequence

import metabang as mb
from metabang.nn.windows import channels
from metabang.var import Var


def relu(x: Var) -> Var:
    """max(x, 0)."""
    return mb.maximum(x, 0)


def relu6(x: Var) -> Var:
    """min(max(x, 0), 6)."""
    return mb.clip(x, 0, 6)


def leaky_relu(x: Var, negative_slope: float = 0.01) -> Var:
    """x where x >= 0, else negative_slope * x."""
    return mb.where(x >= 0, x, x * negative_slope)


def prelu(x: Var, weight: Var) -> Var:
    """x where x >= 0, else weight * x; ``weight`` has one element or one a channel (dimension 1)."""
    if weight.size > 1:
        weight = channels(weight.reshape(-1), x.ndim)
    return mb.where(x >= 0, x, x * weight)


def threshold(x: Var, threshold: float, value: float) -> Var:
    """x where x > threshold, else value."""
    return mb.where(x > threshold, x, value)


def elu(x: Var, alpha: float = 1.0) -> Var:
    """x where x > 0, else alpha * (exp(x) - 1)."""
    return mb.where(x > 0, x, (mb.exp(mb.minimum(x, 0)) - 1) * alpha)


def celu(x: Var, alpha: float = 1.0) -> Var:
    """x where x > 0, else alpha * (exp(x / alpha) - 1)."""
    return mb.where(x > 0, x, (mb.exp(mb.minimum(x, 0) / alpha) - 1) * alpha)


def selu(x: Var) -> Var:
    """Klambauer et al. 2017: 1.0507 * elu(x, 1.6733)."""
    return elu(x, 1.6732632423543772) * 1.0507009873554805


def sigmoid(x: Var) -> Var:
    return mb.sigmoid(x)


def tanh(x: Var) -> Var:
    return mb.tanh(x)


def silu(x: Var) -> Var:
    """x * sigmoid(x), also called swish."""
    return x * mb.sigmoid(x)


def softplus(x: Var, beta: float = 1.0) -> Var:
    """log(1 + exp(beta * x)) / beta, as max(x, 0) + log(1 + exp(-|beta x|)) / beta, which cannot overflow."""
    return mb.maximum(x, 0) + mb.log(mb.exp(-mb.abs(x * beta)) + 1) / beta


def logsigmoid(x: Var) -> Var:
    """log(sigmoid(x)) = -softplus(-x)."""
    return -softplus(-x)


def mish(x: Var) -> Var:
    """x * tanh(softplus(x)) (Misra 2019)."""
    return x * mb.tanh(softplus(x))


def softsign(x: Var) -> Var:
    """x / (1 + |x|)."""
    return x / (mb.abs(x) + 1)


def softshrink(x: Var, lambd: float = 0.5) -> Var:
    """x moved towards 0 by lambd, 0 within."""
    return x - mb.clip(x, -lambd, lambd)


def hardshrink(x: Var, lambd: float = 0.5) -> Var:
    """x where |x| > lambd, else 0."""
    return mb.where(mb.abs(x) > lambd, x, 0.0)


def tanhshrink(x: Var) -> Var:
    """x - tanh(x)."""
    return x - mb.tanh(x)


def hardtanh(x: Var, min_val: float = -1.0, max_val: float = 1.0) -> Var:
    """x limited to [min_val, max_val]."""
    return mb.clip(x, min_val, max_val)


def hardsigmoid(x: Var) -> Var:
    """relu6(x + 3) / 6."""
    return mb.clip(x + 3, 0, 6) / 6


def hardswish(x: Var) -> Var:
    """x * relu6(x + 3) / 6."""
    return x * mb.clip(x + 3, 0, 6) / 6


def gelu(x: Var, approximate: str = "none") -> Var:
    """x * Phi(x), by the error function, or with ``approximate="tanh"`` by the formula of Hendrycks and Gimpel 2016."""
    if approximate == "tanh":
        return x * (mb.tanh((x + x * x * x * 0.044715) * math.sqrt(2 / math.pi)) + 1) * 0.5
    return x * (mb.erf(x * math.sqrt(0.5)) + 1) * 0.5


def glu(x: Var, axis: int = -1) -> Var:
    """a * sigmoid(b) for the halves a, b of x along ``axis``. Raises ShapeError for an odd size."""
    if not -x.ndim <= axis < x.ndim:
        raise mb.AxisError(f"glu has axis {axis}, but its operand has the shape {x.shape}")
    axis %= x.ndim
    size = x.shape[axis]
    if size % 2:
        raise mb.ShapeError(f"glu halves axis {axis}, whose size {size} is odd")
    first, second = (
        mb.slice(x, [start if k == axis else 0 for k in range(x.ndim)],
                 [size // 2 if k == axis else n for k, n in enumerate(x.shape)])
        for start in (0, size // 2)
    )  # fmt: skip
    return first * mb.sigmoid(second)


def softmax(x: Var, axis: int = -1) -> Var:
    """exp(x) / sum(exp(x)) along ``axis``."""
    return mb.softmax(x, axis)


def softmin(x: Var, axis: int = -1) -> Var:
    return mb.softmax(-x, axis)


def logsumexp(x: Var, axis: int | Sequence[int] = -1, keepdims: bool = False) -> Var:
    """log(sum(exp(x))) along ``axis``, as max + log(sum(exp(x - max)))."""
    largest = mb.max(x, axis, keepdims=True).detach()
    largest = mb.where(mb.isfinite(largest), largest, 0.0)
    return mb.log(mb.sum(mb.exp(x - largest), axis, keepdims)) + (largest if keepdims else mb.squeeze(largest, axis))


def log_softmax(x: Var, axis: int = -1) -> Var:
    """log(softmax(x)), as x - max - log(sum(exp(x - max)))."""
    shifted = x - mb.max(x, axis, keepdims=True).detach()
    return shifted - mb.log(mb.sum(mb.exp(shifted), axis, keepdims=True))
