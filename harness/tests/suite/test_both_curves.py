"""Every negative case of a signature, a chain or a key agreement runs on both curves."""

import ast
import re
from pathlib import Path
from textwrap import dedent

import pytest

from rspharness.record.catalogue import Catalogue

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[3]
CATALOGUE = Catalogue.load(ROOT / "fixtures" / "requirements")
CODES = re.compile(
    r"invalidSignature|invalidCertificate|unsupportedCurve|ciPKUnknown|invalidOid"
    r"|verificationKeyNotFound"
)
KEYS = re.compile(r"one-time key|otPK|smdpOtpk", re.IGNORECASE)
CURVES = {"O_E_NIST", "O_E_BRP", "O_E_FRP"}
OTHERWISE = {
    "ES10b.PrepareDownload#10": "a retry: no signature and no point is wrong",
    "procedure.Retry#05": "a retry: no signature and no point is wrong",
}
"""Rows that the rule finds and that need no second curve, each with the reason."""


def negative_rows():
    """Returns the ids of rows that judge a signature, a chain or a key agreement as wrong."""
    return {
        row.id
        for row in CATALOGUE
        if row.applies_to("v2")
        and not row.condition.names & CURVES
        and row.area not in ("LPA", "Story")
        and (
            CODES.search(row.expected)
            or (row.kind == "error" and KEYS.search(row.title) and row.id not in OTHERWISE)
        )
    }


def cases():
    """Yields the ids of each case of the suites and whether it runs on both curves."""
    for path in sorted((ROOT / "suites").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef):
                texts = [ast.unparse(one) for one in node.decorator_list]
                ids = [
                    one
                    for text in texts
                    for quoted in re.findall(r"'([^']*#[^']*)'", text)
                    for one in quoted.split()
                ]
                yield from ((one, "testcase.both_curves" in texts) for one in ids)


def test_negative_cases_run_on_both_curves():
    """A row whose expected code is about a key needs a case with `@testcase.both_curves`."""
    found = dict(cases())
    wanted = negative_rows() & found.keys()
    assert sorted(one for one in wanted - OTHERWISE.keys() if not found[one]) == []


def test_exceptions_are_rows():
    """An exception that is no longer a row, or runs on both curves now, is removed here."""
    found = dict(cases())
    assert [one for one in OTHERWISE if found.get(one) is not False] == []


_SUITE = """
from rspharness import testcase
from rspharness.card import expect

@testcase.both_curves
@testcase("ES10b.AuthenticateServer#32")
def test_server_is_on_the_curve(card, server, smds, pki, curve, note):
    note(f"on {curve}")
    for one in (server, smds):
        expect.equal(one.ci_pkid, pki.ci(curve).certificate.subject_key_identifier, "CI")
        expect.equal(one.auth.certificate.curve, curve, "curve")
    expect.ok(server.open(card).authenticate())
"""


def test_servers_are_on_the_curve_of_the_case(pytester):
    pytester.makepyfile(dedent(_SUITE))
    result = pytester.runpytest_subprocess(
        *("-p", "no:rspharness", "-p", "rspharness.plugin.hooks", "-p", "no:cacheprovider"),
        f"--rsp-requirements={ROOT / 'fixtures' / 'requirements' / 'euicc.csv'}",
    )
    result.stdout.fnmatch_lines(["*2 passed*"])
    text = (pytester.path / "reports" / "latest" / "results.json").read_text()
    assert "on nistP256" in text
    assert "on brainpoolP256r1" in text
