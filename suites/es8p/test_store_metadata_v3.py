"""ES8+.StoreMetadata of version 3: objects the eUICC does not know, or has no feature for."""

from dataclasses import replace

from rspcore import tlv
from rspcore.ids import Oid
from rspcore.messages.notifications import BppCommandId
from rspcore.messages.v3.installation_results import ErrorReason
from rspcore.messages.v3.profile_metadata import EnterpriseConfiguration, LprConfiguration
from rspcore.tags import Tag
from rspharness import testcase
from rspharness.card import expect, tlv_edit
from rspharness.servers import load_result, rpm_packages
from rspharness.servers.rsp_server import profile
from rspharness.suite.load_trial import LoadTrial

ONE = "PROFILE_OPERATIONAL1"
TWO = profile("PROFILE_OPERATIONAL2")
SOUND = TWO.metadata.encode()
COMMAND = BppCommandId.storeMetadata
REASON = ErrorReason
ENTERPRISE = EnterpriseConfiguration(enterprise_oid=Oid("2.999.20"), enterprise_name="Works")
RPM = rpm_packages.rpm_configuration(Oid("2.999.10"))
LPR = LprConfiguration(pcmp_address="pcmp.example.com")


RULES_WITHOUT_A_NUMBER = tlv_edit.appended(
    ENTERPRISE.encode(), tlv.encode(0xA2, bytes.fromhex("80020780"))
)
ENTERPRISE_CAPABLE = bytes.fromhex("A903830127")
"""TERMINAL CAPABILITY of a Device that keeps to enterprise rules."""


def with_name(metadata, tag):
    """Returns metadata in which a name has no characters."""
    return tlv_edit.replaced(metadata, tlv.encode(tag), tag)


def with_more(octets):
    """Returns sound metadata with a data object more."""
    return tlv_edit.appended(SOUND, octets)


@testcase.each(
    "octets, reason",
    {
        "ES8+.StoreMetadata#43": (bytes.fromhex("9F7F03010203"), REASON.unknownTlvInMetadata),
        "ES8+.StoreMetadata#62": (LPR.encode(), REASON.lprNotSupported),
        "ES8+.StoreMetadata#70": (ENTERPRISE.encode(), REASON.enterpriseProfilesNotSupported),
    },
)
def test_object_is_refused(card, given, server, step, octets, reason):
    """Metadata with an unknown object, or of a feature the eUICC lacks, end the load."""
    given.profiles(ONE)
    trial = LoadTrial.begin(card, server, step, TWO, COMMAND, metadata=with_more(octets))
    with step(f"S_LPAd -> eUICC: StoreMetadata with {tlv.parse(octets).tag:02X} besides"):
        loaded = trial.send()
    with step(f"Expected: PIR errorResult, storeMetadata(2), {expect.names([reason])}"):
        trial.ended(loaded, COMMAND, reason)


@testcase.each(
    "tag, octets",
    {
        "ES8+.StoreMetadata#58": (Tag.RpmConfiguration, RPM),
        "ES8+.StoreMetadata#60": (Tag.HriServerAddress, tlv.encode(0x9B, b"hri.example.com")),
        "ES8+.StoreMetadata#90": (Tag.ServiceDescription, bytes.fromhex("9F1F0206C0")),
    },
)
def test_object_of_a_feature_is_refused_or_left_out(card, given, server, step, note, tag, octets):
    """An object of a feature the eUICC lacks is unknown to it, or not kept."""
    given.none()
    trial = LoadTrial.begin(card, server, step, TWO, COMMAND, metadata=with_more(octets))
    with step(f"S_LPAd -> eUICC: StoreMetadata with {int(tag):02X} besides"):
        loaded = trial.send()
    with step(
        "Expected: unknownTlvInMetadata(26), or SW 9000 and the object is not kept; recorded"
    ):
        if loaded.pir is None:
            expect.success(loaded.last)
            note("accepted")
        else:
            note(load_result.described(loaded))
            trial.ended(loaded, COMMAND, REASON.unknownTlvInMetadata)


@testcase("ES8+.StoreMetadata#81")
def test_names_without_characters(card, given, server, step, note):
    """Names of no characters are kept as such, or refused."""
    given.none()
    changed = with_name(with_name(SOUND, Tag.ServiceProviderName), Tag.ProfileName)
    trial = LoadTrial.begin(card, server, step, TWO, COMMAND, metadata=changed)
    with step("S_LPAd -> eUICC: StoreMetadata with 91 and 92 of no characters"):
        loaded = trial.send()
        note(load_result.described(loaded) if loaded.pir else "accepted")
    with step("Expected: incorrectInputValues(1), or SW 9000 and 91 and 92 of no characters"):
        if loaded.pir is not None:
            trial.ended(loaded, COMMAND, REASON.incorrectInputValues)
            return
        load_result.continued(loaded)
        rest = trial.package.since(len(trial.under_test))
        info = load_result.installed_info(trial.session, trial.session.load(rest))
        expect.equal((info.service_provider_name, info.profile_name), ("", ""), "91 and 92")


@testcase("ES8+.StoreMetadata#88")
def test_rules_without_a_number(card, given, server, step, note):
    """Enterprise rules without numberOfNonEnterpriseProfiles are refused."""
    given.none()
    with step("Initial conditions: Device enterprise capable"):
        card.options = replace(card.options, terminal_capability=ENTERPRISE_CAPABLE)
        card.reset()
    changed = with_more(RULES_WITHOUT_A_NUMBER)
    trial = LoadTrial.begin(card, server, step, TWO, COMMAND, metadata=changed)
    with step("S_LPAd -> eUICC: StoreMetadata with BD whose A2 has no 81"):
        loaded = trial.send()
        note(load_result.described(loaded) if loaded.pir else "accepted")
    with step("Expected: storeMetadata(2), incorrectInputValues(1) or enterpriseRulesError(21)"):
        trial.ended(loaded, COMMAND, REASON.incorrectInputValues, REASON.enterpriseRulesError)


@testcase("ES8+.StoreMetadata#87")
def test_configuration_of_nobody(card, given, server, step, note):
    """An rpmConfiguration without profileOwnerOid is refused."""
    given.none()
    changed = with_more(tlv_edit.without(RPM, 0x83))
    trial = LoadTrial.begin(card, server, step, TWO, COMMAND, metadata=changed)
    with step("S_LPAd -> eUICC: StoreMetadata with BA, of which 83 is left out"):
        loaded = trial.send()
        note(load_result.described(loaded) if loaded.pir else "accepted")
    with step("Expected: PIR errorResult, storeMetadata(2), incorrectInputValues(1)"):
        trial.ended(loaded, COMMAND, REASON.incorrectInputValues)
