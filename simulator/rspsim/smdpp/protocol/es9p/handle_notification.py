"""ES9+.HandleNotification: records what a card has done, and always answers 204.

Source: SGP.22 v2, 5.6.4 and 3.5.
"""

import operator
from collections.abc import Mapping
from typing import Final

from rspcore import tlv
from rspcore.errors import DecodeError
from rspcore.frozen import dataclass, replace
from rspcore.ids import Eid
from rspcore.messages.es9p import HandleNotificationRequest
from rspcore.messages.es10c import DeleteResult
from rspcore.messages.metadata import NotificationEvent
from rspcore.messages.notifications import (
    ErrorResult,
    NotificationMetadata,
    OtherSignedNotification,
    ProfileInstallationResult,
)
from rspcore.messages.v3.rpm_package import (
    LoadRpmPackageResultDataSigned,
    LoadRpmPackageResultSigned,
    RpmCommandResult,
)
from rspcore.tags import Tag
from rspsim.smdpp.protocol.es9p_function import Environment, Es9pFunction, Outcome, run_checks
from rspsim.smdpp.protocol.euicc_chain import CHAIN_CHECKS, EuiccChain
from rspsim.smdpp.stock.operations import OperationKind, OperationState
from rspsim.smdpp.stock.orders import NotificationPoint, Order, OrderEvent, OrderState
from rspsim.smdpp.stock.receipts import Receipt, Verdict
from rspsim.smdpp.stock.sessions import Session

__all__ = ["FUNCTION", "RESULT_SIGNATURE"]

NAME: Final = "handleNotification"
_OTHER_CERTS: Final = 0xA1
"""Tag of otherCertsInChain in a Notification of version 3."""
RESULT_SIGNATURE: Final = "result_signature"
"""Name of the check of a ProfileInstallationResult's signature, where it is left out."""
_RPM_RESULT: Final = 0xA1
_DATA_TAGS: Final = (Tag.Sequence, 0xA0)
"""Tags under which the signed data of an RPM result may be signed; which is not public."""
_UNREADABLE: Final = "unreadable"


@dataclass(frozen=True, slots=True)
class Content:
    """A notification, decoded as at most one of three kinds; as none when its tag is unknown.

    Attributes:
        octets: The notification as received.
        result: Decoded as ProfileInstallationResult (BF37).
        other: Decoded as OtherSignedNotification (30).
        package: Decoded as LoadRpmPackageResultSigned (A1), of version 3.
    """

    octets: bytes
    result: ProfileInstallationResult | None = None
    other: OtherSignedNotification | None = None
    package: LoadRpmPackageResultSigned | None = None


def read(body: Mapping[str, object]) -> Content:
    """Reads the request and the notification in it.

    Raises:
        DecodeError: the member is missing or not base64. A notification that cannot be read is no
            error: its octets are kept.
    """
    octets = HandleNotificationRequest.from_json(body).pending_notification
    try:
        tag = tlv.parse(octets).tag
        if tag == Tag.ProfileInstallationResult:
            return Content(octets, result=ProfileInstallationResult.decode(octets))
        if tag == Tag.Sequence:
            return Content(octets, other=OtherSignedNotification.decode(octets))
        if tag == _RPM_RESULT:
            package = LoadRpmPackageResultSigned.from_tlv(tlv.parse(octets))
            return Content(octets, package=package)
    except DecodeError:
        return Content(octets)
    return Content(octets)


def unreadable(environment: Environment, error: DecodeError) -> Outcome:  # noqa: ARG001  a hook
    """Answers a request without a notification."""
    return run(environment, Content(b""))


def run(environment: Environment, content: Content) -> Outcome:
    """Checks the notification and decides its effect."""
    if content.result is not None:
        return _result(environment, content.octets, content.result)
    if content.other is not None:
        return _other(environment, content.octets, content.other)
    if content.package is not None:
        return _package(environment, content.octets, content.package)
    receipt = Receipt(
        at=environment.clock.now(),
        kind=_UNREADABLE,
        octets=content.octets,
        verdict=Verdict.UNREADABLE,
    )
    return Outcome(answer=None, receipt=receipt)


