"""What version 3 added to a card and its Profiles is read and shown by name."""

import pytest

from rspcore import tlv
from rspcore.pki.generate import make_pki
from rspcore.profile_maker import make_profile, preset
from rspharness.lpa import output
from rspharness.lpa.card_reading import read_card, read_lists
from rspharness.lpa.isdr_channel import IsdrChannel
from rspharness.simulated.inprocess import InProcessTarget
from rspharness.targets.settings import TargetSettings
from rspharness.targets.target import TargetOptions
from rspsim.smdpp.settings import Area, read_words, settings_of
from rspsim.smdpp.stock.newer_metadata import with_newer

PKI = make_pki()
WORDS = {
    "rpm_owner": "2.999.20.1",
    "rpm_servers": {"2.999.10": "enable+disable", "2.999.11": "all"},
    "rpm_polling_address": "rpm.example.com",
    "enterprise": "2.999.20",
    "enterprise_name": "Works",
    "enterprise_rules": ["referenceEnterpriseRule"],
    "other_profiles": 1,
    "service_description": ["voice"],
    "hri_address": "hri.example.com",
    "lpr_address": "pcmp.example.com",
    "change_address": "dc.example.com",
}


@pytest.fixture
def opened():
    """Opens the ISD-R of a new card that the table [card] describes."""

    def made(**card):
        settings = TargetSettings(kind="inprocess", card=card)
        channel = IsdrChannel(InProcessTarget(TargetOptions(settings=settings, pki=PKI)).open())
        channel.open()
        return channel

    return made


def test_card_of_version_3_shows_what_it_says(opened):
    card = opened(
        personality="v3.1", more_root_ds="two.example.com", options="ci-names=yes", mep="A1"
    )
    view = output.card_view(read_card(card))
    assert (view["svn"], view["highestSvn"], view["lpaMode"]) == ("2.2.0", "3.1.0", "lpad")
    assert view["additionalRootDsAddresses"] == ["two.example.com"]
    assert view["euiccCiPKIdListForSigningV3"]
    assert "rpmSupport" in view["rspCapability"]
    first = view["ciList"][0]
    assert first.split(" ", 1)[0] in view["euiccCiPKIdListForVerification"]
    assert not [name for name in view if name.startswith(("unknown", "unread"))]


def test_profile_of_version_3_is_shown_whole(tlv_card):
    values = read_words(WORDS, settings_of(Area.PROFILE))
    plain = make_profile(preset("PROFILE_OPERATIONAL1")).metadata
    metadata = tlv.parse(with_newer(plain, values).encode())
    more = bytes.fromhex("9F2401029F25021000")
    entry = tlv.encode(0xE3, bytes(metadata.value), more)
    answers = {
        0xBF2D: tlv.encode(0xBF2D, tlv.encode(0xA0, entry)),
        0xBF28: bytes.fromhex("BF2802A000"),
        0xBF20: bytes.fromhex("BF20059303030100"),
    }
    _, channel = tlv_card(answers)
    (row,) = map(output.listed_profile_view, read_lists(channel).profiles)
    assert row["enabledOnEsimPort"] == 2
    assert row["profileSize"] == 0x1000
    assert row["rpmConfiguration"] == {
        "owner": "2.999.20.1",
        "2.999.10": ["enable", "disable"],
        "2.999.11": ["all"],
        "pollingAddress": "rpm.example.com",
    }
    assert row["enterpriseConfiguration"] == {
        "name": "Works",
        "oid": "2.999.20",
        "rules": ["referenceEnterpriseRule"],
        "otherProfiles": 1,
    }
    assert (row["hriServerAddress"], row["pcmpAddress"]) == ("hri.example.com", "pcmp.example.com")
    assert (row["serviceDescription"], row["deviceChange"]) == (["voice"], "ask dc.example.com")
    assert "unknown" not in row
    lines = output.table([row], ("iccid", "rpmConfiguration", "enterpriseConfiguration"))
    assert "2.999.10 enable disable" in lines[1]


@pytest.mark.parametrize(
    ("personality", "asked"), [("v2.5", False), ("v3.0", True), ("v3.1", True)]
)
def test_a_card_of_version_3_alone_is_asked_for_what_that_added(opened, personality, asked):
    card = opened(personality=personality)
    sent = []
    exchange = card.exchange
    card.exchange = lambda name, octets: sent.append(octets) or exchange(name, octets)
    read = read_lists(card)
    assert read.problems == ()
    (request,) = (one for one in sent if one[:2] == b"\xbf\x2d")
    assert (b"\xba\x9b\xbc\xbd" in request) is asked
    assert any(one[:2] == b"\xbf\x20" for one in sent) is asked


def test_unreadable_members_are_shown_in_octets(tlv_card):
    entry = tlv.encode(0xE3, bytes.fromhex("5A0A98001032547698103214BA028301"))
    _, channel = tlv_card(
        {
            0xBF2D: tlv.encode(0xBF2D, tlv.encode(0xA0, entry)),
            0xBF28: bytes.fromhex("BF2802A000"),
        }
    )
    (row,) = map(output.listed_profile_view, read_lists(channel).profiles)
    assert "BA028301" in f"{row.get('unread')} {row.get('unknown')}"
