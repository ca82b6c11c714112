"""ES10b.LoadRpmPackage: a package is verified, and its commands are done in their order."""

from dataclasses import replace

from rspcore.ids import Iccid, Oid
from rspcore.messages.es10b import NotificationSentRequest
from rspcore.messages.v3.profile_management import (
    DeleteResult,
    DisableResult,
    EnableResult,
    ProfileInfoListError,
)
from rspcore.messages.v3.profile_metadata import (
    EnterpriseConfiguration,
    EnterpriseRule,
    EnterpriseRules,
    LprConfiguration,
    NotificationEvent,
    UpdateMetadataResult,
)
from rspcore.messages.v3.rpm_package import (
    ContactPcmpError,
    LoadRpmPackageErrorCodeNotSigned,
    LoadRpmPackageErrorCodeSigned,
    RpmProcessingTerminated,
)
from rspcore.tags import Tag
from rspharness import testcase
from rspharness.card import expect, tlv_edit
from rspharness.servers import rpm_packages as rpm
from rspharness.suite import refresh
from rspharness.suite.installed_profiles import require_installed
from rspharness.suite.managed_profiles import ONE, TWO, both, required_enabled, tags_of

UNKNOWN = Iccid.from_digits("8929909999999999999")
LPR = LprConfiguration(pcmp_address="pcmp.example.com").encode()
ENDED = RpmProcessingTerminated
SIGNED = LoadRpmPackageErrorCodeSigned
NEW_NAME = "Renamed by RPM"


@testcase("ES10b.LoadRpmPackage#01")
def test_enable(card, given, server, note, step):
    """The Profile is Enabled after the REFRESH, and the result is signed."""
    one, _ = both(server, given)
    with step("S_LPAd -> eUICC: LoadRpmPackage, enable"):
        loaded = rpm.load(server, card, rpm.enable(one.iccid))
        note(loaded.forms)
    with step("Expected: enableResult ok(0), REFRESH, Profile Enabled"):
        expect.equal(loaded.code("enable_result"), EnableResult.ok, "enableResult")
        expect.equal(loaded.iccids, (one.iccid,), "ICCID of the result")
        required_enabled(card, one)


@testcase("ES10b.LoadRpmPackage#02")
def test_disable(card, given, server, step):
    """The Profile is Disabled after the REFRESH."""
    one, _ = both(server, given, enabled=1)
    with step("S_LPAd -> eUICC: LoadRpmPackage, disable"):
        loaded = rpm.load(server, card, rpm.disable(one.iccid))
    with step("Expected: disableResult ok(0), REFRESH, no Profile Enabled"):
        expect.equal(loaded.code("disable_result"), DisableResult.ok, "disableResult")
        required_enabled(card, None)


@testcase("ES10b.LoadRpmPackage#03")
def test_delete(card, given, server, step):
    """The Profile is gone."""
    one, two = both(server, given)
    with step("S_LPAd -> eUICC: LoadRpmPackage, delete"):
        loaded = rpm.load(server, card, rpm.delete(one.iccid))
    with step("Expected: deleteResult ok(0), the other Profile alone listed"):
        expect.equal(loaded.code("delete_result"), DeleteResult.ok, "deleteResult")
        require_installed(card, two)


@testcase("ES10b.LoadRpmPackage#04")
def test_list_of_one(card, given, server, step):
    """A list by ICCID has that Profile."""
    _, two = both(server, given)
    with step("S_LPAd -> eUICC: LoadRpmPackage, listProfileInfo of the second Profile"):
        loaded = rpm.load(server, card, rpm.list_of(two.iccid))
    with step("Expected: metadata of that Profile"):
        expect.equal(loaded.iccids, (None,), "ICCID of the result")
        found = loaded.listed
        expect.equal([info.iccid for info in found], [two.iccid], "Profiles listed")
        name = two.profile.metadata.profile_name
        expect.equal([info.profile_name for info in found], [name], "profileName")


@testcase("ES10b.LoadRpmPackage#05")
def test_list_with_tags(card, given, server, step):
    """A list has the objects its tags ask for."""
    one, _ = both(server, given)
    with step("S_LPAd -> eUICC: LoadRpmPackage, listProfileInfo with tags 5A, 92"):
        loaded = rpm.load(server, card, rpm.list_of(one.iccid, Tag.Iccid, Tag.ProfileName))
    with step("Expected: these two objects alone"):
        expect.equal([tags_of(info) for info in loaded.listed], [[0x5A, 0x92]], "objects")


