"""No view of a run on a kept card shows what names it, and a redacted copy has none of it."""

import json
import sys
from base64 import b64encode
from pathlib import Path
from types import SimpleNamespace

import pytest

from rspcore.ids import Eid
from rspharness.cli.main import main
from rspharness.record.trace import ReplayLink
from rspharness.report.identities import Identities, Identity
from rspharness.report.writing import identities_in
from rspharness.run import opening
from rspharness.simulated import inprocess

sys.path.insert(0, str(Path(__file__).parents[1]))
from case_text import PLUGIN, results_of

CATALOGUE = Path(__file__).parents[3] / "fixtures" / "requirements" / "euicc.csv"
EID = Identity("EID", "89049032123451234512345678901235")
ICCID = Identity("ICCID", "8988211000000467285")
LETTER = Identity("ICCID", "898604B7192271001234")
IMSI = Identity("IMSI", "901700000012345")
ALL = (EID, ICCID, LETTER, IMSI)

TRACE = """# rsplab trace 1
ATR 3B 00
> 81 E2 91 00 06 BF 3E 03 5C 01 5A
< BF 3E 12 5A 10 89 04 90 32 12 34 51 23 45 12 61 09      ; 0.21 ms
> 01 C0 00 00 09
< 34 56 78 90 12 35 90 00                 ; 0.10 ms
# EID 89049032123451234512345678901235
> 81 E2 91 00 03 BF 2D 00
< BF 2D 1A A0 18 E3 0C 5A 0A 98 88 12 01 00 00 40 76 82 F5 E3 0C 5A 0A 98 68 40 7B 91 22 17 00 21 43 90 00 ; 1.00 ms
> 00 B0 00 00 09
< 08 99 10 07 00 00 10 32 54 90 00        ; 0.10 ms
> 00 20 00 01 08 31 32 33 34 FF FF FF FF
< 90 00                                   ; 0.10 ms
"""  # noqa: E501  a line of a trace is one line


@pytest.fixture
def found():
    identities = Identities()
    identities.read(TRACE)
    return identities


def test_identities_are_found_in_the_answers_of_a_card(found):
    assert set(found) == set(ALL)


def test_octets_of_an_imsi_are_those_of_its_file():
    assert Identity("IMSI", "001010123456063").octets == "080910101032540636"
    assert Identity("IMSI", "00101012345606").octets == "0801101010325406F6"


def test_profiles_of_the_suites_are_no_secret():
    identities = Identities()
    identities.read(
        "< 5A 0A 98 92 09 01 21 43 65 87 09 F5 90 00\n< 08 09 10 10 10 32 54 76 98 90 00"
    )
    assert list(identities) == []


@pytest.mark.parametrize("one", ALL, ids=lambda one: f"{one.kind} {one.digits}")
def test_every_form_of_an_identity_is_masked(found, one):
    text = "\n".join(f"<{form}>" for form in one.forms())
    masked = found.masked(text)
    assert [form for form in one.forms() if form in masked] == []
    of_digits = slice(9)  # the others are as Python writes octets
    assert list(map(len, masked.splitlines()[of_digits])) == list(
        map(len, text.splitlines()[of_digits])
    )
    assert one.masked.digits in masked


def test_line_to_be_used_again_names_the_run_in_place_of_the_eid(found):
    eid = next(one.digits for one in found if one.kind == "EID")
    line = f"rsplab run --case X --eid {eid} --level profiles"
    assert "--eid 89049032***" in found.masked(line)
    found.folder = "reports/latest"
    shown = found.masked(line + f", EID {eid}")
    assert shown.startswith("rsplab run --case X --eid reports/latest --level profiles, EID 8904")
    assert eid not in shown


def test_run_is_named_as_a_shell_takes_it_from_here(tmp_path, monkeypatch):
    results = SimpleNamespace(facts={"eid": ""})
    monkeypatch.chdir(tmp_path)
    for name, wanted in (("a run", "'a run'"), ("run", "run"), ("a<b", "")):
        folder = tmp_path / name
        (folder / "traces").mkdir(parents=True)
        assert identities_in(results, folder).folder == wanted


