"""Search spaces: declared in method files, of one size, around the defaults, and in no source."""

from __future__ import annotations

import pytest

from benchmark.errors import BenchError
from benchmark.method import config
from benchmark.report import method_page
from benchmark.run import behind, outlines, registry
from benchmark.run.cells import Request, expand
from benchmark.tuning import asking, sets, space
from benchmark.tuning.trials import read_all
from support.suite import ROOT

EIGHT = {"ideal", "dfme", "dast", "dafl", "zskt", "zsdb3", "cmi", "deepinversion"}
SPACES = {name: registry.find(name).method.space for name in registry.names()}
FORMS = [f"{n}:{v}" if v else n for n, of in SPACES.items() for v in of]
SMALL = {"rate": (1e-3, 1e-1), "steps": (2, 40), "kind": ["a", "b"]}


class Config:
    rate: float
    steps: int
    kind: str


def defaults(label: str) -> dict:
    entry = registry.find(label)
    task = [sets.derived("digits")], [sets.FIRST_SEED], [sets.BUDGET], [sets.NETWORK]
    (cell,) = expand(Request([entry], *task, [sets.NETWORK]))
    found = space.form_of(label, entry.method.space)
    return {name: getattr(cell.config, name) for name in found}


def test_every_method_of_a_paper_has_one_and_so_has_every_cached_form():
    assert {name for name, of in SPACES.items() if of} >= EIGHT
    cached = {f"{n}:cached" for n in EIGHT if "cached" in registry.find(n).method.variants}
    assert len(cached) == 5 and cached <= set(FORMS)
    assert {len(of) for found in SPACES.values() for of in found.values()} == {4}


@pytest.mark.parametrize("label", FORMS)
def test_the_defaults_of_a_form_lie_in_its_space(label):
    entry, values = registry.find(label), defaults(label)
    ranges = asking.distributions(entry.method.space[entry.variant], entry.method.Config)
    asking._told(values, 50.0, ranges)  # Optuna refuses what is outside
    for name, where in entry.method.space[entry.variant].items():
        config.resolve(entry.method, label, {name: where[0]})
        config.resolve(entry.method, label, {name: where[-1]})
        if isinstance(where, tuple):
            assert where[1] / where[0] >= 10, "a narrow range is no search"


@pytest.mark.parametrize("label", FORMS)
def test_the_text_of_a_file_tells_its_space_without_torch(label):
    assert outlines.find(label).space == registry.find(label).method.space


def test_a_space_is_no_part_of_the_source_that_rows_name(tmp_path):
    body = "class Mine:\n    tiny = {}\n%s\n    def step(self):\n        return False\n"
    file = tmp_path / "mine.py"

    def sha(inside: str) -> str:
        file.write_text(body % inside)
        return behind.digest((file,))

    plain = sha("")
    told = '    space = {\n        "": {"lr": (1, 2)},\n    }  # fmt: skip\n'
    assert sha(told) == plain == sha(told.replace("2", "3"))
    for read in (
        "    lr = 1\n    space = {}\n    x = space",
        "    space = {}; x = 1",
        "    space = {}\n    def y(self):\n        return self.space",
        '    space = {}\n    def y(self):\n        return getattr(self, "space")',
        "    lr = 2",
    ):
        assert sha(read + "\n") != plain, read


def test_what_is_tried_depends_on_the_trials_before_it_alone():
    history = [({"rate": 0.01, "steps": 5, "kind": "a"}, 40.0)]
    for _ in range(16):
        values = asking.ask(SMALL, Config, history, "study")
        assert values == asking.ask(SMALL, Config, list(history), "study")
        assert 1e-3 <= values["rate"] <= 1e-1 and float(f"{values['rate']:.3g}") == values["rate"]
        assert type(values["steps"]) is int and 2 <= values["steps"] <= 40
        history.append((values, None if values["steps"] == 2 else 100 * values["rate"]))
    assert len({values["rate"] for values, _ in history}) > 10
    values = asking.ask(SMALL, Config, history, "study")
    worse = [(tried, score and -score) for tried, score in history]
    assert asking.ask(SMALL, Config, history, "other") != values
    assert asking.ask(SMALL, Config, worse, "study") != values


def test_a_default_outside_of_a_space_and_an_unknown_field_are_refused():
    outside = [({"rate": 5.0, "steps": 5, "kind": "a"}, 40.0)]
    with pytest.raises(BenchError, match="does not lie in its search space"):
        asking.ask(SMALL, Config, outside, "study")
    with pytest.raises(BenchError, match="names speed, which is no field"):
        asking.distributions({"speed": (1, 2)}, Config)


@pytest.mark.parametrize("where", [(2, 1), (0, 1), (1, 2, 3), ["one"], 5, (1, float("inf"))])
def test_a_space_that_makes_no_sense_is_refused(where):
    with pytest.raises(BenchError, match=r"the search space of mine is malformed \(lr: "):
        space.form_of("mine", {"": {"lr": where}})
    with pytest.raises(BenchError, match="it is empty"):
        space.form_of("mine", {"": {}})


def test_a_page_shows_where_a_form_is_searched():
    (line,) = method_page._searched(registry.find("dfme:cached"))
    assert line.startswith("Searched by `bench tune dfme:cached`: generator_lr 1e-05 to 0.01, ")
    assert method_page._searched(registry.find("dfme:l1")) == []
    assert space.described({"head": ["a", "b"]}) == {"head": "a or b"}


STORE = ["cmi", "deepinversion", *(form for form in FORMS if form.endswith(":cached"))]


@pytest.mark.parametrize("label", STORE)
def test_a_form_that_stores_its_labels_has_the_values_of_its_best_trial_within_the_limit_of_ideal(
    label,
):
    """The limit: as many student steps for each label that is bought."""
    most = steps_for_a_label("ideal", defaults("ideal"))
    method, _, variant = label.partition(":")
    studies = [
        of for of in grey_studies() if (of[0]["method"], of[0]["variant"]) == (method, variant)
    ]
    (study,) = (of for of in studies if len(of) >= sets.TRIALS)
    within = [
        t
        for t in study
        if t["status"] == "complete" and steps_for_a_label(label, t["params"]) <= most
    ]
    best = max(within, key=lambda trial: trial["score"])["params"]
    assert defaults(label) == best


def grey_studies() -> list[list[dict]]:
    """The committed trials on grey sets, which the defaults of forms come from."""
    studies, _ = read_all(ROOT / "results" / "tuning")
    return [of for of in studies if sets.COLOUR not in of[0]["sets"]]


def steps_for_a_label(label: str, values: dict) -> float:
    batch = values.get("batch", registry.find(label).method.Config().batch)
    return values["replay_steps"] / batch


def test_no_trial_of_ideal_was_better_than_its_defaults():
    studies = [of for of in grey_studies() if of[0]["method"] == "ideal"]
    (study,) = (of for of in studies if len(of) >= sets.TRIALS)
    scores = [trial["score"] for trial in study if trial["status"] == "complete"]
    assert study[0]["number"] == 0 and study[0]["score"] == max(scores)
