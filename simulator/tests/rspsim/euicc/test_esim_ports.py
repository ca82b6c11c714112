"""Several eSIM Ports: MANAGE LSI, and which Profile is enabled where (SGP.22 v3.1, 2.12)."""

from dataclasses import replace

import pytest

from rspcore.errors import ConfigError
from rspcore.messages import es10c
from rspcore.messages.metadata import (
    NotificationConfigurationInformation,
    NotificationEvent,
    PprId,
    ProfileClass,
)
from rspcore.messages.v3 import profile_management as v3
from rspcore.messages.v3.lsi_configuration import LsiConfiguration, MepMode
from rspcore.profile_reader.network_access import AlgorithmId
from rspcore.status import StatusWord
from rspsim.euicc.options import PortRefresh, PortsFull, TargetPort
from rspsim.euicc.personality import personality_named, with_mep
from rspsim.euicc.session import SessionState

ENABLE, DISABLE = v3.EnableResult, v3.DisableResult
PLAIN = personality_named("v3.1")
CONFIGURE = "807C04000D80010281010190020103910102" + "00"
LSI_PROFILE = "8010000023" + "00" * 34 + "30"
RESET_2, SELECT_0, SELECT_1, SELECT_2 = "807C010200", "807C0000", "807C0001", "807C0002"
EVERY_EVENT = (
    NotificationConfigurationInformation(
        profile_management_operation=frozenset(NotificationEvent),
        notification_address="n.example.com",
    ),
)


@pytest.fixture
def cards(lab_type, profile_of):
    """Makes a card of a mode, or several, with three operational Profiles and nothing pending."""

    def made(*modes, options=PLAIN.options, ports=2, profiles=3):
        kind = with_mep(PLAIN, modes, ports)
        lab = lab_type(personality=kind, options=options)
        lab.install(
            *(
                profile_of(number, notification_configuration=EVERY_EVENT)
                for number in range(1, profiles + 1)
            )
        )
        lab.forget()
        return lab

    return made


def configured(lab, mode, *, highest=2, ports=2):
    """Resets the card and agrees on a mode; the ISD-R is selected on LSI 0."""
    lab.card.reset()
    proposed = LsiConfiguration(highest=highest, options=0, modes=(mode,), ports=ports).encode()
    answer = lab.apdu(bytes.fromhex("807C0400") + bytes((len(proposed),)) + proposed + b"\0")
    assert answer[-2] == 0x61
    answer = lab.apdu(bytes((0, 0xC0, 0, 0, answer[-1])))
    assert answer[-2:] == b"\x90\x00"
    opened(lab)
    return LsiConfiguration.decode(answer[:-2])


def opened(lab):
    assert lab.apdu("0070000001")[-2:] == b"\x90\x00"
    lab.select()


def iccids(lab):
    return [one.iccid for one in lab.state.profiles]


def enable(lab, iccid, port=None, *, refresh=False):
    named = es10c.ProfileIdentifier(iccid=iccid)
    request = v3.EnableProfileRequest(
        profile_identifier=named, refresh_flag=refresh, target_esim_port=port
    )
    answer = lab.call(request, v3.EnableProfileResponse)
    return answer.enable_result, answer.target_esim_port


def listed(lab):
    """Returns 9F70 and 9F24 of each Profile, as the port of the command has them."""
    request = es10c.ProfileInfoListRequest(tag_list=bytes.fromhex("5A9F709F24"))
    answer = lab.call(request, v3.ProfileInfoListResponse)
    return [(one.profile_state, one.enabled_on_esim_port) for one in answer.profile_info_list_ok]


def iccid_file(lab):
    """Returns the octets of EF.ICCID on the LSI in use, or the status word of its selection."""
    lab.apdu("00A4000C023F00")
    answer = lab.apdu("00A4000C022FE2")
    return lab.apdu("00B000000A")[:-2] if answer == b"\x90\x00" else answer


def both_enabled(lab, mode=MepMode.A1):
    """Agrees on a mode of MEP-A and enables the first two Profiles on ports 1 and 2."""
    configured(lab, mode)
    one, two, *_ = iccids(lab)
    ports = (1, 2) if mode is MepMode.A1 else (None, None)
    assert enable(lab, one, ports[0])[0] == ENABLE.ok
    assert enable(lab, two, ports[1])[0] == ENABLE.ok
    return one, two


def test_the_example_of_the_reference_is_answered_so(cards):
    lab = cards(MepMode.A1, MepMode.B)
    lab.card.reset()
    assert lab.apdu(CONFIGURE) == bytes.fromhex("610E")
    assert lab.apdu("00C000000E") == bytes.fromhex("800102810101900301" + "01039101029000")


