"""ES9+.GetBoundProfilePackage: checks one-time key and Confirmation Code, binds and delivers.

Source: SGP.22 v2, 5.6.2 and 3.1.3.3.
"""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from hmac import compare_digest
from typing import Final

from rspcore.bpp import BindingInputs, Pieces, bind, key_agreement_request
from rspcore.crypto.keys import PrivateKey, PublicKey
from rspcore.errors import CryptoError
from rspcore.frozen import dataclass, replace
from rspcore.ids import TransactionId
from rspcore.messages.es9p import (
    GetBoundProfilePackageRequest,
    GetBoundProfilePackageResponse,
    StatusCodeData,
)
from rspcore.messages.es10b import PrepareDownloadResponse, PrepareDownloadResponseOk
from rspcore.pki.roles import Role
from rspsim.smdpp import fault_points
from rspsim.smdpp.policy import Policy
from rspsim.smdpp.protocol.es9p_function import Environment, Es9pFunction, Outcome, run_checks
from rspsim.smdpp.status_codes import (
    CONFIRMATION_CODE_MISSING,
    CONFIRMATION_CODE_REFUSED,
    CONFIRMATION_CODE_RETRIES_EXCEEDED,
    EUICC_VERIFICATION_FAILED,
    ORDER_EXPIRED,
    PROFILE_UNAVAILABLE,
    TRANSACTION_UNKNOWN,
)
from rspsim.smdpp.stock.binding import new_host_id, new_keys
from rspsim.smdpp.stock.orders import DELIVERABLE, Binding, NotificationPoint, Order, OrderEvent
from rspsim.smdpp.stock.sessions import Client, Session, Stage

__all__ = ["FUNCTION"]

NAME: Final = "getBoundProfilePackage"


@dataclass(frozen=True, slots=True)
class Content:
    """A request that could be read.

    Attributes:
        transaction_id: TransactionID of the JSON object.
        ok: What the card signed, or None when it sent an error.
        error_code: downloadErrorCode, or None.
    """

    transaction_id: TransactionId
    ok: PrepareDownloadResponseOk | None
    error_code: int | None


@dataclass(frozen=True, slots=True)
class PackageRequest:
    """The request of a card for its package.

    Attributes:
        content: The request.
        ok: What the card signed.
        session: The session.
        client: The card.
        order: The order.
        policy: Choices of the server.
        now: Present time.
    """

    content: Content
    ok: PrepareDownloadResponseOk
    session: Session
    client: Client
    order: Order
    policy: Policy
    now: datetime

    @property
    def otpk_euicc(self) -> PublicKey | None:
        """Returns otPK.EUICC.ECKA, or None when it is no point of the curve of the session."""
        try:
            return PublicKey.from_point(self.session.curve, self.ok.euicc_signed2.euicc_otpk)
        except CryptoError:
            return None

    @property
    def code_fits(self) -> bool:
        """Returns whether hashCc is that of the order's Confirmation Code and this session."""
        expected = sha256(
            (self.order.confirmation_code_hash or b"") + self.session.transaction_id.octets
        ).digest()
        return compare_digest(self.ok.euicc_signed2.hash_cc or b"", expected)


def read(body: Mapping[str, object]) -> Content:
    """Reads the request and PrepareDownloadResponse.

    Raises:
        DecodeError: a member or a data object is missing or has the wrong form.
    """
    request = GetBoundProfilePackageRequest.from_json(body)
    response = PrepareDownloadResponse.decode(request.prepare_download_response)
    error = response.download_response_error
    return Content(
        request.transaction_id,
        response.download_response_ok,
        None if error is None else error.download_error_code,
    )


def euicc_signature2(request: PackageRequest) -> StatusCodeData | None:
    """Checks euiccSignature2 over euiccSigned2 and smdpSignature2 as they were sent: 8.1/6.1."""
    key = request.client.certificate.public_key
    data = (request.ok.euicc_signed2.raw or b"") + request.session.smdp_signature2
    if key is not None and key.verify(request.ok.euicc_signature2, data):
        return None
    return EUICC_VERIFICATION_FAILED("euiccSignature2 does not fit euiccSigned2 and smdpSignature2")


