"""The names of the image sets, and facts that a name alone tells."""

from __future__ import annotations

FOLDER = "folder:"
TUNING = "tuning:"  # before a name: see ``held_out``

NAMES = {
    "digits": "scikit-learn's 1,797 handwritten digits, grey, 8 px up-sampled to 16 px; built in",
    "photos": "patches of scikit-learn's two sample photographs, colour, 32 px; built in",
    "mnist": "MNIST, 60,000 + 10,000 handwritten digits, grey, 28 px; downloaded on first use",
    "fmnist": "Fashion-MNIST, 60,000 + 10,000 garments, grey, 28 px; downloaded on first use",
    "svhn": "SVHN, 73,257 + 26,032 house number digits, 32 px; downloaded on first use",
    "cifar10": "CIFAR-10, 50,000 + 10,000 photographs, 32 px; downloaded on first use",
    "cifar100": "CIFAR-100, 50,000 + 10,000 photographs, 32 px; downloaded on first use",
    "tiny-imagenet": "Tiny-ImageNet, 200 classes, 64 px, from tiny-imagenet-200 in the data folder",
    "imagenet12": "a 12-class ImageNet subset at 64 px, from imagenet12 in the data folder",
    FOLDER + "PATH": "any train/<class>/* + test/<class>/* folder, or a tar archive of one",
    TUNING + "NAME": "of any of these, the training images alone, a fifth of them held out",
}
TREES = {"tiny-imagenet": ((3, 64, 64), 200), "imagenet12": ((3, 64, 64), 12)}


def base(name: str) -> str:
    """The name of the set behind a tuning set; every other name unchanged."""
    return name.removeprefix(TUNING)


def of_files(name: str) -> bool:
    """True for a set whose images are those of a folder or archive."""
    name = base(name)
    return name.startswith(FOLDER) or name in TREES


def names() -> dict[str, str]:
    """Every name ``load`` knows, with one line about it; ``folder:PATH`` stands for any path."""
    return dict(NAMES)
