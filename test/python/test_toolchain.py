"""Kernels from text to shared objects, with the host compiler and with something that pretends to be cncc."""

import os
import subprocess

import pytest

from metabang import toolchain
from metabang.cache import cache
from metabang.toolchain import (
    CnccToolchain,
    KernelBuildError,
    SimulatorToolchain,
    ToolchainError,
    build_kernels,
    select_toolchain,
    user_line,
)

GOOD = '#include <bang.h>\n\nextern "C" __mlu_global__ void {0}(float *y) {{\n  y[taskId] = 1; // net.py:7\n}}\n'
BAD = '#include <bang.h>\n\n// net.py:5\nextern "C" __mlu_global__ void {0}(float *y) {{\n  y[0] = one;\n}}\n'


def kernel(name, text=GOOD, **more):
    return {"name": name, "text": text.format(name), "source": "net.py:3", **more}


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("METABANG_CACHE_DIR", str(tmp_path / "cache"))
    toolchain.version_of.cache_clear()


def test_compiles_in_parallel_and_once():
    seen = []
    kernels = [kernel(f"k{i}") for i in range(3)]
    built = build_kernels(kernels, "mtp_270", progress=lambda *step: seen.append(step))
    assert sorted(built) == ["k0", "k1", "k2"] and all(os.path.getsize(path) for path in built.values())
    assert [step[:2] for step in seen] == [(1, 3), (2, 3), (3, 3)] and {step[2] for step in seen} == set(built)
    again = build_kernels(kernels, "mtp_270", progress=lambda *step: pytest.fail("compiled again"))
    assert again == built
    other = build_kernels(kernels[:1], "mtp_372")
    assert other["k0"] != built["k0"]


def test_error_names_kernel_and_users_line(tmp_path):
    with pytest.raises(KernelBuildError) as caught:
        build_kernels([kernel("bad", BAD)], "mtp_270")
    error = caught.value
    assert error.source == ("net.py", 5)
    assert "net.py:5: kernel bad does not compile for mtp_270: line 5: " in str(error) and "one" in str(error)
    assert error.text_path.read_text() == BAD.format("bad") and str(error.text_path) in str(error)
    assert "bad.mlu:5" in error.log_path.read_text() and "-D__BANG_ARCH__=270" in error.log_path.read_text()
    assert not list((tmp_path / "cache").rglob("*.so"))


def test_error_without_a_line_names_the_kernels_source():
    text = 'extern "C" __mlu_global__ void {0}(float *y) {{}}\n#include <missing.h>\n'
    with pytest.raises(KernelBuildError, match="missing.h") as caught:
        build_kernels([kernel("bad", text)], "mtp_270")
    assert caught.value.source == ("net.py", 3)


def test_user_line():
    text = "a // x.py:1\nb\nc // dir/y.py:22 (conv)\n// no line here\nd"
    assert [user_line(text, line) for line in (1, 2, 3, 5)] == ["x.py:1", "x.py:1", "dir/y.py:22", "dir/y.py:22"]
    assert user_line("a\nb", 2) == ""


@pytest.mark.parametrize(
    ("cxx", "path", "message"),
    [
        ("/nowhere/g++ -m64", None, r"'/nowhere/g\+\+' of \$CXX does not exist"),
        (None, "/nowhere", r"no C\+\+ compiler found.*install g\+\+.*or set CXX"),
    ],
)
def test_missing_compiler_is_one_sentence_with_the_remedy(monkeypatch, cxx, path, message):
    library = select_toolchain().library
    monkeypatch.delenv("CXX", raising=False)
    if cxx:
        monkeypatch.setenv("CXX", cxx)
    if path:
        monkeypatch.setenv("PATH", path)
    with pytest.raises(ToolchainError, match=message):
        SimulatorToolchain(library)


def test_cxx_may_carry_arguments(monkeypatch):
    monkeypatch.setenv("CXX", "c++ -DEXTRA")
    chain = select_toolchain()
    assert chain.compiler == ["c++", "-DEXTRA"]
    assert build_kernels([kernel("k", "#ifndef EXTRA\n#error\n#endif\n" + GOOD)], "mtp_270", chain)


def test_the_header_is_precompiled_when_a_second_kernel_comes(tmp_path):
    for number in range(2):
        assert not list((tmp_path / "cache").rglob("*.gch"))
        built = build_kernels([kernel(f"k{number}")], "mtp_270")
    (header,) = (tmp_path / "cache").rglob("*.gch")
    assert header.stat().st_size > 1000 and os.path.getsize(built["k1"])


def test_a_compiler_that_knows_no_precompiled_headers_is_enough(tmp_path, monkeypatch):
    script = tmp_path / "cxx"
    refused = '*c++-header*|*-include*|*-nodefaultlibs*) echo "unknown option" >&2; exit 1'
    script.write_text(f'#!/bin/sh\ncase "$*" in {refused};; esac\nexec c++ "$@"\n')
    script.chmod(0o755)
    monkeypatch.setenv("CXX", str(script))
    built = build_kernels([kernel(f"k{i}") for i in range(5)], "mtp_270")
    assert all(os.path.getsize(path) for path in built.values())


