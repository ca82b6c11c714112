"""The LPA driver between the simulated card and the mock SM-DP+, all in one process.

Both verify everything the other signs, so a download that passes here is correct in every octet.
"""

import pytest

from rspcore.bpp import segments
from rspcore.crypto.curves import Curve
from rspcore.errors import RemoteError, RspError
from rspcore.ids import Eid, Oid
from rspcore.messages.es9p import CancelSessionRequest
from rspcore.messages.es10b import CancelSessionReason, GetEuiccChallengeRequest
from rspcore.messages.es10c import ProfileState, ResetOption
from rspcore.messages.metadata import NotificationEvent
from rspcore.pki.generate import make_pki
from rspcore.profile_maker import PRESETS, make_profile
from rspharness.lpa import download_steps, local_management, notification_delivery
from rspharness.lpa.activation_code import ActivationCode
from rspharness.lpa.card_reading import read_card
from rspharness.lpa.checks import DownloadStoppedError
from rspharness.lpa.download import (
    AutomaticUser,
    InstallationFailedError,
    OpenSession,
    download,
)
from rspharness.lpa.es9p_client import Es9Client, ServerRefusedError, ServerUnreachableError
from rspharness.lpa.isdr_channel import ChannelOptions, IsdrChannel
from rspharness.simulated.inprocess import InProcessTarget
from rspharness.simulated.inprocess_port import InProcessPort
from rspharness.targets.settings import TargetSettings
from rspharness.targets.target import TargetOptions
from rspsim.env import ManualClock, SeededRng
from rspsim.faults.registry import server_faults
from rspsim.faults.server import FAULTS
from rspsim.smdpp.fault_points import OF_CONNECTIONS
from rspsim.smdpp.server import SmDpPlus
from rspsim.smdpp.stock.orders import OrderState

pytestmark = pytest.mark.once

OPERATIONAL = make_profile(PRESETS["PROFILE_OPERATIONAL1"])
OPERATIONAL_2 = make_profile(PRESETS["PROFILE_OPERATIONAL2"])
WITH_PPR2 = make_profile(PRESETS["PROFILE_OPERATIONAL1.1"])
WITH_PPR1 = make_profile(PRESETS["PROFILE_OPERATIONAL4"])
EID = Eid.from_digits("89049032123451234512345678901235")
OTHER_EID = Eid.from_first_digits("890490321234512345123456789099")


class Bench:
    """One card, one server and the channel between them."""

    def __init__(self, curve=None, **options):
        curves = tuple(Curve) if curve is None else (curve,)
        self.pki = make_pki(curves=curves)
        settings = TargetSettings(kind="inprocess")
        self.target = InProcessTarget(TargetOptions(settings=settings, pki=self.pki))
        self.link = self.target.open()
        self.link.reset()
        self.server = SmDpPlus(
            self.pki, rng=SeededRng(b"server"), clock=ManualClock(), faults=server_faults
        )
        self.port = InProcessPort(self.server)
        self.channel = IsdrChannel(self.link, ChannelOptions(**options))
        self.channel.open()

    def order(self, profile=OPERATIONAL, **how):
        return self.server.orders.order(profile.upp, profile.metadata, **how)

    def state(self, order):
        return self.server.orders.get(order.number).state

    def download(self, order, code=None, **how):
        user = AutomaticUser(code=code)
        parsed = ActivationCode.parse(order.activation_code)
        return download(self.channel, self.port, parsed, **({"user": user} | how))

    def profiles(self):
        return local_management.list_profiles(self.channel)


@pytest.fixture
def bench():
    return Bench()


@pytest.mark.parametrize("curve", list(Curve), ids=str)
def test_download_result_list_and_server_agree(curve):
    bench = Bench(curve)
    order = bench.order()
    done = bench.download(order)
    assert done.iccid == OPERATIONAL.metadata.iccid
    [profile] = bench.profiles()
    assert (profile.iccid, profile.isdp_aid) == (done.iccid, done.aid)
    assert profile.profile_state == ProfileState.disabled
    assert bench.state(order) is OrderState.INSTALLED
    assert done.unreported is None


