"""ES9+.ConfirmDeviceChange: hands over the activation code for the next device (v3.1, 5.6.6).

The Profile is ordered anew for the next device before the answer; it can be downloaded when the old
one is gone. The data go in clear, or encrypted where the policy `change_encrypted` says so and the
card offered a key.
"""

from collections.abc import Mapping
from datetime import timedelta
from hmac import compare_digest
from typing import Final

from rspcore import tlv
from rspcore.crypto.bsp import Bsp
from rspcore.crypto.confirmation import hash_cc
from rspcore.crypto.kdf import KEY_LENGTH, KEY_TYPE_AES, session_keys
from rspcore.crypto.keys import PrivateKey, PublicKey
from rspcore.errors import CryptoError
from rspcore.frozen import dataclass, replace
from rspcore.ids import TransactionId
from rspcore.messages.es9p import StatusCodeData
from rspcore.messages.v3.device_change import (
    DeviceChangeData,
    PrepareDeviceChangeResponse,
    PrepareDeviceChangeResponseOk,
)
from rspcore.messages.v3.server_functions import (
    ConfirmDeviceChangeRequest,
    ConfirmDeviceChangeResponse,
)
from rspcore.tags import Tag
from rspsim.smdpp import fault_points
from rspsim.smdpp.protocol.changes import dp_auth_signer
from rspsim.smdpp.protocol.es9p_function import Environment, Es9pFunction, Outcome
from rspsim.smdpp.status_codes import (
    CONFIRMATION_CODE_MISSING,
    CONFIRMATION_CODE_REFUSED,
    CONFIRMATION_CODE_RETRIES_EXCEEDED,
    EUICC_VERIFICATION_FAILED,
    TRANSACTION_UNKNOWN,
)
from rspsim.smdpp.stock.operations import Operation, OperationKind, OperationState
from rspsim.smdpp.stock.orders import Order
from rspsim.smdpp.stock.sessions import Session, Stage

__all__ = ["FUNCTION"]

NAME: Final = "confirmDeviceChange"
_TRIES: Final = 3
"""Confirmation Codes that may be wrong before the Device Change ends."""
_VALIDITY: Final = timedelta(days=30)
"""How long a Profile can be recovered."""


@dataclass(frozen=True, slots=True)
class Content:
    """A request that could be read.

    Attributes:
        transaction_id: TransactionID of the JSON object.
        ok: What the card signed, or None when it sent an error.
        error_code: downloadErrorCode, or None.
    """

    transaction_id: TransactionId
    ok: PrepareDeviceChangeResponseOk | None
    error_code: int | None


def read(body: Mapping[str, object]) -> Content:
    """Reads the request and PrepareDeviceChangeResponse.

    Raises:
        DecodeError: a member or a data object is missing or has the wrong form.
    """
    request = ConfirmDeviceChangeRequest.from_json(body)
    response = PrepareDeviceChangeResponse.decode(request.prepare_device_change_response)
    error = response.prepare_device_change_response_error
    return Content(
        request.transaction_id,
        response.prepare_device_change_response_ok,
        None if error is None else error.download_error_code,
    )


def run(environment: Environment, content: Content) -> Outcome:
    """Hands over the activation code, or refuses."""
    now = environment.clock.now()
    session = environment.sessions.live(content.transaction_id, now, Stage.AUTHENTICATED)
    operation = _of_session(environment, content.transaction_id)
    if session is None or session.client is None or operation is None or operation.iccid is None:
        return Outcome(
            answer=TRANSACTION_UNKNOWN(
                "no session for a Device Change has this TransactionID",
                identifier=str(content.transaction_id),
            )
        )
    if content.ok is None:
        refused = EUICC_VERIFICATION_FAILED(
            f"the card did not prepare: downloadErrorCode {content.error_code!r}"
        )
        return Outcome(answer=refused, sessions=(session.ended(),))
    covered = environment.policy.signatures_covered
    signed3 = content.ok.euicc_signed3.raw or b""
    key = session.client.certificate.public_key
    data = signed3 + (operation.content if covered else b"")
    if key is None or not key.verify(content.ok.euicc_signature3, data):
        refused = EUICC_VERIFICATION_FAILED("euiccSignature3 does not verify euiccSigned3")
        return Outcome(answer=refused)
    refusal = _code_refusal(environment, content.ok, session, operation)
    if refusal is not None:
        return _with_try(refusal, session, operation)
    return _handed_over(environment, content.ok, session, operation)


def _of_session(environment: Environment, transaction_id: TransactionId) -> Operation | None:
    found = (
        one
        for one in environment.operations.all()
        if one.kind is OperationKind.DEVICE_CHANGE and one.session == transaction_id
    )
    return next(found, None)


