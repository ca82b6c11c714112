"""An RPM package on a card with several eSIM Ports: where its commands act (v3.1, 2.12, 5.7)."""

import pytest

from rspcore.messages import es10c
from rspcore.messages.v3 import profile_management as v3
from rspcore.messages.v3.lsi_configuration import LsiConfiguration, MepMode
from rspcore.messages.v3.rpm_package import (
    LoadRpmPackageRequest,
    LoadRpmPackageResult,
    OfProfile,
    RpmCommand,
    RpmCommandDetails,
    SmdpSigned3,
)
from rspsim.euicc.decisions import STANDARD
from rspsim.euicc.isdr.es10b import load_rpm_package
from rspsim.euicc.isdr.rpm import commands
from rspsim.euicc.personality import personality_named, with_mep

PLAIN = personality_named("v3.1")
TRUSTING = (
    STANDARD.having(load_rpm_package.SESSION_CHECKS, ())
    .having(load_rpm_package.VERIFIES, lambda _attempt, _server: True)
    .having(commands.MANAGES, lambda _progress, _profile, _wanted: True)
)
"""Decisions of a card that takes a package from any server that is authenticated."""
RESETS = ["807C010100", "807C010200"]
OK, DISABLED = (0, None), (0,)


@pytest.fixture
def cards(lab_type, profile_of):
    """Makes a card of a mode with two ports and three Profiles, agrees on it."""

    def made(mode, enabled=()):
        kind = with_mep(PLAIN, (mode,), 2)
        lab = lab_type(personality=kind, options=kind.options, decisions=TRUSTING)
        lab.install(*map(profile_of, (1, 2, 3)))
        lab.card.reset()
        proposed = LsiConfiguration(highest=2, options=0, modes=(mode,), ports=2).encode()
        lab.apdu(bytes.fromhex("807C0400") + bytes((len(proposed),)) + proposed + b"\0")
        lab.apdu("0070000001")
        lab.select()
        lab.forget()
        for number in enabled:
            ask = v3.EnableProfileRequest(
                profile_identifier=es10c.ProfileIdentifier(iccid=iccid(lab, number)),
                refresh_flag=False,
                target_esim_port=number if mode is MepMode.A1 else None,
            )
            assert lab.call(ask, v3.EnableProfileResponse).enable_result == 0
        return lab

    return made


def iccid(lab, number):
    """Returns the ICCID of a Profile, numbered from 1."""
    return lab.state.profiles[number - 1].iccid


def done(lab, *details, target=None):
    """Loads a package; returns the results: code and port of enable, the code of disable."""
    server = lab.server()
    lab.authenticated(server)
    signed = SmdpSigned3(
        transaction_id=server.transaction,
        rpm_package=tuple(RpmCommand.of(one).encode() for one in details),
    )
    request = LoadRpmPackageRequest(
        smdp_signed3=signed, smdp_signature3=bytes(64), target_esim_port=target
    )
    answer = lab.call(request, LoadRpmPackageResult).load_rpm_package_result_signed
    final = answer.load_rpm_package_result_data_signed.final_result
    found = []
    for one in (each.data for each in final.rpm_package_execution_result):
        if one.enable_result is not None:
            found.append((one.enable_result.enable_result, one.enable_result.target_esim_port))
        elif one.disable_result is not None:
            found.append((one.disable_result.disable_result,))
        else:
            found.append(one)
    return found


def enable(lab, number):
    return RpmCommandDetails(enable=OfProfile(iccid=iccid(lab, number)))


def disable(lab, number):
    return RpmCommandDetails(disable=OfProfile(iccid=iccid(lab, number)))


def where(lab):
    """Resets both ports, as a terminal does for REFRESH; returns the port of each Profile."""
    for command in RESETS:
        assert lab.apdu(command)[-2] in (0x61, 0x90)
    request = es10c.ProfileInfoListRequest(tag_list=bytes.fromhex("5A9F24"))
    listed = lab.call(request, v3.ProfileInfoListResponse).profile_info_list_ok
    return [one.enabled_on_esim_port for one in listed]


def test_the_port_named_beside_the_package_is_taken_in_a1(cards):
    lab = cards(MepMode.A1)
    assert done(lab, enable(lab, 3), target=2) == [OK]
    assert where(lab) == [None, None, 2]


def test_nothing_changes_before_the_refresh_of_the_port(cards):
    lab = cards(MepMode.A1, enabled=(1,))
    assert done(lab, enable(lab, 3), target=1) == [OK]
    assert [one.port for one in lab.state.profiles] == [1, None, None]
    assert where(lab) == [None, None, 1]


def test_a_port_that_is_not_there_is_refused(cards):
    lab = cards(MepMode.A1)
    assert done(lab, enable(lab, 3), target=3) == [(v3.EnableResult.commandError, None)]


@pytest.mark.parametrize("mode", [MepMode.A1, MepMode.A2], ids=["a1", "a2"])
def test_the_card_chooses_a_free_port_and_names_it(cards, mode):
    lab = cards(mode, enabled=(1,))
    assert done(lab, enable(lab, 3)) == [(0, 2)]
    assert where(lab) == [1, None, 2]


@pytest.mark.parametrize("mode", [MepMode.A1, MepMode.A2], ids=["a1", "a2"])
def test_without_a_free_port_enabling_is_refused(cards, mode):
    lab = cards(mode, enabled=(1, 2))
    assert done(lab, enable(lab, 3)) == [(v3.EnableResult.noEsimPortAvailable, None)]
    assert where(lab) == [1, 2, None]


def test_a_port_that_the_package_frees_is_free(cards):
    lab = cards(MepMode.A2, enabled=(1, 2))
    assert done(lab, disable(lab, 2), enable(lab, 3)) == [DISABLED, (0, 2)]
    assert where(lab) == [1, None, 2]


def test_a_profile_is_disabled_on_its_own_port(cards):
    lab = cards(MepMode.A1, enabled=(1, 2))
    assert done(lab, disable(lab, 2)) == [DISABLED]
    assert where(lab) == [1, None, None]


def test_two_ports_change_by_one_package(cards):
    lab = cards(MepMode.A1, enabled=(1, 2))
    assert done(lab, disable(lab, 1), enable(lab, 3), target=2) == [DISABLED, OK]
    assert where(lab) == [None, None, 2]


def test_a_profile_does_not_change_ports_in_one_package(cards):
    lab = cards(MepMode.A1, enabled=(1,))
    found = done(lab, disable(lab, 1), enable(lab, 1), target=2)
    assert found == [DISABLED, (v3.EnableResult.profileNotInDisabledState, None)]


def test_both_ports_ask_for_a_refresh(cards):
    lab = cards(MepMode.A1, enabled=(1, 2))
    lab.apdu("8010000023" + "00" * 34 + "30")
    done(lab, disable(lab, 1), enable(lab, 3), target=2)
    states = {one.number for one in lab.state.port_states if one.pending_switch is not None}
    assert states == {1, 2}


def test_a_package_that_is_cut_leaves_the_other_port_alone(cards):
    lab = cards(MepMode.A1, enabled=(1, 2))
    done(lab, disable(lab, 1), enable(lab, 3), target=1)
    begun, first, last = lab.card.wrote
    assert [one.open_package is None for one in (begun, first, last)] == [False, False, True]
    for state in (begun, first, last):
        assert [(one.port, one.enabled) for one in state.profiles[:2]] == [(1, True), (2, True)]
    waiting = [[each.number for each in one.port_states] for one in (begun, first, last)]
    assert waiting == [[], [1], [1]]
