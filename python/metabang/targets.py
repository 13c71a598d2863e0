"""The device that programs are compiled for."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextvars import ContextVar

from .arguments import described
from .errors import TargetError

DEFAULT = "mtp_270"
_chosen: ContextVar[str | None] = ContextVar("metabang_target", default=None)


def check_target(name: str) -> str:
    """`name` itself. Raises TargetError if there is no such device."""
    from . import devices

    if not isinstance(name, str) or name not in devices.names():
        raise TargetError(f"there is no target named {described(name)}; the targets are: {', '.join(devices.names())}")
    return name


def get_target() -> str:
    """Of the innermost `with target(...)`, else of `set_target`, else $METABANG_TARGET, else mtp_270."""
    return _chosen.get() or check_target(os.environ.get("METABANG_TARGET") or DEFAULT)


def set_target(name: str) -> None:
    """Compiles for the device `name` from now on. Raises TargetError."""
    _chosen.set(check_target(name))


def target(name: str) -> contextlib.AbstractContextManager[None]:
    """Compiles for the device `name` inside the `with` block. Raises TargetError."""
    return _chosen_within(check_target(name))


@contextlib.contextmanager
def _chosen_within(name: str) -> Iterator[None]:
    token = _chosen.set(name)
    try:
        yield
    finally:
        _chosen.reset(token)
