"""ES10b.LoadRpmPackage where the specification leaves open what the card does: recorded."""

from rspcore import tlv
from rspcore.ids import Oid
from rspcore.messages.v3.profile_management import (
    DeleteResult,
    DisableResult,
    EnableResult,
)
from rspcore.messages.v3.profile_metadata import (
    RpmType,
    UpdateMetadataResult,
)
from rspcore.messages.v3.rpm_package import (
    RpmProcessingTerminated,
)
from rspcore.messages.v3.server_authentication import OperationType
from rspcore.tags import Tag
from rspharness import testcase
from rspharness.card import expect
from rspharness.servers import rpm_packages as rpm
from rspharness.servers.rsp_server import profile
from rspharness.suite import refresh
from rspharness.suite.installed_profiles import require_installed
from rspharness.suite.managed_profiles import ONE, TWO, both, required_enabled, tags_of

STRANGER = Oid("2.999.99")
ENDED = RpmProcessingTerminated
NEW_NAME = "Renamed by RPM"


@testcase("ES10b.LoadRpmPackage#12")
def test_two_enables(card, given, server, note, step):
    """A second enable would need a second REFRESH; the card may refuse it."""
    one, two = both(server, given)
    with step("S_LPAd -> eUICC: LoadRpmPackage: enable, enable of the other"):
        loaded = rpm.load(server, card, rpm.enable(one.iccid), rpm.enable(two.iccid))
        note(repr(loaded.results[-1]))
    with step("Expected: ended by commandsWithRefreshExceeded(4), or both ok(0); recorded"):
        if loaded.ended_by is not None:
            wanted = ENDED.commandsWithRefreshExceeded
            expect.equal(loaded.ended_by, wanted, "rpmProcessingTerminated")
        else:
            codes = [loaded.code("enable_result", place, 2) for place in (0, 1)]
            expect.equal(codes, [0, 0], "enableResult")


@testcase("ES10b.LoadRpmPackage#36")
def test_two_disables(card, given, server, note, step):
    """A second disable would need a second REFRESH; the card may refuse it."""
    one, _ = both(server, given, enabled=1)
    with step("S_LPAd -> eUICC: LoadRpmPackage: disable, disable again"):
        loaded = rpm.load(server, card, rpm.disable(one.iccid), rpm.disable(one.iccid))
        note(repr(loaded.results[-1]))
    with step("Expected: commandsWithRefreshExceeded(4), or profileNotInEnabledState(2)"):
        if loaded.ended_by is not None:
            wanted = ENDED.commandsWithRefreshExceeded
            expect.equal(loaded.ended_by, wanted, "rpmProcessingTerminated")
        else:
            wanted = DisableResult.profileNotInEnabledState
            code = loaded.code("disable_result", 1, 2)
            expect.equal(code, wanted, "disableResult")


@testcase("ES10b.LoadRpmPackage#38")
def test_enable_then_disable(card, given, server, note, step):
    """A disable after an enable would need a second REFRESH; the card may refuse it."""
    one, _ = both(server, given)
    with step("S_LPAd -> eUICC: LoadRpmPackage: enable, disable of the same"):
        loaded = rpm.load(server, card, rpm.enable(one.iccid), rpm.disable(one.iccid))
        note(repr(loaded.results[-1]))
    with step("Expected: ended by commandsWithRefreshExceeded(4), or executed; recorded"):
        if loaded.ended_by is not None:
            wanted = ENDED.commandsWithRefreshExceeded
            expect.equal(loaded.ended_by, wanted, "rpmProcessingTerminated")


@testcase("ES10b.LoadRpmPackage#15")
def test_unknown_command(card, given, server, note, step):
    """An unknown command ends the package, or the package is refused as a whole."""
    one, two = both(server, given)
    with step("Initial conditions: AuthenticateServer done for RPM"):
        session = rpm.opened(server, card)
        unknown = tlv.encode(
            Tag.Sequence, tlv.encode(0xA9, tlv.encode(Tag.Iccid, two.iccid.octets))
        )
    with step("S_LPAd -> eUICC: LoadRpmPackage: list, a command of tag A9, delete"):
        octets = rpm.request(session, rpm.list_of(one.iccid), unknown, rpm.delete(two.iccid))
        answer = card.store(octets)
        note(f"SW {answer.sw:04X}, {answer.data[-24:].hex().upper()}")
    title = "Expected: unknownOrDamagedCommand(2), undefinedError(127) or 6A80; no deletion"
    with step(title), expect.settled():
        require_installed(card, one, two)


@testcase("ES10b.LoadRpmPackage#16")
def test_result_that_is_too_large(card, given, server, note, step):
    """Results that do not fit end the package."""
    one, _ = both(server, given)
    with step("Initial conditions: a Profile with an icon of 1,000 octets"):
        rpm.load(server, card, rpm.sized(one.iccid, rpm.LONGEST))
    with step("S_LPAd -> eUICC: LoadRpmPackage with 25 lists of that Profile"):
        loaded = rpm.load(server, card, *(rpm.list_of(one.iccid) for _ in range(25)))
        note(f"{len(loaded.results)} results, ended by {loaded.ended_by!r}")
    with step("Expected: ended by resultSizeOverflow(1), or all results"):
        if loaded.ended_by is not None:
            expect.equal(loaded.ended_by, ENDED.resultSizeOverflow, "rpmProcessingTerminated")
        else:
            loaded.require(25)


