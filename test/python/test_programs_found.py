"""Small programs that failed before: `metabang fuzz` found them, each is the least of one that did."""

import numpy as np
from programs import Cases, integers, normal, on_targets

import metabang as mb

CASES = Cases()


@CASES.case()
def short_integers_of_floats():
    """MLU2xx computes with short integers in float; these come from floats in the same body."""
    x = normal(7, dtype="float16") * 4
    return [
        mb.maximum(x.astype("int16"), integers(7, dtype="int16", low=-2, high=3)),
        mb.clip(x.astype("int8"), -1, 2) + 3,
    ]


@CASES.case()
def functions_of_a_repeated_number():
    """Computed once, as a scalar, where BANG C has none of these functions."""
    x = mb.array(np.float32(1.5))
    kinds = ["round", "trunc", "erf", "expm1", "log1p"]
    return [mb.unary(kind, mb.broadcast_to(x, (2,))) for kind in kinds] + [mb.broadcast_to(x, (3,)) % 0.4]


@CASES.case(2e-3)
def rows_of_halves_by_one_row():
    """Few divisors are inverted first; mtp_592 has no reciprocal of halves."""
    return normal(131, 393, dtype="float16") / (mb.abs(normal(1, 393, dtype="float16")) + 0.5)


@CASES.case()
def little_of_long_rows():
    """A diagonal that leaves the tensor: what is read is padded, not all of it."""
    x = normal(2, 5, 6009)
    return [
        mb.reindex(x, (5,), ["1", "i0 + 1", "i0 + 1"], 1),
        mb.reindex(x, (5,), ["3", "i0", "i0"], 1),
        mb.reindex(normal(3, 40009), (2, 9), ["i0*2 + i1", "i1*3 - i0"], 2),
    ]


@CASES.case()
def sums_of_what_is_repeated():
    """The dimension that the operand lacks had one of its rows computed."""
    x = normal(143, 3, 5, 5)
    repeated = mb.broadcast(x, (143, 3, 2, 5, 5), (0, 1, 3, 4))
    return [repeated.sum(3), repeated.max(3), mb.broadcast(normal(6, 4, 64), (6, 3, 4, 64), (0, 2, 3)).sum(2)]


@CASES.case()
def columns_between_padding():
    """Copied in one piece, they took what lies between them along, over the padding."""
    x = normal(2, 31, 6)
    return [mb.pad(x[:, :, :2], (0, 0, 4), (0, 0, 0)), mb.pad(x[:, :, 1:4], (0, 0, 1), (0, 0, 2), 5.0)]


@CASES.case()
def joins_with_the_same_first_part():
    """What they begin with was merged, and one of them would have written over the other's result."""
    a, b, c, d = (normal(1, 3, 32, 17, dtype="float16", seed=k) for k in range(4))
    ids = integers(2, 5, low=0, high=32)
    x, y, z = (normal(5, 7, seed=k) for k in range(3))
    return [
        mb.stack([a, b]),
        mb.take(mb.stack([a, c]), ids, 3),
        mb.stack([a, d]),
        mb.concat([x, y, z], 1),
        mb.concat([x, y, x], 1),
    ]


@CASES.case()
def functions_of_long_odd_rows():
    """A buffer whose end is padded grew by whole rows, to 32 of them, beyond NRAM."""
    rows = mb.pad(normal(4, 2048), (0, 1), (0, 0))
    planes = mb.pad(normal(3, 2003, dtype="float16"), (1, 6), (0, 0))
    cubes = mb.pad(normal(2, 5, 1023), (0, 1, 0), (0, 0, 2))
    return [mb.abs(rows), mb.exp(rows) + normal(4, 2049), mb.abs(planes), mb.abs(cubes)]


@CASES.case(1e-2)
def long_sums_of_bfloat16():
    """mtp_592 added them up in bfloat16, where a sum stops growing: a mean was half of what it is."""
    x = mb.abs(normal(4099, dtype="bfloat16")) + 2
    rows = mb.abs(normal(3, 5000, dtype="bfloat16")) + 1
    return [mb.mean(x), mb.sum(x * x), mb.mean(rows, 1), mb.sum(mb.abs(normal(3000, 6, dtype="bfloat16")), 0)]


