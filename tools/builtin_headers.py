"""Writes the declarations of BANG C's builtins for the simulator from the records of the table.

Every signature of every element type becomes an overload, under the architectures that have it; its definition in the
simulator's library forwards to an entry point. A last overload of each name takes whatever is left and is an error
that names the builtin, the architecture and what it would take, so that nothing a device lacks compiles.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

Record = dict[str, Any]

# Spelled as C++ knows them apart: int16_t is short, but int8_t is not char.
C_TYPES = {
    "f16": "half", "bf16": "bfloat16_t", "f32": "float", "s8": "char", "s16": "short", "s32": "int", "s64": "int64_t",
    "u8": "unsigned char", "u16": "unsigned short", "u32": "unsigned int", "u64": "uint64_t",
    "i4": "int4x2_t", "tf32": "float", "i8": "int8_t", "i16": "short", "i32": "int", "void": "void",
}  # fmt: skip
CODES = {
    "f16": "F16", "bf16": "BF16", "f32": "F32", "s8": "I8", "s16": "I16", "s32": "I32", "s64": "I64", "u8": "U8",
    "u16": "U16", "u32": "U32", "u64": "U64", "i4": "I4X2", "tf32": "TF32", "i8": "I8", "i16": "I16", "i32": "I32",
}  # fmt: skip
POINTER_ROLES = {"Dst", "Src", "Aux", "Weight"}
FIXED = {"Direction": "mluMemcpyDirection_t", "Enumerator": "mluFusionOpCode", "Position": "int", "Stride": "int"}
DEVICES = [270, 372, 592]


class Guard(NamedTuple):
    """The architectures that have an overload."""

    first: int
    absent: tuple[int, ...]

    def has(self, arch: int) -> bool:
        return arch >= self.first and arch not in self.absent

    def condition(self) -> str:
        """For the preprocessor; "" where every architecture qualifies. An unstated architecture has everything."""
        parts = [f"__MLU_SINCE({self.first})"] if self.first > 200 else []
        return " && ".join(parts + [f"__BANG_ARCH__ != {a}" for a in self.absent])

    def words(self) -> str:
        """The devices that have it; "" for all."""
        having = [a for a in DEVICES if self.has(a)]
        if len(having) == len(DEVICES):
            return ""
        if having and having == DEVICES[-len(having) :]:
            return f"mtp_{having[0]} or later"
        return " and ".join(f"mtp_{a}" for a in having)


class Overload(NamedTuple):
    name: str
    result: str
    params: tuple[str, ...]  # with names and defaults
    kinds: tuple[str, ...]  # types alone
    guard: Guard
    body: str  # "" if the simulator does not compute it
    record: Record


def element(record: Record, param: Record, combination: str) -> str:
    """Key into C_TYPES of a parameter's element type under a combination."""
    if param["type"] not in ("T", "Own"):
        return param["type"]
    parts = combination.split("/")
    return parts[param["slot"]] if len(parts) > 1 and param["slot"] >= 0 else parts[0]


def c_name(param: Record) -> str:
    """A reserved name, as macros of the kernel stand before the header. A number of segments is one less in C."""
    return "__" + param["name"].replace("segments", "segnum")


def c_type(record: Record, param: Record, combination: str) -> str:
    role = param["role"]
    if role in POINTER_ROLES:
        const = "const " if role in ("Src", "Weight") else ""
        return f"{const}{C_TYPES[element(record, param, combination)]} *"
    if role == "Scalar":
        return C_TYPES[element(record, param, combination)]
    if role == "Plain":
        return param["type"]
    return FIXED.get(role, "unsigned int")


def c_result(record: Record, combination: str) -> str:
    returns = record["returns"]
    if returns == "T":
        return C_TYPES[combination.split("/")[0]]
    return C_TYPES.get(returns, returns) or "void"


