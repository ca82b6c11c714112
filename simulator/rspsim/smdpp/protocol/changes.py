"""A Device Change or a recovery as the answer to ES9+.AuthenticateClient (SGP.22 v3.1, 3.11).

The Profile has to be installed on the card of the session by an order of this server, with
requestToDp in its metadata. A recovery is for a Profile whose Device Change is done and whose new
order has failed for good. A server whose policy delays Device Changes signs when to ask again.

The code pairs of the refusals are not public; those here have the subjects of the Profile.
"""

from datetime import datetime
from typing import Final

from rspcore import tlv
from rspcore.errors import DecodeError
from rspcore.frozen import dataclass, replace
from rspcore.ids import Iccid, Version
from rspcore.messages.es10b import AuthenticateResponseOk
from rspcore.messages.v3.device_change import (
    DeleteNotificationForDc,
    RetryData,
    SmdpSigned4,
    SmdpSigned6,
)
from rspcore.messages.v3.profile_metadata import LocalisedTextMessage, StoreMetadataRequest
from rspcore.messages.v3.server_authentication import (
    CtxParamsForDeviceChange,
    CtxParamsForProfileRecovery,
)
from rspcore.messages.v3.server_functions import (
    AuthenticateClientChangeResponse,
    AuthenticateClientDelayedResponse,
)
from rspcore.pki.roles import Role
from rspcore.tags import Tag
from rspsim.smdpp import fault_points
from rspsim.smdpp.identity import Signer
from rspsim.smdpp.protocol.es9p_function import Environment, Outcome
from rspsim.smdpp.protocol.operator_consent import question
from rspsim.smdpp.status_codes import StatusCode
from rspsim.smdpp.stock.operations import Operation, OperationKind, OperationState
from rspsim.smdpp.stock.orders import Order, OrderState
from rspsim.smdpp.stock.sessions import Client, Session, Stage

__all__ = [
    "CHANGE_NOT_ALLOWED",
    "CHANGE_NOT_SUPPORTED",
    "ICCID_OF_CHANGE_UNKNOWN",
    "Asked",
    "dp_auth_signer",
    "minutes_left",
    "offered",
    "old_one_deleted",
    "require_context",
]

NAME: Final = "authenticateClient"
_VERSION_3: Final = Version.from_text("3.0.0")
ICCID_OF_CHANGE_UNKNOWN: Final = StatusCode("8.2.1", "3.9")
CHANGE_NOT_SUPPORTED: Final = StatusCode("8.2.11", "3.7")
CHANGE_NOT_ALLOWED: Final = StatusCode("8.2.11", "3.8")


def dp_auth_signer(environment: Environment, session: Session, function: str = NAME) -> Signer:
    """Returns CERT.DPauth of a session with its key, as a fault leaves it."""
    identity = environment.identity
    leaf = identity.chain(session.variant, Role.DP_AUTH, session.curve).leaf
    signer = Signer(identity, session.curve, leaf)
    return environment.faults.through(fault_points.DP_AUTH_SIGNER, signer, function)


@dataclass(frozen=True, slots=True)
class Asked:
    """What an authenticated card asks for.

    Attributes:
        session: The session.
        client: The card.
        ok: What it signed.
        now: Present time.
        delete_notification: Notification of the old device (BF63), or None.
    """

    session: Session
    client: Client
    ok: AuthenticateResponseOk
    now: datetime
    delete_notification: bytes | None = None

    @property
    def context(self) -> bytes:
        """Returns ctxParams1 as the card signed it."""
        return self.ok.euicc_signed1.ctx_params1

    def signature(self, environment: Environment, signer: Signer, signed: bytes) -> bytes:
        """Returns a signature (5F37) over a signed object, by SK.DPauth."""
        covered = environment.policy.signatures_covered
        last = tlv.encode(Tag.Signature, self.ok.euicc_signature1) if covered else b""
        return tlv.encode(Tag.Signature, signer.sign(signed + last))


