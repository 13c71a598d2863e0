"""The meta IR text of a pending graph: what the compiler reads (docs/architecture.md, section 1)."""

from __future__ import annotations

from collections.abc import Sequence

from . import _core
from .arguments import checked, described
from .errors import DTypeError
from .var import Var


def outputs_of(outputs: Var | Sequence[Var]) -> list[Var]:
    """A list of the outputs, one or several."""
    several = [outputs] if isinstance(outputs, Var) else outputs
    if not isinstance(several, (list, tuple)) or not all(isinstance(each, Var) for each in several):
        raise DTypeError(f"outputs are tensors of the graph, one or a list of them, not {described(outputs)}")
    return list(several)


@checked
def emit(outputs: Var | Sequence[Var], inputs: Sequence[Var] = (), fold: bool = False) -> str:
    """The `func.func @main` of what `outputs` compute. `inputs` become the first arguments, in order.

    With `fold`, as the compiler receives it: constants folded, BatchNorm merged (see fold.py).
    """
    program = _core.graph.program([v._node for v in outputs_of(outputs)], [v._node for v in inputs])
    if fold:
        from .fold import fold_program

        program = fold_program(program)
    return program.emit()
