"""``bench slurm``: a batch script of workers for a cluster that Slurm rules."""

from __future__ import annotations

import math
import os
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import click

from benchmark import own
from benchmark.cli import screen
from benchmark.cli.asked import Asked
from benchmark.cli.help import WORDS, Grouped, example
from benchmark.cli.options import Where, gathered
from benchmark.cli.run import GROUPS, chosen
from benchmark.cli.types import DURATION, SIZE
from benchmark.cli.worker import OPTIONS
from benchmark.errors import BenchError
from benchmark.files import MB

BEFORE = 180  # seconds before the time limit, when Slurm asks for a stop
SHORTEST = 10  # minutes
WAIT = "5m"  # that a worker stays for the cells of others: longer than a lease lasts
NOT_OF_A_JOB = {"stop_after"}  # the time limit stops it
KEPT = ("BENCH_", "PYTHONPATH")  # variables that decide which code and folders are used

SCRIPT = """\
#!/bin/bash
{head}
# Workers share {results}: each takes the next cell that nobody runs. Slurm sends USR1 {before} s
# before the time limit; the worker saves and ends with 75, and the task queues again, {resubmit}
# times at most.
{setup}
export OMP_NUM_THREADS="${{SLURM_CPUS_PER_TASK:-{cpus}}}"
worker= late= stopped= asked= again=
ask() {{  # once: a second signal would end the worker without saving
    again=yes
    if [ -n "$worker" ] && [ -z "$asked" ]; then
        asked=yes
        kill -TERM "$worker"
    fi
}}
trap 'late=yes; ask' USR1
trap 'stopped=yes; ask' TERM
{command} &
worker=$!
[ -z "$late$stopped" ] || ask
while :; do
    again=
    wait "$worker"
    code=$?
    [ "$code" -gt 128 ] && [ -n "$again" ] || break
done
[ "$code" -eq 75 ] || exit "$code"
if [ -z "$late$stopped" ]; then
    echo "bench: other workers run the rest"
    exit 0
fi
[ -n "$late" ] || exit 75
if [ "${{SLURM_RESTART_COUNT:-0}}" -lt {resubmit} ]; then
    exec scontrol requeue "$SLURM_JOB_ID"
fi
echo "bench: stopped by the time limit and queued again {resubmit} times; submit it anew" >&2
exit 75
"""


@dataclass(frozen=True)
class Job:
    """What Slurm is asked for."""

    workers: int
    time: float  # seconds
    cpus: int
    gpus: int
    memory: int | None  # bytes
    sbatch: tuple[str, ...]
    setup: str
    resubmit: int

    def head(self, log: Path) -> str:
        """The lines for ``sbatch``."""
        minutes = math.ceil(self.time / 60)
        if minutes < SHORTEST:
            raise click.UsageError(
                f"--time must be {SHORTEST} minutes or more: workers are asked to save {BEFORE} s "
                "before its end"
            )
        options = [
            "--job-name=bench",
            f"--array=1-{self.workers}",
            f"--time={minutes}",
            f"--cpus-per-task={self.cpus}",
            *([f"--gres=gpu:{self.gpus}"] if self.gpus else []),
            *([f"--mem={math.ceil(self.memory / MB)}M"] if self.memory else []),
            f"--signal=B:USR1@{BEFORE}",
            "--requeue",
            "--open-mode=append",
            f"--output={log}",
            *self.sbatch,
        ]
        return "\n".join(f"#SBATCH {option}" for option in options)


