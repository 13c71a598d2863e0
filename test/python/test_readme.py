"""The programs of README.md and docs/tutorial.md do what they say."""

import re
from pathlib import Path

import numpy as np

import metabang as mb
from metabang import nn

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
SIZES = dict(N=2, C=3, OC=4, OH=4, OW=4, KH=3, KW=3, sh=2, sw=2, ph=1, pw=1, dh=1, dw=1)


def test_the_program_of_the_readme(capsys):
    program = re.search(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.S)[1]
    with mb.target("mtp_372"):  # restores the target that the program sets
        exec(compile(program, "program.py", "exec"), {"__name__": "program"})
    assert capsys.readouterr().out.endswith("]]]]\n(1, 3, 32, 32)\n")


def test_the_programs_of_the_tutorial(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "docs/tutorial.md").read_text(encoding="utf-8")
    softmax, asked, convolution, layer, launch = re.findall(r"```python\n(.*?)```", text, re.S)
    (tmp_path / "add.mlu").write_text(re.search(r"```c\+\+\n(.*?)```", text, re.S)[1])
    names = {"__name__": "tutorial"}

    def run(program):
        exec(compile(program, "program.py", "exec"), names)

    with mb.target("mtp_372"):
        run(softmax)
        run(asked)
        assert capsys.readouterr().out.startswith("[[0.00")
        image, weight = (mb.array(np.random.rand(*s).astype(np.float32)) for s in ((2, 3, 8, 8), (4, 3, 3, 3)))
        names.update(SIZES, x=image, weight=weight)
        run(convolution)
        expected = nn.functional.conv2d(image, weight, stride=2, padding=1)
        np.testing.assert_allclose(names["y"].numpy(), expected.numpy(), rtol=1e-5)
        run(layer)
        scale = names["Scale"](3)
        assert [name for name, _ in scale.named_parameters()] == ["gain"] and scale(image).shape == image.shape
        run(launch)
    assert re.fullmatch(r"[\d.]+ \w+\n", capsys.readouterr().out)
