"""Makes the table of code pairs: each pair of the specification with the input that provokes it.

    python harness/servers/code_pairs.py            prints what does not answer as expected
    python harness/servers/code_pairs.py --write    writes harness/servers/CODE_PAIRS.md

Every input is sent to a server; where the interface has an ASN.1 binding, in both. Exit code 1 when
an answer is another one than the table says, or a row has neither an input nor a reason.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from code_pair_inputs import INPUTS
from code_pair_partners import PARTNER_FUNCTIONS
from code_pair_rows import OTHER_ROLE, ROWS, Row
from code_pair_world import World

from rspsim.smdpp import HttpResponse

__all__ = ["PAGE", "answered", "problems", "table"]

PAGE = Path(__file__).with_name("CODE_PAIRS.md")
_INTRODUCTION = """# Code pairs

Made by `python harness/servers/code_pairs.py --write`; a test holds it. For each pair of SGP.22 v2,
and those of version 3 that are known: what SM-DP+ or SM-DS answer to an input that provokes it, and
the integer of the ASN.1 binding for the same input. A cell without an answer has one of two
reasons: *not in this version*, *not possible in this role*. The inputs are in `code_pair_inputs.py`
and `code_pair_partners.py`. ES2+, ES12 and ES15 have no ASN.1 binding.
"""
_HEAD = "| pair | when | JSON | ASN.1 |\n| --- | --- | --- | --- |\n"


def answered(row: Row, *, asn1: bool) -> str:
    """Sends the input of a row to new servers; returns pair, integer or status of the answer."""
    interface = row.function.partition(".")[0]
    answer = INPUTS[row.key](World(interface, asn1=asn1))
    return _of(answer)


def _of(answer: Any) -> str:
    if isinstance(answer, HttpResponse):
        if answer.status != 200:
            return f"HTTP {answer.status}"
        answer = json.loads(answer.body)
    if "error" in answer:
        return str(answer["error"])
    status = answer["header"]["functionExecutionStatus"]
    data = status.get("statusCodeData")
    return str(status["status"]) if data is None else f"{data['subjectCode']}/{data['reasonCode']}"


def _expected_in_asn1(row: Row) -> str:
    """Returns the answer in the ASN.1 binding, empty where the interface has no such binding."""
    if row.function.startswith(PARTNER_FUNCTIONS):
        return ""
    return row.pair if row.integer is None else str(row.integer)


def table() -> str:
    """Returns the page; the cells are what the servers answered just now."""
    parts = [_INTRODUCTION]
    for function in dict.fromkeys(row.function for row in ROWS):
        parts.append(f"\n## {function}\n\n{_HEAD}")
        parts += [_line(row) for row in ROWS if row.function == function]
    return "".join(parts)


def _line(row: Row) -> str:
    if row.reason:
        return f"| {row.pair} | {row.when} | *{row.reason}* | *{row.reason}* |\n"
    asn1 = answered(row, asn1=True) if _expected_in_asn1(row) else f"*{OTHER_ROLE}*"
    return f"| {row.pair} | {row.when} | {answered(row, asn1=False)} | {asn1} |\n"


def problems() -> list[str]:
    """Returns every answer that is another one than expected, and every row without an input."""
    found = [f"{key}: an input without a row" for key in INPUTS.keys() - {row.key for row in ROWS}]
    for row in ROWS:
        if row.reason or row.key not in INPUTS:
            if bool(row.reason) == (row.key in INPUTS):
                found.append(f"{row.key}: expected either an input or a reason")
            continue
        json_answer = answered(row, asn1=False)
        if json_answer != row.pair:
            found.append(f"{row.key}: answered {json_answer}")
        expected = _expected_in_asn1(row)
        if expected:
            integer = answered(row, asn1=True)
            if integer != expected:
                found.append(f"{row.key}: answered {integer}, expected {expected}")
    return found


def main() -> int:
    """Prints what is wrong, or writes the page."""
    parser = argparse.ArgumentParser(description="Make the table of code pairs.")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    options = parser.parse_args()
    found = problems()
    for line in found:
        print(line)
    if options.write:
        PAGE.write_text(table(), encoding="utf-8")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
