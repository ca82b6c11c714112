"""PE-SecurityDomain, PE-RFM, PE-Application: who manages the Profile over the air (SAIP, 8.7)."""

from typing import Any, Final

from rspcore.errors import DecodeError
from rspcore.frozen import dataclass, replace
from rspcore.ids import Aid
from rspcore.messages.euicc_info import UiccCapability
from rspcore.messages.euicc_response import PeStatusCode
from rspsim.euicc.decisions import Check, Checks, Decision, first_refusal
from rspsim.euicc.profile_content.interpreter.building import Building, Refused
from rspsim.euicc.profile_content.model import (
    Application,
    KeyObject,
    ProfileContent,
    RemoteFileManagement,
    SecurityDomain,
)

__all__ = [
    "APPLICATION_CHECKS",
    "DOMAIN_CHECKS",
    "RFM_CHECKS",
    "ApplicationAttempt",
    "DomainAttempt",
    "RfmAttempt",
    "run_application",
    "run_rfm",
    "run_security_domain",
    "toolkit_parameters",
]

_TAR_LENGTH = 3
_SPI1_PARAMETER = 0x01
_DES, _AES = 0x80, 0x88
_KEY_OCTETS: Final = {_DES: (16, 24), _AES: (16, 24, 32)}
"""Lengths of the key types whose length is fixed (GlobalPlatform, 11.1.8)."""


@dataclass(frozen=True, slots=True)
class DomainAttempt:
    """A security domain and what the package made before it, for the checks."""

    made: SecurityDomain
    content: ProfileContent

    @property
    def aid_unused(self) -> bool:
        """Returns whether no domain or application has the AID."""
        return self.made.aid not in _aids(self.content)

    @property
    def keys_fit(self) -> bool:
        """Returns whether every key has a length of its type."""
        return all(
            len(key.value) in _KEY_OCTETS.get(key.key_type, (len(key.value),))
            for key in self.made.keys
        )

    @property
    def keys_once(self) -> bool:
        """Returns whether no two keys have the same version and identifier."""
        named = [(key.version, key.identifier) for key in self.made.keys]
        return len(set(named)) == len(named)


@dataclass(frozen=True, slots=True)
class RfmAttempt:
    """An instance of remote file management and what was made before it, for the checks."""

    made: RemoteFileManagement
    content: ProfileContent

    @property
    def domain_there(self) -> bool:
        """Returns whether the security domain it names is there."""
        named = self.made.security_domain
        return not named or any(d.aid.octets == named for d in self.content.security_domains)

    @property
    def adf_there(self) -> bool:
        """Returns whether the ADF it is bound to is there."""
        return not self.made.adf or self.content.files.adf(self.made.adf) is not None

    @property
    def tars_unused(self) -> bool:
        """Returns whether its TARs are not in use yet."""
        used = {tar for one in self.content.security_domains for tar in one.tars}
        used |= {tar for one in self.content.remote_file_management for tar in one.tars}
        return not used.intersection(self.made.tars)


@dataclass(frozen=True, slots=True)
class ApplicationAttempt:
    """An application and what was made before it, for the checks."""

    made: Application
    content: ProfileContent

    @property
    def aid_unused(self) -> bool:
        """Returns whether no domain or application has the AID."""
        return self.made.aid not in _aids(self.content)

    @property
    def domain_there(self) -> bool:
        """Returns whether the security domain it is extradited to is there."""
        named = self.made.security_domain
        return not named or any(d.aid.octets == named for d in self.content.security_domains)


def _aids(content: ProfileContent) -> set[Aid]:
    domains = {one.aid for one in content.security_domains}
    return domains | {one.aid for one in content.applications}


_E = PeStatusCode

DOMAIN_CHECKS: Final[Decision[Checks[DomainAttempt]]] = Decision(
    "interpreter.security_domain",
    (
        Check("aid_unused", lambda a: a.aid_unused, _E.invalid_parameter),
        Check("keys_once", lambda a: a.keys_once, _E.invalid_parameter),
        Check("keys_fit", lambda a: a.keys_fit, _E.bad_values),
    ),
    "checks of a security domain; the codes are those of PEStatus",
)
RFM_CHECKS: Final[Decision[Checks[RfmAttempt]]] = Decision(
    "interpreter.rfm",
    (
        Check("domain_there", lambda a: a.domain_there, _E.invalid_parameter),
        Check("adf_there", lambda a: a.adf_there, _E.invalid_parameter),
        Check("tars_unused", lambda a: a.tars_unused, _E.invalid_parameter),
    ),
    "checks of remote file management; the codes are those of PEStatus",
)
APPLICATION_CHECKS: Final[Decision[Checks[ApplicationAttempt]]] = Decision(
    "interpreter.application",
    (
        Check("aid_unused", lambda a: a.aid_unused, _E.invalid_parameter),
        Check("domain_there", lambda a: a.domain_there, _E.invalid_parameter),
    ),
    "checks of an application; the codes are those of PEStatus",
)


def _require(code: int | None, what: str) -> None:
    if code is not None:
        raise Refused(code, what)


def toolkit_parameters(octets: bytes) -> tuple[int | None, tuple[bytes, ...]]:
    """Reads minimum security level and TARs from toolkit application parameters (TS 102 226).

    Returns:
        Minimum SPI1, or None when nothing is checked; and the TARs.

    Raises:
        DecodeError: a length does not fit.
    """
    position = 3  # priority, timers, text length
    if len(octets) <= position:
        return None, ()
    position += 1 + 2 * octets[position] + 1  # menu entries, channels
    if position >= len(octets):
        return None, ()
    level = octets[position + 1 : position + 1 + octets[position]]
    position += 1 + octets[position]
    minimum = level[1] if len(level) > 1 and level[0] == _SPI1_PARAMETER else None
    if position >= len(octets):
        return minimum, ()
    tars = octets[position + 1 : position + 1 + octets[position]]
    if len(tars) != octets[position] or len(tars) % _TAR_LENGTH:
        raise DecodeError(f"toolkit parameters: {octets[position]} octets of TARs do not fit")
    return minimum, tuple(tars[n : n + _TAR_LENGTH] for n in range(0, len(tars), _TAR_LENGTH))


