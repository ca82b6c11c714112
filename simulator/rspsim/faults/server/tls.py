"""Faults of TLS: certificates that an LPA has to refuse, versions, and handshakes that go wrong.

A front carries them out, connection by connection; a caller in process sees the usual answer. A
client that keeps its connections meets them only with the next one.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from rspcore.pki.certificate_flaws import FLAWED_VARIANTS, FlawedVariant, flawed_certificate
from rspcore.pki.generate import issue_tls, make_pki
from rspcore.pki.roles import Role
from rspsim.smdpp import fault_points
from rspsim.smdpp.fault_classes import FaultClass
from rspsim.smdpp.fault_rules import between, of_length, one_of
from rspsim.smdpp.fault_switch import ServerFault
from rspsim.smdpp.greeting import Greeting, TlsOwner

__all__ = ["FAULTS", "NOT_SERVED", "issued_otherwise"]

NOT_SERVED: Final = {
    "short_curve": "the TLS library serves no key on a curve of 192 bits",
    "off_curve_point": "the TLS library serves no key that is off its curve",
    "repeated_extension": "the TLS library reads no certificate with an extension twice",
}
"""Ready certificate flaws that no TLS certificate can be shown with, and why."""

_REFUSED: Final = (
    "the LPA refuses the certificate and sends nothing; card and order can be used afterwards "
    "(SGP.22 v2, 2.6.6 and 4.5.2)"
)
_NO_TLS: Final = "the LPA reports that there is no TLS connection; card and order can be used later"
_ALERT_RECORD: Final = bytes.fromhex("15030300020200")
_PLAIN: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


def issued_otherwise(greeting: Greeting, **issued: Any) -> Greeting:
    """Returns the greeting with a TLS certificate that is issued otherwise."""
    terms = greeting.terms
    usual: dict[str, Any] = {
        "pki": terms.identity.pki,
        "curve": terms.curve,
        "dns_names": terms.names,
        "now": terms.now,
        "role": terms.identity.tls_role,
        "registered_id": terms.identity.oid,
    }
    credential = issue_tls(**{**usual, **issued})
    return replace(greeting, certificate=credential.certificate.der, credential=credential)


def _flawed(flaw: FlawedVariant) -> Callable[[Greeting], Greeting]:
    def change(greeting: Greeting) -> Greeting:
        shown = flawed_certificate(greeting.terms.identity.pki, flaw, greeting.credential)
        return replace(greeting, certificate=shown)

    return change


def _unknown_ci(greeting: Greeting) -> Greeting:
    return issued_otherwise(
        greeting, pki=make_pki(b"somebody else", curves=(greeting.terms.curve,))
    )


def _wrong_name(greeting: Greeting, name: str) -> Greeting:
    return issued_otherwise(greeting, dns_names=(name,))


def _wrong_role(greeting: Greeting) -> Greeting:
    others = {Role.DP_TLS: Role.DS_TLS, Role.DS_TLS: Role.DP_TLS}
    return issued_otherwise(greeting, role=others[greeting.terms.identity.tls_role])


def _other_server(greeting: Greeting) -> Greeting:
    identity = greeting.terms.identity
    owners = identity.owners(greeting.terms.curve)
    return issued_otherwise(
        greeting, registered_id=next(one for one in owners if one != identity.oid)
    )


def _version(greeting: Greeting, version: str) -> Greeting:
    return replace(greeting, lowest=version, highest=version)


def _hang(greeting: Greeting, milliseconds: int) -> Greeting:
    return replace(greeting, silent_ms=milliseconds)


def _alert(greeting: Greeting, number: int) -> Greeting:
    return replace(greeting, instead=_ALERT_RECORD[:-1] + bytes((number,)))


def _plain(greeting: Greeting) -> Greeting:
    return replace(greeting, instead=_PLAIN)


def _issues(identity: TlsOwner, **_: object) -> str:
    for curve in identity.curves:
        if identity.pki.ci(curve).key is None:
            return f"the PKI has no key of its CI on {curve} to issue TLS certificates with"
    return ""


def _issues_for_two(identity: TlsOwner) -> str:
    fewest = min(len(identity.owners(curve)) for curve in identity.curves)
    return _issues(identity) or ("" if fewest > 1 else "the PKI has one server of its kind only")


def _both_curves(identity: TlsOwner) -> str:
    lacks = len(identity.pki.curves) < 2 or any(
        identity.pki.ci(curve).key is None for curve in identity.pki.curves
    )
    return "the PKI has no key of a CI on another curve" if lacks else ""


def _fault(name: str, summary: str, change: Callable[..., Greeting], **given: Any) -> ServerFault:
    return ServerFault(
        name=f"tls.{name}",
        kind=FaultClass.TLS,
        point=fault_points.CONNECTION,
        summary=summary,
        change=change,
        **{"expected": _REFUSED, **given},
    )


FAULTS: Final = (
    _fault("unknown_ci", "The TLS certificate is of a CI that nobody knows.", _unknown_ci),
    _fault(
        "wrong_name",
        "The TLS certificate is for another host name.",
        _wrong_name,
        parameters={"name": "other.example.com"},
        rules={"name": of_length(1, 253)},
        fits=_issues,
    ),
    _fault(
        "wrong_role",
        "The TLS certificate is that of an SM-DS; that of an SM-DS is one of an SM-DP+.",
        _wrong_role,
        fits=_issues,
    ),
    _fault(
        "other_server",
        "The TLS certificate has the registeredID of another server of the same kind.",
        _other_server,
        expected="the LPA compares it with CERT.DPauth and stops (SGP.22 v2, 3.0.1)",
        fits=_issues_for_two,
    ),
    *(
        _fault(
            f"certificate.{flaw.name}",
            f"The TLS certificate is wrong: {flaw.summary}.",
            _flawed(flaw),
            fits=_both_curves if flaw.name == "under_other_root" else _issues,
        )
        for flaw in FLAWED_VARIANTS
        if Role.DP_TLS in flaw.roles and flaw.name not in NOT_SERVED
    ),
    _fault(
        "version",
        "TLS is spoken in one version only.",
        _version,
        expected="the LPA speaks TLS 1.2 or higher and nothing below (SGP.22 v2, 2.6.6)",
        parameters={"version": "1.1"},
        rules={"version": one_of("1.0", "1.1", "1.2", "1.3")},
    ),
    _fault(
        "hang",
        "The handshake hangs: the connection stays open for the given time without an octet.",
        _hang,
        expected="the LPA reports that there was no answer in time; all can be used afterwards",
        parameters={"milliseconds": 60_000},
        rules={"milliseconds": between(1, 600_000)},
    ),
    _fault(
        "alert",
        "The handshake is refused by a fatal alert, by default handshake_failure.",
        _alert,
        expected=_NO_TLS,
        parameters={"number": 40},
        rules={"number": between(0, 255)},
    ),
    _fault(
        "plain",
        "The server answers the handshake with plain HTTP.",
        _plain,
        expected=_NO_TLS,
    ),
)
