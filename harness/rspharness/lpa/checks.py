"""What an LPA itself has to check during a download, as pure functions over what came.

Addresses and OIDs (SGP.22 v2, 3.0.1 and 3.1.3), Profile policy rules against the RAT (2.9.2 and
3.1.3), and that the package carries the metadata the user agreed to (3.1.3.3). A check that does
not hold raises `DownloadStoppedError`, which names the reason CancelSession has to give.
"""

from collections.abc import Iterable
from typing import Final

from rspcore import tlv
from rspcore.errors import DecodeError, RspError
from rspcore.ids import MccMnc, Oid
from rspcore.messages.es10b import CancelSessionReason
from rspcore.messages.es10c import ProfileInfo
from rspcore.messages.metadata import (
    OperatorId,
    PprFlag,
    PprId,
    ProfileClass,
    ProfilePolicyAuthorisationRule,
    StoreMetadataRequest,
)
from rspcore.pki.certificate import Certificate
from rspcore.server_address import same_address
from rspcore.tags import Tag

__all__ = [
    "DownloadStoppedError",
    "check_announced_metadata",
    "check_policy_rules",
    "check_same_server",
    "check_server_address",
    "check_smdp_oid",
    "operator_matches",
    "package_metadata",
]

_NOT_STORED: Final = 0xBF23
_MAC_OCTETS: Final = 8


class DownloadStoppedError(RspError):
    """Reports that the LPA or its user stops a download.

    Attributes:
        reason: Reason for CancelSession.
    """

    def __init__(self, message: str, reason: CancelSessionReason) -> None:
        super().__init__(message)
        self.reason = reason


def check_server_address(used: str, signed: str) -> None:
    """Compares the address in serverSigned1 with the one the LPA used.

    Raises:
        DownloadStoppedError: they differ.
    """
    if not same_address(used, signed):
        raise DownloadStoppedError(
            f"serverSigned1 names the server {signed!r}, but {used!r} was asked",
            CancelSessionReason.undefinedReason,
        )


def check_smdp_oid(
    expected: Oid | None, certificate: bytes, source: str = "activation code"
) -> None:
    """Compares the OID of the activation code with the registeredID of CERT.DPauth.

    Args:
        expected: OID of the activation code; None means there is nothing to compare.
        certificate: DER octets of the server's certificate.
        source: What the expected OID comes from, for the message.

    Raises:
        DownloadStoppedError: they differ, or the certificate cannot be read or names no OID.
    """
    if expected is None:
        return
    try:
        found = Certificate.from_der(certificate).registered_id
    except DecodeError as error:
        raise DownloadStoppedError(
            f"the certificate of the server cannot be read: {error}",
            CancelSessionReason.undefinedReason,
        ) from error
    if found != expected:
        raise DownloadStoppedError(
            f"the {source} names SM-DP+ OID {expected}, the certificate of the server "
            f"{found or 'none'}",
            CancelSessionReason.undefinedReason,
        )


def check_same_server(tls: bytes | None, certificate: bytes) -> None:
    """Compares the registeredID of the TLS certificate with that of CERT.DPauth.

    Args:
        tls: DER octets of the TLS certificate; None means there is nothing to compare.
        certificate: DER octets of CERT.DPauth.

    Raises:
        DownloadStoppedError: they differ, or CERT.DPauth cannot be read.
    """
    if tls is not None:
        check_smdp_oid(Certificate.from_der(tls).registered_id, certificate, "TLS certificate")


