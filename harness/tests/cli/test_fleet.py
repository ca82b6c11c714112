"""`rsplab fleet` against `rsplab smdpp serve`: a few phones, all that can go wrong, counted."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from importlib.util import find_spec

import pytest

from rspharness.cli.main import main

pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(find_spec("locust") is None, reason="needs the extra rsplab[fleet]"),
]

RSPLAB = (
    sys.executable,
    "-c",
    "import sys; from rspharness.cli.main import main; sys.exit(main(sys.argv[1:]))",
)
SHARES = (
    "confirmation=50%",
    "wrong-code=50%",
    "lose=40%",
    "resend=30%",
    "late=40%",
    "disorder=40%",
    "postpone=20%",
    "reject=10%",
    "delete=30%",
)


@pytest.fixture
def served(tmp_path):
    """Runs an SM-DP+; yields the address of its management port and one activation code."""
    words = ("smdpp", "serve", "--port", "0", "--admin-port", "0", "--admin-token", "mine")
    words += ("--in-memory", "--no-qr", "--matching-id", "BY-CODE")
    with subprocess.Popen((*RSPLAB, *words), cwd=tmp_path, stdout=subprocess.PIPE, text=True) as it:
        admin, code = "", ""
        while not (admin and code):
            line = it.stdout.readline()
            assert line, "the server ended"
            admin = admin or (line.split()[-1].partition("/page")[0] if "/page#" in line else "")
            code = code or next((word for word in line.split() if word.startswith("LPA:1")), "")
        yield admin, code
        it.terminate()
        it.stdout.read()


def fleet(folder, *words, phones=3):
    own = ("fleet", "--store", "fleet.db", "--report", "report", "--cards", "4")
    locust = ("--", "--headless", "--only-summary", f"-u{phones}", f"-r{phones}")
    made = subprocess.run(
        (*RSPLAB, *own, *words, *locust),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    file = folder / "report" / "fleet.json"
    return made, json.loads(file.read_text(encoding="utf-8")) if file.exists() else None


def test_orders_are_downloaded_and_counted_and_a_planted_loss_is_found(served, tmp_path):
    admin, _ = served
    managed = ("--admin", admin, "--admin-token", "mine")
    shares = (word for one in SHARES for word in ("--share", one))
    made, report = fleet(tmp_path, *managed, "--orders", "14", "--visit", "2", *shares)
    assert made.returncode == 0, made.stdout + made.stderr
    counts = report["counts"]
    assert counts["orders given to phones"] == 14
    assert counts["installed"] + counts["rejected by its user"] == 14
    assert counts["Notifications ACCEPTED"] == counts["Notifications of cards"] > 14
    assert counts["Notifications DUPLICATE"] > 0
    assert {"fleet download", "step LOAD", "ES9+ getBoundProfilePackage"} <= {
        one["name"] for one in report["steps"]
    }
    # a card that lost a Profile meanwhile
    with closing(sqlite3.connect(tmp_path / "fleet.db", isolation_level=None)) as kept:
        name, text = next(
            row
            for row in kept.execute("SELECT * FROM kept WHERE name LIKE 'card:%'")
            if json.loads(row[1])["listed"]
        )
        card = json.loads(text)
        gone = card["listed"].pop()
        kept.execute("UPDATE kept SET json = ? WHERE name = ?", (json.dumps(card), name))
    made, report = fleet(tmp_path, *managed)
    assert made.returncode == 1, made.stdout + made.stderr
    assert any(gone in line for line in report["lost"])
    assert not report["doubled"]


def test_codes_of_any_server_are_downloaded(served, tmp_path):
    _, code = served
    (tmp_path / "codes.txt").write_text(code + "\n", encoding="utf-8")
    made, report = fleet(tmp_path, "--codes", "codes.txt", phones=1)
    assert made.returncode == 0, made.stdout + made.stderr
    assert report["counts"]["installed"] == 1


@pytest.mark.parametrize(
    ("word", "code", "text"),
    [
        ("--cards=0", 2, "expected 1 or more"),
        ("--share=lost=1%", 2, "expected NAME=SHARE"),
        ("--admin=nonsense", 2, "expected http://"),
        ("--admin=http://127.0.0.1:9", 3, "is the server there, with --admin-port?"),
    ],
)
def test_wrong_use_is_refused_before_anything_starts(
    tmp_path, monkeypatch, capsys, word, code, text
):
    monkeypatch.chdir(tmp_path)
    first = () if word.startswith("--admin") else ("--admin", "http://127.0.0.1:9")
    assert main(["fleet", *first, word]) == code
    assert text in capsys.readouterr().err