def test_the_atr_says_that_there_are_lsis(cards):
    atr = cards(MepMode.B).card.reset()
    assert atr[6] == 0x83
    check = 0
    for octet in atr[1:]:
        check ^= octet
    assert check == 0


def test_a_card_with_one_port_does_not_know_the_instruction(lab_type):
    lab = lab_type(personality="v3.1")
    assert lab.apdu(CONFIGURE) == bytes.fromhex("6D00")
    assert lab.card.volatile.ports is None


@pytest.mark.parametrize(
    ("command", "sw"),
    [
        pytest.param(SELECT_1, "6985", id="not configured"),
        pytest.param("807C040103800102", "6A86", id="P2"),
        pytest.param("807C05000380010200", "6A86", id="P1"),
        pytest.param("007C04000380010200", "6E00", id="class"),
        pytest.param("807C04000381010200", "6A80", id="no highest number"),
        pytest.param("807C0400048002000100", "6A80", id="two octets"),
    ],
)
def test_what_is_no_configuration_is_refused(cards, command, sw):
    lab = cards(MepMode.B, profiles=0)
    lab.card.reset()
    assert lab.apdu(command) == bytes.fromhex(sw)
    assert lab.card.volatile.ports.mode == 0


def test_a_mode_the_card_does_not_have_leaves_one_port(cards):
    lab = cards(MepMode.A1, profiles=1)
    answer = configured(lab, MepMode.B)
    assert (answer.modes, answer.highest, answer.ports) == ((0, 1), 0, 1)
    assert enable(lab, *iccids(lab)) == (ENABLE.ok, None)
    assert listed(lab) == [(1, None)]


def test_more_than_the_card_has_is_answered_with_what_it_has(cards):
    lab = cards(MepMode.B, profiles=0)
    answer = configured(lab, MepMode.B, highest=31, ports=9)
    assert (answer.highest, answer.ports) == (1, 2)
    assert lab.apdu(SELECT_2) == bytes.fromhex("6A86")
    assert lab.apdu(CONFIGURE) == bytes.fromhex("6985")


def test_a1_enables_on_the_port_named(cards):
    lab = cards(MepMode.A1)
    one, two = both_enabled(lab)
    assert listed(lab) == [(0, 1), (0, 2), (0, None)]
    assert lab.apdu(SELECT_1) == b"\x90\x00"
    assert iccid_file(lab) == one.octets
    assert lab.apdu(SELECT_2) == b"\x90\x00"
    assert iccid_file(lab) == two.octets


@pytest.mark.parametrize("port", [None, 0, 3])
@pytest.mark.parametrize(
    ("option", "expected"),
    [
        pytest.param(TargetPort.COMMAND_ERROR, ENABLE.commandError, id="commandError"),
        pytest.param(TargetPort.UNDEFINED_ERROR, ENABLE.undefinedError, id="undefinedError"),
        pytest.param(TargetPort.IGNORED, ENABLE.ok, id="ignored"),
    ],
)
def test_a_wrong_port_in_a1(cards, port, option, expected):
    lab = cards(MepMode.A1, options=replace(PLAIN.options, target_port=option), profiles=1)
    configured(lab, MepMode.A1)
    assert enable(lab, *iccids(lab), port)[0] == expected
    assert listed(lab) == [(0, 1 if expected == ENABLE.ok else None)]


def test_a2_chooses_the_lowest_free_port_and_says_it(cards):
    lab = cards(MepMode.A2)
    configured(lab, MepMode.A2)
    one, two, three = iccids(lab)
    assert enable(lab, one) == (ENABLE.ok, 1)
    assert enable(lab, two) == (ENABLE.ok, 2)
    assert enable(lab, three) == (ENABLE.noEsimPortAvailable, None)
    assert lab.disable(one) == DISABLE.ok
    assert enable(lab, three) == (ENABLE.ok, 1)
    assert listed(lab) == [(0, None), (0, 2), (0, 1)]


def test_a2_that_replaces_takes_the_last_port(cards):
    lab = cards(MepMode.A2, options=replace(PLAIN.options, ports_full=PortsFull.REPLACED))
    both_enabled(lab, MepMode.A2)
    assert enable(lab, iccids(lab)[2]) == (ENABLE.ok, 2)
    assert listed(lab) == [(0, 1), (0, None), (0, 2)]


def test_b_enables_on_the_port_of_the_command(cards):
    lab = cards(MepMode.B)
    configured(lab, MepMode.B)
    one, two, _ = iccids(lab)
    assert enable(lab, one) == (ENABLE.ok, None)
    lab.apdu(SELECT_1)
    opened(lab)
    assert enable(lab, two) == (ENABLE.ok, None)
    assert listed(lab) == [(0, 0), (1, 1), (0, None)]
    lab.apdu(SELECT_0)
    assert lab.send(bytes.fromhex("BF2D00"))[1] == StatusWord.INS_NOT_SUPPORTED  # deselected here
    lab.select()
    assert listed(lab) == [(1, 0), (0, 1), (0, None)]


