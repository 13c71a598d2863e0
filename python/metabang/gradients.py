"""The derivative of each meta-operator, as meta-operators: what `autograd` composes.

A rule takes a node and the cotangent of its result, and answers one cotangent (or None) an operand. Below, y is the
node, g its cotangent, x, a, b its operands. Nothing here computes: a rule builds nodes, so it can be differentiated.
"""

from __future__ import annotations

import math

from . import _core
from .dtypes import FLOATS

_graph = _core.graph

# Kinds through which no gradient passes. (floor, ceil, round, sign and floordiv have the gradient 0.)
_STOPPED = {"and", "or", "xor", "not", "shl", "shr"}


def stops(node) -> bool:
    """Whether the node has no gradient: its result, or what it reads, is no float."""
    return node.dtype not in FLOATS or node.kind in _STOPPED or not node.inputs


# Short names for building.
def _unary(kind, x):
    return _graph.unary(_graph.kind("unary", kind), x)


def _binary(kind, a, b):
    return _graph.arithmetic(_graph.kind("binary", kind), a, b)


def _mul(a, b):
    return _binary("mul", a, b)


def _equal(a, b):
    return _graph.comparison(_graph.kind("compare", "eq"), a, b)


def _zeros(node):
    return _graph.constant(0, node.shape, node.dtype)


def _expand(node, reduced, shape):
    """`node`, the result of a reduction over `reduced`, repeated to the operand's shape."""
    return _graph.broadcast(node, shape, [k for k in range(len(shape)) if k not in reduced])


# Class reindex.
def reindex(y, g):
    """y[i] = x[f(i)]: gx = reindex_reduce(g, add, f). Extras are integers."""
    x = y.inputs[0]
    if y.is_reshape:
        return (_graph.reshape(g, x.shape),)
    return (_graph.reindex_reduce_by(g, y, "add", x.shape), *[None] * (len(y.inputs) - 1))


def broadcast(y, g):
    """gx = sum of g over what was repeated."""
    (x,) = y.inputs
    dims = y.a
    stretched = [d for k, d in enumerate(dims) if x.shape[k] != y.shape[d]]
    repeated = [d for d in range(len(y.shape)) if d not in dims or d in stretched]
    total = _graph.reduce("sum", g, repeated)
    kept = [d for d in sorted(dims) if d not in stretched]  # the dims of `total`, in the result's order
    order = [d for d in dims if d not in stretched]
    total = _graph.transpose(total, [kept.index(d) for d in order])
    return (_graph.reshape(total, x.shape),)


def pad(y, g):
    """gx = the slice of g that x became."""
    (x,) = y.inputs
    return (_graph.slice(g, y.a, x.shape, [1] * len(x.shape)),)


def slice(y, g):
    """gx = g put back among zeros."""
    (x,) = y.inputs
    if all(stride == 1 for stride in y.b):
        high = [n - offset - size for n, offset, size in zip(x.shape, y.a, y.shape)]
        return (_graph.pad(g, y.a, high, 0),)
    texts = [f"i{k} * {stride} + {offset}" for k, (offset, stride) in enumerate(zip(y.a, y.b))]
    return (_graph.reindex_reduce(g, "add", x.shape, texts, [], []),)


def transpose(y, g):
    """gx = g transposed by the inverse permutation."""
    return (_graph.transpose(g, [y.a.index(k) for k in range(len(y.a))]),)


# Class reindex-reduce.
def reindex_reduce(y, g):
    """add: gx[i] = g[f(i)]. max, min: that to the largest, ties share. mul: g times the other factors."""
    x = y.inputs[0]
    none = [None] * (len(y.inputs) - 1)
    read = lambda node: _graph.reindex_by(node, y, x.shape, 0)  # noqa: E731  what element i went into
    if y.kind == "add":
        return (read(g), *none)
    if y.kind in ("max", "min"):
        hit = _equal(x, read(y))
        ones = _graph.where(hit, 1.0, _zeros(x))
        count = _graph.reindex_reduce_by(ones, y, "add", y.shape)
        share = _binary("div", g, _binary("max", count, 1.0))
        return (_graph.where(hit, read(share), _zeros(x)), *none)
    if _has_no_zeros(x):
        return (_binary("div", read(_mul(g, y)), x), *none)
    from .autograd import backward

    return (backward(_product(y, x), g, {x.uid}).get(x.uid), *none)


