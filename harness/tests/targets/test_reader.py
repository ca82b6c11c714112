"""The wrapper around pyscard, over a substitute for its raw interface."""

import pytest

from rspcore.errors import ConfigError
from rspharness.record.verdicts import TargetLost
from rspharness.targets.reader import KeptLink, ReaderLink, find_reader


def test_card_is_connected_reset_and_released(library):
    scard = library("A")
    link = ReaderLink("A")
    assert link.transmit(b"\x00\xa4") == b"\x90\x00"
    assert link.protocol == "T=0"
    assert link.reset() == b"\x3b\x00"
    assert link.power_cycle() == b"\x3b\x00"
    assert link.protocol == "T=1"
    link.transmit(b"\x00")
    link.close()
    link.close()
    assert ("reconnect", 3, 1) in scard.log
    assert ("reconnect", 3, 2) in scard.log
    assert ("transmit", "T1") in scard.log
    assert [one[0] for one in scard.log[-2:]] == ["disconnect", "release"]


def test_card_is_restarted_in_one_protocol(library):
    scard = library("A")
    link = KeptLink(ReaderLink("A"))
    assert link.restart(0) == link.restart(1) == b"\x3b\x00"
    assert [one for one in scard.log if one[0] == "reconnect"] == [
        ("reconnect", scard.SCARD_PROTOCOL_T0, scard.SCARD_UNPOWER_CARD),
        ("reconnect", scard.SCARD_PROTOCOL_T1, scard.SCARD_UNPOWER_CARD),
    ]


@pytest.mark.parametrize("fault", ["transmit", "reconnect", "status"])
def test_removed_card_is_a_lost_target(library, fault):
    library("A", faults=[fault])
    link = ReaderLink("A")
    act = link.reset if fault != "transmit" else lambda: link.transmit(b"\x00")
    with pytest.raises(TargetLost, match=r'reader "A", .*error 5'):
        act()


def test_absent_card_leaves_no_context_open(library):
    scard = library("A", faults=["connect"])
    with pytest.raises(TargetLost, match="connecting"):
        ReaderLink("A")
    assert scard.log[-1] == ("release",)


def test_card_being_inserted_is_waited_for(library):
    absent = library(faults=["connect"]).SCardConnect
    scard = library("A")
    present = scard.SCardConnect
    answers = [absent, absent, present]

    def connect(*arguments):
        return answers.pop(0)(*arguments)

    scard.SCardConnect = connect
    assert ReaderLink("A", patience_s=60).protocol == "T=0"
    assert not answers


def test_daemon_that_does_not_answer_is_reported_with_a_remedy(library):
    library(faults=["establish"])
    with pytest.raises(ConfigError, match="rsplab doctor"):
        find_reader("")


def test_beginning_of_a_name_is_enough_if_it_is_unique(library):
    library("Reader A 00 00", "Reader B 01 00")
    assert find_reader("Reader A") == "Reader A 00 00"
    with pytest.raises(ConfigError, match='"Reader B 01 00": more than one has a card'):
        find_reader("Reader")
    with pytest.raises(
        ConfigError, match=r'called "C\.\.\."; name one of these by --reader: "Reader A'
    ):
        find_reader("C")


@pytest.mark.parametrize(
    ("codes", "chosen"),
    [
        (
            {"A 0": 6, "A 1": 5},
            "A 0",
        ),  # used by another program, and empty: the first is waited for
        ({"A 0": 6, "A 1": 0}, "A 1"),
        ({"A 0": 6, "A 1": 6}, None),
    ],
)
def test_card_that_another_program_has_is_chosen_where_no_other_is_there(library, codes, chosen):
    scard = library(*codes)
    scard.SCardConnect = lambda _context, name, *_: (codes[name], "card", 1)
    if chosen is None:
        with pytest.raises(ConfigError, match='"A 0", "A 1": more than one has a card'):
            find_reader("A")
        return
    assert find_reader("A") == chosen


def test_exact_name_wins_over_a_longer_one(library):
    library("Reader", "Reader 2")
    assert find_reader("Reader") == "Reader"


def test_closed_kept_link_leaves_the_reader_open(library):
    scard = library("A")
    kept = KeptLink(ReaderLink("A"))
    kept.close()
    assert kept.transmit(b"\x00") == b"\x90\x00"
    assert all(one[0] != "disconnect" for one in scard.log)