def test_precompiling_that_a_signal_ends_is_tried_again(tmp_path, monkeypatch):
    script, killed = tmp_path / "cxx", tmp_path / "killed"
    killed.touch()
    script.write_text(f'#!/bin/sh\n[ -e {killed} ] && case "$*" in *c++-header*) kill -9 $$;; esac\nexec c++ "$@"\n')
    script.chmod(0o755)
    monkeypatch.setenv("CXX", str(script))
    chain = select_toolchain()
    chain.precompile("mtp_270", 5)
    assert chain.header is None and not list((tmp_path / "cache").rglob("*.gch"))
    killed.unlink()
    chain.precompile("mtp_270", 5)
    assert chain.header.is_absolute() and chain.header.with_suffix(".h.gch").stat().st_size > 1000


def test_full_disk_in_the_compiler_moves_on_to_the_temporary_directory(tmp_path, monkeypatch, caplog):
    # A compiler that finds the cache's disk full, and works elsewhere.
    script = tmp_path / "cxx"
    full = 'echo "error: No space left on device" >&2; exit 1'
    script.write_text(f'#!/bin/sh\ncase "$PWD" in {tmp_path}*) {full};; esac\nexec c++ "$@"\n')
    script.chmod(0o755)
    monkeypatch.setenv("CXX", str(script))
    built = build_kernels([kernel("k")], "mtp_270")
    assert os.path.getsize(built["k"]) and not built["k"].startswith(str(tmp_path))
    assert caplog.text.count("cannot be written") == 1


def test_changed_compiler_or_headers_is_another_entry(tmp_path, monkeypatch):
    chain = select_toolchain()
    before = chain.identity("mtp_270")
    assert before != chain.identity("mtp_372")
    monkeypatch.setattr(toolchain, "_headers_identity", lambda: "other headers")
    assert before != chain.identity("mtp_270")
    script = tmp_path / "cxx"
    script.write_text("#!/bin/sh\necho version 99\n")
    script.chmod(0o755)
    monkeypatch.setenv("CXX", str(script))
    assert "version 99" in select_toolchain().identity("mtp_270")


def make_cncc(tmp_path, monkeypatch, version):
    """A cncc that writes down its arguments and compiles with the host compiler."""
    home = tmp_path / "neuware"
    (home / "bin").mkdir(parents=True)
    (home / "lib64").mkdir()
    subprocess.run(["c++", "-shared", "-x", "c++", "/dev/null", "-o", home / "lib64" / "libcnrt.so"], check=True)
    cncc = home / "bin" / "cncc"
    cncc.write_text(
        f'#!/bin/sh\nif [ "$1" = --version ]; then echo "cncc v{version}"; exit; fi\n'
        f'echo "$@" > {tmp_path}/arguments; ls > {tmp_path}/files\n'
        'exec c++ -x c++ -c "$2" -o "$4" -fPIC -D__mlu_global__= -DtaskId=0 -I' + str(tmp_path) + "\n"
    )
    cncc.chmod(0o755)
    (tmp_path / "bang.h").write_text("")
    monkeypatch.setenv("NEUWARE_HOME", str(home))
    return CnccToolchain()


@pytest.mark.parametrize(
    ("version", "arguments", "shim"),
    [
        ("4.1.0", "-c k.mlu -o k.o -O3 -fPIC -std=c++11 --bang-mlu-arch=mtp_270", False),
        ("2.15.2", "-c k.mlu -o k.o -O3 -fPIC -std=c++11 --bang-mlu-arch=mtp_270 -I.", True),
        ("2.6.0", "-c k.mlu -o k.o -O3 -fPIC -std=c++11 --bang-mlu-arch=MLU270 -I.", True),
    ],
)
def test_cncc_command(tmp_path, monkeypatch, version, arguments, shim):
    chain = make_cncc(tmp_path, monkeypatch, version)
    if shim:
        (tmp_path / "mlu.h").write_text("")
    built = build_kernels([kernel("k", min_cncc="2.1.0")], "mtp_270", chain)
    assert (tmp_path / "arguments").read_text().strip() == arguments
    assert ("bang.h" in (tmp_path / "files").read_text()) == shim  # cncc 2.x has mlu.h only
    symbols = subprocess.run(["nm", "-D", built["k"]], check=True, capture_output=True, text=True).stdout
    assert " T k\n" in symbols
    link = chain.commands("k", "mtp_270")[1]
    assert link[1:] == ["-shared", "k.o", "-o", "k.so", f"-L{tmp_path}/neuware/lib64", "-lcnrt"]


def test_cncc_too_old_or_missing(tmp_path, monkeypatch):
    chain = make_cncc(tmp_path, monkeypatch, "2.10.1")
    with pytest.raises(ToolchainError, match=r"kernel k needs cncc 2.12.0 or newer, and .*cncc is 2.10.1"):
        build_kernels([kernel("k", min_cncc="2.12.0")], "mtp_270", chain)
    monkeypatch.setenv("NEUWARE_HOME", str(tmp_path))
    with pytest.raises(ToolchainError, match="cncc is not; install the CNToolkit"):
        CnccToolchain()


def test_first_error_stops_the_rest():
    kernels = [kernel("bad", BAD)] + [kernel(f"k{i}") for i in range(20)]
    with pytest.raises(KernelBuildError):
        build_kernels(kernels, "mtp_270")
    built = [k for k in kernels[1:] if cache().find(toolchain._key(k, "mtp_270", select_toolchain()), ".so")]
    assert len(built) < 20
