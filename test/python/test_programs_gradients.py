"""Gradients through every level on the simulator: what runs backwards uses the same builtins."""

from programs import TARGETS, Cases, normal, on_targets

import metabang as mb
from metabang.nn import functional as F

cases = Cases()


def gradients(make, *leaves):
    y = make(*leaves)
    return mb.grad(y, list(leaves), normal(*y.shape, seed="cotangent"))


def add(name, make, *shapes, tolerance=None):
    cases.add(name, lambda: gradients(make, *(normal(*shape, seed=n) for n, shape in enumerate(shapes))), tolerance)


add("conv2d", lambda x, w: F.conv2d(x, w, padding=1), (1, 8, 9, 7), (16, 8, 3, 3), tolerance=2e-4)
add("conv2d strided", lambda x, w: F.conv2d(x, w, stride=2, padding=1), (2, 4, 9, 8), (8, 4, 3, 3), tolerance=2e-4)
add("linear", lambda x, w: F.linear(x, w), (5, 24), (12, 24), tolerance=2e-4)
add("max pool", lambda x: F.max_pool2d(x, 3, 2, 1), (1, 16, 9, 9))
add("avg pool", lambda x: F.avg_pool2d(x, 2), (1, 16, 8, 8))
add("softmax", mb.softmax, (7, 20))
add("variance", lambda x: mb.var(x, 1), (6, 40))
add("layer norm", lambda x: (x - x.mean(-1, True)) / mb.sqrt(mb.var(x, -1, True) + 1e-5), (6, 32))
add("prod", lambda x: mb.prod(x, 1), (5, 9))

test_gradients = on_targets(cases, TARGETS)
