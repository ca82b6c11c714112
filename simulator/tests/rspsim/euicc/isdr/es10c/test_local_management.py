"""ES10c: list, delete, memory reset, EID, nickname (SGP.22 v2, 5.7.15 and 5.7.18 to 5.7.21)."""

from dataclasses import replace

import pytest

from rspcore import tlv
from rspcore.ids import MccMnc
from rspcore.messages import es10c
from rspcore.messages.metadata import (
    NotificationConfigurationInformation,
    NotificationEvent,
    OperatorId,
    PprId,
    ProfileClass,
)
from rspcore.profile_maker import png_icon
from rspcore.profile_reader.network_access import AlgorithmId
from rspsim.euicc.options import Options
from rspsim.euicc.state import Addresses

DELETED = (
    NotificationConfigurationInformation(
        profile_management_operation=frozenset({NotificationEvent.notificationDelete}),
        notification_address="d.example.com",
    ),
) * 2
RESET = es10c.ResetOption


def iccid(profile):
    return profile.metadata.iccid


def ask(lab, octets: str) -> tuple[str, int]:
    data, sw = lab.send(bytes.fromhex(octets))
    return data.hex().upper(), sw


def test_empty_card_lists_nothing(lab):
    assert ask(lab, "BF2D00") == ("BF2D02A000", 0x9000)


@pytest.fixture
def full(lab, profile_of):
    """Two Profiles; the first has everything that can be listed, and a nickname."""
    owner = OperatorId(mcc_mnc=MccMnc.from_digits("001", "01"), gid1=b"\x01")
    first = profile_of(
        1,
        icon=png_icon(),
        gid1=b"\x01",
        owner=owner,
        ppr=frozenset({PprId.ppr2}),
        notification_configuration=DELETED,
    )
    server = lab.server()
    pieces = server.bind(
        lab, lab.prepared(server), first, configure_isdp=bytes.fromhex("BF2407B805800388370A")
    )
    assert lab.success_of(lab.load(pieces)[0])
    lab.install(profile_of(2, profile_class=None))
    request = es10c.SetNicknameRequest(iccid=iccid(first), profile_nickname="Büro")
    assert lab.call(request, es10c.SetNicknameResponse).set_nickname_result == 0
    return lab, first, profile_of(2)


ALL = ["5A", "4F", "9F70", "90", "91", "92", "93", "94", "95", "B6", "B7", "B8", "99"]


def tags(entry: str) -> list[str]:

    return [f"{one.tag:02X}" for one in tlv.parse(bytes.fromhex(entry)).children()]


def entries(answer: str) -> list[str]:

    (listed,) = tlv.parse(bytes.fromhex(answer)).children()
    assert listed.tag == 0xA0
    return [bytes(one.raw).hex() for one in listed.children()]


def test_default_list_has_the_default_objects(full):
    lab, _, _ = full
    first, second = entries(ask(lab, "BF2D00")[0])
    assert tags(first) == ALL[:9]
    assert tags(second) == ["5A", "4F", "9F70", "91", "92", "95"]


@pytest.mark.parametrize("tag", ALL)
def test_each_object_can_be_asked_for_alone(full, tag):
    lab, _, _ = full
    size = len(tag) // 2
    answer, _ = ask(lab, f"BF2D{2 + size:02X}5C{size:02X}{tag}")
    assert tags(entries(answer)[0]) == [tag]


def test_objects_come_in_the_order_of_the_module(full):
    lab, _, _ = full
    answer, _ = ask(lab, "BF2D055C0392915A")
    assert tags(entries(answer)[0]) == ["5A", "91", "92"]


def test_values_are_those_of_the_metadata(full):
    lab, first, _ = full
    whole = "".join(ALL)
    request = f"BF2D{len(whole) // 2 + 2:02X}5C{len(whole) // 2:02X}{whole}"
    answer = lab.call(bytes.fromhex(request), es10c.ProfileInfoListResponse)
    listed, given = answer.profile_info_list_ok[0], first.metadata
    assert listed.iccid == given.iccid
    assert listed.profile_nickname == "Büro"
    assert (listed.icon_type, listed.icon) == (given.icon_type, given.icon)
    assert listed.profile_owner == given.profile_owner
    assert listed.profile_policy_rules == {PprId.ppr2}
    assert listed.notification_configuration_info == given.notification_configuration_info
    assert listed.dp_proprietary_data.hex().upper() == "B805800388370A"


@pytest.mark.parametrize(
    ("criteria", "found"),
    [
        ("A00C5A0A{first}", 1),
        ("A00C5A0A98001032547698109999", 0),
        ("A0124F10A0000005591010FFFFFFFF8900001100", 1),
        ("A0124F10A0000005591010FFFFFFFF8900001200", 0),
        ("A003950102", 2),
        ("A003950100", 0),
    ],
)
def test_criteria_choose_profiles(full, criteria, found):
    lab, first, _ = full
    criteria = criteria.format(first=iccid(first).octets.hex())
    answer, _ = ask(lab, f"BF2D{len(criteria) // 2:02X}{criteria}")
    assert len(entries(answer)) == found