def _product(y, x):
    """y, the scattered product of x, in a form whose derivatives are right where x is 0, up to the third order.

    A group's product is that of its factors other than 0, which can be divided by, times that of its m zeros. The
    latter is the elementary symmetric polynomial e_m of the zeros, by Newton's identities one of power sums; a group of
    more than three zeros has no derivative before the fourth order.
    """
    total = lambda node: _graph.reindex_reduce_by(node, y, "add", y.shape)  # noqa: E731
    zero = _equal(x, _zeros(x))
    others = _graph.reindex_reduce_by(_graph.where(zero, 1.0, x), y, "mul", y.shape)
    count = total(_graph.where(zero, 1.0, _zeros(x)))
    z = _graph.where(zero, x, _zeros(x))
    p1, p2, p3 = total(z), total(_mul(z, z)), total(_mul(z, _mul(z, z)))
    e2 = _mul(_binary("sub", _mul(p1, p1), p2), 0.5)
    e3 = _mul(_binary("add", _binary("sub", _mul(e2, p1), _mul(p1, p2)), p3), 1 / 3)
    zeros = _zeros(y)
    for m, polynomial in ((3, e3), (2, e2), (1, p1), (0, 1.0)):
        zeros = _graph.where(_equal(count, float(m)), polynomial, zeros)
    return _mul(others, zeros)


def _has_no_zeros(node) -> bool:
    """Whether the node is the factors other than 0 that `_product` builds."""
    if node.op != "select":
        return False
    condition, one, x = node.inputs
    return (condition.op, condition.kind, one.op) == ("compare", "eq", "constant") and condition.inputs[0].uid == x.uid


def sum(y, g):
    """gx = g repeated."""
    (x,) = y.inputs
    return (_expand(g, y.a, x.shape),)


def mean(y, g):
    """gx = g / n repeated."""
    (x,) = y.inputs
    count = math.prod(x.shape[d] for d in y.a)
    return (_expand(_mul(g, 1.0 / max(count, 1)), y.a, x.shape),)


def _extremum(y, g):
    """gx = g where x is the result, shared equally among ties."""
    (x,) = y.inputs
    hit = _equal(x, _expand(y, y.a, x.shape))
    count = _graph.reduce("sum", _graph.where(hit, 1.0, _zeros(x)), y.a)
    share = _binary("div", g, _binary("max", count, 1.0))  # no element equals a NaN
    return (_graph.where(hit, _expand(share, y.a, x.shape), _zeros(x)),)


def prod(y, g):
    """gx[i] = g * product of the others, without a division: the derivative of a balanced tree of products."""
    from .autograd import backward

    (x,) = y.inputs
    kept = [d for d in range(len(x.shape)) if d not in y.a]
    rows, count = math.prod(y.shape), math.prod(x.shape[d] for d in y.a)
    if count == 0 or rows == 0:
        return (_zeros(x),)
    tree = _graph.reshape(_graph.transpose(x, [*kept, *y.a]), [rows, count])
    while count > 1:
        if count % 2:
            tree = _graph.pad(tree, [0, 0], [0, 1], 1)
        count = (count + 1) // 2
        halves = [_graph.slice(tree, [0, start], [rows, count], [1, 1]) for start in (0, count)]
        tree = _mul(*halves)
    return (backward(tree, _graph.reshape(g, [rows, 1]), {x.uid}).get(x.uid),)


# Element-wise.
def unary(y, g):
    """gx = g * f'(x)."""
    (x,) = y.inputs
    if x.dtype not in FLOATS:
        return (None,)
    return (_UNARY[y.kind](x, y, g),)


def _within(x):
    """1 - x**2, without cancellation at the ends."""
    return _mul(_binary("sub", 1.0, x), _binary("add", x, 1.0))


