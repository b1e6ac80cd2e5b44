"""The registry: methods by name, variant, path or entry point, and the hash of their source."""

from __future__ import annotations

import re

import pytest

from benchmark.errors import BenchError
from benchmark.run import behind, registry
from support import plugins

STEP = "def step(self):\n    return False"


def test_the_folder_is_the_registry():
    assert registry.names() == sorted(registry.names())
    assert {"ideal", "noise"} <= set(registry.names())
    assert not any(name.startswith("_") for name in registry.names())


def test_a_method_is_found_by_name_variant_and_path(method_file):
    assert registry.find("noise").label == "noise" and registry.find("noise").overrides == {}
    blobs = registry.find("noise:blobs")
    assert (blobs.label, blobs.overrides) == ("noise:blobs", {"kind": "blobs"})
    path = method_file("mine", f"variants = {{'a': {{}}}}\n{STEP}")
    entry = registry.find(f"{path}:a")
    assert (entry.name, entry.label) == ("mine", "mine:a")
    before = entry.source_sha
    path.write_text(path.read_text() + "\n# changed\n")
    assert registry.find(f"{path}:a").source_sha != before
    assert registry.summary(entry) == "mine: a method of a test."


def test_a_methods_source_is_its_file_and_the_blocks_it_imports(tmp_path, monkeypatch):
    blocks = tmp_path / "methods" / "_blocks"
    blocks.mkdir(parents=True)
    for name, content in {
        "far": "x = 1",
        "near": "from methods._blocks.far import x",
        "other": "y = 2",
    }.items():
        (blocks / f"{name}.py").write_text(content)
    mine = tmp_path / "mine.py"
    monkeypatch.setattr(behind, "ROOT", tmp_path)
    for line in ("from methods._blocks import near", "import methods._blocks.near"):
        mine.write_text(line)
        before = behind.digest(behind.files_behind(mine))
        (blocks / "other.py").write_text(f"{line!r}")
        assert behind.digest(behind.files_behind(mine)) == before
        (blocks / "far.py").write_text(f"{line!r}")
        assert behind.digest(behind.files_behind(mine)) != before


@pytest.mark.parametrize(
    "line",
    [
        "from methods._blocks.box import x",
        "from methods._blocks import box",
        "import methods._blocks.box.lid",
        "from methods._blocks.beside import x",
    ],
)
def test_a_package_of_blocks_is_followed_into_all_its_files(line, tmp_path, monkeypatch):
    blocks = tmp_path / "methods" / "_blocks"
    files = {
        "box/__init__.py": "from methods._blocks.box.lid import x\nfrom .hinge import y",
        "box/lid.py": "from . import screw",
        "box/hinge.py": "from ..far import z",
        "box/screw.py": "",
        "box/alone.py": "",
        "far.py": "",
        "beside.py": "from .box import x",
    }
    (blocks / "box").mkdir(parents=True)
    for name, content in files.items():
        (blocks / name).write_text(content)
    mine = tmp_path / "mine.py"
    mine.write_text(line)
    monkeypatch.setattr(behind, "ROOT", tmp_path)
    found = {str(path.relative_to(blocks)) for path in behind.blocks_of(mine)}
    assert found - {"beside.py"} == {*files} - {"box/alone.py", "beside.py"}
    before = behind.digest(behind.files_behind(mine))
    (blocks / "box" / "screw.py").write_text("# changed")
    assert behind.digest(behind.files_behind(mine)) != before


def test_a_list_names_each_method_once_and_all_is_every_default():
    labels = [entry.label for entry in registry.find_all(["noise", "noise:blobs", "noise"])]
    assert labels == ["noise", "noise:blobs"]
    assert [e.label for e in registry.find_all(["all", "noise"])] == registry.names()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nosie", "unknown method 'nosie'. Did you mean noise?"),
        ("noise:blob", "unknown variant of noise 'blob'. Did you mean blobs?"),
        ("_blocks", "unknown method '_blocks'"),
        ("", "unknown method ''"),
        ("missing.py", "there is no method file 'missing.py'"),
    ],
)
def test_unknown_methods_bring_the_closest_names(text, message):
    with pytest.raises(BenchError) as caught:
        registry.find(text)
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_method_files_that_are_none_are_refused(method_file, tmp_path):
    path = method_file("plain", STEP)
    with pytest.raises(BenchError, match="plain has no variants"):
        registry.find(f"{path}:fast")
    path.write_text(path.read_text() + "class Second(Tested): ...\n")
    with pytest.raises(BenchError, match="must define one Method subclass, not 2"):
        registry.find(str(path))
    for name, text, message in [
        ("none", "x = 1", "one Method subclass, not 0"),
        ("syntax", "def (", "cannot be imported: SyntaxError"),
        ("raises", "1 / 0", "cannot be imported: ZeroDivisionError"),
    ]:
        (tmp_path / f"{name}.py").write_text(text)
        with pytest.raises(BenchError, match=message):
            registry.find(str(tmp_path / f"{name}.py"))


@pytest.mark.parametrize("loaded", ["far_methods.plugin", "far_methods.plugin:Tested"])
def test_installed_entry_points_are_methods_too(loaded, method_file, tmp_path, monkeypatch):
    text = method_file("plugin", STEP).read_text()
    file = plugins.install(monkeypatch, tmp_path, text, loaded)  # the module, or the class
    entry = registry.find("far")
    assert (entry.label, entry.method.__name__) == ("far", "Tested") and entry.files == (file,)
    with pytest.raises(BenchError, match=r"Did you mean far\?"):
        registry.find("farr")


def test_a_row_of_an_older_text_that_computes_the_same_is_of_this_code(monkeypatch):
    entry = registry.find("noise")
    monkeypatch.setattr(registry, "_renamed", lambda: {"a" * 64: entry.source_sha, "b" * 64: "c"})
    assert entry.is_of(entry.source_sha) and entry.is_of("a" * 64)
    assert not entry.is_of("b" * 64) and not entry.is_of("d" * 64)


def test_the_table_of_older_texts_has_hashes_of_two_different_texts_each():
    for before, after in registry._renamed().items():
        assert re.fullmatch("[0-9a-f]{64}", before) and re.fullmatch("[0-9a-f]{64}", after)
        assert before != after


def test_the_code_that_runs_is_the_text_of_the_hash_whatever_the_file_says_later(method_file):
    path = method_file("mine", STEP)
    text = path.read_text().replace("import torch", "from methods._blocks.pool import LabelledPool")
    path.write_text(text)
    entry = registry.find(str(path))
    path.write_text("a file that is being edited")
    files = [entry.source.files[entry.source.module], *list(entry.source.files.values())[1:]]
    assert files[0].text == text and {"methods/_blocks/pool.py"} <= {one.name for one in files}
    assert behind.digest_of(one.text.encode() for one in files) == entry.source_sha
