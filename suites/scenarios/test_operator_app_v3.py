"""Story.OperatorApp, its part of version 3: the Profile names the app of its operator."""

from dataclasses import replace

from rspcore import tlv
from rspcore.messages.es10c import ProfileInfoListRequest, SearchCriteria
from rspcore.messages.metadata import StoreMetadataRequest
from rspcore.tags import Tag
from rspharness import testcase
from rspharness.card import expect, tlv_edit
from rspharness.lpa.local_management import set_nickname

VERSION = "3.1.0"
APP = bytes.fromhex("00112233445566778899AABBCCDDEEFF00112233")
"""What the certificate of the app hashes to."""
RULES = tlv.encode(
    Tag.CarrierAccessRules,
    tlv.encode(
        0xE2,
        tlv.encode(0xE1, tlv.encode(0xC1, APP)),
        tlv.encode(0xE3, tlv.encode(0xDB, b"")),
    ),
)
"""One rule: this app, all of it (GlobalPlatform Secure Element Access Control, 6.1)."""


def rules_of(card, line):
    """Returns the access rules of a Profile as a phone asks for them, None where there are none."""
    request = ProfileInfoListRequest(
        search_criteria=SearchCriteria(iccid=line.iccid),
        tag_list=tlv.encode_tag(Tag.CarrierAccessRules),
    )
    response = card.send(request)
    expect.ok(response)
    (entry,) = tlv.parse(tlv_edit.at(response.encode(), 0xA0)).children()
    found = entry.find(Tag.CarrierAccessRules)
    return None if found is None else bytes(found.raw)


@testcase("Story.OperatorApp#10")
def test_app_is_named_in_the_profile(story):
    """The phone finds which app may manage a line, for this line alone, as long as it is there."""
    home = story.server(version=VERSION)
    phone = story.phone
    named, other = story.line(1, home), story.line(2, home)
    octets = tlv_edit.appended(named.profile.metadata.encode(), RULES)
    named.profile = replace(named.profile, metadata=StoreMetadataRequest.decode(octets))
    for line in (other, named):
        phone.scan(home.order(line.profile).activation_code)
    with story("I start the app of my operator, and my phone looks whether it may"):
        found = rules_of(phone.card, named), rules_of(phone.card, other)
    expect.equal(found, (RULES, None), "access rules of its line, and of another")
    with story("I name the line, switch it on, and the phone off and on"):
        set_nickname(phone.card, named.iccid, "Mine")
        phone.switch_on(named.iccid)
        phone.card.power_cycle()
    named.is_on_in(phone.card)
    expect.equal(rules_of(phone.card, named), RULES, "access rules")
    story.ends()
