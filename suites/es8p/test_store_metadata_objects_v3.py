"""ES8+.StoreMetadata of version 3: what the eUICC keeps, and the rules of enterprise Profiles."""

from dataclasses import replace

from rspcore import tlv
from rspcore.ids import Iccid, Oid
from rspcore.messages.es10c import (
    DisableProfileRequest,
    DisableResult,
    EnableProfileRequest,
    ProfileInfoListRequest,
    SearchCriteria,
)
from rspcore.messages.notifications import BppCommandId
from rspcore.messages.v3.installation_results import ErrorReason
from rspcore.messages.v3.profile_management import EnableResult
from rspcore.messages.v3.profile_metadata import (
    EnterpriseConfiguration,
    EnterpriseRule,
    EnterpriseRules,
    LocalisedTextMessage,
    LprConfiguration,
    NotificationConfigurationInformation,
    NotificationEvent,
    StoreMetadataRequest,
)
from rspcore.tags import Tag
from rspharness import testcase
from rspharness.card import expect, tlv_edit
from rspharness.servers import device_change, load_result, rpm_packages
from rspharness.servers.rsp_server import profile
from rspharness.suite.load_trial import LoadTrial, taken_to

ONE, TWO = profile("PROFILE_OPERATIONAL1"), profile("PROFILE_OPERATIONAL2")
WITH_PPR1 = "PROFILE_OPERATIONAL4"
COMMAND = BppCommandId.storeMetadata
REASON = ErrorReason
RULE = EnterpriseRule
ENTERPRISE_CAPABLE = bytes.fromhex("A903830127")
"""TERMINAL CAPABILITY of a Device with LUId, LPDd and LDSd that keeps to enterprise rules."""

HRI = tlv.encode(Tag.HriServerAddress, b"hri.example.com")
LPR = LprConfiguration(
    pcmp_address="pcmp.example.com", dpi_enable="on enabling", trigger_lpr_on_enable_profile=True
).encode()
DESCRIPTION = tlv.encode(Tag.ServiceDescription, bytes.fromhex("06C0"))
MESSAGE = LocalisedTextMessage(language_tag="de", message="Willkommen").encode()
SIZE = tlv.encode(Tag.EstimatedProfileSize, bytes.fromhex("008000"))
ACCESS_RULES = bytes.fromhex(
    "BF761E E21C E116 C114 00112233445566778899AABBCCDDEEFF00112233 E302 DB00".replace(" ", "")
)


def enterprise(*rules, number=1, oid="2.999.20", name="Works"):
    """Returns enterpriseConfiguration, with rules if any are named."""
    given = EnterpriseRules(
        enterprise_rule_bits=frozenset(rules), number_of_non_enterprise_profiles=number
    )
    return EnterpriseConfiguration(
        enterprise_oid=Oid(oid), enterprise_name=name, enterprise_rules=given if rules else None
    ).encode()


WITHOUT_RULES = enterprise()
REFERENCE = enterprise(RULE.referenceEnterpriseRule)
ONLY = enterprise(RULE.referenceEnterpriseRule, RULE.onlyEnterpriseProfilesCanBeInstalled)
NO_OTHERS = enterprise(RULE.referenceEnterpriseRule, number=0)
PRIORITY = enterprise(RULE.referenceEnterpriseRule, RULE.priorityEnterpriseProfile)
OTHER_ENTERPRISE = enterprise(oid="2.999.21", name="Others")


RPM = rpm_packages.rpm_configuration(Oid("2.999.10"), polling_address="rpm.example.com")
RPM_WITHOUT_TYPES = rpm_packages.rpm_configuration(
    Oid("2.999.10"), types=None, tag_list=bytes.fromhex("5A9F70")
)
RPM_EVENTS = (
    NotificationConfigurationInformation(
        profile_management_operation=frozenset(NotificationEvent)
        - {NotificationEvent.notificationInstall},
        notification_address="rpm.example.com",
    ),
)

REQUEST_TO_DP = device_change.request_to_dp("dc.example.com")
STORED_CODE = device_change.stored_code(device_change.ACTIVATION_CODE, delete=True)
WITH_BOTH = device_change.request_to_dp("dc.example.com", eid_required=True, tac_required=True)
IN_ORDER = (
    ("O_E_RPM", RPM),
    ("O_E_HRI_ADDRESS_IN_PM", HRI),
    ("SP_MSG", MESSAGE),
    ("O_E_LPA_PROXY", LPR),
    ("O_E_ENTERPRISE", WITHOUT_RULES),
    ("SVC_DESC", DESCRIPTION),
    ("O_E_DEVICE_CHANGE", REQUEST_TO_DP),
    ("EST_SIZE", SIZE),
)
"""Objects in the order of the module, each with the option it hangs on."""


