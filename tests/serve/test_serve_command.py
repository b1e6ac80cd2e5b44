"""``bench serve``: what it prints and writes, what it refuses, and how it stops."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from dataclasses import replace

import pytest
import torch

from benchmark import endpoint
from benchmark.errors import BenchError
from benchmark.run.setting import Places
from benchmark.run.watch import Show
from benchmark.serve import endpoint_file, resolve
from support.endpoints import images
from support.serving import FILE, KEY, NAME, SHAPE, VARIABLE, digits, serving
from support.suite import CPU, ROOT, bench_environment


@pytest.mark.slow
def test_a_signal_ends_it_after_the_running_request_and_the_key_is_nowhere(tmp_path):
    file = tmp_path / "served.toml"
    options = ["--port", "0", "--quota", "1k", "--api-key-env", VARIABLE, "--write-endpoint", file]
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW, "serve", "--teacher", NAME, *map(str, options)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env={**bench_environment(tmp_path), VARIABLE: KEY},
    )
    try:
        said = [process.stdout.readline() for _ in range(4)]
        asking = subprocess.Popen(
            [sys.executable, "-c", ASKING, address_in(said[0]), KEY],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stderr.readline() == "asked\n"
        process.send_signal(signal.SIGTERM)
        answer, _ = asking.communicate(timeout=60)
        output, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0 and f"stopped; asked: {VARIABLE} 2 images" in output
    first, second = json.loads(answer)["labels"]
    assert first == second
    assert KEY not in "".join(said) + output + errors + file.read_text()
    described = endpoint.read(file)
    assert described.url == f"{address_in(said[0])}/v2/models/{NAME}/infer"
    assert (described.shape, described.batch, described.signer.env) == (SHAPE, 1000, VARIABLE)


def address_in(line):
    return re.search(r"http://127\.0\.0\.1:\d+", line)[0]


# The teacher takes its time, so that the signal comes while a request runs.
SLOW = """
import sys, time
from benchmark.serve.served import Served
answer = Served.answer
def slow(self, shown):
    print("asked", file=sys.stderr, flush=True)
    time.sleep(0.5)
    return answer(self, shown)
Served.answer = slow
from benchmark.cli.main import main
main()
"""
ASKING = """
import json, sys, urllib.request
body = json.dumps({"data": [[7] * 256] * 2}).encode()
headers = {"Content-Type": "application/json", "Authorization": f"Bearer {sys.argv[2]}"}
with urllib.request.urlopen(urllib.request.Request(f"{sys.argv[1]}/score", body, headers)) as got:
    print(got.read().decode())
