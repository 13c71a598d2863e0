"""`kernel<<<dim, type, queue>>>(arguments)` as a call that a host compiler understands.

It becomes `mlu_sim::kernel("name", "unit", kernel)(dim, type, queue)(arguments)`: each argument is evaluated once and
converted to the kernel's parameter. Where the name alone does not say which function it is (template arguments are
deduced, a name is overloaded, default arguments are used) a generic lambda takes the place of the pointer.
"""

from __future__ import annotations

from collections.abc import Sequence

from metabang.cncc.functions import Function, parameter_count, split_commas, types_of
from metabang.cncc.tokens import Source


class LaunchError(Exception):
    """A launch that cannot be read: `index` is its token."""

    def __init__(self, index: int, reason: str) -> None:
        super().__init__(reason)
        self.index = index


def rewrite_launch(source: Source, i: int, kernels: Sequence[Function], unit: str) -> None:
    """Rewrites the launch whose `<<<` is token i. Raises LaunchError."""
    first = _callee_begin(source, i)
    end = _configuration_end(source, i)
    if source.at(end + 3) != "(" or end + 3 not in source.match:
        raise LaunchError(
            i, "the configuration <<<…>>> of a launch is followed by the kernel's arguments in parentheses"
        )
    arguments = split_commas(source, end + 3, source.match[end + 3])
    callee = source.slice(first, i - 1)
    quoted = callee.replace("\\", "\\\\").replace('"', '\\"')
    if _by_pointer(source, first, i, kernels, len(arguments)):
        source.insert_before(first, f'::mlu_sim::kernel("{quoted}", "{unit}", ')
        source.replace_span(source.starts[i], source.end(i), ")(")
    else:
        source.insert_before(first, f'::mlu_sim::kernel_of("{quoted}", "{unit}", [=](auto... mlu_sim_arguments) {{ ')
        source.replace_span(source.starts[i], source.end(i), "(mlu_sim_arguments...); })(")
    source.replace_span(source.starts[end], source.end(end + 2), ")")


def _callee_begin(source: Source, i: int) -> int:
    """The index of the first token of the expression before `<<<`."""
    k = i - 1
    if source.at(k) == ">":
        opening = source.open_angle(k)
        if opening > 0:
            k = opening - 1
    while True:
        while source.at(k) in (")", "]"):
            if k not in source.match:
                raise LaunchError(i, "brackets before <<< do not match")
            k = source.match[k]
            if source.texts[k] == "(" and not (source.kinds[k - 1] == "name" or source.at(k - 1) in (")", "]")):
                return k
            k -= 1
        if k < 0 or source.kinds[k] != "name":
            raise LaunchError(i, "<<< is not preceded by a kernel")
        if source.at(k - 1) in ("::", ".", "->"):
            if source.kinds[k - 2] == "name" and k >= 2 and source.texts[k - 2] != "return":
                k -= 2
                continue
            if source.at(k - 2) == ">" and (opening := source.open_angle(k - 2)) > 0:
                k = opening - 1
                continue
            if source.at(k - 1) == "::":
                return k - 1
            k -= 2
            continue
        return k


def _configuration_end(source: Source, i: int) -> int:
    """The index of the first `>` of the `>>>` that ends the configuration."""
    k = i + 1
    while k + 2 < len(source):
        text = source.texts[k]
        if text in ("(", "[", "{") and k in source.match:
            k = source.match[k]
        elif text == ";":
            break
        elif text == ">" and source.texts[k + 1] == ">" and source.texts[k + 2] == ">" and source.at(k + 3) == "(":
            return k
        k += 1
    raise LaunchError(i, "the configuration of a launch is not closed by >>>(")


def _by_pointer(source: Source, first: int, i: int, kernels: Sequence[Function], arguments: int) -> bool:
    """Whether the callee's text names one function, whose parameters the arguments fill."""
    explicit = 0
    last = i - 1
    if source.at(last) == ">":
        opening = source.open_angle(last)
        explicit = len(split_commas(source, opening, last))
        last = opening - 1
    name = source.at(last)
    known = [k for k in kernels if k.name == name and not k.instantiates]
    if not known:
        return explicit == 0  # a pointer, or a kernel that is declared elsewhere
    shapes = {(k.template, source.slice(*k.parameters)) for k in known if k.explicit is None}
    distinct = {(template, types_of(source, k)) for k in known for template in [k.template] if k.explicit is None}
    if len(distinct) > 1 and len(shapes) > 1:
        return False
    kernel = next((k for k in known if k.explicit is None), known[0])
    count = parameter_count(source, kernel)
    if kernel.template is None:
        return count == arguments
    parameters = [part for part in kernel.template.split(",") if part.strip()]
    pack = "..." in kernel.template or "..." in source.slice(*kernel.parameters)
    return not pack and explicit == len(parameters) and count == arguments