def signed_transaction_id(request: PackageRequest) -> StatusCodeData | None:
    """Checks the TransactionID in euiccSigned2 against the JSON object: 8.10.1/3.9."""
    signed = request.ok.euicc_signed2.transaction_id
    if signed == request.content.transaction_id:
        return None
    return TRANSACTION_UNKNOWN("euiccSigned2 names another TransactionID", identifier=str(signed))


def confirmation_code_is_there(request: PackageRequest) -> StatusCodeData | None:
    """Checks that hashCc is present when a Confirmation Code is asked for: 8.2.7/2.2."""
    if request.order.confirmation_code_hash is None or request.ok.euicc_signed2.hash_cc is not None:
        return None
    return CONFIRMATION_CODE_MISSING(
        "this order has a Confirmation Code; euiccSigned2 has no hashCc"
    )


def confirmation_code_is_right(request: PackageRequest) -> StatusCodeData | None:
    """Checks hashCc: 8.2.7/3.8, or 8.2.7/6.4 when it was the last try."""
    order = request.order
    if order.confirmation_code_hash is None or request.code_fits:
        return None
    tries = order.wrong_codes + 1
    if tries >= order.terms.wrong_codes:
        return CONFIRMATION_CODE_RETRIES_EXCEEDED(f"{tries} wrong Confirmation Codes")
    return CONFIRMATION_CODE_REFUSED(
        f"hashCc does not fit; {order.terms.wrong_codes - tries} tries are left"
    )


def one_time_key_is_usable(request: PackageRequest) -> StatusCodeData | None:
    """Checks otPK.EUICC: 8.1/6.1 when it is no point of the curve."""
    if request.otpk_euicc is not None:
        return None
    return EUICC_VERIFICATION_FAILED(f"otPK.EUICC.ECKA is not a point on {request.session.curve}")


def one_time_key_is_the_one_bound(request: PackageRequest) -> StatusCodeData | None:
    """Checks that a card uses the same key again, where the server does not rebind: 8.2/3.7."""
    kept = request.order.binding
    if kept is None or request.policy.rebind or kept.otpk_euicc == request.otpk_euicc:
        return None
    return PROFILE_UNAVAILABLE("the profile was bound to another otPK.EUICC.ECKA of this card")


def profile_is_still_there(request: PackageRequest) -> StatusCodeData | None:
    """Checks that the profile was not withdrawn since it was offered: 8.2/3.7."""
    if request.order.state in DELIVERABLE:
        return None
    return PROFILE_UNAVAILABLE(f"the profile is {request.order.state}")


def order_has_not_ended(request: PackageRequest) -> StatusCodeData | None:
    """Checks the end of the order: 8.8.5/4.10."""
    if not request.order.expired(request.now):
        return None
    return ORDER_EXPIRED(f"the order ended at {request.order.terms.expires_at}")


CARD_CHECKS: Final = (euicc_signature2, signed_transaction_id)
"""The checks that the request comes from the card; a refusal leaves the session as it is."""

ORDER_CHECKS: Final = (
    confirmation_code_is_there,
    confirmation_code_is_right,
    one_time_key_is_usable,
    one_time_key_is_the_one_bound,
    profile_is_still_there,
    order_has_not_ended,
)
"""The checks on the order, in the order of SGP.22 v2, 5.6.2; a refusal ends the session."""


def run(environment: Environment, content: Content) -> Outcome:
    """Delivers the package, or refuses it."""
    now = environment.clock.now()
    session = environment.sessions.live(content.transaction_id, now, Stage.AUTHENTICATED)
    if session is None or session.client is None or session.order is None:
        return Outcome(
            answer=TRANSACTION_UNKNOWN(
                "no session with this TransactionID waits for GetBoundProfilePackage",
                identifier=str(content.transaction_id),
            )
        )
    if content.ok is None:
        return Outcome(
            answer=EUICC_VERIFICATION_FAILED(
                f"the card refused this server: downloadErrorCode {content.error_code!r}"
            ),
            sessions=(session.ended(),),
        )
    order = environment.orders.get(session.order)
    request = PackageRequest(
        content, content.ok, session, session.client, order, environment.policy, now
    )
    refusal = run_checks(CARD_CHECKS, environment.policy, request)
    if refusal is not None:
        return Outcome(answer=refusal)
    refusal = run_checks(ORDER_CHECKS, environment.policy, request)
    otpk = request.otpk_euicc
    if refusal is not None or otpk is None:
        return _refused(request, refusal or EUICC_VERIFICATION_FAILED("no usable otPK.EUICC.ECKA"))
    return _delivered(environment, request, otpk)


