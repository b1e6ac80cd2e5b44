"""An installed package that brings a method, for the tests of plugins."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

METADATA = "Metadata-Version: 2.1\nName: far-methods\nVersion: 1.0\n"


def install(
    monkeypatch: pytest.MonkeyPatch, folder: Path, text: str, loaded: str = "far_methods.plugin"
) -> Path:
    """Install a package with the method ``far``, for one test; returns its file.

    ``text``: the method's file, beside which ``near.py`` has ``NUMBER = 3``.
    """
    package, told = folder / "far_methods", folder / "far_methods-1.0.dist-info"
    for made in (package, told):
        made.mkdir(parents=True, exist_ok=True)
    (package / "__init__.py").write_text("")
    (package / "near.py").write_text("NUMBER = 3\n")
    (package / "plugin.py").write_text(text)
    (told / "METADATA").write_text(METADATA)
    (told / "entry_points.txt").write_text(f"[bench.methods]\nfar = {loaded}\n")
    names = ["far_methods/__init__.py", "far_methods/near.py", "far_methods/plugin.py"]
    (told / "RECORD").write_text("".join(f"{name},,\n" for name in names))
    for module in [name for name in sys.modules if name.split(".")[0] == "far_methods"]:
        monkeypatch.delitem(sys.modules, module)  # of another test
    monkeypatch.syspath_prepend(folder)
    return package / "plugin.py"
