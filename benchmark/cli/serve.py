"""``bench serve``."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from benchmark.cli import screen
from benchmark.cli.help import Grouped, example
from benchmark.cli.options import Where, gathered, place_options, trust_option, write
from benchmark.cli.types import BUDGET, PATH, RATE, SIZE
from benchmark.errors import BenchError

if TYPE_CHECKING:
    from socket import socket

    from benchmark.serve.meter import Meter
    from benchmark.serve.served import Served

LOOPBACK = ("127.0.0.1", "::1", "localhost")
GROUPS = {
    "What is served": ("teacher", "dataset", "scores", "device"),
    "Who may ask, and how much": ("api_key_env", "quota", "rate", "batch", "body_limit"),
    "Where it listens": ("host", "port", "write_endpoint"),
    "Where things lie": ("state_dir", "data_dir", "teacher_dir", "size", "trust_code"),
}


@dataclass(frozen=True)
class Offer:
    """What clients get."""

    api_key_env: tuple[str, ...]
    quota: int | None
    rate: float | None
    batch: int
    body_limit: int
    scores: bool


@click.command(
    cls=Grouped,
    groups=GROUPS,
    epilog=example(
        "bench serve --teacher digits-lenet",
        "bench serve --teacher mnist-lenet --api-key-env MNIST_KEY --quota 25k --rate 100/s",
    ),
)
@click.option(
    "--teacher",
    required=True,
    help="A name from `bench teacher list`, a teacher file, or what `bench run --teacher` takes.",
)
@click.option("--dataset", help="Needed for an architecture, and for a model of your own.")
@click.option("--scores", is_flag=True, help="Answer with probabilities too, not indices alone.")
@click.option(
    "--api-key-env",
    metavar="NAME",
    multiple=True,
    help="The environment variable that holds a client's key; once for each client.",
)
@click.option("--quota", type=BUDGET, help="Images that a client may ask: 5000, 25k, 1.5M.")
@click.option("--rate", type=RATE, help="Images that a client may ask in a time: 100/s, 6k/m.")
@click.option(
    "--batch",
    type=click.IntRange(1, 100_000),
    default=1000,
    show_default=True,
    help="The most images of a request.",
)
@click.option(
    "--body-limit", type=SIZE, default="32MB", show_default=True, help="The largest request."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="0 takes a free one.",
)
@click.option("--write-endpoint", type=PATH, help="Write the endpoint's file for a client here.")
@click.option(
    "--state-dir",
    type=PATH,
    envvar="BENCH_SERVE",
    help="Counts of clients, which outlive a restart.",
)
@trust_option
@place_options
@gathered("where", Where)
@gathered("offer", Offer)
def serve(
    teacher: str,
    dataset: str | None,
    host: str,
    port: int,
    write_endpoint: Path | None,
    state_dir: Path | None,
    where: Where,
    offer: Offer,
) -> None:
    """Answer questions about images over HTTP, with a teacher.

    It speaks the Open Inference Protocol V2, `instances` of TensorFlow Serving and KServe V1, and
    `inputs` of MLflow, counts each client's images, and refuses whole what does not fit. A restart
    goes on from the count. SIGTERM or Ctrl-C ends it when running requests are answered; a second
    one at once.

    Exit codes: 0 stopped, 2 wrong input, 130 stopped at once.
    """
    if missing := [name for name in ("fastapi", "uvicorn") if find_spec(name) is None]:
        how = "pip install 'honest-distillation-benchmark[serve]'"
        raise BenchError(f"bench serve needs {' and '.join(missing)}: {how}")
    if host not in LOOPBACK and not offer.api_key_env:
        raise BenchError(
            f"--host {host} lets other machines ask: give --api-key-env, so that each client has a "
            "key and a count"
        )
    from benchmark.serve import server  # torch is imported from here on

    with server.listen(host, port) as listening:  # a port that is taken is known at once
        at_once = _serve((teacher, dataset), listening, (write_endpoint, state_dir), where, offer)
    sys.exit(130 if at_once else 0)


def _serve(
    asked: tuple[str, str | None],
    listening: socket,
    paths: tuple[Path | None, Path | None],
    where: Where,
    offer: Offer,
) -> bool:
    """Serve a teacher, of a data set, until a signal; returns whether it ended at once.

    ``paths``: the endpoint's file to be written, and the folder of the counts.
    """
    from benchmark.cli.progress import OnScreen
    from benchmark.cli.signals import Signals
    from benchmark.serve import app, keys, resolve, server, tally
    from benchmark.serve.desk import Desk
    from benchmark.serve.limits import Limits
    from benchmark.serve.meter import Meter

    known, limits = keys.Keys(offer.api_key_env), Limits(offer.batch, offer.body_limit)
    found = resolve.find(*asked, where.places(), where.size, OnScreen())
    served = resolve.load(found, where.picked(), offer.scores)
    with tally.held(paths[1] or tally.default_folder(), served) as kept:
        meter = Meter(known.clients, offer.quota, offer.rate, tally=kept, say=_warn)
        desk = Desk(served, meter)
        running = server.server(app.make(desk, known, limits), limits)
        with Signals(running.stop):
            counted = f"counted so far: {_asked(meter)} ({kept.path})"
            _tell(served, server.address(listening), offer, paths[0], counted)
            running.run(sockets=[listening])
            desk.close()
    screen.show(f"stopped; asked: {_asked(meter)}")
    return running.force_exit


def _warn(text: str) -> None:
    screen.show(f"bench: {text}", err=True)


def _tell(served: Served, address: str, offer: Offer, file: Path | None, counted: str) -> None:
    """Print the address, what is served, the count, and the endpoint's file, or write it."""
    from benchmark.serve import endpoint_file

    card = served.card
    screen.show(
        f"{served.name} answers at {address} ({card['accuracy']:.2f} % on {card['dataset']})"
    )
    quota = "no quota" if offer.quota is None else f"{offer.quota:,} images"
    rate = "no limit of rate" if offer.rate is None else f"{offer.rate:g} images a second"
    told = "class indices and probabilities" if offer.scores else "class indices alone"
    who = ", ".join(offer.api_key_env) or "anyone on this machine, without a key"
    screen.show(f"answers: {told}; clients: {who}; each: {quota}, {rate}")
    screen.show(counted)
    text = endpoint_file.text(served, address, offer.batch, offer.rate, offer.api_key_env)
    if file:
        write(file, text)
    else:
        screen.show(
            f"\nthe endpoint's file for a client (--write-endpoint FILE writes it):\n\n{text}"
        )
    sys.stdout.flush()  # a program that started this one waits for the address


def _asked(meter: Meter) -> str:
    """The count in words."""
    each = (f"{name} {count['images']:,} images" for name, count in meter.told().items())
    return ", ".join(each)
