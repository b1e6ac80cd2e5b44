"""A student of one's own file: built as it was hashed, and refused in words where it is unfit."""

from __future__ import annotations

import hashlib

import pytest
import torch

from benchmark import env
from benchmark.errors import BenchError
from benchmark.nets import own_network, students
from benchmark.nets.names import check_student, own_parts
from benchmark.trust import TRUST
from support.own_nets import SOUND, write_net

SHAPE, CLASSES = (1, 16, 16), 10
FORWARD = "return self.body(images)"


def read(path, name="Tiny"):
    return own_network.read(f"{path}:{name}")


def test_a_sound_network_is_built_from_its_bytes_whatever_becomes_of_the_file(tmp_path):
    path = write_net(tmp_path)
    own = read(path)
    assert own.sha256 == hashlib.sha256(SOUND.encode()).hexdigest()
    assert own.label == f"own:Tiny@{own.sha256[:12]}"
    path.write_text("raise SystemExit('the file is run')")
    students.check(own, SHAPE, CLASSES)
    sent = own_network.of_fields(own.fields())
    assert sent == own and own_network.of_fields({}) is None
    states = []
    for one in (own, sent):
        env.seed_all(0, "student", one.label)
        module = students.build(one.label, SHAPE, CLASSES, one)
        assert module.training and module(torch.zeros(2, *SHAPE)).shape == (2, CLASSES)
        states.append(module.state_dict())
    assert all(torch.equal(of, states[1][name]) for name, of in states[0].items())


def test_the_check_leaves_the_random_numbers_of_its_caller(tmp_path):
    torch.manual_seed(0)
    before = torch.random.get_rng_state()
    students.check(read(write_net(tmp_path)), SHAPE, CLASSES)
    assert torch.equal(before, torch.random.get_rng_state())


def test_batch_norm_dropout_and_lazy_layers_are_sound(tmp_path):
    layers = "nn.BatchNorm2d(channels), nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Dropout()"
    old = "nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(16 * channels, classes)"
    path = write_net(tmp_path, old, f"{layers}, nn.LazyLinear(classes)")
    students.check(read(path), SHAPE, CLASSES)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("class Tiny", "class Other", "no attribute 'Tiny'"),
        ("class Tiny", "class Tiny(:", "SyntaxError"),
        ("from torch import nn", "from torch import nn\nimport no_such", "No module named"),
        ("channels, classes):", "channels):", "cannot be built as Tiny.channels, classes.: Type"),
        ("class Tiny(nn.Module)", "class Tiny", "builds no torch.nn.Module"),
        (FORWARD, "return self.body(images)[:1]", r"gives \[1, 10\] for 2 images of shape 1x16x16"),
        (FORWARD, "return self.body(images)[:, 1:]", r"return logits \[2, 10\]"),
        (FORWARD, "return None", "gives NoneType"),
        (FORWARD, "return self.body(images).double()", "answers in torch.float64"),
        (FORWARD, "return self.body(images) / 0", "not finite before any training"),
        (FORWARD, "return images.no_such", "cannot take images of shape 1x16x16: AttributeError"),
        ("16 * channels", "17 * channels", "cannot take images of shape 1x16x16: RuntimeError"),
        (
            FORWARD,
            "import torch; return self.body(images + torch.rand_like(images))",
            "differently in evaluation mode",
        ),
        (FORWARD, "return self.body(images).detach()", "cannot be trained: element 0"),
        (
            FORWARD,
            "return images.flatten(1)[:, :10] + 0 * self.body(images).detach()",
            "cannot be trained",
        ),
        ("        self.body =", "        self.double()\n        self.body =", None),
        (
            "    def forward",
            "        self.body.double()\n\n    def forward",
            "torch.float64 in body",
        ),
        (
            "    def forward",
            "        self.body.requires_grad_(False)\n\n    def forward",
            "has no parameters that could be trained",
        ),
        (
            "    def forward",
            "        import os\n        self.body[2].bias.data.fill_(os.urandom(1)[0] + 1)\n"
            "        self.body[2].bias.data += int.from_bytes(os.urandom(2))\n\n    def forward",
            "other initial weights each time",
        ),
        (
            "    def forward",
            "        import torch\n        self.scale = torch.rand(1)\n\n    def forward",
            None,
        ),
    ],
)
def test_an_unfit_network_is_refused_by_file_class_and_cure(old, new, problem, tmp_path):
    path = write_net(tmp_path, old, new)
    if problem is None:
        students.check(read(path), SHAPE, CLASSES)
        return
    with pytest.raises(BenchError, match=problem) as caught:
        students.check(read(path), SHAPE, CLASSES)
    said = str(caught.value)
    assert str(path) in said and "Tiny" in said and len(said.splitlines()) == 1


def test_a_network_with_numbers_outside_its_state_is_refused(tmp_path):
    path = write_net(tmp_path)
    drawn = "        self.scale = torch.rand(1)\n\n    def forward"
    text = "import torch\n" + SOUND.replace("    def forward", drawn)
    path.write_text(text.replace(FORWARD, "return self.scale * self.body(images)"))
    with pytest.raises(BenchError, match=r"not in its state_dict\(\)"):
        students.check(read(path), SHAPE, CLASSES)


def test_a_student_is_named_by_file_and_class_and_trusted_in_words(tmp_path, monkeypatch):
    monkeypatch.setenv(TRUST, "")
    path = write_net(tmp_path)
    assert own_parts(f"{path}:Tiny") == (path, "Tiny")
    assert own_parts(str(path)) is own_parts("lenet") is own_parts("timm:a.py") is None
    for text, problem in [
        (f"{path}:Tiny", "give --trust-code"),
        (f"{path}", f"{path}:Class"),
        (f"{tmp_path}/none.py:Tiny", "there is no file"),
        ("own:mine", "A student of your own is ./net.py:Class"),
        ("lenett", "Did you mean lenet"),
    ]:
        with pytest.raises(BenchError, match=problem) as caught:
            check_student(text)
        assert len(str(caught.value).splitlines()) == 1
    monkeypatch.setenv(TRUST, "1")
    check_student(f"{path}:Tiny")
    check_student("lenet")
