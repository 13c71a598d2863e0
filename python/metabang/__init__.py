"""MetaBANG: a meta-operator compiler for Cambricon MLU. `import metabang as mb`."""
# ruff: noqa: E402, F401, F403  what is imported here is the public interface

from __future__ import annotations

import os as _os

try:
    from . import _core
except ImportError as _error:
    raise ImportError(
        f"metabang's native part cannot be loaded ({_error}); install the package with `pip install .`"
    ) from _error

_core.graph.set_package(_os.path.dirname(__file__))

from . import arguments as _arguments
from . import tracebacks as _tracebacks
from .autograd import grad
from .compile import Program, add_progress, clear_cache, compile, sync
from .einsum import einsum
from .emit import emit
from .errors import (
    AxisError,
    BoundsError,
    CompileError,
    DTypeError,
    IndexExprError,
    MetaBangError,
    MissingError,
    ShapeError,
    TargetError,
)
from .functions import *
from .host import HostWarning
from .ops import *
from .sorting import topk
from .targets import get_target, set_target, target
from .var import Var

_arguments.check_public(globals())
_tracebacks.shorten_uncaught()

__version__ = "0.1.0"

bool_ = "bool"
int8, int16, int32, int64 = "int8", "int16", "int32", "int64"
uint8, uint16, uint32, uint64 = "uint8", "uint16", "uint32", "uint64"
float16, bfloat16, float32, float64 = "float16", "bfloat16", "float32", "float64"

_LAZY = (
    "array_api",
    "bang",
    "nn",
    "optim",
    "models",
    "reference",
    "fold",
    "weights",
    "image",
    "plan",
    "timeline",
    "toolchain",
    "training",
    "devices",
)


def __getattr__(name: str):
    # Parts that cost import time load when they are first used.
    if name in _LAZY:
        import importlib

        return importlib.import_module(f"{__name__}.{name}")
    if not name.startswith("_"):
        # What the array API standard has beyond the functions above (linspace, tril, sort, …).
        from . import array_api

        if hasattr(array_api, name):
            return getattr(array_api, name)
    raise MissingError(f"module 'metabang' has no attribute '{name}'")
