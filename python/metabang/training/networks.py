"""The networks of `metabang train`, for images [N, 1, 8, 8] and ten classes."""

from collections.abc import Callable
from dataclasses import dataclass

from metabang import models, nn
from metabang.nn import functional as F
from metabang.var import Var


def cnn() -> nn.Module:
    """Two convolutions, a pooling, a linear layer: 9,930 parameters."""
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(),
        nn.MaxPool2d(2), nn.Flatten(), nn.Linear(512, 10),
    )  # fmt: skip


class DigitsResNet(nn.Module):
    """ResNet-18 on digits that are enlarged to 32x32 and repeated to three channels."""

    def __init__(self) -> None:
        self.net = models.ResNet18(classes=10)

    def forward(self, x: Var) -> Var:
        enlarged = F.interpolate(x, 32, mode="nearest")
        return self.net(enlarged.broadcast_to((x.shape[0], 3, 32, 32)))


NETWORKS: dict[str, Callable[[], nn.Module]] = {"cnn": cnn, "resnet18": DigitsResNet}


@dataclass(frozen=True)
class Example:
    """What `metabang train` does with a network unless told otherwise: so many of the training images, passes over
    them, images a step, and Adam's learning rate, which is halved every third pass or falls along half a cosine."""

    images: int
    epochs: int
    batch: int
    lr: float
    cosine: bool


EXAMPLES = {"cnn": Example(1500, 10, 50, 2e-3, False), "resnet18": Example(400, 4, 25, 1e-3, True)}
