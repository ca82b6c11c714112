"""Flawed certificates: each is a good one with a single property changed and signed again.

Each `FlawedVariant` names what a verifier has to find, so the list serves the card, the servers and
the suites alike. The subject's key stays that of the good certificate wherever the flaw is not in
the key itself: what is signed with it afterwards is sound.

Source: SGP.22 v2, 4.5.2 and 5.7.13; the invalid set of the SGP.26 test certificates.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from rspcore import tlv
from rspcore.crypto.curves import Curve
from rspcore.crypto.keys import PrivateKey
from rspcore.errors import LocalError
from rspcore.frozen import dataclass, replace
from rspcore.ids import Oid
from rspcore.pki.bundle import Credential, Pki
from rspcore.pki.certificate import KeyUsage
from rspcore.pki.issue import Contents, assemble, sign, subject_public_key_info
from rspcore.pki.names_and_extensions import CLIENT_AUTH, Extension, Subject
from rspcore.pki.roles import Role
from rspcore.pki.verification import CertificateFlaw

__all__ = ["FLAWED_VARIANTS", "FlawedVariant", "flawed_certificate"]

_SERVERS = frozenset((Role.DP_AUTH, Role.DP_PB, Role.DS_AUTH))
_TLS = frozenset((Role.DP_TLS, Role.DS_TLS))
_EUM = frozenset((Role.EUM,))
_EUICC = frozenset((Role.EUICC,))
_LEAVES = _SERVERS | _TLS | _EUICC
_ALL = _LEAVES | _EUM

_SKI, _AKI = Oid("2.5.29.14"), Oid("2.5.29.35")
_KEY_USAGE, _POLICIES = Oid("2.5.29.15"), Oid("2.5.29.32")
_SUBJECT_ALT_NAME, _NAME_CONSTRAINTS = Oid("2.5.29.17"), Oid("2.5.29.30")
_EXTENDED_KEY_USAGE = Oid("2.5.29.37")
_UNKNOWN_EXTENSION = Oid("2.999.99.1")

_PAST = (datetime(2010, 1, 1, tzinfo=UTC), datetime(2015, 1, 1, tzinfo=UTC))
_FUTURE = (datetime(2200, 1, 1, tzinfo=UTC), datetime(2250, 1, 1, tzinfo=UTC))

# Base points of P-192 (FIPS 186-4, D.1.2.1) and brainpoolP192r1 (RFC 5639, 3.2): keys that are
# sound, on curves that no eUICC has.
_SHORT_KEYS = {
    Curve.NIST_P256: (
        Oid("1.2.840.10045.3.1.1"),
        bytes.fromhex(
            "04188DA80EB03090F67CBF20EB43A18800F4FF0AFD82FF1012"
            "07192B95FFC8DA78631011ED6B24CDD573F977A11E794811"
        ),
    ),
    Curve.BRAINPOOL_P256R1: (
        Oid("1.3.36.3.3.2.8.1.1.3"),
        bytes.fromhex(
            "04C0A0647EAAB6A48753B033C56CB0F0900A2F5C4853375FD6"
            "14B690866ABD5BB88B5F4828C1490002E6773FA2FA299B8F"
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class _Making:
    contents: Contents
    signer: PrivateKey
    good: Credential
    pki: Pki
    damaged: bool = False

    @property
    def curve(self) -> Curve:
        return self.good.private_key.curve

    def change(self, contents: Contents) -> "_Making":
        """Returns the same with other contents."""
        return replace(self, contents=contents)


@dataclass(frozen=True, slots=True)
class FlawedVariant:
    """One way to make a good certificate wrong.

    Attributes:
        name: Name for options and reports.
        summary: What is wrong, in one line.
        found: What a verifier finds first, if it looks up the issuer by key identifier and has a
            clock; a card has none and accepts `expired` and `not_yet_valid`.
        roles: Roles it applies to.
    """

    name: str
    summary: str
    found: CertificateFlaw
    roles: frozenset[Role]
    _apply: Callable[[_Making], _Making]


def flawed_certificate(pki: Pki, flaw: FlawedVariant, good: Credential) -> bytes:
    """Returns a copy of the good certificate with the flaw, signed by its issuer.

    Args:
        pki: Bundle that has the issuer's private key; for `under_other_root` also the CI of the
            other curve.
        flaw: What to make wrong.
        good: Certificate to start from, with its key.

    Returns:
        The certificate, DER; some flaws make octets that `Certificate` refuses to read.

    Raises:
        LocalError: the flaw does not apply to the role.
        ConfigError: the bundle lacks a key that is needed.
    """
    role = good.certificate.role
    if role is None or role not in flaw.roles:
        raise LocalError(f"flaw {flaw.name} is not for {role or 'a certificate without role'}")
    curve = good.private_key.curve
    issuer = pki.eum(curve) if role is Role.EUICC else pki.ci(curve)
    start = _Making(Contents.of(good.certificate), issuer.private_key, good, pki)
    making = flaw._apply(start)  # noqa: SLF001  the two halves of one module
    if not making.damaged:
        return sign(making.contents, making.signer)
    tbs = making.contents.encode()
    return assemble(tbs, making.signer.sign_der(tbs + b"\x00"))


def _add(extension: Extension) -> Callable[[_Making], _Making]:
    return lambda making: making.change(making.contents.with_extension(extension))


def _drop(oid: Oid) -> Callable[[_Making], _Making]:
    return lambda making: making.change(making.contents.without_extension(oid))


def _dates(first: datetime, last: datetime) -> Callable[[_Making], _Making]:
    return lambda making: making.change(replace(making.contents, not_before=first, not_after=last))


def _short_key(making: _Making) -> _Making:
    curve, point = _SHORT_KEYS[making.curve]
    info = subject_public_key_info(curve, point)
    return making.change(replace(making.contents, public_key_info=info))


def _compressed(making: _Making) -> _Making:
    point = making.good.private_key.public.point
    shorter = bytes((0x02 | point[64] & 1,)) + point[1:33]
    info = subject_public_key_info(making.curve.oid, shorter)
    return making.change(replace(making.contents, public_key_info=info))


def _off_curve(making: _Making) -> _Making:
    point = making.good.private_key.public.point
    moved = point[:64] + bytes((point[64] ^ 1,))
    info = subject_public_key_info(making.curve.oid, moved)
    return making.change(replace(making.contents, public_key_info=info))


def _repeated(making: _Making) -> _Making:
    first = making.contents.extensions[0]
    return making.change(making.contents.with_repeated(first))


def _under_other_root(making: _Making) -> _Making:
    other = next((curve for curve in making.pki.curves if curve is not making.curve), None)
    if other is None:
        raise LocalError("flaw under_other_root: the PKI bundle has only one curve")
    ci = making.pki.ci(other)
    aki = Extension.authority_key_identifier(ci.certificate.subject_key_identifier or b"")
    return replace(making, contents=making.contents.with_extension(aki), signer=ci.private_key)


def _other_role(making: _Making) -> _Making:
    role = Role.DP_PB if making.good.certificate.role is not Role.DP_PB else Role.DP_AUTH
    return _add(Extension.policy(role.oid))(making)


def _other_range(making: _Making) -> _Making:
    eid = making.good.certificate.subject.serial_number or ""
    # Another last digit of the EIN, and the check digits that then fit.
    body = eid[:7] + str((int(eid[7]) + 1) % 10) + eid[8:30]
    return _new_subject(making, serial_number=body + f"{98 - int(body + '00') % 97:02d}")


def _check_digits(making: _Making) -> _Making:
    eid = making.good.certificate.subject.serial_number or ""
    return _new_subject(making, serial_number=f"{eid[:30]}{(int(eid[30:]) + 1) % 100:02d}")


def _other_organization(making: _Making) -> _Making:
    return _new_subject(making, organization="Somebody Else")


def _new_subject(making: _Making, **changes: str) -> _Making:
    name = making.good.certificate.subject
    given = {
        "country": name.country,
        "organization": name.organization,
        "serial_number": name.serial_number,
        "common_name": name.common_name,
    } | changes
    return making.change(replace(making.contents, subject=Subject.of(**given).encode()))


_Flaw = CertificateFlaw
FLAWED_VARIANTS: tuple[FlawedVariant, ...] = (
    FlawedVariant(
        "short_curve", "the key is on a 192-bit curve", _Flaw.UNSUPPORTED_CURVE, _ALL, _short_key
    ),
    FlawedVariant("compressed_point", "the key is compressed", _Flaw.PUBLIC_KEY, _ALL, _compressed),
    FlawedVariant(
        "off_curve_point", "the key is not on its curve", _Flaw.PUBLIC_KEY, _ALL, _off_curve
    ),
    FlawedVariant(
        "bad_signature",
        "the signature is over other octets",
        _Flaw.BAD_SIGNATURE,
        _ALL,
        lambda making: replace(making, damaged=True),
    ),
    FlawedVariant(
        "unknown_issuer",
        "the authority key identifier names an unknown key",
        _Flaw.UNKNOWN_ISSUER,
        _ALL,
        _add(Extension.authority_key_identifier(bytes(20))),
    ),
    FlawedVariant(
        "under_other_root",
        "the CI of the other curve has signed it",
        _Flaw.CURVE_MISMATCH,
        _SERVERS | _TLS | _EUM,
        _under_other_root,
    ),
    FlawedVariant("expired", "the validity has ended", _Flaw.EXPIRED, _ALL, _dates(*_PAST)),
    FlawedVariant(
        "not_yet_valid", "the validity has not begun", _Flaw.NOT_YET_VALID, _ALL, _dates(*_FUTURE)
    ),
    FlawedVariant(
        "critical_extension",
        "an unknown extension is critical",
        _Flaw.UNKNOWN_CRITICAL_EXTENSION,
        _ALL,
        _add(Extension(_UNKNOWN_EXTENSION, tlv.encode(0x05), critical=True)),
    ),
    FlawedVariant(
        "repeated_extension", "an extension is there twice", _Flaw.MALFORMED, _ALL, _repeated
    ),
    FlawedVariant(
        "no_subject_key_identifier",
        "the subject key identifier is missing",
        _Flaw.MISSING_EXTENSION,
        _ALL,
        _drop(_SKI),
    ),
    FlawedVariant(
        "no_authority_key_identifier",
        "the authority key identifier is missing",
        _Flaw.MISSING_EXTENSION,
        _SERVERS | _EUICC | _EUM,
        _drop(_AKI),
    ),
    FlawedVariant("no_key_usage", "keyUsage is missing", _Flaw.KEY_USAGE, _ALL, _drop(_KEY_USAGE)),
    FlawedVariant(
        "key_agreement",
        "keyUsage is keyAgreement instead of digitalSignature",
        _Flaw.KEY_USAGE,
        _ALL,
        _add(Extension.key_usage(KeyUsage.KEY_AGREEMENT)),
    ),
    FlawedVariant(
        "ca_leaf",
        "basicConstraints makes a leaf a CA",
        _Flaw.BASIC_CONSTRAINTS,
        _LEAVES,
        _add(Extension.basic_constraints()),
    ),
    FlawedVariant(
        "not_a_ca",
        "basicConstraints does not say CA",
        _Flaw.BASIC_CONSTRAINTS,
        _EUM,
        _add(Extension.basic_constraints(ca=False)),
    ),
    FlawedVariant(
        "path_length",
        "pathLenConstraint is 1",
        _Flaw.PATH_LENGTH,
        _EUM,
        _add(Extension.basic_constraints(path_length=1)),
    ),
    FlawedVariant(
        "no_registered_id",
        "subjectAltName is missing",
        _Flaw.MISSING_REGISTERED_ID,
        _SERVERS | _EUM,
        _drop(_SUBJECT_ALT_NAME),
    ),
    FlawedVariant(
        "no_policy", "certificatePolicies is missing", _Flaw.NO_ROLE, _ALL - _TLS, _drop(_POLICIES)
    ),
    FlawedVariant(
        "other_role", "the policy is another role's", _Flaw.WRONG_ROLE, _SERVERS, _other_role
    ),
    FlawedVariant(
        "tls_with_auth_policy",
        "the policy is dp-auth, the rest is TLS",
        _Flaw.UNKNOWN_CRITICAL_EXTENSION,
        _TLS,
        _add(Extension.policy(Role.DP_AUTH.oid)),
    ),
    FlawedVariant(
        "client_only",
        "extended key usage is clientAuth alone",
        _Flaw.EXTENDED_KEY_USAGE,
        _TLS,
        _add(Extension.extended_key_usage(CLIENT_AUTH)),
    ),
    FlawedVariant(
        "no_extended_key_usage",
        "extended key usage is missing",
        _Flaw.EXTENDED_KEY_USAGE,
        _TLS,
        _drop(_EXTENDED_KEY_USAGE),
    ),
    FlawedVariant(
        "no_name_constraints",
        "name constraints are missing",
        _Flaw.NAME_CONSTRAINTS,
        _EUM,
        _drop(_NAME_CONSTRAINTS),
    ),
    FlawedVariant(
        "other_organization",
        "the organisation is not that of the EUM's name constraint",
        _Flaw.NAME_CONSTRAINTS,
        _EUICC,
        _other_organization,
    ),
    FlawedVariant(
        "eid_out_of_range",
        "the EID is outside the EUM's range",
        _Flaw.EID,
        _EUICC,
        _other_range,
    ),
    FlawedVariant(
        "eid_check_digits",
        "the check digits of the EID do not fit",
        _Flaw.EID_CHECK_DIGITS,
        _EUICC,
        _check_digits,
    ),
)
"""Every flaw, in the order a verifier checks for them."""
