"""Bodies of peers that are odd: a fail of the peer, in words that a terminal can show."""

import pytest

from rspharness.peers.bindings import Members, read_json
from rspharness.peers.stdio_driver import StdioDriver
from rspharness.record.verdicts import ExpectationError
from rspharness.simulated.lent_card import LentCard

DEEP = b"[" * 200_000
BODIES = {
    "deep": DEEP,
    "deep member": b'{"header": ' + DEEP,
    "no JSON": b"<html>",
    "no UTF-8": b"\xff\xfe\x00",
    "a list": b"[]",
    "empty": b"",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_body_that_is_no_json_object_is_a_failed_expectation(body):
    with pytest.raises(ExpectationError, match="a JSON object"):
        read_json("initiateAuthentication", body)
    with pytest.raises(ExpectationError, match="a JSON object"):
        Members("initiateAuthentication", body)


def test_member_that_an_lpa_left_out_is_a_failed_expectation():
    members = Members("initiateAuthentication", b'{"euiccChallenge": "AA=="}')
    assert members["euiccChallenge"] == "AA=="
    with pytest.raises(ExpectationError, match="expected the member smdpAddress"):
        members["smdpAddress"]


def test_line_of_an_lpa_that_is_nested_too_deep_is_a_line_of_text():
    with LentCard("stdio") as card:
        assert StdioDriver(card.shared).answer(DEEP.decode()) is None
