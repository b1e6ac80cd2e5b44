"""Teachers on disk: their promises, and every refusal of the loader."""

from __future__ import annotations

import hashlib
import re
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from safetensors.torch import save as to_bytes

from benchmark.datasets.built_in import load_digits
from benchmark.errors import BenchError
from benchmark.nets.evaluate import percent_equal, predict
from support.teacher_files import change_card, replace_weights, save, small_set
from teachers import card_form, cards, shelf


@pytest.fixture
def saved(tmp_path) -> Path:
    return save(tmp_path / "new", small_set())


def test_a_saved_teacher_comes_back_whole(saved):
    assert re.fullmatch(r"folder-some-where-lenet-[0-9a-f]{8}\.safetensors", saved.name)
    assert sorted(saved.parent.iterdir()) == [saved.with_suffix(".json"), saved]
    before = torch.random.get_rng_state()
    teacher = cards.load(saved)
    assert torch.equal(before, torch.random.get_rng_state())
    assert set(teacher.card) == set(card_form.KEYS)
    assert teacher.sha == hashlib.sha256(saved.read_bytes()).hexdigest()
    assert not teacher.module.training
    assert not any(p.requires_grad or p.dtype != torch.float32 for p in teacher.module.parameters())
    images = torch.rand(2, 1, 16, 16, requires_grad=True)
    teacher.module(images).sum().backward()  # still usable for a white-box check
    labels = predict(teacher.module, small_set().test.images)
    assert teacher.accuracy == percent_equal(labels, small_set().test.labels)


def test_load_refuses_a_flipped_byte(saved):
    data = bytearray(saved.read_bytes())
    data[-1] ^= 1
    saved.write_bytes(data)
    with pytest.raises(BenchError, match="SHA-256"):
        cards.load(saved)


def test_load_refuses_a_path_to_nothing(tmp_path):
    with pytest.raises(BenchError, match="no teacher at"):
        cards.load(tmp_path / "mnist-lenet.safetensors")


def test_load_refuses_a_missing_or_torn_or_huge_card(saved):
    card_path = saved.with_suffix(".json")
    text = card_path.read_text()
    for torn in (
        text[: len(text) // 2],
        "[" * 60_000,
        "[]",
        "",
        re.sub(r'("accuracy": )[\d.]+', r"\1NaN", text),
        "\xff",
    ):
        card_path.write_text(torn, encoding="latin-1")
        with pytest.raises(BenchError, match="its card"):
            cards.load(saved)
    card_path.write_text(text + " " * cards.CARD_LIMIT)
    with pytest.raises(BenchError, match=r"has 0\.1 MB, more than the 0\.0625 allowed"):
        cards.load(saved)
    card_path.unlink()
    with pytest.raises(BenchError, match="is missing"):
        cards.load(saved)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"probe": None}, "missing or unknown keys: 'probe'"),
        ({"extra": 1}, "missing or unknown keys: 'extra'"),
        ({"seed": "0"}, "wrong type for 'seed'"),
        ({"seed": True}, "wrong type for 'seed'"),
        ({"shape": [1, 16, 1e9]}, "impossible shape"),
        ({"shape": [1, 16]}, "impossible shape"),
        ({"shape": [2**17, 16, 16]}, "impossible shape"),
        ({"shape": [1, 1025, 16]}, "impossible shape"),
        ({"dataset": "a\x1b[2J"}, "'dataset' that is too long or cannot be shown"),
        ({"created": "x" * 301}, "'created' that is too long or cannot be shown"),
        ({"accuracy": 101}, "outside 0 to 100"),
        ({"dataset": "mnist"}, "is for lenet on mnist"),
        ({"probe": "0" * 64}, "probe images"),
        ({"classes": 5}, "another shape or type"),
    ],
)
def test_load_refuses_a_wrong_card(saved, changes, message):
    change_card(saved, **changes)
    with pytest.raises(BenchError, match=message) as caught:
        cards.load(saved)
    assert str(saved) in str(caught.value)


def test_load_refuses_an_unknown_architecture(saved):
    forged = saved.with_name("folder-some-where-os.system.safetensors")
    change_card(saved, architecture="os.system")
    saved.rename(forged)
    saved.with_suffix(".json").rename(forged.with_suffix(".json"))
    with pytest.raises(BenchError, match="unknown architecture"):
        cards.load(forged)