@testcase("ES10b.LoadRpmPackage#06")
def test_list_by_owner(card, given, server, step):
    """A list by owner has the Profiles of that owner."""
    other = rpm.managed_by(server, TWO, owner=Oid("2.999.20.2"))
    one, _ = given.profiles(rpm.managed_by(server, ONE), other)
    with step("S_LPAd -> eUICC: LoadRpmPackage, listProfileInfo with profileOwnerOid"):
        loaded = rpm.load(server, card, rpm.list_of_owner(rpm.OWNER))
    with step("Expected: the Profile of that owner"):
        expect.equal([info.iccid for info in loaded.listed], [one.iccid], "Profiles listed")


@testcase("ES10b.LoadRpmPackage#07")
def test_update_metadata(card, given, server, step):
    """Metadata of the Enabled Profile is changed."""
    one, _ = both(server, given, enabled=1)
    with step("S_LPAd -> eUICC: LoadRpmPackage, updateMetadata with profileName"):
        loaded = rpm.load(server, card, rpm.update(one.iccid, profile_name=NEW_NAME))
    with step("Expected: updateMetadataResult ok(0), the new name listed"):
        result = loaded.code("update_metadata_result")
        expect.equal(result, UpdateMetadataResult.ok, "updateMetadataResult")
        names = {info.iccid: info.profile_name for info in card.profiles()}
        expect.equal(names[one.iccid], NEW_NAME, "profileName")


@testcase("ES10b.LoadRpmPackage#08")
def test_contact_pcmp(card, given, server, step):
    """The address of the PCM Platform is answered."""
    what = rpm.managed_by(server, ONE, LPR)
    (one,) = given.profiles(what, enabled=what)
    with step("S_LPAd -> eUICC: LoadRpmPackage, contactPcmp"):
        loaded = rpm.load(server, card, rpm.contact(one.iccid))
    with step("Expected: contactPcmpResponseOk with the address of the Profile"):
        answer = loaded.part("contact_pcmp_result")
        expect.equal(answer.contact_pcmp_response_error, None, "contactPcmpResponseError")
        ok = answer.contact_pcmp_response_ok
        expect.equal(ok and ok.pcmp_address, "pcmp.example.com", "pcmpAddress")


@testcase("ES10b.LoadRpmPackage#09")
def test_several_commands(card, given, server, step):
    """Results stand in the order of the commands."""
    one, two = both(server, given)
    with step("S_LPAd -> eUICC: LoadRpmPackage: updateMetadata, delete, list, enable"):
        loaded = rpm.load(
            server,
            card,
            rpm.update(one.iccid, profile_name=NEW_NAME),
            rpm.delete(two.iccid),
            rpm.list_of(one.iccid, Tag.ProfileName),
            rpm.enable(one.iccid),
        )
    with step("Expected: four results in this order, all ok"):
        expect.equal(loaded.code("update_metadata_result", 0, 4), 0, "updateMetadataResult")
        expect.equal(loaded.code("delete_result", 1, 4), 0, "deleteResult")
        found = loaded.part("list_profile_info_result", 2, 4).profile_info_list_ok or ()
        expect.equal([info.profile_name for info in found], [NEW_NAME], "profileName listed")
        expect.equal(loaded.code("enable_result", 3, 4), 0, "enableResult")
        expect.equal(loaded.iccids, (one.iccid, two.iccid, None, one.iccid), "ICCIDs")
        required_enabled(card, one)


@testcase("ES10b.LoadRpmPackage#10")
def test_failure_with_continue(card, given, server, step):
    """With continueOnFailure the next command is done after a failure."""
    one, _ = both(server, given, enabled=1)
    with step("S_LPAd -> eUICC: LoadRpmPackage: enable with continueOnFailure, list"):
        loaded = rpm.load(
            server, card, rpm.enable(one.iccid, go_on=True), rpm.list_of(one.iccid, Tag.Iccid)
        )
    with step("Expected: profileNotInDisabledState(2), then the list"):
        wanted = EnableResult.profileNotInDisabledState
        expect.equal(loaded.code("enable_result", 0, 2), wanted, "enableResult")
        expect.equal([info.iccid for info in loaded.listed], [one.iccid], "Profiles listed")


@testcase("ES10b.LoadRpmPackage#11")
def test_failure_without_continue(card, given, server, step):
    """Without continueOnFailure nothing is done after a failure."""
    one, two = both(server, given, enabled=1)
    with step("S_LPAd -> eUICC: LoadRpmPackage: enable, delete"):
        loaded = rpm.load(server, card, rpm.enable(one.iccid), rpm.delete(two.iccid))
    with step("Expected: one result, profileNotInDisabledState(2); both Profiles there"):
        wanted = EnableResult.profileNotInDisabledState
        expect.equal(loaded.code("enable_result"), wanted, "enableResult")
        require_installed(card, one, two)


