"""How the exception of a case becomes its verdict."""

import pytest

from rspcore import tlv
from rspcore.errors import CryptoError, DecodeError, RemoteError
from rspharness.card.listed import UnobservedError
from rspharness.record.catalogue import Catalogue, Requirement
from rspharness.record.testcase import Level
from rspharness.record.verdicts import (
    Blocked,
    Cause,
    ExpectationError,
    Inconclusive,
    LinkFault,
    MachineLacksError,
    NotApplicable,
    SettledError,
    TargetLost,
    Verdict,
)
from rspharness.run.case_state import CaseState

LIST = "ES10b.ListNotification"
CAUSE = Cause(f"{LIST}#01", "6D00 to ListNotification", "mend it")


def _row(name="ES10c.GetEID#01", *, probe=False):
    values = dict.fromkeys(Requirement.__slots__, "")
    values |= {"id": name, "versions": "both", "kind": "nominal", "function": "GetEID"}
    values |= {"spec_ref": "5.7.20", "title": "the EID", "condition": ""}
    values |= {"expected": "5A of 16 octets" + (" [confirm]" if probe else "")}
    return Requirement.from_row(values)


def _case(*rows, **given):
    return CaseState(
        nodeid="t.py::test_eid",
        seed="1",
        title="The EID is there.",
        location="t.py:7",
        target="inprocess",
        requirements=rows or (_row(),),
        level=Level.READ_ONLY,
        again="rsplab run --case ES10c.GetEID#01",
        **given,
    )


def _raised(error, state=None, step=None):
    """Returns a case in which something was raised, inside a step when one is named."""
    state = state or _case()
    try:
        if step is None:
            raise error
        with state.steps(step):
            raise error
    except type(error) as caught:
        state.judge(caught)
    return state


EXPECTED = ExpectationError("9000", "6A88")


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (EXPECTED, Verdict.FAIL),
        (SettledError("9000", "6A88"), Verdict.FAIL),
        (RemoteError("8.1.1/3.8"), Verdict.FAIL),
        (AssertionError("no"), Verdict.FAIL),
        (NotApplicable("one curve"), Verdict.NOT_APPLICABLE),
        (Inconclusive("no Profile to delete"), Verdict.INCONCLUSIVE),
        (MachineLacksError("no room"), Verdict.INCONCLUSIVE),
        (TargetLost("pulled"), Verdict.INCONCLUSIVE),
        (Blocked(CAUSE), Verdict.BLOCKED),
        (UnobservedError(CAUSE.row, "a list", "6D00"), Verdict.BLOCKED),
        (LinkFault("meant"), Verdict.ERROR),
        (KeyError("iccid"), Verdict.ERROR),
        (DecodeError("octets of ours"), Verdict.ERROR),
        (CryptoError("a key of ours"), Verdict.ERROR),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_each_exception_has_its_verdict(error, verdict):
    state = _raised(error)
    assert state.verdict is verdict
    assert state.verdicts() == {"ES10c.GetEID#01": str(verdict)}


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (EXPECTED, Verdict.INCONCLUSIVE),
        (RemoteError("8.1.1/3.8"), Verdict.INCONCLUSIVE),
        (AssertionError("no"), Verdict.INCONCLUSIVE),
        (UnobservedError("ES10c.GetEID#02", "an EID", "6D00"), Verdict.FAIL),
        (KeyError("iccid"), Verdict.ERROR),
        (NotApplicable("one curve"), Verdict.NOT_APPLICABLE),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_in_initial_conditions_the_card_is_not_under_test_yet(error, verdict):
    assert _raised(error, step="Initial conditions: a Profile").verdict is verdict


def test_case_that_was_never_carried_out_took_no_time():
    assert _case().duration_s == 0
    assert _raised(Blocked(CAUSE)).duration_s == 0


def test_in_any_other_step_it_is():
    assert _raised(EXPECTED, step="Conditions of the answer").verdict is Verdict.FAIL


def _unreadable(state, octets):
    """Judges what a decoder raises on some octets."""
    try:
        tlv.parse(octets)
    except DecodeError as error:
        state.judge(error)
    return state


def test_octets_of_the_card_that_cannot_be_read_are_a_fail_and_ours_an_error():
    octets = bytes.fromhex("BF3E FF".replace(" ", ""))
    state = _case()
    state.trace.exchange(b"\x81\xe2\x91\x00", octets + b"\x90\x00", 0.1)
    assert _unreadable(state, octets).verdict is Verdict.FAIL
    assert state.expected == "octets that can be read"
    assert state.actual.startswith("BF 3E FF (")
    assert _unreadable(_case(), octets).verdict is Verdict.ERROR


