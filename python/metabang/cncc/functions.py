"""The functions of a translation unit that run on the device: kernels and what they call."""

from __future__ import annotations

from dataclasses import dataclass

from metabang.cncc.qualifiers import _WITH_PARENTHESES, specifiers_before
from metabang.cncc.tokens import Source


@dataclass
class Function:
    """A function that carries a qualifier of BANG C; indices are those of tokens."""

    name: str
    at: int  # of the name
    scope: tuple[str, ...]  # namespaces around it, "" for one without a name
    template: str | None  # its template parameters as text, None if it is no template
    explicit: str | None  # arguments of an explicit instantiation or specialization: "<float>"
    instantiates: bool
    c_linkage: bool
    parameters: tuple[int, int]  # of the parentheses
    body: tuple[int, int] | None  # of the braces, None for a declaration

    @property
    def qualified(self) -> str:
        return "::" + "::".join([*(part for part in self.scope if part), self.name])


def function_after(source: Source, i: int, scope: tuple[str, ...], in_c_block: bool) -> Function | None:
    """The function whose qualifier is token i; None if the qualifier belongs to something else (a lambda, a type)."""
    k, name, explicit = i + 1, -1, None
    while k < len(source):
        text = source.texts[k]
        if text in _WITH_PARENTHESES or text == "__launch_bounds__":
            k = source.match.get(k + 1, k) + 1
            continue
        if text == "(":
            break
        if text == "<":
            after = source.skip_angles(k)
            if source.at(after) == "(":
                explicit = source.slice(k, after - 1)
            k = max(after, k + 1)
            continue
        if text in (";", "{", "}", "=", ")"):
            return None
        if text == "operator":
            while k + 1 < len(source) and source.at(k + 1) != "(":
                k += 1
            if source.at(k + 1) == "(" and source.at(k + 2) == ")" and source.at(k + 3) == "(":
                k += 2
            name = k
        elif source.kinds[k] == "name":
            name = k
        k += 1
    if name < 0 or k not in source.match:
        return None
    close = source.match[k]
    after = close + 1
    while source.at(after) in ("const", "noexcept", "override", "final", "__attribute__", "volatile") or (
        source.at(after) == "(" and after in source.match
    ):
        after = source.match[after] + 1 if source.at(after) == "(" else after + 1
    if source.at(after) == "->":  # the type of the result
        while source.at(after) not in ("{", ";", ""):
            after += 1
    if source.at(after) == ":":  # a constructor's initializers
        after += 1
        while source.at(after) not in (";", ""):
            if source.at(after) == "{" and source.kinds[after - 1] != "name" and source.at(after - 1) != ">":
                break
            after = source.match.get(after, after) + 1
    body = (after, source.match[after]) if source.at(after) == "{" and after in source.match else None
    before = specifiers_before(source, i)
    first = min([i, *before])
    template, instantiates = _template_before(source, first)
    strings = [k for k in before if source.kinds[k] == "string"]
    return Function(
        name=source.texts[name],
        at=name,
        scope=scope,
        template=template,
        explicit=explicit,
        instantiates=instantiates,
        c_linkage=in_c_block or bool(strings),
        parameters=(k, close),
        body=body,
    )


def _template_before(source: Source, first: int) -> tuple[str | None, bool]:
    k = first - 1
    if source.at(k) == "template":
        return None, True
    if source.at(k) == ">":
        opening = source.open_angle(k)
        if opening > 0 and source.at(opening - 1) == "template":
            return source.slice(opening + 1, k - 1), False
    return None, False


def split_commas(source: Source, opening: int, closing: int) -> list[tuple[int, int]]:
    """The spans [first, last] between the top-level commas inside brackets; [] if there is nothing inside."""
    spans, begin, k = [], opening + 1, opening + 1
    while k < closing:
        text = source.texts[k]
        if text in ("(", "[", "{"):
            k = source.match.get(k, k)
        elif text == "<":
            k = source.skip_angles(k) - 1
        elif text == ",":
            spans.append((begin, k - 1))
            begin = k + 1
        k += 1
    if begin < closing:
        spans.append((begin, closing - 1))
    return spans


def is_void(source: Source, function: Function) -> bool:
    opening, closing = function.parameters
    return source.slice(opening + 1, closing - 1) in ("", "void")


def parameter_count(source: Source, function: Function) -> int:
    """How many parameters the function has; `(void)` has none."""
    return 0 if is_void(source, function) else len(split_commas(source, *function.parameters))


def types_of(source: Source, kernel: Function) -> tuple[str, ...]:
    """The parameters' types as text: declarations of one kernel may name parameters differently or not at all."""
    result: list[str] = []
    if is_void(source, kernel):
        return ()
    for begin, end in split_commas(source, *kernel.parameters):
        stop = next((k for k in range(begin, end + 1) if source.texts[k] == "="), end + 1)
        words = source.texts[begin:stop]
        if len(words) > 1 and source.kinds[stop - 1] == "name" and words[-2] not in ("::", "const", "unsigned"):
            words = words[:-1]
        result.append(" ".join(words))
    return tuple(result)
