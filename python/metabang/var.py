"""`Var`: an ndarray-like handle on a node of the lazy graph."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from . import _core, dlpack
from .arguments import checked, described
from .dtypes import FLOATS, INTEGERS, as_dtype, dtype_name, numpy_dtype
from .errors import DTypeError, MetaBangError, ShapeError
from .interchange import Interchange

_graph = _core.graph
_new = object.__new__


def wrap(node) -> Var:
    """The Var of a node."""
    var = _new(Var)
    var._node = node
    return var


def lift(value):
    """The node of a Var, array or list; a Python number as it is (it adapts to the other operand); else None."""
    if isinstance(value, Var):
        return value._node
    if isinstance(value, (bool, int, float)) and not isinstance(value, np.generic):
        return value
    if isinstance(value, np.generic):
        return _graph.constant(value.item(), (), dtype_name(value.dtype))
    if isinstance(value, (np.ndarray, list, tuple)):
        return leaf(value)
    return None


def array_of(data, copy: bool = True) -> np.ndarray:
    """`data` as an array of numbers (float32 for bfloat16). Raises DTypeError for anything else."""
    try:
        array = dlpack.read(data)[0] if _is_bfloat16(data) else np.array(data) if copy else np.asarray(data)
    except (ValueError, TypeError, OverflowError):
        array = np.array(None)
    if array.dtype == object:
        if any(isinstance(each, int) for each in array.flat):
            raise DTypeError("the data holds objects, or an integer beyond 64 bits; give an array of numbers")
        raise DTypeError("the data has rows of different lengths or holds objects; give an array of numbers")
    if array.dtype.kind not in "biuf":
        raise DTypeError(f"the data has the NumPy dtype {array.dtype}; a tensor holds bools, integers or real numbers")
    return array


def _is_bfloat16(data) -> bool:
    """Whether this is another library's array of bfloat16, which NumPy cannot hold."""
    return str(getattr(data, "dtype", "")) == "torch.bfloat16"


def leaf(data, dtype=None, constant: bool = False, name: str | None = None):
    """A leaf node that holds a copy of `data`."""
    if isinstance(data, Var):
        dtype, data = dtype or data.dtype, data.numpy()
    array = array_of(data)
    if dtype is None and _is_bfloat16(data):
        dtype = "bfloat16"
    elif dtype is None:  # numbers in lists have no dtype of their own
        dtype = "float32" if array.dtype == np.float64 and not hasattr(data, "dtype") else array.dtype
    name_of_type = dtype_name(dtype)
    if name_of_type in INTEGERS and not hasattr(data, "dtype"):
        _check_range(array, name_of_type)
    return _graph.input(array.shape, name_of_type, constant, name or "", as_dtype(array, name_of_type))


def _check_range(array: np.ndarray, dtype: str) -> None:
    """Raises DTypeError for numbers that an integer dtype does not hold. Arrays wrap around, as NumPy's astype does."""
    limits = np.iinfo(dtype)
    for extreme in (array.min(), array.max()) if array.size else ():
        if not limits.min <= extreme <= limits.max:
            wanted = "wider" if array.dtype.kind in "iu" else "float"
            raise DTypeError(f"{extreme} does not fit {dtype}; choose a {wanted} dtype")


def _operators(build, kind: str, op: str):
    number = _graph.kind(op, kind)
    reflection = f"__r{'truediv' if kind == 'div' else kind}__"

    def forward(self, other):
        try:
            node = other._node
        except AttributeError:
            node = lift(other)
        if node is None:
            return _refused(kind, reflection, other)
        var = _new(Var)
        var._node = build(number, self._node, node)
        return var

    def reflected(self, other):
        node = lift(other)
        return _refused(kind, "", other) if node is None else wrap(build(number, node, self._node))

    return forward, reflected


def _refused(kind: str, reflection: str, other):
    """What an operator does about an operand that is no tensor and no number: unless it is one of Python's own types it
    may know the operator itself."""
    if kind in ("eq", "ne") or (
        reflection and hasattr(other, reflection) and not isinstance(other, (complex, str, bytes, set, dict, type))
    ):
        return NotImplemented
    raise DTypeError(f"{kind} needs a tensor or a number as its other operand, got {described(other)}")


def _arithmetic(kind: str):
    return _operators(_graph.arithmetic, kind, "binary")


def _comparison(kind: str):
    return _operators(_graph.comparison, kind, "compare")[0]