@pytest.mark.parametrize("block_size", [6, 7, 47, 120, 231, 249, 250, 255])
def test_every_block_size_works(block_size):
    bench = Bench(Curve.NIST_P256, block_size=block_size)
    bench.download(bench.order())
    assert len(bench.profiles()) == 1


@pytest.mark.parametrize("send_le", [True, False])
@pytest.mark.parametrize("proprietary_get_response", [True, False])
@pytest.mark.parametrize("channel", [None, 0, 1, 3, 4, 19], ids=str)
def test_every_option_of_known_clients_works(send_le, proprietary_get_response, channel):
    bench = Bench(
        Curve.NIST_P256,
        send_le=send_le,
        proprietary_get_response=proprietary_get_response,
        channel=channel,
        terminal_capability=bytes.fromhex("A9088100820101830107"),
    )
    bench.download(bench.order())
    assert len(bench.profiles()) == 1


def test_right_confirmation_code_installs(bench):
    order = bench.order(confirmation_code="4711")
    bench.download(order, code="4711")
    assert bench.state(order) is OrderState.INSTALLED


def test_wrong_confirmation_code_is_refused_and_can_be_tried_again(bench):
    order = bench.order(confirmation_code="4711")
    for _ in range(2):
        with pytest.raises(ServerRefusedError) as caught:
            bench.download(order, code="0815")
        assert caught.value.code == "8.2.7/3.8"
        assert bench.profiles() == ()
    bench.download(order, code="4711")
    assert bench.state(order) is OrderState.INSTALLED


def test_too_many_wrong_confirmation_codes_end_the_order(bench):
    order = bench.order(confirmation_code="4711")
    for expected in ("8.2.7/3.8", "8.2.7/3.8", "8.2.7/6.4"):
        with pytest.raises(ServerRefusedError) as caught:
            bench.download(order, code="0815")
        assert caught.value.code == expected
    assert bench.state(order) is OrderState.ERROR


def test_missing_confirmation_code_leaves_the_order_open(bench):
    order = bench.order(confirmation_code="4711")
    with pytest.raises(DownloadStoppedError, match="Confirmation Code"):
        bench.download(order)
    assert bench.state(order) is OrderState.RELEASED
    bench.download(order, code="4711")


def test_order_for_this_eid_is_found_without_matching_id(bench):
    order = bench.order(matching_id="", eid=EID)
    bench.download(order)
    assert bench.state(order) is OrderState.INSTALLED


def test_order_for_another_eid_is_refused(bench):
    order = bench.order(eid=OTHER_EID)
    with pytest.raises(ServerRefusedError) as caught:
        bench.download(order)
    assert caught.value.code == "8.1.1/3.8"


def test_unknown_matching_id_is_refused(bench):
    code = ActivationCode(address=bench.server.identity.address, matching_id="NO-SUCH-ORDER")
    with pytest.raises(ServerRefusedError) as caught:
        download(bench.channel, bench.port, code)
    assert caught.value.code == "8.2.6/3.8"


def test_oid_of_the_code_is_compared_with_the_certificate(bench):
    order = bench.order()
    address, token = bench.server.identity.address, order.matching_id
    wrong = ActivationCode(address=address, matching_id=token, smdp_oid=Oid("2.999.12"))
    with pytest.raises(DownloadStoppedError, match=r"2\.999\.12"):
        download(bench.channel, bench.port, wrong)
    assert bench.state(order) is OrderState.RELEASED
    right = ActivationCode(address=address, matching_id=token, smdp_oid=Oid("2.999.10"))
    download(bench.channel, bench.port, right)