def test_trace_is_masked_also_across_answers(found):
    lines = found.in_trace(TRACE, lambda one: one.masked)
    assert lines[3] == "< BF 3E 12 5A 10 89 04 90 32 ** ** ** ** ** ** 61 09      ; 0.21 ms"
    assert lines[5] == "< ** ** ** ** ** ** 90 00                 ; 0.10 ms"
    assert "98 88 12 *1 ** ** ** ** ** F*" in lines[8]
    assert lines[10] == "< 08 99 10 07 ** ** ** ** ** 90 00        ; 0.10 ms"


@pytest.mark.parametrize("one", ALL, ids=lambda one: f"{one.kind} {one.digits}")
@pytest.mark.parametrize("before", [0, 1, 2])
def test_base64_with_an_identity_is_left_out_of_an_exchange(found, one, before):
    other = b64encode(bytes(30)).decode()
    for octets in (bytes.fromhex(one.octets), one.digits.encode()):
        text = b64encode(bytes(before) + octets + b"\x01").decode()
        line = f'# HTTP > {{"a":"{other}","b":"{text}","c":"{one.digits}"}}'
        (shown,) = found.in_trace(line, lambda one: one.masked)
        size = before + len(octets) + 1
        new = one.masked.digits
        assert shown == f'# HTTP > {{"a":"{other}","b":"({size} octets masked)","c":"{new}"}}'


def test_pseudonyms_have_kind_issuer_and_length_and_leave_a_trace_to_replay(found):
    made = found.pseudonyms()
    for one, other in made.items():
        assert (one.kind, len(one.digits)) == (other.kind, len(other.digits))
        assert one.digits[:5] == other.digits[:5]
    assert Eid.from_digits(made[EID].digits).check_digits_fit
    text = "\n".join(found.in_trace(TRACE, made.__getitem__)) + "\n"
    again = Identities()
    again.read(text)
    assert set(again) == set(made.values())
    link = ReplayLink.parse(text)
    assert link.reset() == b"\x3b\x00"


ONE_CARD = """
from dataclasses import replace
from rspharness.run import opening
from rspharness.run.opening import TargetKind
from rspharness.simulated import inprocess
from rspharness.simulated.inprocess import InProcessTarget, _DirectLink
from rspharness.simulated.used_card import used_state
from rspharness.targets.transport import LinkWrapper

class WithImsi(LinkWrapper):
    # has an IMSI of a subscriber, in an EF.IMSI that needs no PIN
    def transmit(self, command):
        if command == bytes.fromhex("00B0000009"):
            return bytes.fromhex("0899100700001032549000")
        return super().transmit(command)

def with_profile(options):
    card = {"foreign": "enabled"}
    return used_state(replace(options, settings=replace(options.settings, card=card)))

inprocess.first_state = with_profile

class OneCard:
    simulated = False
    def __init__(self, options):
        self._target = InProcessTarget(options)
        self.settings, self.name = self._target.settings, "one card"
    def open(self):
        return WithImsi(_DirectLink(self._target._cards))
    def facts(self):
        return {}
    def close(self):
        pass

opening.TARGETS = (TargetKind("inprocess", OneCard, ""),)
"""

CASES = """
from rspcore.apdu import CommandApdu, Ins
from rspharness import testcase
from rspharness.record.verdicts import ExpectationError

@testcase("ES10c.GetEID#02", level="read-only")
def test_eid(card, note):
    eid = card.eid()
    note(f"EID {eid}")
    print("EID", eid.octets)
    raise ExpectationError(f"{eid.octets!r}", eid.octets.hex())

@testcase("ES10c.GetProfilesInfo#01", level="read-only")
def test_profiles(card, note):
    iccid = card.profiles()[0].iccid
    note(str(iccid))
    raise ExpectationError("none", f"{iccid}, {iccid.octets.hex(' ')}")

@testcase("UICC.ReadBinary#01", level="read-only")
def test_imsi(card, note):
    card.transmit(CommandApdu(0, Ins.SELECT, 0, 4, bytes.fromhex("2FE2"), 256))
    card.transmit(CommandApdu(0, Ins.READ_BINARY, 0, 0, le=10))
    read = card.transmit(CommandApdu(0, Ins.READ_BINARY, 0, 0, le=9))
    raise AssertionError(f"{read.data!r} is IMSI 901700000012345")
"""


