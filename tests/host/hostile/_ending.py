import torch

from benchmark.method import Method

LABELS = [0]


class Hostile(Method):
    """Makes every attempt of its file once, and notes those that got something."""

    def step(self):
        self.ask(1)
        names = [name for name in globals() if name.startswith("try_")]
        through = [name.removeprefix("try_") for name in names if self.gets(globals()[name])]
        for first in range(0, len(through), 5):
            self.note("through: " + " ".join(through[first : first + 5]))
        self.note(f"made {len(names)}")
        self.log(labels=LABELS[0])
        return False

    def gets(self, attempt):
        try:
            return attempt(self)
        except BaseException:
            return False

    def ask(self, number):
        labels = self.oracle(torch.rand(number, *self.spec.shape))
        LABELS[0] += len(labels)
        return labels
