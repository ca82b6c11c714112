"""Faults of the first two steps: the signed values, the signer, and octets changed afterwards.

If a value is changed before it is signed, the signature is good and the content is wrong. If octets
are changed afterwards, the content may be good and the signature is wrong. The card answers the two
with different error codes.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from rspcore import tlv
from rspcore.errors import LocalError
from rspcore.ids import TransactionId
from rspcore.messages.es9p import (
    AuthenticateClientResponse,
    InitiateAuthenticationResponse,
)
from rspcore.messages.es10b import ServerSigned1, SmdpSigned2
from rspcore.messages.metadata import StoreMetadataRequest
from rspcore.pki.roles import Role
from rspcore.tags import Tag
from rspsim.faults.server.octet_changes import flipping, from_hex, setting
from rspsim.smdpp import fault_points
from rspsim.smdpp.fault_switch import ServerFault
from rspsim.smdpp.identity import Signer

__all__ = ["FAULTS"]

_OTHER_ID: Final = "FF" * 16


def _another_role(signer: Signer, role: str) -> Signer:
    try:
        wanted = Role[role]
    except KeyError:
        raise LocalError(f"role {role!r}: expected one of {', '.join(Role.__members__)}") from None
    for one in signer.identity.pki.all(wanted, signer.curve):
        if one.key is not None:
            return replace(signer, credential=one)
    raise LocalError(f"role {role}: the PKI has no {wanted} with a key on {signer.curve}")


def _another_server(kind: str) -> Callable[..., Signer]:
    def change(signer: Signer, server: int) -> Signer:
        other = replace(signer.identity, server=server)
        return replace(signer, credential=getattr(other, kind)(signer.curve))

    return change


def _another_curve(kind: str) -> Callable[..., Signer]:
    def change(signer: Signer) -> Signer:
        others = [curve for curve in signer.identity.pki.curves if curve is not signer.curve]
        if not others:
            raise LocalError(f"the PKI has no other curve than {signer.curve}")
        return replace(signer, credential=getattr(signer.identity, kind)(others[0]))

    return change


def _transaction_id1(signed: ServerSigned1, value: str) -> ServerSigned1:
    return replace(signed, transaction_id=TransactionId(from_hex("value", value)))


def _transaction_id2(signed: SmdpSigned2, value: str) -> SmdpSigned2:
    return replace(signed, transaction_id=TransactionId(from_hex("value", value)))


def _challenge(signed: ServerSigned1, value: str) -> ServerSigned1:
    return replace(signed, euicc_challenge=from_hex("value", value))


def _kept_otpk(signed: SmdpSigned2, value: str) -> SmdpSigned2:
    return replace(signed, bpp_euicc_otpk=from_hex("value", value))


def _ci_pkid(_: bytes, value: str) -> bytes:
    return from_hex("value", value)


def _metadata_name(
    response: AuthenticateClientResponse, profile_name: str
) -> AuthenticateClientResponse:
    metadata = StoreMetadataRequest.decode(response.profile_metadata)
    changed = replace(metadata, profile_name=profile_name)
    return replace(response, profile_metadata=changed.encode())


def _signature_length(response: InitiateAuthenticationResponse) -> InitiateAuthenticationResponse:
    value = bytes(tlv.parse(response.server_signature1).value)
    return replace(response, server_signature1=tlv.encode(Tag.Signature, value[:-1]))


_BAD_SIGNATURE1: Final = (
    "the card answers AuthenticateServer with invalidSignature (SGP.22 v2, 5.7.13)"
)
_BAD_CERTIFICATE1: Final = (
    "the card answers AuthenticateServer with invalidCertificate (SGP.22 v2, 5.7.13)"
)
_BAD_SIGNATURE2: Final = "the card answers PrepareDownload with invalidSignature (SGP.22 v2, 5.7.5)"
_BAD_CERTIFICATE2: Final = (
    "the card answers PrepareDownload with invalidCertificate (SGP.22 v2, 5.7.5)"
)
_METADATA_MISMATCH: Final = (
    "the LPA compares the metadata with those in the package and sends CancelSession with "
    "metadataMismatch (SGP.22 v2, 3.1.3.2)"
)

_FLIPS: Final = (
    ("server_signed1", "InitiateAuthentication", _BAD_SIGNATURE1),
    ("server_signature1", "InitiateAuthentication", _BAD_SIGNATURE1),
    ("server_certificate", "InitiateAuthentication", _BAD_CERTIFICATE1),
    ("profile_metadata", "AuthenticateClient", _METADATA_MISMATCH),
    ("smdp_signed2", "AuthenticateClient", _BAD_SIGNATURE2),
    ("smdp_signature2", "AuthenticateClient", _BAD_SIGNATURE2),
    ("smdp_certificate", "AuthenticateClient", _BAD_CERTIFICATE2),
)


_AFTER_SIGNING: Final[dict[str, fault_points.Point[Any]]] = {
    "InitiateAuthentication": fault_points.INITIATE_AUTHENTICATION_RESPONSE,
    "AuthenticateClient": fault_points.AUTHENTICATE_CLIENT_RESPONSE,
}


def _flip(member: str, function: str, expected: str) -> ServerFault:
    return ServerFault(
        name=f"es9.{member}.flip_bit",
        point=_AFTER_SIGNING[function],
        summary=f"{member} of {function} has one bit inverted; bit 0 is the last of all.",
        expected=expected,
        change=flipping(member),
        parameters={"bit": 0},
    )


FAULTS: Final = (
    *(_flip(*row) for row in _FLIPS),
    ServerFault(
        name="es9.server_signed1.transaction_id",
        point=fault_points.SERVER_SIGNED1,
        summary="serverSigned1 has another TransactionID than the JSON object.",
        expected=(
            "the LPA compares the two and ends the session (SGP.22 v2, 3.0.1); if it does not, "
            "the card answers PrepareDownload with invalidTransactionId (5.7.5)"
        ),
        change=_transaction_id1,
        parameters={"value": _OTHER_ID},
    ),
    ServerFault(
        name="es9.server_signed1.euicc_challenge",
        point=fault_points.SERVER_SIGNED1,
        summary="serverSigned1 has another euiccChallenge and a good signature.",
        expected=(
            "the card answers AuthenticateServer with euiccChallengeMismatch (SGP.22 v2, 5.7.13)"
        ),
        change=_challenge,
        parameters={"value": "00" * 16},
    ),
    ServerFault(
        name="es9.server_signed1.server_address",
        point=fault_points.SERVER_SIGNED1,
        summary="serverSigned1 has the address of another server.",
        expected=(
            "the LPA compares the address, without regard to case, and stops (SGP.22 v2, 3.0.1)"
        ),
        change=setting("server_address"),
        parameters={"value": "other.example.com"},
    ),
    ServerFault(
        name="es9.server_signature1.short",
        point=fault_points.INITIATE_AUTHENTICATION_RESPONSE,
        summary="serverSignature1 has 63 octets.",
        expected=_BAD_SIGNATURE1,
        change=_signature_length,
    ),
    ServerFault(
        name="es9.euicc_ci_pkid.other",
        point=fault_points.CI_PKID,
        summary="euiccCiPKIdToBeUsed is a CI that the card did not offer.",
        expected="the card answers AuthenticateServer with ciPKUnknown (SGP.22 v2, 5.7.13)",
        change=_ci_pkid,
        parameters={"value": "00" * 20},
    ),
    ServerFault(
        name="es9.server_certificate.role",
        point=fault_points.DP_AUTH_SIGNER,
        summary="The first signature is made with a certificate of another role.",
        expected="the card answers AuthenticateServer with invalidOid (SGP.22 v2, 5.7.13)",
        change=_another_role,
        parameters={"role": "DP_PB"},
    ),
    ServerFault(
        name="es9.server_certificate.other_server",
        point=fault_points.DP_AUTH_SIGNER,
        summary="The first signature is made by another SM-DP+ of the PKI.",
        expected=(
            "the LPA compares the OID of the activation code (SGP.22 v2, 3.0.1); the card answers "
            "PrepareDownload with invalidCertificate (5.7.5)"
        ),
        change=_another_server("dp_auth"),
        parameters={"server": 2},
    ),
    ServerFault(
        name="es9.server_certificate.other_curve",
        point=fault_points.DP_AUTH_SIGNER,
        summary="The first signature is made with the certificate under the other CI.",
        expected="the card accepts any CI of its verification list (SGP.22 v2, 5.7.13)",
        change=_another_curve("dp_auth"),
    ),
    ServerFault(
        name="es9.smdp_signed2.transaction_id",
        point=fault_points.SMDP_SIGNED2,
        summary="smdpSigned2 has another TransactionID and a good signature.",
        expected="the card answers PrepareDownload with invalidTransactionId (SGP.22 v2, 5.7.5)",
        change=_transaction_id2,
        parameters={"value": _OTHER_ID},
    ),
    ServerFault(
        name="es9.smdp_signed2.cc_required_flag",
        point=fault_points.SMDP_SIGNED2,
        summary="ccRequiredFlag is not as in the order.",
        expected=(
            "the LPA asks for a confirmation code if and only if the flag is set, whatever the "
            "activation code says (SGP.22 v2, 4.7)"
        ),
        change=setting("cc_required_flag"),
        parameters={"value": True},
    ),
    ServerFault(
        name="es9.smdp_signed2.bpp_euicc_otpk",
        point=fault_points.SMDP_SIGNED2,
        summary="smdpSigned2 offers a one-time key for reuse that the card never made.",
        expected="the card makes a new key pair (SGP.22 v2, 5.7.5)",
        change=_kept_otpk,
        parameters={"value": "04" + "11" * 64},
    ),
    ServerFault(
        name="es9.smdp_certificate.role",
        point=fault_points.DP_PB_SIGNER,
        summary="The second signature is made with a certificate of another role.",
        expected=_BAD_CERTIFICATE2,
        change=_another_role,
        parameters={"role": "DP_AUTH"},
    ),
    ServerFault(
        name="es9.smdp_certificate.other_server",
        point=fault_points.DP_PB_SIGNER,
        summary="The second signature is made by another SM-DP+ than the first.",
        expected=(
            "the card answers PrepareDownload with invalidCertificate: another owner "
            "(SGP.22 v2, 5.7.5)"
        ),
        change=_another_server("dp_pb"),
        parameters={"server": 2},
    ),
    ServerFault(
        name="es9.smdp_certificate.other_curve",
        point=fault_points.DP_PB_SIGNER,
        summary="The second signature is made with the certificate under the other CI.",
        expected=(
            "the card may refuse a CERT.DPpb under another CI than CERT.DPauth (SGP.22 v2, 5.7.5)"
        ),
        change=_another_curve("dp_pb"),
    ),
    ServerFault(
        name="es9.profile_metadata.profile_name",
        point=fault_points.AUTHENTICATE_CLIENT_RESPONSE,
        summary="The metadata shown to the user differ from those in the package.",
        expected=_METADATA_MISMATCH,
        change=_metadata_name,
        parameters={"profile_name": "Another profile"},
    ),
)
