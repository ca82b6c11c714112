"""ES10c.EnableProfile and DisableProfile, with and without REFRESH (SGP.22 v2, 5.7.16, 5.7.17)."""

from dataclasses import replace

import pytest

from rspcore.messages import es10c
from rspcore.messages.metadata import (
    NotificationConfigurationInformation,
    NotificationEvent,
    PprId,
    ProfileClass,
)
from rspcore.profile_reader.network_access import AlgorithmId
from rspsim.euicc.options import Options, PendingListing, RefreshMode
from rspsim.euicc.session import SessionState

ENABLE, DISABLE = es10c.EnableResult, es10c.DisableResult
EVERY_EVENT = (
    NotificationConfigurationInformation(
        profile_management_operation=frozenset(NotificationEvent),
        notification_address="n.example.com",
    ),
)
TERMINAL_PROFILE = "8010000022" + "00" * 33 + "20"
RESPONSE_OK = "801400000C810301010482028281830100"
RESPONSE_BUSY = "801400000C810301010482028281830120"
RESPONSE_NEVER = "801400000C810301010482028281830130"


def iccid(profile):
    return profile.metadata.iccid


@pytest.fixture
def two(lab, profile_of):
    """A card with two operational Profiles, the first enabled; nothing pending."""
    first = profile_of(1, notification_configuration=EVERY_EVENT)
    second = profile_of(2, notification_configuration=EVERY_EVENT)
    lab.install(first, second)
    assert lab.enable(iccid(first)) == ENABLE.ok
    lab.forget()
    return lab, iccid(first), iccid(second)


@pytest.fixture
def with_test(two, profile_of):
    """Operational 1 enabled, operational 2, test 3 and test 4 disabled."""
    lab, first, second = two
    made = [
        profile_of(
            number,
            profile_class=ProfileClass.test,
            algorithm=AlgorithmId.usim_test,
            notification_configuration=EVERY_EVENT,
        )
        for number in (3, 4)
    ]
    lab.install(*made)
    lab.forget()
    return lab, first, second, *map(iccid, made)


def enabled(lab) -> list[str]:
    return [number for number, state in lab.states().items() if state]


@pytest.mark.parametrize("by_aid", [False, True])
def test_enabling_disables_the_former_one_and_notifies_of_both(two, by_aid):
    lab, first, second = two
    named = es10c.ProfileIdentifier(iccid=second)
    if by_aid:
        named = es10c.ProfileIdentifier(isdp_aid=lab.state.profile_by_iccid(second).aid)
    request = es10c.EnableProfileRequest(profile_identifier=named, refresh_flag=False)
    assert lab.send(request.encode()) == (bytes.fromhex("BF3103800100"), 0x9000)
    assert enabled(lab) == [str(second)]
    assert lab.pending() == [(2, str(first)), (1, str(second))]


def test_one_commit_makes_the_change(two):
    lab, _, second = two
    before = lab.store.commits
    lab.enable(second)
    assert lab.store.commits == before + 1


@pytest.mark.parametrize(
    ("name", "code"),
    [("unknown", ENABLE.iccidOrAidNotFound), ("enabled", ENABLE.profileNotInDisabledState)],
)
def test_refused_enabling_changes_nothing(two, profile_of, name, code):
    lab, first, _ = two
    before = lab.state
    wanted = first if name == "enabled" else iccid(profile_of(9))
    assert lab.enable(wanted) == code
    assert lab.state is before


def test_disabling_notifies_and_leaves_none_enabled(two):
    lab, first, second = two
    assert lab.disable(second) == DISABLE.profileNotInEnabledState
    assert lab.disable(first) == DISABLE.ok
    assert (enabled(lab), lab.pending()) == ([], [(2, str(first))])
    assert lab.disable(first) == DISABLE.profileNotInEnabledState


def test_state_survives_a_reboot(two):
    lab, first, _ = two
    lab.reboot()
    assert enabled(lab) == [str(first)]


