"""Operands far larger than the memory on chip."""

from programs import Cases, integers, normal, on_targets, parameter

import metabang as mb
from metabang.nn import functional as F

CASES = Cases()
CASES.add("elementwise", lambda: normal(3_000_017) * 2 + 1)
CASES.add("sum_all", lambda: normal(3_000_017).sum(), 1e-3)
CASES.add("softmax", lambda: mb.softmax(normal(2000, 3001), 1), 2e-5)
CASES.add("softmax_first_axis", lambda: mb.softmax(normal(3001, 200), 0), 2e-5)
CASES.add("one_long_row", lambda: mb.softmax(normal(1, 700_001), 1), 2e-5)
CASES.add("broadcast_row", lambda: normal(3, 600_011) + normal(600_011))
CASES.add("broadcast_column", lambda: normal(600_011, 3) + normal(600_011, 1))
CASES.add("transpose", lambda: normal(3001, 503).T)
CASES.add("transpose_thin", lambda: [normal(500_009, 3).T, normal(3, 500_009).T])
CASES.add("gather", lambda: mb.take(normal(50_000, 24), integers(3001, low=0, high=50_000)))
CASES.add("matmul", lambda: normal(300, 4001) @ parameter(4001, 517), 1e-3)
CASES.add("conv", lambda: F.conv2d(normal(1, 64, 112, 112), parameter(64, 64, 3, 3), padding=1), 1e-3)
CASES.add("depthwise", lambda: F.conv2d(normal(1, 130, 112, 112), parameter(130, 1, 5, 5), padding=2, groups=130), 1e-3)
CASES.add("windows_of_a_vector", lambda: mb.max(mb.reindex(normal(65537), (32769, 3), ["i0*2 + i1 - 1"]), 1))
CASES.add("compare", lambda: normal(1_000_003) > normal(1_000_003, seed=1))

test_large = on_targets(CASES, ["mtp_270"])
