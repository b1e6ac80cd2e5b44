"""The common form of a set's images, from the headers of all: shape, colour, ground."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from benchmark.datasets import MAX_SIDE
from benchmark.datasets.headers import DEEP, FRAMES, TURNED, Header
from benchmark.datasets.images import Fit
from benchmark.datasets.tally import Tally, counted
from benchmark.datasets.viewing import GROUNDS
from benchmark.errors import BenchError

_WORDS = {
    TURNED: ("is turned", "are turned", "upright, as its EXIF orientation says"),
    FRAMES: ("has", "have", "several frames: the first is read"),
    DEEP: ("has", "have", "more than 8 bits a channel: scaled to 8"),
}
_SHOWN = 4  # sizes in a message


class Looks:
    """The headers of a set's images, counted."""

    def __init__(self) -> None:
        self.sizes: Tally[tuple[int, int]] = Tally()
        self.channels: Tally[int] = Tally()
        self.surprises: Tally[str] = Tally()
        self.blank: Counter[tuple[bool, ...]] = Counter()
        self.count = 0

    def add(self, path: str, header: Header) -> None:
        """Count one more image; ``path`` is its path inside the set."""
        self.count += 1
        self.sizes.add(header[:2], path)
        self.channels.add(header.channels, path)
        for surprise in header.surprises:
            self.surprises.add(surprise, path)
        if header.blank is not None:
            self.blank[header.blank] += 1

    def fit(self, where: str, shape: tuple[int, int, int] | None, size: int | None) -> Fit:
        """The form to bring all images to: ``shape`` if it is given, else their common one.

        The set is grey if all its images are. ``size`` is a side in pixels; without it images of
        several sizes are refused.
        """
        if shape is None:
            width, height = (size, size) if size else self._size(where)
            shape = (max(self.channels), height, width)
        return Fit(shape, self._ground())

    def notes(self, fit: Fit, by_files: bool) -> Iterable[str]:
        """Notes for a person on the reading of the images; ``by_files``: they decide colour."""
        if by_files and len(self.channels) > 1:
            rare = min(self.channels, key=self.channels.count)
            few = counted(self.channels.count(rare), "image")
            kinds = "grey, the others in colour" if rare == 1 else "in colour, the others grey"
            yield (
                f"{few} of {self.count:,} {_are(self.channels.count(rare))} {kinds}: "
                f"all are read as colour ({self.channels.first(rare)})"
            )
        for kind in self.surprises:
            number, (one, more, rest) = self.surprises.count(kind), _WORDS[kind]
            yield (
                f"{counted(number, 'image')} {one if number == 1 else more} {rest} "
                f"({self.surprises.first(kind)})"
            )
        if self.blank:
            yield self._about_ground(fit.ground)

    def _size(self, where: str) -> tuple[int, int]:
        common = sorted(self.sizes, key=lambda size: (-self.sizes.count(size), size))
        if len(common) > 1:
            side = min(*common[0], MAX_SIDE)
            raise BenchError(
                f"{where} has images of {len(common):,} sizes ({self._sizes(common)}): give one, "
                f"as --size {side} (they are scaled to cover that square and cropped to its "
                "centre), or take the odd ones out"
            )
        if max(common[0]) > MAX_SIDE:
            raise BenchError(
                f"{where}: its images, as {self.sizes.first(common[0])}, have "
                f"{_times(common[0])} px, more than {MAX_SIDE} a side: give a --size to reduce "
                "them to"
            )
        return common[0]

    def _sizes(self, common: list[tuple[int, int]]) -> str:
        few = [
            f"{self.sizes.count(size):,} of {_times(size)}"
            + (f" as {self.sizes.first(size)}" if number else "")
            for number, size in enumerate(common[:_SHOWN])
        ]
        return ", ".join(few) + (" and so on" if common[_SHOWN:] else "")

    def _lost(self) -> list[int]:
        """For each of ``GROUNDS``, the number of images that are invisible before it."""
        lost = [0] * len(GROUNDS)
        for blank, number in self.blank.items():
            lost = [total + number * is_lost for total, is_lost in zip(lost, blank, strict=True)]
        return lost

    def _ground(self) -> int:
        """The ground before which the fewest images are invisible; of equals the first.

        So all images are uniform before it only if they are before every ground.
        """
        lost = self._lost()
        return list(GROUNDS)[lost.index(min(lost))]

    def _about_ground(self, ground: int) -> str:
        number, lost = self.blank.total(), dict(zip(GROUNDS, self._lost(), strict=True))
        text = f"{counted(number, 'image')} of {self.count:,} {_are(number)} partly transparent"
        text += f", shown before {GROUNDS[ground]}"
        text += f" ({lost[255]:,} would show nothing before white)" if ground != 255 else ""
        return text + (f"; {lost[ground]:,} show nothing" if lost[ground] else "")


def _times(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"