def test_b_disables_where_the_toolkit_is_not_initialised(cards):
    lab = cards(MepMode.B, profiles=2)
    configured(lab, MepMode.B)
    one, _ = iccids(lab)
    assert enable(lab, one) == (ENABLE.ok, None)
    lab.apdu("8010000001FF")
    lab.apdu(SELECT_1)
    opened(lab)
    assert lab.disable(one) == DISABLE.commandError
    lab.apdu("807C010000")
    assert lab.disable(one) == DISABLE.ok
    assert listed(lab) == [(0, None), (0, None)]


def test_a_profile_enabled_elsewhere_is_not_enabled_nor_deleted(cards):
    lab = cards(MepMode.A1)
    one, _ = both_enabled(lab)
    assert enable(lab, one, 2) == (ENABLE.profileNotInDisabledState, None)
    assert lab.delete(one) == es10c.DeleteResult.profileNotInDisabledState
    assert listed(lab) == [(0, 1), (0, 2), (0, None)]


def test_enabling_disables_on_that_port_alone(cards):
    lab = cards(MepMode.A1)
    both_enabled(lab)
    assert enable(lab, iccids(lab)[2], 2) == (ENABLE.ok, None)
    assert listed(lab) == [(0, 1), (0, None), (0, 2)]


def test_refresh_waits_on_the_port_and_is_announced_on_port_0(cards):
    lab = cards(MepMode.A1)
    configured(lab, MepMode.A1)
    one, *_ = iccids(lab)
    lab.apdu(LSI_PROFILE)
    assert enable(lab, one, 2, refresh=True) == (ENABLE.ok, None)
    command = lab.apdu("801200000E")
    assert command == bytes.fromhex("D00C8103017900820281829201029000")
    assert lab.send(bytes.fromhex("BF2D00"))[1] == StatusWord.CONDITIONS_NOT_SATISFIED
    lab.apdu("801400000C810301790082028281830100")
    assert lab.apdu(SELECT_1) == b"\x90\x00"
    assert lab.apdu(SELECT_2) == bytes.fromhex("910B")
    assert lab.apdu("801200000B") == bytes.fromhex("D009810301010482028182" + "9000")
    assert lab.apdu(RESET_2)[:2] == bytes.fromhex("8017")
    assert iccid_file(lab) == one.octets
    lab.apdu(SELECT_0)
    assert listed(lab)[0] == (0, 2)


def test_nothing_is_announced_to_a_terminal_without_lsi_command(cards):
    lab = cards(MepMode.A1, profiles=1)
    configured(lab, MepMode.A1)
    assert enable(lab, *iccids(lab), 2, refresh=True) == (ENABLE.ok, None)
    assert lab.card.volatile.cat.command is None
    assert lab.apdu(SELECT_2) == bytes.fromhex("910B")


def test_a_platform_reset_stands_for_the_refresh(cards):
    lab = cards(
        MepMode.A1,
        options=replace(PLAIN.options, port_refresh=PortRefresh.PLATFORM_RESET),
        profiles=1,
    )
    configured(lab, MepMode.A1)
    lab.apdu(LSI_PROFILE)
    assert enable(lab, *iccids(lab), 2, refresh=True) == (ENABLE.ok, None)
    assert lab.apdu("801200000B") == bytes.fromhex("D009810301790182028182" + "9000")
    assert lab.apdu(SELECT_2) == b"\x90\x00"
    configured(lab, MepMode.A1)
    assert listed(lab) == [(0, 2)]


def test_a_reset_completes_what_waits_on_each_port(cards):
    lab = cards(MepMode.A1)
    configured(lab, MepMode.A1)
    one, two, _ = iccids(lab)
    assert enable(lab, one, 1, refresh=True) == (ENABLE.ok, None)
    assert enable(lab, one, 2, refresh=True) == (ENABLE.profileNotInDisabledState, None)
    assert enable(lab, two, 2, refresh=True) == (ENABLE.ok, None)
    assert lab.delete(two) == es10c.DeleteResult.undefinedError
    configured(lab, MepMode.A1)
    assert listed(lab) == [(0, 1), (0, 2), (0, None)]
    assert lab.state.port_states == ()


def test_ports_survive_a_restart_of_the_card(cards):
    lab = cards(MepMode.A1)
    both_enabled(lab)
    lab.reboot()
    configured(lab, MepMode.A1)
    assert listed(lab) == [(0, 1), (0, 2), (0, None)]


