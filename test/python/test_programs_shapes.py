"""Broadcasting, movement of data, index expressions, joins, odd and large sizes."""

import itertools

import numpy as np
from programs import Cases, integers, normal, on_targets, parameter

import metabang as mb
from metabang.nn import functional as F

CASES = Cases()
BROADCAST = {
    "scalar": [(6, 7), ()],
    "channel_last": [(2, 3, 4, 17), (17,)],
    "channel_first": [(2, 17, 3, 4), (1, 17, 1, 1)],
    "channel_first_no_batch": [(2, 17, 3, 4), (17, 1, 1)],
    "row": [(33, 65), (1, 65)],
    "column": [(33, 65), (33, 1)],
    "outer": [(33, 1), (1, 65)],
    "outer_vector": [(130, 1), (67,)],
    "middle": [(5, 1, 7), (6, 1)],
    "n11c": [(3, 1, 1, 24), (3, 5, 5, 24)],
    "nc11": [(3, 24, 1, 1), (3, 24, 5, 5)],
    "all_ones": [(1, 1, 1), (4, 5, 6)],
    "both": [(4, 1, 6, 1), (1, 5, 1, 7)],
    "rank5": [(2, 1, 3, 1, 5), (4, 1, 6, 1)],
    "three": [(8, 1, 1), (9, 1), (10,)],
    "one_element": [(1,), (1,)],
    "zero_rank": [(), ()],
    "zero_rank_and_one": [(), (1,)],
}
for name, shapes in BROADCAST.items():

    def broadcast(shapes=shapes):
        xs = [normal(*s, seed=k) for k, s in enumerate(shapes)]
        total = xs[0]
        for x in xs[1:]:
            total = total * 2 + x
        return total, xs[0] - xs[1] if len(xs) == 2 else xs[2] - xs[0]

    CASES.add(f"broadcast_{name}", broadcast)
for name in ("channel_first", "row", "column", "outer", "n11c"):
    shapes = BROADCAST[name]
    CASES.add(f"broadcast_parameter_{name}", lambda shapes=shapes: normal(*shapes[0]) * parameter(*shapes[1]))
CASES.add(
    "broadcast_to",
    lambda: (normal(3, 1, 5).broadcast_to((3, 4, 5)), normal(5).broadcast_to((7, 5)), normal(1).broadcast_to((70,))),
)
CASES.add(
    "broadcast_dims", lambda: (mb.broadcast(normal(3, 4), (4, 5, 3), [2, 0]), mb.broadcast(normal(4), (4, 5), [0]))
)
CASES.add("broadcast_scalar_only", lambda: mb.broadcast(normal(), (3, 5), []))

for rank, shape in ((2, (13, 37)), (3, (5, 6, 19)), (4, (3, 4, 5, 17))):
    for perm in itertools.permutations(range(rank)):
        if perm != tuple(range(rank)):
            CASES.add(
                f"transpose_{''.join(map(str, perm))}",
                lambda shape=shape, perm=perm: normal(*shape).transpose(perm) + 1,
            )
CASES.add(
    "transpose_only",
    lambda: (normal(70, 90).T, normal(1, 64).T, normal(2, 3, 64, 65).swapaxes(2, 3), normal(64, 1, 3).permute(2, 1, 0)),
)
CASES.add("transpose_large", lambda: normal(700, 900).T)
CASES.add(
    "transpose_dtypes",
    lambda: (
        [integers(33, 65, dtype=d).T for d in ("int32", "int16", "int8")]
        + [normal(33, 65, dtype="float16").T, (normal(33, 65) > 0).T]
    ),
)
CASES.add("transpose_rank5", lambda: normal(2, 3, 4, 5, 6).transpose((4, 2, 0, 3, 1)))


@CASES.case()
def pad():
    x = normal(3, 5, 7)
    return (
        mb.pad(x, [0, 1, 2], [1, 0, 3]),
        mb.pad(x, [1, 1, 1], [1, 1, 1], -1.5) * 2,
        mb.pad(normal(9), [4], [0], float("inf")),
        mb.pad(integers(9), [4], [3], 7),
        mb.pad(normal(4, 4) > 0, [1, 0], [0, 1], True),
    )


@CASES.case()
def slices():
    x = normal(9, 11, 13)
    return [
        x[1:8],
        x[:, 2],
        x[..., -1],
        x[::2, 1::3],
        x[:, ::-1],
        x[::-1, ::-2, 3:1:-1],
        x[2, 3, 4],
        x[None, :, 0, None],
        x[3:4] * 2,
        mb.slice(x, [1, 2, 3], [2, 2, 2], [3, 4, 4]),
        x[:, :, ::5] + 1,
    ]


@CASES.case()
def slice_dtypes():
    return [integers(20, 30, dtype=d)[3:17:2, ::-1] for d in ("int32", "int16", "int8")] + [
        normal(20, 30, dtype="float16")[1::3, 5:]
    ]


@CASES.case()
def flip_joined():
    x = normal(6, 40)
    return x + x[::-1], x * x[:, ::-1], x[:, :39] - x[:, 1:]


