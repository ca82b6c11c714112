"""Which cases apply to a card, which of them may run, and whose fault unread octets are."""

import sys
from pathlib import Path

import pytest

from rspcore.pki.generate import make_pki
from rspharness.record.verdicts import NOTHING_RAN

sys.path.insert(0, str(Path(__file__).parents[1]))
from case_text import HEAD, PASS, results_of

pytestmark = pytest.mark.once

_TRUST = (
    HEAD
    + """
@testcase("ES10c.GetEID#02", level="read-only")
def test_reads(card):
    card.eid()

@testcase("ES10b.AuthenticateServer#09", "ES10b.AuthenticateServer#10", level="read-only")
def test_session(card, server):
    raise RuntimeError
"""
)


def other_lab(pytester):
    """Writes credentials of a CI that the card does not have; returns their folder."""
    folder = pytester.mkdir("pki")
    for number, one in enumerate(make_pki(b"other lab").credentials):
        (folder / f"{number}.der").write_bytes(one.certificate.der)
        (folder / f"{number}.pem").write_bytes(one.private_key.to_pem())
    return folder


def test_cases_with_a_server_need_a_card_with_the_ci_of_the_run(suite, pytester):
    folder = other_lab(pytester)
    result = suite(_TRUST, "--rsp-target", "pcsc", "--rsp-pki", str(folder), "-s", simulated=False)
    assert result.ret == 0
    cases = {case["ids"][0]: case for case in results_of(pytester)["cases"]}
    assert cases["ES10c.GetEID#02"]["verdict"] == "pass"
    session = cases["ES10b.AuthenticateServer#09"]
    assert (session["verdict"], session["commands"]) == ("not applicable", 0)
    said = [line for line in result.outlines if "none of the card's CIs" in line]
    assert len(said) == 1
    assert said[0].startswith("not applicable, 1 case: ")


def test_plan_says_that_the_card_lacks_the_ci_of_the_servers(suite, pytester):
    folder = other_lab(pytester)
    words = ("--rsp-target", "pcsc", "--rsp-pki", str(folder), "--rsp-show=plan")
    result = suite(_TRUST, *words, simulated=False)
    assert result.ret == 0
    planned = [line for line in result.outlines if line.startswith("ES10")]
    assert planned[0].startswith("ES10c.GetEID#02  read-only  runs")
    assert "  not run: none of the card's CIs" in planned[1]
    assert "1 of 2 cases would run" in result.outlines


def test_simulated_card_needs_no_declared_trust(suite, pytester):
    assert suite(_TRUST.replace("raise RuntimeError", "card.eid()")).ret == 0


_HANGS = (
    HEAD
    + """
@testcase("ES10b.PrepareDownload#10", level="read-only")
def test_hangs(card):
    {}
"""
)


@pytest.mark.parametrize(
    "body",
    [
        "expect.equal(card.eid(), None, 'EID')",
        "raise Inconclusive('no such Profile')",
        "card.eid()",
    ],
)
def test_case_that_hangs_on_an_unknown_option_only_records(suite, pytester, body):
    result = suite(_HANGS.format(body), "--rsp-target", "pcsc", simulated=False)
    assert result.ret == 0
    (case,) = results_of(pytester)["cases"]
    assert case["verdict"] == "probe"
    assert case["verdicts"] == {"ES10b.PrepareDownload#10": "probe"}
    assert any("O_E_REUSE_OTPK" in note for note in case["notes"])
    said = [line for line in result.outlines if line.startswith("options unknown: ")]
    assert len(said) == 1
    assert "[options]" in said[0]


@pytest.mark.parametrize(("value", "verdict"), [("false", "fail"), ("true", "not applicable")])
def test_declared_option_decides(suite, pytester, value, verdict):
    file = pytester.path / "dev.toml"
    file.write_text(f'kind = "pcsc"\n[options]\nO_E_REUSE_OTPK = {value}\n', "utf-8")
    body = "expect.equal(card.eid(), None, 'EID')"
    suite(_HANGS.format(body), "--rsp-target", str(file), simulated=False)
    (case,) = results_of(pytester)["cases"]
    assert case["verdict"] == verdict


def test_unknown_case_is_refused_with_its_near_match(suite):
    result = suite(PASS, "--rsp-case", "ES10c.GetEid#02")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*'ES10c.GetEid#02' matches no case*near it: ES10c.GetEID#02*"])


