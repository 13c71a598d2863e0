"""Layers, written with meta-operators: ``functional`` holds the formulas, the classes hold the parameters.

Names, arguments and parameter names follow ``torch.nn``, so that a state dict of PyTorch loads.
"""
# ruff: noqa: F401  what is imported here is the public interface

from metabang import arguments as _arguments
from metabang.nn import functional, init
from metabang.nn.activations import (
    CELU,
    ELU,
    GELU,
    GLU,
    SELU,
    Hardsigmoid,
    Hardswish,
    Hardtanh,
    LeakyReLU,
    LogSigmoid,
    LogSoftmax,
    Mish,
    PReLU,
    ReLU,
    ReLU6,
    Sigmoid,
    SiLU,
    Softmax,
    Softmin,
    Softplus,
    Softshrink,
    Softsign,
    Tanh,
    Tanhshrink,
    Threshold,
)
from metabang.nn.containers import Flatten, Identity, ModuleList, Sequential
from metabang.nn.dropout import Dropout
from metabang.nn.layers import (
    Bilinear,
    Conv1d,
    Conv2d,
    Conv3d,
    ConvTranspose1d,
    ConvTranspose2d,
    ConvTranspose3d,
    Embedding,
    Linear,
)
from metabang.nn.losses import BCELoss, BCEWithLogitsLoss, CrossEntropyLoss, HuberLoss, L1Loss, MSELoss, SmoothL1Loss
from metabang.nn.module import Buffer, Module, Parameter
from metabang.nn.norms import BatchNorm1d, BatchNorm2d, BatchNorm3d, GroupNorm, InstanceNorm2d, LayerNorm, RMSNorm
from metabang.nn.pooling import AdaptiveAvgPool2d, AdaptiveMaxPool2d, AvgPool1d, AvgPool2d, MaxPool1d, MaxPool2d
from metabang.nn.recurrent import GRU, LSTM, GRUCell, LSTMCell

_arguments.check_public(globals())
