"""README and the pages of ``docs/``: short, with code that runs and links that lead somewhere."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys

import pytest

import benchmark
from benchmark.cli.main import cli as group
from benchmark.papers import presets
from benchmark.run import registry
from benchmark.run.tasks import FOLDER, TASKS
from benchmark.version import __version__
from support.runs import only_row
from support.suite import ROOT

CHANGELOG = (ROOT / "CHANGELOG.md").read_text()
README = (ROOT / "README.md").read_text()
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def test_the_readme_is_short():
    assert len(README.splitlines()) <= 150


def test_the_readmes_method_runs(cli, tmp_path):
    (code,) = re.findall(r"^```python\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    body = [line for line in code.splitlines() if line.strip()]
    assert len(body) <= 25, "a method in 20 lines, and its imports"
    (command,) = re.findall(r"^    bench (run --methods \./.*)$", README, re.MULTILINE)
    words = command.replace("--budget 1k", "--budget 500").split()
    (tmp_path / words[2]).write_text(code)
    exit_code, _, errors = cli(*words, "--device", "cpu")
    assert exit_code == 0, errors
    found = only_row(tmp_path / "results")
    assert (found.status, found.queries, found.flags) == ("complete", 500, ())


@each_page
def test_every_command_of_a_page_exists_with_its_options(page):
    lines = re.findall(r"^ {4}(?:\.venv/bin/)?bench (.*)$", page.read_text(), re.MULTILINE)
    for line in lines:
        command, words = group, line.partition(" #")[0].split()
        while hasattr(command, "commands"):
            assert words[0] in command.commands, line
            command = command.commands[words.pop(0)]
        known = {one for option in command.params for one in (*option.opts, *option.secondary_opts)}
        assert {word for word in words if word.startswith("-")} <= known, line


@each_page
def test_every_link_of_a_page_leads_to_a_file(page):
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text())
    for link in (link for link in links if "://" not in link):
        assert (page.parent / link).is_file(), link


def test_the_page_of_commands_names_every_command():
    text = (ROOT / "docs" / "commands.md").read_text()
    assert all(f"| `bench {name}" in text for name in group.commands)


def test_the_page_of_data_has_the_defaults_of_every_data_set():
    lines = re.findall(
        r"^\| (.+) \| (\w+) to (\w+) \| (\w+) \| (\d+) \|$",
        (ROOT / "docs" / "data.md").read_text(),
        re.MULTILINE,
    )
    said = {name.strip("`"): rest for names, *rest in lines for name in names.split(", ")}
    tasks = {**TASKS, "folder:PATH": FOLDER}
    short = {task.budget: f"{task.budget // 1000}k" for task in tasks.values()}
    short[2_000_000] = "2M"
    assert said == {
        name: [task.teacher, task.student, short[task.budget], str(task.batch)]
        for name, task in tasks.items()
    }


def test_the_page_of_the_paper_names_every_preset_of_the_suites_own():
    text = (ROOT / "docs" / "paper.md").read_text()
    own = [name for name in presets.names() if not name.startswith(("table", "fig"))]
    assert own and all(f"| `{name}` |" in text for name in own)


def test_the_trusted_side_is_as_small_as_the_threat_model_says():
    text = " ".join((ROOT / "docs" / "threat-model.md").read_text().split())
    oracle, host = re.findall(r"fewer than ([0-9,]+)", text[text.index("The trusted side is") :])
    beside = re.search(r"all but ((?:`\w+\.py`(?:, | and )?)+)", text)[1]
    outside = set(re.findall(r"`(\w+\.py)`", beside))
    for room, limit in (("oracle", oracle), ("host", host)):
        files = [*(ROOT / "benchmark" / room).rglob("*.py")]
        assert outside <= {file.name for file in files} or room == "oracle"
        lines = [len(file.read_text().splitlines()) for file in files if file.name not in outside]
        most = int(limit.replace(",", ""))
        assert most - 250 < sum(lines) < most, room


def test_contributing_says_of_every_room_what_lives_there():
    rooms = {path.parent.name for path in (ROOT / "benchmark").glob("*/__init__.py")}
    lines = re.findall(r"^\| (`.*?) \|", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE)
    assert {name for line in lines for name in re.findall(r"`(\w+)/`", line)} == rooms


def test_the_template_is_a_method_and_no_part_of_the_registry():
    assert registry.find(str(ROOT / "methods" / "_template.py")).method.variants
    assert "_template" not in registry.names()


def test_version_and_date_are_the_same_everywhere():
    citation = dict(
        re.findall(r"^([\w-]+): (.+)$", (ROOT / "CITATION.cff").read_text(), re.MULTILINE)
    )
    releases = re.findall(r"^## \[([\d.]+)\] - ([\d-]+)$", CHANGELOG, re.MULTILINE)
    assert releases[0] == (__version__, citation["date-released"])
    assert citation["version"] == __version__ and releases == sorted(releases, reverse=True)


def test_the_changelog_keeps_to_its_sections():
    found = re.findall(r"^### (.+)$", CHANGELOG, re.MULTILINE)
    assert set(found) <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


@pytest.mark.slow
@pytest.mark.skipif(
    not all(map(importlib.util.find_spec, ("mkdocs", "material", "mkdocstrings"))),
    reason="the site needs the extra [docs]",
)
def test_the_site_is_built_without_a_warning_and_shows_commands_and_the_api(tmp_path):
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", tmp_path]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    commands, api = ((tmp_path / f"{name}.html").read_text() for name in ("commands", "api"))
    assert all(f'id="bench-{name}"' in commands for name in group.commands)
    assert "--stop-after" in commands and 'id="benchmark.method.Method.step"' in api
    shown = [name for name in benchmark.__all__ if name not in ("Method", "param", "__version__")]
    assert shown and all(f'id="benchmark.{name}"' in api for name in shown)
    assert '<span class="gp">&gt;&gt;&gt; </span>' in api, "examples are code"
    for name in ("index", "results/tables/mnist"):
        assert (tmp_path / f"{name}.html").is_file()
