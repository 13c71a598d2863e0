"""Inline assembly of MLISA: the instructions that public kernels use, as calls of the simulator."""

from __future__ import annotations

import ast

from metabang.cncc.tokens import Source


def rewrite_assembly(source: Source, i: int) -> None:
    """Rewrites the statement whose `asm` is token i: the text of the instructions becomes a template argument."""
    k = i + 1
    while source.at(k) in ("volatile", "__volatile__", "goto"):
        k += 1
    if source.at(k) != "(" or source.kinds[k + 1] != "string" or source.at(source.match.get(k, k) + 1) != ";":
        return  # the name of a symbol, or no assembly
    close, last = source.match[k], k + 1
    while source.kinds[last + 1] == "string":
        last += 1
    try:
        text = "".join(ast.literal_eval(source.texts[n]) for n in range(k + 1, last + 1))
    except (SyntaxError, ValueError):
        return
    instructions = [part.strip() for part in text.split(";") if part.strip()]
    if last + 1 == close and all(part == "sync" for part in instructions):
        source.replace_span(source.starts[i], source.end(close), "__sync()" if instructions else "(void)0")
    else:
        first = " ".join(instructions[0].split()) if instructions else ""
        quoted = first.replace("\\", "").replace('"', "'")
        source.replace_span(
            source.starts[i],
            source.end(close),
            f'static_assert(::mlu_sim::never, "the simulator knows no MLISA instruction: {quoted}")',
        )
