"""The layers as formulas of meta-operators. Images are NCHW, sequences NCL, volumes NCDHW.

A convolution or a pool is one ``reindex``: it says which input element each (output position, kernel position) reads.
Padding is not an operation: an index outside the input is the overflow, and reads ``overflow_value``. Stride and
dilation are the coefficients of the index expression. Names and arguments follow ``torch.nn.functional``.
"""
# ruff: noqa: F401, I001  what is imported here is the public interface

from metabang import arguments as _arguments
from metabang.nn.functional.activation import (
    celu, elu, gelu, glu, hardshrink, hardsigmoid, hardswish, hardtanh, leaky_relu, log_softmax, logsigmoid, logsumexp,
    mish, prelu, relu, relu6, selu, sigmoid, silu, softmax, softmin, softplus, softshrink, softsign, tanh, tanhshrink,
    threshold,
)  # fmt: skip
from metabang.nn.functional.attention import scaled_dot_product_attention
from metabang.nn.functional.conv import (
    bilinear, conv1d, conv2d, conv3d, conv_transpose1d, conv_transpose2d, conv_transpose3d, linear,
)  # fmt: skip
from metabang.nn.functional.ctc import ctc_loss
from metabang.nn.functional.distance import cosine_similarity, pairwise_distance
from metabang.nn.functional.dropout import alpha_dropout, dropout, dropout1d, dropout2d, dropout3d
from metabang.nn.functional.fold import fold, unfold
from metabang.nn.functional.interpolate import interpolate
from metabang.nn.functional.loss import (
    binary_cross_entropy, binary_cross_entropy_with_logits, cosine_embedding_loss, cross_entropy, gaussian_nll_loss,
    hinge_embedding_loss, huber_loss, kl_div, l1_loss, margin_ranking_loss, mse_loss, multi_margin_loss,
    multilabel_soft_margin_loss, nll_loss, poisson_nll_loss, smooth_l1_loss, soft_margin_loss, triplet_margin_loss,
)  # fmt: skip
from metabang.nn.functional.norm import (
    batch_norm, group_norm, instance_norm, layer_norm, local_response_norm, normalize, rms_norm,
)  # fmt: skip
from metabang.nn.functional.pad import pad
from metabang.nn.functional.pool import (
    adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d, adaptive_max_pool1d, adaptive_max_pool2d,
    adaptive_max_pool3d, avg_pool1d, avg_pool2d, avg_pool3d, fractional_max_pool2d, lp_pool1d, lp_pool2d, max_pool1d,
    max_pool2d, max_pool3d,
)  # fmt: skip
from metabang.nn.functional.sample import grid_sample
from metabang.nn.functional.sparse import embedding, embedding_bag, one_hot
from metabang.nn.functional.shuffle import channel_shuffle, pixel_shuffle, pixel_unshuffle
from metabang.nn.functional.unpool import max_unpool1d, max_unpool2d, max_unpool3d

_arguments.check_public(globals())
