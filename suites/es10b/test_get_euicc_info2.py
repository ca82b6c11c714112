"""ES10b.GetEUICCInfo, EUICCInfo2: each element as declared, and those that change up to date."""

from dataclasses import replace

from rspcore import tlv
from rspcore.ids import Iccid
from rspcore.messages.codec import components
from rspcore.messages.es10b import GetEuiccInfo1Request, GetEuiccInfo2Request
from rspcore.messages.es10c import DeleteProfileRequest
from rspcore.messages.euicc_info import (
    EuiccCategory,
    EuiccInfo2,
    RspCapability,
    TreProperty,
    UiccCapability,
)
from rspcore.messages.metadata import PprId
from rspcore.messages.notifications import ErrorReason
from rspcore.profile_maker import preset
from rspcore.status import StatusWord
from rspcore.tags import Tag
from rspharness import testcase
from rspharness.card import declared_values, expect, tlv_edit
from rspharness.card.free_memory import free_memory
from rspharness.card.steady_answers import steady
from rspharness.record.verdicts import Inconclusive, NotApplicable
from rspharness.servers.rsp_server import profile

ONE, TWO = "PROFILE_OPERATIONAL1", "PROFILE_OPERATIONAL2"
EXT_CARD_RESOURCE = 0x84
MANDATORY = (0x81, 0x82, 0x83, EXT_CARD_RESOURCE, 0x85, 0x88, 0xA9, 0xAA, 0x04, 0x0C)
"""Elements without OPTIONAL in the modules of v2.1 and v2.2."""
FILLING = (200_000, 50_000, 12_000, 6_000)
"""Sizes of the Profiles that fill the memory."""
MUCH = 3
"""Times the memory said to be free that Profiles may take: a card may keep them more tightly."""


def ask(card):
    """Sends GetEUICCInfo2, requires SW 9000, and returns the answer's octets."""
    response = card.store(GetEuiccInfo2Request().encode())
    expect.sw(response, StatusWord.OK)
    return response.data


def info2(card):
    """Returns EUICCInfo2."""
    return expect.message(EuiccInfo2, ask(card))


@testcase("ES10b.GetEUICCInfo2#01", "ES10b.GetEUICCInfo2#02", level="read-only")
def test_mandatory_elements(card, step):
    """Every element that is mandatory in v2.1 and v2.2 is there, each once."""
    with step("S_LPAd -> eUICC: GetEUICCInfo2"):
        whole = expect.data_object(ask(card), Tag.GetEuiccInfo2)
    with step("Expected: every mandatory element, none of them twice, in the order of the module"):
        found = [one.tag for one in whole.children()]
        missing = [f"{tag:02X}" for tag in MANDATORY if tag not in found]
        expect.equal(missing, [], "mandatory elements missing")
        twice = sorted({f"{tag:02X}" for tag in found if found.count(tag) > 1})
        expect.equal(twice, [], "elements that come twice")
        order = [one.tag for one in components(EuiccInfo2) if one.tag in found]
        expect.equal([tag for tag in found if tag in order], order, "order of the elements")


@testcase("ES10b.GetEUICCInfo2#04", level="read-only")
def test_integrated_euicc(card, declared, step):
    """An Integrated eUICC is marked as one, and names its product."""
    with step("S_LPAd -> eUICC: GetEUICCInfo2"):
        info = info2(card)
    with step("Expected: isIntegrated(1), treProductReference"):
        shown = declared_values.bit_names(info.tre_properties, TreProperty)
        expect.that(holds="isIntegrated" in shown, expected="isIntegrated", actual=shown or "none")
        named = bool(info.tre_product_reference)
        expect.that(holds=named, expected="treProductReference", actual="none")
        declared_values.agrees(declared, "tre_product_reference", info.tre_product_reference)


@testcase.each(
    "name, field",
    {
        "ES10b.GetEUICCInfo2#05": ("profile_version", "profile_version"),
        "ES10b.GetEUICCInfo2#07": ("firmware_version", "euicc_firmware_ver"),
        "ES10b.GetEUICCInfo2#11": ("globalplatform_version", "globalplatform_version"),
        "ES10b.GetEUICCInfo2#17": ("pp_version", "pp_version"),
        "ES10b.GetEUICCInfo2#18": ("sas_number", "sas_acreditation_number"),
    },
    level="read-only",
)
def test_element_is_the_declared_one(card, declared, name, field, step):
    """A version, of three octets, or the SAS number is the one declared."""
    with step("S_LPAd -> eUICC: GetEUICCInfo2"):
        info = info2(card)
    with step("Expected: the element as declared"):
        declared_values.agrees(declared, name, getattr(info, field))


@testcase("ES10b.GetEUICCInfo2#06", level="read-only")
def test_version_is_that_of_euicc_info1(card, step):
    """The svn is that of EUICCInfo1."""
    with step("S_LPAd -> eUICC: GetEUICCInfo1, GetEUICCInfo2"):
        first, second = card.send(GetEuiccInfo1Request()), info2(card)
    with step("Expected: the same svn"):
        expect.equal(second.svn, first.svn, "svn")


