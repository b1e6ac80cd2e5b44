"""watched: puts code of its own where the suite looks, and notes the process that runs it."""

import os

import torch

from benchmark.method import Method

PATHS = {}


class Watched(Method):
    """Every place notes its own name and the number of the process that came by."""

    def __init__(self, spec, config, oracle, student):
        self.__dict__["_hidden"] = student
        super().__init__(spec, config, oracle, student)
        self.passed = []

    def came_by(self, place):
        if place not in self.passed:
            self.passed.append(place)
            Method.note(self, f"{place} {os.getpid()}")

    @property
    def student(self):
        if "_notes" in vars(self):
            self.came_by("student")
        return self.__dict__["_hidden"]

    @student.setter
    def student(self, value):
        pass

    def setup(self):
        method, self._notes = self, Noted(self._notes)
        self._scalars = Logged()
        for hooked in self.__dict__["_hidden"].modules():
            hooked.register_state_dict_pre_hook(lambda *_: method.came_by("hook"))
        self.held = Held(self)
        self._notes.method = self._scalars.method = self

    def step(self):
        for query in (Query(torch.rand(5, *self.spec.shape)), Odd(self)):
            Query.method = self
            try:
                self.oracle(query)
            except (TypeError, ValueError, AttributeError):
                continue
        self.log(number=Number(3.0))
        Number.method = self
        self.oracle(torch.rand(100, *self.spec.shape))
        return self.oracle.remaining > 0

    def deliver(self):
        method, student = self, self.__dict__["_hidden"]

        class Delivered(type(student)):
            def state_dict(self, *arguments, **words):
                method.came_by("delivered")
                return super().state_dict(*arguments, **words)

            def __getattr__(self, name):
                method.came_by("getattr")
                return super().__getattr__(name)

            def __call__(self, images):
                method.came_by("called")
                return super().__call__(images)

        student.__class__ = Delivered
        return student

    def state_dict(self):
        self.came_by("state_dict")
        return super().state_dict()

    def notes(self):
        self.came_by("notes")
        return ["a note of its own"]


class Noted(list):
    method = None

    def __iter__(self):
        if self.method:
            self.method.came_by("iter")
        return super().__iter__()


class Logged(dict):
    method = None

    def items(self):
        if self.method:
            self.method.came_by("items")
        return super().items()


class Number(float):
    method = None

    def __float__(self):
        if self.method:
            self.method.came_by("float")
        return 3.0


class Query(torch.Tensor):
    method = None

    @classmethod
    def __torch_function__(cls, function, types, arguments=(), words=None):
        if cls.method:
            cls.method.came_by("function")
        return super().__torch_function__(function, types, arguments, words or {})


class Told(type):
    @property
    def __name__(cls):
        return "Tensor"


class Odd(metaclass=Told):
    def __init__(self, method):
        self.method = method

    @property
    def __class__(self):
        self.method.came_by("class")
        return torch.Tensor

    @property
    def shape(self):
        self.method.came_by("shape")
        return (5,)


class Held:
    """An object with a state of its own."""

    def __init__(self, method):
        self.method = method

    def state_dict(self):
        self.method.came_by("held")
        return {}

    def load_state_dict(self, state):
        self.method.came_by("loaded")
