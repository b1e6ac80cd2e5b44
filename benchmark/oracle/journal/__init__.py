"""The journal of a run: everything that was asked in its name, and everything that was answered.

It is one file in two parts, and one writer appends to both in one order: the images of a batch,
then its records, then the answer leaves. All numbers are little endian.

**Records** (``results/.journal/ID-CODE.queries``) stay for good, so that no restart and no
``--force`` forgets a query. After a header (magic, run id, SHA-256 of the method's code, C, H, W,
K, bits of a pixel as it was asked, CRC-32) comes record after record, 28 + 4 K bytes each:

    hash      8 bytes    BLAKE2b of the image as the teacher saw it, as in the account
    position  uint32     the number of the query in its run, from 0
    call      uint32     the position of the first image of its call
    label     int32      the teacher's class
    state     uint16     answered, reserved, released or unknown
    attempt   uint16     0: answered by this process; from 1: sent to somebody who charges for it
    answer    K float32  the class probabilities, under an access that tells them
    check     uint32     CRC-32 of all this, begun with the record's number in the file

**Images** (``results/.state/ID.bought``) are what the reference student learns from: after a header
(magic, CRC of the other one, budget, limit, seed, CRC-32) an image of C*H*W bytes with its CRC-32,
begun with its hash, for each query of the run whose image is kept (``Form.kept``), by position.
They go when the row is written, unless they are asked for. Pixels are most of the bytes: in one
file they could only go by rewriting it, and a file that is rewritten can lose what it must keep.

A query costs 28 bytes of records, 4 more for each probability, and while the run is unfinished
C*H*W + 4 bytes of images. Images are kept as bytes in every precision: a float32 query is rounded,
its hash is of the float32 values.

**A question is the same** where its position, hash and label are those of a record. Asked again by
a run that goes on, or begins anew, it is no new record and counts once. All others count on top.
Two images of one hash take about 2**32 tries to find, and gain one answer.

**A kill** leaves at most one torn record at the end: its answer never left, so it is cut off, and
said. After a power cut the end may lack records, but none that cost money. A damaged record before
a whole one is no torn end, and is refused.

**Queries that cost money** need no other format. ``reserve`` puts a durable record before a batch
is sent; its outcome is a second, durable record of the same position, hash and attempt. A
reservation charges and a release gives back, so through any kill no less is charged than may have
been sent. An answer leaves after its record, which a later process finds by position and hash and
need not pay again. A reservation without outcome counts as unknown: charged = answered + unknown.
"""

from benchmark.oracle.journal.form import (
    ANSWERED,
    LIMIT,
    RELEASED,
    RESERVED,
    UNKNOWN,
    Form,
)
from benchmark.oracle.journal.pages import Pages
from benchmark.oracle.journal.reading import Ledger
from benchmark.oracle.journal.records import WrongJournal, asked_by_others
from benchmark.oracle.journal.writer import Journal, Reservation

__all__ = [
    "ANSWERED",
    "LIMIT",
    "RELEASED",
    "RESERVED",
    "UNKNOWN",
    "Form",
    "Journal",
    "Ledger",
    "Pages",
    "Reservation",
    "WrongJournal",
    "asked_by_others",
]
