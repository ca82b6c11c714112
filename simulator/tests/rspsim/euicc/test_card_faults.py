"""Card faults and the decisions they swap: names are unique and exist, and no card crashes."""

import contextlib
import csv
import importlib
import pkgutil
from dataclasses import replace
from pathlib import Path

import pytest

from rspcore.errors import DecodeError, LocalError
from rspcore.messages import es10b
from rspcore.messages.es10c import EnableResult, ResetOption
from rspcore.messages.metadata import NotificationConfigurationInformation, NotificationEvent
from rspsim import euicc
from rspsim.euicc.decisions import STANDARD, Check, Decision
from rspsim.euicc.isdr.es10c import enable_profile
from rspsim.euicc.isdr.es10c.get_eid import GET_EID
from rspsim.euicc.session import SESSION_TABLE, SessionEvent, SessionState
from rspsim.faults.card import FAULTS
from rspsim.faults.card.card_fault import (
    answers,
    behind,
    flattened,
    leads,
    moved_last,
    skip,
    swap,
    together,
)
from rspsim.faults.registry import card_fault, decisions_with

pytestmark = pytest.mark.once

CATALOGUE = Path(__file__).parents[4] / "fixtures/requirements/euicc.csv"


def every_decision() -> dict[str, Decision]:
    found = {}
    for module in pkgutil.walk_packages(euicc.__path__, "rspsim.euicc."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, Decision):
                assert found.setdefault(value.name, value) is value, f"{value.name} twice"
    return found


DECISIONS = every_decision()
TABLES = {
    name: decision
    for name, decision in DECISIONS.items()
    if isinstance(decision.standard, tuple)
    and decision.standard
    and isinstance(decision.standard[0], Check)
}


def test_names_of_decisions_and_checks_are_unique():
    assert len(DECISIONS) > 60
    assert len(TABLES) > 15
    for table in TABLES.values():
        names = [check.name for check in table.standard]
        assert len(set(names)) == len(names), table.name


def test_faults_have_unique_names_summaries_and_requirements():
    names = [fault.name for fault in FAULTS]
    assert len(set(names)) == len(names) >= 50
    for fault in FAULTS:
        assert fault.breaks, fault.name
        assert fault.summary.endswith("."), fault.name


def test_requirements_of_faults_are_in_the_catalogue():
    with CATALOGUE.open(newline="") as file:
        known = {row["id"] for row in csv.DictReader(file)}
    unknown = {name for fault in FAULTS for name in fault.breaks} - known
    assert not unknown


def tour(lab, profile_of) -> None:
    """Uses a card: download, list, switch, delete, reset, with good and bad requests."""
    events = NotificationConfigurationInformation(
        profile_management_operation=frozenset(NotificationEvent),
        notification_address="n.example.com",
    )
    for number in (1, 2):
        server = lab.server()
        profile = profile_of(number, notification_configuration=(events,))
        signature1 = _authenticated(lab, server)
        prepared = lab.send(server.download_request(signature1))[0]
        otpk = _otpk(prepared)
        if otpk is not None:
            lab.load(server.bind(lab, otpk, profile))
        lab.send(server.download_request(bytes(64)))
        lab.send(bytes.fromhex("BF4106800101810100"))
    for octets in (
        "BF2D00",
        "BF2800",
        "BF2B00",
        "BF2200",
        "BF3005800101",
        "BF3003800101",
        "BF7F00",
    ):
        lab.send(bytes.fromhex(octets))
    for number in (1, 2, 3):
        iccid = profile_of(number).metadata.iccid.octets.hex()
        for request in (
            f"BF3111A00C5A0A{iccid}8101FF",
            f"BF3111A00C5A0A{iccid}810100",
            f"BF3211A00C5A0A{iccid}810100",
            f"BF330C5A0A{iccid}",
            f"BF290F5A0A{iccid}900178",
        ):
            lab.send(bytes.fromhex(request))
        lab.card.reset()
        lab.start()
    lab.send(bytes.fromhex("BF3404820205E0"))
    lab.send(bytes.fromhex("BF3F058003612E62"))
    lab.card.reset()


def crashes_of(card) -> list[Exception]:
    """Returns a list that receives every exception the card raises in place of an answer."""
    crashes: list[Exception] = []
    plain = card.transmit

    def transmit(command: bytes) -> bytes:
        try:
            return plain(command)
        except Exception as error:
            crashes.append(error)
            raise

    card.transmit = transmit
    return crashes


