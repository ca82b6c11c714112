"""The state machine of PINs and PUKs (TS 102 221, 9.5 and 11.1.9 to 11.1.13)."""

from dataclasses import replace

import pytest

from rspsim.euicc.profile_content.model import File, FileKind, Pin

RIGHT, WRONG, NEW = "30303030FFFFFFFF", "39393939FFFFFFFF", "31323334FFFFFFFF"
PUK, PUK_WRONG = "3131313131313131", "3232323232323232"
VERIFY, CHANGE, DISABLE, ENABLE, UNBLOCK = "20", "24", "26", "28", "2C"


def command(ins, *values, reference="01", p1="00"):
    data = "".join(values)
    length = f"{len(data) // 2:02X}" if data else ""
    return f"00{ins}{p1}{reference}{length}{data}"


@pytest.fixture
def card(kit):
    guarded = File(path=(0x2F01,), kind=FileKind.TRANSPARENT, body=b"\0", sfi=1, access=kit.rule(2))
    return kit.terminal(guarded)


READ = "00B0810001"


def status_words(card, *commands):
    return [card.sw(one) for one in commands]


@pytest.mark.parametrize(
    ("commands", "answers"),
    [
        ([command(VERIFY)], ["63C3"]),
        ([command(VERIFY, RIGHT), command(VERIFY)], ["9000", "9000"]),
        ([command(VERIFY, WRONG), command(VERIFY)], ["63C2", "63C2"]),
        (
            [command(VERIFY, WRONG), command(VERIFY, RIGHT), command(VERIFY, WRONG)],
            ["63C2", "9000", "63C2"],
        ),
        (
            [command(VERIFY, WRONG)] * 3 + [command(VERIFY, RIGHT), command(VERIFY)],
            ["63C2", "63C1", "63C0", "6983", "6983"],
        ),
        ([command(VERIFY, "3030")], ["6700"]),
        ([command(VERIFY, RIGHT, p1="01")], ["6A86"]),
        ([command(VERIFY, RIGHT, reference="02")], ["6A88"]),
        ([command(VERIFY, RIGHT, reference="81")], ["6A88"]),
        (
            [READ, command(VERIFY, RIGHT), READ, command(VERIFY, WRONG), READ],
            ["6982", "9000", "9000", "63C2", "6982"],
        ),
        (
            [command(CHANGE, RIGHT, NEW), command(VERIFY, RIGHT), command(VERIFY, NEW)],
            ["9000", "63C2", "9000"],
        ),
        ([command(CHANGE, WRONG, NEW), command(VERIFY, RIGHT)], ["63C2", "9000"]),
        ([command(CHANGE, RIGHT)], ["6700"]),
        (
            [command(DISABLE, RIGHT), READ, command(VERIFY, RIGHT), command(CHANGE, RIGHT, NEW)],
            ["9000", "9000", "6984", "6984"],
        ),
        ([command(DISABLE, RIGHT), command(DISABLE, RIGHT)], ["9000", "6984"]),
        (
            [
                command(DISABLE, WRONG),
                command(DISABLE, WRONG),
                command(DISABLE, WRONG),
                command(DISABLE, RIGHT),
            ],
            ["63C2", "63C1", "63C0", "6983"],
        ),
        ([command(ENABLE, RIGHT)], ["6984"]),
        (
            [command(DISABLE, RIGHT), command(ENABLE, WRONG), command(ENABLE, RIGHT), READ],
            ["9000", "63C2", "9000", "9000"],
        ),
        ([command(UNBLOCK)], ["63C3"]),
        (
            [*[command(VERIFY, WRONG)] * 3, command(UNBLOCK, PUK, NEW), READ, command(VERIFY, NEW)],
            ["63C2", "63C1", "63C0", "9000", "9000", "9000"],
        ),
        (
            [
                command(UNBLOCK, PUK_WRONG, NEW),
                command(UNBLOCK),
                command(UNBLOCK, PUK, NEW),
                command(UNBLOCK),
            ],
            ["63C2", "63C2", "9000", "63C3"],
        ),
        (
            [*[command(UNBLOCK, PUK_WRONG, NEW)] * 3, command(UNBLOCK, PUK, NEW), command(UNBLOCK)],
            ["63C2", "63C1", "63C0", "6983", "6983"],
        ),
        ([command(UNBLOCK, PUK)], ["6700"]),
        ([command(UNBLOCK, PUK, NEW, reference="0A")], ["6A88"]),  # an ADM key has no PUK
        (
            [command(DISABLE, RIGHT), command(UNBLOCK, PUK, NEW), command(VERIFY, NEW)],
            ["9000", "9000", "9000"],
        ),  # unblocking enables
        (
            [command(VERIFY, PUK, reference="0A")] * 10
            + [command(VERIFY, "3535353535353535", reference="0A")],
            [f"63C{n:X}" for n in range(9, -1, -1)] + ["6983"],
        ),
    ],
)
def test_answers_are_those_of_the_state_machine(card, commands, answers):
    assert status_words(card, *commands) == answers


