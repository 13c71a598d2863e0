"""Files that appear whole or not at all."""

import contextlib
import os
from pathlib import Path

from metabang.input_errors import InputError


class OutputError(InputError):
    """A place that cannot be written."""


def write_bytes(path: str | os.PathLike, data: bytes) -> None:
    """Writes ``data`` next to ``path`` and renames it there, so that a failure leaves nothing half-written.

    What is there and is no file (a device, a pipe) is written to instead.

    Raises:
        OutputError: the place does not exist, cannot be written, or is full.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        if path.exists() and not path.is_file():
            with open(path, "wb") as file:
                file.write(data)
            return
        try:
            with open(temporary, "xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:  # Ctrl-C, too
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror}; name a place that can be written") from None