def _toolkit(instance: dict[str, Any]) -> tuple[int | None, tuple[bytes, ...]]:
    parameters: dict[str, Any] = instance.get("applicationParameters", {})
    octets: bytes | None = parameters.get("uiccToolkitApplicationSpecificParametersField")
    if octets is None:
        return None, ()
    try:
        return toolkit_parameters(bytes(octets))
    except DecodeError as error:
        raise Refused(PeStatusCode.bad_values, str(error)) from error


def _keys(listed: list[dict[str, Any]]) -> tuple[KeyObject, ...]:
    keys = []
    for one in listed:
        counter: bytes | None = one.get("keyCounterValue")
        for component in one["keyComponents"]:
            keys.append(  # noqa: PERF401  two loops read better than one comprehension
                KeyObject(
                    version=bytes(one["keyVersionNumber"])[0],
                    identifier=bytes(one["keyIdentifier"])[0],
                    usage=bytes(one["keyUsageQualifier"]),
                    access=bytes(one.get("keyAccess", b"\x00"))[0],
                    key_type=bytes(component["keyType"])[0],
                    value=bytes(component["keyData"]),
                    mac_length=component.get("macLength", 8),
                    counter=None if counter is None else int.from_bytes(counter, "big"),
                )
            )
    return tuple(keys)


def run_security_domain(building: Building, _name: str, value: dict[str, Any]) -> Building:
    """Takes a security domain; the first one is the MNO-SD.

    Raises:
        Refused: an AID or a key occurs twice, or a key or toolkit parameters do not fit.
    """
    instance = value["instance"]
    aid = Aid(bytes(instance["instanceAID"]))
    level, tars = _toolkit(instance)
    keys = _keys(value.get("keyList", []))
    made = SecurityDomain(
        aid=aid,
        load_package=bytes(instance["applicationLoadPackageAID"]),
        module=bytes(instance["classAID"]),
        privileges=bytes(instance["applicationPrivileges"]),
        life_cycle=bytes(instance.get("lifeCycleState", b"\x07"))[0],
        keys=keys,
        tars=tars,
        minimum_security_level=level,
        counters=tuple(
            sorted({(key.version, key.counter) for key in keys if key.counter is not None})
        ),
        personal_data=tuple(bytes(one) for one in value.get("sdPersoData", ())),
        parameters=bytes(instance.get("applicationSpecificParametersC9", b"")),
    )
    attempt = DomainAttempt(made, building.content)
    _require(first_refusal(building.decisions[DOMAIN_CHECKS], attempt), f"security domain {aid}")
    domains = (*building.content.security_domains, made)
    return building.having(replace(building.content, security_domains=domains))


def run_rfm(building: Building, _name: str, value: dict[str, Any]) -> Building:
    """Takes an instance of remote file management.

    Raises:
        Refused: its security domain or ADF is not there, or a TAR is taken.
    """
    content = building.content
    adf: dict[str, Any] = value.get("adfRFMAccess", {})
    bound = bytes(adf.get("adfAID", b""))
    made = RemoteFileManagement(
        aid=Aid(bytes(value["instanceAID"])),
        security_domain=bytes(value.get("securityDomainAID", b"")),
        tars=tuple(bytes(tar) for tar in value.get("tarList", ())),
        minimum_security_level=bytes(value["minimumSecurityLevel"])[0],
        uicc_access=bytes(value["uiccAccessDomain"]),
        uicc_admin_access=bytes(value["uiccAdminAccessDomain"]),
        adf=bound,
        adf_access=bytes(adf.get("adfAccessDomain", b"\x00")),
        adf_admin_access=bytes(adf.get("adfAdminAccessDomain", b"\x00")),
    )
    attempt = RfmAttempt(made, content)
    _require(first_refusal(building.decisions[RFM_CHECKS], attempt), f"rfm {made.aid}")
    instances = (*content.remote_file_management, made)
    return building.having(replace(content, remote_file_management=instances))


def run_application(building: Building, _name: str, value: dict[str, Any]) -> Building:
    """Takes application instances; a load block is kept with the package, not run.

    Raises:
        Refused: the card has no Java Card, an AID is taken, or a security domain is not there.
    """
    if not building.supports(UiccCapability.javacard):
        raise Refused(PeStatusCode.runtime_not_supported, "application without Java Card")
    for one in value.get("instanceList", ()):
        made = Application(
            aid=Aid(bytes(one["instanceAID"])),
            load_package=bytes(one["applicationLoadPackageAID"]),
            module=bytes(one["classAID"]),
            security_domain=bytes(one.get("extraditeSecurityDomainAID", b"")),
            privileges=bytes(one["applicationPrivileges"]),
            life_cycle=bytes(one.get("lifeCycleState", b"\x07"))[0],
            parameters=bytes(one.get("applicationSpecificParametersC9", b"")),
        )
        attempt = ApplicationAttempt(made, building.content)
        refusal = first_refusal(building.decisions[APPLICATION_CHECKS], attempt)
        _require(refusal, f"application {made.aid}")
        applications = (*building.content.applications, made)
        building = building.having(replace(building.content, applications=applications))
    return building
