"""Every sentence of the documents with a measured number, and the rows that support it."""

from __future__ import annotations

from support.claims_pages import PAGES
from support.claims_paper import PAPER
from support.claims_today import TODAY

# Document, sentence, and the values in its gaps.
CLAIMS = [*PAPER, *TODAY, *PAGES]

# Numbers in rules, names of statistics and arithmetic, which are no measurements.
RULES = (
    "Python 3.10",
    "`flip:0.10` is `flip:0.1`",
    "from 0.9 to 0.95",
    "Linux before 5.13",
    "torch 2.11",
    "agreement near 100 %",
    "95 %",
    "50, 80 and 90 %",
    "within half a point",
    "within 5 points of the",
    "within 4 points",
)
