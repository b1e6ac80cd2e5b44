"""Every generator: its promises to methods, its size, and runs of methods with it."""

from __future__ import annotations

import typing

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from benchmark.method import Spec
from benchmark.method.graphs import WARM_UP, Graphed
from benchmark.method.visits import Visits
from benchmark.run import registry
from methods._blocks.generators import GENERATORS, GeneratorName, build
from methods._blocks.generators.base import Generator, UpsampledConv2d, halved
from methods._blocks.optimisers import adam, descend
from support.contract import WITH_A_GENERATOR, run_steps
from support.suite import CPU
from support.tape import TapeRecorder

each = pytest.mark.parametrize("name", GENERATORS)
SHAPES = [
    (1, 8, 8),
    (1, 9, 9),
    (1, 28, 28),
    (2, 16, 16),
    (3, 10, 14),
    (3, 32, 32),
    (3, 64, 64),
    (1, 2, 5),
]
SIZES = {  # parameters at 1x28x28 and at 3x32x32
    "upsampling": (1_834_305, 2_328_899),
    "dcgan": (1_776_481, 1_742_627),
    "stylegan": (1_749_313, 3_184_835),
    "transformer": (3_394_273, 4_143_099),
}


def small(name: str, shape: tuple[int, int, int] = (1, 8, 8)) -> Generator:
    return build(name, Spec(shape, 3, CPU), latent=8, width=4)


def parameters(generator: nn.Module) -> int:
    return sum(parameter.numel() for parameter in generator.parameters())


def test_a_config_field_takes_exactly_the_generators_there_are():
    assert list(typing.get_args(GeneratorName)) == list(GENERATORS)
    with pytest.raises(ValueError, match="unknown generator 'gan'; known: upsampling, dcgan"):
        build("gan", Spec((1, 8, 8), 3, CPU), latent=8, width=4)


@each
def test_the_page_gives_the_number_of_parameters(name):
    for shape, count in zip([(1, 28, 28), (3, 32, 32)], SIZES[name], strict=True):
        assert parameters(GENERATORS[name](shape)) == count
        assert f"{count:,}" in GENERATORS[name].__doc__


def test_the_generators_are_as_large_one_to_another_as_the_paper_says():
    for shape in [(1, 16, 16), (3, 32, 32), (3, 64, 64)]:
        dcgan, stylegan, transformer = (
            parameters(GENERATORS[name](shape)) for name in ("dcgan", "stylegan", "transformer")
        )
        assert dcgan < stylegan < transformer, shape


def test_the_upsampling_generator_has_the_size_of_the_released_one_at_64_pixels_too():
    assert parameters(GENERATORS["upsampling"]((3, 64, 64))) == 8_644_931


@each
@pytest.mark.parametrize("shape", SHAPES)
def test_images_have_their_shape_and_lie_in_the_unit_interval(name, shape):
    generator = small(name, shape)
    latents = generator.sample(5)
    images = generator(latents)
    assert images.shape == (5, *shape) and images.dtype == torch.float32
    assert images.min() >= 0 and images.max() <= 1
    torch.testing.assert_close(images, torch.sigmoid(generator.raw(latents)))


@each
def test_width_scales_the_model_down_to_a_single_channel(name):
    spec = Spec((1, 16, 16), 3, CPU)
    sizes = [parameters(build(name, spec, latent=8, width=width)) for width in (1, 8, 64)]
    assert sizes == sorted(sizes) and sizes[0] < sizes[2] / 5
    assert build(name, spec, latent=1, width=1)(torch.randn(3, 1)).shape == (3, 1, 16, 16)


@each
def test_raw_images_are_float32_from_bfloat16_networks(name):
    generator = small(name)
    with torch.autocast("cpu", torch.bfloat16):
        raw = generator.raw(generator.sample(3))
    assert raw.dtype == torch.float32
    raw.square().mean().backward()
    assert all(torch.isfinite(parameter.grad).all() for parameter in generator.parameters())


@each
def test_a_reset_draws_every_parameter_and_buffer_anew_in_place(name):
    generator = small(name)
    with torch.no_grad():
        for tensor in generator.state_dict().values():
            tensor.fill_(7)
    addresses = [tensor.data_ptr() for tensor in generator.state_dict().values()]
    generator.reset()
    assert addresses == [tensor.data_ptr() for tensor in generator.state_dict().values()]
    for key, tensor in generator.state_dict().items():
        assert not (tensor == 7).any(), key
        assert torch.isfinite(tensor).all(), key


@each
def test_a_reset_depends_on_the_seed_alone(name):
    states = []
    for seed in (1, 1, 2):
        generator = small(name)
        train(generator, steps=2)  # weights and running statistics that are not the first ones
        torch.manual_seed(seed)
        generator.reset()
        states.append({key: tensor.clone() for key, tensor in generator.state_dict().items()})
    first, same, other = states
    assert all(torch.equal(first[key], same[key]) for key in first)
    assert any(not torch.equal(first[key], other[key]) for key in first)


@each
def test_running_statistics_restart(name):
    generator = small(name)
    norms = [module for module in generator.modules() if isinstance(module, nn.BatchNorm2d)]
    assert bool(norms) is (name in ("upsampling", "dcgan"))
    generator(generator.sample(4))
    assert all(norm.num_batches_tracked == 1 for norm in norms)
    generator.reset()
    for norm in norms:
        assert norm.num_batches_tracked == 0
        assert (norm.running_mean == 0).all() and (norm.running_var == 1).all()


