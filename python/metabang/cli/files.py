"""Where commands write: JSON of figures, and places that are checked before the work."""

import json
import os
from pathlib import Path

from metabang.files import OutputError, write_bytes

__all__ = ["OutputError", "check_writable", "write_json", "write_text"]


def write_text(path: str | os.PathLike, text: str) -> None:
    """Writes text as UTF-8; see ``metabang.files.write_bytes``."""
    write_bytes(path, text.encode())


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
