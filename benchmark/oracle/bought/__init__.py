"""The purchases of a run, in one file that only grows: a record a query, in the account's order.

The format, all numbers little endian. A header of ``HEADER.size`` bytes: magic, C, H, W, K (numbers
of an answer beside its label: 0 for labels only, else the class probabilities), bits of a pixel as
it was asked (8 or 32), budget, the most images that are kept, the seed that chose them, the run's
id, and the CRC-32 of these. Then record i is query i, counted from 0:

    hash    8 bytes   BLAKE2b of the image as the teacher saw it, as in the account
    label   int32     the teacher's class
    answer  K float32 the class probabilities, under an access that tells them
    image   C*H*W     uint8, only where the image of this query is kept (``Form.kept``)
    check   uint32    CRC-32 of all this, begun with i, so that no record fits another query

The offset of a record follows from the header alone, so no record has to be read to find another.
Images are kept as bytes in every precision: a float32 query is rounded, its hash is of the float32
values. A torn write leaves a record without its check; the whole records before it count.

Every query that the oracle has answered is bought, under every access, real images too. Images that
a white-box method shows to its own teacher are not: the oracle answered nothing there.
"""

from benchmark.oracle.bought.form import LIMIT, Form
from benchmark.oracle.bought.pages import Pages
from benchmark.oracle.bought.writer import Bought, as_bytes

__all__ = ["LIMIT", "Bought", "Form", "Pages", "as_bytes"]
