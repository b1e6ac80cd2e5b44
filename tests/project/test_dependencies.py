"""The suite declares all packages that it imports, and imports all that it declares."""

from __future__ import annotations

import ast
import configparser
import re
import sys

from support.suite import ROOT

IMPORTED_AS = {
    "pillow": "PIL",
    "scikit-learn": "sklearn",
    "pytest-xdist": "xdist",
    "markdown-it-py": "markdown_it",
}
OWN = {"benchmark", "methods", "teachers", "support"}
STUBS = {"_typeshed"}  # which only type checkers know
COMMANDS = {"ruff", "xdist", "setuptools", "mypy"}  # used as commands and plug-ins


FOREIGN = ROOT / "tests" / "servers" / "foreign"  # each runs in an environment of its own


def imported(*folders: str) -> set[str]:
    """The top names of other people's packages that the files of some folders import."""
    found = set()
    for folder in folders:
        for file in (ROOT / folder).rglob("*.py"):
            if FOREIGN in file.parents:
                continue
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Import):
                    found |= {alias.name.split(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    found.add(node.module.split(".")[0])
    return found - set(sys.stdlib_module_names) - OWN - STUBS


def declared(section: str, name: str) -> set[str]:
    """The names under which the packages of a list in ``setup.cfg`` are imported."""
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    packages = re.findall(r"^[\w-]+", config[section][name], re.MULTILINE)
    return {IMPORTED_AS.get(package, package) for package in packages}


def test_the_suite_needs_what_it_imports_and_no_more():
    needed = declared("options", "install_requires")
    names = ("tune", "ray", "onnx", "endpoint", "aws", "serve")
    extras = {one for name in names for one in declared("options.extras_require", name)}
    assert imported("benchmark", "methods", "teachers") == needed | extras


def test_the_tests_need_what_they_import_and_no_more():
    extra = declared("options.extras_require", "test") - COMMANDS
    needed = declared("options", "install_requires") | extra
    assert imported("tests") <= needed
    assert extra <= imported("tests", "benchmark", "teachers")