"""


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--teacher", "mnist-lenett"], "Did you mean mnist-lenet"),
        (["--teacher", "lenet"], "give --dataset too"),
        (["--teacher", "net.onnx"], "give --dataset too"),
        (["--teacher", "endpoint:other.toml"], "there is no network here"),
        (
            ["--teacher", NAME, "--dataset", "photos"],
            "1x16x16 images of 10 classes, not for photos",
        ),
        (["--teacher", "mlp", "--dataset", "digits"], "`bench teacher train` makes one"),
        (["--teacher", NAME, "--host", "0.0.0.0"], "give --api-key-env"),
        (["--teacher", NAME, "--api-key-env", "NOT_THERE"], "NOT_THERE is not set"),
        (["--teacher", NAME, "--api-key-env", "sk-typed-in"], "the NAME of an environment"),
        (["--teacher", NAME, "--quota", "0"], "no query budget"),
        (["--teacher", NAME, "--rate", "100"], "is no rate; write queries/period"),
        (["--teacher", NAME, "--rate", "0/s"], "is no rate; write queries/period"),
        (["--teacher", NAME, "--host", "192.0.2.1", "--api-key-env", VARIABLE], "listened at"),
    ],
)
def test_a_slip_of_the_pen_is_one_line(cli, monkeypatch, options, message):
    monkeypatch.setenv(VARIABLE, KEY)
    code, output, errors = cli("serve", *options)
    assert code == 2 and message in errors and "Traceback" not in errors
    assert "sk-typed-in" not in errors and output == ""


def test_a_port_that_is_taken_is_named(cli):
    from benchmark.serve import server

    with server.listen("127.0.0.1", 0) as taken:
        code, _, errors = cli("serve", "--teacher", NAME, "--port", taken.getsockname()[1])
    assert code == 2 and "give another --port" in errors


def test_without_its_packages_the_command_says_what_to_install(cli, monkeypatch):
    from benchmark.cli import serve

    monkeypatch.setattr(serve, "find_spec", lambda name: None)
    code, _, errors = cli("serve", "--teacher", NAME)
    assert code == 2 and "[serve]" in errors


@pytest.mark.parametrize(
    ("teacher", "dataset"),
    [
        (NAME, None),
        (NAME, "digits"),
        ("lenet", "digits"),
        (str(FILE), None),
        (str(FILE), "digits"),
    ],
)
def test_a_teacher_is_found_by_name_by_file_and_by_architecture(tmp_path, teacher, dataset):
    places = Places(tmp_path, tmp_path)
    found = resolve.find(teacher, dataset, places, None, Show())
    assert found.path == FILE


def test_a_teachers_file_that_is_spoilt_is_refused(tmp_path):
    for path in (FILE, FILE.with_suffix(".json")):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    spoilt = tmp_path / FILE.name
    spoilt.write_bytes(spoilt.read_bytes()[:-1] + b"x")
    with pytest.raises(BenchError, match="refused"):
        resolve.load(
            resolve.find(str(spoilt), None, Places(tmp_path, tmp_path), None, Show()), "cpu"
        )


def test_the_files_of_the_page_reach_this_server(tmp_path):
    """Each endpoint's file of ``docs/serve.md``, with the address and the shape of a test's."""
    pytest.importorskip("httpx2")
    blocks = re.findall(r"```toml\n(.*?)```", (ROOT / "docs/serve.md").read_text(), re.DOTALL)
    assert len(blocks) == 5
    with serving() as running:
        for number, block in enumerate(blocks):
            block = block.replace("http://127.0.0.1:8000", running.address).partition("[signer]")[0]
            block = block.replace("mnist-lenet", NAME).replace("[1, 28, 28]", str(list(SHAPE)))
            file = tmp_path / f"{number}.toml"
            file.write_text(block)
            with endpoint.Client(endpoint.read(file)) as client:
                count = min(5, client.endpoint.batch)
                assert len(client.ask(images(count, SHAPE)).labels) == count


def test_a_model_of_ones_own_is_imported_and_served_with_the_same_labels(tmp_path):
    pytest.importorskip("httpx2")
    own = tmp_path / "mine.safetensors"
    own.write_bytes(FILE.read_bytes())
    folder = tmp_path / "teachers"
    places, asked = Places(tmp_path, folder), f"{own}@lenet"
    found = resolve.find(asked, "digits", places, None, Show())
    assert found.path.parent == folder
    assert resolve.find("own:mine", None, places, None, Show()) == found
    shown = images(30, SHAPE)
    served = resolve.load(found, CPU)
    with serving(served=served) as running:
        text = endpoint_file.text(served, running.address, 50, None, ())
        (tmp_path / "own.toml").write_text(text)
        with endpoint.Client(endpoint.read(tmp_path / "own.toml")) as client:
            labels = client.ask(shown).labels
    assert labels.equal(digits().answer(torch.from_numpy(shown)).labels)


def test_the_endpoints_file_is_printed_unless_it_is_written(capsys, tmp_path):
    from benchmark.cli import serve

    offer = serve.Offer((VARIABLE,), 25_000, 2.5, 40, 10**6, True)
    serve._tell(replace(digits(), scores=True), "http://127.0.0.1:1", offer, None, "counted")
    said = capsys.readouterr().out
    assert "25,000 images, 2.5 images a second" in said and "99.15 % on digits" in said
    (tmp_path / "printed.toml").write_text(said.partition(":\n\n")[2])
    printed = endpoint.read(tmp_path / "printed.toml")
    assert (printed.rate, printed.batch, printed.output) == (2.5, 40, "scores")
    assert {429, 503} <= set(printed.not_processed)
