"""The start of a command: packages that take seconds to import, and those that may take them."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from benchmark.rows.store import Store
from support.made_rows import make_row
from support.suite import ROOT, bench_environment

# torch's compiler imports sympy, the FLOP counter triton.
HEAVY = {
    *("torch", "torchvision", "timm", "sympy", "triton", "numpy", "pandas", "scipy", "scipy.stats"),
    *("sklearn", "matplotlib", "PIL", "rich"),
}
COMMAND = """
import json, sys
sys.argv = ["bench", *sys.argv[1:]]
from benchmark.cli.main import main
try:
    main()
finally:
    print(json.dumps(list(sys.modules)), file=sys.stderr)
"""
RUN = """
import json, sys
from benchmark.cli import closing, working
from benchmark.run import runner
from benchmark.method import engine
engine.warm()
print(json.dumps(list(sys.modules)), file=sys.stderr)
"""
CHILD = """
import json, sys
from benchmark.host import child
child.engines.warm()
print(json.dumps(list(sys.modules)), file=sys.stderr)
"""
STATISTICS = {"numpy", "scipy"}  # the quantile of an interval


def imported(code, folder, *words):
    """The heavy packages that a process has imported at its end."""
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env=bench_environment(folder),
    )
    return HEAVY & set(json.loads(done.stderr.splitlines()[-1]))


@pytest.mark.parametrize(
    "words",
    [
        "--help",
        "run --help",
        "list",
        "list methods",
        "list datasets",
        "table",
        "table --format csv",
    ],
)
def test_a_command_that_only_tells_imports_no_torch(words, tmp_path):
    store = Store(tmp_path / "results")
    store.prepare()
    for seed, accuracy in enumerate((50.0, 60.0, 61.0)):
        for method in ("noise", "ideal"):
            store.write(
                make_row(method=method, seed=seed, accuracy=accuracy, teacher_shipped=False)
            )
    allowed = STATISTICS if words.startswith("table") else set()
    assert imported(COMMAND, tmp_path, *words.split()) == allowed


@pytest.mark.parametrize(
    ("code", "allowed"),
    [(RUN, {"torch", "numpy", "rich", "PIL"}), (CHILD, {"torch", "numpy"})],
    ids=["suite", "method"],
)
def test_a_run_imports_torch_and_little_more(code, allowed, tmp_path):
    assert imported(code, tmp_path) == allowed
