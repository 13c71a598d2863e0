"""`x[key]` and `x[key] = value`, as NumPy's: integers, slices, None, `...`, masks and integer arrays.

Reading composes slice, reindex and reshape; integer arrays are the extras of one reindex (a gather). Writing gives the
tensor a new node, so that what was built on the old value keeps it: `select(inside, placed value, x)`, where `placed`
is the inverse reindex of the value. For integer arrays the inverse is found with a reindex_reduce: each element of x
learns the largest number of a write that reaches it, so of several writes the last wins, as in NumPy.

The shape of `x[mask]` depends on values: the positions where the mask holds are found on the host.
"""

from __future__ import annotations

import math
import operator
import sys
from dataclasses import dataclass, field

import numpy as np

from . import _core, host
from .arguments import described
from .dtypes import FLOATS, as_dtype
from .errors import AxisError, BoundsError, DTypeError, ShapeError
from .var import Var, array_of, leaf, lift, wrap

_graph = _core.graph


@dataclass
class Region:
    """The part of a tensor that a key selects.

    `shape` is the result's. `exprs[d]` gives the position in dimension d of the tensor from the result's indices
    i0, i1, … and from `extras` s0, s1, …, integer nodes of the result's shape. `dims[d]` is (start, step, result
    dimension) for a slice, (position, 0, None) for an integer, None for an integer array. The arrays have the `common`
    shape, whose dimensions are those of the result from `at` on.
    """

    shape: list[int] = field(default_factory=list)
    exprs: list[str] = field(default_factory=list)
    extras: list = field(default_factory=list)
    dims: list[tuple[int, int, int | None] | None] = field(default_factory=list)
    common: tuple[int, ...] = ()
    at: int = 0
    arrays: list = field(default_factory=list)


def get_item(x: Var, key) -> Var:
    """NumPy's indexing. A position of an integer array outside x gives 0 if the array is not computed yet.

    Raises AxisError, BoundsError, DTypeError, ShapeError.
    """
    x, items = _items(x, key)
    if not any(isinstance(each, Var) for each in items):
        return _basic(x, items)
    region = _region(x.shape, items)
    return wrap(_graph.reindex(x._node, region.shape, region.exprs, 0, [], region.extras))


def set_item(x: Var, key, value) -> None:
    """Rebinds x to its value with the elements `key` selects replaced; `value` broadcasts and is cast to x's dtype.

    Raises as `get_item` does, and ShapeError if the value does not broadcast to the selection.
    """
    if not _set_on_host(x, key, value):
        x._node = _written(x, key, _value(value, x.dtype))


# Keys.
def _items(x: Var, key) -> tuple[Var, list]:
    """x (with a dimension of size 1 in front for each bool of no dimensions) and a list of ints, slices, None, and
    integer tensors that covers all its dimensions."""
    given = [_entry(each) for each in (key if isinstance(key, tuple) else (key,))]
    used = sum(_consumes(each) for each in given)
    if used > x.ndim:
        raise AxisError(f"{used} indices are too many for a tensor with {x.ndim} dimensions")
    ellipses = [n for n, each in enumerate(given) if each is Ellipsis]
    if len(ellipses) > 1:
        raise AxisError("an index can have only one '...'")
    at = ellipses[0] if ellipses else len(given)
    given = given[:at] + [slice(None)] * (x.ndim - used) + given[at + 1 :]
    items, axis = [], 0
    for each in given:
        if isinstance(each, Var) and each.dtype == "bool" and each.ndim == 0:
            x = wrap(_graph.reshape(x._node, [*x.shape[:axis], 1, *x.shape[axis:]]))
            items.append(_positions(np.arange(int(bool(each)))))
            axis += 1
        elif isinstance(each, Var) and each.dtype == "bool":
            items += _mask_positions(each, x.shape[axis : axis + each.ndim], axis)
            axis += each.ndim
        elif isinstance(each, Var):
            items.append(positions_within(each, axis, x.shape[axis]))
            axis += 1
        elif each is None or isinstance(each, slice):
            items.append(each)
            axis += each is not None
        else:
            items.append(_element(each, axis, x.shape[axis]))
            axis += 1
    return x, items


def _consumes(entry) -> int:
    if entry is None or entry is Ellipsis:
        return 0
    return entry.ndim if isinstance(entry, Var) and entry.dtype == "bool" else 1


