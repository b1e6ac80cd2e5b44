"""Models of others as teachers: every form, and every refusal."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest
import torch
from torch import nn

from benchmark import datasets
from benchmark.errors import BenchError
from benchmark.nets import architectures
from benchmark.nets.evaluate import predict
from benchmark.trust import TRUST
from teachers import cards, imported, shelf
from teachers.imported import forms
from teachers.imported.given import Given

DIGITS = datasets.load("digits")
OWN = """
from torch import nn

class Net(nn.Module):
    def __init__(self, channels, classes):
        super().__init__()
        self.body = nn.Sequential(nn.Flatten(), nn.Linear(256 * channels, classes))

    def forward(self, images):
        return self.body(images)
"""


@pytest.fixture(scope="module")
def lenet() -> nn.Module:
    return cards.load(shelf.find(DIGITS, "lenet")).module


@pytest.fixture
def trusted(monkeypatch):
    monkeypatch.setenv(TRUST, "1")


@pytest.fixture(autouse=True)
def nobody_trusts(monkeypatch):
    monkeypatch.delenv(TRUST, raising=False)


def logistic(path, zipmap: bool):
    from skl2onnx import to_onnx
    from sklearn.linear_model import LogisticRegression

    pixels = DIGITS.train.images[:200].flatten(1).numpy().astype(np.float32) / 255
    model = LogisticRegression(max_iter=1000).fit(pixels, DIGITS.train.labels[:200].numpy())
    options = None if zipmap else {"zipmap": False}
    path.write_bytes(to_onnx(model, pixels[:1], options=options).SerializeToString())
    return model


def test_a_state_dict_answers_as_its_network_and_has_no_recipe(tmp_path, lenet):
    torch.save(lenet.state_dict(), tmp_path / "mine.pt")
    path = imported.import_model(tmp_path / "mine.pt", DIGITS, tmp_path / "t", "lenet")
    teacher = cards.load(path)
    assert teacher.card["architecture"] == "own:mine" and "recipe" not in teacher.card
    assert teacher.card["imported"]["form"] == "state-dict"
    images = DIGITS.test.images
    assert torch.equal(predict(teacher.module, images), predict(lenet, images))
    assert shelf.find(DIGITS, "own:mine", tmp_path / "t") == path
    again = imported.import_model(tmp_path / "mine.pt", DIGITS, tmp_path / "t", "lenet")
    assert again == path


@pytest.mark.filterwarnings("ignore")
def test_torchscript_runs_code_so_it_needs_trust(tmp_path, lenet, monkeypatch):
    torch.jit.trace(lenet, torch.rand(2, *DIGITS.shape)).save(tmp_path / "net.pt")
    with pytest.raises(BenchError, match="--trust-code"):
        imported.import_model(tmp_path / "net.pt", DIGITS, tmp_path / "t")
    assert not (tmp_path / "t").exists()
    monkeypatch.setenv(TRUST, "1")
    path = imported.import_model(tmp_path / "net.pt", DIGITS, tmp_path / "t")
    assert torch.equal(
        predict(cards.load(path).module, DIGITS.test.images), predict(lenet, DIGITS.test.images)
    )
    monkeypatch.delenv(TRUST)
    with pytest.raises(BenchError, match="--trust-code"):
        cards.load(path)


@pytest.mark.filterwarnings("ignore")
def test_an_exported_program_runs_code_too(tmp_path, lenet, trusted):
    free = ({0: torch.export.Dim("n", min=1, max=4096)},)
    program = torch.export.export(lenet, (torch.rand(4, *DIGITS.shape),), dynamic_shapes=free)
    torch.export.save(program, tmp_path / "net.pt2")
    path = imported.import_model(tmp_path / "net.pt2", DIGITS, tmp_path / "t")
    assert cards.load(path).accuracy == pytest.approx(99.15, abs=0.01)


@pytest.mark.parametrize("zipmap", [True, False])
def test_a_scikit_learn_model_comes_as_onnx(tmp_path, zipmap):
    model = logistic(tmp_path / "skl.onnx", zipmap)
    path = imported.import_model(tmp_path / "skl.onnx", DIGITS, tmp_path / "t")
    pixels = DIGITS.test.images.flatten(1).numpy().astype(np.float32) / 255
    labels = predict(cards.load(path).module, DIGITS.test.images).numpy()
    assert (labels == model.predict(pixels)).all()


def test_a_network_of_an_own_file_needs_trust_and_is_known_by_its_source(tmp_path, trusted):
    (tmp_path / "net.py").write_text(OWN)
    torch.manual_seed(0)
    state = nn.Sequential(nn.Flatten(), nn.Linear(256, 10)).state_dict()
    torch.save({f"body.{name}": of for name, of in state.items()}, tmp_path / "w.pt")
    own = f"{tmp_path / 'net.py'}:Net"
    path = imported.import_model(tmp_path / "w.pt", DIGITS, tmp_path / "t", own)
    (tmp_path / "net.py").unlink()  # the copy beside the card is enough
    cards.load(path)
    path.with_suffix(".py").write_text(OWN + "# changed\n")
    with pytest.raises(BenchError, match="has changed since"):
        cards.load(path)


def test_size_channels_and_normalisation_are_the_models_and_part_of_its_identity(tmp_path):
    network = architectures.build("lenet", (3, 20, 20), 10)
    torch.save({"state_dict": network.state_dict()}, tmp_path / "w.pth")
    shas = set()
    for name, mean in (("a", (0.5, 0.5, 0.5)), ("b", (0.4, 0.5, 0.5))):
        how = {"size": 20, "mean": mean, "std": (0.2, 0.2, 0.2)}
        path = imported.import_model(tmp_path / "w.pth", DIGITS, tmp_path, "lenet", name, **how)
        shas.add(cards.read_card(path)["sha256"])
    assert len(shas) == 2


REFUSED = {
    "pickle": ("model.joblib", b"x", "", "skl2onnx"),
    "no model": ("model.txt", b"x", "", "is none of"),
    "no network": ("w.pt", None, "", "without their network"),
    "another network": ("w.pt", None, "resnet18", "another network than resnet18"),
    "no weights": ("w.pt", b"junk", "lenet", "does not load as plain weights"),
    "torn archive": ("w.pt", b"PK\x05\x06" + bytes(18), "lenet", "does not load as plain weights"),
    "no safetensors": ("w.safetensors", b"junk", "lenet", "is no safetensors file"),
    "no onnx": ("w.onnx", b"junk", "", "is no ONNX file"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_is_no_model_is_refused_in_one_line(name, tmp_path, lenet):
    file, content, architecture, text = REFUSED[name]
    if content is None:
        torch.save(lenet.state_dict(), tmp_path / file)
    else:
        (tmp_path / file).write_bytes(content)
    with pytest.raises(BenchError, match=text) as caught:
        imported.import_model(tmp_path / file, DIGITS, tmp_path / "t", architecture)
    assert "\n" not in str(caught.value) and not (tmp_path / "t").exists()


def test_weights_that_are_not_finite_and_other_classes_are_refused(tmp_path, lenet):
    broken = {name: of * float("nan") for name, of in lenet.state_dict().items()}
    torch.save(broken, tmp_path / "w.pt")
    with pytest.raises(BenchError, match="not finite"):
        imported.import_model(tmp_path / "w.pt", DIGITS, tmp_path / "t", "lenet")
    logistic(tmp_path / "skl.onnx", False)
    with pytest.raises(BenchError, match="takes images of 256, not 400"):
        imported.import_model(tmp_path / "skl.onnx", DIGITS, tmp_path / "t", size=20)


def test_an_unknown_output_of_onnx_is_named_with_those_there_are(tmp_path):
    logistic(tmp_path / "skl.onnx", False)
    with pytest.raises(BenchError, match="no output 'logits', it has label, probabilities"):
        imported.import_model(tmp_path / "skl.onnx", DIGITS, tmp_path / "t", output="logits")


def test_a_changed_file_or_card_is_refused(tmp_path, lenet):
    torch.save(lenet.state_dict(), tmp_path / "w.pt")
    path = imported.import_model(tmp_path / "w.pt", DIGITS, tmp_path / "t", "lenet")
    card = json.loads(cards.card_of(path).read_text())
    changed = card | {"imported": card["imported"] | {"size": 20}}
    cards.card_of(path).write_text(json.dumps(changed))
    with pytest.raises(BenchError, match="SHA-256 is not the one"):
        cards.load(path)
    cards.card_of(path).write_text(json.dumps(card | {"imported": {"format": "onnx"}}))
    with pytest.raises(BenchError, match="in another form"):
        cards.load(path)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"form": "pickle"}, "is none of"),
        ({"mean": (0.5,)}, "equally many"),
        ({"mean": (0.5,), "std": (0.0,)}, "above 0"),
        ({"mean": (0.5,), "std": (1.0,), "channels": 3}, "for 3 channels"),
        ({"channels": 2}, "is 1 or 3"),
        ({"size": 4096}, "at most 1024"),
    ],
)
def test_values_that_fit_no_model_are_named(changes, text):
    assert text in Given(**{"form": "onnx"} | changes).problem()


def test_a_model_is_a_teacher_of_a_run_by_its_file_and_by_its_name(cli, tmp_path):
    logistic(tmp_path / "skl.onnx", True)
    run = ("run", "--methods", "noise", "--dataset", "digits", "--budget", "300", "--seeds", "0")
    run += ("--device", "cpu", "--isolation", "thread", "--teacher-dir", str(tmp_path / "t"))
    code, output, error = cli(*run, "--teacher", str(tmp_path / "skl.onnx"))
    assert code == 0, error
    assert "done" in output and "imported" in output
    code, output, _ = cli(*run, "--teacher", "own:skl")
    assert code == 0 and "exists" in output
    code, _, error = cli(*run, "--teacher", "own:other")
    assert code == 2 and "bench teacher import" in error
    code, _, error = cli(
        *run[:2], "zskt", *run[3:], "--teacher", "own:skl", "--access", "white-box"
    )
    assert code == 2 and "only answers" in error


def test_without_onnxruntime_the_error_says_what_to_install(tmp_path, monkeypatch):
    logistic(tmp_path / "skl.onnx", True)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(BenchError, match=r"\[onnx\]"):
        imported.import_model(tmp_path / "skl.onnx", DIGITS, tmp_path / "t")


def test_every_form_has_an_opener():
    assert tuple(forms.OPENERS) == ("state-dict", "torchscript", "exported", "onnx")