@pytest.mark.parametrize(
    "request_",
    [
        "BF2D04A0028100",
        "BF2D02A000",
        "BF2D0CA00A5A089800103254769810",
        "BF2D11A00F5A0A98001032547698103214950102",
        "BF2D035C019F",
    ],
)
def test_criteria_that_cannot_be_read_are_incorrect_values(full, request_):
    lab, _, _ = full
    assert ask(lab, request_) == ("BF2D03810101", 0x9000)


@pytest.mark.parametrize("refused", [False, True])
def test_unknown_tag_in_the_list_follows_the_option(lab_type, profile_of, refused):
    lab = lab_type(options=Options(unknown_info_tag_refused=refused))
    lab.install(profile_of(1))
    answer, _ = ask(lab, "BF2D055C035A9F7E")
    if refused:
        assert answer == "BF2D03810101"
    else:
        assert tags(entries(answer)[0]) == ["5A"]


def test_empty_tag_list_gives_an_empty_entry_for_each(full):
    lab, _, _ = full
    assert ask(lab, "BF2D025C00") == ("BF2D06A004E300E300", 0x9000)


# delete


def test_deleting_removes_and_notifies_each_address(lab, profile_of):
    profile = profile_of(1, notification_configuration=DELETED)
    lab.install(profile)
    lab.forget()
    assert lab.delete(iccid(profile)) == es10c.DeleteResult.ok
    assert (lab.states(), lab.pending()) == ({}, [(3, str(iccid(profile)))] * 2)
    assert lab.delete(iccid(profile)) == es10c.DeleteResult.iccidOrAidNotFound
    lab.install(profile)


@pytest.mark.parametrize(
    ("enable", "rules", "code"),
    [
        (True, frozenset(), es10c.DeleteResult.profileNotInDisabledState),
        (False, frozenset({PprId.ppr2}), es10c.DeleteResult.disallowedByPolicy),
        (True, frozenset({PprId.ppr1, PprId.ppr2}), es10c.DeleteResult.profileNotInDisabledState),
        (False, frozenset({PprId.ppr1}), es10c.DeleteResult.ok),
    ],
)
def test_deleting_depends_on_state_and_ppr2(lab, profile_of, enable, rules, code):
    profile = profile_of(1, ppr=rules or None)
    lab.install(profile)
    if enable:
        lab.enable(iccid(profile))
    before = lab.state
    assert lab.delete(iccid(profile)) == code
    assert (lab.state is before) is (code != es10c.DeleteResult.ok)


def test_deleting_by_aid_works(lab, profile_of):
    lab.install(profile_of(1))
    assert ask(lab, "BF33124F10A0000005591010FFFFFFFF8900001000") == ("BF3303800100", 0x9000)


# memory reset


@pytest.fixture
def mixed(lab_type, profile_of):
    """Operational 1 (PPR1 and PPR2), test 2, provisioning 3, pre-loaded test 4."""
    addresses = Addresses(
        root_ds="ds.example.com", default_dp="own.example.com", factory_default_dp="dp.example.com"
    )
    lab = lab_type(addresses=addresses)
    rules = frozenset({PprId.ppr1, PprId.ppr2})
    test = {"profile_class": ProfileClass.test, "algorithm": AlgorithmId.usim_test}
    lab.install(profile_of(1, ppr=rules, notification_configuration=DELETED))
    lab.install(profile_of(2, **test, notification_configuration=DELETED))
    lab.install(profile_of(3, profile_class=ProfileClass.provisioning))
    lab.install(profile_of(4, **test))
    lab.forget()
    *others, loaded = lab.state.profiles
    state = replace(lab.state, profiles=(*others, replace(loaded, field_loaded=False)))
    return lab_type(state=state), [str(iccid(profile_of(n))) for n in (1, 2, 3, 4)]


@pytest.mark.parametrize(
    ("options", "result", "left"),
    [
        ({RESET.deleteOperationalProfiles}, 0, {2, 3, 4}),
        ({RESET.deleteFieldLoadedTestProfiles}, 0, {1, 3, 4}),
        ({RESET.deleteOperationalProfiles, RESET.deleteFieldLoadedTestProfiles}, 0, {3, 4}),
        ({RESET.resetDefaultSmdpAddress}, 0, {1, 2, 3, 4}),
        (set(RESET), 0, {3, 4}),
        (set(), 1, {1, 2, 3, 4}),
    ],
)
def test_reset_deletes_what_its_options_choose(mixed, options, result, left):
    lab, numbers = mixed
    assert lab.reset_memory(*options) == result
    assert set(lab.states()) == {numbers[n - 1] for n in left}
    factory = RESET.resetDefaultSmdpAddress in options
    expected = "dp.example.com" if factory else "own.example.com"
    assert lab.state.addresses.default_dp == expected
    expected_pending = [(3, numbers[0])] * 2 if RESET.deleteOperationalProfiles in options else []
    assert lab.pending() == expected_pending