def _entry(each):
    """An int, slice, None, `...`, or a tensor of integers or bools."""
    if each is None or each is Ellipsis:
        return each
    if isinstance(each, slice):
        return slice(*map(_bound, (each.start, each.stop, each.step), ("start", "stop", "step")))
    if isinstance(each, (bool, np.bool_)):
        return wrap(leaf(np.array(each)))
    if isinstance(each, (np.ndarray, list)):
        array = array_of(each)
        each = wrap(leaf(array.astype(np.int32) if array.size == 0 and isinstance(each, list) else array))
    if isinstance(each, Var):
        if each.dtype in FLOATS:
            raise DTypeError(
                f"a tensor is indexed by integers, slices, None, '...', masks and arrays of integers, not by "
                f"{each.dtype} values; cast them with .astype('int32') or use mb.where"
            )
        known = host.held_value(each)
        return int(known) if known is not None and each.ndim == 0 and each.dtype != "bool" else each
    if isinstance(each, type) or not hasattr(each, "__index__"):
        raise DTypeError(
            f"a tensor is indexed by integers, slices, None and '...', not by {described(each)}; "
            "use mb.take or mb.where"
        )
    return each.__index__()


def _bound(value, name: str) -> int | None:
    """A number of a slice, None if it is left out."""
    if value is None:
        return None
    try:
        number = operator.index(value)
    except TypeError as error:
        if isinstance(error, DTypeError):
            raise
        raise DTypeError(f"the {name} of a slice is an integer or left out, not {described(value)}") from None
    if name == "step" and number == 0:
        raise BoundsError("the step of a slice is 0; give another, or -1 for the reverse order")
    return number


def _element(position: int, axis: int, extent: int) -> int:
    if not -extent <= position < extent:
        raise BoundsError(f"index {position} is out of bounds for axis {axis} with {extent} elements")
    return position + extent if position < 0 else position


def _positions(array: np.ndarray) -> Var:
    return wrap(leaf(array, "int32"))


def _mask_positions(mask: Var, shape: tuple[int, ...], axis: int) -> list[Var]:
    if any(m not in (n, 0) for m, n in zip(mask.shape, shape)):
        raise BoundsError(f"a mask of shape {mask.shape} does not fit dimensions {axis} and on of shape {shape}")
    if host.held_value(mask) is None:
        host.warn("the positions where a computed mask holds are found on the host; mb.where has a fixed shape")
    return [_positions(each) for each in np.nonzero(mask.numpy())]


def positions_within(indices: Var, axis: int, extent: int) -> Var:
    """Integer positions with negative ones counted from the end; checked if they are known."""
    known = host.held_value(indices)
    if known is None:
        count = _graph.constant(extent, indices.shape, indices.dtype)
        node = indices._node
        if indices.dtype.startswith("int"):
            zero = _graph.constant(0, indices.shape, indices.dtype)
            negative = _graph.comparison(_graph.kind("compare", "lt"), node, zero)
            node = _graph.where(negative, _graph.arithmetic(_graph.kind("binary", "add"), node, count), node)
        return wrap(node)
    outside = (known < -extent) | (known >= extent) if known.dtype.kind == "i" else known >= extent
    if outside.any():
        raise BoundsError(f"index {known[outside][0]} is out of bounds for axis {axis} with {extent} elements")
    return _positions(np.where(known < 0, known.astype(np.int64) + extent, known.astype(np.int64)))


# Reading.
def _basic(x: Var, items: list) -> Var:
    offsets, sizes, steps, shape = [], [], [], []
    for each in items:
        if each is None:
            shape.append(1)
            continue
        if isinstance(each, slice):
            start, stop, step = each.indices(x.shape[len(offsets)])
            count = len(range(start, stop, step))
            offsets.append(start if count else 0)
            sizes.append(count)
            steps.append(step if count > 1 else 1)
            shape.append(count)
        else:
            offsets.append(each)
            sizes.append(1)
            steps.append(1)
    node = x._node
    if min(steps, default=1) > 0:
        node = _graph.slice(node, offsets, sizes, steps)
    else:
        texts = [f"i{k} * {s} + {o}" for k, (o, s) in enumerate(zip(offsets, steps))]
        node = _graph.reindex(node, sizes, texts, 0, [], [])
    return wrap(_graph.reshape(node, shape))


