"""BANG C as C++: a preprocessed translation unit, rewritten so that the host compiler and the simulator take it.

Lines stay where they are, so the compiler's messages and the simulator's reports name the user's file and line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from metabang.cncc import assembly, literals
from metabang.cncc.functions import Function, function_after, is_void, split_commas, types_of
from metabang.cncc.launches import LaunchError, rewrite_launch
from metabang.cncc.qualifiers import FUNCTION, GDRAM, KERNEL, SPACES, Variables, declarator, specifiers_before
from metabang.cncc.tokens import Source

LOADED = "loaded"  # the unit of what Python loads
VISIBLE = '__attribute__((visibility("default"))) '


class SyntaxProblem(Exception):
    """What the rewriting cannot read, with file and line."""

    def __init__(self, place: tuple[str, int], reason: str) -> None:
        super().__init__(f"{place[0]}:{place[1]}: error: {reason}")


@dataclass(frozen=True)
class KernelText:
    """A kernel as its author wrote it: "float *x", …; `template` is "typename T, int N" or None."""

    name: str
    template: str | None
    parameters: tuple[str, ...]

    def __str__(self) -> str:
        return (
            self.name + (f"<{self.template}>" if self.template is not None else "") + f"({', '.join(self.parameters)})"
        )


@dataclass
class Result:
    """`text` is C++; `kernels` are those with a body; `notes` are warnings, one line each."""

    text: str
    kernels: list[KernelText] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def rewrite(text: str, unit: str, arch: int, instantiate: dict[str, list[str]] | None = None) -> Result:
    """Rewrites the preprocessed text of one translation unit; `unit` is a word that no other one has.

    `arch` is the value of `__BANG_ARCH__`.

    `instantiate` maps the name of a template kernel to template arguments ("<float, half>") that shall exist.
    Raises SyntaxProblem.
    """
    return _Unit(Source(text), unit, arch).run(instantiate or {})


class _Unit:
    def __init__(self, source: Source, unit: str, arch: int) -> None:
        self.source = source
        self.unit = unit
        self.arch = arch
        self.kernels: list[Function] = []
        self.notes: list[str] = []
        self.variables = Variables(source, unit)
        self.template_kernels: list[tuple[int, str]] = []  # qualifier's token, name

    def run(self, instantiate: dict[str, list[str]]) -> Result:
        source = self.source
        launches, stack = [], []  # stack: (opening token, namespace, "C" block, kernel whose body it is)
        bodies: dict[int, Function] = {}
        for i, text in enumerate(source.texts):
            kind = source.kinds[i]
            if kind == "mark":
                if text in ("(", "{", "["):
                    stack.append((text, *self._scope_of(i), bodies.get(i)))
                elif text in (")", "}", "]") and stack:
                    stack.pop()
            elif kind == "launch":
                launches.append(i)
            elif kind == "name":
                if text in ("__asm__", "asm", "__asm"):
                    assembly.rewrite_assembly(source, i)
                elif text.startswith("__"):
                    self._qualifier(i, text, stack, bodies)
        try:
            for i in launches:
                rewrite_launch(source, i, self.kernels, self.unit)
        except LaunchError as error:
            raise SyntaxProblem(source.place(error.index), str(error)) from None
        # Instances of a template are this file's alone, unless it says which ones there are.
        spelled_out = {k.name for k in self.kernels if k.instantiates or k.explicit is not None}
        defined = {k.name for k in self.kernels if k.body is not None}
        for i, name in self.template_kernels:
            if name in defined - spelled_out:
                source.insert_before(i, "static ")
        named = [k for k in self.kernels if not k.instantiates and k.body is not None]
        # another file may launch an instance that is spelled out here, and does not know whose variables it uses
        instances = [k for k in self.kernels if k.instantiates and k.name in defined]
        tail = self._registrations([*named, *instances], instantiate)
        return Result(source.edited() + tail, [self._as_written(k) for k in named if k.explicit is None], self.notes)

    def _as_written(self, kernel: Function) -> KernelText:
        source, parameters = self.source, []
        for begin, end in [] if is_void(source, kernel) else split_commas(source, *kernel.parameters):
            parameters.append(re.sub(r"\s+", " ", source.text[source.starts[begin] : source.end(end)]))
        return KernelText(kernel.name, kernel.template, tuple(parameters))

    def _scope_of(self, i: int) -> tuple[str | None, bool]:
        """For a `{`: the namespace it opens (None if it is none), and whether it is an extern "C" block."""
        source = self.source
        if source.texts[i] != "{":
            return None, False
        if source.kinds[i - 1] == "string" and source.at(i - 2) == "extern":
            return None, source.texts[i - 1] == '"C"'
        k = i - 1
        while k >= 0 and (source.kinds[k] == "name" or source.texts[k] == "::") and source.texts[k] != "namespace":
            k -= 1
        if source.at(k) == "namespace" and k >= 0:
            return source.slice(k + 1, i - 1), False
        return None, False

    def _qualifier(self, i: int, text: str, stack: list, bodies: dict[int, Function]) -> None:
        source = self.source
        enclosing = next((entry[0] for entry in reversed(stack) if entry[1] is None and not entry[2]), "")
        in_c_block = any(entry[2] for entry in stack)
        scope = tuple(entry[1] for entry in stack if entry[1] is not None)
        if text in SPACES or (text in GDRAM and not self._declares_function(i)):
            kernel = next((entry[3].name for entry in reversed(stack) if entry[3] is not None), "")
            self.variables.rewrite(i, enclosing, kernel, in_c_block and not enclosing, scope)
        elif text in KERNEL:
            kernel = function_after(source, i, scope, in_c_block)
            source.replace(i, VISIBLE)
            if kernel is not None and kernel.template and self._may_be_static(i, kernel, enclosing):
                self.template_kernels.append((i, kernel.name))
            if kernel is not None:
                if not any(k.at == kernel.at for k in self.kernels):
                    self.kernels.append(kernel)
                if kernel.body:
                    bodies[kernel.body[0]] = kernel
                    self._device_body(kernel)
        elif text in FUNCTION or text in GDRAM:
            function = None if source.at(i - 1) in ("]", ")") else function_after(source, i, scope, in_c_block)
            if function is None:
                source.replace(i, "")
                return
            around = [source.texts[k] for k in range(max(0, i - 3), function.at)]
            static = "static " if self._may_be_static(i, function, enclosing) else ""
            source.replace(i, static if {"friend", "inline"} & set(around) else f"{static}inline ")
            if "__mlu_host__" not in around:
                self._device_body(function)
        elif text == "__mlu_host__":
            source.replace(i, "")

    def _may_be_static(self, i: int, function: Function, enclosing: str) -> bool:
        """Whether a function can be made its file's own, as device code is: one of namespace scope that says nothing
        else about its linkage."""
        source = self.source
        words = {source.texts[k] for k in [*specifiers_before(source, i), *range(i + 1, function.at)]}
        specialized = function.explicit is not None or function.template == "" or function.instantiates
        member = source.at(function.at - 1) == "::"
        elsewhere = words & {"static", "extern", "friend", "__mlu_host__"}
        return not (enclosing or specialized or member or function.c_linkage or elsewhere)

    def _declares_function(self, i: int) -> bool:
        ending, name, _ = declarator(self.source, i + 1)
        return ending == "(" and name >= 0

    def _device_body(self, function: Function) -> None:
        if function.body:
            self.notes += literals.round_half_literals(self.source, *function.body, keep=self.arch >= 300)

    def _registrations(self, kernels: list[Function], instantiate: dict[str, list[str]]) -> str:
        """Text for the end of the unit that makes its kernels known to the simulator."""
        source, lines, seen = self.source, [], set()
        if self.unit != LOADED and "__mluSimProgram" in source.text:
            lines.append("static int __mlu_program = (__mluSimProgram(__MLU_SIM_ARCH), 0);")
        overloaded = [k.qualified for k in kernels if k.explicit is None and not k.instantiates]
        for number, kernel in enumerate(kernels):
            names: list[str] = []
            pointer = f"&{kernel.qualified}"
            if kernel.instantiates and kernel.explicit is None:  # template __mlu_global__ void k(float *)
                types = "(" + ", ".join(types_of(source, kernel)) + ")"
                pointer = f"static_cast<void (*){types}>({pointer})"
                lines.append(
                    f'static __mlu_registration __mlu_registration_{number}("{kernel.name}", {pointer}, "{self.unit}");'
                )
            elif kernel.template is None and kernel.explicit is None:
                if overloaded.count(kernel.qualified) == 1:
                    names = [""]
                elif not any(kernel.scope):
                    types = "(" + ", ".join(types_of(source, kernel)) + ")"
                    lines.append(
                        f"static __mlu_registration __mlu_registration_{number}"
                        f'("{kernel.name}{types}", static_cast<void (*){types}>({pointer}), "{self.unit}");'
                    )
            elif kernel.explicit is not None:
                names = [kernel.explicit]
            names += [each for each in instantiate.get(kernel.name, []) if kernel.template is not None]
            for arguments in names:
                if (key := kernel.qualified + arguments) in seen:
                    continue
                seen.add(key)
                c_name = "nullptr"
                if not arguments and not kernel.scope and not kernel.c_linkage and not is_void(source, kernel):
                    # cncc 2.x gives the host a C symbol of the kernel's name, and hosts declare it so
                    alias = f"__mlu_c_name_{number}"
                    lines.append(
                        f'extern "C" {VISIBLE}__attribute__((weak)) void {alias}() __asm__("{kernel.name}"); '
                        f"void {alias}() {{ __builtin_trap(); }}"
                    )
                    c_name = f"(const void *)&{alias}"
                lines.append(
                    f'static __mlu_registration __mlu_registration_{number}_{len(seen)}("{kernel.name}{arguments}", '
                    f'&{key}, "{self.unit}", {c_name});'
                )
        for number, name in enumerate(self.variables.in_gdram):
            adopt = f"__mluSimAdoptVariable((const void *)&{name}, sizeof {name})"
            lines.append(f"static int __mlu_variable_{number} = ({adopt}, 0);")
        return '\n# 1 "<metabang-cncc>"\n' + "\n".join(lines) + "\n" if lines else ""
