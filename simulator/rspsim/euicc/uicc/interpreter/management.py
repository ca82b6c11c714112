"""PE-SecurityDomain, PE-RFM, PE-Application: who manages the Profile over the air (SAIP, 8.7)."""

from dataclasses import replace
from typing import Any

from rspcore.errors import DecodeError
from rspcore.ids import Aid
from rspcore.messages.euicc_info import UiccCapability
from rspcore.messages.euicc_response import PeStatusCode
from rspsim.euicc.uicc.interpreter.building import Building, Refused
from rspsim.euicc.uicc.model import (
    Application,
    KeyObject,
    RemoteFileManagement,
    SecurityDomain,
)

__all__ = ["run_application", "run_rfm", "run_security_domain", "toolkit_parameters"]

_TAR_LENGTH = 3
_SPI1_PARAMETER = 0x01


def toolkit_parameters(octets: bytes) -> tuple[int | None, tuple[bytes, ...]]:
    """Read minimum security level and TARs from toolkit application parameters (TS 102 226).

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
    """Take a security domain; the first one is the MNO-SD.

    Raises:
        Refused: an AID occurs twice, or toolkit parameters do not fit.
    """
    instance = value["instance"]
    aid = Aid(bytes(instance["instanceAID"]))
    if any(one.aid == aid for one in building.content.security_domains):
        raise Refused(PeStatusCode.invalid_parameter, f"security domain {aid} a second time")
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
    domains = (*building.content.security_domains, made)
    return building.having(replace(building.content, security_domains=domains))


def run_rfm(building: Building, _name: str, value: dict[str, Any]) -> Building:
    """Take an instance of remote file management.

    Raises:
        Refused: no security domain yet, or it is bound to an ADF that is not there.
    """
    content = building.content
    if not content.security_domains:
        raise Refused(PeStatusCode.invalid_parameter, "rfm before a security domain")
    adf: dict[str, Any] = value.get("adfRFMAccess", {})
    bound = bytes(adf.get("adfAID", b""))
    if bound and content.files.adf(bound) is None:
        raise Refused(
            PeStatusCode.invalid_parameter, f"rfm of ADF {bound.hex()}, which is not there"
        )
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
    instances = (*content.remote_file_management, made)
    return building.having(replace(content, remote_file_management=instances))


def run_application(building: Building, _name: str, value: dict[str, Any]) -> Building:
    """Take application instances; a load block is kept with the package, not run.

    Raises:
        Refused: no security domain yet, or the card has no Java Card.
    """
    if not building.content.security_domains:
        raise Refused(PeStatusCode.invalid_parameter, "application before its security domain")
    if not building.supports(UiccCapability.javacard):
        raise Refused(PeStatusCode.runtime_not_supported, "application without Java Card")
    made = tuple(
        Application(
            aid=Aid(bytes(one["instanceAID"])),
            load_package=bytes(one["applicationLoadPackageAID"]),
            module=bytes(one["classAID"]),
            security_domain=bytes(one.get("extraditeSecurityDomainAID", b"")),
            privileges=bytes(one["applicationPrivileges"]),
            life_cycle=bytes(one.get("lifeCycleState", b"\x07"))[0],
            parameters=bytes(one.get("applicationSpecificParametersC9", b"")),
        )
        for one in value.get("instanceList", ())
    )
    applications = building.content.applications + made
    return building.having(replace(building.content, applications=applications))
