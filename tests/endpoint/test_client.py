"""A client of prediction APIs: every fault in the right words, the canary, the rate."""

from __future__ import annotations

import socket
import subprocess
import time
from email.utils import formatdate

import numpy as np
import pytest

from benchmark.endpoint import CANARY_QUERIES, Client, canary
from benchmark.errors import BenchError
from benchmark.oracle.replies import Denied, NotProcessed, Unclear
from support import endpoints
from support.endpoints import (
    NAMES,
    answer,
    asked,
    classes_of,
    endpoint,
    images,
    saying,
    serving,
)

pytest.importorskip("httpx2")


def wrong_id(question, handler):
    output = {"name": "label", "datatype": "INT64", "shape": [3], "data": [1, 2, 3]}
    answer(handler, {"id": "another", "outputs": [output]})


def hanging_up(question, handler):
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


def torn(question, handler):
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b"[1, 2")
    hanging_up(question, handler)


def silent(question, handler):
    time.sleep(0.3)


def dripping(question, handler):
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    for _ in range(10):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.05)


UNCLEAR = {
    "a server's error": (saying(b"no", status=500), {}, "status 500: no"),
    "a request timeout": (saying(b"", status=408), {}, "status 408"),
    "another success": (saying([1, 2, 3], status=202), {}, "status 202"),
    "a redirect": (
        saying(b"", status=307, headers={"Location": "https://elsewhere.invalid"}),
        {},
        "redirects",
    ),
    "too few": (saying([1, 2]), {}, "2 answers to 3 images"),
    "too many": (saying([1, 2, 3, 4]), {}, "4 answers to 3 images"),
    "NaN": (saying(b"[[NaN]]"), {}, "NaN is not a number"),
    "infinity": (saying(b"[1, 2, 1e999]"), {}, "not a number"),
    "a name": (saying(["cat", "dog", "cat"]), {}, "names the class 'cat'"),
    "a name that is not known": (saying(["cat"] * 3), {"class_names": NAMES}, "is not in"),
    "a class too far": (saying([1, 2, 10]), {}, "10, not from 0 to 9"),
    "a negative class": (saying([1, 2, -1]), {}, "-1, not from 0 to 9"),
    "a broken number": (saying([1, 2, 2.5]), {}, "decimals"),
    "a truth": (saying([1, 2, True]), {}, "bool"),
    "ragged": (saying([[1], [2, 3], [4]]), {}, "neither 1 answer nor 10 scores"),
    "no probabilities": (saying([[float(n) for n in range(10)]] * 3), {}, "add up to 1"),
    "an error as a text": (saying("boom: no such column"), {}, "'boom: no such column'"),
    "an error as an object": (saying({"error": "boom"}), {}, "lacks the place"),
    "torn JSON": (saying(b"[1, 2"), {}, "torn"),
    "not text": (saying(b"\xff\xfe\xfd"), {}, "status 200, but"),
    "deep JSON": (saying(b"[" * 100_000 + b"]" * 100_000), {}, "nested too deeply"),
    "rather deep JSON": (saying(b"[" * 50 + b"]" * 50), {}, "nested too deeply"),
    "a page": (saying(b"<html>", kind="text/html"), {}, "text/html"),
    "no kind": (saying([1, 2, 3], kind=""), {}, "no content type"),
    "packed": (saying([1, 2, 3], headers={"Content-Encoding": "gzip"}), {}, "packs"),
    "too much": (saying([1] * 500), {"largest_answer": 100}, "more than 100 bytes"),
    "another id": (wrong_id, {"body": "v2", "input": "i"}, "id of another question"),
    "another output": (endpoints.v2, {"body": "v2", "input": "i", "output": "z"}, "label"),
    "a connection that ends": (hanging_up, {}, "ended the connection"),
    "an answer that ends": (torn, {}, "ended the connection"),
    "silence": (silent, {"read_timeout": 0.05}, "no whole answer within 0.05 s"),
    "a byte now and then": (dripping, {"read_timeout": 0.12}, "no whole answer within 0.12 s"),
}


@pytest.mark.parametrize("fault", UNCLEAR)
def test_a_question_that_may_have_been_answered_is_unclear(fault):
    say, changes, words = UNCLEAR[fault]
    with pytest.raises(Unclear) as problem:
        asked(say, **changes)
    assert words in str(problem.value) and "127.0.0.1" in str(problem.value)
    assert "\n" not in str(problem.value)


def test_an_unclear_question_is_sent_once():
    with serving(hanging_up) as server, Client(endpoint(server.url)) as client:
        with pytest.raises(Unclear):
            client.ask(images(1))
        assert len(server.asked) == 1


@pytest.mark.parametrize("status", [401, 403])
def test_a_wrong_key_is_denied_and_says_where_to_look(status):
    with pytest.raises(Denied, match=r"refuses the key .*'env' of \[signer\]"):
        asked(saying(b"", status=status))


@pytest.mark.parametrize(
    ("status", "words"), [(404, "'url'"), (413, "'batch'"), (429, "set 'rate'")]
)
def test_a_question_that_was_turned_away_is_not_processed(status, words):
    with pytest.raises(NotProcessed, match=words) as problem:
        asked(saying(b"", status=status))
    assert problem.value.retry_after is None


