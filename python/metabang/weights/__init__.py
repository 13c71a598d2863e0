"""Reading weights files without the framework that wrote them, and writing safetensors.

``load(path)`` reads PyTorch's ``.pth`` in both of its formats (the zip archive and the older stream of pickles)
and ``.safetensors``. Nothing in a file is executed: pickles pass through an allow-list (see ``unpickle.py``).
"""

from metabang.weights.errors import WeightsError
from metabang.weights.load import load
from metabang.weights.save import save

__all__ = ["WeightsError", "load", "save"]
