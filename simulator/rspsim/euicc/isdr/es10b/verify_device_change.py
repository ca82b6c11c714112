"""ES10b.VerifyDeviceChange: what goes to the next device, and the end of the old Profile.

The data come clear, or protected like a BoundProfilePackage under keys agreed with the one-time key
of PrepareDeviceChange: counter 1 and chaining value from the derivation, which is a choice. With
deleteOldProfile the Profile is deleted in the same step as the answer is made; its Notifications
are those of a local deletion, and with deleteNotificationForDcSupport one of its own (BF63) waits
among them.

Source: SGP.22 v3.1, 3.11.1 and 5.7.
"""

from functools import cached_property
from typing import Final

from rspcore import tlv
from rspcore.crypto.bsp import Bsp, BspError
from rspcore.crypto.kdf import KEY_LENGTH, KEY_TYPE_AES, session_keys
from rspcore.crypto.keys import PublicKey
from rspcore.errors import CryptoError, DecodeError
from rspcore.frozen import dataclass, replace
from rspcore.messages.metadata import PprId
from rspcore.messages.v3.device_change import (
    DeleteNotificationForDc,
    DeviceChangeData,
    EncryptedDeviceChangeData,
    VerifyDeviceChangeError,
    VerifyDeviceChangeRequest,
    VerifyDeviceChangeResponse,
)
from rspcore.messages.v3.installation_results import NotificationMetadata
from rspcore.messages.v3.profile_metadata import NotificationEvent
from rspcore.messages.v3.server_authentication import CtxParamsForDeviceChange
from rspcore.tags import Tag
from rspsim.euicc import isdp, notifications
from rspsim.euicc.decisions import Check, Checks, Decision, Decisions, first_refusal
from rspsim.euicc.isdr.es10_function import Function, Interface
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.security import change_session, ecasd
from rspsim.euicc.session import SessionEvent
from rspsim.euicc.session_context import AuthenticatedServer, PreparedChange
from rspsim.euicc.state import CardState, Profile

__all__ = ["ANSWERED", "CHECKS", "DELETED", "NOTIFIED", "VERIFY_DEVICE_CHANGE", "HandoverAttempt"]


@dataclass(frozen=True)
class HandoverAttempt:
    """A request and the view for its checks."""

    request: VerifyDeviceChangeRequest
    view: View

    @property
    def server(self) -> AuthenticatedServer | None:
        """Returns the server of the session."""
        return self.view.session.server

    @property
    def change(self) -> PreparedChange | None:
        """Returns what PrepareDeviceChange established."""
        return self.view.session.change

    @property
    def session_open(self) -> bool:
        """Returns whether a Device Change was prepared."""
        return self.change is not None and self.view.permits(SessionEvent.CHANGE_VERIFIED)

    @property
    def signature_fits(self) -> bool:
        """Returns whether smdpSignature5 is good."""
        signed, last = self.request.smdp_signed5.encode(), b""
        if self.change is not None:
            last = self.change.euicc_signature3
        signature = self.request.smdp_signature5
        return change_session.verifies(self.view, self.server, signature, signed, last)

    @property
    def transaction_fits(self) -> bool:
        """Returns whether the server names the session's TransactionID."""
        named = self.request.smdp_signed5.transaction_id
        return self.server is not None and named == self.server.transaction_id

    @property
    def encrypted(self) -> EncryptedDeviceChangeData | None:
        """Returns the protected data, None where they come clear."""
        return self.request.smdp_signed5.device_change_response.encrypted_device_change_data

    @property
    def template_supported(self) -> bool:
        """Returns whether the keys asked for are AES-128."""
        if self.encrypted is None:
            return True
        template = self.encrypted.control_ref_template
        wanted = (bytes((KEY_TYPE_AES,)), bytes((KEY_LENGTH,)))
        return (template.key_type, template.key_len) == wanted

    @cached_property
    def data(self) -> DeviceChangeData | None:
        """Returns the data in clear, None where they cannot be opened or read."""
        clear = self.request.smdp_signed5.device_change_response.device_change_data
        if clear is not None or self.encrypted is None:
            return clear
        key = None if self.change is None else self.change.one_time_key
        if key is None:
            return None
        try:
            point = PublicKey.from_point(key.curve, self.encrypted.eac_smdp_otpk)
            host_id = self.encrypted.control_ref_template.host_id
            keys = session_keys(key.agree(point), host_id=host_id, eid=self.view.state.eid)
            bsp, content = Bsp(keys), b""
            for protected in self.encrypted.sequence_of87:
                one = tlv.parse(tlv.encode(Tag.Protected87, protected))
                piece, bsp = bsp.unprotect(one)
                content += piece
            return DeviceChangeData.decode(content)
        except (CryptoError, BspError, DecodeError):
            return None

    @property
    def iccid_fits(self) -> bool:
        """Returns whether the data are of the Profile that the session is for."""
        if self.data is None or self.server is None:
            return False
        asked = CtxParamsForDeviceChange.decode(self.server.ctx_params1)
        return self.data.iccid == asked.iccid

    @property
    def to_delete(self) -> Profile | None:
        """Returns the Profile to delete, None where it stays."""
        if self.data is None or not self.data.delete_old_profile:
            return None
        return self.view.state.profile_by_iccid(self.data.iccid)

    @property
    def disabled(self) -> bool:
        """Returns whether the Profile to delete is disabled."""
        return self.to_delete is None or not self.to_delete.enabled

    @property
    def policy_allows(self) -> bool:
        """Returns whether PPR2 lets the Profile be deleted."""
        return self.to_delete is None or PprId.ppr2 not in self.to_delete.policy_rules


