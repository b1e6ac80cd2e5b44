"""The trusted side is as small as its documentation says."""

from __future__ import annotations

import re

from support.suite import ROOT

BESIDE_THE_METHOD = {"child.py", "asking.py", "begin.py", "forks.py", "telling.py"}


def lines(folder: str, without: set[str] = frozenset()) -> int:
    files = [file for file in (ROOT / folder).rglob("*.py") if file.name not in without]
    return sum(len(file.read_text().splitlines()) for file in files)


def test_the_trusted_side_has_no_more_lines_than_the_threat_model_says():
    text = " ".join((ROOT / "docs/threat-model.md").read_text().split())
    said = re.search(r"oracle` has fewer than ([\d,]+) lines, .* fewer than ([\d,]+)\.", text)
    oracle, host = (int(number.replace(",", "")) for number in said.groups())
    assert 0.8 * oracle < lines("benchmark/oracle") < oracle
    assert 0.8 * host < lines("benchmark/host", BESIDE_THE_METHOD) < host
