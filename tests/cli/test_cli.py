"""The command: help, plans, lists, tables, errors a person can act on, exit codes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmark import env
from benchmark.method import config
from benchmark.rows.file import read_row
from benchmark.run import registry
from support import plugins
from support.made_rows import FAILED, fill, make_row
from support.suite import bench_command, bench_environment

COMMANDS = ["run", "list", "teacher", "teacher train", "teacher list", "teacher show"]
COMMANDS += ["table", "curve", "samples", "report", "check", "profile", "tune"]
DIGITS = ("--dataset", "digits", "--device", "cpu")
NOISE = ("run", *DIGITS, "--methods", "noise")
SMALL = ("--set", "noise.passes=1", "--set", "noise.batch=50")
QUICK = (*NOISE, "--student", "lenet", "--budget", "100", "--seeds", "0", *SMALL)
IDLE = "def step(self):\n    return False"


def read_rows(folder) -> list[dict]:
    return [read_row(path) for path in sorted((folder / "results" / "runs").glob("*.json"))]


def run_file(cli, path, *more):
    return cli("run", *DIGITS, "--methods", path, "--budget", "100", "--seeds", "0", *more)


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_every_command_explains_itself(command, cli):
    code, output, errors = cli(*command.split(), "--help")
    assert (code, errors) == (0, "")
    assert re.match(rf"Usage: \S.*{command} \[OPTIONS\]", output) and "\n  -h, --help" in output
    assert max(map(len, output.splitlines())) <= 100
    if command in ("", "teacher"):
        listed = [name.removeprefix(f"{command} ") for name in COMMANDS if name.startswith(command)]
        assert all(f"\n  {name} " in output for name in listed if " " not in name != command)


def test_help_and_version_start_without_heavy_libraries(tmp_path):
    code = (
        "import sys; import benchmark.cli.main as c; sys.argv = ['bench', '--help']; c.main();"
        "found = {'torch', 'pandas', 'matplotlib', 'scipy', 'sklearn'} & set(sys.modules);"
        "sys.exit(f'imported {found}' if found else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=bench_environment(tmp_path),
    )
    assert done.returncode == 0, done.stderr


def test_the_real_process_gives_version_and_error_code(bench):
    assert re.fullmatch(r"bench, version \d+\.\d+\.\d+\n", bench("--version").stdout)
    done = bench("list", "methods", "nosie")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("bench: unknown method 'nosie'. Did you mean noise?")


WRONG = [
    (("--methods", "nosie"), "unknown method 'nosie'. Did you mean noise?"),
    (("--methods", "noise:blob"), "unknown variant of noise 'blob'. Did you mean blobs?"),
    (("--methods", "gone.py"), "there is no method file 'gone.py'"),
    (("--dataset", "digts"), "unknown data set 'digts'. Did you mean digits?"),
    (("--student", "lenett"), "unknown architecture 'lenett'. Did you mean lenet"),
    (("--teacher", "lenett"), "unknown architecture 'lenett'. Did you mean lenet"),
    (("--teacher", "x.safetensors"), "there is no teacher file 'x.safetensors'"),
    (("--set", "noise.pases=1"), "unknown field of noise 'pases'. Did you mean passes?"),
    (("--set", "nose.passes=1"), "unknown method in --set 'nose'. Did you mean noise?"),
    (("--set", "noise.passes"), "write METHOD.FIELD=VALUE"),
    (("--set", "noise.kind=blob"), "noise.kind must be one of uniform, smooth, blobs, not 'blob'"),
    (("--set", "noise.passes=few"), "noise.passes must be of type int, not 'few'"),
    (("--set", "noise.passes=0"), "noise.passes must be at least 1, not 0"),
    (("--budget", "many"), "'many' is no query budget; write a whole number as 5000, 25k or 1.5M"),
    (("--budget", "0"), "'0' is no query budget"),
    (("--seeds", "4-2"), "'4-2' is no seed; write 0 or 0,1,2 or 0-4"),
    (("--stop-after", "9"), "'9' is no duration; write 90s, 9m or 1.5h"),
    (("--save-every", "often"), "'often' is no duration"),
    (("--size", "8"), "digits has one image size only"),
]


@pytest.mark.parametrize("dry", [(), ("--dry-run",)], ids=["run", "plan"])
@pytest.mark.parametrize(("wrong", "message"), WRONG, ids=lambda value: str(value)[:30])
def test_wrong_input_is_one_line_and_exit_code_2(wrong, message, dry, cli, tmp_path):
    code, output, errors = cli(*QUICK, *wrong, *dry)
    assert code == 2 and len(errors.splitlines()) == 1 and errors.startswith("bench: ")
    assert message in errors and "Traceback" not in output + errors
    assert not list(tmp_path.rglob("*.json"))


def test_wrong_input_is_found_before_the_first_run(cli, tmp_path):
    code, output, _ = cli(*QUICK, "--student", "lenet,lenett")
    assert code == 2 and "done" not in output and not list(tmp_path.rglob("*.json"))


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("run", *DIGITS), "--methods"),
        ((*NOISE, "--precision", "int8"), "'uint8', 'float32'"),
        ((*NOISE, "--device", "gpu"), "'auto', 'cpu', 'cuda', 'mps'"),
        (("list", "method"), "'methods', 'datasets', 'architectures'"),
        (("rnu",), "rnu"),
    ],
)
def test_wrong_options_are_exit_code_2_and_name_the_choices(arguments, named, cli):
    code, output, errors = cli(*arguments)
    assert (code, output) == (2, "") and named in errors.splitlines()[-1]


def plan(cli, *arguments) -> list[str]:
    code, output, errors = cli("run", *DIGITS, "--dry-run", "--seeds", "0", *arguments)
    assert (code, errors) == (0, "")
    return output.splitlines()


def without_estimates(lines: list[str]) -> list[str]:
    return [line for line in lines if not line.startswith(("time: ", "FLOPs"))]


def test_a_plan_lists_every_run_and_writes_nothing(cli, tmp_path):
    lines = plan(cli, "--methods", "noise,ideal:alg1", "--budget", "1k,2.5k", "--seeds", "0-1")
    assert [line.partition(" for")[0] for line in lines[-4:-1]] == [
        "time: unknown",
        "FLOPs: 25.9 GFLOP of teachers",
        "FLOPs of training: unknown without a profile (ideal:alg1 4, noise 4)",
    ]
    assert without_estimates(lines) == [
        *(f"runs     noise  digits  lenet->lenet  1k  seed {seed}" for seed in (0, 1)),
        *(f"runs     ideal:alg1  digits  lenet->lenet  1k  seed {seed}" for seed in (0, 1)),
        *(f"runs     noise  digits  lenet->lenet  2.5k  seed {seed}" for seed in (0, 1)),
        *(f"runs     ideal:alg1  digits  lenet->lenet  2.5k  seed {seed}" for seed in (0, 1)),
        "8 runs, at most 14,000 queries to be spent: 8 are to be made. How long they take is "
        "unknown: no row or profile is like them.",
    ]
    assert list(tmp_path.iterdir()) == []


def test_a_plan_takes_all_methods_and_method_files(cli, method_file):
    path = method_file("mine", IDLE)
    labels = [
        line.split()[1] for line in without_estimates(plan(cli, "--methods", f"all,{path}"))[:-1]
    ]
    assert labels == [*registry.names(), "mine"]


def test_a_plan_counts_only_what_is_left_to_do(cli, tmp_path):
    assert cli(*QUICK)[0] == 0
    lines = without_estimates(plan(cli, *QUICK[3:], "--budget", "100,200"))
    assert [line.split()[0] for line in lines[:-1]] == ["exists", "runs"]
    head = "2 runs, at most 200 queries to be spent: 1 exists, 1 is to be made. They take about "
    assert lines[-1].startswith(head) and lines[-1].endswith("on this machine.")
    assert plan(cli, *QUICK[3:], "--force")[0].startswith("runs ")
    assert "noise(passes=1,batch=50)" in lines[0]


def test_an_installed_entry_point_runs_like_a_method_of_the_suite(
    cli, method_file, tmp_path, monkeypatch
):
    plugins.install(monkeypatch, tmp_path / "site", method_file("plugin", IDLE).read_text())
    code, output, _ = run_file(cli, "far")
    assert code == 0 and "done     far  digits" in output


def test_the_lists_name_everything(cli):
    code, output, _ = cli("list")
    names = {line.split()[0] for line in output.splitlines()}
    assert code == 0 and {"methods:", "datasets:", "architectures:"} <= names
    assert {*registry.names(), "noise:blobs", "digits", "cifar10", "folder:PATH"} <= names
    assert {"lenet", "resnet18", "timm:NAME"} <= names
    assert cli("list", "datasets")[1].startswith("datasets:\n  digits ")


@pytest.mark.parametrize("name", registry.names())
def test_a_methods_page_shows_every_field_with_its_source(name, cli):
    entry = registry.find(name)
    for label in [name, *(f"{name}:{variant}" for variant in entry.method.variants)]:
        code, output, _ = cli("list", "methods", label)
        assert code == 0 and "Queries of one round." in output and entry.method.paper in output
        found = registry.find(label)
        values = config.as_dict(config.resolve(found.method, label, found.overrides))
        flat = " ".join(output.split())  # long sources are wrapped
        for field, source in config.sources(entry.method).items():
            form = "this form; else " if field in found.overrides else ""
            assert f"{field} = {values[field]} {form}{source}" in flat


@pytest.mark.parametrize("command", ["table", "curve"])
def test_a_store_without_rows_says_what_makes_them(command, cli, tmp_path):
    code, output, errors = cli(command)
    assert (code, output, len(errors.splitlines())) == (2, "", 1)
    assert "there are no rows" in errors and "`bench run` makes them" in errors
    fill(tmp_path, make_row())
    assert "there are no rows of mnist" in cli(command, "--dataset", "mnist")[2]


def test_one_row_makes_a_table_and_a_curve(cli, tmp_path):
    fill(tmp_path, make_row())
    code, text, _ = cli("table")
    assert code == 0 and "| 50.00 † (1) |" in text
    file = tmp_path / "new" / "table.md"
    assert cli("table", "-o", file) == (0, f"wrote {file}\n", "")
    assert file.read_text() == text
    assert cli("curve") == (0, "wrote results/figures/curve.png\n", "")
    assert (tmp_path / "results" / "figures" / "curve.png").is_file()


def test_failed_rows_only_make_a_table_but_no_curve(cli, tmp_path):
    fill(tmp_path, make_row(**FAILED))
    code, text, _ = cli("table")
    assert code == 0 and "failed (0/1)" in text
    code, _, errors = cli("curve")
    assert code == 2 and errors == "bench: there are no complete rows to draw\n"


@pytest.mark.parametrize("name", ["file/x{}", "folder{}"])
@pytest.mark.parametrize(("command", "suffix"), [("table", ".md"), ("curve", ".png")])
def test_an_output_that_cannot_be_written_is_an_error_in_words(
    name, command, suffix, cli, tmp_path
):
    fill(tmp_path, make_row())
    (tmp_path / "file").write_text("")
    (tmp_path / f"folder{suffix}").mkdir()
    code, _, errors = cli(command, "-o", tmp_path / name.format(suffix))
    assert code == 2 and len(errors.splitlines()) == 1 and "cannot" in errors


def test_a_failed_run_is_exit_code_1_and_keeps_its_message_whole(cli, method_file, tmp_path):
    message = "ValueError: [bold]no[/x] :smile: [under-used]"
    path = method_file("fails", f"def step(self):\n    raise ValueError({message[12:]!r})")
    code, output, _ = run_file(cli, f"{path},noise", *SMALL)
    assert code == 1 and message in output and "done     noise" in output
    assert [one.status for one in read_rows(tmp_path)] == ["failed", "complete"]


def test_flags_stand_at_the_end_of_the_line(cli, method_file, monkeypatch):
    idle = "[under-used, untrained"
    for dirty, flags in ((False, f"{idle}]"), (True, f"{idle}, uncommitted code]")):
        monkeypatch.setattr(env, "_commit", lambda files, dirty=dirty: ("0123456789ab", dirty))
        code, output, _ = run_file(cli, method_file("idle", IDLE), "--force")
        assert code == 0 and output.splitlines()[-1].endswith(flags)


def test_a_time_limit_is_exit_code_75_however_short_it_is(cli):
    for limit in ("0.000001s", "0s"):
        code = cli(*QUICK, "--stop-after", limit)[0]
        assert code == 75 or (limit == "0s" and code == 2)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_behind_the_output_is_an_error_in_words(tmp_path):
    with open("/dev/full", "w") as full:
        ended = subprocess.run(
            bench_command("list"),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=bench_environment(tmp_path),
        )
    assert ended.returncode == 2 and ended.stderr == "bench: [Errno 28] No space left on device\n"


def test_an_output_that_nobody_reads_ends_the_command_without_a_word(tmp_path):
    reader, writer = os.pipe()
    os.close(reader)
    ended = subprocess.run(
        bench_command("list"),
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        env=bench_environment(tmp_path),
    )
    os.close(writer)
    assert (ended.returncode, ended.stderr) == (1, "")
