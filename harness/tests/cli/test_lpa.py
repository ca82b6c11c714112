"""The `lpa` commands from their arguments to output and exit code, on a card of TLVs."""

import io
import json
from contextlib import contextmanager

import pytest

from rspcore import tlv
from rspcore.apdu import CommandApdu, Ins
from rspcore.ids import Aid, Eid, Iccid
from rspharness.cli import lpa_card, lpa_commands, lpa_servers
from rspharness.cli.lpa_user import ProgressBar, TerminalUser
from rspharness.cli.main import main
from rspharness.lpa.download import DownloadStep
from rspharness.lpa.es9p_client import HttpReply
from rspharness.lpa.isdr_channel import IsdrChannel

ICCID = "89000123456789012341"
AID = "A0000005591010FFFFFFFF8900001000"
EID = "89049032123451234512345678901235"


class Card:
    """A card that answers command TLVs from a table."""

    def __init__(self):
        self.answers = {}
        self.seen = []
        self.choice = None
        self.changing = None

    def transmit(self, command):
        apdu = CommandApdu.parse(command)
        if apdu.ins == Ins.MANAGE_CHANNEL:
            return b"\x01\x90\x00"
        if apdu.ins != Ins.STORE_DATA:
            return b"\x90\x00"
        self.seen.append(apdu.data)
        tag, _, _ = tlv.read_header(apdu.data)
        return self.answers[tag] + b"\x90\x00" if tag in self.answers else b"\x6a\x88"

    def reset(self):
        return b"\x3b\x00"

    def close(self):
        pass


@pytest.fixture
def card(monkeypatch):
    made = Card()
    made.answers[0xBF28] = bytes.fromhex("BF2802A000")

    @contextmanager
    def connected(choice, *, changing):
        made.choice, made.changing = choice, changing
        with IsdrChannel(made) as channel:
            yield channel

    monkeypatch.setattr(lpa_card, "connected", connected)
    return made


def listed(state=0, *more):
    info = tlv.encode(
        0xE3,
        tlv.encode(0x5A, Iccid.from_digits(ICCID).octets),
        tlv.encode(0x4F, Aid.from_hex(AID).octets),
        tlv.encode(0x9F70, bytes((state,))),
        *more,
    )
    return tlv.encode(0xBF2D, tlv.encode(0xA0, info))


def result(tag, code=0):
    return tlv.encode(tag, tlv.encode(0x80, bytes((code,))))


def lpa(*words):
    return main(["lpa", *words])


def test_list_prints_a_table(card, capsys):
    card.answers[0xBF2D] = listed(1, tlv.encode(0x92, b"Example"))
    assert lpa("list") == 0
    assert capsys.readouterr().out == (
        "iccid                 profileState  profileClass  profileName  isdpAid\n"
        f"{ICCID}  enabled       operational   Example      {AID}\n"
    )
    assert card.changing is False


def test_list_prints_json(card, capsys):
    card.answers[0xBF2D] = listed()
    assert lpa("list", "--json") == 0
    [profile] = json.loads(capsys.readouterr().out)["profiles"]
    assert (profile["iccid"], profile["isdpAid"]) == (ICCID, AID)


def test_empty_list_is_reported(card, capsys):
    card.answers[0xBF2D] = bytes.fromhex("BF2D02A000")
    assert lpa("list") == 0
    assert capsys.readouterr().out == "no Profile is installed\n"


def test_list_shows_what_waits_and_ends_with_1_for_what_cannot_be_read(card, capsys):
    card.answers[0xBF2D] = listed(1, tlv.encode(0x92, b"Example"), tlv.encode(0x91, b"late"))
    card.answers[0xBF28] = bytes.fromhex("BF2812A010BF2F0D800107810207800C04") + b"a.bc"
    assert lpa("list") == 1
    shown = capsys.readouterr()
    assert f"{ICCID}  enabled       operational   late                 Example" in shown.out
    assert "waiting Notifications:\nseqNumber  event    notificationAddress\n7" in shown.out
    assert "out of order" in shown.err
    assert "octets received: BF2D" in shown.err


def test_options_choose_card_and_channel(card, tmp_path):
    card.answers[0xBF2D] = listed()
    trace = tmp_path / "t"
    lpa(
        *("list", "--target", "pcsc", "--reader", "ACS", "--eid", EID),
        *("--block-size", "6", "--trace", str(trace), "--pki", str(tmp_path)),
    )
    choice = card.choice
    assert (choice.target, choice.reader, choice.eid) == ("pcsc", "ACS", Eid.from_digits(EID))
    assert (choice.options.block_size, choice.trace, choice.pki) == (6, trace, tmp_path)