def _region(extents, items: list) -> Region:
    """Where the elements of the result come from. The dimensions of index arrays stand where the arrays stand in the
    key if these are next to each other (integers count as arrays then), else in front."""
    arrays = [n for n, each in enumerate(items) if isinstance(each, Var)]
    advanced = [n for n, each in enumerate(items) if isinstance(each, (int, Var))] if arrays else []
    try:
        common = np.broadcast_shapes(*(items[n].shape for n in arrays))
    except ValueError:
        shapes = " and ".join(str(items[n].shape) for n in arrays)
        raise ShapeError(f"index arrays of shapes {shapes} do not broadcast; reshape one of them") from None
    together = bool(advanced) and advanced == list(range(advanced[0], advanced[-1] + 1))
    front = advanced[0] if together else 0
    region, axis = Region(common=common), 0
    for n in range(len(items) + 1):
        if arrays and n == front:
            region.at = len(region.shape)
            region.shape += common
        if n == len(items):
            break
        each = items[n]
        if each is None:
            region.shape.append(1)
            continue
        if isinstance(each, slice):
            start, stop, step = each.indices(extents[axis])
            region.dims.append((start, step, len(region.shape)))
            region.shape.append(len(range(start, stop, step)))
        else:
            region.dims.append(None if isinstance(each, Var) else (each, 0, None))
        axis += 1
    for each, dim in zip((each for each in items if each is not None), region.dims):
        if dim is None:
            first = region.at + len(common) - each.ndim
            spread = _graph.broadcast(each._node, region.shape, range(first, first + each.ndim))
            region.exprs.append(f"s{len(region.extras)}")
            region.arrays.append(_graph.broadcast_to(each._node, common))
            region.extras.append(spread)
        else:
            start, step, k = dim
            region.exprs.append(str(start) if k is None else f"i{k} * {step} + {start}")
    return region


# Writing.
def _value(value, dtype: str) -> Var:
    node = lift(value)
    if node is None:
        raise DTypeError(f"an element of a tensor is set to a number or a tensor, not to {type(value).__name__}")
    if isinstance(node, (bool, int, float)):
        if dtype not in FLOATS and isinstance(node, float) and dtype != "bool":
            if not math.isfinite(node):
                raise DTypeError(f"{node} is not a value of dtype {dtype}")
            node = int(node)
        return wrap(_graph.constant(bool(node) if dtype == "bool" else node, (), dtype))
    return wrap(_graph.cast(node, dtype))


def _set_on_host(x: Var, key, value) -> bool:
    """Writes into the leaf's own value if all that is needed is on the host and no gradient is lost; whether it was."""
    if x.dtype in FLOATS and (_has_other_handles(x) or _may_have_gradient(value)):
        return False
    old = x._node
    if old.is_tracked or (old.value is None and old.op != "constant"):
        return False
    entries = [_entry(each) for each in (key if isinstance(key, tuple) else (key,))]
    arrays = [host.held_value(each) if isinstance(each, Var) else each for each in entries]
    if any(array is None and entry is not None for array, entry in zip(arrays, entries)):
        return False
    number = _value(value, x.dtype) if not isinstance(value, Var) else value
    splat = number._node.op == "constant" and number._node.value is None
    held = np.full(number.shape, number._node.literal) if splat else host.held_value(number)
    if held is None:
        return False
    new = np.array(old.value) if old.value is not None else np.full(x.shape, old.literal, as_dtype(0, x.dtype).dtype)
    _items(x, key)  # its errors are ours
    try:
        with np.errstate(invalid="ignore"):
            new[tuple(arrays)] = held
    except ValueError:
        shape = new[tuple(arrays)].shape
        raise _misfit(np.shape(held), shape) from None
    x._node = _graph.input(old.shape, old.dtype, old.is_constant, old.name, as_dtype(new, old.dtype))
    return True


def _has_other_handles(x: Var) -> bool:
    """Whether another Var stands for the same node: what is left of it here passes a gradient on to it."""
    return sys.getrefcount(x._node) > 2  # that of x, and the argument here


def _may_have_gradient(value) -> bool:
    return isinstance(value, Var) and value.dtype in FLOATS and value._node.op != "constant"


def _misfit(value: tuple[int, ...], shape: tuple[int, ...]) -> ShapeError:
    return ShapeError(f"a value of shape {value} does not broadcast to the selected shape {shape}; reshape it")