def test_unknown_name_in_a_target_file_is_refused_with_its_near_match(suite, pytester):
    file = pytester.path / "dev.toml"
    file.write_text('kind = "pcsc"\n[options]\nPROVISONING = true\n', "utf-8")
    result = suite(PASS, "--rsp-target", str(file), simulated=False)
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*[[]options[]] 'PROVISONING' is not known; near it: PROVIS*"])


def test_reader_that_is_not_there_ends_the_run_before_the_first_case(suite, pytester):
    (pytester.path / "broken.py").write_text(
        "from rspcore.errors import ConfigError\n"
        "def refuse(options):\n    raise ConfigError('there is no reader; readers: none')\n",
        "utf-8",
    )
    text = PASS + PASS.replace("#02", "#03").replace("test_eid", "test_other")
    text += (
        "\nimport sys\nsys.path.insert(0, '.')\nfrom broken import refuse\n"
        "from rspharness.run import opening\n"
        "opening.TARGETS = (opening.TargetKind('pcsc', refuse, ''),)\n"
    )
    result = suite(text, "--rsp-target", "pcsc", simulated=False)
    assert result.ret == NOTHING_RAN
    assert sum("there is no reader" in line for line in result.outlines) == 1


_READS = (
    HEAD
    + '''
from rspcore import tlv
from rspcore.apdu import CommandApdu
from rspcore.messages.es10c import GetEuiccDataResponse

@testcase("ES10c.GetEID#02", level="read-only")
def test_answer(card, step):
    """An answer of the card is read."""
    with step("{title}"):
        answer = card.store(bytes.fromhex("{asked}"))
        {read}
'''
)


@pytest.mark.parametrize(
    ("title", "asked", "read", "verdict"),
    [
        ("S_LPAd: GetEID", "BF3C00", "GetEuiccDataResponse.decode(answer.data)", "fail"),
        ("S_LPAd: GetEID", "BF3C00", "tlv.parse(answer.data[:-1])", "fail"),
        ("S_LPAd: GetEID", "BF7900", "tlv.parse(answer.data)", "fail"),
        (
            "Initial conditions: GetEID",
            "BF3C00",
            "GetEuiccDataResponse.decode(answer.data)",
            "inconclusive",
        ),
        ("S_LPAd: GetEID", "BF3C00", "tlv.parse(bytes.fromhex('BF220500'))", "error"),
        ("S_LPAd: GetEID", "BF3C00", "tlv.parse(b'')", "error"),
    ],
)
def test_octets_of_the_card_that_cannot_be_read_are_its_fault(
    suite, pytester, title, asked, read, verdict
):
    text = _READS.replace("{title}", title).replace("{asked}", asked).replace("{read}", read)
    assert suite(text).ret == 1
    (case,) = results_of(pytester)["cases"]
    assert case["verdict"] == verdict
    if verdict == "fail":
        assert case["expected"] == "octets that can be read"


_LEVELS = """
from rspharness import testcase

@testcase("ES10c.GetEID#03", level="irreversible")
def test_for_ever(card):
    pass

@testcase("ES10c.GetEID#05", level="destructive")
def test_removes(card):
    pass
"""


@pytest.mark.parametrize(
    ("options", "passed"),
    [
        ((), ["test_removes", "test_for_ever"]),
        (("--rsp-level", "destructive"), ["test_removes"]),
        (("--rsp-level", "irreversible"), ["test_for_ever"]),
    ],
)
def test_what_nothing_can_undo_is_asked_for_alone_and_runs_last(suite, pytester, options, passed):
    result = suite(_LEVELS, "-v", *options)
    cases = [line.split()[0].partition("::")[2] for line in result.outlines if "PASS" in line]
    assert cases == passed


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--rsp-target", "kept"), "--target kept and --state FILE go together"),
        (("--rsp-state", "card.db"), "--target kept and --state FILE go together"),
        (("--rsp-target", "pcsc", "--rsp-kills"), "need a new simulated card for each case"),
        (("--rsp-level", "all"), "all"),
    ],
)
def test_options_that_do_not_fit_are_refused(suite, options, message):
    result = suite(PASS, *options)
    assert result.ret == 4
    assert message in str(result.stderr) + str(result.stdout)
