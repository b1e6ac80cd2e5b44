"""One generator for all methods: its field, the methods without one, and its preset."""

from __future__ import annotations

import pytest

from benchmark.errors import BenchError
from benchmark.papers import presets
from benchmark.run import preset_cells, registry
from benchmark.run.cells import NO_GENERATOR, Request, expand
from support.runs import rows

RUN = ("run", "--dataset", "digits", "--device", "cpu", "--seeds", "0", "--dry-run", "--methods")
LABELS = ["ideal", "dfme:cached", "random-generator", "deepinversion", "zsdb3", "noise"]


def cells(labels: list[str], **asked) -> dict:
    request = Request([registry.find(label) for label in labels], ["digits"], [0], **asked)
    return {cell.entry.label: cell for cell in expand(request)}


def test_every_method_that_has_a_generator_gets_it_and_the_others_are_the_usual_cells():
    usual, found = cells(LABELS), cells(LABELS, generator="stylegan")
    for label in LABELS[:3]:
        assert found[label].config.generator == "stylegan"
        assert found[label].config.head == usual[label].config.head
        assert found[label].overrides == {"generator": "stylegan"}
    assert all(found[label] == usual[label] for label in LABELS[3:])
    noted = {label: cell.notes for label, cell in found.items() if cell.notes}
    assert noted == dict.fromkeys(LABELS[3:], (NO_GENERATOR,))
    own = cells(["ideal"], generator="stylegan", overrides={"ideal": {"generator": "dcgan"}})
    assert own["ideal"].config.generator == "dcgan"


def test_the_command_names_those_that_run_as_they_are(cli):
    code, output, errors = cli(*RUN, "ideal,deepinversion,zsdb3", "--generator", "stylegan")
    assert code == 0, errors
    first = output.splitlines()[0]
    assert first == "--generator changes nothing for methods without one: deepinversion, zsdb3"
    assert "ideal(generator=stylegan)" in output and "dfme" not in output
    code, output, _ = cli(*RUN, "ideal", "--generator", "stylegan")
    assert "no generator" not in output


@pytest.mark.parametrize(
    ("methods", "generator", "message"),
    [
        ("ideal", "gan", "ideal.generator must be one of upsampling, dcgan, stylegan, transformer"),
        ("noise,zsdb3", "stylegan", "no method of these has a generator (noise, zsdb3)"),
    ],
)
def test_a_protocol_that_is_none_is_one_line(methods, generator, message, cli):
    code, output, errors = cli(*RUN, methods, "--generator", generator)
    assert (code, output) == (2, "") and errors.count("\n") == 1 and message in errors


def test_a_preset_decides_the_generator_itself(cli):
    code, _, errors = cli("run", "--preset", "table2", "--generator", "stylegan")
    assert code == 2 and "a preset decides --generator itself" in errors


def test_the_preset_has_the_cells_of_the_protocol_and_says_who_has_no_generator():
    preset = presets.find("stylegan")
    found = preset_cells.cells_of(presets.narrow(preset, ["digits"]), [0])
    labels = [cell.entry.label for cell in found]
    assert {one.partition(":")[0] for one in labels} >= {
        "ideal",
        "dfme",
        "dast",
        "dafl",
        "zskt",
        "zsdb3",
        "deepinversion",
        "cmi",
    }
    asked = cells(labels, generator="stylegan", batch=250)
    assert {cell.entry.label: cell for cell in found} == asked
    without = {one.label for one in preset.methods if "no generator" in one.name}
    assert without == {cell.entry.label for cell in found if cell.notes == (NO_GENERATOR,)}
    assert without == {label for label in labels if not registry.find(label).has("generator")}
    with pytest.raises(BenchError, match="has no method noise"):
        presets.narrow(preset, methods=["noise"])


def test_the_row_and_the_tables_say_that_there_is_no_generator(cli, tmp_path):
    command = (
        "run",
        "--dataset",
        "digits",
        "--device",
        "cpu",
        "--seeds",
        "0",
        "--budget",
        "300",
        "--methods",
        "noise,ideal",
        "--set",
        "noise.passes=1",
        "--set",
        "ideal.generator_width=4",
        "--set",
        "ideal.generator_steps=1",
    )
    plain = cli(*command, "--results", tmp_path / "plain")
    assert plain[0] == 0 and cli(*command, "--generator", "stylegan")[0] == 0
    kept = {row.method: row for row in rows(tmp_path / "results")}
    assert kept["noise"].notes == (NO_GENERATOR,) and kept["ideal"].notes == ()
    (same,) = [row for row in rows(tmp_path / "plain") if row.method == "noise"]
    assert (same.id, same.notes) == (kept["noise"].id, ())
    code, shown, _ = cli("table")
    assert code == 0 and f"Noted: noise (passes=1): {NO_GENERATOR}" in " ".join(shown.split())
    assert cli("audit", kept["noise"].id, "--device", "cpu", "--full")[0] == 0