# REFRESH


def test_refresh_waits_for_the_terminal_response(two):
    lab, first, second = two
    named = es10c.ProfileIdentifier(iccid=second)
    request = es10c.EnableProfileRequest(profile_identifier=named, refresh_flag=True)
    assert lab.send(request.encode()) == (bytes.fromhex("BF3103800100"), 0x910B)
    assert (enabled(lab), lab.pending()) == ([str(first)], [])
    assert lab.apdu("801200000B").hex().upper() == "D0098103010104820281829000"
    assert lab.apdu(RESPONSE_OK) == b"\x90\x00"
    lab.apdu("0070000001")
    lab.select()
    assert enabled(lab) == [str(second)]
    assert lab.pending() == [(2, str(first)), (1, str(second))]


def test_91xx_comes_with_the_last_part_and_until_fetched(two):
    lab, _, second = two
    lab.enable(second, refresh=True)
    assert lab.send(bytes.fromhex("BF2200"))[1] == 0x910B
    assert lab.apdu("80F2000C") == b"\x91\x0b"
    assert lab.apdu("80120000FF") == b"\x6c\x0b"
    assert lab.apdu("8012000000")[-2:] == b"\x90\x00"
    assert lab.apdu("80F2000C") == b"\x90\x00"


@pytest.mark.parametrize("fetched", [False, True])
def test_reset_takes_the_place_of_the_refresh(two, fetched):
    lab, first, second = two
    lab.enable(second, refresh=True)
    if fetched:
        lab.apdu("801200000B")
    lab.reboot()
    assert enabled(lab) == [str(second)]
    assert lab.pending() == [(2, str(first)), (1, str(second))]
    assert lab.state.pending_switch is None


@pytest.mark.parametrize(
    ("mode", "announced", "qualifier"),
    [
        (RefreshMode.UICC_RESET, True, "04"),
        (RefreshMode.STATE_CHANGE, False, "04"),
        (RefreshMode.STATE_CHANGE, True, "09"),
    ],
)
def test_mode_of_refresh_follows_option_and_terminal(
    lab_type, profile_of, mode, announced, qualifier
):
    lab = lab_type(options=Options(refresh_mode=mode))
    lab.install(profile_of(1))
    if announced:
        assert lab.apdu(TERMINAL_PROFILE) == b"\x90\x00"
    lab.enable(iccid(profile_of(1)), refresh=True)
    command = lab.apdu("801200000B").hex().upper()
    assert command == f"D00981030101{qualifier}820281829000"


def test_after_the_response_only_the_basic_channel_is_open(two):
    lab, _, second = two
    lab.apdu("0070000001")
    lab.enable(second, refresh=True)
    lab.apdu("801200000B")
    assert lab.apdu(RESPONSE_OK) == b"\x90\x00"
    for number in (1, 2):
        assert lab.apdu(f"0{number}A40004023F00") == b"\x68\x81"


def test_busy_terminal_is_asked_again(two):
    lab, first, second = two
    lab.enable(second, refresh=True)
    lab.apdu("801200000B")
    assert lab.apdu(RESPONSE_BUSY) == b"\x91\x0b"
    assert lab.state.profile_by_iccid(first).enabled
    lab.apdu("801200000B")
    assert lab.apdu(RESPONSE_NEVER) == b"\x90\x00"
    assert lab.state.profile_by_iccid(first).enabled
    lab.reboot()
    assert enabled(lab) == [str(second)]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("801200000B", "6985"),
        (RESPONSE_OK, "6985"),
        ("8010000000", "6700"),
        ("8010010001FF", "6A86"),
        ("80AA000002A900", "9000"),
        ("80AA0000028000", "6A80"),
        ("80AA000003A90283", "6A80"),
        ("80C2000003D60100", "9000"),
    ],
)
def test_terminal_commands_out_of_turn_have_their_status_word(lab, command, expected):
    assert lab.apdu(command).hex().upper() == expected


