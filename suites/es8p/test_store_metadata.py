"""ES8+.StoreMetadata: the metadata of a Profile is kept as it was sent and listed to the LPA."""

from dataclasses import replace

from rspcore import tlv
from rspcore.crypto.bsp import MAX_TLV
from rspcore.ids import Iccid
from rspcore.messages.es10c import DeleteProfileRequest
from rspcore.messages.metadata import (
    IconType,
    NotificationConfigurationInformation,
    NotificationEvent,
    ProfileClass,
)
from rspcore.messages.notifications import BppCommandId, ErrorReason
from rspcore.profile_maker import preset
from rspcore.profile_maker.icons import jpg_icon, png_icon
from rspcore.tags import Tag
from rspharness import testcase
from rspharness.card import expect, tlv_edit
from rspharness.servers import load_result
from rspharness.servers.rsp_server import profile
from rspharness.suite.load_trial import LoadTrial, taken_to

ONE = "PROFILE_OPERATIONAL1"
TWO = profile("PROFILE_OPERATIONAL2")
BARE = replace(preset("PROFILE_OPERATIONAL2"), notification_configuration=(), icon=None)
COMMAND = BppCommandId.storeMetadata
INSTALL = NotificationEvent.notificationInstall

LARGEST_ICON = png_icon().ljust(1024, b"\x00")
"""1,024 octets; what follows the end of the picture does not belong to it."""
SERVICE_TAG, SERVER_TAG = 0xBF22, 0xBF23
"""Service-specific data to be stored in the eUICC, and not to be stored there."""


def changed(**fields):
    """Returns metadata of PROFILE_OPERATIONAL2 with other fields."""
    return replace(TWO.metadata, **fields)


def installed(card, server, step, what=TWO, **fields):
    """Loads a whole package; requires success, and returns the ProfileInfo of the card."""
    with step("Initial conditions: ConfigureISDP accepted"):
        session, package = taken_to(COMMAND, card, server, what, **fields)
    with step("S_LPAd -> eUICC: StoreMetadata; expected: SW 9000 without PIR"):
        following = package.of(COMMAND)[-1] + 1
        load_result.continued(session.load(package.until(following)))
    with step("S_LPAd -> eUICC: the profile elements; expected: PIR successResult"):
        return load_result.installed_info(session, session.load(package.since(following)))


def require_listed(info, metadata, *tags):
    """Requires data objects of the metadata to be listed octet for octet."""
    sent, listed = tlv.parse(metadata), tlv.parse(info.raw)
    for tag in tags:
        expect.equal(raw(listed, tag), raw(sent, tag), f"data object {tag:02X}")


def raw(one, tag):
    """Returns a data object inside another, or None."""
    found = one.find(tag)
    return None if found is None else bytes(found.raw)


@testcase("ES8+.StoreMetadata#01")
def test_minimal_metadata(card, given, server, step):
    """ICCID and the two names are enough, and are listed."""
    given.none()
    metadata = tlv_edit.appended(
        tlv.encode(Tag.StoreMetadata),
        b"".join(
            tlv_edit.at(TWO.metadata.encode(), tag)
            for tag in (Tag.Iccid, Tag.ServiceProviderName, Tag.ProfileName)
        ),
    )
    info = installed(card, server, step, metadata=metadata)
    with step("Expected: 5A, 91 and 92 returned"):
        require_listed(info, metadata, Tag.Iccid, Tag.ServiceProviderName, Tag.ProfileName)


@testcase("ES8+.StoreMetadata#02")
def test_full_metadata(card, given, server, step):
    """Icon, class, notification configuration and owner are listed, too."""
    given.profiles(ONE)
    info = installed(card, server, step)
    with step("Expected: every object returned as it was sent"):
        objects = [one.tag for one in tlv.parse(TWO.metadata.encode()).children()]
        require_listed(info, TWO.metadata.encode(), *objects)


@testcase.each(
    "metadata, objects",
    {
        "ES8+.StoreMetadata#03": (
            changed(icon_type=IconType.jpg, icon=jpg_icon()),
            (Tag.IconType, Tag.Icon),
        ),
        "ES8+.StoreMetadata#05": (
            changed(service_provider_name="Ünïcødé Ωμέγα Betreiber №1 €uro!"),
            (Tag.ServiceProviderName,),
        ),
        "ES8+.StoreMetadata#06": (
            changed(profile_name="Profile " * 7 + "\U0001f4f1" * 8),
            (Tag.ProfileName,),
        ),
        "ES8+.StoreMetadata#07": (
            changed(service_provider_name="", profile_name=""),
            (Tag.ServiceProviderName, Tag.ProfileName),
        ),
        "ES8+.StoreMetadata#09": (
            changed(profile_class=ProfileClass.operational),
            (Tag.ProfileClass,),
        ),
    },
)
def test_objects_are_listed_as_sent(card, given, server, step, metadata, objects):
    """What the metadata hold is kept and listed octet for octet."""
    given.profiles(ONE)
    info = installed(card, server, step, metadata=metadata)
    with step(f"Expected: {', '.join(f'{tag:02X}' for tag in objects)} as sent"):
        require_listed(info, metadata.encode(), *objects)