def _fitted(value: Var, shape: list[int]) -> Var:
    """The value broadcast to the selection; dimensions of size 1 in front that the selection lacks are dropped."""
    extra = max(0, value.ndim - len(shape))
    sizes = value.shape[extra:]
    fits = all(n == 1 for n in value.shape[:extra]) and all(
        m in (1, n) for m, n in zip(reversed(sizes), reversed(shape))
    )
    if not fits:
        raise _misfit(value.shape, tuple(shape))
    return wrap(_graph.broadcast_to(_graph.reshape(value._node, sizes), shape))


def _written(x: Var, key, value: Var):
    """The node of x with the selection replaced."""
    mask = key[0] if isinstance(key, tuple) and len(key) == 1 else key
    if isinstance(mask, Var) and mask.dtype == "bool" and value.size == 1 and mask.shape == x.shape[: mask.ndim]:
        spread = _graph.broadcast(mask._node, x.shape, range(mask.ndim))
        return _graph.where(spread, _graph.reshape(value._node, []), x._node)
    shape = x.shape
    x, items = _items(x, key)
    region = _region(x.shape, items)
    placed, inside = _placed(x, region, value)
    node = placed if inside is None else _graph.where(inside, placed, x._node)
    return _graph.reshape(node, shape)


def _placed(x: Var, region: Region, value: Var):
    """A node of x's shape with the value where the key selects, and where it does (None: all over)."""
    number = _graph.reshape(value._node, []) if value.size == 1 else None
    value = _fitted(value, region.shape)
    if not value.size or not x.size:
        return x._node, None
    exprs = ["0"] * len(region.shape)
    conditions, whole = [], True
    for d, dim in enumerate(region.dims):
        if dim is None:
            continue
        start, step, k = dim
        if k is None:
            conditions.append(f"i{d} != {start}")
            continue
        ahead = f"i{d} - {start}" if step > 0 else f"{start} - i{d}"
        whole = whole and region.shape[k] == x.shape[d]
        step = abs(step)
        exprs[k] = ahead if step == 1 else f"({ahead}) // {step}"
        if step > 1:
            conditions.append(f"({ahead}) % {step} != 0")
    inside = None
    if conditions or not whole:
        inside = _graph.reindex(_graph.constant(True, region.shape, "bool"), x.shape, exprs, False, conditions, [])
    if not region.arrays:
        return _graph.reindex(value._node, x.shape, exprs, 0, conditions, []), inside
    behind, count = region.at + len(region.common), math.prod(region.common)
    last = _last_writer(x, region, count)
    written = _graph.comparison(_graph.kind("compare", "ge"), last, 0)
    inside = written if inside is None else _graph.where(inside, written, False)
    if number is not None:
        return _graph.broadcast_to(number, x.shape), inside
    # The arrays' dimensions become one, whose position is data.
    flat = _graph.reshape(value._node, [*region.shape[: region.at], count, *region.shape[behind:]])
    exprs = [*exprs[: region.at], "s0", *exprs[behind:]]
    return _graph.reindex(flat, x.shape, exprs, 0, conditions, [last]), inside


def _last_writer(x: Var, region: Region, count: int):
    """For each element of x, over the dimensions that arrays index alone, the number of the last position that names
    it; -1 where none does."""
    dims = [d for d, dim in enumerate(region.dims) if dim is None]
    # In float32, whose maximum is a builtin on every device, as long as it has all numbers.
    dtype = "float32" if count < 1 << 24 else "int32"
    add, mul = _graph.kind("binary", "add"), _graph.kind("binary", "mul")
    number, stride = _graph.constant(1, region.common, "int32"), 1
    for k in reversed(range(len(region.common))):
        step = _graph.arithmetic(mul, _graph.index(region.common, k, "int32"), stride)
        number = _graph.arithmetic(add, number, step)
        stride *= region.common[k]
    named = [f"s{n}" for n in range(len(dims))]
    last = _graph.reindex_reduce(
        _graph.cast(number, dtype), "max", [x.shape[d] for d in dims], named, [], region.arrays
    )  # the neutral element, less than 1, where none is
    last = _graph.where(_graph.comparison(_graph.kind("compare", "gt"), last, 0), last, 0)
    last = _graph.arithmetic(add, _graph.cast(last, "int32"), -1)
    return _graph.broadcast(last, x.shape, dims)