@pytest.mark.parametrize(
    ("reason", "state"),
    [
        (CancelSessionReason.endUserRejection, OrderState.ERROR),
        (CancelSessionReason.postponed, OrderState.RELEASED),
        (CancelSessionReason.timeout, OrderState.RELEASED),
        (CancelSessionReason.pprNotAllowed, OrderState.ERROR),
        (CancelSessionReason.undefinedReason, OrderState.ERROR),
    ],
)
def test_download_stopped_by_the_user_is_cancelled_at_card_and_server(bench, reason, state):
    order = bench.order()
    with pytest.raises(DownloadStoppedError):
        bench.download(order, user=AutomaticUser(refusal=reason))
    assert bench.state(order) is state
    assert bench.profiles() == ()


STEPS = ("initiated", "authenticated", "prepared", "packaged", "loading")


def advance(bench, order, until):
    """Continues to a step and returns what CancelSession needs."""
    es9 = Es9Client(bench.port, bench.server.identity.address)
    card = bench.channel
    initiated = download_steps.initiate_authentication(card, es9)
    if until != "initiated":
        authenticated = download_steps.authenticate(
            card, es9, initiated, matching_id=order.matching_id
        )
    if until in STEPS[2:]:
        prepared = download_steps.prepare_download(card, authenticated)
    if until in STEPS[3:]:
        bpp = download_steps.get_bound_profile_package(es9, prepared)
    if until == "loading":
        for segment in segments(bpp)[:5]:
            assert card.load_segment(segment) == (b"", 0x9000)
    return es9, initiated.transaction_id


@pytest.mark.parametrize("step", STEPS[1:])
@pytest.mark.parametrize("reason", list(CancelSessionReason), ids=lambda reason: reason.name)
def test_session_is_cancelled_at_every_step(bench, step, reason):
    es9, transaction_id = advance(bench, bench.order(), step)
    answer = download_steps.cancel_session(bench.channel, es9, transaction_id, reason)
    assert answer.cancel_session_response_ok is not None
    assert bench.profiles() == ()
    repeated = download_steps.cancel_session(bench.channel, None, transaction_id, reason)
    assert repeated.cancel_session_response_error == 5
    again = CancelSessionRequest(
        transaction_id=transaction_id, cancel_session_response=answer.encode()
    )
    with pytest.raises(ServerRefusedError) as caught:
        es9.cancel_session(again)
    assert caught.value.code == "8.10.1/3.9"


def test_session_before_authentication_cannot_be_cancelled_with_a_signature(bench):
    es9, transaction_id = advance(bench, bench.order(), "initiated")
    reason = CancelSessionReason.postponed
    answer = download_steps.cancel_session(bench.channel, es9, transaction_id, reason)
    assert answer.cancel_session_response_ok is None


@pytest.mark.parametrize("step", STEPS)
def test_download_after_an_abandoned_session_succeeds(bench, step):
    order = bench.order()
    advance(bench, order, step)
    bench.download(bench.order(OPERATIONAL_2))
    assert [one.iccid for one in bench.profiles()] == [OPERATIONAL_2.metadata.iccid]


def test_exception_between_steps_cancels_at_card_and_server(bench):
    order = bench.order()
    es9 = Es9Client(bench.port, bench.server.identity.address)
    initiated = download_steps.initiate_authentication(bench.channel, es9)

    def interrupted():
        with OpenSession(bench.channel, es9, initiated):
            download_steps.authenticate(
                bench.channel, es9, initiated, matching_id=order.matching_id
            )
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert [one.function for one in bench.server.history][-1] == "cancelSession"
    bench.download(order)


def test_second_download_of_a_profile_fails_and_is_reported_to_the_server(bench):
    bench.download(bench.order())
    order = bench.order()
    with pytest.raises(InstallationFailedError) as caught:
        bench.download(order)
    assert caught.value.code == "installFailedDueToIccidAlreadyExistsOnEuicc(9)"
    notification = bench.server.notifications[-1]
    assert (notification.event, notification.verdict) == (
        "installFailedDueToIccidAlreadyExistsOnEuicc at storeMetadata",
        "accepted",
    )
    assert bench.state(order) is not OrderState.INSTALLED
    assert len(bench.profiles()) == 1