@testcase("ES8+.StoreMetadata#04")
def test_largest_icon_in_several_segments(card, given, server, step):
    """An icon of 1,024 octets, cut over several segments, is listed unchanged."""
    given.profiles(ONE)
    metadata = changed(icon_type=IconType.png, icon=LARGEST_ICON).encode()
    info = installed(card, server, step, metadata=metadata, metadata_size=500)
    with step("Expected: the icon unchanged"):
        require_listed(info, metadata, Tag.IconType, Tag.Icon)


@testcase("ES8+.StoreMetadata#84")
def test_largest_segment(card, given, server, step):
    """A TLV 88 of 1,020 octets, 1,008 of them metadata, is accepted."""
    given.profiles(ONE)
    metadata = changed(icon_type=IconType.png, icon=LARGEST_ICON).encode()
    with step("Initial conditions: metadata of more than 1,008 octets, cut there"):
        session = server.prepared(card)
        package = session.package(TWO, metadata=metadata)
        longest = len(package.segments[package.of(COMMAND)[0]].octets)
        expect.equal(longest, MAX_TLV, "octets of the first TLV 88")
    with step("S_LPAd -> eUICC: the package; expected: PIR successResult"):
        info = load_result.installed_info(session, session.load(package))
    with step("Expected: the metadata unchanged"):
        require_listed(info, metadata, *(one.tag for one in tlv.parse(metadata).children()))


@testcase("ES8+.StoreMetadata#08")
def test_class_left_out_is_operational(card, given, server, step):
    """Without profileClass the Profile is listed as operational, or without class."""
    given.profiles(ONE)
    info = installed(card, server, step, metadata=changed(profile_class=None))
    with step("Expected: tag 95 = 02, or no tag 95"):
        expect.one_of(info.profile_class, (ProfileClass.operational, None), "profileClass")


@testcase.each(
    "name",
    {
        "ES8+.StoreMetadata#10": "PROFILE_PROVISIONING1",
        "ES8+.StoreMetadata#11": "PROFILE_TEST1",
    },
)
def test_other_classes(card, given, server, step, name):
    """A provisioning and a test Profile are listed as such."""
    given.profiles(ONE)
    what = profile(name)
    info = installed(card, server, step, what)
    with step("Expected: tag 95 as sent"):
        require_listed(info, what.metadata.encode(), Tag.ProfileClass)


@testcase("ES8+.StoreMetadata#12")
def test_class_test_needs_support(card, given, server, step):
    """A card without support for test Profiles gives unsupportedProfileClass(6)."""
    given.profiles(ONE)
    trial = LoadTrial.begin(card, server, step, profile("PROFILE_TEST1"), COMMAND)
    with step("S_LPAd -> eUICC: StoreMetadata, profileClass test(0)"):
        loaded = trial.send()
    with step("Expected: PIR errorResult, storeMetadata(2), unsupportedProfileClass(6)"):
        trial.ended(loaded, COMMAND, ErrorReason.unsupportedProfileClass)


def entries(*wanted):
    """Returns notificationConfigurationInfo of events and address each."""
    return tuple(
        NotificationConfigurationInformation(
            profile_management_operation=frozenset(events), notification_address=address
        )
        for events, address in wanted
    )


DP1, DP2, DP3 = "dp1.example.com", "dp2.example.com", "dp3.example.com"


@testcase.each(
    "configuration, addresses",
    {
        "ES8+.StoreMetadata#14": (entries((NotificationEvent, DP1)), (DP1,)),
        "ES8+.StoreMetadata#15": (
            entries(({INSTALL}, DP1), ({INSTALL}, DP2), ({INSTALL}, DP3)),
            (DP1, DP2, DP3),
        ),
        "ES8+.StoreMetadata#16": (
            entries(({NotificationEvent.notificationEnable}, DP1)),
            (),
        ),
    },
)
def test_configured_servers_get_an_install_notification(
    card, given, server, step, configuration, addresses
):
    """Beside the PIR there is one install Notification for each address configured for it."""
    given.profiles(ONE)
    metadata = changed(notification_configuration_info=configuration)
    info = installed(card, server, step, metadata=metadata)
    with step("Expected: tag B6 returned as sent"):
        require_listed(info, metadata.encode(), Tag.NotificationConfigurationInfo)
    with step(f"Expected: the PIR and {len(addresses)} install Notifications"):
        expected = ((INSTALL, metadata.iccid, to) for to in (server.address, *addresses))
        expect.notifications(card.notifications(), *expected)