def metadata_of(what, *octets):
    """Returns metadata of a Profile with data objects more."""
    return tlv_edit.appended(what.metadata.encode(), b"".join(octets))


def capable(card):
    """Tells the eUICC that the Device keeps to enterprise rules."""
    card.options = replace(card.options, terminal_capability=ENTERPRISE_CAPABLE)
    card.reset()


def listed(card, what, tags):
    """Returns the data objects that GetProfilesInfo lists of a Profile, by tag."""
    criteria = SearchCriteria(iccid=Iccid(what.metadata.iccid.octets))
    request = ProfileInfoListRequest(search_criteria=criteria, tag_list=tags)
    response = card.send(request)
    expect.ok(response)
    (entry,) = tlv.parse(tlv_edit.at(response.encode(), 0xA0)).children()
    return {one.tag: bytes(one.raw) for one in entry.children()}


def first_installed(card, server, step, octets):
    """Installs PROFILE_OPERATIONAL1 with a data object more, as an initial condition."""
    with step("Initial conditions: an enterprise Profile installed, Device enterprise capable"):
        capable(card)
        server.install(card, ONE, metadata=metadata_of(ONE, octets))


def installed(card, server, step, what, metadata):
    """Loads a whole package; requires success."""
    with step("Initial conditions: ConfigureISDP accepted"):
        session, package = taken_to(COMMAND, card, server, what, metadata=metadata)
    with step("S_LPAd -> eUICC: StoreMetadata; expected: SW 9000 without PIR"):
        following = package.of(COMMAND)[-1] + 1
        load_result.continued(session.load(package.until(following)))
    with step("S_LPAd -> eUICC: the profile elements; expected: PIR successResult"):
        load_result.installed_info(session, session.load(package.since(following)))


@testcase.each(
    "octets, kept",
    {
        "ES8+.StoreMetadata#57": (RPM, True),
        "ES8+.StoreMetadata#59": (HRI, True),
        "ES8+.StoreMetadata#61": (LPR, True),
        "ES8+.StoreMetadata#63": (REQUEST_TO_DP, True),
        "ES8+.StoreMetadata#64": (STORED_CODE, True),
        "ES8+.StoreMetadata#65": (DESCRIPTION, True),
        "ES8+.StoreMetadata#66": (MESSAGE, False),
        "ES8+.StoreMetadata#67": (SIZE, False),
        "ES8+.StoreMetadata#68": (WITHOUT_RULES, True),
        "ES8+.StoreMetadata#86": (RPM_WITHOUT_TYPES, True),
        "ES8+.StoreMetadata#89": (WITH_BOTH, True),
        "ES8+.StoreMetadata#91": (ACCESS_RULES, True),
    },
)
def test_object_is_kept_or_not(card, given, server, step, octets, kept):
    """An object of metadata is listed as it was sent, or is for the Device alone."""
    given.none()
    tag = tlv.parse(octets).tag
    installed(card, server, step, TWO, metadata_of(TWO, octets))
    with step(f"Expected: GetProfilesInfo {'returns' if kept else 'does not return'} {tag:02X}"):
        found = listed(card, TWO, tlv.encode_tag(tag) if kept else None)
        expect.equal(found.get(tag), octets if kept else None, "data object")


@testcase("ES8+.StoreMetadata#56")
def test_events_of_rpm_are_kept(card, given, server, step):
    """A configuration of Notifications may name the events of RPM."""
    given.none()
    plain = StoreMetadataRequest.decode(TWO.metadata.encode())
    changed = replace(plain, notification_configuration_info=RPM_EVENTS).encode()
    installed(card, server, step, TWO, changed)
    with step("Expected: GetProfilesInfo returns B6 as it was sent"):
        found = listed(card, TWO, b"\xb6").get(Tag.NotificationConfigurationInfo)
        sent = tlv_edit.at(changed, Tag.NotificationConfigurationInfo)
        expect.equal(found, sent, "B6")


@testcase("ES8+.StoreMetadata#85")
def test_every_object(card, given, server, step, options):
    """All objects that the eUICC has the feature for are taken together, in module order."""
    given.none()
    every = [octets for option, octets in IN_ORDER if options.get(option)]
    installed(card, server, step, TWO, metadata_of(TWO, *every))
    wanted = {tlv.parse(one).tag: one for one in every if one not in (MESSAGE, SIZE)}
    with step("Expected: GetProfilesInfo returns each object that is kept, and no other of these"):
        found = listed(card, TWO, b"".join(map(tlv.encode_tag, wanted)) or None)
        expect.equal({tag: found.get(tag) for tag in wanted}, wanted, "data objects")


