"""Pooling layers: each calls its formula in ``functional`` with the arguments it was made with."""

from collections.abc import Sequence

from metabang.nn import functional as F
from metabang.nn.module import Module
from metabang.nn.windows import Padding, Pair
from metabang.var import Var


class _Pool(Module):
    formula: staticmethod

    def forward(self, x: Var) -> Var | tuple[Var, Var]:
        return self.formula(x, **self.options)


class MaxPool2d(_Pool):
    """See ``functional.max_pool2d``; padding never wins."""

    formula = staticmethod(F.max_pool2d)

    def __init__(
        self, kernel_size: Pair, stride: Pair | None = None, padding: Padding = 0, dilation: Pair = 1,
        return_indices: bool = False, ceil_mode: bool = False,
    ):  # fmt: skip
        self.options = {
            "kernel_size": kernel_size, "stride": stride, "padding": padding, "dilation": dilation,
            "return_indices": return_indices, "ceil_mode": ceil_mode,
        }  # fmt: skip


class MaxPool1d(MaxPool2d):
    """``MaxPool2d`` of [N, C, L]."""

    formula = staticmethod(F.max_pool1d)


class MaxPool3d(MaxPool2d):
    """``MaxPool2d`` of [N, C, D, H, W]."""

    formula = staticmethod(F.max_pool3d)


class AvgPool1d(_Pool):
    """See ``functional.avg_pool1d``."""

    formula = staticmethod(F.avg_pool1d)

    def __init__(
        self, kernel_size: Pair, stride: Pair | None = None, padding: Padding = 0, ceil_mode: bool = False,
        count_include_pad: bool = True,
    ):  # fmt: skip
        self.options = {
            "kernel_size": kernel_size, "stride": stride, "padding": padding, "ceil_mode": ceil_mode,
            "count_include_pad": count_include_pad,
        }  # fmt: skip


class AvgPool2d(AvgPool1d):
    """See ``functional.avg_pool2d``."""

    formula = staticmethod(F.avg_pool2d)

    def __init__(
        self, kernel_size: Pair, stride: Pair | None = None, padding: Padding = 0, ceil_mode: bool = False,
        count_include_pad: bool = True, divisor_override: int | None = None,
    ):  # fmt: skip
        super().__init__(kernel_size, stride, padding, ceil_mode, count_include_pad)
        self.options["divisor_override"] = divisor_override


class AvgPool3d(AvgPool2d):
    """``AvgPool2d`` of [N, C, D, H, W]."""

    formula = staticmethod(F.avg_pool3d)


class AdaptiveAvgPool2d(_Pool):
    """Mean of windows that divide the image into ``output_size``."""

    formula = staticmethod(F.adaptive_avg_pool2d)

    def __init__(self, output_size: Pair):
        self.options = {"output_size": output_size}


class AdaptiveAvgPool1d(AdaptiveAvgPool2d):
    """``AdaptiveAvgPool2d`` of [N, C, L]."""

    formula = staticmethod(F.adaptive_avg_pool1d)


class AdaptiveAvgPool3d(AdaptiveAvgPool2d):
    """``AdaptiveAvgPool2d`` of [N, C, D, H, W]."""

    formula = staticmethod(F.adaptive_avg_pool3d)


class AdaptiveMaxPool2d(AdaptiveAvgPool2d):
    """Maximum of windows that divide the image into ``output_size``."""

    formula = staticmethod(F.adaptive_max_pool2d)


class AdaptiveMaxPool1d(AdaptiveAvgPool2d):
    """``AdaptiveMaxPool2d`` of [N, C, L]."""

    formula = staticmethod(F.adaptive_max_pool1d)


class AdaptiveMaxPool3d(AdaptiveAvgPool2d):
    """``AdaptiveMaxPool2d`` of [N, C, D, H, W]."""

    formula = staticmethod(F.adaptive_max_pool3d)


class FractionalMaxPool2d(_Pool):
    """See ``functional.fractional_max_pool2d``."""

    formula = staticmethod(F.fractional_max_pool2d)

    def __init__(
        self, kernel_size: Pair, output_size: Pair | None = None, output_ratio: float | Sequence[float] | None = None,
        samples: Var | None = None,
    ):  # fmt: skip
        self.options = {
            "kernel_size": kernel_size, "output_size": output_size, "output_ratio": output_ratio, "samples": samples,
        }  # fmt: skip


class LPPool2d(_Pool):
    """See ``functional.lp_pool2d``."""

    formula = staticmethod(F.lp_pool2d)

    def __init__(self, norm_type: float, kernel_size: Pair, stride: Pair | None = None, ceil_mode: bool = False):
        self.options = {
            "norm_type": norm_type, "kernel_size": kernel_size, "stride": stride, "ceil_mode": ceil_mode,
        }  # fmt: skip


class LPPool1d(LPPool2d):
    """See ``functional.lp_pool1d``."""

    formula = staticmethod(F.lp_pool1d)


class MaxUnpool2d(Module):
    """See ``functional.max_unpool2d``."""

    formula = staticmethod(F.max_unpool2d)

    def __init__(self, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0):
        self.steps = (kernel_size, stride, padding)

    def forward(self, x: Var, indices: Var, output_size: Pair | None = None) -> Var:
        return self.formula(x, indices, *self.steps, output_size)


class MaxUnpool1d(MaxUnpool2d):
    """See ``functional.max_unpool1d``."""

    formula = staticmethod(F.max_unpool1d)


class MaxUnpool3d(MaxUnpool2d):
    """See ``functional.max_unpool3d``."""

    formula = staticmethod(F.max_unpool3d)