def _code_refusal(
    environment: Environment,
    ok: PrepareDeviceChangeResponseOk,
    session: Session,
    operation: Operation,
) -> StatusCodeData | None:
    code = operation.code or environment.policy.change_code
    given = ok.euicc_signed3.hash_cc
    if not code:
        return None
    if given is None:
        return CONFIRMATION_CODE_MISSING("euiccSigned3 has no hashCc")
    if compare_digest(given, hash_cc(code, session.transaction_id)):
        return None
    tries = operation.tries + 1
    if tries >= _TRIES:
        return CONFIRMATION_CODE_RETRIES_EXCEEDED(f"{tries} wrong Confirmation Codes")
    return CONFIRMATION_CODE_REFUSED(f"hashCc does not fit; {_TRIES - tries} tries are left")


def _with_try(refusal: StatusCodeData, session: Session, operation: Operation) -> Outcome:
    """Counts a wrong code; the session goes on until none is left."""
    if CONFIRMATION_CODE_MISSING.names(refusal):
        return Outcome(answer=refusal)
    counted = replace(operation, tries=operation.tries + 1)
    if not CONFIRMATION_CODE_RETRIES_EXCEEDED.names(refusal):
        return Outcome(answer=refusal, operations=(counted,))
    ended = replace(counted, state=OperationState.ENDED)
    return Outcome(answer=refusal, sessions=(session.ended(),), operations=(ended,))


def _handed_over(
    environment: Environment,
    ok: PrepareDeviceChangeResponseOk,
    session: Session,
    operation: Operation,
) -> Outcome:
    order = environment.orders.get(session.order or 0)
    following = environment.orders.for_next_device(_for_next(environment, operation, order))
    policy, until = environment.policy, environment.clock.now() + _VALIDITY
    data = DeviceChangeData(
        iccid=order.iccid,
        activation_code_for_dc=following.activation_code,
        delete_old_profile=policy.change_deletes or None,
        delete_notification_for_dc_support=policy.change_deletes or None,
        notification_address=environment.identity.address if policy.change_deletes else None,
        profile_recovery_support=True,
        profile_recovery_validity_period=until,
    )
    through = environment.faults.through
    content = through(fault_points.CHANGE_DATA, data, NAME).encode()
    if policy.change_encrypted and ok.euicc_signed3.eac_euicc_otpk is not None:
        content = _encrypted(environment, session, ok.euicc_signed3.eac_euicc_otpk, content)
    signed = tlv.encode(
        Tag.Sequence,
        tlv.encode(0x80, session.transaction_id.octets),
        tlv.encode(0xA1, content),
    )
    signed = through(fault_points.SMDP_SIGNED5, signed, NAME)
    signer = dp_auth_signer(environment, session, NAME)
    last = tlv.encode(Tag.Signature, ok.euicc_signature3) if policy.signatures_covered else b""
    answer = ConfirmDeviceChangeResponse(
        transaction_id=session.transaction_id,
        smdp_signed5=signed,
        smdp_signature5=tlv.encode(Tag.Signature, signer.sign(signed + last)),
    )
    done = replace(operation, state=OperationState.DONE)
    return Outcome(answer=answer, sessions=(session.ended(),), operations=(done,))


def _for_next(environment: Environment, operation: Operation, order: Order) -> Order:
    """Returns the order of the Profile for the next device: the operator's, where it named one."""
    if operation.next_iccid is None:
        return order
    named = environment.orders.stock.of_profile(operation.next_iccid)
    return order if named is None else named


def _encrypted(environment: Environment, session: Session, otpk: bytes, content: bytes) -> bytes:
    """Returns encryptedDeviceChangeData (A1) for a card; the clear data where its key is none."""
    try:
        point = PublicKey.from_point(session.curve, otpk)
    except CryptoError:
        return content
    own = PrivateKey.from_random(session.curve, environment.rng.octets(48))
    host_id = environment.rng.octets(8)
    assert session.client is not None  # noqa: S101  the caller looked
    keys = session_keys(own.agree(point), host_id=host_id, eid=session.client.eid)
    protected, _ = Bsp(keys).protect(Tag.Protected87, content)
    template = tlv.encode(
        0xA6,
        tlv.encode(0x80, bytes((KEY_TYPE_AES,))),
        tlv.encode(0x81, bytes((KEY_LENGTH,))),
        tlv.encode(0x84, host_id),
    )
    key = tlv.encode(Tag.OneTimePublicKey, own.public.point)
    whole = tlv.encode(0xA1, template, key, tlv.encode(0xA1, protected))
    return environment.faults.through(fault_points.CHANGE_PROTECTED, whole, NAME)


FUNCTION: Final = Es9pFunction(name=NAME, read=read, run=run)
