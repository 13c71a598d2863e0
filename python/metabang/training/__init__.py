"""Small trainings that show the whole way: data, a network, an optimiser, held-out accuracy."""

from metabang import arguments as _arguments
from metabang.training.digits import Digits
from metabang.training.loop import Epoch, Step, accuracy, checksum, train
from metabang.training.networks import EXAMPLES, NETWORKS, Example

_arguments.check_public(globals(), ["Digits", "accuracy", "checksum", "train"])

__all__ = ["EXAMPLES", "NETWORKS", "Digits", "Epoch", "Example", "Step", "accuracy", "checksum", "train"]