@testcase("ES10b.GetEUICCInfo2#08", level="read-only")
def test_card_resources(card, step):
    """extCardResource holds a count of applications, free NVM and free RAM."""
    with step("S_LPAd -> eUICC: GetEUICCInfo2"):
        raw = tlv_edit.at(ask(card), EXT_CARD_RESOURCE)
    with step("Expected: 81, 82 and 83, each a number of 1 to 4 octets"):
        inside = tlv.encode(Tag.Sequence, tlv.parse(raw).value)
        parts = expect.data_object(inside, Tag.Sequence).children()
        expect.equal([one.tag for one in parts], [0x81, 0x82, 0x83], "tags in extCardResource")
        for one in parts:
            expect.one_of(len(one.value), range(1, 5), f"octets of {one.tag:02X}")


@testcase("ES10b.GetEUICCInfo2#09", level="read-only")
def test_uicc_capability(card, declared, step):
    """The bits of uiccCapability are those declared."""
    with step("S_LPAd -> eUICC: GetEUICCInfo2"):
        bits = declared_values.bit_names(info2(card).uicc_capability, UiccCapability)
    with step("Expected: USIM support at least; all bits as declared"):
        expect.that(holds="usimSupport" in bits.split(), expected="usimSupport", actual=bits)
        declared_values.agrees(declared, "uicc_capability", bits)


@testcase("ES10b.GetEUICCInfo2#10", level="read-only")
def test_java_card_version(card, declared, step):
    """An eUICC with Java Card reports its version."""
    with step("S_LPAd -> eUICC: GetEUICCInfo2"):
        version = info2(card).ts102241_version
    with step("Expected: tag 86, as declared"):
        expect.that(holds=version is not None, expected="ts102241Version (86)", actual="none")
        declared_values.agrees(declared, "ts102241_version", version)


@testcase("ES10b.GetEUICCInfo2#12")
def test_rsp_capability(card, declared, given, step):
    """The bits of rspCapability are the options declared."""
    given.none()
    with step("S_LPAd -> eUICC: GetEUICCInfo2"):
        bits = declared_values.capability_names(info2(card).rsp_capability)
    with step("Expected: the bits declared"):
        declared_values.agrees(declared, "rsp_capability", bits)


@testcase.each(
    "field",
    {
        "ES10b.GetEUICCInfo2#13": "euicc_ci_pkid_list_for_verification",
        "ES10b.GetEUICCInfo2#14": "euicc_ci_pkid_list_for_signing",
    },
    level="read-only",
)
def test_keys_are_those_of_euicc_info1(card, field, step):
    """The lists of CI keys are those of EUICCInfo1, order included."""
    with step("S_LPAd -> eUICC: GetEUICCInfo1, GetEUICCInfo2"):
        first, second = card.send(GetEuiccInfo1Request()), info2(card)
    with step("Expected: the same list"):
        expect.equal(getattr(second, field), getattr(first, field), field)


@testcase("ES10b.GetEUICCInfo2#15", level="read-only")
def test_category(card, step):
    """The category, if it is reported, is one of the list."""
    with step("S_LPAd -> eUICC: GetEUICCInfo2"):
        category = info2(card).euicc_category
    with step("Expected: 0 to 3, or no tag 8B"):
        expect.one_of(category, (None, *EuiccCategory), "euiccCategory")


@testcase("ES10b.GetEUICCInfo2#16")
def test_forbidden_rules(card, declared, given, step):
    """The forbidden PPRs are reported, all of those declared."""
    given.none()
    with step("S_LPAd -> eUICC: GetEUICCInfo2"):
        forbidden = declared_values.bit_names(info2(card).forbidden_profile_policy_rules, PprId)
    with step("Expected: tag 99, the PPRs declared"):
        expect.that(holds=bool(forbidden), expected="forbiddenProfilePolicyRules", actual="none")
        declared_values.agrees(declared, "forbidden_pprs", forbidden)


@testcase("ES10b.GetEUICCInfo2#19", level="read-only")
def test_certification_data_object(card, declared, step):
    """Platform label and discovery base URL, if they are reported, are those declared."""
    with step("S_LPAd -> eUICC: GetEUICCInfo2"):
        certification = info2(card).certification_data_object
    with step("Expected: both as declared"):
        label = certification.platform_label if certification else None
        url = certification.discovery_base_url if certification else None
        declared_values.agrees(declared, "platform_label", label)
        declared_values.agrees(declared, "discovery_base_url", url)


@testcase("ES10b.GetEUICCInfo2#20", level="read-only")
def test_additional_profile_versions(card, declared, step):
    """Further versions of profile packages, if any are reported, are those declared."""
    with step("S_LPAd -> eUICC: GetEUICCInfo2"):
        versions = info2(card).additional_euicc_profile_package_versions
    with step("Expected: the list declared"):
        shown = None if versions is None else " ".join(map(str, versions))
        declared_values.agrees(declared, "additional_profile_versions", shown)


