"""Writing weights: safetensors, which holds numbers and nothing that runs."""

import os
from collections.abc import Mapping

import numpy as np

from metabang.arguments import checked
from metabang.files import write_bytes
from metabang.weights.safetensors import safetensors


@checked
def save(path: str | os.PathLike, state: Mapping[str, np.ndarray]) -> None:
    """Writes arrays by name, such as `net.state_dict()`, as a safetensors file, whole or not at all.

    Raises:
        WeightsError: an array has a dtype that the format lacks.
        OutputError: the place does not exist, cannot be written, or is full.
    """
    write_bytes(path, safetensors(state))
