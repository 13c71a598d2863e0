"""The program of README.md does what it says."""

import re
from pathlib import Path

import metabang as mb

README = Path(__file__).parents[2] / "README.md"


def test_the_program_of_the_readme(capsys):
    program = re.search(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.S)[1]
    with mb.target("mtp_372"):  # restores the target that the program sets
        exec(compile(program, "program.py", "exec"), {"__name__": "program"})
    assert capsys.readouterr().out.endswith("]]]]\n(1, 3, 32, 32)\n")