@click.command(
    cls=Grouped,
    params=[one for one in OPTIONS if one.name not in NOT_OF_A_JOB],
    groups={
        "The job": (
            "submit",
            "workers",
            "time",
            "cpus",
            "gpus",
            "memory",
            "sbatch",
            "setup",
            "resubmit",
        )
    }
    | GROUPS,
    epilog=example(
        "bench slurm --preset table2 --dataset svhn --workers 8 --time 4h --gpus 1 > job.sh",
        "bench slurm --methods all --dataset mnist --workers 20 --time 2h --submit",
    ),
)
@click.option("--workers", type=click.IntRange(1), default=4, show_default=True, help="Array size.")
@click.option("--time", type=DURATION, default="4h", show_default=True, help="Limit of a task.")
@click.option("--cpus", type=click.IntRange(1), default=1, show_default=True, help="Of a worker.")
@click.option("--gpus", type=click.IntRange(0), default=0, show_default=True, help="Of a worker.")
@click.option("--memory", type=SIZE, help="Of a worker: 8GB.")
@click.option("--sbatch", multiple=True, metavar="OPTION", help="One more for sbatch: '-p gpu'.")
@click.option("--setup", default="", help="A command that runs first: 'module load cuda'.")
@click.option(
    "--resubmit",
    type=click.IntRange(0),
    default=20,
    show_default=True,
    help="Times that a task queues again after its time limit.",
)
@click.option("--submit", is_flag=True, help="Hand the script to sbatch; else it is printed.")
@click.pass_context
@gathered("job", Job)
@gathered("asked", Asked)
@gathered("where", Where)
def slurm(
    context: click.Context,
    preset: str | None,
    scale: float | None,
    results: Path,
    submit: bool,
    job: Job,
    asked: Asked,
    where: Where,
    **_: object,
) -> None:
    """Print a batch script for Slurm: an array of workers that share the cells.

    They ask to be stopped before the time limit, save, and queue again, a bounded number of times.
    The results folder must be one that all machines see.
    """
    from benchmark.rows.store import Store

    chosen(context, preset, scale, asked, where)
    store = Store(results.absolute())
    store.prepare()
    worker = [*_bench(), "worker", *_typed(context), "--results", str(store.root), "--wait", WAIT]
    worker += ["--since", f"{store.now():.3f}", "--code", own.digest()]
    script = SCRIPT.format(
        head=job.head(store.states / "slurm-%A_%a.log"),
        results=store.root,
        before=BEFORE,
        resubmit=job.resubmit,
        cpus=job.cpus,
        setup="\n".join(_setup(job.setup)),
        command=shlex.join(worker),
    )
    if submit:
        screen.show(f"submitted as job {_submitted(script)}; it logs to {store.states}")
    else:
        click.echo(script, nl=False)


def _bench() -> list[str]:
    """The command as it can be called from a script."""
    installed = Path(sys.executable).with_name("bench")
    return [str(installed)] if installed.exists() else [sys.executable, "-m", "benchmark"]


def _setup(first: str) -> list[str]:
    kept = {name: value for name, value in os.environ.items() if name.startswith(KEPT)}
    lines = [f"cd {shlex.quote(str(Path.cwd()))} || exit 2", *([first] if first else [])]
    return lines + [f"export {name}={shlex.quote(value)}" for name, value in sorted(kept.items())]


def _typed(context: click.Context) -> list[str]:
    """The options of a worker, as they were typed."""
    wanted = {one for one in OPTIONS if one.name != "results"}
    parser = context.command.make_parser(context)
    values, _, order = parser.parse_args(args=list(context.meta[WORDS]))
    words: list[str] = []
    for option in dict.fromkeys(order):
        if option not in wanted or not isinstance(option, click.Option) or option.name is None:
            continue
        given = values[option.name]
        if option.is_flag:
            words += (option.opts if given else option.secondary_opts)[:1]
            continue
        for value in given if option.multiple else [given]:
            words += [option.opts[0], value]
    return words


def _submitted(script: str) -> str:
    """Hand a script to ``sbatch``; returns the number of the job."""
    try:
        done = subprocess.run(
            ["sbatch", "--parsable"], input=script, capture_output=True, text=True, check=False
        )
    except OSError:
        raise BenchError(
            "there is no sbatch on this machine; run the command where jobs are submitted, or "
            "leave out --submit and take the script there"
        ) from None
    if done.returncode:
        raise BenchError(f"sbatch refuses the script: {' '.join(done.stderr.split())}")
    return done.stdout.strip().split(";")[0]
