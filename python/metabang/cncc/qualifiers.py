"""On-chip and device variables, and the functions of BANG C, as C++ that the simulator understands.

`__nram__`, `__wram__`, `__mlu_shared__` and `__ldram__` qualify a variable or what a pointer points to. Only a variable
lives on the chip; a pointer is an ordinary pointer. ABI tags in the variable's symbol tell the simulator its space and
the translation unit (`unit`) it belongs to: every .mlu file is a device program of its own.
"""

from __future__ import annotations

from metabang.cncc.tokens import Source

SPACES = {
    "__nram__": ("thread_local ", "mlu_nram"),
    "__wram__": ("", "mlu_wram"),
    "__ldram__": ("thread_local ", "mlu_ldram"),
    "__mlu_shared__": ("", "mlu_sram"),
}
GDRAM = {"__mlu_device__", "__mlu_const__"}
KERNEL = {"__mlu_global__", "__mlu_entry__"}
FUNCTION = {"__mlu_func__", "__mlu_builtin__"}
QUALIFIERS = {*SPACES, *GDRAM, *KERNEL, *FUNCTION, "__mlu_host__"}
_BEFORE = {"static", "extern", "inline", "const", "constexpr", "volatile", "typedef", "using", "thread_local", "friend"}
_WITH_PARENTHESES = {"__attribute__", "alignas", "decltype", "__declspec", "__attribute"}


def specifiers_before(source: Source, i: int) -> list[int]:
    """The indices of the specifiers and qualifiers that stand directly before token i."""
    found, k = [], i - 1
    while k >= 0 and (
        source.texts[k] in _BEFORE
        or source.texts[k] in QUALIFIERS
        or (source.kinds[k] == "string" and source.at(k - 1) == "extern")
    ):
        found.append(k)
        k -= 1
    return found


def specifiers_around(source: Source, i: int, name: int) -> list[int]:
    return specifiers_before(source, i) + [k for k in range(i + 1, name) if source.texts[k] in _BEFORE]


def declarator(source: Source, i: int) -> tuple[str, int, bool]:
    """What a declaration whose specifiers go on at token i declares: how the name ends, its index, if it is a pointer.

    The ending is one of `[ = ; { ( , : )` or "" at the end of the text.
    """
    k, name, pointer = i, -1, False
    while k < len(source):
        text = source.texts[k]
        if text in _WITH_PARENTHESES and source.at(k + 1) == "(":
            k = source.match.get(k + 1, k + 1) + 1
            continue
        if text == "[" and source.at(k + 1) == "[":  # an attribute
            k = source.match.get(k, k) + 1
            continue
        if text in ("*", "&", "&&"):
            pointer = True
        elif text == "<":
            after = source.skip_angles(k)
            if after > k + 1:
                k = after
                continue
        elif text == "operator":
            return "(", k, pointer
        elif text == "(" and source.at(k + 1) in ("*", "&"):
            return text, name, True
        elif text in ("[", "=", ";", "{", "(", ",", ":", ")", ">"):
            return text, name, pointer
        elif source.kinds[k] == "name":
            name = k
        k += 1
    return "", name, pointer


class Variables:
    """Rewrites the qualifiers of variables of one translation unit."""

    def __init__(self, source: Source, unit: str) -> None:
        self.source = source
        self.unit = unit
        self.declared_extern: set[str] = set()

    def rewrite(self, i: int, enclosing: str, kernel: str, in_c_block: bool) -> None:
        """Token i is a space's qualifier; `enclosing` is the innermost open bracket, `kernel` the kernel around it."""
        source, qualifier = self.source, self.source.texts[i]
        ending, name, pointer = declarator(source, i + 1)
        around = specifiers_around(source, i, name if name > i else i)
        words = {source.texts[k] for k in around}
        is_type = bool(words & {"typedef", "using"}) or source.at(i - 1) in ("=", "<", ",")
        if enclosing == "(" or pointer or is_type or name < 0 or ending in (")", ">", ""):
            source.replace(i, "")
            return
        if any(k < i and source.texts[k] in SPACES for k in around):
            source.replace(i, "")
            return
        storage, tag = SPACES.get(qualifier, ("", "mlu_gdram"))
        tags = f'"{tag}", "mlu_unit_{self.unit}"' + (f', "mlu_kernel_{kernel}"' if kernel else "")
        for k in around:
            if source.texts[k] in ("static", "extern", "inline", "thread_local") or source.kinds[k] == "string":
                source.replace(k, "")
        linkage = "static "
        if "extern" in words:
            linkage = "extern "
            self.declared_extern.add(source.texts[name])
        elif not enclosing and source.texts[name] in self.declared_extern:
            linkage = ""
        used = "used, " if linkage != "extern " else ""
        new = f"{linkage}{storage}__attribute__((aligned(64), {used}abi_tag({tags}))) "
        if qualifier == "__mlu_const__" and not words & {"const", "constexpr"}:
            new += "const "
        first = min([i, *[k for k in around if k < i]])
        if in_c_block and (last := self._end_of_statement(i)) is not None:
            new = 'extern "C++" { ' + new
            source.insert_after(last, " }")
        if first == i:
            source.replace(i, new)
        else:  # before the other specifiers: attributes belong to the whole declaration
            source.insert_before(first, new)
            source.replace(i, "")

    def _end_of_statement(self, i: int) -> int | None:
        k = i
        while k < len(self.source):
            if self.source.texts[k] == ";":
                return k
            k = self.source.match.get(k, k) + 1 if self.source.texts[k] in ("(", "[", "{") else k + 1
        return None
