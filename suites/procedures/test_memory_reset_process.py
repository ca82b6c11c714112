"""Memory reset process: Profiles are deleted and leave Notifications; the card itself stays."""

from dataclasses import replace

from rspcore.messages.es10a import EuiccConfiguredAddressesRequest
from rspcore.messages.es10b import DownloadErrorCode, GetEuiccInfo1Request, GetRatRequest
from rspcore.messages.es10c import EuiccMemoryResetRequest, ResetOption
from rspcore.messages.metadata import NotificationConfigurationInformation, NotificationEvent
from rspcore.profile_maker import preset
from rspharness import testcase
from rspharness.card import expect
from rspharness.suite import file_access, refresh

ONE, TWO, THREE = "PROFILE_OPERATIONAL1", "PROFILE_OPERATIONAL2", "PROFILE_OPERATIONAL3"
DELETE = NotificationEvent.notificationDelete


def reset_operational(card):
    """Sends eUICCMemoryReset for operational Profiles alone and returns the response."""
    chosen = frozenset({ResetOption.deleteOperationalProfiles})
    return card.send(EuiccMemoryResetRequest(reset_options=chosen))


def notifying_delete(name, *addresses):
    """Returns parameters of a Profile with delete Notifications to some addresses."""
    entries = tuple(
        NotificationConfigurationInformation(
            profile_management_operation=frozenset({DELETE}), notification_address=address
        )
        for address in addresses
    )
    return replace(preset(name), notification_configuration=entries)


@testcase("procedure.MemoryResetProcess#01", level="destructive")
def test_enabled_profile_is_deleted(card, given, step):
    """With an Enabled Profile among them the reset asks for REFRESH, and default files remain."""
    given.profiles(ONE, enabled=ONE)
    with step("S_LPAd -> eUICC: eUICCMemoryReset, operational Profiles; expected: ok(0), REFRESH"):
        expect.ok(reset_operational(card))
        command = refresh.required(card)
    with step("Terminal: carry the REFRESH out"):
        refresh.carry_out(card, command)
    with step("Expected: no Profile listed, only the default files"):
        expect.equal(card.listed_profiles(), (), "Profiles listed")
        file_access.default_files_only(card)


@testcase("procedure.MemoryResetProcess#02", level="destructive")
def test_each_delete_address_gets_a_notification(card, given, step):
    """Every delete address of every Profile gets one Notification."""
    silent, single, double = given.profiles(
        notifying_delete(ONE),
        notifying_delete(TWO, "dp2.example.com"),
        notifying_delete(THREE, "dp2.example.com", "dp3.example.com"),
    )
    with step("S_LPAd -> eUICC: eUICCMemoryReset, operational Profiles; expected: ok(0)"):
        expect.ok(reset_operational(card))
    with step(f"Expected: one Notification per address, none of {silent.iccid}"):
        expect.notifications(
            card.notifications(),
            (DELETE, single.iccid, "dp2.example.com"),
            (DELETE, double.iccid, "dp2.example.com"),
            (DELETE, double.iccid, "dp3.example.com"),
        )


@testcase("procedure.MemoryResetProcess#03", level="destructive")
def test_data_of_the_card_stay(card, given, server, step):
    """EID, CI keys, certificates, RAT and default SM-DP+ address are as before."""

    def identity():
        session = server.authenticated(card)
        return {
            "EID": str(card.eid()),
            "EUICCInfo1": card.send(GetEuiccInfo1Request()).encode().hex(),
            "CERT.EUICC": session.euicc_certificate.der.hex(),
            "CERT.EUM": session.eum_certificate.der.hex(),
            "RAT": card.send(GetRatRequest()).encode().hex(),
            "addresses": card.send(EuiccConfiguredAddressesRequest()).encode().hex(),
        }

    given.profiles(ONE)
    given.default_address("dp.example.com")
    before = identity()
    with step("S_LPAd -> eUICC: eUICCMemoryReset, operational Profiles; expected: ok(0)"):
        expect.ok(reset_operational(card))
    with step("Expected: all of it as before, also after a reset"):
        expect.equal(identity(), before)
        card.reset()
        expect.equal(identity(), before)


@testcase("procedure.MemoryResetProcess#04", level="destructive")
def test_session_ends(card, given, server, step):
    """The RSP session that was open is over."""
    given.profiles(ONE)
    with step("Initial conditions: AuthenticateServer done"):
        session = server.authenticated(card)
        request = session.prepare_request()
    with step("S_LPAd -> eUICC: eUICCMemoryReset, operational Profiles; expected: ok(0)"):
        expect.ok(reset_operational(card))
        before = card.observe()
    with step("S_LPAd -> eUICC: PrepareDownload; expected: noSession(4)"):
        expect.error(card.ask(request), DownloadErrorCode.noSessionContext)
    with step("Expected: Profiles, Notifications and addresses as before"):
        expect.unchanged(before, card.observe())
