"""Matrix products, convolutions and pools of awkward sizes."""

from programs import Cases, normal, on_targets, parameter

import metabang as mb
from metabang.nn import functional as F

CASES = Cases()
# int16 fixed point on mtp_270
FIXED = 1e-3

for name, (a, b) in {
    "plain": ((33, 40), (40, 20)),
    "odd": ((7, 13), (13, 11)),
    "one_row": ((1, 64), (64, 10)),
    "one_column": ((64, 65), (65, 1)),
    "dot": ((1, 130), (130, 1)),
    "one": ((1, 1), (1, 1)),
    "inner_one": ((9, 1), (1, 8)),
    "vector_matrix": ((40,), (40, 20)),
    "matrix_vector": ((20, 40), (40,)),
    "vectors": ((40,), (40,)),
    "batched": ((3, 17, 24), (3, 24, 9)),
    "batch_broadcast": ((5, 17, 24), (24, 9)),
    "batch_outer": ((2, 1, 7, 8), (3, 8, 9)),
    "one_times_batch": ((17, 24), (3, 24, 9)),
    "few_times_batch": ((3, 1, 24), (2, 3, 24, 9)),
    "outer_times_batch": ((3, 17, 24), (2, 3, 24, 9)),
    "large": ((130, 517), (517, 259)),
}.items():
    CASES.add(f"matmul_{name}", lambda a=a, b=b: normal(*a) @ normal(*b), FIXED)
    CASES.add(f"matmul_parameter_{name}", lambda a=a, b=b: normal(*a) @ parameter(*b), FIXED)
CASES.add("matmul_parameter_left", lambda: parameter(20, 33) @ normal(33, 10), FIXED)
CASES.add("matmul_parameter_of_batch", lambda: parameter(9, 7) @ normal(4, 8, 7, 5) @ parameter(5, 6), FIXED)
CASES.add("matmul_turned_parameter_of_batch", lambda: parameter(7, 9).T @ normal(4, 8, 7, 5), FIXED)
CASES.add(
    "matmul_transposed",
    lambda: [
        normal(20, 33) @ normal(10, 33).T,
        normal(33, 20).T @ normal(33, 10),
        normal(20, 33) @ parameter(10, 33).T,
    ],
    FIXED,
)


@CASES.case(FIXED)
def bilinear_of_images():  # large enough for the matrix of the rows to stand on the left
    x = normal(1, 3, 32, 40)
    y = F.interpolate(x, (48, 35), mode="bilinear")
    return [y, mb.grad(y, [x], normal(1, 3, 48, 35, seed=1))[0]]


CASES.add("matmul_turned", lambda: normal(300, 65).T @ normal(300, 130), FIXED)
CASES.add("matmul_deep", lambda: normal(9, 1000) @ normal(1000, 70), FIXED)  # cut along its depth
CASES.add("matmul_ready", lambda: normal(40, 64) @ normal(128, 64).T, FIXED)  # as WRAM wants it
CASES.add(
    "matmul_scales",  # tiles of different magnitude
    lambda: [(normal(8, 40) * 1e-6) @ (normal(40, 70) * 1e7), mb.zeros((4, 40)) @ normal(40, 6)],
    FIXED,
)
CASES.add(
    "batched_turned",
    lambda: [
        normal(7, 33, 20) @ normal(7, 9, 20).swapaxes(1, 2),
        normal(7, 20, 33).swapaxes(1, 2) @ normal(7, 20, 9),
        normal(2, 4, 50, 64) @ normal(4, 64, 80),
    ],
    FIXED,
)
CASES.add("matmul_half", lambda: normal(20, 33, dtype="float16") @ normal(33, 10, dtype="float16"), 1e-2)
CASES.add("matmul_self", lambda: normal(20, 20) @ normal(20, 20), FIXED)
CASES.add("gram", lambda: (lambda x: x @ x.T)(normal(12, 30)), FIXED)
CASES.add(
    "attention",
    lambda: (
        mb.softmax(normal(2, 3, 10, 16) @ normal(2, 3, 10, 16, seed=1).swapaxes(2, 3) / 4, -1)
        @ normal(2, 3, 10, 16, seed=2)
    ),
    FIXED,
)
CASES.add(
    "two_layers",
    lambda: F.linear(F.relu(F.linear(normal(5, 30), parameter(17, 30), parameter(17))), parameter(9, 17), parameter(9)),
    FIXED,
)
for batch, inputs, outputs in (
    (1, 1, 1),
    (1, 1000, 3),
    (2, 65, 129),
    (3, 17, 1),
    (5, 1, 7),
    (1, 1280, 1000),
    (300, 31, 33),
):
    CASES.add(
        f"linear_{batch}_{inputs}_{outputs}",
        lambda n=batch, i=inputs, o=outputs: F.linear(normal(n, i), parameter(o, i), parameter(o)),
        FIXED,
    )
