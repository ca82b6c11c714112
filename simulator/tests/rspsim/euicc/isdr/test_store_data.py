"""STORE DATA: blocks, their numbers, and what happens to half a command (SGP.22 v2, 5.7.2)."""

import pytest

GET_EID = bytes.fromhex("BF3E035C015A")


def sw(answer: bytes) -> str:
    return answer[-2:].hex().upper()


@pytest.mark.parametrize("size", [1, 2, 3, 5, 6, 120, 255])
def test_command_may_be_cut_anywhere(lab, size):
    data, word = lab.send(GET_EID, size)
    assert (data.hex(), word) == ("bf3e125a10" + str(lab.state.eid), 0x9000)


@pytest.mark.parametrize("p1", ["00", "01", "10", "81", "90", "51"])
def test_other_p1_is_refused(lab, p1):
    assert sw(lab.apdu(f"81E2{p1}0006" + GET_EID.hex())) == "6A86"


@pytest.mark.parametrize("p2", ["01", "02", "FF"])
def test_first_block_has_number_zero(lab, p2):
    assert sw(lab.apdu(f"81E291{p2}06" + GET_EID.hex())) == "6A86"


def test_skipped_number_drops_the_command(lab):
    assert sw(lab.apdu("81E2110003BF3E03")) == "9000"
    assert sw(lab.apdu("81E29102035C015A")) == "6A86"
    assert sw(lab.apdu("81E29101035C015A")) == "6A86"
    assert lab.send(GET_EID)[1] == 0x9000


def test_block_zero_begins_a_new_command(lab):
    assert sw(lab.apdu("81E2110003BF3F03")) == "9000"
    assert sw(lab.apdu("81E2910006" + GET_EID.hex())) == "6115"


def test_number_counts_modulo_256(lab):
    command = bytes.fromhex("BF3F820132808201") + b"\x2e" + b"a" * 302
    data, word = lab.send(command, 1)
    assert (data.hex(), word) == ("bf3f0380017f", 0x9000)


def test_other_channel_does_not_disturb_the_chain(lab):
    assert sw(lab.apdu("81E2110003BF3E03")) == "9000"
    assert sw(lab.apdu("80F2000C")) == "9000"
    assert sw(lab.apdu("81E29101035C015A")) == "6115"


def test_reset_drops_the_chain(lab):
    lab.apdu("81E2110003BF3E03")
    lab.start()
    assert sw(lab.apdu("81E29101035C015A")) == "6A86"


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("BF7F00", 0x6A88),
        ("BF3900", 0x6A88),
        ("BF4400", 0x6A88),
        ("BF5603820100", 0x6A88),
        ("3003BF2000", 0x6A88),
        ("8700", 0x6A88),
        ("8500", 0x6A88),
        ("BF3E045C015A", 0x6A80),
        ("BF3E025C015A", 0x6A80),
        ("BF3E805C015A0000", 0x6A80),
        ("BF3E", 0x6A80),
        ("BF", 0x6A80),
        ("BF3E035C0180", 0x6A80),
        ("BF3000", 0x6A80),
        ("BF310EA00C5A0A98001032547698103214", 0x6A80),
        ("BF3F00", 0x6A80),
        ("BF290D5A0A98001032547698103214", 0x6A80),
    ],
)
def test_malformed_request_has_its_status_word(lab, command, expected):
    state = lab.state
    assert lab.send(bytes.fromhex(command)) == (b"", expected)
    assert lab.state is state


@pytest.mark.parametrize("command", ["BF200482020102", "BF2E820000", "BF3E055C015A8100"])
def test_unknown_or_long_coded_parts_are_accepted(lab, command):
    assert lab.send(bytes.fromhex(command))[1] == 0x9000


def test_command_beyond_the_capacity_is_refused(lab):
    lab.card.reset()
    lab.start()
    block = bytes(255)
    answer = lab.apdu(b"\x81\xe2\x11\x00\xff" + block)
    number = 1
    while answer == b"\x90\x00":
        answer = lab.apdu(bytes((0x81, 0xE2, 0x11, number % 256, 255)) + block)
        number += 1
    assert (sw(answer), number) == ("6A84", 258)
