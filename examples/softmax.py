"""Softmax from meta-operators. `metabang build examples/softmax.py -o out` writes its BANG C; `python` runs it."""

import numpy as np

import metabang as mb


def softmax(x):
    """Along the last axis; the largest element is subtracted so that no exponential overflows."""
    e = mb.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def main():
    """What `metabang build` compiles: one input without a value, one output."""
    return softmax(mb.input((64, 1000), name="x"))


if __name__ == "__main__":
    x = np.random.default_rng(0).standard_normal((64, 1000)).astype(np.float32)
    y = softmax(mb.array(x)).numpy()
    exact = np.exp(x.astype(np.float64))
    exact /= exact.sum(-1, keepdims=True)
    print(f"largest error: {np.abs(y - exact).max():.2e}")
