"""A server of a stranger under test: what is right passes, each mistake is one red row.

The server in `fixtures/strangers` is made of the rules alone, and chooses otherwise than ours where
they leave it to a server.
"""

import json
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from rspcore.crypto.curves import Curve
from rspcore.pki.generate import make_pki
from rspcore.profile_maker import make_profile, preset
from rspharness.cli.main import main

pytestmark = pytest.mark.once

STRANGERS = Path(__file__).parents[3] / "fixtures" / "strangers"
REUSE = "ES9+.GetBoundProfilePackage#29"


@pytest.fixture
def laboratory(tmp_path):
    """Returns a folder with CI, EUM and card of a laboratory, and a Profile."""
    folder = tmp_path / "pki"
    folder.mkdir()
    made = make_pki(b"laboratory of a stranger")
    for name, one in (("ci", made.ci), ("eum", made.eum), ("euicc", made.euicc)):
        credential = one(Curve.NIST_P256)
        (folder / f"{name}.der").write_bytes(credential.certificate.der)
        (folder / f"{name}.key.pem").write_bytes(credential.private_key.to_pem())
    profile = make_profile(preset("PROFILE_OPERATIONAL1"))
    (tmp_path / "profile").write_bytes(profile.upp)
    (tmp_path / "metadata").write_bytes(profile.metadata.encode())
    return folder


@pytest.fixture
def run(laboratory, tmp_path, capsys):
    """Returns a function that runs cases at the server with some mistakes."""

    @contextmanager
    def served(mistakes):
        command = [sys.executable, str(STRANGERS / "smdpp.py")]
        command += ["--ci", laboratory / "ci.der", "--ci-key", laboratory / "ci.key.pem"]
        command += ["--package", tmp_path / "profile", "--metadata", tmp_path / "metadata"]
        command += [f"--mistake={one}" for one in mistakes]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as server:
            yield server.stdout.readline().split()
            server.terminate()

    def run(*mistakes, cases):
        with served(mistakes) as (port, desk):
            way = f"script:{sys.executable} {STRANGERS / 'order.py'} {desk}"
            options = ["--smdpp", f"https://localhost:{port}", "--pki", str(laboratory)]
            options += ["--provision", way, "--report", str(tmp_path / "reports")]
            code = main(["run", *options, *(f"--case={one}" for one in cases)])
        results = (tmp_path / "reports" / "latest" / "results.json").read_text("utf-8")
        verdicts = {
            row: (case["verdict"], case["reason"])
            for case in json.loads(results)["cases"]
            for row in case["ids"]
        }
        return code, verdicts, capsys.readouterr().out

    return run


def test_right_server_that_chooses_otherwise_has_no_red_row(run):
    cases = ("ES9+.*#1[1-5]", "ES9+.*#2*", "ES9+.TLS*", "ES9+.HandleNotification#4*")
    code, verdicts, _ = run(cases=cases)
    assert code == 0
    assert {one for one, _ in verdicts.values()} == {"pass", "probe", "not applicable"}
    assert [one for one, _ in verdicts.values()].count("pass") > 40
    assert verdicts[REUSE] == ("not applicable", "option S_REUSE absent")


def test_what_the_credentials_lack_does_not_apply(run):
    cases = ("ES9+.InitiateAuthentication#1[12]", "ES9+.AuthenticateClient#70")
    code, verdicts, _ = run(cases=cases)
    assert code == 0
    lacks = ("not applicable", "--pki has no CERT.EUICC on brainpoolP256r1")
    assert verdicts["ES9+.InitiateAuthentication#12"] == lacks
    assert "an order with released false" in verdicts["ES9+.AuthenticateClient#70"][1]


def test_each_mistake_is_a_row_of_its_own_and_what_hangs_on_it_is_blocked(run):
    challenge, signature = "ES9+.InitiateAuthentication#17", "ES9+.AuthenticateClient#48"
    notification = "ES9+.HandleNotification#11"
    cases = ("ES9+.InitiateAuthentication#1[1-9]", signature, "ES9+.HandleNotification#[23]*")
    mistakes = ("same-challenge", "any-signature", "result-in-200")
    code, verdicts, printed = run(*mistakes, cases=(*cases, notification))
    assert code == 1
    failed = {row for row, (verdict, _) in verdicts.items() if verdict == "fail"}
    assert failed == {challenge, signature, notification}
    blocked = {row for row, (verdict, _) in verdicts.items() if verdict == "blocked"}
    assert len(blocked) == 4
    assert f"{notification} (4 blocked)" in printed
