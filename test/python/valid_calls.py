"""A valid call of every public function: what test_bad_input.py replaces one argument of."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator

import numpy as np

import metabang as mb
from metabang import nn, optim
from metabang.nn import functional as F

x, vector, square = mb.input((2, 3)), mb.input((3,)), mb.input((3, 3))
flags, ids, bits = mb.input((2, 3), "bool"), mb.input((2,), "int32"), mb.input((2, 3), "int32")
line, image, volume = mb.input((1, 4, 6)), mb.input((1, 4, 6, 6)), mb.input((1, 2, 4, 4, 4))
channels = mb.input((4,))
sequences = mb.input((2, 4, 8))
parameter = nn.Parameter(np.zeros((3, 3), np.float32))

# What a parameter of this name takes, unless its function is in SPECIAL.
BY_NAME = {
    "x": x, "y": x, "a": x, "b": x, "value": 1, "start": 0, "stop": 5, "step": 1, "shape": (2, 3), "axis": 0,
    "dtype": "float32", "data": [1.0, 2.0], "kind": "exp", "condition": flags, "target": x, "ids": ids, "indices": ids,
    "weight": vector, "low": 0, "high": 1, "xs": [x, x], "threshold": 0.5, "normalized_shape": (3,), "p": 0.5,
    "in_channels": 4, "out_channels": 4, "kernel_size": 3, "in_features": 3, "out_features": 3, "in1_features": 3,
    "in2_features": 3, "num_embeddings": 3, "embedding_dim": 3, "num_features": 4, "num_groups": 2, "num_channels": 4,
    "output_size": 2, "input_size": 3, "hidden_size": 3, "num_classes": 4, "parameters": [parameter], "lr": 0.1,
    "T_max": 5, "T_0": 3, "steps": 5, "milestones": [1], "gamma": 0.5, "step_size": 2, "factor": lambda t: 1.0,
    "gradients": [x], "max_norm": 1.0, "offsets": (0, 0), "sizes": (1, 1), "indexes": ["i0", "0"], "dims": [0, 1],
    "groups": 1, "op": "add", "padding": 1, "upscale_factor": 2, "downscale_factor": 2, "size": 3, "anchor": x,
    "positive": x, "negative": x, "var": x, "clip_value": 1.0,
}  # fmt: skip
CONVOLUTIONS = {
    f"F.conv{transposed}{rank}d": {
        "x": operand,
        "weight": mb.input((operand.shape[1], operand.shape[1], *[3] * rank)),
        "bias": mb.input((operand.shape[1],)),
    }
    for transposed in ("", "_transpose")
    for rank, operand in enumerate((line, image, volume), 1)
}
POOLS = {
    f"F.{kind}_pool{rank}d": {"x": operand, "kernel_size": 2}
    for kind in ("max", "avg")
    for rank, operand in enumerate((line, image, volume), 1)
}
ADAPTIVE_POOLS = {
    f"F.adaptive_{kind}_pool{rank}d": {"x": operand, "output_size": 2}
    for kind in ("avg", "max")
    for rank, operand in enumerate((line, image, volume), 1)
}
SPECIAL = {
    **CONVOLUTIONS,
    **ADAPTIVE_POOLS,
    **POOLS,
    **{f"mb.logical_{kind}": {"a": flags, "b": flags} for kind in ("and", "or", "xor")},
    "mb.logical_not": {"x": flags},
    **{
        f"mb.{name}": {"a": bits, "b": bits}
        for name in ("bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_left_shift", "bitwise_right_shift")
        + ("left_shift", "right_shift")
    },
    **{f"mb.bitwise_{name}": {"x": bits} for name in ("invert", "not")},
    "mb.binary": {"kind": "add"},
    "mb.compare": {"kind": "lt"},
    "mb.matmul": {"b": square},
    "mb.index": {"dim": 0},
    "mb.topk": {"x": mb.array([1.0, 2.0]), "k": 1},
    "mb.pad": {"low": (1, 1), "high": (0, 0)},
    "mb.broadcast": {"x": vector, "dims": [1]},
    "mb.broadcast_to": {"x": vector},
    "mb.reshape": {"shape": (6,)},
    "mb.squeeze": {"axis": None},
    "mb.swapaxes": {"a": 0, "b": 1},
    "mb.reindex_reduce": {"shape": (4,), "indexes": ["i0"], "overflow_conditions": ["i0 > 3"]},
    "mb.grad": {"y": mb.sum(x), "xs": [x]},
    "mb.emit": {"outputs": [x + 1], "inputs": [x]},
    "mb.set_target": {"name": "mtp_270"},
    "x.swapaxes": {"a": 0, "b": 1},
    "x.assign": {"value": np.zeros((2, 3))},
    "x.astype": {"dtype": "int32"},
    "x.squeeze": {"axis": None},
    "x.reindex_reduce": {"shape": (4,), "indexes": ["i0"]},
    "F.linear": {"weight": square},
    "F.bilinear": {"weight": mb.input((5, 3, 3))},
    "F.embedding": {"weight": square},
    "F.interpolate": {"x": image, "size": (3, 3)},
    "F.unfold": {"x": image},
    "F.fold": {"x": mb.input((1, 18, 16)), "output_size": 6},
    **{
        f"F.max_unpool{rank}d": {"x": operand, "indices": mb.input(operand.shape, "int32"), "kernel_size": 2}
        for rank, operand in enumerate((line, image, volume), 1)
    },
    **{
        f"F.lp_pool{rank}d": {"x": operand, "norm_type": 2.0, "kernel_size": 2}
        for rank, operand in enumerate((line, image), 1)
    },
    **{f"F.dropout{rank}d": {"x": operand} for rank, operand in enumerate((line, image, volume), 1)},
    "F.channel_shuffle": {"x": image, "groups": 2},
    "F.embedding_bag": {"ids": bits, "weight": square},
    "F.grid_sample": {"x": image, "grid": mb.input((1, 3, 3, 2))},
    "F.fractional_max_pool2d": {"x": image, "kernel_size": 2, "output_size": 3},
    "nn.FractionalMaxPool2d": {"kernel_size": 2, "output_size": 3},
    "F.ctc_loss": {
        "log_probs": mb.input((4, 2, 3)),
        "targets": mb.input((2, 2), "int32"),
        "input_lengths": ids,
        "target_lengths": ids,
        "blank": 2,  # inputs without values are zeros, which are targets
    },
    "F.multi_margin_loss": {"target": ids},
    "F.pad": {"padding": (1, 1)},
    "F.pixel_shuffle": {"x": image},
    "F.pixel_unshuffle": {"x": image},
    "F.local_response_norm": {"x": image},
    "F.cosine_embedding_loss": {"target": ids},
    "nn.Unflatten": {"axis": 1, "sizes": (2, 2)},
    "F.glu": {"x": sequences},
    "F.batch_norm": {"x": image, "mean": channels, "var": channels, "weight": channels, "bias": channels},
    "F.group_norm": {"x": image, "weight": channels, "bias": channels},
    "F.instance_norm": {"x": image, "weight": channels, "bias": channels},
    "F.nll_loss": {"target": mb.input((2,), "int64")},
    "F.cross_entropy": {"target": mb.input((2,), "int64")},
    "F.scaled_dot_product_attention": {"query": sequences, "key": sequences, "value": sequences},
    "nn.LPPool1d": {"norm_type": 2.0},
    "nn.LPPool2d": {"norm_type": 2.0},
    "nn.MultiheadAttention": {"embed_dim": 8, "num_heads": 2},
    **{f"nn.Transformer{kind}Layer": {"d_model": 8, "nhead": 2} for kind in ("Encoder", "Decoder")},
    "nn.TransformerEncoder": {"layer": nn.TransformerEncoderLayer(8, 2, 8), "num_layers": 1},
    "nn.TransformerDecoder": {"layer": nn.TransformerDecoderLayer(8, 2, 8), "num_layers": 1},
    "nn.Threshold": {"threshold": 0.5, "value": 0.0},
    "nn.Buffer": {"data": np.zeros(2, np.float32)},
    "nn.Parameter": {"data": np.zeros(2, np.float32)},
}
# Not called: what takes *arguments (see test_errors.py), and what only reads.
SKIPPED = {
    "mb.sync", "mb.compile", "mb.add_progress", "mb.target", "nn.Module", "nn.Sequential", "nn.ModuleList",
    "optim.Optimizer", "x.reshape", "x.transpose", "x.permute", "x.numpy", "x.tolist", "x.item",
    "mb.clear_cache", "mb.Program", "mb.einsum", "x.to_device",
}  # fmt: skip


def functions() -> Iterator[tuple[str, Callable]]:
    """Every public function, class and method of Var, by the name it has in the tables above."""
    own = {"mb": vars(mb), "nn": vars(nn), "F": vars(F), "optim": vars(optim)}
    own["x"] = {name: getattr(x, name) for name in dir(mb.Var)}
    for prefix, namespace in own.items():
        for name, value in namespace.items():
            public = name[0] != "_" and callable(value) and f"{prefix}.{name}" not in SKIPPED
            is_error = inspect.isclass(value) and issubclass(value, (Exception, mb.Var)) and prefix == "mb"
            if public and not is_error and getattr(value, "__module__", "").startswith("metabang"):
                yield f"{prefix}.{name}", value


def arguments(name: str, function: Callable) -> dict[str, object]:
    """Of a valid call. A parameter that is in no table keeps its default."""
    given = {}
    special = SPECIAL.get(name, {})
    for key, each in inspect.signature(function).parameters.items():
        if each.kind in (each.VAR_POSITIONAL, each.VAR_KEYWORD):
            given |= {extra: value for extra, value in special.items() if extra not in given}
        elif key == "optimizer":
            given[key] = optim.SGD([parameter], 0.1)
        elif key in special:
            given[key] = special[key]
        elif each.default is not each.empty:
            given[key] = each.default
        else:
            assert key in BY_NAME, f"give a valid `{key}` of {name} in {__file__}"
            given[key] = BY_NAME[key]
    return given
