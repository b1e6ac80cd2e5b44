"""A method's allowed imports of the suite, however the suite finds its file."""

from __future__ import annotations

import pytest

from benchmark.errors import BenchError
from benchmark.run import behind, registry
from support import plugins
from support.runs import path_run
from support.suite import ROOT

STEP = "def step(self):\n    return False"
REFUSED = {
    "from teachers import cards": "teachers",
    "import teachers.cards": "teachers.cards",
    "from benchmark.oracle import open_oracle": "benchmark.oracle",
    "from benchmark import datasets": "benchmark",
    "import benchmark": "benchmark",
    "import benchmark.methods": "benchmark.methods",
    "from methods.ideal import Ideal": "methods.ideal",
    "from methods import noise as other": "methods",
    "def late(self):\n    import benchmark.run.setting": "benchmark.run.setting",
}


@pytest.mark.parametrize("line", REFUSED)
def test_a_file_that_imports_more_of_the_suite_is_refused(line, cli, method_file, tmp_path):
    path = method_file("asks", f"{line}\n{STEP}")
    code, output, errors = cli(*path_run(path))
    assert code == 2 and not output and not (tmp_path / "results").exists()
    assert f"{path} imports {REFUSED[line]}; " in errors and errors.count("\n") == 1
    assert "may import benchmark.method and methods._blocks only" in errors


def test_a_refused_file_is_not_executed(tmp_path):
    path = tmp_path / "acts.py"
    path.write_text("import pathlib\nimport teachers\n\npathlib.Path('executed').touch()\n")
    with pytest.raises(BenchError, match=r"acts\.py imports teachers"):
        registry.find(str(path))
    assert not (tmp_path / "executed").exists()


def test_an_installed_plugin_is_held_to_the_same_rule(method_file, tmp_path, monkeypatch):
    path = plugins.install(monkeypatch, tmp_path, method_file("plugin", STEP).read_text())
    assert registry.find("far").name == "far"
    path.write_text(f"from benchmark.datasets import load\n{path.read_text()}")
    with pytest.raises(BenchError, match=r"plugin\.py imports benchmark\.datasets; "):
        registry.find("far")


def test_what_a_method_needs_is_allowed_and_so_are_modules_of_its_own(tmp_path):
    package = tmp_path / "plugin"
    (package / "inner").mkdir(parents=True)
    file = package / "inner" / "method.py"
    file.write_text(
        "import teachers_of_mine, benchmark.method\n"
        "from benchmark.method import Method, param\n"
        "from methods._blocks import pool\n"
        "from methods._blocks.pool import LabelledPool\n"
        "from . import teachers\n"
        "from .benchmark import x\n"
        "from ..methods.ideal import y\n"
    )
    behind.check_imports(file)


def test_every_file_of_the_folder_keeps_the_rule():
    files = sorted((ROOT / "methods").glob("*.py"))
    assert ROOT / "methods" / "_template.py" in files and len(files) > 10
    for file in files:
        behind.check_imports(file)
