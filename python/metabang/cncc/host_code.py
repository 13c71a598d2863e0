"""Host code as cncc's host pass sees it: without `__BANG_ARCH__`.

cncc reads a file once for the host and once for each device. Here one text is compiled, that of the device's pass.
Where the two preprocessed texts differ inside a host function the host's lines take the place of the device's; at
namespace scope declarations that only the host has are added. What both declare there is the device's.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from metabang.cncc.qualifiers import FUNCTION, GDRAM, KERNEL
from metabang.cncc.tokens import MARKER, Source
from metabang.toolchain import INCLUDE

_NAME = re.compile(r"[A-Za-z_]\w*")
_CONTAINERS = {"namespace", "class", "struct", "union", "enum", "extern"}
_DEVICE = FUNCTION | KERNEL | GDRAM


@dataclass(frozen=True)
class _Line:
    file: str
    number: int
    text: str
    at: int  # position in the preprocessed text
    flags: str  # of the file's marker, "3" for a system header

    @property
    def key(self) -> tuple[str, int, str]:
        return self.file, self.number, self.text


def mentions_arch(text: str) -> bool:
    """Whether one of the user's files behind a preprocessed text asks for `__BANG_ARCH__`."""
    files = {}
    for marker in MARKER.finditer(text):
        files.setdefault(marker[2], marker[3])
    for name, flags in files.items():
        path = Path(name.replace("\\\\", "\\"))
        if "3" in flags or path.is_relative_to(INCLUDE) or not path.is_file():
            continue
        if b"__BANG_ARCH__" in path.read_bytes():
            return True
    return False


def merge(device: str, host: str) -> str:
    """The device's preprocessed text with the host's lines where only the host's count. Lines keep their places."""
    ours, theirs = _lines(device), _lines(host)
    bodies = _function_bodies(device)
    parts, done = [], 0
    for begin, end, first, last in _differences(ours, theirs):
        at = ours[begin].at if begin < len(ours) else len(device)
        stop = ours[end].at if end < len(ours) else len(device)
        k = bisect_left(bodies, (at + 1,)) - 1
        inside = k >= 0 and at <= bodies[k][1]
        if inside and bodies[k][2]:
            continue
        added = theirs[first:last] if inside else _only_in(theirs[first:last], ours[begin:end])
        if not added and not inside:
            continue
        parts.append(device[done : at if inside else stop])
        parts += [f'\n# {line.number} "{line.file}"{line.flags}\n{line.text}\n' for line in added]
        if end < len(ours):
            parts.append(f'# {ours[end].number} "{ours[end].file}"{ours[end].flags}\n')
        done = stop
    return "".join([*parts, device[done:]])


def _lines(text: str) -> list[_Line]:
    """The lines that are neither empty nor markers."""
    result, at, file, number, flags = [], 0, "", 1, ""
    for line in text.split("\n"):
        if line.startswith("# ") and (marker := MARKER.match(line)):
            number, file = int(marker[1]), marker[2]
            flags = " 3" if "3" in marker[3] else ""
        else:
            if line.strip():
                result.append(_Line(file, number, line, at, flags))
            number += 1
        at += len(line) + 1
    return result


def _differences(ours: list[_Line], theirs: list[_Line]) -> list[tuple[int, int, int, int]]:
    """Spans [begin, end) of `ours` and [first, last) of `theirs` that stand at one place and differ."""
    places: dict[tuple[str, int, str], list[int]] = defaultdict(list)
    for j, line in enumerate(theirs):
        places[line.key].append(j)
    spans, i, j = [], 0, 0
    while i < len(ours) or j < len(theirs):
        if i < len(ours) and j < len(theirs) and ours[i].key == theirs[j].key:
            i, j = i + 1, j + 1
            continue
        end, last = i, len(theirs)
        while end < len(ours):
            later = places.get(ours[end].key, [])
            k = bisect_left(later, j)
            if k < len(later):
                last = later[k]
                break
            end += 1
        spans.append((i, end, j, last))
        i, j = end, last
    return spans


def _only_in(theirs: list[_Line], ours: list[_Line]) -> list[_Line]:
    """The lines of `theirs` that declare what `ours` do not, at namespace scope."""
    known = set(_NAME.findall("\n".join(line.text for line in ours)))
    added: list[_Line] = []
    item: list[_Line] = []
    depth = 0
    for line in theirs:
        if line.flags:
            added.append(line)
            continue
        item.append(line)
        depth += sum(line.text.count(c) for c in "({[") - sum(line.text.count(c) for c in ")}]")
        if depth <= 0 and line.text.rstrip().endswith((";", "}")):
            declared = re.search(r"(\w+)\s*(?:[(=;{]|\[)", "\n".join(each.text for each in item))
            if not declared or declared[1] not in known:
                added += item
            item, depth = [], 0
    return added + item


def _function_bodies(text: str) -> list[tuple[int, int, bool]]:
    """Begin, end and whether it is the device's, of every function body outside of other functions."""
    source = Source(text)
    bodies, i, words = [], 0, []  # words: of the declaration so far, without what parentheses hold
    while i < len(source):
        word = source.texts[i]
        words.append(word)
        if word in (";", "}"):
            words = []
        elif word == "(" and i in source.match:
            i = source.match[i]
        elif word == "{":
            container = _CONTAINERS & set(words) and source.texts[i - 1] != ")"
            if i in source.match and not container:
                if "(" in words and source.texts[i - 1] != "=":
                    bodies.append((source.starts[i], source.starts[source.match[i]], bool(_DEVICE & set(words))))
                i = source.match[i]
            words = []
        i += 1
    return bodies