def _authenticated(lab, server) -> bytes:
    data, _ = lab.send(bytes.fromhex("BF2E00"))
    request = server.authenticate_request(data[-16:].rjust(16, b"\0"))
    answer = es10b.AuthenticateServerResponse.decode(lab.send(request)[0])
    ok = answer.authenticate_response_ok
    return bytes(64) if ok is None else ok.euicc_signature1


def _otpk(data: bytes) -> bytes | None:
    ok = es10b.PrepareDownloadResponse.decode(data).download_response_ok
    return None if ok is None else ok.euicc_signed2.euicc_otpk


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_card_with_a_fault_still_answers(lab_type, profile_of, fault):
    decisions = fault.apply(STANDARD)
    assert decisions.swapped
    lab = lab_type()
    lab.card._decisions = decisions
    crashes = crashes_of(lab.card)
    with contextlib.suppress(AssertionError, DecodeError):  # a wrong answer may end the tour
        tour(lab, profile_of)
    assert crashes == []


@pytest.mark.parametrize(
    ("table", "check"),
    [(name, check.name) for name, table in TABLES.items() for check in table.standard],
)
def test_card_without_one_check_still_answers(lab_type, profile_of, table, check):
    if check == "session_open":
        pytest.skip("the check cannot fail alone; faults of the session are made with `allows`")
    lab = lab_type()
    lab.card._decisions = skip(TABLES[table], check)(STANDARD)
    tour(lab, profile_of)


def test_each_builder_changes_the_checks_it_names():
    table = enable_profile.CHECKS
    names = [check.name for check in table.standard]
    assert [c.name for c in skip(table, "policy")(STANDARD)[table]] == [
        name for name in names if name != "policy"
    ]
    changed = answers(table, "policy", 127)(STANDARD)[table]
    assert [c.code for c in changed if c.name == "policy"] == [127]
    assert {c.code for c in flattened(table, 127)(STANDARD)[table]} == {127}
    assert moved_last(table, "policy")(STANDARD)[table][-1].name == "policy"
    both = together(skip(table, "policy"), skip(table, "cat_free"))(STANDARD)[table]
    assert {"policy", "cat_free"} & {c.name for c in both} == set()
    assert swap(SESSION_TABLE, {})(STANDARD)[SESSION_TABLE] == {}
    assert STANDARD[table] is table.standard


def test_event_of_the_session_leads_to_another_state():
    before, after = SessionState.CHALLENGED, SessionState.IDLE
    event = SessionEvent.DP_AUTHENTICATED
    table = leads(event, {before: after})(STANDARD)[SESSION_TABLE]
    assert table[before][event] is after
    assert table[after] == SESSION_TABLE.standard[after]


def test_changes_behind_one_function_add_up(lab_type):
    def longer(outcome, _view):
        data = outcome.response.data + b"\x00"
        return replace(outcome, response=replace(outcome.response, data=data))

    plain, _ = lab_type().send(bytes.fromhex("BF3E035C015A"))
    twice = together(behind(GET_EID, longer), behind(GET_EID, longer))(STANDARD)
    longer_twice, _ = lab_type(decisions=twice).send(bytes.fromhex("BF3E035C015A"))
    assert longer_twice == plain + b"\x00\x00"


def test_builder_with_an_unknown_check_is_refused_at_once():
    with pytest.raises(LocalError, match="policy"):
        skip(enable_profile.CHECKS, "polcy")
    with pytest.raises(LocalError):
        answers(enable_profile.CHECKS, "nothing", 1)


def test_faults_are_found_by_name():
    assert card_fault("es10b.challenge.constant").name == "es10b.challenge.constant"
    with pytest.raises(LocalError, match=r"did you mean es10b\.challenge\.constant"):
        card_fault("es10b.challenge.constnt")
    with pytest.raises(LocalError, match=r"'b' is not known; `rsplab card faults` lists all \d{3}"):
        card_fault("b")


def test_faults_add_up():
    assert decisions_with([]) is STANDARD
    two = decisions_with(["es10b.challenge.constant", "notifications.number.stands"])
    assert len(two.swapped) == 2


def test_good_card_differs_from_a_faulty_one(lab_type, profile_of):
    profiles = [profile_of(1), profile_of(2)]
    for name, count in ((None, 1), ("es10c.enable-profile.two-enabled", 2)):
        lab = lab_type(decisions=decisions_with([name] if name else []))
        lab.install(*profiles)
        for profile in profiles:
            assert lab.enable(profile.metadata.iccid) == EnableResult.ok
        assert sum(lab.states().values()) == count
        lab.reset_memory(ResetOption.deleteOperationalProfiles)
