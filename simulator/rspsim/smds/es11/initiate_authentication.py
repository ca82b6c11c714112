"""ES11.InitiateAuthentication: chooses certificates known to both sides and sends a challenge.

Source: SGP.22 v2, 5.8.1.
"""

from collections.abc import Mapping
from typing import Final

from rspcore import tlv
from rspcore.ids import Oid, TransactionId
from rspcore.messages.es9p import InitiateAuthenticationResponse, StatusCodeData
from rspcore.messages.es10b import ServerSigned1
from rspcore.messages.v3 import server_authentication as v3
from rspcore.messages.v3.capability_bits import ServerRspCapability
from rspcore.pki.variants import Variant
from rspcore.tags import Tag
from rspsim.smdpp import fault_points
from rspsim.smdpp.protocol.es9p.initiate_authentication import Content, read
from rspsim.smdpp.protocol.newer_client import OLDER_CLIENT, crls_of
from rspsim.smdpp.status_codes import FUNCTION_DATA_INVALID
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
_S = ServerRspCapability
_CAPABILITY: Final = (_S.crlStaplingV3Support, _S.eventListSigningV3Support)
"""What every SM-DS of version 3 is capable of."""


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
    client = (content.client if surroundings.newer else None) or OLDER_CLIENT
    curve = chosen if chosen in known else known[0]
    variant = Variant.O
    if client.takes_chains and identity.ci_pkid(chosen) in client.ci_pkids:
        variant = identity.chain(surroundings.policy.chain, curve).variant
    session = Session(
        transaction_id=TransactionId(surroundings.rng.octets(16)),
        touched=surroundings.clock.now(),
        server_challenge=surroundings.rng.octets(16),
        ci_pkid=identity.ci_pkid(chosen),
        curve=curve,
        variant=variant,
        euicc_capability=client.euicc,
        lpa_capability=client.lpa,
    )
    surroundings.sessions.repository.put(session)
    chain = identity.chain(session.variant, session.curve)
    crls = crls_of(chain) if client.takes_crls else ()
    plain = ServerSigned1(
        transaction_id=session.transaction_id,
        euicc_challenge=content.euicc_challenge,
        server_address=content.smdp_address,
        server_challenge=session.server_challenge,
    )
    signed = surroundings.faults.through(
        fault_points.SERVER_SIGNED1,
        _with_context(plain, surroundings, session, stapled=bool(crls)),
        _NAME,
    ).encode()
    own = chain.leaf
    pkid = surroundings.faults.through(fault_points.CI_PKID, session.ci_pkid, _NAME)
    response = InitiateAuthenticationResponse(
        transaction_id=session.transaction_id,
        server_signed1=signed,
        server_signature1=tlv.encode(Tag.Signature, own.private_key.sign(signed)),
        euicc_ci_pkid_to_be_used=tlv.encode(Tag.OctetString, pkid),
        server_certificate=own.certificate.der,
        other_certs_in_chain=chain.others or None,
        crl_list=crls or None,
    )
    return surroundings.faults.through(
        fault_points.INITIATE_AUTHENTICATION_RESPONSE, response, _NAME
    )


def _with_context(
    plain: ServerSigned1, surroundings: Surroundings, session: Session, *, stapled: bool
) -> ServerSigned1:
    """Returns serverSigned1 as an SM-DS of its version sends it."""
    if not surroundings.newer:
        return plain
    return v3.ServerSigned1(
        transaction_id=plain.transaction_id,
        euicc_challenge=plain.euicc_challenge,
        server_address=plain.server_address,
        server_challenge=plain.server_challenge,
        session_context=v3.SessionContext(
            server_svn=surroundings.policy.version,
            crl_stapling_v3_used=stapled,
            euicc_ci_pkid_to_be_used_v3=session.ci_pkid if session.variant.newer else None,
            supported_push_services=(tuple(map(Oid, surroundings.policy.push_services)) or None),
        ),
        server_rsp_capability=frozenset(_CAPABILITY)
        | ({_S.pushServiceV3Support} if surroundings.policy.push_services else frozenset()),
    )


def _refusal(surroundings: Surroundings, content: Content) -> StatusCodeData | None:
    identity, policy, info = surroundings.identity, surroundings.policy, content.info
    if not identity.answers_to(content.smdp_address):
        return SMDS_ADDRESS_REFUSED(
            f"this server is {identity.address}", identifier=content.smdp_address
        )
    if content.client is None and surroundings.newer:
        return FUNCTION_DATA_INVALID("euiccInfo1 or lpaRspCapability cannot be read")
    if not any(map(identity.curve_of, info.euicc_ci_pkid_list_for_signing)):
        return DS_CI_KEY_UNSUPPORTED("no CI of euiccCiPKIdListForSigning is known")
    if not any(map(identity.curve_of, info.euicc_ci_pkid_list_for_verification)):
        return DS_CERTIFICATE_UNAVAILABLE("no CERT.DSauth under a CI of the verification list")
    if not (policy.lowest_svn <= info.svn and info.svn.octets[0] < policy.next_major):
        return DS_SVN_UNSUPPORTED(f"svn {info.svn}: expected 2.x, {policy.lowest_svn} or higher")
    return None
