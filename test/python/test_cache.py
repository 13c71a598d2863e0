"""The disk cache: atomic, shared, and no obstacle when it cannot be written."""

import errno
import logging
import multiprocessing
import os
import stat

import pytest

from metabang import cache as cache_module
from metabang.cache import Cache, CacheError, cache, cached_plan, digest


def write(text):
    return lambda path: path.write_text(text)


def test_builds_once(tmp_path):
    store, calls = Cache(tmp_path), []

    def build(path):
        calls.append(path)
        path.write_text("object")

    first = store.file("ab12", ".so", build)
    assert store.file("ab12", ".so", build) == first == tmp_path / "ab" / "ab12.so"
    assert first.read_text() == "object" and len(calls) == 1
    assert store.find("ab12", ".so") == first and store.find("ab13", ".so") is None


def test_failed_build_leaves_nothing(tmp_path):
    def build(path):
        path.write_text("half")
        raise RuntimeError("the compiler says no")

    with pytest.raises(RuntimeError, match="says no"):
        Cache(tmp_path).file("ab12", ".so", build)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert Cache(tmp_path).find("ab12", ".so") is None


def test_nothing_is_visible_before_it_is_complete(tmp_path):
    store = Cache(tmp_path)

    def build(path):
        path.write_text("half")
        assert store.find("ab12", ".so") is None
        path.write_text("whole")

    assert store.file("ab12", ".so", build).read_text() == "whole"


def _write_in_process(directory, start, number):
    start.wait()
    Cache(directory).file("cd34", ".so", write(f"from {number} " * 10000))


def test_shared_between_processes(tmp_path):
    context = multiprocessing.get_context("fork")
    start = context.Event()
    processes = [context.Process(target=_write_in_process, args=(tmp_path, start, i)) for i in range(4)]
    for process in processes:
        process.start()
    start.set()
    for process in processes:
        process.join(30)
        assert process.exitcode == 0
    words = (tmp_path / "cd" / "cd34.so").read_text().split()
    assert len(words) == 20000 and len(set(words)) == 2  # one process's text, whole
    assert [path.name for path in (tmp_path / "cd").iterdir()] == ["cd34.so"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_read_only_directory_by_mode(tmp_path, caplog):
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    assert Cache(tmp_path).file("ab12", ".so", write("x")).read_text() == "x"
    assert "cannot be written" in caplog.text


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES, errno.ENOSPC, errno.EDQUOT])
def test_unwritable_cache_falls_back_with_one_warning(tmp_path, monkeypatch, caplog, code):
    # A place below a file cannot be made either, but the errno of a full or read-only disk has to be imitated.
    real = os.replace

    def replace(source, target):
        if str(target).startswith(str(tmp_path)):
            raise OSError(code, os.strerror(code))
        real(source, target)

    monkeypatch.setattr(os, "replace", replace)
    store = Cache(tmp_path / "cache")
    with caplog.at_level(logging.WARNING):
        one = store.file("ab12", ".so", write("one"))
        two = store.file("ab13", ".so", write("two"))
    assert (one.read_text(), two.read_text()) == ("one", "two")
    assert not str(one).startswith(str(tmp_path))
    assert store.find("ab12", ".so") == one
    assert len(caplog.records) == 1 and os.strerror(code) in caplog.text and "METABANG_CACHE_DIR" in caplog.text
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_directory_that_is_a_file(tmp_path, caplog):
    (tmp_path / "cache").write_text("")
    store = Cache(tmp_path / "cache")
    assert store.file("ab12", ".so", write("x")).read_text() == "x"
    assert not store.writable() and Cache(tmp_path).writable()


def test_no_place_left_is_one_clear_error(tmp_path, monkeypatch, caplog):
    def replace(source, target):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "replace", replace)
    store = Cache(tmp_path)
    with pytest.raises(CacheError, match="No space left on device.*free some space or set METABANG_CACHE_DIR"):
        store.file("ab12", ".so", write("x"))
    monkeypatch.setattr(cache_module.tempfile, "mkdtemp", lambda **_: (_ for _ in ()).throw(OSError(28, "full")))
    with pytest.raises(CacheError, match="set METABANG_CACHE_DIR to one that can"):
        Cache(tmp_path).file("ab12", ".so", write("x"))


def test_digest_separates_parts():
    assert digest("ab", "c") != digest("a", "bc") != digest("abc")
    assert digest("ab", b"c") == digest(b"ab", "c") and len(digest("")) == 40


def test_directory_of_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("METABANG_CACHE_DIR", str(tmp_path))
    assert cache().directory == tmp_path and cache() is cache()
    monkeypatch.delenv("METABANG_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache().directory == tmp_path / "xdg" / "metabang"


def test_a_relative_directory_is_made_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("METABANG_CACHE_DIR", "c sp/rel")
    assert cache().directory == tmp_path / "c sp" / "rel"


def test_plans_are_compiled_once(tmp_path, monkeypatch):
    monkeypatch.setenv("METABANG_CACHE_DIR", str(tmp_path))
    compiled = []

    def compile():
        compiled.append(1)
        return '{"é": 1}'

    for _ in range(2):
        assert cached_plan("func", "mtp_270", {"bits": 16}, compile) == '{"é": 1}'
    assert len(compiled) == 1
    cached_plan("func", "mtp_372", {"bits": 16}, compile)
    cached_plan("func", "mtp_270", {"bits": 8}, compile)
    cached_plan("func2", "mtp_270", {"bits": 16}, compile)
    assert len(compiled) == 4


def test_a_name_too_long_is_a_place_that_cannot_be_written(tmp_path, caplog):
    store = Cache(tmp_path / ("x" * 300))
    assert store.file("ab12", "", write("text")).read_text() == "text" and "cannot be written" in caplog.text
