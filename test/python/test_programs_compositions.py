"""Every element type, and programs of several layers."""

from programs import Cases, generator, integers, normal, on_targets, parameter

import metabang as mb
from metabang.nn import functional as F

CASES = Cases()
for d in ("uint8", "uint16", "uint32", "int64", "uint64"):

    def mk(d=d):
        return mb.array(generator(d).integers(0, 250, size=(5, 33)), d)

    def mk1(d=d):
        return mb.array(generator(d, 1).integers(1, 50, size=(5, 33)), d)

    CASES.add(f"add_{d}", lambda mk=mk, mk1=mk1: [mk() + mk1(), mk() * mk1(), mb.maximum(mk(), mk1())])
    CASES.add(f"cmp_{d}", lambda mk=mk, mk1=mk1: [mk() < mk1(), mb.where(mk() > mk1(), mk(), mk1())])
    CASES.add(f"div_{d}", lambda mk=mk, mk1=mk1: [mk() // mk1(), mk() % mk1()])
    CASES.add(f"truediv_{d}", lambda mk=mk, mk1=mk1: mk() / mk1(), 1e-5)
    CASES.add(f"cast_{d}", lambda mk=mk: [mk().astype(t) for t in ("float32", "int32", "bool", "int8", "float16")])
    CASES.add(f"castto_{d}", lambda d=d: [normal(40).__abs__().astype(d), integers(40, low=0, high=50).astype(d)])
    CASES.add(f"sum_{d}", lambda mk=mk: [mk().sum(0), mk().max(1), mk().sum(), mk().mean(0), mk().min(0)], 1e-5)
    CASES.add(
        f"move_{d}",
        lambda mk=mk: [
            mk().T,
            mk()[::2, 1:],
            mb.pad(mk(), [1, 1], [2, 2], 3),
            mb.concat([mk(), mk()]),
            mk().broadcast_to((2, 5, 33)),
            mb.take(mk(), integers(7, low=0, high=5)),
        ],
    )
CASES.add("matmul_int32", lambda: integers(7, 9) @ integers(9, 5))
CASES.add("matmul_int8", lambda: integers(7, 9, dtype="int8") @ integers(9, 5, dtype="int8"))
CASES.add(
    "rank6",
    lambda: [
        normal(2, 3, 2, 3, 2, 5).sum((1, 3)),
        normal(2, 3, 2, 3, 2, 5).transpose((5, 3, 1, 0, 2, 4)),
        normal(2, 3, 2, 3, 2, 5) * normal(3, 1, 5),
    ],
    1e-5,
)
CASES.add("rank8", lambda: normal(2, 1, 2, 3, 1, 2, 2, 5).transpose((7, 6, 5, 4, 3, 2, 1, 0)) * 2)


def chain():
    x = normal(50)
    for i in range(60):
        x = mb.tanh(x * 1.1) + 0.1 * (i % 3) if i % 2 else x * x * 0.5 - 0.2
    return x


CASES.add("long_chain", chain, 1e-4)


def wide():
    xs = [normal(40, 33, seed=k) for k in range(30)]
    t = xs[0]
    for x in xs[1:]:
        t = t + x * x
    return t


CASES.add("wide", wide, 1e-5)


def shared():
    x = normal(64, 65)
    y = mb.exp(x)
    return [y.sum(1), y.max(0), y.T, y * y, (y + 1).mean(), y[::2]]


CASES.add("shared", shared, 2e-5)


def diamond():
    x = normal(1, 16, 9, 9)
    a = F.conv2d(x, parameter(16, 16, 3, 3), padding=1)
    b = F.conv2d(x, parameter(16, 16, 1, 1))
    return [a + b, F.relu(a * b), mb.concat([a, b], 1), F.max_pool2d(a, 2) + F.avg_pool2d(b, 2)]


CASES.add("diamond", diamond, 1e-3)
CASES.add(
    "norms",
    lambda: [
        (lambda x: (x - x.mean(-1, keepdims=True)) / mb.sqrt(x.var(-1, keepdims=True) + 1e-5))(normal(6, 70)),
        (lambda x: x - x.mean((2, 3), keepdims=True))(normal(2, 3, 5, 5)),
    ],
    3e-5,
)
CASES.add(
    "loss",
    lambda: (
        -(
            mb.log(mb.softmax(normal(8, 10)))
            * (mb.index((8, 10), 1) == integers(8, 1, low=0, high=10)).astype("float32")
        ).sum()
        / 8
    ),
    2e-3,
)
CASES.add("onehot", lambda: (mb.index((8, 10), 1) == integers(8, 1, low=0, high=10)).astype("float32"))
CASES.add(
    "cumsum", lambda: (normal(1, 30) * (mb.index((30, 30), 1) <= mb.index((30, 30), 0)).astype("float32")).sum(1), 1e-5
)
CASES.add("upsample", lambda: mb.reindex(normal(1, 3, 5, 5), (1, 3, 10, 10), ["i0", "i1", "i2//2", "i3//2"]) * 2)
CASES.add(
    "pixel_shuffle",
    lambda: normal(1, 12, 4, 4).reshape(1, 3, 2, 2, 4, 4).transpose((0, 1, 4, 2, 5, 3)).reshape(1, 3, 8, 8),
)
CASES.add(
    "channel_shuffle",
    lambda: F.conv2d(
        normal(1, 12, 4, 4).reshape(1, 3, 4, 4, 4).transpose((0, 2, 1, 3, 4)).reshape(1, 12, 4, 4),
        parameter(5, 12, 1, 1),
    ),
    1e-3,
)
CASES.add(
    "transposed_conv",
    lambda: mb.reindex_reduce(
        mb.broadcast(normal(1, 4, 5, 5), (1, 4, 5, 5, 3, 3), [0, 1, 2, 3])
        * mb.broadcast(parameter(4, 3, 3), (1, 4, 5, 5, 3, 3), [1, 4, 5]),
        "add",
        (1, 4, 11, 11),
        ["i0", "i1", "i2*2+i4", "i3*2+i5"],
    ),
    1e-5,
)
CASES.add(
    "conv_of_conv",
    lambda: F.conv2d(F.conv2d(normal(1, 3, 12, 12), parameter(5, 3, 3, 3)), parameter(2, 5, 3, 3), stride=2),
    1e-3,
)
CASES.add("conv_reduce", lambda: F.conv2d(normal(1, 3, 12, 12), parameter(5, 3, 3, 3)).sum(1), 1e-3)
CASES.add("conv_softmax", lambda: mb.softmax(F.conv2d(normal(1, 3, 12, 12), parameter(5, 3, 3, 3)), 1), 1e-3)
CASES.add("conv_scalar_bias", lambda: F.conv2d(normal(1, 3, 12, 12), parameter(5, 3, 3, 3)) * 2 - 1, 1e-3)
CASES.add(
    "conv_residual_broadcast", lambda: F.conv2d(normal(2, 3, 12, 12), parameter(5, 3, 3, 3)) + normal(2, 5, 1, 1), 1e-3
)
CASES.add(
    "conv_se",
    lambda: (lambda y: y * mb.sigmoid(F.conv2d(y.mean((2, 3), keepdims=True), parameter(16, 16, 1, 1))))(
        F.conv2d(normal(2, 3, 12, 12), parameter(16, 3, 3, 3))
    ),
    1e-3,
)
CASES.add("conv_huge_stride", lambda: F.conv2d(normal(1, 3, 20, 20), parameter(5, 3, 2, 2), stride=9), 1e-3)
CASES.add(
    "conv_int_input",
    lambda: F.conv2d(integers(1, 3, 8, 8, dtype="uint8", low=0, high=255).astype("float32"), parameter(5, 3, 3, 3)),
    1e-3,
)
CASES.add("conv_2_to_many", lambda: F.conv2d(normal(1, 2, 9, 9), parameter(1000, 2, 1, 1)), 1e-3)
CASES.add("conv_big_kernel", lambda: F.conv2d(normal(1, 2, 30, 30), parameter(3, 2, 15, 15), padding=7), 1e-3)
CASES.add("conv_224", lambda: F.conv2d(normal(1, 3, 224, 224), parameter(32, 3, 3, 3), stride=2, padding=1), 1e-3)
CASES.add("dw_big", lambda: F.conv2d(normal(1, 960, 7, 7), parameter(960, 1, 5, 5), padding=2, groups=960), 1e-3)
CASES.add("linear_huge", lambda: F.linear(normal(1, 25088), parameter(128, 25088), parameter(128)), 1e-3)
CASES.add("square_mat", lambda: normal(257, 257) @ normal(257, 257, seed=1), 1e-3)
CASES.add("batched_param", lambda: normal(4, 8, 16) @ parameter(4, 16, 8), 1e-3)
CASES.add("pool_global", lambda: [F.avg_pool2d(normal(1, 1280, 7, 7), 7), normal(1, 1280, 7, 7).mean((2, 3))], 1e-5)
CASES.add("pow_var", lambda: abs(normal(50)) ** normal(50, seed=1), 1e-4)
CASES.add("mean_int", lambda: integers(5, 7).mean(1), 1e-5)
CASES.add("logic", lambda: mb.logical_and(normal(5, 1) > 0, normal(1, 9) > 0).astype("int32").sum(1))
CASES.add("any_all", lambda: [(normal(5, 9) > 0).max(1), (normal(5, 9) > 0).min(0), (normal(5, 9) > 0).max()])
CASES.add(
    "bool_idx", lambda: mb.where((mb.index((6, 8), 0) + mb.index((6, 8), 1)) % 2 == 0, normal(6, 8), -normal(6, 8))
)
CASES.add("scalar_only", lambda: [mb.array(3.0) * 2 + 1, mb.exp(mb.array(1.0)), mb.array(5) // 2])
CASES.add("const_graph", lambda: [mb.ones((3, 4)) * 2, mb.zeros((5,)), mb.index((4, 4), 1)])
CASES.add("param_only", lambda: parameter(5, 5) @ parameter(5, 5, seed=1))
CASES.add("same_twice", lambda: (lambda x: [x * 2, x * 2, x * 2 + 0])(normal(9)))
CASES.add("same_var_twice", lambda: (lambda y: [y, y])(normal(9) * 3))

test_compositions = on_targets(CASES)