@pytest.mark.parametrize(("length", "shown", "more"), [(64, 64, False), (65, 64, True)])
def test_of_octets_that_cannot_be_read_the_first_64_are_shown(length, shown, more):
    octets = bytes.fromhex("BF3E7F") + bytes(length - 3)
    state = _case()
    state.trace.exchange(b"\x81\xe2\x91\x00", octets + b"\x90\x00", 0.1)
    text = _unreadable(state, octets).actual
    assert text.startswith(octets[:shown].hex(" ").upper() + (" .. (" if more else " ("))


def test_an_answer_without_octets_is_shown_as_such():
    state = _case()
    state.trace.exchange(b"\x81\xe2\x91\x00", b"\x90\x00", 0.1)
    assert _unreadable(state, b"").actual.startswith("no octets (")


def test_a_fail_shows_expected_and_actual_of_what_was_raised():
    state = _raised(EXPECTED)
    assert (state.expected, state.actual) == ("9000", "6A88")
    state = _raised(RemoteError("8.1.1/3.8"))
    assert state.expected == "an answer without error"
    assert "8.1.1/3.8" in state.actual
    state = _raised(AssertionError("one is two"))
    assert (state.expected, state.actual) == ("one is two", "")
    assert _raised(AssertionError()).reason == "AssertionError"
    state = _raised(KeyError("iccid"))
    assert (state.expected, state.actual, state.reason) == ("", "", "'iccid'")


def test_what_is_not_applicable_has_its_precondition():
    assert _raised(NotApplicable("one curve")).precondition == "one curve"
    assert _raised(Inconclusive("no Profile")).precondition == ""


def test_a_blocked_case_names_its_cause():
    state = _raised(Blocked(CAUSE))
    assert state.cause == CAUSE
    assert state.reason == f"blocked by {CAUSE.row}: {CAUSE.finding}"
    state = _raised(UnobservedError(CAUSE.row, "a list", "6D00"))
    assert state.cause is not None
    assert state.cause.row == CAUSE.row
    assert state.cause.remedy == f"mend {LIST}, then run again"
    known = Cause(f"{LIST}#09", "no list at all")
    case = _case(known_causes={LIST: known})
    assert _raised(UnobservedError(CAUSE.row, "a list", "6D00"), case).cause == known


def test_a_function_that_gives_nothing_fails_its_own_rows():
    state = _raised(UnobservedError(CAUSE.row, "a list", "6D00"), _case(_row(f"{LIST}#07")))
    assert (state.verdict, state.cause) == (Verdict.FAIL, None)
    longer = _case(_row(f"{LIST}Again#07"))
    assert _raised(UnobservedError(CAUSE.row, "a list", "6D00"), longer).verdict is Verdict.BLOCKED


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (EXPECTED, Verdict.INCONCLUSIVE),
        (UnobservedError(CAUSE.row, "a list", "6D00"), Verdict.BLOCKED),
    ],
)
def test_before_a_case_begins_its_card_fails_nothing(error, verdict):
    assert _case().judge_setup(error) is verdict


def test_a_probe_passes_and_fails_as_a_probe():
    assert _case(_row(probe=True)).passed() is Verdict.PROBE
    state = _raised(EXPECTED, _case(_row(probe=True)))
    assert (state.verdict, state.expected, state.settled) == (Verdict.PROBE, "9000", False)
    state = _raised(SettledError("a type", "none"), _case(_row(probe=True)))
    assert (state.verdict, state.settled) == (Verdict.FAIL, True)
    assert state.verdicts() == {"ES10c.GetEID#01": "fail"}
    assert _raised(KeyError("x"), _case(_row(probe=True))).verdict is Verdict.ERROR
    assert _raised(Inconclusive("x"), _case(_row(probe=True))).verdict is Verdict.INCONCLUSIVE


def test_one_row_that_is_no_probe_makes_the_case_strict():
    rows = (_row("A#01", probe=True), _row("A#02"))
    state = _raised(EXPECTED, _case(*rows))
    assert state.verdicts() == {"A#01": "probe", "A#02": "fail"}
    state = _case(*rows)
    assert state.passed() is Verdict.PASS
    assert state.verdicts() == {"A#01": "probe", "A#02": "pass"}
    excused = _case(*rows, excused={"A#02": "not O_E_MEP"})
    assert excused.passed() is Verdict.PROBE
    assert excused.verdicts() == {"A#01": "probe", "A#02": "not applicable"}


DOUBT = {"A#02": "RAT_PPR1 is unknown"}