@testcase("ES10b.LoadRpmPackage#13")
def test_command_after_contact(card, given, server, step):
    """After contactPcmp no command is done."""
    what = rpm.managed_by(server, ONE, LPR)
    one, two = given.profiles(what, rpm.managed_by(server, TWO), enabled=what)
    with step("S_LPAd -> eUICC: LoadRpmPackage: contactPcmp, delete"):
        loaded = rpm.load(server, card, rpm.contact(one.iccid), rpm.delete(two.iccid))
    with step("Expected: ended by commandAfterContactPcmp(5), the Profile there"):
        expect.equal(loaded.ended_by, ENDED.commandAfterContactPcmp, "rpmProcessingTerminated")
        require_installed(card, one, two)


@testcase.each(
    "size", {"ES10b.LoadRpmPackage#14": 3000, "ES10b.LoadRpmPackage#34": rpm.LONGEST + 1}
)
def test_package_too_large(card, given, server, step, size):
    """A package above 1057 octets is not done."""
    one, two = both(server, given)
    with step(f"S_LPAd -> eUICC: LoadRpmPackage, rpmPackage of {size} octets: delete, others"):
        first = rpm.delete(two.iccid)
        count = max((size - len(first)) // rpm.LONGEST, 1)
        share = (size - len(first)) // count
        rest = size - len(first) - share * (count - 1)
        commands = [rpm.sized(one.iccid, each) for each in (*(share,) * (count - 1), rest)]
        loaded = rpm.load(server, card, first, *commands)
    with step("Expected: ended by commandPackageTooLarge(6), nothing done"):
        expect.equal(loaded.ended_by, ENDED.commandPackageTooLarge, "rpmProcessingTerminated")
        require_installed(card, one, two)


@testcase("ES10b.LoadRpmPackage#33")
def test_longest_package(card, given, server, step):
    """A package of exactly 1057 octets is done."""
    one, _ = both(server, given)
    with step("S_LPAd -> eUICC: LoadRpmPackage, rpmPackage of 1057 octets"):
        loaded = rpm.load(server, card, rpm.sized(one.iccid, rpm.LONGEST))
    with step("Expected: updateMetadataResult ok(0)"):
        expect.equal(loaded.code("update_metadata_result"), 0, "updateMetadataResult")


@testcase("ES10b.LoadRpmPackage#18")
@testcase.both_curves
def test_altered_signature(card, server, step):
    """An altered smdpSignature3 gives invalidSignature(2), signed; nothing is done."""
    with step("Initial conditions: AuthenticateServer done for RPM"):
        session = rpm.opened(server, card)
    with step("S_LPAd -> eUICC: LoadRpmPackage, smdpSignature3 altered"):
        octets = rpm.request(session, rpm.enable(UNKNOWN))
        response = card.ask(tlv_edit.flipped(octets, Tag.Signature))
    with step("Expected: loadRpmPackageErrorCodeSigned invalidSignature(2)"):
        expect.equal(signed_error(response), SIGNED.invalidSignature, "error code")


def signed_error(response):
    """Returns the signed error code of a response; None where there are results or none."""
    signed = response.load_rpm_package_result_signed
    expect.that(
        holds=signed is not None,
        expected="loadRpmPackageResultSigned",
        actual="loadRpmPackageResultNotSigned",
    )
    data = signed.load_rpm_package_result_data_signed
    return data.final_result.load_rpm_package_error_code_signed


@testcase("ES10b.LoadRpmPackage#50")
@testcase.both_curves
def test_signature_of_the_other_key(card, server, step):
    """A signature by SK.DPpb gives invalidSignature(2)."""
    with step("Initial conditions: AuthenticateServer done for RPM"):
        session = rpm.opened(server, card)
    with step("S_LPAd -> eUICC: LoadRpmPackage, smdpSignature3 by SK.DPpb"):
        response = card.ask(rpm.request(session, rpm.enable(UNKNOWN), sign_with=server.pb))
    with step("Expected: loadRpmPackageErrorCodeSigned invalidSignature(2)"):
        expect.equal(signed_error(response), SIGNED.invalidSignature, "error code")


@testcase("ES10b.LoadRpmPackage#19")
def test_transaction_of_another_session(card, server, step):
    """Another TransactionID gives invalidTransactionId(5)."""
    for covered in (True, False):
        with step("Initial conditions: AuthenticateServer done for RPM"):
            session = rpm.opened(server, card)
            other = type(session.transaction_id)(bytes(16))
        with step("S_LPAd -> eUICC: LoadRpmPackage, another transactionId"):
            octets = rpm.request(
                session, rpm.enable(UNKNOWN), transaction_id=other, covered=covered
            )
            code = signed_error(card.ask(octets))
        if code != SIGNED.invalidSignature:
            break
    with step("Expected: loadRpmPackageErrorCodeSigned invalidTransactionId(5)"):
        expect.equal(code, SIGNED.invalidTransactionId, "error code")


@testcase("ES10b.LoadRpmPackage#20")
def test_no_session(card, server, step):
    """Without a session the answer is noSession(4), not signed."""
    with step("Initial conditions: AuthenticateServer done for RPM, then a reset"):
        session = rpm.opened(server, card)
        octets = rpm.request(session, rpm.enable(UNKNOWN))
        card.reset()
        before = card.observe()
    with step("S_LPAd -> eUICC: LoadRpmPackage"):
        response = card.ask(octets)
    with step("Expected: loadRpmPackageErrorCodeNotSigned noSession(4), nothing changed"):
        expect.error(response, LoadRpmPackageErrorCodeNotSigned.noSession)
        expect.unchanged(before, card.observe())


@testcase("ES10b.LoadRpmPackage#24")
def test_delete_of_the_enabled_profile(card, given, server, step):
    """The Enabled Profile is not deleted."""
    one, two = both(server, given, enabled=1)
    with step("S_LPAd -> eUICC: LoadRpmPackage, delete of the Enabled Profile"):
        loaded = rpm.load(server, card, rpm.delete(one.iccid))
    with step("Expected: deleteResult profileNotInDisabledState(2), both Profiles there"):
        wanted = DeleteResult.profileNotInDisabledState
        expect.equal(loaded.code("delete_result"), wanted, "deleteResult")
        require_installed(card, one, two)


@testcase.each(
    "active, more, code",
    {
        "ES10b.LoadRpmPackage#27": (False, (LPR,), ContactPcmpError.profileNotEnabled),
        "ES10b.LoadRpmPackage#28": (True, (), ContactPcmpError.noLprConfiguration),
    },
)
def test_contact_that_fails(card, given, server, step, active, more, code):
    """The address is given for an Enabled Profile with an LPR configuration alone."""
    what = rpm.managed_by(server, ONE, *more)
    (one,) = given.profiles(what, enabled=what if active else None)
    with step("S_LPAd -> eUICC: LoadRpmPackage, contactPcmp"):
        loaded = rpm.load(server, card, rpm.contact(one.iccid))
    with step(f"Expected: contactPcmpResponseError {expect.names([code])}"):
        answer = loaded.part("contact_pcmp_result")
        expect.equal(answer.contact_pcmp_response_error, code, "contactPcmpResponseError")


@testcase("ES10b.LoadRpmPackage#29")
def test_notification_of_the_event(card, given, server, step):
    """An enabling by RPM has a Notification of its own event, where the Profile asks for it."""
    one, _ = both(server, given)
    with step("S_LPAd -> eUICC: LoadRpmPackage, enable; REFRESH carried out"):
        loaded = rpm.load(server, card, rpm.enable(one.iccid))
        expect.equal(loaded.code("enable_result"), 0, "enableResult")
        required_enabled(card, one)
    with step("Expected: one Notification of the Profile, notificationRpmEnable(4) alone"):
        found = [each for each in card.notifications() if each.iccid == one.iccid]
        expect.equal(
            [(each.profile_management_operation, each.notification_address) for each in found],
            [(frozenset({NotificationEvent.notificationRpmEnable}), rpm.ADDRESS)],
            "events and addresses",
        )


@testcase("ES10b.LoadRpmPackage#30")
def test_result_waits_among_the_notifications(card, given, server, step):
    """The result waits with event bit 7 until it is removed."""
    one, _ = both(server, given)
    with step("S_LPAd -> eUICC: LoadRpmPackage, list"):
        rpm.load(server, card, rpm.list_of(one.iccid))
    for what in ("", " after a reset"):
        with step(f"Expected: one Notification of the event loadRpmPackageResult(7){what}"):
            events = [each.profile_management_operation for each in card.notifications()]
            wanted = [frozenset({NotificationEvent.loadRpmPackageResult})]
            expect.equal(events, wanted, "events")
        card.reset()


@testcase("ES10b.LoadRpmPackage#35")
def test_rpm_pending(card, given, server, step):
    """The rpmPending of a package changes nothing on the card."""
    one, _ = both(server, given)
    with step("S_LPAd -> eUICC: LoadRpmPackage with rpmPending, enable"):
        loaded = rpm.load(server, card, rpm.enable(one.iccid), pending=True)
    with step("Expected: enableResult ok(0), Profile Enabled after the REFRESH"):
        expect.equal(loaded.code("enable_result"), 0, "enableResult")
        required_enabled(card, one)


@testcase("ES10b.LoadRpmPackage#37")
def test_disable_then_enable(card, given, server, note, step):
    """One Profile is disabled and another enabled in one package."""
    one, two = both(server, given, enabled=1)
    with step("S_LPAd -> eUICC: LoadRpmPackage: disable, enable of the other"):
        loaded = rpm.load(server, card, rpm.disable(one.iccid), rpm.enable(two.iccid))
    with step("Expected: both ok(0), the other Profile Enabled after the REFRESH"):
        expect.equal(loaded.code("disable_result", 0, 2), 0, "disableResult")
        expect.equal(loaded.code("enable_result", 1, 2), 0, "enableResult")
        required_enabled(card, two)
        refresh.none_announced(card)
        note("one REFRESH")


@testcase("ES10b.LoadRpmPackage#39")
def test_enable_of_an_unknown_profile(card, given, server, step):
    """An ICCID that is not on the card gives iccidOrAidNotFound(1)."""
    both(server, given)
    with step("S_LPAd -> eUICC: LoadRpmPackage, enable of an unknown ICCID"):
        loaded = rpm.load(server, card, rpm.enable(UNKNOWN))
    with step("Expected: enableResult iccidOrAidNotFound(1), no REFRESH"):
        wanted = EnableResult.iccidOrAidNotFound
        expect.equal(loaded.code("enable_result"), wanted, "enableResult")
        refresh.none_announced(card)


@testcase("ES10b.LoadRpmPackage#45")
def test_list_of_states_after_enable(card, given, server, step):
    """No state is listed while a change waits for the REFRESH of the package."""
    one, _ = both(server, given)
    with step("S_LPAd -> eUICC: LoadRpmPackage: enable, list with 9F70"):
        loaded = rpm.load(
            server, card, rpm.enable(one.iccid), rpm.list_of(one.iccid, Tag.Iccid, Tag.ProfileState)
        )
    with step("Expected: profileInfoListError profileChangeOngoing(11)"):
        answer = loaded.part("list_profile_info_result", 1, 2)
        wanted = ProfileInfoListError.profileChangeOngoing
        expect.equal(answer.profile_info_list_error, wanted, "profileInfoListError")


@testcase("ES10b.LoadRpmPackage#47")
def test_result_is_removed(card, given, server, step):
    """RemoveNotificationFromList removes the result alone."""
    one, _ = both(server, given)
    with step("Initial conditions: a package executed that left Notifications of its events"):
        rpm.load(server, card, rpm.delete(one.iccid), rpm.list_of(one.iccid))
        waiting = card.notifications()
        result = [each for each in waiting if each.iccid is None]
        expect.equal(len(result), 1, "results that wait")
    with step("S_LPAd -> eUICC: RemoveNotificationFromList, the number of the result"):
        card.send(NotificationSentRequest(seq_number=result[0].seq_number))
    with step("Expected: the others still there"):
        left = [each.seq_number for each in card.notifications()]
        others = [each.seq_number for each in waiting if each.iccid is not None]
        expect.equal(left, others, "numbers")


@testcase("ES10b.LoadRpmPackage#49")
def test_enterprise_rule(card, given, server, step):
    """A rule of an enterprise Profile keeps RPM from enabling another."""
    usual = card.options
    rules = EnterpriseRules(
        enterprise_rule_bits=frozenset({EnterpriseRule.referenceEnterpriseRule}),
        number_of_non_enterprise_profiles=0,
    )
    works = EnterpriseConfiguration(
        enterprise_oid=Oid("2.999.20"), enterprise_name="Works", enterprise_rules=rules
    )
    reference = rpm.managed_by(server, ONE, works.encode())
    with step("Initial conditions: Device enterprise capable"):
        card.options = replace(usual, terminal_capability=bytes.fromhex("A903830127"))
        card.reset()
    _, two = given.profiles(reference, rpm.managed_by(server, TWO), enabled=reference)
    with step("S_LPAd -> eUICC: LoadRpmPackage, enable of the Profile of no enterprise"):
        loaded = rpm.load(server, card, rpm.enable(two.iccid))
    card.options = usual
    card.reset()
    with step("Expected: enableResult disallowedByEnterpriseRule(6)"):
        wanted = EnableResult.disallowedByEnterpriseRule
        expect.equal(loaded.code("enable_result"), wanted, "enableResult")
