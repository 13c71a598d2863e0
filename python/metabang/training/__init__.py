"""Small trainings that show the whole way: data, a network, an optimiser, held-out accuracy."""

from metabang.training.digits import Digits
from metabang.training.loop import Epoch, accuracy, train
from metabang.training.networks import NETWORKS

__all__ = ["NETWORKS", "Digits", "Epoch", "accuracy", "train"]
