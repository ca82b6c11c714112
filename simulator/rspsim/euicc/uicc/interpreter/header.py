"""The profile header and PE-End: what a package demands first, and what must hold at its end."""

from dataclasses import replace
from typing import Any

from rspcore.ids import Oid
from rspsim.euicc.uicc.interpreter.building import Building, Refused, StatusCode
from rspsim.euicc.uicc.interpreter.codes import require_codes
from rspsim.euicc.uicc.interpreter.templates import template

__all__ = ["run_end", "run_header"]


def run_header(building: Building, _name: str, value: dict[str, Any]) -> Building:
    """Check version, services, templates and libraries; nothing else may come before.

    Raises:
        Refused: a demand the card does not meet (SAIP, 8.2).
    """
    if building.seen:
        raise Refused(StatusCode.invalid_parameter, "a second header, or one that is not first")
    capabilities = building.capabilities
    major: int = value["major-version"]
    if major not in capabilities.major_versions:
        raise Refused(StatusCode.unsupported_profile_version, f"major version {major}")
    for service in value["eUICC-Mandatory-services"]:
        if service not in capabilities.services:
            raise Refused(StatusCode.feature_not_supported, f"service {service} is not here")
    listed = [str(Oid.from_content(bytes(one))) for one in value["eUICC-Mandatory-GFSTEList"]]
    for dotted in listed:
        if template(dotted) is None:
            raise Refused(StatusCode.template_not_supported, f"template {dotted} is not here")
    for library in value.get("eUICC-Mandatory-AIDs", ()):
        if bytes(library["aid"]) not in capabilities.libraries:
            raise Refused(StatusCode.lib_not_supported, f"library {bytes(library['aid']).hex()}")
    return replace(
        building,
        iccid=bytes(value["iccid"]),
        profile_type=value.get("profileType", ""),
        listed_templates=frozenset(listed),
    )


def run_end(building: Building, _name: str, _value: dict[str, Any]) -> Building:
    """Close the package: the file system exists and every reported key is defined.

    Raises:
        Refused: there is no MF, or a key is missing.
    """
    if building.content.files.get(()) is None:
        raise Refused(StatusCode.invalid_parameter, "the package makes no MF")
    require_codes(building)
    return replace(building, ended=True)