@CASES.case()
def reshapes():
    x = normal(4, 6, 10)
    return [
        x.reshape(24, 10) + 1,
        x.reshape(-1),
        x.T.reshape(5, 48),
        x.reshape(2, 2, 3, 2, 10).transpose((0, 2, 1, 3, 4)),
        x.flatten(1),
        x.unsqueeze(1) * normal(3, 1, 1),
        x[:, :, :1].squeeze(-1),
        x.reshape(5, 48).T.reshape(240) * 2,
    ]


@CASES.case()
def reindex_affine():
    x = normal(5, 8, 9)
    return [
        mb.reindex(x, (5, 10, 11), ["i0", "i1 - 1", "i2 - 1"]),
        mb.reindex(x, (5, 10, 11), ["i0", "i1 - 1", "i2 - 1"], overflow_value=-2.5) + 1,
        mb.reindex(x, (5, 4, 5, 3), ["i0", "i1*2 + i3 - 1", "i2*2"]),
        mb.reindex(x, (3, 4), ["i0 + 1", "7 - i1", "i0 + i1"]),
        mb.reindex(x, (5, 8), ["i0", "i1", "i1"]),
        mb.reindex(x, (20, 16), ["i0 // 4", "i1 // 2", "i1 % 9"]),
        mb.reindex(x, (5, 8, 9), ["i0", "7 - i1", "(i2 * 2) % 9"]),
        mb.reindex(x, (30,), ["i0 - 10", "0", "0"], overflow_value=9),
        mb.reindex(x, (6, 6), ["2", "3", "i1"]),
        mb.reindex(x, (5, 8, 9), ["i0", "i1", "i2"], overflow_conditions=["i1 >= 5"], overflow_value=1),
        mb.reindex(x, (5, 8, 9), ["i0", "i1", "i2"], overflow_conditions=["i1 >= 5", "i2 < 2"]),
        mb.reindex(x, (5, 8, 9), ["i0", "i1", "i2"], overflow_conditions=["i1 == i2"]),
    ]


@CASES.case()
def reindex_dilated():
    x = normal(2, 3, 12)
    return [
        mb.reindex(x, (2, 3, 6, 3), ["i0", "i1", "i2 + i3*3"]),
        mb.reindex(x, (2, 3, 23), ["i0", "i1", "i2 // 2"], overflow_conditions=["i2 % 2 == 1"]),
        mb.reindex(x, (2, 3, 24), ["i0", "i1", "i2*3 - 5"]),
    ]


@CASES.case()
def reindex_floordiv_mod():
    x = normal(12, 20)
    return [
        mb.reindex(x, (240,), ["i0 // 20", "i0 % 20"]),
        mb.reindex(x, (20, 12), ["(i0*12 + i1) // 20", "(i0*12 + i1) % 20"]),
        mb.reindex(x, (4, 3, 5, 4), ["i0*3 + i1", "i2*4 + i3"]),
        mb.reindex(x, (24, 40), ["i0 // 2", "i1 // 2"]),
        mb.reindex(x, (24, 40), ["i0 % 12", "i1 % 20"]),
        mb.reindex(x, (12, 20), ["(i0 + 5) % 12", "(i1 + 19) % 20"]),
        mb.reindex(x, (7, 20), ["(i0*i0_) % 12".replace("*i0_", "*5"), "i1"]),
    ]


@CASES.case()
def reindex_gather():
    x, rows = normal(40, 24), integers(17, low=0, high=40)
    grid = integers(17, 24, low=-3, high=43)
    return [
        mb.take(x, rows),
        mb.take(x, integers(5, low=0, high=24), axis=1),
        mb.take(x, integers(2, 3, low=0, high=40)),
        mb.reindex(x, (17, 24), ["s0", "i1"], extras=[grid], overflow_value=-1),
        mb.reindex(x, (17, 24), ["s0", "i1"], extras=[grid], overflow_value=-1) * 2 + 1,
        mb.reindex(x, (17, 24), ["s0 + 1", "(s1 + i1) % 24"], extras=[grid, integers(17, 24, low=0, high=9)]),
        mb.take(integers(40, 24), rows),
        mb.take(normal(40, 24, dtype="float16"), rows),
        mb.take(x, rows.astype("int64")),
    ]


@CASES.case()
def reindex_dtypes():
    return [
        mb.reindex(integers(8, 9, dtype=d), (10, 9), ["i0 - 1", "8 - i1"], overflow_value=3)
        for d in ("int32", "int16", "int8")
    ] + [
        mb.reindex(normal(8, 9) > 0, (10, 9), ["i0 - 1", "8 - i1"], overflow_value=True),
        mb.reindex(normal(8, 9, dtype="float16"), (10, 9), ["i0 - 1", "8 - i1"], overflow_value=3),
    ]


