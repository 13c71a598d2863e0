"""The default way from meta IR to something that runs: the compiler, the toolchain, the device."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import _core
from .dump import Dump
from .errors import CompileError

_PLACE = re.compile(
    r'^(?:error: )?(?:loc\()?"?(?P<file>[^":\n]+)"?:(?P<line>\d+)(?::\d+)?\)?: (?:error: )?(?P<text>.*)', re.S
)


@dataclass
class Request:
    """What is to be compiled: the folded graph and its meta IR text; `report(done, total, kernel)` tells progress.

    `program` is not to be kept: its nodes change when they are computed, and hold the first run's inputs.
    """

    program: Any
    text: str
    target: str
    options: dict[str, Any]
    dump: Dump | None
    report: Callable[[int, int, str], None]


def compile_and_load(request: Request):
    """The plan on the device. Raises CompileError, and the errors of toolchain and device."""
    from .plan import Plan

    return Plan(translate(request), progress=request.report)


def translate(request: Request, cached: bool = True) -> str:
    """The plan as JSON, with `cached` from the disk cache if it was compiled before.

    Raises CompileError with the user's line.
    """
    from .cache import cached_plan

    if not hasattr(_core, "compile"):
        raise CompileError("this build of metabang has no compiler; install the full package with `pip install .`")
    try:
        directory = request.dump.compiler_directory if request.dump else None
        if directory is None and cached:
            plan_json = cached_plan(
                request.text,
                request.target,
                request.options,
                lambda: _core.compile(request.text, request.target, None, request.options),
            )
        else:  # a dump wants the levels, not only the result
            plan_json = _core.compile(request.text, request.target, directory, request.options)
    except (RuntimeError, ValueError) as error:
        if isinstance(error, CompileError):
            raise
        place = _PLACE.match(str(error))
        if place is None:
            raise CompileError(str(error)) from None
        source = None if place["file"] == "-" else (place["file"], int(place["line"]))  # "-": of the program as a whole
        raise CompileError(place["text"].strip(), source) from None
    if request.dump:
        request.dump.write_kernels(plan_json)
    return plan_json
