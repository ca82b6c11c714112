"""AlertData: REFRESH "Application Update" tells a device of changed metadata (v3.1, 5.7)."""

from dataclasses import replace

from rspcore.messages.metadata import UpdateMetadataRequest
from rspcore.messages.v3.lpae_commands import AlertData
from rspharness import testcase
from rspharness.card import expect
from rspharness.lpa.proactive import answer, fetch
from rspharness.lpa.terminal import Proactive
from rspharness.record.verdicts import NotApplicable

ONE = "PROFILE_OPERATIONAL1"
APPLICATION_UPDATE = 0x0A
WITH_ALERTS, WITHOUT = bytes.fromhex("A903830137"), bytes.fromhex("A903830127")
"""TERMINAL CAPABILITY of a device with metadata update alerting (b5), and of one without."""
ALERT = bytes.fromhex("BF4A")
PROFILE_NAME = 0x92
MOST = 8


def alerts(card):
    """Fetches and answers what is announced; returns the commands with mode 0A."""
    found = []
    for _ in range(MOST):
        if card.pending_proactive is None:
            break
        command = fetch(card)
        if command.kind == Proactive.REFRESH and command.qualifier == APPLICATION_UPDATE:
            found.append(command)
        answer(card, command)
    return found


def updated(card, given, make_ota, capability):
    """Brings a Profile to be Enabled, and changes its name over the air."""
    (one,) = given.profiles(ONE, enabled=ONE)
    card.options = replace(card.options, terminal_capability=capability)
    card.open()
    receipt = make_ota(one.profile.parameters).update_metadata(
        card, UpdateMetadataRequest(profile_name="Renamed")
    )
    expect.that(holds=receipt.accepted, expected="accepted", actual=receipt.describe())
    return one


@testcase("ES10b.AlertData#01", "ES6.UpdateMetadata#55")
def test_changed_metadata(card, given, make_ota, note, step):
    """A device that wants alerts hears of metadata of the Enabled Profile that were changed."""
    with step("Operator -> eUICC: UpdateMetadata, profileName; alerting announced"):
        one = updated(card, given, make_ota, WITH_ALERTS)
    with step("Expected: BF4A metadataUpdateEnabledProfile with the tag list"):
        found = alerts(card)
        expect.equal(len(found), 1, "REFRESH with mode 0A")
        octets = found[0].raw
        note(octets.hex(" ").upper())
        place = octets.find(ALERT)
        expect.that(holds=place >= 0, expected="BF4A in the command", actual="none")
        alert = expect.message(AlertData, octets[place:]).metadata_update_enabled_profile
        expect.that(holds=alert is not None, expected="metadataUpdateEnabledProfile", actual="-")
        expect.that(
            holds=PROFILE_NAME in alert.tag_list, expected="tag 92", actual=alert.tag_list.hex()
        )
        expect.one_of(alert.iccid, (None, one.iccid), "ICCID")


@testcase("ES10b.AlertData#02")
def test_pending_operation(step):
    """A device hears of an operation that waits at its server."""
    with step("Initial conditions: an operation waits, and the eUICC was asked to say so"):
        raise NotApplicable(
            "how an operator has an eUICC raise an alert of a pending operation is not public"
        )


@testcase("ES10b.AlertData#03")
def test_nothing_pending(card, given, note, step):
    """Without a pending operation no alert is raised."""
    with step("Initial conditions: a Profile Enabled, alerting announced"):
        given.profiles(ONE, enabled=ONE)
        card.options = replace(card.options, terminal_capability=WITH_ALERTS)
        card.open()
    with step("Expected: no BF4A in what is announced"):
        found = alerts(card)
        note(f"{len(found)} REFRESH with mode 0A")
        expect.equal([one.raw.hex() for one in found if ALERT in one.raw], [], "alerts")


@testcase("ES10b.AlertData#04")
def test_alert_is_not_announced(card, given, make_ota, step):
    """A device that did not announce alerting gets none."""
    with step("Operator -> eUICC: UpdateMetadata, profileName; alerting not announced"):
        updated(card, given, make_ota, WITHOUT)
    with step("Expected: no REFRESH with mode 0A"):
        expect.equal([one.raw.hex() for one in alerts(card)], [], "REFRESH with mode 0A")
