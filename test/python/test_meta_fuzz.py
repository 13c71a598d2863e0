"""Random chains of meta-operators: composition, layout, conversion and fusion must not change a number."""

import numpy as np
import pytest
from meta_program import Program, tools
from test_meta_to_linalg import conv2d, depthwise, windows

missing = [name for name, path in tools().items() if path is None]
pytestmark = pytest.mark.skipif(bool(missing), reason=f"not found: {', '.join(missing)}")
LIMIT = 3000  # elements of a tensor


class Chain:
    """A program that grows by random operators on random earlier values."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.p = Program()
        n, c, h, w = self.int(1, 3), self.int(1, 5), self.int(4, 9), self.int(4, 9)
        self.values = [self.argument(n, c, h, w)]
        steps = [
            self.conv,
            self.depthwise,
            self.pool,
            self.same,
            self.same,
            self.elementwise,
            self.elementwise,
            self.channelwise,
        ]
        steps += [
            self.pad,
            self.slice,
            self.transpose,
            self.reshape,
            self.reduce,
            self.broadcast,
            self.linear,
            self.crooked,
            self.scatter,
        ]
        while len(self.p.lines) < 14:
            steps[self.int(0, len(steps))]()

    def int(self, low, high):
        return int(self.rng.integers(low, high))

    def argument(self, *shape, constant=False):
        return self.p.arg(self.rng.normal(size=shape), constant)

    def any(self, rank=None):
        fitting = [v for v in self.values if (v.array.ndim == rank if rank else 0 < v.array.ndim < 6)]
        return fitting[-1 - min(self.int(0, len(fitting)), self.int(0, len(fitting)))] if fitting else None

    def keep(self, value):
        if value.array.size <= LIMIT:
            self.values.append(value)

    def conv(self):
        x = self.any(4)
        if x and min(x.array.shape[2:]) >= 3 and x.array[0].size < 400:
            k = self.int(1, 4)
            self.keep(
                conv2d(
                    self.p,
                    x,
                    self.argument(self.int(1, 5), x.array.shape[1], k, k, constant=True),
                    self.int(1, 3),
                    self.int(0, k),
                )
            )

    def depthwise(self):
        x = self.any(4)
        if x and min(x.array.shape[2:]) >= 3:
            self.keep(
                depthwise(
                    self.p, x, self.argument(x.array.shape[1], 1, 3, 3, constant=True), self.int(1, 3), self.int(0, 2)
                )
            )

    def pool(self):
        x = self.any(4)
        if x and min(x.array.shape[2:]) >= 2:
            kind, overflow = [("max", -np.inf), ("min", np.inf), ("mean", 0), ("sum", 0)][self.int(0, 4)]
            patches = windows(self.p, x, 2, self.int(1, 3), self.int(0, 2), overflow)
            self.keep(self.p.reduce(kind, patches, [4, 5]))

    def same(self):
        x = self.any()
        others = [v for v in self.values if v.array.shape == x.array.shape]
        self.keep(self.p.binary(["add", "mul", "max", "sub"][self.int(0, 4)], x, others[self.int(0, len(others))]))

    def elementwise(self):
        self.keep(self.p.unary(["neg", "abs", "tanh", "relu", "sigmoid"][self.int(0, 5)], self.any()))

    def channelwise(self):
        x = self.any()
        dim = self.int(0, x.array.ndim)
        self.keep(
            self.p.binary(
                "add", x, self.p.broadcast(self.argument(x.array.shape[dim], constant=True), x.array.shape, [dim])
            )
        )

    def pad(self):
        x = self.any()
        low, high = (self.rng.integers(0, 3, x.array.ndim).tolist() for _ in range(2))
        self.keep(self.p.pad(x, low, high, float(self.int(0, 2))))

    def slice(self):
        x = self.any()
        offsets = [self.int(0, n) for n in x.array.shape]
        strides = [self.int(1, 3) * (-1 if self.int(0, 6) == 0 else 1) for _ in offsets]
        sizes = [
            ((n - o - 1 if s > 0 else o) // abs(s)) + 1 for n, o, s in zip(x.array.shape, offsets, strides, strict=True)
        ]
        self.keep(self.p.slice(x, offsets, sizes, strides))

    def transpose(self):
        x = self.any()
        self.keep(self.p.transpose(x, self.rng.permutation(x.array.ndim).tolist()))

    def reshape(self):
        x = self.any()
        shape = list(x.array.shape)
        if self.int(0, 2) and len(shape) > 1:
            k = self.int(0, len(shape) - 1)
            shape[k : k + 2] = [shape[k] * shape[k + 1]]
        else:
            k = self.int(0, len(shape))
            factor = next(f for f in (2, 3, 1) if shape[k] % f == 0)
            shape[k : k + 1] = [factor, shape[k] // factor]
        self.keep(self.p.reshape(x, tuple(shape)))

    def reduce(self):
        x = self.any()
        dims = sorted(set(self.rng.integers(0, x.array.ndim, self.int(1, 3)).tolist()))
        self.keep(self.p.reduce(["sum", "max", "mean", "min"][self.int(0, 4)], x, dims))

    def broadcast(self):
        x = self.any()
        if x.array.ndim < 5:
            dims = self.rng.permutation(x.array.ndim + 1)[: x.array.ndim].tolist()
            shape = [self.int(1, 4)] * (x.array.ndim + 1)
            for k, dim in enumerate(dims):
                shape[dim] = x.array.shape[k]
            self.keep(self.p.broadcast(x, tuple(shape), dims))

    def linear(self):
        """A reindex that shifts, strides and leaves the operand."""
        x = self.any()
        shape = tuple(self.int(1, n + 3) for n in x.array.shape)
        indexes = [f"i{k} * {self.int(1, 3)} + {self.int(-2, 3)}" for k in range(len(shape))]
        self.keep(self.p.reindex(x, shape, indexes, float(self.int(0, 2))))

    def crooked(self):
        """A reindex with floordiv, mod or conditions."""
        x = self.any()
        shape = tuple(min(2 * n, 12) for n in x.array.shape)
        indexes = [
            [f"i{k} // 2", f"(i{k} + 1) % {n}", f"{n - 1} - i{k}"][self.int(0, 3)] for k, n in enumerate(x.array.shape)
        ]
        self.keep(self.p.reindex(x, shape, indexes, 3.0, ["i0 - 1 >= 0"] if self.int(0, 2) else []))

    def scatter(self):
        y = self.any()
        shape = tuple(self.int(1, n + 2) for n in y.array.shape)
        self.keep(self.p.reindex_reduce(y, "add", shape, [f"i{k} + {self.int(-1, 2)}" for k in range(len(shape))]))


@pytest.mark.parametrize("seed", range(24))
def test_chain(tmp_path, seed):
    chain = Chain(seed)
    computed = [v for v in chain.values if v.name[1] != "a"]
    results = list({v.name: v for v in (computed[-1], computed[-3], computed[len(computed) // 2])}.values())
    for result, array in zip(results, chain.p.run(results, tmp_path), strict=True):
        scale = np.max(np.abs(result.array[np.isfinite(result.array)]), initial=1)
        np.testing.assert_allclose(array, result.array, rtol=1e-9, atol=1e-9 * scale)
