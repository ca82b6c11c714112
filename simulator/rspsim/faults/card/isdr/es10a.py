"""Faults of ES10a: the configured addresses."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from rspcore import tlv
from rspcore.messages.es10a import EuiccConfiguredAddressesResponse, SetDefaultDpAddressRequest
from rspcore.messages.metadata import NotificationEvent
from rspcore.messages.notifications import NotificationMetadata
from rspcore.tags import Tag
from rspsim.euicc import startup
from rspsim.euicc.decisions import Decisions
from rspsim.euicc.isdr import dispatch
from rspsim.euicc.isdr.es10a import set_default_dp_address
from rspsim.euicc.isdr.es10a.get_euicc_configured_addresses import GET_EUICC_CONFIGURED_ADDRESSES
from rspsim.euicc.isdr.es10a.set_default_dp_address import SET_DEFAULT_DP_ADDRESS
from rspsim.euicc.isdr.es10c import delete_profile, euicc_memory_reset
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.state import CardState, PendingNotification, Profile
from rspsim.faults.card.card_fault import CardFault, Change, answering_data, behind, swap

__all__ = ["FAULTS"]

Answer = EuiccConfiguredAddressesResponse


def _with_address(state: CardState, address: str | None) -> CardState:
    return replace(state, addresses=replace(state.addresses, default_dp=address))


def _never_removed(state: CardState, address: str) -> CardState:
    return _with_address(state, address) if address else state


def _first_address_kept(state: CardState, address: str) -> CardState:
    return state if state.addresses.default_dp and address else _with_address(state, address)


def _half_address(state: CardState, /) -> CardState:
    """Returns a state with the first half of the default address."""
    address = state.addresses.default_dp or ""
    return _with_address(state, address[: len(address) // 2] or None)


def _stored_with_notification(state: CardState, address: str) -> CardState:
    """Returns a state with an address, and with a notification that was not requested."""
    number = state.next_seq_number
    event = NotificationEvent.notificationInstall
    metadata = NotificationMetadata(
        seq_number=number,
        profile_management_operation=frozenset({event}),
        notification_address=address,
    ).encode()
    pending = PendingNotification(
        seq_number=number, event=event, metadata=metadata, octets=metadata
    )
    changed = _with_address(state, address or None)
    notifications = (*changed.notifications, pending)
    return replace(changed, notifications=notifications, next_seq_number=number + 1)


def _removed_with_address(state: CardState, decisions: Decisions, profile: Profile) -> CardState:
    return _with_address(delete_profile.REMOVED.standard(state, decisions, profile), None)


def _missing_is_empty(decisions: Decisions) -> Decisions:
    """Handles a request without an address as one with an empty address."""

    def removed(view: View) -> Outcome:
        return SET_DEFAULT_DP_ADDRESS.handle(
            SetDefaultDpAddressRequest(default_dp_address=""), view
        )

    table = decisions[dispatch.FUNCTIONS]
    lenient = replace(SET_DEFAULT_DP_ADDRESS, malformed=removed)
    return decisions.having(dispatch.FUNCTIONS, {**table, lenient.tag: lenient})


def _answered_with(change: Callable[[Answer, CardState], Answer]) -> Change:
    """Returns a change of what GetEuiccConfiguredAddresses answers."""

    def changed(outcome: Outcome, view: View) -> Outcome:
        answer = change(Answer.decode(outcome.response.data), view.state)
        return answering_data(outcome, answer.encode())

    return behind(GET_EUICC_CONFIGURED_ADDRESSES, changed)


def _empty_address_added(outcome: Outcome, _view: View) -> Outcome:
    """Adds an empty default address to an answer that has none."""
    whole = tlv.parse(outcome.response.data)
    first = b"" if whole.find(0x80) else tlv.encode(0x80)
    data = tlv.encode(Tag.GetEuiccConfiguredAddresses, first, whole.value)
    return answering_data(outcome, data)


def _empty_when_enabled(answer: Answer, state: CardState) -> Answer:
    return answer if state.enabled_profile is None else replace(answer, root_ds_address="")


def _reset_without_address(outcome: Outcome, view: View) -> Outcome:
    address = view.state.addresses.default_dp
    return replace(outcome, state=_with_address(outcome.state, address))


FAULTS: Final = (
    CardFault(
        "es10a.get-euicc-configured-addresses.default-left-out",
        "The default SM-DP+ address is not returned.",
        (
            "ES10a.GetEuiccConfiguredAddresses#01",
            "ES10a.SetDefaultDpAddress#01",
            "ES10a.SetDefaultDpAddress#02",
        ),
        _answered_with(lambda answer, _state: replace(answer, default_dp_address=None)),
    ),
    CardFault(
        "es10a.get-euicc-configured-addresses.empty-present",
        "A default SM-DP+ address that is not set is returned as an empty one.",
        ("ES10a.GetEuiccConfiguredAddresses#02", "ES10a.SetDefaultDpAddress#03"),
        behind(GET_EUICC_CONFIGURED_ADDRESSES, _empty_address_added),
    ),
    CardFault(
        "es10a.get-euicc-configured-addresses.other-root",
        "The address of another root SM-DS is returned.",
        ("ES10a.GetEuiccConfiguredAddresses#03",),
        _answered_with(lambda answer, _state: replace(answer, root_ds_address="ds.example.net")),
    ),
    CardFault(
        "es10a.get-euicc-configured-addresses.root-empty",
        "With a Profile Enabled the address of the root SM-DS is empty.",
        ("ES10a.GetEuiccConfiguredAddresses#04", "ES10a.GetEuiccConfiguredAddresses#08"),
        _answered_with(_empty_when_enabled),
    ),
    CardFault(
        "es10a.set-default-dp-address.not-stored",
        "A new default SM-DP+ address is confirmed and not stored.",
        ("ES10a.SetDefaultDpAddress#01", "ES10a.SetDefaultDpAddress#02"),
        swap(set_default_dp_address.STORED, lambda state, _address: state),
    ),
    CardFault(
        "es10a.set-default-dp-address.only-first",
        "A default SM-DP+ address that is set is not replaced.",
        ("ES10a.SetDefaultDpAddress#02",),
        swap(set_default_dp_address.STORED, _first_address_kept),
    ),
    CardFault(
        "es10a.set-default-dp-address.empty-ignored",
        "An empty default SM-DP+ address does not remove the stored one.",
        ("ES10a.SetDefaultDpAddress#03",),
        swap(set_default_dp_address.STORED, _never_removed),
    ),
    CardFault(
        "es10a.set-default-dp-address.cut",
        "A default SM-DP+ address is cut after 128 characters.",
        ("ES10a.SetDefaultDpAddress#07", "ES10a.SetDefaultDpAddress#12"),
        swap(
            set_default_dp_address.STORED,
            lambda state, address: _with_address(state, address[:128] or None),
        ),
    ),
    CardFault(
        "es10a.set-default-dp-address.missing-is-empty",
        "A request without an address removes the stored one.",
        ("ES10a.SetDefaultDpAddress#11",),
        _missing_is_empty,
    ),
    CardFault(
        "es10a.set-default-dp-address.leaves-notification",
        "Setting a default SM-DP+ address leaves a notification.",
        ("ES10a.SetDefaultDpAddress#13",),
        swap(set_default_dp_address.STORED, _stored_with_notification),
    ),
    CardFault(
        "es10a.default-address.half-after-reset",
        "After a reset only half of the default SM-DP+ address is left.",
        (
            "ES10b.AuthenticateServer#91",
            "ES10a.GetEuiccConfiguredAddresses#08",
            "ES10a.SetDefaultDpAddress#04",
            "ES10a.SetDefaultDpAddress#12",
        ),
        swap(startup.KEPT, _half_address),
    ),
    CardFault(
        "es10a.default-address.gone-with-profile",
        "Deleting a Profile removes the default SM-DP+ address.",
        ("ES10a.GetEuiccConfiguredAddresses#08", "ES10a.SetDefaultDpAddress#05"),
        swap(delete_profile.REMOVED, _removed_with_address),
    ),
    CardFault(
        "es10a.default-address.outlives-memory-reset",
        "A memory reset never clears the default SM-DP+ address.",
        ("ES10a.SetDefaultDpAddress#06",),
        behind(euicc_memory_reset.EUICC_MEMORY_RESET, _reset_without_address),
    ),
)
