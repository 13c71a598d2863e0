"""Uncaught errors end at the user's line: the frames of this package below it tell the author of a program nothing.

They are left out where Python prints an uncaught MetaBangError or Ctrl-C of the main thread; other threads print the
whole traceback, and who catches an error finds it whole. The user's own frames stay, also those that this package
called: the `forward` of a layer, an index function.
"""

from __future__ import annotations

import os
import sys
from types import TracebackType

from .errors import MetaBangError

_PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep


def without_package(traceback: TracebackType | None) -> TracebackType | None:
    """The traceback without the frames of this package."""
    if traceback is None:
        return None
    ours = os.path.abspath(traceback.tb_frame.f_code.co_filename).startswith(_PACKAGE)
    rest = without_package(traceback.tb_next)
    return rest if ours else TracebackType(rest, traceback.tb_frame, traceback.tb_lasti, traceback.tb_lineno)


def shorten_uncaught() -> None:
    """Sets `sys.excepthook`, which still does what it did to all other errors."""
    previous = sys.excepthook

    def shortened(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
        if isinstance(error, (MetaBangError, KeyboardInterrupt)):
            traceback = without_package(traceback)
            error = error.with_traceback(traceback)
        earlier = error.__cause__ or error.__context__  # printed too: "during handling of the above exception"
        while earlier is not None:
            if isinstance(earlier, (MetaBangError, KeyboardInterrupt)):
                earlier.__traceback__ = without_package(earlier.__traceback__)
            earlier = earlier.__cause__ or earlier.__context__
        previous(kind, error, traceback)

    sys.excepthook = shortened