def test_a_reset_without_a_rule_for_a_layer_is_an_error():
    class Odd(Generator):
        def __init__(self):
            super().__init__((1, 8, 8), 8)
            self.norm = nn.GroupNorm(1, 4)

    with pytest.raises(TypeError, match=r"Odd\.draw has no rule for a GroupNorm"):
        Odd().reset()


@each
def test_equal_latents_give_equal_images_and_different_latents_different_ones(name):
    generator = small(name)
    train(generator, steps=3)  # strengths of noise begin at 0
    latents = generator.sample(6)
    first, second = generator.raw(latents), generator.raw(latents)
    assert torch.equal(first, second)
    assert not torch.allclose(first[0], first[1])


@each
def test_a_new_start_gives_images_that_a_teacher_can_tell_apart(name):
    torch.manual_seed(0)
    generator = GENERATORS[name]((1, 16, 16))
    generator.reset()
    with torch.no_grad():
        images = generator(generator.sample(50))
    assert images.std(dim=0).mean() > 0.05  # a twentieth of the way from black to white


@each
def test_a_few_steps_lower_a_loss(name):
    torch.manual_seed(0)
    generator = small(name)
    generator.reset()
    losses = train(generator, steps=10)
    assert losses[-1] < 0.8 * losses[0]


def train(generator: Generator, steps: int) -> list[float]:
    """Losses of ``steps`` steps towards white images."""
    optimiser, latents = adam(generator, 1e-2), generator.sample(16)
    return [
        descend(optimiser, (1 - generator(latents)).square().mean()).item() for _ in range(steps)
    ]


@each
def test_a_captured_step_gives_the_bits_of_the_plain_one(name):
    """And its graph is still right after a reset, which must change the weights in place."""
    results = []
    for recorder in (None, TapeRecorder()):
        torch.manual_seed(0)
        generator = small(name, (1, 9, 9))
        optimiser = adam(generator, 1e-3)
        optimiser.param_groups[0]["lr"] = torch.tensor(1e-3)

        def step(latents, generator=generator, optimiser=optimiser):
            images = generator(latents)
            return images.detach(), descend(optimiser, images.mean())

        run = Graphed(step, recorder, Visits()) if recorder else step
        for _ in range(WARM_UP + 2):
            run(generator.sample(6))
        generator.reset()
        results.append(run(generator.sample(6)))
    assert recorder.replays == 3
    assert all(torch.equal(plain, replayed) for plain, replayed in zip(*results, strict=True))


@each
def test_build_gives_the_layout_of_channels_last(name):
    weights = [p for p in small(name).parameters() if p.ndim == 4 and min(p.shape[2:]) > 1]
    assert all(weight.is_contiguous(memory_format=torch.channels_last) for weight in weights)


def test_the_methods_with_a_choice_of_generator_are_found():
    expected = {"ideal", "dfme", "dast", "dafl", "zskt", "random-generator"}
    assert expected <= set(WITH_A_GENERATOR)


@each
@pytest.mark.parametrize("label", WITH_A_GENERATOR)
def test_a_method_runs_a_round_with_it(label, name, spec, make_method):
    entry = registry.find(label)
    entry.overrides["generator"] = name
    method, account = make_method(entry, spec, 500)
    holder = method if hasattr(method, "generator") else method.source
    assert type(holder.generator) is GENERATORS[name]
    before = [parameter.clone() for parameter in holder.generator.parameters()]
    run_steps(method, entry, 0, 1, seed=0)
    assert account.spent > 0
    after = list(holder.generator.parameters())
    assert any(not torch.equal(old, new) for old, new in zip(before, after, strict=True))
    assert all(torch.isfinite(parameter).all() for parameter in after)


def test_dcgan_starts_without_a_checkerboard():
    """Maps of one value each give maps of one value, as up-sampling and a convolution do."""
    layers = [m for m in small("dcgan").modules() if isinstance(m, nn.ConvTranspose2d)]
    assert layers
    for layer in layers:
        even = torch.randn(1, layer.in_channels, 1, 1).expand(1, -1, 5, 5)
        inside = layer(even)[..., 1:-1, 1:-1]
        torch.testing.assert_close(inside, inside[..., :1, :1].expand_as(inside))
        assert layer.weight.std() > 0.01


@pytest.mark.parametrize(
    ("sides", "start"),
    [
        ((28, 28), (7, 7, 2)),
        ((32, 32), (4, 4, 3)),
        ((64, 64), (4, 4, 4)),
        ((9, 9), (5, 5, 1)),
        ((10, 14), (5, 7, 1)),
        ((7, 30), (7, 30, 0)),
    ],
)
def test_sides_are_halved_down_to_four_pixels(sides, start):
    assert halved(*sides) == start


@pytest.mark.parametrize("size", [(1, 1), (3, 4), (7, 7)])
def test_upsampled_convolution_is_that_of_the_larger_image(size):
    layer = UpsampledConv2d(5, 3)
    images = torch.randn(2, 5, *size, requires_grad=True)
    larger = F.interpolate(images, scale_factor=2)
    plain, fast = F.conv2d(larger, layer.weight, padding=1), layer(images)
    torch.testing.assert_close(fast, plain, atol=1e-5, rtol=1e-4)
    weigh = torch.randn_like(plain)
    wanted = torch.autograd.grad((plain * weigh).sum(), [images, layer.weight])
    got = torch.autograd.grad((fast * weigh).sum(), [images, layer.weight])
    torch.testing.assert_close(got, wanted, atol=1e-4, rtol=1e-4)
