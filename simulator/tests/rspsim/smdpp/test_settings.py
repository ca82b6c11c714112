"""The table of settings: nothing that can be set is missing, and each way to set it reads alike."""

import argparse
from dataclasses import fields

import pytest

from rspcore.errors import DecodeError
from rspcore.profile_maker import ProfileParameters, make_profile
from rspsim.__main__ import PROGRAM
from rspsim.cli.setting_options import chosen
from rspsim.smdpp import BindingChoice, OrderTerms, Policy
from rspsim.smdpp.protocol.es9p import cancel_session
from rspsim.smdpp.settings import SETTINGS, Area, known_checks, read_members, settings_of
from rspsim.smdpp.stock.wished_profile import parameters_of

NOT_SET = {
    "notification_configuration",  # notification_addresses makes it
    "with_owner",  # a Profile of the catalogue has one
    "usim_aid",
    "services",
    "algorithm_options",
    "profile_type",
}
"""Parameters of a Profile that are for the makers of test cases alone."""


def names(*areas):
    return {one.name for one in settings_of(*areas)}


def options(*words):
    return PROGRAM.parser("smdpp").parse_args(["smdpp", "serve", *words])


def test_every_choice_of_the_server_can_be_set():
    assert names(Area.POLICY) == {one.name for one in fields(Policy)} - {"binding"}
    assert names(Area.BINDING) == {one.name for one in fields(BindingChoice)}
    assert names(Area.ORDER) >= {one.name for one in fields(OrderTerms)}


def test_every_parameter_of_a_profile_can_be_set_or_is_named_here():
    known = {one.name for one in fields(ProfileParameters)}
    assert known - names(Area.PROFILE) == NOT_SET - {"version"} | {"version"} & known


def test_names_members_and_options_are_unique():
    for of in ("name", "member", "flag"):
        found = [getattr(one, of) for one in SETTINGS]
        assert len(set(found)) == len(found), of


@pytest.mark.parametrize("setting", settings_of(Area.POLICY, Area.BINDING), ids=lambda s: s.name)
def test_default_of_the_policy_is_shown_and_read_back(setting):
    source = Policy() if setting.area is Area.POLICY else BindingChoice()
    value = getattr(source, setting.name)
    shown = setting.kind.show(value)
    assert setting.kind.read(shown) == value
    assert read_members({setting.member: shown}, setting.area) == {setting.name: value}


@pytest.mark.parametrize(
    ("words", "area", "body"),
    [
        (["--no-rebind"], "policy", {"rebind": False}),
        (["--any-header"], "policy", {"strictHeaders": False}),
        (["--verification-list-first"], "policy", {"signingListFirst": False}),
        (["--session-lifetime", "2.5"], "policy", {"sessionLifetime": 2.5}),
        (["--protocol-version", "2.2.2"], "policy", {"version": "2.2.2"}),
        (["--after-deletion", "none"], "policy", {"afterDeletion": None}),
        (
            ["--cancel-effects", "postponed=none,16=FAILED"],
            "policy",
            {"cancelEffects": {"postponed": None, "16": "FAILED"}},
        ),
        (
            ["--permanent-errors", "pprNotAllowed,99"],
            "policy",
            {"permanentErrors": ["pprNotAllowed", 99]},
        ),
        (
            ["--skipped-checks", "server_challenge,smdp_oid"],
            "policy",
            {"skippedChecks": ["server_challenge", "smdp_oid"]},
        ),
        (["--segment-octets", "0x100"], "binding", {"segmentOctets": 256}),
        (["--curves", "brainpoolP256r1"], "start", {"curves": ["brainpoolP256r1"]}),
        (["--downloads", "none", "--again"], "order", {"downloads": None, "again": True}),
        (
            ["--expires-at", "2030-01-01T00:00:00Z"],
            "order",
            {"expiresAt": "2030-01-01T00:00:00+00:00"},
        ),
        (["--ppr", "ppr1,ppr2"], "profile", {"ppr": ["ppr1", "ppr2"]}),
        (["--class", "test", "--name", "N"], "profile", {"class": "test", "profileName": "N"}),
        (["--imsi", "none"], "profile", {"imsi": None}),
    ],
)
def test_option_and_member_give_the_same_value(words, area, body):
    assert chosen(options(*words), area) == read_members(body, Area(area))


def test_value_that_does_not_fit_is_wrong_use(capsys):
    with pytest.raises(SystemExit) as ended:
        options("--host-id-octets", "17")
    assert ended.value.code == 2
    assert "expected a number from 1 to 16, got 17" in capsys.readouterr().err


def test_checks_are_those_of_the_functions():
    assert {check.__name__ for check in cancel_session.CHECKS} <= set(known_checks())
    with pytest.raises(DecodeError, match="expected one of capabilities_can_be_read"):
        read_members({"skippedChecks": ["nothing"]}, Area.POLICY)


def test_profile_has_the_values_that_were_set():
    body = {
        "iccid": "8929901012345678905",
        "imsi": "262019876543210",
        "spn": "Mine",
        "ppr": ["ppr2"],
        "gid1": "0A",
        "owner": "26201",
        "notificationAddresses": ["a.example", "b.example"],
        "size": 6000,
    }
    made = make_profile(parameters_of(read_members(body, Area.PROFILE)))
    assert len(made.upp) == 6000
    owner = made.metadata.profile_owner
    assert (str(owner.mcc_mnc), owner.gid1) == ("262/01", b"\x0a")
    addresses = [one.notification_address for one in made.metadata.notification_configuration_info]
    assert addresses == ["a.example", "b.example"]


def test_help_of_serve_names_every_setting(capsys):
    with pytest.raises(SystemExit):
        options("--help")
    shown = capsys.readouterr().out
    assert [one.flag for one in SETTINGS if one.flag not in shown] == []
    assert isinstance(options(), argparse.Namespace)