CASES.add("linear_rank3", lambda: F.linear(normal(2, 5, 30), parameter(17, 30), parameter(17)), FIXED)
CASES.add("linear_variable_weight", lambda: F.linear(normal(4, 30), normal(17, 30), normal(17)), FIXED)


def conv(x, w, bias=True, **options):
    return lambda: F.conv2d(normal(*x), parameter(*w), parameter(w[0]) if bias else None, **options)


for channels in (1, 3, 17, 24, 64, 65, 130):
    CASES.add(f"conv_in_{channels}", conv((1, channels, 7, 9), (8, channels, 3, 3), padding=1), FIXED)
    CASES.add(f"conv_out_{channels}", conv((1, 5, 7, 9), (channels, 5, 3, 3), padding=1), FIXED)
    CASES.add(f"pointwise_{channels}", conv((2, channels, 5, 5), (channels, channels, 1, 1)), FIXED)
    CASES.add(
        f"depthwise_{channels}", conv((2, channels, 7, 6), (channels, 1, 3, 3), padding=1, groups=channels), FIXED
    )
for stride in (1, 2, 3, (2, 1), (1, 3)):
    CASES.add(f"conv_stride_{stride}", conv((1, 6, 11, 13), (10, 6, 3, 3), stride=stride), FIXED)
    CASES.add(f"depthwise_stride_{stride}", conv((1, 6, 11, 13), (6, 1, 3, 3), stride=stride, groups=6), FIXED)
for batch in (2, 3):
    CASES.add(f"conv_batch_{batch}", conv((batch, 6, 9, 9), (10, 6, 3, 3), padding=1, stride=2), FIXED)
CASES.add("conv_dilation", conv((1, 6, 11, 13), (10, 6, 3, 3), dilation=2), FIXED)
CASES.add("conv_dilation_uneven", conv((1, 6, 11, 13), (10, 6, 3, 2), dilation=(2, 3), padding=(2, 1), stride=2), FIXED)
CASES.add("depthwise_dilation", conv((1, 6, 11, 13), (6, 1, 3, 3), dilation=2, groups=6, padding=2), FIXED)
CASES.add("conv_asymmetric", conv((1, 6, 8, 8), (10, 6, 3, 3), padding=((0, 1), (2, 1)), stride=2), FIXED)
CASES.add("conv_same", conv((1, 6, 9, 8), (10, 6, 4, 4), padding="same", stride=2), FIXED)
CASES.add("conv_grouped", conv((2, 12, 7, 7), (8, 3, 3, 3), groups=4, padding=1), FIXED)
CASES.add("conv_grouped_wide", conv((1, 64, 6, 6), (64, 32, 3, 3), groups=2, padding=1), FIXED)
CASES.add("conv_grouped_one_out", conv((1, 12, 7, 7), (4, 3, 3, 3), groups=4), FIXED)
CASES.add("depthwise_multiplier", conv((1, 6, 7, 7), (18, 1, 3, 3), groups=6, padding=1), FIXED)
CASES.add(
    "conv_grouped_variable",
    lambda: F.conv2d(normal(2, 12, 7, 7), normal(8, 3, 3, 3), groups=4, stride=2, dilation=(1, 2)),
    FIXED,
)
CASES.add(
    "conv1d",
    lambda: [
        F.conv1d(normal(2, 5, 40), parameter(7, 5, 3), parameter(7), padding=1),
        F.conv1d(normal(2, 6, 41), normal(8, 3, 5), groups=2, stride=2, dilation=2),
    ],
    FIXED,
)
CASES.add("conv_1x1_image", conv((1, 20, 1, 1), (30, 20, 1, 1)), FIXED)
CASES.add("conv_1x1_image_padded", conv((1, 20, 1, 1), (30, 20, 3, 3), padding=1), FIXED)
CASES.add("conv_kernel_larger", conv((1, 4, 3, 3), (5, 4, 7, 7), padding=3), FIXED)
CASES.add("conv_kernel_is_image", conv((2, 16, 7, 7), (10, 16, 7, 7)), FIXED)
CASES.add("conv_row_kernel", conv((1, 5, 9, 9), (7, 5, 1, 5), padding=(0, 2)), FIXED)
CASES.add("conv_column_kernel", conv((1, 5, 9, 9), (7, 5, 7, 1), padding=(3, 0)), FIXED)
CASES.add("conv_no_bias", conv((1, 3, 32, 32), (16, 3, 3, 3), bias=False, padding=1), FIXED)
CASES.add("conv_wide_image", conv((1, 3, 5, 400), (16, 3, 3, 3), padding=1), FIXED)
CASES.add("conv_tall_image", conv((1, 3, 400, 5), (16, 3, 3, 3), padding=1), FIXED)
CASES.add("conv_many_channels", conv((1, 512, 7, 7), (512, 512, 3, 3), padding=1), FIXED)
CASES.add("conv_stem", conv((1, 3, 64, 64), (64, 3, 7, 7), padding=3, stride=2), FIXED)
CASES.add("conv_variable_weight", lambda: F.conv2d(normal(1, 5, 8, 8), normal(7, 5, 3, 3), normal(7), padding=1), FIXED)
CASES.add(
    "conv_half",
    lambda: F.conv2d(normal(1, 5, 8, 8, dtype="float16"), parameter(7, 5, 3, 3).astype("float16"), padding=1),
    1e-2,
)


