"""Compiles and runs small programs with metabang-cncc: what the tests of it share."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


class Folder:
    """A folder with sources, metabang-cncc run in it, and the programs it makes."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, **files: str) -> None:
        """write(kernel_mlu="…") writes kernel.mlu."""
        for name, text in files.items():
            stem, _, suffix = name.rpartition("_")
            (self.path / f"{stem}.{suffix}").write_text(text)

    def metabang(self, module: str, *arguments: str, input: str = "") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", module, *arguments]
        return subprocess.run(command, cwd=self.path, capture_output=True, text=True, input=input)

    def cncc(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.metabang("metabang.cncc", *arguments)

    def run(self, *arguments: str, program: str = "a.out", **environment: str) -> str:
        """Compiles, runs `program` and returns what it printed."""
        built = self.cncc(*arguments)
        assert built.returncode == 0, built.stderr
        done = subprocess.run([self.path / program], capture_output=True, text=True, env={**os.environ, **environment})
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


# main() of a program whose kernels write floats: SHOW(n) launches what was queued and prints n results.
HOST = """
#include <bang.h>
#include <cnrt.h>
#include <stdio.h>
static float *out;
static cnrtQueue_t queue;
static cnrtDim3_t two = {2, 1, 1};
static void open() {
  cnrtQueueCreate(&queue);
  cnrtMalloc((void **)&out, 1024);
  cnrtMemset(out, 0, 1024);
}
static void show(int n) {
  float h[256];
  CNRT_CHECK(cnrtGetLastError());
  CNRT_CHECK(cnrtQueueSync(queue));
  cnrtMemcpy(h, out, n * sizeof(float), cnrtMemcpyDevToHost);
  for (int i = 0; i < n; ++i) printf(i + 1 < n ? "%g " : "%g\\n", h[i]);
}
"""
