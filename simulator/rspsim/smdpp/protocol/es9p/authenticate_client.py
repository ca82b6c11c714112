"""ES9+.AuthenticateClient: checks the card, finds its order and offers the profile.

The checks are in two tuples. Those on the card need no order, and until the last of them is passed
the request is not known to come from the card: a refusal there leaves the session as it is. Those
on the order apply to an authenticated card: a refusal there ends the session.

Source: SGP.22 v2, 5.6.3 and 3.1.3.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from rspcore import tlv
from rspcore.frozen import dataclass, replace
from rspcore.ids import TransactionId
from rspcore.messages.codec import bits
from rspcore.messages.es9p import (
    AuthenticateClientResponse,
    StatusCodeData,
)
from rspcore.messages.es10b import (
    AuthenticateResponseOk,
    AuthenticateServerResponse,
    CtxParamsForCommonAuthentication,
    SmdpSigned2,
)
from rspcore.messages.euicc_info import EuiccInfo2
from rspcore.messages.v3.capability_bits import LpaRspCapability
from rspcore.messages.v3.server_authentication import CtxParamsForPushServiceRegistration
from rspcore.messages.v3.server_functions import AuthenticateClientRequestV3
from rspcore.pki.roles import Role
from rspcore.tags import Tag
from rspsim.smdpp import fault_points
from rspsim.smdpp.identity import Signer
from rspsim.smdpp.policy import Policy
from rspsim.smdpp.protocol import changes, rpm_offer
from rspsim.smdpp.protocol.es9p_function import Environment, Es9pFunction, Outcome, run_checks
from rspsim.smdpp.protocol.euicc_chain import CHAIN_CHECKS, EuiccChain
from rspsim.smdpp.protocol.newer_client import VERSION_3
from rspsim.smdpp.status_codes import (
    CI_KEY_UNKNOWN,
    DOWNLOAD_ATTEMPTS_EXCEEDED,
    EUICC_CAPABILITY_CHANGED,
    EUICC_VERIFICATION_FAILED,
    LPA_CAPABILITY_CHANGED,
    MATCHING_ID_REFUSED,
    ORDER_EXPIRED,
    PROFILE_NOT_RELEASED,
    TRANSACTION_UNKNOWN,
    CiKeyMismatch,
)
from rspsim.smdpp.stock.eligibility import ineligibility, memory_shortage
from rspsim.smdpp.stock.orders import DELIVERABLE, NotificationPoint, Order, OrderEvent
from rspsim.smdpp.stock.sessions import Client, Session, Stage

__all__ = ["FUNCTION"]

NAME: Final = "authenticateClient"
_LPA: Final = bits(LpaRspCapability)
_PUSH: Final = b"\xa3"


@dataclass(frozen=True, slots=True)
class Content:
    """A request that could be read.

    Attributes:
        transaction_id: TransactionID of the JSON object.
        ok: What the card signed, or None when it sent an error.
        error_code: authenticateErrorCode, or None.
        context: ctxParams1 of a download or RPM, or None with an error or another ctxParams1.
        delete_notification: Notification of the old device after a Device Change, or None.
        others: otherCertsInChain of a card of version 3.
        push: ctxParams1 where it is a registration for push, which only an SM-DS takes.
    """

    transaction_id: TransactionId
    ok: AuthenticateResponseOk | None
    error_code: int | None
    context: CtxParamsForCommonAuthentication | None
    delete_notification: bytes | None = None
    others: tuple[bytes, ...] = ()
    push: CtxParamsForPushServiceRegistration | None = None

    @property
    def certificates(self) -> tuple[bytes, ...]:
        """Returns the card's chain: CERT.EUICC, and what follows it towards the CI; DER each."""
        if self.ok is None:
            return ()
        return (self.ok.euicc_certificate, self.ok.eum_certificate, *self.others)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a card states about itself, with the session it belongs to.

    Attributes:
        transaction_id: TransactionID of the JSON object.
        ok: What the card signed.
        chain: Its certificates.
        session: The session with this TransactionID, or None when none waits for this step.
        policy: Choices of the server.
    """

    transaction_id: TransactionId
    ok: AuthenticateResponseOk
    chain: EuiccChain
    session: Session | None
    policy: Policy


@dataclass(frozen=True, slots=True)
class Request:
    """The request of an authenticated card for the profile of an order.

    Attributes:
        session: The session of the request.
        client: The card.
        info: EUICCInfo2 of the card.
        order: The order asked for.
        holder: Session that holds the order and has not ended, or None.
        now: Present time.
    """

    session: Session
    client: Client
    info: EuiccInfo2
    order: Order
    holder: Session | None
    now: datetime


def read(body: Mapping[str, object]) -> Content:
    """Reads the request, AuthenticateServerResponse and ctxParams1.

    Raises:
        DecodeError: a member or a data object is missing or has the wrong form.
    """
    request = AuthenticateClientRequestV3.from_json(body)
    response = AuthenticateServerResponse.decode(request.authenticate_server_response)
    ok, error = response.authenticate_response_ok, response.authenticate_response_error
    if ok is None:
        code = None if error is None else error.authenticate_error_code
        return Content(request.transaction_id, None, code, None)
    ok.euicc_signed1.euicc_info2.require_whole()
    octets = ok.euicc_signed1.ctx_params1
    context, push = None, None
    if octets[:1] == _PUSH:
        push = CtxParamsForPushServiceRegistration.decode(octets)
    elif octets[0] == CtxParamsForCommonAuthentication.TAG:
        context = CtxParamsForCommonAuthentication.decode(octets)
    else:
        changes.require_context(octets)
    notification = request.delete_notification_for_dc
    others = _others(response)
    return Content(request.transaction_id, ok, None, context, notification, others, push)


def _others(response: AuthenticateServerResponse) -> tuple[bytes, ...]:
    """Returns otherCertsInChain (A0), which stands behind the two certificates."""
    whole = tlv.parse(response.raw or response.encode()).find(0xA0)
    behind = whole.children()[4:] if whole is not None else ()
    found = next((one for one in behind if one.tag == 0xA0), None)
    return () if found is None else tuple(bytes(one.raw) for one in found.children())


def chain_verifies(claim: Claim) -> StatusCodeData | None:
    """Checks the card's certificates: 8.1.2, 8.1.3 and 8.11.1."""
    return run_checks(CHAIN_CHECKS, claim.policy, claim.chain)