def check_policy_rules(
    metadata: StoreMetadataRequest,
    rat: Iterable[ProfilePolicyAuthorisationRule],
    installed: Iterable[ProfileInfo],
) -> bool:
    """Checks the Profile policy rules of a Profile against the RAT and the Profiles on the card.

    Args:
        metadata: Metadata of the Profile offered.
        rat: Rules of the card, in order; the first that fits a policy rule decides.
        installed: Profiles on the card.

    Returns:
        True when a rule asks for the explicit consent of the user.

    Raises:
        DownloadStoppedError: a policy rule is not authorised, or PPR1 is set and an operational
            Profile is installed already; the reason is pprNotAllowed.
    """
    policy = {n for n in metadata.profile_policy_rules or () if n != PprId.pprUpdateControl}
    rules = tuple(rat)
    consent = False
    for number in sorted(policy):
        rule = _first_fitting(rules, number, metadata.profile_owner)
        if rule is None:
            owner = metadata.profile_owner
            raise DownloadStoppedError(
                f"the Profile carries PPR{number}, which the RAT of the card allows no operator "
                f"like {owner.mcc_mnc if owner else '(no profileOwner)'}",
                CancelSessionReason.pprNotAllowed,
            )
        consent = consent or PprFlag.consentRequired in rule.ppr_flags
    if PprId.ppr1 in policy and any(_is_operational(profile) for profile in installed):
        raise DownloadStoppedError(
            "the Profile carries PPR1 (may not be disabled), but an operational Profile is already "
            "installed",
            CancelSessionReason.pprNotAllowed,
        )
    return consent


def _is_operational(profile: ProfileInfo) -> bool:
    return profile.profile_class in (None, ProfileClass.operational)


def _first_fitting(
    rules: tuple[ProfilePolicyAuthorisationRule, ...], number: int, owner: OperatorId | None
) -> ProfilePolicyAuthorisationRule | None:
    if owner is None:
        return None
    for rule in rules:
        if number in rule.ppr_ids and any(
            operator_matches(allowed, owner) for allowed in rule.allowed_operators
        ):
            return rule
    return None


def operator_matches(allowed: OperatorId, owner: OperatorId) -> bool:
    """Returns whether an operator of a RAT rule covers the owner of a Profile.

    A nibble E of mccMnc covers any digit. A gid of length 0 covers any value or none, an absent gid
    only an owner without it (SGP.22 v2, 2.9.2.1).
    """
    return (
        _mcc_mnc_matches(allowed.mcc_mnc, owner.mcc_mnc)
        and _gid_matches(allowed.gid1, owner.gid1)
        and _gid_matches(allowed.gid2, owner.gid2)
    )


def _mcc_mnc_matches(allowed: MccMnc, owner: MccMnc) -> bool:
    pairs = zip(allowed.octets.hex(), owner.octets.hex(), strict=True)
    return all(wanted in ("e", found) for wanted, found in pairs)


def _gid_matches(allowed: bytes | None, owner: bytes | None) -> bool:
    return allowed in (b"", owner)


def package_metadata(bpp: bytes) -> bytes:
    """Returns the StoreMetadata command (BF25) a BoundProfilePackage carries.

    The segments are protected against change only, so the LPA can read them (SGP.22 v2, 2.5.4).

    Raises:
        DecodeError: no package, or its segments of tag 88 are not those of a StoreMetadata.
    """
    group = tlv.parse(bpp).find(Tag.SequenceOf88)
    if group is None:
        raise DecodeError("BoundProfilePackage: no sequenceOf88 (A1)", tag=Tag.SequenceOf88)
    parts = []
    for segment in group.children():
        if segment.tag != Tag.Protected88 or len(segment.value) <= _MAC_OCTETS:
            raise DecodeError(
                f"sequenceOf88: {segment!r}; expected 88 with data and a MAC of 8 octets",
                offset=segment.offset,
                tag=segment.tag,
            )
        parts.append(bytes(segment.value[:-_MAC_OCTETS]))
    return b"".join(parts)


def check_announced_metadata(announced: bytes, bpp: bytes) -> None:
    """Compares the metadata the user has seen with the metadata in the package.

    Data the card does not store (BF23) may be missing in the package.

    Args:
        announced: profileMetadata of AuthenticateClient (BF25).
        bpp: The BoundProfilePackage (BF36).

    Raises:
        DownloadStoppedError: they differ or cannot be read; the reason is metadataMismatch.
    """
    try:
        same = _stored_part(announced) == _stored_part(package_metadata(bpp))
    except DecodeError as error:
        raise DownloadStoppedError(
            f"the metadata of the package cannot be read: {error}",
            CancelSessionReason.metadataMismatch,
        ) from error
    if not same:
        raise DownloadStoppedError(
            "the package carries other metadata than the server announced",
            CancelSessionReason.metadataMismatch,
        )


def _stored_part(metadata: bytes) -> list[bytes]:
    return [
        bytes(child.raw) for child in tlv.parse(metadata).children() if child.tag != _NOT_STORED
    ]
