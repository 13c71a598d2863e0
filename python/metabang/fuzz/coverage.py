"""Which operators random programs consist of."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from metabang import _core
from metabang.fuzz.draw import Drawn

_WITH_KINDS = ("unary", "binary", "compare", "reindex_reduce")


def covered(programs: Sequence[Drawn]) -> Counter[tuple[str, str]]:
    """How often each operator ("unary tanh", "reindex", …) works on each dtype, that of its first operand."""
    counts: Counter[tuple[str, str]] = Counter()
    for drawn in programs:
        for node in _core.graph.program([v._node for v in drawn.outputs]).order:
            if not node.is_leaf:
                name = f"{node.op} {node.kind}" if node.op in _WITH_KINDS else node.op
                dtype = node.inputs[0].dtype if node.inputs and node.op != "select" else node.dtype
                counts[name, dtype] += 1
    return counts


def table(counts: Mapping[tuple[str, str], int]) -> dict[str, dict[str, int]]:
    """Operator to dtype to number, for a report in JSON."""
    rows: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for (name, dtype), number in sorted(counts.items()):
        rows[name][dtype] = number
    return dict(rows)


def summary(counts: Mapping[tuple[str, str], int]) -> list[str]:
    """A line for each meta-operator: how many there were, of which kinds, on how many dtypes."""
    rows: defaultdict[str, list[tuple[str, str, int]]] = defaultdict(list)
    for (name, dtype), number in sorted(counts.items()):
        op, _, kind = name.partition(" ")
        rows[op].append((kind, dtype, number))
    lines = []
    for op, row in rows.items():
        kinds = list(dict.fromkeys(kind for kind, _, _ in row if kind))
        number, dtypes = sum(n for _, _, n in row), len({dtype for _, dtype, _ in row})
        told = f": {len(kinds)} kinds, {' '.join(kinds)}" if kinds else ""
        lines.append(f"  {op}: {number} on {dtypes} dtypes{told}")
    return lines