@pytest.fixture
def run(pytester, monkeypatch):
    """Runs the cases on one simulated card that is treated like a real one; returns the views."""
    monkeypatch.setattr(opening, "TARGETS", opening.TARGETS)
    monkeypatch.setattr(inprocess, "first_state", inprocess.first_state)

    def views(*options):
        pytester.makeconftest(ONE_CARD)
        pytester.makepyfile(CASES)
        fixed = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest", "-p", "no:xdist")
        written = ("--junitxml=own.xml", "--alluredir=allure")
        words = (*PLUGIN, f"--rsp-requirements={CATALOGUE}", *fixed, *written, *options)
        result = pytester.runpytest_inprocess(*words)
        folder = pytester.path / "reports/latest"
        files = [folder / "index.html", folder / "junit.xml", pytester.path / "own.xml"]
        files += sorted((pytester.path / "allure").iterdir())
        found = {file.name: file.read_text("utf-8") for file in files}
        return {"console": str(result.stdout), **found}

    return views


def identities_of_run(pytester):
    found = Identities()
    found.add_eid(results_of(pytester)["facts"]["eid"])
    for trace in (pytester.path / "reports/latest/traces").iterdir():
        found.read(trace.read_text("utf-8"))
    assert {one.kind for one in found} == {"EID", "ICCID", "IMSI"}
    return found


def shown(texts, identities):
    """Returns where which forms of identities are, long enough not to be there by chance."""
    return [
        (name, form)
        for name, text in texts.items()
        for one in identities
        for form in one.forms()
        if form in text
    ]


def test_no_view_shows_an_identity_and_the_data_are_whole(run, pytester):
    views = run()
    verdicts = {case["verdict"] for case in results_of(pytester)["cases"]}
    assert verdicts == {"fail"}
    found = identities_of_run(pytester)
    assert shown(views, found) == []
    assert "890490321234" not in "".join(views.values())
    assert "masked; --no-redact shows them" in views["index.html"]
    results = (pytester.path / "reports/latest/results.json").read_text("utf-8")
    assert shown({"results": results}, [one for one in found if one.kind == "EID"])


def test_views_show_identities_on_request(run, pytester):
    views = run("--rsp-no-redact")
    (eid,) = [one for one in identities_of_run(pytester) if one.kind == "EID"]
    places = {name for name, _ in shown(views, [eid])}
    assert {"console", "index.html", "junit.xml", "own.xml"} <= places


def test_redacted_copy_has_neither_identities_nor_secrets(run, pytester, capsys):
    run()
    found = identities_of_run(pytester)
    place = pytester.path / "reports/latest"
    trace = next((place / "traces").iterdir())
    trace.write_text(
        trace.read_text("utf-8") + "> 00 20 00 01 08 30 30 30 30 FF FF FF FF\n< 90 00\n"
    )
    assert main(["report", str(place), "--redact", "--to", "copy"]) == 0
    assert "signatures and MACs in it no longer verify" in capsys.readouterr().out
    copy = pytester.path / "copy"
    texts = {file.name: file.read_text("utf-8") for file in copy.rglob("*") if file.is_file()}
    assert shown(texts, found) == []
    assert "30 30 30 30 FF FF FF FF" not in "".join(texts.values())
    assert any("> 00 20 00 01 08 00 00 00 00 00 00 00 00" in text for text in texts.values())
    assert "no longer verify" in texts["index.html"]
    assert copy.stat().st_mode & 0o777 == 0o700
    for trace in (copy / "traces").iterdir():
        old = (place / "traces" / trace.name).read_text("utf-8")
        assert list(map(len, texts[trace.name].splitlines())) == list(map(len, old.splitlines()))
    results = json.loads(texts["results.json"])
    made = found.pseudonyms()
    assert results["facts"]["eid"] in {one.digits for one in made.values()}


def test_copy_is_not_made_over_a_folder(run, pytester, capsys):
    run()
    (pytester.path / "copy").mkdir()
    place = str(pytester.path / "reports/latest")
    assert main(["report", place, "--redact", "--to", "copy"]) == 3
    assert "name a new folder by --to" in capsys.readouterr().err
    assert main(["report", place, "--to", "copy"]) == 2
