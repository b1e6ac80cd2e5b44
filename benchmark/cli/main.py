"""The ``bench`` command."""

from __future__ import annotations

import contextlib
import io
import os
import sys

import click

from benchmark.cli import screen
from benchmark.cli.audit import audit
from benchmark.cli.check import check
from benchmark.cli.curve import curve
from benchmark.cli.exposure import exposure
from benchmark.cli.help import InOrder
from benchmark.cli.ledger import ledger
from benchmark.cli.listing import list_
from benchmark.cli.profile import profile
from benchmark.cli.report import report
from benchmark.cli.run import run
from benchmark.cli.samples import samples
from benchmark.cli.serve import serve
from benchmark.cli.slurm import slurm
from benchmark.cli.table import table
from benchmark.cli.teacher import teacher
from benchmark.cli.tune import tune
from benchmark.cli.worker import worker
from benchmark.errors import BenchError
from benchmark.version import __version__


@click.group(
    cls=InOrder, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="bench")
def cli() -> None:
    """How good a student can Q paid hard-label queries, and no data, train?

    Every method asks its teacher through one metered oracle; every number is the final student's.
    """


for command in (
    list_,
    run,
    worker,
    slurm,
    table,
    curve,
    report,
    exposure,
    samples,
    teacher,
    tune,
    audit,
    ledger,
    check,
    profile,
    serve,
):
    cli.add_command(command)


def main() -> None:
    """Entry point: a person's errors come without a traceback, with exit code 2."""
    screen.prepare()
    os.environ["MPLBACKEND"] = "agg"  # pictures go to files; another backend may be missing
    try:
        cli(prog_name="bench", standalone_mode=False)
    except BenchError as problem:
        _say(f"bench: {problem}")
        sys.exit(2)
    except click.BadParameter as problem:
        _say(f"bench: {_named(problem)}")
        sys.exit(2)
    except click.ClickException as problem:
        text = io.StringIO()
        problem.show(file=text)
        _say(text.getvalue().rstrip("\n"))
        sys.exit(problem.exit_code)
    except BrokenPipeError:  # nobody reads any more
        screen.let_go(sys.stdout)
        sys.exit(1)
    except OSError as problem:  # a full disk behind standard output, say
        _say(f"bench: {problem}")
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        _say("bench: interrupted")
        sys.exit(130)


def _named(problem: click.BadParameter) -> str:
    """The fault in a value, after the option or argument that it was given for."""
    if problem.param is None or not problem.message:
        return problem.format_message()
    name = problem.param.human_readable_name
    options = [text for text in problem.param.opts if text.startswith("--")]
    return f"{(options or [name])[0]}: {problem.message}"


def _say(text: str) -> None:
    """Print to standard error, where that is still possible."""
    with contextlib.suppress(OSError):
        click.echo(screen.fitted(text, sys.stderr), err=True)


if __name__ == "__main__":
    main()
