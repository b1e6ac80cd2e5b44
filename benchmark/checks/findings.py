"""Findings of a check, one line each, for a person, an exit code and a JUnit file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from benchmark.files import make_folder, write_atomically
from benchmark.run.watch import Show

HOLDS, FAILED, OPEN = "ok", "FAILED", "open"  # open: it could not be checked here
EXIT_HOLDS, EXIT_FAILED, EXIT_OPEN = 0, 1, 3  # 2 is wrong input, everywhere


@dataclass(frozen=True)
class Finding:
    """One thing that was checked."""

    name: str
    verdict: str  # HOLDS, FAILED or OPEN
    text: str


def judged(name: str, holds: bool, text: str) -> Finding:
    """A finding that either holds or failed."""
    return Finding(name, HOLDS if holds else FAILED, text)


def tell(findings: Iterable[Finding], show: Show) -> None:
    """A line for each finding."""
    for finding in findings:
        show.say(f"{finding.verdict:7} {finding.name}: {finding.text}")


def failed(findings: Iterable[Finding]) -> list[Finding]:
    """Those that failed."""
    return [finding for finding in findings if finding.verdict == FAILED]


def exit_code(findings: Iterable[Finding]) -> int:
    """0 where nothing failed, else 1."""
    return EXIT_FAILED if failed(findings) else EXIT_HOLDS


def latest(findings: Iterable[Finding]) -> list[Finding]:
    """The last finding by each name: a run made again settles what was open before it."""
    return [*{finding.name: finding for finding in findings}.values()]


def conclude(findings: Iterable[Finding], of: str, show: Show) -> int:
    """Show the verdict on a whole with its reasons; returns its exit code.

    It holds where every finding does; one that failed decides against it, else one that is open
    leaves it open.
    """
    found = latest(findings)
    wrong = failed(found)
    against = wrong or [finding for finding in found if finding.verdict == OPEN]
    code = EXIT_FAILED if wrong else EXIT_OPEN if against else EXIT_HOLDS
    word = {EXIT_HOLDS: "HOLDS", EXIT_FAILED: "DOES NOT HOLD", EXIT_OPEN: "OPEN"}[code]
    show.say(f"verdict on {of}: {word}{'' if against else f', all {len(found)} findings'}")
    for finding in against:
        show.say(f"        {finding.name}: {finding.text}")
    return code


def write_junit(path: Path, suite: str, findings: list[Finding]) -> None:
    """All findings as a JUnit test suite, which continuous integration services show."""
    opened = sum(finding.verdict == OPEN for finding in findings)
    counts = {"tests": len(findings), "failures": len(failed(findings)), "skipped": opened}
    root = ElementTree.Element(
        "testsuite", {"name": suite} | {k: str(v) for k, v in counts.items()}
    )
    for finding in findings:
        case = ElementTree.SubElement(root, "testcase", classname=suite, name=finding.name)
        if finding.verdict == HOLDS:
            ElementTree.SubElement(case, "system-out").text = finding.text
        else:
            kind = "failure" if finding.verdict == FAILED else "skipped"
            ElementTree.SubElement(case, kind, message=finding.text)
    ElementTree.indent(root)
    make_folder(path.parent)
    write_atomically(path, ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))