@CASES.case()
def scatter():
    y = normal(30, 8)
    where = integers(30, 8, low=-2, high=12)
    return [
        *(mb.reindex_reduce(y, op, (5, 8), ["i0 // 6", "i1"]) for op in ("add", "max", "min", "mul")),
        *(mb.reindex_reduce(y, op, (10, 8), ["s0", "i1"], extras=[where]) for op in ("add", "max", "min")),
        mb.reindex_reduce(y, "add", (30,), ["i0"]),
        mb.reindex_reduce(y, "max", (8,), ["i1"]),
        mb.reindex_reduce(y, "add", (32, 10), ["i0 + 1", "i1 + 1"]),
        mb.reindex_reduce(y, "add", (16, 20), ["i0 - 4", "i1*3"]),
        mb.reindex_reduce(normal(2, 6, 3), "add", (2, 8), ["i0", "i1 + i2"]),
    ]


@CASES.case()
def joins():
    a, b, c = normal(3, 5, 7), normal(3, 2, 7, seed=1), normal(3, 1, 7, seed=2)
    return [
        mb.concat([a, b, c], 1),
        mb.concat([a, a], 0) * 2,
        mb.concat([a, a + 1], -1),
        mb.stack([a, a * 2, -a], 0),
        mb.stack([a, a], 3),
        mb.concat([a]),
        mb.stack([normal(), normal(seed=1)]),
        mb.concat([integers(4), integers(5)]),
        mb.concat([normal(9) > 0, normal(5) < 0]),
        mb.concat([normal(1, 16, 9, 9), normal(1, 24, 9, 9)], 1),
    ]


@CASES.case()
def indices():
    return [
        mb.index((5, 7), 0),
        mb.index((5, 7), 1).astype("float32") * 0.5,
        mb.arange(17),
        mb.arange(0.0, 1.0, 0.125),
        mb.index((300, 5), 0) + integers(300, 5),
        mb.arange(10, 0, -3, "int32"),
    ]


@CASES.case()
def one_element():
    """Loops of one step fold away, and leave single numbers between kernels (found by `metabang fuzz`)."""
    x, empty = normal(1), mb.array(np.zeros(0, np.float32))
    return [
        mb.pad(mb.exp(mb.reindex_reduce(x, "add", (1,), ["i0 // 2"])), (1,), (0,)),
        mb.where(mb.array([True, False]), mb.pad(empty, (2,), (0,)), -1.5),
        mb.exp(mb.reindex_reduce(x + 1, "max", (1,), ["i0 % 3"])) + x,
    ]


@CASES.case()
def constants():
    """Constants that a kernel reads from memory: the compiler finds them after Python has folded its own."""

    def full(*shape):
        return mb.where(mb.full(shape, True), mb.full(shape, 2.5), normal(*shape))

    return [
        F.layer_norm(mb.zeros((5, 7)), (7,)),
        full(5, 7).sum(1),
        full(300, 2000).max(0),
        mb.pad(full(5, 6), (1, 0), (2, 3), 7.0) * 2,
        F.avg_pool2d(full(1, 16, 6, 6), 3, 2, 1),
    ]


@CASES.case()
def unaligned():
    """Rows of 127 or 3 elements, which MLU2xx and MLU3xx widen on the chip (found by `metabang fuzz`)."""
    rows, pixels = normal(1021, 127), normal(7, 64, 64, 3)
    return [
        mb.max(rows, 0),
        mb.min(rows, 0),
        pixels[..., ::-1],
        normal(4099).astype("float16")[::-1],
    ]


@CASES.case(1e-5)
def argmax():
    x = normal(9, 31)
    return (
        x.argmax(1) if hasattr(x, "argmax") else mb.argmax(x, 1),
        mb.argmax(x, 0),
        mb.argmax(x),
        mb.argmax(integers(5, 40), 1),
    )


@CASES.case()
def outputs():
    x = normal(6, 7)
    y = x * 2
    return [
        y,
        y + 1,
        y,
        x,
        mb.ones((3,)),
        mb.parameter(np.arange(4.0, dtype="float32")),
        x.T,
        y.sum(),
        x * x,
        x + x,
        mb.full((), 3.0),
        y.reshape(42),
    ]


for name, shape in {
    "one": (1,),
    "prime": (997,),
    "primes": (7, 11, 13),
    "row_of_one": (1, 509),
    "column_of_one": (509, 1),
    "many_ones": (1, 3, 1, 1, 5, 1),
}.items():
    CASES.add(
        f"size_{name}",
        lambda shape=shape: [
            normal(*shape) * 2 + 1,
            mb.exp(normal(*shape)),
            normal(*shape).sum(),
            integers(*shape) + 1,
            (normal(*shape) > 0),
            normal(*shape).sum(-1),
        ],
    )
for size in (1, 2, 31, 63, 64, 65, 127, 129, 1023, 4097):
    CASES.add(
        f"sizes_{size}",
        lambda size=size: [
            normal(size) * 2 + 1,
            normal(3, size) + normal(size),
            normal(size, 3) - normal(size, 1),
            normal(size, dtype="float16") * 2,
            integers(size, dtype="int8") + 1,
        ],
    )

test_shapes = on_targets(CASES)
