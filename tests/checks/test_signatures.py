"""Signatures of rows, made and held by the real ``ssh-keygen``.

Where it is missing these tests are skipped and say why, and ``.ci/run`` ends with that.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from benchmark.checks import signatures
from benchmark.checks.findings import FAILED, HOLDS
from benchmark.errors import BenchError
from support.audits import audited
from support.runs import edit

pytestmark = pytest.mark.skipif(
    shutil.which("ssh-keygen") is None,
    reason="no ssh-keygen on this machine; `apt-get install -y openssh-client` brings it",
)


@pytest.fixture(scope="module")
def keys(tmp_path_factory) -> Path:
    """A folder with the keys of alice and mallory, and a file of signers that names alice."""
    folder = tmp_path_factory.mktemp("keys")
    for name in ("alice", "mallory"):
        keygen("-q", "-t", "ed25519", "-N", "", "-C", name, "-f", folder / name)
    (folder / "signers").write_text(f"alice@example.org {public(folder, 'alice')}\n")
    return folder


def keygen(*arguments: object) -> None:
    subprocess.run(["ssh-keygen", *map(str, arguments)], check=True, capture_output=True)


def public(folder: Path, name: str) -> str:
    return " ".join((folder / f"{name}.pub").read_text().split()[:2])


def sign(keys: Path, row: Path, by: str = "alice", namespace: str = signatures.NAMESPACE) -> None:
    """As an author does it, by the command of the documentation."""
    row.with_name(f"{row.name}.sig").unlink(missing_ok=True)
    keygen("-Y", "sign", "-n", namespace, "-f", keys / by, row)


@pytest.fixture
def row(results) -> Path:
    (found,) = (results / "runs").glob("*.json")
    return found


def test_an_audit_says_who_signed_which_row(cli, results, row, keys):
    sign(keys, row)
    code, output = audited(cli, results, "--signers", keys / "signers")
    said = f"ok      signature: alice@example.org signed {row.name} with ED25519 key SHA256:"
    assert code == 0 and said in output


def test_a_missing_signature_is_named_with_the_command_that_makes_it(cli, results, row, keys):
    code, output = audited(cli, results, "--signers", keys / "signers")
    assert code == 1 and f"FAILED  signature: there is no {row}.sig" in output
    command = f"ssh-keygen -Y sign -n {signatures.NAMESPACE} -f KEY {row}"
    assert command in output and "repeating" not in output


def test_the_command_of_the_documentation_is_the_one_that_works():
    page = Path(__file__).parents[2].joinpath("docs", "rows.md").read_text()
    assert f"ssh-keygen -Y sign -n {signatures.NAMESPACE} -f " in page


def finding(row: Path, keys: Path, signers: str = "") -> tuple[str, str]:
    """Verdict and text on the signature beside a row; ``signers``: other lines than alice's."""
    file = keys / "signers"
    if signers:
        file = row.with_name("signers")
        file.write_text(signers)
    found = signatures.check(row, file)
    return found.verdict, found.text


def test_a_row_that_was_changed_after_it_was_signed_fails(row, keys):
    sign(keys, row)
    edit(row, commit="fedcba987654")
    verdict, text = finding(row, keys)
    assert verdict == FAILED and "it is not one of this row as it is: " in text
    assert "incorrect signature" in text


def test_the_signature_of_another_row_or_namespace_fails(row, keys):
    other = row.with_name("other.json")
    other.write_text("{}")
    sign(keys, other)
    Path(f"{other}.sig").rename(f"{row}.sig")
    assert finding(row, keys)[0] == FAILED
    sign(keys, row, namespace="file")
    verdict, text = finding(row, keys)
    assert verdict == FAILED and "namespace" in text


def test_a_foreign_key_fails_by_its_fingerprint(row, keys):
    sign(keys, row, by="mallory")
    verdict, text = finding(row, keys)
    assert verdict == FAILED and f"of a key that {keys / 'signers'} does not name" in text
    assert "SHA256:" in text


def test_a_key_may_be_named_for_another_purpose_or_time_alone(row, keys):
    sign(keys, row)
    for limit in ('namespaces="git"', 'valid-before="20200101"'):
        verdict, text = finding(row, keys, f"alice@example.org {limit} {public(keys, 'alice')}")
        assert verdict == FAILED, text
    mine = f'namespaces="{signatures.NAMESPACE}"'
    verdict, text = finding(row, keys, f"a@x.org {mine} {public(keys, 'alice')}")
    assert (verdict, text.split()[0]) == (HOLDS, "a@x.org")


def test_of_several_names_and_lines_the_one_that_may_sign_is_said(row, keys):
    sign(keys, row)
    lines = [f"m@x.org {public(keys, 'mallory')}", f"a@x.org,b@x.org {public(keys, 'alice')}"]
    verdict, text = finding(row, keys, "# signers\n" + "\n".join(lines))
    assert verdict == HOLDS and text.startswith("a@x.org signed ")


def test_a_file_that_is_no_signature_fails_in_words(row, keys):
    file = Path(f"{row}.sig")
    for content in (b"", b"\x00\xff" * 50, b"-----BEGIN SSH SIGNATURE-----\n\x1b[31mAAAA\n"):
        file.write_bytes(content)
        verdict, text = finding(row, keys)
        assert verdict == FAILED and text.isprintable()
    file.write_bytes(b"x" * (signatures.LARGEST + 1))
    assert "more than the" in finding(row, keys)[1]
    file.unlink()
    file.symlink_to(keys / "alice.pub")
    assert "is a symbolic link" in finding(row, keys)[1]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFO")
def test_a_fifo_in_place_of_a_signature_does_not_hang(row, keys):
    os.mkfifo(f"{row}.sig")
    assert "is a FIFO" in finding(row, keys)[1]


def test_signers_that_are_none_are_refused_or_name_nobody(row, keys):
    sign(keys, row)
    with pytest.raises(BenchError, match="there is no such file"):
        signatures.check(row, keys / "nobody")
    verdict, text = finding(row, keys, "this is no line of signers\n")
    assert verdict == FAILED and "does not name" in text


def test_without_the_program_the_error_says_where_it_comes_from(cli, results, keys, monkeypatch):
    monkeypatch.setattr(signatures.shutil, "which", lambda name: None)
    code, output = audited(cli, results, "--signers", keys / "signers")
    assert code == 2 and "--signers needs ssh-keygen" in output and "openssh-client" in output