def test_info_shows_the_card(card, capsys):
    info = (
        "8103020301 8203020500 8303010203 840D8101008204000A0000 83020800 8502 0640 8802 0780"
        "A900 AA00 0403010000 0C00"
    )
    card.answers |= {
        0xBF3E: bytes.fromhex("BF3E125A10" + EID),
        0xBF3C: bytes.fromhex("BF3C05 8103") + b"ds.",
        0xBF22: tlv.encode(0xBF22, bytes.fromhex(info)),
        0xBF20: bytes.fromhex("BF2009 8203020500 A900AA00"),
        0xBF43: bytes.fromhex("BF4302A000"),
    }
    assert lpa("info", "--json") == 0
    view = json.loads(capsys.readouterr().out)
    assert (view["eid"], view["svn"], view["freeNonVolatileMemory"]) == (EID, "2.5.0", 655360)
    assert "defaultDpAddress" not in view
    assert lpa("info") == 0
    assert "freeNonVolatileMemory           655,360\n" in capsys.readouterr().out


@pytest.mark.parametrize(("word", "tag", "state"), [("enable", 0xBF31, 1), ("disable", 0xBF32, 0)])
@pytest.mark.parametrize("name", [ICCID, AID])
def test_switch_prints_the_new_state(card, capsys, word, tag, state, name):
    card.answers |= {tag: result(tag), 0xBF2D: listed(state)}
    assert lpa(word, name) == 0
    assert capsys.readouterr().out == f"Profile {ICCID} is {word}d\n"
    assert card.changing is True
    assert card.seen[0].endswith(b"\x81\x01\xff")


def test_switch_without_refresh_sends_the_flag_to_the_card(card):
    card.answers |= {0xBF31: result(0xBF31), 0xBF2D: listed(1)}
    assert lpa("enable", ICCID, "--no-refresh") == 0
    assert card.seen[0].endswith(b"\x81\x01\x00")


def test_refusal_is_one_line_and_exit_code_1(card, capsys):
    card.answers[0xBF31] = result(0xBF31, 2)
    assert lpa("enable", ICCID) == 1
    assert capsys.readouterr().err == (
        "rsplab: ES10c.EnableProfile: the card answered profileNotInDisabledState(2)\n"
    )


def test_delete_nickname_reset_and_address_print_what_was_done(card, capsys):
    card.answers |= {
        0xBF33: result(0xBF33),
        0xBF2D: bytes.fromhex("BF2D02A000"),
        0xBF29: result(0xBF29),
        0xBF34: result(0xBF34, 1),
        0xBF3F: result(0xBF3F),
    }
    assert lpa("delete", AID) == 0
    assert lpa("nickname", ICCID, "Ñame") == 0
    assert lpa("nickname", ICCID, "") == 0
    assert lpa("reset", "--operational", "--address") == 0
    assert lpa("set-address", "smdp.example.com") == 0
    assert lpa("set-address", "") == 0
    assert capsys.readouterr().out.splitlines() == [
        f"Profile {AID} is deleted",
        f"Profile {ICCID} is called 'Ñame'",
        f"Profile {ICCID} has no nickname any more",
        "there was no Profile to delete",
        "the default SM-DP+ address is smdp.example.com",
        "the default SM-DP+ address is removed",
    ]
    assert bytes.fromhex("BF3404820205A0") in card.seen


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("enable", "123"), "ICCID of 18 to 20 digits"),
        (("nickname", AID, "x"), "an ICCID is needed"),
        (("nickname", ICCID, "x" * 65), "65 characters"),
        (("reset",), "say what"),
        (("set-address", "https://h"), "no scheme"),
        (("list", "--eid", "1"), "--eid"),
        (("list", "--block-size", "5"), "6 to 255"),
        (("download", "LPA:2$h$T", "--yes"), "format '2'.*no server was contacted"),
        (("download", "LPA:1$h$T"), "agree beforehand with --yes"),
        (("download", "LPA:1$h$T", "--yes", "--connect-to", "h"), "--connect-to"),
    ],
)
def test_wrong_use_is_one_line_exit_code_2_and_no_card(card, capsys, monkeypatch, words, message):
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert lpa(*words) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    import re  # noqa: PLC0415  this test alone

    assert re.search(message, error)
    assert card.seen == []


def test_missing_ci_certificate_is_exit_code_3(card, capsys, tmp_path):
    assert lpa("download", "1$h$T", "--yes", "--ca", str(tmp_path)) == 3
    assert "no CI certificate found" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "count"), [(("--target", "vpcd"), 2), (("--target", "inprocess"), 2), ((), 0)]
)
def test_simulated_card_alone_trusts_the_generated_ci(monkeypatch, card, words, count):
    chosen = []
    monkeypatch.setattr(lpa_servers, "HttpsPort", lambda given: chosen.append(given) or Port())
    lpa("download", "1$h$T", "--yes", *words)
    assert len(chosen[0].ca_certificates) == count


def test_download_without_code_needs_a_default_address(card, capsys):
    card.answers |= {
        0xBF3E: bytes.fromhex("BF3E125A10" + EID),
        0xBF3C: bytes.fromhex("BF3C05 8103") + b"ds.",
    }
    assert lpa("download", "--yes", "--insecure") == 3
    assert "no default SM-DP+ address" in capsys.readouterr().err