@testcase.each(
    "gids",
    {
        "ES8+.StoreMetadata#17": {},
        "ES8+.StoreMetadata#18": {"gid1": b"\x01\x02", "gid2": b"\x03"},
    },
)
def test_owner_is_listed(card, given, server, step, gids):
    """The owner is listed as sent, with and without group identifiers."""
    given.profiles(ONE)
    what = profile(replace(BARE, **gids))
    info = installed(card, server, step, what)
    with step("Expected: tag B7 returned as sent"):
        require_listed(info, what.metadata.encode(), Tag.ProfileOwner)


@testcase("ES8+.StoreMetadata#31")
def test_iccid_of_a_deleted_profile_is_free(card, given, server, step):
    """The ICCID of a Profile deleted before can be used again."""
    (one,) = given.profiles(ONE)
    with step("Initial conditions: the Profile deleted"):
        expect.ok(card.send(DeleteProfileRequest(iccid=one.iccid)))
    info = installed(card, server, step, one.profile)
    with step("Expected: the ICCID listed"):
        expect.equal(info.iccid, one.iccid, "ICCID")


@testcase("ES8+.StoreMetadata#32")
def test_iccids_of_each_length(card, given, server, step):
    """ICCIDs of 20, 19 and 18 digits are listed as the same ten octets."""
    given.profiles(ONE)
    for digits in ("89299010777777777720", "8929901077777777719", "892990107777777718"):
        what = profile(replace(BARE, iccid=Iccid.from_digits(digits)))
        info = installed(card, server, step, what)
        with step(f"Expected: 5A of {len(digits)} digits as sent"):
            require_listed(info, what.metadata.encode(), Tag.Iccid)


@testcase("ES8+.StoreMetadata#44")
def test_unknown_object_is_ignored(card, given, server, step):
    """An unknown data object is accepted and not listed."""
    given.profiles(ONE)
    metadata = tlv_edit.appended(TWO.metadata.encode(), tlv.encode(0x9E, b"\x00"))
    info = installed(card, server, step, metadata=metadata)
    with step("Expected: no tag 9E, the others as sent"):
        expect.equal(raw(tlv.parse(info.raw), 0x9E), None, "data object 9E")
        require_listed(info, TWO.metadata.encode(), Tag.ProfileName)


def vendor_data(tag, octets):
    """Returns service-specific data: one vendor's OID and octets."""
    one = tlv.encode(0x80, bytes.fromhex("883763")), tlv.encode(0x81, octets)
    return tlv.encode(tag, tlv.encode(Tag.Sequence, *one))


STORED = vendor_data(SERVICE_TAG, b"kept in the eUICC")
NOT_STORED = vendor_data(SERVER_TAG, b"for the device")


@testcase.each(
    "stored, not_stored",
    {
        "ES8+.StoreMetadata#52": (STORED, None),
        "ES8+.StoreMetadata#53": (None, NOT_STORED),
        "ES8+.StoreMetadata#54": (STORED, NOT_STORED),
    },
)
def test_service_specific_data(card, given, server, step, stored, not_stored):
    """Of service-specific data the card keeps and lists what is meant for it."""
    given.profiles(ONE)
    metadata = changed(
        service_specific_data_stored_in_euicc=stored,
        service_specific_data_not_stored_in_euicc=not_stored,
    )
    info = installed(card, server, step, metadata=metadata)
    with step("Expected: BF22 as sent, no BF23"):
        require_listed(info, metadata.encode(), SERVICE_TAG)
        expect.equal(raw(tlv.parse(info.raw), SERVER_TAG), None, "data object BF23")


@testcase("ES8+.StoreMetadata#55")
def test_service_specific_data_without_support(card, given, server, step, note):
    """A card without support takes service-specific data and does not list them."""
    given.profiles(ONE)
    metadata = changed(service_specific_data_stored_in_euicc=STORED)
    info = installed(card, server, step, metadata=metadata)
    with step("Expected: no BF22"):
        found = raw(tlv.parse(info.raw), SERVICE_TAG)
        note(f"BF22 {'not ' if found is None else ''}returned")
        expect.equal(found, None, "data object BF22")


@testcase("ES8+.StoreMetadata#92")
def test_metadata_in_small_pieces(card, given, server, step):
    """Metadata in pieces of two octets, tags and lengths apart, are read whole."""
    given.none()
    made = profile("PROFILE_OPERATIONAL1")
    octets = made.metadata.encode()
    pieces = tuple(octets[n : n + 2] for n in range(0, len(octets), 2))
    with step("Initial conditions: PrepareDownload done"):
        session = server.prepared(card)
    with step(f"S_LPAd -> eUICC: the package, metadata in {len(pieces)} segments 88"):
        loaded = session.install(made, metadata_pieces=pieces)
    with step("Expected: PIR successResult, the names as sent"):
        listed = load_result.installed_info(session, loaded)
        names = listed.service_provider_name, listed.profile_name
        wanted = made.metadata.service_provider_name, made.metadata.profile_name
        expect.equal(names, wanted, "names")
