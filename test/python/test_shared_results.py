"""Element-wise operations whose results others read, too: one kernel stores them all (`mlu-form-kernels`)."""

from programs import Cases, normal, on_targets

import metabang as mb

CASES = Cases()


def adam(shape):
    p, g, m, s = (normal(*shape, seed=k) for k in range(4))
    m, s = m * 0.9 + g * 0.1, s * s * 0.999 + g * g * 0.001
    return [p - m * 0.01 / (mb.sqrt(s) + 1e-3), m, s]


def chain(shape):
    p, g = normal(*shape), normal(*shape, seed=1)
    a = mb.exp(-mb.abs(g))
    b = a * p + g
    c = b * a + p
    return [c, a, b, c * b, c * b + a]


def rows(shape):
    """A reduction reads one of the results, and another operation a row that is repeated."""
    p, g, v = normal(*shape), normal(*shape, seed=1), normal(shape[-1], seed=2)
    h = (p - v) * g
    y = h * v + 1
    return [h, y, y * mb.tanh(h), mb.sum(y, -1), mb.sum(h, 0)]


def types(shape):
    p = normal(*shape)
    positive, whole = p > 0, (p * 10).astype("int32")
    chosen = mb.where(positive, p, 1.0) * 2
    return [positive, chosen, chosen + positive.astype("float32"), whole, whole * 3 + 1, (whole * 3 + 1) * whole]


def later(shape):
    """What one operation needs is computed from the other's result: they stay apart."""
    d = normal(*shape) * normal(*shape, seed=1)
    return [d, (d + 1) * mb.max(d) + d]


def turned(shape):
    t = mb.transpose(normal(*shape))
    u = t * 2 + 1
    return [u, u * mb.transpose(normal(*shape, seed=1)) + t]


for shape in (7,), (1001,), (64, 3, 7, 7), (33, 129):
    for program in (adam, chain, types, later) + (rows, turned) * (len(shape) > 1):
        CASES.add(f"{program.__name__} {shape}", lambda shape=shape, program=program: program(shape), 1e-4)


test_shared_results = on_targets(CASES)


def test_an_update_of_adam_is_one_kernel_that_reads_each_tensor_once():
    p, g, m, s = leaves = [mb.input((64, 3, 7, 7)) for _ in range(4)]
    m, s = m * 0.9 + g * 0.1, s * 0.999 + g * g * 0.001
    program = mb.compile([p - m / (mb.sqrt(s) + 1e-8), m, s], leaves, "mtp_372")
    (launch,) = program.plan["launches"]
    assert len(launch["args"]) == 7, launch