def test_profile_with_rule_asks_for_consent_and_cannot_be_deleted(bench):
    asked = []

    class Asked(AutomaticUser):
        def agrees(self, _metadata, *, strong):
            asked.append(strong)

    iccid = bench.download(bench.order(WITH_PPR2), user=Asked()).iccid
    assert asked == [True]
    with pytest.raises(RemoteError) as caught:
        local_management.delete_profile(bench.channel, iccid)
    assert caught.value.code == "disallowedByPolicy(3)"


def test_ppr1_beside_an_operational_profile_is_not_offered_to_the_user(bench):
    bench.download(bench.order())
    with pytest.raises(ServerRefusedError) as caught:
        bench.download(bench.order(WITH_PPR1))
    assert caught.value.code == "8.2.5/4.3"
    assert len(bench.profiles()) == 1


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("es9.server_signature1.flip_bit", "invalidSignature(2)"),
        ("es9.smdp_signature2.flip_bit", "invalidSignature(2)"),
    ],
)
def test_card_that_does_not_trust_the_server_stops(bench, fault, code):
    order = bench.order()
    with bench.server.fault(fault), pytest.raises(RemoteError) as caught:
        bench.download(order)
    assert caught.value.code == code
    bench.download(order)


_ANSWER_FAULTS = [fault.name for fault in FAULTS if fault.name.startswith(("es9.answer", "http."))]


@pytest.mark.parametrize(
    ("fault", "function"),
    [(fault.name, "") for fault in FAULTS if fault.point not in OF_CONNECTIONS]
    + [
        (name, function)
        for name in _ANSWER_FAULTS
        for function in ("authenticateClient", "getBoundProfilePackage", "handleNotification")
    ],
)
def test_faulty_server_leaves_no_partial_download(fault, function):
    two = fault.endswith(("other_curve", "under_other_root"))
    bench = Bench(None if two else Curve.NIST_P256)
    order = bench.order()
    limited = {"function": function} if function else {}
    installed = 1
    with bench.server.fault(fault, **limited):
        try:
            bench.download(order)
        except RspError:
            installed = 0
    assert len(bench.profiles()) == installed
    bench.download(bench.order(OPERATIONAL_2))
    assert len(bench.profiles()) == installed + 1


def test_enable_disable_delete_make_notifications_that_are_delivered(bench):
    iccid = bench.download(bench.order()).iccid
    notification_delivery.deliver_all(
        bench.channel, bench.port, notification_delivery.retrieve_notifications(bench.channel)
    )
    before = len(bench.server.notifications)
    assert (
        local_management.enable_profile(bench.channel, iccid).profile_state == ProfileState.enabled
    )
    assert (
        local_management.disable_profile(bench.channel, iccid).profile_state
        == ProfileState.disabled
    )
    local_management.delete_profile(bench.channel, iccid)
    waiting = notification_delivery.retrieve_notifications(bench.channel)
    assert [one.metadata.profile_management_operation for one in waiting] == [
        {NotificationEvent.notificationEnable},
        {NotificationEvent.notificationDisable},
        {NotificationEvent.notificationDelete},
    ]
    deliveries = notification_delivery.deliver_all(bench.channel, bench.port, waiting)
    assert [one.error for one in deliveries] == [None] * 3
    assert notification_delivery.retrieve_notifications(bench.channel) == ()
    assert [one.verdict for one in bench.server.notifications][before:] == ["accepted"] * 3


