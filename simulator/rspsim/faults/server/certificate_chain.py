"""Faults of CERT.DPauth and CERT.DPpb: each ready certificate flaw, under a good signature."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from rspcore.pki.bundle import Credential
from rspcore.pki.certificate import Certificate
from rspcore.pki.certificate_flaws import FLAWED_VARIANTS, FlawedVariant, flawed_certificate
from rspcore.pki.roles import Role
from rspsim.smdpp import fault_points
from rspsim.smdpp.fault_classes import FaultClass
from rspsim.smdpp.fault_switch import ServerFault
from rspsim.smdpp.identity import Identity, Signer

__all__ = ["FAULTS", "NOT_SENT"]

NOT_SENT: Final = {
    "repeated_extension": "the octets are no certificate that this server can read",
}
"""Ready certificate flaws that no certificate of the server is sent with, and why."""

_NO_CLOCK: Final = frozenset(("expired", "not_yet_valid"))


def _flawed(flaw: FlawedVariant) -> Callable[[Signer], Signer]:
    def change(signer: Signer) -> Signer:
        good = signer.credential
        octets = flawed_certificate(signer.identity.pki, flaw, good)
        return replace(signer, credential=Credential(Certificate.from_der(octets), good.key))

    return change


def _issues(identity: Identity, **_: object) -> str:
    for curve in identity.pki.curves:
        if identity.pki.ci(curve).key is None:
            return f"the PKI has no key of its CI on {curve} to issue certificates with"
    return ""


def _issues_on_two(identity: Identity, **_: object) -> str:
    return _issues(identity) or ("" if len(identity.pki.curves) > 1 else "the PKI has one curve")


def _faults(
    member: str, point: fault_points.Point[Any], role: Role, function: str
) -> tuple[ServerFault, ...]:
    return tuple(
        ServerFault(
            name=f"es9.{member}.flaw.{flaw.name}",
            kind=FaultClass.CHAIN,
            point=point,
            summary=f"{role} is wrong: {flaw.summary}.",
            expected=(
                "the card has no clock and may accept it (SGP.22 v2, 4.5.2)"
                if flaw.name in _NO_CLOCK
                else f"the card answers {function} with invalidCertificate, or with invalidOid for "
                "another role (SGP.22 v2, 5.7.5 and 5.7.13)"
            ),
            change=_flawed(flaw),
            fits=_issues_on_two if flaw.name == "under_other_root" else _issues,
        )
        for flaw in FLAWED_VARIANTS
        if role in flaw.roles and flaw.name not in NOT_SENT
    )


FAULTS: Final = (
    *_faults("server_certificate", fault_points.DP_AUTH_SIGNER, Role.DP_AUTH, "AuthenticateServer"),
    *_faults("smdp_certificate", fault_points.DP_PB_SIGNER, Role.DP_PB, "PrepareDownload"),
)
