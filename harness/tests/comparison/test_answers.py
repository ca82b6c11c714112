"""What two traces of a case differ in."""

from rspharness.comparison.answers import compared_traces
from rspharness.comparison.difference import Kind
from rspharness.record.trace import read_events

ISDR = "00 A4 04 00 10 A0 00 00 05 59 10 10 FF FF FF FF 89 00 00 01 00"


def differences(a, b):
    return compared_traces("case", read_events(a), read_events(b))[0]


def shown(a, b):
    return [str(one) for one in differences(a, b)]


def asked(request, answer, sw="90 00"):
    octets = bytes.fromhex(request)
    return f"> 81 E2 91 00 {len(octets):02X} {request}\n< {answer} {sw} ; 1.00 ms\n"


def test_status_words_differ_by_what_was_asked():
    one = asked("BF 3E 03 5C 01 5A", "", "6A 80")
    other = asked("BF 3E 03 5C 01 5A", "", "6A 88")
    assert shown(one, other) == ["status word ES10c.GetEID: 6A80 -> 6A88"]
    lost = one.partition("<")[0] + "! gone\n"
    assert shown(one, lost) == ["status word ES10c.GetEID: 6A80 -> no answer"]


def test_members_differ_by_name_wherever_they_are():
    one, other = (asked("BF 29 03 5A 01 00", f"BF 29 03 80 01 {code}") for code in ("00", "01"))
    assert shown(one, other) == ["value SetNicknameResponse.setNicknameResult: 0 -> 1"]


def test_members_of_a_template_differ_by_their_tags():
    one = f"> {ISDR}\n< 6F 07 84 01 AA A5 02 80 00 90 00\n"
    other = f"> {ISDR}\n< 6F 06 84 01 AB C6 01 01 90 00\n"
    select = "SELECT A0000005591010FFFFFFFF8900000100"
    assert shown(one, other) == [
        f"value {select}, FCI.84: AA -> AB",
        f"value {select}, FCI.A5.80:  -> -",
        f"value {select}, FCI.C6: - -> 01",
    ]


def test_order_of_tags_is_a_difference_of_its_own():
    one = f"> {ISDR}\n< 6F 06 84 01 AA C6 01 01 90 00\n"
    other = f"> {ISDR}\n< 6F 06 C6 01 01 84 01 AA 90 00\n"
    found = differences(one, other)
    assert [one.kind for one in found] == [Kind.ORDER]
    assert (found[0].a, found[0].b) == ("84 C6", "C6 84")


def test_what_is_drawn_is_left_out_and_what_a_card_holds_is_not_counted():
    challenges = [asked("BF 2E 00", f"BF 2E 12 80 10 {octet * 16}") for octet in ("11 ", "22 ")]
    assert shown(*challenges) == []
    eids = [asked("BF 3E 03 5C 01 5A", f"BF 3E 12 5A 10 {octet * 16}") for octet in ("89 ", "98 ")]
    found = differences(*eids)
    assert [one.kind for one in found] == [Kind.STATE]
    assert not found[0].counts


def test_message_that_cannot_be_read_is_compared_by_tags_on_both_sides():
    good = asked("BF 43 00", "BF 43 02 A0 00")
    bad = asked("BF 43 00", "BF 43 05 A0 00 B7 01 00")
    assert shown(good, bad) == ["value ES10b.GetRAT, BF43.B7.00: - -> "] or shown(good, bad) == [
        "value ES10b.GetRAT, BF43.B7: - -> 00"
    ]


def test_comparison_of_a_case_ends_where_something_else_is_asked():
    one = "ATR 3B 00\n" + asked("BF 20 00", "", "6A 80") + asked("BF 22 00", "", "90 00")
    other = "ATR 3B 00\n" + asked("BF 20 00", "", "90 00") + asked("BF 43 00", "", "6A 80")
    assert shown(one, other) == ["status word ES10b.GetEUICCInfo: 6A80 -> 9000"]
    first = "ATR 3B 00\n" + asked("BF 22 00", "")
    second = "ATR 3B 00\n" + asked("BF 43 00", "")
    assert shown(first, second) == [
        "commands ES10b.GetEUICCInfo: ES10b.GetEUICCInfo -> ES10b.GetRAT"
    ]
    ended = ["commands ES10b.GetEUICCInfo: ES10b.GetEUICCInfo -> end of the case"]
    assert shown(first, "ATR 3B 00\n") == ended


def test_atr_is_a_value():
    assert shown("ATR 3B 00\n", "ATR 3B 01\n") == ["value ATR: 3B00 -> 3B01"]


def test_parts_of_an_answer_are_not_compared():
    one = asked("BF 22 00", "", "61 F3") + "> 81 E2 91 00 03 BF 20 00\n< 90 00\n"
    other = asked("BF 22 00", "", "61 AA") + "> 81 E2 91 00 03 BF 20 00\n< 90 00\n"
    assert shown(one, other) == []


def test_other_command_is_one_difference_wherever_it_comes():
    usual, vendor = "81 E2 91 00 03 BF 20 00", "81 E2 91 00 03 BF 43 00"
    before = "".join(asked("BF 2E 00", "") for _ in range(2))
    early, late = "ATR 3B 00\n", "ATR 3B 00\n" + before
    found = {
        (kind.subject, kind.a, kind.b)
        for start in (early, late)
        for kind in compared_traces(
            "case",
            read_events(f"{start}> {usual}\n< 90 00\n"),
            read_events(f"{start}> {vendor}\n< 90 00\n"),
        )[0]
    }
    assert found == {("ES10b.GetEUICCInfo", "ES10b.GetEUICCInfo", "ES10b.GetRAT")}