def _result(environment: Environment, octets: bytes, result: ProfileInstallationResult) -> Outcome:
    session = environment.sessions.known(result.data.transaction_id)
    number = session.order if session else None
    order = environment.orders.get(number) if number is not None else None
    verdict = _judge_result(environment, result, session, order)
    error = result.data.final_result.error_result
    receipt = Receipt(
        at=environment.clock.now(),
        kind="ProfileInstallationResult",
        octets=octets,
        signed=result.data.raw or b"",
        verdict=verdict,
        event="installed" if error is None else _error_text(error),
        seq_number=result.data.notification_metadata.seq_number,
        eid=session.client.eid if session and session.client else None,
        iccid=result.data.notification_metadata.iccid,
        order=number,
    )
    if verdict is not Verdict.ACCEPTED or session is None or order is None:
        return Outcome(answer=None, receipt=receipt)
    seq_number = result.data.notification_metadata.seq_number
    order = _after_result(environment, order, error, seq_number, result.data.raw or b"")
    moved = replace(receipt, verdict=Verdict.ACCEPTED if order else Verdict.NO_EFFECT)
    return Outcome(
        answer=None,
        receipt=moved,
        sessions=(session.ended(),),
        orders=(order,) if order else (),
    )


def _judge_result(
    environment: Environment,
    result: ProfileInstallationResult,
    session: Session | None,
    order: Order | None,
) -> Verdict:
    """Checks a ProfileInstallationResult in the order of 5.6.4; it contains no certificate."""
    data = result.data
    if session is None or session.client is None or order is None:
        return Verdict.UNKNOWN_TRANSACTION
    if data.smdp_oid != environment.identity.oid:
        return Verdict.FOREIGN_OID
    key = session.client.certificate.public_key
    verifies = key is not None and key.verify(result.euicc_sign_pir, data.raw or b"")
    if not verifies and RESULT_SIGNATURE not in environment.policy.skipped_checks:
        return Verdict.BAD_SIGNATURE
    if data.notification_metadata.iccid not in (None, order.iccid):
        return Verdict.OTHER_PROFILE
    if environment.receipts.seen(session.client.eid, data.raw or b""):
        return Verdict.DUPLICATE
    return Verdict.ACCEPTED


def _after_result(
    environment: Environment,
    order: Order,
    error: ErrorResult | None,
    seq_number: int,
    signed: bytes,
) -> Order | None:
    """Returns the order after a genuine result, or None when its state does not expect one.

    The Notification of a later deletion may have come before the result of the installation.
    """
    now, point = environment.clock.now(), NotificationPoint.BPP_INSTALLATION
    if error is None:
        if not order.allows(OrderEvent.INSTALLED):
            return None
        installed = replace(order, installed_seq=seq_number).after(OrderEvent.INSTALLED)
        installed = installed.with_progress(point, now, "Executed-Success", result_data=signed)
        after = environment.policy.after_deletion
        gone = installed.deleted_seq is not None and installed.deleted_seq > seq_number
        return environment.orders.after_deletion(installed, after) if gone else installed
    reported = order.with_progress(point, now, f"Failed, {_error_text(error)}", result_data=signed)
    if error.error_reason in environment.policy.permanent_errors:
        return reported.after(OrderEvent.FAILED)
    return reported


def _error_text(error: ErrorResult) -> str:
    command = getattr(error.bpp_command_id, "name", error.bpp_command_id)
    reason = getattr(error.error_reason, "name", error.error_reason)
    return f"{reason} at {command}"


def _other(environment: Environment, octets: bytes, other: OtherSignedNotification) -> Outcome:
    metadata = other.tbs_other_notification
    others = tlv.parse(octets).find(_OTHER_CERTS)
    chain = EuiccChain.of(
        environment,
        other.euicc_certificate,
        other.eum_certificate,
        *(() if others is None else (bytes(one.raw) for one in others.children())),
    )
    eid = chain.euicc.eid if chain.euicc else None
    order = _installation(environment, eid, metadata)
    verdict = _judge_other(environment, other, chain, order)
    receipt = Receipt(
        at=environment.clock.now(),
        kind="OtherSignedNotification",
        octets=octets,
        signed=metadata.raw or b"",
        verdict=verdict,
        event=_event_text(metadata),
        seq_number=metadata.seq_number,
        eid=eid,
        iccid=metadata.iccid,
        order=order.number if order else None,
    )
    if verdict is not Verdict.ACCEPTED or order is None:
        return Outcome(answer=None, receipt=receipt)
    if NotificationEvent.notificationDelete not in metadata.profile_management_operation:
        return Outcome(answer=None, receipt=receipt)
    order = environment.orders.after_deletion(
        replace(order, deleted_seq=metadata.seq_number), environment.policy.after_deletion
    )
    return Outcome(answer=None, receipt=receipt, orders=(order,))


