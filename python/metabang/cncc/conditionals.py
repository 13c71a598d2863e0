"""`c ? h : 1.0f` with a half and a number, which BANG C gives a type and C++ refuses.

The simulator's half is a class that converts to and from numbers, so neither arm wins. The compiler says which
conditionals these are, and only their arms are cast; every other conditional stays as it was written.
"""

from __future__ import annotations

import re

from metabang.cncc.tokens import Source

_TYPES = r"'(?:[^'\n]*\b)?(?:half|bfloat16_t)\b[^'\n]*'"
_REFUSED = re.compile(
    rf"^(?P<file>[^\n]+?):(?P<line>\d+):(?:(?P<column>\d+):)? error: (?:operands to '\?:' have different types "
    rf"(?=[^\n]*{_TYPES})|conditional expression is ambiguous; (?=[^\n]*{_TYPES}))",
    re.MULTILINE,
)
_ENDS = (";", ",", ")", "]", "}", "")


def refused_conditionals(messages: str) -> set[tuple[str, int, int]]:
    """File, line and column (0 if it is not shown) of each conditional that a compiler refused because of a half."""
    return {(m["file"], int(m["line"]), int(m["column"] or 0)) for m in _REFUSED.finditer(messages)}


def cast_arms(text: str, refused: set[tuple[str, int, int]]) -> str:
    """The preprocessed, rewritten text with the arms of the conditionals at these places cast to a common type.

    Lines stay. Of two conditionals one inside the other only the first is done: the compiler names the other again.
    """
    source, done = Source(text), -1
    for i, token in enumerate(source.texts):
        if token != "?" or i <= done or source.at(i + 4) == "mlu_sim":  # cast before, and in vain
            continue
        column = source.starts[i] - text.rfind("\n", 0, source.starts[i])
        if (*source.place(i), column) not in refused:
            continue
        colon = _end_of_arm(source, i + 1)
        if source.at(colon) != ":":
            continue
        last = _end_of_arm(source, colon + 1) - 1
        arms = [(i + 1, colon - 1), (colon + 1, last)]
        if any(end < begin or source.at(begin) == "throw" for begin, end in arms):
            continue
        first, second = (f"decltype(({_on_one_line(source, *arm)}))" for arm in arms)
        for (begin, end), types in zip(arms, (f"{first}, {second}", f"{second}, {first}"), strict=True):
            source.insert_before(begin, f"static_cast<::mlu_sim::arm<{types}>>(")
            source.insert_after(end, ")")
        done = last
    return source.edited()


def _end_of_arm(source: Source, i: int) -> int:
    """The index of what ends the arm that begins at token i: the `:` of its `?`, or what follows the conditional."""
    nested = 0
    while (text := source.at(i)) not in _ENDS:
        if text in ("(", "[", "{"):
            i = source.match.get(i, i)
        elif text == "<" and source.kinds[i - 1] == "name":
            after = source.skip_angles(i)
            i = after - 1 if source.at(after) in ("(", "::", "{") else i  # f<int, 2>(x): the comma ends nothing
        elif text == "?":
            nested += 1
        elif text == ":":
            if nested == 0:
                return i
            nested -= 1
        i += 1
    return i


def _on_one_line(source: Source, first: int, last: int) -> str:
    """The tokens first … last without newlines and line markers; `>>`, two tokens here, stays one."""
    parts = [source.texts[first]]
    for k in range(first + 1, last + 1):
        parts += [" " * (source.starts[k] > source.end(k - 1)), source.texts[k]]
    return "".join(parts)
