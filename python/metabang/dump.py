"""Where the levels of a program are written: `dump_dir` of mb.compile, or $MB_DUMP for every program.

MB_DUMP=ir,bang writes the IR after every stage and the kernels' BANG C, MB_DUMP=bang the BANG C alone, into a
directory for each program below $MB_DUMP_DIR (./metabang-dump).
"""

from __future__ import annotations

import itertools
import json
import os
from dataclasses import dataclass
from pathlib import Path

from .errors import MetaBangError

LEVELS = frozenset(("ir", "bang"))
_numbers = itertools.count()


@dataclass(frozen=True)
class Dump:
    """A directory and which of LEVELS go there."""

    directory: Path
    levels: frozenset[str] = LEVELS

    @property
    def compiler_directory(self) -> str | None:
        """What the compiler gets: it writes the IR and the BANG C."""
        return str(self.directory) if "ir" in self.levels else None

    def write_kernels(self, plan_json: str) -> None:
        """The BANG C, where the compiler did not write it. Raises OSError."""
        if self.levels == {"bang"}:
            self.directory.mkdir(parents=True, exist_ok=True)
            for kernel in json.loads(plan_json)["kernels"]:
                (self.directory / f"{kernel['name']}.mlu").write_text(kernel["text"], encoding="utf-8")


def dump_from_environment() -> Dump | None:
    """What $MB_DUMP asks for, None if it is not set. Raises MetaBangError for an unknown level."""
    levels = frozenset(filter(None, (each.strip() for each in os.environ.get("MB_DUMP", "").split(","))))
    if not levels:
        return None
    if unknown := sorted(levels - LEVELS):
        raise MetaBangError(f"MB_DUMP names an unknown level {unknown[0]!r}; use ir, bang or ir,bang")
    root = Path(os.environ.get("MB_DUMP_DIR") or "metabang-dump")
    directory = next(d for n in _numbers if not (d := root / f"program-{n}").exists())
    return Dump(directory, levels)
