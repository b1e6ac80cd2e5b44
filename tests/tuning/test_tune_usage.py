"""``bench tune`` refuses impossible requests: one clear line, before torch is imported."""

from __future__ import annotations

import importlib.util
import sys

import pytest

from benchmark.errors import BenchError
from benchmark.tuning import asking, sets
from support.suite import bench_environment

REFUSED = {
    ("nosie",): "unknown method 'nosie'. Did you mean noise?",
    ("dfme:cachd",): "unknown variant of dfme 'cachd'. Did you mean cached?",
    ("noise",): "noise has no search space (`space` in the method's file); the methods with one",
    ("ideal:alg1",): "ideal:alg1 has no search space",
    ("gone.py",): "there is no method file 'gone.py'",
    ("ideal", "--dataset", "mnist"): "nothing is tuned on mnist: a table's test images must stay",
    ("ideal", "--dataset", "digits,fmnist"): "nothing is tuned on fmnist",
    ("ideal", "--dataset", "tuning:mnist"): "nothing is tuned on tuning:mnist",
    ("ideal", "--dataset", ","): "names no tuning set",
    ("ideal", "--dataset", f"digits,{sets.COLOUR}"): "is tuned on alone",
    ("ideal", "--dataset", sets.COLOUR): f"make it: {sets.MAKE_COLOUR}",
    ("ideal", "--trials", "0"): "0 is not in the range",
    ("ideal", "--trials", "-3"): "-3 is not in the range",
    ("ideal", "--trials", "many"): "'many' is not a valid integer",
    ("ideal", "--seed", "3"): "3 is not in the range",
    ("ideal", "--budget", "0"): "is no query budget",
    ("ideal", "--stop-after", "soon"): "soon",
    ("ideal", "--list"): "leave out METHOD",
    ("ideal", "-o", "x.md"): "--output is for --list",
    (): "give a METHOD to tune, or --list",
    ("ideal",): "there is no folder or archive 'usps_png.tar.xz'",
    ("--list",): "there are no trials in",
}


@pytest.mark.parametrize("words", REFUSED, ids=" ".join)
def test_wrong_input_is_answered_in_a_line(words, cli, tmp_path):
    code, output, errors = cli("tune", *words)
    assert code == 2 and not output and REFUSED[words] in errors
    lines = [line for line in errors.splitlines() if not line.startswith(("Usage:", "Try '"))]
    assert len([line for line in lines if line.strip()]) == 1
    assert [path.name for path in tmp_path.iterdir()] == []


def test_it_is_answered_before_torch_is_imported(tmp_path):
    import subprocess

    code = (
        "import sys\nfrom benchmark.cli.main import main\n"
        "for words in (['noise'], ['nosie'], ['ideal', '--dataset', 'mnist'], ['ideal'], "
        "['ideal', '--trials', '0'], ['--list']):\n"
        "    sys.argv = ['bench', 'tune', *words]\n"
        "    try:\n        main()\n"
        "    except SystemExit as end:\n        assert end.code == 2, words\n"
        "    assert not {'torch', 'optuna'} & set(sys.modules), words\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=bench_environment(tmp_path),
    )
    assert done.returncode == 0, done.stderr


def test_without_optuna_it_says_how_to_have_it(cli, monkeypatch, tmp_path):
    usual = importlib.util.find_spec
    monkeypatch.setattr(
        asking.importlib.util, "find_spec", lambda name: None if name == "optuna" else usual(name)
    )
    with pytest.raises(BenchError, match=r"needs Optuna.*pip install '\.\[tune\]'"):
        asking.require_optuna()
    code, _, errors = cli("tune", "ideal", "--dataset", "digits")
    assert code == 2 and "pip install '.[tune]'" in errors and errors.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == []


def test_the_tuning_sets_are_digits_and_usps_in_their_order():
    assert sets.chosen(None) == list(sets.SETS) == ["digits", "folder:usps_png.tar.xz"]
    assert sets.chosen("folder:usps_png.tar.xz, digits") == list(sets.SETS)
    assert sets.chosen("digits") == ["digits"]
    assert all(sets.is_tuning_set(name) for name in sets.NAMES)
    assert not any(sets.is_tuning_set(name) for name in ("mnist", "tuning:digits", "cifar100"))


def test_colour_is_tuned_on_alone_and_with_more_queries():
    assert sets.chosen(sets.COLOUR) == [sets.COLOUR] == sets.chosen(f"{sets.COLOUR},{sets.COLOUR}")
    assert sets.usual_budget([sets.COLOUR]) == 5_000 > sets.usual_budget([*sets.SETS]) == 2_000
