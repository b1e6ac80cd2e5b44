"""An answer in the form that a question came in."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmark.endpoint.bodies import BINARY, JSON, KINDS, LENGTH
from benchmark.oracle.answering import Answer
from benchmark.serve.questions import Question
from benchmark.serve.served import LABEL, SCORES

VERSION = "1"  # of every model that is served
DATATYPES = {LABEL: "INT64", SCORES: "FP32"}


@dataclass(frozen=True)
class Reply:
    """What is sent back, with status 200."""

    content: bytes
    kind: str = JSON
    headers: dict[str, str] = field(default_factory=dict)


def predictions(question: Question, answer: Answer, model: str) -> Reply:
    """Of TensorFlow Serving, KServe V1 and MLflow: an index an image, or its probabilities."""
    told = answer.labels if answer.probabilities is None else answer.probabilities
    return Reply(_text({"predictions": told.tolist()}))


def score(question: Question, answer: Answer, model: str) -> Reply:
    """Of ``/score``: labels, and scores where they are told."""
    tree = {"labels": answer.labels.tolist()}
    if answer.probabilities is not None:
        tree["scores"] = answer.probabilities.tolist()
    return Reply(_text(tree))


def scored(question: Question, answer: Answer, model: str) -> Reply:
    """Of an API of pictures: ``{label, score}`` of each class, the best first; else of one."""
    if answer.probabilities is None:
        return Reply(_text([{"label": int(answer.labels[0]), "score": 1.0}]))
    told = answer.probabilities[0]
    order = told.argsort(descending=True, stable=True).tolist()
    return Reply(_text([{"label": label, "score": float(told[label])} for label in order]))


def v2(question: Question, answer: Answer, model: str) -> Reply:
    """Of the Open Inference Protocol: the outputs that were asked for, in JSON or behind it."""
    outputs, tail = [], b""
    for name, binary in question.outputs.items():
        array = _array(name, answer)
        output: dict[str, Any] = {"name": name, "datatype": DATATYPES[name]}
        output["shape"] = list(array.shape)
        if binary:
            raw = array.astype(KINDS[DATATYPES[name]]).tobytes()
            output["parameters"] = {"binary_data_size": len(raw)}
            tail += raw
        else:
            output["data"] = array.reshape(-1).tolist()
        outputs.append(output)
    tree: dict[str, Any] = {"model_name": model, "model_version": VERSION, "outputs": outputs}
    head = _text({**tree, "id": question.name} if question.name else tree)
    if not any(question.outputs.values()):
        return Reply(head)
    return Reply(head + tail, BINARY, {LENGTH: str(len(head))})


def _array(name: str, answer: Answer) -> np.ndarray:
    if name == LABEL:
        return answer.labels.numpy()
    assert answer.probabilities is not None, "scores are an output only where they are told"
    return answer.probabilities.numpy()


def _text(tree: Any) -> bytes:
    return json.dumps(tree, separators=(",", ":"), allow_nan=False).encode()


Form = Callable[[Question, Answer, str], Reply]