def test_response_that_cannot_be_read_is_wrong_data(two):
    lab, _, second = two
    lab.enable(second, refresh=True)
    lab.apdu("801200000B")
    assert lab.apdu("8014000003810301") == b"\x6a\x80"
    assert lab.apdu("8014000003810100") == b"\x6a\x80"


def test_second_change_before_the_refresh_is_busy(two):
    lab, first, second = two
    lab.enable(second, refresh=True)
    assert lab.disable(first) == DISABLE.catBusy
    assert lab.enable(second, refresh=True) == ENABLE.catBusy
    assert lab.delete(second) == es10c.DeleteResult.undefinedError
    assert lab.reset_memory(es10c.ResetOption.deleteOperationalProfiles) == 5
    lab.reboot()
    assert enabled(lab) == [str(second)]


@pytest.mark.parametrize(("busy", "code"), [(True, ENABLE.catBusy), (False, ENABLE.ok)])
def test_running_proactive_command_follows_the_option(lab_type, profile_of, busy, code):
    lab = lab_type(options=Options(cat_busy=busy))
    lab.install(profile_of(1))
    display = bytes.fromhex("D00D8103012180820281028D0204 41".replace(" ", ""))
    open_command = replace(lab.card.volatile.cat, command=display, fetched=True)
    lab.card._volatile = replace(lab.card.volatile, cat=open_command)
    assert lab.enable(iccid(profile_of(1))) == code
    assert (lab.card.volatile.cat.command is None) is not busy


@pytest.mark.parametrize("refused", [False, True])
def test_list_before_the_refresh_follows_the_option(lab_type, profile_of, refused):
    listing = PendingListing.REFUSED if refused else PendingListing.OLD_STATES
    lab = lab_type(options=Options(pending_listing=listing))
    lab.install(profile_of(1))
    lab.enable(iccid(profile_of(1)), refresh=True)
    data, sw = lab.send(bytes.fromhex("BF2D00"))
    assert (sw, bytes.fromhex("9F700100") in data) == (
        (0x6985, False) if refused else (0x910B, True)
    )


# policy rules


@pytest.fixture
def with_ppr1(lab, profile_of):
    rules = frozenset({PprId.ppr1})
    first = profile_of(1, ppr=rules, notification_configuration=EVERY_EVENT)
    lab.install(first, profile_of(2))
    lab.install(
        profile_of(3, profile_class=ProfileClass.test, algorithm=AlgorithmId.usim_test),
        profile_of(4, profile_class=ProfileClass.provisioning),
    )
    assert lab.enable(iccid(first)) == ENABLE.ok
    lab.forget()
    return lab, [iccid(profile_of(number)) for number in (1, 2, 3, 4)]


def test_ppr1_keeps_a_profile_enabled(with_ppr1):
    lab, (first, second, _, _) = with_ppr1
    before = lab.state
    assert lab.disable(first) == DISABLE.disallowedByPolicy
    assert lab.enable(second) == ENABLE.disallowedByPolicy
    assert lab.state is before


@pytest.mark.parametrize("number", [3, 4])
def test_ppr1_allows_test_and_provisioning_profiles(with_ppr1, number):
    lab, numbers = with_ppr1
    assert lab.enable(numbers[number - 1]) == ENABLE.ok
    assert enabled(lab) == [str(numbers[number - 1])]


def test_test_profile_enabled_over_ppr1_can_be_disabled(with_ppr1):
    lab, (first, _, test, _) = with_ppr1
    lab.enable(test)
    assert lab.disable(test) == DISABLE.ok
    assert enabled(lab) == [str(first)]
    assert lab.disable(first) == DISABLE.disallowedByPolicy