def test_a_device_with_one_port_sees_one_enabled_profile(cards):
    lab = cards(MepMode.A1)
    one, two = both_enabled(lab)
    lab.start()
    assert listed(lab) == [(1, None), (0, None), (0, None)]
    assert iccid_file(lab) == one.octets
    lab.forget()
    assert enable(lab, iccids(lab)[2]) == (ENABLE.ok, None)
    assert listed(lab) == [(0, None), (0, None), (1, None)]
    gone = [who for event, who in lab.pending() if event == NotificationEvent.notificationDisable]
    assert gone == [str(one), str(two)]
    configured(lab, MepMode.A1)
    assert listed(lab) == [(0, None), (0, None), (0, 1)]


def test_what_a_device_with_one_port_reads_changes_nothing(cards):
    lab = cards(MepMode.A1)
    both_enabled(lab)
    before = lab.state
    lab.start()
    listed(lab)
    assert lab.state is before
    request = es10c.SetNicknameRequest(iccid=iccids(lab)[2], profile_nickname="N")
    lab.call(request, es10c.SetNicknameResponse)
    configured(lab, MepMode.A1)
    assert listed(lab) == [(0, 1), (0, 2), (0, None)]


def test_a_reset_of_one_port_leaves_the_others(cards):
    lab = cards(MepMode.A1)
    both_enabled(lab)
    lab.apdu(SELECT_1)
    lab.apdu("00A4000C022FE2")
    before = lab.card.volatile
    assert lab.apdu(RESET_2)[:2] == bytes.fromhex("8017")
    assert lab.card.volatile.channels == before.channels
    lab.apdu(SELECT_0)
    assert listed(lab)[0] == (0, 1)


def test_the_isd_r_is_on_port_0_alone_in_a(cards):
    lab = cards(MepMode.A2, profiles=0)
    configured(lab, MepMode.A2)
    lab.apdu(SELECT_1)
    assert lab.apdu("00A4040C10A0000005591010FFFFFFFF8900000100") == bytes.fromhex("6A82")
    lab.apdu(SELECT_0)
    assert lab.send(bytes.fromhex("BF3E035C015A"))[1] == StatusWord.OK  # still selected there


def test_a_session_ends_when_the_lpa_goes_on_on_another_port_in_b(cards):
    lab = cards(MepMode.B, profiles=0)
    configured(lab, MepMode.B)
    lab.challenge()
    assert lab.card.volatile.session.state is not SessionState.IDLE
    lab.apdu(SELECT_1)
    opened(lab)
    assert lab.card.volatile.session.state is SessionState.IDLE


def test_a_memory_reset_asks_for_refresh_on_each_port(cards):
    lab = cards(MepMode.A1)
    both_enabled(lab)
    assert lab.reset_memory(es10c.ResetOption.deleteOperationalProfiles) == 0
    assert lab.card.volatile.cat.command is None
    assert lab.apdu(SELECT_1) == bytes.fromhex("910B")
    assert lab.apdu(SELECT_2) == bytes.fromhex("910B")
    assert lab.state.profiles == ()


def test_a_card_with_ports_has_no_rule_for_ppr1(cards):
    rules = cards(MepMode.B, profiles=0).state.rat
    assert rules
    assert all(PprId.ppr1 not in one.ppr_ids for one in rules)


@pytest.mark.parametrize(
    ("kind", "ports"), [("v2.5", 2), ("v3.1", 1), ("v3.1", 32)], ids=["v2", "one", "too many"]
)
def test_what_no_card_with_ports_is(kind, ports):
    with pytest.raises(ConfigError):
        with_mep(personality_named(kind), (MepMode.B,), ports)


def test_test_profiles_return_on_their_own_port(lab_type, profile_of):
    lab = lab_type(personality=with_mep(PLAIN, (MepMode.A1,), 2), options=PLAIN.options)
    test = {"profile_class": ProfileClass.test, "algorithm": AlgorithmId.usim_test}
    lab.install(*map(profile_of, (1, 2)), *(profile_of(n, **test) for n in (3, 4)))
    configured(lab, MepMode.A1)
    one, two, three, four = iccids(lab)
    for iccid, port in ((one, 1), (two, 2), (three, 1), (four, 2)):
        assert enable(lab, iccid, port) == (ENABLE.ok, None)
    assert lab.disable(three) == DISABLE.ok
    assert listed(lab) == [(0, 1), (0, None), (0, None), (0, 2)]
    assert lab.disable(four) == DISABLE.ok
    assert listed(lab) == [(0, 1), (0, 2), (0, None), (0, None)]
