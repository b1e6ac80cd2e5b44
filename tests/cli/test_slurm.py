"""The batch script of ``bench slurm``, run by a bash as Slurm would, with its commands made up."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time

import pytest

from benchmark.cli import slurm
from support.runs import TINY

COMMAND = ("slurm", "--methods", "noise", *TINY, "500")
pytestmark = pytest.mark.skipif(not shutil.which("bash"), reason="there is no bash")

WORKER = """#!/bin/bash
echo "$@" >> calls
trap 'exit 75' TERM
touch started
{body}
"""
SCONTROL = '#!/bin/bash\necho "$@" >> requeued\n'
SBATCH = "#!/bin/bash\ncat > submitted\n{end}\n"


@pytest.fixture
def made_up(tmp_path, monkeypatch):
    """``put(name, text) -> path`` of a command on the path."""
    folder = tmp_path / "commands"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    def put(name: str, text: str):
        path = folder / name
        path.write_text(text)
        path.chmod(0o755)
        return path

    return put


@pytest.fixture
def script(cli, made_up, monkeypatch, tmp_path):
    """``write(body, *options) -> path`` of a script whose workers are a piece of bash."""

    def write(body: str, *options: object):
        worker = made_up("bench", WORKER.format(body=body))
        monkeypatch.setattr(slurm, "_bench", lambda: [str(worker)])
        made_up("scontrol", SCONTROL)
        code, output, errors = cli(*COMMAND, *options)
        assert code == 0, errors
        path = tmp_path / "job.sh"
        path.write_text(output)
        return path

    return write


def slurmd(path, restarts: int = 0, number: int | None = None) -> subprocess.CompletedProcess:
    """Run a script as a task; ``number``: the signal that it gets once its worker is there."""
    variables = {"SLURM_JOB_ID": "77", "SLURM_CPUS_PER_TASK": "3"}
    if restarts:
        variables["SLURM_RESTART_COUNT"] = str(restarts)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    command = ["bash", str(path)]
    (path.parent / "started").unlink(missing_ok=True)
    with subprocess.Popen(command, cwd=path.parent, env=os.environ | variables, **pipes) as task:
        limit = time.monotonic() + 60
        while number and not (path.parent / "started").exists():
            assert time.monotonic() < limit
            time.sleep(0.01)
        if number:
            task.send_signal(number)
        output, errors = task.communicate(timeout=60)
    return subprocess.CompletedProcess(command, task.returncode, output, errors)


WORKS = "for _ in $(seq 600); do sleep 0.1; done"


def test_a_task_works_as_one_worker_with_the_options_as_they_were_typed(script, tmp_path):
    more = ("--set", "noise.passes=2", "--set", "noise.batch=50", "--no-reference", "--gpus", "2")
    path = script('echo "$OMP_NUM_THREADS" > threads', *more, "--sbatch=--partition=x y")
    text = path.read_text()
    head = [line for line in text.splitlines() if line.startswith("#SBATCH ")]
    assert head == [
        "#SBATCH --job-name=bench",
        "#SBATCH --array=1-4",
        "#SBATCH --time=240",
        "#SBATCH --cpus-per-task=1",
        "#SBATCH --gres=gpu:2",
        "#SBATCH --signal=B:USR1@180",
        "#SBATCH --requeue",
        "#SBATCH --open-mode=append",
        f"#SBATCH --output={tmp_path}/results/.state/slurm-%A_%a.log",
        "#SBATCH --partition=x y",
    ]
    assert slurmd(path).returncode == 0
    (call,) = (tmp_path / "calls").read_text().splitlines()
    assert call.startswith(
        "worker --methods noise --dataset digits --device cpu --seeds 0 --budget 500 --set "
        "noise.passes=2 --set noise.batch=50 --no-reference "
        f"--results {tmp_path}/results --wait 5m --since "
    )
    assert (tmp_path / "threads").read_text() == "3\n"
    assert not (tmp_path / "requeued").exists()


def test_before_its_time_limit_a_task_saves_and_queues_again(script, tmp_path):
    path = script(WORKS)
    done = slurmd(path, number=signal.SIGUSR1)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "requeued").read_text() == "requeue 77\n"


def test_it_does_so_a_bounded_number_of_times(script, tmp_path):
    path = script(WORKS, "--resubmit", "2")
    assert slurmd(path, 1, signal.SIGUSR1).returncode == 0
    done = slurmd(path, 2, signal.SIGUSR1)
    assert done.returncode == 75 and "queued again 2 times; submit it anew" in done.stderr
    assert (tmp_path / "requeued").read_text().count("requeue") == 1


def test_a_task_whose_rest_others_run_is_done(script, tmp_path):
    done = slurmd(script("exit 75"))
    assert done.returncode == 0 and done.stdout == "bench: other workers run the rest\n"
    assert not (tmp_path / "requeued").exists()


def test_a_task_that_is_cancelled_saves_and_does_not_come_back(script, tmp_path):
    assert slurmd(script(WORKS), number=signal.SIGTERM).returncode == 75
    assert not (tmp_path / "requeued").exists()


@pytest.mark.parametrize("code", [1, 2, 130])
def test_another_end_of_a_worker_is_that_of_its_task(code, script, tmp_path):
    assert slurmd(script(f"exit {code}")).returncode == code
    assert not (tmp_path / "requeued").exists()


def test_submit_hands_the_script_to_sbatch(cli, made_up, tmp_path):
    made_up("sbatch", SBATCH.format(end='[ "$*" = --parsable ] && echo "123;cluster"'))
    code, output, _ = cli(*COMMAND, "--submit")
    assert code == 0 and output.startswith("submitted as job 123; it logs to ")
    assert (tmp_path / "submitted").read_text().startswith("#!/bin/bash\n#SBATCH ")


def test_what_sbatch_refuses_is_said_in_one_line(cli, made_up):
    made_up("sbatch", SBATCH.format(end='printf "invalid\\npartition" >&2; exit 1'))
    code, _, errors = cli(*COMMAND, "--submit")
    assert (code, errors) == (2, "bench: sbatch refuses the script: invalid partition\n")


def test_a_machine_without_sbatch_is_named(cli, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    code, _, errors = cli(*COMMAND, "--submit")
    assert code == 2 and errors.startswith("bench: there is no sbatch on this machine; run ")


@pytest.mark.parametrize(
    ("option", "text"),
    [
        (("--time", "5m"), "--time must be 10 minutes or more"),
        (("--workers", "0"), "--workers"),
        (("--methods", "nois"), "Did you mean noise"),
    ],
)
def test_wrong_options_are_refused_before_anything_is_submitted(option, text, cli, made_up):
    made_up("sbatch", SBATCH.format(end="exit 1"))
    code, _, errors = cli(*COMMAND, *option, "--submit")
    assert code == 2 and text in errors and "sbatch refuses" not in errors