def fits(card, server, number, size):
    """Installs one more Profile of a size; returns whether there was memory for it."""
    iccid = Iccid.from_digits(f"8929909{number:012d}")
    parameters = replace(preset(ONE), iccid=iccid, size=size)
    loaded = server.prepared(card).install(profile(parameters))
    expect.that(holds=loaded.pir is not None, expected="a PIR", actual="none")
    failure = loaded.pir.data.final_result.error_result
    reason = None if failure is None else failure.error_reason
    expect.one_of(reason, (None, ErrorReason.installFailedDueToInsufficientMemoryForProfile))
    return reason is None


@testcase("ES10b.GetEUICCInfo2#26")
def test_additional_profile_depends_on_memory(card, given, server, note, step):
    """additionalProfile is set while there is memory, and not when no further Profile fits."""
    given.none()
    with step("S_LPAd -> eUICC: GetEUICCInfo2, no Profile; expected: additionalProfile set"):
        capability = info2(card).rsp_capability
        shown = declared_values.bit_names(capability, RspCapability)
        set_ = RspCapability.additionalProfile in capability
        expect.that(holds=set_, expected="additionalProfile", actual=shown)
    with step("Initial conditions: memory filled with Profiles"):
        card.options = replace(card.options, block_size=255)
        room = free_memory(card)
        number = taken = 0
        for size in FILLING:
            while fits(card, server, number, size):
                number, taken = number + 1, taken + size
                if taken > MUCH * room:
                    raise Inconclusive(f"{taken:,} octets taken where {room:,} were free")
        note(f"{number} Profiles fill the memory")
    with step("S_LPAd -> eUICC: GetEUICCInfo2; expected: additionalProfile not set"):
        capability = info2(card).rsp_capability
        shown = declared_values.bit_names(capability, RspCapability)
        set_ = RspCapability.additionalProfile in capability
        expect.that(holds=not set_, expected="no additionalProfile", actual=shown)


@testcase("ES10b.GetEUICCInfo2#27", level="read-only")
def test_info_signed_is_the_info_read(card, server, step):
    """EUICCInfo2 in euiccSigned1 is, but for free memory, the one read right before."""
    with step("Initial conditions: GetEUICCChallenge done; GetEUICCInfo2 read"):
        session = server.open(card)
        read = ask(card)
    with step("S_LPAd -> eUICC: AuthenticateServer; expected: authenticateResponseOk"):
        response = session.authenticate()
        expect.ok(response)
    with step("Expected: euiccInfo2 in euiccSigned1 octet for octet the same, 84 excepted"):
        signed = tlv_edit.at(response.raw, 0xA0, Tag.Sequence, Tag.GetEuiccInfo2)
        expect.equal(
            tlv_edit.without(signed, EXT_CARD_RESOURCE),
            tlv_edit.without(read, EXT_CARD_RESOURCE),
            "EUICCInfo2 without extCardResource",
        )


@testcase("ES10b.GetEUICCInfo2#28")
def test_memory_follows_an_installation(card, given, server, step):
    """After an installation, and without a reset, free memory is reported anew, signed or not."""
    given.none()
    with step("Initial conditions: GetEUICCInfo2 read; PROFILE_OPERATIONAL1 installed"):
        before = free_memory(card)
        server.install(card, ONE)
    with step("S_LPAd -> eUICC: GetEUICCInfo2; expected: less free NVM"):
        after = free_memory(card)
        expect.that(
            holds=after < before, expected=f"less than {before} octets free", actual=f"{after}"
        )
        read = ask(card)
    with step("S_LPAd -> eUICC: AuthenticateServer; expected: the same, but for volatile memory"):
        response = server.open(card).authenticate()
        expect.ok(response)
        signed = tlv_edit.at(response.raw, 0xA0, Tag.Sequence, Tag.GetEuiccInfo2, EXT_CARD_RESOURCE)
        expect.equal(
            steady(signed),
            steady(tlv_edit.at(read, EXT_CARD_RESOURCE)),
            "extCardResource signed, free volatile memory apart",
        )


@testcase("ES10b.GetEUICCInfo2#29")
def test_ppr1_is_forbidden_beside_an_operational_profile(card, given, note, step):
    """While an operational Profile is installed PPR1 is forbidden, and not when it is deleted."""
    if card.aboard.profiles:
        raise NotApplicable("a Profile that is not of the suites stays installed")
    (one,) = given.profiles(ONE)
    with step("S_LPAd -> eUICC: GetEUICCInfo2, the Profile installed"):
        during = declared_values.bit_names(info2(card).forbidden_profile_policy_rules, PprId)
    with step("S_LPAd -> eUICC: DeleteProfile, then GetEUICCInfo2"):
        expect.ok(card.send(DeleteProfileRequest(iccid=one.iccid)))
        after = declared_values.bit_names(info2(card).forbidden_profile_policy_rules, PprId)
        note(f"forbidden with the Profile: {during or 'none'}; without: {after or 'none'}")
    with step("Expected: ppr1 with the Profile, not without"):
        expect.equal(("ppr1" in during.split(), "ppr1" in after.split()), (True, False), "ppr1")
