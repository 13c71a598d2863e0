"""Inline assembly of MLISA: the instructions that public kernels use, as calls of the simulator.

`__asm__ volatile("fuse.nram.f32 [%[d]], %[n], [%[s]], .mul(%[a]);" :: [d] "r"(dst), …)` becomes a chain of steps on
`dst`. An instruction that is not known is an error of the compiler where its code is needed: public headers hold
assembly in functions that most kernels never call.
"""

from __future__ import annotations

import ast
import re

from metabang.cncc.tokens import Source

_TYPES = {
    "f16": "__MLU_F16", "f32": "__MLU_F32", "bf16": "__MLU_BF16", "u32": "__MLU_U32", "s32": "__MLU_I32",
}  # fmt: skip
_STEPS = {
    "add": "ADD", "sub": "SUB", "mul": "MUL", "div": "DIV", "and": "BAND", "or": "BOR", "xor": "BXOR", "eq": "EQ",
    "ne": "NE", "gt": "GT", "ge": "GE", "lt": "LT", "le": "LE", "max": "MAXEQUAL", "min": "MINEQUAL",
}  # fmt: skip


class _Unknown(Exception):
    """The instruction, or a form of it, has no counterpart in the simulator."""


def rewrite_assembly(source: Source, i: int) -> None:
    """Rewrites the statement whose `asm` is token i."""
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
    instructions = [" ".join(part.split()) for part in text.split(";") if part.strip()]
    operands = _operands(source, last + 1, close)
    calls = []
    for instruction in instructions:
        try:
            calls.append(_call(instruction, operands))
        except _Unknown:
            quoted = instruction.replace("\\", "").replace('"', "'")
            name = f"__mlu_unknown_instruction_{source.starts[i]}"
            message = f'"the simulator knows no MLISA instruction like this: {quoted}"'
            calls.append(f"extern void {name}() __attribute__((error({message}))); {name}()")
    body = "; ".join(calls)
    source.replace_span(
        source.starts[i], source.end(close), body if len(calls) == 1 and "extern" not in body else f"{{ {body}; }}"
    )


def _operands(source: Source, first: int, close: int) -> dict[str, str]:
    """The C expressions by name, and by number as "0", "1", …"""
    found: dict[str, str] = {}
    k, number = first, 0
    while k < close:
        name = ""
        if source.at(k) == "[" and k in source.match:
            name = source.at(k + 1)
            k = source.match[k] + 1
        if source.kinds[k] == "string" and source.at(k + 1) == "(" and k + 1 in source.match:
            end = source.match[k + 1]
            expression = f"({source.slice(k + 2, end - 1)})"
            found[str(number)] = expression
            if name:
                found[name] = expression
            number += 1
            k = end
        k += 1
    return found


def _call(instruction: str, operands: dict[str, str]) -> str:
    mnemonic, _, rest = instruction.partition(" ")
    parts = mnemonic.split(".")
    arguments = [argument.strip() for argument in re.split(r",(?![^(\[]*[)\]])", rest)] if rest else []

    def value(text: str) -> tuple[str, bool]:
        """The expression, and whether it is an address."""
        address = text.startswith("[")
        inner = text.strip("[] ") if not address else re.sub(r"^\[\s*|\s*\]$", "", text)
        named = re.fullmatch(r"%\[(\w+)\]?|%(\d+)", inner)
        if named:
            key = named[1] or named[2]
            if key not in operands:
                raise _Unknown
            return operands[key], address
        if re.fullmatch(r"-?(0x[0-9a-fA-F]+|\d+(\.\d*)?)", inner):
            return inner, address
        raise _Unknown

    def values(count: int) -> list[str]:
        if len(arguments) != count:
            raise _Unknown
        return [value(argument)[0] for argument in arguments]

    if mnemonic == "sync":
        return "__sync()"
    if parts[:2] == ["fuse", "nram"] and len(parts) == 3 and parts[2] in _TYPES and len(arguments) >= 3:
        dst, n, src = (value(argument)[0] for argument in arguments[:3])
        chain = f'::mlu_sim::FuseChain<{_TYPES[parts[2]]}>({dst}, {src}, {n}, "{mnemonic}")'
        for argument in arguments[3:]:
            step = re.fullmatch(r"\.(\w+)\((.*)\)", argument)
            if not step or step[1] not in _STEPS:
                raise _Unknown
            operand, address = value(step[2].strip())
            chain += f".step(__MLU_{_STEPS[step[1]]}, {f'(const void *){operand}' if address else operand})"
        return chain
    if parts[:3] == ["div", "scalar", "nram"] and parts[3:] in (["f16"], ["f32"]):
        return f"::mlu_sim::divideScalar({', '.join(values(4))})"
    if mnemonic == "gather.vector.nram.nram.nram.u32":
        return f"::mlu_sim::gatherNram({', '.join(values(6))})"
    if mnemonic == "findlast1.gpr.b32":
        dst, src = values(2)
        return f"{dst} = ::mlu_sim::findLast1({src})"
    if parts[:2] == ["index", "vvr"]:
        return f"__vv_index({', '.join(values(3))})"
    raise _Unknown
