"""PE-AKAParameter and PE-CDMAParameter: how an NAA authenticates (SAIP, 8.5)."""

from dataclasses import replace
from typing import Any

from rspcore.messages.euicc_info import UiccCapability
from rspcore.messages.euicc_response import PeStatusCode
from rspsim.euicc.uicc.interpreter.building import Building, Refused
from rspsim.euicc.uicc.model import AkaParameters

__all__ = ["run_aka", "run_cdma"]

_MILENAGE, _TUAK, _TEST = 1, 2, 3
_KEY_LENGTHS = {_MILENAGE: (16,), _TUAK: (16, 32), _TEST: (16,)}
_OPC_LENGTHS = {_MILENAGE: (16,), _TUAK: (32,), _TEST: (0, 16, 32)}
_CAPABILITIES = {
    _MILENAGE: (UiccCapability.akaMilenage,),
    _TUAK: (UiccCapability.akaTuak128, UiccCapability.akaTuak256),
    _TEST: (UiccCapability.usimTestAlgorithm,),
}


def run_aka(building: Building, _name: str, value: dict[str, Any]) -> Building:
    """Take the parameters of the NAA made last.

    Raises:
        Refused: no NAA yet, an algorithm the card lacks, or a length that does not fit it.
    """
    if building.naa is None:
        raise Refused(PeStatusCode.invalid_parameter, "akaParameter before an NAA")
    common = AkaParameters(
        context=building.naa,
        sqn_options=bytes(value.get("sqnOptions", b"\x02"))[0],
        sqn_delta=_seq(value, "sqnDelta"),
        sqn_age_limit=_seq(value, "sqnAgeLimit"),
        seq=tuple(int.from_bytes(one, "big") for one in value.get("sqnInit", ())) or (0,) * 32,
    )
    kind, configuration = value["algoConfiguration"]
    if kind == "mappingParameter":
        mapped = replace(
            common,
            options=bytes(configuration["mappingOptions"])[0],
            mapped_to=bytes(configuration["mappingSource"]),
        )
        return _with(building, mapped)
    return _with(building, _algorithm(building, common, configuration))


def _seq(value: dict[str, Any], name: str) -> int:
    return int.from_bytes(value.get(name, bytes.fromhex("000010000000")), "big")


def _with(building: Building, made: AkaParameters) -> Building:
    others = tuple(one for one in building.content.aka if one.context != made.context)
    return building.having(replace(building.content, aka=(*others, made)))


def _algorithm(building: Building, common: AkaParameters, value: dict[str, Any]) -> AkaParameters:
    algorithm: int = value["algorithmID"]
    capabilities = _CAPABILITIES.get(algorithm)
    if capabilities is None:
        raise Refused(PeStatusCode.bad_values, f"algorithmID {algorithm}")
    if not any(map(building.supports, capabilities)):
        raise Refused(PeStatusCode.feature_not_supported, f"algorithmID {algorithm} is not here")
    key, opc = bytes(value["key"]), bytes(value["opc"])
    if len(key) not in _KEY_LENGTHS[algorithm] or len(opc) not in _OPC_LENGTHS[algorithm]:
        raise Refused(
            PeStatusCode.bad_values, f"key of {len(key)} and OPc of {len(opc)} octets do not fit"
        )
    limit: bytes | None = value.get("authCounterMax")
    return replace(
        common,
        algorithm=algorithm,
        options=bytes(value["algorithmOptions"])[0],
        key=key,
        opc=opc,
        rotation=bytes(value.get("rotationConstants", common.rotation)),
        xoring=bytes(value.get("xoringConstants", common.xoring)),
        keccak_iterations=value.get("numberOfKeccak", 1),
        counter_max=None if limit is None else int.from_bytes(limit, "big"),
    )


def run_cdma(building: Building, _name: str, _value: dict[str, Any]) -> Building:
    """Accept CDMA parameters; no CDMA authentication runs here, the element is kept as it came.

    Raises:
        Refused: no NAA yet.
    """
    if building.naa is None:
        raise Refused(PeStatusCode.invalid_parameter, "cdmaParameter before an NAA")
    return building
