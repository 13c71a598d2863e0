"""The command-line tools that live inside the native module."""

import json
import subprocess
import sys

import pytest

from metabang import _core

MODULE = """
func.func @twice(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = meta.transpose %x perm = [1, 0] : tensor<2x3xf32> to tensor<3x2xf32>
  %1 = meta.transpose %0 perm = [1, 0] : tensor<3x2xf32> to tensor<2x3xf32>
  return %1 : tensor<2x3xf32>
}
"""


def run_tool(name: str, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess:
    command = f"import sys; from metabang._tools import {name}; sys.exit({name}())"
    return subprocess.run(
        [sys.executable, "-c", command, *arguments], input=stdin, capture_output=True, text=True, timeout=60
    )


def test_opt_runs_a_stage_alone():
    done = run_tool("opt", "--metabang-meta", stdin=MODULE)
    assert done.returncode == 0, done.stderr
    assert "meta.transpose" not in done.stdout and "return %arg0" in done.stdout


def test_opt_reports_the_line_and_fails():
    done = run_tool("opt", stdin=MODULE.replace("perm = [1, 0]", "perm = [1, 1]", 1))
    assert done.returncode == 1 and "<stdin>:3:" in done.stderr


def test_translate_has_the_emitter():
    done = run_tool("translate", "--help")
    assert done.returncode == 0 and "--mlu-to-bangc" in done.stdout


def test_lsp_server_knows_the_dialects():
    def message(**fields) -> str:
        body = json.dumps({"jsonrpc": "2.0", **fields})
        return f"Content-Length: {len(body)}\r\n\r\n{body}"

    document = {"uri": "test:///a.mlir", "languageId": "mlir", "version": 1, "text": MODULE + "\nmeta.nonsense\n"}
    stdin = (
        message(id=1, method="initialize", params={"processId": 0, "rootUri": "", "capabilities": {}})
        + message(method="textDocument/didOpen", params={"textDocument": document})
        + message(id=2, method="shutdown")
        + message(method="exit")
    )
    done = run_tool("lsp_server", stdin=stdin)
    assert done.returncode == 0, done.stderr
    assert "hoverProvider" in done.stdout
    assert "meta.nonsense" in done.stdout and "meta.transpose" not in done.stdout  # only the nonsense is an error


def test_unknown_tool():
    with pytest.raises(ValueError, match="there is no tool mlir-opt"):
        _core.tool_main("mlir-opt", ["mlir-opt"])
