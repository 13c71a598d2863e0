"""On-chip and device variables, and the functions of BANG C, as C++ that the simulator understands.

`__nram__`, `__wram__`, `__mlu_shared__` and `__ldram__` qualify a variable or what a pointer points to. Only a variable
lives on the chip; a pointer is an ordinary pointer. ABI tags in the variable's symbol tell the simulator its space and
the translation unit (`unit`) it belongs to: every .mlu file is a device program of its own.
"""

from __future__ import annotations

from metabang.cncc.tokens import Source

# storage of one core, symbol's tag, alignment (whole pages where the simulator maps or protects them)
SPACES = {
    "__nram__": ("thread_local ", "mlu_nram", 64),
    "__wram__": ("", "mlu_wram", 4096),
    "__ldram__": ("thread_local ", "mlu_ldram", 64),
    "__mlu_shared__": ("", "mlu_sram", 4096),
}
GDRAM = {"__mlu_device__", "__mlu_const__"}
KERNEL = {"__mlu_global__", "__mlu_entry__"}
FUNCTION = {"__mlu_func__", "__mlu_builtin__", "__mlu_vector__"}
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
        self.in_gdram: list[str] = []  # qualified names

    def rewrite(self, i: int, enclosing: str, kernel: str, in_c_block: bool, scope: tuple[str, ...]) -> None:
        """Token i is a space's qualifier; `enclosing` is the innermost open bracket ("" at namespace scope), `kernel`
        the kernel around it."""
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
        storage, tag, alignment = SPACES.get(qualifier, ("", "mlu_gdram", 64))
        tags = f'"{tag}", "mlu_unit_{self.unit}"' + (f', "mlu_kernel_{kernel}"' if kernel else "")
        if tag in ("mlu_nram", "mlu_ldram") and not enclosing and ending in ("=", "[") and self._initializer(name):
            tags += ', "mlu_init"'  # every task begins with the initial value
        for k in around:
            if source.texts[k] in ("static", "extern", "inline", "thread_local") or source.kinds[k] == "string":
                source.replace(k, "")
        if tag == "mlu_gdram" and not enclosing and "extern" not in words:
            self.in_gdram.append("::".join(["", *filter(None, scope), source.texts[name]]))
        linkage = "static "
        if "extern" in words:
            linkage = "extern "
            self.declared_extern.add(source.texts[name])
        elif not enclosing and source.texts[name] in self.declared_extern:
            linkage = ""
        used = "used, " if linkage != "extern " else ""
        new = f"{linkage}{storage}__attribute__((aligned({alignment}), {used}abi_tag({tags}))) "
        if qualifier == "__mlu_const__" and not words & {"const", "constexpr"}:
            new += "const "
        first = min([i, *[k for k in around if k < i]])
        if enclosing and tag in ("mlu_nram", "mlu_ldram") and "static" not in words:
            self._initialize_each_time(i, name)
        if in_c_block and (last := self._end_of_statement(i)) is not None:
            new = 'extern "C++" { ' + new
            source.insert_after(last, " }")
        if first == i:
            source.replace(i, new)
        else:  # before the other specifiers: attributes belong to the whole declaration
            source.insert_before(first, new)
            source.replace(i, "")

    def _initializer(self, name: int) -> int | None:
        """The index of the `=` after the name and its dimensions."""
        k = name + 1
        while self.source.at(k) == "[" and k in self.source.match:
            k = self.source.match[k] + 1
        return k if self.source.at(k) == "=" else None

    def _initialize_each_time(self, i: int, name: int) -> None:
        """`T x[n] = v;` in a function becomes `T x[n]; { T initial[n] = v; memcpy }`: it happens at every pass."""
        source = self.source
        equals = self._initializer(name)
        last = self._end_of_statement(i)
        if equals is None or last is None or (source.at(name + 1) == "[" and source.at(name + 2) == "]"):
            return
        words = [source.texts[k] for k in range(i + 1, name)]
        if "auto" in words or "thread_local" in words:
            return
        for k in [*specifiers_before(source, i), *range(i + 1, name)]:
            if source.texts[k] in ("const", "constexpr"):
                source.replace(k, "")
        kind = " ".join(word for word in words if word not in ("const", "constexpr", "static"))
        dims = source.slice(name + 1, equals - 1) if equals > name + 1 else ""
        source.insert_before(equals, f"; {{ {kind} mlu_initial{dims} ")
        source.insert_after(last, f" __builtin_memcpy(&{source.texts[name]}, &mlu_initial, sizeof mlu_initial); }}")

    def _end_of_statement(self, i: int) -> int | None:
        k = i
        while k < len(self.source):
            if self.source.texts[k] == ";":
                return k
            k = self.source.match.get(k, k) + 1 if self.source.texts[k] in ("(", "[", "{") else k + 1
        return None
