"""Variations of cards with several eSIM Ports: which one is chosen, listed and refreshed."""

from typing import Any, Final

from rspcore.tags import Tag
from rspsim.euicc.isdr.es10c import get_profiles_info
from rspsim.variations.variation import Variation, swap

__all__ = ["VARIATIONS"]

_WITH_PORTS: Final[dict[str, Any]] = {
    "personality": "v3.1",
    "claims": (("mep", "A1 A2 B"),),
}

VARIATIONS: Final = (
    Variation(
        name="ports.platform-reset",
        summary="A change on another port is announced as UICC platform reset.",
        legal_by="ETSI TS 102 223, 6.4.41: the card asks for a session or for a reset",
        octets="LSI COMMAND with qualifier 01",
        options=("port-refresh=platform-reset",),
        **_WITH_PORTS,
    ),
    Variation(
        name="ports.full-replaces",
        summary="Where every port has a Profile, that of the last one is replaced.",
        legal_by="SGP.22 v3.1, 5.7.16: whether a Profile is replaced is not public",
        octets="80 in BF31",
        options=("ports-full=replaced",),
        **_WITH_PORTS,
    ),
    Variation(
        name="ports.wrong-port-left-aside",
        summary="A targetEsimPort that is wrong or missing is left aside, and a free port taken.",
        legal_by="SGP.22 v3.1, 5.7.16: the code of the refusal is not public, nor that it is one",
        octets="80 in BF31",
        options=("target-port=ignored",),
        **_WITH_PORTS,
    ),
    Variation(
        name="ports.listed-by-default",
        summary="A list without a tag list has enabledOnEsimPort.",
        legal_by="SGP.22 v3.1, 5.7.15: whether 9F24 is in the default list is not public",
        octets="9F24 in BF2D",
        change=swap(
            get_profiles_info.DEFAULT_TAGS,
            get_profiles_info.DEFAULT_TAGS.standard | {Tag.EnabledOnEsimPort},
        ),
        **_WITH_PORTS,
    ),
)
"""What a card with several eSIM Ports may do otherwise."""
