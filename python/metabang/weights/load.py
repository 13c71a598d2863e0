"""Which reader a file needs is told by its first bytes, never by its name."""

import os

import numpy as np

from metabang.arguments import checked
from metabang.weights.errors import WeightsError
from metabang.weights.safetensors import read_safetensors
from metabang.weights.torch_file import LEGACY_PREFIX, read_legacy, read_zip


@checked
def load(path: str | os.PathLike) -> dict[str, np.ndarray]:
    """Reads a weights file into arrays by parameter name.

    Args:
        path: a ``.pth``/``.pt`` that ``torch.save(model.state_dict(), path)`` wrote, in either format, or a
            ``.safetensors`` file. A checkpoint with a ``state_dict`` entry is read as that entry.

    Returns:
        name -> array in the file's dtype; bfloat16 is widened to float32. float16 stays float16.

    Raises:
        WeightsError: one sentence that names the file: unreadable, truncated, damaged, of another format, or
            asking for code to be run.
    """
    try:
        with open(path, "rb") as file:
            head = file.read(16)
        return _reader(head)(path)
    except WeightsError as error:
        raise WeightsError(f"cannot load weights from {os.fspath(path)}: {error.reason}") from None
    except OSError as error:
        raise WeightsError(f"cannot read weights file {os.fspath(path)}: {error.strerror}") from None
    except MemoryError:
        raise WeightsError(f"cannot load weights from {os.fspath(path)}: it does not fit in memory") from None


def _reader(head: bytes):
    if not head:
        raise WeightsError("the file is empty")
    if head.startswith(b"PK\x03\x04"):
        return read_zip
    if head.startswith(LEGACY_PREFIX):
        return read_legacy
    if head[8:9] == b"{":
        return read_safetensors
    if head.startswith(b"\x80"):
        raise WeightsError("it is a pickle, but not one that torch.save wrote")
    raise WeightsError("it is neither a PyTorch file (.pth) nor a safetensors file")