def root_is_the_one_chosen(claim: Claim) -> StatusCodeData | None:
    """Checks that the chain ends in the CI chosen in InitiateAuthentication: 8.11.1/3.9."""
    ci = claim.chain.ci
    if claim.session is None or ci is None or ci.subject_key_identifier == claim.session.ci_pkid:
        return None
    newer = claim.session.lpa_capability is not None and claim.policy.version >= VERSION_3
    return CI_KEY_UNKNOWN(
        f"the session asked for signatures under CI {claim.session.ci_pkid.hex().upper()}",
        identifier=(ci.subject_key_identifier or b"").hex().upper(),
        kind=CiKeyMismatch if newer else StatusCodeData,
    )


def euicc_signature1(claim: Claim) -> StatusCodeData | None:
    """Checks euiccSignature1 over euiccSigned1 as received: 8.1/6.1."""
    key = claim.chain.euicc.public_key if claim.chain.euicc else None
    signed = claim.ok.euicc_signed1.raw or b""
    if key is not None and key.verify(claim.ok.euicc_signature1, signed):
        return None
    return EUICC_VERIFICATION_FAILED("euiccSignature1 does not verify euiccSigned1 as received")


def transaction_is_live(claim: Claim) -> StatusCodeData | None:
    """Checks that the session waits for this step: 8.10.1/3.9."""
    if claim.session is not None:
        return None
    return TRANSACTION_UNKNOWN(
        "no session with this TransactionID waits for AuthenticateClient",
        identifier=str(claim.transaction_id),
    )


def signed_transaction_id(claim: Claim) -> StatusCodeData | None:
    """Checks the TransactionID in euiccSigned1 against the JSON object: 8.10.1/3.9."""
    signed = claim.ok.euicc_signed1.transaction_id
    if signed == claim.transaction_id:
        return None
    return TRANSACTION_UNKNOWN("euiccSigned1 names another TransactionID", identifier=str(signed))


def server_challenge(claim: Claim) -> StatusCodeData | None:
    """Checks serverChallenge in euiccSigned1: 8.1/6.1."""
    if claim.session and claim.ok.euicc_signed1.server_challenge == claim.session.server_challenge:
        return None
    return EUICC_VERIFICATION_FAILED("euiccSigned1 holds another serverChallenge")


