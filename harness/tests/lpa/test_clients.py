"""The simulated card against the behaviour of known clients, APDU by APDU.

The sequences are those that real LPAs and shells were seen to send over PC/SC.
"""

import pytest

from rspcore.pki.generate import make_pki
from rspharness.simulated.inprocess import InProcessTarget
from rspharness.targets.settings import TargetSettings
from rspharness.targets.target import TargetOptions

ISDR = "A0000005591010FFFFFFFF8900000100"
EID = "BF3E125A1089049032123451234512345678901235"


@pytest.fixture
def link():
    target = InProcessTarget(
        TargetOptions(settings=TargetSettings(kind="inprocess"), pki=make_pki())
    )
    made = target.open()
    made.reset()
    return made


def ask(link, text):
    return link.transmit(bytes.fromhex(text)).hex().upper()


def collected(link, cla, answer):
    """Collects 61XX with GET RESPONSE in the class the client uses."""
    data = answer[:-4]
    while answer[-4:-2] == "61":
        answer = ask(link, f"{cla}C00000{answer[-2:]}")
        data += answer[:-4]
    assert answer[-4:] == "9000"
    return data


@pytest.mark.parametrize("get_response_class", ["01", "81"])
def test_client_that_sends_no_le_and_does_not_fetch_the_fci(link, get_response_class):
    ask(link, "80AA00000AA9088100820101830107")
    assert ask(link, "0070000001") == "019000"
    assert ask(link, f"01A4040010{ISDR}")[-4:-2] in ("61", "90")
    answer = ask(link, "81E2910006BF3E035C015A")
    assert collected(link, get_response_class, answer) == EID
    answer = ask(link, "81E2910003BF2200")
    assert collected(link, get_response_class, answer).startswith("BF22")
    assert ask(link, "0070800100") == "9000"
    assert ask(link, "81E2910003BF2E00")[-4:] == "6881"


def test_client_that_opens_by_number(link):
    assert ask(link, "0070000100") == "9000"
    answer = ask(link, f"01A4040010{ISDR}00")
    fci = collected(link, "01", answer)
    assert fci.startswith("6F")
    assert f"8410{ISDR}" in fci
    answer = ask(link, "81E2910003BF220000")
    assert collected(link, "81", answer).startswith("BF22")


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_blocks_of_a_few_octets_are_joined(link, size):
    ask(link, "0070000001")
    ask(link, f"01A4040010{ISDR}00")
    octets = bytes.fromhex("BF3E035C015A")
    pieces = [octets[start : start + size] for start in range(0, len(octets), size)]
    for number, piece in enumerate(pieces):
        p1 = 0x91 if number == len(pieces) - 1 else 0x11
        answer = ask(link, f"81E2{p1:02X}{number:02X}{len(piece):02X}{piece.hex()}00")
    assert collected(link, "01", answer) == EID


def test_wrong_length_of_a_client_is_refused_and_the_card_continues(link):
    ask(link, "0070000001")
    ask(link, f"01A4040010{ISDR}00")
    for number in range(4):
        assert ask(link, f"81E211{number:02X}") != "9000"
    answer = ask(link, "81E2910006BF3E035C015A00")
    assert collected(link, "01", answer) == EID


def test_probing_commands_of_a_shell_change_nothing(link):
    probes = [
        "00A40004023F0000",
        "00A40004022F0000",
        "00A40804022FE200",
        "A0A40000027F20",
        "A0A40000027F25",
        "A0A40000027FE0",
        "00A4040008A00000000300000000",
        "00A4040009A00000015141434C0000",
        "00A4040007A000000087100200",
        "00A4040007A000000087100400",
        f"00A4040010{ISDR[:-4]}020000",
    ]
    for probe in probes:
        assert len(ask(link, probe)) >= 4
        link.reset()
    ask(link, "0070000001")
    ask(link, f"01A4040010{ISDR}00")
    assert ask(link, "81E2910003BF560000") == "6A88"
    answer = ask(link, "81E2910006BF3E035C015A00")
    assert collected(link, "01", answer) == EID


def test_two_channels_have_separate_answers(link):
    for number in ("01", "02"):
        ask(link, f"007000{number}00")
        ask(link, f"{number}A4040010{ISDR}00")
    ask(link, "81E2910003BF220000")  # its answer is left uncollected
    answer = ask(link, "82E2910006BF3E035C015A00")
    assert collected(link, "02", answer) == EID