def _refused(request: PackageRequest, refusal: StatusCodeData) -> Outcome:
    order = request.order
    if CONFIRMATION_CODE_REFUSED.names(refusal):
        order = replace(order, wrong_codes=order.wrong_codes + 1)
    if CONFIRMATION_CODE_RETRIES_EXCEEDED.names(refusal):
        order = replace(order, wrong_codes=order.wrong_codes + 1).after(OrderEvent.FAILED)
        order = order.with_progress(
            NotificationPoint.CONFIRMATION_FAILURE,
            request.now,
            f"Failed {refusal}",
            codes=refusal.codes,
        )
    again = (
        CONFIRMATION_CODE_REFUSED.names(refusal) and request.policy.keep_session_after_wrong_code
    )
    session = replace(request.session, touched=request.now) if again else request.session.ended()
    return Outcome(answer=refusal, sessions=(session,), orders=(order,))


def _delivered(environment: Environment, request: PackageRequest, otpk: PublicKey) -> Outcome:
    binding, package = _bind(environment, request, otpk)
    session = replace(request.session, stage=Stage.BOUND, touched=request.now)
    order = (
        replace(request.order, binding=binding)
        .after(OrderEvent.DELIVERED)
        .with_progress(NotificationPoint.BPP_DOWNLOAD, request.now, "Executed-Success")
    )
    response = GetBoundProfilePackageResponse(
        transaction_id=session.transaction_id,
        bound_profile_package=package.encode(),
    )
    return Outcome(answer=response, sessions=(session,), orders=(order,))


def _bind(
    environment: Environment, request: PackageRequest, otpk: PublicKey
) -> tuple[Binding, Pieces]:
    """Returns what is kept with the order, and the package as it is sent.

    What is kept is always the correct package, so that an attempt without a fault can follow.
    """
    through = environment.faults.through
    inputs, kept = _inputs(environment, request, otpk)
    asked = through(fault_points.BINDING, inputs, NAME)
    if kept:
        pieces = replace(kept, initialise_secure_channel=key_agreement_request(inputs))
    else:
        pieces = bind(inputs)
    package = pieces if asked is inputs else bind(asked)
    binding = Binding(
        eid=inputs.eid,
        otpk_euicc=inputs.otpk_euicc,
        otsk_dp=inputs.otsk_dp,
        host_id=inputs.host_id,
        pieces=pieces,
    )
    return binding, through(fault_points.PACKAGE, package, NAME)


def _inputs(
    environment: Environment, request: PackageRequest, otpk: PublicKey
) -> tuple[BindingInputs, Pieces | None]:
    """Returns what the package is made of, and the pieces of an earlier one for the same key."""
    session, kept = request.session, request.order.binding
    curve = session.curve
    again = kept if kept is not None and kept.otpk_euicc == otpk else None
    choice = environment.variation.binding(environment.policy.binding)
    inputs = BindingInputs(
        key_dp=environment.identity.chain(session.variant, Role.DP_PB, curve).leaf.private_key,
        transaction_id=session.transaction_id,
        otsk_dp=(
            again.otsk_dp if again else PrivateKey.from_random(curve, environment.rng.octets(48))
        ),
        otpk_euicc=otpk,
        eid=request.client.eid,
        host_id=again.host_id if again else new_host_id(environment.rng, choice),
        metadata=request.order.metadata,
        upp=request.order.upp,
        segment_octets=choice.segment_octets,
        metadata_octets=choice.metadata_octets,
        replace_keys=new_keys(environment.rng, choice),
    )
    return inputs, again.pieces if again else None


FUNCTION: Final = Es9pFunction(name=NAME, read=read, run=run)
