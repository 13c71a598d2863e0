"""The networks known by name."""

import difflib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import metabang as mb
from metabang import nn
from metabang.arguments import checked
from metabang.image import Preprocess
from metabang.input_errors import InputError
from metabang.models import weights
from metabang.models.efficientnet_lite import EfficientNetLite0
from metabang.models.resnet import ResNet18
from metabang.weights import WeightsError, load

IMAGENET = {"mean": (123.675, 116.28, 103.53), "std": (58.395, 57.12, 57.375)}  # torchvision's, times 255


class ModelError(InputError):
    """No network has the name that was given."""


@dataclass(frozen=True)
class Model:
    """A network by name: how to build it, what its input is, and where its trained weights are.

    ``trained`` is None for a network whose weights no package carries; it is built with seeded weights then.
    """

    name: str
    summary: str
    network: Callable[[], nn.Module]
    preprocess: Preprocess
    trained: Callable[[], Path] | None

    def input(self) -> mb.Var:
        """The network's input, a leaf without a value: float32 [1, 3, size, size], called "image"."""
        return mb.input((1, 3, self.preprocess.size, self.preprocess.size), name="image")

    @checked
    def build(self, weights_file: str | os.PathLike | None = None) -> nn.Module:
        """The network in evaluation mode, with the weights of ``weights_file``, else the trained ones, else seeded.

        Raises:
            WeightsError: the weights are missing, unreadable, or of another network.
        """
        nn.init.seed(0)
        network = self.network()
        if weights_file is None and self.trained is not None:
            weights_file = self.trained()
        state = network.state_dict() if weights_file is None else load(weights_file)
        try:
            network.load_state_dict(state)
        except mb.MetaBangError as error:
            raise WeightsError(f"cannot load weights from {os.fspath(weights_file)}: {error.reason}") from None
        return network.eval()


MODELS = {
    model.name: model
    for model in (
        Model(
            "efficientnet_lite0",
            "EfficientNet-Lite0, 4.7 M parameters, 224x224, ImageNet; trained weights from the models extra",
            EfficientNetLite0,
            Preprocess(224, 256, True, "bicubic", mean=(127.0,) * 3, std=(128.0,) * 3),
            weights.efficientnet_lite0,
        ),
        Model(
            "resnet18",
            "ResNet-18, 11.7 M parameters, 224x224, ImageNet; seeded weights, or torchvision's by --weights",
            ResNet18,
            Preprocess(224, 256, False, "bilinear", **IMAGENET),
            None,
        ),
    )
}


@checked
def get(name: str) -> Model:
    """The model of that name.

    Raises:
        ModelError: there is none; the sentence lists those there are.
    """
    if name in MODELS:
        return MODELS[name]
    close = difflib.get_close_matches(name, MODELS, 1)
    hint = f"did you mean {close[0]}?" if close else f"the models are: {', '.join(MODELS)}"
    raise ModelError(f"there is no model named {name!r}; {hint}")