def test_what_hangs_on_an_unknown_option_records_only():
    rows = (_row("A#02"),)
    assert _case(*rows, doubted=DOUBT).passed() is Verdict.PROBE
    assert _raised(EXPECTED, _case(*rows, doubted=DOUBT)).verdict is Verdict.PROBE
    assert _raised(Inconclusive("no"), _case(*rows, doubted=DOUBT)).verdict is Verdict.PROBE
    blocked = _raised(Blocked(CAUSE), _case(*rows, doubted=DOUBT))
    assert (blocked.verdict, blocked.cause) == (Verdict.PROBE, None)
    assert _raised(TargetLost("x"), _case(*rows, doubted=DOUBT)).verdict is Verdict.INCONCLUSIVE
    assert _raised(NotApplicable("x"), _case(*rows, doubted=DOUBT)).verdict == "not applicable"
    settled = _raised(SettledError("a", "b"), _case(*rows, doubted=DOUBT))
    assert (settled.verdict, settled.settled) == (Verdict.PROBE, False)


def test_beside_a_row_that_is_known_an_unknown_one_excuses_nothing():
    rows = (_row("A#01"), _row("A#02"))
    state = _raised(Inconclusive("no"), _case(*rows, doubted=DOUBT))
    assert state.verdict is Verdict.INCONCLUSIVE
    state = _raised(SettledError("a", "b"), _case(*rows, doubted=DOUBT))
    assert state.verdicts() == {"A#01": "fail", "A#02": "probe"}
    excused = _case(*rows, doubted=DOUBT, excused={"A#01": "not O_E_MEP"})
    assert _raised(Inconclusive("no"), excused).verdict is Verdict.PROBE
    none = _case(_row("A#01"), excused={"A#01": "not O_E_MEP"})
    assert _raised(Inconclusive("no"), none).verdict is Verdict.INCONCLUSIVE


def test_a_known_deviation_does_not_fail_and_has_to_occur():
    state = _raised(EXPECTED, _case(deviation="old firmware"))
    assert state.verdict is Verdict.DEVIATION
    assert state.reason == "old firmware (expected 9000, got 6A88)"
    assert _raised(KeyError("x"), _case(deviation="old firmware")).verdict is Verdict.ERROR
    state = _case(deviation="old firmware")
    assert state.passed() is Verdict.FAIL
    assert "take the line out of the target file" in state.actual
    assert state.reason == f"expected {state.expected}, but {state.actual}"
    state = _case(deviation="old firmware", strict=False)
    assert state.passed() is Verdict.PASS
    assert state.steps.notes == ["the declared deviation did not occur: old firmware"]
    assert _case().passed() is Verdict.PASS


def test_a_fault_is_found_by_a_fail_or_by_a_probe_that_saw_it():
    assert _raised(EXPECTED).killed
    assert _raised(EXPECTED, _case(_row(probe=True))).killed
    passed = _case(_row(probe=True))
    passed.passed()
    assert not passed.killed
    assert not _raised(Inconclusive("no")).killed
    assert not _raised(KeyError("x")).killed


def test_explanation_names_step_requirement_and_how_to_run_it_again():
    text = _raised(EXPECTED, step="Expected: an EID").explain().splitlines()
    assert text == [
        "ES10c.GetEID#01  FAIL at step 1: Expected: an EID",
        "  requirement  SGP.22 5.7.20, GetEID: the EID; 5A of 16 octets",
        "  expected     9000",
        "  actual       6A88",
        "  at           t.py:7",
        "  again        rsplab run --case ES10c.GetEID#01",
    ]
    text = _raised(Inconclusive("no Profile")).explain().splitlines()
    assert text[0] == "ES10c.GetEID#01  INCONCLUSIVE"
    assert "  reason       no Profile" in text
    assert not any(line.startswith(("  expected", "  actual", "  sent")) for line in text)
    assert _case().explain().startswith("ES10c.GetEID#01  ERROR")


def test_record_of_a_pass_has_no_explanation_and_counts_its_commands():
    state = _case()
    state.trace.exchange(b"\x80\xca\x00\x00", b"\x90\x00", 1.23456)
    state.duration_s = 0.123456
    state.passed()
    record = state.record()
    assert record["explanation"] == ""
    assert (record["duration_s"], record["card_ms"], record["commands"]) == (0.1235, 1.235, 1)
    assert record["blocked_by"] is None
    assert record["sent"] == ""
    blocked = _raised(Blocked(CAUSE)).record()
    assert blocked["blocked_by"] == CAUSE.as_dict()
    assert blocked["explanation"].startswith("ES10c.GetEID#01  BLOCKED")
    unjudged = _case().record()
    assert (unjudged["verdict"], unjudged["verdicts"]) == ("error", {"ES10c.GetEID#01": "error"})


def test_servers_stand_the_other_way_round_in_half_of_the_cases(request):
    folder = request.config.rootpath / "fixtures" / "requirements" / "euicc.csv"
    turned = [_case(row).uses_second_server for row in Catalogue.load(folder)]
    assert 0.45 < sum(turned) / len(turned) < 0.55