def test_notification_stays_when_its_server_is_unreachable(bench):
    bench.download(bench.order())
    iccid = OPERATIONAL.metadata.iccid
    notification_delivery.deliver_all(
        bench.channel, bench.port, notification_delivery.retrieve_notifications(bench.channel)
    )
    local_management.enable_profile(bench.channel, iccid)
    nowhere = InProcessPort()
    waiting = notification_delivery.retrieve_notifications(bench.channel)
    [delivery] = notification_delivery.deliver_all(bench.channel, nowhere, waiting)
    assert delivery.error is not None
    assert notification_delivery.retrieve_notifications(bench.channel) == waiting
    notification_delivery.remove_notification(bench.channel, waiting[0].metadata.seq_number)
    assert notification_delivery.retrieve_notifications(bench.channel) == ()


def test_result_the_server_does_not_accept_stays_on_the_card(bench):
    class Unreachable:
        def post(self, address, path, headers, body):
            if path.endswith("handleNotification"):
                raise ServerUnreachableError("gone")
            return bench.port.post(address, path, headers, body)

    order = bench.order()
    code = ActivationCode.parse(order.activation_code)
    done = download(bench.channel, Unreachable(), code, user=AutomaticUser())
    assert done.unreported == "gone"
    assert bench.state(order) is OrderState.DOWNLOADED
    waiting = notification_delivery.retrieve_notifications(bench.channel)
    assert waiting[0].raw == done.result.encode()
    notification_delivery.deliver_all(bench.channel, bench.port, waiting)
    assert bench.state(order) is OrderState.INSTALLED


@pytest.mark.parametrize("refresh", [True, False])
def test_switch_between_two_profiles(bench, refresh):
    first = bench.download(bench.order()).iccid
    second = bench.download(bench.order(OPERATIONAL_2)).aid
    local_management.enable_profile(bench.channel, first, refresh=refresh)
    local_management.enable_profile(bench.channel, second, refresh=refresh)
    states = {one.isdp_aid == second: one.profile_state for one in bench.profiles()}
    assert states == {True: ProfileState.enabled, False: ProfileState.disabled}


def test_enabled_profile_cannot_be_enabled_or_deleted(bench):
    iccid = bench.download(bench.order()).iccid
    local_management.enable_profile(bench.channel, iccid)
    for call in (local_management.enable_profile, local_management.delete_profile):
        with pytest.raises(RemoteError) as caught:
            call(bench.channel, iccid)
        assert caught.value.code == "profileNotInDisabledState(2)"


def test_nickname_address_and_memory_reset(bench):
    iccid = bench.download(bench.order()).iccid
    local_management.set_nickname(bench.channel, iccid, "Ünterwegs")
    assert bench.profiles()[0].profile_nickname == "Ünterwegs"
    local_management.set_default_address(bench.channel, "smdp.example.com")
    assert local_management.read_addresses(bench.channel).default_dp_address == "smdp.example.com"
    local_management.enable_profile(bench.channel, iccid)
    assert local_management.memory_reset(
        bench.channel, frozenset({ResetOption.deleteOperationalProfiles})
    )
    assert bench.profiles() == ()
    assert not local_management.memory_reset(
        bench.channel, frozenset({ResetOption.deleteOperationalProfiles})
    )


def test_summary_shows_the_values_of_the_card(bench):
    read = read_card(bench.channel)
    assert [part.problem for part in read.parts] == [""] * 5
    assert read.eid.found.values["eid_value"] == EID
    assert len(read.info2.found.values["euicc_ci_pkid_list_for_signing"]) == 2


def test_segment_before_a_session_is_refused(bench):
    _, sw = bench.channel.load_segment(bytes.fromhex("BF3605BF23020000"))
    assert sw in (0x6985, 0x6A88, 0x6A80)


def test_new_challenge_ends_a_session(bench):
    es9, transaction_id = advance(bench, bench.order(), "authenticated")
    bench.channel.send(GetEuiccChallengeRequest())
    answer = download_steps.cancel_session(
        bench.channel, es9, transaction_id, CancelSessionReason.postponed
    )
    assert answer.cancel_session_response_error == 5
