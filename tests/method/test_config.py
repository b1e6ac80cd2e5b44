"""The values of a method's Config: how they are spelt decides the id of a run."""

from __future__ import annotations

import dataclasses

from benchmark.method import Method, config, param


class Turned(Method):
    @dataclasses.dataclass(frozen=True)
    class Config:
        degrees: float = param(10, "of a test")
        shift: float = param(0.5, "of a test")


def test_a_value_that_equals_the_default_is_spelt_as_the_default():
    for given in (10, 10.0, "10", "1e1"):
        assert repr(config.resolve(Turned, "turned", {"degrees": given}).degrees) == "10"
    assert repr(config.resolve(Turned, "turned", {"degrees": 11}).degrees) == "11.0"


def test_a_later_layer_leads_back_to_the_default():
    assert config.resolve(Turned, "turned", {"shift": 1}, {"shift": "0.50"}) == Turned.Config()
