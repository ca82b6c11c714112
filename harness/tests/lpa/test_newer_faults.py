"""Each server fault of version 3 is noticed: by LPA and card of version 3, or by a case."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rspcore import tlv
from rspcore.errors import RspError
from rspharness.lpa.discovery import find_events
from rspharness.lpa.download_steps import STANDARD_DEVICE_V3
from rspharness.lpa.isdr_channel import IsdrChannel
from rspharness.lpa.newer.next_device import Move, move_profile, recover_profile
from rspharness.lpa.newer.remote_packages import fetch_packages
from rspharness.mutation.server_faults import read_server_faults
from rspharness.servers import rpm_packages
from rspharness.simulated.direct_smds import DirectSmds
from rspharness.simulated.kept_in_process import OneCardLink
from rspsim.faults.registry import server_faults
from rspsim.faults.server.newer_sessions import NEWER
from rspsim.smdpp.fault_points import NEWER_POINTS
from rspsim.smdpp.stock.orders import OrderEvent

sys.path.insert(0, str(Path(__file__).parent))
from newer_world import (
    ONE,
    PKI,
    World,
    managed,
    movable,
    newer_card,
)

pytestmark = pytest.mark.once

REQUIREMENTS = Path(__file__).parents[3] / "fixtures" / "requirements"
ICCID = ONE.metadata.iccid
HARMLESS = "http.slow"
"""A fault that needs a real connection."""
EVENT_SERVER = "testsmdpplus1.example.com"


def downloaded(fault):
    world, card = World(), newer_card()
    order = world.server.orders.order(ONE.upp, ONE.metadata)
    with world.lpa(card) as lpa, world.server.fault(fault):
        lpa.download(order.activation_code)


def managed_from_afar(fault):
    world, card = World(), newer_card()
    world.installed(card, managed(world, ONE))
    world.order_rpm(card, rpm_packages.enable(ICCID))
    with world.lpa(card) as lpa, world.server.fault(fault):
        (done,) = fetch_packages(lpa.card, world, world.address)
    if done.error is not None:
        raise RspError(f"signed error {done.error}")
    (result,) = done.results
    raise RspError(
        f"enableResult {tlv.parse(result.rpm_command_result_data).children()[0].value[0]}"
    )


def moved(fault, **words):
    world, card = World(**words), newer_card()
    world.installed(card, movable(world))

    def pause(seconds):
        world.clock.advance(timedelta(seconds=seconds))

    with world.lpa(card) as lpa, world.server.fault(fault):
        move_profile(lpa.card, world, ICCID, Move(), pause=pause)


def moved_late(fault):
    moved(fault, change_delay=timedelta(minutes=2))


def moved_encrypted(fault):
    moved(fault, change_encrypted=True)


def recovered(fault):
    world, card = World(), newer_card()
    world.installed(card, movable(world))
    with world.lpa(card) as lpa:
        moved_away = move_profile(lpa.card, world, ICCID)
        world.server.orders.repository.put(world.order_of(ICCID).after(OrderEvent.FAILED))
        with world.server.fault(fault):
            recover_profile(lpa.card, world, moved_away)


def discovered(fault):
    card = newer_card()
    smds = DirectSmds(PKI, datetime(2026, 1, 1, tzinfo=UTC), version="3.1.0")
    smds.register(str(card.state.eid), EVENT_SERVER, "EVENT-1")

    class Port:
        def post(self, address, path, headers, body):
            if address != smds.address:
                raise RspError(f"sent to {address}")
            return smds.post(path, headers, body)

    with IsdrChannel(OneCardLink(card)) as channel, smds.fault(fault):
        (code,) = find_events(channel, Port(), smds.address, device=STANDARD_DEVICE_V3)
    raise RspError(f"{code.address} {code.matching_id}")


NOTICED = {
    "es9.session_context.ci_pkid_v3": (downloaded, r"ciPKUnknown\(7\)"),
    "es9.other_certs_in_chain.missing": (downloaded, r"invalidCertificate\(1\)"),
    "es9.other_certs_in_chain.flip_bit": (downloaded, r"invalidCertificate\(1\)"),
    "es9.other_certs_in_chain.repeated": (downloaded, r"invalidCertificate\(1\)"),
    "es9.crl_list.missing": (downloaded, r"missingCrl\(9\)"),
    "es9.crl_list.short": (downloaded, r"missingCrl\(9\)"),
    "es9.crl_list.flip_bit": (downloaded, r"invalidCrlSignature\(10\)"),
    "es9.smdp_signed3.transaction_id": (managed_from_afar, "signed error 5"),
    "es9.smdp_signature3.flip_bit": (managed_from_afar, "signed error 2"),
    "es9.rpm_package.empty": (managed_from_afar, "the package has no command"),
    "es9.rpm_package.unknown_command": (managed_from_afar, "the package cannot be read"),
    "es9.rpm_package.another_profile": (managed_from_afar, "enableResult 1"),
    "es9.rpm_pending.untrue": (managed_from_afar, r"8\.2\.6/3\.8"),
    "es9.smdp_signed4.transaction_id": (moved, r"invalidTransactionId\(5\)"),
    "es9.smdp_signature4.flip_bit": (moved, r"invalidSignature\(2\)"),
    "es9.smdp_signed4.cc_required_flag": (moved, "asks for a Confirmation Code"),
    "es9.smdp_signed4.recovery_code": (recovered, "has no activation code"),
    "es9.smdp_signed6.transaction_id": (moved_late, r"invalidTransactionId\(5\)"),
    "es9.smdp_signature6.flip_bit": (moved_late, r"invalidSignature\(2\)"),
    "es9.smdp_signed5.transaction_id": (moved, r"invalidTransactionId\(5\)"),
    "es9.smdp_signature5.flip_bit": (moved, r"invalidSignature\(2\)"),
    "es9.change_data.iccid": (moved, r"invalidData\(7\)"),
    "es9.change_data.activation_code": (moved, "no activation code"),
    "es9.change_data.damaged": (moved_encrypted, r"invalidData\(7\)"),
    "es9.change_data.key_type": (moved_encrypted, r"unsupportedCrtValues\(6\)"),
    "es11.smds_signed2.transaction_id": (discovered, r"invalidTransactionId\(5\)"),
    "es11.smds_signature2.flip_bit": (discovered, r"invalidSignature\(2\)"),
    "es11.event_list.address": (discovered, "sent to other.example.com"),
}
"""What is done with each fault, and what LPA or card say of it."""


def by_cases():
    """Returns the faults that a case of a server has to find."""
    for product in ("smdpp", "smds"):
        for one in read_server_faults(REQUIREMENTS, product).values():
            if one.serve.startswith("--fault "):
                yield one.serve.split()[1].partition(",")[0]


def test_each_fault_is_noticed_by_lpa_and_card_or_by_a_case():
    names = {one.name for one in NEWER}
    assert NOTICED.keys() <= names
    assert names - NOTICED.keys() - set(by_cases()) == {"es11.event_list.type"}


def test_each_point_of_version_3_has_a_fault():
    assert {one.point for one in NEWER} >= set(NEWER_POINTS)
    assert {one.name for one in NEWER} <= {one.name for one in server_faults()}


@pytest.mark.parametrize("fault", NOTICED)
def test_lpa_and_card_notice_the_fault(fault):
    play, words = NOTICED[fault]
    with pytest.raises(RspError, match=words):
        play(fault)


@pytest.mark.parametrize("play", dict.fromkeys(play for play, _ in NOTICED.values()))
def test_without_a_fault_nothing_is_wrong(play):
    if play in (managed_from_afar, discovered):  # they always say what came of it
        with pytest.raises(RspError, match=r"enableResult 0|sent to testsmdpplus1"):
            play(HARMLESS)
    else:
        play(HARMLESS)