def body(record: Record, name: str, combination: str, mode: str, newest: bool) -> str:
    """The simulator's statements with their placeholders filled in."""
    params = {p["name"]: p for p in record["params"]}

    def fill(match: re.Match[str]) -> str:
        what, of = match[1], match[2]
        if what == "site":
            return f'__MLU_SITE("{name}")'
        if what == "async":
            return "true" if record["async"] else "false"
        if what == "newest":
            return "true" if newest else "false"
        if what == "mode":
            return f"__MLU_{mode.upper()}" if mode else record["plainMode"]
        key = element(record, params[of], combination) if of else combination.split("/")[0]
        return C_TYPES[key] if what == "type" else f"__MLU_{CODES[key]}"

    text = re.sub(r"\$(site|async|newest|mode|type|code)(?::(\w+))?", fill, record["simulate"])
    named = {c_name(p)[2:]: c_name(p) for p in record["params"]}
    return re.sub(r"(?<![\w.])[a-z]\w*", lambda m: named.get(m[0], m[0]), text)


def other_bytes(record: Record) -> Record:
    """The record with char for int8_t and the other way round: cncc takes either where its documents say one."""
    swap = {"s8": "i8", "i8": "s8"}

    def swapped(combination: str) -> str:
        return "/".join(swap.get(part, part) for part in combination.split("/"))

    types = [t | {"combinations": [swapped(c) for c in t["combinations"]]} for t in record["types"]]
    params = [p | {"type": swap.get(p["type"], p["type"])} for p in record["params"]]
    return record | {"types": types, "params": params}


def overloads_of(record: Record) -> Iterator[Overload]:
    """One for each C name, rounding mode and element types."""
    types = [(t, c) for t in record["types"] for c in t["combinations"]]
    types = types or [({"minArch": 200, "notOn": []}, "")]
    calls = [s for s in record["spellings"] if not s["isText"]]
    for place, spelling in enumerate(calls):
        for mode in record["modes"] or [{"name": "", "minArch": 200}]:
            name = spelling["cName"] + (f"_{mode['name']}" if mode["name"] else "")
            for legal, combination in types:
                first = max(spelling["minArch"], legal["minArch"], mode["minArch"])
                guard = Guard(first, tuple(sorted({*spelling["notOn"], *legal["notOn"]})))
                kinds = tuple(c_type(record, p, combination) for p in record["params"])
                params = tuple(
                    f"{k}{'' if k.endswith('*') else ' '}{c_name(p)}"
                    + (f" = {p['defaultValue']}" if p["defaultValue"] else "")
                    for k, p in zip(kinds, record["params"])
                )
                text = body(record, name, combination, mode["name"], place == 0)
                yield Overload(name, c_result(record, combination), params, kinds, guard, text, record)


def overloads(records: list[Record]) -> list[Overload]:
    """All of them; those that differ in nothing but architectures are one."""
    found: dict[tuple[str, tuple[str, ...]], list[Overload]] = defaultdict(list)
    for record in records:
        for o in overloads_of(record):
            merge(found[o.name, o.kinds], o)
    documented = set(found)
    for record in map(other_bytes, records):
        for o in overloads_of(record):
            if (o.name, o.kinds) not in documented:
                merge(found[o.name, o.kinds], o)
    return [o for same in found.values() for o in same]


def merge(same: list[Overload], new: Overload) -> None:
    """Adds an overload to those of its signature. A wider guard of the same body swallows a narrower one."""
    for i, old in enumerate(same):
        if old.body != new.body:
            raise ValueError(f"builtin {new.name}({', '.join(new.kinds)}) has two meanings: {old.body} and {new.body}")
        narrow, wide = sorted((old.guard, new.guard), key=lambda g: -g.first)
        if not set(wide.absent) <= set(narrow.absent):
            raise ValueError(f"builtin {new.name}({', '.join(new.kinds)}): {old.guard} and {new.guard} do not nest")
        same[i] = new._replace(guard=wide)
        return
    same.append(new)