@testcase("ES10b.LoadRpmPackage#17")
def test_loss_of_power(card, given, server, note, step):
    """A package that was cut leaves a signed result, or nothing was done."""
    one, _ = both(server, given)
    with step("Initial conditions: AuthenticateServer done for RPM"):
        session = rpm.opened(server, card)
        octets = rpm.request(session, rpm.delete(one.iccid))
        commands = len(card.store_data_blocks(octets))
    with (
        step("S_LPAd -> eUICC: LoadRpmPackage; the power goes with the last block"),
        card.power_lost_after(commands),
    ):
        card.store(octets)
    with step("Expected: a signed result, complete or with interruption(3); recorded"):
        kept = [each for each in card.pending_notifications() if each[:1] == b"\xa1"]
        there = one.iccid in [info.iccid for info in card.profiles()]
        note(f"{len(kept)} results, Profile {'there' if there else 'gone'}")
        with expect.settled():
            expect.that(
                holds=there or bool(kept),
                expected="a result of what was done",
                actual="the Profile gone and no result",
            )


@testcase.each(
    "command, of",
    {
        "ES10b.LoadRpmPackage#21": (rpm.enable, "enable_result"),
        "ES10b.LoadRpmPackage#22": (rpm.disable, "disable_result"),
    },
)
def test_profile_of_another(card, given, server, note, step, command, of):
    """A Profile that this SM-DP+ does not manage is not enabled or disabled by it."""
    what = rpm.managed(ONE, rpm.rpm_configuration(STRANGER))
    disabling = of == "disable_result"
    (one,) = given.profiles(what, enabled=what if disabling else None)
    before = card.enabled()
    with step("S_LPAd -> eUICC: LoadRpmPackage for a Profile with another managingDpOid"):
        code = rpm.load(server, card, command(one.iccid)).code(of)
        note(f"{of}: {code!r}")
    with step("Expected: disallowedForRpm(9); of version 3.0, 10 to disable"):
        with expect.settled():
            expect.that(holds=code != 0, expected="a refusal", actual="ok(0)")
            expect.equal(card.enabled(), before, "Enabled Profile")
        allowed = (9, 10) if disabling else (9,)
        expect.one_of(int(code), allowed, of)


@testcase("ES10b.LoadRpmPackage#23")
def test_delete_of_a_test_profile(card, given, server, note, step):
    """A Test Profile is not deleted by RPM."""
    (one,) = given.profiles(rpm.managed_by(server, profile("PROFILE_TEST1")))
    with step("S_LPAd -> eUICC: LoadRpmPackage, delete of a Test Profile"):
        loaded = rpm.load(server, card, rpm.delete(one.iccid))
        note(repr(loaded.results[-1]))
    with step("Expected: an error or the end of the package; the Test Profile there"):
        with expect.settled():
            require_installed(card, one)
        if loaded.ended_by is None:
            code = loaded.code("delete_result")
            wanted = (DeleteResult.commandError, DeleteResult.undefinedError)
            expect.one_of(code, wanted, "deleteResult")


@testcase("ES10b.LoadRpmPackage#26")
def test_rules_are_not_set(card, given, server, note, step):
    """An update does not set policy rules."""
    one, _ = both(server, given, enabled=1)
    with step("S_LPAd -> eUICC: LoadRpmPackage, updateMetadata with pprUpdateControl"):
        rules = frozenset({0})
        loaded = rpm.load(server, card, rpm.update(one.iccid, profile_policy_rules=rules))
        code = loaded.code("update_metadata_result")
        note(f"updateMetadataResult {code!r}")
    with step("Expected: pprUpdateInvalidSetting(12), no rules"):
        listed = {info.iccid: info.profile_policy_rules for info in card.profiles()}
        expect.equal(listed[one.iccid] or frozenset(), frozenset(), "profilePolicyRules")
        expect.equal(code, UpdateMetadataResult.pprUpdateInvalidSetting, "updateMetadataResult")


@testcase("ES10b.LoadRpmPackage#31")
def test_one_refresh(card, given, server, note, step):
    """There is one REFRESH at the end of an enabling package."""
    one, two = both(server, given)
    with step("S_LPAd -> eUICC: LoadRpmPackage: updateMetadata, enable, list"):
        loaded = rpm.load(
            server,
            card,
            rpm.update(two.iccid, profile_name=NEW_NAME),
            rpm.enable(one.iccid),
            rpm.list_of(two.iccid, Tag.ProfileName),
        )
        loaded.require(3)
    with step("Expected: one REFRESH, the Profile Enabled"):
        required_enabled(card, one)
        refresh.none_announced(card)
        note("one REFRESH")


