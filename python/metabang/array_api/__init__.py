"""The array API standard (2024.12) for `metabang.Var`: docs/array-api.md says what is offered.

`x.__array_namespace__()` is this module. float64 and complex dtypes are not offered.
"""
# ruff: noqa: F401  what is imported here is the public interface

from __future__ import annotations

from ..arguments import check_public
from ..sorting import argsort, sort
from . import linalg
from .constants import *  # noqa: F403
from .constants import bool, e, inf, nan, newaxis, pi
from .creation import (
    arange,
    asarray,
    empty,
    empty_like,
    eye,
    from_dlpack,
    full,
    full_like,
    linspace,
    meshgrid,
    ones,
    ones_like,
    tril,
    triu,
    zeros,
    zeros_like,
)
from .dtype_functions import astype, can_cast, finfo, iinfo, isdtype, result_type
from .elementwise import *  # noqa: F403
from .info import __array_namespace_info__
from .linalg import matmul, matrix_transpose, tensordot, vecdot
from .manipulation import (
    broadcast_arrays,
    broadcast_to,
    concat,
    expand_dims,
    flip,
    moveaxis,
    nonzero,
    permute_dims,
    repeat,
    reshape,
    roll,
    squeeze,
    stack,
    take,
    take_along_axis,
    tile,
    unstack,
)
from .sets import unique_all, unique_counts, unique_inverse, unique_values
from .statistical import (
    argmax,
    argmin,
    count_nonzero,
    cumulative_prod,
    cumulative_sum,
    diff,
    max,
    mean,
    min,
    prod,
    searchsorted,
    std,
    sum,
    var,
)

__array_api_version__ = "2024.12"

check_public(vars(linalg), linalg.__all__)
check_public(globals(), [name for name, value in globals().items() if callable(value) and not isinstance(value, type)])
del check_public
