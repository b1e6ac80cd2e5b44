"""A data set of textures: small squares out of large pictures, one picture a class.

    python -m benchmark.datasets.cut brick.png grass.png gravel.png /data/textures

The result is a ``folder:`` set of grey PNG files. Training images come from the left of each
picture and test images from the right, so that no pixel is in both.
"""

from __future__ import annotations

import io
from pathlib import Path

import click
import torch
from torch import Tensor

from benchmark.datasets import images
from benchmark.datasets.dataset import Split
from benchmark.datasets.derived import write
from benchmark.errors import BenchError
from benchmark.reading import read_file

SIDE = 28
TRAINING, TEST = 2_000, 500  # images of a class
SHARE = 2 / 3  # of a picture's width, for training


def squares(picture: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """``count`` squares at random places of a picture C x H x W: count x C x SIDE x SIDE."""
    limits = [length - SIDE + 1 for length in picture.shape[1:]]
    if min(limits) < 1:
        raise BenchError(f"a part of {picture.shape[2]} x {picture.shape[1]} pixels is too small")
    rows, columns = (torch.randint(limit, (count,), generator=generator) for limit in limits)
    places = zip(rows.tolist(), columns.tolist(), strict=True)
    return torch.stack([picture[:, y : y + SIDE, x : x + SIDE] for y, x in places])


def cut(pictures: list[Tensor], seed: int = 0) -> tuple[Split, Split]:
    """The training and the test images of pictures C x H x W, uint8; a label is a number of one."""
    generator = torch.Generator().manual_seed(seed)
    parts: dict[int, list[Tensor]] = {TRAINING: [], TEST: []}
    for picture in pictures:
        border = round(SHARE * picture.shape[2])
        parts[TRAINING].append(squares(picture[:, :, :border], TRAINING, generator))
        parts[TEST].append(squares(picture[:, :, border:], TEST, generator))
    train, test = (
        Split(torch.cat(found), torch.arange(len(pictures)).repeat_interleave(count))
        for count, found in parts.items()
    )
    return train, test


def opened(path: Path) -> Tensor:
    """A picture without colour: uint8 1 x H x W."""
    content = read_file(path, images.MAX_BYTES)
    with images.opened(io.BytesIO(content), str(path)) as picture:
        width, height = picture.size
    pixels = images.decode(content, str(path), images.Fit((1, height, width)))
    return torch.from_numpy(pixels.copy())


@click.command()
@click.argument("pictures", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.argument("folder", type=click.Path(path_type=Path))
def main(pictures: tuple[Path, ...], folder: Path) -> None:
    """Write squares of PICTURES as a FOLDER set; each picture is a class of its name."""
    classes = tuple(path.stem for path in pictures)
    if len(set(classes)) != len(classes) or len(classes) < 2:
        raise click.UsageError("a set needs two pictures or more, each of another name")
    try:
        for name, split in zip(("train", "test"), cut([*map(opened, pictures)]), strict=True):
            write(split, classes, folder / name)
    except (BenchError, OSError) as problem:
        raise click.ClickException(str(problem)) from None


if __name__ == "__main__":
    main()