def require_context(octets: bytes) -> None:
    """Reads ctxParams1 of a Device Change or a recovery.

    Raises:
        DecodeError: it is neither, or damaged.
    """
    kinds = (CtxParamsForDeviceChange, CtxParamsForProfileRecovery)
    kind = next((one for one in kinds if octets[0] == one.TAG), None)
    if kind is None:
        raise DecodeError(f"ctxParams1 {octets[0]:02X}: expected A0, A1 or A2")
    kind.decode(octets)


def offered(environment: Environment, asked: Asked) -> Outcome | None:
    """Answers a session for a Device Change or a recovery; None for any other session."""
    if environment.policy.version < _VERSION_3:
        return None
    if asked.context[0] == CtxParamsForDeviceChange.TAG:
        return _change(environment, asked)
    if asked.context[0] == CtxParamsForProfileRecovery.TAG:
        return _recovery(environment, asked)
    return None


def _refused(asked: Asked, code: StatusCode, text: str, iccid: Iccid) -> Outcome:
    return Outcome(answer=code(text, identifier=str(iccid)), sessions=(asked.session.ended(),))


def _offer(environment: Environment, asked: Asked, offer: SmdpSigned4) -> tuple[bytes, bytes]:
    """Returns smdpSigned4 (30) and smdpSignature4 (5F37)."""
    signed = environment.faults.through(fault_points.SMDP_SIGNED4, offer, NAME).encode()
    return signed, asked.signature(environment, dp_auth_signer(environment, asked.session), signed)


def _authenticated(asked: Asked, order: Order, signature: bytes) -> Session:
    return replace(
        asked.session,
        stage=Stage.AUTHENTICATED,
        touched=asked.now,
        client=asked.client,
        order=order.number,
        smdp_signature2=signature,
    )


def _change(environment: Environment, asked: Asked) -> Outcome:
    context = CtxParamsForDeviceChange.decode(asked.context)
    iccid = context.iccid
    order = _installed(environment, iccid)
    if order is None:
        return _refused(asked, ICCID_OF_CHANGE_UNKNOWN, "not installed by this server", iccid)
    metadata = StoreMetadataRequest.decode(order.metadata)
    configured = metadata.device_change_configuration
    if configured is None or configured.request_to_dp is None:
        return _refused(asked, CHANGE_NOT_SUPPORTED, "without requestToDp", iccid)
    if order.binding is None or order.binding.eid != asked.client.eid:
        return _refused(asked, CHANGE_NOT_ALLOWED, "installed on another card", iccid)
    session = asked.session
    under_way = _under_way(environment, asked, context)
    minutes = minutes_left(under_way, asked.now)
    if minutes:
        return _delayed(environment, asked, under_way, minutes)
    offer = SmdpSigned4(
        transaction_id=session.transaction_id,
        cc_required_flag=bool(under_way.code or environment.policy.change_code),
    )
    signed, signature = _offer(environment, asked, offer)
    answer = AuthenticateClientChangeResponse(
        transaction_id=session.transaction_id,
        smdp_signed4=signed,
        smdp_signature4=signature,
        service_provider_message_for_dc=_message(under_way.message),
    )
    taken = replace(
        under_way,
        state=OperationState.OFFERED,
        session=session.transaction_id,
        content=signature,
    )
    return Outcome(
        answer=answer,
        sessions=(_authenticated(asked, order, signature),),
        operations=(taken,),
    )


