"""Adds a pass: its record in Passes.td, a file that already builds, its line in CMakeLists.txt, and a lit test.

usage: python tools/new_pass.py meta drop-zero-pads "remove pads that pad nothing"

The new pass visits every operation and changes nothing; docs/extending/pass.md goes on from there.
"""

import argparse
import re
import sys
from pathlib import Path

DIALECTS = {"meta": "Meta", "mlu": "MLU"}

RECORD = """\
def {cls} : Pass<"{argument}", "::mlir::func::FuncOp"> {{
  let summary = "{summary}";
  let description = [{{
    Before:
    After:
  }}];
}}

"""

SOURCE = """\
//===- {file} - {argument} ---===//
#include "metabang/Dialect/{dialect}/Transforms/Passes.h"

namespace metabang::{namespace} {{
#define GEN_PASS_DEF_{macro}
#include "metabang/Dialect/{dialect}/Transforms/Passes.h.inc"
}} // namespace metabang::{namespace}

using namespace mlir;

namespace {{
struct {short} : metabang::{namespace}::impl::{cls}Base<{short}> {{
  void runOnOperation() override {{
    getOperation().walk([](Operation *) {{}});
  }}
}};
}} // namespace
"""

TEST = """\
// RUN: metabang-opt %s --pass-pipeline='builtin.module(func.func({argument}))' | FileCheck %s

// CHECK-LABEL: func.func @unchanged
// CHECK-SAME:    (%[[X:.*]]: tensor<8xf32>)
// CHECK-NEXT:    return %[[X]]
func.func @unchanged(%x: tensor<8xf32>) -> tensor<8xf32> {{
  return %x : tensor<8xf32>
}}
"""


def insert_record(text: str, record: str) -> str:
    """`text` of a Passes.td with `record` before the #endif of its guard."""
    end = text.rindex("#endif")
    return text[:end] + record + text[end:]


def insert_source(text: str, source: str) -> str:
    """`text` of a CMakeLists.txt with `source` in the alphabetical order of the other files of its directory."""
    folder = re.escape(source.rsplit("/", 1)[0])
    lines = text.splitlines(keepends=True)
    others = [i for i, line in enumerate(lines) if re.fullmatch(rf"  {folder}/\w+\.cpp\n", line)]
    if not others:
        raise SystemExit(f"CMakeLists.txt lists no file like {source}, one a line; add it by hand")
    place = next((i for i in others if lines[i].strip() > source), others[-1] + 1)
    return "".join([*lines[:place], f"  {source}\n", *lines[place:]])


def add_pass(root: Path, namespace: str, name: str, summary: str) -> list[Path]:
    """Writes the four files under `root` and returns them; SystemExit, and nothing written, if the pass exists."""
    dialect = DIALECTS[namespace]
    short = "".join(word.capitalize() for word in name.split("-"))
    cls, argument = dialect + short, f"{namespace}-{name}"
    fill = {"dialect": dialect, "namespace": namespace, "summary": summary, "short": short, "cls": cls}
    fill |= {"argument": argument, "macro": cls.upper(), "file": f"{short}.cpp"}
    record = root / f"include/metabang/Dialect/{dialect}/Transforms/Passes.td"
    lists = root / f"lib/Dialect/{dialect}/CMakeLists.txt"
    source = root / f"lib/Dialect/{dialect}/Transforms/{short}.cpp"
    test = root / f"test/{dialect}/{name}.mlir"
    for path in (source, test):
        if path.exists():
            raise SystemExit(f"{path} exists; choose another name")
    contents = {
        record: insert_record(record.read_text(encoding="utf-8"), RECORD.format(**fill)),
        lists: insert_source(lists.read_text(encoding="utf-8"), f"Transforms/{short}.cpp"),
        source: SOURCE.format(**fill),
        test: TEST.format(**fill),
    }
    for path, text in contents.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(contents)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dialect", choices=DIALECTS)
    parser.add_argument("name", help="words in lower case joined by hyphens, without the dialect: drop-zero-pads")
    parser.add_argument("summary", help="one line")
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[1], help="the source directory")
    options = parser.parse_args()
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", options.name) or '"' in options.summary:
        parser.error("the name has to be words in lower case joined by hyphens; the summary cannot hold quotes")
    for path in add_pass(options.root, options.dialect, options.name, options.summary):
        print(path)


if __name__ == "__main__":
    sys.exit(main())
