"""Answers recorded from real cards are read, say what is known of their card, and are written back.

Some were published in part: of those the length of the whole is held against their headers, and the
members that are complete are read.
"""

import json
from functools import reduce
from pathlib import Path

import pytest

from rspcore import schema, tlv
from rspcore.errors import DecodeError
from rspcore.messages import es10a, es10b, es10c, euicc_info, notifications
from rspcore.messages.isdr import IsdrProprietaryApplicationTemplate

FILE = Path(__file__).parents[4] / "fixtures" / "vectors" / "field-answers.json"
ANSWERS = json.loads(FILE.read_text("utf-8"))
RESPONSES = {
    0xBF20: euicc_info.EuiccInfo1,
    0xBF21: es10b.PrepareDownloadResponse,
    0xBF28: es10b.ListNotificationResponse,
    0xBF29: es10c.SetNicknameResponse,
    0xBF2B: es10b.RetrieveNotificationsListResponse,
    0xBF2D: es10c.ProfileInfoListResponse,
    0xBF2E: es10b.GetEuiccChallengeResponse,
    0xBF30: es10b.NotificationSentResponse,
    0xBF31: es10c.EnableProfileResponse,
    0xBF32: es10c.DisableProfileResponse,
    0xBF33: es10c.DeleteProfileResponse,
    0xBF34: es10c.EuiccMemoryResetResponse,
    0xBF37: notifications.ProfileInstallationResult,
    0xBF38: es10b.AuthenticateServerResponse,
    0xBF3C: es10a.EuiccConfiguredAddressesResponse,
    0xBF3E: es10c.GetEuiccDataResponse,
    0xBF3F: es10a.SetDefaultDpAddressResponse,
    0xBF43: es10b.GetRatResponse,
}


def of(*forms):
    """Returns the answers of some forms as parameters with a name."""
    return [
        pytest.param(one, id=f"{number} {one['cards'][0]} {one['what']}")
        for number, one in enumerate(ANSWERS)
        if one["form"] in forms
    ]


def whole(one):
    """Returns a whole answer as octets and as a data object."""
    octets = bytes.fromhex(one["octets_given"])
    return octets, tlv.parse(octets)


def member(value, path):
    """Returns a member of a message by its path; numbers are places in lists."""
    return reduce(
        lambda at, name: at[int(name)] if name.isdecimal() else getattr(at, name),
        path.split("."),
        value,
    )


def test_every_form_is_there():
    counts = {form: len(of(form)) for form in ("whole", "in part", "cut", "content", "ATR")}
    assert counts == {"whole": 61, "in part": 62, "cut": 6, "content": 6, "ATR": 8}
    assert len(ANSWERS) == 145


@pytest.mark.parametrize("one", of("whole"))
def test_whole_answer_is_read_and_written_back(one):
    octets, parsed = whole(one)
    if parsed.tag in RESPONSES:
        message = RESPONSES[parsed.tag].decode(octets)
        assert message.encode() == octets
        said = {path: str(member(message, path)) for path in one.get("says", {})}
        assert said == one.get("says", {})
    else:
        assert parsed.tag in (0x6F, 0xD0)
        assert not parsed.constructed or b"".join(child.raw for child in parsed.children())


@pytest.mark.parametrize("one", of("whole"))
def test_second_reader_reads_the_same(one):
    octets, parsed = whole(one)
    if parsed.tag in RESPONSES:
        name = RESPONSES[parsed.tag].__name__
        types = {known.casefold(): known for known in schema.definition("rsp")}
        kind = types[name.casefold()]
        value = schema.decode("rsp", kind, octets)
        assert schema.encode("rsp", kind, value) == octets


@pytest.mark.parametrize("one", of("whole"))
def test_selection_tells_version_and_length(one):
    _, parsed = whole(one)
    template = parsed.find(0xE0) if parsed.tag == 0x6F else None
    if template is not None:
        read = IsdrProprietaryApplicationTemplate.decode(bytes(template.raw))
        assert str(read.svn) in ("2.2.0", "2.2.2", "2.3.0")
        assert bytes(parsed.find(0xA5).value) == bytes.fromhex("9F6501FF")


@pytest.mark.parametrize("one", of("in part"))
def test_header_of_an_answer_in_part_fits_its_length(one):
    begins, ends = bytes.fromhex(one["begins"]), bytes.fromhex(one["ends"])
    tag, header, length = tlv.read_header(begins)
    assert tag in {*RESPONSES, 0xBF22}
    assert header + length == one["octets"] > len(begins) + len(ends)


@pytest.mark.parametrize("one", of("cut"))
def test_cut_answer_is_refused_and_its_members_are_read(one):
    octets = bytes.fromhex(one["octets_given"])
    with pytest.raises(DecodeError):
        tlv.parse(octets)
    _, header, length = tlv.read_header(octets)
    assert length > len(octets) - header
    found = {}
    at = header
    while at < len(octets):
        try:
            child = tlv.parse_prefix(octets, at)
        except DecodeError:
            break
        found[f"{child.tag:02X}"] = bytes(child.value).hex().upper()
        at += len(child.raw)
    assert one.get("members", {}).items() <= found.items()