def minutes_left(operation: Operation, now: datetime) -> int:
    """Returns in how many minutes a Device Change is to be asked for again, 0 when it is ready."""
    if operation.asks_operator:
        return 1
    seconds = 0 if operation.ready is None else int((operation.ready - now).total_seconds())
    return max(0, -(-seconds // 60))


def _delayed(environment: Environment, asked: Asked, under_way: Operation, minutes: int) -> Outcome:
    session = asked.session
    retry = RetryData(retry_delay=minutes, dc_session_id=bytes.fromhex(under_way.key))
    delay = SmdpSigned6(transaction_id=session.transaction_id, request_specific_data=retry.encode())
    signed = environment.faults.through(fault_points.SMDP_SIGNED6, delay, NAME).encode()
    signer = dp_auth_signer(environment, session)
    later = AuthenticateClientDelayedResponse(
        transaction_id=session.transaction_id,
        smdp_signed6=signed,
        smdp_signature6=asked.signature(environment, signer, signed),
    )
    return Outcome(answer=later, sessions=(session.ended(),), operations=(under_way,))


def _message(text: str) -> bytes | None:
    """Returns serviceProviderMessageForDc (A1), None for no text."""
    return tlv.encode(0xA1, LocalisedTextMessage(message=text).content()) if text else None


def _installed(environment: Environment, iccid: Iccid) -> Order | None:
    """Returns the newest order by which a Profile is installed, or None."""
    orders = environment.orders.repository.of_iccid(iccid)
    return next((one for one in reversed(orders) if one.state is OrderState.INSTALLED), None)


def old_one_deleted(environment: Environment, octets: bytes | None) -> tuple[Order, ...]:
    """Returns the order of the old device after the next one brought its Notification (BF63).

    Args:
        environment: The server.
        octets: The Notification, or None.

    Returns:
        The order, or nothing where the Notification is not genuine or changes nothing.
    """
    if octets is None:
        return ()
    try:
        given = DeleteNotificationForDc.decode(octets)
    except DecodeError:
        return ()
    metadata = given.notification_metadata
    for one in environment.operations.all():
        if one.kind is not OperationKind.DEVICE_CHANGE or one.iccid != metadata.iccid:
            continue
        session = None if one.session is None else environment.sessions.known(one.session)
        client = None if session is None else session.client
        key = None if client is None else client.certificate.public_key
        # The metadata stand under A0 there, and were signed under their own tag.
        signed = tlv.encode(Tag.NotificationMetadata, metadata.content())
        if key is None or not key.verify(given.euicc_notification_signature, signed):
            continue
        order = None if metadata.iccid is None else _installed(environment, metadata.iccid)
        if order is None or order.binding is None or order.binding.eid != one.eid:
            return ()
        gone = replace(order, deleted_seq=metadata.seq_number)
        return (environment.orders.after_deletion(gone, environment.policy.after_deletion),)
    return ()


def _under_way(
    environment: Environment, asked: Asked, context: CtxParamsForDeviceChange
) -> Operation:
    """Returns the Device Change of this Profile that is open, or a new one.

    For a new one the operator is asked, where the policy says so.
    """
    iccid, policy = context.iccid, environment.policy
    for one in environment.operations.all():
        if one.kind is OperationKind.DEVICE_CHANGE and one.open and one.iccid == iccid:
            return one
    delay = policy.change_delay
    made = Operation(
        key=environment.rng.octets(16).hex(),
        kind=OperationKind.DEVICE_CHANGE,
        eid=asked.client.eid,
        iccid=iccid,
        made=asked.now,
        ready=asked.now + delay if delay else None,
        asks_operator=policy.change_asks_operator and bool(policy.operator_address),
    )
    if made.asks_operator:
        environment.errands.put(question(environment, made, context))
    return made


def _recovery(environment: Environment, asked: Asked) -> Outcome:
    iccid = CtxParamsForProfileRecovery.decode(asked.context).iccid
    order = environment.orders.stock.of_profile(iccid)
    moved = [
        one
        for one in environment.operations.all()
        if one.kind is OperationKind.DEVICE_CHANGE and one.iccid == iccid
    ]
    if order is None or not moved:
        return _refused(asked, ICCID_OF_CHANGE_UNKNOWN, "not moved by this server", iccid)
    if moved[-1].eid != asked.client.eid:
        return _refused(asked, CHANGE_NOT_ALLOWED, "moved from another card", iccid)
    if order.state is not OrderState.ERROR:
        return _refused(
            asked, CHANGE_NOT_ALLOWED, f"the Profile for the next device is {order.state}", iccid
        )
    again = environment.orders.for_next_device(order, asked.client.eid)
    session = asked.session
    offer = SmdpSigned4(
        transaction_id=session.transaction_id,
        cc_required_flag=False,
        activation_code_for_profile_recovery=again.activation_code,
    )
    signed, signature = _offer(environment, asked, offer)
    answer = AuthenticateClientChangeResponse(
        transaction_id=session.transaction_id, smdp_signed4=signed, smdp_signature4=signature
    )
    return Outcome(answer=answer, sessions=(session.ended(),))