class Var(Interchange):
    """A tensor of the lazy graph.

    Operators build nodes; a value is computed when it is asked for (`numpy()`, `float(x)`, `np.asarray(x)`).
    Operands broadcast and promote as NumPy's (float32 for float64), Python numbers adapt to the tensor.
    `Var(x)` is a second handle on what x stands for; subclasses may add state.
    """

    __slots__ = ("_node", "__weakref__")
    __array_ufunc__ = None  # ndarray + Var is Var's business
    __hash__ = object.__hash__

    def __init__(self, data, dtype=None) -> None:
        if isinstance(data, Var):
            self._node = data._node if dtype is None else ops.cast(data, dtype)._node
        else:
            self._node = leaf(data, dtype)

    # What it is.
    @property
    def shape(self) -> tuple[int, ...]:
        return self._node.shape

    @property
    def ndim(self) -> int:
        return self._node.ndim

    @property
    def size(self) -> int:
        size = 1
        for extent in self._node.shape:
            size *= extent
        return size

    @property
    def dtype(self) -> str:
        return self._node.dtype

    @property
    def itemsize(self) -> int:
        """Bytes of one element on the device."""
        return 2 if self.dtype == "bfloat16" else numpy_dtype(self.dtype).itemsize

    @property
    def name(self) -> str:
        """The name a leaf was given, else ''."""
        return self._node.name

    @property
    def constant(self) -> bool:
        """Whether this is a leaf whose value does not change between runs (a parameter)."""
        return self._node.is_constant

    @property
    def source(self) -> tuple[str, int] | None:
        """File and line of the user's code that built the node."""
        return self._node.source

    def __repr__(self) -> str:
        if self._node.value is not None:
            value = np.array2string(self._node.value, separator=", ", threshold=20, prefix="Var(")
            return f"Var({value}, dtype={self.dtype})"
        return f"Var(shape={self.shape}, dtype={self.dtype}, pending {self._node.op})"

    # Values.
    def numpy(self) -> np.ndarray:
        """The value as a new array (float32 for bfloat16). Computes it if it is pending."""
        return np.array(self._held())

    def item(self):
        """The value of a tensor with one element as a Python number. Raises ShapeError otherwise."""
        if self.size != 1:
            raise ShapeError(
                f"a tensor of shape {self.shape} has {self.size} elements, not one value; index or reduce it first"
            )
        from .host import element

        return element(self).item()

    def tolist(self):
        """The value as nested lists of Python numbers; a number for a tensor without dimensions."""
        return self._held().tolist()

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __bool__(self) -> bool:
        return bool(self.item())

    def __index__(self) -> int:
        if self.dtype.startswith(("float", "bfloat")):
            raise DTypeError(f"a {self.dtype} tensor cannot be an index; cast it with .astype('int64')")
        return int(self.item())

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec else str(self)

    def __len__(self) -> int:
        if not self.shape:
            raise ShapeError("a tensor without dimensions has no length")
        return self.shape[0]

    def __iter__(self) -> Iterator[Var]:
        return (self[k] for k in range(len(self)))

    def assign(self, value) -> Var:
        """Rebinds this handle to a fresh leaf with `value`; shape, dtype, name, constness stay. Raises ShapeError."""
        old = self._node
        array = array_of(value)
        if array.shape != old.shape:
            raise ShapeError(
                f"a value of shape {array.shape} cannot be assigned to a tensor of shape {old.shape}; reshape it first"
            )
        self._node = _graph.input(old.shape, old.dtype, old.is_constant, old.name, as_dtype(np.array(array), old.dtype))
        self._node.is_tracked = old.is_tracked
        return self

    # Gradients.
    @property
    def requires_grad(self) -> bool:
        """Whether this depends on a leaf that gradients are wanted of; then it keeps its graph when it is computed."""
        return self._node.is_tracked

    @checked
    def requires_grad_(self, wanted: bool = True) -> Var:
        """Marks this leaf as one that gradients are wanted of: what is computed from it from now on keeps its graph
        when its value is read. `mb.grad` works without the mark on what has not been computed yet.

        Raises MetaBangError for what is computed from others, DTypeError for integers and bools.
        """
        if self._node.op != "input":
            raise MetaBangError("requires_grad_ marks a leaf; this tensor is computed from others, mark those instead")
        if wanted and self.dtype not in FLOATS:
            raise DTypeError(f"a tensor of {self.dtype} has no gradient; cast it with .astype('float32') first")
        self._node.is_tracked = wanted
        return self

    def detach(self) -> Var:
        """The same value, through which no gradient flows."""
        return wrap(_graph.detach(self._node))

    # Operators.
    __add__, __radd__ = _arithmetic("add")
    __sub__, __rsub__ = _arithmetic("sub")
    __mul__, __rmul__ = _arithmetic("mul")
    __truediv__, __rtruediv__ = _arithmetic("div")
    __floordiv__, __rfloordiv__ = _arithmetic("floordiv")
    __mod__, __rmod__ = _arithmetic("mod")
    __pow__, __rpow__ = _arithmetic("pow")
    __lshift__, __rlshift__ = _arithmetic("shl")
    __rshift__, __rrshift__ = _arithmetic("shr")
    __and__, __rand__ = _arithmetic("and")
    __or__, __ror__ = _arithmetic("or")
    __xor__, __rxor__ = _arithmetic("xor")
    __eq__ = _comparison("eq")  # type: ignore[assignment]
    __ne__ = _comparison("ne")  # type: ignore[assignment]
    __lt__ = _comparison("lt")
    __le__ = _comparison("le")
    __gt__ = _comparison("gt")
    __ge__ = _comparison("ge")

    def __matmul__(self, other) -> Var:
        return ops.matmul(self, other)

    def __rmatmul__(self, other) -> Var:
        return ops.matmul(other, self)

    def __neg__(self) -> Var:
        return ops.negative(self)

    def __pos__(self) -> Var:
        return self

    def __abs__(self) -> Var:
        return ops.abs(self)

    def __invert__(self) -> Var:
        return functions.bitwise_invert(self)

    def __getitem__(self, key) -> Var:
        return indexing.get_item(self, key)

    def __setitem__(self, key, value) -> None:
        indexing.set_item(self, key, value)

    # Shape.
    @property
    def T(self) -> Var:
        return ops.transpose(self)

    def reshape(self, *shape) -> Var:
        return ops.reshape(self, shape[0] if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape)

    def flatten(self, start: int = 0, end: int = -1) -> Var:
        return ops.flatten(self, start, end)

    def transpose(self, *perm) -> Var:
        """All axes reversed, or in the given order (`x.transpose(0, 2, 1)` or a tuple)."""
        return ops.transpose(self, perm[0] if len(perm) == 1 and isinstance(perm[0], (tuple, list)) else perm or None)

    permute = transpose

    def swapaxes(self, a: int, b: int) -> Var:
        return ops.swapaxes(self, a, b)

    def squeeze(self, axis=None) -> Var:
        return ops.squeeze(self, axis)

    def unsqueeze(self, axis: int) -> Var:
        return ops.unsqueeze(self, axis)

    def broadcast_to(self, shape) -> Var:
        return ops.broadcast_to(self, shape)

    def reindex(self, shape, indexes, overflow_value=0, overflow_conditions=(), extras=()) -> Var:
        return ops.reindex(self, shape, indexes, overflow_value, overflow_conditions, extras)

    def reindex_reduce(self, op, shape, indexes, overflow_conditions=(), extras=()) -> Var:
        return ops.reindex_reduce(self, op, shape, indexes, overflow_conditions, extras)

    def broadcast(self, shape, dims) -> Var:
        return ops.broadcast(self, shape, dims)

    def astype(self, dtype) -> Var:
        return ops.cast(self, dtype)

    # Reductions.
    def sum(self, axis=None, keepdims: bool = False, dtype=None) -> Var:
        return ops.sum(self, axis, keepdims, dtype)

    def prod(self, axis=None, keepdims: bool = False, dtype=None) -> Var:
        return ops.prod(self, axis, keepdims, dtype)

    def mean(self, axis=None, keepdims: bool = False) -> Var:
        return ops.mean(self, axis, keepdims)

    def max(self, axis=None, keepdims: bool = False) -> Var:
        return ops.max(self, axis, keepdims)

    def min(self, axis=None, keepdims: bool = False) -> Var:
        return ops.min(self, axis, keepdims)

    def var(self, axis=None, keepdims: bool = False, correction: int = 0) -> Var:
        return ops.var(self, axis, keepdims, correction)

    def std(self, axis=None, keepdims: bool = False, correction: int = 0) -> Var:
        return ops.sqrt(ops.var(self, axis, keepdims, correction))

    def argmax(self, axis=None) -> Var:
        return ops.argmax(self, axis)

    def argmin(self, axis: int | None = None) -> Var:
        return functions.argmin(self, axis)

    def all(self, axis=None, keepdims: bool = False) -> Var:
        return functions.all(self, axis, keepdims)

    def any(self, axis=None, keepdims: bool = False) -> Var:
        return functions.any(self, axis, keepdims)

    # Functions.
    def exp(self) -> Var:
        return ops.exp(self)

    def log(self) -> Var:
        return ops.log(self)

    def sqrt(self) -> Var:
        return ops.sqrt(self)

    def rsqrt(self) -> Var:
        return ops.rsqrt(self)

    def tanh(self) -> Var:
        return ops.tanh(self)

    def sigmoid(self) -> Var:
        return ops.sigmoid(self)

    def abs(self) -> Var:
        return ops.abs(self)

    def relu(self) -> Var:
        return ops.relu(self)

    def clip(self, low=None, high=None) -> Var:
        return ops.clip(self, low, high)


from . import functions, indexing, ops  # noqa: E402  the methods above need them, and they need Var