def test_no_profile_is_enabled_after_a_provisioning_profile(with_ppr1):
    lab, (_, _, _, provisioning) = with_ppr1
    lab.enable(provisioning)
    assert lab.disable(provisioning) == DISABLE.ok
    assert enabled(lab) == []


def test_rules_of_a_disabled_profile_have_no_effect(lab, profile_of):
    lab.install(profile_of(1, ppr=frozenset({PprId.ppr1})), profile_of(2))
    second = iccid(profile_of(2))
    assert (lab.enable(second), lab.disable(second)) == (ENABLE.ok, DISABLE.ok)


# test Profiles


def test_former_profile_is_enabled_after_a_test_profile(with_test):
    lab, first, second, test, _ = with_test
    assert lab.enable(test) == ENABLE.ok
    assert lab.pending() == [(2, str(first))]
    assert lab.enable(second) == ENABLE.wrongProfileReenabling
    assert lab.disable(test) == DISABLE.ok
    assert enabled(lab) == [str(first)]
    assert lab.pending() == [(2, str(first)), (1, str(first))]


def test_former_operational_profile_can_be_enabled_directly(with_test):
    lab, first, second, test, other_test = with_test
    lab.enable(test)
    assert lab.enable(other_test) == ENABLE.ok
    assert lab.enable(second) == ENABLE.wrongProfileReenabling
    assert lab.enable(first) == ENABLE.ok
    assert lab.state.return_to is None


def test_former_profile_is_kept_over_two_test_profiles_and_a_reboot(with_test):
    lab, first, _, test, other_test = with_test
    lab.enable(test)
    lab.enable(other_test)
    lab.reboot()
    assert lab.disable(other_test) == DISABLE.ok
    assert enabled(lab) == [str(first)]


def test_without_a_former_profile_none_is_enabled_after_a_test_profile(with_test):
    lab, first, _, test, _ = with_test
    lab.disable(first)
    lab.enable(test)
    assert lab.enable(first) == ENABLE.wrongProfileReenabling
    assert lab.disable(test) == DISABLE.ok
    assert enabled(lab) == []


def test_deleted_former_profile_is_not_enabled(with_test):
    lab, first, _, test, _ = with_test
    lab.enable(test)
    assert lab.delete(first) == es10c.DeleteResult.ok
    assert lab.disable(test) == DISABLE.ok
    assert enabled(lab) == []


@pytest.mark.parametrize("notified", [True, False])
def test_notification_of_the_former_profile_follows_the_option(lab_type, with_test, notified):
    lab, first, _, test, _ = with_test
    lab = lab_type(state=replace(lab.state, options=Options(reenable_notifies=notified)))
    lab.enable(test)
    lab.forget()
    lab.disable(test)
    assert lab.pending() == ([(1, str(first))] if notified else [])


# channels and sessions


def test_other_channels_keep_the_isdr(two):
    lab, _, second = two
    assert lab.apdu("0170000001")[0] == 2
    lab.enable(second)
    for number in (1, 2):
        assert lab.apdu(f"8{number}E2910006BF3E035C015A") == b"\x61\x15"


@pytest.mark.parametrize("ends", [False, True])
def test_session_after_a_change_follows_the_option(lab_type, profile_of, ends):
    lab = lab_type(options=Options(switch_ends_session=ends))
    lab.install(profile_of(1))
    lab.challenge()
    lab.enable(iccid(profile_of(1)))
    state = lab.card.volatile.session.state
    assert state is (SessionState.IDLE if ends else SessionState.CHALLENGED)


def test_ef_iccid_is_that_of_the_enabled_profile(two):
    lab, first, second = two
    for number in (first, second):
        if str(number) not in enabled(lab):
            lab.enable(number)
        assert lab.apdu("00A4000C022FE2")[-2:] == b"\x90\x00"
        assert lab.apdu("00B000000A") == number.octets + b"\x90\x00"
    lab.disable(second)
    assert lab.apdu("00A4000C022FE2") == b"\x6a\x82"
