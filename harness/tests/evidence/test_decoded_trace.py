"""A trace decoded: commands by name, chains and answers whole, members by name, nothing lost."""

from rspharness.evidence.conversation import Exchange, conversation
from rspharness.evidence.decoded_trace import decoded
from rspharness.record.trace import read_events

EID = "89049032123451234512345678901235"


def lines(text):
    return list(decoded(read_events(text)))


def test_answer_is_put_together_and_named():
    text = (
        "> 81 E2 91 00 06 BF 3E 03 5C 01 5A 00\n< 61 15 ; 0.15 ms\n"
        f"> 01 C0 00 00 15\n< BF 3E 12 5A 10 {EID} 90 00 ; 0.02 ms\n"
    )
    shown = lines(text)
    assert shown[0] == "line 1  channel 1  ES10c.GetEID  9000  2 commands  0.17 ms"
    assert any(line.strip() == f"eidValue: {EID} ({EID})" for line in shown)


def test_chain_is_put_together_by_channel():
    text = (
        "> 81 E2 11 00 03 BF 3E 03\n< 90 00\n"
        "> 82 E2 91 00 03 BF 43 00\n< 61 05\n"
        "> 81 E2 91 01 03 5C 01 5A\n< 90 00\n"
    )
    first, second = (one for one in conversation(read_events(text)) if isinstance(one, Exchange))
    assert (first.channel, first.data) == (2, bytes.fromhex("BF4300"))
    assert (second.channel, second.data, second.line) == (1, bytes.fromhex("BF3E035C015A"), 1)


def test_reset_drops_the_beginning_of_a_chain():
    text = "> 81 E2 11 00 02 BF 3E\n< 90 00\nATR 3B 00\n> 81 E2 91 00 01 5A\n< 6A 80\n"
    last = list(conversation(read_events(text)))[-1]
    assert last.data == b"\x5a"


def test_unknown_members_and_malformed_answers_stay_in_octets():
    text = "> 81 E2 91 00 06 BF 3E 03 5C 01 5A\n< BF 3E 05 5A 01 89 81 00 90 00\n"
    assert any("81: " in line for line in lines(text))
    text = "> 81 E2 91 00 06 BF 3E 03 5C 01 5A\n< BF 3E 05 5A 90 00\n"
    assert any("BF3E055A" in line for line in lines(text))


def test_alternative_that_the_module_does_not_know_stays_in_octets():
    text = "> 81 E2 91 00 07 BF 2D 04 A0 02 99 00\n< 6A 80\n"
    shown = lines(text)
    assert any(line.strip() == "99:" for line in shown)


def test_pins_are_masked_and_proactive_commands_named():
    text = "> 00 20 00 01 08 31 32 33 34 FF FF FF FF\n< 90 00\n"
    assert not any("31323334" in line for line in lines(text))
    text = "> 80 12 00 00 0B\n< D0 09 81 03 01 01 04 82 02 81 82 90 00\n"
    assert any(line.strip("< ") == "REFRESH, qualifier 04" for line in lines(text))


def test_remarks_resets_and_missing_answers_are_shown():
    assert lines("# step 1: x\nATR 3B 00\n> 00 A4 00 00\n! gone\n") == [
        "# step 1: x",
        "reset  ATR 3B 00",
        "line 3  channel 0  SELECT  no answer",
    ]


def test_chain_is_masked_by_how_it_begins_and_not_by_how_a_block_does():
    keys = "> 81 E2 10 00 03 A6 06 11\n< 90 00\n> 81 E2 90 01 03 5C 01 5A\n< 90 00\n"
    assert "  > 6 octets masked" in lines(keys)
    package = "> 81 E2 10 00 03 BF 3E 05\n< 90 00\n> 81 E2 90 01 05 B4 03 5C 01 5A\n< 90 00\n"
    assert not any("masked" in line for line in lines(package))
