"""Layers, written with meta-operators: ``functional`` holds the formulas, the classes hold the parameters.

Names, arguments and parameter names follow ``torch.nn``, so that a state dict of PyTorch loads.
"""

from metabang.nn import functional, init
from metabang.nn.activations import GELU, Hardswish, LeakyReLU, ReLU, ReLU6, Sigmoid, SiLU, Softmax, Tanh
from metabang.nn.containers import Flatten, Identity, Sequential
from metabang.nn.dropout import Dropout
from metabang.nn.layers import BatchNorm2d, Conv2d, Linear
from metabang.nn.module import Buffer, Module, Parameter
from metabang.nn.pooling import AdaptiveAvgPool2d, AvgPool2d, MaxPool2d

__all__ = [
    "AdaptiveAvgPool2d",
    "AvgPool2d",
    "BatchNorm2d",
    "Buffer",
    "Conv2d",
    "Dropout",
    "Flatten",
    "GELU",
    "Hardswish",
    "Identity",
    "LeakyReLU",
    "Linear",
    "MaxPool2d",
    "Module",
    "Parameter",
    "ReLU",
    "ReLU6",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Tanh",
    "functional",
    "init",
]
