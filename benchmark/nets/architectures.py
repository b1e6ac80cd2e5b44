"""Every network of the suite, teacher or student, under one name each.

All take raw images in [0, 1], N x C x H x W, and give logits N x K. Layers and parameter counts
follow the released code of IDEAL ("Data-free black-box knowledge distillation"); where a network
differs from that code its docstring says so. Image sizes are read once, when a network is built,
and a small forward pass shows at once that the combination works.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from benchmark.errors import BenchError, unknown
from benchmark.nets import names
from benchmark.nets.names import TIMM

Shape = tuple[int, int, int]
_that_work = set[tuple[str, Shape, int]]()  # name, shape and classes of networks that were tried


def check(name: str) -> None:
    """Raise ``BenchError`` for a name that ``build`` does not know. Builds nothing."""
    names.check(name)
    if name.startswith(TIMM):
        _check_timm(name.removeprefix(TIMM))


def build(name: str, shape: Sequence[int], classes: int) -> nn.Module:
    """A fresh network on the CPU, in training mode, for images of ``shape`` (C, H, W).

    Initial weights depend on torch's global seed alone: seed it before. A combination that cannot
    work (unknown name, image too small ...) raises ``BenchError``.
    """
    if len(shape) != 3 or min(shape) < 1 or classes < 2:
        raise BenchError(
            f"no network for shape {shape} and {classes} classes: the shape must be (channels, "
            "height, width), all positive, and there must be at least two classes"
        )
    channels, height, width = shape
    make, combination = _maker(name), (name, (channels, height, width), classes)
    try:
        module = make((channels, height, width), classes)
        if combination in _that_work:
            return module.train()
        logits = _try_forward(module, (channels, height, width))
    except (RuntimeError, ValueError, AssertionError, TypeError, IndexError) as error:
        raise _refusal(name, shape, str(error)) from error
    if not isinstance(logits, Tensor) or logits.shape != (2, classes):
        raise _refusal(name, shape, f"it does not give one row of {classes} logits per image")
    _that_work.add(combination)
    return module.train()


def flat_features(body: nn.Module, shape: Shape) -> int:
    """How many numbers ``body`` gives for each image of ``shape``."""
    return _try_forward(body, shape).flatten(1).shape[1]


def mlp(shape: Shape, classes: int) -> nn.Module:
    """Three dense layers, C*H*W-512-128-K with ReLU.

    The released code ends in a softmax and feeds it to cross-entropy, so it trains through softmax
    twice (which explains its low FMNIST figure). Here the last layer gives logits.
    """
    channels, height, width = shape
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(channels * height * width, 512),
        nn.ReLU(),
        nn.Linear(512, 128),
        nn.ReLU(),
        nn.Linear(128, classes),
    )


def lenet(shape: Shape, classes: int) -> nn.Module:
    """Two 5x5 convolutions (16, 32) with batch norm and pooling, one dense layer.

    The released code calls it CNN, the paper LeNet.
    """
    layers: list[nn.Module] = []
    for channels, width in ((shape[0], 16), (16, 32)):
        layers += _conv_bn(channels, width, kernel=5, pool=True)
    return _with_linear_head(nn.Sequential(*layers, nn.Flatten()), shape, classes)


def alexnet(shape: Shape, classes: int) -> nn.Module:
    """Five or three convolutions, no batch norm; the form follows the image size.

    Shorter side 12-31: the released MNIST/FMNIST network (no activation between its third, fourth
    and fifth convolution nor between its dense layers, as released). 32-63: the released CIFAR-10
    network. From 64: the classic AlexNet layout with 1024 dense units, which the released code
    holds only as a comment; its own network mis-reshapes images of 64 px.
    """
    size = min(shape[1:])
    if size < 32:
        return _alexnet_small(shape, classes)
    return _alexnet_middle(shape, classes) if size < 64 else _alexnet_large(shape, classes)


def vgg8(shape: Shape, classes: int) -> nn.Module:
    """Five convolutions with batch norm; the released code calls this one VGG-16.

    Pooling after the first three, and after the fourth from 64 px on.
    """
    pools = 4 if min(shape[1:]) >= 64 else 3
    return _vgg(shape[0], classes, convolutions=(1, 1, 1, 1, 1), pools=pools)


def vgg16(shape: Shape, classes: int) -> nn.Module:
    """The real VGG-16 (configuration D) with batch norm, average pooling and one dense layer.

    Each of its five poolings halves the image; those that would leave less than one pixel are left
    out (one at 16 and 28 px, none from 32 px on). The parameters are the same either way.
    """
    pools = min(5, min(shape[1:]).bit_length() - 1)
    return _vgg(shape[0], classes, convolutions=(2, 2, 3, 3, 3), pools=pools)


def resnet18(shape: Shape, classes: int) -> nn.Module:
    """ResNet-18 for small images: first convolution 3x3 at stride 1, no max-pooling."""
    from torchvision.models import resnet18 as make

    return _small_stem(make(num_classes=classes), shape[0])


def resnet34(shape: Shape, classes: int) -> nn.Module:
    """ResNet-34 for small images: first convolution 3x3 at stride 1, no max-pooling."""
    from torchvision.models import resnet34 as make

    return _small_stem(make(num_classes=classes), shape[0])


_MAKERS: dict[str, Callable[[Shape, int], nn.Module]] = {
    make.__name__: make for make in (mlp, lenet, alexnet, vgg8, vgg16, resnet18, resnet34)
}


def _maker(name: str) -> Callable[[Shape, int], nn.Module]:
    names.check(name)
    if name.startswith(TIMM):
        return lambda shape, classes: _timm(name.removeprefix(TIMM), shape, classes)
    return _MAKERS[name]


def _try_forward(module: nn.Module, shape: Shape) -> Tensor:
    """Output for two black images, in evaluation mode: neither batch norm nor the seed moves.

    Not under inference_mode: a network that caches a tensor here could not be trained afterwards.
    """
    with torch.no_grad():
        return module.eval()(torch.zeros(2, *shape))


def _refusal(name: str, shape: Sequence[int], reason: str) -> BenchError:
    return BenchError(
        f"architecture {name!r} does not work on images of shape {shape}: {reason.splitlines()[0]}."
        " Load the data set at a larger size, or take one that fits any size: mlp, resnet18."
    )


def _conv_bn(channels: int, width: int, kernel: int, pool: bool) -> list[nn.Module]:
    """Pooling comes before ReLU: the two commute, and ReLU then has a quarter of the work."""
    convolution = nn.Conv2d(channels, width, kernel, padding=kernel // 2)
    pooling = [nn.MaxPool2d(2)] if pool else []
    return [convolution, nn.BatchNorm2d(width), *pooling, nn.ReLU()]


def _with_linear_head(body: nn.Sequential, shape: Shape, classes: int) -> nn.Sequential:
    return body.append(nn.Linear(flat_features(body, shape), classes))


def _alexnet_small(shape: Shape, classes: int) -> nn.Module:
    body = nn.Sequential(
        *(nn.Conv2d(shape[0], 32, 3, padding=1), nn.MaxPool2d(2), nn.ReLU()),
        *(nn.Conv2d(32, 64, 3, padding=1), nn.MaxPool2d(2), nn.ReLU()),
        nn.Conv2d(64, 128, 3, padding=1),
        nn.Conv2d(128, 256, 3, padding=1),
        *(nn.Conv2d(256, 256, 3, padding=1), nn.MaxPool2d(3, 2), nn.ReLU()),
        nn.Flatten(),
    )
    body.append(nn.Linear(flat_features(body, shape), 512))
    return body.append(nn.Linear(512, classes))


def _alexnet_middle(shape: Shape, classes: int) -> nn.Module:
    body = nn.Sequential(
        *(nn.Conv2d(shape[0], 256, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(256, 256, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(256, 128, 3), nn.ReLU()),
        nn.Flatten(),
    )
    return _with_linear_head(body, shape, classes)


def _alexnet_large(shape: Shape, classes: int) -> nn.Module:
    body = nn.Sequential(
        *(nn.Conv2d(shape[0], 64, 11, stride=4, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2)),
        *(nn.Conv2d(64, 192, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2)),
        *(nn.Conv2d(192, 384, 3, padding=1), nn.ReLU()),
        *(nn.Conv2d(384, 256, 3, padding=1), nn.ReLU()),
        *(nn.Conv2d(256, 256, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2)),
        nn.Flatten(),
    )
    features = flat_features(body, shape)
    body.extend((nn.Dropout(), nn.Linear(features, 1024), nn.ReLU()))
    return body.extend((nn.Dropout(), nn.Linear(1024, 1024), nn.ReLU(), nn.Linear(1024, classes)))


def _vgg(channels: int, classes: int, convolutions: tuple[int, ...], pools: int) -> nn.Module:
    """Blocks of 3x3 convolutions, widths 64-128-256-512-512, pooling after the first ``pools``."""
    layers: list[nn.Module] = []
    widths = (64, 128, 256, 512, 512)
    for block, (width, count) in enumerate(zip(widths, convolutions, strict=True)):
        for index in range(count):
            pool = index == count - 1 and block < pools
            layers += _conv_bn(channels, width, kernel=3, pool=pool)
            channels = width
    return nn.Sequential(
        *layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, classes)
    )


def _small_stem(module: nn.Module, channels: int) -> nn.Module:
    module.conv1 = nn.Conv2d(channels, 64, 3, padding=1, bias=False)
    nn.init.kaiming_normal_(module.conv1.weight, mode="fan_out", nonlinearity="relu")
    module.maxpool = nn.Identity()
    return module


def _check_timm(name: str) -> None:
    import timm

    if name not in timm.list_models():
        raise unknown("timm architecture", name, timm.list_models(), "Weights' tags are left off.")


def _timm(name: str, shape: Shape, classes: int) -> nn.Module:
    """Untrained: a teacher or student that starts from real images would not be data-free."""
    import timm

    _check_timm(name)
    options: dict[str, Any] = {"pretrained": False, "in_chans": shape[0], "num_classes": classes}
    try:
        return timm.create_model(name, **options, img_size=shape[1:])
    except TypeError as error:  # convolutional networks take any size and no such option
        if "img_size" not in str(error):
            raise
        return timm.create_model(name, **options)
