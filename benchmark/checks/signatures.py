"""Who signed a row: a signature of ``ssh-keygen -Y sign`` beside its file, held by ``ssh-keygen``.

A checksum is no signature: whoever edits a row can make a new one. A signature says whose row it
is, and that nobody else has changed it since; it says nothing about the numbers.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from benchmark import text
from benchmark.checks.findings import Finding, judged
from benchmark.errors import BenchError
from benchmark.files import MB, StoreError
from benchmark.reading import read_file
from benchmark.rows.file import LIMIT

PROGRAM = "ssh-keygen"
NAMESPACE = "honest-distillation-benchmark"  # a signature for anything else is none of a row
ENDING = ".sig"
LARGEST = MB // 16  # bytes of a signature
PATIENCE = 60  # seconds


def check(path: Path, signers: Path) -> Finding:
    """Whether a row's file is signed by one of the ``signers``, a file of the form ALLOWED SIGNERS.

    Raises ``BenchError`` without the program or the file of signers.
    """
    program = _program()
    allowed = _signers(signers)
    file = path.with_name(path.name + ENDING)
    try:
        signature, row = read_file(file, LARGEST), read_file(path, LIMIT)
    except FileNotFoundError:
        make = f"{PROGRAM} -Y sign -n {NAMESPACE} -f KEY {path}"
        return judged("signature", False, f"there is no {file}; its author makes it: {make}")
    except StoreError as problem:
        return judged("signature", False, str(problem))
    with tempfile.TemporaryDirectory() as folder:
        (at := Path(folder, "signature")).write_bytes(signature)
        (who := Path(folder, "signers")).write_bytes(allowed)
        return _Keys(program, at, who, row, signers).finding(path.name)


class _Keys:
    """One signature, with the keys that may have made it."""

    def __init__(self, program: str, at: Path, who: Path, row: bytes, signers: Path) -> None:
        self.program, self.at, self.who, self.row, self.signers = program, at, who, row, signers

    def finding(self, name: str) -> Finding:
        """Who signed the row called ``name``, or what is wrong with the signature."""
        whole, said = self._ask("check-novalidate")
        if not whole:
            return judged("signature", False, f"it is not one of this row as it is: {_line(said)}")
        known, principals = self._ask("find-principals", "-f", str(self.who))
        if not known:
            key = f"it is of a key that {self.signers} does not name: {_line(said)}"
            return judged("signature", False, key)
        for one in principals:
            holds, told = self._ask("verify", "-f", str(self.who), "-I", one)
            if holds:  # it says: Good "…" signature for … with … key …
                key = _line(told).rpartition(" with ")[2]
                return judged("signature", True, f"{text.line(one)} signed {name} with {key}")
        names = _line(principals)
        return judged("signature", False, f"the key of {names} may not sign this: {_line(told)}")

    def _ask(self, action: str, *options: str) -> tuple[bool, list[str]]:
        """Whether ``ssh-keygen`` agrees, and the lines that it says."""
        command = [self.program, "-Y", action, "-n", NAMESPACE, "-s", str(self.at), *options]
        done = subprocess.run(
            command,
            input=self.row,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
            env=os.environ | {"LC_ALL": "C"},
        )
        said = (done.stdout if done.returncode == 0 else done.stderr).decode(errors="replace")
        return done.returncode == 0, [line.strip() for line in said.splitlines() if line.strip()]


def _line(lines: list[str]) -> str:
    return text.line(", ".join(lines) or "no reason given")


def _program() -> str:
    found = shutil.which(PROGRAM)
    if not found:
        raise BenchError(
            f"--signers needs {PROGRAM}, which is not here; it comes with OpenSSH 8.2 or later "
            "(Debian: apt-get install openssh-client)"
        )
    return found


def _signers(path: Path) -> bytes:
    try:
        return read_file(path, MB, links=True)
    except FileNotFoundError:
        raise BenchError(
            f"--signers {path}: there is no such file; each of its lines is NAME KEYTYPE KEY, as "
            "ALLOWED SIGNERS in the manual of ssh-keygen says"
        ) from None