def test_the_file_says_which_statuses_release_a_question():
    with pytest.raises(NotProcessed):
        asked(saying(b"", status=422), not_processed=(422,))
    with pytest.raises(Unclear):
        asked(saying(b"", status=429), not_processed=(422,))


@pytest.mark.parametrize(
    ("said", "least", "most"),
    [
        ("7", 7, 7),
        ("99999999", 600, 600),
        ("-3", 0, 0),
        (lambda: formatdate(time.time() + 300, usegmt=True), 200, 300),
    ],
)
def test_the_wait_that_a_server_asks_for_is_read_in_both_forms_and_bounded(said, least, most):
    said = said() if callable(said) else said  # a date is of the moment
    with pytest.raises(NotProcessed) as problem:
        asked(saying(b"", status=429, headers={"Retry-After": said}))
    assert least <= problem.value.retry_after <= most


@pytest.mark.parametrize("said", ["soon", "nan", "inf"])
def test_a_wait_that_is_none_is_not_heeded(said):
    with pytest.raises(NotProcessed) as problem:
        asked(saying(b"", status=429, headers={"Retry-After": said}))
    assert problem.value.retry_after is None


def test_a_dead_host_has_processed_nothing():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/score"
        with (
            Client(endpoint(url)) as client,
            pytest.raises(NotProcessed, match="cannot be reached; look whether it runs"),
        ):
            client.ask(images(1))


def test_a_certificate_of_ones_own_is_refused_until_the_file_names_it(tmp_path):
    import ssl

    pair = tmp_path / "pair.pem"
    made = subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt"),
            *("ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=localhost", "-days", "1"),
            *("-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "k.pem", "-out", "c.pem"),
        ],
        cwd=tmp_path,
        capture_output=True,
    )
    if made.returncode:
        pytest.skip("openssl makes no certificate here")
    pair.write_bytes((tmp_path / "k.pem").read_bytes() + (tmp_path / "c.pem").read_bytes())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair)
    with pytest.raises(NotProcessed, match=r"certificate that nobody here trusts.*'ca_file'"):
        asked(endpoints.mlflow, context=context)
    shown = images(2)
    reply, _ = asked(endpoints.mlflow, shown, context, ca_file=str(tmp_path / "c.pem"))
    assert reply.labels.tolist() == classes_of(shown)


def test_a_file_without_certificates_is_named_under_plain_http_too(tmp_path):
    (tmp_path / "none.pem").write_text("no certificate")
    with pytest.raises(BenchError, match=r"'ca_file' .*none\.pem holds no certificates"):
        asked(endpoints.mlflow, ca_file=str(tmp_path / "none.pem"))


@pytest.mark.parametrize(
    "shown",
    [images(51), images(0), images(2, (1, 4, 5)), images(2).astype(np.float32)],
    ids=["too many", "none", "another shape", "floats"],
)
def test_images_that_do_not_fit_are_never_sent(shown):
    with serving(endpoints.mlflow) as server, Client(endpoint(server.url)) as client:
        with pytest.raises(BenchError, match="takes"):
            client.ask(shown)
        assert not server.asked


@pytest.mark.parametrize("batch", [1, 3, 50])
def test_the_canary_costs_what_it_says_and_is_the_same_for_every_batch(batch):
    with serving(endpoints.mlflow) as server:
        digests = []
        for size in (batch, 50):
            server.asked.clear()
            with Client(endpoint(server.url, batch=size)) as client:
                digests.append(canary(client).digest)
            assert sum(len(one.json()["inputs"]) for one in server.asked) == CANARY_QUERIES
    assert digests[0] == digests[1] and len(digests[0]) == 64


def test_another_encoding_or_another_model_is_another_identity():
    with serving(endpoints.mlflow) as server:
        made = []
        for changes in ({}, {"values": "float"}, {"layout": "NHWC"}, {"rate": 1e5}):
            with Client(endpoint(server.url, **changes)) as client:
                made.append(canary(client).digest)
        server.say = lambda question, handler: answer(handler, [7] * len(question.json()["inputs"]))
        with Client(endpoint(server.url)) as client:
            made.append(canary(client).digest)
    assert made[3] == made[0] and len(set(made)) == 4


def test_a_server_that_draws_lots_sings_no_canary():
    count = iter(range(100))

    def lots(question, handler):
        answer(handler, [next(count) % 10 for _ in question.json()["inputs"]])

    with serving(lots) as server, Client(endpoint(server.url)) as client:  # noqa: SIM117
        with pytest.raises(BenchError, match="other answers the second time"):
            canary(client)


def test_a_client_waits_to_stay_below_the_rate():
    now, slept = [0.0], []

    def sleep(seconds):
        slept.append(seconds)
        now[0] += seconds

    with serving(endpoints.mlflow) as server:
        limited = endpoint(server.url, rate=10.0)
        with Client(limited, clock=lambda: now[0], sleep=sleep) as client:
            for _ in range(3):
                client.ask(images(19))
    assert slept == pytest.approx([2.0, 2.0])
