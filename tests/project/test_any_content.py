"""Whatever stands where a file of the suite should be: it is read, or refused by a ``BenchError``.

Random bytes, sound files that were cut or flipped, and sound JSON in which a value was replaced, a
key taken away or put in, under a checksum that fits: nobody sees a ``KeyError``.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmark import datasets
from benchmark.cli import documents
from benchmark.datasets.folders import quiet
from benchmark.datasets.headers import look
from benchmark.datasets.images import Fit, decode
from benchmark.errors import BenchError
from benchmark.host.failure import MethodFailure
from benchmark.oracle import Account
from benchmark.oracle.answering import Answer
from benchmark.oracle.sample import Sample
from benchmark.perf import files as profiles
from benchmark.rows import kept
from benchmark.rows.checksum import OLDER, checksum
from benchmark.rows.file import read_row
from benchmark.rows.packed import pack, unpack
from benchmark.rows.store import Store
from benchmark.run import state_form
from benchmark.run.record import Record
from benchmark.run.states import Checkpoint
from benchmark.tables import tuned, tuning
from benchmark.tuning import trials
from support import tiny_formats as tiny
from support.image_files import encoded, image
from support.kept import sample_of
from support.made_rows import make_row
from support.runs import written
from support.suite import ROOT
from support.teacher_files import save, small_set
from teachers import cards

FUZZ = settings(
    max_examples=60,
    deadline=None,  # a busy machine is no fault
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_subnormal=False),  # after a run here the processor takes them for 0
    st.text(max_size=8),
    st.sampled_from(["\x1b[2J", "\ud800", "x" * 30_000, 2**63, -(10**400), "complete", "lenet"]),
    st.sampled_from([[], {}, [[[[[[[[[[]]]]]]]]]], {"a": {"a": 1}}]),
)
VALUES = st.recursive(
    LEAVES,
    lambda inside: st.one_of(
        st.lists(inside, max_size=3), st.dictionaries(st.text(max_size=8), inside, max_size=3)
    ),
    max_leaves=6,
)


def settles(read: Callable[[], object]) -> None:
    """Whether a file is read or refused; every error but ``BenchError`` is one of the suite."""
    try:
        read()
    except BenchError as refused:
        assert str(refused)


def changed(draw: Callable[[Any], Any], content: Any, values: st.SearchStrategy = VALUES) -> Any:
    """A copy of nested data in which one value, at any depth, is another, gone, or new."""
    inner = list(content) if isinstance(content, dict) else range(len(content))
    here = [key for key in inner if isinstance(content[key], (dict, list)) and content[key]]
    if here and draw(st.booleans()):
        key = draw(st.sampled_from(here))
        new = changed(draw, content[key], values)
    else:
        key, new = draw(st.sampled_from([*inner])), draw(values)
    if isinstance(content, list):
        return [*content[:key], new, *content[key + 1 :]]
    how = draw(st.sampled_from(["replace", "replace", "drop", "add"])) if key not in here else ""
    if how == "drop":
        return {name: value for name, value in content.items() if name != key}
    return content | {draw(st.text(max_size=5)) if how == "add" else key: new}


def sealed(content: Any) -> Any:
    """The content with a checksum that fits, where there is one."""
    with contextlib.suppress(ValueError):  # a number that JSON does not have
        for key in {"checksum", OLDER} & content.keys():
            content = content | {key: checksum(content, key)}
    return content


OLD_ROW = json.loads(next((ROOT / "tests/rows/older").glob("access-*.json")).read_text())
ROW = written(make_row(notes=["a note"], config={"rate": 0.1}))
CURVED = make_row()
(TRIAL,) = sorted((ROOT / "results/tuning/trials").glob("*/000.json"))[:1]
(PROFILE,) = sorted((ROOT / "results/perf").glob("*.json"))[:1]
LIST = json.loads((ROOT / "results/documents.json").read_text())[:2]


def of_row(content: bytes, folder: Path) -> None:
    path = folder / f"x-{ROW['id']}.json"
    path.write_bytes(content)
    read_row(path)


def of_old_row(content: bytes, folder: Path) -> None:
    path = folder / f"x-{OLD_ROW['id']}.json"
    path.write_bytes(content)
    read_row(path)


def of_trial(content: bytes, folder: Path) -> None:
    path = folder / "trials" / TRIAL.parent.name / TRIAL.name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    trials.read(path)
    tuning.sheet(folder)
    tuned.of([[trials.read(path)]])


def of_profile(content: bytes, folder: Path) -> None:
    (folder / "p.json").write_bytes(content)
    profiles.sheet(profiles.load(folder))


def of_list(content: bytes, folder: Path) -> None:
    (folder / "list.json").write_bytes(content)
    documents.read(folder / "list.json")


READERS: dict[str, tuple[Callable[[bytes, Path], None], Any]] = {
    "row": (of_row, ROW),
    "row of an earlier suite": (of_old_row, OLD_ROW),
    "trial": (of_trial, json.loads(TRIAL.read_text())),
    "profile": (of_profile, json.loads(PROFILE.read_text())),
    "list of documents": (of_list, LIST),
}


@pytest.mark.parametrize("kind", READERS)
def test_any_json_is_read_or_refused(kind, tmp_path):
    read, sound = READERS[kind]
    read(json.dumps(sound).encode(), tmp_path)

    @FUZZ
    @given(st.data())
    def check(data):
        content = changed(data.draw, sound)
        if isinstance(content, dict) and data.draw(st.booleans()):
            content = changed(data.draw, content)
        text = json.dumps(sealed(content) if isinstance(content, dict) else content)
        settles(lambda: read(text.encode(), tmp_path))

    check()


@pytest.mark.parametrize("kind", READERS)
def test_any_bytes_are_read_or_refused(kind, tmp_path):
    read, sound = READERS[kind]
    whole = json.dumps(sound).encode()

    @FUZZ
    @given(st.binary(max_size=200), st.integers(0, len(whole)), st.integers(0, len(whole)))
    def check(some, first, last):
        for content in (some, whole[:first], whole[:first] + some + whole[last:]):
            settles(lambda content=content: read(content, tmp_path))

    check()


@pytest.fixture(scope="module")
def teacher(tmp_path_factory) -> Path:
    return save(tmp_path_factory.mktemp("teacher"), small_set())


def test_any_card_is_read_or_refused(teacher, capsys):
    from benchmark.cli import lists

    card = cards.card_of(teacher)
    sound = card.read_bytes()

    @settings(FUZZ, max_examples=20)
    @given(st.data(), st.binary(max_size=100), st.integers(0, len(sound)))
    def check(data, some, at):
        new = json.dumps(changed(data.draw, json.loads(sound))).encode()
        for content in (new, some, sound[:at], sound[:at] + some + sound[at + 3 :]):
            card.write_bytes(content)
            settles(lambda: lists.teacher_card(str(teacher), None))
            lists.teachers(teacher.parent)

    check()
    card.write_bytes(sound)
    assert cards.load(teacher).accuracy >= 0


def test_any_weights_are_read_or_refused(teacher):
    weights, card = teacher.read_bytes(), cards.card_of(teacher).read_text()

    @settings(FUZZ, max_examples=20)
    @given(st.binary(max_size=100), st.integers(0, 4000), st.integers(0, 100))
    def check(some, at, gap):
        content = weights[:at] + some + weights[at + gap :]
        teacher.write_bytes(content)
        sha = hashlib.sha256(content).hexdigest()
        cards.card_of(teacher).write_text(json.dumps(json.loads(card) | {"sha256": sha}))
        settles(lambda: cards.load(teacher, probed=False))

    check()
    teacher.write_bytes(weights)
    cards.card_of(teacher).write_text(card)


def record() -> Record:
    """A run in its middle, of ten queries on a budget of 20."""
    made = Record(torch.device("cpu"), "2026-01-01T00:00:00+00:00", "thread")
    made.account = Account(20, Sample((1, 4, 4), 3))
    images = torch.zeros(10, 1, 4, 4, dtype=torch.uint8)
    made.account.enter(images.numpy(), Answer(torch.arange(10) % 3))
    made.logged.enter(1, {"loss": 0.5})
    made.curve = [*CURVED.curve]
    made.visits["student"] = 10
    return made


def state() -> dict[str, Any]:
    own = {"method_sha": "a" * 64, "amp": False, "bought": False, "method": {}, "scalars": {}}
    return own | record().state_dict()


TENSORS = st.sampled_from(
    [
        torch.zeros(0),
        torch.zeros(10, dtype=torch.int64),
        torch.zeros(30, dtype=torch.int32),
        torch.zeros(3, 100, 1, 4, 5, dtype=torch.uint8),
        torch.zeros(1).expand(10**9),
        torch.zeros(3, 3).to_sparse(),
    ]
)


def resumed(content: bytes, folder: Path) -> None:
    """Go on from a state, as a run does, with a method that does not mind."""
    store = Store(folder)
    store.prepare()
    store.state_path("0" * 12).write_bytes(content)
    run = Checkpoint(store, "0" * 12, "a" * 64, False, lambda text: None)
    found = run.find()

    def no_student():
        raise MethodFailure(ValueError("none"))

    host: Any = SimpleNamespace(load=lambda state: None, student=no_student)
    if found is not None:
        run.resume(found, record(), host)


def test_any_state_is_gone_on_from_or_refused(tmp_path):
    sound = pack(state())
    resumed(sound, tmp_path)
    assert unpack(sound).keys() >= state_form.REQUIRED.keys()

    @settings(FUZZ, max_examples=30)
    @given(st.data(), st.binary(max_size=100), st.integers(0, len(sound)))
    def check(data, some, at):
        new = pack(changed(data.draw, state(), VALUES | TENSORS))
        for content in (new, some, sound[:at], sound[:at] + some + sound[at + 3 :]):
            settles(lambda content=content: resumed(content, tmp_path))

    check()


def test_any_sample_is_read_or_refused(tmp_path):
    sound = kept.packed(sample_of([1] * 10, loss=[1.0, 2.0]))

    @FUZZ
    @given(st.binary(max_size=100), st.integers(0, 800), st.integers(0, 20))
    def check(some, at, gap):
        content = sound[:at] + some + sound[at + gap :]
        (tmp_path / "s").write_bytes(content)
        row = make_row(sample_sha=hashlib.sha256(content).hexdigest())
        settles(lambda: kept.load(tmp_path / "s", "sample", row))

    check()


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM"])
def test_any_image_is_read_or_refused(form):
    sound = encoded(image("RGB"), form)

    @FUZZ
    @given(st.binary(max_size=20), st.integers(0, len(sound)), st.integers(0, 20))
    def check(some, at, gap):
        content = sound[:at] + some + sound[at + gap :]
        settles(lambda: look(io.BytesIO(content), "x"))
        settles(lambda: decode(content, "x", Fit((3, 4, 4))))

    with quiet():
        check()


@pytest.mark.parametrize("suffix", [".tar", ".tar.gz", ".tar.xz"])
def test_any_archive_is_read_or_refused(suffix, tmp_path):
    path = tmp_path / f"set{suffix}"
    tiny.write_tar(path, tiny.write_folder(tmp_path / "set"))
    sound = path.read_bytes()

    @settings(FUZZ, max_examples=30)
    @given(st.binary(max_size=20), st.integers(0, len(sound)), st.integers(0, 600))
    def check(some, at, gap):
        path.write_bytes(sound[:at] + some + sound[at + gap :])
        settles(lambda: datasets.load(f"folder:{path.name}", tmp_path).test)

    check()