def euicc_capability(claim: Claim) -> StatusCodeData | None:
    """Checks that euiccRspCapability is that of the first request (version 3): 8.1/3.11."""
    session = claim.session
    if session is None or claim.policy.version < VERSION_3 or not session.euicc_capability:
        return None
    if claim.ok.euicc_signed1.euicc_info2.rsp_capability == session.euicc_capability:
        return None
    return EUICC_CAPABILITY_CHANGED("EUICCInfo2 has another euiccRspCapability than EUICCInfo1")


def lpa_capability(claim: Claim) -> StatusCodeData | None:
    """Checks that lpaRspCapability of the device is that of the first request: 8.7/3.11."""
    session = claim.session
    if session is None or session.lpa_capability is None or claim.policy.version < VERSION_3:
        return None
    device = tlv.parse(claim.ok.euicc_signed1.ctx_params1).find(0xA1)
    said = None if device is None else device.find(0x85)
    if said is None or frozenset(_LPA.decode(said)) == session.lpa_capability:
        return None
    return LPA_CAPABILITY_CHANGED("deviceInfo has another lpaRspCapability than the first request")


CARD_CHECKS: Final = (
    chain_verifies,
    root_is_the_one_chosen,
    euicc_signature1,
    transaction_is_live,
    signed_transaction_id,
    server_challenge,
    euicc_capability,
    lpa_capability,
)
"""The checks that authenticate the card, in the order of SGP.22 v2, 5.6.3."""


def order_is_free(request: Request) -> StatusCodeData | None:
    """Checks that no other card is about to download: 8.2.6/3.8."""
    holder = request.holder
    if holder is None or holder.client is None or holder.client.eid == request.client.eid:
        return None
    return MATCHING_ID_REFUSED("another card is downloading", identifier=request.order.matching_id)


def profile_is_released(request: Request) -> StatusCodeData | None:
    """Checks the state of the profile: 8.2/1.2."""
    order = request.order
    if order.state in DELIVERABLE:
        return None
    return PROFILE_NOT_RELEASED(f"the profile is {order.state}", identifier=str(order.iccid))


def order_has_not_ended(request: Request) -> StatusCodeData | None:
    """Checks the end of the order: 8.8.5/4.10."""
    if not request.order.expired(request.now):
        return None
    return ORDER_EXPIRED(f"the order ended at {request.order.terms.expires_at}")


def attempts_are_left(request: Request) -> StatusCodeData | None:
    """Checks the number of download attempts: 8.8.5/6.4, which puts the order in Error."""
    order = request.order
    if order.terms.downloads is None or order.downloads < order.terms.downloads:
        return None
    return DOWNLOAD_ATTEMPTS_EXCEEDED(f"{order.downloads} downloads were tried")


def card_is_eligible(request: Request) -> StatusCodeData | None:
    """Checks capabilities and rules of the card: 8.2.5/4.3."""
    return ineligibility(request.order.needs, request.info)


def card_has_memory(request: Request) -> StatusCodeData | None:
    """Checks the card's free memory: 8.1/4.8."""
    return memory_shortage(request.order.needs, request.info)


ORDER_CHECKS: Final = (
    order_is_free,
    profile_is_released,
    order_has_not_ended,
    attempts_are_left,
    card_is_eligible,
    card_has_memory,
)
"""The checks before the profile is offered, in the order of SGP.22 v2, 5.6.3."""


def run(environment: Environment, content: Content) -> Outcome:
    """Offers the profile, or refuses it."""
    now = environment.clock.now()
    session = environment.sessions.live(content.transaction_id, now, Stage.CHALLENGED)
    if content.ok is None:
        return _reported_error(content, session)
    chain = EuiccChain.of(environment, *content.certificates)
    claim = Claim(content.transaction_id, content.ok, chain, session, environment.policy)
    refusal = run_checks(CARD_CHECKS, environment.policy, claim)
    client = _client(claim)
    if refusal is not None or session is None or client is None:
        # Without a refusal only when the policy skips checks.
        return Outcome(answer=refusal or TRANSACTION_UNKNOWN("the session cannot continue"))
    asked = changes.Asked(session, client, content.ok, now, content.delete_notification)
    other = changes.offered(environment, asked) or rpm_offer.offered(environment, asked)
    if other is not None:
        return other
    if content.context is None:
        refused = MATCHING_ID_REFUSED("this server has no Device Change before version 3")
        return Outcome(answer=refused, sessions=(session.ended(),))
    order = environment.orders.asked_for(content.context.matching_id or "", client.eid)
    if isinstance(order, StatusCodeData):
        return Outcome(answer=order, sessions=(session.ended(),))
    holder = environment.sessions.live(order.reserved_by, now) if order.reserved_by else None
    info = content.ok.euicc_signed1.euicc_info2
    request = Request(session, client, info, order, holder, now)
    refusal = run_checks(ORDER_CHECKS, environment.policy, request)
    if refusal is not None:
        return _refused(request, refusal)
    offer = _offered(environment, request, content.ok.euicc_signature1)
    gone = changes.old_one_deleted(environment, content.delete_notification)
    return replace(offer, orders=(*offer.orders, *gone))


