"""Small trainings that show the whole way: data, a network, an optimiser, held-out accuracy."""

from metabang.training.digits import Digits
from metabang.training.loop import Epoch, Step, accuracy, train
from metabang.training.networks import NETWORKS

__all__ = ["NETWORKS", "Digits", "Epoch", "Step", "accuracy", "train"]
