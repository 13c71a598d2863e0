"""metabang sanitize and metabang profile on a wrong program and its repaired twin."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cncc_programs import HOST, Folder

PROGRAM = (
    HOST
    + """
__mlu_global__ void twice(float *y, float *x) {
  __nram__ float b[64];
  __memcpy_async(b, x, sizeof b, GDRAM2NRAM);
  SYNC;
  __bang_add(b, b, b, 64);
  __memcpy(y, b, sizeof b, NRAM2GDRAM);
}
int main(int argc, char **argv) {
  open();
  twice<<<{1, 1, 1}, cnrtFuncTypeBlock, queue>>>(out, out + 64);
  show(1);
  for (int i = 1; i < argc; ++i) puts(argv[i]);
}
"""
)


@pytest.fixture
def here(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path)
    folder.write(right_mlu=PROGRAM.replace("SYNC", "__sync_io()"), wrong_mlu=PROGRAM.replace("SYNC", ""))
    return folder


def test_a_finding_is_printed_once_and_fails(here: Folder) -> None:
    done = here.metabang("metabang", "sanitize", "--json", "found.json", "wrong.mlu")
    assert done.returncode == 1
    assert done.stderr.count("race: it ") == 1 and "wrong.mlu:" in done.stderr
    assert done.stdout.endswith("1 finding in 5 schedules of 1 launch\n")
    found = json.loads((here.path / "found.json").read_text())
    assert len(found["findings"]) == 1 and found["findings"][0]["orders"][0] == "lazy"
    assert [run["status"] for run in found["runs"]] == [1] * 5


def test_a_right_program_passes_with_its_arguments(here: Folder) -> None:
    assert here.cncc("right.mlu", "-o", "right").returncode == 0
    done = here.metabang("metabang", "sanitize", "right", "--json", "argument")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "0\n--json\nargument\nno findings in 5 schedules of 1 launch\n"


def test_a_program_without_the_sanitizer_prints_the_report(here: Folder) -> None:
    here.write(bounds_mlu=PROGRAM.replace("SYNC", "__sync()").replace("b, b, b, 64", "b, b, b, 128"))
    assert here.cncc("bounds.mlu").returncode == 0
    with pytest.raises(AssertionError, match="bounds.mlu:.*__bang_add"):
        here.run("bounds.mlu")


def test_profile(here: Folder) -> None:
    done = here.metabang("metabang", "profile", "--json", "p.json", "--target", "mtp_592", "right.mlu")
    assert done.returncode == 0, done.stderr
    assert "us (modelled)" in done.stdout and "twice" in done.stdout
    figures = json.loads((here.path / "p.json").read_text())
    assert figures["time_is"] == "modelled" and figures["us"] > 0
    assert [(each["kernel"], each["device"]) for each in figures["launches"]] == [("twice", "mtp_592")]


@pytest.mark.parametrize("command", ["sanitize", "profile"])
@pytest.mark.parametrize("program, message", [("missing", "is no file"), ("/bin/true", "launched no kernel")])
def test_what_is_no_program(here: Folder, command: str, program: str, message: str) -> None:
    done = here.metabang("metabang", command, program)
    assert done.returncode == 2 and message in done.stderr and "Traceback" not in done.stderr
