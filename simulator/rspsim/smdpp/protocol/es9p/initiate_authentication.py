"""ES9+.InitiateAuthentication: chooses certificates known to both sides and sends a challenge.

Source: SGP.22 v2 and v3.1, 5.6.1.
"""

from collections.abc import Mapping
from typing import Final

from rspcore import tlv
from rspcore.crypto.curves import Curve
from rspcore.errors import DecodeError
from rspcore.frozen import dataclass
from rspcore.ids import TransactionId, Version
from rspcore.messages.es9p import (
    InitiateAuthenticationRequest,
    InitiateAuthenticationResponse,
    StatusCodeData,
)
from rspcore.messages.es10b import ServerSigned1
from rspcore.messages.euicc_info import EuiccInfo1
from rspcore.messages.v3 import server_authentication as v3
from rspcore.messages.v3.capability_bits import ServerRspCapability
from rspcore.pki.roles import Role
from rspcore.pki.variants import Variant
from rspcore.tags import Tag
from rspsim.smdpp import fault_points
from rspsim.smdpp.identity import Identity, Signer
from rspsim.smdpp.policy import Policy
from rspsim.smdpp.protocol.es9p_function import Environment, Es9pFunction, Outcome, run_checks
from rspsim.smdpp.protocol.newer_client import (
    OLDER_CLIENT,
    VERSION_3,
    NewerClient,
    crls_of,
    newer_client,
)
from rspsim.smdpp.status_codes import (
    CI_KEY_UNSUPPORTED,
    FUNCTION_DATA_INVALID,
    SMDP_ADDRESS_REFUSED,
    SMDP_CERTIFICATE_UNAVAILABLE,
    SVN_UNSUPPORTED,
)
from rspsim.smdpp.stock.sessions import Session

__all__ = ["FUNCTION"]

NAME: Final = "initiateAuthentication"
_CAPABILITY: Final = frozenset(
    {
        ServerRspCapability.crlStaplingV3Support,
        ServerRspCapability.cancelForSessionAbortedSupport,
    }
)
"""What this server is capable of in version 3: CRLs, and an aborted session may be tried again."""


@dataclass(frozen=True, slots=True)
class Content:
    """A request that could be read."""

    smdp_address: str
    euicc_challenge: bytes
    info: EuiccInfo1
    client: NewerClient | None


@dataclass(frozen=True, slots=True)
class Initiation:
    """A request with the identity and policy of the server, as the checks use them."""

    content: Content
    identity: Identity
    policy: Policy

    @property
    def client(self) -> NewerClient:
        """Returns what card and LPA say of themselves; nothing to a server of version 2."""
        read_it = self.policy.version >= VERSION_3
        return (self.content.client if read_it else None) or OLDER_CLIENT

    def known(self, identifiers: tuple[bytes, ...]) -> list[Curve]:
        """Returns the curves of the CIs that are known here, in the order of the card's list."""
        curves = map(self.identity.curve_of, identifiers)
        return [curve for curve in curves if curve is not None]

    @property
    def verification(self) -> list[Curve]:
        """Returns the curves on which this server can prove itself to the card."""
        return self.known(self.content.info.euicc_ci_pkid_list_for_verification)

    @property
    def signing(self) -> list[Curve]:
        """Returns the curves on which this server can check the card's signatures."""
        newer = self.client.ci_pkids
        flat = self.content.info.euicc_ci_pkid_list_for_signing
        return self.known(flat) or self.known(newer)


def read(body: Mapping[str, object]) -> Content:
    """Reads the request and EUICCInfo1.

    Raises:
        DecodeError: a member or a data object is missing or has the wrong form.
    """
    request = InitiateAuthenticationRequest.from_json(body)
    if len(request.euicc_challenge) != 16:
        raise DecodeError(f"euiccChallenge: expected 16 octets, got {len(request.euicc_challenge)}")
    info = EuiccInfo1.decode(request.euicc_info1)
    try:
        client = newer_client(info, request.lpa_rsp_capability)
    except DecodeError:
        client = None  # a server of version 2 does not look at it
    return Content(request.smdp_address, request.euicc_challenge, info, client)


def capabilities_can_be_read(initiation: Initiation) -> StatusCodeData | None:
    """Checks what version 3 added to EUICCInfo1, and lpaRspCapability: 1.6/2.1."""
    if initiation.content.client is not None or initiation.policy.version < VERSION_3:
        return None
    return FUNCTION_DATA_INVALID("euiccInfo1 or lpaRspCapability cannot be read")


def address_is_ours(initiation: Initiation) -> StatusCodeData | None:
    """Checks smdpAddress: 8.8.1/3.8."""
    asked = initiation.content.smdp_address
    if initiation.identity.answers_to(asked):
        return None
    return SMDP_ADDRESS_REFUSED(f"this server is {initiation.identity.address}", identifier=asked)


def certificate_for_the_card(initiation: Initiation) -> StatusCodeData | None:
    """Checks that a CERT.DPauth chains to a key of the verification list: 8.8.4/3.7."""
    if initiation.verification:
        return None
    return SMDP_CERTIFICATE_UNAVAILABLE(
        "no CERT.DPauth under a CI of euiccCiPKIdListForVerification: "
        + _shown(initiation.content.info.euicc_ci_pkid_list_for_verification)
    )