def _client(claim: Claim) -> Client | None:
    certificate = claim.chain.euicc
    if certificate is None or certificate.eid is None:
        return None
    return Client(
        eid=certificate.eid,
        certificate=certificate,
        euicc_info2=claim.ok.euicc_signed1.euicc_info2.raw or b"",
        device_info=_device_info(claim.ok.euicc_signed1.ctx_params1),
    )


def _device_info(context: bytes) -> bytes:
    """Returns deviceInfo of ctxParams1, whole; empty where there is none."""
    found = tlv.parse(context).find(0xA1)
    return b"" if found is None else bytes(found.raw)


def _reported_error(content: Content, session: Session | None) -> Outcome:
    """Answers an error the card reported and ends the session, as there is nothing to continue."""
    if session is None:
        return Outcome(
            answer=TRANSACTION_UNKNOWN(
                "the card reported an error for an unknown session",
                identifier=str(content.transaction_id),
            )
        )
    return Outcome(
        answer=EUICC_VERIFICATION_FAILED(
            f"the card refused this server: authenticateErrorCode {content.error_code!r}"
        ),
        sessions=(session.ended(),),
    )


def _refused(request: Request, refusal: StatusCodeData) -> Outcome:
    order = request.order.with_progress(
        NotificationPoint.ELIGIBILITY_AND_RETRY_LIMIT_CHECK,
        request.now,
        f"Failed {refusal}",
        codes=refusal.codes,
    )
    if DOWNLOAD_ATTEMPTS_EXCEEDED.names(refusal):
        order = order.after(OrderEvent.FAILED)
    return Outcome(answer=refusal, sessions=(request.session.ended(),), orders=(order,))


def _offered(environment: Environment, request: Request, signature1: bytes) -> Outcome:
    identity, through = environment.identity, environment.faults.through
    session, order = request.session, request.order
    signer = through(
        fault_points.DP_PB_SIGNER,
        Signer(
            identity,
            session.curve,
            identity.chain(session.variant, Role.DP_PB, session.curve).leaf,
        ),
        NAME,
    )
    signed = through(
        fault_points.SMDP_SIGNED2,
        SmdpSigned2(
            transaction_id=session.transaction_id,
            cc_required_flag=order.confirmation_code_hash is not None,
            bpp_euicc_otpk=_kept_otpk(request) if environment.policy.offer_kept_otpk else None,
        ),
        NAME,
    ).encode()
    signature = signer.sign(signed + tlv.encode(Tag.Signature, signature1))
    response = through(
        fault_points.AUTHENTICATE_CLIENT_RESPONSE,
        AuthenticateClientResponse(
            transaction_id=session.transaction_id,
            profile_metadata=order.metadata,
            smdp_signed2=signed,
            smdp_signature2=tlv.encode(Tag.Signature, signature),
            smdp_certificate=signer.certificate,
        ),
        NAME,
    )
    authenticated = replace(
        session,
        stage=Stage.AUTHENTICATED,
        touched=request.now,
        client=request.client,
        order=order.number,
        smdp_signature2=response.smdp_signature2,
    )
    counted = replace(order, downloads=order.downloads + 1, reserved_by=session.transaction_id)
    return Outcome(
        answer=response, sessions=(*_superseded(request), authenticated), orders=(counted,)
    )


def _kept_otpk(request: Request) -> bytes | None:
    """Returns the key of an earlier attempt of the same card on the same curve, or None."""
    kept = request.order.binding
    if kept is None or kept.eid != request.client.eid:
        return None
    return kept.otpk_euicc.point if kept.otpk_euicc.curve is request.session.curve else None


def _superseded(request: Request) -> tuple[Session, ...]:
    """Returns the earlier session of the same card without a package for the order, ended."""
    holder = request.holder
    return (holder.ended(),) if holder and holder.stage is Stage.AUTHENTICATED else ()


FUNCTION: Final = Es9pFunction(name=NAME, read=read, run=run)
