"""The simulated modem: AT commands as TS 27.007 has them, and the habits of the field."""

import pytest

from rspcore.errors import LocalError
from rspcore.tags import ISDR_AID
from rspsim.card_setup import CardRequest, first_state
from rspsim.env import SeededRng
from rspsim.euicc.card import Euicc
from rspsim.stores.memory import MemoryStore
from rspsim.transports.modem.at_modem import HABITS, AtModem, habits_named

GET_EID = "80E2910006BF3E035C015A00"


def modem(*habits: str) -> AtModem:
    card = Euicc(first_state(CardRequest()), MemoryStore(), SeededRng(b"modem"))
    made = AtModem(card, habits_named(habits))
    made.answer("ATE0")
    made.answer("AT+CMEE=1")
    return made


def lines(answer: str) -> list[str]:
    return [one for one in answer.split("\r\n") if one]


def open_session(made: AtModem) -> str:
    opened = lines(made.answer(f'AT+CCHO="{ISDR_AID}"'))
    assert opened[-1] == "OK"
    return opened[0].removeprefix("+CCHO: ")


def test_session_carries_commands_of_a_channel() -> None:
    made = modem()
    session = open_session(made)
    answer = lines(made.answer(f'AT+CGLA={session},{len(GET_EID)},"{GET_EID}"'))
    assert answer == ['+CGLA: 4,"6115"', "OK"]
    fetch = lines(made.answer(f'AT+CGLA={session},10,"00C0000015"'))
    assert fetch[0].startswith('+CGLA: 46,"BF3E125A10')
    assert lines(made.answer(f"AT+CCHC={session}")) == ["OK"]
    assert lines(made.answer(f'AT+CGLA={session},10,"00C0000015"')) == ["+CME ERROR: 50"]


def test_basic_channel_is_carried_as_it_is() -> None:
    assert lines(modem().answer('AT+CSIM=10,"80F2000C00"'))[-1] == "OK"


def test_unknown_application_and_no_channel_left() -> None:
    made = modem()
    assert lines(made.answer('AT+CCHO="A000000001"')) == ["+CME ERROR: 22"]
    while (last := lines(made.answer(f'AT+CCHO="{ISDR_AID}"'))[-1]) == "OK":
        pass
    assert last == "+CME ERROR: 4"


@pytest.mark.parametrize(
    "line", ['AT+CSIM=8,"80F2000C00"', 'AT+CSIM=9,"80F2000C0"', "AT+CSIM=0,", "AT+CFUN=7"]
)
def test_wrong_parameters_are_refused(line: str) -> None:
    assert lines(modem().answer(line)) == ["+CME ERROR: 50"]


def test_errors_are_shown_as_asked_for() -> None:
    made = modem()
    assert lines(made.answer("AT+NOTHING")) == ["ERROR"]
    made.answer("AT+CMEE=2")
    assert lines(made.answer('AT+CCHO="A000000001"')) == ["+CME ERROR: not found"]
    made.answer("AT+CMEE=0")
    assert lines(made.answer('AT+CCHO="A000000001"')) == ["ERROR"]


def test_functions_off_and_on_reset_the_card() -> None:
    made = modem()
    session = open_session(made)
    assert lines(made.answer("AT+CFUN=0")) == ["OK"]
    assert lines(made.answer("AT+CPIN?")) == ["+CME ERROR: 10"]
    assert lines(made.answer("AT+CFUN=1")) == ["OK"]
    assert lines(made.answer("AT+CPIN?")) == ["+CPIN: READY", "OK"]
    assert lines(made.answer(f"AT+CCHC={session}")) == ["+CME ERROR: 50"]


STATUS = 'AT+CSIM=10,"80F2000C00"'
OPENED = f'AT+CCHO="{ISDR_AID}"'
SEEN = {
    "octet-lengths": (STATUS, ["+CSIM: 2,"]),
    "urcs": (STATUS, ["+CREG: 1"]),
    "echo": (STATUS, [f"{STATUS}\r"]),
    "busy": (STATUS, ["+CME ERROR: 14"]),
    "cme-error": (STATUS, ["+CME ERROR: 100"]),
    "no-ccho": (OPENED, ["ERROR"]),
    "no-csim": (STATUS, ["ERROR"]),
    "no-test-commands": ("AT+CCHO=?", ["ERROR"]),
    "bare-session": (OPENED, ["1"]),
    "session-handle": (OPENED, ["+CCHO: 000000000385a7d0"]),
    "unquoted": (STATUS, ["+CSIM: 4,9000"]),
}


@pytest.mark.parametrize("habit", HABITS)
def test_each_habit_shows(habit: str) -> None:
    line, expected = SEEN[habit]
    for made, seen in ((modem(habit), True), (modem(), False)):
        answers = [lines(made.answer(line))[0] for _ in range(1 if line == OPENED else 10)]
        assert all(any(one.startswith(text) for one in answers) for text in expected) is seen


def test_unknown_habits_and_no_way_to_the_card() -> None:
    with pytest.raises(LocalError, match="octet-lengths"):
        habits_named(["octets"])
    with pytest.raises(LocalError, match="no way to the card"):
        habits_named(["no-ccho", "no-csim"])
