"""Keys, tokens and signatures are sent, and seen nowhere else."""

from __future__ import annotations

import dataclasses
import gc
import logging
import sys

import pytest

from benchmark.endpoint import Client, Signer
from benchmark.errors import BenchError
from benchmark.oracle.replies import Unclear
from support import endpoints
from support.endpoints import (
    SECRET,
    endpoint,
    images,
    saying,
    serving,
)

pytest.importorskip("httpx2")

SIGNERS = {
    "bearer": (Signer(kind="bearer", env="THE_KEY"), "Authorization", f"Bearer {SECRET}"),
    "header": (Signer(kind="header", env="THE_KEY", header="X-Api-Key"), "X-Api-Key", SECRET),
    "oauth": (Signer(kind="oauth", env="THE_KEY"), "Authorization", f"Bearer {SECRET}"),
    "command": (
        Signer(kind="oauth", command=(sys.executable, "-c", f"print({SECRET!r})")),
        "Authorization",
        f"Bearer {SECRET}",
    ),
}


@pytest.mark.parametrize("kind", SIGNERS)
def test_a_key_is_sent_and_seen_nowhere(kind, monkeypatch, caplog, capsys):
    signer, header, value = SIGNERS[kind]
    monkeypatch.setenv("THE_KEY", SECRET)
    caplog.set_level(logging.DEBUG)
    with serving(endpoints.mlflow) as server:  # noqa: SIM117
        with Client(endpoint(server.url, signer=signer)) as client:
            client.ask(images(1))
            assert {k.lower(): v for k, v in server.asked[0].headers.items()}[
                header.lower()
            ] == value
            server.say = saying(f"your key {SECRET} is odd".encode(), status=500)
            with pytest.raises(Unclear, match=r"\[secret\]") as first:
                client.ask(images(1))
            server.say = saying(f"your key {SECRET} is odd")
            with pytest.raises(Unclear) as second:
                client.ask(images(1))
            said = [repr(client), repr(client._signing), str(first.value), str(second.value)]
    said += [caplog.text, *capsys.readouterr()]
    assert not [one for one in said if SECRET in one]


def test_a_missing_key_and_a_command_that_fails_are_told_without_asking(monkeypatch):
    monkeypatch.delenv("THE_KEY", raising=False)
    with pytest.raises(BenchError, match="THE_KEY is not set"):
        Client(endpoint("https://a.invalid", signer=Signer(kind="bearer", env="THE_KEY")))
    script = f"import sys; print({SECRET!r}); sys.exit(3)"
    failing = Signer(kind="oauth", command=(sys.executable, "-c", script))
    with (
        Client(endpoint("https://a.invalid", signer=failing)) as client,
        pytest.raises(BenchError, match="ended with 3") as problem,
    ):
        client.ask(images(1))
    assert SECRET not in str(problem.value)


def test_a_token_is_made_anew_when_its_time_is_over(tmp_path):
    script = f"print(open({str(tmp_path / 'n')!r}, 'a').write('x') and 'token')"
    signer = Signer(kind="oauth", command=(sys.executable, "-W", "ignore", "-c", script))
    now = [0.0]
    with serving(endpoints.mlflow) as server:  # noqa: SIM117
        with Client(endpoint(server.url, signer=signer), clock=lambda: now[0]) as client:
            for moment in (0.0, 1799.0, 1801.0):
                now[0] = moment
                client.ask(images(1))
    assert (tmp_path / "n").read_text() == "xx"


def test_a_signature_of_aws_is_the_one_that_botocore_makes(monkeypatch):
    auth = pytest.importorskip("botocore.auth")
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_SESSION_TOKEN", "session-token")
    signer = Signer(kind="aws-sigv4", region="eu-west-1", service="sagemaker")
    with serving(endpoints.mlflow) as server:  # noqa: SIM117
        with Client(endpoint(server.url, signer=signer)) as client:
            client.ask(images(2))
            got = {k.lower(): v for k, v in server.asked[0].headers.items()}
            signed = got["authorization"].split("SignedHeaders=")[1].split(",")[0].split(";")
            again = AWSRequest(
                "POST", server.url, {n: got[n] for n in signed}, server.asked[0].content
            )
            again.context["timestamp"] = got["x-amz-date"]
            keys = Credentials("AKIDEXAMPLE", SECRET, "session-token")
            maker = auth.SigV4Auth(keys, "sagemaker", "eu-west-1")
            text = maker.string_to_sign(again, maker.canonical_request(again))
            assert got["authorization"].endswith(maker.signature(text, again))
            assert got["x-amz-security-token"] == "session-token"
            assert SECRET not in repr(client) + str(got)


def test_an_endpoint_holds_no_secret(monkeypatch):
    monkeypatch.setenv("THE_KEY", SECRET)
    made = endpoint("https://a.invalid/x", signer=SIGNERS["bearer"][0])
    client = Client(made)
    assert SECRET not in repr(made) + repr(client) + str(dataclasses.asdict(made))
    client.close()
    gc.collect()
