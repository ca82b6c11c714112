"""Remote Profile Management as a whole: what an SM-DP+ does to the Profiles it manages."""

from rspcore.ids import Oid
from rspcore.messages.v3.profile_metadata import NotificationEvent
from rspcore.tags import Tag
from rspharness import testcase
from rspharness.card import expect
from rspharness.servers import rpm_packages as rpm
from rspharness.servers.rsp_server import profile
from rspharness.suite import refresh

ONE, TWO = profile("PROFILE_OPERATIONAL1"), profile("PROFILE_OPERATIONAL2")
EVENT = NotificationEvent
STRANGER = Oid("2.999.99")
NAME = "Renamed by RPM"


def managed_by(server, what, **words):
    """Returns a Profile that this server may manage."""
    return rpm.managed(what, rpm.rpm_configuration(server.oid, **words))


def events(card):
    """Returns the events that wait, with the ICCID of each."""
    return [
        (int(bit), one.iccid)
        for one in card.notifications()
        for bit in one.profile_management_operation
    ]


@testcase("procedure.RPM#01")
def test_profile_is_enabled(card, given, server, step):
    """An SM-DP+ enables a Profile: result, REFRESH, Profile Enabled, Notifications of both."""
    (one,) = given.profiles(managed_by(server, ONE))
    with step("S_LPAd -> eUICC: LoadRpmPackage, enable"):
        loaded = rpm.load(server, card, rpm.enable(one.iccid))
        expect.equal(loaded.code("enable_result"), 0, "enableResult")
    with step("Expected: REFRESH; the Profile Enabled after it"):
        refresh.carry_out(card, refresh.required(card))
        expect.equal(card.enabled(), (one.iccid,), "Enabled Profile")
    with step("Expected: Notifications of bit 7, and of bit 4 for the Profile"):
        wanted = [(int(EVENT.loadRpmPackageResult), None)]
        wanted.append((int(EVENT.notificationRpmEnable), one.iccid))
        expect.equal(sorted(events(card), key=lambda each: -each[0]), wanted, "events")


@testcase("procedure.RPM#02")
def test_metadata_is_updated(card, given, server, step):
    """An SM-DP+ changes metadata of a Profile that it manages."""
    (one,) = given.profiles(managed_by(server, ONE))
    with step("S_LPAd -> eUICC: LoadRpmPackage, updateMetadata with both names"):
        loaded = rpm.load(
            server, card, rpm.update(one.iccid, service_provider_name="New", profile_name=NAME)
        )
    with step("Expected: ok(0), signed; both names listed"):
        expect.equal(loaded.code("update_metadata_result"), 0, "updateMetadataResult")
        found = [(info.service_provider_name, info.profile_name) for info in card.profiles()]
        expect.equal(found, [("New", NAME)], "names")


@testcase("procedure.RPM#03")
def test_profiles_are_listed(card, given, server, step):
    """An SM-DP+ sees the Profiles that it may list, and no others."""
    stranger = rpm.managed(TWO, rpm.rpm_configuration(STRANGER))
    one, _ = given.profiles(managed_by(server, ONE), stranger)
    with step("S_LPAd -> eUICC: LoadRpmPackage, listProfileInfo of the owner of both"):
        loaded = rpm.load(server, card, rpm.list_of_owner(rpm.OWNER, Tag.Iccid))
    with step("Expected: the one Profile"):
        found = loaded.part("list_profile_info_result").profile_info_list_ok or ()
        expect.equal([info.iccid for info in found], [one.iccid], "Profiles listed")


@testcase("procedure.RPM#04")
def test_other_profiles_stay(card, given, server, note, step):
    """A package for a Profile of another fails there and is done for the managed one."""
    stranger = rpm.managed(TWO, rpm.rpm_configuration(STRANGER))
    one, two = given.profiles(managed_by(server, ONE), stranger)
    with step("S_LPAd -> eUICC: LoadRpmPackage: enable of both, continueOnFailure"):
        loaded = rpm.load(server, card, rpm.enable(two.iccid, go_on=True), rpm.enable(one.iccid))
        first, second = (loaded.code("enable_result", place, 2) for place in (0, 1))
        note(f"enableResult {first!r}, {second!r}")
    with step("Expected: disallowedForRpm(9), then ok(0)"):
        with expect.settled():
            expect.that(holds=first != 0, expected="a refusal", actual="ok(0)")
        expect.equal((int(first), int(second)), (9, 0), "enableResult")


@testcase("procedure.RPM#05")
def test_session_with_the_default_server(card, given, server, note, step):
    """A session for RPM opens with the default SM-DP+, too."""
    (one,) = given.profiles(managed_by(server, ONE, polling_address=server.address))
    given.default_address(server.address)
    with step("S_LPAd -> eUICC: AuthenticateServer with operationType rpm, LoadRpmPackage"):
        loaded = rpm.load(server, card, rpm.list_of(one.iccid))
    with step("Expected: loadRpmPackageResultSigned that verifies"):
        note(loaded.forms)


@testcase("procedure.RPM#06")
def test_test_profile_stays(card, given, server, note, step):
    """A Test Profile is not changed by RPM."""
    (one,) = given.profiles(managed_by(server, profile("PROFILE_TEST1")))
    commands = {
        "enable": rpm.enable(one.iccid),
        "updateMetadata": rpm.update(one.iccid, profile_name=NAME),
        "delete": rpm.delete(one.iccid),
    }
    before = card.observe()
    for name, command in commands.items():
        with step(f"S_LPAd -> eUICC: LoadRpmPackage, {name} of a Test Profile"):
            loaded = rpm.load(server, card, command)
            answer = loaded.results[-1]
            note(f"{name}: {answer!r}")
        with step("Expected: an error, no REFRESH, the Test Profile as before"):
            refresh.none_announced(card)
            part = answer.enable_result or answer.delete_result
            code = answer.update_metadata_result
            if part is not None:
                code = getattr(part, "enable_result", None) or getattr(part, "delete_result", None)
            failed = loaded.ended_by is not None or bool(code)
            expect.that(holds=failed, expected="an error", actual=repr(answer))
            expect.unchanged(before, card.observe(), apart_from=("notifications",))


@testcase("procedure.Notifications#10")
def test_notification_of_each_event(card, given, server, step):
    """Enabling, disabling and deleting by RPM have Notifications of events of their own."""
    one, two = given.profiles(managed_by(server, ONE), managed_by(server, TWO))
    with step("Initial conditions: packages that enable, disable and delete"):
        rpm.load(server, card, rpm.enable(one.iccid))
        refresh.carry_out(card, refresh.required(card))
        rpm.load(server, card, rpm.disable(one.iccid), rpm.delete(two.iccid))
        refresh.carry_out(card, refresh.required(card))
    with step("Expected: one Notification each of bits 4, 5 and 6"):
        found = sorted(each for each in events(card) if each[1] is not None)
        wanted = [
            (int(EVENT.notificationRpmEnable), one.iccid),
            (int(EVENT.notificationRpmDisable), one.iccid),
            (int(EVENT.notificationRpmDelete), two.iccid),
        ]
        expect.equal(found, wanted, "events of the Profiles")
