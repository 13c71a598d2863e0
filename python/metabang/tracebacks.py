"""Uncaught errors end at the user's line: the frames of this package below it tell the author of a program nothing.

They are left out, with those of the standard library that they called, where Python prints an uncaught MetaBangError,
MemoryError or Ctrl-C of the main thread; other threads print the whole traceback, and who catches an error finds it
whole. The user's own frames stay, also those that this package called: the `forward` of a layer, an index function.
"""

from __future__ import annotations

import os
import sys
from types import TracebackType

from .errors import MetaBangError

_PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep
_LIBRARY = os.path.dirname(os.__file__) + os.sep
_SHORTENED = (MetaBangError, MemoryError, KeyboardInterrupt)


def without_package(traceback: TracebackType | None, below: bool = False) -> TracebackType | None:
    """The traceback without the frames of this package; `below` one of them, without the standard library's too."""
    if traceback is None:
        return None
    file = traceback.tb_frame.f_code.co_filename
    ours = file.startswith(_PACKAGE) or below and file.startswith(_LIBRARY) and "-packages" not in file
    rest = without_package(traceback.tb_next, ours)
    return rest if ours else TracebackType(rest, traceback.tb_frame, traceback.tb_lasti, traceback.tb_lineno)


def shorten_uncaught() -> None:
    """Sets `sys.excepthook`, which still does what it did to all other errors."""
    previous = sys.excepthook

    def shortened(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
        if isinstance(error, _SHORTENED):
            traceback = without_package(traceback)
            error = error.with_traceback(traceback)
        earlier = error.__cause__ or error.__context__  # printed too: "during handling of the above exception"
        while earlier is not None:
            if isinstance(earlier, _SHORTENED):
                earlier.__traceback__ = without_package(earlier.__traceback__)
            earlier = earlier.__cause__ or earlier.__context__
        previous(kind, error, traceback)

    sys.excepthook = shortened
