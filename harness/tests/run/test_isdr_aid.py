"""An ISD-R under an AID of its own: found from the list, or named, by every command alike."""

import pytest

from rspcore.apdu import CommandApdu, Ins
from rspcore.errors import LocalError, RemoteError
from rspcore.ids import Aid, Eid
from rspcore.tags import ISDR_AID
from rspharness.lpa.isdr_channel import ChannelOptions, IsdrChannel
from rspharness.record.timing import Timings
from rspharness.record.trace import Trace
from rspharness.run.again import recover_later, run_again
from rspharness.run.run import Run, RunOptions
from rspharness.simulated.inprocess import InProcessTarget
from rspharness.targets.isdr_aids import ISDR_AIDS, parse_aid

VENDOR = Aid.from_hex("A0000005591010FFFFFFFF8900000177")
OWN = Aid.from_hex("A000000559101099")


class Card:
    """A card whose ISD-R answers to one AID."""

    def __init__(self, aid, otherwise="6A82"):
        self.aid, self.otherwise = aid.octets, bytes.fromhex(otherwise)
        self.selected = []

    def transmit(self, command):
        apdu = CommandApdu.parse(command)
        if apdu.ins == Ins.MANAGE_CHANNEL:
            return b"\x01\x90\x00"
        if apdu.ins == Ins.SELECT:
            self.selected.append(apdu.data)
            return b"\x90\x00" if apdu.data == self.aid else self.otherwise
        return b"\x90\x00"


@pytest.mark.parametrize("aid", ISDR_AIDS, ids=str)
def test_isdr_is_found_from_the_list_and_then_named_at_once(aid):
    card = Card(aid)
    channel = IsdrChannel(card)
    channel.open()
    assert channel.isdr_aid == aid
    assert card.selected[0] == ISDR_AID.octets
    card.selected.clear()
    channel.reopen()
    assert card.selected == [aid.octets]


def test_isdr_that_is_named_is_not_searched():
    card = Card(OWN)
    with IsdrChannel(card, ChannelOptions(isdr_aid=OWN)):
        assert card.selected == [OWN.octets]
    card = Card(OWN)
    with pytest.raises(RemoteError, match=r"SW 6A82 .*--isdr-aid names it"):
        IsdrChannel(card).open()
    assert card.selected == [one.octets for one in ISDR_AIDS]


def test_card_that_refuses_for_another_reason_is_not_searched():
    card = Card(VENDOR, otherwise="6F00")
    with pytest.raises(RemoteError, match="SW 6F00"):
        IsdrChannel(card).open()
    assert len(card.selected) == 1


def _kept(tmp_path, level="read-only", **options):
    """Returns a run on a simulated card of the preset vendor-aid, treated like one in a reader."""
    file = tmp_path / "card.toml"
    file.write_text('kind = "inprocess"\n[card]\npreset = "vendor-aid"\n')
    target = InProcessTarget

    def opens(asked):
        made = target(asked)
        made.simulated = False
        return made

    return Run(RunOptions(target=str(file), level=level, **options), opens)


@pytest.mark.parametrize("named", [None, VENDOR], ids=["found", "named"])
@pytest.mark.parametrize("level", ["read-only", "profiles"])
def test_run_goes_on_with_it_behind_the_guard(tmp_path, monkeypatch, level, named):
    monkeypatch.setenv("RSPLAB_JOURNALS", str(tmp_path / "journals"))
    run = _kept(tmp_path, level, isdr_aid=named)
    trace = Trace()
    run.reach()
    card = run.open_card(trace, Timings())
    card.open()
    assert str(card.eid()) == run.facts["eid"]
    assert run.facts["isdr_aid"] == str(VENDOR)
    selected = [line for line in trace.lines if line.startswith("> 01 A4 04 00 10")]
    assert len(selected) == 1


def test_lines_name_it():
    options = RunOptions(target="pcsc", isdr_aid=OWN)
    assert f"--isdr-aid {OWN}" in run_again(options, "ES10c.GetEID#01")
    assert f"--isdr-aid {OWN}" in recover_later(
        options, "", Eid.from_digits("89049032123451234512345678901235")
    )


def test_what_is_no_aid_is_refused():
    assert parse_aid("") is None
    assert parse_aid("A0 00 00 05 59") == Aid.from_hex("A000000559")
    for text in ("A0", "xyz", "00" * 17):
        with pytest.raises(LocalError, match="expected 5 to 16 octets in hexadecimal digits"):
            parse_aid(text)