def ci_for_the_card(initiation: Initiation) -> StatusCodeData | None:
    """Checks that a CI of the signing list is known here: 8.8.2/3.1."""
    if initiation.signing:
        return None
    return CI_KEY_UNSUPPORTED(
        "no CI of euiccCiPKIdListForSigning is known: "
        + _shown(initiation.content.info.euicc_ci_pkid_list_for_signing)
    )


def version_of_the_card(initiation: Initiation) -> StatusCodeData | None:
    """Checks svn: 8.8.3/3.1 when it is too low or of a later major version."""
    svn, policy = initiation.content.info.svn, initiation.policy
    if policy.lowest_svn <= svn and svn.octets[0] < policy.next_major:
        return None
    return SVN_UNSUPPORTED(
        f"svn {svn}: this server serves {policy.lowest_svn} up to, but not including, "
        f"{policy.next_major}.0.0"
    )


CHECKS: Final = (
    capabilities_can_be_read,
    address_is_ours,
    ci_for_the_card,
    certificate_for_the_card,
    version_of_the_card,
)
"""The checks of SGP.22 v2, 5.6.1; the signing list first, which is free where both are unknown."""
VERIFICATION_FIRST: Final = (
    capabilities_can_be_read,
    address_is_ours,
    certificate_for_the_card,
    ci_for_the_card,
    version_of_the_card,
)
"""The same checks, the list for verification first."""


def run(environment: Environment, content: Content) -> Outcome:
    """Opens a session, or refuses to."""
    policy = environment.policy
    initiation = Initiation(content, environment.identity, policy)
    checks = CHECKS if policy.signing_list_first else VERIFICATION_FIRST
    refusal = run_checks(checks, policy, initiation)
    if refusal is not None:
        return Outcome(answer=refusal)
    session = _open(environment, initiation)
    return Outcome(answer=_answer(environment, initiation, session), sessions=(session,))


def _open(environment: Environment, initiation: Initiation) -> Session:
    """Chooses the CIs and draws TransactionID and challenge.

    The card's first choice decides under which CI it signs; our own certificates are under the same
    CI where the card lists it for verification too. When the policy skips the checks, the first
    curve of the server is the fallback.
    """
    identity = environment.identity
    verification = initiation.verification
    chosen = (initiation.signing or list(identity.curves))[0]
    own = chosen if chosen in verification or not verification else verification[0]
    client = initiation.client
    variant = Variant.O
    if client.takes_chains and identity.ci_pkid(chosen) in client.ci_pkids:
        variant = identity.chain(environment.policy.chain, Role.DP_AUTH, own).variant
    return Session(
        transaction_id=TransactionId(environment.rng.octets(16)),
        touched=environment.clock.now(),
        server_challenge=environment.rng.octets(16),
        ci_pkid=identity.ci_pkid(chosen),
        curve=own,
        variant=variant,
        euicc_capability=client.euicc,
        lpa_capability=client.lpa,
    )


def _answer(
    environment: Environment, initiation: Initiation, session: Session
) -> InitiateAuthenticationResponse:
    identity, through = environment.identity, environment.faults.through
    chain = identity.chain(session.variant, Role.DP_AUTH, session.curve)
    signer = through(
        fault_points.DP_AUTH_SIGNER,
        Signer(identity, session.curve, chain.leaf),
        NAME,
    )
    crls = crls_of(chain) if initiation.client.takes_crls else ()
    content = initiation.content
    signed = through(
        fault_points.SERVER_SIGNED1,
        _with_context(
            ServerSigned1(
                transaction_id=session.transaction_id,
                euicc_challenge=content.euicc_challenge,
                server_address=content.smdp_address,
                server_challenge=session.server_challenge,
            ),
            environment.policy.version,
            session,
            stapled=bool(crls),
        ),
        NAME,
    ).encode()
    pkid = through(fault_points.CI_PKID, session.ci_pkid, NAME)
    response = InitiateAuthenticationResponse(
        transaction_id=session.transaction_id,
        server_signed1=signed,
        server_signature1=tlv.encode(Tag.Signature, signer.sign(signed)),
        euicc_ci_pkid_to_be_used=tlv.encode(Tag.OctetString, pkid),
        server_certificate=signer.certificate,
        other_certs_in_chain=chain.others or None,
        crl_list=crls or None,
    )
    return through(fault_points.INITIATE_AUTHENTICATION_RESPONSE, response, NAME)


def _with_context(
    plain: ServerSigned1, version: Version, session: Session, *, stapled: bool
) -> ServerSigned1:
    """Returns serverSigned1 as a server of a version sends it.

    One of version 3 says its version and capabilities to every card: one of version 2 skips what
    it does not know.
    """
    if version < VERSION_3:
        return plain
    return v3.ServerSigned1(
        transaction_id=plain.transaction_id,
        euicc_challenge=plain.euicc_challenge,
        server_address=plain.server_address,
        server_challenge=plain.server_challenge,
        session_context=v3.SessionContext(
            server_svn=version,
            crl_stapling_v3_used=stapled,
            euicc_ci_pkid_to_be_used_v3=session.ci_pkid if session.variant.newer else None,
        ),
        server_rsp_capability=_CAPABILITY,
    )


def _shown(identifiers: tuple[bytes, ...]) -> str:
    return ", ".join(one.hex().upper() for one in identifiers) or "empty"


FUNCTION: Final = Es9pFunction(name=NAME, read=read, run=run)
