"""Methods that would watch the official numbers being made: nothing of theirs runs then."""

from __future__ import annotations

import pytest

from benchmark.oracle import guard
from support.runs import ASKS, official


def test_a_hook_on_the_student_never_sees_a_test_image(row_of):
    row = row_of(f"""
        def setup(self):
            self.seen = 0
            self.student.register_forward_hook(self.look)

        def look(self, module, inputs, logits):
            self.seen += len(inputs[0])

        def step(self):
            {ASKS.format(150)}
            self.log(seen=self.seen)
            return self.oracle.remaining > 0
    """)
    assert [point.logged["seen"] for point in row.curve[1:]] == [0] * (len(row.curve) - 1)


WATCHES = """
    def setup(self):
        self.seen = []

    def look(self, module, inputs, logits):
        self.seen.append(len(inputs[0]))
        return torch.eye(10)[3].expand(len(inputs[0]), 10)

    def begin(self):
        torch.nn.modules.module.register_module_forward_hook(self.look)

    def step(self):
        self.oracle(torch.rand(60, *self.spec.shape))
        self.oracle(torch.rand(60, *self.spec.shape))
        return False
"""
MODE = """
    def begin(self):
        class Mode(torch.overrides.TorchFunctionMode):
            def __torch_function__(self, function, types, arguments=(), more=None):
                return function(*arguments, **(more or {}))

        Mode().__enter__()
"""
DISPATCH = MODE.replace("overrides.TorchFunctionMode", "utils._python_dispatch.TorchDispatchMode")
DISPATCH = DISPATCH.replace("__torch_function__", "__torch_dispatch__")


@pytest.fixture(autouse=True)
def nothing_is_left():
    """Hooks that a method registers in this process are gone when its run has ended."""
    yield
    assert guard.watcher() == ""


@pytest.mark.parametrize("more", ["", MODE, DISPATCH], ids=["hook", "mode", "dispatch mode"])
def test_nothing_may_watch_while_the_official_numbers_are_made(more, row_of):
    deliver = "def deliver(self):\n    self.begin()\n    return self.student\n"
    row = row_of(f"{WATCHES}\n{more}\n    {deliver.replace(chr(10), chr(10) + '    ')}", code=1)
    assert (row.status, row.accuracy) == ("failed", None)
    assert "it would see the test images" in row.error


@pytest.mark.parametrize("name", ["logged", "newly_logged", "state_dict"])
def test_at_a_mark_no_code_of_the_method_runs(name, row_of):
    plain = row_of(WATCHES)
    own = f"def {name}(self):\n        self.begin()\n        return {{}}\n"
    row = row_of(f"{WATCHES}\n    {own}")
    assert official(row) == official(plain)


def test_a_student_that_says_itself_what_its_weights_are_is_not_asked(row_of):
    plain = row_of(WATCHES)
    patch = (
        "self.student.state_dict = self.begin\n        self.student.get_extra_state = self.begin"
    )
    row = row_of(WATCHES.replace("self.seen = []", f"self.seen = []\n        {patch}"))
    assert official(row) == official(plain)


def test_weights_of_a_tensor_class_of_its_own_are_a_failed_row(row_of):
    row = row_of(
        """
        def step(self):
            return False

        def deliver(self):
            class Wide(torch.Tensor):
                pass

            layer = list(self.student.modules())[-1]
            layer._parameters["bias"] = layer.bias.detach().as_subclass(Wide)
            return self.student
        """,
        code=1,
    )
    assert "bias is a Wide, no plain torch.Tensor" in row.error
