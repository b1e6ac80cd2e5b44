"""Which files a confined interpreter may read, and how folders are taken apart around holes."""

from __future__ import annotations

import sysconfig
from pathlib import Path

import pytest

from benchmark.confine import folders
from benchmark.errors import BenchError


@pytest.fixture
def tree(tmp_path) -> Path:
    for name in ("a/b/c/hole/x", "a/b/c/y", "a/b/z", "a/w", "other/v"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    return tmp_path


def names(tree: Path, found: list[Path]) -> set[str]:
    return {str(path.relative_to(tree)) for path in found}


def test_a_folder_without_a_hole_stays_whole(tree):
    assert folders.without([tree / "a"], [tree / "other"]) == [tree / "a"]


def test_a_folder_with_a_hole_is_replaced_by_what_lies_beside_the_hole(tree):
    found = folders.without([tree / "a"], [tree / "a/b/c/hole"])
    assert names(tree, found) == {"a/b/c/y", "a/b/z", "a/w"}


def test_a_hole_that_is_not_there_yet_keeps_its_folder_from_being_whole(tree):
    found = folders.without([tree / "a"], [tree / "a/b/later"])
    assert names(tree, found) == {"a/b/c", "a/b/z", "a/w"}


def test_links_are_resolved_and_lead_to_no_hole(tree):
    (tree / "door").symlink_to(tree / "a")
    (tree / "a/b/back").symlink_to(tree / "a/b/c/hole")
    found = folders.without([tree / "door"], [tree / "door/b/c/hole"])
    assert names(tree, found) == {"a/b/c/y", "a/b/z", "a/w"}


def test_a_folder_named_twice_is_there_once(tree):
    assert folders.without([tree / "a", tree / "other/../a"], []) == [tree / "a"]


@pytest.mark.parametrize("hole", ["a", "a/b", "."])
def test_something_readable_in_a_hole_is_an_error(tree, hole):
    with pytest.raises(BenchError, match="move one of them"):
        folders.without([tree / "a/b"], [tree / hole])


def test_packages_are_those_required_and_no_others():
    found = {path.name for path in folders.packages("torch", "no-such-package")}
    assert {"torch", "sympy", "mpmath", "jinja2"} <= found
    assert not {"sklearn", "timm", "torchvision", "pandas", "bin", ".."} & found


def test_the_interpreter_has_its_standard_library_and_no_packages():
    found = folders.interpreter()
    assert Path(sysconfig.get_path("stdlib"), "os.py") in found
    assert not [path for path in found if path.name in ("site-packages", "dist-packages")]
    assert not {Path("/"), Path("/etc"), Path("/proc"), Path("/dev"), Path("/usr/lib")} & {*found}


def test_links_in_the_folders_of_libraries_open_no_door_elsewhere(monkeypatch, tree):
    libraries = tree / "libraries"
    libraries.mkdir()
    for name, target in (("libz.so", "a/w"), ("data", "a/b"), ("note", "other/v"), ("d.so", "a")):
        (libraries / name).symlink_to(tree / target)
    for name in ("libc.so.6", "python3.11", "own"):
        (libraries / name).mkdir()
    monkeypatch.setenv("LD_LIBRARY_PATH", f":relative:{libraries}")
    found = {path.name for path in folders.interpreter() if path.parent == libraries}
    assert found == {"libz.so", "libc.so.6", "own"}


def test_folders_that_are_listed_are_those_of_an_installation(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.syspath_prepend("")
    found = folders.listed()
    assert tmp_path not in found and all(path.is_absolute() for path in found)
    assert Path(sysconfig.get_path("stdlib")) in found
