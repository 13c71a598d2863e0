"""Small trainings that show the whole way: data, a network, an optimiser, held-out accuracy."""

from metabang.training.digits import Digits
from metabang.training.loop import Epoch, Step, accuracy, checksum, train
from metabang.training.networks import EXAMPLES, NETWORKS, Example

__all__ = ["EXAMPLES", "NETWORKS", "Digits", "Epoch", "Example", "Step", "accuracy", "checksum", "train"]