def _judge_other(
    environment: Environment,
    other: OtherSignedNotification,
    chain: EuiccChain,
    order: Order | None,
) -> Verdict:
    """Checks any other notification in the order of 5.6.4; it contains its own certificates."""
    if run_checks(CHAIN_CHECKS, environment.policy, chain) is not None:
        return Verdict.BAD_CERTIFICATE
    key = chain.euicc.public_key if chain.euicc else None
    metadata = other.tbs_other_notification
    if key is None or not key.verify(other.euicc_notification_signature, metadata.raw or b""):
        return Verdict.BAD_SIGNATURE
    eid = chain.euicc.eid if chain.euicc else None
    if eid is None or order is None:
        return Verdict.UNKNOWN_INSTALLATION
    if environment.receipts.seen(eid, metadata.raw or b""):
        return Verdict.DUPLICATE
    return Verdict.ACCEPTED


def _installation(
    environment: Environment, eid: Eid | None, metadata: NotificationMetadata
) -> Order | None:
    """Returns the order whose installation the Notification is about, or None.

    That is the latest installation below its number. Without one it is an order whose package was
    delivered and whose result has not come, because Notifications may come in any order.
    """
    there = (OrderState.INSTALLED, OrderState.DOWNLOADED, OrderState.UNAVAILABLE)
    if metadata.iccid is None:
        return None
    found = [
        order
        for order in environment.orders.repository.of_iccid(metadata.iccid)
        if order.state in there and order.covers(eid, metadata.iccid, metadata.seq_number)
    ]
    key = operator.attrgetter("installed_seq", "number")
    known = sorted((order for order in found if order.installed_seq is not None), key=key)
    open_ = [order for order in found if order.state is OrderState.DOWNLOADED]
    return known[-1] if known else open_[-1] if open_ else None


def _package(
    environment: Environment, octets: bytes, package: LoadRpmPackageResultSigned
) -> Outcome:
    """Checks the result of an RPM package; a genuine one ends it."""
    data = package.load_rpm_package_result_data_signed
    session = environment.sessions.known(data.transaction_id)
    client = None if session is None else session.client
    operation = next(
        (
            one
            for one in environment.operations.all()
            if one.kind is OperationKind.RPM and one.session == data.transaction_id
        ),
        None,
    )
    content = data.content()
    key = None if client is None else client.certificate.public_key
    verifies = key is not None and any(
        key.verify(package.euicc_sign_rpr, tlv.encode(tag, content)) for tag in _DATA_TAGS
    )
    verdict = Verdict.ACCEPTED
    if session is None or client is None or operation is None:
        verdict = Verdict.UNKNOWN_TRANSACTION
    elif data.smdp_oid != environment.identity.oid:
        verdict = Verdict.FOREIGN_OID
    elif not verifies and RESULT_SIGNATURE not in environment.policy.skipped_checks:
        verdict = Verdict.BAD_SIGNATURE
    elif environment.receipts.seen(client.eid, content):
        verdict = Verdict.DUPLICATE
    receipt = Receipt(
        at=environment.clock.now(),
        kind="LoadRpmPackageResult",
        octets=octets,
        signed=content,
        verdict=verdict,
        event=_event_text(data.notification_metadata),
        seq_number=data.notification_metadata.seq_number,
        eid=client.eid if client else None,
    )
    if verdict is not Verdict.ACCEPTED or session is None or operation is None:
        return Outcome(answer=None, receipt=receipt)
    done = replace(operation, state=OperationState.DONE, result=octets)
    return Outcome(
        answer=None,
        receipt=receipt,
        sessions=(session.ended(),),
        operations=(done,),
        orders=_deleted_by(environment, receipt.eid, data),
    )


def _deleted_by(
    environment: Environment, eid: Eid | None, data: LoadRpmPackageResultDataSigned
) -> tuple[Order, ...]:
    """Returns the orders of the Profiles that an RPM package deleted, as they are afterwards."""
    orders = []
    for result in data.final_result.rpm_package_execution_result or ():
        if result.iccid is None or not _says_deleted(result):
            continue
        metadata = replace(data.notification_metadata, iccid=result.iccid)
        order = _installation(environment, eid, metadata)
        if order is not None:
            gone = replace(order, deleted_seq=metadata.seq_number)
            after = environment.policy.after_deletion
            orders.append(environment.orders.after_deletion(gone, after))
    return tuple(orders)


def _says_deleted(result: RpmCommandResult) -> bool:
    """Returns whether it is the result of DeleteProfile, and ok; one that is unreadable is not."""
    try:
        deleted = result.data.delete_result
    except DecodeError:
        return False
    return deleted is not None and deleted.delete_result == DeleteResult.ok


def _event_text(metadata: NotificationMetadata) -> str:
    bits = sorted(metadata.profile_management_operation)
    return ", ".join(str(getattr(bit, "name", bit)) for bit in bits) or "none"


FUNCTION: Final = Es9pFunction(name=NAME, read=read, run=run, unreadable=unreadable)
