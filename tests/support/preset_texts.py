"""A preset as its file has it."""

from __future__ import annotations

GOOD = {
    "table": "Table 9",
    "title": "t",
    "rows": "settings",
    "methods": [{"method": "ideal", "name": "IDEAL"}],
    "settings": [
        {
            "dataset": "mnist",
            "teachers": ["lenet"],
            "student": "lenet",
            "budgets": [500],
            "batch": 50,
        }
    ],
}


SETTING = GOOD["settings"][0]