def test_reset_with_nothing_to_do_answers_nothing_to_delete(mixed):
    lab, _ = mixed
    lab.reset_memory(*RESET)
    before = lab.state
    assert lab.reset_memory(*RESET) == 1
    assert lab.state is before


def test_reset_of_the_enabled_profile_asks_for_uicc_reset(mixed):
    lab, numbers = mixed
    lab.enable(lab.state.profiles[0].iccid)
    lab.challenge()
    assert ask(lab, "BF3404820207" + "80") == ("BF3403800100", 0x910B)
    assert lab.apdu("801200000B").hex().upper() == "D0098103010104820281829000"
    assert numbers[0] not in lab.states()
    assert lab.card.volatile.session.server is None


def test_reset_of_an_enabled_test_profile_enables_the_operational_one(mixed):
    lab, numbers = mixed
    operational, test = lab.state.profiles[0].iccid, lab.state.profiles[1].iccid
    lab.enable(operational)
    lab.enable(test)
    assert lab.reset_memory(RESET.deleteFieldLoadedTestProfiles) == 0
    assert lab.states()[numbers[0]] == 1


def test_reset_keeps_numbers_rules_and_identity(mixed):
    lab, _ = mixed
    before = lab.state
    lab.reset_memory(*RESET)
    after = lab.state
    assert after.next_seq_number == before.next_seq_number + 2
    assert (after.rat, after.eid, after.credentials) == (
        before.rat,
        before.eid,
        before.credentials,
    )


def test_reset_drops_session_and_one_time_keys(lab, profile_of):
    lab.install(profile_of(1))
    server = lab.server()
    otpk = lab.prepared(server)
    assert lab.reset_memory(RESET.deleteOperationalProfiles) == 0
    assert lab.card.volatile.session.download is None
    assert lab.prepared(server, otpk=otpk) != otpk


# EID and nickname


def test_eid_is_answered_for_its_tag_alone(lab):
    assert ask(lab, "BF3E035C015A") == (f"BF3E125A10{lab.state.eid}", 0x9000)
    assert ask(lab, "BF3E035C014F") == ("", 0x6A80)
    assert ask(lab, "BF3E025C00") == ("", 0x6A80)


@pytest.mark.parametrize("name", ["x", "é" * 64, ""])
def test_nickname_is_kept_unchanged(lab, profile_of, name):
    profile = profile_of(1)
    lab.install(profile)
    request = es10c.SetNicknameRequest(iccid=iccid(profile), profile_nickname=name)
    assert lab.call(request, es10c.SetNicknameResponse).set_nickname_result == 0
    lab.reboot()
    listed = lab.call(bytes.fromhex("BF2D00"), es10c.ProfileInfoListResponse)
    assert listed.profile_info_list_ok[0].profile_nickname == (name or None)


def test_nickname_needs_its_profile_and_at_most_64_characters(lab, profile_of):
    profile = profile_of(1)
    request = es10c.SetNicknameRequest(iccid=iccid(profile), profile_nickname="x")
    assert lab.call(request, es10c.SetNicknameResponse).set_nickname_result == 1
    lab.install(profile)
    request = es10c.SetNicknameRequest(iccid=iccid(profile), profile_nickname="é" * 65)
    assert lab.send(request.encode()) == (b"", 0x6A80)


# ES10a


def test_default_address_is_set_replaced_and_removed(lab):
    assert ask(lab, "BF3F058003612E62") == ("BF3F03800100", 0x9000)
    lab.reboot()
    root = "8118" + b"testrootsmds.example.com".hex().upper()
    assert ask(lab, "BF3C00") == ("BF3C1F8003612E62" + root, 0x9000)
    assert ask(lab, "BF3F028000") == ("BF3F03800100", 0x9000)
    assert ask(lab, "BF3C00") == ("BF3C1A" + root, 0x9000)


def test_address_longer_than_a_domain_name_is_refused(lab):
    before = lab.state
    assert ask(lab, "BF3F82010480820100" + "61" * 256) == ("BF3F0380017F", 0x9000)
    assert lab.state is before


# LpaeActivation


@pytest.mark.parametrize(
    ("support", "result"), [(None, "01"), (frozenset({0}), "00"), (frozenset({1}), "01")]
)
def test_lpae_is_activated_on_a_card_that_has_one(lab_type, support, result):
    lab = lab_type()
    kind = replace(lab.state.personality, lpae_support=support)
    lab = lab_type(state=replace(lab.state, personality=kind))
    assert ask(lab, "BF420480020780") == (f"BF42038001{result}", 0x9000)
