"""No view of a run shows a PIN, a PUK or a key; the traces keep them."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from rspcore.drawn_codes import drawn_code
from rspcore.profile_maker import ProfileParameters, preset
from rspharness.report.allure import _pseudonym
from rspharness.report.masking import masked, masked_trace

ROOT = Path(__file__).parents[3]
PARAMETERS = preset("PROFILE_OPERATIONAL1")
_NAMES = (("pin1", 7), ("puk1", 8), ("adm1", 8))
CODES = tuple(drawn_code("1", name, digits).hex().upper().ljust(16, "F") for name, digits in _NAMES)
"""PIN1, PUK1 and ADM1 of the suites' Profiles with the usual seed, with their filling."""


def secrets(one: ProfileParameters = PARAMETERS) -> list[str]:
    """Returns every secret of the suites' Profiles in hexadecimal digits."""
    keys = (one.ki, one.operator_constant, one.kic, one.kid, one.dek)
    return [*CODES, *(key.hex().upper() for key in keys)]


def holds(text: str, secret: str) -> bool:
    """Returns whether a text has a secret: as octets apart, in a row of digits, or as Python."""
    octets = bytes.fromhex(secret)
    python = repr(octets)[2:-1]
    rows = re.findall(r"[0-9A-F]{16,}", text.upper())
    in_rows = any(secret == row[n : n + len(secret)] for row in rows for n in range(0, len(row), 2))
    apart = octets.hex(" ").upper() in text.upper()
    return apart or in_rows or ("\\" in python and python in text.replace("\\\\", "\\"))


@pytest.mark.parametrize(
    "text",
    ["> 30 30 30 30 ff ff ff ff", "x003030303030FFFFFFFF", "b'0000\\xff\\xff\\xff\\xff'"],
)
def test_secret_is_found_in_every_form(text):
    assert holds(text, "30303030FFFFFFFF")
    assert not holds(text, "39393939FFFFFFFF")


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("0020000108 31323334FFFFFFFF", "00 20 00 01 08 (8 octets masked)"),
        ("0124000110 31323334FFFFFFFF39393939FFFFFFFF", "01 24 00 01 10 (16 octets masked)"),
        ("4126000108 31323334FFFFFFFF", "41 26 00 01 08 (8 octets masked)"),
        ("0028000108 31323334FFFFFFFF", "00 28 00 01 08 (8 octets masked)"),
        ("002C000110 31323334FFFFFFFF31323334FFFFFFFF", "00 2C 00 01 10 (16 octets masked)"),
        ("80D8018103 010203 00", "80 D8 01 81 03 (3 octets masked) 00"),
        ("84D80181000003 010203 0000", "84 D8 01 81 00 00 03 (3 octets masked) 00 00"),
        ("80E2880003 8F0101", "80 E2 88 00 03 (3 octets masked)"),
        ("80E2F00003 8F0101", "80 E2 F0 00 03 (3 octets masked)"),
        ("80E2900003 A60101", "80 E2 90 00 03 (3 octets masked)"),
        ("80C2000003 D10101", "80 C2 00 00 03 (3 octets masked)"),
        ("0020000108 313233", "00 20 00 01 08 (3 octets masked)"),
        ("00200001000008 31323334FFFFFFFF", "00 20 00 01 00 00 08 (8 octets masked)"),
    ],
)
def test_data_of_secret_commands_is_hidden(command, shown):
    assert masked(bytes.fromhex(command)) == shown


@pytest.mark.parametrize(
    "command",
    [
        *("00200001", "0020000100", "81E2910006 BF3E035C015A 00", "00A40004023F00"),
        *("00E2000002 0102", "81E2910103 B4DDE4"),
    ],
)
def test_other_commands_are_shown(command):
    assert masked(bytes.fromhex(command)) == bytes.fromhex(command).hex(" ").upper()


def test_every_line_of_a_trace_is_kept():
    trace = "# step 1\nATR 3B 00\n> 00 20 00 01 08 31 32 33 34 FF FF FF FF\n< 90 00  ; 0.2 ms"
    assert masked_trace(trace).splitlines() == [
        "# step 1",
        "ATR 3B 00",
        "> 00 20 00 01 08 (8 octets masked)",
        "< 90 00  ; 0.2 ms",
    ]


@pytest.mark.once
def test_report_shows_no_secret_and_its_traces_do(tmp_path):
    """Runs cases of PINs, keys and OTA on a card that fails them, with every kind of report."""
    script = "import sys; from rspharness.cli.main import main; sys.exit(main(sys.argv[1:]))"
    cases = ("UICC.*Pin#*", "UICC.Ota#*", "UICC.Authenticate#0[1-5]", "UICC.Access#*", "ES6.*#0*")
    words = [word for case in cases for word in ("--case", case)]
    done = subprocess.run(
        [
            *(sys.executable, "-c", script, "run", "--suites", str(ROOT / "suites")),
            *("--target", "inprocess", "--card-fault", "pin.any-value"),
            *("--report", str(tmp_path), "--allure", str(tmp_path / "allure"), *words),
        ],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "400"},
    )
    assert done.returncode == 1, done.stdout + done.stderr
    (tmp_path / "console.txt").write_text(done.stdout + done.stderr)
    folder = (tmp_path / "latest").resolve()
    results = json.loads((folder / "results.json").read_text("utf-8"))
    assert {"fail", "pass"} <= {case["verdict"] for case in results["cases"]}
    views, traces = {}, ""
    for path in sorted(tmp_path.rglob("*")):
        if path.is_symlink() or not path.is_file() or "latest" in path.parts:
            continue
        text = path.read_text("utf-8")
        if path.parent.name == "traces":
            traces += text
        else:
            views[str(path.relative_to(tmp_path))] = text
    assert "octets masked" in views[f"{folder.name}/index.html"]
    assert any("octets masked" in text for name, text in views.items() if name.startswith("allure"))
    shown = [(name, one) for name, text in views.items() for one in secrets() if holds(text, one)]
    assert shown == []
    assert [code for code in CODES if not holds(traces, code)] == []
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in (folder / "traces").iterdir()} == {0o600}


def test_a_card_has_one_history_whatever_its_eid_is_shown_as():
    one, other = (_pseudonym(f"8904903212345123451234567890{end}") for end in ("1235", "2345"))
    assert one != other
    assert one == _pseudonym("89049032123451234512345678901235")
    assert "8904" not in one
