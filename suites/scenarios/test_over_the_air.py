"""Story.OverTheAir: the operator changes a Profile that is on."""

from dataclasses import replace

from rspcore.apdu import CommandApdu
from rspcore.messages.metadata import UpdateMetadataRequest
from rspcore.profile_maker.files import imsi_content
from rspharness import testcase
from rspharness.card import expect
from rspharness.servers.ota_server import OtaServer
from rspharness.suite import file_access
from rspharness.suite.stories.line import Line

NEW_NAME = "新运营商"
BAD_CHECKSUM, COUNTER_LOW = 0x01, 0x02
RFM_OF_USIM = bytes.fromhex("B00140")
IMSI_ABROAD = "999705550000001"


def two_lines(story):
    """Returns two lines on the phone, the first one on."""
    home = story.server()
    phone = story.phone
    lines = story.line(1, home), story.line(2, home)
    for line in lines:
        phone.scan(home.order(line.profile).activation_code)
    phone.switch_on(lines[0].iccid)
    phone.listed  # noqa: B018  the guard of a kept card learns from it whose the Profile is
    return lines


def names(phone):
    """Returns the service provider name of each Profile by ICCID."""
    return {one.iccid: one.service_provider_name for one in phone.card.profiles()}


@testcase("Story.OverTheAir#01")
def test_operator_renames_itself(story):
    """The new name is there at once and after a restart; the other Profile keeps its own."""
    first, second = two_lines(story)
    phone = story.phone
    ota = OtaServer(first.parameters)
    with story("the operator renames itself"):
        update = UpdateMetadataRequest(service_provider_name=NEW_NAME)
        receipt = ota.update_metadata(phone.card, update)
    expect.that(holds=receipt.accepted, expected="accepted", actual=receipt.describe())
    wanted = {first.iccid: NEW_NAME, second.iccid: second.parameters.spn}
    for _ in range(2):
        expect.equal(names(phone), wanted, "names")
        first.is_on_in(phone.card)
        phone.card.power_cycle()
    story.ends()


@testcase.each(
    "wrong, status",
    {
        "Story.OverTheAir#02": ("key", BAD_CHECKSUM),
        "Story.OverTheAir#03": ("replay", COUNTER_LOW),
        "Story.OverTheAir#04": ("counter", COUNTER_LOW),
    },
)
def test_somebody_else_tries(story, wrong, status):
    """A wrong key, a message played again and a low counter change nothing."""
    first, _ = two_lines(story)
    phone = story.phone
    ota = OtaServer(first.parameters, counter=7)
    good = UpdateMetadataRequest(service_provider_name=NEW_NAME)
    packet = ota.packet(ota.script_of(good))
    expect.that(
        holds=ota.deliver(phone.card, packet).accepted, expected="accepted", actual="refused"
    )
    forged = UpdateMetadataRequest(service_provider_name="Mallory")
    with story("somebody else sends me a message"):
        if wrong == "key":
            stranger = OtaServer(replace(first.parameters, kid=bytes(16)), counter=99)
            receipt = ota.deliver(phone.card, stranger.packet(ota.script_of(forged)))
        elif wrong == "counter":
            late = OtaServer(first.parameters, counter=3)
            receipt = late.update_metadata(phone.card, forged)
        else:
            receipt = ota.deliver(phone.card, packet)
    expect.one_of(receipt.status, (status, None), "status of the packet")
    expect.equal(names(phone)[first.iccid], NEW_NAME, "name")
    first.is_on_in(phone.card)
    story.ends()


@testcase("Story.OverTheAir#05")
def test_line_that_is_off_is_not_reached(story):
    """A message for a Profile that is Disabled does not reach it."""
    first, second = two_lines(story)
    phone = story.phone
    with story("the other operator sends me a message, and its line is off"):
        ota = OtaServer(replace(second.parameters, kic=b"\x55" * 16, kid=b"\x66" * 16))
        update = UpdateMetadataRequest(service_provider_name=NEW_NAME)
        receipt = ota.update_metadata(phone.card, update)
    expect.that(holds=not receipt.accepted, expected="not accepted", actual=receipt.describe())
    wanted = {one.iccid: one.parameters.spn for one in (first, second)}
    expect.equal(names(phone), wanted, "names")
    first.is_on_in(phone.card)
    story.ends()


def known_as(line, imsi):
    """Returns a line with another IMSI; keys and sequence numbers go on."""
    parameters = replace(line.parameters, imsi=imsi)
    return Line(replace(line.profile, parameters=parameters), line.challenged)


def imsi_script(imsi):
    """Returns the commands that write EF_IMSI of the USIM."""
    return (
        CommandApdu(0x00, 0xA4, 0x00, 0x0C, file_access.EF_IMSI.to_bytes(2, "big")),
        CommandApdu(0x00, 0xD6, 0x00, 0x00, imsi_content(imsi)),
    )


@testcase("Story.OverTheAir#06")
def test_line_has_another_imsi_abroad(story):
    """The operator gives the line another IMSI abroad, and the first one again at home."""
    first, second = two_lines(story)
    phone = story.phone
    ota = OtaServer(first.parameters)
    ota.tar = RFM_OF_USIM
    for place, imsi in (("abroad", IMSI_ABROAD), ("at home", first.parameters.imsi)):
        with story(f"I land {place}, and the operator sends me a message"):
            receipt = ota.send(phone.card, imsi_script(imsi))
        expect.that(holds=receipt.accepted, expected="accepted", actual=receipt.describe())
        for _ in range(2):
            now = known_as(first, imsi)
            now.is_on_in(phone.card)
            first.challenged = now.challenged
            phone.card.power_cycle()
    with story("I change to my other line, which nobody touched"):
        phone.switch_on(second.iccid)
    second.is_on_in(phone.card)
    story.ends()
