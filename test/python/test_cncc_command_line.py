"""Command lines of other people's builds: response files, dependencies, the linker's order, both passes of a file."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cncc_programs import HOST, Folder

from metabang.cncc.build import without_rules

KERNEL = """
#include <bang.h>
#include "k.h"
__mlu_global__ void k(float *y) { y[taskId] = VALUE; }
void launch(float *y, cnrtDim3_t dim, cnrtQueue_t queue) { k<<<dim, cnrtFuncTypeBlock, queue>>>(y); }
"""
MAIN = HOST + '#include "k.h"\nint main() { open(); launch(out, two, queue); show(2); }\n'

BOTH_SIDES = (
    HOST
    + """
#ifdef __BANG_ARCH__
#define SIDE 1
static const int shared = 4;
#else
#include <set>
#define SIDE 2
static const int shared = 5; // what both declare is the device's
static int of_the_host() {
  std::set<int> distinct{7, 7};
  return *distinct.begin();
}
#endif
template <typename T = int> __mlu_func__ T device_side(const int &more = 0) { // a default is no initializer
#ifdef __BANG_ARCH__
  return __BANG_ARCH__ + SIDE + more;
#else
  return a_name_that_only_the_host_has;
#endif
}
struct Host {
  int side() const {
#ifndef __BANG_ARCH__
    return SIDE;
#endif
    return 0;
  }
};
__mlu_global__ void k(float *y) { y[taskId] = device_side<>(); }
int main() {
  open();
  k<<<two, cnrtFuncTypeBlock, queue>>>(out); show(2);
#ifdef __BANG_ARCH__
  printf("device\\n");
#else
  printf("host %d %d %d line %d\\n", of_the_host(), Host().side(), shared, __LINE__);
#endif
}
"""
)


@pytest.fixture
def here(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path)
    header = "#pragma once\n#include <cnrt.h>\nvoid launch(float *, cnrtDim3_t, cnrtQueue_t);\n"
    folder.write(k_h=header, k_mlu=KERNEL, main_mlu=MAIN)
    return folder


def test_response_files_and_libraries(here: Folder) -> None:
    (here.path / "more").write_text("-DVALUE=3\n")
    (here.path / "args").write_text(
        '-c k.mlu  "-I." @more\n--bang-mlu-arch=mtp_372 -fbang-instrument-kernels -Xbang-cnas -O1'
    )
    done = here.cncc("@args", "-o", "k.o")
    assert (done.returncode, done.stderr) == (0, "")
    assert here.cncc("-c", "main.mlu", "--bang-mlu-arch=mtp_372").returncode == 0
    subprocess.run(["ar", "rc", "libk.a", "k.o"], cwd=here.path, check=True)
    whole = ["-Wl,--whole-archive", "libk.a", "-Wl,--no-whole-archive"]
    for libraries in (["libk.a"], ["-L.", "-lk"], whole, ["-Xlinker", "libk.a"]):
        assert here.run("main.o", *libraries, "-lcnrt", "-o", "a.out") == "3 3\n", libraries


def test_dependencies(here: Folder) -> None:
    rule = here.cncc("-MM", "k.mlu", "-DVALUE=1")
    assert rule.stdout.split() == ["k.o:", "k.mlu", "k.h"], rule.stderr
    assert not list(here.path.glob("*.o"))
    assert here.cncc("-MMD", "-c", "k.mlu", "-DVALUE=1", "-o", "other.o").returncode == 0
    assert (here.path / "other.d").read_text().split() == ["other.o:", "k.mlu", "k.h"]
    assert here.cncc("-MD", "-MF", "f", "-MT", "t", "-c", "k.mlu", "-DVALUE=1").returncode == 0
    assert (here.path / "f").read_text().startswith("t: k.mlu ")
    (here.path / "both.mlu").write_text(BOTH_SIDES)
    made = here.cncc("-Wp,-MD,w.d", "-c", "both.mlu", "--bang-mlu-arch=mtp_372", "-o", "w.o")
    rule = (here.path / "w.d").read_text()
    assert made.returncode == 0 and rule.startswith("both.o: both.mlu") and "stl_set.h" not in rule, made.stderr


def test_what_makes_nothing(here: Folder) -> None:
    shown = here.cncc("-###", "main.mlu", "k.mlu", "-DVALUE=1", "-o", "never")
    assert shown.returncode == 0 and shown.stderr.count(" -c ") == 2 and not (here.path / "never").exists()
    assert here.cncc("-###", "-S", "k.mlu").returncode == 0 and not (here.path / "k.cpp").exists()
    assert here.cncc("-fsyntax-only", "k.mlu", "-DVALUE=1").returncode == 0
    wrong = here.cncc("-fsyntax-only", "k.mlu", "-DVALUE=frob")
    assert wrong.returncode == 1 and "k.mlu:4: error: 'frob'" in wrong.stderr
    assert not list(here.path.glob("*.o"))
    assert here.cncc("-dumpmachine").stdout.strip().count("-") >= 2
    fat = here.cncc("--bang-fatbin-only", "k.mlu", "-o", "k.cnfatbin")
    assert fat.returncode == 2 and "code of the card" in fat.stderr


def test_a_text_on_standard_input(here: Folder) -> None:
    command = ["-x", "bang", "-", "-c", "-o", "in.o", "-DVALUE=1", "-I."]
    done = here.metabang("metabang.cncc", *command, input=KERNEL)
    assert done.returncode == 0 and (here.path / "in.o").exists(), done.stderr
    assert here.cncc("-").returncode == 2
    both = here.metabang("metabang.cncc", "-x", "bang", "-", "-o", "both", input=BOTH_SIDES)
    assert both.returncode == 0, both.stderr
    assert "\nhost 7 2 4 line " in subprocess.run([here.path / "both"], capture_output=True, text=True).stdout


@pytest.mark.parametrize("name, arch", [("both.mlu", 372), ("both.cpp", 592)])
def test_host_code_does_not_see_the_architecture(here: Folder, name: str, arch: int) -> None:
    (here.path / name).write_text(BOTH_SIDES)
    line = BOTH_SIDES[: BOTH_SIDES.index("__LINE__")].count("\n") + 1
    assert here.run(name, f"--bang-mlu-arch=mtp_{arch}") == f"{arch + 1} {arch + 1}\nhost 7 2 4 line {line}\n"


def test_ideographic_spaces_on_both_sides(here: Folder) -> None:
    (here.path / "both.mlu").write_text(BOTH_SIDES.replace("int main() {", "int main()\u3000{"))
    assert "host 7 2 4 line" in here.run("both.mlu", "--bang-mlu-arch=mtp_372")


def test_options_without_rules() -> None:
    given = ["-MD", "-MF", "f", "-DA=1", "-Wp,-MMD,k.d", "-Wp,-DB=2,-MD,k.d,-MP,-UC", "-MTt", "-Wp,-MP"]
    assert without_rules(given) == ["-DA=1", "-Wp,-DB=2,-UC"]