def declaration(overload: Overload) -> str:
    """Calls of the library are defined there (compiling 3500 bodies costs each kernel 0.2 s); what is scalar code in
    the kernel, such as a load, stays in it."""
    if "__MLU_SITE" not in overload.body:
        return f"inline {overload.result} {overload.name}({', '.join(overload.params)}) {{ {overload.body} }}"
    return f"{overload.result} {overload.name}({', '.join([*overload.params, '__MLU_LOC'])});"


def definitions(records: list[Record], notice: str) -> str:
    """The library's side of a header: every overload of every architecture; "" if there is none."""
    lines = []
    for o in overloads(records):
        if "__MLU_SITE" in o.body:
            params = [p.split(" = ")[0] for p in o.params]
            lines.append(f"{o.result} {o.name}({', '.join([*params, '__MLU_LOC_DEFINED'])}) {{ {o.body} }}")
    head = [f"// {notice}", '#include "mlu_sim/overload.h"', "#pragma GCC visibility push(default)"]
    return "\n".join([*head, *lines, "#pragma GCC visibility pop"]) + "\n" if lines else ""


def advice(same: list[Overload]) -> str:
    """What a builtin takes and where, for the error of a call that fits no overload."""
    computed = [o for o in same if o.body and any(o.guard.has(a) for a in DEVICES)]
    if not computed:
        return "the simulator does not compute it yet"
    by_words: dict[str, list[str]] = defaultdict(list)
    for o in computed:
        pointers = [k.replace("const ", "").rstrip(" *") for k in o.kinds if k.endswith("*")]
        pointers = [p for p in pointers if p != "void"]
        shown = pointers[0] if pointers and len(set(pointers)) == 1 else "/".join(pointers)
        if shown not in by_words[o.guard.words()]:
            by_words[o.guard.words()].append(shown)
    clauses = []
    for words, kinds in by_words.items():
        kinds = [k for k in kinds if k]
        listed = ", ".join(kinds[:12]) + (", ..." if len(kinds) > 12 else "")
        if words and len(by_words) == 1:
            clauses.append(f"needs {words}" + (f" and takes {listed}" if kinds else ""))
        elif kinds:
            clauses.append(f"takes {listed}" + (f" on {words}" if words else ""))
        else:
            clauses.append(f"takes ({', '.join(computed[0].kinds)})" + (f"; more on {words}" if words else ""))
    widest = next((o.guard for a in DEVICES for o in computed if o.guard.has(a)), computed[0].guard)
    if "" not in by_words and len(by_words) > 1:
        clauses.insert(0, f"needs {widest.words()}")
    rest = ["the simulator does not compute all its forms yet"] if len(computed) < len(same) else []
    return "; ".join(dict.fromkeys(clauses + rest))


def headers(parts: dict[str, list[Record]], notice: str) -> dict[str, str]:
    """File name to text of each part's header. A name's last resort stands where the name is first."""
    by_name: dict[str, list[Overload]] = defaultdict(list)
    for records in parts.values():
        for o in overloads(records):
            by_name[o.name].append(o)
    told: set[str] = set()
    out = {}
    for part, records in parts.items():
        guarded: dict[str, list[str]] = defaultdict(list)
        names: dict[str, None] = {}
        for o in overloads(records):
            names[o.name] = None
            if o.body:
                guarded[o.guard.condition()].append(declaration(o))
        lines = [f"// {notice}", "#pragma once", '#include "../overload.h"']
        for condition, text in sorted(guarded.items()):
            lines += [f"#if {condition}", *text, "#endif"] if condition else text
        lines += [f'__MLU_OTHERWISE({name}, "{advice(by_name[name])}")' for name in names if name not in told]
        told |= set(names)
        out[f"{part}.h"] = "\n".join(lines) + "\n"
    out["all.h"] = "\n".join([f"// {notice}", "#pragma once", *(f'#include "{name}"' for name in out)]) + "\n"
    return out
