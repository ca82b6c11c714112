"""Faults of ES8+.ConfigureISDP: the ISD-P, its AID, and the data of the SM-DP+."""

from dataclasses import replace
from typing import Final

from rspcore.ids import Aid
from rspcore.tags import ISDP_PREFIX
from rspsim.euicc import isdp
from rspsim.euicc.load import segments
from rspsim.euicc.load.es8p import configure_isdp
from rspsim.euicc.load.step import Step
from rspsim.euicc.load_progress import Load
from rspsim.euicc.state import CardState, Profile
from rspsim.faults.card.card_fault import CardFault, skip, swap

__all__ = ["FAULTS"]

_CHECKS = configure_isdp.CHECKS


def _same_aid(state: CardState) -> Aid | None:
    """Returns the AID of the last ISD-P made."""
    return state.profiles[-1].aid if state.profiles else isdp.FREE_AID.standard(state)


def _low_aid(state: CardState) -> Aid:
    return Aid(ISDP_PREFIX + len(state.profiles).to_bytes(2, "big") + b"\x00")


def _data_lost(standing: Load, step: Step) -> Profile:
    return replace(segments.INSTALLED.standard(standing, step), dp_proprietary_data=None)


FAULTS: Final = (
    CardFault(
        "es8p.configure-isdp.any-length",
        "dpProprietaryData of any length are accepted.",
        ("ES8+.ConfigureISDP#04",),
        skip(_CHECKS, "dp_proprietary_data"),
    ),
    CardFault(
        "es8p.configure-isdp.any-oid",
        "The dpOid of another SM-DP+ is accepted.",
        ("ES8+.ConfigureISDP#05",),
        skip(_CHECKS, "dp_oid"),
    ),
    CardFault(
        "es8p.configure-isdp.no-memory-needed",
        "The memory for an ISD-P is not checked.",
        ("ES8+.ConfigureISDP#12",),
        skip(_CHECKS, "memory"),
    ),
    CardFault(
        "es8p.configure-isdp.data-lost",
        "dpProprietaryData are accepted and not stored.",
        (
            "ES8+.ConfigureISDP#02",
            "ES8+.ConfigureISDP#03",
        ),
        swap(segments.INSTALLED, _data_lost),
    ),
    CardFault(
        "es8p.configure-isdp.aid-twice",
        "A new ISD-P has the AID of the one before it.",
        (
            "ES8+.ConfigureISDP#13",
            "ES8+.ConfigureISDP#14",
        ),
        swap(isdp.FREE_AID, _same_aid),
    ),
    CardFault(
        "es8p.configure-isdp.aid-reserved",
        "A new ISD-P has an AID below the range of ISD-Ps.",
        (
            "ES8+.ConfigureISDP#13",
            "ES8+.ConfigureISDP#14",
        ),
        swap(isdp.FREE_AID, _low_aid),
    ),
)