@testcase("ES10b.LoadRpmPackage#32")
def test_predecessor_with_ppr1(card, given, server, note, step):
    """An Enabled Profile with PPR1 keeps RPM from enabling another."""
    locked = profile("PROFILE_OPERATIONAL4")
    _, one = given.profiles(locked, rpm.managed_by(server, ONE), enabled=locked)
    with step("S_LPAd -> eUICC: LoadRpmPackage, enable of the other Profile"):
        code = rpm.load(server, card, rpm.enable(one.iccid)).code("enable_result")
        note(f"enableResult {code!r}")
    with step("Expected: disallowedByPolicy(3)"):
        expect.equal(code, EnableResult.disallowedByPolicy, "enableResult")


@testcase("ES10b.LoadRpmPackage#40")
def test_type_that_is_not_allowed(card, given, server, note, step):
    """An SM-DP+ that may list a Profile may not enable, disable or delete it."""
    what = rpm.managed_by(server, ONE, types=frozenset({RpmType.listProfileInfo}))
    other = rpm.managed_by(server, TWO, types=frozenset({RpmType.listProfileInfo}))
    one, two = given.profiles(what, other, enabled=other)
    with step("S_LPAd -> eUICC: LoadRpmPackage: delete, disable, enable"):
        loaded = rpm.load(
            server,
            card,
            rpm.delete(one.iccid, go_on=True),
            rpm.disable(two.iccid, go_on=True),
            rpm.enable(one.iccid),
        )
        note(repr(loaded.results))
    with step("Expected: disallowedForRpm(9) to enable and disable, an error to delete"):
        with expect.settled():
            require_installed(card, one, two)
            expect.equal(card.enabled(), (two.iccid,), "Enabled Profile")
        expect.one_of(loaded.code("disable_result", 1, 3), (9, 10), "disableResult")
        expect.equal(loaded.code("enable_result", 2, 3), 9, "enableResult")


@testcase("ES10b.LoadRpmPackage#41")
def test_entry_without_types(card, given, server, note, step):
    """Without rpmType an SM-DP+ may send every command, or none."""
    (one,) = given.profiles(rpm.managed_by(server, ONE, types=None))
    with step("S_LPAd -> eUICC: LoadRpmPackage, enable"):
        code = rpm.load(server, card, rpm.enable(one.iccid)).code("enable_result")
    with step("Expected: ok(0) or a refusal; recorded"):
        note(f"enableResult {code!r}")


@testcase("ES10b.LoadRpmPackage#42")
def test_server_under_another_ci(card, given, server, note, step):
    """An SM-DP+ under another CI than allowedCiPKId may not manage the Profile."""
    (one,) = given.profiles(rpm.managed_by(server, ONE, allowed_ci_pkid=bytes(range(20))))
    with step("S_LPAd -> eUICC: LoadRpmPackage, enable"):
        code = rpm.load(server, card, rpm.enable(one.iccid)).code("enable_result")
        note(f"enableResult {code!r}")
    with step("Expected: disallowedForRpm(9)"):
        expect.equal(code, EnableResult.disallowedForRpm, "enableResult")


@testcase("ES10b.LoadRpmPackage#43")
def test_list_without_a_match(card, given, server, note, step):
    """A list of an owner without a Profile is empty."""
    both(server, given)
    with step("S_LPAd -> eUICC: LoadRpmPackage, listProfileInfo of another owner"):
        loaded = rpm.load(server, card, rpm.list_of_owner(Oid("2.999.20.9")))
        note(repr(loaded.results[-1]))
    with step("Expected: a list without entries"):
        expect.equal(loaded.listed, (), "Profiles listed")


@testcase("ES10b.LoadRpmPackage#44")
def test_tags_that_are_not_allowed(card, given, server, note, step):
    """A list has the objects that the entry of the SM-DP+ allows, or all."""
    tag_list = tlv.encode_tag(Tag.Iccid)
    (one,) = given.profiles(rpm.managed_by(server, ONE, tag_list=tag_list))
    with step("S_LPAd -> eUICC: LoadRpmPackage, listProfileInfo with tags 5A, 92"):
        loaded = rpm.load(server, card, rpm.list_of(one.iccid, Tag.Iccid, Tag.ProfileName))
    with step("Expected: 5A alone, or both; recorded"):
        note(f"tags {[f'{tag:02X}' for info in loaded.listed for tag in tags_of(info)]}")


@testcase("ES10b.LoadRpmPackage#46")
def test_session_for_a_download(card, given, server, note, step):
    """A package in a session that is for a download is refused, or done."""
    one, _ = both(server, given)
    with step("Initial conditions: AuthenticateServer done, operationType profileDownload"):
        session = rpm.opened(server, card, frozenset({OperationType.profileDownload}))
    with step("S_LPAd -> eUICC: LoadRpmPackage, list"):
        response = card.ask(rpm.request(session, rpm.list_of(one.iccid)))
    with step("Expected: noSession(4), undefinedError(127), or done; recorded"):
        refused = response.load_rpm_package_result_not_signed
        note("done" if refused is None else f"refused: {refused!r}")