@CASES.case(FIXED)
def conv_epilogues():
    x, w = normal(2, 16, 8, 8), parameter(16, 16, 3, 3)
    y = F.conv2d(x, w, parameter(16), padding=1)
    return (
        F.relu(y + x),
        F.relu6(F.conv2d(x, w, padding=1)),
        y * mb.sigmoid(y),
        y.mean((2, 3)),
        y.transpose((0, 2, 3, 1)),
    )


@CASES.case(FIXED)
def separable_block():
    x = normal(1, 24, 14, 14)
    y = F.relu6(F.conv2d(x, parameter(72, 24, 1, 1), parameter(72)))
    y = F.relu6(F.conv2d(y, parameter(72, 1, 5, 5), parameter(72), padding=2, groups=72))
    return x + F.conv2d(y, parameter(24, 72, 1, 1), parameter(24))


@CASES.case(FIXED)
def norm_and_pool():
    x = F.conv2d(normal(1, 3, 18, 18), parameter(12, 3, 3, 3), stride=2, padding=1)
    x = F.batch_norm(x, parameter(12), abs(parameter(12)) + 0.5, parameter(12), parameter(12))
    return F.linear(F.max_pool2d(F.relu(x), 3, 2, 1).mean((2, 3)), parameter(10, 12), parameter(10))


for name, pool in {"max": F.max_pool2d, "avg": F.avg_pool2d}.items():
    for shape, kernel, stride, padding in (
        ((1, 8, 9, 9), 2, 2, 0),
        ((2, 3, 9, 11), 3, 2, 1),
        ((1, 17, 7, 7), 3, 1, 1),
        ((1, 65, 13, 12), (2, 3), (3, 2), 0),
        ((1, 1, 5, 5), 5, 5, 0),
        ((1, 130, 6, 6), 3, 3, 1),
        ((3, 24, 1, 1), 1, 1, 0),
        ((1, 4, 8, 8), 2, 1, 0),
        ((1, 16, 113, 113), 3, 2, 1),
        ((1, 6, 10, 10), 4, 3, ((1, 0), (0, 2))),
    ):
        CASES.add(
            f"{name}_pool_{shape}_{kernel}_{stride}_{padding}",
            lambda a=(shape, kernel, stride, padding), pool=pool: pool(normal(*a[0]), *a[1:]),
            2e-6,
        )
CASES.add("max_pool_dilation", lambda: F.max_pool2d(normal(1, 5, 11, 11), 3, 1, 1, 2))
CASES.add("max_pool_half", lambda: F.max_pool2d(normal(1, 5, 11, 11, dtype="float16"), 3, 2, 1))
CASES.add("adaptive", lambda: [F.adaptive_avg_pool2d(normal(2, 6, 7, 9), s) for s in (1, (7, 3), (3, 4))], 2e-6)
CASES.add("global_max", lambda: normal(2, 6, 7, 9).max((2, 3)))

test_contractions = on_targets(CASES)
