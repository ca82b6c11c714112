"""PE-AKAParameter and PE-CDMAParameter: how an NAA authenticates (SAIP, 8.5)."""

from typing import Any, Final

from rspcore.frozen import dataclass, replace
from rspcore.messages.euicc_info import UiccCapability
from rspcore.messages.euicc_response import PeStatusCode
from rspsim.euicc.decisions import Check, Checks, Decision, first_refusal
from rspsim.euicc.profile_content.interpreter.building import Building, Refused
from rspsim.euicc.profile_content.model import AkaParameters

__all__ = ["AKA_CHECKS", "AkaAttempt", "run_aka", "run_cdma"]

_MILENAGE, _TUAK, _TEST = 1, 2, 3
_KEY_LENGTHS = {_MILENAGE: (16,), _TUAK: (16, 32), _TEST: (16,)}
_OPC_LENGTHS = {_MILENAGE: (16,), _TUAK: (32,), _TEST: (0, 16, 32)}
_CAPABILITIES = {
    (_MILENAGE, 16): UiccCapability.akaMilenage,
    (_TUAK, 16): UiccCapability.akaTuak128,
    (_TUAK, 32): UiccCapability.akaTuak256,
    (_TEST, 16): UiccCapability.usimTestAlgorithm,
}
_LARGEST_SEQ: Final = 0x07FFFFFFFFFF
"""SEQ is SQN without its five bits IND."""


@dataclass(frozen=True, slots=True)
class AkaAttempt:
    """Parameters and the card for their checks."""

    made: AkaParameters
    building: Building

    @property
    def algorithm_known(self) -> bool:
        """Returns whether the algorithm is one of the format."""
        return bool(self.made.mapped_to) or self.made.algorithm in _KEY_LENGTHS

    @property
    def key_fits(self) -> bool:
        """Returns whether K and OPc have lengths of the algorithm."""
        key, opc = len(self.made.key), len(self.made.opc)
        if self.made.mapped_to:
            return True
        algorithm = self.made.algorithm
        return key in _KEY_LENGTHS[algorithm] and opc in _OPC_LENGTHS[algorithm]

    @property
    def algorithm_supported(self) -> bool:
        """Returns whether the card claims the algorithm with this length of key."""
        if self.made.mapped_to:
            return True
        capability = _CAPABILITIES.get((self.made.algorithm, len(self.made.key)))
        return capability is None or self.building.supports(capability)

    @property
    def source_there(self) -> bool:
        """Returns whether the NAA whose parameters are shared has some."""
        if not self.made.mapped_to:
            return True
        source = self.building.content.files.adf(self.made.mapped_to)
        known = {one.context for one in self.building.content.aka}
        return source is not None and source.path in known

    @property
    def sequence_in_range(self) -> bool:
        """Returns whether delta, age limit and first numbers are in the range of SEQ."""
        made = self.made
        return max(made.sqn_delta, made.sqn_age_limit, *made.seq) <= _LARGEST_SEQ


_E = PeStatusCode

AKA_CHECKS: Final[Decision[Checks[AkaAttempt]]] = Decision(
    "interpreter.aka",
    (
        Check("algorithm", lambda a: a.algorithm_known, _E.bad_values),
        Check("key", lambda a: a.key_fits, _E.bad_values),
        Check("supported", lambda a: a.algorithm_supported, _E.feature_not_supported),
        Check("source", lambda a: a.source_there, _E.invalid_parameter),
        Check("sequence", lambda a: a.sequence_in_range, _E.bad_values),
        Check("keccak", lambda a: a.made.keccak_iterations > 0, _E.bad_values),
    ),
    "checks of akaParameter; the codes are those of PEStatus",
)


def run_aka(building: Building, _name: str, value: dict[str, Any]) -> Building:
    """Takes the parameters of the NAA made last.

    Raises:
        Refused: an algorithm the card lacks, a length that does not fit it, a number out of range,
            or parameters to share that are not there.
    """
    common = AkaParameters(
        context=building.naa or (),
        sqn_options=bytes(value.get("sqnOptions", b"\x02"))[0],
        sqn_delta=_seq(value, "sqnDelta"),
        sqn_age_limit=_seq(value, "sqnAgeLimit"),
        seq=tuple(int.from_bytes(one, "big") for one in value.get("sqnInit", ())) or (0,) * 32,
    )
    kind, configuration = value["algoConfiguration"]
    if kind == "mappingParameter":
        made = replace(
            common,
            options=bytes(configuration["mappingOptions"])[0],
            mapped_to=bytes(configuration["mappingSource"]),
        )
    else:
        made = _algorithm(common, configuration)
    code = first_refusal(building.decisions[AKA_CHECKS], AkaAttempt(made, building))
    if code is not None:
        raise Refused(code, "akaParameter")
    return _with(building, made)


def _seq(value: dict[str, Any], name: str) -> int:
    return int.from_bytes(value.get(name, bytes.fromhex("000010000000")), "big")


def _with(building: Building, made: AkaParameters) -> Building:
    others = tuple(one for one in building.content.aka if one.context != made.context)
    return building.having(replace(building.content, aka=(*others, made)))


def _algorithm(common: AkaParameters, value: dict[str, Any]) -> AkaParameters:
    rotation = bytes(value.get("rotationConstants", common.rotation))
    if any(bits % 8 or bits > 0x78 for bits in rotation):
        raise Refused(PeStatusCode.bad_values, f"rotationConstants {rotation.hex()}: whole octets")
    limit: bytes | None = value.get("authCounterMax")
    return replace(
        common,
        algorithm=value["algorithmID"],
        options=bytes(value["algorithmOptions"])[0],
        key=bytes(value["key"]),
        opc=bytes(value["opc"]),
        rotation=rotation,
        xoring=bytes(value.get("xoringConstants", common.xoring)),
        keccak_iterations=value.get("numberOfKeccak", 1),
        counter_max=None if limit is None else int.from_bytes(limit, "big"),
    )


def run_cdma(building: Building, _name: str, _value: dict[str, Any]) -> Building:
    """Accepts CDMA parameters; no CDMA authentication runs here, the element is kept as it came."""
    return building