_UNARY = {
    "neg": lambda x, y, g: _unary("neg", g),
    "abs": lambda x, y, g: _mul(g, _unary("sign", x)),
    "exp": lambda x, y, g: _mul(g, y),
    "log": lambda x, y, g: _binary("div", g, x),
    "sqrt": lambda x, y, g: _binary("div", _mul(g, 0.5), y),
    "rsqrt": lambda x, y, g: _mul(_mul(g, -0.5), _mul(y, _mul(y, y))),
    "recip": lambda x, y, g: _unary("neg", _mul(g, _mul(y, y))),
    "tanh": lambda x, y, g: _mul(g, _binary("sub", 1.0, _mul(y, y))),
    "sigmoid": lambda x, y, g: _mul(g, _mul(y, _binary("sub", 1.0, y))),
    "erf": lambda x, y, g: _mul(g, _mul(_unary("exp", _unary("neg", _mul(x, x))), 2 / math.sqrt(math.pi))),
    "sin": lambda x, y, g: _mul(g, _unary("cos", x)),
    "cos": lambda x, y, g: _unary("neg", _mul(g, _unary("sin", x))),
    "exp2": lambda x, y, g: _mul(g, _mul(y, math.log(2))),
    "log2": lambda x, y, g: _binary("div", g, _mul(x, math.log(2))),
    "expm1": lambda x, y, g: _mul(g, _binary("add", y, 1.0)),
    "log1p": lambda x, y, g: _binary("div", g, _binary("add", x, 1.0)),
    "tan": lambda x, y, g: _mul(g, _binary("add", _mul(y, y), 1.0)),
    "asin": lambda x, y, g: _mul(g, _unary("rsqrt", _within(x))),
    "acos": lambda x, y, g: _unary("neg", _mul(g, _unary("rsqrt", _within(x)))),
    "atan": lambda x, y, g: _binary("div", g, _binary("add", _mul(x, x), 1.0)),
    "sinh": lambda x, y, g: _mul(g, _unary("cosh", x)),
    "cosh": lambda x, y, g: _mul(g, _unary("sinh", x)),
    "asinh": lambda x, y, g: _mul(g, _unary("rsqrt", _binary("add", _mul(x, x), 1.0))),
    "acosh": lambda x, y, g: _mul(g, _unary("rsqrt", _unary("neg", _within(x)))),
    "atanh": lambda x, y, g: _binary("div", g, _within(x)),
    "erfinv": lambda x, y, g: _mul(g, _mul(_unary("exp", _mul(y, y)), math.sqrt(math.pi) / 2)),
    **dict.fromkeys(("floor", "ceil", "round", "trunc", "sign"), lambda x, y, g: _zeros(x)),
}


def cast(y, g):
    """gx = g in x's type, between floats."""
    (x,) = y.inputs
    return (_graph.cast(g, x.dtype) if x.dtype in FLOATS else None,)


def binary(y, g):
    """(g * dy/da, g * dy/db)."""
    a, b = y.inputs
    return _BINARY[y.kind](a, b, y, g)


def _larger(a, b, y, g):
    """g to the one that is the result, one half each if both are; with a number, g only where the tensor wins."""
    for tensor, number in ((a, b), (b, a)):
        if number.op == "constant":
            part = _graph.where(_equal(number, y), _zeros(y), g)
            return (part, None) if tensor is a else (None, part)
    half = _mul(g, 0.5)
    equal = _equal(a, b)
    return tuple(_graph.where(equal, half, _graph.where(_equal(each, y), g, _zeros(each))) for each in (a, b))


def _power(a, b, y, g):
    """(g * b * a**(b-1), g * y * log(a)), each 0 where its factor b, or a, is 0."""
    no_exponent, no_base = _equal(b, _zeros(b)), _equal(a, _zeros(a))
    to_a = _mul(g, _mul(b, _binary("pow", a, _binary("sub", b, 1.0))))
    to_b = _mul(g, _mul(y, _unary("log", _graph.where(no_base, 1.0, a))))
    return _graph.where(no_exponent, _zeros(a), to_a), to_b


def _angle(a, b, y, g):
    """(g * b, -g * a) / (a**2 + b**2)."""
    part = _binary("div", g, _binary("add", _mul(a, a), _mul(b, b)))
    return _mul(part, b), _unary("neg", _mul(part, a))


_BINARY = {
    "add": lambda a, b, y, g: (g, g),
    "sub": lambda a, b, y, g: (g, _unary("neg", g)),
    "mul": lambda a, b, y, g: (_mul(g, b), _mul(g, a)),
    "div": lambda a, b, y, g: (_binary("div", g, b), _unary("neg", _binary("div", _mul(g, y), b))),
    "max": _larger,
    "min": _larger,
    "pow": _power,
    "atan2": _angle,
    "mod": lambda a, b, y, g: (g, _unary("neg", _mul(g, _binary("floordiv", a, b)))),
    "floordiv": lambda a, b, y, g: (_zeros(a), _zeros(b)),
}


def select(y, g):
    """(no gradient, g where the condition holds, g elsewhere)."""
    condition, a, b = y.inputs
    return None, _graph.where(condition, g, _zeros(a)), _graph.where(condition, _zeros(b), g)


RULES = {
    "reindex": reindex,
    "broadcast": broadcast,
    "pad": pad,
    "slice": slice,
    "transpose": transpose,
    "reindex_reduce": reindex_reduce,
    "sum": sum,
    "prod": prod,
    "max": _extremum,
    "min": _extremum,
    "mean": mean,
    "unary": unary,
    "cast": cast,
    "binary": binary,
    "select": select,
}
