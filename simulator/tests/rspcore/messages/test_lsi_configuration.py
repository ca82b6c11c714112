"""MANAGE LSI: the octets of others, and what cannot be read (TS 102 221, 11.1.23)."""

import pytest

from rspcore.errors import DecodeError
from rspcore.messages.v3.lsi_configuration import (
    LsiConfiguration,
    LsiOption,
    MepMode,
    assigned_lsi,
    jointly,
    lsi_atr,
)

REQUEST = bytes.fromhex("80010281010190020103910102")
ANSWER = bytes.fromhex("8001028101019003010103910102")


def test_the_request_of_a_decoder_with_tests_is_written_so():
    proposed = LsiConfiguration(
        highest=2, options=LsiOption.NAD, modes=(MepMode.A1, MepMode.B), ports=2
    )
    assert proposed.encode() == REQUEST
    assert LsiConfiguration.decode(REQUEST) == proposed


def test_its_answer_is_read_so():
    answer = LsiConfiguration.decode(ANSWER)
    assert (answer.agreed, answer.modes) == (MepMode.A1, (1, 1, 3))
    assert (answer.highest, answer.options, answer.ports) == (2, 1, 2)
    assert answer.encode() == ANSWER


def test_only_the_highest_number_has_to_be_there():
    alone = LsiConfiguration.decode(bytes.fromhex("5F0100" + "800103"))
    assert alone == LsiConfiguration(highest=3)
    assert alone.agreed == MepMode.NONE


@pytest.mark.parametrize("octets", ["", "810100", "80020001", "8000", "8001028102", "800102910211"])
def test_what_cannot_be_read(octets):
    with pytest.raises(DecodeError):
        LsiConfiguration.decode(bytes.fromhex(octets))


def test_answers_of_reset_and_retrieval():
    assert lsi_atr(b"\x3b\x00") == bytes.fromhex("80023B00")
    assert assigned_lsi(None) == bytes.fromhex("8001FF")
    assert assigned_lsi(2) == bytes.fromhex("800102")


@pytest.mark.parametrize(
    ("preferred", "known", "expected"),
    [((3, 1), (1, 3), 3), ((2,), (1, 3), 0), ((), (1,), 0), ((0, 1), (0, 1), 1)],
)
def test_the_first_common_mode_is_chosen(preferred, known, expected):
    assert jointly(preferred, known) == expected


def test_a_profile_is_never_on_the_port_of_the_isd_r_in_a():
    assert [mode.first_port for mode in MepMode] == [0, 1, 1, 0]
