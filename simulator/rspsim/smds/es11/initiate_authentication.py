"""ES11.InitiateAuthentication: chooses certificates known to both sides and sends a challenge.

Source: SGP.22 v2, 5.8.1.
"""

from collections.abc import Mapping
from typing import Final

from rspcore import tlv
from rspcore.ids import TransactionId
from rspcore.messages.es9p import InitiateAuthenticationResponse, StatusCodeData
from rspcore.messages.es10b import ServerSigned1
from rspcore.tags import Tag
from rspsim.smdpp import fault_points
from rspsim.smdpp.protocol.es9p.initiate_authentication import Content, read
from rspsim.smdpp.stock.sessions import Session
from rspsim.smds.ds_status_codes import (
    DS_CERTIFICATE_UNAVAILABLE,
    DS_CI_KEY_UNSUPPORTED,
    DS_SVN_UNSUPPORTED,
    SMDS_ADDRESS_REFUSED,
)
from rspsim.smds.surroundings import Surroundings

__all__ = ["run"]

_NAME: Final = "initiateAuthentication"


def run(
    surroundings: Surroundings, body: Mapping[str, object]
) -> InitiateAuthenticationResponse | StatusCodeData:
    """Opens a session, or refuses to.

    Raises:
        DecodeError: a member or a data object is missing or has the wrong form.
    """
    content = read(body)
    refusal = _refusal(surroundings, content)
    if refusal is not None:
        return refusal
    identity = surroundings.identity
    curves = map(identity.curve_of, content.info.euicc_ci_pkid_list_for_signing)
    chosen = next(curve for curve in curves if curve is not None)
    verification = content.info.euicc_ci_pkid_list_for_verification
    known = [curve for curve in map(identity.curve_of, verification) if curve is not None]
    session = Session(
        transaction_id=TransactionId(surroundings.rng.octets(16)),
        touched=surroundings.clock.now(),
        server_challenge=surroundings.rng.octets(16),
        ci_pkid=identity.ci_pkid(chosen),
        curve=chosen if chosen in known else known[0],
    )
    surroundings.sessions.repository.put(session)
    signed = surroundings.faults.through(
        fault_points.SERVER_SIGNED1,
        ServerSigned1(
            transaction_id=session.transaction_id,
            euicc_challenge=content.euicc_challenge,
            server_address=content.smdp_address,
            server_challenge=session.server_challenge,
        ),
        _NAME,
    ).encode()
    own = identity.ds_auth(session.curve)
    pkid = surroundings.faults.through(fault_points.CI_PKID, session.ci_pkid, _NAME)
    response = InitiateAuthenticationResponse(
        transaction_id=session.transaction_id,
        server_signed1=signed,
        server_signature1=tlv.encode(Tag.Signature, own.private_key.sign(signed)),
        euicc_ci_pkid_to_be_used=tlv.encode(Tag.OctetString, pkid),
        server_certificate=own.certificate.der,
    )
    return surroundings.faults.through(
        fault_points.INITIATE_AUTHENTICATION_RESPONSE, response, _NAME
    )


def _refusal(surroundings: Surroundings, content: Content) -> StatusCodeData | None:
    identity, policy, info = surroundings.identity, surroundings.policy, content.info
    if not identity.answers_to(content.smdp_address):
        return SMDS_ADDRESS_REFUSED(
            f"this server is {identity.address}", identifier=content.smdp_address
        )
    if not any(map(identity.curve_of, info.euicc_ci_pkid_list_for_signing)):
        return DS_CI_KEY_UNSUPPORTED("no CI of euiccCiPKIdListForSigning is known")
    if not any(map(identity.curve_of, info.euicc_ci_pkid_list_for_verification)):
        return DS_CERTIFICATE_UNAVAILABLE("no CERT.DSauth under a CI of the verification list")
    if not (policy.lowest_svn <= info.svn and info.svn.octets[0] < policy.next_major):
        return DS_SVN_UNSUPPORTED(f"svn {info.svn}: expected 2.x, {policy.lowest_svn} or higher")
    return None
