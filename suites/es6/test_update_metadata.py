"""ES6.UpdateMetadata: an operator changes the metadata of its own Profile over SMS-PP."""

from dataclasses import replace
from typing import Any

import pytest

from rspcore.messages.es10c import (
    DeleteProfileRequest,
    DisableProfileRequest,
    SetNicknameRequest,
)
from rspcore.messages.metadata import IconType, PprId, UpdateMetadataRequest
from rspcore.profile_maker import jpg_icon, png_icon, preset
from rspharness import testcase
from rspharness.card import expect
from rspharness.servers.rsp_server import profile

ONE = "PROFILE_OPERATIONAL1"
WITH_PPR1 = "PROFILE_OPERATIONAL4"
WITH_PPR2 = replace(preset("PROFILE_OPERATIONAL1.1"), icon=jpg_icon())
WITH_BOTH = "PROFILE_OPERATIONAL5"
WITH_JPG = replace(preset(ONE), icon=jpg_icon())
PPR1, PPR2 = PprId.ppr1, PprId.ppr2
PNG = png_icon((0x10, 0x20, 0x30))
LARGEST_ICON = PNG.ljust(1024, b"\x00")
OLD_DATA, NEW_DATA, NO_DATA = (bytes.fromhex(x) for x in ("BF2203800107", "BF2203800108", "BF2200"))


def with_data(data):
    """Returns PROFILE_OPERATIONAL1 with service-specific data in its metadata."""
    one = profile(ONE)
    metadata = replace(one.metadata, service_specific_data_stored_in_euicc=data)
    return replace(one, metadata=metadata)


def info(card, one):
    """Returns what GetProfilesInfo returns for a Profile, without its octets."""
    return replace(next(info for info in card.profiles() if info.iccid == one.iccid))


def accepted(receipt):
    """Requires a proof of receipt that everything was done."""
    expect.that(
        holds=receipt.accepted,
        expected="proof of receipt with status 00 and SW 9000",
        actual=receipt.describe(),
    )


def updates(card, given, make_ota, step, what, request, **changes):
    """Updates the Enabled Profile; requires these changes of ProfileInfo and no others."""
    (one,) = given.profiles(what, enabled=what)
    before = info(card, one)
    ota = make_ota(one.profile.parameters)
    with step("S_OTA -> eUICC: INSTALL [for personalization], STORE DATA with UpdateMetadata"):
        receipt = ota.update_metadata(card, request)
    with step("Expected: proof of receipt, 00 and SW 9000"):
        accepted(receipt)
    with step("Expected: GetProfilesInfo returns the new objects, all others as before"):
        expect.equal(info(card, one), replace(before, **changes), "ProfileInfo")


@testcase.each(
    "what, request_, changes",
    {
        "ES6.UpdateMetadata#01": (
            WITH_PPR1,
            UpdateMetadataRequest(profile_policy_rules=frozenset()),
            {"profile_policy_rules": None},
        ),
        "ES6.UpdateMetadata#02": (
            WITH_PPR2,
            UpdateMetadataRequest(
                icon_type=IconType.png, icon=PNG, profile_policy_rules=frozenset()
            ),
            {"profile_policy_rules": None, "icon_type": IconType.png, "icon": PNG},
        ),
        "ES6.UpdateMetadata#08": (
            ONE,
            UpdateMetadataRequest(service_provider_name="New SP"),
            {"service_provider_name": "New SP"},
        ),
        "ES6.UpdateMetadata#09": (
            ONE,
            UpdateMetadataRequest(profile_name="New Name"),
            {"profile_name": "New Name"},
        ),
        "ES6.UpdateMetadata#10": (
            WITH_JPG,
            UpdateMetadataRequest(icon_type=IconType.png, icon=PNG),
            {"icon_type": IconType.png, "icon": PNG},
        ),
        "ES6.UpdateMetadata#11": (
            WITH_JPG,
            UpdateMetadataRequest(
                service_provider_name="New SP",
                profile_name="New Name",
                icon_type=IconType.png,
                icon=PNG,
            ),
            {
                "service_provider_name": "New SP",
                "profile_name": "New Name",
                "icon_type": IconType.png,
                "icon": PNG,
            },
        ),
        "ES6.UpdateMetadata#12": (
            ONE,
            UpdateMetadataRequest(
                service_provider_name="S" * 32,
                profile_name="N" * 64,
                icon_type=IconType.png,
                icon=LARGEST_ICON,
            ),
            {
                "service_provider_name": "S" * 32,
                "profile_name": "N" * 64,
                "icon_type": IconType.png,
                "icon": LARGEST_ICON,
            },
        ),
        "ES6.UpdateMetadata#15": (
            WITH_BOTH,
            UpdateMetadataRequest(profile_policy_rules=frozenset()),
            {"profile_policy_rules": None},
        ),
        "ES6.UpdateMetadata#58": (
            WITH_BOTH,
            UpdateMetadataRequest(profile_policy_rules=frozenset({PPR1, PPR2})),
            {},
        ),
        "ES6.UpdateMetadata#18": (
            ONE,
            UpdateMetadataRequest(profile_policy_rules=frozenset({PPR1})),
            {},
        ),
        "ES6.UpdateMetadata#19": (
            ONE,
            UpdateMetadataRequest(profile_policy_rules=frozenset({PPR2})),
            {},
        ),
    },
)
def test_objects_are_replaced(card, given, make_ota, step, what, request_, changes):
    """What the request holds replaces what was stored; a policy rule is cleared, never set."""
    updates(card, given, make_ota, step, what, request_, **changes)


