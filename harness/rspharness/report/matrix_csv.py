"""Every requirement of the catalogue with its verdict in a run, as a table for other programs."""

import csv
import io
from typing import Final

from rspharness.report.identities import Identities
from rspharness.report.results import Results

__all__ = ["matrix_csv"]

_COLUMNS: Final = (
    "id",
    "area",
    "function",
    "title",
    "clause",
    "applies",
    "state",
    "cases",
    "reason",
)


def matrix_csv(results: Results, identities: Identities | None = None) -> str:
    """Returns the table: one line for each requirement, with the worst verdict of its cases.

    Args:
        results: The results.
        identities: What is masked in the reasons, None for nothing.
    """
    by_row: dict[str, list[dict[str, str]]] = {}
    for case in results.cases:
        for name in case["ids"]:
            by_row.setdefault(name, []).append(case)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for row in results.rows:
        cases = by_row.get(row["id"], [])
        reasons = "; ".join(dict.fromkeys(case["reason"] for case in cases if case["reason"]))
        writer.writerow(
            (
                row["id"],
                row["area"],
                row["function"],
                row["title"],
                row["spec_ref"],
                "yes" if row["applicable"] else "no",
                row["state"],
                " ".join(case["nodeid"] for case in cases),
                identities.masked(reasons) if identities else reasons,
            )
        )
    return out.getvalue()
