"""What the suites send as an unknown instruction is assigned in no standard that a card may follow.

The instructions are written here from ISO/IEC 7816-4, table 4; ETSI TS 102 221, table 10.5; TS 102
222, clause 6; GlobalPlatform Card Specification, table 11-2; GSM 11.11, 9.2; and EMV Book 3, 6.5.
"""

import ast
from pathlib import Path

import pytest

from rspharness.suite.store_data_blocks import UNASSIGNED_INS

pytestmark = pytest.mark.once

SUITES = sorted((Path(__file__).parents[3] / "suites").rglob("*.py"))

ASSIGNED = frozenset(
    bytes.fromhex(
        # ISO/IEC 7816-4 and its parts 7, 8 and 9
        "04 06 08 0C 0E 0F 10 12 14 16 20 21 22 24 25 26 28 2A 2B 2C 2D 33 34 35 44 46 47 70 82 84"
        "86 87 88 A0 A1 A2 A4 A5 B0 B1 B2 B3 C0 C2 C3 CA CB CC CD D0 D1 D2 D6 D7 DA DB DC DD E0 E2"
        "E4 E6 E8 EE FE"
        # TS 102 221 and TS 102 222
        "10 12 14 20 24 26 28 2C 32 44 04 70 73 75 76 78 84 88 89 A2 A4 AA B0 B2 C0 C2 CB D4 D6 DB"
        "DC E0 E4 E6 E8 F2 FE"
        # GlobalPlatform
        "50 70 82 CA CB D8 E2 E4 E6 E8 F0 F2"
        # GSM 11.11
        "04 10 12 14 20 24 26 28 2C 32 44 88 A2 A4 B0 B2 C0 C2 D6 DC F2 FA"
        # EMV
        "16 18 1E 20 24 82 84 88 A4 A8 AE B2 CA"
    )
)


def test_instruction_of_the_probes_is_assigned_nowhere():
    assert UNASSIGNED_INS not in ASSIGNED
    assert UNASSIGNED_INS >> 4 not in (0x6, 0x9)  # T=0 cannot send those (ISO/IEC 7816-3)
    assert UNASSIGNED_INS % 2 == 0  # an odd one may be a form of the even one below it


def test_cases_send_no_other_instruction_that_nobody_assigned():
    odd = [
        f"{path.name}:{number}: INS {value:02X}"
        for path in SUITES
        for number, value in _instructions(ast.parse(path.read_text("utf-8")))
        if value not in ASSIGNED
    ]
    assert odd == []


def _instructions(tree):
    """Yields the line and value of each instruction that is written as a number or an APDU."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        named = [one.value for one in node.keywords if one.arg == "ins"]
        named += node.args[1:2] if name == "CommandApdu" else []
        for one in named:
            if isinstance(one, ast.Constant) and isinstance(one.value, int):
                yield node.lineno, one.value
        text = node.args[0] if name == "apdu" and node.args else None
        if isinstance(text, ast.JoinedStr):
            text = text.values[0]
        if isinstance(text, ast.Constant) and isinstance(text.value, str):
            header = "".join(text.value.split())[2:4]
            if len(header) == 2:
                yield node.lineno, int(header, 16)


def test_a_case_with_a_guessed_instruction_would_be_found():
    tree = ast.parse("card.apdu('80 F4 00 00'); replace(plain, ins=0xF4); CommandApdu(0x80, 0xF4)")
    assert [value for _, value in _instructions(tree)] == [0xF4, 0xF4, 0xF4]
    assert 0xF4 not in ASSIGNED