@testcase.each(
    "before, after",
    {
        "ES6.UpdateMetadata#05": (OLD_DATA, NEW_DATA),
        "ES6.UpdateMetadata#07": (None, NEW_DATA),
    },
)
def test_service_specific_data_is_stored(card, given, make_ota, step, before, after):
    """Service-specific data of the request is listed by GetProfilesInfo afterwards."""
    what = with_data(before)
    field = "service_specific_data_stored_in_euicc"
    request = UpdateMetadataRequest(service_specific_data_stored_in_euicc=after)
    updates(card, given, make_ota, step, what, request, **{field: after})


@testcase("ES6.UpdateMetadata#06")
@testcase.both_curves
@pytest.mark.usefixtures("server")
def test_service_specific_data_is_removed(card, given, make_ota, step):
    """Empty service-specific data in the request removes what was stored."""
    what = with_data(OLD_DATA)
    (one,) = given.profiles(what, enabled=what)
    request = UpdateMetadataRequest(service_specific_data_stored_in_euicc=NO_DATA)
    with step("S_OTA -> eUICC: UpdateMetadata with an empty BF22"):
        accepted(make_ota(one.profile.parameters).update_metadata(card, request))
    with step("Expected: GetProfilesInfo without BF22, or with an empty one"):
        stored = info(card, one).service_specific_data_stored_in_euicc
        expect.one_of(stored, (None, NO_DATA), "serviceSpecificDataStoredInEuicc")


@testcase.each(
    "request_, changes",
    {
        "ES6.UpdateMetadata#13": (
            UpdateMetadataRequest(icon_type=IconType.png, icon=b""),
            {"icon_type": None, "icon": None},
        ),
    },
)
def test_empty_icon_removes_it(card, given, make_ota, step, request_, changes):
    """An empty icon removes icon and type; what the card does is recorded."""
    updates(card, given, make_ota, step, ONE, request_, **changes)


@testcase("ES6.UpdateMetadata#14")
def test_empty_service_provider_name(card, given, make_ota, step, note):
    """An empty name is stored, or refused with 6A80 and nothing changed; which is noted."""
    (one,) = given.profiles(ONE, enabled=ONE)
    before = info(card, one)
    with step("S_OTA -> eUICC: UpdateMetadata with an empty serviceProviderName"):
        request = UpdateMetadataRequest(service_provider_name="")
        receipt = make_ota(one.profile.parameters).update_metadata(card, request)
        note(receipt.describe())
    with step("Expected: SW 9000 and an empty name, or SW 6A80 and the name as before"):
        expected = {0x9000: replace(before, service_provider_name=""), 0x6A80: before}
        expect.one_of(receipt.sw, tuple(expected), "SW of STORE DATA")
        expect.equal(info(card, one), expected[receipt.sw], "ProfileInfo")


@testcase("ES6.UpdateMetadata#16")
def test_profile_can_be_disabled_once_ppr1_is_cleared(card, given, make_ota, step):
    """PPR1 cleared over the air no longer keeps the Profile Enabled."""
    (one,) = given.profiles(WITH_PPR1, enabled=WITH_PPR1)
    with step("S_OTA -> eUICC: UpdateMetadata without PPR1"):
        request = UpdateMetadataRequest(profile_policy_rules=frozenset())
        accepted(make_ota(one.profile.parameters).update_metadata(card, request))
    with step("S_LPAd -> eUICC: DisableProfile; expected: ok(0)"):
        request = DisableProfileRequest(profile_identifier=one.by_iccid, refresh_flag=False)
        expect.ok(card.send(request))