class Port:
    """A port that gives every POST the same answer."""

    def __init__(self, *_):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    status = 204

    def post(self, *_):
        return HttpReply(self.status, {}, b"")


def notification(number):
    metadata = tlv.encode(
        0xBF2F,
        tlv.encode(0x80, bytes((number,))),
        bytes.fromhex("81020640"),
        tlv.encode(0x0C, b"h.example"),
        tlv.encode(0x5A, Iccid.from_digits(ICCID).octets),
    )
    return tlv.encode(
        0x30, metadata, tlv.encode(0x5F37, bytes(64)), tlv.encode(0x30), tlv.encode(0x30)
    )


def test_notifications_are_listed(card, capsys):
    card.answers[0xBF2B] = tlv.encode(0xBF2B, tlv.encode(0xA0, notification(5), notification(4)))
    assert lpa("notifications") == 0
    assert capsys.readouterr().out.splitlines() == [
        "seqNumber  event   iccid                 notificationAddress",
        f"4          enable  {ICCID}  h.example",
        f"5          enable  {ICCID}  h.example",
    ]
    assert card.changing is False


def test_empty_list_of_notifications_is_reported(card, capsys):
    card.answers[0xBF2B] = bytes.fromhex("BF2B02A000")
    assert lpa("notifications") == 0
    assert capsys.readouterr().out == "no Notification is waiting\n"


@pytest.mark.parametrize(("status", "code", "delivered"), [(204, 0, True), (500, 1, False)])
def test_processing_prints_what_was_delivered(card, capsys, monkeypatch, status, code, delivered):
    monkeypatch.setattr(lpa_servers, "HttpsPort", Port)
    monkeypatch.setattr(Port, "status", status)
    card.answers |= {
        0xBF2B: tlv.encode(0xBF2B, tlv.encode(0xA0, notification(4))),
        0xBF30: result(0xBF30),
    }
    assert lpa("notifications", "--process", "--json") == code
    [row] = json.loads(capsys.readouterr().out)["notifications"]
    assert row["delivered"] is delivered
    assert ("error" in row) is not delivered
    assert card.changing is True


def test_one_notification_is_removed(card, capsys):
    card.answers[0xBF30] = result(0xBF30)
    assert lpa("notifications", "--remove", "7") == 0
    assert card.seen == [bytes.fromhex("BF3003800107")]
    assert card.changing is True


@pytest.mark.parametrize(
    ("answer", "reason"),
    [("yes\n", None), ("Y\n", None), ("no\n", 0), ("later\n", 1), ("\n", 1), ("", 1)],
)
def test_user_at_the_terminal_answers(monkeypatch, capsys, answer, reason):
    from rspcore.messages.metadata import StoreMetadataRequest  # noqa: PLC0415  this test alone

    metadata = StoreMetadataRequest(
        iccid=Iccid.from_digits(ICCID), service_provider_name="Operator", profile_name="p"
    )
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))
    assert TerminalUser().agrees(metadata, strong=True) == reason
    shown = capsys.readouterr()
    assert "Operator" in shown.err
    assert "may forbid" in shown.err
    assert shown.out == ""


@pytest.mark.parametrize(
    ("given", "typed", "code"),
    [(None, "4711\n", "4711"), (None, "\n", None), ("1234", "4711\n", "1234")],
)
def test_confirmation_code_is_asked_for_unless_given(monkeypatch, capsys, given, typed, code):
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    assert TerminalUser(given).confirmation_code(None) == code


def test_progress_bar_prints_nothing_without_a_terminal(capsys):
    with ProgressBar() as bar:
        for step in DownloadStep:
            bar(step, 0, 0)
        bar(DownloadStep.LOAD, 5, 10)
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", "")


def test_help_names_every_command(capsys):
    with pytest.raises(SystemExit) as ended:
        lpa("--help")
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert all(name in text for name in lpa_commands._COMMANDS)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["enable", ICCID, "--mep", "A1"], "say the port"),
        (["enable", ICCID, "--mep", "A2", "--esim-port", "1"], "the card chooses"),
        (["enable", ICCID, "--esim-port", "1"], "say the mode"),
    ],
)
def test_port_and_mode_belong_together(capsys, arguments, message):
    assert main(["lpa", *arguments]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("ports",), "say the mode"),
        (("rpm", "dp.example.com", "--yes", "--esim-port", "2"), "--mep A1"),
        (("enable", "8929901012345678905", "--esim-port", "2"), "say the mode as well"),
        (("enable", "8929901012345678905", "--mep", "A2", "--esim-port", "2"), "leave --esim-port"),
    ],
)
def test_a_port_without_its_mode_is_wrong_use(words, message, capsys):
    command, *rest = words
    assert main(["lpa", command, *rest, "--target", "inprocess"]) == 2
    assert message in capsys.readouterr().err


def test_every_command_agrees_on_the_mode_first(capsys):
    assert main(["lpa", "list", "--target", "inprocess", "--mep", "A1"]) == 1
    assert "MANAGE LSI" in capsys.readouterr().err