_E = VerifyDeviceChangeError

CHECKS: Final[Decision[Checks[HandoverAttempt]]] = Decision(
    "es10b.verify_device_change",
    (
        Check("session_open", lambda a: a.session_open, _E.noSession),
        Check("smdp_signature5", lambda a: a.signature_fits, _E.invalidSignature),
        Check("transaction_id", lambda a: a.transaction_fits, _E.invalidTransactionId),
        Check("control_ref_template", lambda a: a.template_supported, _E.unsupportedCrtValues),
        Check("data", lambda a: a.data is not None, _E.invalidData),
        Check("iccid", lambda a: a.iccid_fits, _E.invalidData),
        Check("profile_disabled", lambda a: a.disabled, _E.profileNotInDisabledState),
        Check("policy", lambda a: a.policy_allows, _E.disallowedByPolicy),
    ),
    "checks of VerifyDeviceChange",
)


def _answered(data: DeviceChangeData, /) -> DeviceChangeData:
    return data


def _deleted(state: CardState, decisions: Decisions, profile: Profile, /) -> CardState:
    return isdp.removed(state, decisions, profile)


def _notified(
    state: CardState, decisions: Decisions, server: AuthenticatedServer, data: DeviceChangeData, /
) -> CardState:
    """Returns a state in which the Notification for the next device waits."""
    event = NotificationEvent.notificationLocalDelete
    metadata = NotificationMetadata(
        seq_number=state.next_seq_number,
        profile_management_operation=frozenset({event}),
        notification_address=data.notification_address or server.address,
        iccid=data.iccid,
    )
    signature = ecasd.sign(state, decisions, server.ci_pkid, metadata.encode())
    whole = DeleteNotificationForDc(
        notification_metadata=metadata, euicc_notification_signature=signature
    )
    return notifications.appended(state, decisions, event, metadata, whole.encode())


ANSWERED: Final = Decision("es10b.verify_device_change.answered", _answered, "data as answered")
DELETED: Final = Decision(
    "es10b.verify_device_change.deleted", _deleted, "state after the old Profile was deleted"
)
NOTIFIED: Final = Decision(
    "es10b.verify_device_change.notified",
    _notified,
    "state with the Notification for Device Change",
)


def _handle(request: VerifyDeviceChangeRequest, view: View) -> Outcome:
    attempt = HandoverAttempt(request, view)
    refusal = first_refusal(view.decisions[CHECKS], attempt)
    server, data = attempt.server, attempt.data
    if refusal is not None or server is None or data is None:
        code = _E.undefinedError if refusal is None else refusal
        return view.answer(VerifyDeviceChangeResponse(verify_device_change_error=code))
    state, profile = view.state, attempt.to_delete
    if profile is not None:
        state = view.decisions[DELETED](state, view.decisions, profile)
        if data.delete_notification_for_dc_support:
            state = view.decisions[NOTIFIED](state, view.decisions, server, data)
    return view.answer(
        VerifyDeviceChangeResponse(verify_device_change_ok=view.decisions[ANSWERED](data)),
        state=state,
        volatile=replace(view.volatile, session=view.session_after(SessionEvent.CHANGE_VERIFIED)),
    )


VERIFY_DEVICE_CHANGE: Final = Function(
    "ES10b.VerifyDeviceChange",
    VerifyDeviceChangeRequest,
    _handle,
    Interface.ES10B,
    available=change_session.available,
)
