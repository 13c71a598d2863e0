"""Networks that ship with MetaBANG, by name: ``models.get("resnet18").build()``."""

from metabang.models.efficientnet_lite import EfficientNetLite0
from metabang.models.registry import MODELS, Model, ModelError, get
from metabang.models.resnet import ResNet18

__all__ = ["MODELS", "EfficientNetLite0", "Model", "ModelError", "ResNet18", "get"]
