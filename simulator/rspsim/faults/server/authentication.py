"""Faults of the first two steps: the signed values, the signer, and octets changed afterwards.

If a value is changed before it is signed, the signature is good and the content is wrong. If octets
are changed afterwards, the content may be good and the signature is wrong. The card answers the two
with different error codes.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from rspcore import tlv
from rspcore.ids import TransactionId
from rspcore.messages.es9p import (
    AuthenticateClientResponse,
    InitiateAuthenticationResponse,
)
from rspcore.messages.es10b import ServerSigned1, SmdpSigned2
from rspcore.messages.metadata import StoreMetadataRequest
from rspcore.pki.roles import Role
from rspcore.tags import Tag
from rspsim.faults.server.octet_changes import ANY_BIT, flipping, from_hex, setting
from rspsim.smdpp import fault_points
from rspsim.smdpp.fault_classes import FaultClass
from rspsim.smdpp.fault_rules import between, hexadecimal, of_length, one_of
from rspsim.smdpp.fault_switch import ServerFault
from rspsim.smdpp.identity import Identity, Signer

__all__ = ["FAULTS"]

_OTHER_ID: Final = "FF" * 16


def _another_role(signer: Signer, role: str) -> Signer:
    found = signer.identity.pki.all(Role[role], signer.curve)
    return replace(signer, credential=next(one for one in found if one.key is not None))


def _has_role(identity: Identity, role: str) -> str:
    for curve in identity.curves:
        if not any(one.key is not None for one in identity.pki.all(Role[role], curve)):
            return f"role {role}: the PKI has no such certificate with a key on {curve}"
    return ""


def _has_server(identity: Identity, server: int) -> str:
    for curve in identity.curves:
        there = len(identity.pki.servers(Role.DP_AUTH, curve))
        if server > there or server == identity.server:
            return (
                f"server {server}: expected the number of another SM-DP+ of the PKI, which has "
                f"{there} on {curve}"
            )
    return ""


def _has_two_curves(identity: Identity) -> str:
    return "" if len(identity.pki.curves) > 1 else "the PKI has one curve only"


def _another_server(kind: str) -> Callable[..., Signer]:
    def change(signer: Signer, server: int) -> Signer:
        other = replace(signer.identity, server=server)
        return replace(signer, credential=getattr(other, kind)(signer.curve))

    return change


def _another_curve(kind: str) -> Callable[..., Signer]:
    def change(signer: Signer) -> Signer:
        others = [curve for curve in signer.identity.pki.curves if curve is not signer.curve]
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


_FLIPPED: Final = {
    "server_signed1": FaultClass.SIGNATURE,
    "server_signature1": FaultClass.SIGNATURE,
    "server_certificate": FaultClass.CHAIN,
    "profile_metadata": FaultClass.MESSAGE,
    "smdp_signed2": FaultClass.SIGNATURE,
    "smdp_signature2": FaultClass.SIGNATURE,
    "smdp_certificate": FaultClass.CHAIN,
}


def _flip(member: str, function: str, expected: str) -> ServerFault:
    return ServerFault(
        name=f"es9.{member}.flip_bit",
        kind=_FLIPPED[member],
        point=_AFTER_SIGNING[function],
        summary=f"{member} of {function} has one bit inverted; bit 0 is the last of all.",
        expected=expected,
        change=flipping(member),
        parameters={"bit": 0},
        rules={"bit": ANY_BIT},
    )


FAULTS: Final = (
    *(_flip(*row) for row in _FLIPS),
    ServerFault(
        name="es9.server_signed1.transaction_id",
        kind=FaultClass.MESSAGE,
        point=fault_points.SERVER_SIGNED1,
        summary="serverSigned1 has another TransactionID than the JSON object.",
        expected=(
            "the LPA compares the two and ends the session (SGP.22 v2, 3.0.1); if it does not, "
            "the card answers PrepareDownload with invalidTransactionId (5.7.5)"
        ),
        change=_transaction_id1,
        parameters={"value": _OTHER_ID},
        rules={"value": hexadecimal(1, 16)},
    ),
    ServerFault(
        name="es9.server_signed1.euicc_challenge",
        kind=FaultClass.MESSAGE,
        point=fault_points.SERVER_SIGNED1,
        summary="serverSigned1 has another euiccChallenge and a good signature.",
        expected=(
            "the card answers AuthenticateServer with euiccChallengeMismatch (SGP.22 v2, 5.7.13)"
        ),
        change=_challenge,
        parameters={"value": "00" * 16},
        rules={"value": hexadecimal(16, 16)},
    ),
    ServerFault(
        name="es9.server_signed1.server_address",
        kind=FaultClass.MESSAGE,
        point=fault_points.SERVER_SIGNED1,
        summary="serverSigned1 has the address of another server.",
        expected=(
            "the LPA compares the address, without regard to case, and stops (SGP.22 v2, 3.0.1)"
        ),
        change=setting("server_address"),
        parameters={"value": "other.example.com"},
        rules={"value": of_length(0, 255)},
    ),
    ServerFault(
        name="es9.server_signature1.short",
        kind=FaultClass.SIGNATURE,
        point=fault_points.INITIATE_AUTHENTICATION_RESPONSE,
        summary="serverSignature1 has 63 octets.",
        expected=_BAD_SIGNATURE1,
        change=_signature_length,
    ),
    ServerFault(
        name="es9.euicc_ci_pkid.other",
        kind=FaultClass.MESSAGE,
        point=fault_points.CI_PKID,
        summary="euiccCiPKIdToBeUsed is a CI that the card did not offer.",
        expected="the card answers AuthenticateServer with ciPKUnknown (SGP.22 v2, 5.7.13)",
        change=_ci_pkid,
        parameters={"value": "00" * 20},
        rules={"value": hexadecimal(20, 20)},
    ),
    ServerFault(
        name="es9.server_certificate.role",
        kind=FaultClass.CHAIN,
        point=fault_points.DP_AUTH_SIGNER,
        summary="The first signature is made with a certificate of another role.",
        expected="the card answers AuthenticateServer with invalidOid (SGP.22 v2, 5.7.13)",
        change=_another_role,
        fits=_has_role,
        parameters={"role": "DP_PB"},
        rules={"role": one_of(*Role.__members__)},
    ),
    ServerFault(
        name="es9.server_certificate.other_server",
        kind=FaultClass.CHAIN,
        point=fault_points.DP_AUTH_SIGNER,
        summary="The first signature is made by another SM-DP+ of the PKI.",
        expected=(
            "the LPA compares the OID of the activation code (SGP.22 v2, 3.0.1); the card answers "
            "PrepareDownload with invalidCertificate (5.7.5)"
        ),
        change=_another_server("dp_auth"),
        fits=_has_server,
        parameters={"server": 2},
        rules={"server": between(1, 99)},
    ),
    ServerFault(
        name="es9.server_certificate.other_curve",
        kind=FaultClass.CHAIN,
        point=fault_points.DP_AUTH_SIGNER,
        summary="The first signature is made with the certificate under the other CI.",
        expected="the card accepts any CI of its verification list (SGP.22 v2, 5.7.13)",
        change=_another_curve("dp_auth"),
        fits=_has_two_curves,
    ),
    ServerFault(
        name="es9.smdp_signed2.transaction_id",
        kind=FaultClass.MESSAGE,
        point=fault_points.SMDP_SIGNED2,
        summary="smdpSigned2 has another TransactionID and a good signature.",
        expected="the card answers PrepareDownload with invalidTransactionId (SGP.22 v2, 5.7.5)",
        change=_transaction_id2,
        parameters={"value": _OTHER_ID},
        rules={"value": hexadecimal(1, 16)},
    ),
    ServerFault(
        name="es9.smdp_signed2.cc_required_flag",
        kind=FaultClass.MESSAGE,
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
        kind=FaultClass.MESSAGE,
        point=fault_points.SMDP_SIGNED2,
        summary="smdpSigned2 offers a one-time key for reuse that the card never made.",
        expected="the card makes a new key pair (SGP.22 v2, 5.7.5)",
        change=_kept_otpk,
        parameters={"value": "04" + "11" * 64},
        rules={"value": hexadecimal(65, 65)},
    ),
    ServerFault(
        name="es9.smdp_certificate.role",
        kind=FaultClass.CHAIN,
        point=fault_points.DP_PB_SIGNER,
        summary="The second signature is made with a certificate of another role.",
        expected=_BAD_CERTIFICATE2,
        change=_another_role,
        fits=_has_role,
        parameters={"role": "DP_AUTH"},
        rules={"role": one_of(*Role.__members__)},
    ),
    ServerFault(
        name="es9.smdp_certificate.other_server",
        kind=FaultClass.CHAIN,
        point=fault_points.DP_PB_SIGNER,
        summary="The second signature is made by another SM-DP+ than the first.",
        expected=(
            "the card answers PrepareDownload with invalidCertificate: another owner "
            "(SGP.22 v2, 5.7.5)"
        ),
        change=_another_server("dp_pb"),
        fits=_has_server,
        parameters={"server": 2},
        rules={"server": between(1, 99)},
    ),
    ServerFault(
        name="es9.smdp_certificate.other_curve",
        kind=FaultClass.CHAIN,
        point=fault_points.DP_PB_SIGNER,
        summary="The second signature is made with the certificate under the other CI.",
        expected=(
            "the card may refuse a CERT.DPpb under another CI than CERT.DPauth (SGP.22 v2, 5.7.5)"
        ),
        change=_another_curve("dp_pb"),
        fits=_has_two_curves,
    ),
    ServerFault(
        name="es9.profile_metadata.profile_name",
        kind=FaultClass.MESSAGE,
        point=fault_points.AUTHENTICATE_CLIENT_RESPONSE,
        summary="The metadata shown to the user differ from those in the package.",
        expected=_METADATA_MISMATCH,
        change=_metadata_name,
        parameters={"profile_name": "Another profile"},
        rules={"profile_name": of_length(0, 64)},
    ),
)