@testcase("ES6.UpdateMetadata#17")
def test_profile_can_be_deleted_once_ppr2_is_cleared(card, given, make_ota, step):
    """PPR2 cleared over the air no longer keeps the Profile on the card."""
    (one,) = given.profiles(WITH_PPR2, enabled=WITH_PPR2)
    with step("S_OTA -> eUICC: UpdateMetadata without PPR2; DisableProfile"):
        request = UpdateMetadataRequest(profile_policy_rules=frozenset())
        accepted(make_ota(one.profile.parameters).update_metadata(card, request))
        given.disable(one.iccid)
    with step("S_LPAd -> eUICC: DeleteProfile; expected: ok(0)"):
        expect.ok(card.send(DeleteProfileRequest(iccid=one.iccid)))


@testcase("ES6.UpdateMetadata#33")
def test_update_outlives_reset_and_switching(card, given, make_ota, step):
    """New metadata is there after a reset, and after the Profile was Disabled and Enabled."""
    (one,) = given.profiles(ONE, enabled=ONE)
    with step("S_OTA -> eUICC: UpdateMetadata"):
        request = UpdateMetadataRequest(service_provider_name="New SP", profile_name="New Name")
        accepted(make_ota(one.profile.parameters).update_metadata(card, request))
        updated = info(card, one)
        expect.equal(updated.profile_name, "New Name", "profileName")
    with step("Reset; expected: the new metadata"):
        card.power_cycle()
        expect.equal(info(card, one), updated, "ProfileInfo after the reset")
    with step("S_LPAd -> eUICC: DisableProfile, EnableProfile; expected: the new metadata"):
        given.disable(one.iccid)
        given.enable(one.iccid)
        expect.equal(info(card, one), updated, "ProfileInfo after Disable and Enable")


@testcase("ES6.UpdateMetadata#59")
def test_update_makes_no_notification(card, given, make_ota, step):
    """The list of Notifications is as before an update."""
    (one,) = given.profiles(ONE, enabled=ONE, notifications=True)
    before = card.notifications()
    with step("S_OTA -> eUICC: UpdateMetadata"):
        request = UpdateMetadataRequest(service_provider_name="New SP")
        accepted(make_ota(one.profile.parameters).update_metadata(card, request))
    with step("Expected: ListNotification as before"):
        expect.equal(card.notifications(), before, "Notifications")


@testcase("ES6.UpdateMetadata#32")
def test_power_loss_leaves_no_mixture(card, given, make_ota, step, note):
    """Power lost after the last message was sent: all objects are old, or all are new."""
    (one,) = given.profiles(ONE, enabled=ONE)
    before = info(card, one)
    changes: dict[str, Any] = {
        "service_provider_name": "New SP",
        "profile_name": "New Name",
        "icon_type": IconType.png,
        "icon": PNG,
    }
    ota = make_ota(one.profile.parameters)
    request = UpdateMetadataRequest(**changes)
    packet = ota.packet(ota.script_of(request))
    titled = step("S_OTA -> eUICC: UpdateMetadata; power lost before the last answer is read")
    with titled, card.power_lost_after(ota.messages(packet)):
        ota.deliver(card, packet)
    with step("Expected: all objects as before, or all of them new"):
        after = info(card, one)
        note("all objects are " + ("new" if after != before else "as before"))
        expect.one_of(after, (before, replace(before, **changes)), "ProfileInfo")


@testcase("ES6.UpdateMetadata#62")
def test_one_of_two_rules_is_cleared(card, given, make_ota, step):
    """An update that leaves PPR1 out of two rules clears PPR1 alone."""
    request = UpdateMetadataRequest(profile_policy_rules=frozenset({PPR2}))
    left = {"profile_policy_rules": frozenset({PPR2})}
    updates(card, given, make_ota, step, WITH_BOTH, request, **left)


@testcase("ES6.UpdateMetadata#63")
def test_nickname_and_other_profiles_stay(card, given, make_ota, step):
    """An update leaves the nickname, and a Profile that was installed before, as they were."""
    other, one = given.profiles("PROFILE_OPERATIONAL2", ONE, enabled=ONE)
    with step("Initial conditions: a nickname for each"):
        for number, named in enumerate((other, one)):
            request = SetNicknameRequest(iccid=named.iccid, profile_nickname=f"Name {number}")
            expect.ok(card.send(request))
    before = info(card, other), info(card, one)
    with step("S_OTA -> eUICC: UpdateMetadata, profileName; expected: accepted"):
        ota = make_ota(one.profile.parameters)
        accepted(ota.update_metadata(card, UpdateMetadataRequest(profile_name="New Name")))
    with step("Expected: the name of the Enabled Profile alone is another"):
        expect.equal(info(card, other), before[0], "ProfileInfo of the other Profile")
        changed = replace(before[1], profile_name="New Name")
        expect.equal(info(card, one), changed, "ProfileInfo of the Enabled Profile")
