"""Systems without Linux's features: a run works there, and one line names a missing feature."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmark.rows.file import read_row
from benchmark.run import reference
from support.runs import NOISE, numbers, only_row, temporaries
from support.suite import MOST, ROOT, bench_environment

GONE = """
import os, signal, sys
sys.modules["fcntl"] = sys.modules["resource"] = None
for name in ("SIGHUP", "SIGUSR1", "SIGTSTP", "SIGALRM", "setitimer"):
    delattr(signal, name)
for name in ("O_NOFOLLOW", "O_CLOEXEC", "O_NOCTTY", "O_DIRECTORY", "geteuid", "mkfifo", "killpg",
             "posix_fallocate", "fchmod"):
    delattr(os, name)
real = os.open
def refuse(path, *given, **more):
    if os.path.isdir(path):  # Windows opens no folder
        raise PermissionError(13, "Permission denied", path)
    return real(path, *given, **more)
os.open = refuse
"""
LOCKS = "this Python has no fcntl, so no locks; a file that is renewed stands in for one: "
MEMORY = "no `resource` module here: rows do not say the peak memory"


def run(folder: Path, *command: str) -> subprocess.CompletedProcess:
    """A command in a Python of such a system."""
    (folder / "site").mkdir()
    (folder / "site" / "sitecustomize.py").write_text(GONE)
    environment = bench_environment(folder)
    environment["PYTHONPATH"] = f"{folder / 'site'}:{ROOT}"
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=600
    )


@pytest.fixture(scope="module")
def usual(tmp_path_factory):
    """The row of the run on this system."""
    from click.testing import CliRunner

    from benchmark.cli.main import cli

    folder = tmp_path_factory.mktemp("usual")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reference, "MOST", MOST)  # as a process of its own trains it
        assert CliRunner().invoke(cli, [*NOISE, "--results", str(folder)]).exit_code == 0
    return only_row(folder)


@pytest.mark.slow
def test_a_run_comes_to_its_row_without_what_windows_lacks(tmp_path, usual):
    done = run(tmp_path, sys.executable, "-m", "benchmark", *NOISE)
    assert done.returncode == 0 and "Traceback" not in done.stdout + done.stderr, done.stderr
    row = only_row(tmp_path / "results")
    assert numbers(row) == numbers(usual) and temporaries(tmp_path / "results") == []
    said = [line for line in done.stdout.splitlines() if line.startswith((LOCKS, MEMORY))]
    assert len(said) == 2 and row.peak_memory_mb is None
    assert list((tmp_path / "results" / ".state").iterdir()) == []


SPAWNS = """
import multiprocessing, sys
from benchmark.cli.main import main

def run(seed):
    sys.argv = ["bench", *ARGUMENTS]
    sys.argv[sys.argv.index("--seeds") + 1] = seed
    main()

ARGUMENTS = {arguments}
if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    children = [multiprocessing.Process(target=run, args=(seed,)) for seed in ("0", "0,1")]
    [one.start() for one in children]
    [one.join() for one in children]
    print(sorted(one.exitcode for one in children))
"""


@pytest.mark.slow
def test_two_spawned_commands_share_a_folder_without_locks_of_the_system(tmp_path, usual):
    """Each cell is run by one of them: the other skips it or finds its row."""
    (tmp_path / "spawns.py").write_text(SPAWNS.format(arguments=[*map(str, NOISE)]))
    done = run(tmp_path, sys.executable, "spawns.py")
    assert done.returncode == 0 and "Traceback" not in done.stdout + done.stderr, done.stderr
    assert done.stdout.splitlines()[-1] in ("[0, 0]", "[0, 75]", "[75, 75]")
    found = sorted((tmp_path / "results" / "runs").glob("*.json"))
    assert len(found) == 2 and temporaries(tmp_path / "results") == []
    assert len([line for line in done.stdout.splitlines() if line.startswith("done ")]) == 2
    assert numbers(read_row(found[0])) == numbers(usual)
