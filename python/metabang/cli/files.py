"""Files that appear whole or not at all."""

import contextlib
import json
import os
from pathlib import Path

from metabang.input_errors import InputError


class OutputError(InputError):
    """A place that cannot be written."""


def write_text(path: str | os.PathLike, text: str) -> None:
    """Writes ``text`` next to ``path`` and renames it there, so that a failure leaves nothing half-written.

    Raises:
        OutputError: the place does not exist, cannot be written, or is full.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "x", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise OutputError(f"cannot write {path}: {error.strerror}; name a place that can be written") from None


def write_json(path: str | os.PathLike, figures: dict) -> None:
    """Writes figures as JSON; see ``write_text``."""
    write_text(path, json.dumps(figures, indent=2) + "\n")


def check_writable(path: str | os.PathLike | None) -> None:
    """Fails before the work, not after it, if the folder of ``path`` is missing or cannot be written.

    Raises:
        OutputError: it is missing or read-only, or ``path`` is a folder.
    """
    if path is None:
        return
    path = Path(path)
    if path.is_dir():
        raise OutputError(f"cannot write {path}: it is a folder; name a file")
    if not path.parent.is_dir():
        raise OutputError(f"cannot write {path}: the folder {path.parent} does not exist; create it first")
    if not os.access(path.parent, os.W_OK):
        raise OutputError(f"cannot write {path}: the folder {path.parent} cannot be written; name another place")