@CASES.case(2e-4)
def sizes_at_the_limits_of_nram():
    """The cost model or the lowering chose tiles that did not fit beside what it had not counted."""
    x, many = normal(8, 8), mb.array(np.arange(60000, dtype=np.int32) % 7)
    return [
        mb.take(normal(192, 4000), mb.array(np.arange(4000, dtype=np.int32)[::-1].copy()), axis=1),
        mb.grad(mb.sum(mb.take(x, many, axis=1) * normal(8, 60000)), x),
        mb.nn.functional.interpolate(normal(1, 3, 256, 341), scale_factor=0.875, mode="bilinear"),
    ]


@CASES.case()
def infinities_by_name():
    """Arithmetic of MLU2xx ends at the largest float, and with it the magnitude of an infinity."""
    x = mb.where(integers(9, low=0, high=2) == 1, normal(9), float("-inf"))
    y = mb.array(np.float16([1, np.inf, -np.inf, np.nan, 65504]))
    return [f(each) for f in (mb.isinf, mb.isfinite) for each in (x, mb.sign(x) * 2, y)]


@CASES.case()
def detached_scalars():
    """They had no attributes: the process ended."""
    x, y = mb.array(np.float32(1.5)), mb.array(np.float32(-0.25))
    return [mb.hypot(x, y), (x * y).detach() + 1]


@CASES.case()
def bits_of_numbers():
    """Limbs that are the same for all elements were cast bit by bit, which C has no expression for."""
    x, one = integers(64, dtype="uint16", low=0, high=60000), integers(1, dtype="uint32", low=65536, high=100000)
    return [kind(x.astype("uint32"), one) for kind in (mb.bitwise_and, mb.bitwise_or, mb.bitwise_xor)]


@CASES.case()
def reductions_scheduled_again():
    """Its tile of 1000 rows needed too much of NRAM, and so did all that were tried after it."""
    x = integers(1000, 31, dtype="uint16", low=0, high=60000)
    return [mb.sum(x, 0), mb.prod(x, 0)]


@CASES.case(2e-3)
def pools_over_diagonals():
    """The loop of a window was in two dimensions of its operand, whose step is that of neither."""
    return [mb.nn.functional.conv_transpose3d(normal(1, 1, 2, 2, 1), normal(1, 2, 2, 2, 1))]


@CASES.case(2e-3)
def norms_of_large_float16():
    """The sum of squares ended at infinity, and the quotient at zero."""
    x = normal(4, 64, dtype="float16") * 100
    return [mb.nn.functional.normalize(x), mb.nn.functional.normalize(x, 1.0), mb.nn.functional.normalize(x * 0)]


@CASES.case(2e-3)
def recurrences():
    """A broadcast and the sum of a product of it are one loop: the sum went on from what its memory held."""
    x, w, b = normal(5, 1, 7), normal(7, 5) * 0.25, normal(5, 5) * 0.25
    state = mb.tanh(x[0] @ w)
    return [state, mb.tanh(x[1] @ w + state @ b)]


@CASES.case(2e-3)
def windows_of_one_tap_that_leave_gaps():
    """A product that only its sum reads lost the loop of the one tap, and with it the size of the result."""
    x, w = normal(2, 2, 3, 2, 5), mb.parameter(normal(2, 3, 1, 1, 1).numpy())
    line = mb.nn.functional.conv_transpose1d(normal(2, 2, 5), normal(2, 3, 1), stride=2)
    return [mb.nn.functional.conv_transpose3d(x, w, stride=2), line]


@CASES.case(2e-3)
def distances_of_large_float16():
    """The sums of squares ended at infinity, and the difference of two distances was NaN."""
    x, y = normal(3, 4001, dtype="float16") + 5, normal(3, 4001, dtype="float16")
    functional = mb.nn.functional
    return [functional.pairwise_distance(x, y), functional.cosine_similarity(x, y)]


test_found = on_targets(CASES)