@testcase.each("octets", {"ES8+.StoreMetadata#69": REFERENCE, "procedure.Enterprise#01": ONLY})
def test_enterprise_rules_are_kept(card, given, server, step, octets):
    """The first enterprise Profile may have the reference rule, and others with it."""
    given.none()
    with step("Initial conditions: Device enterprise capable"):
        capable(card)
    installed(card, server, step, TWO, metadata_of(TWO, octets))
    with step("Expected: GetProfilesInfo with BD returns the configuration"):
        expect.equal(listed(card, TWO, b"\xbd").get(Tag.EnterpriseConfiguration), octets, "BD")


@testcase.each(
    "before, octets, reason",
    {
        "ES8+.StoreMetadata#73": (
            WITHOUT_RULES,
            OTHER_ENTERPRISE,
            REASON.enterpriseOidMismatch,
        ),
        "procedure.Enterprise#02": (REFERENCE, OTHER_ENTERPRISE, REASON.enterpriseOidMismatch),
        "ES8+.StoreMetadata#74": (REFERENCE, REFERENCE, REASON.enterpriseRulesError),
        "ES8+.StoreMetadata#75": (ONLY, b"", REASON.enterpriseProfilesOnly),
        "procedure.Enterprise#04": (ONLY, b"", REASON.enterpriseProfilesOnly),
    },
)
def test_second_profile_is_refused(card, given, server, step, before, octets, reason):
    """What the installed enterprise Profile does not allow ends the load."""
    given.none()
    first_installed(card, server, step, before)
    trial = LoadTrial.begin(card, server, step, TWO, COMMAND, metadata=metadata_of(TWO, octets))
    with step("S_LPAd -> eUICC: StoreMetadata of the second Profile"):
        loaded = trial.send()
    with step(f"Expected: PIR errorResult, storeMetadata(2), {expect.names([reason])}"):
        trial.ended(loaded, COMMAND, reason)


@testcase("ES8+.StoreMetadata#72")
def test_enterprise_profile_beside_ppr1(card, given, server, step):
    """No enterprise Profile may be installed while there is one with PPR1."""
    given.profiles(WITH_PPR1)
    with step("Initial conditions: Device enterprise capable"):
        capable(card)
    changed = metadata_of(TWO, WITHOUT_RULES)
    trial = LoadTrial.begin(card, server, step, TWO, COMMAND, metadata=changed)
    with step("S_LPAd -> eUICC: StoreMetadata with BD"):
        loaded = trial.send()
    with step("Expected: PIR errorResult, storeMetadata(2), enterpriseProfileNotAllowed(19)"):
        trial.ended(loaded, COMMAND, REASON.enterpriseProfileNotAllowed)


@testcase("ES8+.StoreMetadata#71")
def test_rules_on_a_device_without_them(card, given, server, step, note):
    """On a Device that is not enterprise capable, rules are refused, or kept and not enforced."""
    given.none()
    changed = metadata_of(TWO, REFERENCE)
    trial = LoadTrial.begin(card, server, step, TWO, COMMAND, metadata=changed)
    with step("S_LPAd -> eUICC: StoreMetadata with enterprise rules"):
        loaded = trial.send()
    with step("Expected: enterpriseRulesNotAllowed(18), or SW 9000; recorded"):
        if loaded.pir is None:
            expect.success(loaded.last)
            note("accepted")
        else:
            note(load_result.described(loaded))
            trial.ended(loaded, COMMAND, REASON.enterpriseRulesNotAllowed)


@testcase("procedure.Enterprise#03")
def test_second_profile_of_the_enterprise(card, given, server, step):
    """A second Profile of the same enterprise is installed."""
    given.none()
    first_installed(card, server, step, ONLY)
    installed(card, server, step, TWO, metadata_of(TWO, WITHOUT_RULES))
    with step("Expected: GetProfilesInfo with BD returns its configuration"):
        found = listed(card, TWO, b"\xbd")
        expect.equal(found.get(Tag.EnterpriseConfiguration), WITHOUT_RULES, "BD")