def test_reset_keeps_counters_and_values_and_clears_verification(card):
    status_words(card, command(VERIFY, WRONG))
    card.card.reset()
    assert status_words(card, command(VERIFY)) == ["63C2"]
    status_words(card, command(CHANGE, RIGHT, NEW))
    card.card.reset()
    assert status_words(card, READ, command(VERIFY, NEW)) == ["6982", "9000"]


def test_counter_is_kept_before_the_answer(card):
    card.sw(command(VERIFY, WRONG))
    held = card.store.load().profiles[0].content.pins[0]
    assert held.remaining == 2


@pytest.fixture
def two_applications(kit):
    """Two ADFs with a PIN 81 of their own each, and a DF below the first that shares it."""
    adfs = [
        File(
            path=(fid,), kind=FileKind.ADF, aid=bytes(7) + bytes((fid & 0xFF,)), access=kit.rule(1)
        )
        for fid in (0x7F01, 0x7F02)
    ]
    df = File(path=(0x7F01, 0x5F01), kind=FileKind.DF, access=kit.rule(1))
    pins = (
        Pin(context=(0x7F01,), reference=0x81, value=bytes.fromhex(RIGHT), puk=None),
        Pin(context=(0x7F02,), reference=0x81, value=bytes.fromhex(NEW), puk=None),
    )
    return kit.terminal(*adfs, df, pins=pins)


def test_local_key_means_the_one_of_the_application(two_applications):
    card = two_applications
    assert status_words(card, command(VERIFY, reference="81")) == ["6A88"]
    first, second = (f"00A4040C08{'00' * 7}{n}" for n in ("01", "02"))
    assert status_words(card, first, command(VERIFY, NEW, reference="81")) == ["9000", "63C2"]
    assert status_words(card, second, command(VERIFY, NEW, reference="81")) == ["9000", "9000"]
    assert status_words(card, first, command(VERIFY, reference="81")) == ["9000", "63C2"]
    below = status_words(card, "00A4000C025F01", command(VERIFY, RIGHT, reference="81"))
    assert below == ["9000", "9000"]


def test_shared_pins_are_those_of_the_other_directory(kit):
    adf = File(path=(0x7F01,), kind=FileKind.ADF, aid=bytes(8), access=kit.rule(1))
    other = replace(adf, path=(0x7F02,), aid=bytes(7) + b"\x01")
    pin = Pin(context=(0x7F01,), reference=0x81, value=bytes.fromhex(RIGHT))
    content = kit.content_with(adf, other, pins=(pin,))
    card = kit.terminal(content=replace(content, shared_pins=(((0x7F02,), (0x7F01,)),)))
    assert status_words(
        card, f"00A4040C08{'00' * 7}01", command(VERIFY, RIGHT, reference="81")
    ) == [
        "9000",
        "9000",
    ]
    assert status_words(card, f"00A4040C08{'00' * 8}", command(VERIFY, reference="81"))[1] == "9000"


def test_verification_holds_on_every_channel(card):
    card("0070000001")
    assert status_words(card, command(VERIFY, RIGHT), "01B0810001") == ["9000", "9000"]


def test_enabled_keys_show_in_the_pin_status(card):
    assert bytes.fromhex("9001C083010183010A") in card("00A40004023F0000").data
    card.sw(command(DISABLE, RIGHT))
    assert bytes.fromhex("900140") in card("00A40004023F0000").data