@pytest.mark.parametrize(
    ("forge", "message"),
    [
        (lambda state: state | {"9.more": torch.zeros(1)}, "missing or unknown tensors .*9.more"),
        (
            lambda state: {k: v for k, v in state.items() if k != "0.bias"},
            "unknown tensors .*0.bias",
        ),
        (lambda state: state | {"0.bias": torch.full((16,), float("nan"))}, "not finite"),
        (lambda state: state | {"0.bias": torch.zeros(16).double()}, "another shape or type"),
        (lambda state: state | {"1.running_var": torch.ones(16).half()}, "another shape or type"),
        (lambda state: state | {"0.bias": torch.zeros(4, 4)}, "another shape or type"),
        (lambda state: state | {"0.weight": -state["0.weight"]}, "probe images"),
    ],
)
def test_load_refuses_wrong_tensors(saved, forge, message):
    replace_weights(saved, to_bytes(forge(load_file(saved))))
    with pytest.raises(BenchError, match=message):
        cards.load(saved)


def test_load_refuses_what_is_not_safetensors_or_too_large(saved):
    replace_weights(saved, b"\x80\x04 a pickle, say")
    with pytest.raises(BenchError, match="not a safetensors file"):
        cards.load(saved)
    with saved.open("wb") as file:
        file.truncate(2**40)  # sparse: a terabyte that takes no space, and must never be read
    with pytest.raises(BenchError, match="larger than"):
        cards.load(saved)


def test_own_teachers_come_before_shipped_ones(saved, tmp_path, monkeypatch):
    digits = load_digits()
    assert shelf.find(small_set(), "lenet", saved.parent) == saved
    assert shelf.find(small_set(), "mlp", saved.parent) is None
    shipped = shelf.find(digits, "lenet", saved.parent)
    assert shipped == shelf.SHIPPED / "digits-lenet.safetensors"
    for file in (shipped, shipped.with_suffix(".json")):
        shutil.copy(file, saved.parent)
    assert shelf.find(digits, "lenet", saved.parent) == saved.with_name(shipped.name)
    monkeypatch.setenv("BENCH_TEACHERS", str(saved.parent))
    assert shelf.find(small_set(), "lenet") == saved
    monkeypatch.delenv("BENCH_TEACHERS")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert shelf.default_teacher_dir() == tmp_path / "bench" / "teachers"


def test_catalogue_lists_broken_cards_as_broken(saved):
    saved.with_suffix(".json").write_text("{")
    rows = shelf.catalogue(saved.parent)
    assert "not valid JSON" in rows[0]["error"] and not rows[0]["shipped"]
    assert {("digits", "lenet"), ("mnist", "lenet"), ("mnist", "mlp")} <= {
        (row["dataset"], row["architecture"]) for row in rows[1:] if row["shipped"]
    }


@pytest.mark.parametrize("path", sorted(shelf.SHIPPED.glob("*.safetensors")), ids=lambda p: p.stem)
def test_shipped_teachers_verify(path):
    teacher = cards.load(path)
    # of a LeNet on harder images
    usual = {"fmnist": 90, "folder:usps_png": 96, "folder:cifar10_jpg": 70}
    usual |= {"folder:cifar100_jpg": 50, "folder:imagenette_64": 75, "folder:tiny_imagenet_32": 20}
    assert teacher.accuracy > usual.get(teacher.card["dataset"], 98)
    assert path.stat().st_size <= 5_000_000


def test_the_shipped_digits_teacher_is_as_good_as_its_card_says():
    datasets = pytest.importorskip("benchmark.datasets")
    from benchmark.nets.evaluate import percent_equal, predict

    teacher, digits = (
        cards.load(shelf.SHIPPED / "digits-lenet.safetensors"),
        datasets.load("digits"),
    )
    assert teacher.card["test_digest"] == digits.test.digest
    assert teacher.card["train_digest"] == digits.train.digest
    labels = predict(teacher.module, digits.test.images)
    assert percent_equal(labels, digits.test.labels) == pytest.approx(teacher.accuracy, abs=0.6)