def enabled_over(card, given, server, step, octets):
    """Returns the result of enabling a usual Profile while an enterprise Profile is enabled.

    Then the Device is a usual one again, so that what is installed can be removed.
    """
    usual = card.options
    given.none()
    first_installed(card, server, step, octets)
    with step("Initial conditions: a Profile of no enterprise; the enterprise Profile Enabled"):
        server.install(card, TWO)
        given.enable(ONE.metadata.iccid)
        card.reset()
    with step("S_LPAd -> eUICC: EnableProfile of the other Profile"):
        request = tlv.encode(0xBF31, tlv.encode(0xA0, tlv_edit.at(TWO.metadata.encode(), 0x5A)))
        request = tlv_edit.appended(request, bytes.fromhex("810100"))
        answer = card.ask(EnableProfileRequest.decode(request).encode())
    card.options = usual
    card.reset()
    return answer.enable_result


@testcase.each(
    "octets", {"ES10c.EnableProfile#25": NO_OTHERS, "procedure.Enterprise#05": NO_OTHERS}
)
def test_profile_of_no_enterprise_is_not_enabled(card, given, server, step, octets):
    """Where no Profile of no enterprise may be enabled, none is."""
    result = enabled_over(card, given, server, step, octets)
    with step("Expected: disallowedByEnterpriseRule(6)"):
        expect.equal(result, EnableResult.disallowedByEnterpriseRule, "enableResult")


@testcase("procedure.Enterprise#06")
def test_priority(card, given, server, step, note):
    """With the rule of priority, another Profile is enabled, or refused; recorded."""
    result = enabled_over(card, given, server, step, PRIORITY)
    note(f"enableResult {result}")
    with step("Expected: ok(0) or disallowedByEnterpriseRule(6); recorded"):
        allowed = (EnableResult.ok, EnableResult.disallowedByEnterpriseRule)
        expect.one_of(result, allowed, "enableResult")


@testcase("ES10c.DisableProfile#27")
def test_enterprise_profile_is_disabled(card, given, server, step, note):
    """An enterprise Profile is disabled, or refused by its rule; recorded."""
    given.none()
    usual = card.options
    first_installed(card, server, step, PRIORITY)
    given.enable(ONE.metadata.iccid)
    card.reset()
    with step("S_LPAd -> eUICC: DisableProfile"):
        request = tlv.encode(0xBF32, tlv.encode(0xA0, tlv_edit.at(ONE.metadata.encode(), 0x5A)))
        request = tlv_edit.appended(request, bytes.fromhex("810100"))
        result = card.ask(DisableProfileRequest.decode(request).encode()).disable_result
    card.options = usual
    card.reset()
    note(f"disableResult {result}")
    with step("Expected: ok(0) or disallowedByEnterpriseRule(6); recorded"):
        expect.one_of(result, (DisableResult.ok, 6), "disableResult")


@testcase.each(
    "octets",
    {
        "ES10c.GetProfilesInfo#24": RPM,
        "ES10c.GetProfilesInfo#25": HRI,
        "ES10c.GetProfilesInfo#26": LPR,
        "ES10c.GetProfilesInfo#27": WITHOUT_RULES,
        "ES10c.GetProfilesInfo#28": DESCRIPTION,
        "ES10c.GetProfilesInfo#29": REQUEST_TO_DP,
    },
)
def test_object_alone(card, given, server, step, octets):
    """A tag list of one tag gives that object where it is, and nothing else."""
    given.none()
    tag = tlv.parse(octets).tag
    with step("Initial conditions: a Profile with every object, and one without"):
        every = (RPM, HRI, LPR, WITHOUT_RULES, DESCRIPTION, REQUEST_TO_DP)
        server.install(card, ONE, metadata=metadata_of(ONE, *every))
        server.install(card, TWO)
    with step(f"S_LPAd -> eUICC: GetProfilesInfo, tag list {tag:02X}"):
        found = [listed(card, one, tlv.encode_tag(tag)) for one in (ONE, TWO)]
    with step("Expected: the object of the first, nothing of the second"):
        expect.equal(found, [{tag: octets}, {}], "data objects")


@testcase("ES10c.GetProfilesInfo#31")
def test_size_alone(card, given, step):
    """The size of a Profile is listed when it is asked for."""
    given.profiles(TWO)
    with step("S_LPAd -> eUICC: GetProfilesInfo, tag list 9F25"):
        found = listed(card, TWO, bytes.fromhex("9F25"))
    with step("Expected: 9F25 alone, a number above 0"):
        expect.equal(list(found), [int(Tag.ProfileSize)], "tags")
        value = tlv.parse(found[Tag.ProfileSize]).value
        expect.that(
            holds=int.from_bytes(value, "big", signed=True) > 0,
            expected="a number above 0",
            actual=bytes(value).hex(),
        )
